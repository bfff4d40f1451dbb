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

static int compare(const void *a, const void *b)
{
    return mms_sample_compare(a, b);
}

/* --- percentiles -------------------------------------------------------------------------------------------------- */

enum { DECIMALS = 3, WHOLE = 1000 }; /* percentiles are in thousandths */

void mash_put_percentile(FILE *out, const struct mash_numbers *numbers, unsigned thousandths)
{
    size_t count = numbers->count, at = thousandths * (count + 1), before = at / WHOLE, rest = at % WHOLE;
    if (before < 1 || before >= count) {
        before = before < 1 ? 1 : count;
        rest = 0;
    }
    const struct mms_sample *lower = &numbers->samples[before - 1], *upper = rest > 0 ? lower + 1 : lower;
    if (mms_sample_is_float(lower) || mms_sample_is_float(upper)) {
        double from = mms_sample_float(lower), to = mms_sample_float(upper);
        double number = rest > 0 ? from + (double)rest / WHOLE * (to - from) : from;
        mash_put_sample(out, &(struct mms_sample){.f = number, .type = MMS_TYPE_F64});
    } else {
        mms_wide from = mms_sample_integer(lower), to = mms_sample_integer(upper);
        mms_put_fixed(out, WHOLE * from + (mms_wide)rest * (to - from), DECIMALS);
    }
}

/* --- all of it ---------------------------------------------------------------------------------------------------- */

void mash_numbers_put(FILE *out, struct mash_numbers *numbers)
{
    static const struct {
        const char *name;
        enum mms_aggregate aggregate;
    } figures[] = {{"min", MMS_AGGREGATE_MIN}, {"max", MMS_AGGREGATE_MAX}, {"sum", MMS_AGGREGATE_SUM},
                   {"mean", MMS_AGGREGATE_AVG}};
    static const struct {
        const char *name;
        unsigned thousandths;
    } percentiles[] = {{"median", 500},        {"75percentile", 750}, {"95percentile", 950},
                       {"98percentile", 980}, {"99percentile", 990}, {"999percentile", 999}};
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
        mash_put_percentile(out, numbers, percentiles[i].thousandths);
    }
    fputs(", \"values\": [", out);
    for (size_t i = 0; i < numbers->count; i++) {
        if (i > 0)
            fputs(", ", out);
        mash_put_sample(out, &numbers->samples[i]);
    }
    fputs("]}", out);
}
