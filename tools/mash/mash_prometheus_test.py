#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The real Prometheus scrapes mmash, as --print-prometheus-config says, and answers queries with the right values."""

import json
import math
import pathlib
import socket
import struct
import subprocess
import sys
import unittest
import urllib.error
import urllib.parse
import urllib.request

sys.path[:0] = [str(pathlib.Path(__file__).parent)]
sys.dont_write_bytecode = True

from mash_testing import TOOL, MashTest, wait_for  # noqa: E402
from slurpstats_testing import plain, v1, v2  # noqa: E402

COUNTER, STATIC_TEXT, HISTOGRAM, METADATA = 1, 20, 68, 96
LARGEST_EXACT = 2**53 - 1  # Prometheus has floats


def file_of(pid, requests):
    """Of version 2: a counter, a text, and a histogram of 8 samples with bounds 0, 1, 2, 3, 5, 7 and above."""
    histogram = struct.pack("=BBHIdQ7Q", 1, 3, 0, 7, 1.0, 20, 1, 1, 1, 1, 2, 2, 0)
    return v2(
        ("sys.pid", 17, 0, struct.pack("=I", pid)),
        ("web.requests", METADATA, 0, b"help=Answered."),
        ("web.requests", COUNTER, 0, b"\1" + struct.pack("=QQ", requests, 0)),
        ("web.version", STATIC_TEXT, 0, b'1.0 "x"\n'.ljust(256, b"\0")),
        ("web.size", HISTOGRAM, 0, histogram),
    )


def free_port():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


class PrometheusTest(MashTest):
    def start_prometheus(self, config):
        path = self.folder / "prometheus.yml"
        path.write_text("global:\n  scrape_interval: 1s\n" + config)
        checked = subprocess.run(["promtool", "check", "config", path], capture_output=True, check=False)
        self.assertEqual(checked.returncode, 0, checked.stderr)
        self.port = free_port()
        log = open(self.folder / "prometheus.log", "wb")
        self.addCleanup(log.close)
        process = subprocess.Popen(
            ["prometheus", f"--config.file={path}", f"--storage.tsdb.path={self.folder}/tsdb", "--log.level=warn",
             f"--web.listen-address=127.0.0.1:{self.port}"],
            stdout=log,
            stderr=log,
        )  # fmt: skip
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)

    def query(self, text):
        """Labels and value of each series; nothing while the server is not there yet."""
        url = f"http://127.0.0.1:{self.port}/api/v1/query?" + urllib.parse.urlencode({"query": text})
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                found = json.load(answer)
        except (urllib.error.URLError, ConnectionError):
            return []
        return [(series["metric"], float(series["value"][1])) for series in found["data"]["result"]]

    def value(self, text):
        found = wait_for(lambda: self.query(text))
        self.assertEqual(len(found), 1, found)
        return found[0][1]

    def print_config(self, server):
        command = [TOOL, "--print-prometheus-config", "--listen", f"127.0.0.1:{server.port}"]
        return subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout.decode()

    def test_all_in_one(self):
        self.put("a.mmstats", file_of(101, 40))
        self.put("b.mmstats", file_of(102, 2))
        self.put("c.mmstats", v1(plain("old.count", "=Q", LARGEST_EXACT), plain("odd", "d", math.inf)))
        server = self.start("--kind", "old.*=counter", own=True)
        self.start_prometheus(self.print_config(server))
        self.assertEqual(self.value("web_requests_total"), 42)
        self.assertEqual(self.value("up"), 1)
        self.assertEqual(self.value("old_count_total"), LARGEST_EXACT)
        self.assertEqual(self.value("odd"), math.inf)
        self.assertEqual(self.value("web_size_count"), 16)
        self.assertEqual(self.value('web_size_bucket{le="2.0"}'), 6)
        self.assertEqual(self.value("histogram_quantile(0.5, web_size_bucket)"), 3)
        (labels, _), = wait_for(lambda: self.query("web_version_info"))
        self.assertEqual(labels["value"], '1.0 "x"\n')
        url = f"http://127.0.0.1:{self.port}/api/v1/metadata?metric=web_requests"
        with urllib.request.urlopen(url, timeout=10) as answer:
            self.assertEqual(
                json.load(answer)["data"], {"web_requests": [{"type": "counter", "help": "Answered.", "unit": ""}]}
            )
        self.put("b.mmstats", file_of(102, 3))
        wait_for(lambda: self.query("web_requests_total == 43"))
        self.assertGreater(self.value("mmash_requests_total"), 0)

    def test_per_process(self):
        self.put("a.mmstats", file_of(101, 40))
        self.put("b.mmstats", file_of(102, 2))
        server = self.start("--per-process")
        self.start_prometheus(self.print_config(server))
        self.assertEqual(self.value('web_requests_total{pid="101"}'), 40)
        self.assertEqual(self.value("sum(web_requests_total)"), 42)


if __name__ == "__main__":
    unittest.main()
