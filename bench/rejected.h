/* SPDX-License-Identifier: MIT
 *
 * rejected.h - publish and observe as the library does NOT: what it is measured against, and why it does otherwise.
 *
 * The words are those of slot.h: flip, buffer, sequence. Atomics outside slot.h are a mistake everywhere but here. */
#ifndef MMSTATS_BENCH_REJECTED_H
#define MMSTATS_BENCH_REJECTED_H

#include <stdbool.h>

#include "mmstats/slot.h"

/* REJECTED: the odd/even sequence lock, one buffer. An observer that meets the writer inside has to wait, and waits for
 * ever when the writer died there. */
static inline void rejected_seqlock_store(void *slot, uint64_t *sequence, const void *value, size_t size)
{
    uint64_t s = __atomic_load_n(sequence, __ATOMIC_RELAXED);
    __atomic_store_n(sequence, s + 1, __ATOMIC_RELAXED); /* odd: inside */
    __atomic_thread_fence(__ATOMIC_RELEASE);             /* odd before the value */
    mms_slot_copy_in(slot, value, size);
    __atomic_store_n(sequence, s + 2, __ATOMIC_RELEASE); /* the value before even */
}

static inline bool rejected_seqlock_load(const void *slot, const uint64_t *sequence, void *value, size_t size)
{
    uint64_t s = mms_sequence_before(sequence);
    if (s & 1)
        return false;
    mms_slot_copy_out(value, slot, size);
    return mms_sequence_still(sequence, s);
}

/* REJECTED: a counter as a sequence lock has it. */
static inline void rejected_seqlock_inc(uint64_t *slot, uint64_t *sequence)
{
    uint64_t s = __atomic_load_n(sequence, __ATOMIC_RELAXED);
    __atomic_store_n(sequence, s + 1, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_RELEASE);
    mms_cell_store_64(slot, mms_cell_load_64(slot) + 1);
    __atomic_store_n(sequence, s + 2, __ATOMIC_RELEASE);
}

/* REJECTED: one locked instruction, as counters that threads share need. Returns the value before. */
static inline uint64_t rejected_shared_inc(uint64_t *word)
{
    return __atomic_fetch_add(word, 1, __ATOMIC_RELAXED);
}

/* What other writers of version 1 do, wherever the value lies: the value by memcpy, then the flip. The release is the
 * compiler's affair on x86-64, where such writers are used. */
static inline void foreign_store(void *slot, size_t stride, const void *value, size_t size)
{
    uint8_t *buffer = (uint8_t *)slot, *flip = buffer - 1;
    uint8_t to = __atomic_load_n(flip, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_RELEASE);
    mms_packed_store(buffer + (to ? stride : 0), value, size);
    __atomic_store_n(flip, to ^ 1, __ATOMIC_RELEASE);
}

/* REJECTED: what other readers of version 1 do: byte, value. Torn when the value is no single access; and goes back in
 * time all the same, as the byte may be old when the value is loaded. */
static inline bool rejected_naive_load(const void *slot, size_t stride, void *value, size_t size)
{
    const uint8_t *buffer = (const uint8_t *)slot;
    uint8_t flip = mms_flip_before(buffer - 1);
    mms_packed_load(buffer + (flip ? 0 : stride), value, size);
    __atomic_thread_fence(__ATOMIC_ACQUIRE); /* the compiler may not load it later */
    return true;
}

/* REJECTED: the same for a value that is aligned, in one access: never torn, but back in time. */
static inline bool rejected_aligned_naive_load(const void *slot, void *value)
{
    const uint8_t *buffer = (const uint8_t *)slot;
    uint8_t flip = mms_flip_before(buffer - 1);
    uint64_t word = mms_cell_load_64(buffer + (flip ? 0 : sizeof word));
    __builtin_memcpy(value, &word, sizeof word);
    return true;
}

/* REJECTED for values that are no single access: byte, value, byte. Two flips look like none. */
static inline bool rejected_reread_load(const void *slot, size_t stride, void *value, size_t size)
{
    const uint8_t *buffer = (const uint8_t *)slot;
    uint8_t flip = mms_flip_before(buffer - 1);
    mms_packed_load(buffer + (flip ? 0 : stride), value, size);
    return mms_flip_still(buffer - 1, flip);
}

/* MEASURED, not shipped: the latch with a second counter, which says what the writer has begun. An observer need not
 * try again before its buffer is written to, two publications on. The price is one more store and eight more bytes. */
static inline void rejected_intent_store(void *slot, size_t stride, uint64_t *sequence, uint64_t *intent,
                                         const void *value, size_t size)
{
    uint8_t *buffer = (uint8_t *)slot;
    uint64_t next = __atomic_load_n(sequence, __ATOMIC_RELAXED) + 1;
    __atomic_store_n(intent, next, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_RELEASE); /* intent, and so the last sequence, before this value */
    mms_slot_copy_in(buffer + (next & 1 ? stride : 0), value, size);
    __atomic_store_n(buffer - 1, (uint8_t)((next + 1) & 1), __ATOMIC_RELEASE);
    __atomic_store_n(sequence, next, __ATOMIC_RELEASE);
}

static inline bool rejected_intent_load(const void *slot, size_t stride, const uint64_t *sequence,
                                        const uint64_t *intent, void *value, size_t size)
{
    const uint8_t *buffer = (const uint8_t *)slot;
    uint64_t s = mms_sequence_before(sequence);
    mms_slot_copy_out(value, buffer + (s & 1 ? stride : 0), size);
    return mms_sequence_after(intent) - s <= 1;
}

#endif
