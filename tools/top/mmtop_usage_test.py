#!/usr/bin/env python3
"""Arguments, messages and exit status of mmtop, and its one screen without a terminal."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

sys.path[:0] = [str(pathlib.Path(__file__).parent)]

from mmtop_testing import ROOT, TOOL  # noqa: E402

from publisher_testing import Publisher  # noqa: E402
from slurpstats_testing import SlurpstatsTest, plain, text, v1  # noqa: E402


class UsageTest(SlurpstatsTest):
    tool = TOOL

    def once(self, *arguments, **options):
        """The screen's lines."""
        result = self.run_tool("--once", "-d", "0.05", *arguments, **options)
        self.assertEqual((result.status, result.err), (0, ""))
        return result.out.splitlines()

    def put_some(self):
        self.put("a.mmstats", v1(plain("sys.pid", "I", 2000000001), plain("app.n", "Q", 7), text("app.text", "hello")))
        self.put("b.mmstats", v1(plain("sys.pid", "I", 2000000002), plain("app.n", "Q", 5), text("app.text", "bye")))

    # --- one screen ---------------------------------------------------------------------------------------------------

    def test_once(self):
        self.put_some()
        lines = self.once()
        self.assertEqual(len(lines), 24)
        self.assertTrue(all(len(line) <= 80 and line == line.rstrip() for line in lines), lines)
        self.assertEqual(lines[0], "mmtop  2 processes, 2 dead  3 metrics  every 0.05 s")
        screen = "\n".join(lines)
        self.assertRegex(screen, r"2000000001 a +DEAD +1 +3 ")
        self.assertRegex(screen, r"app\.n +12 +0 +▁+ +- +2\n")
        self.assertRegex(screen, r"app\.text +2 values +- ")
        self.assertRegex(screen, r"sys\.pid +2 values +- ")
        self.assertNotIn("\x1b", screen)

    def test_a_pipe_is_no_terminal(self):
        self.put_some()
        result = self.run_tool("-d", "0.05")
        self.assertEqual((result.status, result.err), (0, ""))
        self.assertIn("app.n", result.out)

    def test_size_of_the_screen(self):
        self.put_some()
        lines = self.once(env={"COLUMNS": "20", "LINES": "5"})
        self.assertEqual(lines, ["mmtop  2 processes,…",
                                 " METRIC        VALUE",
                                 ">app.n            12",
                                 " app.text   2 values",
                                 " sys.pid    2 values"])
        for size in ("0", "-1", "x", "99999999999999999999"):
            self.assertEqual(len(self.once(env={"LINES": size})), 24)

    def test_filter(self):
        self.put_some()
        screen = "\n".join(self.once("--filter", "app.n", "--filter", "nonsense"))
        self.assertIn("app.n", screen)
        self.assertNotIn("app.text", screen)

    def test_rates(self):
        with Publisher(self.folder) as one:
            one.publish("one.mmstats", ("counter", "n"), ("histogram", "sizes"))
            process = subprocess.Popen(
                [TOOL, "-d", "1", str(self.folder / "one.mmstats")], stdout=subprocess.PIPE, text=True
            )
            while True:  # until it has looked for the first time, which opens the file
                if any(os.path.basename(path) == "one.mmstats" for path in open_files(process.pid)):
                    break
            one.set("n", 3000000)
            one.set("sizes", 5)
            screen = process.communicate()[0]
        # it may have changed before the first look was over: then there is no change
        self.assertRegex(screen, r"\n. n +3000000 +([\d.]+[kM]|0) ")
        self.assertRegex(screen, r"\n. sizes +1 +(0\.\d+|0) .*histogr… +1\n")
        self.assertRegex(screen, rf"{one.pid} one +live ")

    def test_named_files(self):
        self.put_some()
        lines = self.once("b.mmstats")
        self.assertIn("1 process,", lines[0])
        self.assertRegex("\n".join(lines), r"app\.text +bye ")

    def test_colors(self):
        self.put_some()
        self.assertIn("\x1b[1;31mDEAD\x1b[0m", "\n".join(self.once("--color=always")))

    # --- what is missing ----------------------------------------------------------------------------------------------

    def test_no_files(self):
        result = self.run_tool("--once")
        self.check(result, 3, "", f"mmtop: {self.folder}/*.mmstats: no such files (name files, or set MMSTATS_PATH to "
                   "their directory, or MMSTATS_GLOB)\n")

    def test_no_field_passes(self):
        self.put_some()
        result = self.run_tool("--once", "-d", "0.05", "--filter", "z*")
        self.assertEqual((result.status, result.err),
                         (3, "mmtop: z*: no field has a label that matches (try '*...*')\n"))

    def test_files_that_cannot_be_read(self):
        self.put_some()
        self.put("c\x1b.mmstats", b"\x07nonsense")
        result = self.run_tool("--once", "-d", "0.05")
        self.assertEqual(result.status, 1)
        self.assertIn("c\\x1b.mmstats: unsupported at byte 0", result.err)
        self.assertRegex(result.out, r"c\\x1b +ERROR .* unsupported")
        self.assertIn("app.n", result.out)

    def test_hostile_texts(self):
        self.put("\x1b[2J.mmstats", v1(plain("a\x1b[31m\r\n", "I", 1), plain(b"\xff\xe2\x80\xae", "I", 2),
                                      text("t", b"\x1b]0;x\x07")))
        screen = "\n".join(self.once())
        self.assertNotRegex(screen, "[\x00-\x09\x0b-\x1f\x7f\u202e]")
        self.assertIn("a\\x1b[31m\\x0d\\x0a", screen)

    # --- output that fails --------------------------------------------------------------------------------------------

    def test_full_disk(self):
        self.put_some()
        for arguments in (["--once", "-d", "0.05"], ["--help"], ["--version"]):
            with open("/dev/full", "wb") as full:
                result = self.run_tool(*arguments, stdout=full)
            self.check(result, 1, err="mmtop: standard output: No space left on device\n")

    def test_closed_pipe(self):
        self.put_some()
        reader, writer = os.pipe()
        os.close(reader)
        result = self.run_tool("-d", "0.05", stdout=writer)
        os.close(writer)
        self.check(result, 0)

    # --- usage --------------------------------------------------------------------------------------------------------

    def test_usage_errors(self):
        for arguments in (["--nonsense"], ["-d"], ["-d", "0"], ["-d", "1x"], ["-d", "nan"], ["-d", "1e9"], ["-d", "-1"],
                          ["-d", "0x1"], ["-d", " 1"], ["-d", "+1"], ["-d", "infinity"],
                          ["--color=blue"], ["--byte-order", "middle"], ["--filter"]):
            result = self.run_tool(*arguments)
            self.assertEqual((result.status, result.out), (2, ""), arguments)
            self.assertIn("mmtop", result.err)

    def test_help(self):
        result = self.run_tool("--help")
        self.assertEqual((result.status, result.err), (0, ""))
        manual = (ROOT / "tools/mmtop.1.scd").read_text(encoding="utf-8")
        options = set(re.findall(r"--[a-z-]+", result.out))
        self.assertTrue({"--delay", "--once", "--color", "--filter", "--copy"} <= options)
        self.assertEqual(options, set(re.findall(r"--[a-z-]+", manual)))

    def test_version(self):
        result = self.run_tool("--version")
        self.assertRegex(result.out, r"^mmtop \(mmstats\) \d+\.\d+\.\d+\n$")
        self.assertEqual(result.status, 0)

    def test_manual(self):
        if not shutil.which("scdoc"):
            self.skipTest("needs scdoc")
        with open(ROOT / "tools/mmtop.1.scd", "rb") as source:
            done = subprocess.run(["scdoc"], stdin=source, capture_output=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertIn(b".TH", done.stdout)

    def test_manual_has_all_keys(self):
        manual = (ROOT / "tools/mmtop.1.scd").read_text(encoding="utf-8").split("# KEYS")[1].split("# ENV")[0]
        table = (ROOT / "tools/top/keys.c").read_text(encoding="utf-8")
        keys = re.findall(r'^    \{\{.*?TOP_\w+, "([^"]+)"', table, re.MULTILINE)
        for key in {part for name in keys for part in name.split()}:
            self.assertIn(f"*{key.replace('Esc', 'Escape')}*", manual)


def open_files(pid):
    folder = f"/proc/{pid}/fd"
    for name in os.listdir(folder):
        try:
            yield os.readlink(f"{folder}/{name}")
        except FileNotFoundError:
            pass


if __name__ == "__main__":
    unittest.main()
