#!/usr/bin/env python3
"""The decoder of format/ and the one of spec/, which share nothing but SPEC.md, agree on mutated files: on the verdict
with every diagnostic, and on every value.

    differential.py [--files N] [--seed N] [--jobs N] DECODER    DECODER: fuzz/differential_decode

N is 10,000 files, or what the environment says: bazel test --test_env=MMS_FUZZ_FILES=100000 //fuzz:differential_test.
Prints how many files were compared. A file on which the two disagree is kept, and named; exit status 1.
"""

import argparse
import json
import multiprocessing
import os
import pathlib
import random
import struct
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
SPEC = HERE.parent / "spec"
sys.path[:0] = [str(SPEC), str(SPEC / "vectors")]
sys.dont_write_bytecode = True

import decoder  # noqa: E402
import matrix  # noqa: E402
import recipe  # noqa: E402

LARGEST = 2000  # bytes of a vector that is mutated
BATCH = 500  # files
ORDERS = ("auto", "little", "big")
NUMBERS = (
    *range(9), 15, 16, 17, *range(64, 70), 96, 97, 127, 128, 255, 256, 65535,
    2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**63, 2**64 - 1,
)  # fmt: skip
PIECES = (
    b"Q", b"=Q", b">h", b"<d", b"@bQ", b"3s", b"5p", b"0s", b"x", b"2c", b"?", b"e", b" ", b"9223372036854775807s",
    b"unit=a\\nb", b"help=", b"label.x=y", b"\xff", b"\xe2\x82", b"\0",
)  # fmt: skip


# --- mutated files ---------------------------------------------------------------------------------------------------


def load():
    folder = SPEC / "vectors"
    vectors = [recipe.Recipe.read(path).data for path in sorted(folder.rglob("*.txt"))]
    vectors += [recipe.Recipe(text, name).data for name, text in matrix.recipes()]
    return [bytes(data) for data in vectors if data and len(data) <= LARGEST]


def change(data, vectors, chance):
    """One change, of some kind."""
    at = chance.randrange(len(data) + 1)
    kind = chance.randrange(9)
    if kind == 0:  # a bit
        at = min(at, len(data) - 1)
        data[at : at + 1] = bytes([data[at] ^ 1 << chance.randrange(8)]) if data else b""
    elif kind <= 3:  # a number, where sizes and types are
        size = chance.choice((1, 2, 2, 4, 8))
        number = chance.choice(NUMBERS) % 2 ** (8 * size)
        data[at : at + size] = number.to_bytes(size, chance.choice(("little", "big")))
    elif kind == 4:  # the end
        del data[at:]
    elif kind == 5:
        del data[at : at + chance.randrange(1, 9)]
    elif kind == 6:
        data[at:at] = chance.choice(PIECES)
    elif kind == 7:  # what means something, in place of something else
        piece = chance.choice(PIECES)
        data[at : at + len(piece)] = piece
    else:  # two files
        other = chance.choice(vectors)
        data[at:] = other[chance.randrange(len(other)) :]
    return data


def mutate(vectors, chance):
    data = bytearray(chance.choice(vectors))
    for _ in range(chance.choice((1, 1, 1, 2, 2, 3, 5))):
        data = change(data, vectors, chance) or bytearray(b"\2")
    return bytes(data), chance.choice(ORDERS)


# --- what the C side said, in the words of decoder.py ----------------------------------------------------------------


def bytes_of(word):
    return bytes.fromhex(word[1:])


def value_of(word):
    if word[0] == "i":
        return int(word[1:])
    if word[0] == "f":
        return decoder.float_of(bytes_of(word), "big")
    if word[0] == "b":
        return word == "b1"
    return decoder.text_of(bytes_of(word))


def list_of(words):
    assert words[0] == "(" and words[-1] == ")", words
    return [value_of(word) for word in words[1:-1]]


