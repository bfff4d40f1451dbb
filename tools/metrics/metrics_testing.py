"""What the tests of the text for Prometheus share: files made record by record, and what `show` prints of them."""

import os
import pathlib
import struct
import subprocess
import sys

ROOT = pathlib.Path(__file__).absolute().parent.parent.parent
sys.path[:0] = [str(ROOT / "tools")]

from slurpstats_testing import SlurpstatsTest  # noqa: E402

SHOW = os.environ.get("SHOW", ROOT / "tools/metrics/show")

# Data types and kinds of version 2 (SPEC.md, section 4).
COUNTER, AVERAGE, TIMER, F64, STATIC_F64, STATIC_U32, STATIC_TEXT, I64, RING, HISTOGRAM, METADATA = (
    1, 2, 4, 13, 14, 17, 20, 64, 21, 68, 96)  # fmt: skip
UNKNOWN, GAUGE, KIND_COUNTER, INFO, STATESET, TIMESTAMP, DURATION = 0, 1, 2, 3, 4, 7, 8


def two(code, value):
    """The body of a buffered value."""
    return bytes([1]) + struct.pack("=" + 2 * code, value, value)


def counter(label, value):
    return label, COUNTER, 0, two("Q", value)


def gauge(label, value, kind=GAUGE):
    return label, F64, kind, two("d", value)


def integer(label, value, kind=GAUGE):
    return label, I64, kind, two("q", value)


def text(label, value, kind=0):
    return label, STATIC_TEXT, kind, value.encode().ljust(256, b"\0")


def about(label, **lines):
    return label, METADATA, 0, "\n".join(f"{key}={value}" for key, value in lines.items()).encode()


def histogram(label, counts, total, scale=1.0, sub_bits=1, max_bits=3):
    body = struct.pack("=BBHIdQ", sub_bits, max_bits, 0, len(counts), scale, total)
    return label, HISTOGRAM, 0, body + struct.pack(f"={len(counts)}Q", *counts)


def pid(number):
    return "sys.pid", STATIC_U32, 0, struct.pack("=I", number)


def created(seconds):
    return "sys.created", STATIC_F64, TIMESTAMP, struct.pack("=d", seconds)


class MetricsTest(SlurpstatsTest):
    maxDiff = None

    def show(self, *options, glob="*"):
        done = subprocess.run([SHOW, *options, str(self.folder / glob)], stdout=subprocess.PIPE, check=True, timeout=60)
        return done.stdout.decode()

    def shown(self, *options, glob="*"):
        """Without what is said about the collection itself."""
        lines = self.show(*options, glob=glob).splitlines()
        return [line for line in lines if "mmstats_" not in line and line != "# EOF"]

    def samples(self, *options):
        return [line for line in self.shown(*options) if not line.startswith("#")]

    def own(self, name, *options):
        lines = self.show(*options).splitlines()
        return [line for line in lines if line.startswith(f"mmstats_{name}")]
