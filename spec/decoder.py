#!/usr/bin/env python3
"""A decoder of mmstats files that was written from SPEC.md alone.

It is the second opinion on every other decoder: slow, without cleverness, in the
order of SPEC.md, and with tables of its own. It takes a file that does not
change; what a reader owes to a file that does (section 6) is not its business.

    decoder.py [--order little|big] FILE ...    prints what decode() gives, as JSON
"""

import argparse
import json
import sys
from typing import NamedTuple

from values import Malformed, Signature, elementary, float_of, pieces, text_of

# Section 4: metric kinds, and layout, type, size and own metric kind of each data type.
METRICS = (
    "unknown", "gauge", "counter", "info", "stateset",
    "histogram", "summary", "timestamp", "duration",
)  # fmt: skip
SEQUENCE = 0x80
IDS = {
    0: ("padding", None, 0, "unknown"),
    1: ("buffered", "U64", 8, "counter"),
    2: ("buffered", "F64", 8, "gauge"),
    3: ("buffered", "F64", 8, "gauge"),
    4: ("buffered", "F64", 8, "duration"),
    5: ("buffered", "U64", 8, "unknown"),
    6: ("buffered", "U32", 4, "unknown"),
    7: ("buffered", "I32", 4, "unknown"),
    8: ("buffered", "I16", 2, "unknown"),
    9: ("buffered", "U16", 2, "unknown"),
    10: ("unbuffered", "I8", 1, "unknown"),
    11: ("buffered", "F32", 4, "unknown"),
    12: ("unbuffered", "F32", 4, "unknown"),
    13: ("buffered", "F64", 8, "unknown"),
    14: ("unbuffered", "F64", 8, "unknown"),
    15: ("unbuffered", "BOOL", 1, "unknown"),
    16: ("string", "TEXT", None, "info"),
    17: ("unbuffered", "U32", 4, "unknown"),
    18: ("unbuffered", "I64", 8, "unknown"),
    19: ("unbuffered", "U64", 8, "unknown"),
    20: ("unbuffered", "TEXT", 256, "info"),
    21: ("array", "U32", 4, "unknown"),
    22: ("array", "U32", 4, "unknown"),
    23: ("array", "U32", 4, "unknown"),
    64: ("buffered", "I64", 8, "unknown"),
    65: ("wide", "TEXT", None, "info"),
    66: ("array", "U64", 8, "unknown"),
    67: ("array", "F64", 8, "unknown"),
    68: ("histogram", "U64", 8, "histogram"),
    69: ("struct", None, None, "unknown"),
    96: ("metadata", "TEXT", None, "unknown"),
    97: ("unbuffered", "U64", 8, "unknown"),
}
OPAQUE = ("opaque", None, None, "unknown")
WITH_SEQUENCE = {"buffered", "wide", "array", "histogram", "struct"}
WITHOUT_MEANING = {"padding", "opaque"}  # there the flag SEQUENCE says nothing


class Cursor:
    """A place in the file, and the end of what holds it: the file or a record (R107)."""

    def __init__(self, data, at, end, order):
        self.data = data
        self.at = at
        self.end = end
        self.order = order

    def left(self):
        return self.end - self.at

    def take(self, size, rule, blame=None):
        """The next bytes; without them the rule is broken, at offset `blame` (or here)."""
        if self.left() < size:
            raise Malformed(rule, self.at if blame is None else blame)
        self.at += size
        return self.data[self.at - size : self.at]

    def number(self, size, rule, blame=None):
        return int.from_bytes(self.take(size, rule, blame), self.order)


def label_of(raw):
    """The members of a record that tell its label."""
    label = {"label": text_of(raw)}
    return label if label["label"].encode() == raw else {**label, "label_hex": raw.hex()}


def decode_v1(data, order, result):
    """Section 2."""
    cursor = Cursor(data, 1, len(data), order)
    while cursor.left() >= 2:
        start = cursor.at
        label_size = cursor.number(2, 202)
        if label_size == 0:
            return
        try:
            result["fields"].append(record_v1(cursor, start, label_size))
        except Malformed as malformed:
            result["errors"].append(malformed.diagnostic)
            return


