/* SPDX-License-Identifier: MIT
 *
 * slurp_csv.c - a line for each field, in the quoting of RFC 4180. */

#include <stdio.h>

#include "tools/common/escape.h"
#include "tools/common/output.h"
#include "tools/common/value.h"
#include "tools/slurp/slurp.h"

static void begin(void)
{
    puts("path,label,type,kind,unit,value,status");
}

static void end(void)
{
}

static size_t show(struct slurp_file *file, const struct slurp_options *options)
{
    struct mms_stat stat;
    size_t fields = 0;

    for (size_t i = 0; mms_output_works() && slurp_next(file, options, &i, &stat); fields++) {
        mms_put_csv(stdout, mms_text_of(file->path));
        putchar(',');
        mms_put_csv(stdout, stat.label);
        printf(",%s,%s,", mms_type_of(&stat), mms_metric_name(stat.kind));
        mms_put_csv(stdout, stat.unit);
        putchar(',');
        mms_put_value_csv(stdout, &stat);
        printf(",%s\n", mms_status_name(stat.status));
    }
    return fields;
}

const struct slurp_format slurp_csv = {begin, show, end};
