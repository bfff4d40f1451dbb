#!/usr/bin/env python3
"""mmtop in a terminal, with every call of libc in it failing: this is left as it was, and a message can be read."""

import concurrent.futures
import errno
import fcntl
import os
import pathlib
import pty
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import unittest

ROOT = pathlib.Path(__file__).absolute().parent.parent
sys.path[:0] = [str(ROOT / "tools")]
sys.dont_write_bytecode = True

from slurpstats_testing import plain, text, v1, v2  # noqa: E402

FAULTS = ROOT / "tests/faults.so"
MMTOP = ROOT / "tools/mmtop"
# What calls fail with: the calls of faults.c that the tool makes.
ERRORS = {
    "malloc": ["ENOMEM"], "calloc": ["ENOMEM"], "realloc": ["ENOMEM"], "aligned_alloc": ["ENOMEM"], "open": ["EMFILE"],
    "fstat": ["EIO"], "fstatat": ["EIO"], "pread": ["EIO"], "mmap": ["ENOMEM"], "opendir": ["EMFILE"],
    "fopen": ["EMFILE"], "read": ["EIO"], "sigaction": ["EINVAL"], "getrlimit": ["EPERM"], "getrandom": ["EAGAIN"],
}  # fmt: skip
TAKES, LEAVES, SHOWS_CURSOR = b"\x1b[?1049h", b"\x1b[?1049l", b"\x1b[?25h"
AT_ONCE = 8
PAUSE = 0.1  # seconds without output, after which the next key is typed: two looks
KEYS = [b"n", b"\t", b"/x\r", b"?", b"\x1b", b"q"]


class TerminalFaultsTest(unittest.TestCase):
    crashes = 0

    def setUp(self):
        folder = tempfile.TemporaryDirectory(dir=os.environ.get("TEST_TMPDIR"))
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        records = [plain(f"n{i}", "I", i) for i in range(3)]
        (self.folder / "a.mmstats").write_bytes(v1(*records, text("t", "text")))
        (self.folder / "b.mmstats").write_bytes(v2(("n0", 10, 0, b"\5")))

    def use(self, terminal, tool):
        """What a person does, and what there is to be seen."""
        shown, keys = b"", list(KEYS)
        while tool.poll() is None:
            if select.select([terminal], [], [], PAUSE)[0]:
                shown += os.read(terminal, 65536)
            if keys and TAKES in shown:
                os.write(terminal, keys.pop(0))
        while select.select([terminal], [], [], 0)[0]:
            shown += os.read(terminal, 65536)
        return shown

    def run_faulty(self, call, nth, error):
        """Returns whether there was such a call, the status, what was shown, and whether the terminal is as it was."""
        terminal, slave = pty.openpty()
        seen, report = os.pipe()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        before = termios.tcgetattr(slave)
        environment = {
            "TERM": "xterm", "LC_ALL": "C.UTF-8", "MMSTATS_PATH": str(self.folder), "LD_PRELOAD": str(FAULTS),
            "FAULT_CALL": call, "FAULT_NTH": str(nth), "FAULT_ERROR": str(getattr(errno, error)),
            "FAULT_FD": str(report),
        }  # fmt: skip
        with subprocess.Popen([MMTOP, "-d0.05"], stdin=slave, stdout=slave, stderr=slave, env=environment,
                              pass_fds=[report], start_new_session=True) as tool:  # fmt: skip
            os.close(report)
            shown = self.use(terminal, tool)
        same = termios.tcgetattr(slave) == before
        there = os.read(seen, 1) == b"!"
        for fd in (terminal, slave, seen):
            os.close(fd)
        return there, tool.returncode, shown, same

    def check_one(self, status, shown, same):
        if status == -signal.SIGSEGV:
            self.crashes += 1
            return
        self.assertTrue(same, "its modes")
        self.assertIn(status, (0, 1), shown)
        before, _, after = shown.rpartition(LEAVES)
        self.assertEqual(before.count(TAKES), 1 if before else 0, shown)
        if before:
            self.assertIn(SHOWS_CURSOR, shown[shown.rindex(TAKES) :])
        if status == 1:
            self.assertRegex(after, rb"mmtop: .*[a-z]")

    def test_every_call_fails(self):
        injected = 0
        for call, errors in ERRORS.items():
            for error in errors:
                injected += self.sweep(call, error)
        self.assertGreater(injected, 200)
        self.assertLess(self.crashes, 10, "ncurses does not look at each of its allocations; nothing else may crash")

    def sweep(self, call, error):
        """With the first such call failing, the second one ... Returns how many there were."""
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            for first in range(1, 10000, AT_ONCE):
                results = list(pool.map(lambda n: self.run_faulty(call, n, error), range(first, first + AT_ONCE)))
                for i, (there, *result) in enumerate(results):
                    with self.subTest(call=call, nth=first + i, error=error):
                        self.check_one(*result)
                    if not there:
                        return first + i - 1
        return 0


if __name__ == "__main__":
    unittest.main()
