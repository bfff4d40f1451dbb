#!/bin/sh
# Stand-in (ours, MIT) for both tools: all tracefiles of --coverage_dir, or those
# that --reports_file lists, one after the other, make --output_file.
set -eu
dir= list= out=/dev/null
for arg; do
  case $arg in
    --coverage_dir=*) dir=${arg#*=} ;;
    --reports_file=*) list=${arg#*=} ;;
    --output_file=*) out=${arg#*=} ;;
  esac
done
: >"$out.tmp"
[ -z "$dir" ] || find "$dir" -name '*.dat' -exec cat {} + >>"$out.tmp"
[ -z "$list" ] || xargs cat <"$list" >>"$out.tmp"
mv "$out.tmp" "$out"
