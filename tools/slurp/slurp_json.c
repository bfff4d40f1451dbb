/* SPDX-License-Identifier: MIT
 *
 * slurp_json.c - all files as one JSON object. */

#include <inttypes.h>
#include <stdio.h>

#include "tools/common/escape.h"
#include "tools/common/output.h"
#include "tools/common/value.h"
#include "tools/slurp/slurp.h"

static const char *between; /* before the next file */

static void begin(void)
{
    fputs("{\"files\":[", stdout);
    between = "\n";
}

static void end(void)
{
    fputs("\n]}\n", stdout);
}

static void put_text(const char *key, struct mms_text text)
{
    printf(",\"%s\":", key);
    mms_put_json(stdout, text);
}

static void put_field(const struct mms_stat *stat)
{
    fputs("{\"label\":", stdout);
    mms_put_json(stdout, stat->label);
    put_text("type", mms_text_of(mms_type_of(stat)));
    put_text("kind", mms_text_of(mms_metric_name(stat->kind)));
    put_text("unit", stat->unit);
    put_text("help", stat->help);
    fputs(",\"value\":", stdout);
    mms_put_value_json(stdout, stat);
    put_text("status", mms_text_of(mms_status_name(stat->status)));
    printf(",\"retries\":%u}", stat->retries);
}

static void put_error(const struct slurp_file *file)
{
    char message[MMS_MESSAGE_SIZE];

    if (file->error == 0) {
        fputs(",\"error\":null", stdout);
        return;
    }
    mms_file_message(file->error, &file->diag, file->more, message);
    fputs(",\"error\":{\"message\":", stdout);
    mms_put_json(stdout, mms_text_of(message));
    put_text("error", mms_text_of(mms_error_name(file->error)));
    if (file->diag.rule != 0)
        printf(",\"rule\":%d,\"offset\":%" PRIu64 "}", file->diag.rule, file->diag.offset);
    else
        fputs(",\"rule\":null,\"offset\":null}", stdout);
}

static void put_heading(const struct slurp_file *file)
{
    static const char *const snapshots[] = {
        [SLURP_SNAPSHOT_NONE] = "null",
        [SLURP_SNAPSHOT_EXACT] = "\"exact\"",
        [SLURP_SNAPSHOT_OPEN] = "\"open\"",
        [SLURP_SNAPSHOT_UNFINISHED] = "\"unfinished\"",
    };
    printf("%s{\"path\":", between);
    mms_put_json(stdout, mms_text_of(file->path));
    if (file->reader == NULL)
        fputs(",\"version\":null,\"byte_order\":null", stdout);
    else
        printf(",\"version\":%d,\"byte_order\":\"%s\"", mms_reader_version(file->reader),
               mms_reader_order(file->reader) == MMS_ORDER_LITTLE ? "little" : "big");
    printf(",\"snapshot\":%s", snapshots[file->snapshot]);
    between = ",\n";
}

/* The error stands behind the fields: some errors show only when these are read. */
static size_t show(struct slurp_file *file, const struct slurp_options *options)
{
    struct mms_stat stat;
    size_t fields = 0;

    put_heading(file);
    fputs(",\"fields\":[", stdout);
    for (size_t i = 0; mms_output_works() && slurp_next(file, options, &i, &stat); fields++) {
        fputs(fields > 0 ? ",\n " : "\n ", stdout);
        put_field(&stat);
    }
    fputc(']', stdout);
    put_error(file);
    fputc('}', stdout);
    return fields;
}

const struct slurp_format slurp_json = {begin, show, end};
