#!/bin/bash
# SPDX-License-Identifier: MIT
#
# readme_test.sh README.md readme.c: the first C program in README.md is readme.c, which others tests compile and run.
set -euo pipefail

in_readme=$(awk '/^```/ && on { exit } on { print } /^```c$/ { on = 1 }' "$1")
in_file=$(sed -n '/^#include/,$p' "$2")

[[ $in_readme ]] || { echo "there is no block \`\`\`c in $1" >&2; exit 1; }
diff -u --label "$1" --label "$2" <(printf '%s\n' "$in_readme") <(printf '%s\n' "$in_file")
