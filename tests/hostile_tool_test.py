#!/usr/bin/env python3
"""slurpstats among files that are not what they seem, that change while it reads, and that say what nobody should."""

import csv
import ctypes
import fcntl
import io
import json
import math
import os
import pathlib
import socket
import subprocess
import sys
import unittest

sys.path[:0] = [str(pathlib.Path(__file__).absolute().parent.parent / "tools")]
sys.dont_write_bytecode = True

from slurpstats_testing import TOOL, SlurpstatsTest, plain, text, v1  # noqa: E402

TEBIBYTE = 2**40
PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 24, 1, 2


class HostileFilesTest(SlurpstatsTest):
    def setUp(self):
        super().setUp()
        self.good = self.put("good", v1(plain("a", "B", 1)))
        self.shown = f"==> {self.good}\n  a 1\n\n"

    def check_message(self, name, message, **options):
        """The file gets a line, and the good one is shown all the same."""
        self.check(self.run_tool(name, self.good, **options), 1, self.shown, f"slurpstats: {name}: {message}\n")

    def test_links(self):
        link = "is a symbolic link (name the file that it leads to)"
        for name, to in (("dangling", "none"), ("loop", "loop"), ("here", "there"), ("there", "here")):
            (self.folder / name).symlink_to(to)
            self.check_message(name, link)
        self.check_message("loop/f", link)  # in the system's words, the same error
        self.check_message("dangling/f", "No such file or directory")

    def test_socket(self):
        with socket.socket(socket.AF_UNIX) as listener:
            here = os.getcwd()
            os.chdir(self.folder)  # its path must be short
            listener.bind("socket")
            os.chdir(here)
            self.check_message("socket", "is not a regular file")

    def test_sparse_tebibyte(self):
        large = self.folder / "large"
        large.touch()
        try:
            os.truncate(large, TEBIBYTE)
        except OSError as error:
            self.skipTest(f"no such files here: {error}")
        self.check_message("large", "is too large for a file of metrics")

    def test_unreadable(self):
        libc = ctypes.CDLL(None)

        def give_up_rights():  # to read what one may not, which root has
            for right in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
                libc.prctl(PR_CAPBSET_DROP, right, 0, 0, 0)

        path = self.put("f", v1())
        os.chmod(path, 0)
        self.check_message("f", "Permission denied", preexec_fn=give_up_rights)

    def test_a_hundred_thousand_names(self):
        for i in range(100000):
            os.symlink("none", self.folder / f"n{i}")
        for name in ("b.mmstats", "a.mmstats"):
            self.put(name, v1(plain("a", "B", 1)))
        result = self.run_tool()
        self.assertEqual((result.status, result.err, result.out.count("==> ")), (0, "", 2))

    # --- files that change while they are read ------------------------------------------------------------------------

    def run_held_up(self, meanwhile, *options):
        """What comes out when `meanwhile` happens between the first file and the second one, which is open by then."""
        first = self.put("first", v1(*(plain(f"label{i}", "I", i) for i in range(3000))))
        many = [plain(f"b{i}", "I", i) for i in range(2000)]
        second = self.put("second", v1(plain("a", "B", 1), *many, plain("z", "B", 2)))
        reader, writer = os.pipe()
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
        with subprocess.Popen([TOOL, *options, first, second], stdout=writer, stderr=subprocess.PIPE) as tool:
            os.close(writer)
            out = os.read(reader, 10)  # it waits in the first file
            meanwhile(second)
            while more := os.read(reader, 65536):
                out += more
            os.close(reader)
            errors = tool.stderr.read().decode()
        self.assertIn("label2999", out.decode())
        return tool.returncode, out.decode(), errors.replace(second, "second")

    def test_truncated_while_it_is_read(self):
        status, out, errors = self.run_held_up(lambda path: os.truncate(path, 0))
        self.assertEqual((status, errors), (1, "slurpstats: second: was truncated while it was read\n"))
        self.assertTrue(out.rstrip().endswith("second"), out[-40:])
        status, out, errors = self.run_held_up(lambda path: os.truncate(path, 0), "--json")
        error = json.loads(out)["files"][1]["error"]
        self.assertEqual((status, error["error"], error["message"]), (1, "EIO", "was truncated while it was read"))
        status, out, errors = self.run_held_up(lambda path: os.truncate(path, 4096))
        self.assertEqual((status, errors), (1, "slurpstats: second: was truncated while it was read\n"))
        self.assertRegex(out, r"second\n  a +1")  # what is there is shown
        self.assertNotIn("\n  z ", out)

    def test_truncated_after_it_was_copied(self):
        status, out, errors = self.run_held_up(lambda path: os.truncate(path, 0), "--copy")
        self.assertEqual((status, errors), (0, ""))
        self.assertIn("\n  z     2", out)

    def test_removed_or_replaced_while_it_is_read(self):
        def replace(path):
            self.put("new", v1(plain("other", "B", 9)))
            os.rename(self.folder / "new", path)

        for meanwhile in (os.unlink, replace):
            status, out, errors = self.run_held_up(meanwhile)
            self.assertEqual((status, errors), (0, ""))
            self.assertIn("\n  z     2", out)

    def test_overwritten_while_it_is_read(self):
        def fill(path):
            with open(path, "r+b") as file:
                file.write(b"\xff" * os.path.getsize(path))

        for option in ("--units", "--json", "--csv"):
            status, out, errors = self.run_held_up(fill, option)
            self.assertIn(status, (0, 1), errors)
            self.assertIn("4294967295", out)  # all of its fields, with what is there now
            if option == "--json":
                self.assertEqual(len(json.loads(out)["files"][1]["fields"]), 2002)


