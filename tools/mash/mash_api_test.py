#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The JSON API of mmash: values, labels, files, figures, and what hostile files do to them."""

import decimal
import fractions
import json
import math
import os
import pathlib
import statistics
import struct
import sys
import unittest
import urllib.parse

sys.path[:0] = [str(pathlib.Path(__file__).parent)]
sys.dont_write_bytecode = True

from mash_testing import MashTest, wait_for  # noqa: E402
from slurpstats_testing import FOREIGN, plain, text, v1, v2  # noqa: E402

HOSTILE = [
    b"a/b", b"a/../../c", b"<script>alert(1)</script>", b"a\"b\\c'd", b"a b+c", b"100%", b"%41", b"?x=1&y#z",
    b"nul\0behind", b"line\nfeed\r", b"\x1b[2Jesc", "bidi\u202eidib".encode(), "\u00e4\u4e16\U0001f600".encode(),
    b"\xe2\x80\xa8", b"..", b"x" * 3000,
]  # fmt: skip
BROKEN = [b"\xff", b"half\xc3", b"\xed\xa0\x80", b"over\xc0\xaf"]


def quote(data):
    return urllib.parse.quote(data, safe="")


class ApiTest(MashTest):
    def numbers(self, label, numbers, signature="Q"):
        for i, number in enumerate(numbers):
            self.put(f"{i:03}.mmstats", v1(plain(label, signature, number)))

    # --- /stats/ -----------------------------------------------------------------------------------------------------

    def test_labels_are_sorted_and_stand_once(self):
        self.put("a.mmstats", v1(plain("b", "I", 1), plain("a.b", "I", 2), plain("a", "I", 3)))
        self.put("b.mmstats", v1(plain("B", "I", 1), plain("a.b", "I", 2), text("t", "x")))
        server = self.start()
        self.assertEqual(server.get("/stats/"), {"stats": ["B", "a", "a.b", "b", "t"]})
        self.assertEqual(server.get("/stats/?glob=a*"), {"stats": ["a", "a.b", "b"]})

    def test_a_value_for_each_file(self):
        self.put("a.mmstats", v1(plain("a.x", "I", 1), plain("a.y", "d", 0.1), plain("ab", "I", 9)))
        self.put("b.mmstats", v1(plain("a.x", "I", 2), text("a.z", "text")))
        server = self.start()
        self.assertEqual(server.get("/stats/a."), {"a.x": [1, 2], "a.y": [0.1], "a.z": ["text"]})
        self.assertEqual(server.get("/stats/a"), {"a.x": [1, 2], "a.y": [0.1], "a.z": ["text"], "ab": [9]})
        self.assertEqual(server.get("/stats/c"), {})
        self.assertEqual(server.get("/stats/a.x?exact="), {"a.x": [1, 2]})
        self.assertEqual(server.get("/stats/a.?exact"), {})
        self.assertEqual(server.get("/stats/a.x?glob=b*"), {"a.x": [2]})
        self.assertEqual(server.get("/stats/a?glob=%3F.mmstats&exact=1&other=x"), {})
        self.assertEqual(server.get("/stats/a.?glob=a.mmstats"), {"a.x": [1], "a.y": [0.1]})
        self.assertEqual(server.get("/stats/a.?glob=.."), {})

    def test_exact_numbers(self):
        cases = {
            "u64": ("Q", 2**64 - 1), "i64": ("q", -(2**63)), "tiny": ("d", 5e-324), "third": ("d", 1 / 3),
            "no": ("?", False), "byte": ("b", -1),
        }  # fmt: skip
        self.put("a.mmstats", v1(*(plain(label, *case) for label, case in cases.items())))
        got = self.start().get("/stats/")
        self.assertEqual(got["stats"], sorted(cases))
        got = self.start("--copy").get("/stats/?")
        server = self.start()
        for label, (_, value) in cases.items():
            self.assertEqual(repr(server.get(f"/stats/{label}?exact=")[label]), repr([value]))

    def test_nan_and_infinities_are_null(self):
        self.numbers("x", [math.nan, math.inf, -math.inf, 1.5], "d")
        server = self.start()
        self.assertEqual(server.get("/stats/x"), {"x": [None, None, None, 1.5]})
        self.assertEqual(server.get("/stats/x?aggr=one"), {"x": None})
        self.assertEqual(server.get("/stats/x?aggr=max"), {"x": None})
        self.assertEqual(server.get("/stats/x?aggr=sum"), {"x": None})
        self.assertEqual(server.get("/2/?q=x")["x"]["length"], 3)

    def test_a_file_of_another_machine(self):
        self.put("a.mmstats", v1(("x", "I", 0xFF, struct.pack(FOREIGN + "I", 7)), order=FOREIGN))
        self.assertEqual(self.start().get("/stats/x"), {"x": [7]})
        native = "big" if FOREIGN == "<" else "little"
        self.assertEqual(self.start("--byte-order", native).get("/files/")["files"], [])

    # --- aggregates --------------------------------------------------------------------------------------------------

    def test_aggregates(self):
        self.numbers("x", [0, 3, 2**63, 5])
        server = self.start()
        expected = {
            "avg": (2**63 + 8) / 4, "one": 0, "max": 2**63, "min": 0, "sum": 2**63 + 8, "nonzero-min": 3,
            "nonzero-avg": (2**63 + 8) / 3,
        }  # fmt: skip
        for name, value in expected.items():
            self.assertEqual(server.get(f"/stats/x?aggr={name}"), {"x": value}, name)
            self.assertEqual(server.get(f"/stats/x?aggr={name}&exact=&glob=001*"), {"x": 3}, name)

    def test_aggregates_of_what_is_no_number(self):
        self.put("a.mmstats", v1(text("x.text", "a"), plain("x.zero", "I", 0), ("x.tuple", "2H", 0xFF, b"\1\0\2\0")))
        self.put("b.mmstats", v1(text("x.text", "b"), plain("x.zero", "I", 0)))
        server = self.start()
        self.assertEqual(server.get("/stats/x.?aggr=sum"), {"x.text": None, "x.tuple": None, "x.zero": 0})
        self.assertEqual(server.get("/stats/x.zero?aggr=nonzero-avg"), {"x.zero": None})
        self.assertEqual(server.get("/stats/x.?aggr=one"), {"x.text": "a", "x.tuple": [1, 2], "x.zero": 0})

    # --- /2/ ---------------------------------------------------------------------------------------------------------

    def test_figures(self):
        numbers = [15, 20, 35, 40, 50, 7]
        self.numbers("web.x", numbers, "i")
        self.put("t.mmstats", v1(text("web.text", "a"), plain("web.y", "d", 2.5), plain("other", "I", 1)))
        got = self.start().get("/2/?q=web.*")
        self.assertEqual(set(got), {"web.x", "web.y"})
        x = got["web.x"]
        self.assertEqual(
            {key: x[key] for key in ("length", "min", "max", "sum", "mean", "values")},
            {"length": 6, "min": 7, "max": 50, "sum": 167, "mean": 167 / 6, "values": sorted(numbers)},
        )
        self.assertEqual(x["median"], statistics.median(numbers))
        # Linear interpolation at p * (n + 1): 5.25 of 6 here.
        self.assertEqual(x["75percentile"], 40 + 0.25 * (50 - 40))
        quantiles = statistics.quantiles(numbers, n=20, method="exclusive")
        self.assertAlmostEqual(x["75percentile"], quantiles[14])
        for name in ("95percentile", "98percentile", "99percentile", "999percentile"):
            self.assertEqual(x[name], 50)
        y = got["web.y"]
        self.assertEqual((y.pop("length"), y.pop("values")), (1, [2.5]))
        self.assertEqual(set(y.values()), {2.5})

    def test_figures_are_exact(self):
        """Of integers: with all digits, also where no float has them."""
        top, low = 2**64 - 1, -(2**63)
        lists = {
            "one": ("Q", [top]), "two": ("Q", [top, top - 1]), "three": ("Q", [top - 1, top, top - 2]),
            "apart": ("Q", [0, top, 2**53 + 1]), "many": ("Q", [top - i for i in range(30)]),
            "below": ("q", [low, low + 1, 2**63 - 1]), "signs": ("q", [-1, 0]), "minus": ("q", [-3, -4]),
        }  # fmt: skip
        names = {"median": 500, "75percentile": 750, "95percentile": 950, "98percentile": 980, "99percentile": 990,
                 "999percentile": 999}  # fmt: skip
        for label, (kind, numbers) in lists.items():
            self.numbers(label, numbers, kind)
            body = self.start().ask(f"/2/?q={label}").body
            got = json.loads(body, parse_float=decimal.Decimal)[label]
            numbers = sorted(numbers)
            self.assertEqual((got["values"], got["min"], got["max"]), (numbers, numbers[0], numbers[-1]))
            if low <= sum(numbers) <= top:
                self.assertEqual(got["sum"], sum(numbers))
            for name, thousandths in names.items():
                before, rest = divmod(thousandths * (len(numbers) + 1), 1000)
                place = min(max(before, 1), len(numbers))
                rest = rest if 1 <= before < len(numbers) else 0
                upper = numbers[place] if rest else numbers[place - 1]
                right = numbers[place - 1] + fractions.Fraction(rest, 1000) * (upper - numbers[place - 1])
                self.assertEqual(fractions.Fraction(got[name]), right, (label, name, body))
            self.assertNotRegex(body, rb"\.\d*0\b")

    def test_figures_of_elements(self):
        self.put("a.mmstats", v1(("x", "3H", 0xFF, struct.pack("=3H", 3, 1, 2)), plain("flag", "?", True)))
        got = self.start().get("/2/?q=*")
        self.assertEqual((got["x"]["values"], got["x"]["sum"]), ([1, 2, 3], 6))
        self.assertEqual(got["flag"]["values"], [1])

    def test_figures_by_file(self):
        self.numbers("x", range(10))
        server = self.start()
        self.assertEqual(server.get("/2/?q=x&glob=00[2-4]*")["x"]["values"], [2, 3, 4])
        self.assertEqual(server.get("/2/?q=none"), {})

    # --- /files/ -----------------------------------------------------------------------------------------------------

    def test_files_that_have_a_field(self):
        a, b = self.put("a.mmstats", v1(plain("x", "I", 1))), self.put("b.mmstats", v1(plain("x", "I", 1)))
        self.put("empty.mmstats", v1())
        self.put("bad.mmstats", b"\x09")
        self.put("other", v1(plain("x", "I", 1)))
        server = self.start()
        bad = str(self.folder / "bad.mmstats")
        error = "unsupported at byte 0, rule 101: the version byte is neither 01 nor 02"
        self.assertEqual(server.get("/files/"), {"files": [a, b], "errors": {bad: error}})
        self.assertEqual(server.get("/files/b*"), {"files": [b], "errors": {bad: error}})
        self.assertEqual(server.get("/files/b.*"), {"files": [b]})
        self.assertEqual(server.get("/files/other"), {"files": []})

    def test_nothing_leads_out_of_the_directory(self):
        self.put("in/a.mmstats", v1(plain("x", "I", 1)))
        outside = self.put("b.mmstats", v1(plain("secret", "I", 2)))
        os.symlink(outside, self.folder / "in/link.mmstats")
        server = self.start(str(self.folder / "in"))
        for glob in ("../b.mmstats", "..%2fb.mmstats", "%2e%2e/b.mmstats", outside, quote(outside), "../*", "/etc/*"):
            for path in ("/files/", "/stats/?glob=", "/stats/secret?glob=", "/2/?q=*&glob="):
                answer = server.ask(path + glob)
                self.assertEqual((answer.status, list(answer.json())), (400, ["error"]), path + glob)
        for path in ("/files/..", "/files/*", "/stats/?glob=b*", "/2/?q=*&glob=link*", "/static/../../../etc/passwd",
                     "/static/%2e%2e/API.md", "/../../etc/passwd", "//etc/passwd"):  # fmt: skip
            answer = server.ask(path)
            self.assertNotIn(b"secret", answer.body)
            self.assertNotIn(b"root:", answer.body)

    def test_files_come_and_go(self):
        server = self.start()
        self.assertEqual(server.get("/stats/"), {"stats": []})
        self.assertEqual(server.get("/2/?q=*"), {})
        path = self.put("a.mmstats", v1(plain("x", "I", 1)))
        wait_for(lambda: server.get("/stats/x") == {"x": [1]})
        self.put("a.mmstats", v1(plain("x", "I", 2), plain("xy", "I", 3)))
        wait_for(lambda: server.get("/stats/x") == {"x": [2], "xy": [3]})
        self.put("b.mmstats", v1(plain("x", "I", 4)))
        wait_for(lambda: server.get("/stats/x") == {"x": [2, 4], "xy": [3]})
        os.truncate(path, 0)
        wait_for(lambda: server.get("/stats/x") == {"x": [4]})
        os.unlink(path)
        os.unlink(self.folder / "b.mmstats")
        wait_for(lambda: server.get("/stats/") == {"stats": []})

    def test_directories_and_globs(self):
        self.put("[a]*/x.mmstats", v1(plain("x", "I", 1)))
        self.put("b/x.mmstats", v1(plain("x", "I", 2)))
        self.put("b/y.other", v1(plain("x", "I", 3)))
        self.put("z.mmstats", v1(plain("x", "I", 4)))
        both = self.start(str(self.folder / "[a]*"), str(self.folder / "b"), str(self.folder / "none"))
        self.assertEqual(both.get("/stats/x"), {"x": [1, 2]})
        mixed = self.start("--glob", str(self.folder / "?/*.other"), "--glob", str(self.folder / "b/*"))
        self.assertEqual(mixed.get("/stats/x"), {"x": [2, 3]})
        glob = self.start(env={"MMSTATS_GLOB": str(self.folder / "*.mmstats")})
        self.assertEqual(glob.get("/stats/x"), {"x": [4]})

    # --- hostile files -----------------------------------------------------------------------------------------------

    def test_any_label_can_be_asked_for(self):
        self.put("a.mmstats", v1(*(plain(label, "I", i) for i, label in enumerate(HOSTILE))))
        server = self.start()
        shown = server.get("/stats/")["stats"]
        self.assertEqual(sorted(label.encode() for label in shown), sorted(HOSTILE))
        for i, label in enumerate(HOSTILE):
            got = server.get(f"/stats/{quote(label)}?exact=")
            self.assertEqual(got, {label.decode(): [i]})
        self.assertEqual(server.get("/stats/a/b"), {"a/b": [0]})
        self.assertEqual(server.get("/2/?q=a/b")["a/b"]["values"], [0])

    def test_the_empty_label(self):
        self.put("a.mmstats", v2(("", 10, 0, b"\7"), ("x", 10, 0, b"\1")))
        server = self.start()
        self.assertEqual(server.get("/stats/"), {"stats": ["", "x"]})
        for query in ("exact=", "exact=&glob=a*", "glob=a*&exact="):
            self.assertEqual(server.get("/stats/?" + query), {"": [7]}, query)
        self.assertEqual(server.get("/stats/?exact=&glob=b*"), {})
        self.assertEqual(server.get("/stats/?aggr=sum&exact="), {"": 7})
        self.assertEqual(server.ask("/stats/?exact=&exact=").status, 400)

    def test_labels_that_are_no_text(self):
        self.put("a.mmstats", v1(*(plain(label, "I", i) for i, label in enumerate(BROKEN)), plain("\ufffd", "I", 9)))
        server = self.start()
        shown = server.get("/stats/")["stats"]
        self.assertEqual(shown, sorted({label.decode(errors="replace") for label in BROKEN}))
        for i, label in enumerate(BROKEN):
            mended = label.decode(errors="replace")
            # As it is in the file, and as it is shown. The first of those that look the same counts.
            self.assertEqual(server.get(f"/stats/{quote(label)}?exact="), {mended: [i]})
            self.assertEqual(server.get(f"/stats/{quote(mended.encode())}?exact="), {mended: [i]})

    def test_hostile_values_and_paths(self):
        values = [b"\"</script>\\", b"nul\0x", b"\xff\xfe", b"\n\r\x1b", "\u202e".encode()]
        name = b"\"\\\n<b>\xff.mmstats"
        path = self.put(name, v1(*(text(f"t{i}", value) for i, value in enumerate(values))))
        server = self.start()
        for i, value in enumerate(values):
            self.assertEqual(server.get(f"/stats/t{i}"), {f"t{i}": [value.split(b"\0")[0].decode(errors="replace")]})
        self.assertEqual(server.get("/files/"), {"files": [os.fsencode(path).decode(errors="replace")]})
        for path in ("/stats/t", "/files/"):
            self.assertNotRegex(server.ask(path).body, rb"[\x00-\x09\x0b-\x1f\x7f]|\xe2\x80\xae")

    def test_one_bad_file_fails_no_other(self):
        self.put("a.mmstats", b"\x01\xff\xff")
        self.put("b.mmstats", v1(plain("x", "I", 1)))
        self.put("c.mmstats", b"\x02\x03\0\0\0")
        os.mkfifo(self.folder / "d.mmstats")
        os.mkdir(self.folder / "e.mmstats")
        self.assertEqual(self.start().get("/stats/"), {"stats": ["x"]})

    def test_a_label_twice_in_a_file(self):
        self.put("a.mmstats", v1(plain("x", "I", 1), plain("x", "I", 2)))
        self.assertEqual(self.start().get("/stats/x"), {"x": [1]})


if __name__ == "__main__":
    unittest.main()
