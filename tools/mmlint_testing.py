"""What the tests of mmlint share: the tool, and files that it has nothing to say about."""

import json
import os
import re
import struct
import time

from slurpstats_testing import ROOT, SlurpstatsTest, plain, v1, v2

TOOL = os.environ.get("MMLINT", ROOT / "tools/mmlint")

# Data types and what stands in their body before the first value.
HEADERS = {0: 0, 68: 24, 21: 4, 66: 4, 67: 4, 65: 5}
BUFFERED = {1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 13, 64}
SEQUENCE = 0x8000


def sys_v2(pid=None, created=None):
    """The default fields that a file should have."""
    return (
        ("sys.pid", 17, 0, struct.pack("=I", os.getpid() if pid is None else pid)),
        ("sys.created", 14, 7, struct.pack("=d", time.time() if created is None else created)),
    )


def aligned(*records):
    """A file of version 2, with PADDING records so that every value area is 8-aligned, and the list's end 4-aligned."""
    at, out = 1, []

    def pad(to, multiple):
        nonlocal at
        if (at + to) % multiple:
            size = -(at + 10 + to) % multiple
            out.append(("", 0, 0, bytes(size)))
            at += 10 + size

    for label, data_type, metric, body in records:
        header = 10 + len(label.encode()) + HEADERS.get(data_type, 1 if data_type in BUFFERED else 0)
        if data_type == 69:
            header += 3 + struct.unpack("=H", body[:2])[0]
        pad(header, 8)
        out.append((label, data_type, metric, body))
        at += 10 + len(label.encode()) + len(body)
    pad(0, 4)
    return v2(*out)


def clean(*records):
    """The same, with the default fields in front."""
    return aligned(*sys_v2(), *records)


class MmlintTest(SlurpstatsTest):
    tool = TOOL

    def lint(self, *arguments):
        """The objects of all files."""
        result = self.run_tool("--json", *arguments)
        return json.loads(result.out)["files"]

    def warnings(self, data, *arguments):
        """The names of all warnings about a well-formed file."""
        file = self.lint(*arguments, self.put("f", data))[0]
        self.assertEqual(self.named(file, "error"), [])
        return self.named(file, "warning")

    def named(self, file, severity):
        return [finding["name"] for finding in file["findings"] if finding["severity"] == severity]


def dumped(text):
    """The rows of a dump as (offset, bytes)."""
    for line in text.splitlines():
        row = re.match(r" *(\d+)  (?:00 x (\d+)|((?:[0-9a-f]{2} )*[0-9a-f]{2}))(?:  |$| )", line)
        if row:
            yield int(row[1]), bytes(int(row[2])) if row[2] else bytes.fromhex(row[3])


__all__ = ["MmlintTest", "SEQUENCE", "aligned", "clean", "dumped", "plain", "sys_v2", "v1", "v2"]
