#!/bin/bash
# must_fail.sh TEST CASES SIGN: a GoogleTest whose cases must fail, and say SIGN. A fault that only shows when two threads
# meet gets some chances.
set -u
for ((i = 0; i < 10; i++)); do
  if output=$("$1" --gtest_filter="$2" 2>&1); then
    continue
  fi
  if grep -qF -- "$3" <<<"$output"; then
    grep -m 3 -F -- "$3" <<<"$output"
    exit 0
  fi
  printf '%s\n' "$output" >&2
  echo "FAILED: it fails, but does not say '$3'" >&2
  exit 1
done
printf '%s\n' "$output" >&2
echo "FAILED: with a step taken away, it passes all the same" >&2
exit 1
