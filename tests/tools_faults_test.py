#!/usr/bin/env python3
"""Each tool with every call of libc in it failing, with output that ends at every byte, and killed while it prints."""

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
import time
import unittest

sys.path[:0] = [str(pathlib.Path(__file__).absolute().parent.parent / "tools")]
sys.dont_write_bytecode = True

from slurpstats_testing import ROOT, SlurpstatsTest, plain, text, v1, v2  # noqa: E402

FAULTS = ROOT / "tests/faults.so"
# What calls fail with: the calls of faults.c that tools make.
ERRORS = {
    "malloc": ["ENOMEM"], "calloc": ["ENOMEM"], "realloc": ["ENOMEM"], "aligned_alloc": ["ENOMEM"],
    "open": ["EMFILE", "EACCES", "EIO", "EINTR"], "fstat": ["EIO"], "fstatat": ["EIO", "EACCES"], "lseek": ["ESPIPE"],
    "read": ["EIO", "EINTR", -1], "pread": ["EIO", "EINTR", -1], "mmap": ["ENOMEM", "ENODEV"],
    "opendir": ["EMFILE", "ENOMEM"], "fopen": ["EMFILE"], "sigaction": ["EINVAL"], "getrlimit": ["EPERM"],
    "getrandom": ["EAGAIN"], "fcntl": ["ENOLCK"],
}  # fmt: skip
GOES_ON = ("EINTR", -1)  # interrupted, or cut short
FALLS_BACK = ("sigaction", "getrlimit", "getrandom")  # to something as good, or to copies
PID_NOBODY_HAS = 2**31 - 1


class Faults:
    """What holds for each tool. A tool is a class at the end of this file, with these:"""

    runs = []  # arguments, each with every fault: "-" is b.mmstats
    formats = []  # options, each with every end of the output

    @staticmethod
    def told(out):
        """What the output says, without what a fault may change."""
        return out

    def setUp(self):
        super().setUp()
        records = [plain(f"n{i}", "I", i) for i in range(5)]
        self.put("a.mmstats", v1(*records, text("t", "text")))
        pid = os.getpid().to_bytes(4, sys.byteorder)
        self.put(
            "b.mmstats",
            v2(("open", 97, 0, b"\1" + bytes(7)), ("n0", 10, 0, b"\5"), ("n0", 96, 0, b"unit=a\\nb"),
               ("sys.pid", 17, 0, pid)),
        )  # fmt: skip
        pid = PID_NOBODY_HAS.to_bytes(4, sys.byteorder)
        many = [(f"m{i}", 10, 1, b"\0") for i in range(70)]
        self.put("dead.mmstats", v2(("sys.pid", 17, 0, pid), *many))
        self.put("large", v1(*(plain(f"label{i}", "I", i) for i in range(3000))))
        self.name = pathlib.Path(self.tool).name

    def digest(self):
        """Of all that is in the folder."""
        return {path.name: hashlib.sha256(path.read_bytes()).digest() for path in self.folder.iterdir()}

    def run_it(self, arguments, **options):
        with open(self.folder / "b.mmstats", "rb") as file:
            return self.run_tool(*arguments, stdin=file, **options)

    # --- calls that fail ----------------------------------------------------------------------------------------------

    def run_faulty(self, arguments, call, nth, error):
        """Returns whether there was such a call, and what came out."""
        seen, report = os.pipe()
        number = error if isinstance(error, int) else getattr(errno, error)
        environment = {"LD_PRELOAD": str(FAULTS), "FAULT_CALL": call, "FAULT_NTH": str(nth), "FAULT_ERROR": str(number),
                       "FAULT_FD": str(report)}  # fmt: skip
        result = self.run_it(arguments, env=environment, pass_fds=[report])
        os.close(report)
        injected = os.read(seen, 1) == b"!"
        os.close(seen)
        return injected, result

    def check_one(self, good, result, call, error, is_json):
        """All is there and the status is as ever; or it is 1, and something says why."""
        told, expected = self.told(result.out), self.told(good.out)
        if error in GOES_ON or call in FALLS_BACK or not result.err:
            self.assertEqual((result.status, told), (good.status, expected))
            return
        self.assertEqual(result.status, 1)
        self.assertRegex(result.err, rf"^{self.name}: .*[a-z]")
        if is_json and result.out:
            json.loads(result.out)
        if not is_json:
            self.assertLessEqual(set(told.splitlines()), set(expected.splitlines()), "all true")

    def sweep(self, arguments):
        good = self.run_it(arguments)
        self.assertEqual((good.status, good.err), (0, ""))
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
        self.assertGreater(injected, 10)

    def test_every_call_fails(self):
        for arguments in self.runs:
            self.sweep(arguments)

    # --- output -------------------------------------------------------------------------------------------------------

    def test_full_disk(self):
        for arguments in self.runs:
            with open("/dev/full", "wb") as full:
                result = self.run_it(arguments, stdout=full)
            self.check(result, 1, err=f"{self.name}: standard output: No space left on device\n")

    def test_output_that_ends_at_every_byte(self):
        """As on a disk that is full by then: what is there is the beginning, and the status says that there is more."""
        def limit(size):
            return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

        for option in self.formats:
            arguments = [option, "b.mmstats"]
            good = self.run_it(arguments).out.encode()
            path = self.folder / "out"
            for size in range(0, len(good), 1 + len(good) // 100):
                with open(path, "wb") as out:
                    result = self.run_it(arguments, stdout=out, preexec_fn=limit(size), restore_signals=False)
                self.assertEqual((result.status, path.read_bytes()), (1, good[:size]))
                self.assertEqual(result.err, f"{self.name}: standard output: File too large\n")
            path.unlink()

    def test_killed_while_it_prints_into_a_pipe(self):
        for option in self.formats:
            arguments = [option, "large"]
            good = self.run_it(arguments).out.encode()
            before = self.digest()
            reader, writer = os.pipe()
            fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
            with subprocess.Popen([self.tool, *arguments], stdout=writer, cwd=self.folder) as tool:
                os.close(writer)
                out = os.read(reader, 5000)  # it prints more than that
                tool.kill()
                self.assertEqual(tool.wait(), -signal.SIGKILL)
            while more := os.read(reader, 65536):
                out += more
            os.close(reader)
            self.assertTrue(0 < len(out) < len(good) and good.startswith(out))
            self.assertEqual(before, self.digest())

    def test_killed_while_it_prints_into_a_file(self):
        """Where it is in the middle for sure: it waits for someone to read its message about the second file."""
        path = self.folder / "out"
        for option in self.formats:
            arguments = [option, "large", "missing", "a.mmstats"]
            good = self.run_it(arguments).out.encode()
            before = self.digest()
            reader, writer = os.pipe()
            os.write(writer, bytes(fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)))  # it is full
            with open(path, "wb") as out:
                tool = subprocess.Popen([self.tool, *arguments], stdout=out, stderr=writer, cwd=self.folder)
            os.close(writer)
            while path.stat().st_size == 0 and tool.poll() is None:
                time.sleep(0.001)
            tool.kill()
            self.assertEqual(tool.wait(), -signal.SIGKILL)
            os.close(reader)
            self.assertTrue(good.startswith(path.read_bytes()))
            self.assertTrue(0 < path.stat().st_size < len(good))
            path.unlink()
            self.assertEqual(before, self.digest())


