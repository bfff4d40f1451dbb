#!/usr/bin/env python3
"""Recipes that are all alike: every type in every layout and byte order, and every way to spoil a type signature.

What has a story is written by hand, in good/ and bad/. These are too many and too plain for that. They are recipes
like the others, and what is expected of them is computed here, never asked of a decoder.

    matrix.py FOLDER    writes FOLDER/good/*.txt and FOLDER/bad/*.txt
"""

import json
import pathlib
import sys

# How a recipe writes a value of an elementary type, and three values that tell sizes, signs and orders apart.
NUMBERS = {
    "I8": ("i8", 1, (-2, 1, 127)),
    "U8": ("u8", 1, (254, 1, 127)),
    "I16": ("i16", 2, (-2, 258, 32767)),
    "U16": ("u16", 2, (65534, 258, 1)),
    "I32": ("i32", 4, (-2, 16909060, 1)),
    "U32": ("u32", 4, (4294967294, 16909060, 1)),
    "I64": ("i64", 8, (-2, 72623859790382856, 1)),
    "U64": ("u64", 8, (18446744073709551614, 72623859790382856, 1)),
    "F16": ("f16", 2, (-1.5, 0.25, 1.0)),
    "F32": ("f32", 4, (-1.5, 0.25, 1.0)),
    "F64": ("f64", 8, (-1.5, 0.1, 1.0)),
    "BOOL": ("u8", 1, (True, False, True)),
    "CHAR": ("text", 1, ("a", "b", "c")),
}
# code: (native type, standard type)
CODES = {
    "c": ("CHAR", "CHAR"), "b": ("I8", "I8"), "B": ("U8", "U8"), "?": ("BOOL", "BOOL"),
    "h": ("I16", "I16"), "H": ("U16", "U16"), "i": ("I32", "I32"), "I": ("U32", "U32"),
    "l": ("I64", "I32"), "L": ("U64", "U32"), "q": ("I64", "I64"), "Q": ("U64", "U64"),
    "n": ("I64", None), "N": ("U64", None), "P": ("U64", None),
    "e": ("F16", "F16"), "f": ("F32", "F32"), "d": ("F64", "F64"),
}  # fmt: skip
# name of a data type: (id, layout, type, metric kind)
IDS = {
    "COUNTER": (1, "buffered", "U64", "counter"),
    "AVERAGE": (2, "buffered", "F64", "gauge"),
    "MOVING_AVERAGE": (3, "buffered", "F64", "gauge"),
    "TIMER": (4, "buffered", "F64", "duration"),
    "U64": (5, "buffered", "U64", "unknown"),
    "U32": (6, "buffered", "U32", "unknown"),
    "I32": (7, "buffered", "I32", "unknown"),
    "I16": (8, "buffered", "I16", "unknown"),
    "U16": (9, "buffered", "U16", "unknown"),
    "BYTE": (10, "unbuffered", "I8", "unknown"),
    "F32": (11, "buffered", "F32", "unknown"),
    "STATIC_F32": (12, "unbuffered", "F32", "unknown"),
    "F64": (13, "buffered", "F64", "unknown"),
    "STATIC_F64": (14, "unbuffered", "F64", "unknown"),
    "BOOL": (15, "unbuffered", "BOOL", "unknown"),
    "STATIC_U32": (17, "unbuffered", "U32", "unknown"),
    "STATIC_I64": (18, "unbuffered", "I64", "unknown"),
    "STATIC_U64": (19, "unbuffered", "U64", "unknown"),
    "U32_RING": (21, "array", "U32", "unknown"),
    "U32_RESERVOIR": (22, "array", "U32", "unknown"),
    "U32_DECAYING": (23, "array", "U32", "unknown"),
    "I64": (64, "buffered", "I64", "unknown"),
    "U64_RING": (66, "array", "U64", "unknown"),
    "F64_RING": (67, "array", "F64", "unknown"),
    "GENERATION": (97, "unbuffered", "U64", "unknown"),
}

