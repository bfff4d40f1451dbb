#!/usr/bin/env python3
"""pollstats as a real terminal shows it: tmux."""

import os
import pathlib
import shlex
import subprocess
import sys
import tempfile
import time
import unittest

sys.path[:0] = [str(pathlib.Path(__file__).parent)]
sys.dont_write_bytecode = True

from pollstats_testing import PATIENCE, STEADY, TOOL, PollstatsTest  # noqa: E402


class TmuxTest(PollstatsTest):
    def setUp(self):
        super().setUp()
        short = tempfile.TemporaryDirectory(dir="/tmp")  # the path of a socket is at most 107 bytes
        self.addCleanup(short.cleanup)
        self.socket = pathlib.Path(short.name) / "s"

    def tmux(self, *arguments):
        command = ["tmux", "-S", str(self.socket), "-f", "/dev/null", "-u", *arguments]
        env = {"PATH": os.environ["PATH"], "TERM": "xterm", "TMPDIR": str(self.folder), "LC_ALL": "C.UTF-8"}
        done = subprocess.run(command, env=env, cwd=self.folder, check=True, capture_output=True, timeout=PATIENCE)
        return done.stdout.decode()

    def run_in_tmux(self, *arguments, columns=80, lines=24):
        command = shlex.join([str(pathlib.Path(TOOL).absolute()), *arguments])
        command += '; echo "status $?"; sleep 1000'
        self.tmux("new-session", "-d", "-x", str(columns), "-y", str(lines), command)
        self.addCleanup(self.tmux, "kill-server")

    def until(self, found):
        """The screen's lines as soon as that is true."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            lines = self.tmux("capture-pane", "-p").rstrip("\n").split("\n")
            if found(lines):
                return lines
        raise AssertionError("\n".join(lines))

    def test_busiest(self):
        web = self.publisher()
        web.publish("a.mmstats", ("counter", "web.hits"), ("counter", "web.size", "bytes"))
        self.run_in_tmux(STEADY)
        self.until(lambda lines: "0 of" in lines[0])
        web.set("web.hits", 1500)
        web.set("web.size", 3 * 2**20)
        lines = self.until(lambda lines: "2 of" in lines[0])
        self.assertEqual(len(lines), 4, lines)
        self.assertRegex(lines[1], "^metric +per second +total history$")
        self.assertRegex(lines[2], "^web.size .* 3.00Mi ")
        self.assertRegex(lines[3], "^web.hits .* 1.50k ")
        self.until(lambda lines: lines[-1].endswith("\u2588\u2581\u2581"))
        self.tmux("resize-window", "-x", "40", "-y", "4")
        lines = self.until(lambda lines: len(lines[1]) <= 40 and lines[1].endswith("total"))
        self.assertEqual(len(lines), 3, lines)
        self.tmux("send-keys", "C-c")
        self.until(lambda lines: "status 0" in lines[-1])

    def test_rows(self):
        web = self.publisher()
        web.publish("a.mmstats", ("counter", "web.hits"), ("bool", "up"), ("string", "state"))
        web.set("web.hits", 12345)
        web.set("state", "\x1b[31mred")
        self.run_in_tmux("-c1", "web.hits,up,state", columns=62)
        lines = self.until(lambda lines: "status 0" in lines[-1])
        self.assertEqual(lines[0], "      web.hits      |         up         |       state")
        self.assertEqual(lines[1], "               12.3k|               False|         \\x1b[31mred")


if __name__ == "__main__":
    unittest.main()
