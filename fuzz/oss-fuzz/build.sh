#!/bin/bash -eu
# SPDX-License-Identifier: MIT
# Builds the harnesses for OSS-Fuzz, which sets CC, CXX, CFLAGS, CXXFLAGS, LIB_FUZZING_ENGINE, OUT and WORK. Without
# Bazel: the library is plain C, and so short that one compiler call a file does.
cd "$(dirname "${BASH_SOURCE[0]}")/../.." 2>/dev/null && [[ -d format ]] || cd "$SRC/mmstats"

include=$WORK/include/mmstats objects=$WORK/objects
mkdir -p "$include" "$objects"
cp format/*.h reader/reader.h writer/{writer,fields,update}.h "$include"

# compile FILE...: sources that are neither tests nor programs, into $objects
compile() {
  local file
  for file; do
    [[ $file == *_test.c ]] || grep -q '^int main(' "$file" ||
      $CC $CFLAGS -std=c11 -D_GNU_SOURCE= -I"$WORK/include" -I. -c "$file" -o "$objects/${file//\//_}.o"
  done
}
compile format/*.c reader/*.c writer/*.c tools/{common,lint,metrics,slurp}/*.c tools/mash/{headers,request}.c
compile fuzz/{fuzz,text,exposition,reading,writer_model}.c

# What takes files is changed by record; only libFuzzer calls that.
for name in file pair; do
  flags=; [[ $name == pair ]] && flags=-DFUZZ_PAIR
  $CC $CFLAGS $flags -std=c11 -D_GNU_SOURCE= -I"$WORK/include" -I. -c fuzz/mutator.c -o "$WORK/mutator_$name.o"
done

python3 spec/vectors/matrix.py "$WORK/matrix"
python3 spec/recipe.py all spec/vectors "$WORK/matrix" -o "$WORK/vectors"
fuzz/seeds.py "$WORK/vectors" "$WORK/seeds"

for source in fuzz/*_fuzz.c; do
  harness=$(basename "$source" .c) mutator= dict=$(basename "$source" .c)
  case $harness in
    parse_fuzz|roundtrip_fuzz|json_fuzz|lint_fuzz|metrics_fuzz) mutator=$WORK/mutator_file.o ;;
    reader_fuzz|live_fuzz) mutator=$WORK/mutator_pair.o ;;
  esac
  case $harness in
    roundtrip_fuzz|reader_fuzz|live_fuzz) dict=parse_fuzz ;;
    lint_fuzz) dict=json_fuzz ;;
  esac
  [[ ${FUZZING_ENGINE:-libfuzzer} == libfuzzer ]] || mutator=
  $CC $CFLAGS -std=c11 -D_GNU_SOURCE= -I"$WORK/include" -I. -c "$source" -o "$WORK/$harness.o"
  # Images that run harnesses have no libraries of others: these are linked in.
  $CXX $CXXFLAGS "$WORK/$harness.o" $mutator "$objects"/*.o $LIB_FUZZING_ENGINE \
    -l:libjson-c.a -l:libutf8proc.a -lm -lpthread -o "$OUT/$harness"
  cp "fuzz/$dict.dict" "$OUT/$harness.dict"
  mkdir -p "$WORK/seeds/$harness"
  for folder in corpus regressions; do
    find "fuzz/$folder/$harness" -type f -exec cp {} "$WORK/seeds/$harness/" \; 2>/dev/null || true
  done
  (cd "$WORK/seeds/$harness" && python3 -m zipfile -c "$OUT/${harness}_seed_corpus.zip" ./*)
done
