#!/usr/bin/env python3
"""mmtop in a real terminal, which tmux plays: what is on its screen after which keys."""

import os
import pathlib
import signal
import sys
import tempfile
import unittest

sys.path[:0] = [str(pathlib.Path(__file__).parent)]

from mmtop_testing import Terminal, columns_of, metrics_of  # noqa: E402

from publisher_testing import Publisher  # noqa: E402


class TerminalTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(dir=os.environ.get("TEST_TMPDIR"))
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def publisher(self):
        publisher = Publisher(self.folder)
        self.addCleanup(publisher.end)
        return publisher

    def web(self):
        """A process with three metrics."""
        web = self.publisher()
        web.publish(f"web-{web.pid}-{web.pid}.mmstats", ("counter", "web.hits"), ("u64", "web.size", "bytes"),
                    ("double", "web.load"))
        web.set("web.hits", 1234)
        web.set("web.size", 2048)
        return web

    def terminal(self, *arguments, columns=80, rows=24, **environment):
        """One in which mmtop runs, or nothing."""
        terminal = Terminal(self.folder, columns, rows, **environment)
        self.addCleanup(terminal.__exit__)
        if arguments:
            terminal.run(*arguments)
        return terminal

    # --- what is to be seen -------------------------------------------------------------------------------------------

    def test_start(self):
        web = self.web()
        screen = self.terminal("-d", "0.2").wait_for("web.hits", "1234", "2.00Ki", f"{web.pid} web ", "q quit")
        lines = screen.splitlines()
        self.assertIn("mmtop  1 process, 0 dead", lines[0])
        self.assertRegex(screen, r"COMMAND +STATE +FILES +METRICS")
        self.assertRegex(screen, r"METRIC +VALUE +RATE/s\* HISTORY +UNIT +KIND +PROCS")
        self.assertRegex(screen, rf"{web.pid} web +live +1 ")
        self.assertRegex(screen, r"web.size +2.00Ki +[-0-9.]+ .*bytes +gauge +1\n")

    def test_values_move(self):
        web = self.web()
        terminal = self.terminal("-d", "0.1")
        terminal.wait_for("1234")
        web.set("web.hits", 5678)
        terminal.wait_for("5678")

    def test_sorting(self):
        web = self.web()
        terminal = self.terminal("-d", "0.1", "--filter", "web.*")
        terminal.wait_for("web.hits")
        terminal.type("n")
        terminal.wait(lambda screen: "METRIC*" in screen and metrics_of(screen) == ["web.hits", "web.load", "web.size"],
                      "by name")
        terminal.type("i")
        terminal.wait(lambda screen: metrics_of(screen) == ["web.size", "web.load", "web.hits"], "inverted")
        terminal.type("iv")
        terminal.wait(lambda screen: "VALUE*" in screen and metrics_of(screen)[0] == "web.size", "by value")
        web.set("web.load", 99999)
        terminal.wait(lambda screen: metrics_of(screen)[0] == "web.load", "by value, that changed")

    def test_filter(self):
        self.web()
        terminal = self.terminal("-d", "0.1")
        terminal.wait_for("web.hits")
        terminal.type("/LOA")
        screen = terminal.wait_for("filter: LOA_")
        self.assertEqual(metrics_of(screen), ["web.load"])
        terminal.press("BSpace", "BSpace", "BSpace")
        terminal.type("hitz")
        terminal.wait_for("nothing passes the filter")
        terminal.press("BSpace", "Enter")
        screen = terminal.wait(lambda screen: "filter: hit " in screen and "_" not in screen, "kept")
        self.assertEqual(metrics_of(screen), ["web.hits"])
        terminal.press("Escape")
        terminal.wait_for("web.load")

    def test_a_filter_in_another_script(self):
        writer = self.publisher()
        writer.publish("a.mmstats", ("counter", "zahl.größe.日本"), ("counter", "other"))
        terminal = self.terminal("-d", "0.1")
        terminal.wait_for("other")
        terminal.type("/日")
        terminal.wait_for("filter: 日_", "größe.日本")
        terminal.wait_until_gone("other")
        terminal.press("BSpace")
        terminal.wait_for("filter: _", "other")

    def test_help_is_about_all_keys(self):
        self.web()
        terminal = self.terminal("-d", "5")
        terminal.wait_for("web.hits")
        terminal.type("?")
        terminal.wait_for("sort by rate", "pause, and go on", "quit")
        terminal.press("End")
        terminal.wait_for("DEAD: the process has ended")
        terminal.type("?")
        terminal.wait_for("web.hits")

    def test_details(self):
        self.web()
        other = self.publisher()
        other.publish("other.mmstats", ("counter", "web.hits"))
        other.set("web.hits", 766)
        terminal = self.terminal("-d", "0.1", "--filter", "web.hits")
        terminal.wait_for("2000")
        terminal.press("Enter")
        screen = terminal.wait_for("sum of 2 fields in 2 processes: 2000")
        self.assertRegex(screen, r"1234 ")
        self.assertRegex(screen, r"other.mmstats +live +766 ")
        terminal.press("Escape")
        terminal.wait_for("BUSIEST")

    def test_one_process(self):
        self.web()
        other = self.publisher()
        other.publish("other.mmstats", ("counter", "other.hits"))
        terminal = self.terminal("-d", "0.1")
        terminal.wait_for("other.hits", "web.hits")
        terminal.press("Tab")
        terminal.type("n")
        terminal.wait_for("COMMAND*")
        terminal.press("Down")
        screen = terminal.wait_until_gone("web.hits")
        self.assertIn(f"of {other.pid} other", screen)
        terminal.press("Home")
        terminal.wait_for("web.hits")

    # --- what changes -------------------------------------------------------------------------------------------------

    def test_resize(self):
        self.web()
        terminal = self.terminal("-d", "0.1")
        terminal.wait_for("web.hits", "PROCS")
        terminal.resize(20, 5)
        screen = terminal.wait(lambda screen: len(screen.splitlines()) == 5 and " METRIC" in screen, "small")
        self.assertTrue(all(columns_of(line) <= 20 for line in screen.splitlines()), screen)
        self.assertIn("VALUE", screen)
        self.assertIn("q quit", screen)
        terminal.press("Tab")
        terminal.wait_for("COMMAND")
        terminal.type("/x")
        terminal.wait_for("filter: x_")
        terminal.press("Escape", "Tab", "Enter")
        terminal.wait_until_gone("METRIC")
        terminal.press("Escape")
        for columns, rows in ((1, 1), (200, 60), (3, 40), (80, 2), (80, 24)):
            terminal.resize(columns, rows)
        terminal.wait_for("web.hits", "PROCS", "BUSIEST", "q quit")

    def test_small_from_the_start(self):
        self.web()
        self.terminal("-d", "0.1", columns=20, rows=5).wait_for("METRIC", "VALUE", "q quit")

    def test_pause(self):
        web = self.web()
        terminal = self.terminal("-d", "0.1")
        other = self.terminal("-d", "0.1")
        for each in (terminal, other):
            each.wait_for("1234")
        terminal.press("Space")
        terminal.wait_for("PAUSED", "1234")
        web.set("web.hits", 7777)
        other.wait_for("7777")
        terminal.type("n")
        self.assertIn(" 1234 ", terminal.wait_for("METRIC*"))
        terminal.press("Space")
        self.assertNotIn("PAUSED", terminal.wait_for("7777"))

    def test_interval(self):
        self.web()
        terminal = self.terminal("-d", "1")
        terminal.wait_for("every 1 s")
        terminal.type("+")
        terminal.wait_for("every 2 s")
        terminal.type("--")
        terminal.wait_for("every 0.5 s")

    def test_a_process_dies(self):
        web = self.web()
        terminal = self.terminal("-d", "0.1")
        terminal.wait_for(" live ", ", 0 dead")
        web.die()
        screen = terminal.wait_for(" DEAD ", ", 1 dead", "web.hits")
        self.assertNotIn(" live ", screen)
        for path in self.folder.iterdir():
            path.unlink()
        terminal.wait_for("no files: ")

    def test_files_come_and_go(self):
        terminal = self.terminal("-d", "0.1")
        screen = terminal.wait_for("no files: ", "MMSTATS_PATH")
        self.assertIn(f"{self.folder}/*.mmstats", screen.replace("\n", ""))
        web = self.web()
        terminal.wait_for("web.hits")
        web.add("counter", "web.later")
        terminal.wait_for("web.later")
        web.end()
        terminal.wait_for("no files: ")

    # --- texts of others ----------------------------------------------------------------------------------------------

    def test_hostile_texts(self):
        writer = self.publisher()
        labels = ["a\x1b[31m\x1b]0;title\x07", "b\u202egnp", "c日本語", "de\u0301e\u0301", "e👨\u200d👩\u200d👧",
                  "f\u2764\ufe0f", "gहिन्दी", "h" + "\u0301" * 100, b"i\xff\xfe", "j\r\n\t", "k\u0378"]
        writer.publish("\x1b[2J.mmstats", *(("counter", label, "日\x1b") for label in labels))
        for label in labels:
            writer.set(label, 4321)
        terminal = self.terminal("-d", "0.1")
        screen = terminal.wait_for("a\\x1b[31m", "b\\u202egnp", "c日本語", "i\\xff\\xfe", "j\\x0d\\x0a\\x09", "\\x1b[2J",
                                   "k? ")  # no character yet: not even the C library knows how wide it is
        rows = [line for line in screen.splitlines() if " counter " in line]
        self.assertEqual(len(rows), len(labels), screen)
        for line in rows:
            before, after = line.split("4321")
            self.assertEqual((columns_of(before), columns_of(line.split(" counter ")[0])), (31, 64), screen)
        self.assertNotEqual(terminal.ask("pane_title"), "title")
        raw = terminal.screen("-e")
        self.assertNotIn("\x1b[31m\\x1b", raw)

    # --- colours ------------------------------------------------------------------------------------------------------

    def test_colors(self):
        self.web()
        for arguments, environment, colored in (
            ([], {}, True),
            ([], {"NO_COLOR": "1"}, False),
            (["--color=never"], {}, False),
            (["--color=always"], {"NO_COLOR": "1"}, True),
        ):
            terminal = self.terminal("-d", "0.1", *arguments, **environment)
            terminal.wait_for(" live ")
            self.assertEqual("\x1b[32m" in terminal.screen("-e"), colored, (arguments, environment))
            terminal.wait_for("> web")  # what is selected is marked without colours, too

    # --- the end ------------------------------------------------------------------------------------------------------

    def settings(self, terminal, mark):
        terminal.type(f"stty -a | md5sum | sed s/^/{mark}=/\n")
        screen = terminal.wait(lambda screen: any(line.startswith(mark + "=") for line in screen.splitlines()), mark)
        return next(line for line in screen.splitlines() if line.startswith(mark + "="))[len(mark) :]

    def check_restored(self, end, status):
        """The terminal is what it was, and what stood on it is there again."""
        self.web()
        terminal = self.terminal()
        before = self.settings(terminal, "before")
        terminal.run("-d", "0.1")
        terminal.wait_for("web.hits")
        self.assertEqual(terminal.ask("alternate_on"), "1")
        end(terminal)
        terminal.wait(lambda screen: "before=" in screen and terminal.ask("alternate_on") == "0", "the former screen")
        self.assertEqual(terminal.status(), status)
        self.assertEqual((terminal.ask("alternate_on"), terminal.ask("cursor_flag")), ("0", "1"))
        self.assertEqual(self.settings(terminal, "after"), before)

    def test_quit(self):
        self.check_restored(lambda terminal: terminal.type("q"), 0)

    def test_interrupt(self):
        self.check_restored(lambda terminal: terminal.press("C-c"), 128 + signal.SIGINT)

    def test_quit_key_of_the_terminal(self):
        self.check_restored(lambda terminal: terminal.press("C-\\"), 128 + signal.SIGQUIT)

    def test_terminate(self):
        self.check_restored(lambda terminal: terminal.kill(signal.SIGTERM), 128 + signal.SIGTERM)

    def test_hangup(self):
        self.check_restored(lambda terminal: terminal.kill(signal.SIGHUP), 128 + signal.SIGHUP)

    def test_stop_and_go_on(self):
        self.web()
        terminal = self.terminal("-d", "0.1")
        terminal.wait_for("web.hits")
        terminal.press("C-z")
        terminal.wait(lambda screen: terminal.ask("alternate_on") == "0", "stopped")
        terminal.type("fg\n")
        terminal.wait_for("web.hits", "q quit")

    def test_terminals_that_cannot(self):
        self.web()
        for term, words in (("nonsense", "is not known"), ("dumb", "no full screen"), ("", "TERM is not set")):
            terminal = self.terminal()
            terminal.type(f"export TERM={term}\n")
            terminal.run("-d", "0.1")
            terminal.wait(lambda screen: words in screen.replace("\n", " "), words)
            self.assertEqual(terminal.status(), 1)
            terminal.type("clear\n")
            terminal.run("--once", "-d", "0.1")
            terminal.wait_for("web.hits", "BUSIEST")


if __name__ == "__main__":
    unittest.main()
