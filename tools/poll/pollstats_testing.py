"""What the tests of pollstats share: the tool beside real writers, in pipes and on terminals."""

import fcntl
import os
import pathlib
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
import unittest

TOOLS = pathlib.Path(__file__).absolute().parent.parent
sys.path[:0] = [str(TOOLS / "common"), str(TOOLS)]

from publisher_testing import Publisher  # noqa: E402

TOOL = os.environ.get("POLLSTATS", TOOLS / "pollstats")
PATIENCE = int(os.environ.get("PATIENCE", "50"))  # seconds until a test that waits for something gives up
QUICK = "-d0.02"
STEADY = "-d0.2"  # the busiest metrics: what changed stays there for 60 intervals


class Running:
    """A pollstats whose rows are read one by one."""

    def __init__(self, arguments, options):
        self.process = subprocess.Popen(
            [TOOL, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options
        )

    def row(self):
        """The next line, without its end."""
        line = self.process.stdout.readline()
        if not line.endswith("\n"):
            raise AssertionError(f"no whole line: {line!r}; {self.process.stderr.read()}")
        return line[:-1]

    def until(self, found):
        """The first row for which that is true."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            row = self.row()
            if found(row):
                return row
        raise AssertionError("it did not come")

    def stop(self, number=signal.SIGINT):
        """Returns what it printed since, its messages and its status."""
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=PATIENCE)
        return out, err, self.process.returncode


class Terminal:
    """A pollstats on a terminal of that size."""

    def __init__(self, arguments, options, columns=80, lines=24):
        self.master, slave = pty.openpty()
        self.resize(columns, lines)
        environment = options.pop("env")
        self.process = subprocess.Popen(
            [TOOL, *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
            env={"TERM": "xterm", **environment},
            **options,
        )
        os.close(slave)
        self.text = ""

    def resize(self, columns, lines):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def expect(self, pattern):
        """Reads until the pattern is there; returns the match. What comes up to its end is used up then."""
        end = time.monotonic() + PATIENCE
        while True:
            found = re.search(pattern, self.text)
            if found:
                self.text = self.text[found.end() :]
                return found
            if time.monotonic() > end or not select.select([self.master], [], [], PATIENCE)[0]:
                raise self.missing(pattern)
            try:
                self.text += os.read(self.master, 65536).decode()
            except OSError as error:  # the other end is closed
                raise self.missing(pattern) from error

    def missing(self, pattern):
        return AssertionError(f"{pattern!r} is not in {len(self.text)} characters: {self.text[:1000]!r}")

    def interrupt(self):
        """As Ctrl-C does it. Returns the exit status."""
        os.write(self.master, b"\x03")
        return self.process.wait(PATIENCE)


class PollstatsTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(dir=os.environ.get("TEST_TMPDIR"))
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def publisher(self, output="v2"):
        made = Publisher(self.folder, output)
        self.addCleanup(made.end)
        return made

    def put(self, name, data):
        (self.folder / name).write_bytes(data)

    def options(self, env=None):
        return {"cwd": self.folder, "env": {"PATH": os.environ["PATH"], "TMPDIR": str(self.folder), **(env or {})}}

    def start(self, *arguments):
        running = Running(arguments, self.options())
        self.addCleanup(running.process.wait)
        self.addCleanup(running.process.kill)
        self.addCleanup(running.process.stdout.close)
        self.addCleanup(running.process.stderr.close)
        return running

    def terminal(self, *arguments, env=None, **size):
        made = Terminal(arguments, self.options(env), **size)
        self.addCleanup(os.close, made.master)
        self.addCleanup(made.process.wait)
        self.addCleanup(made.process.kill)
        return made

    def run_tool(self, *arguments, env=None):
        """Returns status, output and messages."""
        done = subprocess.run(
            [TOOL, *arguments], capture_output=True, text=True, timeout=PATIENCE, check=False, **self.options(env)
        )
        return done.returncode, done.stdout, done.stderr

    def rows(self, *arguments):
        """The cells of the rows it prints, without headings."""
        status, out, err = self.run_tool(QUICK, *arguments)
        self.assertEqual((status, err), (0, ""))
        return [self.cells(line) for line in out.splitlines()[1:]]

    def cells(self, line):
        return [cell.strip() for cell in line.split("|")]
