#!/usr/bin/env python3
"""Names and units: what labels become, and what happens when two want the same name."""

import pathlib
import sys
import unittest

sys.path[:0] = [str(pathlib.Path(__file__).parent)]
sys.dont_write_bytecode = True

from metrics_testing import STATESET, MetricsTest, about, counter, gauge, integer, text  # noqa: E402
from slurpstats_testing import plain, v1, v2  # noqa: E402


class NamesTest(MetricsTest):
    def test_mapped(self):
        cases = {
            "web.status.2XX": "web_status_2XX",
            "a:b": "a_b",
            "__a": "a",
            "2xx": "metric_2xx",
            "": "metric",
            "._-": "metric",
            "ä": "metric",
            "aä": "a__",
            'a"b\n\\': "a_b__",
            "nul\0": "nul_",
        }
        for label, name in cases.items():
            with self.subTest(label):
                self.put("a", v2(gauge(label, 1.5)))
                self.assertEqual(self.shown(), [f"# TYPE {name} gauge", f"{name} 1.5"])

    def test_invalid_utf8(self):
        self.put("a", v1(plain(b"a\xff.b", "Q", 1)))
        self.assertEqual(self.samples(), ["a__b 1"])

    def test_suffixes_that_the_format_adds(self):
        self.put("a", v2(counter("a.total", 1), text("b.info", "x"), counter("c", 2), counter("_total", 3)))
        self.assertEqual(self.samples(), ["a_total 1", 'b_info{value="x"} 1', "c_total 2", "total_total 3"])

    def test_units(self):
        records = []
        for label, unit in [
            ("a", "seconds"), ("b.seconds", "seconds"), ("seconds", "seconds"), ("c.total", "bytes"),
            ("e", "requests/s"), ("f", "_"), ("g", "x" * 65), ("xseconds", "seconds"),
        ]:  # fmt: skip
            record = counter(label, 1) if label == "c.total" else gauge(label, 1.0)
            records += [about(label, unit=unit), record]
        self.put("a", v2(*records))
        heads = [line for line in self.shown() if line.startswith("# UNIT")]
        self.assertEqual(
            heads,
            [
                "# UNIT a_seconds seconds", "# UNIT b_seconds seconds", "# UNIT c_bytes bytes",
                "# UNIT e_requests_s requests_s", "# UNIT seconds_seconds seconds",
                "# UNIT xseconds_seconds seconds",
            ],
        )  # fmt: skip
        self.assertIn("c_bytes_total 1", self.shown())
        self.assertIn("f 1.0", self.shown())
        self.assertIn("g 1.0", self.shown())

    def test_base_units(self):
        """Integers are exact, however large; floats are divided once."""
        cases = [
            ("ms", 18014398509481985, "18014398509481.985"), ("us", -1, "-0.000001"), ("ns", 1500000000, "1.5"),
            ("s", 7, "7"), ("min", 2, "120"), ("hours", 1, "3600"), ("days", 1, "86400"), ("KiB", 3, "3072"),
            ("MB", 2**62, "4611686018427387904000000"), ("percent", 7, "0.07"), ("%", 250, "2.5"), ("apples", 5, "5"),
        ]  # fmt: skip
        for unit, value, shown in cases:
            with self.subTest(unit):
                self.put("a", v2(about("x", unit=unit), integer("x", value)))
                self.assertEqual(self.samples()[0].split()[1], shown)
        self.put("a", v2(about("x", unit="ms"), gauge("x", 3.0)))
        self.assertEqual(self.samples(), ["x_seconds 0.003"])

    def test_one_unit_for_all_files(self):
        self.put("a", v2(about("x", unit="ms"), integer("x", 1500)))
        self.put("b", v2(about("x", unit="s"), integer("x", 2)))
        self.assertEqual(self.samples(), ["x_seconds 3.5"])

    def test_units_that_differ(self):
        self.put("a", v2(about("x", unit="bytes"), integer("x", 1)))
        self.put("b", v2(about("x", unit="seconds"), integer("x", 2)))
        self.put("c", v2(integer("x", 4)))
        self.assertEqual(self.samples(), ["x 4", "x_bytes 1", "x_seconds 2"])

    def test_help(self):
        self.put("a", v2(about("x", help=r'say "hi"\nC:\\temp'), gauge("x", 1.0)))
        self.assertEqual(self.shown()[0], r"# HELP x say \"hi\"\nC:\\temp")
        self.assertEqual(self.shown("--text")[0], r'# HELP x say "hi"\nC:\\temp')

    def test_two_labels_of_one_name(self):
        """The label that is the name keeps it, whatever file it is in."""
        for files in (("a", "b"), ("b", "a")):
            self.put(files[0], v2(gauge("a.b", 1.0)))
            self.put(files[1], v2(gauge("a_b", 2.0)))
            samples = self.samples()
            self.assertEqual(samples[0], "a_b 2.0")
            self.assertRegex(samples[1], r"^a_b_[0-9a-f]{8} 1\.0$")
            name = samples[1].split()[0]
            self.assertEqual(self.own("renamed"), [f'mmstats_renamed_info{{family="{name}",label="a.b"}} 1'])

    def test_another_familys_suffix(self):
        for label in ("a_total", "a_created"):
            self.put("a", v2(counter("a", 1), gauge(label, 2.0)))
            samples = self.samples()
            self.assertEqual(sorted(line.split()[1] for line in samples), ["1", "2.0"])
            self.assertEqual(len(self.own("renamed")), 1, samples)

    def test_one_label_of_two_kinds(self):
        self.put("a", v2(counter("a", 1)))
        self.put("b", v2(gauge("a", 2.0)))
        self.put("c", v2(text("a", "x")))
        samples = self.samples()
        self.assertEqual(samples[0], "a_total 1" if samples[0].startswith("a_total") else samples[0])
        self.assertEqual(len({line.split("{")[0].split()[0] for line in samples}), 3)
        self.assertEqual(len(self.own("renamed")), 2)

    def test_names_of_mmash_itself(self):
        self.put("a", v2(gauge("mmstats.files", 7.0)))
        self.assertIn("mmstats_files 1", self.own("files"))
        self.assertEqual(len(self.own("renamed")), 1)

    def test_a_stateset_called_like_a_label(self):
        for label in "pid", "tid", "file", "index", "le", "quantile":
            with self.subTest(label):
                self.put("a", v2(text(label, "up", STATESET)))
                self.assertRegex(self.samples()[0], rf'^({label}_[0-9a-f]{{8}})\{{\1="up"\}} 1$')

    def test_names_that_somebody_chose_to_collide(self):
        """Labels whose names have the same hash behind them: numbers follow."""
        self.put("a", v2(gauge("x_y", 1.0), gauge("x.y", 2.0)))
        taken = self.samples()[1].split()[0]
        self.put("b", v2(gauge(taken, 3.0), gauge(f"{taken}_1", 4.0)))
        names = [line.split()[0] for line in self.samples()]
        self.assertEqual(names, ["x_y", taken, f"{taken}_1", f"{taken}_2"])


if __name__ == "__main__":
    unittest.main()
