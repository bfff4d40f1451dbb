#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the searches of runs.toml with Spin, and says where one does not come out as recorded there.

    run.py                     all of them
    run.py LATCH COUNTED       those of these schemes
    run.py --record [SCHEME]   writes into runs.toml what comes out: expect, states, flips
    run.py --trace "LATCH WEAK W1=0"
                               prints the steps of that run's counterexample

A run that is to be safe has to search everything, reach a read that is accepted, and have the recorded number of states.
Exits 0 when all come out as recorded, 1 when one does not, 2 for a mistake in the arguments or in runs.toml.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).absolute().parent
TABLE = HERE / "runs.toml"
PROPERTIES = ["torn", "stale", "back", "early", "stuck", "open"]
CYCLES = ["ends", "endless"]
MEMORIES = ["SC", "TSO", "WEAK"]
MOST_FLIPS = 9
MEGABYTES = 1900
DEPTH = 3_000_000
LARGE = 1_000_000  # states from which on it pays to optimise
# No partial order reduction: the number of states is one of the model alone.
CC = ["gcc", "-w", "-DNOREDUCE", f"-DMEMLIM={MEGABYTES}"]
KEYS = {"memory", "set", "expect", "states", "flips", "without", "about", "why"}


class Mistake(Exception):
    """In the arguments, or in runs.toml."""


@dataclass
class Run:
    scheme: str
    model: str
    memory: str
    set: list
    own: str  # the run's own part of set
    expect: str
    states: int | None
    flips: int | None

    @property
    def name(self):
        return " ".join(filter(None, [self.scheme, self.memory, self.own, self.expect if self.expect in [*CYCLES, "open"] else ""]))

    def defines(self, flips):
        names = [f"{self.memory}=1", *self.set]
        if self.expect in PROPERTIES:
            names += [] if any(d.startswith("ONLY=") for d in names) else [f"ONLY={self.expect.upper()}"]
        if self.expect in CYCLES:
            names += ["ONLY=0"] + ([] if any(d.startswith("TRIES=") for d in names) else ["TRIES=2"])
        if flips is not None:
            names.append(f"LIMIT={flips}")
        return [f"-D{name}" for name in names]


@dataclass
class Found:
    """What a search came to: safe, ends, endless, a property, or something that it should not come to."""
    what: str
    states: int
    accepted: bool
    text: str


# --- the table ----------------------------------------------------------------------------------------------


def load(path=TABLE):
    with open(path, "rb") as file:
        schemes = tomllib.load(file)["scheme"]
    for name, scheme in schemes.items():
        scheme["all"] = [one_run(name, scheme, row) for row in scheme["runs"]]
    seen = [run.name for scheme in schemes.values() for run in scheme["all"]]
    twice = {name for name in seen if seen.count(name) > 1}
    if twice:
        raise Mistake(f"there twice: {', '.join(sorted(twice))}")
    return schemes


def one_run(name, scheme, row):
    own = row.get("set", "")
    run = Run(name, scheme["model"], row["memory"], scheme.get("set", "").split() + own.split(), own, row["expect"],
              row.get("states"), row.get("flips"))
    unknown = set(row) - KEYS
    if unknown:
        raise Mistake(f"{run.name}: what is {', '.join(sorted(unknown))}?")
    if run.memory not in MEMORIES or run.expect not in ["safe", *CYCLES, *PROPERTIES]:
        raise Mistake(f"{run.name}: {run.memory} or {run.expect} is none of those that there are")
    source = "".join((HERE / file).read_text(encoding="utf-8") for file in (f"{run.model}.pml", "memory.pml"))
    for define in run.set:
        if not re.search(rf"\b{re.escape(define.split('=')[0])}\b", source):
            raise Mistake(f"{run.name}: the model has no {define}")
    return run


# --- one search ---------------------------------------------------------------------------------------------


def call(command, folder):
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def build(run, flips, folder):
    """pan, the search for this run, in the folder."""
    for file in HERE.glob("*.pml"):
        shutil.copy(file, folder)
    cycles = ["-DNP", "-DNFAIR=4"] if run.expect in CYCLES else ["-DSAFETY"]
    for command in (["spin", "-a", *run.defines(flips), f"{run.model}.pml"],
                    [*CC, "-O2" if (run.states or 0) > LARGE else "-O0", *cycles, "-DNOCLAIM", "-o", "pan", "pan.c"]):
        done = call(command, folder)
        if done.returncode != 0 or not (folder / "pan.c").exists():
            raise Mistake(f"{run.name}: {' '.join(command)} fails:\n{done.stdout}{done.stderr}")


def search(run, flips, folder):
    build(run, flips, folder)
    cycles = ["-l", "-f"] if run.expect in CYCLES else []
    depth = min(DEPTH, run.states + 1000) if run.states else DEPTH  # its memory is taken as a whole
    done = call(["./pan", "-w20", f"-m{depth}", *cycles], folder)
    return understand(run, done.stdout + done.stderr)


