#!/usr/bin/env python3
"""Options, messages and exit statuses of pollstats."""

import os
import pathlib
import re
import subprocess
import sys
import unittest

sys.path[:0] = [str(pathlib.Path(__file__).parent)]
sys.dont_write_bytecode = True

from pollstats_testing import QUICK, TOOL, TOOLS, PollstatsTest  # noqa: E402


class UsageTest(PollstatsTest):
    def refuses(self, message, *arguments):
        status, out, err = self.run_tool(*arguments)
        self.assertEqual((status, out), (2, ""), arguments)
        self.assertIn(message, err)

    def test_help_and_version(self):
        status, out, err = self.run_tool("--help")
        self.assertEqual((status, err), (0, ""))
        page = (TOOLS / "pollstats.1.scd").read_text()
        options = re.findall(r"--[a-z]+(?:-[a-z]+)*", out)
        self.assertGreater(len(options), 20)
        for option in options:
            self.assertIn(f"*{option}*", page, "the man page has it, too")
        for option in re.findall(r"\*(--[a-z-]+)\*", page):
            self.assertIn(option, options)
        self.assertRegex(self.run_tool("--version")[1], r"^pollstats \(mmstats\) \d")

    def test_nonsense(self):
        self.publisher().publish("a.mmstats", ("counter", "hits"))
        for seconds in ("0", "-1", "x", "", "1x", "nan", "inf", "1e9", "0.0001", "1e400", "0x1", " 1"):
            self.refuses("-d takes seconds", "-d", seconds, "hits")
        for count in ("0", "-1", "x", "", "1.5", "+1", " 1", "99999999999999999999"):
            self.refuses("-c takes a number of rows", "-c", count, "hits")
        self.refuses("from 1 to 18446744073709551615, not 99999999999999999999", "-c", "99999999999999999999", "hits")
        self.refuses("from 0 to 1000000, not 1000001", "-n", "1000001", "hits")
        for lines in ("-1", "x", "", "1000001"):
            self.refuses("-n takes a number of rows", "-n", lines, "hits")
        for text in ("sys.pid", "=3", ""):
            self.refuses("-f takes FIELD=VALUE", "-f", text, "hits")
        for fields in ("", ",", "hits,", "hits,,hits"):
            self.refuses("one is missing in", fields)
        self.refuses("--aggr is sum, min", "--aggr=median", "hits")
        self.refuses("--color is auto", "--color=yes", "hits")
        self.refuses("--time-stamps are local", "--time-stamps=now", "hits")
        self.refuses("--byte-order is auto", "--byte-order=middle", "hits")
        self.refuses("exclude each other", "--json", "--csv", "hits")
        self.refuses("exclude each other", "--rate", "--total", "hits")
        for option in ("--csv", "--by-file", "--rate", "--total", "--aggr=sum"):
            self.refuses("need FIELDS", option)
        self.refuses("unrecognized option", "--no-such-option")

    def test_sense(self):
        self.publisher().publish("a.mmstats", ("counter", "hits"))
        for arguments in (["-d0.001"], ["-d", "1e8"], ["-d.5"], ["--delay=2"], ["-n0"], ["--lines=1000000"]):
            self.assertEqual(self.run_tool(*arguments, "-c1", "hits")[0], 0, arguments)
        # as the original's line: options, fields, files
        line = "-c 1 -d 2 -n 3 -p hi -f hits=0 -v ts a.mmstats"
        status, out, err = self.run_tool(*line.split())
        self.assertEqual((status, err, len(out.splitlines())), (0, "", 2))

    def test_mistyped(self):
        web = self.publisher()
        web.publish("a.mmstats", *[("counter", f"web.stats.status.{n}XX") for n in (2, 3)], ("counter", "q"))
        web.publish("b.mmstats", ("counter", "requests"))
        for typed, meant in (
            ("web.stats.status2XX", "web.stats.status.2XX"), ("web.stats.status.4XX", "web.stats.status.2XX"),
            ("request", "requests"), ("3XX", "web.stats.status.3XX"), ("status.3XX", "web.stats.status.3XX"),
            ("sys.pdi", "sys.pid"),
        ):  # fmt: skip
            self.assertEqual(self.run_tool(typed), (3, "", f'pollstats: no field "{typed}"; did you mean "{meant}"?\n'))
        self.assertEqual(
            self.run_tool("-p", "web.stats.status", "2XX,.3XX"),
            (3, "", 'pollstats: no field "web.stats.status2XX"; did you mean "web.stats.status.2XX"?\n'),
        )
        self.assertEqual(
            self.run_tool("entirely.else,request"),
            (3, "", 'pollstats: no field "entirely.else" (slurpstats shows which there are)\n'
                    'pollstats: no field "request"; did you mean "requests"?\n'),
        )  # fmt: skip
        self.assertEqual(self.run_tool("--json", "x" * 100000)[:2], (3, ""))

    def test_nothing(self):
        status, out, err = self.run_tool("hits")
        self.assertEqual((status, out), (3, ""))
        self.assertIn("*.mmstats: no such files", err)
        self.assertEqual(self.run_tool()[0], 3)
        self.assertEqual(self.run_tool("hits", "missing")[0], 1)
        status, out, err = self.run_tool("-c1", "-", "missing")
        self.assertEqual((status, err), (1, "pollstats: missing: No such file or directory\n"))

    def test_which_files(self):
        other = self.folder / "d"
        other.mkdir()
        web = self.publisher()
        web.publish("a.mmstats", ("counter", "hits"))
        status, out, err = self.run_tool("-c1", "hits", env={"MMSTATS_PATH": str(other)})
        self.assertEqual(status, 3)
        self.assertIn(str(other), err)
        env = {"MMSTATS_PATH": str(other), "MMSTATS_GLOB": "*.mmstats"}
        self.assertEqual(self.run_tool("-c1", "hits", env=env)[0], 0)

    def test_colours(self):
        self.publisher().publish("a.mmstats", ("counter", "hits"))
        plain = f"{'hits':^20}\n{0:20}\n"
        for arguments in ([], ["--color=auto"], ["--color=never"]):
            self.assertEqual(self.run_tool("-c1", *arguments, "hits"), (0, plain, ""))
        for env in ({}, {"NO_COLOR": "1"}):
            out = self.run_tool("-c1", "--color=always", "hits", env=env)[1]
            self.assertEqual(out, f"\x1b[1m{'hits':^20}\x1b[0m\n{0:20}\n")

    def test_full_disk(self):
        self.publisher().publish("a.mmstats", ("counter", "hits"))
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = subprocess.run(
                [TOOL, QUICK, "hits"], stdout=full, stderr=subprocess.PIPE, timeout=50, check=False, **self.options()
            )
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"pollstats: standard output: ", done.stderr)


if __name__ == "__main__":
    unittest.main()
