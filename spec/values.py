"""Elementary types and type signatures: sections 1 and 3 of SPEC.md, for decoder.py."""

import struct

# Section 1: the class and the size of each elementary type.
TYPES = {
    "PAD": ("none", 1),
    "I8": ("int", 1),
    "U8": ("uint", 1),
    "I16": ("int", 2),
    "U16": ("uint", 2),
    "I32": ("int", 4),
    "U32": ("uint", 4),
    "I64": ("int", 8),
    "U64": ("uint", 8),
    "F16": ("float", 2),
    "F32": ("float", 4),
    "F64": ("float", 8),
    "BOOL": ("bool", 1),
    "CHAR": ("text", 1),
    "TEXT": ("text", None),  # the count, or what holds it, says the size
    "PASCAL": ("text", None),
}

# Section 3: native type and standard type of each code.
CODES = {
    "x": ("PAD", "PAD"),
    "c": ("CHAR", "CHAR"),
    "b": ("I8", "I8"),
    "B": ("U8", "U8"),
    "?": ("BOOL", "BOOL"),
    "h": ("I16", "I16"),
    "H": ("U16", "U16"),
    "i": ("I32", "I32"),
    "I": ("U32", "U32"),
    "l": ("I64", "I32"),
    "L": ("U64", "U32"),
    "q": ("I64", "I64"),
    "Q": ("U64", "U64"),
    "n": ("I64", None),
    "N": ("U64", None),
    "P": ("U64", None),
    "e": ("F16", "F16"),
    "f": ("F32", "F32"),
    "d": ("F64", "F64"),
    "s": ("TEXT", "TEXT"),
    "p": ("PASCAL", "PASCAL"),
}
MARKS = "@=<>!"
SPACES = " \t\n\v\f\r"
MAX_VALUE_SIZE = 2**63 - 1


class Malformed(Exception):
    """A rule that the file breaks, and where."""

    def __init__(self, rule, offset):
        super().__init__(f"R{rule} at {offset}")
        self.diagnostic = {
            "error": "EPROTONOSUPPORT" if rule == 101 else "EBADMSG",
            "rule": rule,
            "offset": offset,
        }


def text_of(raw):
    """Bytes as a text (R105)."""
    return raw.decode("utf-8", errors="replace")


def elementary(raw, type_name, order):
    """One value of an elementary type; its size is that of `raw`."""
    kind = TYPES[type_name][0]
    if kind in ("int", "uint"):
        return int.from_bytes(raw, order, signed=kind == "int")
    if kind == "float":
        return float_of(raw, order)
    if kind == "bool":
        return raw != b"\0"
    if type_name == "PASCAL":
        return text_of(raw[1:][: raw[0]]) if raw else ""
    return text_of(raw if type_name == "CHAR" else raw.split(b"\0")[0])


def float_of(raw, order):
    """A float, or the text that stands for what JSON has no number for."""
    form = {2: "e", 4: "f", 8: "d"}[len(raw)]
    value = struct.unpack(("<" if order == "little" else ">") + form, raw)[0]
    return value if abs(value) < float("inf") else str(value)


def pieces(raw, at, size, count):
    """Bytes that stand one behind the other, cut into equal pieces."""
    return [raw[at + i * size : at + i * size + size] for i in range(count)]


class Signature:
    """A type signature (section 3): its items, and the size of the value they make."""

    def __init__(self, raw, offset, order):
        self.text = raw.decode("latin-1")
        self.offset = offset  # of the first character, for diagnostics
        self.order = order
        self.native = True
        self.items = []  # (offset in the value, type, size of one, how many)
        self.size = 0
        at = self._mark()
        while at < len(self.text):
            at = at + 1 if self.text[at] in SPACES else self._item(at)
        if not any(count for _, _, _, count in self.items):
            raise Malformed(306, offset)

    def _mark(self):
        """R301: sizes, alignment and byte order; gives where the items begin."""
        mark = self.text[:1]
        if not mark or mark not in MARKS:
            return 0
        self.native = mark == "@"
        if mark in "<>!":
            self.order = "little" if mark == "<" else "big"
        return 1

    def _item(self, first):
        """[ count ] code; gives what stands behind it."""
        at = first
        while self.text[at : at + 1] and self.text[at] in "0123456789":
            at += 1
        code = self.text[at : at + 1]
        if at > first and code not in CODES:  # the end of the text is no code either
            raise Malformed(304, self.offset + first)
        type_name = CODES.get(code, (None, None))[0 if self.native else 1]
        if type_name is None:
            raise Malformed(303, self.offset + at)
        self._place(type_name, _decimal(self.text[first:at]), self.offset + first)
        return at + 1

    def _place(self, type_name, count, blame):
        """R305: where the item stands in the value."""
        size = TYPES[type_name][1]
        if size is None:  # a text: the count is its size
            size, count = count, 1
        elif self.native:
            self.size += -self.size % size
        if self.size + size * count > MAX_VALUE_SIZE:
            raise Malformed(305, blame)
        if type_name != "PAD":
            self.items.append((self.size, type_name, size, count))
        self.size += size * count

    def value(self, raw):
        """R307: one value, or a list of them."""
        values = [
            elementary(piece, type_name, self.order)
            for at, type_name, size, count in self.items
            for piece in pieces(raw, at, size, count)
        ]
        return values[0] if len(values) == 1 else values


def _decimal(digits):
    """A count. What has more digits than the limit is above it, whatever they are."""
    digits = digits.lstrip("0") or digits[:1]
    return int(digits[:30] or "1")
