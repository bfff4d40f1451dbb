#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The tables of SPEC.md's appendix, from what runs.toml records."""

import re
import tomllib
from pathlib import Path

HERE = Path(__file__).absolute().parent
MEMORIES = ["SC", "TSO", "WEAK"]


def load():
    with open(HERE / "runs.toml", "rb") as file:
        return tomllib.load(file)["scheme"]


def thousands(number):
    return f"{number:,}"


def limit_of(run):
    found = re.search(r"\bLIMIT=(\d+)", run.get("set", ""))
    return int(found.group(1)) if found else None


def verdict(run):
    """What a run came to, in a cell."""
    if run["expect"] == "safe":
        limit = limit_of(run)
        much = "" if limit is None else f" up to {limit}"
        others = "else " if re.search(r"\bONLY=\d", run.get("set", "")) else ""
        return f"{others}safe{much}: {thousands(run['states'])} states"
    if run["expect"] == "ends":
        return f"ends: {thousands(run['states'])} states"
    if run["expect"] == "endless":
        return "never ends"
    if run["expect"] == "open":
        return "says so"
    return f"**{run['expect']}** at {run['flips']}"


def row(cells):
    return "| " + " | ".join(cells) + " |"


def table(head, rows):
    return "\n".join([row(head), "|" + "---|" * len(head), *map(row, rows)])


def name_of(key, scheme):
    return scheme.get("name", key)


def schemes(all_schemes, shipped):
    """One row a scheme, one column a memory model."""
    rows = []
    for key, scheme in all_schemes.items():
        if scheme["shipped"] != shipped:
            continue
        own = [run for run in scheme["runs"] if "without" not in run and "about" not in run]
        cells = ["; ".join(verdict(run) for run in own if run["memory"] == memory and run["expect"] != "ends")
                 for memory in MEMORIES]
        about = scheme["text"] + (f" ({scheme['rules']})" if "rules" in scheme else "")
        rows.append([f"{name_of(key, scheme)}: {about}", *cells])
    return table(["scheme", "sequentially consistent", "TSO", "weak"], rows)


def ablations(all_schemes):
    rows = []
    for key, scheme in all_schemes.items():
        for run in scheme["runs"]:
            if "without" in run:
                came = verdict(run) + (f"; {run['why']}" if "why" in run else "")
                rows.append([name_of(key, scheme), run["memory"], run["without"], came])
    return table(["scheme", "memory", "without", "comes to"], rows)


def others(all_schemes):
    rows = []
    for key, scheme in all_schemes.items():
        for run in scheme["runs"]:
            if "about" in run:
                rows.append([name_of(key, scheme), run["memory"], run["about"], verdict(run)])
    return table(["scheme", "memory", "what", "comes to"], rows)


def markdown():
    found = load()
    return "\n\n".join(["What the library uses:", schemes(found, True),
                        "What it does not use:", schemes(found, False),
                        "Without one step:", ablations(found),
                        "Besides:", others(found)])


if __name__ == "__main__":
    print(markdown())
