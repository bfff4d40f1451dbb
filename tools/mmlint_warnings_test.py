#!/usr/bin/env python3
"""Each warning of mmlint: a file that raises it, and one nearly the same that does not."""

import os
import pathlib
import re
import struct
import subprocess
import sys
import threading
import unittest

sys.path[:0] = [str(pathlib.Path(__file__).parent)]
sys.dont_write_bytecode = True

from mmlint_testing import ROOT, SEQUENCE, MmlintTest, aligned, clean, plain, sys_v2, v1, v2  # noqa: E402
from slurpstats_testing import FOREIGN  # noqa: E402

Q = struct.Struct("=Q").pack
RING, HISTOGRAM, STRUCT, WIDE, METADATA, GENERATION = 66, 68, 69, 65, 96, 97
GAUGE = 1


def word(value):
    return struct.pack("=H", value)


def text_v1(label, size, spaces, write_buffer=0):
    """Two texts of `size` bytes, behind so many spaces."""
    return label, " " * spaces + f"{size}s", write_buffer, bytes(2 * size)


def ring(sequence, offset, elements=3):
    return "r", RING, GAUGE | SEQUENCE, word(offset) + word(elements) + bytes(8 * (elements + 1)) + Q(sequence)


def histogram(sequence=3, scale=0.5, zero=0, counts=(1, 2)):
    body = struct.pack("=BBHId", 0, 0, zero, 2, scale) + Q(9) + b"".join(map(Q, counts))
    return "h", HISTOGRAM, SEQUENCE, body + Q(sequence)


def pair(sequence, write_buffer):
    """A struct of u32 and u64."""
    body = word(2) + b"IQ" + bytes([write_buffer]) + bytes(32)
    return "s", STRUCT, GAUGE | SEQUENCE, body + Q(sequence)


def metadata(label, *lines):
    return label, METADATA, 0, "\n".join(lines).encode()


def counter(label="c", value=1):
    return label, 1, 0, b"\0" + Q(value) * 2


def sequenced(sequence, write_buffer):
    return "n", 5, GAUGE | SEQUENCE, bytes([write_buffer]) + bytes(16) + Q(sequence)


def number(label, metric, data_type=19):
    return label, data_type, metric, Q(1)


def swapped_v1(*more):
    """A record whose sizes are the same from both ends, and more."""
    label, signature = b"a" * 0x0101, b" " * 0x0100 + b"B"
    return v1((label, signature.decode(), 0xFF, b"\1"), *more)


def spaced(label, offset, code="Q"):
    """A signature with which the value of a record at `offset` is 8-aligned."""
    return " " * (-(offset + 2 + len(label) + 2 + len(code) + 1) % 8) + code


def sequence_v1(label="sys.sequence"):
    return plain(label, spaced(label, 1), 4)