# Type signatures that are malformed: (name, signature, rule, where in the signature, why).
SIGNATURES = [
    ("only_space", "  \t", 306, 0, "only space yields no item"),
    ("only_mark", "<", 306, 0, "a mark alone yields no item"),
    ("only_mark_native", "@", 306, 0, "a mark alone yields no item"),
    ("mark_and_space", "= ", 306, 0, "a mark and space yield no item"),
    ("skip", "3x", 306, 0, "bytes to skip yield no item"),
    ("skip_one", "x", 306, 0, "a byte to skip yields no item"),
    ("none", "0Q", 306, 0, "no u64 is no item"),
    ("none_of_many", " 0B0c 5x 0d", 306, 0, "none of these counts yields an item"),
    ("quotes", "''", 303, 0, "a quote is no code"),
    ("unknown_first", "Z", 303, 0, "Z is no code"),
    ("unknown_last", "QIz", 303, 2, "z is no code"),
    ("unknown_between", "Q$I", 303, 1, "$ is no code"),
    ("nul", "Q\0", 303, 1, "a NUL byte is no code and no space"),
    ("nul_only", "\0", 303, 0, "a NUL byte is no code and no space"),
    ("control_08", "\x08Q", 303, 0, "08 is no space: those are 09 to 0D, and 20"),
    ("control_0e", "\x0eQ", 303, 0, "0E is no space: those are 09 to 0D, and 20"),
    ("not_ascii", "Q\u00e9", 303, 1, "a byte above 7F is no code"),
    ("wide_space", "\u00a0Q", 303, 0, "only ASCII has space"),
    ("wide_digit", "\u00b2Q", 303, 0, "only ASCII has digits"),
    ("minus", "-1Q", 303, 0, "a count has no sign"),
    ("plus", "+1Q", 303, 0, "a count has no sign"),
    ("bracket", "[2]Q", 303, 0, "a bracket is no code"),
    ("complex", "F", 303, 0, "F came to Python later and is no code here"),
    ("wide_char", "w", 303, 0, "w is no code"),
    ("mark_twice", "<<Q", 303, 1, "a mark may stand only at the first place (R301)"),
    ("mark_behind_mark", "@=Q", 303, 1, "a mark may stand only at the first place (R301)"),
    ("mark_behind_space", " <Q", 303, 1, "a mark may stand only at the first place (R301, R302)"),
    ("mark_behind_code", "Q>", 303, 1, "a mark may stand only at the first place (R301)"),
    ("native_n", "=n", 303, 1, "n has no standard size"),
    ("native_upper_n", "<QN", 303, 2, "N has no standard size"),
    ("native_p", ">P", 303, 1, "P has no standard size"),
    ("native_p_network", "! P", 303, 2, "P has no standard size"),
    ("count_at_end", "5", 304, 0, "a count without a code"),
    ("count_zero_at_end", "Q0", 304, 1, "a count without a code"),
    ("count_long_at_end", "Q 123456", 304, 2, "the first digit of the count counts"),
    ("count_and_space", "5 Q", 304, 0, "no space between a count and its code (R302)"),
    ("count_in_two", "1 2Q", 304, 0, "no space inside a count (R302)"),
    ("count_and_mark", "5<Q", 304, 0, "a mark is no code"),
    ("count_and_unknown", "I12Z", 304, 1, "R304 goes before R303"),
    ("count_and_nul", "2\0", 304, 0, "a NUL byte is no code"),
    ("count_huge_and_unknown", "99999999999999999999999Z", 304, 0, "R304 goes before R305"),
    ("count_huge_at_end", "Q99999999999999999999999", 304, 1, "R304 goes before R305"),
    ("size_text", "9223372036854775808s", 305, 0, "2^63 bytes"),
    ("size_pascal", "9223372036854775808p", 305, 0, "2^63 bytes"),
    ("size_skip", "9223372036854775808x", 305, 0, "2^63 bytes"),
    ("size_u64", "1152921504606846976Q", 305, 0, "2^60 items of 8 bytes"),
    ("size_2_64", "18446744073709551616s", 305, 0, "2^64 bytes, 0 for those who count in 64 bits"),
    ("size_2_64_plus_1", "18446744073709551617s", 305, 0, "2^64 + 1 bytes, 1 for those who count in 64 bits"),
    ("size_2_64_by_8", "2305843009213693952Q", 305, 0, "2^61 items of 8 bytes, 0 for those who count in 64 bits"),
    ("size_huge", "99999999999999999999999Q", 305, 0, "more than any 64 bits"),
    ("size_100_digits", "B" + "9" * 100 + "x", 305, 1, "more than any machine's number"),
    ("size_sum", "9223372036854775807sB", 305, 20, "the u8 is the byte too many"),
    ("size_sum_standard", "<9223372036854775807x1c", 305, 21, "the char is the byte too many; its count comes first"),
    ("size_sum_second", "4611686018427387904s4611686018427387904s", 305, 20, "twice 2^62 is 2^63"),
    ("size_by_alignment", "9223372036854775801s0Q", 305, 20, "the next multiple of 8 is 2^63"),
    ("size_by_alignment_later", "9223372036854775805s h", 305, 21, "from a multiple of 2 on: 2^63"),
    ("size_before_code", "9223372036854775808sZ", 305, 0, "the size is exceeded before the Z is reached"),
    ("code_before_size", "Z9223372036854775808s", 303, 0, "the Z comes first"),
    ("code_before_no_item", "3x Z", 303, 3, "that there is no item is known only at the end"),
]
# Type signatures whose value does not fit into any file, though they are good ones (R207).
TOO_LARGE = [
    ("text", "99999999999s"),
    ("numbers", "99999999999Q"),
    ("largest_text", "9223372036854775807s"),
    ("largest_skip", "Q9223372036854775799x"),
    ("largest_standard", "=1152921504606846975QBBBBBBB"),
    ("largest_by_alignment", "9223372036854775800s0Q"),
    ("third_item", "BB70000s"),
]


