#!/usr/bin/env python3
"""Each tool with every call of libc in it failing, with output that ends at every byte, and killed while it prints."""

import concurrent.futures
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
    environment = {}
    at_once = 1  # so many runs: of a tool that sleeps

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
        env = {**self.environment, **options.pop("env", {})}
        with open(self.folder / "b.mmstats", "rb") as file:
            return self.run_tool(*arguments, stdin=file, env=env, **options)

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

    def run_each(self, arguments, call, error):
        """With the first such call failing, with the second one ...; the last run has no such call any more."""
        with concurrent.futures.ThreadPoolExecutor(self.at_once) as pool:
            for first in range(1, 1000, self.at_once):
                numbers = range(first, first + self.at_once)
                for nth, (there, result) in zip(
                    numbers, pool.map(lambda nth: self.run_faulty(arguments, call, nth, error), numbers)
                ):
                    yield nth, there, result
                    if not there:
                        return

    def sweep(self, arguments):
        good = self.run_it(arguments)
        self.assertEqual((good.status, good.err), (0, ""))
        before = self.digest()
        injected = 0
        for call, errors in ERRORS.items():
            for error in errors:
                for nth, there, result in self.run_each(arguments, call, error):
                    with self.subTest(arguments=arguments, call=call, nth=nth, error=error):
                        if there:
                            self.check_one(good, result, call, error, "--json" in arguments)
                        else:
                            self.assertEqual((result.status, result.out), (good.status, good.out))
                    injected += there
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
            env = {**os.environ, **self.environment}
            with subprocess.Popen([self.tool, *arguments], stdout=writer, cwd=self.folder, env=env) as tool:
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


class Mmtop(Faults, SlurpstatsTest):
    """Its one screen; in a terminal it is mmtop_terminal_faults_test."""

    tool = ROOT / "tools/mmtop"
    environment = {"LINES": "3000", "COLUMNS": "120"}  # all of it
    at_once = 8
    formats = ["-d0.05"]
    runs = [
        ["-d0.05", "--copy", "a.mmstats", "b.mmstats", "dead.mmstats"],
        ["-d0.05", "--color=always", "--filter", "n0", "--filter", "t", "b.mmstats", "a.mmstats"],
        ["-d0.05"],  # all that the glob matches
    ]

    @staticmethod
    def told(out):
        """What has which value. A file that only the second look could read has no rates, which are sorted by."""
        return sorted(re.findall(r"^[> ] ?(\S+) +(\S+)", re.sub("\x1b\\[[0-9;]*m", "", out), re.MULTILINE))

    def check_one(self, good, result, call, error, is_json):
        if error in GOES_ON or call in FALLS_BACK or not result.err:
            self.assertEqual((result.status, self.told(result.out)), (good.status, self.told(good.out)))
            self.assertNotIn("cannot look", result.out)
            return
        self.assertEqual(result.status, 1)
        self.assertRegex(result.err, r"^mmtop: .*[a-z]")
        self.assertTrue(result.out == "" or "mmtop" in result.out.splitlines()[0], result.out)

    def test_killed_while_it_prints_into_a_file(self):
        """It has no message before all is printed: killed while it prints into a pipe it is above."""


if __name__ == "__main__":
    if os.access("/dev/shm", os.W_OK):
        os.environ["TEST_TMPDIR"] = "/dev/shm"
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    unittest.main()
