"""Builds harnesses for an engine and runs them: for fuzz/run, and for nobody else."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
from typing import NamedTuple

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
HARNESSES = sorted(path.stem for path in HERE.glob("*_fuzz.c"))
ENGINES = ("libfuzzer", "afl")  # what "all" means
FAST = "fast"  # libFuzzer without sanitizers
CONFIG = {"libfuzzer": "fuzz", "afl": "afl", FAST: "fuzz-fast"}

# As in fuzz/BUILD. A harness that is not named has a dictionary of its own name, and no mutator.
DICTIONARY = {
    "reader_fuzz": "parse_fuzz", "live_fuzz": "parse_fuzz", "roundtrip_fuzz": "parse_fuzz", "lint_fuzz": "json_fuzz",
}  # fmt: skip
MUTATOR = {
    "parse_fuzz": "file", "roundtrip_fuzz": "file", "json_fuzz": "file", "metrics_fuzz": "file",
    "lint_fuzz": "file", "reader_fuzz": "pair", "live_fuzz": "pair",
}  # fmt: skip
LARGEST = 4096  # bytes of an input
SEED = 1
CORPUS_LARGEST, CORPUS_FILES = 1500, 199  # of what is checked in: bytes of a file, files of a harness


class Fault(Exception):
    """Something that is no finding: a build that fails, an engine that does not start."""


class Outcome(NamedTuple):
    executions: int
    edges: int
    seeds: int  # files that it began with
    corpus: int  # files that it ended with
    crash: object  # path of the input, or None


class Job(NamedTuple):
    harness: str
    binary: pathlib.Path
    seeds: pathlib.Path
    work: pathlib.Path  # an empty folder of its own
    mutator: object  # path of the library for AFL++, or None
    seconds: int = 0  # one of these two is not 0
    executions: int = 0


# --- building --------------------------------------------------------------------------------------------------------


def bazel(*arguments):
    command = ["bazel", *arguments]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise Fault(f"{' '.join(command)} failed:\n{done.stderr}")
    return done.stdout.strip()


def build(options, names):
    """Builds targets of //fuzz and gives the folder where they are."""
    bazel("build", "--symlink_prefix=/", *options, *(f"//fuzz:{name}" for name in names))
    return pathlib.Path(bazel("info", *options, "bazel-bin"), "fuzz")


def build_harnesses(engine, harnesses, into, bug=None):
    """Copies of the harnesses, as another build would overwrite them."""
    if engine == "afl" and shutil.which("afl-fuzz") is None:
        raise Fault("afl-fuzz is missing: install the package afl++, or say --engine libfuzzer")
    options = [f"--config={CONFIG[engine]}"]
    if bug is not None:
        options += [fault(bug), f"--platform_suffix=-{CONFIG[engine]}-bug"]
    return copy(build(options, harnesses), harnesses, into)


def fault(bug):
    """The option that puts a fault in: for the files that have it, if it is in no header, as the others stay built."""
    mark = re.compile(rf"\bMMS_BUG_{bug['name']}\b")
    paths = [path for name in ("format", "reader", "writer", "tools") for path in sorted((ROOT / name).rglob("*.[ch]"))]
    files = [path.relative_to(ROOT) for path in paths if path.name != "bug.h" and mark.search(path.read_text())]
    define = f"-DMMS_BUG={bug['number']}"
    if not files or any(path.suffix == ".h" for path in files):
        return f"--copt={define}"
    return f"--per_file_copt={','.join(f'^{path}$' for path in files)}@{define}"


def build_mutators(into):
    names = [f"afl_mutator_{name}.so" for name in sorted(set(MUTATOR.values()))]
    return copy(build([], names), names, into)


def copy(folder, names, into):
    into.mkdir(parents=True, exist_ok=True)
    for name in names:
        (into / name).unlink(missing_ok=True)
        shutil.copy(folder / name, into / name)
    return into


def make_seeds(into, harnesses, kept):
    """From the vectors; and what is kept in corpus and regressions, unless `kept` is false."""
    bazel("build", "--symlink_prefix=/", "//spec/vectors")
    vectors = pathlib.Path(bazel("info", "bazel-bin"), "spec/vectors/vectors")
    subprocess.run([HERE / "seeds.py", vectors, into], check=True)
    for harness in harnesses:
        for folder in ("corpus", "regressions") if kept else ():
            copy_inputs(HERE / folder / harness, into / harness, folder)


def copy_inputs(folder, into, mark):
    for path in sorted(folder.glob("*")):
        shutil.copy(path, into / f"{mark}-{path.name}")


# --- running ---------------------------------------------------------------------------------------------------------


def dictionary(harness):
    return HERE / f"{DICTIONARY.get(harness, harness)}.dict"


