#!/bin/bash
# The library exports what its headers declare with MMS_API, and nothing else.
# usage: symbols_test.sh LIBRARY.a HEADER...
set -eu
library=$1
shift
exported=$(readelf --wide --symbols "$library" |
  awk '$5 == "GLOBAL" && $6 == "DEFAULT" && $7 != "UND" { print $8 }' | sort)
declared=$(grep -hE '^MMS_API' "$@" | grep -oE 'mms_[a-z0-9_]+\(' | tr -d '(' | sort)
[[ -n $exported ]]
diff <(echo "$declared") <(echo "$exported")
