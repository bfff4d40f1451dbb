"""An encoder of mmstats files that was written from SPEC.md alone: the other half of decoder.py.

It takes what decode() gives and makes the canonical file of it: aligned values (R505), write buffer bytes that fit
the sequence (R416) or are 0, both buffers alike, arrays from slot 0 on, texts of WIDE in a multiple of eight
bytes, and zeros up to the end of a page (R106). What a canonical file says decode() gives back, and encode() of
that is the same file.
"""

import struct

from decoder import IDS, METRICS, SEQUENCE
from values import TYPES, Signature

PAGE = 4096
PADDING_SIZE = 10  # bytes of the smallest record: field size, label size, data type, metric type


class Impossible(Exception):
    """A description of which no canonical file can be made."""


def encode(description, version=None, order="little"):
    """The bytes of a file; fields and metadata stand in it by their "offset", or in the order given."""
    version = version or description["version"]
    records = [*description.get("metadata", []), *description.get("fields", [])]
    records.sort(key=lambda record: record.get("offset", 0))
    out = bytearray([version])
    for record in records:
        try:
            out += record_v1(record, order) if version == 1 else record_v2(record, order, len(out))
        except (KeyError, OverflowError, TypeError, ValueError, struct.error) as error:
            raise Impossible(f"{record.get('label')}: {error!r}") from error
    if version == 2 and len(out) % 4:
        out += padding(order, PADDING_SIZE + (-len(out) - PADDING_SIZE) % 4)  # R506
    out += bytes(4)
    return bytes(out) + bytes(-len(out) % PAGE)


def label_of(record, order):
    raw = bytes.fromhex(record["label_hex"]) if "label_hex" in record else record["label"].encode()
    return number(len(raw), 2, order) + raw


def number(value, size, order, signed=False):
    return int(value).to_bytes(size, order, signed=signed)


def elementary(value, type_name, size, order):
    """A value of an elementary type, in `size` bytes."""
    kind = TYPES[type_name][0]
    if kind in ("int", "uint"):
        return number(value, size, order, signed=kind == "int")
    if kind == "float":
        form = ("<" if order == "little" else ">") + {2: "e", 4: "f", 8: "d"}[size]
        return struct.pack(form, float(value))
    if kind == "bool":
        return bytes([bool(value)])
    raw = value.encode()
    if type_name == "PASCAL" and size:
        raw = number(len(raw), 1, order) + raw
    if len(raw) > size:
        raise Impossible(f"{value!r} has no room in {size} bytes")
    return raw.ljust(size, b"\0")


def tuple_of(value, signature):
    """The value that a type signature describes."""
    wanted = [
        (at + i * size, type_name, size)
        for at, type_name, size, count in signature.items
        for i in range(count)
    ]
    values = value if len(wanted) > 1 else [value]
    if len(values) != len(wanted):
        raise Impossible(f"{len(values)} values for {signature.text!r}")
    out = bytearray(signature.size)
    for one, (at, type_name, size) in zip(values, wanted):
        out[at : at + size] = elementary(one, type_name, size, signature.order)
    return bytes(out)


def record_v1(record, order):
    raw = record["signature"].encode("latin-1")
    value = tuple_of(record["value"], Signature(raw, 0, order))
    area = b"\xff" + value if record["layout"] == "unbuffered" else b"\0" + value + value
    return label_of(record, order) + number(len(raw), 2, order) + raw + area


def record_v2(record, order, at):
    """A record, behind a PADDING record where it would not be aligned."""
    data_type = record.get("id", 96)
    layout, type_name, size, own_kind = IDS[data_type]
    sequence = record.get("sequence")
    before, area, alignment = BODIES[layout](record, type_name, size, order)
    label = label_of(record, order)
    metric = kind_of(record.get("metric", own_kind), own_kind)
    if sequence is not None:
        metric |= SEQUENCE << 8
    head = label + number(data_type, 2, order) + number(metric, 2, order) + before
    gap = -(at + 4 + len(head)) % alignment
    if gap:
        gap = PADDING_SIZE + (gap - PADDING_SIZE) % 8
    body = head + area
    if sequence is not None:
        body += bytes(-(at + gap + 4 + len(body)) % 8) + number(sequence, 8, order)  # R408
    return (padding(order, gap) if gap else b"") + number(len(body), 4, order) + body


def padding(order, size):
    return number(size - 4, 4, order) + bytes(size - 4)


def kind_of(metric, own_kind):
    kind = 0 if metric == own_kind else METRICS.index(metric)
    if kind == 0 and metric != own_kind:
        raise Impossible(f"the kind {metric} is not that of the data type")
    return kind


def buffered_twice(record, value, order):
    """A write buffer byte and two values."""
    return number((record.get("sequence", 1) + 1) % 2, 1, order), value + value


# What stands before the value area, the value area, and its alignment.


def unbuffered(record, type_name, size, order):
    value = elementary(record["value"], type_name, size, order)
    return b"", value, min(TYPES[type_name][1] or 1, 8)


def buffered(record, type_name, size, order):
    value = elementary(record["value"], type_name, size, order)
    return *buffered_twice(record, value, order), min(size, 8)


def string(record, _type_name, _size, _order):
    return b"", record["value"].encode(), 1


def metadata(record, _type_name, _size, _order):
    return b"", record["text"].encode(), 1


def wide(record, type_name, _size, order):
    size = -(-max(len(record["value"].encode()), 1) // 8) * 8
    value = elementary(record["value"], type_name, size, order)
    write_buffer, values = buffered_twice(record, value, order)
    return number(size, 4, order) + write_buffer, values, 8


def array(record, type_name, size, order):
    """The oldest element is in slot 0, and the last slot is the one that would be written next."""
    values = [elementary(value, type_name, size, order) for value in record["value"]]
    if record.get("sequence", len(values)) < len(values):
        raise Impossible("more elements than were ever added")
    count = number(len(values), 2, order)
    return count + count, b"".join(values) + bytes(size), size


def histogram(record, _type_name, _size, order):
    value = record["value"]
    counts = [number(count, 8, order) for count in value["counts"]]
    head = bytes([value["sub_bits"], value["max_bits"], 0, 0]) + number(len(counts), 4, order)
    scale = elementary(value["scale"], "F64", 8, order)
    return head + scale, number(value["sum"], 8, order) + b"".join(counts), 8


def tuples(record, _type_name, _size, order):
    raw = record["signature"].encode("latin-1")
    value = tuple_of(record["value"], Signature(raw, 0, order))
    write_buffer, values = buffered_twice(record, value, order)
    return number(len(raw), 2, order) + raw + write_buffer, values, 8


BODIES = {
    "unbuffered": unbuffered,
    "buffered": buffered,
    "string": string,
    "wide": wide,
    "array": array,
    "histogram": histogram,
    "struct": tuples,
    "metadata": metadata,
}