def run(command, job, **environment):
    """Runs an engine; what it prints goes to a file. Gives the exit status and the text."""
    log = job.work / "log"
    job.work.mkdir(parents=True, exist_ok=True)
    with open(log, "wb") as out, tempfile.TemporaryDirectory(prefix="mms-fuzz-", dir=memory_folder()) as files:
        done = subprocess.run(
            [str(word) for word in command],
            stdout=out,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            cwd=job.work,
            env={**os.environ, "MMS_FUZZ_DIR": files, **environment},
        )
    return done.returncode, log.read_text(errors="replace")


def memory_folder():
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else "/tmp"


def count(folder):
    return sum(path.is_file() for path in folder.iterdir())


def last(pattern, text):
    found = re.findall(pattern, text)
    return int(found[-1]) if found else 0


def run_libfuzzer(job):
    corpus = job.work / "corpus"
    corpus.mkdir(parents=True)
    limit = f"-max_total_time={job.seconds}" if job.seconds else f"-runs={job.executions}"
    status, text = run(
        [
            job.binary, corpus, job.seeds, f"-seed={SEED}", limit, f"-max_len={LARGEST}", "-timeout=20",
            f"-dict={dictionary(job.harness)}", f"-artifact_prefix={job.work}/", "-print_final_stats=1",
        ],
        job,
    )  # fmt: skip
    crashes = [path for path in job.work.iterdir() if re.match("(crash|timeout|oom|leak)-", path.name)]
    if status != 0 and not crashes:
        raise Fault(f"{job.harness} ended with {status}:\n{text[-3000:]}")
    executions = last(r"stat::number_of_executed_units: (\d+)", text) or last(r"(?m)^#(\d+)", text)
    crash = crashes[0] if crashes else None
    return Outcome(executions, last(r"cov: (\d+)", text), count(job.seeds), count(job.seeds) + count(corpus), crash)


def crashing_seed(text, seeds):
    """The seed with which afl-fuzz did not even begin: how many it had run by then, and the file."""
    tried = re.findall(r"dry run with 'id:[^']*?orig:([^']+)'", text)
    if not tried or not re.search("crashed with one of the test cases|results in a (crash|timeout)", text):
        return None
    paths = sorted(path for path in seeds.iterdir() if path.name.startswith(tried[-1]))
    return len(tried), paths[0]


def run_afl(job):
    limit = ["-V", job.seconds] if job.seconds else ["-E", job.executions]
    environment = {
        "AFL_NO_UI": "1", "AFL_SKIP_CPUFREQ": "1", "AFL_NO_AFFINITY": "1", "AFL_NO_COLOR": "1",
        "AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES": "1", "AFL_EXIT_ON_SEED_ISSUES": "1", "AFL_BENCH_UNTIL_CRASH": "1",
    }  # fmt: skip
    if job.mutator is not None:
        environment["AFL_CUSTOM_MUTATOR_LIBRARY"] = str(job.mutator)
    status, text = run(
        [
            "afl-fuzz", "-i", job.seeds, "-o", job.work / "out", "-s", SEED, *limit, "-t", "2000", "-m", "none",
            "-G", LARGEST, "-x", dictionary(job.harness), "--", job.binary,
        ],
        job,
        **environment,
    )  # fmt: skip
    out = job.work / "out" / "default"
    seed = crashing_seed(text, job.seeds)
    if seed is not None:
        return Outcome(seed[0], 0, count(job.seeds), 0, seed[1])
    if not (out / "fuzzer_stats").exists():
        raise Fault(f"afl-fuzz on {job.harness} ended with {status}:\n{text[-3000:]}")
    stats = dict(re.findall(r"(?m)^(\w+)\s+: (.*)$", (out / "fuzzer_stats").read_text()))
    found = sorted((out / "crashes").glob("id:*")) + sorted((out / "hangs").glob("id:*"))
    executions, edges, corpus = (int(stats[name]) for name in ("execs_done", "edges_found", "corpus_count"))
    return Outcome(executions, edges, count(job.seeds), corpus, found[0] if found else None)


def minimise(binary, seeds, into):
    """As few inputs as reach every edge that `seeds` reach; counts of edges would keep many times as many."""
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir(parents=True)
    command = [binary, "-merge=1", "-use_counters=0", f"-max_len={CORPUS_LARGEST}", into, seeds]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        raise Fault(f"merging into {into} ended with {done.returncode}:\n{done.stdout[-3000:]}")
    for path in sorted(into.iterdir(), key=lambda path: path.stat().st_size)[CORPUS_FILES:]:
        path.unlink()
    return sum(1 for _ in into.iterdir()), sum(path.stat().st_size for path in into.iterdir())


RUN = {"libfuzzer": run_libfuzzer, "afl": run_afl, FAST: run_libfuzzer}
