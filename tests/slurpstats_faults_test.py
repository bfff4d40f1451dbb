#!/usr/bin/env python3
"""slurpstats with every call of libc in it failing, with output that ends at every byte, and killed while it prints."""

import errno
import fcntl
import hashlib
import json
import os
import pathlib
import re
import resource
import signal
import subprocess
import sys
import unittest

sys.path[:0] = [str(pathlib.Path(__file__).absolute().parent.parent / "tools")]
sys.dont_write_bytecode = True

from slurpstats_testing import ROOT, TOOL, SlurpstatsTest, plain, text, v1, v2  # noqa: E402

FAULTS = ROOT / "tests/faults.so"
# What calls fail with: the calls of faults.c that the tool makes.
ERRORS = {
    "malloc": ["ENOMEM"], "calloc": ["ENOMEM"], "realloc": ["ENOMEM"], "aligned_alloc": ["ENOMEM"],
    "open": ["EMFILE", "EACCES", "EIO", "EINTR"], "fstat": ["EIO"], "fstatat": ["EIO", "EACCES"],
    "pread": ["EIO", "EINTR", -1], "mmap": ["ENOMEM", "ENODEV"], "opendir": ["EMFILE", "ENOMEM"], "fopen": ["EMFILE"],
    "sigaction": ["EINVAL"], "getrlimit": ["EPERM"], "getrandom": ["EAGAIN"], "fcntl": ["ENOLCK"],
}  # fmt: skip
GOES_ON = ("EINTR", -1)  # interrupted, or cut short
FALLS_BACK = ("sigaction", "getrlimit", "getrandom")  # to something as good, or to copies


def values(out):
    """Without verdicts, and without the columns, which a field may have no memory to be counted in."""
    return re.sub(" +", " ", re.sub(r" \[checked\]|(?<=[,:\"])(checked|exact)\b", "", out))


class FaultsTest(SlurpstatsTest):
    def setUp(self):
        super().setUp()
        records = [plain(f"n{i}", "I", i) for i in range(5)]
        self.put("a.mmstats", v1(*records, text("t", "text")))
        self.put(
            "b.mmstats",
            v2(("open", 97, 0, b"\1" + bytes(7)), ("n0", 10, 0, b"\5"), ("n0", 96, 0, b"unit=a\\nb"), ("sys.pid", 17, 0,
               os.getpid().to_bytes(4, sys.byteorder))),
        )  # fmt: skip

    def digest(self):
        """Of all that is in the folder."""
        return {path.name: hashlib.sha256(path.read_bytes()).digest() for path in self.folder.iterdir()}

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

    def check_one(self, good, result, call, error, is_json):
        """All is there and the status is as ever; or it is 1, and something says why."""
        if error in GOES_ON or call in FALLS_BACK:
            self.assertEqual((result.status, values(result.out)), (good.status, values(good.out)))
            return
        self.assertIn(result.status, {good.status, 1})
        if result.status != 1:
            self.assertEqual(values(result.out), values(good.out))
            return
        self.assertRegex(result.err, r"^slurpstats: .*[a-z]")
        if is_json and result.out:
            json.loads(result.out)
        if not is_json:
            self.assertLessEqual(set(values(result.out).splitlines()), set(values(good.out).splitlines()), "all true")

    def sweep(self, *arguments):
        good = self.run_tool(*arguments)
        before = self.digest()
        injected = 0
        for call, errors in ERRORS.items():
            for error in errors:
                for nth in range(1, 1000):
                    with self.subTest(arguments=arguments, call=call, nth=nth, error=error):
                        there, result = self.run_faulty(arguments, call, nth, error)
                        if there:
                            self.check_one(good, result, call, error, "--json" in arguments)
                        else:
                            self.assertEqual((result.status, result.out), (good.status, good.out))
                    if not there:
                        break
                    injected += 1
        self.assertEqual(before, self.digest(), "what it reads, and nothing beside it")
        self.assertGreater(injected, 20)

    def test_text(self):
        self.sweep("--units", "a.mmstats", "b.mmstats")

    def test_json(self):
        self.sweep("--json", "a.mmstats", "b.mmstats")

    def test_csv(self):
        self.sweep("--csv", "b.mmstats")

    def test_copies(self):
        self.sweep("--copy", "b.mmstats")

    def test_glob(self):
        self.sweep()

    def test_filter(self):
        self.sweep("--filter", "n0", "--filter", "n1", "a.mmstats")
        self.sweep("--filter", "n0", "b.mmstats")

    # --- output ---------------------------------------------------------------------------------------------------

    def test_output_that_ends_at_every_byte(self):
        """As on a disk that is full by then: what is there is the beginning, and the status says that there is more."""
        def limit(size):
            return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

        for arguments in (["b.mmstats"], ["--json", "b.mmstats"], ["--csv", "b.mmstats"]):
            good = self.run_tool(*arguments).out.encode()
            path = self.folder / "out"
            for size in range(0, len(good), 1 if len(arguments) == 1 else 17):
                with open(path, "wb") as out:
                    result = self.run_tool(*arguments, stdout=out, preexec_fn=limit(size), restore_signals=False)
                self.assertEqual((result.status, path.read_bytes()), (1, good[:size]))
                self.assertEqual(result.err, "slurpstats: standard output: File too large\n")
            path.unlink()

    def test_killed_while_it_prints(self):
        path = self.put("large", v1(*(plain(f"label{i}", "I", i) for i in range(3000))))
        for option in ("--units", "--json", "--csv"):
            good = self.run_tool(option, path).out.encode()
            before = self.digest()
            reader, writer = os.pipe()
            fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
            with subprocess.Popen([TOOL, option, path], stdout=writer, cwd=self.folder) as tool:
                os.close(writer)
                out = os.read(reader, 5000)  # it prints more than that
                tool.kill()
                self.assertEqual(tool.wait(), -signal.SIGKILL)
            while more := os.read(reader, 65536):
                out += more
            os.close(reader)
            self.assertTrue(0 < len(out) < len(good) and good.startswith(out))
            self.assertEqual(before, self.digest())


if __name__ == "__main__":
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    unittest.main()
