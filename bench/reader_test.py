#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""bench:reader as its users see it; its figures are nobody's business here.

    reader_test.py READER
"""

import glob

import testing

KEYS = {"name": str, "format": str, "metrics": int, "ns_per_metric_median": float, "ns_per_metric_min": float,
        "ns_per_metric_max": float, "ratio_to_memcpy": float}  # fmt: skip
WAYS = ("memcpy_file", "memcpy_values", "syscalls", "cold", "cold_live", "reread", "live", "cold_get", "cold_live_get",
        "reread_get", "live_get", "lookup")  # fmt: skip
FORMATS = ("v2", "v2-described", "v1", "v1-packed")


class Reader(testing.Benchmark):
    def test_options(self):
        self.check_usage("--turns", "--sample", *WAYS)
        self.check_full_disk("--turns=1")
        self.check_refused("--turns", "0")
        self.check_refused("--sample", "1x")

    def test_json(self):
        result = self.json_of("--quick")
        self.assertEqual(set(result), {"rows", "targets", "notes"})
        rows = [(row["format"], row["metrics"], row["name"]) for row in result["rows"]]
        self.assertEqual(rows, [(format, metrics, way) for format in FORMATS for metrics in (10, 100, 1000) for way in WAYS])
        for row in result["rows"]:
            self.assertEqual({key: type(value) for key, value in row.items()}, KEYS, row)
            self.assertTrue(0 < row["ns_per_metric_min"] <= row["ns_per_metric_median"] <= row["ns_per_metric_max"], row)
            self.assertEqual(row["ratio_to_memcpy"] == 1, row["name"] == "memcpy_file", row)
        for target in result["targets"]:
            self.assertEqual(set(target), {"target", "name", "format", "metrics", "limit", "value", "reached"})
            self.assertIn((target["format"], target["metrics"], target["name"]), rows)
            self.assertEqual(target["reached"], target["value"] <= target["limit"])
        self.assertEqual(sum(target["name"] == "cold" for target in result["targets"]), 3)

    def test_text(self):
        lines = self.run_it("--quick", "--turns", "1", "--sample", "10").stdout.splitlines()
        self.assertEqual(lines[0].split()[:3], ["format", "what", "metrics"])
        self.assertTrue(any(line.startswith("cold read of 1000 metrics: 10 ns ") for line in lines))

    def test_leaves_nothing_behind(self):
        before = {path for parent in ("/dev/shm", "/tmp") for path in glob.glob(parent + "/mmstats-bench-*")}
        self.run_it("--quick", "--turns", "1")
        after = {path for parent in ("/dev/shm", "/tmp") for path in glob.glob(parent + "/mmstats-bench-*")}
        self.assertLessEqual(after, before)


if __name__ == "__main__":
    testing.main()
