#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes a C file of the page's files, for assets.h.

    embed.py FILE... > assets.c

index.html is "/"; any other file is known by its name, without a folder. The same files give the same bytes.
"""

import gzip
import hashlib
import pathlib
import sys

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
LINE = 24  # bytes a line


def array(name, data):
    lines = (",".join(map(str, data[at : at + LINE])) for at in range(0, len(data), LINE))
    return f"static const unsigned char {name}[] = {{\n" + ",\n".join(lines) + "};\n"


def main():
    paths = sorted(map(pathlib.Path, sys.argv[1:]), key=lambda path: path.name)
    names = [path.name for path in paths]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        sys.exit(f"embed.py: two files of one name: {', '.join(twice)}")
    print('/* Made by tools/mash/embed.py. */\n\n#include "tools/mash/assets.h"\n')
    rows = []
    for number, path in enumerate(paths):
        if path.suffix not in TYPES:
            sys.exit(f"embed.py: {path}: no content type is known for its extension")
        data = path.read_bytes()
        packed = gzip.compress(data, 9, mtime=0)
        print(array(f"data_{number}", data or b"\n"))
        if len(packed) < len(data):
            print(array(f"gzip_{number}", packed))
        with_gzip = f"gzip_{number}, sizeof gzip_{number}" if len(packed) < len(data) else "NULL, 0"
        etag = hashlib.sha256(data).hexdigest()[:16]
        name = "/" if path.name == "index.html" else path.name
        texts = f'"{name}", "{TYPES[path.suffix]}", "\\"{etag}\\""'
        rows.append(f"    {{{texts}, data_{number}, {len(data)}, {with_gzip}}},")
    print("const struct mash_asset mash_assets[] = {\n" + "\n".join(rows) + "\n};")
    print(f"const size_t mash_asset_count = {len(rows)};")


main()