class HostileLabelsTest(SlurpstatsTest):
    def test_duplicate_labels(self):
        path = self.put("f", v1(plain("a", "B", 1), plain("b", "B", 2), plain("a", "B", 3)))
        self.check(self.run_tool(path), 0, f"==> {path}\n  a 1\n  b 2\n  a 3\n\n")
        fields = json.loads(self.run_tool("--json", path).out)["files"][0]["fields"]
        self.assertEqual([(field["label"], field["value"]) for field in fields], [("a", 1), ("b", 2), ("a", 3)])
        rows = list(csv.DictReader(io.StringIO(self.run_tool("--csv", path).out)))
        self.assertEqual([(row["label"], row["value"]) for row in rows], [("a", "1"), ("b", "2"), ("a", "3")])

    def test_html(self):
        """Is text like any other: JSON keeps it as it is, whoever makes a page of it has to escape it."""
        label = "<img src=x onerror=alert('1')>&amp;<!--</script>"
        path = self.put("f", v1(text(label, label)))
        self.assertIn(f"  {label} {label} [checked]\n", self.run_tool(path).out)
        field = json.loads(self.run_tool("--json", path).out)["files"][0]["fields"][0]
        self.assertEqual((field["label"], field["value"]), (label, label))

    def test_largest_label(self):
        label = "\x1b" * 65535
        path = self.put("f", v1(plain(label, "B", 1), plain("b", "B", 2)))
        result = self.run_tool(path)
        self.assertEqual(result.status, 0)
        self.assertEqual(result.out.splitlines()[1], "  " + "\\x1b" * 65535 + " 1")
        self.assertEqual(result.out.splitlines()[2], "  b 2", "the others are not moved for it")
        self.assertEqual(self.run_tool("--filter", "\x1b*", path).out.count("\n"), 3)

    def test_sizes_that_are_not_there(self):
        for signature in ("99999999999s", "4294967295s", "18446744073709551615B"):
            path = self.put("f", v1(plain("a", "B", 1), ("bomb", signature, 0xFF, b"")))
            result = self.run_tool(path)
            self.assertEqual((result.status, result.out), (1, f"==> {path}\n  a 1\n\n"))
            self.assertIn("malformed at byte", result.err)

    def test_tuple_of_65535(self):
        path = self.put("f", v1(("tuple", "65535B", 0xFF, bytes(65535))))
        fields = json.loads(self.run_tool("--json", path).out)["files"][0]["fields"]
        self.assertEqual(fields[0]["value"], [0] * 65535)
        self.assertEqual(self.run_tool(path).out.count("0, "), 65534)

    def test_numbers_that_are_none(self):
        numbers = [math.nan, math.inf, -math.inf]
        path = self.put("f", v1(*(plain(str(n), "d", n) for n in numbers), plain("t", "3d", *numbers)))
        out = self.run_tool(path).out.replace(" [checked]", "")
        self.assertIn("  t    (nan, inf, -inf)\n", out)
        fields = json.loads(self.run_tool("--json", path).out, parse_constant=self.fail)["files"][0]["fields"]
        self.assertEqual([field["value"] for field in fields], [None, None, None, [None, None, None]])
        rows = list(csv.DictReader(io.StringIO(self.run_tool("--csv", path).out)))
        self.assertEqual([row["value"] for row in rows][:3], ["nan", "inf", "-inf"])


if __name__ == "__main__":
    if os.access("/dev/shm", os.W_OK):
        os.environ["TEST_TMPDIR"] = "/dev/shm"  # a disk takes its time for a hundred thousand names
    unittest.main()
