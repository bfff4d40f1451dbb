/* SPDX-License-Identifier: MIT */

#include "tools/common/aggregate.h"

#include <math.h>
#include <string.h>

static const char *const names[MMS_AGGREGATES] = {
    [MMS_AGGREGATE_AVG] = "avg",
    [MMS_AGGREGATE_ONE] = "one",
    [MMS_AGGREGATE_MAX] = "max",
    [MMS_AGGREGATE_MIN] = "min",
    [MMS_AGGREGATE_SUM] = "sum",
    [MMS_AGGREGATE_NONZERO_MIN] = "nonzero-min",
    [MMS_AGGREGATE_NONZERO_AVG] = "nonzero-avg",
};

const char *mms_aggregate_name(enum mms_aggregate aggregate)
{
    return names[aggregate];
}

enum mms_aggregate mms_aggregate_named(const char *name)
{
    size_t i = 0;
    while (i < MMS_AGGREGATES && strcmp(names[i], name) != 0)
        i++;
    return (enum mms_aggregate)i;
}

/* --- numbers of any type ------------------------------------------------------------------------------------------ */

static bool is_number(const struct mms_sample *sample)
{
    return sample->type != MMS_TYPE_PAD;
}

bool mms_sample_is_float(const struct mms_sample *sample)
{
    return mms_class_of(sample->type) == MMS_CLASS_FLOAT;
}

mms_wide mms_sample_integer(const struct mms_sample *sample)
{
    return mms_class_of(sample->type) == MMS_CLASS_INT ? (mms_wide)sample->i : (mms_wide)sample->u;
}

double mms_sample_float(const struct mms_sample *sample)
{
    if (!is_number(sample))
        return NAN;
    return mms_sample_is_float(sample) ? sample->f : (double)mms_sample_integer(sample);
}

static struct mms_sample float_sample(double number)
{
    return (struct mms_sample){.f = number, .type = MMS_TYPE_F64, .status = MMS_EXACT};
}

static struct mms_sample integer_sample(mms_wide number)
{
    if (number >= 0 && number <= UINT64_MAX)
        return (struct mms_sample){.u = (uint64_t)number, .type = MMS_TYPE_U64, .status = MMS_EXACT};
    if (number < 0 && number >= INT64_MIN)
        return (struct mms_sample){.i = (int64_t)number, .type = MMS_TYPE_I64, .status = MMS_EXACT};
    return float_sample((double)number);
}

int mms_sample_compare(const struct mms_sample *a, const struct mms_sample *b)
{
    if (!mms_sample_is_float(a) && !mms_sample_is_float(b))
        return mms_sample_integer(a) < mms_sample_integer(b) ? -1 : mms_sample_integer(a) > mms_sample_integer(b);
    return mms_sample_float(a) < mms_sample_float(b) ? -1 : mms_sample_float(a) > mms_sample_float(b);
}

struct mms_sample mms_sample_difference(const struct mms_sample *later, const struct mms_sample *earlier)
{
    if (!is_number(later) || !is_number(earlier))
        return (struct mms_sample){.type = MMS_TYPE_PAD};
    if (mms_sample_is_float(later) || mms_sample_is_float(earlier))
        return float_sample(mms_sample_float(later) - mms_sample_float(earlier));
    return integer_sample(mms_sample_integer(later) - mms_sample_integer(earlier));
}

/* --- many of them ------------------------------------------------------------------------------------------------- */

struct sums {
    size_t count;
    mms_wide integers;
    double floats;
    bool any_float;
    uint8_t status;
    const struct mms_sample *first, *least, *most; /* NULL: none; least and most are no NaN */
};

static void add(struct sums *sums, const struct mms_sample *sample)
{
    sums->count++;
    if (sums->first == NULL)
        sums->first = sample;
    if (sums->status < sample->status)
        sums->status = sample->status;
    if (mms_sample_is_float(sample)) {
        sums->any_float = true;
        sums->floats += sample->f;
        if (isnan(sample->f))
            return;
    } else {
        sums->integers += mms_sample_integer(sample);
    }
    if (sums->least == NULL || mms_sample_compare(sample, sums->least) < 0)
        sums->least = sample;
    if (sums->most == NULL || mms_sample_compare(sample, sums->most) > 0)
        sums->most = sample;
}

static bool one_of(const struct mms_sample *sample, struct mms_sample *out)
{
    if (sample != NULL)
        *out = mms_sample_is_float(sample) ? float_sample(sample->f) : integer_sample(mms_sample_integer(sample));
    return sample != NULL;
}

bool mms_aggregate_samples(enum mms_aggregate aggregate, const struct mms_sample *samples, size_t count,
                           struct mms_sample *out)
{
    bool nonzero = aggregate == MMS_AGGREGATE_NONZERO_MIN || aggregate == MMS_AGGREGATE_NONZERO_AVG;
    struct sums sums = {0};
    for (size_t i = 0; i < count; i++)
        if (is_number(&samples[i]) && (!nonzero || mms_sample_float(&samples[i]) != 0))
            add(&sums, &samples[i]);
    double sum = sums.floats + (double)sums.integers;
    bool found = sums.count > 0;
    switch (aggregate) {
    case MMS_AGGREGATE_ONE:
        found = one_of(sums.first, out);
        break;
    case MMS_AGGREGATE_MAX:
        found = one_of(sums.most, out);
        break;
    case MMS_AGGREGATE_MIN:
    case MMS_AGGREGATE_NONZERO_MIN:
        found = one_of(sums.least, out);
        break;
    case MMS_AGGREGATE_SUM:
        if (found)
            *out = sums.any_float ? float_sample(sum) : integer_sample(sums.integers);
        break;
    case MMS_AGGREGATE_AVG:
    case MMS_AGGREGATE_NONZERO_AVG:
        if (found)
            *out = float_sample(sum / (double)sums.count);
        break;
    case MMS_AGGREGATES:
        return false;
    }
    if (found)
        out->status = sums.status;
    return found;
}
