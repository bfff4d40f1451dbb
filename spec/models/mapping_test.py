#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What README.md says of the code stands there: functions, and the steps in them. And every scheme has a test."""

import re
import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).absolute().parent
ROOT = HERE.parent.parent
SLOT = (ROOT / "format" / "slot.h").read_text(encoding="utf-8").replace("##bits", "")
READER = (ROOT / "reader" / "observe_live.c").read_text(encoding="utf-8")
README = (HERE / "README.md").read_text(encoding="utf-8")


def body(source, name):
    """A function with the comment before it; None when there is none."""
    found = re.search(rf"(/\*(?:(?!\*/).)*\*/\s*)?[^\n;{{}}]*\b{name}\([^;{{]*\)[\s\\]*\{{(.*?)\n\s*\}}\s*\\?\n", source, re.DOTALL)
    return found and found.group(0)


def steps_of(name, seen=()):
    """Those of a function and of what it calls."""
    text = body(SLOT, name) or ""
    steps = set(re.findall(r"\[[WR]\d\]", text))
    for called in set(re.findall(r"\bmms_\w+", text)) - {name, *seen}:
        steps |= steps_of(called, (*seen, name))
    return steps


def main():
    wrong = []
    rows = [line.split("|") for line in README.splitlines() if line.startswith("|") and "`" in line]
    for cells in rows:
        names = re.findall(r"`(mms_\w+)`", "|".join(cells))
        wrong += [f"slot.h has no {name}" for name in names if body(SLOT, name) is None]
        wrong += [f"observe_live.c has no {name}" for name in re.findall(r"`(try_\w+)`", "|".join(cells))
                  if f" {name}(" not in READER]
        wanted = set(re.findall(r"\[[WR]\d\]", cells[1] if len(cells) == 4 else cells[-2]))
        found = set().union(*(steps_of(name) for name in names)) if names else set()
        wrong += [f"{', '.join(names)}: no {step}" for step in sorted(wanted - found)]
    if len(rows) < 10:
        wrong.append("README.md has hardly any rows")
    with open(HERE / "runs.toml", "rb") as file:
        schemes = set(tomllib.load(file)["scheme"])
    tested = set(re.findall(r'"(\w+)"', (HERE / "BUILD").read_text(encoding="utf-8")))
    wrong += [f"BUILD has no test of {scheme}" for scheme in sorted(schemes - tested)]
    print("\n".join(wrong))
    return 1 if wrong else 0


sys.exit(main())
