#!/usr/bin/env python3
"""Which files cleanstats removes, which it leaves, and what it says of each."""

import fcntl
import json
import os
import pathlib
import resource
import signal
import subprocess
import sys
import time
import unittest

sys.path[:0] = [str(pathlib.Path(__file__).absolute().parent)]
sys.dont_write_bytecode = True

from clean_testing import DEAD, NOBODY, CleanTest, counter, dead, dead_v1, lock, plain, sys_fields, v1, v2  # noqa: E402

FOLD = ([], ["--fold", "--kind", "*=gauge"])  # what is never removed is never folded


class FilesTest(CleanTest):
    def check_kept(self, name, *lines, status=0, alive=0, **options):
        """It stays, with what is said of it, folding or not."""
        before = (self.folder / name).lstat()
        for arguments in FOLD:
            self.assertEqual(
                self.clean(*arguments, status=status, **options), [*lines, f"Removed 0  -  {alive} alive"]
            )
            now = (self.folder / name).lstat()
            self.assertEqual((now.st_ino, now.st_nlink, now.st_size), (before.st_ino, 1, before.st_size))
            self.assertEqual([name for name in self.names() if name.startswith(".")], [])

    # --- dead ------------------------------------------------------------------------------------------------------

    def test_not_found(self):
        self.put("a.mmstats", dead(counter("n", 1)))
        self.put("b.mmstats", dead_v1(plain("n", "I", 1)))
        self.assertEqual(
            self.clean(),
            [f"PID {DEAD} not found. Deleting a.mmstats", f"PID {DEAD} not found. Deleting b.mmstats",
             "Removed 2  -  0 alive"],
        )  # fmt: skip
        self.assertEqual(self.names(), [])

    def test_pid_of_another_process(self):
        """The number lives; the process has not the lock, or began after the file was made."""
        self.put("a.mmstats", dead(pid=os.getpid()))
        self.put("b.mmstats", dead_v1(pid=os.getpid(), created=1e9))
        self.assertEqual(
            self.clean(),
            [f"PID {os.getpid()} does not hold its lock. Deleting a.mmstats",
             f"PID {os.getpid()} began after it. Deleting b.mmstats", "Removed 2  -  0 alive"],
        )  # fmt: skip

    def test_lock_without_pid(self):
        self.put("a.mmstats", v2(("sys.lock", 15, 0, b"\1")))
        self.assertEqual(self.clean(), ["Nobody holds its lock. Deleting a.mmstats", "Removed 1  -  0 alive"])

    def test_prefix_and_byte_order(self):
        self.put("a.mmstats", v2(*[("web." + label, *rest) for label, *rest in sys_fields(order=">")], order=">"))
        self.assertEqual(self.clean()[-1], "Removed 1  -  0 alive")

    # --- alive -----------------------------------------------------------------------------------------------------

    def test_locked(self):
        for pid in (DEAD, os.getpid()):  # the number means nothing: it may be of another namespace
            held = lock(self.put("a.mmstats", dead(pid=pid)))
            self.check_kept("a.mmstats", alive=1)
            self.assertEqual(self.clean("-v")[0], f"PID {pid} is alive: a.mmstats")
            held.close()
        self.assertEqual(self.clean()[-1], "Removed 1  -  0 alive")

    def test_locked_by_a_writer_that_does_not_say_it(self):
        with lock(self.put("a.mmstats", dead_v1())):
            self.check_kept("a.mmstats", alive=1)

    def test_alive_by_pid(self):
        self.put("a.mmstats", dead_v1(pid=os.getpid(), created=time.time()))
        self.check_kept("a.mmstats", alive=1)

    def test_another_users_process(self):
        """The original deleted its file."""
        nobody = self.with_users()
        self.folder.chmod(0o777)
        self.put("a.mmstats", dead_v1(pid=1, created=1e9))
        self.put("b.mmstats", dead_v1(pid=os.getpid(), created=1e9))
        self.check_kept("a.mmstats", alive=2, **nobody)

    def test_open_for_writing(self):
        """Whoever does it, in whatever PID namespace: no process of that number is here."""
        path = self.put("a.mmstats", dead_v1())
        open_here = "is not found, but some process (in another PID namespace?) has the file open for writing"
        with open(path, "r+b"):
            self.check_kept("a.mmstats", f"PID {DEAD} {open_here}: a.mmstats")
            self.assertEqual(self.clean("--here")[-1], "Removed 0  -  0 alive")  # a child of the writer may be here
        with open(path, "rb"):
            self.assertEqual(self.clean()[-1], "Removed 1  -  0 alive")

    def test_stopped(self):
        """SIGSTOP: it neither runs nor ends."""
        path = self.put("a.mmstats", dead())
        lines = "import sys; sys.path[:0] = sys.argv[1:2]; from clean_testing import lock; held = lock(sys.argv[2]);"
        folder = pathlib.Path(__file__).absolute().parent
        with subprocess.Popen(
            [sys.executable, "-c", lines + "print(flush=True); input()", folder, path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as writer:
            writer.stdout.readline()
            writer.send_signal(signal.SIGSTOP)
            self.check_kept("a.mmstats", alive=1)
            writer.send_signal(signal.SIGKILL)
        self.assertEqual(self.clean()[-1], "Removed 1  -  0 alive")

    # --- not known, and not readable -------------------------------------------------------------------------------

    def test_no_pid(self):
        self.put("a.mmstats", v1(plain("n", "I", 1)))
        self.put("b.mmstats", v2(("sys.lock", 15, 0, b"\0")))
        self.check_kept("a.mmstats", "File has no sys.pid entry: a.mmstats", "File has no sys.pid entry: b.mmstats")

    def test_pid_that_is_none(self):
        for pid in (0, 2**32 - 1):
            self.put("a.mmstats", dead_v1(pid=pid))
            self.check_kept("a.mmstats", f"PID {pid} cannot be judged: a.mmstats")

    def test_hostile_files_do_not_stop_the_rest(self):
        whole = dead_v1(plain("n", "I", 1))
        self.put("a.mmstats", b"")
        self.put("b.mmstats", b"\x07" + bytes(99))
        self.put("c.mmstats", whole[:9])
        (self.folder / "d.mmstats").symlink_to("z.mmstats")
        (self.folder / "e.mmstats").mkdir()
        os.mkfifo(self.folder / "f.mmstats")
        self.put("g\x1b[31m.mmstats", b"\x07")
        self.put("z.mmstats", whole)
        self.assertEqual(
            self.clean(status=1),
            ["Invalid file: a.mmstats (malformed at byte 0, rule 102: the file has no byte at all)",
             "Invalid file: b.mmstats (unsupported at byte 0, rule 101: the version byte is neither 01 nor 02)",
             "Invalid file: c.mmstats (malformed at byte 1, rule 202: the label reaches past the end of the file)",
             "Invalid file: d.mmstats (a symbolic link)",
             "Invalid file: e.mmstats (not a regular file)",
             "Invalid file: f.mmstats (not a regular file)",
             "Invalid file: g\\x1b[31m.mmstats (unsupported at byte 0, rule 101: the version byte is neither 01 nor"
             " 02)",
             f"PID {DEAD} not found. Deleting z.mmstats",
             "Removed 1  -  0 alive"],
        )  # fmt: skip
        self.assertEqual(len(self.names()), 7)

    def test_cut_off_everywhere(self):
        """It goes only when what says that its writer is dead is whole."""
        whole = dead_v1(plain("n", "I", 1))
        for size in range(1, 60):
            self.put("a.mmstats", whole[:size])
            lines = self.run_tool().out.splitlines()
            gone = not (self.folder / "a.mmstats").exists()
            self.assertEqual(gone, lines[-1].startswith("Removed 1"))
            if gone:
                self.assertGreaterEqual(size, 18)  # the end of sys.pid

    def test_malformed_is_never_folded(self):
        self.put("a.mmstats", dead(("x", 1, 0, b"")))  # a counter without a value
        self.assertEqual(self.clean("--fold", status=1)[0], "Invalid file, not folded: a.mmstats")
        self.assertEqual(self.names(), ["a.mmstats"])

    def test_permissions(self):
        nobody = self.with_users()
        self.folder.chmod(0o1777)
        self.put("a.mmstats", dead())
        pathlib.Path(self.put("b.mmstats", dead())).chmod(0o600)
        denied = ["Permission denied: a.mmstats", "Permission denied: b.mmstats", "Removed 0  -  0 alive"]
        self.assertEqual(self.clean(status=1, **nobody), denied)
        another = ["Dead, but another user's, who may fold it: a.mmstats", denied[1], denied[2]]
        self.assertEqual(self.clean("--fold", status=1, **nobody), another)
        self.folder.chmod(0o755)
        for path in self.folder.iterdir():
            os.chown(path, NOBODY, NOBODY)
        denied = ["Permission denied: a.mmstats", "Permission denied: b.mmstats", "Removed 0  -  0 alive"]
        self.assertEqual(self.clean(status=1, **nobody), denied)
        self.assertEqual(self.clean("--fold", status=1, **nobody), denied)
        self.assertEqual(self.names(), ["a.mmstats", "b.mmstats"])

    def test_another_users_file_in_a_directory_for_all(self):
        nobody = self.with_users()
        self.folder.chmod(0o777)
        self.put("a.mmstats", dead())
        self.assertEqual(self.clean(**nobody)[-1], "Removed 1  -  0 alive")

    def test_another_cleaner(self):
        path = self.put("a.mmstats", dead())
        with open(path, "rb") as other:
            fcntl.flock(other, fcntl.LOCK_EX)
            self.check_kept("a.mmstats", "Another cleaner is at work on a.mmstats")

    # --- options ---------------------------------------------------------------------------------------------------

    def picture(self):
        return [(p.name, p.lstat().st_ino, p.lstat().st_nlink, p.lstat().st_ctime_ns) for p in self.folder.iterdir()]

    def test_dry_run(self):
        self.put("a-1.mmstats", dead(counter("n", 1), pid=DEAD))
        self.put("b.mmstats", dead_v1(pid=os.getpid(), created=time.time()))
        before = self.picture()
        self.assertEqual(
            self.clean("--dry-run"), [f"PID {DEAD} not found. Would delete a-1.mmstats", "Would remove 1  -  1 alive"]
        )
        self.assertEqual(
            self.clean("--dry-run", "--fold"),
            [f"PID {DEAD} not found. Would fold a-1.mmstats into a-1-{os.geteuid()}.archive.mmstats",
             "Would remove 1  -  1 alive"],
        )  # fmt: skip
        self.assertEqual(self.picture(), before)

    def test_min_age(self):
        path = self.put("a.mmstats", dead())
        for arguments in FOLD:
            self.assertEqual(
                self.clean("--min-age=1000", *arguments),
                ["Dead, but younger than --min-age: a.mmstats", "Removed 0  -  0 alive"],
            )
        os.utime(path, (1, 1))
        self.assertEqual(self.clean("--min-age=1000")[-1], "Removed 1  -  0 alive")

    def test_names(self):
        self.put("a.mmstats", dead())
        self.put("other", dead())
        self.assertEqual(
            self.clean("other", "none", "./a.mmstats", status=1),
            [f"PID {DEAD} not found. Deleting other", "No such file: none",
             f"PID {DEAD} not found. Deleting ./a.mmstats", "Removed 2  -  0 alive"],
        )  # fmt: skip
        result = self.run_tool()
        self.assertEqual((result.status, result.out), (3, "Removed 0  -  0 alive\n"))
        self.assertIn("no such files", result.err)

    def test_json(self):
        self.put("a.mmstats", dead())
        self.put("b.mmstats", v1(plain("n", "I", 1)))
        self.put("c\x1b\udcff".encode("utf-8", "surrogateescape").decode("latin-1") + ".mmstats", b"\7")
        result = self.run_tool("--json")
        self.assertEqual((result.status, result.err), (1, ""))
        said = json.loads(result.out)
        self.assertEqual(
            [(file["pid"], file["verdict"], file["archive"]) for file in said.pop("files")],
            [(DEAD, "removed", None), (None, "kept", None), (None, "failed", None)],
        )
        self.assertEqual(said, {"dry_run": False, "removed": 1, "alive": 0})
        self.put("a.mmstats", dead())
        file = json.loads(self.run_tool("--json", "--fold", "a.mmstats").out)["files"][0]
        self.assertEqual(
            file,
            {"path": "a.mmstats", "pid": DEAD, "verdict": "folded", "reason": f"PID {DEAD} not found",
             "archive": f"a-{os.geteuid()}.archive.mmstats"},
        )  # fmt: skip

    def test_usage(self):
        for age in ("0", "1.5", "1e3", ".5"):
            self.assertEqual(self.run_tool("--min-age", age).status, 3)
        for arguments in (["--min-age=x"], ["--min-age=-1"], ["--min-age=nan"], ["--min-age=0x1"], ["--min-age=inf"],
                          ["--kind=a=b", "--fold"],
                          ["--kind==counter", "--fold"], ["--kind=a=counter"], ["--nonsense"]):  # fmt: skip
            self.assertEqual(self.run_tool(*arguments).status, 2, arguments)
        manual = (pathlib.Path(__file__).absolute().parent.parent / "cleanstats.1.scd").read_text()
        for line in self.run_tool("--help").out.splitlines():
            for option in [word for word in line.replace(",", " ").replace("=", " ").split()[:2] if word[:2] == "--"]:
                self.assertIn(f"*{option}*", manual)

    def test_output_that_fails(self):
        self.put("a.mmstats", dead())
        with open("/dev/full", "wb") as full:
            result = self.run_tool(stdout=full)
        self.assertEqual((result.status, result.err), (1, "cleanstats: standard output: No space left on device\n"))

    def test_many(self):
        """More than there are descriptors."""
        for i in range(300):
            self.put(f"a-{i}.mmstats", dead(counter("n", 1)))
        limit = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (200, 200))  # noqa: E731
        self.assertEqual(self.clean(preexec_fn=limit)[-1], "Removed 300  -  0 alive")


if __name__ == "__main__":
    unittest.main()
