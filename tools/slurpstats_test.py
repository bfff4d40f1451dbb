#!/usr/bin/env python3
"""slurpstats as its users see it: output, messages and exit status, of hand-made files and of the test vectors."""

import csv
import io
import json
import math
import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).absolute().parent.parent
TOOL = os.environ.get("SLURPSTATS", ROOT / "tools/slurpstats")
VECTORS = pathlib.Path(os.environ.get("VECTORS", ROOT / "spec/vectors/vectors"))
FOREIGN = ">" if sys.byteorder == "little" else "<"
FOREIGN_NAME = "big" if sys.byteorder == "little" else "little"


def v1(*records, order="="):
    """A file of version 1. A record is (label, signature, write buffer, values as bytes)."""
    data = b"\x01"
    for label, signature, write_buffer, values in records:
        label = label if isinstance(label, bytes) else label.encode()
        data += struct.pack(order + "H", len(label)) + label
        data += struct.pack(order + "H", len(signature)) + signature.encode() + bytes([write_buffer]) + values
    return data + bytes(4096 - len(data) % 4096)


def plain(label, signature, *values):
    """A record with one value."""
    return label, signature, 0xFF, struct.pack(signature, *values)


def buffered(label, signature, value):
    """A record with two, the second of which is shown."""
    return label, signature, 0, struct.pack("=" + 2 * signature, 0, value)


def text(label, value):
    value = value if isinstance(value, bytes) else value.encode()
    return label, f"{len(value)}s", 0xFF, value


def v2(*records, order="="):
    """A file of version 2. A record is (label, data type, metric type, body)."""
    data = b"\x02"
    for label, data_type, metric, body in records:
        head = struct.pack(order + "IH", len(label) + 6 + len(body), len(label)) + label.encode()
        data += head + struct.pack(order + "HH", data_type, metric) + body
    return data + bytes(4096 - len(data) % 4096)


class Result:
    def __init__(self, done):
        self.status = done.returncode
        self.out = done.stdout.decode()
        self.err = done.stderr.decode()


class SlurpstatsTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(dir=os.environ.get("TEST_TMPDIR"))
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def put(self, name, data):
        path = self.folder / name
        path.write_bytes(data)
        return str(path)

    def run_tool(self, *arguments, env=None, **options):
        """Runs it in the folder, with nothing in the environment but what a test says."""
        done = subprocess.run(
            [TOOL, *arguments],
            env={"PATH": os.environ["PATH"], "TMPDIR": str(self.folder), **(env or {})},
            cwd=self.folder,
            stdout=options.pop("stdout", subprocess.PIPE),
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
            **options,
        )
        done.stdout = done.stdout or b""
        return Result(done)

    def check(self, result, status, out=None, err=""):
        self.assertEqual((result.status, result.err), (status, err))
        if out is not None:
            self.assertEqual(result.out, out)

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
        self.check(
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
        self.check(
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
        self.assertNotIn("checked", self.run_tool("--copy", path).out)

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

    # --- which files ----------------------------------------------------------------------------------------------

    def headings(self, result):
        return [pathlib.Path(path).name for path in re.findall("^==> (.*)$", result.out, re.M)]

    def test_default_glob(self):
        for name in ("b.mmstats", "a.mmstats", "c.other"):
            self.put(name, v1(plain("a", "B", 1)))
        other = self.folder / "d"
        other.mkdir()
        self.put("d/e.mmstats", v1())
        self.assertEqual(self.headings(self.run_tool()), ["a.mmstats", "b.mmstats"])
        self.assertEqual(self.headings(self.run_tool(env={"MMSTATS_PATH": str(other)})), ["e.mmstats"])
        self.assertEqual(
            self.headings(self.run_tool(env={"MMSTATS_PATH": str(other), "MMSTATS_GLOB": "c.*"})), ["c.other"]
        )

    def test_arguments_once_each_in_their_order(self):
        a, b = (self.put(name, v1()) for name in "ab")
        self.assertEqual(self.headings(self.run_tool(b, a, b, a)), ["b", "a"])

    def test_no_file(self):
        result = self.run_tool()
        self.check(
            result,
            3,
            "",
            f"slurpstats: {self.folder}/*.mmstats: no such files (name files, or set MMSTATS_PATH to their directory, "
            "or MMSTATS_GLOB)\n",
        )
        self.check(self.run_tool("--csv"), 3, "path,label,type,kind,unit,value,status\n", result.err)
        result = self.run_tool("--json", env={"MMSTATS_PATH": "/no/such\x1b"})
        self.assertEqual((result.status, json.loads(result.out)), (3, {"files": []}))
        self.assertIn("/no/such\\x1b/*.mmstats", result.err)

    # --- bad files -------------------------------------------------------------------------------------------------

    def test_malformed(self):
        bad = v1(plain("a", "B", 5), ("b", "B", 2, b"\0"), plain("c", "B", 6))
        path, good = self.put("bad", bad), self.put("good", v1(plain("d", "B", 7)))
        self.check(
            self.run_tool(path, good),
            1,
            f"==> {path}\n  a 5\n\n==> {good}\n  d 7\n\n",
            f"slurpstats: {path}: malformed at byte 15, rule 206: the write buffer byte is not 00, 01 or ff\n",
        )

    def test_several_malformed_records(self):
        path = self.put("f", v2(("a", 1, 0, b"\2" + bytes(16)), ("b", 10, 0, b"\1"), ("c", 5, 0, b""), ("d", 5, 0, b"")))
        self.check(
            self.run_tool(path),
            1,
            f"==> {path}\n  b 1\n\n",
            f"slurpstats: {path}: malformed at byte 12, rule 406: the write buffer byte is not 00 or 01 (and 2 more)\n",
        )

    def test_files_that_are_none(self):
        self.put("version", b"\x07...")
        self.put("empty", b"")
        (self.folder / "folder").mkdir()
        (self.folder / "link").symlink_to("version")
        os.mkfifo(self.folder / "fifo")
        large = self.folder / "large"
        large.touch()
        os.truncate(large, 2**30)
        good = self.put("good", v1(plain("a", "B", 1)))
        names = ("version", "empty", "folder", "link", "fifo", "large", "missing", "/dev/null", good)
        self.check(
            self.run_tool(*names),
            1,
            f"==> {good}\n  a 1\n\n",
            "slurpstats: version: unsupported at byte 0, rule 101: the version byte is neither 01 nor 02\n"
            "slurpstats: empty: malformed at byte 0, rule 102: the file has no byte at all\n"
            "slurpstats: folder: is not a regular file\n"
            "slurpstats: link: is a symbolic link (name the file that it leads to)\n"
            "slurpstats: fifo: is not a regular file\n"
            "slurpstats: large: is too large for a file of metrics\n"
            "slurpstats: missing: No such file or directory\n"
            "slurpstats: /dev/null: is not a regular file\n",
        )
        files = json.loads(self.run_tool("--json", *names).out)["files"]
        self.assertEqual(
            [file["error"] and file["error"]["error"] for file in files],
            ["EPROTONOSUPPORT", "EBADMSG", "ENOTSUP", "ELOOP", "ENOTSUP", "EFBIG", "ENOENT", "ENOTSUP", None],
        )
        self.assertEqual(files[2]["version"], None)
        self.assertEqual(files[2]["error"]["rule"], None)
        self.assertEqual(files[2]["fields"], [])
        self.assertEqual(files[0]["error"]["rule"], 101)

    def test_hostile_path(self):
        name = "a\x1b[31m\n\u202eb"
        self.put(name, b"\x07")
        good = self.put(name + "good", v1(plain("a", "B", 1)))
        result = self.run_tool(name, good)
        self.assertTrue(result.err.startswith("slurpstats: a\\x1b[31m\\x0a\\u202eb: unsupported"), result.err)
        self.assertIn("a\\x1b[31m\\x0a\\u202ebgood\n", result.out)

    # --- byte order --------------------------------------------------------------------------------------------------

    def test_byte_order(self):
        record = ("n", 17, 0, struct.pack(FOREIGN + "I", 0x01020304))
        path = self.put("f", v2(record, order=FOREIGN))
        shown = f"==> {path} ({FOREIGN_NAME}-endian)\n  n 16909060\n\n"
        self.check(self.run_tool(path), 0, shown)
        self.check(self.run_tool("--byte-order", "auto", path), 0, shown)
        self.check(self.run_tool(f"--byte-order={FOREIGN_NAME}", path), 0, shown)
        wrong = self.run_tool(f"--byte-order={sys.byteorder}", path)
        self.assertEqual(wrong.status, 1)
        self.assertIn("malformed at byte 1, rule 402", wrong.err)
        file = json.loads(self.run_tool("--json", path).out)["files"][0]
        self.assertEqual(file["byte_order"], FOREIGN_NAME)

    # --- filters ----------------------------------------------------------------------------------------------------

    def test_filter(self):
        a = self.put("a", v1(plain("web.hits", "B", 1), plain("web.misses", "B", 2), plain("sys.pid", "I", 3)))
        b = self.put("b", v1(plain("other", "B", 4)))
        self.check(self.run_tool("--filter", "web.*", a, b), 0, f"==> {a}\n  web.hits   1\n  web.misses 2\n\n")
        self.check(
            self.run_tool("--filter=*pid", "--filter=o?her", a, b),
            0,
            f"==> {a}\n  sys.pid 3\n\n==> {b}\n  other 4\n\n",
        )
        files = json.loads(self.run_tool("--json", "--filter", "*.hits", a, b).out)["files"]
        self.assertEqual([len(file["fields"]) for file in files], [1, 0])
        self.assertEqual(len(self.run_tool("--csv", "--filter", "*.hits", a, b).out.splitlines()), 2)

    def test_filter_that_nothing_passes(self):
        path = self.put("a", v1(plain("web.hits", "B", 1)))
        message = "no field has a label that matches (try '*...*')\n"
        self.check(
            self.run_tool("--filter", "hits", "--filter", "\x1b", path),
            3,
            "",
            f"slurpstats: hits: {message}slurpstats: \\x1b: {message}",
        )
        bad = self.put("b", b"\x07")
        self.assertEqual(self.run_tool("--filter", "hits", path, bad).status, 1)
        for option in ("--json", "--csv"):
            self.assertEqual(self.run_tool(option, "--filter", "hits", path).status, 3)

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

    def vectors(self):
        """Copies of all of them, since in a sandbox they are symbolic links; and what is to be found in each."""
        found = {}
        for path in sorted(VECTORS.glob("*/*.mmstats")):
            copy = self.folder / path.parent.name / path.name
            copy.parent.mkdir(exist_ok=True)
            shutil.copyfile(path, copy)
            found[str(copy)] = json.loads(path.with_suffix(".json").read_text())
        self.assertGreater(len(found), 50)
        return found

    def same(self, expected, found):
        """NaN and infinities are null here; a text may be "nan" itself."""
        if isinstance(expected, list):
            return len(expected) == len(found) and all(map(self.same, expected, found))
        if isinstance(expected, dict):
            return expected.keys() == found.keys() and all(self.same(expected[key], found[key]) for key in expected)
        return found == expected or (found is None and expected in ("nan", "inf", "-inf"))

    def check_vector(self, expected, file, messages):
        self.assertEqual(file["version"], expected["version"])
        fields = [field for field in expected.get("fields", []) if field.get("id") != 97]
        self.assertEqual(
            [(field["label"], field["kind"]) for field in file["fields"]],
            [(field["label"], field["metric"]) for field in fields],
        )
        for field, known in zip(file["fields"], fields):
            self.assertTrue(self.same(known["value"], field["value"]), field["label"][:50])
        if expected["errors"]:
            first = expected["errors"][0]
            self.assertEqual({key: file["error"][key] for key in first}, first)
            self.assertEqual([f"rule {first['rule']}:" in message for message in messages], [True])
        else:
            self.assertIsNone(file["error"])
            self.assertEqual(messages, [])

    def test_vectors(self):
        order = [] if sys.byteorder == "little" else ["--byte-order=little"]
        vectors = self.vectors()
        for mode in ([], ["--copy"]):
            result = self.run_tool("--json", *mode, *order, *vectors)
            self.assertEqual(result.status, 1)
            files = {file["path"]: file for file in json.loads(result.out)["files"]}
            self.assertEqual(list(files), list(vectors))
            for path, expected in vectors.items():
                with self.subTest(path, mode=mode):
                    messages = [line for line in result.err.splitlines() if f": {path}: " in line]
                    self.check_vector(expected, files[path], messages)
            for form in ([], ["--csv"]):
                other = self.run_tool(*form, *mode, *order, *vectors)
                self.assertEqual((other.status, other.err), (result.status, result.err))

    # --- a file that is written to ------------------------------------------------------------------------------

    WRITER = """
import mmap, sys
with open(sys.argv[1], "r+b") as file:
    view = mmap.mmap(file.fileno(), 0)
at, size = int(sys.argv[2]), int(sys.argv[3])
a, b = b"a" * size, b"b" * size
print("ready", flush=True)
while True:
    view[at:at + size] = a
    view[at:at + size] = b
"""

    def test_busy(self):
        cpus = sorted(os.sched_getaffinity(0))
        if len(cpus) < 2:
            self.skipTest("needs a processor for the writer and one for the reader")
        size = 6000
        data = v1(text("s", b"a" * size))
        path = self.put("f", data)
        command = [sys.executable, "-c", self.WRITER, path, str(data.index(b"a" * size)), str(size)]
        pin = [lambda cpu=cpu: os.sched_setaffinity(0, {cpu}) for cpu in cpus[:2]]
        with subprocess.Popen(command, stdout=subprocess.PIPE, preexec_fn=pin[0]) as writer:
            self.addCleanup(writer.kill)
            writer.stdout.readline()
            end = time.monotonic() + 50
            for options, sign in (([], r"[ab] \[busy\]\n"), (["-v"], r"[ab] \[busy, 63 retries\]\n"),
                                  (["--csv"], ",busy\n"), (["--json"], '"status":"busy","retries":63')):  # fmt: skip
                while not re.search(sign, self.run_tool(*options, path, preexec_fn=pin[1]).out):
                    self.assertLess(time.monotonic(), end, sign)
            writer.kill()

    # --- output that fails --------------------------------------------------------------------------------------------

    def test_full_disk(self):
        path = self.put("f", v1(plain("a", "B", 1)))
        for arguments in ([path], ["--json", path], ["--csv", path], ["--help"], ["--version"]):
            with open("/dev/full", "wb") as full:
                result = self.run_tool(*arguments, stdout=full)
            self.check(result, 1, err="slurpstats: standard output: No space left on device\n")

    def test_closed_pipe(self):
        path = self.put("f", v1(*(plain(f"label{i}", "I", i) for i in range(3000))))
        for arguments in ([path], ["--json", path], ["--csv", path], ["--help"]):
            for restore in (True, False):  # with the default for SIGPIPE, and with it ignored
                reader, writer = os.pipe()
                os.close(reader)
                result = self.run_tool(*arguments, stdout=writer, restore_signals=restore)
                os.close(writer)
                self.check(result, 0)

    def test_closed_output(self):
        path = self.put("f", v1(plain("a", "B", 1)))
        result = self.run_tool("-c", '"$0" "$1" >&-', TOOL, path, executable="/bin/sh")
        self.assertEqual(result.status, 1)

    # --- usage -----------------------------------------------------------------------------------------------------

    def test_usage_errors(self):
        for arguments in (["--nonsense"], ["--json", "--csv"], ["--byte-order", "middle"], ["--filter"], ["-x"]):
            result = self.run_tool(*arguments)
            self.assertEqual((result.status, result.out), (2, ""), arguments)
            self.assertIn("slurpstats", result.err)

    def test_help(self):
        result = self.run_tool("--help")
        self.assertEqual((result.status, result.err), (0, ""))
        manual = (ROOT / "tools/slurpstats.1.scd").read_text()
        options = set(re.findall(r"--[a-z-]+", result.out))
        self.assertTrue({"--json", "--csv", "--units", "--filter", "--byte-order", "--copy", "--help"} <= options)
        self.assertEqual(options, set(re.findall(r"--[a-z-]+", manual)))

    def test_version(self):
        result = self.run_tool("--version")
        self.assertRegex(result.out, r"^slurpstats \(mmstats\) \d+\.\d+\.\d+\n$")
        self.assertEqual(result.status, 0)

    def test_double_dash(self):
        self.put("-v", v1(plain("a", "B", 1)))
        self.check(self.run_tool("--", "-v"), 0, "==> -v\n  a 1\n\n")

    def test_manual(self):
        if not shutil.which("scdoc"):
            self.skipTest("needs scdoc")
        with open(ROOT / "tools/slurpstats.1.scd", "rb") as source:
            done = subprocess.run(["scdoc"], stdin=source, capture_output=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertIn(b".TH", done.stdout)


if __name__ == "__main__":
    unittest.main()
