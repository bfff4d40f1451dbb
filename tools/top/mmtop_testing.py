"""What the tests of mmtop share: the tool, and a real terminal (tmux) that it runs in."""

import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
import unicodedata

ROOT = pathlib.Path(__file__).absolute().parent.parent.parent
TOOL = os.environ.get("MMTOP", ROOT / "tools/mmtop")
sys.path[:0] = [str(ROOT / "tools/common"), str(ROOT / "tools")]
sys.dont_write_bytecode = True

PATIENCE = float(os.environ.get("PATIENCE", 60))  # seconds, after which something that never comes is given up


def columns_of(text):
    """How many columns of a terminal a text takes."""
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
    )


class Terminal:
    """A shell in a terminal of tmux, and its screen. Nothing here sleeps for a time: it looks again."""

    def __init__(self, folder, columns=80, rows=24, **environment):
        self.home = tempfile.mkdtemp(prefix="mmtop-", dir="/tmp")  # the path of a socket has to be short
        self.variables = {
            "PATH": os.environ["PATH"],
            "LC_ALL": "C.UTF-8",
            "MMSTATS_PATH": str(folder),
            "PS1": "$ ",
            "HOME": self.home,
            "SHELL": "/bin/sh",
            **environment,
        }
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", str(columns), "-y", str(rows), "env PS1='$ ' /bin/sh")
        self.wait_for("$")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.tmux("kill-server")
        shutil.rmtree(self.home, ignore_errors=True)

    def tmux(self, *arguments):
        done = subprocess.run(
            ["tmux", "-u", "-S", self.home + "/socket", *arguments],
            env=self.variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(f"tmux {arguments}: {done.stderr.decode()}")
        return done.stdout.decode()

    def run(self, *arguments):
        """Starts mmtop."""
        self.type(f"sh -c 'echo $$ >~/pid; exec \"$0\" \"$@\"' {shlex.join([str(TOOL), *arguments])}\n")

    def kill(self, number):
        os.kill(int(pathlib.Path(self.home, "pid").read_text(encoding="ascii")), number)

    def status(self):
        """The exit status, when it has ended."""
        self.type("echo status=$?=\n")
        screen = self.wait(lambda screen: re.search(r"^status=\d+=", screen, re.MULTILINE), "an exit status")
        return int(re.findall(r"^status=(\d+)=", screen, re.MULTILINE)[-1])

    def type(self, text):
        self.tmux("send-keys", "-l", "--", text)

    def press(self, *keys):
        """Keys by the names that tmux has for them: Enter, Escape, PageDown, C-c ..."""
        self.tmux("send-keys", *keys)

    def resize(self, columns, rows):
        self.tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def screen(self, *options):
        return self.tmux("capture-pane", "-p", *options)

    def ask(self, variable):
        return self.tmux("display-message", "-p", f"#{{{variable}}}").strip()

    def wait(self, condition, what):
        """Looks until the screen is as it should be, and returns it."""
        end = time.monotonic() + PATIENCE
        while True:
            screen = self.screen()
            if condition(screen):
                return screen
            if time.monotonic() > end:
                raise AssertionError(f"never came: {what}\n{screen}")
            time.sleep(0.02)

    def wait_for(self, *texts):
        return self.wait(lambda screen: all(text in screen for text in texts), texts)

    def wait_until_gone(self, text):
        return self.wait(lambda screen: text not in screen, f"no {text}")


def metrics_of(screen):
    """The labels in the list of metrics, from the top."""
    lines = screen.splitlines()
    begin = next(i for i, line in enumerate(lines) if line.lstrip().startswith("METRIC"))
    return [line[2:].split()[0] for line in lines[begin + 1 : -1] if line.strip()]
