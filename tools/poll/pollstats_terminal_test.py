#!/usr/bin/env python3
"""pollstats on a terminal: colours, sizes, resize, refresh in place."""

import pathlib
import signal
import sys
import unittest

sys.path[:0] = [str(pathlib.Path(__file__).parent)]
sys.dont_write_bytecode = True

from pollstats_testing import QUICK, STEADY, PollstatsTest  # noqa: E402


def bars(widths):
    return r"\x1b\[2m\|\x1b\[0m".join(rf"\x1b\[1m( *[^| \x1b]+ *)\x1b\[0m" for _ in range(widths))


class TerminalTest(PollstatsTest):
    def web(self, count=3):
        web = self.publisher()
        web.publish("a.mmstats", *[("counter", f"web.a.long.label.{i}") for i in range(count)], ("counter", "hits"))
        web.set("hits", 1234567)
        return web

    def labels(self, count):
        return ",".join(f"web.a.long.label.{i}" for i in range(count))

    def test_colours(self):
        self.web()
        heading = rf"\x1b\[1m {{8}}hits {{8}}\x1b\[0m\r\n"
        self.terminal(QUICK, "hits").expect("^" + heading + r" {15}1\.23M\r\n")
        self.terminal(QUICK, "--color=auto", "hits", env={"NO_COLOR": ""}).expect("^" + heading)
        self.terminal(QUICK, "--color=always", "hits", env={"NO_COLOR": "1"}).expect("^" + heading)
        for arguments, env in (["--color=never"], {}), ([], {"NO_COLOR": "1"}), ([], {"TERM": "dumb"}):
            self.terminal(QUICK, *arguments, "hits", env=env).expect(r"^ {8}hits {8}\r\n")

    def test_human_or_raw(self):
        self.web()
        self.terminal(QUICK, "--color=never", "--raw", "hits").expect(r"^ +hits +\r\n {13}1234567\r\n")

    def test_columns_fit(self):
        self.web()
        for columns, widths in ((80, [20] * 3), (62, [20] * 3), (61, [19] * 3), (40, [12] * 3), (29, [9] * 3)):
            terminal = self.terminal(QUICK, self.labels(3), columns=columns)
            found = terminal.expect("^" + bars(3) + "\r\n")
            self.assertEqual([len(cell) for cell in found.groups()], widths, columns)

    def test_columns_without_room(self):
        self.web()
        terminal = self.terminal(QUICK, "--color=never", self.labels(3), columns=20)
        found = terminal.expect("^([^|]{9})[|]([^|]{9}) [+]1\r\n")
        self.assertEqual(found.groups(), ("\u2026.label.0", "\u2026.label.1"))
        self.terminal(QUICK, "--color=never", self.labels(3), columns=5).expect("^([^|]{9}) [+]2\r\n")

    def test_resize(self):
        self.web()
        terminal = self.terminal(QUICK, "--color=never", "-n0", self.labels(2))
        terminal.expect(r"^[^|\n]{20}\|[^|\n]{20}\r\n")
        terminal.resize(25, 24)
        terminal.expect(r"\n\u2026[^|\n]{11}\|\u2026[^|\n]{11}\r\n *0\| *0\r\n")
        terminal.resize(80, 24)
        terminal.expect(r" web[^|\n]{16}\|")

    def test_resize_wakes_nobody_else(self):
        self.web()
        terminal = self.terminal("-d100000", "--color=never", "hits")
        terminal.expect(r"1\.23M\r\n")
        terminal.resize(60, 20)
        self.assertEqual(terminal.interrupt(), 0)
        self.assertNotIn("hits", terminal.text)

    def test_headings_as_high_as_the_terminal(self):
        self.web()
        for lines, rows in ((5, 4), (20, 19), (21, 20), (60, 20)):
            terminal = self.terminal(QUICK, "--color=never", "hits", lines=lines)
            terminal.expect(rf"^ +hits +\r\n( +[0-9.M]+\r\n){{{rows}}} +hits +\r\n")

    def test_interrupt(self):
        self.web()
        terminal = self.terminal(QUICK, "hits")
        terminal.expect("0\r\n")
        self.assertEqual(terminal.interrupt(), 0)

    # --- the busiest metrics ------------------------------------------------------------------------------------------

    def test_in_place(self):
        web = self.web()
        terminal = self.terminal(STEADY, "--color=never", columns=80)
        terminal.expect(r"^\x1b\[H\x1b\[2J\x1b\[H1 file, 1 live; 0 of \d+ metrics change *\x1b\[K\r\nmetric +per ")
        web.set("hits", 2234567)
        terminal.expect(r"\x1b\[H1 file, 1 live; 1 of \d+ [^\r]*\r\nmetric[^\r]*\r\n"
                        r"hits +[0-9.]+[kM]  +2\.23M [ \u2581]+\u2588\x1b\[K\r\n\x1b\[J")  # fmt: skip
        self.assertEqual(terminal.interrupt(), 0)

    def test_in_place_and_resized(self):
        web = self.web(5)
        terminal = self.terminal(STEADY, "--color=never")
        terminal.expect("metrics change")
        for i in range(5):
            web.set(f"web.a.long.label.{i}", 7)
        terminal.expect("5 of")
        terminal.resize(40, 5)
        terminal.expect(r"\x1b\[2J\x1b\[H[^\r\n]{40}\x1b\[K\r\nmetric {11}per second +total\x1b\[K\r\n")
        for _ in range(2):
            terminal.expect(r"\x1b\[H[^\r]*\r\nmetric[^\r]*\r\n\u2026\.a[^\r]*\r\n\u2026\.a[^\r]*\r\n\x1b\[J")

    def test_resized_while_it_sleeps(self):
        self.web()
        terminal = self.terminal("-d100000", "--color=never")
        terminal.expect(r"per second[^\r]*\r\n")
        terminal.resize(60, 10)
        terminal.expect(r"\x1b\[2J\x1b\[H1 file[^\r]{54}\x1b\[K\r\n")
        self.assertEqual(terminal.interrupt(), 0)

    def test_hostile_label(self):
        web = self.publisher()
        web.publish("a.mmstats", ("counter", "\x1b[2J\x07evil"), ("string", "text"))
        web.set("text", "\x1b]0;title\x07" * 5)
        terminal = self.terminal(STEADY, "--color=never")
        terminal.expect("metrics change")
        web.set("\x1b[2J\x07evil", 5)
        terminal.expect(r"\r\n\\x1b\[2J\\x07evil ")
        terminal = self.terminal(QUICK, "--color=never", "text")
        terminal.expect(r"^ +text +\r\n\u2026[\]\\x0-9;a-z]{19}\r\n")

    def test_killed(self):
        self.web()
        terminal = self.terminal(QUICK, "hits")
        terminal.expect("0\r\n")
        terminal.process.send_signal(signal.SIGTERM)
        self.assertEqual(terminal.process.wait(50), 0)


if __name__ == "__main__":
    unittest.main()
