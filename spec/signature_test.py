#!/usr/bin/env python3
"""The grammar of section 3 against Python's own struct module, from which it was taken.

The decoder has the grammar written out and never asks struct. So the two can check each other, where the machine
has the native sizes that SPEC.md has.
"""

import pathlib
import random
import struct
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
sys.dont_write_bytecode = True

from values import CODES, MARKS, SPACES, Malformed, Signature, float_of  # noqa: E402

SAME_MACHINE = sys.byteorder == "little" and struct.calcsize("@lLnNP") == 40
SEED = 1
MOST = 1 << 16  # bytes of a value that is unpacked, too


def likely(chance):
    """A signature that is good, or nearly."""
    parts = [chance.choice(["", "", *MARKS])]
    for _ in range(chance.randrange(8)):
        parts.append(chance.choice(["", "", "", *SPACES]))
        parts.append(chance.choice(["", "", "", "0", "1", "2", "3", "17", "002"]))
        parts.append(chance.choice([*CODES, *"bBhHiIqQd?s"]))
    return "".join(parts)


def spoilt(chance):
    """The same with something wrong in it, mostly."""
    text = likely(chance)
    at = chance.randrange(len(text) + 1)
    return text[:at] + chance.choice("\0\x08Z5$-' <@=!>99nNPF\u00e9\x0e\x1f") + text[at + chance.randrange(2) :]


def large(chance):
    """Sizes about the limit."""
    count = chance.choice([2**63, 2**62, 2**60, 2**64, 2**61, 10**30]) + chance.randrange(-20, 3)
    return chance.choice(["", *MARKS]) + likely(chance).lstrip(MARKS) + str(count) + chance.choice("sxpcBhIQ") + \
        chance.choice(["", "0Q", "x", "h", "0x", "s"])  # fmt: skip


def ours(text):
    """The signature, or the rule that it breaks."""
    try:
        return Signature(text.encode("latin-1"), 0, "little")
    except Malformed as malformed:
        return malformed.diagnostic["rule"]


def theirs(text):
    """The size, or the rules that struct's message may stand for."""
    try:
        return struct.calcsize(text.encode("latin-1"))
    except struct.error as error:
        message = str(error)
        if "repeat count given without" in message:
            return {304}
        # struct looks at a count's size before it looks at what stands behind it; R304 goes before R305.
        return {304, 305} if "too long" in message else {303, 304}


@unittest.skipUnless(SAME_MACHINE, "native sizes or byte order are others here")
class Signatures(unittest.TestCase):
    def compare(self, text, chance):
        mine, size = ours(text), theirs(text)
        if isinstance(size, set):
            self.assertIn(mine, size)
        elif mine == 306:
            self.assertTrue(size > MOST or not struct.unpack(text, bytes(size)))
        else:
            self.assertIsInstance(mine, Signature)
            self.assertEqual(mine.size, size)
            if size <= MOST and "0p" not in text:  # which struct itself can not unpack
                self.compare_values(mine, text, chance.randbytes(size))
        return mine

    def compare_values(self, signature, text, raw):
        wanted = [
            self.plain(value, type_name, size, signature.order)
            for value, (type_name, size) in zip(
                struct.unpack(text, raw),
                [(name, size) for _, name, size, count in signature.items for _ in range(count)],
                strict=True,
            )
        ]
        self.assertEqual(signature.value(raw), wanted[0] if len(wanted) == 1 else wanted)

    def plain(self, value, type_name, size, order):
        """What struct gives, as decode() gives it."""
        if isinstance(value, float):
            form = {"F16": "e", "F32": "f", "F64": "d"}[type_name]
            return float_of(struct.pack(("<" if order == "little" else ">") + form, value), order)
        if isinstance(value, bytes):
            whole = value.split(b"\0")[0] if type_name == "TEXT" else value
            return whole.decode(errors="replace")
        return value

    def many(self, make, number):
        """Compares; gives how often what came out, so that a test can see that it tested something."""
        chance = random.Random(SEED)
        seen = {}
        for _ in range(number):
            text = make(chance)
            with self.subTest(text):
                result = self.compare(text, chance)
                key = result if isinstance(result, int) else "good"
                seen[key] = seen.get(key, 0) + 1
        return seen

    def test_every_code_alone(self):
        chance = random.Random(SEED)
        for character in map(chr, range(256)):
            for form in ("{}", "={}", "3{}", "<3{}", "b{}", "b0{}b", "{}Q", "0{}", "!0{}B", " {} "):
                with self.subTest(form.format(character)):
                    self.compare(form.format(character), chance)

    def test_likely(self):
        self.assertGreater(self.many(likely, 5000)["good"], 2000)

    def test_spoilt(self):
        seen = self.many(spoilt, 5000)
        self.assertTrue(all(seen[rule] > 100 for rule in (303, 304, 306)), seen)

    def test_large(self):
        seen = self.many(large, 3000)
        self.assertTrue(all(seen[key] > 100 for key in (305, "good")), seen)


if __name__ == "__main__":
    unittest.main()
