#!/usr/bin/env python3
"""mmlint on every test vector: verdict, rules and offsets are the expected ones, and a dump has every byte once."""

import json
import pathlib
import random
import shutil
import sys
import unittest

sys.path[:0] = [str(pathlib.Path(__file__).parent)]
sys.dont_write_bytecode = True

from mmlint_testing import MmlintTest, dumped  # noqa: E402
from slurpstats_testing import VECTORS  # noqa: E402

ORDER = [] if sys.byteorder == "little" else ["--byte-order=little"]


class VectorsTest(MmlintTest):
    def setUp(self):
        """Copies of all of them, since in a sandbox they are symbolic links; and what is to be found in each."""
        super().setUp()
        self.vectors = {}
        for path in sorted(VECTORS.glob("*/*.mmstats")):
            copy = self.folder / path.parent.name / path.name
            copy.parent.mkdir(exist_ok=True)
            shutil.copyfile(path, copy)
            self.vectors[str(copy)] = json.loads(path.with_suffix(".json").read_text())
        self.assertGreater(len(self.vectors), 50)

    def check_file(self, file, expected):
        self.assertEqual(file["version"], expected["version"])
        errors = [finding for finding in file["findings"] if finding["severity"] == "error"]
        found = [{key: error[key] for key in ("error", "rule", "offset")} for error in errors]
        self.assertEqual(found, expected["errors"])
        self.assertEqual(file["errors"], len(errors))
        self.assertEqual(file["verdict"] == "broken", bool(errors))
        self.assertTrue(all(error["expected"] and error["found"] for error in errors))
        if expected["version"] is not None:
            self.assertEqual(file["byte_order"], expected.get("byte_order", file["byte_order"]))
            records = sum(len(expected.get(key, [])) for key in ("fields", "skipped", "metadata"))
            self.assertEqual(file["records"], records)

    def test_verdict_and_rules(self):
        result = self.run_tool("--json", *ORDER, *self.vectors)
        self.check(result, 1)
        files = json.loads(result.out)["files"]
        self.assertEqual([file["path"] for file in files], list(self.vectors))
        for file in files:
            with self.subTest(file["path"]):
                self.check_file(file, self.vectors[file["path"]])

    def test_text_says_the_same(self):
        result = self.run_tool(*ORDER, *self.vectors)
        self.check(result, 1)
        said = {path: [] for path in self.vectors}
        for line in result.out.splitlines():
            if ": error: " in line:
                said[line.partition(": ")[0]].append(line)
        for path, expected in self.vectors.items():
            lines = said[path]
            with self.subTest(path):
                self.assertEqual(len(lines), len(expected["errors"]))
                for line, error in zip(lines, expected["errors"]):
                    self.assertTrue(line.startswith(f"{path}: byte {error['offset']}: error: "), line)
                    self.assertTrue(line.endswith(f"(R{error['rule']})"), line)

    # --- dumps -------------------------------------------------------------------------------------------------------

    def check_pieces(self, path, pieces):
        data, at = pathlib.Path(path).read_bytes(), 0
        for offset, piece in pieces:
            self.assertEqual(offset, at)
            self.assertGreater(len(piece), 0)
            self.assertEqual(piece, data[at : at + len(piece)])
            at += len(piece)
        self.assertEqual(at, len(data))

    def test_dump_has_every_byte_once(self):
        files = json.loads(self.run_tool("--json", "--dump", *ORDER, *self.vectors).out)["files"]
        for file in files:
            with self.subTest(file["path"]):
                parts = [(part["offset"], bytes.fromhex(part["bytes"])) for part in file["parts"]]
                self.check_pieces(file["path"], parts)
                self.assertTrue(all(part["meaning"] for part in file["parts"]))

    def test_dump_for_people_has_every_byte_once(self):
        out = self.run_tool("--dump", *ORDER, *self.vectors).out
        dumps = out.split("offset  bytes                    meaning\n")[1:]
        self.assertEqual(len(dumps), len(self.vectors))
        for path, rows in zip(self.vectors, dumps):
            with self.subTest(path):
                self.check_pieces(path, dumped(rows))

    def test_dump_of_spoilt_vectors(self):
        chance, spoilt = random.Random(1), []
        for path in self.vectors:
            data = bytearray(pathlib.Path(path).read_bytes()[:2000])
            for _ in range(chance.randrange(1, 4) if data else 0):
                data[chance.randrange(len(data))] = chance.choice((0, 1, 2, 0x7F, 0x80, 0xFF, chance.randrange(256)))
            spoilt.append(self.put(f"spoilt{len(spoilt)}", data))
        files = json.loads(self.run_tool("--json", "--dump", *spoilt).out)["files"]
        self.assertEqual([file["path"] for file in files], spoilt)
        self.assertGreater(sum(file["verdict"] == "broken" for file in files), len(files) // 4)
        for file in files:
            with self.subTest(pathlib.Path(file["path"]).name):
                parts = [(part["offset"], bytes.fromhex(part["bytes"])) for part in file["parts"]]
                self.check_pieces(file["path"], parts)

    def flat(self, value):
        return [value] if not isinstance(value, list) else [one for item in value for one in self.flat(item)]

    def test_dump_shows_the_values(self):
        names = ("nan", "inf", "-inf")  # as JSON has none
        files = json.loads(self.run_tool("--json", "--dump", *ORDER, *self.vectors).out)["files"]
        for file in files:
            expected = [
                field["value"]
                for field in self.vectors[file["path"]].get("fields", [])
                if field["layout"] not in ("array", "histogram")
            ]
            found = [
                part["value"]
                for part in file["parts"]
                if part["meaning"].startswith("value, ") or ", shown" in part["meaning"]
            ]
            with self.subTest(file["path"]):
                known = [None if value in names else value for value in self.flat(expected)]
                empty = [value for value in known if value != ""]  # a text without bytes is no part
                self.assertEqual([value for value in found if value != ""], empty)


if __name__ == "__main__":
    unittest.main()