def record_v1(cursor, start, label_size):
    label = cursor.take(label_size, 202, start)
    signature_at = cursor.at
    signature_size = cursor.number(2, 203)
    raw = cursor.take(signature_size, 204, signature_at)
    signature = Signature(raw, signature_at + 2, cursor.order)
    write_buffer_at = cursor.at
    write_buffer = cursor.number(1, 205)
    if write_buffer not in (0, 1, 0xFF):
        raise Malformed(206, write_buffer_at)
    value_offset = cursor.at
    copies = 1 if write_buffer == 0xFF else 2
    area = cursor.take(copies * signature.size, 207)
    shown = 0 if copies == 1 else write_buffer ^ 1
    return {
        **label_of(label),
        "signature": signature.text,
        "layout": "unbuffered" if copies == 1 else "buffered",
        "metric": "unknown",
        "offset": start,
        "value_offset": value_offset,
        "value": signature.value(area[shown * signature.size :][: signature.size]),
    }


def decode_v2(data, order, result):
    """Section 4."""
    cursor = Cursor(data, 1, len(data), order)
    while cursor.left() >= 4:
        start = cursor.at
        field_size = cursor.number(4, 402)
        if field_size == 0:
            return
        if field_size > cursor.left():
            result["errors"].append(Malformed(402, start).diagnostic)
            return
        record = Cursor(data, cursor.at, cursor.at + field_size, order)
        cursor.at = record.end
        try:
            record_v2(record, start, field_size, result)
        except Malformed as malformed:
            result["errors"].append(malformed.diagnostic)


def record_v2(cursor, start, field_size, result):
    if field_size < 6:
        raise Malformed(403, start)
    label_at = cursor.at
    label = cursor.take(cursor.number(2, 404, label_at), 404, label_at)
    data_type = cursor.number(2, 404, label_at)
    metric_at = cursor.at
    metric = cursor.number(2, 404, label_at)
    layout, type_name, size, own_kind = IDS.get(data_type, OPAQUE)
    if layout in WITHOUT_MEANING:
        result["skipped"].append({"id": data_type, "offset": start, "size": field_size})
        return
    signature, value_offset, value = BODIES[layout](cursor, type_name, size)
    sequence = sequence_of(cursor, metric >> 8, metric_at, layout)
    if layout == "metadata":
        keys = keys_of(value)
        result["metadata"].append({**label_of(label), "text": value, "keys": keys, "offset": start})
        return
    if layout == "array":
        value = filled(value, sequence)
    elif isinstance(value, Pair):
        value = value.shown(sequence)
    result["fields"].append({
        **label_of(label),
        "id": data_type,
        **({} if signature is None else {"signature": signature}),
        "layout": layout,
        "metric": kind_of(metric & 0xFF, own_kind),
        "offset": start,
        "value_offset": value_offset,
        **({} if sequence is None else {"sequence": sequence}),
        "value": value,
    })  # fmt: skip


def kind_of(kind, own_kind):
    """The metric kind: 0 leaves it to the data type, one that is not known is unknown (R411)."""
    if kind == 0:
        return own_kind
    return METRICS[kind] if kind < len(METRICS) else "unknown"


def sequence_of(cursor, flags, metric_at, layout):
    """R408: the last eight bytes of the record; the cursor is behind what the layout asks for."""
    if not flags & SEQUENCE:
        return None
    at = cursor.end - 8
    if layout not in WITH_SEQUENCE or at < cursor.at or at % 8:
        raise Malformed(408, metric_at)
    return int.from_bytes(cursor.data[at : cursor.end], cursor.order)


def write_buffer_of(cursor, body):
    """R406."""
    at = cursor.at
    write_buffer = cursor.number(1, 405, body)
    if write_buffer > 1:
        raise Malformed(406, at)
    return write_buffer


class Pair(NamedTuple):
    """Two values, and the write buffer byte that stands before them."""

    values: list
    write_buffer: int

    def shown(self, sequence):
        """The one that readers take: R416 goes before R406."""
        return self.values[self.write_buffer ^ 1 if sequence is None else sequence % 2]


def pair_of(cursor, size, body, value_of):
    """Where two values stand, and the two."""
    write_buffer = write_buffer_of(cursor, body)
    at = cursor.at
    area = cursor.take(2 * size, 405, body)
    return at, Pair([value_of(area[:size]), value_of(area[size:])], write_buffer)


# The bodies. Each function begins where the cursor is, and leaves it at the end of what the layout asks for. It
# takes the elementary type and its size, and gives the type signature (or None), the offset of the value area, and
# the value.


def unbuffered(cursor, type_name, size):
    at = cursor.at
    return None, at, elementary(cursor.take(size, 405), type_name, cursor.order)


def buffered(cursor, type_name, size):
    body = cursor.at
    return None, *pair_of(cursor, size, body, lambda raw: elementary(raw, type_name, cursor.order))


