/* SPDX-License-Identifier: MIT
 *
 * slot.h - publish and observe: every atomic access of mmstats is in this file.
 *
 * A slot is the value area of a record in a mapped file. The writer's thread is the only one that stores into
 * it; observers in other processes load from it at any time. Names in the comments below:
 *
 *   flip      the write_buffer byte, always the byte before the slot (layouts BUFFERED, WIDE, STRUCT)
 *   buffer n  value number n, 0 or 1; the newest one is number flip ^ 1
 *   sequence  the u64 trailer of a record (flag SEQUENCE); the newest value is in buffer sequence & 1
 *
 * Order is made with three things only, each named where it stands:
 *   [W1] writer: a release fence before the value, so that the flip (or sequence) of the publication before is
 *        visible first. Pairs with [R2]: an observer that loads any part of a newer value into the buffer that
 *        it reads finds flip or sequence changed when it looks again.
 *   [W2] writer: the flip or sequence is stored with release, after the value. Pairs with [R1].
 *   [R1] observer: flip or sequence is loaded with acquire, before the value. It sees the whole value that was
 *        stored before what it loaded. Pairs with [W2].
 *   [R2] observer: an acquire fence after the value, before flip or sequence are loaded again. Pairs with [W1].
 *
 * On x86-64 all of these are plain moves; the fences only bind the compiler.
 *
 * __atomic builtins rather than <stdatomic.h>, so that the header is C11 and C++11 alike.
 * Rules: R502, R503, R504, R506 (writer), R601 to R606 (reader).
 */
