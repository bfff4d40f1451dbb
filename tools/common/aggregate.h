/* SPDX-License-Identifier: MIT
 *
 * aggregate.h - one number from those of many files. */
#ifndef MMSTATS_TOOLS_AGGREGATE_H
#define MMSTATS_TOOLS_AGGREGATE_H

#include "mmstats/reader.h"
#include "tools/common/number.h"

/* NONZERO_...: of those that are not 0. ONE: the first. */
enum mms_aggregate {
    MMS_AGGREGATE_AVG,
    MMS_AGGREGATE_ONE,
    MMS_AGGREGATE_MAX,
    MMS_AGGREGATE_MIN,
    MMS_AGGREGATE_SUM,
    MMS_AGGREGATE_NONZERO_MIN,
    MMS_AGGREGATE_NONZERO_AVG,
    MMS_AGGREGATES,
};

/* "nonzero-avg" */
const char *mms_aggregate_name(enum mms_aggregate aggregate);

/* Returns the one with that name, or MMS_AGGREGATES. */
enum mms_aggregate mms_aggregate_named(const char *name);

/* Samples of type MMS_TYPE_PAD are no numbers and are left out, and so is NaN by MIN and MAX. *out is a number as
 * mms_reader_sample gives it: u64 or i64 where all are integers (or bools) and the result fits, else f64; AVG is always
 * f64. Sums of integers are exact. Returns whether there was a number (a nonzero one, for NONZERO_...). */
bool mms_aggregate_samples(enum mms_aggregate aggregate, const struct mms_sample *samples, size_t count,
                           struct mms_sample *out);

/* Is a number of a type of floats? */
bool mms_sample_is_float(const struct mms_sample *sample);

/* Of an integer (or bool). */
mms_wide mms_sample_integer(const struct mms_sample *sample);

/* Below 0, 0, above 0: exact for integers (and bools), else as floats. Not for NaN and what is no number. */
int mms_sample_compare(const struct mms_sample *a, const struct mms_sample *b);

/* A number as a float, whatever it is; NaN for none. */
double mms_sample_float(const struct mms_sample *sample);

/* later - earlier: exact where both are integers (or bools) and it fits into 64 bits, below 0 when the number went
 * down; else f64. Of no number: no number. */
struct mms_sample mms_sample_difference(const struct mms_sample *later, const struct mms_sample *earlier);

#endif
