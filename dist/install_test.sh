#!/bin/bash
# SPDX-License-Identifier: MIT
#
# install_test.sh INSTALL_FILES FILE...: what is installed, where, and what the libraries let out.
set -euo pipefail

install=$PWD/$1
shift
files=("${@/#/$PWD/}")
failed=0

fail() {
  printf 'FAILED: %s\n' "$*" >&2
  failed=1
}

# same WHAT EXPECTED ACTUAL
same() { [[ $2 == "$3" ]] || fail "$1"$'\n'"$(diff <(printf '%s\n' "$2") <(printf '%s\n' "$3"))"; }

destdir=$TEST_TMPDIR/package
root=$destdir/opt/m
"$install" --prefix /opt/m --destdir "$destdir" "${files[@]}" >"$TEST_TMPDIR/said"

# --- the tree
tools=(cleanstats mmash mmlint mmtop pollstats slurpstats)
headers=(fields.h format.h reader.h slot.h tables_gen.h update.h version.h writer.h)
version=$(sed -n 's/^#define MMS_VERSION "\(.*\)"$/\1/p' "$root/include/mmstats/version.h")
same "the tree" "$(LC_ALL=C sort <<END
$(printf -- '-rwxr-xr-x bin/%s\n' "${tools[@]}")
$(printf -- '-rw-r--r-- include/mmstats/%s\n' "${headers[@]}")
-rw-r--r-- lib/libmmstats.a
lrwxrwxrwx lib/libmmstats.so -> libmmstats.so.${version%%.*}
lrwxrwxrwx lib/libmmstats.so.${version%%.*} -> libmmstats.so.$version
-rw-r--r-- lib/libmmstats.so.$version
-rw-r--r-- lib/pkgconfig/mmstats.pc
$(printf -- 'lrwxrwxrwx share/bash-completion/completions/%s -> mmstats.bash\n' "${tools[@]}")
-rw-r--r-- share/bash-completion/completions/mmstats.bash
$(printf -- '-rw-r--r-- share/man/man1/%s.1\n' "${tools[@]}")
END
)" "$(cd "$root" && find . ! -type d \( -type l -printf '%M %P -> %l\n' -o -printf '%M %P\n' \) | LC_ALL=C sort)"
same "what it says" "$(cd "$root" && find "$root" ! -type d | LC_ALL=C sort)" "$(LC_ALL=C sort "$TEST_TMPDIR/said")"

# --- once more, over what is there
cp -r "$destdir" "$TEST_TMPDIR/before"
"$install" --prefix /opt/m --destdir "$destdir" "${files[@]}" >/dev/null
diff -r --no-dereference "$TEST_TMPDIR/before" "$destdir" || fail "installing again changes something"

# --- pkg-config
export PKG_CONFIG_PATH=$root/lib/pkgconfig PKG_CONFIG_LIBDIR=
same "modversion" "$version" "$(pkg-config --modversion mmstats)"
same "flags" "-I/opt/m/include -L/opt/m/lib -lmmstats" "$(pkg-config --cflags --libs mmstats | sed 's/ *$//')"
same "static flags" "-L/opt/m/lib -lmmstats -pthread -lm" \
  "$(pkg-config --static --libs mmstats | sed 's/ *$//')"
same "another prefix" "-I/x/include -L/x/lib -lmmstats" \
  "$(pkg-config --define-variable=prefix=/x --cflags --libs mmstats | sed 's/ *$//')"

# --- the headers, each alone
for header in "${headers[@]}"; do
  for compiler in "cc -x c -std=c11" "c++ -x c++ -std=c++11" "c++ -x c++ -std=c++20"; do
    printf '#include <mmstats/%s>\nint something;\n' "$header" |
      $compiler -Wall -Wextra -Wpedantic -Werror -fsyntax-only -I"$root/include" - ||
      fail "$compiler: mmstats/$header"
  done
done

# --- symbols: all that the headers declare, and nothing else
so=$root/lib/libmmstats.so
exported=$(nm -D -g --defined-only "$so" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | LC_ALL=C sort)
declared=$(for header in "${headers[@]}"; do
  printf '#include <mmstats/%s>\n' "$header"
done | cc -E -P -I"$root/include" - | grep -o 'visibility("default")))[^;{(]*(' | grep -o 'mms_[a-z0-9_]*($' |
  tr -d '(' | LC_ALL=C sort -u)
same "exported symbols, and those that headers declare" "$declared" "$exported"
[[ $(wc -l <<<"$exported") -gt 50 ]] || fail "few symbols: $exported"

others=$(nm -g --defined-only "$root/lib/libmmstats.a" | awk 'NF == 3 && $3 !~ /^mms_/ { print $3 }')
same "symbols in the archive that do not begin with mms_" "" "$others"

# --- what it needs
needed=$(readelf -d "$so" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | grep -v '^ld-linux' | LC_ALL=C sort | xargs)
[[ $needed == "libc.so.6" || $needed == "libc.so.6 libm.so.6" ]] || fail "needs $needed"
same "soname" "libmmstats.so.${version%%.*}" "$(readelf -d "$so" | sed -n 's/.*(SONAME).*\[\(.*\)\]/\1/p')"
! ldd "$so" | grep 'not found' || fail "ldd"
! readelf -d "$so" | grep TEXTREL || fail "the code is not position-independent"

# --- the tools run from there
for tool in "${tools[@]}"; do
  "$root/bin/$tool" --version | grep -F "$version" >/dev/null || fail "$tool --version"
  grep -q "^\.TH \"$tool\" \"1\"" -i "$root/share/man/man1/$tool.1" || fail "the man page of $tool"
done

# --- where it cannot write
touch "$TEST_TMPDIR/file"
! "$install" --prefix "$TEST_TMPDIR/file/prefix" "${files[@]}" >/dev/null 2>"$TEST_TMPDIR/message" ||
  fail "installs below a file"
grep -q "^install: cannot write $TEST_TMPDIR/file/prefix/.* (choose another --prefix, or be root)" \
  "$TEST_TMPDIR/message" || fail "the message: $(<"$TEST_TMPDIR/message")"

exit $failed
