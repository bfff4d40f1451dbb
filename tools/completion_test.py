#!/usr/bin/env python3
"""Asks bash what it would complete."""

import pathlib
import subprocess
import unittest

ROOT = pathlib.Path(__file__).absolute().parent.parent
ASK = """
source "$1"; tool=$2; shift 2
COMP_WORDS=("$tool" "$@"); COMP_CWORD=$#; COMPREPLY=()
_mmstats "$tool"
printf '%s\\n' "${COMPREPLY[@]}"
"""


class CompletionTest(unittest.TestCase):
    def complete(self, *words):
        done = subprocess.run(
            ["bash", "-c", ASK, "bash", ROOT / "tools/mmstats.bash", ROOT / "tools/slurpstats", *words],
            stdout=subprocess.PIPE, check=True, text=True,
        )  # fmt: skip
        return done.stdout.split()

    def test_options(self):
        self.assertEqual(["--filter"], self.complete("--fi"))
        self.assertEqual(["--csv"], self.complete("--json", "--cs"))
        self.assertIn("--byte-order", self.complete("--"))
        self.assertIn("--help", self.complete("-"))

    def test_choices(self):
        self.assertEqual(["auto", "big", "little"], sorted(self.complete("--byte-order", "=")))
        self.assertEqual(["little"], self.complete("--byte-order", "=", "li"))

    def test_files_are_left_to_bash(self):
        self.assertEqual([], self.complete("some"))
        self.assertEqual([], self.complete("--filter", "="))

    def test_every_tool_is_named(self):
        text = (ROOT / "tools/mmstats.bash").read_text()
        named = set(text.strip().splitlines()[-1].split("_mmstats ")[1].split())
        pages = {path.name[: -len(".1.scd")] for path in (ROOT / "tools").glob("*.1.scd")}
        self.assertEqual(set(), pages - named)


if __name__ == "__main__":
    unittest.main()
