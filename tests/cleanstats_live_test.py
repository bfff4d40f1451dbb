#!/usr/bin/env python3
"""cleanstats and writers that live: in another PID namespace, as a child, or that come while it works."""

import os
import pathlib
import shutil
import subprocess
import sys
import unittest

sys.path[:0] = [str(pathlib.Path(__file__).absolute().parent.parent / "tools/clean")]
sys.dont_write_bytecode = True

from clean_testing import DEAD, ROOT, TOOL, CleanTest, counter, dead, dead_v1  # noqa: E402

ALL_FIELDS = ROOT / "examples/all_fields"
KILL_AT = ROOT / "tests/kill_at"
# Maps argv[1] for writing, and stays: in a PID namespace of its own, where its number is argv[2] if that can be had.
MAPPING = """
import mmap, os, sys
if len(sys.argv) > 2:
    with open("/proc/sys/kernel/ns_last_pid", "w") as last:
        last.write(str(int(sys.argv[2]) - 1))
    if os.fork():
        os.wait()
        sys.exit()
    assert os.getpid() == int(sys.argv[2]), os.getpid()
with open(sys.argv[1], "r+b") as file:
    memory = mmap.mmap(file.fileno(), 0)
print(flush=True)
input()
"""


class LiveTest(CleanTest):
    def start(self, *command, **options):
        """Until it has printed a line: that."""
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   text=True, **options)  # fmt: skip
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        process.line = process.stdout.readline()
        return process

    def start_writer(self, *before, name=None, hold=600):
        environment = {"MMSTATS_PATH": str(self.folder), **({"MMSTATS_FILES": name} if name else {})}
        return self.start(*before, ALL_FIELDS, f"--hold={hold}", env={**os.environ, **environment})

    def unshare(self, *options):
        probe = subprocess.run(["unshare", *options, "true"], check=False, capture_output=True)
        if probe.returncode != 0:
            self.skipTest(f"no namespaces here: {probe.stderr.decode()}")
        return ["unshare", "--kill-child", *options]

    def check_alive(self):
        for arguments in ([], ["--fold"], ["--dry-run"], ["--here"]):
            self.assertEqual(self.clean(*arguments)[-1][-7:], "1 alive")
        self.assertEqual(len(self.names()), 1)

    # --- writers ---------------------------------------------------------------------------------------------------

    def test_writer(self):
        writer = self.start_writer()
        self.check_alive()
        writer.kill()
        writer.wait()
        self.assertEqual(self.clean("--fold")[-1], "Removed 1  -  0 alive")
        self.assertEqual(self.totals(["t.counter"]), {"t.counter": 42})

    def test_writer_in_another_pid_namespace(self):
        """Its number is not here, or another process's."""
        self.start_writer(*self.unshare("--pid", "--fork"))
        self.check_alive()

    def test_cleaner_in_another_pid_namespace(self):
        writer = self.start_writer()
        command = [*self.unshare("--pid", "--fork", "--mount-proc"), TOOL]
        done = subprocess.run(command, env={**os.environ, "MMSTATS_PATH": str(self.folder)}, check=True,
                              capture_output=True, text=True)  # fmt: skip
        self.assertEqual(done.stdout, "Removed 0  -  1 alive\n")
        writer.kill()
        writer.wait()
        done = subprocess.run(command, env={**os.environ, "MMSTATS_PATH": str(self.folder)}, check=True,
                              capture_output=True, text=True)  # fmt: skip
        self.assertEqual(done.stdout.splitlines()[-1], "Removed 1  -  0 alive")

    def test_child(self):
        """fork: the child has a file of its own, and its parent's is dead when the parent is."""
        parent = self.start(ROOT / "tests/forking", self.folder)
        child = int(parent.line)
        self.addCleanup(os.kill, child, 9)
        parent.wait()
        lines = self.clean()
        self.assertEqual(lines, [f"PID {parent.pid} not found. Deleting forking-{parent.pid}-{parent.pid}.mmstats",
                                 "Removed 1  -  1 alive"])  # fmt: skip
        self.assertEqual(self.names(), [f"forking-{child}-{child}.mmstats"])

    # --- writers that do not lock ------------------------------------------------------------------------------------

    def test_mapped_in_another_pid_namespace(self):
        path = self.put("a.mmstats", dead_v1())
        self.start(*self.unshare("--pid", "--fork"), sys.executable, "-c", MAPPING, path)
        for arguments in ([], ["--fold"]):
            self.assertIn("open for writing", self.clean(*arguments)[0])
        self.assertEqual(self.names(), ["a.mmstats"])

    def test_number_in_another_pid_namespace(self):
        """Where the file cannot be asked, as it is another user's."""
        nobody = self.with_users()
        path = self.put("a.mmstats", dead_v1())
        self.folder.chmod(0o777)
        command = self.unshare("--pid", "--fork", "--mount-proc")
        process = self.start(*command, sys.executable, "-c", MAPPING, path, str(DEAD))
        if process.line == "":
            self.skipTest(f"no choice of numbers here: {process.communicate()[1]}")

        said = self.clean(**nobody)[0]
        self.assertRegex(said, f"^PID {DEAD} is not found.* in another (PID namespace|one)")
        self.assertEqual(self.names(), ["a.mmstats"])

    # --- writers that come while it works ----------------------------------------------------------------------------

    def pause(self, number, *arguments):
        """At its number-th syscall that changes something. None: it makes fewer."""
        tool = subprocess.Popen([KILL_AT, "-p", str(number), TOOL, *arguments], stdin=subprocess.PIPE,
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                env={"MMSTATS_PATH": str(self.folder)})  # fmt: skip
        if tool.stderr.readline() == b"\n":
            return tool
        tool.communicate()
        self.assertEqual(tool.returncode, 1, "is there ptrace?")
        return None

    def is_locked(self, path):
        probe = subprocess.run([TOOL, "--dry-run", "-v", path], capture_output=True, text=True, check=False)
        return " is alive" in probe.stdout

    def at_every_pause(self, arguments, data, body):
        """body(path) while the tool stands at each of its syscalls; then it goes on. Returns how many there were."""
        if subprocess.run([KILL_AT, "1", "/bin/true"], check=False).returncode != 0:
            self.skipTest("no ptrace here")
        for number in range(1, 1000):
            for path in self.folder.iterdir():
                path.unlink()
            path = self.put("fixed.mmstats", data)
            tool = self.pause(number, *arguments)
            if tool is None:
                return number - 1
            with self.subTest(number=number, arguments=arguments):
                check = body(path)
                tool.communicate()
                check()
        return 0

    def test_writer_comes(self):
        """It makes its file in the place of the dead one, or is told that the name is in use; its file stays."""
        def body(path):
            writer = self.start_writer(name="fixed.mmstats")

            def check():
                if writer.line != "":
                    self.assertTrue(os.path.exists(path))
                    self.assertTrue(self.is_locked(path))
                writer.kill()
                writer.communicate()
                return None

            return check

        for arguments in ([], ["--fold"]):
            self.assertGreater(self.at_every_pause(arguments, dead(counter("n", 1)), body), 5)

    def test_writer_that_does_not_lock_comes(self):
        """As the original does: it opens the file that is there. It has to wait, but the file stays."""
        def body(path):
            waits = False
            try:
                held = os.open(path, os.O_RDWR | os.O_NONBLOCK)
            except BlockingIOError:
                held, waits = None, True
            except FileNotFoundError:
                held = None

            def check():
                if held is not None or waits:
                    self.assertTrue(os.path.exists(path))
                if held is not None:
                    os.close(held)

            return check

        for arguments in ([], ["--fold", "--kind=*=counter"]):
            self.at_every_pause(arguments, dead_v1(), body)

    def test_link_to_the_directory_means_another_one_meanwhile(self):
        """As with "current" of a deployment: nothing of the other one comes into the archive."""
        if subprocess.run([KILL_AT, "1", "/bin/true"], check=False).returncode != 0:
            self.skipTest("no ptrace here")
        old, new, current, place = (self.folder / name for name in ("old", "new", "current", "place"))
        for number in range(1, 1000):
            for directory, value in ((old, 1), (new, 100)):
                shutil.rmtree(directory, ignore_errors=True)
                directory.mkdir()
                for _ in range(2):  # an archive, too
                    (directory / "app-7-7.mmstats").write_bytes(dead(counter("n", value), pid=7))
                    if not list(directory.glob("*.archive.mmstats")):
                        self.clean("--fold", directory / "app-7-7.mmstats")
            current.unlink(missing_ok=True)
            current.symlink_to("old")
            tool = self.pause(number, "--fold", current / "app-7-7.mmstats")
            if tool is None:
                return
            place.symlink_to("new")
            place.rename(current)
            tool.communicate()
            with self.subTest(number=number):
                sums = []
                for self.folder in (old, new):
                    self.clean("--fold")
                    sums.append(self.totals()["n"])
                self.assertEqual(sums, [2, 200])
            self.folder = old.parent


if __name__ == "__main__":
    unittest.main()
