#!/usr/bin/env python3
"""Files that come and go, processes that end, and files that are none, while pollstats looks."""

import fcntl
import json
import os
import pathlib
import struct
import sys
import unittest

sys.path[:0] = [str(pathlib.Path(__file__).parent)]
sys.dont_write_bytecode = True

from pollstats_testing import QUICK, STEADY, PollstatsTest  # noqa: E402
from slurpstats_testing import plain, v1, v2  # noqa: E402


class FilesTest(PollstatsTest):
    def values(self, running):
        return json.loads(running.row())["values"]

    def test_a_file_that_appears(self):
        a, b = self.publisher(), self.publisher()
        a.publish("a.mmstats", ("counter", "hits"))
        running = self.start(QUICK, "-v", "--json", "hits")
        self.assertEqual(json.loads(running.row())["files"], 1)
        b.say("file", "b.mmstats")
        b.add("counter", "hits")
        b.set("hits", 1000)
        b.say("open")
        running.until(lambda row: json.loads(row)["files"] == 2)
        self.assertEqual(self.values(running), {"hits": 0})
        b.set("hits", 1007)
        a.set("hits", 100)
        changed = 0
        while changed < 107:
            changed += self.values(running)["hits"]
        self.assertEqual(changed, 107)
        said = f"pollstats: {self.folder}/b.mmstats: has appeared (process {b.pid})\n"
        self.assertEqual(running.stop()[1:], (said, 0))

    def test_a_process_that_ends_and_leaves_its_file(self):
        a, b = self.publisher(), self.publisher()
        fields = ("counter", "hits"), ("double", "heat"), ("u64", "open")
        a.publish("a.mmstats", *fields)
        b.publish("b.mmstats", *fields)
        for one, hits, heat in ((a, 5, 2), (b, 70, 4)):
            one.set("hits", hits)
            one.set("heat", heat)
            one.set("open", hits)
        running = self.start(QUICK, "-v", "--json", "hits,heat,open")
        self.assertEqual(self.values(running), {"hits": 75, "heat": 3.0, "open": 75})
        b.set("hits", 71)
        b.die()
        changed, line = 0, {"ended": 0}
        while line["ended"] == 0 or changed < 1:
            line = json.loads(running.row())
            changed += line["values"]["hits"]
        self.assertEqual((changed, line["files"], line["ended"]), (1, 2, 1))
        self.assertEqual(self.values(running), {"hits": 0, "heat": 2.0, "open": 5})
        said = f"pollstats: {self.folder}/b.mmstats: its writer has ended (process {b.pid})\n"
        self.assertEqual(running.stop()[1:], (said, 0))
        # what has been counted stays in totals, and in nothing else
        self.assertEqual(self.rows("-c2", "hits,heat"), [["76", "2.0"], ["0", "2.0"]])
        self.assertEqual(self.rows("-c2", "--total", "hits,heat"), [["76", "2.0"]] * 2)
        self.assertEqual(self.rows("-c1", "--rate", "--aggr=avg", "hits"), [["0.0"]])
        lines = self.run_tool(QUICK, "-c2", "--by-file", "--json", "hits")[1].splitlines()
        files = [[value["path"] for value in json.loads(line)["values"]["hits"]] for line in lines]
        self.assertEqual(files, [[f"{self.folder}/a.mmstats"]] * 2)

    def test_all_processes_end(self):
        a = self.publisher()
        a.publish("a.mmstats", ("counter", "hits"), ("string", "text"))
        a.set("hits", 3)
        a.set("text", "up")
        running = self.start(QUICK, "hits,text")
        running.row()
        self.assertEqual(self.cells(running.row()), ["3", "up"])
        a.end()  # removes the file
        self.assertEqual(self.cells(running.until(lambda row: "up" not in row)), ["", ""])
        again = self.publisher()
        again.publish("b.mmstats", ("counter", "hits"), ("string", "text"))
        again.set("text", "again")
        self.assertEqual(self.cells(running.until(lambda row: "again" in row))[1], "again")
        self.assertEqual(running.stop()[1:], ("", 0))

    def test_verbose(self):
        a = self.publisher()
        a.publish("a.mmstats", ("counter", "hits"))
        a.die()
        said = f"pollstats: {self.folder}/a.mmstats: "
        running = self.start(QUICK, "-v", "hits")
        running.row()
        self.assertEqual(self.cells(running.row()), ["0"])
        again = self.publisher()
        again.publish("a.mmstats", ("counter", "hits"), ("string", "text"))  # takes the dead one's name
        line = running.process.stderr.readline
        self.assertEqual(line(), f"{said}its writer has ended (process {a.pid})\n")
        self.assertEqual(line(), f"{said}has a new writer (process {again.pid})\n")
        again.end()
        self.assertEqual(line(), f"{said}has gone\n")

    def test_by_file_columns_come_and_go(self):
        a, b = self.publisher(), self.publisher()
        a.publish("a.mmstats", ("counter", "hits"))
        running = self.start(QUICK, "-n0", "--by-file", "hits")
        self.assertEqual([self.cells(running.row()) for _ in range(3)], [["hits"], ["a.mmstats"], ["0"]])
        b.publish("b.mmstats", ("counter", "hits"))
        self.assertEqual(self.cells(running.until(lambda row: "hits" in row)), ["hits", "hits"])
        self.assertEqual(self.cells(running.row()), ["a.mmstats", "b.mmstats"])
        self.assertEqual(self.cells(running.row()), ["0", ""])
        a.die()
        self.assertEqual(self.cells(running.until(lambda row: "hits" in row)), ["hits"])
        self.assertEqual([self.cells(running.row()) for _ in range(2)], [["b.mmstats"], ["0"]])

        (self.folder / "b.mmstats").rename(self.folder / "c.mmstats")  # as many columns as before
        running.until(lambda row: "c.mmstats" in row)

    def test_a_lock_that_looks_like_a_writer(self):
        """A writer that is about to take the name of a dead one's file locks that file for a moment."""
        a = self.publisher()
        a.publish("a.mmstats", ("counter", "hits"), ("double", "heat"))
        a.die()
        running = self.start(QUICK, "-v", "--json", "hits")
        running.until(lambda row: json.loads(row)["ended"] == 1)
        with open(self.folder / "a.mmstats", "r+b") as file:
            fcntl.lockf(file, fcntl.LOCK_EX)
            running.until(lambda row: json.loads(row)["ended"] == 0)
        running.until(lambda row: json.loads(row)["ended"] == 1)
        out, err, status = running.stop()
        said = f"pollstats: {self.folder}/a.mmstats: its writer has ended (process {a.pid})\n"
        self.assertEqual((err, status), (said, 0))

    def test_a_counter_that_begins_anew(self):
        a = self.publisher()
        a.publish("a.mmstats", ("counter", "hits"))
        a.set("hits", 1000)
        running = self.start(QUICK, "hits")
        running.row(), running.row()
        a.set("hits", 7)
        self.assertEqual(self.cells(running.until(lambda row: self.cells(row) != ["0"])), ["7"])

    # --- files that are none ------------------------------------------------------------------------------------------

    def test_bad_files(self):
        self.put("bad.mmstats", b"\x07")
        self.put("half.mmstats", v1(plain("hits", "Q", 5), ("b", "B", 2, b"\0")))
        (self.folder / "link.mmstats").symlink_to("/dev/null")
        good = self.publisher()
        good.publish("good.mmstats", ("counter", "hits"))
        good.set("hits", 3)
        status, out, err = self.run_tool(QUICK, "-c3", "hits")
        self.assertEqual(status, 1)
        self.assertEqual([line.replace("~", "").strip() for line in out.splitlines()], ["hits", "8", "0", "0"])
        said = f"pollstats: {self.folder}"
        self.assertEqual(
            err,
            f"{said}/bad.mmstats: unsupported at byte 0, rule 101: the version byte is neither 01 nor 02\n"
            f"{said}/half.mmstats: malformed at byte 25, rule 206: the write buffer byte is not 00, 01 or ff\n"
            f"{said}/link.mmstats: is a symbolic link (name the file that it leads to)\n",
        )

    def test_a_file_that_goes_bad(self):
        good = self.publisher()
        good.publish("a.mmstats", ("counter", "hits"))
        self.put("b.mmstats", v2(("hits", 1, 0, b"\0" + struct.pack("=QQ", 0, 5))))
        running = self.start(QUICK, "hits")
        running.row()
        self.assertEqual(self.cells(running.row().replace("~", "")), ["5"])
        os.truncate(self.folder / "b.mmstats", 0)
        self.assertIn("b.mmstats: ", running.process.stderr.readline())
        running.row()
        self.assertEqual(running.stop()[1:], ("", 1))

    def test_hostile_path(self):
        name = "a\x1b[31m\n.mmstats"
        web = self.publisher()
        web.publish(name, ("counter", "hits"))
        status, out, err = self.run_tool("-c1", "-v", "--by-file", "hits", name)
        self.assertEqual((status, err), (0, ""))
        self.assertIn("a\\x1b[31m\\x0a.mmstats", out)
        self.assertNotIn("\x1b", out)
        web.die()
        err = self.run_tool("-c1", "-v", "hits", name)[2]
        self.assertTrue(err.startswith("pollstats: a\\x1b[31m\\x0a.mmstats: its writer has ended"), err)

    def test_files_that_are_named(self):
        web = self.publisher()
        for name, hits in (("a", 1), ("b", 20), ("c", 300)):
            web.publish(name, ("counter", "hits"))
            web.set("hits", hits)
        self.assertEqual(self.rows("-c1", "hits", "a", "c"), [["301"]])
        status, out, err = self.run_tool("-c1", "hits", "a", "missing")
        self.assertEqual((status, self.cells(out.splitlines()[1])), (1, ["1"]))
        self.assertEqual(err, "pollstats: missing: No such file or directory\n")

    def test_duplicate_labels(self):
        one, two = (("hits", 1, 0, b"\0" + struct.pack("=QQ", 0, n)) for n in (5, 9))
        self.put("a.mmstats", v2(one, two))
        status, out, err = self.run_tool("-c1", "hits")
        self.assertEqual((status, self.cells(out.splitlines()[1].replace("~", ""))), (0, ["5"]))

    def test_many_files(self):
        web = self.publisher()
        for i in range(200):
            web.publish(f"{i}.mmstats", ("counter", "hits"))
            web.set("hits", i)
        self.assertEqual(self.rows("-c2", "hits"), [[str(199 * 100)], ["0"]])