#ifndef MMSTATS_SLOT_H
#define MMSTATS_SLOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wold-style-cast" /* this is C, too */
extern "C" {
#endif

#define MMS_LIKELY(x) __builtin_expect(!!(x), 1)

/* --- packed version 1 --------------------------------------------------------------------------------------- */

/* The one place where a value lies at any address: records of packed version 1. Two plain moves that may tear;
 * no observer of such a file can hope for more than *checked* (R605). */
static inline void mms_packed_store(void *at, const void *value, size_t size)
{
    __builtin_memcpy(at, value, size);
}

static inline void mms_packed_load(const void *at, void *value, size_t size)
{
    __builtin_memcpy(value, at, size);
}

/* --- one value of 1, 2, 4 or 8 bytes ---------------------------------------------------------------------- */

/* Writer side, for each width:
 *   cell_store/cell_load  one value without a flip (layout UNBUFFERED): a single access, no order needed,
 *                         because nothing else says anything about the value (R504).
 *   slot_load             the newest value, as the writer itself sees it. Relaxed: it is this thread's own store.
 *   slot_store            publishes a value (R502).
 *   slot_add              publishes newest + n, modulo 2^width.
 *
 * slot_store and slot_add branch on flip instead of computing an address from it: the address would have to wait for
 * the byte that the last update stored. */
#define MMS_SLOT_WIDTH_(bits)                                                                                   \
    static inline void mms_cell_store_##bits(void *at, uint##bits##_t value)                                   \
    {                                                                                                           \
        if (MMS_LIKELY(((uintptr_t)at & (sizeof value - 1)) == 0))                                             \
            __atomic_store_n((uint##bits##_t *)at, value, __ATOMIC_RELAXED);                                   \
        else                                                                                                    \
            mms_packed_store(at, &value, sizeof value);                                                         \
    }                                                                                                           \
                                                                                                                \
    static inline uint##bits##_t mms_cell_load_##bits(const void *at)                                          \
    {                                                                                                           \
        uint##bits##_t value;                                                                                   \
        if (MMS_LIKELY(((uintptr_t)at & (sizeof value - 1)) == 0))                                             \
            return __atomic_load_n((const uint##bits##_t *)at, __ATOMIC_RELAXED);                              \
        mms_packed_load(at, &value, sizeof value);                                                              \
        return value;                                                                                           \
    }                                                                                                           \
                                                                                                                \
    static inline uint##bits##_t mms_slot_load_##bits(const void *slot)                                        \
    {                                                                                                           \
        const uint8_t *buffer = (const uint8_t *)slot;                                                          \
        if (__atomic_load_n(buffer - 1, __ATOMIC_RELAXED))                                                      \
            return mms_cell_load_##bits(buffer);                                                                \
        return mms_cell_load_##bits(buffer + sizeof(uint##bits##_t));                                           \
    }                                                                                                           \
                                                                                                                \
    static inline void mms_slot_store_##bits(void *slot, uint##bits##_t value)                                 \
    {                                                                                                           \
        uint8_t *buffer = (uint8_t *)slot;                                                                      \
        __atomic_thread_fence(__ATOMIC_RELEASE); /* [W1] the last flip before this value */                    \
        if (__atomic_load_n(buffer - 1, __ATOMIC_RELAXED)) {                                                    \
            mms_cell_store_##bits(buffer + sizeof value, value);                                                \
            __atomic_store_n(buffer - 1, 0, __ATOMIC_RELEASE); /* [W2] this value before its flip */           \
        } else {                                                                                                \
            mms_cell_store_##bits(buffer, value);                                                               \
            __atomic_store_n(buffer - 1, 1, __ATOMIC_RELEASE); /* [W2] */                                       \
        }                                                                                                       \
    }                                                                                                           \
                                                                                                                \
    static inline void mms_slot_add_##bits(void *slot, uint##bits##_t n)                                       \
    {                                                                                                           \
        uint8_t *buffer = (uint8_t *)slot;                                                                      \
        uint8_t *other = buffer + sizeof n;                                                                     \
        __atomic_thread_fence(__ATOMIC_RELEASE); /* [W1] */                                                     \
        if (__atomic_load_n(buffer - 1, __ATOMIC_RELAXED)) {                                                    \
            mms_cell_store_##bits(other, (uint##bits##_t)(mms_cell_load_##bits(buffer) + n));                   \
            __atomic_store_n(buffer - 1, 0, __ATOMIC_RELEASE); /* [W2] */                                       \
        } else {                                                                                                \
            mms_cell_store_##bits(buffer, (uint##bits##_t)(mms_cell_load_##bits(other) + n));                   \
            __atomic_store_n(buffer - 1, 1, __ATOMIC_RELEASE); /* [W2] */                                       \
        }                                                                                                       \
    }

MMS_SLOT_WIDTH_(8)
MMS_SLOT_WIDTH_(16)
MMS_SLOT_WIDTH_(32)
MMS_SLOT_WIDTH_(64)
#undef MMS_SLOT_WIDTH_

/* Numbers travel as words of their size, so that a slot is only ever accessed as an unsigned integer. */
static inline uint32_t mms_bits_of_float(float value)
{
    uint32_t bits;
    __builtin_memcpy(&bits, &value, sizeof bits);
    return bits;
}

static inline float mms_float_of_bits(uint32_t bits)
{
    float value;
    __builtin_memcpy(&value, &bits, sizeof value);
    return value;
}

static inline uint64_t mms_bits_of_double(double value)
{
    uint64_t bits;
    __builtin_memcpy(&bits, &value, sizeof bits);
    return bits;
}

static inline double mms_double_of_bits(uint64_t bits)
{
    double value;
    __builtin_memcpy(&value, &bits, sizeof value);
    return value;
}

/* --- wider values -------------------------------------------------------------------------------------------- */

/* Copies size bytes into a slot as relaxed words where both are 8-aligned, as relaxed bytes elsewhere: never as
 * memcpy, which the compiler may split, widen or repeat while an observer looks. */
static inline void mms_slot_copy_in(void *slot, const void *from, size_t size)
{
    uint8_t *to = (uint8_t *)slot;
    const uint8_t *bytes = (const uint8_t *)from;
    size_t words = ((uintptr_t)to & 7) == 0 ? size / 8 : 0;
    for (; words > 0; words--, to += 8, bytes += 8, size -= 8) {
        uint64_t word;
        __builtin_memcpy(&word, bytes, sizeof word);
        __atomic_store_n((uint64_t *)(void *)to, word, __ATOMIC_RELAXED);
    }
    for (; size > 0; size--)
        __atomic_store_n(to++, *bytes++, __ATOMIC_RELAXED);
}

/* Copies size bytes out of a slot, into private memory. A value of 2, 4 or 8 bytes that lies on a multiple of its
 * size is one access: it cannot tear (R603). Relaxed: the caller orders it with [R1] and [R2]. */
static inline void mms_slot_copy_out(void *to, const void *slot, size_t size)
{
    uint8_t *bytes = (uint8_t *)to;
    const uint8_t *from = (const uint8_t *)slot;
    if (size == 4 && ((uintptr_t)from & 3) == 0) {
        uint32_t word = __atomic_load_n((const uint32_t *)slot, __ATOMIC_RELAXED);
        __builtin_memcpy(bytes, &word, sizeof word);
        return;
    }
    if (size == 2 && ((uintptr_t)from & 1) == 0) {
        uint16_t word = __atomic_load_n((const uint16_t *)slot, __ATOMIC_RELAXED);
        __builtin_memcpy(bytes, &word, sizeof word);
        return;
    }
    for (size_t words = ((uintptr_t)from & 7) == 0 ? size / 8 : 0; words > 0; words--) {
        uint64_t word = __atomic_load_n((const uint64_t *)(const void *)from, __ATOMIC_RELAXED);
        __builtin_memcpy(bytes, &word, sizeof word);
        bytes += 8, from += 8, size -= 8;
    }
    for (; size > 0; size--)
        *bytes++ = __atomic_load_n(from++, __ATOMIC_RELAXED);
}

/* The latch (R503): publishes a value of any size. slot: buffer 0, with buffer 1 stride bytes behind it; sequence:
 * the 8-aligned trailer; used: bytes of the value, at most stride. A value that is shorter is a text and gets a NUL;
 * what is behind that keeps old bytes. A writer that dies anywhere in here leaves the last value readable. */
static inline void mms_latch_store(void *slot, size_t stride, uint64_t *sequence, const void *value, size_t used)
{
    uint8_t *buffer = (uint8_t *)slot;
    uint8_t *flip = buffer - 1;
    uint64_t next = __atomic_load_n(sequence, __ATOMIC_RELAXED) + 1; /* this thread's own store */
    __atomic_thread_fence(__ATOMIC_RELEASE);                         /* [W1] the last sequence before this value */
    buffer += next & 1 ? stride : 0;
    mms_slot_copy_in(buffer, value, used);
    if (used < stride)
        mms_cell_store_8(buffer + used, 0);
    __atomic_store_n(flip, (uint8_t)((next + 1) & 1), __ATOMIC_RELEASE); /* [W2] for observers of flip */
    __atomic_store_n(sequence, next, __ATOMIC_RELEASE);                  /* [W2] for those of sequence */
}

/* --- observers ------------------------------------------------------------------------------------------------- */

/* flip and sequence before the value: [R1]. */
static inline uint8_t mms_flip_before(const uint8_t *flip)
{
    return __atomic_load_n(flip, __ATOMIC_ACQUIRE);
}

static inline uint64_t mms_sequence_before(const uint64_t *sequence)
{
    return __atomic_load_n(sequence, __ATOMIC_ACQUIRE);
}

/* flip and sequence after the value: [R2], then the load. */
static inline uint8_t mms_flip_after(const uint8_t *flip)
{
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    return __atomic_load_n(flip, __ATOMIC_RELAXED);
}

static inline uint64_t mms_sequence_after(const uint64_t *sequence)
{
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    return __atomic_load_n(sequence, __ATOMIC_RELAXED);
}

/* --- structure --------------------------------------------------------------------------------------------------- */

/* Growth (R506): the last store that makes a batch visible, after all of its bytes. Release: an observer that finds
 * the word, with acquire or through the kernel's copy, finds the batch. */
static inline void mms_grow_word(uint32_t *field_size, uint32_t value)
{
    __atomic_store_n(field_size, value, __ATOMIC_RELEASE);
}

static inline void mms_grow_byte(uint8_t *label_size_low, uint8_t value)
{
    __atomic_store_n(label_size_low, value, __ATOMIC_RELEASE);
}

/* Has the structure grown? The observer's side of mms_grow_*: any byte of the end mark that is not zero. */
static inline bool mms_grown(const uint8_t *end, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (__atomic_load_n(end + i, __ATOMIC_ACQUIRE) != 0)
            return true;
    return false;
}

/* A pointer that one thread sets once, complete, and others find: release and acquire on it. */
static inline void *mms_once_load(void *const *at)
{
    return __atomic_load_n(at, __ATOMIC_ACQUIRE);
}

static inline void mms_once_store(void **at, void *value)
{
    __atomic_store_n(at, value, __ATOMIC_RELEASE);
}

#ifdef __cplusplus
}
#pragma GCC diagnostic pop
#endif
#endif
