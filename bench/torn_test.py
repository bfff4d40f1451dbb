#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""bench:torn as its users see it: exact rows have nothing torn. What the others have depends on the machine.

    torn_test.py TORN
"""

import testing
import torn_plot

KEYS = {"strategy": str, "kind": str, "bytes": int, "placement": str, "pace_ns": int, "writes": int, "reads": int,
        "torn": int, "backwards": int, "busy": int, "retries_per_read": float}
KINDS = {"flip": "exact", "latch": "exact", "sequence": "exact", "two collects": "checked"}


class Torn(testing.Benchmark):
    def check_rows(self, rows):
        for row in rows:
            self.assertEqual({key: type(value) for key, value in row.items()}, KEYS, row)
            self.assertEqual(row["kind"], KINDS.get(row["strategy"], "rejected"))
            self.assertLessEqual(row["torn"] + row["backwards"], row["reads"])
            self.assertTrue(0 <= row["retries_per_read"] <= 64)
            if row["kind"] == "exact":
                self.assertEqual((row["torn"], row["backwards"]), (0, 0), row)

    def test_options(self):
        self.check_usage("--seconds", "--strategy", "--bytes", "--placement", "--pace")
        for wrong in ("--seconds=0", "--strategy=none", "--bytes=9", "--placement=left", "--pace=-1"):
            self.check_refused(wrong)
        self.check_full_disk("--seconds=1", "--strategy=flip")
        self.check_refused("--strategy=flip", "--bytes=16")

    def test_json(self):
        result = self.json_of("--quick")
        self.check_rows(result["rows"])
        strategies = {row["strategy"] for row in result["rows"]}
        self.assertEqual(strategies, {"naive", "re-read", "two collects", "sequence", "latch", "latch+intent",
                                      "seqlock", "aligned-naive", "flip"})
        self.assertLessEqual({row[0] for row in torn_plot.STRATEGIES}, strategies, "the figure has what is gone")
        print(*result["notes"], sep="\n")  # the test's log says whether this machine could see tears

    def test_choice(self):
        result = self.json_of("--seconds", "1", "--strategy", "latch", "--strategy", "flip", "--bytes", "8", "--pace",
                              "100", "--placement", "aligned")
        self.check_rows(result["rows"])
        self.assertEqual([(row["strategy"], row["bytes"], row["placement"], row["pace_ns"]) for row in result["rows"]],
                         [("latch", 8, "aligned", 100), ("flip", 8, "aligned", 100)])
        self.assertTrue(all(row["writes"] > 0 and row["reads"] > 0 for row in result["rows"]))

    def test_text(self):
        lines = self.run_it("--seconds", "1", "--strategy", "flip").stdout.splitlines()
        self.assertEqual(lines[0].split()[0], "strategy")
        self.assertTrue(lines[-1].startswith("exact rows: "))


if __name__ == "__main__":
    testing.main()
