#!/usr/bin/env python3
"""What a scrape costs, without HTTP: `bazel run -c opt //tools/metrics:measure -- [FILES...]` (10 100 1000 10000).

Files are of version 2 and have 100 fields: 60 counters, 20 gauges, 10 timers with unit and help, 5 texts, 5 histograms
of 61 buckets. They lie in a new folder of /dev/shm, and are removed at the end."""

import pathlib
import struct
import subprocess
import sys
import tempfile

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent.parent)]
sys.dont_write_bytecode = True

from slurpstats_testing import v2  # noqa: E402

SHOW = pathlib.Path(__file__).absolute().parent / "show"
COUNTER, GAUGE, TIMER, STATIC_TEXT, HISTOGRAM, METADATA = (1, 0), (13, 1), (4, 0), (20, 0), (68, 0), (96, 0)


def buffered(code, value):
    return bytes([1]) + struct.pack("=" + 2 * code, value, value)


def record(label, what, body):
    """The parts that are aligned in a real file are not so here; nobody writes these files while they are read."""
    return label, *what, body


def file_of(number):
    records = [record("sys.pid", (17, 0), struct.pack("=I", 1000 + number))]
    records += [record("sys.created", (14, 7), struct.pack("=d", 1.7e9 + number))]
    records += [record(f"web.requests.{i}", COUNTER, buffered("Q", 1000 * number + i)) for i in range(60)]
    records += [record(f"web.queue.{i}", GAUGE, buffered("d", number + i / 8)) for i in range(20)]
    for i in range(10):
        label = f"web.latency.{i}"
        records += [record(label, METADATA, b"unit=seconds\nhelp=How long a request took.")]
        records += [record(label, TIMER, buffered("d", (number + 1) / 1024))]
    records += [record(f"web.version.{i}", STATIC_TEXT, b"1.0".ljust(256, b"\0")) for i in range(5)]
    counts = struct.pack("=BBHIdQ61Q", 2, 16, 0, 61, 0.001, 7 * number, *range(61))
    return v2(*records, *[record(f"web.size.{i}", HISTOGRAM, counts) for i in range(5)])


def main():
    for files in [int(argument) for argument in sys.argv[1:]] or [10, 100, 1000, 10000]:
        with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
            for number in range(files):
                (pathlib.Path(folder) / f"web-{number}.mmstats").write_bytes(file_of(number))
            for by in ([], ["--by", "process"]):
                repeat = str(max(3, 1000 // files))
                command = [SHOW, *by, "--repeat", repeat, f"{folder}/*.mmstats"]
                print("per process:" if by else "all in one: ", end=" ", flush=True)
                subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
