/* SPDX-License-Identifier: MIT
 *
 * update.h - updates of fields through their handles: a part of writer.h, which programs include.
 */
#ifndef MMSTATS_UPDATE_H
#define MMSTATS_UPDATE_H

#include "mmstats/fields.h"
#include "mmstats/slot.h"

#ifdef __cplusplus
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wold-style-cast" /* this is C, too */
extern "C" {
#endif

/* --- updates ---------------------------------------------------------------------------------------------------------
 * No syscall, no lock, no allocation; no division for integers. Integers wrap as C's unsigned (or two's complement) do.
 * _get is what this writer last stored. */

MMS_INLINE_ void mms_counter_inc(mms_counter *field) { mms_slot_add_64(field->slot, 1); }
MMS_INLINE_ void mms_counter_add(mms_counter *field, uint64_t n) { mms_slot_add_64(field->slot, n); }
MMS_INLINE_ void mms_counter_set(mms_counter *field, uint64_t value) { mms_slot_store_64(field->slot, value); }
MMS_INLINE_ uint64_t mms_counter_get(const mms_counter *field) { return mms_slot_load_64(field->slot); }

#define MMS_INTEGER_(name, type, bits)                                                          \
    MMS_INLINE_ void mms_##name##_set(mms_##name *field, type value)                          \
    {                                                                                           \
        mms_slot_store_##bits(field->slot, (uint##bits##_t)value);                              \
    }                                                                                           \
    MMS_INLINE_ void mms_##name##_add(mms_##name *field, type n)                              \
    {                                                                                           \
        mms_slot_add_##bits(field->slot, (uint##bits##_t)n);                                    \
    }                                                                                           \
    MMS_INLINE_ type mms_##name##_get(const mms_##name *field)                                \
    {                                                                                           \
        return (type)mms_slot_load_##bits(field->slot);                                         \
    }
MMS_INTEGER_(u64, uint64_t, 64)
MMS_INTEGER_(i64, int64_t, 64)
MMS_INTEGER_(u32, uint32_t, 32)
MMS_INTEGER_(i32, int32_t, 32)
MMS_INTEGER_(u16, uint16_t, 16)
MMS_INTEGER_(i16, int16_t, 16)
#undef MMS_INTEGER_

MMS_INLINE_ void mms_float_set(mms_float *field, float value)
{
    mms_slot_store_32(field->slot, mms_bits_of_float(value));
}
MMS_INLINE_ float mms_float_get(const mms_float *field) { return mms_float_of_bits(mms_slot_load_32(field->slot)); }
MMS_INLINE_ void mms_float_add(mms_float *field, float n) { mms_float_set(field, mms_float_get(field) + n); }

MMS_INLINE_ void mms_double_set(mms_double *field, double value)
{
    mms_slot_store_64(field->slot, mms_bits_of_double(value));
}
MMS_INLINE_ double mms_double_get(const mms_double *field)
{
    return mms_double_of_bits(mms_slot_load_64(field->slot));
}
MMS_INLINE_ void mms_double_add(mms_double *field, double n) { mms_double_set(field, mms_double_get(field) + n); }

MMS_INLINE_ void mms_i8_set(mms_i8 *field, int8_t value) { mms_cell_store_8(field->cell, (uint8_t)value); }
MMS_INLINE_ int8_t mms_i8_get(const mms_i8 *field) { return (int8_t)mms_cell_load_8(field->cell); }
MMS_INLINE_ void mms_i8_add(mms_i8 *field, int8_t n) { mms_i8_set(field, (int8_t)(mms_i8_get(field) + n)); }

MMS_INLINE_ void mms_bool_set(mms_bool *field, bool value) { mms_cell_store_8(field->cell, value); }
MMS_INLINE_ bool mms_bool_get(const mms_bool *field) { return mms_cell_load_8(field->cell) != 0; }

/* Publishes size bytes of UTF-8, cut at a whole character when they are more than the field's. A NUL in them ends the
 * text for readers. */
static inline void mms_string_set_n(mms_string *field, const char *text, size_t size)
{
    if (size > field->max)
        size = mms_utf8_cut(text, size, field->max);
    mms_wide_store(field->protocol, field->slot, field->stride, field->sequence, text, size);
}
static inline void mms_string_set(mms_string *field, const char *text) { mms_string_set_n(field, text, strlen(text)); }

/* Publishes the C struct at value, whose size was given with the field: readers see all of its members as one. Its padding
 * bytes are published, too. Of a size that is not the field's, what both have in common is copied. */
static inline void mms_struct_set(mms_struct *field, const void *value, size_t size)
{
    if (size > field->size)
        size = field->size;
    mms_wide_store(field->protocol, field->slot, field->stride, field->sequence, value, size);
}
/* What was last published. */
static inline void mms_struct_get(const mms_struct *field, void *value, size_t size)
{
    if (size > field->size)
        size = field->size;
    mms_slot_copy_out(value, mms_wide_newest(field->protocol, field->slot, field->stride, field->sequence), size);
}

/* Adds an element, in place of the oldest one. */
MMS_INLINE_ void mms_ring_u32_add(mms_ring_u32 *field, uint32_t value)
{
    mms_ring *ring = &field->ring;
    mms_ring_add_32(ring->elements, ring->slots, ring->offset, ring->sequence, value);
}
MMS_INLINE_ void mms_ring_u64_add(mms_ring_u64 *field, uint64_t value)
{
    mms_ring *ring = &field->ring;
    mms_ring_add_64(ring->elements, ring->slots, ring->offset, ring->sequence, value);
}
MMS_INLINE_ void mms_ring_double_add(mms_ring_double *field, double value)
{
    mms_ring *ring = &field->ring;
    mms_ring_add_64(ring->elements, ring->slots, ring->offset, ring->sequence, mms_bits_of_double(value));
}

/* The number of the bucket that counts a sample (R417). */
MMS_INLINE_ size_t mms_histogram_bucket(unsigned sub_bits, unsigned max_bits, uint64_t sample)
{
    size_t each = (size_t)1 << sub_bits; /* buckets of one power of two */
    if (max_bits < 64 && sample >> max_bits != 0)
        return each * (max_bits - sub_bits + 1);
    if (sample < each)
        return (size_t)sample;
    unsigned shift = 63 - (unsigned)__builtin_clzll(sample) - sub_bits;
    return each * (shift + 1) + (size_t)(sample >> shift) - each;
}
/* Counts a sample. */
MMS_INLINE_ void mms_histogram_add(mms_histogram *field, uint64_t sample)
{
    size_t bucket = mms_histogram_bucket(field->sub_bits, field->max_bits, sample);
    mms_histogram_store(field->buckets, bucket, sample, field->sequence);
}

/* From begin to end, what this thread updates belongs together: a reader that takes a snapshot sees all of it or none.
 * Single values are published as ever, and seen at once by those who take none. Keep it short: snapshots wait for the
 * end. Transactions do not nest: an end ends. */
MMS_INLINE_ void mms_transaction_begin(mms_transaction *field) { mms_generation_open(field->generation); }
MMS_INLINE_ void mms_transaction_end(mms_transaction *field) { mms_generation_close(field->generation); }

/* Adds a sample and publishes the mean. */
MMS_INLINE_ void mms_average_add(mms_average *field, double sample)
{
    struct mms_average_state *state = field->state;
    if (state) {
        state->sum += sample;
        state->count++;
        sample = state->sum / (double)state->count;
    }
    mms_slot_store_64(field->slot, mms_bits_of_double(sample));
}
MMS_INLINE_ double mms_average_get(const mms_average *field)
{
    return mms_double_of_bits(mms_slot_load_64(field->slot));
}

/* Adds a sample and publishes the mean of the window: of the samples so far until it is full. */
MMS_API void mms_moving_resum(mms_moving *field); /* begins at its first place again, and sums it anew: += drifts */
static inline double mms_moving_sum_(mms_moving *field, double sample)
{
    struct mms_moving_state *state = field->state;
    double *window = (double *)(void *)(state + 1);
    uint32_t next = state->next;
    double sum = state->sum; /* for all that the compiler knows, the window is the sum */
    if (state->count == state->size)
        sum += sample - window[next];
    else
        sum += sample, state->count++;
    window[next] = sample;
    state->sum = sum;
    state->next = next + 1;
    if (next + 1 != state->size)
        return sum;
    mms_moving_resum(field); /* once in `size` samples */
    return state->sum;
}
static inline void mms_moving_add(mms_moving *field, double sample)
{
    if (field->state)
        sample = mms_moving_sum_(field, sample) / (double)field->state->count;
    mms_slot_store_64(field->slot, mms_bits_of_double(sample));
}
static inline double mms_moving_get(const mms_moving *field)
{
    return mms_double_of_bits(mms_slot_load_64(field->slot));
}

/* Adds a duration that was measured elsewhere, in seconds. */
static inline void mms_timer_add(mms_timer *field, double seconds)
{
    struct mms_moving_state *state = field->moving.state;
    field->last = seconds;
    if (state) {
        seconds = mms_moving_sum_(&field->moving, seconds);
        /* the next reading of the clock waits for this: not for a division as a rule */
        seconds = MMS_LIKELY(state->count == state->size) ? seconds * state->inverse : seconds / (double)state->count;
    }
    mms_slot_store_64(field->moving.slot, mms_bits_of_double(seconds));
}
/* For durations that overlap: now, and then the time since. Returns the seconds that were added. */
static inline uint64_t mms_timer_now(const mms_timer *field) { return field->clock(); }
static inline double mms_timer_since(mms_timer *field, uint64_t then)
{
    double seconds = (double)(int64_t)(field->clock() - then) * 1e-9;
    mms_timer_add(field, seconds);
    return seconds;
}
/* start again restarts; stop without start adds nothing and returns 0. */
static inline void mms_timer_start(mms_timer *field)
{
    field->started = field->clock();
    field->running = true;
}
static inline double mms_timer_stop(mms_timer *field)
{
    if (!field->running)
        return 0;
    field->running = false;
    return mms_timer_since(field, field->started);
}
/* Seconds: of the last duration that was added; while the timer runs, those since its start. */
static inline double mms_timer_last(const mms_timer *field)
{
    return field->running ? (double)(int64_t)(field->clock() - field->started) * 1e-9 : field->last;
}
static inline double mms_timer_get(const mms_timer *field) { return mms_moving_get(&field->moving); }

/* MMS_TIMER_SCOPE(&web->request); times from here to the end of the block, however it is left (return, break, C++
 * exception). Several may overlap. */
struct mms_timer_scope {
    mms_timer *timer;
    uint64_t then;
};
static inline struct mms_timer_scope mms_timer_scope_begin_(mms_timer *timer)
{
    struct mms_timer_scope scope = { timer, timer->clock() };
    return scope;
}
static inline void mms_timer_scope_end_(struct mms_timer_scope *scope) { mms_timer_since(scope->timer, scope->then); }
#define MMS_PASTE2_(a, b) a##b
#define MMS_PASTE_(a, b) MMS_PASTE2_(a, b)
#define MMS_TIMER_SCOPE(timer)                                                                                \
    __attribute__((cleanup(mms_timer_scope_end_), unused)) struct mms_timer_scope MMS_PASTE_(mms_scope_, __COUNTER__) = \
        mms_timer_scope_begin_(timer)

#ifdef __cplusplus
}
#pragma GCC diagnostic pop
#endif
#endif
