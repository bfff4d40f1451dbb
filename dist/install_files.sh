#!/bin/bash
# SPDX-License-Identifier: MIT
#
# install_files.sh [--prefix DIR] [--destdir DIR] FILE... puts built files where they belong: the part of ./install that
# needs no build. Directories are absolute; the prefix is what the installed files know of, and destdir stands before it
# while a package is being made.
set -euo pipefail
umask 022

die() {
  printf 'install: %s\n' "$*" >&2
  exit 1
}

prefix=/usr/local destdir= completions=share/bash-completion/completions
files=()
while (($#)); do
  case $1 in
    --prefix) prefix=$2; shift ;;
    --destdir) destdir=$2; shift ;;
    *) files+=("$1") ;;
  esac
  shift
done
root=${destdir%/}${prefix%/}

# put MODE FILE DIRECTORY [NAME]: a file that is in use keeps its old contents for those who have it open.
put() {
  local target=$root/$3/${4:-${2##*/}}
  mkdir -p "$root/$3" && install -m "$1" "$2" "$target" ||
    die "cannot write $target (choose another --prefix, or be root)"
  printf '%s\n' "$target"
}

# link DIRECTORY/NAME CONTENTS
link() {
  mkdir -p "$(dirname "$root/$1")" && ln -sfn "$2" "$root/$1" ||
    die "cannot write $root/$1 (choose another --prefix, or be root)"
  printf '%s\n' "$root/$1"
}

# The library's file name has its version.
for file in "${files[@]}"; do
  [[ $file != *.so.* ]] || version=${file##*.so.}
done

pc=$(mktemp)
trap 'rm -f "$pc"' EXIT

for file in "${files[@]}"; do
  case ${file##*/} in
    *.h) put 644 "$file" include/mmstats ;;
    *.a) put 644 "$file" lib ;;
    *.so.*)
      put 644 "$file" lib
      link "lib/libmmstats.so.${version%%.*}" "${file##*/}"
      link lib/libmmstats.so "libmmstats.so.${version%%.*}"
      ;;
    *.pc.in)
      contents=$(<"$file")
      contents=${contents//@VERSION@/$version}
      printf '%s\n' "${contents//@PREFIX@/"$prefix"}" >"$pc"
      put 644 "$pc" lib/pkgconfig mmstats.pc
      ;;
    *.1) put 644 "$file" share/man/man1 ;;
    *.bash) put 644 "$file" "$completions" ;;
    *)
      put 755 "$file" bin
      link "$completions/${file##*/}" mmstats.bash # found by the name of the tool
      ;;
  esac
done
