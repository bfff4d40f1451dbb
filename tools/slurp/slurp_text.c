/* SPDX-License-Identifier: MIT
 *
 * slurp_text.c - "==> path", a line for each field, an empty line. */

#include <stdio.h>

#include "tools/common/escape.h"
#include "tools/common/output.h"
#include "tools/common/value.h"
#include "tools/slurp/slurp.h"

static void nothing(void)
{
}

/* Labels beyond this move only their own value to the right: else a file with one huge label and many small ones would
 * print the square of its size. */
enum { WIDEST = 120 };

/* The columns of the longest label that passes. */
static size_t label_width(struct slurp_file *file, const struct slurp_options *options, size_t *fields)
{
    struct slurp_file quiet = *file; /* errors of values count when they are shown */
    struct mms_stat stat;
    size_t width = 0;

    *fields = 0;
    for (size_t i = 0; slurp_next(&quiet, options, &i, &stat); ++*fields) {
        size_t label = mms_escaped_width(stat.label);
        if (label > width && label <= WIDEST)
            width = label;
    }
    if (*fields == 0) /* nothing will be */
        file->error = quiet.error;
    return width;
}

/* Of a file in the order of other machines it is always said. */
static void put_heading(const struct slurp_file *file, bool verbose)
{
    enum mms_order order = mms_reader_order(file->reader);
    const char *name = order == MMS_ORDER_LITTLE ? "little-endian" : "big-endian";

    fputs("==> ", stdout);
    mms_put_escaped(stdout, mms_text_of(file->path));
    if (verbose)
        printf(" (version %d, %s)", mms_reader_version(file->reader), name);
    else if (order != MMS_ORDER_NATIVE)
        printf(" (%s)", name);
    if (file->snapshot == SLURP_SNAPSHOT_OPEN || file->snapshot == SLURP_SNAPSHOT_UNFINISHED)
        printf(" [%s]", file->snapshot == SLURP_SNAPSHOT_OPEN ? "transaction open"
                                                              : "its writer died in a transaction");
    putchar('\n');
}

/* A value that is not exact is never shown as if it were. */
static void put_status(const struct mms_stat *stat, bool verbose)
{
    if (stat->status == MMS_EXACT)
        return;
    printf(" [%s", mms_status_name(stat->status));
    if (verbose && stat->retries > 0)
        printf(", %u %s", stat->retries, stat->retries == 1 ? "retry" : "retries");
    putchar(']');
}

static void put_field(const struct mms_stat *stat, size_t width, const struct slurp_options *options)
{
    fputs("  ", stdout);
    mms_put_escaped(stdout, stat->label);
    size_t label = mms_escaped_width(stat->label);
    printf("%*s ", label < width ? (int)(width - label) : 0, "");
    mms_put_value(stdout, stat);
    if (options->units && stat->unit.size > 0) {
        putchar(' ');
        mms_put_escaped(stdout, stat->unit);
    }
    put_status(stat, options->common.verbose);
    putchar('\n');
}

static size_t show(struct slurp_file *file, const struct slurp_options *options)
{
    struct mms_stat stat;
    size_t fields, i = 0;

    if (file->reader == NULL)
        return 0;
    size_t width = label_width(file, options, &fields);
    if (fields == 0 && options->common.filter_count > 0)
        return 0;
    put_heading(file, options->common.verbose);
    while (mms_output_works() && slurp_next(file, options, &i, &stat))
        put_field(&stat, width, options);
    putchar('\n');
    return fields;
}

const struct slurp_format slurp_text = {nothing, show, nothing};
