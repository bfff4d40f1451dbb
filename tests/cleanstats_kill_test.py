#!/usr/bin/env python3
"""cleanstats --fold is killed at every syscall, and run again: no count is lost, and none is there twice."""

import os
import pathlib
import shutil
import subprocess
import sys
import unittest

sys.path[:0] = [str(pathlib.Path(__file__).absolute().parent.parent / "tools/clean")]
sys.dont_write_bytecode = True

from clean_testing import DEAD, ROOT, TOOL, UID, CleanTest, buffered, counter, dead, dead_v1, lock  # noqa: E402

KILL_AT = ROOT / "tests/kill_at"
RESUMING = ROOT / "tests/resuming"
ARCHIVE = f"app-{UID}.archive.mmstats"
KILLED, ENDED = 0, 1
# What the files count, by process ID: digits that tell which one is counted, and how often.
VALUES = {1: 1, 2: 100, 3: 10000, 9: 10**6}
LIVE = 10**8
FIXED = 10**10


class KillTest(CleanTest):
    def setUp(self):
        super().setUp()
        if self.kill_at(1) != KILLED:
            self.skipTest("no ptrace here")

    def stage(self, archive=True):
        """Files of dead writers, one of them with a fixed name, one of a live one, an archive. Returns the truth."""
        shutil.rmtree(self.folder)
        self.folder.mkdir()
        for pid in sorted(VALUES, reverse=True):
            self.put(f"app-{pid}-1.mmstats", dead(counter("n", VALUES[pid]), pid=pid))
            if archive and pid == 9:
                self.clean("--fold")
        self.put("app.mmstats", dead(counter("n", FIXED), pid=7))
        held = lock(self.put("app-4-4.mmstats", dead(counter("n", LIVE), pid=4)))
        self.addCleanup(held.close)
        return {"n": sum(VALUES.values()) + LIVE + FIXED}

    def kill_at(self, number, *arguments, how=()):
        done = subprocess.run(
            [KILL_AT, *how, str(number), TOOL, *arguments],
            env={"MMSTATS_PATH": str(self.folder)},
            stdout=subprocess.DEVNULL,
            timeout=60,
            check=False,
        )
        return done.returncode

    def check(self, truth):
        """One run that ends makes it all good again."""
        self.clean("--fold")
        self.assertEqual(self.totals(), truth)
        self.assertEqual(self.names(), sorted([ARCHIVE, "app-4-4.mmstats"]))

    def at_every_syscall(self, between, how=("-w",), archive=True):
        """Kills, looks, does what comes between, and runs it again. Returns how many places there were."""
        for number in range(1, 10000):
            truth = self.stage(archive)
            with self.subTest(number=number):
                ended = self.kill_at(number, "--fold", how=how)
                self.assertIn(ended, (KILLED, ENDED))
                # All is there at any moment; for one moment some may be there twice.
                self.assertGreaterEqual(self.totals()["n"], truth["n"])
                between(number)
                self.check(truth)
            if ended == ENDED:
                return number
        return 0

    def test_at_every_syscall(self):
        self.assertGreater(self.at_every_syscall(lambda _: None, how=()), 200)

    def test_before_there_is_an_archive(self):
        self.assertGreater(self.at_every_syscall(lambda _: None, archive=False), 20)

    def test_killed_again(self):
        """The run that cleans up is killed, too: elsewhere each time."""
        for factor in (7, 31):
            self.at_every_syscall(lambda n, factor=factor: self.kill_at(1 + n * factor % 60, "--fold", how=["-w"]))

    def test_taken_for_alive_by_the_next_run(self):
        """As when an unrelated process has got the number of a dead one that did not lock."""

        def run_while_alive(_):
            path = self.folder / "app-1-1.mmstats"
            if path.exists():
                with lock(path):
                    self.clean("--fold")

        self.at_every_syscall(run_while_alive)

    def test_removed_by_another_cleaner(self):
        """A run without --fold removes what is not in the archive, and says so; what is in has its second name."""
        for number in range(1, 10000):
            truth = self.stage()
            ended = self.kill_at(number, "--fold", how=["-w"])
            seconds = {path.name[1:-22] for path in self.folder.glob(".*.fold")}
            lost = sum(value for pid, value in VALUES.items()
                       if (self.folder / f"app-{pid}-1.mmstats").exists() and f"app-{pid}-1.mmstats" not in seconds)
            if (self.folder / "app.mmstats").exists() and "app.mmstats" not in seconds:
                lost += FIXED
            self.clean()
            self.check({"n": truth["n"] - lost})
            if ended == ENDED:
                return

    def test_killed_without_fold(self):
        """Files of writers that do not lock are set aside for a moment: the next run, of either kind, finds them."""
        writers = {f"app-{DEAD}-1.mmstats": 1, f"app-{DEAD}-2.mmstats": 100}
        for options in ([], ["--fold", "--kind=*=counter"]):
            aside = 0
            for number in range(1, 10000):
                shutil.rmtree(self.folder)
                self.folder.mkdir()
                for name, value in writers.items():
                    self.put(name, dead_v1(buffered("n", "Q", value)))
                ended = self.kill_at(number, how=["-w"])
                aside += any(name.endswith(".remove") for name in self.names())
                left = sum(value for name, value in writers.items() if (self.folder / name).exists())
                with self.subTest(number=number, options=options):
                    self.run_tool(*options)  # status 3: all that there is may be hidden
                    self.assertEqual(self.names(), [ARCHIVE] if options and left else [])
                    self.assertEqual(self.totals(), {"n": left} if options and left else {})
                if ended == ENDED:
                    break
            self.assertGreaterEqual(aside, 2)

    def test_set_aside_but_alive(self):
        """A writer that does not lock opened the file before that: it gets its name back, if that is free."""
        aside = ".app-1.mmstats.0123456789abcdef.remove"
        alive = dead_v1(buffered("n", "Q", 1), pid=os.getpid(), created=1e12)
        for options in ([], ["--fold", "--kind=*=counter"]):
            shutil.rmtree(self.folder)
            self.folder.mkdir()
            self.put(aside, alive)
            self.assertEqual(self.run_tool(*options).status, 3, "none when it began to look")
            self.assertEqual(self.names(), ["app-1.mmstats"])
            self.put(aside, alive)
            self.assertEqual(self.clean(*options)[-1], "Removed 0  -  2 alive")
            self.assertEqual(self.names(), [aside, "app-1.mmstats"])

    def test_name_taken_by_a_new_writer(self):
        """app.mmstats is another process's by the time of the next run: what it counted stays, once it has its second
        name. (Without, it is lost to the new writer, as it would be without cleanstats.)"""
        new = self.folder.with_suffix(".new")
        for number in range(1, 10000):
            truth = self.stage()
            ended = self.kill_at(number, "--fold", how=["-w"])
            path = self.folder / "app.mmstats"
            lost = path.exists() and not list(self.folder.glob(".app.mmstats.*.fold"))
            new.write_bytes(dead(counter("n", 0), pid=7))
            new.rename(path)
            with self.subTest(number=number):
                self.check({"n": truth["n"] - (FIXED if lost else 0)})
            if ended == ENDED:
                return

    def test_second_name_keeps_writers_from_going_on(self):
        """A writer that would take up the dead file's counters makes a new file instead: else they count twice."""
        for number in range(1, 10000):
            shutil.rmtree(self.folder)
            self.folder.mkdir()
            self.publish(3)
            ended = self.kill_at(number, "--fold", how=["-w"])
            self.publish(4)  # 7 when it goes on in the file
            with self.subTest(number=number):
                self.clean("--fold")
                self.assertEqual(self.totals(["counter"]), {"counter": 7})
            if ended == ENDED:
                return

    def test_more_than_a_batch(self):
        """Killed when a whole batch is in the archive, and one more file has its second name: the next run needs two
        batches for them, and must not forget what the second one has when it writes what the first one adds."""
        low, high = 1, 10000  # the archive is not there, and is
        while high - low > 1:
            middle = (low + high) // 2
            ended = self.kill_many(middle)
            low, high = (low, middle) if ended == ENDED or (self.folder / ARCHIVE).exists() else (middle, high)
        for number in range(high, high + 4):
            self.kill_many(number)
            self.assertGreater(len(list(self.folder.glob(".*.fold"))), 60)
            self.clean("--fold")
            self.assertEqual((self.totals(), self.names()), ({"n": 70}, [ARCHIVE]))

    def kill_many(self, number):
        shutil.rmtree(self.folder)
        self.folder.mkdir()
        for i in range(70):
            self.put(f"app-7-{i}.mmstats", dead(counter("n", 1), pid=7))
        return self.kill_at(number, "--fold", how=["-w"])

    def publish(self, count):
        """One process of a service that resumes its file."""
        subprocess.run([RESUMING, self.folder, str(count)], check=True, timeout=60)


if __name__ == "__main__":
    unittest.main()
