#!/usr/bin/env python3
"""What slurpstats prints: text, JSON and CSV, of hand-made files."""

import csv
import io
import json
import math
import pathlib
import re
import struct
import subprocess
import sys
import tempfile
import unittest

sys.path[:0] = [str(pathlib.Path(__file__).parent)]
sys.dont_write_bytecode = True

from slurpstats_testing import SlurpstatsTest, buffered, plain, text, v1, v2  # noqa: E402


class OutputTest(SlurpstatsTest):
    # --- text ---------------------------------------------------------------------------------------------------

    def test_text(self):
        path = self.put(
            "all.mmstats",
            v1(
                buffered("t.counter", "Q", 42),
                buffered("t.max", "Q", 2**64 - 1),
                plain("sys.pid", "I", 3818),
                plain("t.bool", "?", True),
                plain("t.false", "?", False),
                plain("t.byte", "b", -1),
                buffered("t.float", "f", 0.1),
                text("t.string", "€uro\0behind"),
                text("t.empty", "\0"),
                plain("t.tuple", "IQ", 1, 2),
                plain("t.mixed", "2sd3s", b"a'", 0.5, b"b\\c"),
                buffered("a.label.that.is.longer", "i", -5),
                buffered("", "i", 0),  # ends the list
            ),
        )
        self.check_values(
            self.run_tool(path),
            0,
            f"==> {path}\n"
            "  t.counter              42\n"
            "  t.max                  18446744073709551615\n"
            "  sys.pid                3818\n"
            "  t.bool                 True\n"
            "  t.false                False\n"
            "  t.byte                 -1\n"
            "  t.float                0.10000000149\n"
            "  t.string               €uro\n"
            "  t.empty                \n"
            "  t.tuple                (1, 2)\n"
            "  t.mixed                ('a\\'', 0.5, 'b\\\\c')\n"
            "  a.label.that.is.longer -5\n"
            "\n",
        )

    def test_floats(self):
        expected = {
            -0.0: "-0.0", 1.0: "1.0", 3.5: "3.5", 2 / 3: "0.666666666667", 1e-4: "0.0001",
            1e-5: "1e-05", 123.456: "123.456", 1795405611.303431: "1795405611.3", 1e10: "10000000000.0",
            99999999999.0: "99999999999.0", 99999999999.5: "99999999999.5", 1e11: "1e+11",
            123456789012.0: "1.23456789012e+11", 2.0**53: "9.00719925474e+15", 1e300: "1e+300",
            math.inf: "inf", -math.inf: "-inf", 9999999999.99999: "10000000000.0",
        }  # fmt: skip
        path = self.put("f", v1(*(plain(f"f{i}", "d", f) for i, f in enumerate(expected)), plain("n", "d", math.nan)))
        lines = self.run_tool(path).out.splitlines()[1:-1]
        self.assertEqual([line.split()[1] for line in lines], [*expected.values(), "nan"])

    def test_wide_labels_are_padded_by_columns(self):
        path = self.put("f", v1(plain("日本", "B", 1), plain("e\u0301", "B", 2), plain("abcde", "B", 3)))
        self.check(self.run_tool(path), 0, f"==> {path}\n  日本  1\n  e\u0301     2\n  abcde 3\n\n")

    def test_empty_file(self):
        path = self.put("f", v1())
        self.check(self.run_tool(path), 0, f"==> {path}\n\n")

    def test_arrays_and_histograms(self):
        ring = struct.pack("=HH4I", 1, 3, 10, 11, 12, 13)
        histogram = struct.pack("=BBHIdQ", 1, 3, 0, 7, 0.25, 12) + struct.pack("=7Q", 1, 0, 2, 0, 0, 3, 1)
        path = self.put("f", v2(("ring", 21, 0, ring), ("h", 68, 0, histogram), ("none", 21, 0, struct.pack("=HHI", 0, 0, 9))))
        self.check_values(
            self.run_tool(path),
            0,
            f"==> {path}\n  ring [12, 13, 10]\n  h    7 samples, sum 3.0 {{0.0: 1, 0.5: 2, 1.5: 3, 2.0: 1}}\n  none []\n\n",
        )

    def test_units(self):
        path = self.put(
            "f",
            v2(
                ("a", 10, 0, b"\x05"),
                ("b", 10, 0, b"\x06"),
                ("b", 96, 0, b"unit=se\\nconds\nhelp=what"),
            ),
        )
        self.check(self.run_tool(path), 0, f"==> {path}\n  a 5\n  b 6\n\n")
        self.check(self.run_tool("--units", path), 0, f"==> {path}\n  a 5\n  b 6 se\\x0aconds\n\n")

    def test_verbose(self):
        path = self.put("f", v1(plain("pad", "3B", 1, 2, 3), plain("b", "B", 4)))
        result = self.run_tool("-v", path)
        self.assertEqual(
            result.out,
            f"==> {path} (version 1, {sys.byteorder}-endian)\n  pad (1, 2, 3) [checked]\n  b   4\n\n",
        )
        self.assertEqual(result.out, self.run_tool("--verbose", path).out)
        self.assertIn("  b   4 [checked]\n", self.run_tool("-v", "--copy", path).out)
        self.assertIn("  b   4 [checked]\n", self.run_tool("--copy", path).out)
        self.assertNotIn("exact", self.run_tool("-v", path).out)

    def test_transactions(self):
        def put(generation, *more):
            return self.put("f", v2(("abcde", 97, 0, struct.pack("=Q", generation)), *more, ("n", 10, 0, b"\x05")))

        def snapshot(path):
            return json.loads(self.run_tool("--json", path).out)["files"][0]["snapshot"]

        dead = ("sys.lock", 15, 0, b"\1")  # and nobody has the lock
        for generation, more, sign, name in (
            (0, [], "", "exact"),
            (2**64 - 2, [dead], "", "exact"),
            (1, [], " [transaction open]", "open"),
            (3, [dead], " [its writer died in a transaction]", "unfinished"),
        ):
            path = put(generation, *more)
            result = self.run_tool(path)
            self.assertTrue(result.out.startswith(f"==> {path}{sign}\n"), result.out)
            self.assertIn(" 5\n\n", result.out)
            self.assertEqual((result.status, result.err), (0, ""))
            self.assertEqual(snapshot(path), name)

    def test_verbose_says_where_files_are(self):
        for folder, on_disk in ((pathlib.Path("/dev/shm"), False), (self.folder, None)):
            with tempfile.TemporaryDirectory(dir=folder) as made:
                path = pathlib.Path(made) / "f"
                path.write_bytes(v1(plain("a", "B", 1)))
                result = self.run_tool("-v", path, path.with_name("f"))
                kind = subprocess.run(["stat", "-f", "-c", "%T", made], capture_output=True, check=True).stdout
                self.assertEqual(made in result.err, kind.strip() not in (b"tmpfs", b"ramfs"), result.err)
                self.assertLessEqual(result.err.count(made), 1)
                self.assertEqual(result.status, 0)
                if on_disk is False:
                    self.assertEqual(result.err, "")

    # --- hostile text ---------------------------------------------------------------------------------------------

    HOSTILE = (
        b"\x1b]0;title\x07", b"\x1b[2J", b"a\nb", b"a\rb", b"\x7f", b"\x00nul", b"\xc2\x9b31m", b"\xff\xfe", b"\xc3(",
        b"\xed\xa0\x80", b"\xe2\x80\xae" b"gpj.exe", b"\xe2\x81\xa6", b"\xd8\x9c", b"\xe2\x80\x8f", b"\xe2\x80\xa8",
        b"\xef\xbb\xbf", b"\xf3\xa0\x80\x81", b'"quoted",', b"a,b", b"=1+1", b"\\back\\slash", b"</script>",
        b"\xf0\x9f\x98\x80", b"\xe2\x80\x8d",
    )  # fmt: skip
    FORBIDDEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\U000e0001]")

    def hostile(self):
        records = [text(label, label + b"|") for label in self.HOSTILE]
        return self.put("hostile", v1(*records))

    def test_hostile_text(self):
        result = self.run_tool(self.hostile())
        self.assertEqual((result.status, result.err), (0, ""))
        self.assertNotRegex(result.out, self.FORBIDDEN)
        lines = result.out.splitlines()
        self.assertEqual(len(lines), len(self.HOSTILE) + 2)
        self.assertIn("\\x1b]0;title\\x07", lines[1])
        self.assertIn("a\\x0ab", lines[3])
        self.assertIn("\\u009b31m", lines[7])
        self.assertIn("\\xff\\xfe", lines[8])
        self.assertIn("\\xc3(", lines[9])
        self.assertIn("\\xed\\xa0\\x80", lines[10])
        self.assertIn("\\u202egpj.exe", lines[11])
        self.assertIn("\\U000e0001", lines[17])
        self.assertIn("\\back\\slash", lines[21])
        self.assertIn("\U0001f600", lines[23])

    def test_hostile_json(self):
        result = self.run_tool("--json", self.hostile())
        self.assertNotRegex(result.out, self.FORBIDDEN)
        fields = json.loads(result.out)["files"][0]["fields"]
        for field, raw in zip(fields, self.HOSTILE):
            self.assertEqual(field["label"], raw.decode(errors="replace"))
            self.assertEqual(field["value"], (raw + b"|").split(b"\0")[0].decode(errors="replace"))

    def test_hostile_csv(self):
        result = self.run_tool("--csv", self.hostile())
        self.assertNotRegex(result.out, self.FORBIDDEN)
        rows = list(csv.DictReader(io.StringIO(result.out, newline="")))
        self.assertEqual(len(rows), len(self.HOSTILE))
        self.assertEqual(rows[17]["label"], '"quoted",')
        self.assertEqual(rows[17]["value"], '"quoted",|')
        self.assertEqual(rows[2]["label"], "a\\x0ab")

    # --- JSON and CSV ------------------------------------------------------------------------------------------------

    def test_json(self):
        path = self.put(
            "f",
            v2(
                ("n", 5, 0x0001, b"\0" + struct.pack("=QQ", 0, 2**64 - 1)),
                ("f", 14, 0, struct.pack("=d", 0.1)),
                ("whole", 14, 0, struct.pack("=d", 3.0)),
                ("nan", 14, 0, struct.pack("=d", math.nan)),
                ("inf", 14, 0, struct.pack("=d", -math.inf)),
                ("b", 15, 0, b"\1"),
                ("f", 96, 0, b"unit=seconds\nhelp=a \"word\""),
            ),
        )
        result = self.run_tool("--json", path)
        self.assertIn("18446744073709551615", result.out)
        self.assertIn('"value":3.0', result.out)
        field = {"kind": "unknown", "unit": "", "help": "", "retries": 0}
        file = json.loads(result.out)["files"][0]
        # these stand at any address: only the byte is sure to be aligned
        status = [found.pop("status") for found in file["fields"]]
        self.assertTrue(set(status) <= {"exact", "checked"})
        self.assertEqual(status[-1], "exact")
        self.assertEqual(
            file,
            {
                "path": path,
                "version": 2,
                "byte_order": sys.byteorder,
                "snapshot": None,
                "fields": [
                    {**field, "label": "n", "type": "u64", "kind": "gauge", "value": 2**64 - 1},
                    {**field, "label": "f", "type": "f64", "value": 0.1, "unit": "seconds", "help": 'a "word"'},
                    {**field, "label": "whole", "type": "f64", "value": 3.0},
                    {**field, "label": "nan", "type": "f64", "value": None},
                    {**field, "label": "inf", "type": "f64", "value": None},
                    {**field, "label": "b", "type": "bool", "value": True},
                ],
                "error": None,
            },
        )

    def test_csv(self):
        path = self.put(
            "a,b",
            v2(
                ("n", 5, 0x0001, b"\0" + struct.pack("=QQ", 0, 2**64 - 1)),
                ("f", 14, 0, struct.pack("=d", 0.1)),
                ("nan", 14, 0, struct.pack("=d", math.nan)),
                ("b", 15, 0, b"\1"),
                ("s", 16, 0, b' say "hi" '),
                ("t", 69, 0, struct.pack("=H", 4) + b"B1sB" + b"\0" + bytes(3) + b'\1"\2'),
                ("f", 96, 0, b"unit=m,s"),
            ),
        )
        out = self.run_tool("--csv", path).out
        self.assertNotIn("\r", out)
        rows = list(csv.reader(io.StringIO(out, newline=""), strict=True))
        self.assertEqual(rows[0], ["path", "label", "type", "kind", "unit", "value", "status"])
        self.assertEqual(
            [row[:6] for row in rows[1:]],
            [
                [path, "n", "u64", "gauge", "", "18446744073709551615"],
                [path, "f", "f64", "unknown", "m,s", "0.1"],
                [path, "nan", "f64", "unknown", "", "nan"],
                [path, "b", "bool", "unknown", "", "true"],
                [path, "s", "text", "info", "", ' say "hi" '],
                [path, "t", "tuple", "unknown", "", '[1,"\\"",2]'],
            ],
        )
        self.assertIn(rows[1][6], ("exact", "checked"))


if __name__ == "__main__":
    unittest.main()
