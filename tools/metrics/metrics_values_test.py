#!/usr/bin/env python3
"""Values: kinds, what those of several files become, texts, tuples, histograms."""

import pathlib
import struct
import sys
import unittest

sys.path[:0] = [str(pathlib.Path(__file__).parent)]
sys.dont_write_bytecode = True

from metrics_testing import *  # noqa: E402, F403
from slurpstats_testing import buffered, plain, v1, v2  # noqa: E402


class ValuesTest(MetricsTest):
    def test_all_of_it(self):
        self.put("a", v2(pid(7), created(1.5e9), about("web.requests", help="Answered."), counter("web.requests", 3)))
        self.put("b", v2(pid(8), created(1.25e9), counter("web.requests", 4), text("version", 'a"b\\\n')))
        own = """\
# HELP mmstats_file_errors Files that could not be read, or not all of them.
# TYPE mmstats_file_errors gauge
mmstats_file_errors 0
# HELP mmstats_files Files of metrics that were found.
# TYPE mmstats_files gauge
mmstats_files 2
# HELP mmstats_left_out Values that are not shown, by reason.
# TYPE mmstats_left_out gauge
mmstats_left_out{reason="busy"} 0
mmstats_left_out{reason="counter"} 0
mmstats_left_out{reason="nan"} 0
mmstats_left_out{reason="limit"} 0
mmstats_left_out{reason="scale"} 0
# HELP mmstats_renamed%s Families whose name was taken: their fields' label.
# TYPE mmstats_renamed%s %s
"""
        self.assertEqual(
            self.show(),
            own % ("", "", "info")
            + r"""# TYPE sys_created_seconds gauge
# UNIT sys_created_seconds seconds
sys_created_seconds 1500000000.0
# TYPE version info
version_info{value="a\"b\\\n"} 1
# HELP web_requests Answered.
# TYPE web_requests counter
web_requests_total 7
web_requests_created 1250000000.0
# EOF
""",
        )
        self.assertEqual(
            self.show("--text"),
            own % ("_info", "_info", "gauge")
            + r"""# TYPE sys_created_seconds gauge
sys_created_seconds 1500000000.0
# TYPE version_info gauge
version_info{value="a\"b\\\n"} 1
# HELP web_requests_total Answered.
# TYPE web_requests_total counter
web_requests_total 7
# TYPE web_requests_created gauge
web_requests_created 1250000000.0
""",
        )

    def test_by_process(self):
        self.put("a", v2(pid(7), created(5.0), counter("c", 1)))
        self.put("b", v2(pid(7), created(4.0), counter("c", 2)))
        self.put("c", v2(pid(8), counter("c", 4)))
        self.put('d"\n', v2(counter("c", 8)))
        folder = str(self.folder)
        self.assertEqual(
            [line for line in self.samples("--by", "process") if line.startswith("c_")],
            [
                'c_total{pid="7"} 3', 'c_created{pid="7"} 4.0', 'c_total{pid="8"} 4',
                f'c_total{{file="{folder}/d\\"\\n"}} 8',
            ],
        )  # fmt: skip
        self.assertEqual(
            [line for line in self.samples("--by", "file") if line.startswith("c_total")],
            [
                f'c_total{{pid="7",file="{folder}/a"}} 1', f'c_total{{pid="7",file="{folder}/b"}} 2',
                f'c_total{{pid="8",file="{folder}/c"}} 4', f'c_total{{file="{folder}/d\\"\\n"}} 8',
            ],
        )  # fmt: skip

    def test_what_several_values_become(self):
        def records(x):
            return [
                counter("counter", x), gauge("gauge", x), gauge("unknown", x, UNKNOWN), gauge("when", x, TIMESTAMP),
                gauge("took", x, DURATION), ("average", AVERAGE, 0, two("d", x)),
                ("timer", TIMER, 0, two("d", x)), about("hot", unit="celsius"),
                gauge("hot", x), ("on", 15, 0, b"\1"),
            ]  # fmt: skip

        self.put("a", v2(*records(2)))
        self.put("b", v2(*records(4)))
        self.assertEqual(
            self.samples(),
            [
                "average 3.0", "counter_total 6", "gauge 6.0", "hot_celsius 3.0", "on 2",
                "timer_seconds 3.0", "took_seconds 3.0",
                "unknown 6.0", "when_seconds 4.0",
            ],
        )  # fmt: skip

    def test_version_1_and_what_it_is_told(self):
        self.put("a", v1(buffered("web.count", "Q", 5), plain("other", "d", 2.5)))
        self.assertEqual(
            self.shown(), ["# TYPE other unknown", "other 2.5", "# TYPE web_count unknown", "web_count 5"]
        )
        self.assertIn("# TYPE other untyped", self.shown("--text"))
        told = self.shown("--kind", "web.*=counter", "--kind", "*=duration")
        self.assertIn("web_count_total 5", told)
        self.assertIn("other_seconds 2.5", told)
        self.put("a", v2(gauge("web.count", 1.0)))  # what says its kind is not told another
        self.assertEqual(self.samples("--kind", "*=counter"), ["web_count 1.0"])

    def test_numbers(self):
        largest = 2**64 - 1
        self.put("a", v2(counter("a", largest), integer("b", -(2**63)), gauge("c", 0.1), gauge("d", 1e300)))
        self.assertEqual(
            self.samples(), [f"a_total {largest}", f"b {-2**63}", "c 0.1", "d 1e+300"]
        )
        self.put("b", v2(counter("a", largest)))
        self.assertEqual(self.samples()[0], f"a_total {2 * largest}")

    def test_numbers_that_are_none(self):
        nan, inf = float("nan"), float("inf")
        self.put("a", v2(gauge("a", nan), gauge("b", inf), gauge("c", -inf), gauge("d", nan)))
        self.put("b", v2(gauge("d", 1.0)))
        self.assertEqual(self.samples(), ["a NaN", "b +Inf", "c -Inf", "d 1.0"])
        self.assertIn('mmstats_left_out{reason="nan"} 2', self.own("left_out"))

    def test_counters_that_are_none(self):
        for value in (float("nan"), float("inf"), -1.0):
            self.put("a", v2(gauge("a", value, KIND_COUNTER)))
            self.assertEqual(self.shown(), ["# TYPE a counter"])
            self.assertIn('mmstats_left_out{reason="counter"} 1', self.own("left_out"))
        self.put("a", v2(integer("a", -1, KIND_COUNTER)))
        self.assertEqual(self.samples(), [])

    def test_texts(self):
        self.put("a", v2(text("a", "x"), text("s", "up", STATESET), integer("n", 3, INFO),
                         ("t", 11, STATESET, two("f", 0.5))))  # fmt: skip
        self.put("b", v2(text("a", "y"), text("s", "down", STATESET)))
        self.put("c", v2(text("a", "x\x1b‮"), text("s", "up", STATESET)))
        self.assertEqual(
            self.samples(),
            [
                'a_info{value="x"} 1', r'a_info{value="x\\x1b\\u202e"} 1', 'a_info{value="y"} 1', 'n_info{value="3"} 1',
                's{s="down"} 1', 's{s="up"} 1', 't{t="0.5"} 1',
            ],
        )  # fmt: skip

    def test_bytes_that_are_no_text(self):
        """Two that are no character together are two escapes."""
        self.put("a", v1(("a", "4s", 0xFF, b"\xf0\xba\xdb\x10")))
        self.assertEqual(self.samples(), [r'a_info{value="\\xf0\\xba\\xdb\\x10"} 1'])

    def test_states_of_one_process_stand_together(self):
        for name, number, state in (("a", 1, "x"), ("b", 2, "x"), ("c", 1, "y")):
            self.put(name, v2(pid(number), text("s", state, STATESET)))
        self.assertEqual(
            self.samples("--by", "process"), ['s{pid="1",s="x"} 1', 's{pid="1",s="y"} 1', 's{pid="2",s="x"} 1']
        )

    def test_tuples(self):
        self.put("a", v1(plain("a", "=IqB", 1, -2, 3), ("b", "=I3s", 0xFF, struct.pack("=I3s", 5, b"abc"))))
        self.put("b", v1(plain("a", "=IqB", 10, 20, 30)))
        samples = self.samples()
        self.assertEqual(samples[:4], ['a{index="0"} 11', 'a{index="1"} 18', 'a{index="2"} 33', 'b{index="0"} 5'])
        self.assertRegex(samples[4], r'^b_[0-9a-f]{8}_info\{index="1",value="abc"\} 1$')

    def test_rings(self):
        """The places of a ring are no counters, whatever its kind."""
        self.put("a", v2(("r", RING, KIND_COUNTER, struct.pack("=HH4I", 3, 3, 7, 8, 9, 0))))
        self.assertEqual(self.shown(), ["# TYPE r unknown", *(f'r{{index="{i}"}} {7 + i}' for i in range(3))])

    def test_duplicate_labels(self):
        self.put("a", v2(counter("a", 1), counter("a", 2)))
        self.assertEqual(self.samples(), ["a_total 3"])

    def test_histogram(self):
        """Buckets 0, 1, 2, 3, 4 to 5, 6 to 7, 8 and above (R417)."""
        self.put("a", v2(created(9.0), histogram("h", [1, 0, 0, 2, 1, 1, 3], 70, scale=0.5)))
        self.put("b", v2(created(8.0), histogram("h", [0, 1, 0, 0, 0, 0, 0], 1, scale=0.5)))
        bounds = {"0.0": 1, "0.5": 2, "1.0": 2, "1.5": 4, "2.5": 5, "3.5": 6, "+Inf": 9}
        expected = [f'h_bucket{{le="{le}"}} {count}' for le, count in bounds.items()]
        expected += ["h_count 9", "h_sum 35.5"]
        self.assertEqual(
            self.shown()[:-3], ["# TYPE h histogram", *expected, "h_created 8.0"]
        )
        self.assertEqual(
            self.shown("--text")[:-2],
            ["# TYPE h histogram", *expected, "# TYPE h_created gauge", "h_created 8.0"],
        )

    def test_histogram_in_milliseconds(self):
        self.put("a", v2(about("h", unit="ms"), histogram("h", [1, 0, 0, 0, 0, 0, 0], 0)))
        self.assertIn('h_seconds_bucket{le="0.003"} 1', self.samples())

    def test_canonical_bounds(self):
        self.put("a", v2(histogram("h", [0] * 7, 0, scale=1e6)))
        self.assertEqual(
            [line.split('"')[1] for line in self.samples() if "_bucket" in line],
            ["0.0", "1e+06", "2e+06", "3e+06", "5e+06", "7e+06", "+Inf"],
        )

    def test_large_histogram(self):
        """Bounds are fewer, each is one of the file's, and no sample is lost."""
        size = 2**4 * (64 - 4 + 1) + 1
        self.put("a", v2(histogram("h", [1] * size, 0, sub_bits=4, max_bits=64)))
        counts = [int(line.split()[1]) for line in self.samples() if "_bucket" in line]
        self.assertLessEqual(len(counts), 200)
        self.assertEqual(counts, sorted(counts))
        self.assertEqual(counts[-1], size)
        self.assertEqual(counts[:4], [1, 2, 3, 4])

    def test_histograms_that_are_none(self):
        for scale in (0.0, -1.0, float("nan"), float("inf")):
            self.put("a", v2(histogram("h", [1] * 7, 5, scale=scale)))
            self.assertEqual(self.shown(), ["# TYPE h histogram"])
            self.assertIn('mmstats_left_out{reason="scale"} 1', self.own("left_out"))

    def test_histograms_that_differ(self):
        self.put("a", v2(histogram("h", [1] * 7, 5)))
        self.put("b", v2(histogram("h", [1] * 7, 5, scale=2.0)))
        self.assertEqual(len([line for line in self.shown() if line.startswith("# TYPE")]), 2)
        self.assertEqual(len(self.own("renamed")), 1)

    def test_counts_beyond_64_bits(self):
        self.put("a", v2(histogram("h", [2**64 - 1] * 7, 0)))
        counts = {line.split()[1] for line in self.samples() if "_sum" not in line}
        self.assertEqual(counts, {str(2**64 - 1)})
        self.put("b", v2(histogram("h", [1, 0, 0, 0, 0, 0, 0], 0)))
        self.assertEqual(self.samples()[0], f'h_bucket{{le="0.0"}} {2**64 - 1}')

    def test_counters_beyond_the_largest_float(self):
        """A counter is finite."""
        self.put("a", v2(gauge("a", 1.5e308, KIND_COUNTER)))
        self.put("b", v2(gauge("a", 1.5e308, KIND_COUNTER)))
        self.assertEqual(self.samples(), [f"a_total {sys.float_info.max}"])

    def test_files_that_cannot_be_read(self):
        self.put("a", v2(counter("a", 1)))
        self.put("b", b"\x07")
        self.put("c", v2(counter("a", 2), ("bad", COUNTER, 0, b"\1")))
        self.assertEqual(self.samples(), ["a_total 3"])
        self.assertIn("mmstats_file_errors 2", self.own("file_errors"))
        self.assertIn("mmstats_files 3", self.own("files"))

    def test_limit(self):
        self.put("a", v2(*(counter(f"c{i}", i) for i in range(10))))
        self.assertEqual(len(self.samples("--limit", "4")), 4)
        self.assertIn('mmstats_left_out{reason="limit"} 6', self.own("left_out", "--limit", "4"))

    def test_nothing(self):
        self.assertEqual(self.shown(), [])
        self.assertIn("mmstats_files 0", self.own("files"))


if __name__ == "__main__":
    unittest.main()
