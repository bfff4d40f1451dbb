/* SPDX-License-Identifier: MIT
 *
 * reading.h - all that a reader can be asked, for harnesses. */
#ifndef MMSTATS_FUZZ_READING_H
#define MMSTATS_FUZZ_READING_H

#include "mmstats/reader.h"

enum {
    FUZZ_QUIET = 1, /* the file does not change meanwhile: no value is busy, and two ways to read it agree */
};

/* Reads every field, in every way; -EIO is no fault: the file may be shorter than its mapping. */
void fuzz_read_all(struct mms_reader *reader, unsigned flags);

/* Do both say the same, of the structure and of every value? */
void fuzz_require_same(struct mms_reader *a, struct mms_reader *b);

#endif
