#!/usr/bin/env python3
"""The decoder finds in every vector what its recipe expects, and nothing thrown at it makes it fail otherwise."""

import json
import pathlib
import random
import sys
import unittest

HERE = pathlib.Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE / "vectors")]
sys.dont_write_bytecode = True

import matrix  # noqa: E402
import recipe  # noqa: E402
from decoder import decode, decode_in  # noqa: E402
from encoder import Impossible, encode  # noqa: E402

CANONICAL = ("v1_zero_page", "v1_default_fields", "v2_canonical")
SMALL = 2000  # bytes of a vector of which every prefix is tried
SEED = 1


def load():
    """name: recipe, of the hand-written ones and of the matrix."""
    folder = HERE / "vectors"
    paths = sorted(path for path in folder.rglob("*.txt"))
    recipes = {str(path.relative_to(folder).with_suffix("")): recipe.Recipe.read(path) for path in paths}
    return {**recipes, **{name: recipe.Recipe(text, name) for name, text in matrix.recipes()}}


RECIPES = load()
GOOD = {name: vector for name, vector in RECIPES.items() if not name.startswith("bad/")}
EVERY_RULE = {101, 102, *range(202, 208), *range(303, 307), *range(402, 410)}


def rules(vector):
    return [error["rule"] for error in vector.expect["errors"]]


def values_of(result):
    """What a file says, without where it says it."""
    places = {"offset", "value_offset"}
    records = [*result["metadata"], *result["fields"]]
    return [json.dumps({k: v for k, v in record.items() if k not in places}) for record in records]


class Vectors(unittest.TestCase):
    maxDiff = None

    def test_there_are_vectors(self):
        self.assertGreater(sum(name.startswith("good/") for name in RECIPES), 100)
        self.assertGreater(sum(name.startswith("bad/") for name in RECIPES), 100)

    def test_as_expected(self):
        for stem, vector in RECIPES.items():
            for name, data, expect in recipe.vectors(vector, stem):
                with self.subTest(name):
                    self.assertEqual(decode(data, own="little"), expect)

    def test_an_order_that_is_forced_is_the_one_that_was_found(self):
        for name, vector in RECIPES.items():
            with self.subTest(name):
                self.assertEqual(decode(vector.data, vector.expect["byte_order"]), vector.expect)

    def test_good_and_bad_are_in_their_folders(self):
        for name, vector in RECIPES.items():
            with self.subTest(name):
                self.assertEqual(bool(rules(vector)), name.startswith("bad/"))

    def test_every_rule_is_broken_at_least_twice(self):
        broken = [rule for vector in RECIPES.values() for rule in rules(vector)]
        broken += [error["rule"] for v in RECIPES.values() for cut in v.cuts for error in cut.errors]
        self.assertEqual(set(broken), EVERY_RULE)
        self.assertEqual([rule for rule in EVERY_RULE if broken.count(rule) < 2 and rule != 102], [])

    def test_every_line_says_what_it_is(self):
        for name, vector in RECIPES.items():
            with self.subTest(name):
                self.assertTrue(vector.prose)
                self.assertEqual([piece for piece in vector.pieces if not piece.comment], [])

    def test_every_prefix(self):
        for name, vector in RECIPES.items():
            step = 1 if len(vector.data) <= SMALL else len(vector.data) // 97
            for length in range(0, len(vector.data), step):
                with self.subTest(name, length=length):
                    self.check(vector.data[:length])

    def test_cuts_hold_for_all_their_lengths(self):
        for name, vector in RECIPES.items():
            for cut in vector.cuts:
                for length in range(cut.first, min(cut.last, cut.first + SMALL) + 1):
                    with self.subTest(name, length=length):
                        result = decode(vector.data[:length], own="little")
                        self.assertEqual(result, vector.expected_of_cut(cut))

    def test_prefixes_of_good_files_keep_their_first_fields(self):
        for name, vector in GOOD.items():
            order = vector.expect["byte_order"]
            for length in range(1, min(len(vector.data), SMALL)):
                with self.subTest(name, length=length):
                    result = decode_in(vector.data[:length], order)
                    fields = result["fields"]
                    self.assertEqual(fields, vector.expect["fields"][: len(fields)])

    def test_flipped_bits(self):
        chance = random.Random(SEED)
        for name, vector in RECIPES.items():
            if len(vector.data) > SMALL or not vector.data:
                continue
            for _ in range(100):
                bit = chance.randrange(8 * len(vector.data))
                data = bytearray(vector.data)
                data[bit // 8] ^= 1 << bit % 8
                with self.subTest(name, bit=bit):
                    self.check(bytes(data))

    def check(self, data):
        """No exception; and every diagnostic is a rule of ours, at a place in the file."""
        result = decode(data)
        json.dumps(result)
        for error in result["errors"]:
            self.assertIn(error["rule"], EVERY_RULE)
            self.assertTrue(0 <= error["offset"] <= len(data))
        for order in ("little", "big"):
            decode(data, order)

    def test_own_order_goes_first(self):
        data = GOOD["good/v1_either_order"].data
        self.assertEqual(decode(data, own="little")["fields"][0]["value"], 513)
        self.assertEqual(decode(data, own="big")["fields"][0]["value"], 258)
        for vector in GOOD.values():
            other = decode_in(vector.data, "big" if vector.expect["byte_order"] == "little" else "little")
            if other["errors"]:
                self.assertEqual(decode(vector.data, own="big"), vector.expect)


class Encoder(unittest.TestCase):
    maxDiff = None

    def test_canonical_files_come_back(self):
        for name in CANONICAL:
            with self.subTest(name):
                data = GOOD[f"good/{name}"].data
                self.assertEqual(encode(decode(data), order="little"), data)

    def test_what_is_encoded_is_decoded(self):
        """Nearly every good vector has a canonical file, which says the same and comes back."""
        encoded = 0
        for name, vector in GOOD.items():
            for order in ("little", "big"):
                try:
                    data = encode(vector.expect, order=order)
                except Impossible:
                    continue
                encoded += 1
                with self.subTest(name, order=order):
                    result = decode(data, order)
                    self.assertEqual(result["errors"], [])
                    self.assertEqual(values_of(result), values_of(vector.expect))
                    self.assertEqual(encode(result, order=order), data)
                    self.aligned(result)
        self.assertGreater(encoded, 1.5 * len(GOOD))

    def aligned(self, result):
        if result["version"] == 2:
            for field in result["fields"]:
                if field["layout"] in ("histogram", "struct", "wide") or field["id"] in (1, 19, 66, 97):
                    self.assertEqual(field["value_offset"] % 8, 0)


if __name__ == "__main__":
    unittest.main()
