#!/usr/bin/env python3
"""Makes the first inputs of each harness: from the vectors, and for those that take no files, from tables.

    seeds.py VECTORS FOLDER    FOLDER/HARNESS/NAME; VECTORS: bazel-bin/spec/vectors/vectors

fuzz/run calls it. What is in fuzz/corpus is what fuzzing made of these, minimised.
"""

import pathlib
import random
import sys

LARGEST = 5000  # bytes: larger vectors take long, and show little more
FILES = ("parse_fuzz", "roundtrip_fuzz", "json_fuzz", "lint_fuzz", "metrics_fuzz")
PAIRS = ("reader_fuzz", "live_fuzz")
SIGNATURES = (
    "Q", "  Q", "@bhilq", "=bhilq", "<dQ", ">3h", "!5s", "xQ", "2x3Q", "0s", "0Q1b", "12s4p", "e", "nNP", "=n",
    "99999999999999999999s", "9223372036854775807s", "9223372036854775807x1b", "1152921504606846976Q",
    "3", "", " ", "Q Q", "c?f", "\t\n\v\f\rI", "1000B",
)  # fmt: skip
SEED = 1


def vectors_of(folder):
    paths = sorted(pathlib.Path(folder).rglob("*.mmstats"))
    return {path.stem: path.read_bytes() for path in paths if path.stat().st_size <= LARGEST}


def pair(flags, first, second):
    return bytes([flags]) + len(first).to_bytes(3, "little") + first + second


def pairs_of(vectors):
    """Each vector with itself, with a byte changed, and with another one, in either mode."""
    chance = random.Random(SEED)
    names = sorted(vectors)
    for number, (name, other) in enumerate(zip(names, names[1:] + names[:1])):
        data = vectors[name]
        if not data:
            continue
        changed = bytearray(data)
        changed[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        flags = (number % 2) | 24
        yield f"{name}.changed", pair(flags, data, bytes(changed))
        yield f"{name}.other", pair(flags ^ 1, data, vectors[other])


def signatures():
    for number, text in enumerate(SIGNATURES):
        raw = text.encode()
        yield f"{number:02}", bytes([number & 1]) + len(raw).to_bytes(2, "little") + raw + bytes(range(64))


def operations():
    """writer_fuzz: each kind of field, in each format, before and after the file is made; then chance."""
    chance = random.Random(SEED)
    for output in range(4):
        for kind in range(21):
            add = bytes([0, kind, 7 * kind % 256, (128 if kind % 2 else 0) + 8 * (kind % 3)])
            update = bytes([2, 0, 1, *range(1, 9)])
            yield f"{output}_{kind:02}", bytes([output, kind % 8]) + add + update + b"\6" + add + update + b"\5\1\7\5\0"
        for number in range(20):
            yield f"{output}_random_{number:02}", bytes([output]) + chance.randbytes(120)


def requests():
    """http_fuzz: a line each for method, target, Host, Accept-Encoding, If-None-Match and Accept."""
    accept = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
    targets = (
        "/", "/graph", "/static/main.js", "/stats/", "/stats/web.", "/stats/a%2fb%00%ff?exact=&glob=web-*", "/stats/%",
        "/stats/x?aggr=nonzero-avg", "/stats/x?aggr=none", "/files/*.mmstats", "/files/..%2f", "/2/?q=web.*+a", "/2/",
        "/events?every=50&field=a%20b&field=%c3%a9&field=", "/events?every=1", "/metrics", "/none", "*", "http://x/", "",
        "http://localhost:1/stats/a%20b?exact=", "HTTP://[::1]",
    )  # fmt: skip
    hosts = ("localhost", "localhost:5002", "127.0.0.1:80", "[::1]:5002", "metrics.example", "evil.example", "[::1", "")
    for number, target in enumerate(targets):
        lines = ("HEAD" if number % 5 == 4 else "GET", target, "localhost:5002", "gzip, *;q=0", '"x", W/"y"', accept)
        yield f"target_{number:02}", "\n".join(lines).encode()
    for number, host in enumerate(hosts):
        yield f"host_{number:02}", f"GET\n/stats/x\n{host}".encode()
    yield "method", b"POST\n/stats/x\nlocalhost"


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    vectors = vectors_of(sys.argv[1])
    seeds = {name: vectors.items() for name in FILES}
    seeds.update({name: list(pairs_of(vectors)) for name in PAIRS})
    seeds["signature_fuzz"] = signatures()
    seeds["writer_fuzz"] = operations()
    seeds["http_fuzz"] = requests()
    for harness, inputs in seeds.items():
        folder = pathlib.Path(sys.argv[2], harness)
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in inputs:
            (folder / name).write_bytes(data)


if __name__ == "__main__":
    main()
