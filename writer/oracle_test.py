#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the writer writes, read by the independent decoder: one field of every kind, in each format.

usage: oracle_test.py ALL_FIELDS DECODER
"""

import json
import math
import os
import subprocess
import sys
import tempfile

# A program of another machine needs an emulator before it (scripts/emulate.sh).
PROGRAM, DECODER = [*os.environ.get("EMULATE", "").split(), sys.argv[1]], sys.argv[2]

EXPECTED = {
    "t.counter": 42,
    "t.average": 1.5,
    "t.moving": 3.0,
    "t.u64": 2**64 - 1,
    "t.i64": -(2**63),
    "t.u32": 2**32 - 1,
    "t.i32": -5,
    "t.i16": -3,
    "t.u16": 65535,
    "t.byte": -1,
    "t.float": 3.5,
    "t.double": 1e300,
    "t.bool": True,
    "t.string": "\u20ac" * 6,
    "t.struct": [15.0, 5, 5],
    "t.static_float": 1.5,
    "t.static_double": 2.25,
    "t.static_u32": 7,
    "t.static_i64": -9,
    "t.static_u64": 2**63,
    "t.static_text": "h\u00e9llo",
}
# What not all formats have.
RINGS = {
    "t.ring_u32": [3, 4, 5],
    "t.ring_u64": [2**64 - 4, 2**64 - 5, 2**64 - 6],
    "t.ring_double": [1.5, 2.0, 2.5],
    "t.histogram": {"sum": 15, "scale": 0.001, "sub_bits": 1, "max_bits": 3, "counts": [0, 1, 1, 1, 2, 0, 0]},
}
MORE = {
    "v2": {"sys.generation": 2, **RINGS},
    "v1": {"sys.generation": 2},
    "v1-sequence": {"sys.sequence": 6, "sys.generation": 2},  # the string once, the struct five times
    "v1-packed": {},
}
SYS = ["sys.pid", "sys.tid", "sys.uid", "sys.gid", "sys.created", "sys.lock", "org.mmstats.version"]
WIDTHS = {"t.ring_u32": 4, "t.u32": 4, "t.i32": 4, "t.float": 4, "t.static_float": 4, "t.static_u32": 4, "sys.pid": 4,
          "t.i16": 2, "t.u16": 2, "t.byte": 1, "t.bool": 1, "sys.lock": 1}  # fmt: skip
TEXTS = {"t.string", "t.static_text", "org.mmstats.version"}


def run(directory, form, prefix):
    command = [*PROGRAM, "--dir", directory, "--format", form]
    if prefix:
        command += ["--prefix", prefix]
    path = subprocess.run(command, check=True, capture_output=True, text=True).stdout.rstrip("\n")
    decoded = subprocess.run([sys.executable, DECODER, path], check=True, capture_output=True, text=True)
    return path, json.loads(decoded.stdout)


def check(form, prefix, path, decoded):
    assert decoded["errors"] == [], decoded["errors"]
    assert decoded["version"] == (2 if form == "v2" else 1)
    fields = {field["label"]: field for field in decoded["fields"]}
    expected = EXPECTED | MORE[form]
    head = (["sys.sequence"] if form == "v1-sequence" else []) + SYS
    labels = [prefix + label for label in head]
    assert [field["label"] for field in decoded["fields"]][: len(head)] == labels, fields.keys()
    values = {label[len(prefix) :]: field["value"] for label, field in fields.items()}
    for label, value in expected.items():
        assert values[label] == value and type(values[label]) is type(value), (label, values[label])
    assert 0 <= values["t.timer"] < 60 and not math.isnan(values["t.timer"])
    assert values["sys.lock"] is True
    assert set(values) == set(expected) | set(SYS) | {"t.timer"}, set(values)
    if form != "v1-packed":
        for label, field in fields.items():
            bare = label[len(prefix) :]
            buffered_texts = {"t.string"} if form in ("v2", "v1-sequence") else set()
            width = WIDTHS.get(bare, 1 if bare in TEXTS - buffered_texts else 8)
            assert field["value_offset"] % width == 0, (label, field["value_offset"])
    if form == "v2":
        metrics = {label[len(prefix) :]: field["metric"] for label, field in fields.items()}
        assert metrics["t.counter"] == "counter" and metrics["t.u64"] == "gauge", metrics
        assert metrics["t.timer"] == "duration" and metrics["t.string"] == "info", metrics
        assert metrics["sys.created"] == "timestamp" and metrics["sys.pid"] == "unknown", metrics
        units = {entry["label"]: entry["keys"] for entry in decoded["metadata"]}
        assert units[prefix + "t.counter"] == {"unit": "requests", "help": "what was counted"}, units
        assert fields[prefix + "t.string"]["sequence"] == 1
        for label in ("t.struct", "t.ring_u32", "t.histogram"):
            assert fields[prefix + label]["sequence"] == 5, fields[prefix + label]
        assert metrics["t.histogram"] == "histogram" and metrics["t.struct"] == "gauge", metrics
    assert os.path.getsize(path) % 4096 == 0


def main():
    for form in MORE:
        for prefix in ("", "web."):
            with tempfile.TemporaryDirectory(dir=os.environ.get("TEST_TMPDIR")) as directory:
                path, decoded = run(directory, form, prefix)
                check(form, prefix, path, decoded)
                assert os.listdir(directory) == [os.path.basename(path)]

    def status(*arguments):
        return subprocess.run([*PROGRAM, *arguments], capture_output=True, text=True)

    bad = status("--dir", "/nowhere/at/all")
    assert bad.returncode == 1 and "/nowhere/at/all: No such file or directory (make it" in bad.stderr, bad
    for arguments in (["--format", "v3"], ["--hold", "-1"], ["extra"], ["--unknown"]):
        bad = status(*arguments)
        assert bad.returncode == 2 and bad.stdout == "" and "all_fields: " in bad.stderr, (arguments, bad)
    assert status("--help").returncode == 0


main()