CASES = {
    # name: (a file that raises it, one that does not)
    "unaligned": (v1(plain("abc", "Q", 1)), v1(plain("abc", spaced("abc", 1), 1))),
    "second-unaligned": (v1(text_v1("ab", 7, 6)), v1(text_v1("ab", 8, 6))),
    "cache-line": (v1(plain("a" * 56, "Q", 1)), v1(plain("a" * 48, "Q", 1))),
    "duplicate-label": (v1(plain("a", "B", 1), plain("a", "B", 2)), v1(plain("a", "B", 1), plain("A", "B", 2))),
    "label-empty": (clean(counter("")), clean(counter("a"), ("", 0, 0, b""))),
    "label-utf8": (v1(plain(b"a\xff", "B", 1)), v1(plain("a\xff", "B", 1))),
    "label-control": (v1(plain("a\u202eb", "B", 1)), v1(plain("a\u05d0b \U0001f469\u200d\U0001f467", "B", 1))),
    "value-utf8": (v1(("a", "3s", 0xFF, b"\xe2\x82\xff")), v1(("a", "4s", 0xFF, b"\xe2\x82\xac\0"))),
    "bool-byte": (clean(("b", 15, 0, b"\2")), clean(("b", 15, 0, b"\1"))),
    "default-field": (clean(("x.sys.uid", 1, 0, b"\0" + bytes(16))), clean(("x.sys.uid", 19, 0, bytes(8)))),
    "no-pid": (aligned(sys_v2()[1]), aligned(*sys_v2())),
    "no-created": (aligned(sys_v2()[0]), aligned(*sys_v2())),
    "kind-unknown": (clean(number("n", 0)), clean(number("n", GAUGE), counter(), ("b", 15, 0, b"\1"))),
    "kind-new": (clean(number("n", 9)), clean(number("n", 8))),
    "type-new": (clean(("n", 98, 0, b"")), clean(("n", 20, 0, bytes(256)))),
    "flag-new": (clean(number("n", GAUGE | 0x100)), clean(sequenced(0, 1))),
    "flag-idle": (clean(("", 0, SEQUENCE, b"")), clean(("", 0, 0, b""))),
    "padding-label": (clean(("p", 0, 0, b"")), clean(("", 0, 0, b""))),
    "no-sequence": (
        clean(("w", WIDE, 0, struct.pack("=IB", 8, 0) + bytes(16))),
        clean(("w", WIDE, SEQUENCE, struct.pack("=IB", 8, 1) + bytes(24))),
    ),
    "sequence-field": (v1(plain("a", "B", 1), sequence_v1()), v1(sequence_v1("p.sys.sequence"), plain("a", "B", 1))),
    "sequence-buffer": (clean(sequenced(4, 0)), clean(sequenced(4, 1))),
    "sequence-array": (clean(ring(5, 2)), clean(ring(5, 1))),
    "sequence-histogram": (clean(histogram(4)), clean(histogram(3))),
    "histogram-bounds": (clean(histogram(scale=0.0)), clean(histogram(scale=5e-324))),
    "histogram-zero": (clean(histogram(zero=1)), clean(histogram())),
    "generation-field": (
        v1(("sys.generation", "QQ", 0xFF, bytes(16))),
        v1(plain("x.sys.generation", spaced("x.sys.generation", 1), 0)),
    ),
    "generation-twice": (
        clean(("g", GENERATION, 0, Q(0)), ("g2", GENERATION, 0, Q(0))),
        clean(("g", GENERATION, 0, Q(0))),
    ),
    "generation-open": (clean(("g", GENERATION, 0, Q(7))), clean(("g", GENERATION, 0, Q(8)))),
    "metadata-line": (
        clean(counter(), metadata("c", "unit=a", "b")),
        clean(counter(), metadata("c", "unit=a", "help=")),
    ),
    "metadata-key": (
        clean(counter(), metadata("c", "units=a")),
        clean(counter(), metadata("c", "unit=a", "help=units=a", "label.x=y")),
    ),
    "metadata-alone": (clean(counter(), metadata("d", "unit=a")), clean(metadata("c", "unit=a"), counter())),
    "unit-unknown": (
        clean(histogram(), metadata("h", "help=unit=s")),
        clean(metadata("h", "unit=bytes"), histogram()),
    ),
    "unit-wrong": (
        clean(number("t", 8), metadata("t", "unit=bytes")),
        clean(number("t", 8), metadata("t", "unit=seconds"), counter(), metadata("c", "unit=bytes")),
    ),
    "end-room": (v1(plain("a", "B", 1))[:12], v1(plain("a", "B", 1))[:13]),
    "end-alignment": (v2(("a", 10, GAUGE, b"\1")), v2(("a", 10, GAUGE, b"\1"), ("", 0, 0, b"\0"))),
    "rest": (v1(plain("a", "B", 1))[:-1] + b"\1", v1(plain("a", "B", 1))),
    "file-size": (v1(plain("a", "B", 1))[:-1], v1(plain("a", "B", 1))),
    "either-order": (swapped_v1(), v1(plain("a" * 0x0102, " " * 0x0100 + "B", 1))),
}


