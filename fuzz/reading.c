/* SPDX-License-Identifier: MIT */

#include "fuzz/reading.h"

#include <errno.h>
#include <string.h>

#include "fuzz/fuzz.h"

enum { SAMPLES = 4096 };

static bool same_text(struct mms_text a, struct mms_text b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

static uint64_t bits_of(const struct mms_value *value)
{
    uint64_t bits = value->u;
    if (mms_class_of(value->type) == MMS_CLASS_FLOAT)
        memcpy(&bits, &value->f, sizeof bits);
    return mms_class_of(value->type) == MMS_CLASS_BOOL ? value->b : bits;
}

static bool same_value(const struct mms_value *a, const struct mms_value *b)
{
    if (a->type != b->type)
        return false;
    return mms_class_of(a->type) == MMS_CLASS_TEXT ? same_text(a->text, b->text) : bits_of(a) == bits_of(b);
}

/* --- one field ---------------------------------------------------------------------------------------------------- */

static void touch(const struct mms_stat *stat)
{
    fuzz_touch(stat->label.data, stat->label.size);
    fuzz_touch(stat->unit.data, stat->unit.size);
    fuzz_touch(stat->help.data, stat->help.size);
    for (size_t i = 0; i < stat->count; i++)
        if (mms_class_of(stat->values[i].type) == MMS_CLASS_TEXT)
            fuzz_touch(stat->values[i].text.data, stat->values[i].text.size);
}

static void require_sample(const struct mms_sample *sample, const struct mms_stat *stat)
{
    if (sample->type == MMS_TYPE_PAD)
        return;
    require(stat->count == 1 && !stat->is_array && sample->type == stat->values[0].type);
    uint64_t bits = sample->u;
    if (mms_class_of(stat->type) == MMS_CLASS_FLOAT)
        memcpy(&bits, &sample->f, sizeof bits);
    if (stat->values[0].f != stat->values[0].f && mms_class_of(stat->type) == MMS_CLASS_FLOAT)
        return; /* a NaN of less bits may come out quiet */
    require(bits == bits_of(&stat->values[0]) && sample->status == stat->status);
}

static void find(const struct mms_reader *reader, size_t i, struct mms_text label)
{
    int64_t first = mms_reader_find(reader, label.data, label.size, 0);
    require(first >= 0 && (size_t)first <= i);
    require(mms_reader_find(reader, label.data, label.size, i) == (int64_t)i);
}

/* --- all of them -------------------------------------------------------------------------------------------------- */

void fuzz_read_all(struct mms_reader *reader, unsigned flags)
{
    static struct mms_sample samples[SAMPLES];
    size_t count = mms_reader_count(reader), sampled = count < SAMPLES ? count : SAMPLES;
    struct mms_stat stat;
    int result = mms_reader_sample(reader, NULL, sampled, samples);
    require(result == 0 || result == -EIO);
    bool both = result == 0 && (flags & FUZZ_QUIET);

    require(mms_reader_get(reader, count, &stat) == -ERANGE);
    for (size_t i = 0; i < count; i++) {
        result = mms_reader_get(reader, i, &stat);
        require(result == 0 || result == -EIO);
        if (result < 0)
            continue;
        touch(&stat);
        require(!(flags & FUZZ_QUIET) || stat.status != MMS_BUSY);
        if (both && i < sampled)
            require_sample(&samples[i], &stat);
        find(reader, i, stat.label);
    }
    mms_reader_liveness(reader);
}

/* --- two readers -------------------------------------------------------------------------------------------------- */

static void require_same_stat(const struct mms_stat *a, const struct mms_stat *b)
{
    require(same_text(a->label, b->label) && same_text(a->unit, b->unit) && same_text(a->help, b->help));
    require(a->type == b->type && a->kind == b->kind && a->is_array == b->is_array && a->count == b->count);
    require(a->sum == b->sum && a->sequence == b->sequence && a->status == b->status);
    for (size_t i = 0; i < a->count; i++)
        require(same_value(&a->values[i], &b->values[i]));
}

void fuzz_require_same(struct mms_reader *a, struct mms_reader *b)
{
    struct mms_stat stat_a, stat_b;
    size_t errors_a, errors_b, count = mms_reader_count(a);
    require(mms_reader_version(a) == mms_reader_version(b) && mms_reader_order(a) == mms_reader_order(b));
    require(mms_reader_diag(a, NULL, &errors_a) == mms_reader_diag(b, NULL, &errors_b) && errors_a == errors_b);
    require(count == mms_reader_count(b));
    for (size_t i = 0; i < count; i++) {
        require(mms_reader_get(a, i, &stat_a) == 0 && mms_reader_get(b, i, &stat_b) == 0);
        require_same_stat(&stat_a, &stat_b);
    }
}
