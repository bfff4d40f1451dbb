#!/usr/bin/env python3
"""Arguments, messages and exit status of slurpstats, also when its output fails."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

sys.path[:0] = [str(pathlib.Path(__file__).parent)]
sys.dont_write_bytecode = True

from slurpstats_testing import ROOT, TOOL, SlurpstatsTest, plain, v1  # noqa: E402


class UsageTest(SlurpstatsTest):
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
