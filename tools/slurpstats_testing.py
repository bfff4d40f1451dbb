"""What the tests of slurpstats share: files made record by record, and the tool, run as its users run it."""

import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).absolute().parent.parent
TOOL = os.environ.get("SLURPSTATS", ROOT / "tools/slurpstats")
VECTORS = pathlib.Path(os.environ.get("VECTORS", ROOT / "spec/vectors/vectors"))
FOREIGN = ">" if sys.byteorder == "little" else "<"
FOREIGN_NAME = "big" if sys.byteorder == "little" else "little"


def v1(*records, order="="):
    """A file of version 1. A record is (label, signature, write buffer, values as bytes)."""
    data = b"\x01"
    for label, signature, write_buffer, values in records:
        label = label if isinstance(label, bytes) else label.encode()
        data += struct.pack(order + "H", len(label)) + label
        data += struct.pack(order + "H", len(signature)) + signature.encode() + bytes([write_buffer]) + values
    return data + bytes(4096 - len(data) % 4096)


def plain(label, signature, *values):
    """A record with one value."""
    return label, signature, 0xFF, struct.pack(signature, *values)


def buffered(label, signature, value):
    """A record with two, the second of which is shown."""
    return label, signature, 0, struct.pack("=" + 2 * signature, 0, value)


def text(label, value):
    value = value if isinstance(value, bytes) else value.encode()
    return label, f"{len(value)}s", 0xFF, value


def v2(*records, order="="):
    """A file of version 2. A record is (label, data type, metric type, body)."""
    data = b"\x02"
    for label, data_type, metric, body in records:
        label = label if isinstance(label, bytes) else label.encode()
        head = struct.pack(order + "IH", len(label) + 6 + len(body), len(label)) + label
        data += head + struct.pack(order + "HH", data_type, metric) + body
    return data + bytes(4096 - len(data) % 4096)


class Result:
    def __init__(self, done):
        self.status = done.returncode
        self.out = done.stdout.decode()
        self.err = done.stderr.decode()


class SlurpstatsTest(unittest.TestCase):
    tool = TOOL

    def setUp(self):
        folder = tempfile.TemporaryDirectory(dir=os.environ.get("TEST_TMPDIR"))
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def put(self, name, data):
        path = self.folder / name
        path.write_bytes(data)
        return str(path)

    def run_tool(self, *arguments, env=None, **options):
        """Runs it in the folder, with nothing in the environment but what a test says."""
        done = subprocess.run(
            [self.tool, *arguments],
            env={"PATH": os.environ["PATH"], "TMPDIR": str(self.folder), **(env or {})},
            cwd=self.folder,
            stdout=options.pop("stdout", subprocess.PIPE),
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
            **options,
        )
        done.stdout = done.stdout or b""
        return Result(done)

    def check_values(self, result, status, out):
        """As check, whatever the verdicts are: packed values stand at any address, and few are exact."""
        result.out = result.out.replace(" [checked]", "")
        self.check(result, status, out)

    def check(self, result, status, out=None, err=""):
        self.assertEqual((result.status, result.err), (status, err))
        if out is not None:
            self.assertEqual(result.out, out)
