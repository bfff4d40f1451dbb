#!/usr/bin/env python3
"""Which files slurpstats reads, and what it says of bad ones and of one that is written to."""

import json
import os
import pathlib
import re
import struct
import subprocess
import sys
import time
import unittest

sys.path[:0] = [str(pathlib.Path(__file__).parent)]
sys.dont_write_bytecode = True

from slurpstats_testing import FOREIGN, FOREIGN_NAME, SlurpstatsTest, plain, text, v1, v2  # noqa: E402


class FilesTest(SlurpstatsTest):
    # --- which files ----------------------------------------------------------------------------------------------

    def headings(self, result):
        return [pathlib.Path(path).name for path in re.findall("^==> (.*)$", result.out, re.M)]

    def test_default_glob(self):
        for name in ("b.mmstats", "a.mmstats", "c.other"):
            self.put(name, v1(plain("a", "B", 1)))
        other = self.folder / "d"
        other.mkdir()
        self.put("d/e.mmstats", v1())
        self.assertEqual(self.headings(self.run_tool()), ["a.mmstats", "b.mmstats"])
        self.assertEqual(self.headings(self.run_tool(env={"MMSTATS_PATH": str(other)})), ["e.mmstats"])
        self.assertEqual(
            self.headings(self.run_tool(env={"MMSTATS_PATH": str(other), "MMSTATS_GLOB": "c.*"})), ["c.other"]
        )

    def test_arguments_once_each_in_their_order(self):
        a, b = (self.put(name, v1()) for name in "ab")
        self.assertEqual(self.headings(self.run_tool(b, a, b, a)), ["b", "a"])

    def test_no_file(self):
        result = self.run_tool()
        self.check(
            result,
            3,
            "",
            f"slurpstats: {self.folder}/*.mmstats: no such files (name files, or set MMSTATS_PATH to their directory, "
            "or MMSTATS_GLOB)\n",
        )
        self.check(self.run_tool("--csv"), 3, "path,label,type,kind,unit,value,status\n", result.err)
        result = self.run_tool("--json", env={"MMSTATS_PATH": "/no/such\x1b"})
        self.assertEqual((result.status, json.loads(result.out)), (3, {"files": []}))
        self.assertIn("/no/such\\x1b/*.mmstats", result.err)

    # --- bad files -------------------------------------------------------------------------------------------------

    def test_malformed(self):
        bad = v1(plain("a", "B", 5), ("b", "B", 2, b"\0"), plain("c", "B", 6))
        path, good = self.put("bad", bad), self.put("good", v1(plain("d", "B", 7)))
        self.check(
            self.run_tool(path, good),
            1,
            f"==> {path}\n  a 5\n\n==> {good}\n  d 7\n\n",
            f"slurpstats: {path}: malformed at byte 15, rule 206: the write buffer byte is not 00, 01 or ff\n",
        )

    def test_several_malformed_records(self):
        path = self.put("f", v2(("a", 1, 0, b"\2" + bytes(16)), ("b", 10, 0, b"\1"), ("c", 5, 0, b""), ("d", 5, 0, b"")))
        self.check(
            self.run_tool(path),
            1,
            f"==> {path}\n  b 1\n\n",
            f"slurpstats: {path}: malformed at byte 12, rule 406: the write buffer byte is not 00 or 01 (and 2 more)\n",
        )

    def test_files_that_are_none(self):
        self.put("version", b"\x07...")
        self.put("empty", b"")
        (self.folder / "folder").mkdir()
        (self.folder / "link").symlink_to("version")
        os.mkfifo(self.folder / "fifo")
        large = self.folder / "large"
        large.touch()
        os.truncate(large, 2**30)
        good = self.put("good", v1(plain("a", "B", 1)))
        names = ("version", "empty", "folder", "link", "fifo", "large", "missing", "/dev/null", good)
        self.check(
            self.run_tool(*names),
            1,
            f"==> {good}\n  a 1\n\n",
            "slurpstats: version: unsupported at byte 0, rule 101: the version byte is neither 01 nor 02\n"
            "slurpstats: empty: malformed at byte 0, rule 102: the file has no byte at all\n"
            "slurpstats: folder: is not a regular file\n"
            "slurpstats: link: is a symbolic link (name the file that it leads to)\n"
            "slurpstats: fifo: is not a regular file\n"
            "slurpstats: large: is too large for a file of metrics\n"
            "slurpstats: missing: No such file or directory\n"
            "slurpstats: /dev/null: is not a regular file\n",
        )
        files = json.loads(self.run_tool("--json", *names).out)["files"]
        self.assertEqual(
            [file["error"] and file["error"]["error"] for file in files],
            ["EPROTONOSUPPORT", "EBADMSG", "ENOTSUP", "ELOOP", "ENOTSUP", "EFBIG", "ENOENT", "ENOTSUP", None],
        )
        self.assertEqual(files[2]["version"], None)
        self.assertEqual(files[2]["error"]["rule"], None)
        self.assertEqual(files[2]["fields"], [])
        self.assertEqual(files[0]["error"]["rule"], 101)

    def test_hostile_path(self):
        name = "a\x1b[31m\n\u202eb"
        self.put(name, b"\x07")
        good = self.put(name + "good", v1(plain("a", "B", 1)))
        result = self.run_tool(name, good)
        self.assertTrue(result.err.startswith("slurpstats: a\\x1b[31m\\x0a\\u202eb: unsupported"), result.err)
        self.assertIn("a\\x1b[31m\\x0a\\u202ebgood\n", result.out)

    # --- byte order --------------------------------------------------------------------------------------------------

    def test_byte_order(self):
        record = ("n", 17, 0, struct.pack(FOREIGN + "I", 0x01020304))
        path = self.put("f", v2(record, order=FOREIGN))
        shown = f"==> {path} ({FOREIGN_NAME}-endian)\n  n 16909060\n\n"
        self.check(self.run_tool(path), 0, shown)
        self.check(self.run_tool("--byte-order", "auto", path), 0, shown)
        self.check(self.run_tool(f"--byte-order={FOREIGN_NAME}", path), 0, shown)
        wrong = self.run_tool(f"--byte-order={sys.byteorder}", path)
        self.assertEqual(wrong.status, 1)
        self.assertIn("malformed at byte 1, rule 402", wrong.err)
        file = json.loads(self.run_tool("--json", path).out)["files"][0]
        self.assertEqual(file["byte_order"], FOREIGN_NAME)

    # --- filters ----------------------------------------------------------------------------------------------------

    def test_filter(self):
        a = self.put("a", v1(plain("web.hits", "B", 1), plain("web.misses", "B", 2), plain("sys.pid", "I", 3)))
        b = self.put("b", v1(plain("other", "B", 4)))
        self.check(self.run_tool("--filter", "web.*", a, b), 0, f"==> {a}\n  web.hits   1\n  web.misses 2\n\n")
        self.check_values(
            self.run_tool("--filter=*pid", "--filter=o?her", a, b),
            0,
            f"==> {a}\n  sys.pid 3\n\n==> {b}\n  other 4\n\n",
        )
        files = json.loads(self.run_tool("--json", "--filter", "*.hits", a, b).out)["files"]
        self.assertEqual([len(file["fields"]) for file in files], [1, 0])
        self.assertEqual(len(self.run_tool("--csv", "--filter", "*.hits", a, b).out.splitlines()), 2)

    def test_filter_that_nothing_passes(self):
        path = self.put("a", v1(plain("web.hits", "B", 1)))
        message = "no field has a label that matches (try '*...*')\n"
        self.check(
            self.run_tool("--filter", "hits", "--filter", "\x1b", path),
            3,
            "",
            f"slurpstats: hits: {message}slurpstats: \\x1b: {message}",
        )
        bad = self.put("b", b"\x07")
        self.assertEqual(self.run_tool("--filter", "hits", path, bad).status, 1)
        for option in ("--json", "--csv"):
            self.assertEqual(self.run_tool(option, "--filter", "hits", path).status, 3)

    # --- a file that is written to ------------------------------------------------------------------------------

    WRITER = """
import mmap, sys
with open(sys.argv[1], "r+b") as file:
    view = mmap.mmap(file.fileno(), 0)
at, size = int(sys.argv[2]), int(sys.argv[3])
a, b = b"a" * size, b"b" * size
print("ready", flush=True)
while True:
    view[at:at + size] = a
    view[at:at + size] = b
"""

    def test_busy(self):
        cpus = sorted(os.sched_getaffinity(0))
        if len(cpus) < 2:
            self.skipTest("needs a processor for the writer and one for the reader")
        size = 6000
        data = v1(text("s", b"a" * size))
        path = self.put("f", data)
        command = [sys.executable, "-c", self.WRITER, path, str(data.index(b"a" * size)), str(size)]
        pin = [lambda cpu=cpu: os.sched_setaffinity(0, {cpu}) for cpu in cpus[:2]]
        with subprocess.Popen(command, stdout=subprocess.PIPE, preexec_fn=pin[0]) as writer:
            self.addCleanup(writer.kill)
            writer.stdout.readline()
            end = time.monotonic() + 50
            for options, sign in (([], r"[ab] \[busy\]\n"), (["-v"], r"[ab] \[busy, 63 retries\]\n"),
                                  (["--csv"], ",busy\n"), (["--json"], '"status":"busy","retries":63')):  # fmt: skip
                while not re.search(sign, self.run_tool(*options, path, preexec_fn=pin[1]).out):
                    self.assertLess(time.monotonic(), end, sign)
            writer.kill()


if __name__ == "__main__":
    unittest.main()
