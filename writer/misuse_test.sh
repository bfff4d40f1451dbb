#!/bin/bash
# What must not compile does not: a member whose handle is of another type than the macro's, in C and in C++.
# usage: misuse_test.sh HEADER...
set -u
include=$(mktemp -d)
trap 'rm -rf "$include"' EXIT
mkdir "$include/mmstats"
cp "$@" "$include/mmstats"

failed=0

# compiles LANGUAGE STANDARD: the program on standard input.
compiles() {
  "${CC:-cc}" -x "$1" "-std=$2" -I"$include" -fsyntax-only - 2>"$include/errors"
}

# try EXPECTED TABLE-ROW
try() {
  local expected=$1 row=$2 language standard got
  for language in c:c11 c++:c++11 c++:c++20; do
    standard=${language#*:}
    got=no
    compiles "${language%:*}" "$standard" <<END && got=yes
#include "mmstats/writer.h"
struct web { mms_counter counter; mms_u64 gauge; mms_timer timer; mms_string string; mms_struct pair; mms_ring_u32 ring; int number; };
struct pair { double sum; unsigned long count; };
static const struct mms_field other[] = { MMS_COUNTER(struct web, counter, "x") };
static const struct mms_field fields[] = { $row };
MMS_MODEL(model, struct web, fields);
END
    if [[ $got != "$expected" ]]; then
      echo "FAILED: as $standard, '$row': compiles: $got, expected: $expected"
      cat "$include/errors"
      failed=1
    fi
  done
}

try yes 'MMS_COUNTER(struct web, counter, "a")'
try no 'MMS_COUNTER(struct web, gauge, "a")'
try no 'MMS_U64(struct web, counter, "a")'
try no 'MMS_MOVING(struct web, timer, 10, "a")'
try no 'MMS_BOOL(struct web, number, "a")'
try no 'MMS_STRING(struct web, missing, 10, "a")'
try no 'MMS_INCLUDE(struct web, counter, struct web, other)'
try yes 'MMS_TIMER(struct web, timer, "a", "seconds", "help")'
try yes 'MMS_STRUCT(struct web, pair, struct pair, "dQ", "a")'
try no 'MMS_STRUCT(struct web, string, struct pair, "dQ", "a")'
try no 'MMS_STRUCT(struct web, pair, struct missing, "dQ", "a")'
try no 'MMS_RING_U64(struct web, ring, 10, "a")'
try no 'MMS_TRANSACTION(struct web, counter)'
exit $failed
