#!/usr/bin/env python3
"""results.py EVENTS EXIT: prints "passed TARGET" or "failed TARGET" for each
target of a `bazel test`, from its --build_event_json_file and its exit status.

Silence is no success: a test that was selected and has no passing summary, and
any target that was not built, has failed. Should Bazel fail and blame no target
(a broken BUILD file, a crash, no Bazel at all), Bazel itself is what failed.
"""

import json
import sys

NO_TESTS = 4  # Bazel's exit status when everything is fine but nothing selected


def read(path):
    """The events in the file; a file that ends early has those before the end."""
    try:
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                yield json.loads(line)
    except (OSError, ValueError):
        return


def main(path, status):
    tests, built, broken, passed = set(), set(), set(), set()
    for event in read(path):
        kind, name = next(iter(event["id"].items()), ("", {}))
        label = name.get("label")
        if kind == "targetConfigured" and event.get("configured", {}).get("testSize"):
            tests.add(label)
        elif kind == "targetCompleted":
            ok = event.get("completed", {}).get("success")
            skipped = event.get("aborted", {}).get("reason") == "SKIPPED"
            (built if ok or skipped else broken).add(label)
            if skipped:
                tests.discard(label)
        elif kind == "testSummary":
            if event.get("testSummary", {}).get("overallStatus") in ("PASSED", "FLAKY"):
                passed.add(label)

    passed -= broken
    failed = broken | (tests - passed)
    if not failed and status not in (0, NO_TESTS):
        failed = {"bazel, which ended with status %d" % status}
    for label in sorted(passed):
        print("passed", label)
    for label in sorted(failed):
        print("failed", label)


main(sys.argv[1], int(sys.argv[2]))
