# SPDX-License-Identifier: MIT
"""What the tests of the benchmarks share: a run, and the options that all of them have."""

import json
import os
import subprocess
import sys
import unittest

# What such tests say about figures: nothing. They see that a benchmark runs, and that its rows are well-formed.


class Benchmark(unittest.TestCase):
    program = os.path.abspath(sys.argv[1]) if len(sys.argv) > 1 else ""

    def run_it(self, *arguments, status=0):
        done = subprocess.run([self.program, *arguments], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done

    def json_of(self, *arguments):
        done = self.run_it("--json", *arguments)
        self.assertEqual(done.stderr, "")
        return json.loads(done.stdout)

    def check_usage(self, *options):
        """--help, with those options in it, and what every benchmark has to refuse."""
        text = self.run_it("--help").stdout
        for option in ("--json", "--quick", *options):
            self.assertIn(option, text)
        for wrong in (["--no-such-option"], ["argument"], ["--json=x"]):
            done = self.run_it(*wrong, status=2)
            self.assertEqual(done.stdout, "")
            self.assertIn("--help", done.stderr)

    def check_full_disk(self, *arguments):
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = subprocess.run([self.program, "--quick", *arguments], stdout=full, stderr=subprocess.PIPE, text=True,
                                  check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("standard output: No space left on device", done.stderr)

    def check_refused(self, *arguments):
        self.assertNotEqual(self.run_it(*arguments, status=2).stderr, "")


def main():
    del sys.argv[1:]
    unittest.main()