class WarningsTest(MmlintTest):
    def test_each(self):
        for name, (wrong, right) in CASES.items():
            with self.subTest(name):
                self.assertIn(name, self.warnings(wrong))
                self.assertNotIn(name, self.warnings(right))
                path = self.put("f", wrong)
                self.assertRegex(self.run_tool(path).out, f"(?m)^{path}: (byte \\d+: )?warning: {name}: ")

    def test_no_warning_is_forgotten(self):
        source = (ROOT / "tools/lint/lint_warnings.c").read_text()
        names = re.findall(r'\[LINT_[A-Z0-9_]+\] = \{"([a-z0-9-]+)"', source)
        self.assertEqual(len(names), len(set(names)))
        self.assertEqual(set(names), {*CASES, "dead-writer"})
        manual = (ROOT / "tools/mmlint.1.scd").read_text()
        section = manual.partition("# WARNINGS")[2].partition("# JSON")[0]
        self.assertEqual(re.findall(r"(?m)^\*([a-z0-9-]+)\*$", section), names)

    def test_well_made_files(self):
        """Nothing at all is said about those."""
        whole = clean(
            ("g", GENERATION, 0, Q(2)),
            counter("a"),
            sequenced(4, 1),
            ring(5, 1),
            histogram(),
            metadata("h", "unit=bytes", "help=of an answer"),
            pair(1, 0),
            ("t", 16, 0, "läuft".encode()),
        )
        self.assertEqual(self.warnings(whole), [])
        result = self.run_tool("--strict", self.put("f", whole))
        self.assertRegex(result.out, r"^\S+: clean \(version 2, [a-z]+-endian, \d+ records, 4096 bytes\)\n$")
        self.check(result, 0)

    def test_sequences_in_the_other_order(self):
        for generation, raised in ((1, True), (256, False)):
            data = v2(("gg", GENERATION, 0, struct.pack(FOREIGN + "Q", generation)), order=FOREIGN)
            self.assertEqual("generation-open" in self.warnings(data), raised)

    def test_either_order_of_a_broken_file(self):
        """In the order that is asked for it is broken: that it would not be in the other one is no doubt."""
        other = "--byte-order=big" if FOREIGN == ">" else "--byte-order=little"
        file = self.lint(other, self.put("f", swapped_v1(plain("a", "B", 1))))[0]
        self.assertEqual((self.named(file, "error"), file["records"]), (["SIGNATURE_NO_ITEM"], 1))
        self.assertNotIn("either-order", self.named(file, "warning"))

    # --- offsets ------------------------------------------------------------------------------------------------------

    def test_offset_and_label(self):
        path = self.put("f", clean(counter("c"), metadata("c", "unit=s", "nonsense")))
        finding = self.lint(path)[0]["findings"][0]
        at = pathlib.Path(path).read_bytes().index(b"nonsense")
        self.assertEqual((finding["name"], finding["offset"], finding["label"]), ("metadata-line", at, "c"))
        self.assertEqual((finding["rule"], finding["severity"]), (418, "warning"))
        self.assertEqual([finding[key] for key in ("error", "expected", "found")], [None] * 3)

    def test_no_offset(self):
        file = self.lint(self.put("f", aligned(sys_v2()[0])))[0]
        finding = next(finding for finding in file["findings"] if finding["name"] == "no-created")
        self.assertEqual((finding["offset"], finding["label"], finding["rule"]), (None, None, 510))

    def test_many_labels(self):
        labels = [f"label{i}" for i in range(2000)]
        path = self.put("f", v1(*(plain(label, "B", 1) for label in labels + labels[:3])))
        findings = [one for one in self.lint(path)[0]["findings"] if one["name"] == "duplicate-label"]
        self.assertEqual([one["label"] for one in findings], labels[:3])

    # --- writers ------------------------------------------------------------------------------------------------------

    def test_dead_writer(self):
        with subprocess.Popen(["true"]) as gone:
            gone.wait()
        file = self.lint(self.put("f", aligned(*sys_v2(pid=gone.pid))))[0]
        self.assertEqual((self.named(file, "warning"), file["writer"]), (["dead-writer"], "dead"))
        file = self.lint(self.put("f", aligned(*sys_v2())))[0]
        self.assertEqual((self.named(file, "warning"), file["writer"]), ([], "live"))
        file = self.lint(self.put("f", v1(plain("a", "B", 1))))[0]
        self.assertEqual(file["writer"], "unknown")
        self.assertNotIn("dead-writer", self.named(file, "warning"))

    def test_what_is_wrong_for_a_moment_only(self):
        """One of two records is always in the middle of a publication, each of them only now and then: no mistake."""
        first, second = (clean(sequenced(4, i), sequenced(4, 1 - i)) for i in (0, 1))
        path, done = self.put("f", first), threading.Event()
        self.assertEqual(self.named(self.lint(path)[0], "warning"), ["sequence-buffer", "duplicate-label"])

        def write():
            file = os.open(path, os.O_WRONLY)
            while not done.is_set():
                os.pwrite(file, first, 0)
                os.pwrite(file, second, 0)
            os.close(file)

        writer = threading.Thread(target=write)
        writer.start()
        try:
            tries = (self.named(self.lint(path)[0], "warning") for _ in range(50))
            self.assertTrue(any("sequence-buffer" not in names for names in tries))
        finally:
            done.set()
            writer.join()

    def test_strict(self):
        path = self.put("f", clean(number("n", 0)))
        self.assertEqual(self.run_tool(path).status, 0)
        self.assertEqual(self.lint(path)[0]["verdict"], "well-formed")
        result = self.run_tool("--strict", path)
        self.assertEqual(result.status, 1)
        self.assertIn(": broken, 1 warning (", result.out)
        self.assertEqual(self.lint("--strict", path)[0]["verdict"], "broken")


if __name__ == "__main__":
    os.umask(0o077)
    unittest.main()
