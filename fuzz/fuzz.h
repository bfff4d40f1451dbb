/* SPDX-License-Identifier: MIT
 *
 * fuzz.h - what the harnesses share.
 *
 * A harness returns 0 for every input, and aborts when something does not hold. */
#ifndef MMSTATS_FUZZ_H
#define MMSTATS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Changes data in place; returns its new size, at most max. The same for the same seed. Of the engines. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed);

/* Not inlined, so that a trace says which one it was. */
__attribute__((noinline, unused)) static void require(bool holds)
{
    if (!holds)
        abort();
}

/* --- memory ------------------------------------------------------------------------------------------------------ */

enum { FUZZ_MAX = 1 << 20 }; /* bytes of the largest input; what is behind them is left out */

/* A copy that ends where memory ends: the next byte faults. Valid until the next call of either function. */
const uint8_t *fuzz_before_guard(const uint8_t *data, size_t size);

/* A copy that begins where memory begins: the byte before it faults. */
const uint8_t *fuzz_behind_guard(const uint8_t *data, size_t size);

/* Reads all bytes, so that a sanitizer, or a guard, sees where they lie. */
void fuzz_touch(const void *data, size_t size);

/* --- an input, piece by piece: zeros where it has ended ----------------------------------------------------------- */

struct fuzz_input {
    const uint8_t *at;
    size_t left;
};

uint8_t fuzz_u8(struct fuzz_input *in);
uint64_t fuzz_number(struct fuzz_input *in, size_t bytes); /* little-endian, at most 8 */

/* --- an input that is two files ----------------------------------------------------------------------------------- */

/* u8 flags, u24 size of the first file, the first file, the second file. */
enum { FUZZ_PAIR_HEADER = 4 };
struct fuzz_pair {
    uint8_t flags;
    struct fuzz_input first, second;
};
struct fuzz_pair fuzz_pair_of(const uint8_t *data, size_t size);

/* --- a file of this process, in memory ---------------------------------------------------------------------------- */

const char *fuzz_directory(void);
const char *fuzz_name(void);
const char *fuzz_path(void); /* directory and name */

/* Makes the file hold these bytes; the file stays the same one. */
void fuzz_write(const uint8_t *data, size_t size);

#endif
