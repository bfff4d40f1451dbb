#!/usr/bin/env python3
"""pollstats with every call of libc in it failing, and with output that ends at every byte."""

import errno
import os
import pathlib
import re
import resource
import sys
import unittest

ROOT = pathlib.Path(__file__).absolute().parent.parent
sys.path[:0] = [str(ROOT / "tools")]
sys.dont_write_bytecode = True

from slurpstats_testing import SlurpstatsTest, plain, text, v1, v2  # noqa: E402

FAULTS = os.environ.get("FAULTS", ROOT / "tests/faults.so")
# What calls fail with: the calls of faults.c that the tool makes.
ERRORS = {
    "malloc": ["ENOMEM"], "calloc": ["ENOMEM"], "realloc": ["ENOMEM"], "aligned_alloc": ["ENOMEM"],
    "open": ["EMFILE", "EACCES"], "fstat": ["EIO"], "fstatat": ["EIO"], "pread": ["EIO"], "mmap": ["ENOMEM"],
    "opendir": ["EMFILE"], "sigaction": ["EINVAL"], "getrlimit": ["EPERM"], "getrandom": ["EAGAIN"],
}  # fmt: skip
FIELDS = "n0,n1,t,f,u"


def values(out):
    """Without verdicts, and without the blanks that these take away."""
    return re.sub(" +", " ", out.replace("~", ""))


class FaultsTest(SlurpstatsTest):
    tool = os.environ.get("POLLSTATS", ROOT / "tools/pollstats")

    def setUp(self):
        super().setUp()
        self.put("a.mmstats", v1(*[plain(f"n{i}", "I", i) for i in range(3)], text("t", "text"), plain("f", "d", 0.5),
                             plain("two", "BB", 1, 2)))
        self.put("b.mmstats", v2(("n0", 10, 0, b"\5"), ("u", 2, 0, b"\0" + bytes(16)), ("t", 16, 0, b"text")))

    def run_faulty(self, arguments, call, nth, error):
        """Returns whether there was such a call, and what came out."""
        seen, report = os.pipe()
        environment = {"LD_PRELOAD": str(FAULTS), "FAULT_CALL": call, "FAULT_NTH": str(nth),
                       "FAULT_ERROR": str(getattr(errno, error)), "FAULT_FD": str(report)}  # fmt: skip
        result = self.run_tool(*arguments, env=environment, pass_fds=[report])
        os.close(report)
        injected = os.read(seen, 1) == b"!"
        os.close(seen)
        return injected, result

    def sweep(self, *arguments, same=True):
        """All is there and the status is as ever; or it is 1, and something says why."""
        arguments = ["-d0.001", *arguments]
        good = self.run_tool(*arguments)
        self.assertEqual((good.status, good.err), (0, ""))
        injected = 0
        for call, errors in ERRORS.items():
            for error in errors:
                for nth in range(1, 1000):
                    there, result = self.run_faulty(arguments, call, nth, error)
                    if not there:
                        break
                    injected += 1
                    with self.subTest(arguments=arguments, call=call, nth=nth, error=error):
                        self.assertIn(result.status, (0, 1), result.err)
                        if result.status == 1:
                            self.assertRegex(result.err, r"^pollstats: .*[a-z]")
                        elif same:
                            self.assertEqual(values(result.out), values(good.out))
        self.assertGreater(injected, 20)

    def test_rows(self):
        self.sweep("-c2", FIELDS, "a.mmstats", "b.mmstats")

    def test_by_file(self):
        self.sweep("-c1", "--by-file", "--total", "-f", "t=text", "n0,t", "a.mmstats", "b.mmstats")

    def test_long_text(self):
        self.put("long", v1(text("long", 3000 * "text")))
        self.sweep("-c1", "long", "long")

    def test_for_programs(self):
        self.sweep("-c1", "--json", "t,f", "a.mmstats", same=False)  # with the time
        self.sweep("-c1", "--csv", "t,f,two", "a.mmstats", same=False)

    def test_busiest(self):
        self.sweep("-v", "-c1")

    def test_output_that_ends_at_every_byte(self):
        """As on a disk that is full by then: what is there is the beginning, and the status says that there is more."""
        path = self.folder / "out"
        good = self.run_tool("-c1", FIELDS).out.encode()
        for size in range(0, len(good)):
            with open(path, "wb") as out:
                result = self.run_tool(
                    "-d0.001", FIELDS, stdout=out, restore_signals=False,
                    preexec_fn=lambda size=size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)),
                )  # fmt: skip
            self.assertEqual((result.status, path.read_bytes()), (1, good[:size]))
            self.assertRegex(result.err, "^pollstats: standard output: ")


if __name__ == "__main__":
    unittest.main()
