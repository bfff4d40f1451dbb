"""What the tests of cleanstats share: files of dead writers, what an independent decoder adds up, the tool itself."""

import collections
import fcntl
import os
import pathlib
import shutil
import struct
import sys
import tempfile

ROOT = pathlib.Path(__file__).absolute().parent.parent.parent
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "spec")]
sys.dont_write_bytecode = True

from decoder import decode  # noqa: E402
from slurpstats_testing import SlurpstatsTest, buffered, plain, text, v1, v2  # noqa: E402, F401

TOOL = os.environ.get("CLEANSTATS", ROOT / "tools/cleanstats")
UID = os.geteuid()
F_OFD_SETLK = 37
SEQUENCE = 0x80


def dead_pid():
    """Of a process that has ended, and whose number no other one has."""
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    return pid


DEAD = dead_pid()


def counter(label, value):
    return label, 1, 2, b"\0" + struct.pack("=QQ", 0, value)


def histogram(label, counts, total, sub_bits=0, max_bits=1, scale=0.5):
    """Without a sequence, which would have to be aligned."""
    body = struct.pack("=BBHId", sub_bits, max_bits, 0, len(counts), scale)
    return label, 68, 5, body + struct.pack(f"={len(counts) + 1}Q", total, *counts)


def sys_fields(pid=DEAD, lock=None, created=1e9, order="="):
    records = [("sys.pid", 17, 0, struct.pack(order + "I", pid)),
               ("sys.created", 14, 7, struct.pack(order + "d", created))]  # fmt: skip
    return records + ([("sys.lock", 15, 0, bytes([lock]))] if lock is not None else [])


def dead(*records, pid=DEAD, lock=True):
    """A file of version 2 whose writer held a lock, and has ended."""
    return v2(*sys_fields(pid, lock), *records)


def dead_v1(*records, pid=DEAD, created=1e9):
    """A file of the original's."""
    return v1(plain("sys.pid", "I", pid), plain("sys.created", "d", created), *records)


def lock(path, kind=fcntl.F_WRLCK):
    """As a live writer has it. Returns what holds it."""
    held = open(path, "r+b" if kind == fcntl.F_WRLCK else "rb")
    fcntl.fcntl(held, F_OFD_SETLK, struct.pack("hhqqixxxx", kind, os.SEEK_SET, 0, 0, 0))
    return held


NOBODY = 65534


def become_nobody():
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)


class CleanTest(SlurpstatsTest):
    tool = TOOL

    def with_users(self):
        """Folder and tool where another user reaches them. Returns an option of run_tool: to run it as that one."""
        if os.geteuid() != 0:
            self.skipTest("needs root")
        pid = os.fork()
        if pid == 0:
            try:
                become_nobody()
            except OSError:
                os._exit(1)
            os._exit(0)
        if os.waitpid(pid, 0)[1] != 0:
            self.skipTest("no other users here")
        place = tempfile.TemporaryDirectory(dir="/tmp")
        self.addCleanup(place.cleanup)
        self.folder = pathlib.Path(place.name, "files")
        self.folder.mkdir()
        self.folder.parent.chmod(0o755)
        self.tool = shutil.copy(TOOL, place.name)
        return {"preexec_fn": become_nobody}

    def names(self):
        return sorted(path.name for path in self.folder.iterdir())

    def glob(self):
        return sorted(self.folder.glob("*.mmstats"))

    def clean(self, *arguments, **options):
        """Over the default glob. Returns the lines of its output, less the folder's path, its status looked at."""
        status = options.pop("status", 0)
        result = self.run_tool(*arguments, **options)
        self.assertEqual((result.status, result.err), (status, ""), result.out)
        return result.out.replace(f"{self.folder}/", "").splitlines()

    def fields(self, name):
        """Of one file, by label, as the independent decoder has them."""
        found = decode((self.folder / name).read_bytes())
        self.assertEqual(found["errors"], [])
        return {field["label"]: field["value"] for field in found["fields"]}

    def totals(self, labels=("n",)):
        """What readers add up over all files that they look for."""
        sums = collections.Counter()
        for path in self.glob():
            for field in decode(path.read_bytes())["fields"]:
                if field["label"] in labels:
                    sums[field["label"]] += field["value"]
        return dict(sums)
