/* SPDX-License-Identifier: MIT
 *
 * numbers.h - the numbers that a label has in all files, and figures about them. */
#ifndef MMSTATS_TOOLS_MASH_NUMBERS_H
#define MMSTATS_TOOLS_MASH_NUMBERS_H

#include <stdio.h>

#include "tools/common/aggregate.h"

/* Zero-initialise it. */
struct mash_numbers {
    struct mms_sample *samples;
    size_t count, room;
    bool failed; /* there was no memory for all of them */
};

/* All elements of a value that are numbers (or bools); none of a histogram, whose elements are counts. */
void mash_numbers_add(struct mash_numbers *numbers, const struct mms_stat *stat);
void mash_numbers_free(struct mash_numbers *numbers);

/* Prints {"length": ..., "values": [...]}. NaN is no number here. Sorts the numbers. */
void mash_numbers_put(FILE *out, struct mash_numbers *numbers);

/* Of the sorted numbers: linear interpolation at thousandths / 1000 * (count + 1), exact between integers. There is at
 * least one. */
void mash_put_percentile(FILE *out, const struct mash_numbers *numbers, unsigned thousandths);

/* A number as JSON: exact; null for NaN and infinities. */
void mash_put_sample(FILE *out, const struct mms_sample *sample);

#endif
