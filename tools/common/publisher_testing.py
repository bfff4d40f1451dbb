"""A real writer that goes one step at a time, for the tests of tools: publisher.c."""

import os
import pathlib
import subprocess
import urllib.parse

PUBLISHER = os.environ.get("PUBLISHER", pathlib.Path(__file__).absolute().parent / "publisher")


class Publisher:
    """A process with files in `folder`. When a call returns, readers see what it did.

    with Publisher(folder) as web:
        web.publish("a.mmstats", ("counter", "web.hits"), ("u64", "web.size", "bytes"))
        web.set("web.hits", 7)
    """

    def __init__(self, folder, output="v2"):
        self.process = subprocess.Popen(
            [PUBLISHER, output],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={"MMSTATS_PATH": str(folder)},
            text=True,
        )
        self.pid = self.process.pid

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def say(self, *words):
        """A command of publisher.c. Words may be bytes, and hold anything but NUL."""
        line = " ".join(urllib.parse.quote(word if isinstance(word, bytes) else str(word)) for word in words)
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if answer != "ok\n":
            raise RuntimeError(f"{line}: {answer}")

    def publish(self, name, *fields):
        """A file, complete from the first moment that it is seen. Further commands are about this file."""
        self.say("file", name)
        for field in fields:
            self.add(*field)
        self.say("open")

    def file(self, name):
        self.say("file", name)

    def add(self, kind, label, unit=None):
        self.say("add", kind, label, *([] if unit is None else [unit]))

    def set(self, label, value):
        self.say("set", label, value)

    def close(self):
        """Removes the file."""
        self.say("close")

    def die(self):
        """Ends without a word, and leaves its files behind."""
        self.process.kill()
        self.end()

    def end(self):
        """Ends as programs do, and removes its files. Idempotent."""
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()
