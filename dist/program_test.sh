#!/bin/bash
# SPDX-License-Identifier: MIT
#
# program_test.sh PROGRAM.c INSTALL_FILES FILE...: a program, compiled in each way that pkg-config offers, runs, can be
# watched with the installed slurpstats, and can still be read after it was killed.
set -euo pipefail

source=$PWD/$1
install=$PWD/$2
shift 2

prefix=$TEST_TMPDIR/prefix
"$install" --prefix "$prefix" "${@/#/$PWD/}" >/dev/null
export PKG_CONFIG_PATH=$prefix/lib/pkgconfig LD_LIBRARY_PATH=$prefix/lib
export MMSTATS_PATH=$TEST_TMPDIR/metrics
mkdir "$MMSTATS_PATH"
unset MMSTATS_FILES MMSTATS_GLOB MMSTATS_DISABLE
cd "$TEST_TMPDIR"

program=
trap '[[ -z $program ]] || kill -KILL "$program"' EXIT

fail() {
  printf 'FAILED: %s\n' "$*" >&2
  exit 1
}

stat() { "$prefix/bin/slurpstats" | awk -v label="$1" '$1 == label { print $2 }'; }

# over LABEL NUMBER: waits until the stat is above.
over() {
  local i
  for ((i = 0; i < 600; i++)); do
    awk -v value="$(stat "$1")" -v limit="$2" 'BEGIN { exit !(value + 0 > limit) }' && return
    sleep 0.05
  done
  fail "$1 stays $(stat "$1"), never above $2"
}

# try NAME COMPILE...
try() {
  local name=$1
  shift
  printf -- '-- %s: %s\n' "$name" "$*"
  "$@" -Wall -Wextra -Werror -o "$name"
  "./$name" &
  program=$!
  over app.loops 5
  over app.loops $(($(stat app.loops) + 5)) # it goes on
  over app.work 0.009
  [[ $(stat sys.pid) == "$program" ]] || fail "sys.pid is $(stat sys.pid), not $program"
  kill -KILL "$program"
  wait "$program" || true
  program=
  over app.loops 10
  rm "$MMSTATS_PATH"/*.mmstats
}

read -ra flags < <(pkg-config --cflags --libs mmstats)
read -ra static < <(pkg-config --static --cflags --libs mmstats)
plain=("-I$prefix/include" "$prefix/lib/libmmstats.a" -pthread -lm)

try c_shared cc -std=c11 "$source" "${flags[@]}"
try c_static cc -std=c11 -static "$source" "${static[@]}"
try c_archive cc -std=c11 -O2 -no-pie "$source" "${plain[@]}"
try cxx_shared c++ -std=c++17 -x c++ "$source" -x none "${flags[@]}"
try cxx_static c++ -std=c++17 -static -x c++ "$source" -x none "${static[@]}"

ldd ./c_shared | grep -F "libmmstats.so.1 => $prefix/lib/" >/dev/null || fail "the shared library was not used"
! ldd ./c_static 2>/dev/null | grep -F .so || fail "not static"
! ldd ./c_archive | grep -F libmmstats || fail "the archive was not used"