# --- the tools: a new one is a class here -----------------------------------------------------------------------------


class Slurpstats(Faults, SlurpstatsTest):
    formats = ["--units", "--json", "--csv"]
    runs = [
        ["--units", "a.mmstats", "b.mmstats"],
        ["--json", "a.mmstats", "b.mmstats"],
        ["--csv", "b.mmstats"],
        ["--copy", "b.mmstats"],
        ["--filter", "n0", "--filter", "n1", "a.mmstats"],
        ["--filter", "n0", "b.mmstats"],
        [],  # all that the glob matches
    ]

    @staticmethod
    def told(out):
        """Without verdicts, and without the columns, which a field may have no memory to be counted in."""
        return re.sub(" +", " ", re.sub(r" \[checked\]|(?<=[,:\"])(checked|exact)\b", "", out))


class Mmlint(Faults, SlurpstatsTest):
    tool = ROOT / "tools/mmlint"
    formats = ["--byte-order=auto", "--json", "--dump"]
    runs = [
        ["a.mmstats", "b.mmstats", "dead.mmstats"],
        ["--json", "a.mmstats", "b.mmstats"],
        ["--dump", "a.mmstats", "b.mmstats"],
        ["--json", "--dump", "b.mmstats"],
        ["-"],
    ]

    def test_second_look_that_fails(self):
        """Nothing is told of a record that could not be looked at again: its writer may have been in the middle."""
        failed = 0
        for call, error, message in (("pread", "EIO", "was truncated"), ("malloc", "ENOMEM", "Cannot allocate")):
            for nth in range(1, 1000):
                there, result = self.run_faulty(["b.mmstats"], call, nth, error)
                if not there:
                    break
                if f"mmlint: b.mmstats: {message}" in result.err and "unaligned: 'open'" in result.out:
                    self.assertNotIn("generation-open", result.out)
                    failed += 1
        self.assertGreaterEqual(failed, 17)  # 16 looks into the file, and their memory


if __name__ == "__main__":
    if os.access("/dev/shm", os.W_OK):
        os.environ["TEST_TMPDIR"] = "/dev/shm"
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    unittest.main()
