#!/usr/bin/env python3
"""cleanstats with every call of libc in it failing: no live file goes, no count is lost, none is there twice."""

import errno
import os
import pathlib
import shutil
import sys
import unittest

sys.path[:0] = [str(pathlib.Path(__file__).absolute().parent.parent / "tools/clean")]
sys.dont_write_bytecode = True

from clean_testing import DEAD, ROOT, UID, CleanTest, buffered, counter, dead, dead_v1, histogram, lock  # noqa: E402

FAULTS = ROOT / "tests/faults.so"
SHORT = -1  # it transfers the half of what it was asked for
# What calls fail with: the calls of faults.c that the tool makes.
ERRORS = {
    "malloc": ["ENOMEM"], "calloc": ["ENOMEM"], "realloc": ["ENOMEM"], "open": ["EMFILE"], "openat": ["ENOSPC"],
    "fstat": ["EIO"], "fstatat": ["EIO"], "fstatfs": ["EIO"], "fopen": ["EMFILE"], "opendir": ["EMFILE"],
    "pread": ["EIO", "EINTR", SHORT], "pwrite": ["ENOSPC", "EINTR", SHORT], "fchmod": ["EPERM"], "fchown": ["EPERM"],
    "fcntl": ["ENOLCK"], "renameat": ["EIO"], "linkat": ["EPERM"], "unlinkat": ["EACCES"], "getrandom": ["EAGAIN"],
    "getrlimit": ["EPERM"],
}  # fmt: skip
ARCHIVE = f"app-{UID}.archive.mmstats"
LIVE = ["live-1-1.mmstats", "live-2-2.mmstats"]


class FaultsTest(CleanTest):
    archive = b""

    def stage(self):
        """Files of dead writers, of live ones (by lock, by PID), an archive. Returns the totals."""
        shutil.rmtree(self.folder)
        self.folder.mkdir()
        if not self.archive:
            self.put(f"app-{DEAD}-1.mmstats", dead(counter("n", 1), histogram("h", [1, 2, 3], 7)))
            self.clean("--fold")
            self.archive = (self.folder / ARCHIVE).read_bytes()
        self.put(ARCHIVE, self.archive)
        self.put(f"app-{DEAD}-2.mmstats", dead(counter("n", 100), histogram("h", [1, 2, 3], 7)))
        self.put(f"app-{DEAD}-3.mmstats", dead_v1(buffered("n", "Q", 10000)))
        held = lock(self.put(LIVE[0], dead(counter("n", 10**6))))
        self.addCleanup(held.close)
        self.put(LIVE[1], dead_v1(buffered("n", "Q", 10**8), pid=os.getpid(), created=1e12))
        return {"n": 101010101}

    def run_faulty(self, arguments, call, nth, error):
        """Returns whether there was such a call, and what came out."""
        seen, report = os.pipe()
        number = error if isinstance(error, int) else getattr(errno, error)
        environment = {"LD_PRELOAD": str(FAULTS), "FAULT_CALL": call, "FAULT_NTH": str(nth), "FAULT_ERROR": str(number),
                       "FAULT_FD": str(report)}  # fmt: skip
        result = self.run_tool(*arguments, env=environment, pass_fds=[report])
        os.close(report)
        injected = os.read(seen, 1) == b"!"
        os.close(seen)
        return injected, result

    def sweep(self, check, *arguments):
        injected = 0
        for call, errors in ERRORS.items():
            for error in errors:
                for nth in range(1, 1000):
                    truth = self.stage()
                    with self.subTest(arguments=arguments, call=call, nth=nth, error=error):
                        there, result = self.run_faulty(arguments, call, nth, error)
                        self.assertIn(result.status, (0, 1, 3), result.err)
                        self.assertEqual(set(LIVE) - set(self.names()), set(), "what lives")
                        check(result, truth)
                    if not there:
                        break
                    injected += 1
        self.assertGreater(injected, 50)

    def test_fold(self):
        kinds = ["--fold", "--kind=*=counter"]

        def check(_, truth):
            self.assertGreaterEqual(self.totals()["n"], truth["n"])
            self.clean(*kinds)
            self.assertEqual(self.totals(), truth)
            self.assertEqual(self.fields(ARCHIVE)["h"]["counts"], [2, 4, 6])
            self.assertEqual(self.names(), sorted([ARCHIVE, *LIVE]))

        self.sweep(check, *kinds)

    def test_remove(self):
        def check(result, _):
            self.assertIn(ARCHIVE, self.names())
            if result.status == 0 and len(self.names()) > 3:
                self.assertRegex(result.out, "PID [0-9]+ (is not found|cannot be judged)|Opened for writing")

        self.sweep(check)


if __name__ == "__main__":
    unittest.main()