class Text:
    """A recipe that grows line by line, and what is expected of it."""

    def __init__(self, prose, version, order):
        self.lines = [f"# {prose}", ""]
        if order == "big":
            self.lines.append("byteorder big")
        self.at = 0
        self.expect = {"version": version, "byte_order": order, "fields": [], "errors": []}
        self.add(1, f"u8 {version}", "version (R101)")

    def add(self, size, statement, comment):
        self.lines.append(f"{statement}  # {comment}")
        self.at += size

    def label(self, label):
        self.add(2, f"u16 {len(label)}", "label size")
        self.add(len(label), f"text {json.dumps(label)}", "label")

    def number(self, type_name, value, comment):
        word, size, _ = NUMBERS[type_name]
        written = json.dumps(value) if word == "text" else f"{value + 0}"
        self.add(size, f"{word} {written}", comment)

    def field(self, **members):
        self.expect["fields"].append(members)

    def error(self, rule, offset):
        self.expect["errors"].append({"error": "EBADMSG", "rule": rule, "offset": offset})

    def done(self):
        self.add(4, "zeros 4", "the list ends (R106)")
        return "\n".join([*self.lines, "", "expect", json.dumps(self.expect, indent=1), ""])


def signature(text, raw):
    """The size of a type signature, and itself; its characters are bytes."""
    text.add(2, f"u16 {len(raw)}", "size of the type signature")
    if raw.isascii():
        text.add(len(raw), f"text {json.dumps(raw)}", "type signature")
    else:
        text.add(len(raw), f"hex {raw.encode('latin-1').hex(' ')}", f"type signature, as Latin-1 {json.dumps(raw)}")


def v1_code(code, order):
    """A code, unbuffered and buffered, without a mark and with each."""
    native, standard = CODES[code]
    text = Text(f"Version 1, the code {code} in every layout, in a {order}-endian file.", 1, order)
    marks = ["", "@", "="] + (["<"] if order == "little" else [">", "!"])
    for mark in marks if standard else marks[:2]:
        type_name = standard if mark not in ("", "@") else native
        values = NUMBERS[type_name][2]
        for write_buffer in ("ff", "00", "01"):
            offset = text.at
            text.label("f")
            signature(text, mark + code)
            layout = "unbuffered" if write_buffer == "ff" else "buffered"
            shown = {"ff": 0, "00": 1, "01": 0}[write_buffer]
            text.add(1, f"hex {write_buffer}", f"write buffer: {layout}, readers take value {shown} (R206)")
            value_offset = text.at
            for i in range(1 if layout == "unbuffered" else 2):
                text.number(type_name, values[i], f"value {i}: {type_name}")
            text.field(label="f", signature=mark + code, layout=layout, metric="unknown", offset=offset,
                       value_offset=value_offset, value=values[shown])  # fmt: skip
    return text.done()


