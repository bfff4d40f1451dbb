#!/bin/bash
# The library exports what its header declares with MMS_API, and nothing else.
# usage: symbols_test.sh LIBRARY.a HEADER
set -eu
exported=$(readelf --wide --symbols "$1" |
  awk '$5 == "GLOBAL" && $6 == "DEFAULT" && $7 != "UND" { print $8 }' | sort)
declared=$(grep -E '^MMS_API' "$2" | grep -oE 'mms_[a-z0-9_]+\(' | tr -d '(' | sort)
[[ -n $exported ]]
diff <(echo "$declared") <(echo "$exported")
