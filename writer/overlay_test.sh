#!/bin/bash
# SPDX-License-Identifier: MIT
#
# overlay_test.sh TEST...: the tests of files, threads and fork again, on overlayfs, which is what most containers have
# as their root: there mappings and locks are not as elsewhere. Needs root; says so where it has to skip.
set -uo pipefail

if [[ ${1-} != --inside ]]; then
  unshare --mount true 2>/dev/null || { echo "SKIPPED: no rights to mount"; exit 0; }
  exec unshare --mount "$0" --inside "$@"
fi
shift
overlay=$TEST_TMPDIR/overlay
skip() { echo "SKIPPED: $*"; exit 0; }
# An overlay cannot lie on an overlay: a tmpfs is below.
mkdir -p "$overlay" && mount -t tmpfs tmpfs "$overlay" || skip "no tmpfs can be mounted"
mkdir "$overlay"/{lower,upper,work,merged}
mount -t overlay overlay -o "lowerdir=$overlay/lower,upperdir=$overlay/upper,workdir=$overlay/work" \
  "$overlay/merged" || skip "no overlayfs can be mounted"
export TEST_TMPDIR=$overlay/merged ON_OVERLAY=1
failed=0
for test in "$@"; do
  "$test" --gtest_brief=1 || failed=1
done
exit $failed