def v2_id(name, order):
    """A data type, in each state that its layout has, without and with a sequence."""
    number, layout, type_name, metric = IDS[name]
    text = Text(f"Version 2, the data type {name}, layout {layout.upper()}, in a {order}-endian file.", 2, order)
    size = NUMBERS[type_name][1]
    values = NUMBERS[type_name][2]
    states = {"unbuffered": (0,), "buffered": (0, 1), "array": (0, 1, 2)}[layout]
    for state in states:
        for sequence in (None,) if layout == "unbuffered" else (None, 3 - state):
            body = {"unbuffered": size, "buffered": 1 + 2 * size, "array": 4 + 3 * size}[layout]
            offset = text.at
            gap = 0 if sequence is None else -(offset + 11 + body) % 8
            text.add(4, f"u32 {7 + body + gap + (0 if sequence is None else 8)}", "field size (R402)")
            text.label("f")
            text.add(2, f"u16 {number}", f"data type: {name}")
            flags = "no flag" if sequence is None else "flag SEQUENCE"
            text.add(2, f"u16 {0 if sequence is None else 0x8000}", f"metric type: kind 0, {flags}")
            value_offset, value = v2_body(text, layout, type_name, state, values)
            if sequence is not None:
                if gap:
                    text.add(gap, f"zeros {gap}", "bytes after the body (R411)")
                text.add(8, f"u64 {sequence}", "sequence, 8-aligned (R408)")
                value = value[-sequence:] if layout == "array" else value
            text.field(label="f", id=number, layout=layout, metric=metric, offset=offset, value_offset=value_offset,
                       **({} if sequence is None else {"sequence": sequence}), value=value)  # fmt: skip
    return text.done()


def v2_body(text, layout, type_name, state, values):
    if layout == "unbuffered":
        at = text.at
        text.number(type_name, values[0], "value")
        return at, values[0]
    if layout == "buffered":
        text.add(1, f"u8 {state}", f"write buffer: readers take value {state ^ 1} (R406)")
        at = text.at
        for i in range(2):
            text.number(type_name, values[i], f"value {i}")
        return at, values[state ^ 1]
    text.add(2, f"u16 {state}", "write offset (R407)")
    text.add(2, "u16 2", "array size: three slots (R414)")
    at = text.at
    for i in range(3):
        what = "being written" if i == state else "oldest" if i == (state + 1) % 3 else "newest"
        text.number(type_name, values[i], f"slot {i}: {what}")
    return at, [values[(state + 1) % 3], values[(state + 2) % 3]]


def bad_signature(raw, rule, where, why):
    text = Text(f"Version 1, a malformed type signature behind a good record (R{rule}): {why}.", 1, "little")
    good_record(text)
    text.label("b")
    at = text.at
    signature(text, raw)
    text.lines[-1] += f": R{rule}, {why}"
    text.add(1, "hex 01", "write buffer")
    text.add(16, "zeros 16", "room for a value or two")
    text.error(rule, at + 2 + where)
    return text.done()


def too_large(raw):
    text = Text("Version 1, a good type signature whose value has no room in the file (R207).", 1, "little")
    good_record(text)
    text.label("b")
    signature(text, raw)
    text.add(1, "hex 00", "write buffer: buffered, so twice that size")
    text.error(207, text.at)
    text.add(80, "zeros 80", "far too few bytes")
    return text.done()


def good_record(text):
    offset = text.at
    text.label("a")
    signature(text, "B")
    text.add(1, "hex ff", "write buffer: unbuffered")
    text.field(label="a", signature="B", layout="unbuffered", metric="unknown", offset=offset,
               value_offset=text.at, value=1)  # fmt: skip
    text.add(1, "u8 1", "value")


def recipes():
    """(name, text) of each recipe."""
    for order in ("little", "big"):
        for code, (native, _) in CODES.items():
            yield f"good/code_{native}_{'bool' if code == '?' else code}_{order}", v1_code(code, order)
        for name in IDS:
            yield f"good/id_{name}_{order}", v2_id(name, order)
    for name, raw, rule, where, why in SIGNATURES:
        yield f"bad/signature_{name}", bad_signature(raw, rule, where, why)
    for name, raw in TOO_LARGE:
        yield f"bad/too_large_{name}", too_large(raw)


def main():
    for name, text in recipes():
        path = pathlib.Path(sys.argv[1], name + ".txt")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
