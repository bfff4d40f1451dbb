/* SPDX-License-Identifier: MIT */

#include "tools/mash/numbers.h"

#include <math.h>
#include <stdlib.h>

#include "tools/common/value.h"

static struct mms_sample sample_of(const struct mms_value *value)
{
    switch (mms_class_of(value->type)) {
    case MMS_CLASS_INT:
        return (struct mms_sample){.i = value->i, .type = (uint8_t)value->type};
    case MMS_CLASS_UINT:
        return (struct mms_sample){.u = value->u, .type = (uint8_t)value->type};
    case MMS_CLASS_BOOL:
        return (struct mms_sample){.u = value->b, .type = MMS_TYPE_U64};
    case MMS_CLASS_FLOAT:
        return (struct mms_sample){.f = value->f, .type = (uint8_t)value->type};
    default:
        return (struct mms_sample){.type = MMS_TYPE_PAD};
    }
}

void mash_numbers_add(struct mash_numbers *numbers, const struct mms_stat *stat)
{
    if (stat->record->layout == MMS_LAYOUT_HISTOGRAM)
        return;
    for (size_t i = 0; i < stat->count; i++) {
        struct mms_sample sample = sample_of(&stat->values[i]);
        if (isnan(mms_sample_float(&sample))) /* also what is no number at all */
            continue;
        if (numbers->count == numbers->room) {
            size_t room = numbers->room == 0 ? 16 : 2 * numbers->room;
            struct mms_sample *samples = realloc(numbers->samples, room * sizeof *samples);
            numbers->failed |= samples == NULL;
            if (samples == NULL)
                return;
            numbers->samples = samples;
            numbers->room = room;
        }
        numbers->samples[numbers->count++] = sample;
    }
}

void mash_numbers_free(struct mash_numbers *numbers)
{
    free(numbers->samples);
}

void mash_put_sample(FILE *out, const struct mms_sample *sample)
{
    struct mms_value value = {.type = (enum mms_type)sample->type};
    switch (mms_class_of(value.type)) {
    case MMS_CLASS_INT:
        value.i = sample->i;
        break;
    case MMS_CLASS_UINT:
        value.u = sample->u;
        break;
    default:
        value.f = sample->f;
    }
    mms_put_item_json(out, &value);
}

static void put_double(FILE *out, double number)
{
    mash_put_sample(out, &(struct mms_sample){.f = number, .type = MMS_TYPE_F64});
}

/* Not by difference, which may not fit. */
static int compare(const void *a, const void *b)
{
    double x = mms_sample_float(a), y = mms_sample_float(b);
    return (x > y) - (x < y);
}

double mash_percentile(const struct mash_numbers *numbers, double p)
{
    double at = p * (double)(numbers->count + 1), whole = floor(at);
    if (at < 1)
        return mms_sample_float(&numbers->samples[0]);
    if (at >= (double)numbers->count)
        return mms_sample_float(&numbers->samples[numbers->count - 1]);
    double lower = mms_sample_float(&numbers->samples[(size_t)whole - 1]);
    double upper = mms_sample_float(&numbers->samples[(size_t)whole]);
    return lower + (at - whole) * (upper - lower);
}

void mash_numbers_put(FILE *out, struct mash_numbers *numbers)
{
    static const struct {
        const char *name;
        enum mms_aggregate aggregate;
    } figures[] = {{"min", MMS_AGGREGATE_MIN}, {"max", MMS_AGGREGATE_MAX}, {"sum", MMS_AGGREGATE_SUM},
                   {"mean", MMS_AGGREGATE_AVG}};
    static const struct {
        const char *name;
        double p;
    } percentiles[] = {{"median", 0.5},         {"75percentile", 0.75}, {"95percentile", 0.95},
                       {"98percentile", 0.98}, {"99percentile", 0.99}, {"999percentile", 0.999}};
    struct mms_sample sample;

    qsort(numbers->samples, numbers->count, sizeof *numbers->samples, compare);
    fprintf(out, "{\"length\": %zu", numbers->count);
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++) {
        fprintf(out, ", \"%s\": ", figures[i].name);
        if (mms_aggregate_samples(figures[i].aggregate, numbers->samples, numbers->count, &sample))
            mash_put_sample(out, &sample);
        else
            fputs("null", out);
    }
    for (size_t i = 0; i < sizeof percentiles / sizeof percentiles[0]; i++) {
        fprintf(out, ", \"%s\": ", percentiles[i].name);
        put_double(out, mash_percentile(numbers, percentiles[i].p));
    }
    fputs(", \"values\": [", out);
    for (size_t i = 0; i < numbers->count; i++) {
        if (i > 0)
            fputs(", ", out);
        mash_put_sample(out, &numbers->samples[i]);
    }
    fputs("]}", out);
}
