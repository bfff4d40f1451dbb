#!/bin/bash
# What clang-tidy, cppcheck and gcc's -fanalyzer say of the library and the tools: nothing, or it ends with status 1.
# Settings: .clang-tidy, and the list of cppcheck's below.
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit
set -uo pipefail

include=$(mktemp -d)
trap 'rm -rf "$include"' EXIT
mkdir "$include/mmstats"
ln -sf "$PWD"/{format,reader,writer}/*.h "$include/mmstats"
mapfile -t sources < <(git ls-files '*.c' | grep -E '^(format|reader|writer|tools)/' | grep -v test)
options=(-D_GNU_SOURCE= -D_XOPEN_SOURCE=700 "-I$include" -I.)
status=0

echo "clang-tidy: ${#sources[@]} files"
clang-tidy-14 --quiet "${sources[@]}" -- -std=c11 "${options[@]}" 2>/dev/null || status=1

# unreadVariable, variableScope: a value that a loop gives anew; constParameter: of functions whose type others give;
# knownConditionTrueFalse, ctuuninitvar: values that another file fills in are not followed; shadowVariable: it takes
# headers and sources for one, and gcc's -Wshadow is an error here.
echo "cppcheck"
cppcheck --quiet --error-exitcode=1 --std=c11 --platform=unix64 --inline-suppr -D__linux__ -D__x86_64__ -D__LP64__ \
  --enable=warning,style,performance,portability --suppress=missingIncludeSystem --suppress=unreadVariable \
  --suppress=variableScope --suppress=constParameter --suppress=knownConditionTrueFalse --suppress=ctuuninitvar \
  --suppress=shadowVariable \
  "${options[@]}" "${sources[@]}" || status=1

# malloc-leak: 12 loses what stands in an array that is returned.
echo "gcc -fanalyzer"
for source in "${sources[@]}"; do
  gcc -std=c11 "${options[@]}" -O1 -fanalyzer -Wno-analyzer-malloc-leak -Werror -c -o /dev/null "$source" || status=1
done
exit $status