def field_of(words, version):
    offset, label, number, layout, metric, value_offset, sequence, signature, *rest = words
    if layout == "histogram":
        total, scale, sub_bits, max_bits = map(value_of, rest[:4])
        value = {"sum": total, "scale": scale, "sub_bits": sub_bits, "max_bits": max_bits, "counts": list_of(rest[4:])}
    else:
        value = list_of(rest) if rest[0] == "(" else value_of(rest[0])
    return {
        **decoder.label_of(bytes_of(label)),
        **({} if version == 1 else {"id": int(number)}),
        **({} if signature == "x" else {"signature": bytes_of(signature).decode("latin-1")}),
        "layout": layout,
        "metric": metric,
        "offset": int(offset),
        "value_offset": int(value_offset),
        **({} if sequence == "-" else {"sequence": int(sequence)}),
        "value": value,
    }


def result_of(lines):
    """One file."""
    word, version, order = next(lines).split(" ")
    assert word == "file"
    result = {"version": int(version) or None, "byte_order": order}
    result.update({name: [] for name in ("fields", "skipped", "metadata", "errors")})
    for line in lines:
        kind, *words = line.split(" ")
        if kind == "end":
            return result
        if kind == "field":
            result["fields"].append(field_of(words, result["version"]))
        elif kind == "skipped":
            result["skipped"].append({"id": int(words[1]), "offset": int(words[0]), "size": int(words[2])})
        elif kind == "error":
            result["errors"].append({"error": words[0], "rule": int(words[1]), "offset": int(words[2])})
        else:
            text = decoder.text_of(bytes_of(words[2]))
            label = decoder.label_of(bytes_of(words[1]))
            result["metadata"].append({**label, "text": text, "keys": decoder.keys_of(text), "offset": int(words[0])})
    raise AssertionError("the decoder ended in the middle of a file")


def expected(data, order):
    result = decoder.decode(data, order)
    if result["version"] is None:
        result["byte_order"] = "auto"
    return result


# --- comparing -------------------------------------------------------------------------------------------------------


def run_decoder(program, files):
    text = b"".join(struct.pack("<IB", len(data), ORDERS.index(order)) + data for data, order in files)
    done = subprocess.run([program], input=text, stdout=subprocess.PIPE, check=True)
    return iter(done.stdout.decode().splitlines())


def compare_batch(job):
    """Gives the number of errors that there were, and the first file on which the two disagree."""
    program, seed, size = job
    chance = random.Random(seed)
    vectors = compare_batch.vectors
    files = [mutate(vectors, chance) for _ in range(size)]
    lines = run_decoder(program, files)
    malformed = 0
    for data, order in files:
        ours, theirs = expected(data, order), result_of(lines)
        malformed += bool(ours["errors"])
        if ours != theirs:
            return malformed, (data, order, ours, theirs)
    return malformed, None


def prepare():
    compare_batch.vectors = load()


def keep(data, order, ours, theirs):
    folder = pathlib.Path(os.environ.get("TEST_UNDECLARED_OUTPUTS_DIR", "."))
    path = folder / "crash-differential"
    path.write_bytes(data)
    print(f"the decoders disagree on {path} (order {order})")
    for name, result in (("spec", ours), ("format", theirs)):
        print(f"{name}: {json.dumps(result)[:4000]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--files", type=int, default=int(os.environ.get("MMS_FUZZ_FILES", 10_000)))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("decoder")
    options = parser.parse_args()
    starts = range(0, options.files, BATCH)
    batches = [(options.decoder, options.seed * 10**7 + at, min(BATCH, options.files - at)) for at in starts]
    malformed = 0
    with multiprocessing.Pool(options.jobs, prepare) as pool:
        for errors, difference in pool.imap_unordered(compare_batch, batches):
            malformed += errors
            if difference is not None:
                keep(*difference)
                return 1
    print(f"differential: {options.files} files, {malformed} of them malformed: both decoders say the same")
    # a test that compares nothing, or files of one sort, would pass, too
    return 0 if 0 < malformed < options.files else 1


if __name__ == "__main__":
    sys.exit(main())