class BusiestTest(PollstatsTest):
    def web(self):
        web = self.publisher()
        web.publish("a.mmstats", ("counter", "web.slow"), ("counter", "web.fast"), ("counter", "web.idle"),
                    ("double", "heat"), ("string", "text"), ("counter", "other"))  # fmt: skip
        return web

    def test_json(self):
        a, b = self.web(), self.publisher()
        b.publish("b.mmstats", ("counter", "web.slow", "bytes"))
        running = self.start(STEADY, "--json")
        line = json.loads(running.row())
        self.assertEqual((line["show"], line["files"], line["values"]), ("busiest", 2, []))
        a.set("web.slow", 3)
        a.set("web.fast", 100)
        b.set("web.slow", 5)
        found = running.until(lambda row: {"web.slow": 8, "web.fast": 100}
                              == {value["label"]: value["total"] for value in json.loads(row)["values"]})  # fmt: skip
        values = json.loads(found)["values"]
        self.assertEqual([value["label"] for value in values], ["web.fast", "web.slow"])
        self.assertEqual([value["unit"] for value in values], ["", "bytes"])
        self.assertEqual(running.stop()[1:], ("", 0))

    def test_screens(self):
        web = self.web()
        running = self.start(STEADY, "-", str(self.folder / "a.mmstats"))
        self.assertRegex(running.row(), r"^1 file, 1 live; 0 of \d+ metrics change$")
        self.assertRegex(running.row(), r"^metric +per second +total history$")
        self.assertEqual(running.row(), "")
        web.set("web.fast", 1234567)
        row = running.until(lambda row: "web" in row)
        self.assertRegex(row, r"^web\.fast +[1-9][0-9.]+ +1234567 {2,20}\u2581*\u2588$")
        web.die()
        running.until(lambda row: row.startswith("1 file, 0 live; 1 of"))

    def test_prefix_lines_and_ascii(self):
        web = self.web()
        running = self.start(STEADY, "-p", "web.", "-n1", "--ascii", "-tunix")
        running.row()
        for label in ("web.slow", "web.fast", "other"):
            web.set(label, 5)
        rows = [running.until(lambda row: "2 of 3 metrics change" in row)] + [running.row() for _ in range(3)]
        self.assertRegex(rows[0], r"^\d+\.\d{3}  1 file")
        self.assertRegex(rows[2], r"^web\.(slow|fast) .* [ #_]{20}$")
        self.assertEqual(rows[3], "")

    def test_one_screen(self):
        self.web()
        status, out, err = self.run_tool(STEADY, "-c1")
        self.assertEqual((status, out.count("metrics change"), err), (0, 1, ""))

    def test_hostile_label(self):
        web = self.publisher()
        web.publish("a.mmstats", ("counter", "\x1b[2J\n"), ("counter", b"\xff" * 3000))
        running = self.start(STEADY)
        running.row()
        web.set("\x1b[2J\n", 5)
        web.set(b"\xff" * 3000, 5)
        self.assertRegex(running.until(lambda row: "x1b" in row), r"^\\x1b\[2J\\x0a ")
        self.assertRegex(running.until(lambda row: "xff" in row), "^\u2026[x0-9f\\\\]{31,36} ")


if __name__ == "__main__":
    unittest.main()