def understand(run, text):
    states = re.search(r"^\s*(\d+) states, stored", text, re.MULTILINE)
    count = int(states.group(1)) if states else 0
    accepted = "assert(accepted)" not in text  # pan lists the statements that it never came to
    violated = re.search(r"assertion violated\s*!?\(*!?\(?(\w+)", text)
    whole = "errors: 0" in text and "Full statespace search" in text
    if violated:
        what = violated.group(1)
    elif "non-progress cycle (at depth" in text:
        what = "endless"
    elif not whole or re.search(r"max search depth too small|not completed|out of memory|memory limit|Bit|-DMEMLIM", text):
        what = "not a whole search"
    else:
        what = "ends" if run.expect in CYCLES else "safe"
    return Found(what, count, accepted, text)


def problem(run, found):
    """What is wrong with that, or None."""
    if found.what == "forgotten":
        return "OLD is too small: memory has a number of that age"
    if found.what != run.expect:
        return f"{found.what}, not {run.expect}" + (f"\n{found.text}" if found.what not in PROPERTIES else "")
    if run.expect in ("safe", "ends"):
        if not found.accepted:
            return "no read is ever accepted: this says nothing"
        if found.states != run.states:
            return f"{found.states} states, not {run.states}: the model is another one; --record when that is meant"
    return None


# --- commands -----------------------------------------------------------------------------------------------


def check(runs):
    bad = []
    for run in runs:
        begin = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            found = search(run, run.flips, Path(folder))
        wrong = problem(run, found)
        result = found.what + (f", {found.states} states" if found.what in ("safe", "ends") else "")
        print(f"{'FAILED' if wrong else 'ok':6} {run.name}: {wrong or result} ({time.monotonic() - begin:.1f} s)", flush=True)
        if wrong:
            bad.append(run.name)
    print(f"{len(runs) - len(bad)} of {len(runs)} runs as recorded")
    for name in bad:
        print(f"failed: {name}")
    return 1 if bad else 0


def fewest_flips(run):
    """The smallest number of flips during a read with which there is a counterexample, and what that is."""
    for flips in range(MOST_FLIPS + 1):
        with tempfile.TemporaryDirectory() as folder:
            found = search(run, flips, Path(folder))
        if found.what == run.expect:
            return flips, found
    return None, found


def record(schemes, names):
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    at = {}
    scheme = None
    for number, line in enumerate(lines):
        head = re.match(r"\[scheme\.(\w+)\]", line)
        if head:
            scheme, row = head.group(1), 0
        elif re.match(r"\s*\{ memory = ", line):
            at[scheme, row] = number
            row += 1
    for name in names:
        for row, run in enumerate(schemes[name]["all"]):
            with tempfile.TemporaryDirectory() as folder:
                found = search(run, None, Path(folder))
            flips = run.flips
            if found.what == run.expect and run.expect in PROPERTIES:
                flips, found = fewest_flips(run)
            if found.what not in ["safe", *CYCLES, *PROPERTIES]:
                raise Mistake(f"{run.name}: {problem(run, found)}")
            new = rewritten(lines[at[name, row]], found, flips)
            print(f"{'     ' if new == lines[at[name, row]] else 'wrote'} {run.name}: {found.what}, {found.states} states,"
                  f" flips {flips}", flush=True)
            lines[at[name, row]] = new
            TABLE.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 0


def rewritten(line, found, flips):
    """The run's line with what was found."""
    line = re.sub(r'expect = "\w+"', f'expect = "{found.what}"', line)
    line = re.sub(r", (states|flips) = \d+", "", line)
    add = ""
    if found.what in ("safe", "ends"):
        add = f", states = {found.states}"
    elif found.what in PROPERTIES and flips is not None:
        add = f", flips = {flips}"
    return re.sub(r'(expect = "\w+")', rf"\1{add}", line)


def trace(run):
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        found = search(run, run.flips, folder)
        if found.what in ("safe", "ends"):
            print(f"{run.name}: {found.what}, no counterexample")
            return 1
        # The shortest one that the search finds, by and by.
        call(["./pan", "-i", "-m2000"], folder)
        print(call(["spin", "-t", "-p", "-g", "-l", *run.defines(run.flips), f"{run.model}.pml"], folder).stdout)
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("schemes", nargs="*", metavar="SCHEME")
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--trace", metavar="RUN")
    arguments = parser.parse_args()
    try:
        for program in ("spin", "gcc"):
            if shutil.which(program) is None:
                raise Mistake(f"{program} is missing; scripts/packages.txt has the package")
        schemes = load()
        unknown = set(arguments.schemes) - set(schemes)
        if unknown:
            raise Mistake(f"no scheme {', '.join(sorted(unknown))}; there are {', '.join(schemes)}")
        names = arguments.schemes or list(schemes)
        runs = [run for name in names for run in schemes[name]["all"]]
        if arguments.trace:
            return trace(next((run for run in runs if run.name == arguments.trace), None) or no_run(arguments.trace, runs))
        return record(schemes, names) if arguments.record else check(runs)
    except Mistake as mistake:
        print(f"run.py: {mistake}", file=sys.stderr)
        return 2


def no_run(name, runs):
    raise Mistake(f"no run {name!r}; there are:\n" + "\n".join(run.name for run in runs))


if __name__ == "__main__":
    sys.exit(main())
