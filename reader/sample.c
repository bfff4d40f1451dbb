/* SPDX-License-Identifier: MIT
 *
 * sample.c - many numbers at once. What a number needs was found out when the structure was taken (struct mms_place), so
 * that reading one is a handful of loads; all that is not as simple goes through mms_reader_get. */

#include "reader/internal.h"

#include <errno.h>

#define ALWAYS static inline __attribute__((always_inline))

/* What nearly all numbers are: 64 bits in two buffers, in this machine's order. */
enum { COMMON = sizeof(uint64_t) | MMS_ACCESS_BUFFERED };

struct sampling {
    struct mms_reader *reader;
    const size_t *fields;
    size_t count;
    struct mms_sample *samples;
    bool left; /* some have to be read by mms_reader_get */
};

/* --- one number -------------------------------------------------------------------------------------------------- */

/* One try (R603) at what a place says, in a mapping or in a copy. Leaves what was read in *bits. False also for what one
 * access does not read. */
ALWAYS bool try_number(const uint8_t *slot, uint8_t access, uint64_t *bits)
{
    size_t size = access & MMS_ACCESS_BYTES;
    if (MMS_LIKELY(access == COMMON))
        return mms_number_try(slot, sizeof *bits, bits);
    *bits = 0;
    if (access & MMS_ACCESS_BUFFERED)
        return mms_number_try(slot, size, bits);
    if (size != 0)
        *bits = mms_number_load(slot, size);
    return size != 0;
}

/* As 64 bits in this machine's order. */
static uint64_t widen(uint8_t access, uint8_t type, uint64_t bits)
{
    if (access & MMS_ACCESS_SWAPPED)
        bits = __builtin_bswap64(bits) >> (64 - 8 * (access & MMS_ACCESS_BYTES));
    switch ((enum mms_type)type) {
    case MMS_TYPE_I8:
        return (uint64_t)(int64_t)(int8_t)bits;
    case MMS_TYPE_I16:
        return (uint64_t)(int64_t)(int16_t)bits;
    case MMS_TYPE_I32:
        return (uint64_t)(int64_t)(int32_t)bits;
    case MMS_TYPE_F32:
        return mms_bits_of_double((double)mms_float_of_bits((uint32_t)bits));
    case MMS_TYPE_BOOL:
        return bits != 0;
    default:
        return bits;
    }
}

ALWAYS struct mms_sample sample_of(uint8_t access, uint8_t type, uint64_t bits, enum mms_status status,
                                   unsigned retries)
{
    return (struct mms_sample){.u = MMS_LIKELY(access == COMMON) ? bits : widen(access, type, bits),
                               .type = type, .status = (uint8_t)status, .retries = retries};
}

/* --- all of them, but those that are left ------------------------------------------------------------------------ */

/* Not a number, or not yet. */
static const struct mms_sample none = {.type = MMS_TYPE_PAD};

static inline size_t number_of(const size_t *fields, size_t k)
{
    return fields != NULL ? fields[k] : k;
}

/* The tries after the first one, which left *bits (R602). */
static struct mms_sample try_again(const struct mms_reader *reader, const struct mms_place *place, uint64_t bits)
{
    unsigned made = 1;
    for (; made < reader->options.tries; made++)
        if (try_number(reader->view->map + place->values, place->access, &bits))
            return sample_of(place->access, place->type, bits, MMS_EXACT, made);
    return sample_of(place->access, place->type, bits, MMS_BUSY, made - 1);
}

/* Called through mms_guarded. Everything is in variables of its own, since each sample that is stored, and each fence,
 * would have the compiler load it anew. */
ALWAYS void sample_map(struct sampling *this, const size_t *fields)
{
    const uint8_t *map = this->reader->view->map;
    const struct mms_place *places = this->reader->view->index.places;
    struct mms_sample *samples = this->samples;

    for (size_t k = 0, count = this->count; k < count; k++) {
        const struct mms_place *place = &places[number_of(fields, k)];
        uint8_t access = place->access, type = place->type;
        uint64_t bits;
        if (MMS_LIKELY(try_number(map + place->values, access, &bits))) {
            samples[k] = sample_of(access, type, bits, MMS_EXACT, 0);
        } else if (access != 0) {
            samples[k] = try_again(this->reader, place, bits);
        } else {
            samples[k] = none;
            this->left = true;
        }
    }
}

static void sample_live(void *argument)
{
    struct sampling *this = argument;
    if (this->fields == NULL)
        sample_map(this, NULL);
    else
        sample_map(this, this->fields);
}

/* Two copies that agree (R607); which they do where they are the same memory. */
static bool try_copies(uint8_t *const copies[MMS_COPIES], const struct mms_place *place, uint64_t *bits)
{
    const uint8_t *a = copies[0] + place->values, *b = copies[1] + place->values;
    uint64_t other;
    if (!try_number(b, place->access, bits))
        return false;
    return a == b || (try_number(a, place->access, &other) && *bits == other &&
                      (!(place->access & MMS_ACCESS_BUFFERED) || a[-1] == b[-1]));
}

static void sample_copies(struct sampling *this)
{
    const struct mms_view *view = this->reader->view;
    for (size_t k = 0; k < this->count; k++) {
        const struct mms_place *place = &view->index.places[number_of(this->fields, k)];
        uint64_t bits;
        if (MMS_LIKELY(try_copies(view->copies, place, &bits))) {
            this->samples[k] = sample_of(place->access, place->type, bits, MMS_CHECKED, 0);
        } else {
            this->samples[k] = none;
            this->left = true;
        }
    }
}

static int sample_most(struct sampling *this)
{
    const struct mms_reader *reader = this->reader;
    if (reader->snapshot.seen != NULL) { /* their values are kept elsewhere */
        for (size_t k = 0; k < this->count; k++)
            this->samples[k] = none;
        this->left = true;
        return 0;
    }
    if (reader->view->map != NULL)
        return mms_guarded(reader->view->map, reader->view->begin.size, sample_live, this);
    sample_copies(this);
    return 0;
}

/* --- what is left ------------------------------------------------------------------------------------------------ */

static uint64_t bits_of(const struct mms_value *value)
{
    switch (mms_class_of(value->type)) {
    case MMS_CLASS_FLOAT:
        return mms_bits_of_double(value->f);
    case MMS_CLASS_BOOL:
        return value->b;
    default:
        return value->u;
    }
}

static int sample_rest(const struct sampling *this)
{
    for (size_t k = 0; k < this->count; k++) {
        struct mms_sample *sample = &this->samples[k];
        size_t number = number_of(this->fields, k);
        struct mms_stat stat;
        if (sample->type != MMS_TYPE_PAD || this->reader->view->index.places[number].type == MMS_TYPE_PAD)
            continue;
        int error = mms_reader_get(this->reader, number, &stat);
        if (error < 0)
            return error;
        *sample = (struct mms_sample){.u = bits_of(stat.values), .type = (uint8_t)stat.type,
                                      .status = (uint8_t)stat.status, .retries = stat.retries};
    }
    return 0;
}

int mms_reader_sample(struct mms_reader *reader, const size_t *fields, size_t count, struct mms_sample *samples)
{
    struct sampling this = {.reader = reader, .fields = fields, .count = count, .samples = samples};
    size_t known = reader->view->index.count;

    if (fields == NULL && count > known)
        return -ERANGE;
    for (size_t k = 0; fields != NULL && k < count; k++)
        if (fields[k] >= known)
            return -ERANGE;
    int error = sample_most(&this);
    return error == 0 && this.left ? sample_rest(&this) : error;
}