def rest(cursor, type_name, _):
    """R413: STRING and METADATA have all that is left."""
    return unbuffered(cursor, type_name, cursor.left())


def wide(cursor, type_name, _):
    body = cursor.at
    size = cursor.number(4, 405, body)
    return None, *pair_of(cursor, size, body, lambda raw: elementary(raw, type_name, cursor.order))


def array(cursor, type_name, size):
    """R414: all elements but the one that is being written, oldest first."""
    body = cursor.at
    write_offset = cursor.number(2, 405, body)
    array_size = cursor.number(2, 405, body)
    if write_offset > array_size:
        raise Malformed(407, body)
    at = cursor.at
    count = array_size + 1
    slots = pieces(cursor.take(count * size, 405, body), 0, size, count)
    shown = slots[write_offset + 1 :] + slots[:write_offset]
    return None, at, [elementary(raw, type_name, cursor.order) for raw in shown]


def filled(elements, sequence):
    """R414: with a sequence, the newest that were ever filled."""
    if sequence is None:
        return elements
    return elements[len(elements) - min(sequence, len(elements)) :]


def histogram(cursor, type_name, size):
    """R417, R409."""
    body = cursor.at
    sub_bits = cursor.number(1, 405, body)
    if sub_bits > 16:
        raise Malformed(409, body)
    max_bits = cursor.number(1, 405, body)
    if not sub_bits <= max_bits <= 64:
        raise Malformed(409, body)
    cursor.number(2, 405, body)
    bucket_count = cursor.number(4, 405, body)
    if bucket_count != 2**sub_bits * (max_bits - sub_bits + 1) + 1:
        raise Malformed(409, body)
    scale = float_of(cursor.take(8, 405, body), cursor.order)
    at = cursor.at
    total = cursor.number(8, 405, body)
    counts = cursor.take(bucket_count * size, 405, body)
    return None, at, {
        "sum": total,
        "scale": scale,
        "sub_bits": sub_bits,
        "max_bits": max_bits,
        "counts": [
            elementary(raw, type_name, cursor.order)
            for raw in pieces(counts, 0, size, bucket_count)
        ],
    }


def tuples(cursor, _type_name, _size):
    """R415: the layout STRUCT."""
    body = cursor.at
    signature_size = cursor.number(2, 405, body)
    signature_at = cursor.at
    signature = Signature(cursor.take(signature_size, 405, body), signature_at, cursor.order)
    return signature.text, *pair_of(cursor, signature.size, body, signature.value)


BODIES = {
    "unbuffered": unbuffered,
    "buffered": buffered,
    "string": rest,
    "wide": wide,
    "array": array,
    "histogram": histogram,
    "struct": tuples,
    "metadata": rest,
}


def keys_of(text):
    """R418: the keys that readers know, of a text of metadata."""
    keys = {}
    for line in text.split("\n"):
        key, equals, value = line.partition("=")
        if equals and (key in ("unit", "help") or key.startswith("label.")):
            keys[key] = unescaped(value)
    return keys


def unescaped(value):
    r"""\n is a line feed and \\ a backslash; a backslash before anything else stays."""
    parts = value.split("\\\\")
    return "\\".join(part.replace("\\n", "\n") for part in parts)


def decode_in(data, order):
    """The file, taken to be in one byte order."""
    result = {"version": None, "byte_order": order}
    result.update({name: [] for name in ("fields", "skipped", "metadata", "errors")})
    if not data:
        result["errors"].append(Malformed(102, 0).diagnostic)
    elif data[0] not in (1, 2):
        result["errors"].append(Malformed(101, 0).diagnostic)
    else:
        result["version"] = data[0]
        (decode_v1 if data[0] == 1 else decode_v2)(data, order, result)
    return result


def decode(data, order="auto", own=sys.byteorder):
    """All that a file says. `own` is the byte order that "auto" tries first (R103)."""
    data = bytes(data)
    if order != "auto":
        return decode_in(data, order)
    result = decode_in(data, own)
    if result["version"] is None or not result["errors"]:
        return result
    other = decode_in(data, "big" if own == "little" else "little")
    return result if other["errors"] else other


def main():
    parser = argparse.ArgumentParser(description="print mmstats files as JSON")
    parser.add_argument("--order", choices=("auto", "little", "big"), default="auto")
    parser.add_argument("file", nargs="+")
    options = parser.parse_args()
    failed = False
    for name in options.file:
        with open(name, "rb") as file:
            result = decode(file.read(), options.order)
        failed = failed or bool(result["errors"])
        print(json.dumps(result, indent=1))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
