#!/usr/bin/env python3
"""What stands in the rows of pollstats."""

import csv
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import unittest

sys.path[:0] = [str(pathlib.Path(__file__).parent)]
sys.dont_write_bytecode = True

from pollstats_testing import QUICK, PollstatsTest  # noqa: E402
from slurpstats_testing import plain, text, v1  # noqa: E402


def no_twice(pairs):
    """An object of JSON in which each key is there once."""
    assert len(dict(pairs)) == len(pairs), pairs
    return dict(pairs)


class RowsTest(PollstatsTest):
    def test_absolute_then_differences(self):
        web = self.publisher()
        web.publish("a.mmstats", ("counter", "web.hits"), ("counter", "web.misses"))
        web.set("web.hits", 2**64 - 1000)
        running = self.start(QUICK, "web.hits,web.misses")
        self.assertEqual(running.row(), "      web.hits      |     web.misses     ")
        self.assertEqual(running.row(), "18446744073709550616|                   0")
        self.assertEqual(running.row(), "                   0|                   0")
        web.set("web.misses", 7)
        self.assertEqual(
            running.until(lambda row: self.cells(row)[1] != "0"), "                   0|                   7"
        )
        self.assertEqual(self.cells(running.row()), ["0", "0"])
        out, err, status = running.stop()
        self.assertEqual((err, status), ("", 0))
        self.assertTrue(out == "" or out.endswith("\n"))

    def test_differences_add_up(self):
        web = self.publisher()
        web.publish("a.mmstats", ("counter", "hits"))
        running = self.start(QUICK, "--json", "hits")
        total = json.loads(running.row())["values"]["hits"]
        for i in range(1, 101):
            web.set("hits", i * 2**57 + i)  # beyond what a double holds
        while total < 100 * 2**57 + 100:
            total += json.loads(running.row())["values"]["hits"]
        self.assertEqual(total, 100 * 2**57 + 100)

    def test_prefix(self):
        self.publisher().publish("a.mmstats", ("counter", "web.hits"), ("counter", "web.a,b"))
        status, out, err = self.run_tool("-c1", "-p", "web.", r"hits,a\,b")
        self.assertEqual((status, err), (0, ""))
        self.assertEqual(out.splitlines()[0].split("|"), ["        hits        ", "        a,b         "])

    # --- kinds of values --------------------------------------------------------------------------------------------

    def test_what_does_not_count_is_shown_as_it_is(self):
        web = self.publisher()
        values = {"double": 2.5, "average": -3, "bool": 1, "string": "up", "u64": 5, "float": 0.1, "ring": 6}
        web.publish("a.mmstats", *[(kind, kind) for kind in values])
        for kind, value in values.items():
            web.set(kind, value)
        shown = ["2.5", "-3.0", "True", "up", "5", "0.10000000149", "[6]"]
        self.assertEqual(self.rows("-c2", ",".join(values)), [shown, shown])

    def test_version_1_integers_count(self):
        web = self.publisher("v1")
        web.publish("a.mmstats", ("u64", "n"), ("i32", "below"), ("double", "heat"))
        for label, value in (("n", 5), ("below", -5), ("heat", 1.5)):
            web.set(label, value)
        running = self.start(QUICK, "n,below,heat")
        running.row()
        self.assertEqual(self.cells(running.row()), ["5", "-5", "1.5"])
        self.assertEqual(self.cells(running.row()), ["0", "0", "1.5"])
        web.set("n", 2)
        web.set("heat", -1)
        self.assertEqual(self.cells(running.until(lambda row: "-1.0" in row))[1:], ["0", "-1.0"])

    def test_a_difference_below_0(self):
        web = self.publisher("v1")
        web.publish("a.mmstats", ("u64", "n"))
        web.set("n", 2**64 - 1)
        running = self.start(QUICK, "n")
        running.row(), running.row()
        web.set("n", 2**64 - 4)
        self.assertEqual(self.cells(running.until(lambda row: "0" not in row)), ["-3"])

    def test_floats_that_are_none(self):
        web = self.publisher()
        web.publish("a.mmstats", ("double", "a"), ("double", "b"))
        web.set("a", "nan")
        web.set("b", "-inf")
        self.assertEqual(self.rows("-c1", "a,b"), [["nan", "-inf"]])
        line = json.loads(self.run_tool("-c1", "--json", "a,b")[1])
        self.assertEqual(line["values"], {"a": None, "b": None})

    # --- several files ------------------------------------------------------------------------------------------------

    def two(self, output="v2"):
        web = self.publisher(output)
        for name, hits, heat, text, up in (("a", 3, 1, "x", 1), ("b", 5, 2, "y", 0)):
            web.publish(name + ".mmstats", ("counter", "hits"), ("double", "heat"), ("string", "text"), ("bool", "up"))
            for label, value in (("hits", hits), ("heat", heat), ("text", text), ("up", up)):
                web.set(label, value)
        return web

    def test_sums_and_means(self):
        web = self.two()
        self.assertEqual(self.rows("-c1", "hits,heat,text,up"), [["8", "1.5", "(differ)", "1 of 2"]])
        web.set("text", "x")
        self.assertEqual(self.rows("-c1", "text"), [["x"]])

    def test_aggr(self):
        self.two()
        for name, hits, heat, up in (
            ("sum", "8", "3.0", "1 of 2"), ("min", "3", "1.0", "False"), ("max", "5", "2.0", "True"),
            ("avg", "4.0", "1.5", "0.5"), ("one", "3", "1.0", "True"), ("nonzero-min", "3", "1.0", "True"),
        ):  # fmt: skip
            self.assertEqual(self.rows("-c1", "--aggr", name, "hits,heat,up"), [[hits, heat, up]], name)
        self.assertEqual(self.rows("-c1", "--aggr=one", "text"), [["x"]])

    def test_by_file(self):
        self.two()
        status, out, err = self.run_tool("-c1", "--by-file", "hits,text")
        self.assertEqual((status, err), (0, ""))
        self.assertEqual(
            [self.cells(line) for line in out.splitlines()],
            [["hits"] * 2 + ["text"] * 2, ["a.mmstats", "b.mmstats"] * 2, ["3", "5", "x", "y"]],
        )

    def test_a_field_that_one_file_has_not(self):
        web = self.two()
        web.publish("c.mmstats", ("counter", "hits"), ("counter", "other"))
        web.set("hits", 10)
        self.assertEqual(self.rows("-c1", "hits,heat,other"), [["18", "1.5", "0"]])
        self.assertEqual(self.rows("-c1", "-f", "other=0", "hits,heat"), [["10", ""]])
        line = json.loads(self.run_tool("-c1", "--json", "-f", "other=0", "hits,heat")[1])
        self.assertEqual(line["values"], {"hits": 10, "heat": None})
        self.assertEqual(self.run_tool("-c1", "--csv", "-f", "other=0", "hits,heat")[1].splitlines()[1].split(",")[2:],
                         ["10", "", "exact"])  # fmt: skip

    def test_label_that_is_a_number_here_and_a_text_there(self):
        web = self.publisher()
        web.publish("a.mmstats", ("counter", "x"))
        web.set("x", 4)
        web.publish("b.mmstats", ("string", "x"))
        web.set("x", "text")
        self.assertEqual(self.rows("-c1", "x"), [["4"]])

    def test_filters(self):
        self.two()
        for wanted, hits in (
            ("text=x", "3"), ("text=y", "5"), ("heat=2", "5"), ("heat=2.0", "5"), ("hits=3", "3"), ("up=True", "3"),
            ("up=false", "5"), ("up=0", "5"),
        ):  # fmt: skip
            self.assertEqual(self.rows("-c1", "-f", wanted, "hits"), [[hits]], wanted)
        self.assertEqual(self.rows("-c1", "-f", "text=x", "-f", "hits=3", "hits"), [["3"]])
        web = self.publisher("v1")
        web.publish("c.mmstats", ("i32", "below"), ("counter", "hits"))
        web.set("below", -5)
        self.assertEqual(self.rows("-c1", "-f", "below=-5", "hits"), [["0"]])
        for nothing in (["text="], ["text=xx"], ["hits=3x"], ["hits="], ["hits=-3"], ["up=2"], ["below=-5x"], ["below="],
                        ["text=x", "-f", "hits=5"], ["text=x\x1b[31m"]):  # fmt: skip
            status, out, err = self.run_tool("-c1", "-f", *nothing, "hits")
            self.assertEqual((status, out), (3, ""))
            self.assertIn(f"pollstats: {nothing[-1]}: no file passes\n".replace("\x1b", "\\x1b"), err)
        self.assertIn('no field "txt"; did you mean "text"?', self.run_tool("-f", "txt=x", "hits")[2])

    # --- rates, totals, how they are shown -----------------------------------------------------------------------

    def test_rate(self):
        web = self.publisher()
        web.publish("a.mmstats", ("counter", "hits"), ("double", "heat"))
        web.set("hits", 1000000)
        running = self.start(QUICK, "--rate", "hits,heat")
        self.assertEqual(self.cells(running.row()), ["hits/s", "heat"])
        self.assertEqual(self.cells(running.row()), ["0.0", "0.0"])
        web.set("hits", 1000007)
        rate = float(self.cells(running.until(lambda row: self.cells(row)[0] != "0.0"))[0])
        self.assertGreater(rate, 0)

    def test_rate_is_change_by_seconds(self):
        web = self.publisher()
        web.publish("a.mmstats", ("counter", "hits"))
        running = self.start(QUICK, "--rate", "--json", "hits")
        running.row()
        web.set("hits", 7)
        line = json.loads(running.until(lambda row: json.loads(row)["values"]["hits"] > 0))
        self.assertEqual(line["show"], "rate")
        self.assertAlmostEqual(line["values"]["hits"] * line["seconds"], 7, places=2)

    def test_total(self):
        web = self.publisher()
        web.publish("a.mmstats", ("counter", "hits"))
        web.set("hits", 5)
        self.assertEqual(self.rows("-c3", "--total", "hits"), [["5"]] * 3)

    def test_human_and_raw(self):
        web = self.publisher()
        web.publish("a.mmstats", ("counter", "hits"), ("counter", "size", "bytes"), ("timer", "time", "seconds"))
        web.set("hits", 1234567)
        web.set("size", 1258291)
        web.set("time", 0.00125)
        self.assertEqual(self.rows("-c1", "--human", "hits,size,time"), [["1.23M", "1.20Mi", "1.25ms"]])
        self.assertEqual(self.rows("-c1", "--human", "--raw", "hits,size,time"), [["1234567", "1258291", "0.00125"]])
        self.assertEqual(self.rows("-c1", "hits,size,time"), [["1234567", "1258291", "0.00125"]])

    def test_verdicts(self):
        web = self.publisher("packed")
        web.publish("a.mmstats", ("u64", "n"))
        self.assertEqual(self.rows("-c2", "n"), [["0~"], ["0~"]])
        self.assertEqual(json.loads(self.run_tool("-c1", "--json", "n")[1])["status"], "checked")

    WRITER = """
import mmap, sys
with open(sys.argv[1], "r+b") as file:
    view = mmap.mmap(file.fileno(), 0)
at, size = int(sys.argv[2]), int(sys.argv[3])
a, b = b"a" * size, b"b" * size
print("ready", flush=True)
while True:
    view[at:at + size] = a
    view[at:at + size] = b
"""

    def test_busy(self):
        cpus = sorted(os.sched_getaffinity(0))
        if len(cpus) < 2:
            self.skipTest("needs a processor for the writer and one for the reader")
        size = 6000
        data = v1(text("s", b"a" * size), plain("n", "Q", 7))
        self.put("a.mmstats", data)
        command = [sys.executable, "-c", self.WRITER, self.folder / "a.mmstats", str(data.index(b"a" * size)), str(size)]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, preexec_fn=lambda: os.sched_setaffinity(0, cpus[:1])
        ) as writer:
            self.addCleanup(writer.kill)
            writer.stdout.readline()
            rows = self.start("-d0.001", "s,n")
            os.sched_setaffinity(rows.process.pid, cpus[1:2])
            rows.until(lambda row: re.search(r"[ab]\?\| +\d+~?$", row))
            self.assertEqual(rows.stop()[1:], ("", 0))
            rows = self.start("-d0.001", "--json", "s,n")
            os.sched_setaffinity(rows.process.pid, cpus[1:2])
            rows.until(lambda row: json.loads(row)["status"] == "busy")
            writer.kill()

    def test_copy(self):
        web = self.publisher()
        web.publish("a.mmstats", ("counter", "hits"))
        web.set("hits", 5)
        running = self.start(QUICK, "--copy", "hits")
        running.row()
        self.assertEqual(self.cells(running.row().replace("~", "")), ["5"])
        web.set("hits", 9)
        self.assertEqual(self.cells(running.until(lambda row: "4" in row).replace("~", "")), ["4"])

    def test_time_stamps(self):
        self.publisher().publish("a.mmstats", ("counter", "hits"))
        for option, pattern in (
            ("-t", r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"), ("-tlocal", r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"),
            ("--time-stamps=iso", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"), ("-tunix", r"\d{10,}\.\d{3}"),
        ):  # fmt: skip
            status, out, err = self.run_tool(QUICK, "-c2", option, "hits")
            self.assertEqual((status, err), (0, ""))
            heading, *rows = out.splitlines()
            self.assertEqual([re.sub(pattern, "now", row) for row in rows], ["now|" + "%20d" % 0] * 2)
            self.assertEqual(heading.index("|"), rows[0].index("|"))
        local = self.run_tool("-c1", "-t", "hits", env={"TZ": "XXX+20"})[1].splitlines()[1][:13]
        self.assertNotEqual(local, self.run_tool("-c1", "-t", "hits", env={"TZ": "XXX-20"})[1].splitlines()[1][:13])

    def test_headings(self):
        self.publisher().publish("a.mmstats", ("counter", "hits"))
        for lines, rows, headings in (("2", 5, 3), ("0", 50, 1), ("1", 3, 3), (None, 41, 3)):
            option = [] if lines is None else ["-n", lines]
            status, out, err = self.run_tool("-d0.001", *option, "-c", str(rows), "hits")
            self.assertEqual((status, err, out.count("hits")), (0, "", headings), lines)
            self.assertEqual(len(out.splitlines()), rows + headings)

    def test_long_labels(self):
        label = "a" * 500
        web = self.publisher()
        web.publish("a.mmstats", ("counter", label), ("counter", "web.a.label.of.30.characters.."))
        status, out, err = self.run_tool("-c1", label + ",web.a.label.of.30.characters..")
        self.assertEqual((status, err), (0, ""))
        self.assertEqual(out.splitlines()[0].split("|"),
                         ["\u2026" + "a" * 59, " web.a.label.of.30.characters.. "])  # fmt: skip

    # --- for programs -------------------------------------------------------------------------------------------------

    def test_json(self):
        web = self.two()
        web.set("hits", 2**64 - 4)
        lines = self.run_tool(QUICK, "-c2", "--json", "hits,heat,text,up")[1].splitlines()
        first, second = map(json.loads, lines)
        self.assertEqual(list(first), ["time", "seconds", "show", "files", "ended", "status", "values"])
        self.assertEqual((first["seconds"], first["show"], first["files"], first["ended"]), (None, "total", 2, 0))
        self.assertEqual(second["show"], "change")
        self.assertGreater(second["seconds"], 0)
        self.assertEqual(second["values"], {"hits": 0, "heat": 1.5, "text": None, "up": 1})
        self.assertIn('"hits":18446744073709551615,', lines[0])
        line = json.loads(self.run_tool("-c1", "--json", "--by-file", "hits,text,up")[1])
        a, b = (str(self.folder / name) for name in ("a.mmstats", "b.mmstats"))
        expected = {"hits": (3, 2**64 - 4), "text": ("x", "y"), "up": (True, False)}
        self.assertEqual(line["values"], {label: [{"path": a, "value": of_a}, {"path": b, "value": of_b}]
                                          for label, (of_a, of_b) in expected.items()})  # fmt: skip
        for options in ([], ["--by-file"]):  # a key may be there once
            once, twice = (json.loads(self.run_tool("-c1", "--json", *options, fields)[1], object_pairs_hook=list)
                           for fields in ("hits,text", "hits,text,hits,text"))  # fmt: skip
            self.assertEqual(dict(twice)["values"], dict(once)["values"])

    def test_json_of_names_that_look_the_same(self):
        names, labels = (b"a\xff.mmstats", b"a\xfe.mmstats", "a\ufffd.mmstats".encode()), (b"n\xff", b"n\xfe")
        for i, name in enumerate(names):
            web = self.publisher()
            web.publish(name, *(("counter", label) for label in labels))
            web.set(labels[0], i)
        line = json.loads(self.run_tool("-c1", "--json", "--by-file", labels[0])[1], object_pairs_hook=no_twice)
        values = line["values"]["n\ufffd"]
        self.assertEqual({value["path"] for value in values}, {str(self.folder / "a\ufffd.mmstats")})
        self.assertEqual(sorted(value["value"] for value in values), [0, 1, 2])
        for options in ([], ["--by-file"]):
            status, out, err = self.run_tool("-c1", "--json", *options, b",".join(labels))
            self.assertEqual((status, out), (2, ""))
            self.assertIn("would have one name", err)
            self.assertEqual(self.run_tool("-c1", *options, b",".join(labels))[0], 0)

    def test_csv(self):
        web = self.two()
        web.set("hits", 2**64 - 4)
        rows = list(csv.reader(self.run_tool(QUICK, "-c2", "--csv", "hits,heat,text,up")[1].splitlines()))
        self.assertEqual(rows[0], ["time", "seconds", "hits", "heat", "text", "up", "status"])
        self.assertEqual(rows[1][1:], ["", str(2**64 - 1), "1.5", "", "1", "exact"])
        self.assertEqual(rows[2][2:], ["0", "1.5", "", "1", "exact"])
        rows = list(csv.reader(self.run_tool("-c1", "--csv", "--by-file", "hits,text")[1].splitlines()))
        a, b = (str(self.folder / name) for name in ("a.mmstats", "b.mmstats"))
        self.assertEqual(rows[0], ["time", "seconds", "path", "label", "value", "status"])
        self.assertEqual([row[2:] for row in rows[1:]],
                         [[a, "hits", "3", "exact"], [b, "hits", str(2**64 - 4), "exact"],
                          [a, "text", "x", "exact"], [b, "text", "y", "exact"]])  # fmt: skip

    def test_histogram(self):
        web = self.publisher()
        web.publish("a.mmstats", ("histogram", "sizes"))
        web.set("sizes", 3)
        self.assertEqual(self.rows("-c1", "sizes"), [["1 samples, sum 3.0 {3.0: 1}"]])
        self.assertEqual(json.loads(self.run_tool("-c1", "--json", "sizes")[1])["values"]["sizes"]["sum"], 3)

    # --- hostile ------------------------------------------------------------------------------------------------------

    def test_hostile_labels_and_values(self):
        label = "x\x1b[31m\u202e\"|"
        web = self.publisher()
        web.publish("a.mmstats", ("string", label), ("string", b"\xff"), ("counter", "=1+1"))
        web.set(label, "\x1b]0;t\x07,\n")
        web.set(b"\xff", b"\xfe\x9b")
        status, out, err = self.run_tool("-c1", label + ",=1+1")
        self.assertEqual((status, err), (0, ""))
        self.assertNotRegex(out, r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]")
        self.assertEqual(len(out.splitlines()), 2)
        self.assertIn("x\\x1b[31m\\u202e\"|", out)
        self.assertIn("\\x1b]0;t\\x07,\\x0a", out)
        line = json.loads(self.run_tool("-c1", "--json", label)[1])
        self.assertEqual(line["values"], {label: "\x1b]0;t\x07,\n"})
        rows = list(csv.reader(self.run_tool("-c1", "--csv", label)[1].splitlines()))
        self.assertEqual((rows[0][2], rows[1][2]), ("x\\x1b[31m\\u202e\"|", "\\x1b]0;t\\x07,\\x0a"))
        err = self.run_tool("-c1", label[1:])[2]
        self.assertEqual(err, 'pollstats: no field "\\x1b[31m\\u202e\\"|"; did you mean "x\\x1b[31m\\u202e\\"|"?\n')


class SignalsTest(PollstatsTest):
    def test_ends_with_a_whole_line(self):
        self.publisher().publish("a.mmstats", *[("counter", f"hits{i}") for i in range(50)])
        for number in (signal.SIGINT, signal.SIGTERM):
            running = self.start("-d0.001", ",".join(f"hits{i}" for i in range(50)))
            for _ in range(20):
                running.row()
            out, err, status = running.stop(number)
            self.assertEqual((err, status), ("", 0))
            self.assertTrue(out == "" or out.endswith("0\n"), out[-100:])

    def test_interrupted_while_it_sleeps(self):
        self.publisher().publish("a.mmstats", ("counter", "hits"))
        running = self.start("-d100000", "hits")
        running.row(), running.row()
        self.assertEqual(running.stop(), ("", "", 0))

    def test_does_not_sleep_after_the_last_row(self):
        self.publisher().publish("a.mmstats", ("counter", "hits"))
        self.assertEqual(self.run_tool("-d100000", "-c1", "hits")[0], 0)

    def test_a_pipe_that_nobody_reads(self):
        self.publisher().publish("a.mmstats", ("counter", "hits"))
        running = self.start(QUICK, "hits")
        running.row()
        running.process.stdout.close()
        self.assertEqual((running.process.stderr.read(), running.process.wait(50)), ("", 0))


if __name__ == "__main__":
    unittest.main()
