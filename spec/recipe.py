#!/usr/bin/env python3
"""Recipes: commented texts from which the files in vectors/ are made.

A vector is worth as much as its reader's understanding of it. A recipe therefore
says of every byte what it is and which rule of SPEC.md speaks about it:

    # What this file shows, in prose.
    u8   1         # version (R101)
    u16  6         # label size
    text "visits"  # label
    ...
    expect
    {...}

One statement a line; '#' begins a comment. The statements:

    u8 u16 u32 u64 N ...    numbers, in the byte order in force (decimal or 0x...)
    i8 i16 i32 i64 N ...    the same, signed
    f16 f32 f64 X ...       floating point; nan, inf and -inf too
    text "..."              a JSON string, as UTF-8
    hex 00 ff ...           bytes
    repeat N "..."          a text, N times
    zeros N                 N zero bytes
    align N                 zero bytes up to the next multiple of N
    byteorder little|big    for the numbers that follow; little at the start

`expect` begins a JSON object: what decode() gives for the file. In it
{"repeat": [X, N, TAIL]} stands for a long text or list, and "errors" may be left out when
there are none, as "fields", "skipped" and "metadata" may when they are empty.

`cuts` may follow: what is left of the file when it ends early. A line there is

    FIRST..LAST  N  RULE@OFFSET    # why

for the prefixes of FIRST to LAST bytes: the first N fields are delivered, and
the error (or "-" for none) is that one. Files are made of the two outer lengths.

    recipe.py compile NAME.txt -o OUT.mmstats -j OUT.json
    recipe.py all FOLDER -o FOLDER    (every recipe below it, and its cuts; also OUT.flat)
"""

import argparse
import json
import pathlib
import re
import struct
import sys
from typing import NamedTuple

HERE = pathlib.Path(__file__).parent
FLOATS = {"f16": "e", "f32": "f", "f64": "d"}
UNSUPPORTED = {101}  # the only rules whose error is not "malformed"


class RecipeError(Exception):
    """A recipe that says nothing sensible; the message names file and line."""


class Piece(NamedTuple):
    """The bytes of one statement."""

    offset: int
    data: bytes
    comment: str


class Cut(NamedTuple):
    """What a range of prefixes gives."""

    first: int
    last: int
    fields: int
    errors: list


class Recipe:
    """One recipe, read and compiled."""

    def __init__(self, text, name="recipe"):
        self.name = name
        self.pieces = []
        self.data = b""
        self.byte_order = "little"
        self.expect = None
        self.cuts = []
        body, tail = _split(text)
        self.prose = _prose(body)
        for number, line in enumerate(body, 1):
            try:
                self._statement(line)
            except (ValueError, OverflowError, struct.error, KeyError) as error:
                raise RecipeError(f"{name}:{number}: {line.strip()}: {error}") from error
        if tail:
            self._tail("\n".join(tail))

    @classmethod
    def read(cls, path):
        return cls(pathlib.Path(path).read_text(encoding="utf-8"), pathlib.Path(path).name)

    def _statement(self, line):
        words, comment = _comment(line)
        if not words:
            return
        word, _, rest = words.partition(" ")
        if word == "byteorder":
            if rest.strip() not in ("little", "big"):
                raise ValueError("little or big")
            self.byte_order = rest.strip()
            return
        data = self._bytes(word, rest.strip())
        self.pieces.append(Piece(len(self.data), data, comment))
        self.data += data

    def _bytes(self, word, rest):
        if word in FLOATS:
            mark = "<" if self.byte_order == "little" else ">"
            return b"".join(struct.pack(mark + FLOATS[word], float(x)) for x in rest.split())
        if re.fullmatch("[ui](8|16|32|64)", word):
            size = int(word[1:]) // 8
            return b"".join(
                int(x, 0).to_bytes(size, self.byte_order, signed=word[0] == "i")
                for x in rest.split()
            )
        if word == "hex":
            return bytes.fromhex(rest)
        if word == "text":
            return json.loads(rest).encode()
        if word == "repeat":
            count, _, text = rest.partition(" ")
            return int(count) * json.loads(text).encode()
        if word == "zeros":
            return bytes(int(rest))
        if word == "align":
            return bytes(-len(self.data) % int(rest))
        raise ValueError("no such statement")

    def _tail(self, text):
        """What follows `expect`: JSON, and perhaps cuts."""
        expect, _, cuts = re.sub(r"(?m)^\s*#.*$", "", text).partition("\ncuts\n")
        try:
            self.expect = _whole(json.loads(expect))
            self.cuts = [_cut(line) for line in cuts.splitlines() if line.strip()]
        except ValueError as error:
            raise RecipeError(f"{self.name}: expect: {error}") from error

    def expected_of_cut(self, cut):
        """What decode() gives for a prefix."""
        kept = self.expect["fields"][: cut.fields]
        end = kept[-1]["value_offset"] if kept else 0
        expect = dict(self.expect, fields=kept, errors=cut.errors)
        for name in ("skipped", "metadata"):
            expect[name] = [x for x in self.expect[name] if x["offset"] < end]
        if cut.last == 0:
            expect["version"] = None
        return expect


def _split(text):
    lines = text.splitlines()
    if "expect" not in lines:
        return lines, []
    at = lines.index("expect")
    return lines[:at], lines[at + 1 :]


def _prose(lines):
    """The comment at the head."""
    head = []
    for line in lines:
        if not line.startswith("#"):
            break
        head.append(line[1:].strip())
    return "\n".join(head).strip()


