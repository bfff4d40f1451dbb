/* SPDX-License-Identifier: MIT */

#include "tools/common/value.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/escape.h"
#include "tools/common/exits.h"
#include "tools/common/number.h"
#include "tools/common/output.h"

static bool is_histogram(const struct mms_stat *stat)
{
    return stat->record->layout == MMS_LAYOUT_HISTOGRAM;
}

const char *mms_type_of(const struct mms_stat *stat)
{
    if (is_histogram(stat))
        return "histogram";
    return stat->type == MMS_TYPE_PAD ? "tuple" : mms_type_name(stat->type);
}

/* --- for people -------------------------------------------------------------------------------------------------- */

static void put_float(FILE *out, double number)
{
    char text[MMS_NUMBER_SIZE];
    mms_number_short(number, text);
    fputs(text, out);
}

void mms_put_item(FILE *out, const struct mms_value *value, bool quote)
{
    switch (mms_class_of(value->type)) {
    case MMS_CLASS_INT:
        fprintf(out, "%" PRId64, value->i);
        break;
    case MMS_CLASS_UINT:
        fprintf(out, "%" PRIu64, value->u);
        break;
    case MMS_CLASS_FLOAT:
        put_float(out, value->f);
        break;
    case MMS_CLASS_BOOL:
        fputs(value->b ? "True" : "False", out);
        break;
    case MMS_CLASS_TEXT:
        if (quote)
            mms_put_quoted(out, value->text, '\'');
        else
            mms_put_escaped(out, value->text);
        break;
    case MMS_CLASS_NONE:
        break;
    }
}

double mms_bucket_begin(const struct mms_record *record, size_t i)
{
    size_t linear = (size_t)1 << record->sub_bits;
    if (i < linear)
        return (double)i;
    size_t power = (i - linear) >> record->sub_bits, sub = (i - linear) & (linear - 1);
    return ldexp((double)(linear + sub), (int)power);
}

static void put_histogram(FILE *out, const struct mms_stat *stat)
{
    uint64_t samples = 0;
    const char *between = "";

    for (size_t i = 0; i < stat->count; i++)
        samples += stat->values[i].u;
    fprintf(out, "%" PRIu64 " samples, sum ", samples);
    put_float(out, (double)stat->sum * stat->record->scale);
    fputs(" {", out);
    for (size_t i = 0; i < stat->count; i++) {
        if (stat->values[i].u == 0)
            continue;
        fputs(between, out);
        put_float(out, mms_bucket_begin(stat->record, i) * stat->record->scale);
        fprintf(out, ": %" PRIu64, stat->values[i].u);
        between = ", ";
    }
    fputc('}', out);
}

void mms_put_value(FILE *out, const struct mms_stat *stat)
{
    bool array = stat->record->layout == MMS_LAYOUT_ARRAY;
    if (is_histogram(stat)) {
        put_histogram(out, stat);
        return;
    }
    if (stat->is_array)
        fputc(array ? '[' : '(', out);
    for (size_t i = 0; i < stat->count && mms_output_works(); i++) {
        if (i > 0)
            fputs(", ", out);
        mms_put_item(out, &stat->values[i], stat->is_array);
    }
    if (stat->is_array)
        fputc(array ? ']' : ')', out);
}

/* --- for programs ------------------------------------------------------------------------------------------------ */

static void put_float_json(FILE *out, double number)
{
    char text[MMS_NUMBER_SIZE];
    mms_number_exact(number, text);
    fputs(isfinite(number) ? text : "null", out);
}

void mms_put_item_json(FILE *out, const struct mms_value *value)
{
    switch (mms_class_of(value->type)) {
    case MMS_CLASS_FLOAT:
        put_float_json(out, value->f);
        break;
    case MMS_CLASS_BOOL:
        fputs(value->b ? "true" : "false", out);
        break;
    case MMS_CLASS_TEXT:
        mms_put_json(out, value->text);
        break;
    default:
        mms_put_item(out, value, false);
    }
}

static void put_list_json(FILE *out, const struct mms_stat *stat)
{
    fputc('[', out);
    for (size_t i = 0; i < stat->count && mms_output_works(); i++) {
        if (i > 0)
            fputc(',', out);
        mms_put_item_json(out, &stat->values[i]);
    }
    fputc(']', out);
}

void mms_put_value_json(FILE *out, const struct mms_stat *stat)
{
    if (is_histogram(stat)) {
        fprintf(out, "{\"sum\":%" PRIu64 ",\"scale\":", stat->sum);
        put_float_json(out, stat->record->scale);
        fprintf(out, ",\"sub_bits\":%d,\"max_bits\":%d,\"counts\":", stat->record->sub_bits, stat->record->max_bits);
        put_list_json(out, stat);
        fputc('}', out);
    } else if (stat->is_array) {
        put_list_json(out, stat);
    } else {
        mms_put_item_json(out, &stat->values[0]);
    }
}

/* A list has commas in it, and quotes where there is a text: it is made first and then quoted. */
static void put_list_csv(FILE *out, const struct mms_stat *stat)
{
    char *text = NULL;
    size_t size = 0;
    FILE *memory = open_memstream(&text, &size);
    bool failed = memory == NULL;
    if (memory != NULL) {
        mms_put_value_json(memory, stat);
        failed = ferror(memory);
        failed |= fclose(memory) != 0;
    }
    if (failed || text == NULL) { /* fclose does not say when its last realloc failed */
        mms_complain("%s", strerror(ENOMEM));
        exit(MMS_EXIT_FAILED);
    }
    mms_put_csv(out, (struct mms_text){text, size});
    free(text);
}

void mms_put_value_csv(FILE *out, const struct mms_stat *stat)
{
    char text[MMS_NUMBER_SIZE];
    if (stat->is_array) {
        put_list_csv(out, stat);
        return;
    }
    const struct mms_value *value = &stat->values[0];
    switch (mms_class_of(value->type)) {
    case MMS_CLASS_FLOAT:
        mms_number_exact(value->f, text);
        fputs(text, out);
        break;
    case MMS_CLASS_TEXT:
        mms_put_csv(out, value->text);
        break;
    default:
        mms_put_item_json(out, value);
    }
}
