#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What requests to mmash cost, over HTTP: `bazel run -c opt //tools/mash:measure -- [FILES...]` (10 100 1000 10000).

Files have 100 fields: 60 counters, 39 gauges, a PID. They lie in a new folder of /dev/shm, and are removed at the end.
A figure is the middle one of several; the memory is what the process has at most, with all answers made."""

import http.client
import os
import pathlib
import statistics
import struct
import sys
import tempfile
import time

os.environ["MMASH"] = os.path.abspath("tools/mmash")
sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent)]
sys.dont_write_bytecode = True

from mash_testing import Server  # noqa: E402
from slurpstats_testing import v2  # noqa: E402

COUNTER, GAUGE, PID = (1, 0), (13, 1), (17, 0)
PATHS = ("/stats/", "/stats/web.", "/stats/web.?aggr=sum", "/stats/web.requests.7?exact=", "/2/?q=web.*", "/files/",
         "/metrics")  # fmt: skip


def file_of(number):
    def buffered(code, value):
        return bytes([1]) + struct.pack("=" + 2 * code, value, value)

    records = [("sys.pid", *PID, struct.pack("=I", 1000 + number))]
    records += [(f"web.requests.{i}", *COUNTER, buffered("Q", 1000 * number + i)) for i in range(60)]
    records += [(f"web.queue.{i}", *GAUGE, buffered("d", number + i / 8)) for i in range(39)]
    return v2(*records)


def measure(server, path):
    times = []
    connection = http.client.HTTPConnection(server.host, server.port, timeout=60)
    for _ in range(7):
        time.sleep(0.06)  # so that each looks at the files again
        begin = time.monotonic()
        connection.request("GET", path)
        size = len(connection.getresponse().read())
        times.append(time.monotonic() - begin)
    connection.close()
    return statistics.median(times), max(times), size


def peak(server):
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1024


def main():
    for files in [int(argument) for argument in sys.argv[1:]] or [10, 100, 1000, 10000]:
        with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
            for number in range(files):
                (pathlib.Path(folder) / f"web-{number}.mmstats").write_bytes(file_of(number))
            server = Server(folder, "--no-self")
            print(f"{files} files of 100 fields          median      most       bytes")
            for path in PATHS:
                middle, most, size = measure(server, path)
                print(f"  {path:32} {1000 * middle:6.1f} ms {1000 * most:6.1f} ms {size:11,}", flush=True)
            print(f"  memory: {peak(server):.0f} MiB")
            server.end()
            server.clean_up()


if __name__ == "__main__":
    main()
