#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""bench:writer as its users see it; its figures are nobody's business here.

    writer_test.py WRITER
"""

import glob
import subprocess

import testing

KEYS = {"name": str, "format": str, "fields": int, "ns_median": float, "ns_min": float, "ns_max": float,
        "ratio_to_plain": float}
PEERS = {"pcp-mmv": "PCP MMV: not measured", "prometheus-cpp": "prometheus-cpp: not measured"}


class Writer(testing.Benchmark):
    def test_options(self):
        self.check_usage("--turns", "--sample", "--core", "--seed")
        self.check_full_disk("--turns=1", "--json")
        self.check_refused("--turns", "0")
        self.check_refused("--turns", "-1")
        self.check_refused("--sample", "1x")

    def test_json(self):
        result = self.json_of("--quick")
        self.assertEqual(set(result), {"rows", "targets", "notes"})
        rows = {(row["name"], row["format"], row["fields"]): row for row in result["rows"]}
        self.assertEqual(len(rows), len(result["rows"]), "two rows have one name")
        for row in result["rows"]:
            self.assertEqual({key: type(value) for key, value in row.items()}, KEYS, row)
            self.assertTrue(0 < row["ns_min"] <= row["ns_median"] <= row["ns_max"], row)
            self.assertGreater(row["ratio_to_plain"], 0)
        for version in ("v2", "v1", "v1-packed"):
            for name in ("counter inc", "double set", "string 32", "timer start+stop"):
                for fields in (1, 1000):
                    self.assertIn((name, version, fields), rows)
        formats = {row["format"] for row in result["rows"]}
        for peer, note in PEERS.items():
            self.assertNotEqual(peer in formats, any(text.startswith(note) for text in result["notes"]), peer)

    def test_targets(self):
        targets = self.json_of("--quick", "--turns", "1")["targets"]
        self.assertGreaterEqual(len(targets), 11)
        for target in targets:
            self.assertEqual(set(target), {"target", "limit", "value", "reached"})
            if target["value"] is None:
                self.assertIsNone(target["reached"])
            else:
                self.assertEqual(target["reached"], target["value"] <= target["limit"])

    def test_text(self):
        lines = self.run_it("--quick", "--turns", "1", "--sample", "10").stdout.splitlines()
        self.assertEqual(lines[0].split()[:3], ["format", "what", "fields"])
        self.assertTrue(any(line.startswith("v2: counter inc, to plain ++") for line in lines))

    def test_leaves_nothing_behind(self):
        process = subprocess.Popen([self.program, "--quick", "--json"], stdout=subprocess.DEVNULL)
        self.assertEqual(process.wait(), 0)
        for parent in ("/dev/shm", "/tmp"):
            self.assertEqual(glob.glob(f"{parent}/mmstats-bench-{process.pid}-*"), [])


if __name__ == "__main__":
    testing.main()
