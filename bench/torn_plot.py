#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The figure of bench:torn, an SVG on standard output, drawn by gnuplot.

    bazel run -c opt //bench:torn -- --json >torn.json
    python3 bench/torn_plot.py torn.json >bench/torn.svg

A bar is the torn ones of a million reads under a writer without a pause, at the worst of the placements. Aligned values
of 8 bytes cannot tear; their bar is the reads that went back in time.
"""

import json
import subprocess
import sys

SIZES = (8, 16, 64, 256, 4096)
FLOOR = 0.1  # where the axis begins; what has no fault is a dot there

# Strategy, what it is called in the legend, colour.
STRATEGIES = (
    ("naive", "naive", "#b2182b"),
    ("re-read", "re-read", "#ef8a62"),
    ("aligned-naive", "aligned-naive (back in time)", "#c994c7"),
    ("two collects", "two collects", "#969696"),
    ("seqlock", "seqlock", "#525252"),
    ("flip", "flip", "#67a9cf"),
    ("sequence", "sequence", "#2166ac"),
    ("latch", "latch", "#1b7837"),
)

HEAD = """\
set terminal svg size 800,420 font 'sans-serif,13' background 'white'
set title 'Torn reads in a million, by size of the value'
set logscale y
set yrange [{floor}:1e6]
set ytics ('none' {floor}, '1' 1, '10' 10, '100' 100, '1,000' 1e3, '10,000' 1e4, '100,000' 1e5, '1,000,000' 1e6)
set grid ytics lt 1 lc rgb '#dddddd'
set xrange [-0.5:{last}]
set xtics ({sizes}) scale 0
set border 3
set tics nomirror
set key below Left reverse samplen 1
set style fill solid noborder
set boxwidth 0.1
"""


def worst(rows, strategy, size):
    """Faults in a million reads, or None when nothing of it was read."""
    fault = "backwards" if strategy == "aligned-naive" else "torn"
    return max((1e6 * row[fault] / row["reads"] for row in rows
                if row["strategy"] == strategy and row["bytes"] == size and row["pace_ns"] == 0 and row["reads"] > 0),
               default=None)


def script(rows):
    lines = [HEAD.format(floor=FLOOR, last=len(SIZES) - 0.5,
                         sizes=", ".join(f"'{size} B' {i}" for i, size in enumerate(SIZES)))]
    plots, data = [], []
    for n, (strategy, title, colour) in enumerate(STRATEGIES):
        bars, none = [], []
        for i, size in enumerate(SIZES):
            faults = worst(rows, strategy, size)
            at = i + (n - (len(STRATEGIES) - 1) / 2) * 0.11
            if faults:
                bars.append(f"{at:.3f} {faults:.4g}")
            elif faults is not None:
                none.append(f"{at:.3f} {FLOOR}")
        for points, style in ((bars, "boxes"), (none, "points pt 7 ps 0.9")):
            if not points:
                continue
            name = f"$d{len(plots)}"
            data.append(f"{name} << E\n" + "\n".join(points) + "\nE\n")
            legend = "notitle" if any(colour in plot for plot in plots) else f"title '{title}'"
            plots.append(f"{name} using 1:2 with {style} lc rgb '{colour}' {legend}")
    return "".join(lines + data) + "plot " + ", ".join(plots) + "\n"


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    with open(sys.argv[1], encoding="utf-8") as file:
        rows = json.load(file)["rows"]
    return subprocess.run(["gnuplot"], input=script(rows), text=True, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
