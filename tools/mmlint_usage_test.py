#!/usr/bin/env python3
"""Arguments, messages and exit status of mmlint; files that cannot be read; output that fails; hostile names."""

import collections
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

sys.path[:0] = [str(pathlib.Path(__file__).parent)]
sys.dont_write_bytecode = True

from mmlint_testing import ROOT, TOOL, MmlintTest, clean, dumped, plain, v1, v2  # noqa: E402

HOSTILE = [b"\x1b[31m", b'"\\/', b"</script>", b"\0\n\r\t", b"\xff\xfe", "\u202e\u2028\U000e0001".encode(), b"%s%n"]


class UsageTest(MmlintTest):
    def setUp(self):
        super().setUp()
        self.good = self.put("good", clean())
        self.bad = self.put("bad", v1(("b", "B", 2, b"\0")))

    # --- verdicts ---------------------------------------------------------------------------------------------------

    def test_clean(self):
        result = self.run_tool(self.good)
        self.check(result, 0)
        self.assertTrue(result.out.startswith(f"{self.good}: clean (version 2, {sys.byteorder}-endian, "), result.out)

    def test_broken(self):
        result = self.run_tool(self.bad, self.good)
        self.check(result, 1)
        first, expected, found = result.out.splitlines()[:3]
        self.assertEqual(
            first, f"{self.bad}: byte 7: error: V1_WRITE_BUFFER: the write buffer byte is not 00, 01 or ff (R206)"
        )
        self.assertTrue(expected.startswith("    expected: 00 or 01: two values and which of them is "), expected)
        self.assertEqual(found, "    found:    02")
        self.assertIn(f"{self.bad}: broken, 1 error, ", result.out)
        self.assertIn(f"{self.good}: clean", result.out)

    def test_every_broken_record(self):
        data = v2(("a", 1, 0, b"\2" + bytes(16)), ("b", 10, 1, b"\1"), ("c", 5, 0, b""), ("d", 5, 0, b""))
        errors = [
            (finding["rule"], finding["name"], finding["offset"], finding["error"], finding["found"])
            for finding in self.lint(self.put("f", data))[0]["findings"]
            if finding["severity"] == "error"
        ]
        what = "0 bytes up to the end of the record, whose data type is 5 (u64)"
        self.assertEqual(
            errors,
            [
                (406, "V2_WRITE_BUFFER", 12, "EBADMSG", "02"),
                (405, "V2_BODY", 52, "EBADMSG", what),
                (405, "V2_BODY", 63, "EBADMSG", what),
            ],
        )

    def test_standard_input(self):
        for path, status in ((self.good, 0), (self.bad, 1)):
            with open(path, "rb") as file:
                result = self.run_tool("-", stdin=file)
            self.assertEqual((result.status, result.err), (status, ""))
            self.assertTrue(result.out.startswith("-: "), result.out)
        reader, writer = os.pipe()
        os.write(writer, pathlib.Path(self.good).read_bytes())
        os.close(writer)
        self.check(self.run_tool("-", stdin=reader), 0)
        os.close(reader)
        with open("/dev/zero", "rb") as zeros:  # without an end
            self.check(self.run_tool("-", stdin=zeros), 1, "", "mmlint: -: is too large for a file of metrics\n")

    def test_byte_order(self):
        self.assertEqual(self.lint(self.good)[0]["byte_order"], sys.byteorder)
        other = "big" if sys.byteorder == "little" else "little"
        file = self.lint(f"--byte-order={other}", self.good)[0]
        self.assertEqual((file["byte_order"], file["verdict"]), (other, "broken"))

    # --- files that are none ------------------------------------------------------------------------------------------

    def test_files_that_are_none(self):
        (self.folder / "folder").mkdir()
        (self.folder / "link").symlink_to("good")
        os.mkfifo(self.folder / "fifo")
        (self.folder / "large").touch()
        os.truncate(self.folder / "large", 2**40)
        names = ("folder", "link", "fifo", "large", "missing", "/dev/null", self.good)
        result = self.run_tool(*names)
        self.check(
            result,
            1,
            err="mmlint: folder: is not a regular file\n"
            "mmlint: link: is a symbolic link (name the file that it leads to)\n"
            "mmlint: fifo: is not a regular file\n"
            "mmlint: large: is too large for a file of metrics\n"
            "mmlint: missing: No such file or directory\n"
            "mmlint: /dev/null: is not a regular file\n",
        )
        self.assertRegex(result.out, f"^{self.good}: clean [^\n]*\n$")
        for options in ([], ["--dump"], ["--strict"]):
            files = self.lint(*options, *names)
            self.assertEqual(
                [file["unreadable"] and file["unreadable"]["error"] for file in files],
                ["ENOTSUP", "ELOOP", "ENOTSUP", "EFBIG", "ENOENT", "ENOTSUP", None],
            )
            self.assertEqual([file["verdict"] for file in files], ["unreadable"] * 6 + ["clean"])
            self.assertEqual((files[0]["version"], files[0]["size"], files[0]["findings"]), (None, None, []))

    def test_unreadable(self):
        os.chmod(self.good, 0)
        command = [TOOL, self.good]
        if os.geteuid() == 0:  # who may read everything, unless told otherwise
            command = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", *command]
            if not shutil.which("setpriv") or subprocess.run([*command[:3], "true"], check=False).returncode != 0:
                self.skipTest("needs setpriv, or not to be root")
        done = subprocess.run(command, capture_output=True, check=False)
        self.assertEqual((done.returncode, done.stdout), (1, b""))
        self.assertEqual(done.stderr.decode(), f"mmlint: {self.good}: Permission denied\n")

    def test_other_formats(self):
        for data, name in ((b"", "EMPTY"), (b"\x07...", "VERSION")):
            path = self.put("f", data)
            for options in ([], ["--dump"]):
                file = self.lint(*options, path)[0]
                self.assertEqual(self.named(file, "error"), [name])
                self.assertEqual((file["version"], file["byte_order"], file["size"]), (None, None, len(data)))
                self.assertEqual(self.run_tool(*options, path).status, 1)

    # --- hostile names ------------------------------------------------------------------------------------------------

    def test_hostile_path(self):
        name = "a\x1b[31m\n\u202eb"
        self.put(name, b"\x07")
        out = self.run_tool(name, "--dump").out
        self.assertIn("a\\x1b[31m\\x0a\\u202eb: byte 0: error: VERSION: ", out)
        self.assertNotIn("\x1b", out)
        self.assertNotIn("\u202e", out)
        self.assertEqual(self.lint(name)[0]["path"], name)
        self.check(self.run_tool(name + "/"), 1, "", "mmlint: a\\x1b[31m\\x0a\\u202eb/: Not a directory\n")

    def test_hostile_labels(self):
        every = [*HOSTILE, *(bytes([byte]) for byte in range(256)), bytes(range(256)), b"\xff" * 65534]
        records = [(label + b"1", "3s", 0xFF, (label + b"abc")[:3]) for label in every]
        broken = ("x", b"\x1b\"".decode(), 0xFF, b"")
        for data in (v1(*records), v1(*records, broken)):
            path = self.put("f", data)
            for options in (["--json"], ["--json", "--dump"], ["--json", "--strict"]):
                file = json.loads(self.run_tool(*options, path).out)["files"][0]
                self.assertEqual(file["records"], len(every))
            for options in ([], ["--dump"]):
                text = self.run_tool(*options, path).out
                self.assertEqual(set(re.findall(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u202e\U000e0001]", text)), set())
                self.assertLess(max(map(len, text.splitlines())), 2000)

    def test_hostile_metadata(self):
        texts = [("m", 96, 0, label) for label in HOSTILE]
        path = self.put("f", v2(*texts))
        for options in ([], ["--dump"]):
            json.loads(self.run_tool("--json", *options, path).out)
            self.assertNotIn("\x1b", self.run_tool(*options, path).out)

    def test_dump_of_many_zeros(self):
        path = self.put("f", clean() + bytes(2**20))
        out = self.run_tool("--dump", path).out
        self.assertLess(len(out), 4096)
        self.assertEqual(b"".join(piece for _, piece in dumped(out)), pathlib.Path(path).read_bytes())

    # --- many findings ------------------------------------------------------------------------------------------------

    def test_many_findings(self):
        """What one name is shown for is bounded, all of it counts."""
        broken = [(f"e{i}", 5, 0, b"") for i in range(150)]
        warned = [(f"w{i}", 17, 0, bytes(4)) for i in range(2000)]
        path = self.put("f", v2(*broken, *warned))
        every = self.lint("--all", path)[0]
        names = collections.Counter(finding["name"] for finding in every["findings"])
        self.assertEqual((names["V2_BODY"], every["left_out"]), (150, {}))
        self.assertGreater(names["kind-unknown"], 1000)

        file = self.lint(path)[0]
        shown = collections.Counter(finding["name"] for finding in file["findings"])
        self.assertEqual(shown, {name: min(count, 100) for name, count in names.items()})
        self.assertEqual(file["left_out"], {name: count - 100 for name, count in names.items() if count > 100})
        for member in ("verdict", "errors", "warnings", "records"):
            self.assertEqual(file[member], every[member])
        self.assertEqual(file["findings"][:100], every["findings"][:100])

        out = self.run_tool(path).out
        self.assertEqual(out.count(": error: V2_BODY: "), 101)
        self.assertIn(f"\n{path}: error: V2_BODY: ... and 50 more of these (--all shows them)\n", out)
        self.assertNotIn(" more of these", self.run_tool("--all", path).out)

    # --- output that fails --------------------------------------------------------------------------------------------

    def test_full_disk(self):
        for arguments in ([self.good], ["--json", self.good], ["--dump", self.good], ["--help"], ["--version"]):
            with open("/dev/full", "wb") as full:
                result = self.run_tool(*arguments, stdout=full)
            self.check(result, 1, err="mmlint: standard output: No space left on device\n")

    def test_closed_pipe(self):
        path = self.put("f", clean(*((f"label{i}", 19, 1, bytes(8)) for i in range(3000))))
        for arguments in ([path], ["--json", path], ["--dump", path], ["--json", "--dump", path]):
            for restore in (True, False):  # with the default for SIGPIPE, and with it ignored
                reader, writer = os.pipe()
                os.close(reader)
                result = self.run_tool(*arguments, stdout=writer, restore_signals=restore)
                os.close(writer)
                self.check(result, 0)

    # --- usage --------------------------------------------------------------------------------------------------------

    def test_usage_errors(self):
        for arguments in ([], ["--json"], ["--nonsense"], ["--byte-order", "middle", self.good], ["-x", self.good]):
            result = self.run_tool(*arguments)
            self.assertEqual((result.status, result.out), (2, ""), arguments)
            self.assertIn("mmlint", result.err)

    def test_help(self):
        result = self.run_tool("--help")
        self.assertEqual((result.status, result.err), (0, ""))
        manual = (ROOT / "tools/mmlint.1.scd").read_text()
        options = set(re.findall(r"--[a-z-]+", result.out))
        self.assertEqual(
            options, {"--all", "--json", "--dump", "--strict", "--byte-order", "--help", "--usage", "--version"}
        )
        self.assertEqual(options, set(re.findall(r"--[a-z-]+", manual)))

    def test_version(self):
        result = self.run_tool("--version")
        self.assertRegex(result.out, r"^mmlint \(mmstats\) \d+\.\d+\.\d+\n$")
        self.assertEqual(result.status, 0)

    def test_double_dash(self):
        self.put("-v", v1(plain("a", "B", 1)))
        self.assertEqual(self.run_tool("--", "-v").status, 0)

    def test_manual(self):
        if not shutil.which("scdoc"):
            self.skipTest("needs scdoc")
        with open(ROOT / "tools/mmlint.1.scd", "rb") as source:
            done = subprocess.run(["scdoc"], stdin=source, capture_output=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertIn(b".TH", done.stdout)


if __name__ == "__main__":
    unittest.main()