def _comment(line):
    """A line's statement and its comment; a '#' inside a text is no comment."""
    match = re.match(r'((?:[^"#]|"(?:[^"\\]|\\.)*")*)(?:#(.*))?$', line)
    if not match:
        raise ValueError("a text does not end")
    return match[1].strip(), (match[2] or "").strip()


def _whole(expect):
    """`expect` with what may be left out, and with its repetitions."""

    def in_full(node):
        if isinstance(node, list):
            return [in_full(x) for x in node]
        if not isinstance(node, dict):
            return node
        if set(node) == {"repeat"}:
            what, count, *tail = node["repeat"]
            return sum(tail, what * count) if isinstance(what, list) else what * count + "".join(tail)
        return {key: in_full(x) for key, x in node.items()}

    lists = {name: [] for name in ("fields", "skipped", "metadata", "errors")}
    return {**lists, **in_full(expect)}


def _cut(line):
    match = re.fullmatch(r"(\d+)(?:\.\.(\d+))?\s+(\d+)\s+(?:-|R(\d+)@(\d+))", _comment(line)[0])
    if not match:
        raise ValueError(f"no cut: {line}")
    first, last, fields, rule, offset = (x and int(x) for x in match.groups())
    return Cut(first, last or first, fields, [diagnostic(rule, offset)] if rule else [])


def diagnostic(rule, offset):
    """An error as decode() gives it."""
    name = "EPROTONOSUPPORT" if rule in UNSUPPORTED else "EBADMSG"
    return {"error": name, "rule": rule, "offset": offset}


def vectors(recipe, stem):
    """(name, bytes, expected) of a recipe and of its cuts."""
    if recipe.expect is None:
        raise RecipeError(f"{stem}: nothing is expected")
    yield stem, recipe.data, recipe.expect
    for cut in recipe.cuts:
        for length in sorted({cut.first, cut.last}):
            yield f"{stem}.cut{length}", recipe.data[:length], recipe.expected_of_cut(cut)


def write(folder, name, data, expect):
    path = pathlib.Path(folder, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.with_name(path.name + ".mmstats").write_bytes(data)
    path.with_name(path.name + ".json").write_text(to_json(expect), encoding="utf-8")
    path.with_name(path.name + ".flat").write_text("".join(map("{}\n".format, flat(expect))), encoding="utf-8")


# One for each form that a record has, for section 8 of SPEC.md.
EXAMPLES = (
    "v1_buffered", "v1_unbuffered", "v1_aligned", "v1_tuple", "v1_sequence",
    "v2_buffered", "v2_unbuffered", "v2_string", "v2_wide", "v2_ring",
    "v2_histogram", "v2_struct", "v2_metadata", "v2_grown",
)  # fmt: skip


def examples_markdown():
    """The worked examples, byte by byte."""
    parts = []
    for name in EXAMPLES:
        recipe = Recipe.read(HERE / "vectors" / "good" / f"{name}.txt")
        rows = [row for piece in recipe.pieces for row in _rows(piece)]
        listing = "\n".join(["offset  bytes                    meaning", *rows])
        parts.append(f"### {name}\n\n{recipe.prose}\n\n```\n{listing}\n```\n")
    return "\n".join(parts)


def _rows(piece, width=8):
    """Lines of a listing: where, which bytes, and once what they are."""
    comment = piece.comment
    for at in range(0, len(piece.data), width):
        shown = piece.data[at : at + width].hex(" ")
        yield f"{piece.offset + at:6}  {shown:{3 * width - 1}}  {comment}".rstrip()
        comment = ""


def to_json(expect):
    return json.dumps(expect, indent=1, ensure_ascii=True) + "\n"


def flat(value):
    """Lines that say the same as JSON, for tests in C: kind, then number or hexadecimal digits (vectors/README.md)."""
    if isinstance(value, dict):
        yield f"{{ {len(value)}"
        for key in value:
            yield from (*flat(key), *flat(value[key]))
    elif isinstance(value, list):
        yield f"[ {len(value)}"
        for element in value:
            yield from flat(element)
    elif isinstance(value, str):
        yield f"s {value.encode().hex()}"
    elif isinstance(value, bool):
        yield f"b {value:d}"
    elif isinstance(value, int):
        yield f"i {value}"
    else:
        yield "n" if value is None else f"f {value.hex()}"


def main():
    parser = argparse.ArgumentParser(description="make files from recipes")
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("compile", help="one recipe")
    one.add_argument("recipe")
    one.add_argument("-o", dest="data", required=True)
    one.add_argument("-j", dest="json")
    every = commands.add_parser("all", help="every recipe below folders, and its cuts")
    every.add_argument("folder", nargs="+")
    every.add_argument("-o", dest="out", required=True)
    options = parser.parse_args()
    if options.command == "compile":
        recipe = Recipe.read(options.recipe)
        pathlib.Path(options.data).write_bytes(recipe.data)
        if options.json:
            pathlib.Path(options.json).write_text(to_json(recipe.expect), encoding="utf-8")
        return
    made = set()
    for folder in options.folder:
        for path in sorted(pathlib.Path(folder).rglob("*.txt")):
            stem = path.relative_to(folder).with_suffix("")
            for name, data, expect in vectors(Recipe.read(path), str(stem)):
                if name in made:
                    raise RecipeError(f"{name}: made twice")
                made.add(name)
                write(options.out, name, data, expect)


if __name__ == "__main__":
    try:
        main()
    except RecipeError as error:
        sys.exit(f"recipe.py: {error}")
