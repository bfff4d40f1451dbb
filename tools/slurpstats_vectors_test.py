#!/usr/bin/env python3
"""slurpstats shows in every test vector what is to be found there."""

import json
import pathlib
import shutil
import sys
import unittest

sys.path[:0] = [str(pathlib.Path(__file__).parent)]
sys.dont_write_bytecode = True

from slurpstats_testing import VECTORS, SlurpstatsTest  # noqa: E402


class VectorsTest(SlurpstatsTest):
    def vectors(self):
        """Copies of all of them, since in a sandbox they are symbolic links; and what is to be found in each."""
        found = {}
        for path in sorted(VECTORS.glob("*/*.mmstats")):
            copy = self.folder / path.parent.name / path.name
            copy.parent.mkdir(exist_ok=True)
            shutil.copyfile(path, copy)
            found[str(copy)] = json.loads(path.with_suffix(".json").read_text())
        self.assertGreater(len(found), 50)
        return found

    def same(self, expected, found):
        """NaN and infinities are null here; a text may be "nan" itself."""
        if isinstance(expected, list):
            return len(expected) == len(found) and all(map(self.same, expected, found))
        if isinstance(expected, dict):
            return expected.keys() == found.keys() and all(self.same(expected[key], found[key]) for key in expected)
        return found == expected or (found is None and expected in ("nan", "inf", "-inf"))

    def check_vector(self, expected, file, messages):
        self.assertEqual(file["version"], expected["version"])
        fields = [field for field in expected.get("fields", []) if field.get("id") != 97]
        self.assertEqual(
            [(field["label"], field["kind"]) for field in file["fields"]],
            [(field["label"], field["metric"]) for field in fields],
        )
        for field, known in zip(file["fields"], fields):
            self.assertTrue(self.same(known["value"], field["value"]), field["label"][:50])
        if expected["errors"]:
            first = expected["errors"][0]
            self.assertEqual({key: file["error"][key] for key in first}, first)
            self.assertEqual([f"rule {first['rule']}:" in message for message in messages], [True])
        else:
            self.assertIsNone(file["error"])
            self.assertEqual(messages, [])

    def test_vectors(self):
        order = [] if sys.byteorder == "little" else ["--byte-order=little"]
        vectors = self.vectors()
        for mode in ([], ["--copy"]):
            result = self.run_tool("--json", *mode, *order, *vectors)
            self.assertEqual(result.status, 1)
            files = {file["path"]: file for file in json.loads(result.out)["files"]}
            self.assertEqual(list(files), list(vectors))
            for path, expected in vectors.items():
                with self.subTest(path, mode=mode):
                    messages = [line for line in result.err.splitlines() if f": {path}: " in line]
                    self.check_vector(expected, files[path], messages)
            for form in ([], ["--csv"]):
                other = self.run_tool(*form, *mode, *order, *vectors)
                self.assertEqual((other.status, other.err), (result.status, result.err))


if __name__ == "__main__":
    unittest.main()
