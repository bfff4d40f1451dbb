#!/usr/bin/env python3
"""What mmtop costs: bazel run -c opt //tools/top:cost -- [--files N] [--fields N] [--seconds N] [--delay SECONDS]

Publishes so many files with so many fields, shows them with mmtop on a terminal of 80 x 24 for so long, while one field
of each file is updated again and again, and says how much of a core and of memory mmtop took."""

import argparse
import fcntl
import os
import pathlib
import pty
import resource
import select
import struct
import sys
import tempfile
import termios
import threading
import time

os.environ.update(MMTOP=os.path.abspath("tools/mmtop"), PUBLISHER=os.path.abspath("tools/common/publisher"))
sys.path[:0] = [str(pathlib.Path(__file__).parent)]

from mmtop_testing import TOOL  # noqa: E402

from publisher_testing import Publisher  # noqa: E402


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--fields", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--delay", type=float, default=2)
    return parser.parse_args()


def update(publisher, files, stop):
    number = 0
    while not stop.wait(0.5):
        number += 1
        for file in range(files):
            publisher.file(f"f{file}.mmstats")
            publisher.set("app.requests.0", number * file)


def cpu(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("RssAnon")) / 1024


def drain(terminal, seconds):
    """Reads what mmtop draws, as a terminal does. Returns how many bytes."""
    end, size = time.monotonic() + seconds, 0
    while (left := end - time.monotonic()) > 0:
        if not select.select([terminal], [], [], left)[0]:
            continue
        try:
            size += len(os.read(terminal, 65536))
        except OSError:  # mmtop has ended
            break
    return size


def watch(folder, arguments):
    """Shows the files, and returns seconds of CPU for the first screen, then for each second, MiB, bytes a second."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.update(MMSTATS_PATH=folder, TERM="xterm-256color", LC_ALL="C.UTF-8")
        os.execv(TOOL, [str(TOOL), "-d", str(arguments.delay)])
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    drain(terminal, arguments.delay + 1)
    first, began = cpu(pid), time.monotonic()
    drawn = drain(terminal, arguments.seconds)
    passed = time.monotonic() - began
    result = first, (cpu(pid) - first) / passed, memory(pid), drawn / passed
    os.write(terminal, b"q")
    drain(terminal, 0.2)
    os.close(terminal)
    os.waitpid(pid, 0)
    return result


def main():
    arguments = parse()
    resource.setrlimit(resource.RLIMIT_NOFILE, 2 * (resource.getrlimit(resource.RLIMIT_NOFILE)[1],))
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as folder:
        with Publisher(folder) as publisher:
            for file in range(arguments.files):
                fields = [("counter", f"app.requests.{i}") for i in range(arguments.fields)]
                publisher.publish(f"f{file}.mmstats", *fields)
            stop = threading.Event()
            thread = threading.Thread(target=update, args=(publisher, arguments.files, stop))
            thread.start()
            first, share, mebibytes, drawn = watch(folder, arguments)
            stop.set()
            thread.join()
    print(f"{arguments.files} files x {arguments.fields} fields, every {arguments.delay:g} s: "
          f"{share * 100:.1f} % of a core, {share * arguments.delay * 1000:.1f} ms a look, "
          f"{first:.2f} s to the first screens, {mebibytes:.0f} MiB, {drawn:.0f} bytes/s to the terminal")


if __name__ == "__main__":
    main()
