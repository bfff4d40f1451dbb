#!/usr/bin/env python3
"""coverage.py PROFILES HTML: what the tests that ran with --config=coverage reached, from the profiles that they left.

Prints lines, branches and conditions (MC/DC) of each file that coverage.toml has goals for, and each one that is missed;
leaves a report in HTML. Ends with status 1 below a goal, or when an exception of coverage.toml is not needed.
"""

import glob
import json
import os
import re
import subprocess
import sys
import tomllib
from collections import defaultdict

HERE = os.path.dirname(os.path.abspath(__file__))
KINDS = ("line", "branch", "mcdc")


def output(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True).stdout


def programs():
    """Where Bazel put the tests."""
    bin_folder = output("bazel", "info", "--config=coverage", "bazel-bin").strip()
    labels = output("bazel", "query", "kind(cc_test, //format:all + //reader:all + //writer:all + //tests:all)").split()
    paths = (os.path.join(bin_folder, label[2:].replace(":", "/")) for label in labels)
    return [path for path in paths if os.path.exists(path)]


def source(path):
    """A file by its path in the project: headers are compiled through links in Bazel's folders."""
    path = path.removeprefix("/proc/self/cwd/")
    if "/_virtual_includes/" in path:
        package, _, rest = path.partition("/_virtual_includes/")
        path = os.path.join(package.split("/bin/", 1)[1], rest.split("/", 2)[2])
    return path


class File:
    """What was reached in one file, by line and column: code of a header is there once per program."""

    def __init__(self):
        self.lines = defaultdict(int)
        self.branches = defaultdict(int)
        self.conditions = defaultdict(bool)

    def add(self, entry):
        for line, column, _, _, true, false, _, _, _ in entry["branches"]:
            self.branches[line, column, "true"] += true
            self.branches[line, column, "false"] += false
        for line, column, _, _, _, _, reached in entry["mcdc_records"]:
            for n, one in enumerate(reached):
                self.conditions[line, column, n + 1] |= one

    def missed(self, kind):
        """The places that were not reached: (line, what)."""
        if kind == "line":
            return [(line, "never runs") for line, count in self.lines.items() if count == 0]
        if kind == "branch":
            return [(line, f"column {column} is never {way}")
                    for (line, column, way), count in self.branches.items() if count == 0]
        return [(line, f"column {column}: condition {n} alone never decides")
                for (line, column, n), reached in self.conditions.items() if not reached]

    def total(self, kind):
        return len({"line": self.lines, "branch": self.branches, "mcdc": self.conditions}[kind])


def read(profile, objects, wanted):
    """File by path, of those in folders that are wanted."""
    files = defaultdict(File)

    def has(path):
        return path.startswith(wanted) and path.endswith((".c", ".h")) and not re.search("test|vectors.h|child.h", path)

    arguments = ["--instr-profile=" + profile, *objects]
    for entry in json.loads(output("llvm-cov-19", "export", "--skip-functions", *arguments))["data"][0]["files"]:
        if has(source(entry["filename"])):
            files[source(entry["filename"])].add(entry)
    current = None
    for row in output("llvm-cov-19", "export", "--format=lcov", "--skip-functions", *arguments).splitlines():
        key, _, value = row.partition(":")
        if key == "SF":
            current = source(value) if has(source(value)) else None
        elif key == "DA" and current:
            line, count = value.split(",")[:2]
            files[current].lines[int(line)] += int(count)
    return files


class Exceptions:
    """Places that need not be reached, named by a text in their line; each with its reason."""

    def __init__(self, entries):
        self.entries = entries
        self.used = set()
        self.text = {}

    def allow(self, path, line, kind):
        if path not in self.text:
            with open(path, encoding="utf-8") as file:
                self.text[path] = file.read().splitlines()
        for n, entry in enumerate(self.entries):
            lines = self.text[path][max(0, line - entry.get("lines", 1)):line]
            if entry["file"] in (path, "*") and kind in entry["kinds"] and any(entry["source"] in text for text in lines):
                self.used.add((n, kind))
                return True
        return False

    def not_needed(self):
        return [f"{entry['file']}: {entry['source']}: {kind}" for n, entry in enumerate(self.entries)
                for kind in entry["kinds"] if (n, kind) not in self.used and not entry.get("sometimes")]


def percent(part, whole):
    return 100.0 if whole == 0 else 100.0 * part / whole


def judge(files, goals, exceptions):
    """Prints the table, and returns what is wrong."""
    wrong = []
    print(f"{'file':32}" + "".join(f"{kind:>8}{'%':>7}{'exempt':>8}" for kind in KINDS))
    sums = defaultdict(lambda: [0, 0, 0])
    missed = []
    for path in sorted(files):
        folder = path.partition("/")[0] + "/"
        cells = ""
        for kind in KINDS:
            places = sorted(files[path].missed(kind))
            open_places = [place for place in places if not exceptions.allow(path, place[0], kind)]
            counts = (files[path].total(kind), len(open_places), len(places) - len(open_places))
            sums[folder, kind] = [a + b for a, b in zip(sums[folder, kind], counts)]
            cells += f"{counts[0]:8}{percent(counts[0] - counts[1], counts[0]):7.1f}{counts[2]:8}"
            missed += [f"{path}:{line}: {kind}: {what}" for line, what in open_places]
        print(f"{path:32}{cells}")
    for folder, goal in goals.items():
        cells = ""
        for kind in KINDS:
            total, left, exempt = sums[folder, kind]
            reached = percent(total - left, total)
            cells += f"{total:8}{reached:7.1f}{exempt:8}"
            if total == 0 or reached < goal.get(kind, 0):
                wrong.append(f"{folder}: {kind}: {reached:.1f} % of {total}, and the goal is {goal[kind]} %")
        print(f"{folder:32}{cells}")
    print(*missed, sep="\n")
    return wrong


def main(profiles, html):
    with open(os.path.join(HERE, "coverage.toml"), "rb") as file:
        table = tomllib.load(file)
    merged = os.path.join(profiles, "all.profdata")
    subprocess.run(["llvm-profdata-19", "merge", "-sparse", "-o", merged,
                    *glob.glob(os.path.join(profiles, "*.profraw"))], check=True)
    objects = [argument for path in programs() for argument in ("-object", path)]
    exceptions = Exceptions(table.get("exception", []))
    wrong = judge(read(merged, objects, tuple(table["goal"])), table["goal"], exceptions)
    wrong += [f"coverage.toml: not needed: {what}" for what in exceptions.not_needed()]
    output("llvm-cov-19", "show", "--format=html", "--show-branches=count", "--show-mcdc", "--output-dir=" + html,
           "--instr-profile=" + merged, "--ignore-filename-regex=(_test|testing|/usr/)", *objects)
    print(f"report: {html}/index.html")
    print(*wrong, sep="\n")
    return 1 if wrong else 0


sys.exit(main(*sys.argv[1:]))
