/* SPDX-License-Identifier: MIT
 *
 * value.h - the value of a field, as text. */
#ifndef MMSTATS_TOOLS_VALUE_H
#define MMSTATS_TOOLS_VALUE_H

#include <stdio.h>

#include "mmstats/reader.h"

/* For people: 42, 3.0, True, text; (1, 'a') for a tuple, [1, 2] for an array, and for a histogram
 * "3 samples, sum 0.5 {0.125: 2, 0.25: 1}": counts by where their buckets begin. */
void mms_put_value(FILE *out, const struct mms_stat *stat);

/* One elementary value for people; quote: a text stands in ''. */
void mms_put_item(FILE *out, const struct mms_value *value, bool quote);

/* The same as JSON. */
void mms_put_item_json(FILE *out, const struct mms_value *value);

/* Where bucket i of a histogram begins (R417), in units of its scale. */
double mms_bucket_begin(const struct mms_record *record, size_t i);

/* JSON: integers exact, NaN and infinities null, lists, and an object for a histogram. */
void mms_put_value_json(FILE *out, const struct mms_stat *stat);

/* A field of CSV: as JSON, but a text as such, and nan, inf, -inf. */
void mms_put_value_csv(FILE *out, const struct mms_stat *stat);

/* "u64"; "tuple" for several types, "histogram" for a histogram. */
const char *mms_type_of(const struct mms_stat *stat);

#endif
