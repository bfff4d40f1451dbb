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
 * A histogram and a transaction have an order inside, too: [W3] pairs with [R3], [W4] with [R2]; see there.
 *
 * On x86-64 all of these are plain moves; the fences only bind the compiler.
 *
 * __atomic builtins rather than <stdatomic.h>, so that the header is C11 and C++11 alike.
 * Rules: R502 to R504, R506, R512 to R515, R517 (writer), R601 to R606, R611 to R613 (reader).
 * spec/models/ has a model of each protocol, in which each of these steps is taken away once.
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
/* In a file with hundreds of updates compilers stop inlining them, which doubles their price. */
#define MMS_INLINE_ static inline __attribute__((always_inline))

/* For tests that must fail: -DMMS_BREAK=n takes one step away, of those whose absence x86-64 can show. */
#define MMS_BREAK_FLIP_STILL 1      /* observers look at flip once: the naive reader */
#define MMS_BREAK_SEQUENCE_STILL 2  /* and at the sequence */
#define MMS_BREAK_SLOT_STORE 3      /* flip before the value */
#define MMS_BREAK_LATCH_STORE 4     /* sequence before the value */
#define MMS_BREAK_COUNTED_STORE 5   /* no sequence behind the flip */
#define MMS_BREAK_GENERATION_OPEN 6 /* transactions are not marked */
#define MMS_BREAK_RING_DROP 7       /* observers show elements that were overwritten meanwhile */
#define MMS_BREAK_HISTOGRAM_SUM 8   /* and buckets that do not add up to the sequence */
#ifndef MMS_BREAK
#define MMS_BREAK 0
#endif

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
    MMS_INLINE_ void mms_cell_store_##bits(void *at, uint##bits##_t value)                                     \
    {                                                                                                           \
        if (MMS_LIKELY(((uintptr_t)at & (sizeof value - 1)) == 0))                                             \
            __atomic_store_n((uint##bits##_t *)at, value, __ATOMIC_RELAXED);                                   \
        else                                                                                                    \
            mms_packed_store(at, &value, sizeof value);                                                         \
    }                                                                                                           \
                                                                                                                \
    MMS_INLINE_ uint##bits##_t mms_cell_load_##bits(const void *at)                                            \
    {                                                                                                           \
        uint##bits##_t value;                                                                                   \
        if (MMS_LIKELY(((uintptr_t)at & (sizeof value - 1)) == 0))                                             \
            return __atomic_load_n((const uint##bits##_t *)at, __ATOMIC_RELAXED);                              \
        mms_packed_load(at, &value, sizeof value);                                                              \
        return value;                                                                                           \
    }                                                                                                           \
                                                                                                                \
    MMS_INLINE_ uint##bits##_t mms_slot_load_##bits(const void *slot)                                          \
    {                                                                                                           \
        const uint8_t *buffer = (const uint8_t *)slot;                                                          \
        if (__atomic_load_n(buffer - 1, __ATOMIC_RELAXED))                                                      \
            return mms_cell_load_##bits(buffer);                                                                \
        return mms_cell_load_##bits(buffer + sizeof(uint##bits##_t));                                           \
    }                                                                                                           \
                                                                                                                \
    /* Packed: the same steps, out of the way. keep: adds to the newest value. */                               \
    __attribute__((noinline, unused)) static void mms_packed_add_##bits(void *slot, uint##bits##_t n, bool keep) \
    {                                                                                                           \
        uint8_t *buffer = (uint8_t *)slot;                                                                      \
        n = (uint##bits##_t)((keep ? mms_slot_load_##bits(slot) : 0) + n);                                      \
        __atomic_thread_fence(__ATOMIC_RELEASE); /* [W1] */                                                     \
        if (__atomic_load_n(buffer - 1, __ATOMIC_RELAXED)) {                                                    \
            mms_packed_store(buffer + sizeof n, &n, sizeof n);                                                  \
            __atomic_store_n(buffer - 1, 0, __ATOMIC_RELEASE); /* [W2] */                                       \
        } else {                                                                                                \
            mms_packed_store(buffer, &n, sizeof n);                                                             \
            __atomic_store_n(buffer - 1, 1, __ATOMIC_RELEASE); /* [W2] */                                       \
        }                                                                                                       \
    }                                                                                                           \
                                                                                                                \
    MMS_INLINE_ void mms_slot_store_##bits(void *slot, uint##bits##_t value)                                   \
    {                                                                                                           \
        uint##bits##_t *buffer = (uint##bits##_t *)slot;                                                        \
        uint8_t *flip = (uint8_t *)slot - 1;                                                                    \
        if (!MMS_LIKELY(((uintptr_t)slot & (sizeof value - 1)) == 0)) {                                        \
            mms_packed_add_##bits(slot, value, false);                                                          \
            return;                                                                                             \
        }                                                                                                       \
        __atomic_thread_fence(__ATOMIC_RELEASE); /* [W1] the last flip before this value */                    \
        if (__atomic_load_n(flip, __ATOMIC_RELAXED)) {                                                          \
            if (MMS_BREAK == MMS_BREAK_SLOT_STORE)                                                              \
                __atomic_store_n(flip, 0, __ATOMIC_RELEASE);                                                    \
            __atomic_store_n(buffer + 1, value, __ATOMIC_RELAXED);                                              \
            __atomic_store_n(flip, 0, __ATOMIC_RELEASE); /* [W2] this value before its flip */                 \
        } else {                                                                                                \
            __atomic_store_n(buffer, value, __ATOMIC_RELAXED);                                                  \
            __atomic_store_n(flip, 1, __ATOMIC_RELEASE); /* [W2] */                                             \
        }                                                                                                       \
    }                                                                                                           \
                                                                                                                \
    MMS_INLINE_ void mms_slot_add_##bits(void *slot, uint##bits##_t n)                                         \
    {                                                                                                           \
        uint##bits##_t *buffer = (uint##bits##_t *)slot;                                                        \
        uint8_t *flip = (uint8_t *)slot - 1;                                                                    \
        if (!MMS_LIKELY(((uintptr_t)slot & (sizeof n - 1)) == 0)) {                                            \
            mms_packed_add_##bits(slot, n, true);                                                               \
            return;                                                                                             \
        }                                                                                                       \
        __atomic_thread_fence(__ATOMIC_RELEASE); /* [W1] */                                                     \
        if (__atomic_load_n(flip, __ATOMIC_RELAXED)) {                                                          \
            n = (uint##bits##_t)(n + __atomic_load_n(buffer, __ATOMIC_RELAXED)); /* this thread's own store */ \
            __atomic_store_n(buffer + 1, n, __ATOMIC_RELAXED);                                                  \
            __atomic_store_n(flip, 0, __ATOMIC_RELEASE); /* [W2] */                                             \
        } else {                                                                                                \
            n = (uint##bits##_t)(n + __atomic_load_n(buffer + 1, __ATOMIC_RELAXED));                            \
            __atomic_store_n(buffer, n, __ATOMIC_RELAXED);                                                      \
            __atomic_store_n(flip, 1, __ATOMIC_RELEASE); /* [W2] */                                             \
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

/* How a wide value is published. The four functions take
 *   slot    buffer 0 (or the only one)
 *   stride  bytes from one buffer to the next: the size of the value area of one value
 *   value   used bytes, at most stride; one that is shorter is a text and gets a NUL, behind which old bytes stay
 * A writer that dies anywhere in FLIP, COUNTED or LATCH leaves a whole value: the last one, or the one under way. */
enum mms_protocol {
    MMS_PROTOCOL_PLAIN,   /* unbuffered (R504) */
    MMS_PROTOCOL_FLIP,    /* two buffers and flip (R502) */
    MMS_PROTOCOL_COUNTED, /* the same, and the sequence that all wide values of a version 1 file share (R512) */
    MMS_PROTOCOL_LATCH    /* two buffers and a sequence of the value's own (R503) */
};

static inline void mms_plain_store(void *slot, size_t stride, const void *value, size_t used)
{
    mms_slot_copy_in(slot, value, used);
    if (used < stride)
        mms_cell_store_8((uint8_t *)slot + used, 0);
}

static inline void mms_flip_store(void *slot, size_t stride, const void *value, size_t used)
{
    uint8_t *flip = (uint8_t *)slot - 1;
    bool second = __atomic_load_n(flip, __ATOMIC_RELAXED) != 0; /* this thread's own store */
    __atomic_thread_fence(__ATOMIC_RELEASE);                    /* [W1] the last flip (or sequence) before this value */
    mms_plain_store((uint8_t *)slot + (second ? stride : 0), stride, value, used);
    __atomic_store_n(flip, (uint8_t)!second, __ATOMIC_RELEASE); /* [W2] this value before its flip */
}

/* sequence: the file's, 8-aligned. [W1] of the next wide value, whichever field's, comes after it. A writer that goes on
 * in the file of one that died moves it on before it stores anything (R517): that one may have died before it did. */
static inline void mms_counted_store(void *slot, size_t stride, uint64_t *sequence, const void *value, size_t used)
{
    uint64_t next = __atomic_load_n(sequence, __ATOMIC_RELAXED) + 1; /* this thread's own store */
    mms_flip_store(slot, stride, value, used);
    if (MMS_BREAK != MMS_BREAK_COUNTED_STORE)
        __atomic_store_n(sequence, next, __ATOMIC_RELEASE); /* [W2] the flip before its sequence */
}

/* sequence: the record's trailer, 8-aligned. */
static inline void mms_latch_store(void *slot, size_t stride, uint64_t *sequence, const void *value, size_t used)
{
    uint8_t *buffer = (uint8_t *)slot;
    uint8_t *flip = buffer - 1;
    uint64_t next = __atomic_load_n(sequence, __ATOMIC_RELAXED) + 1; /* this thread's own store */
    if (MMS_BREAK == MMS_BREAK_LATCH_STORE)
        __atomic_store_n(sequence, next, __ATOMIC_RELEASE);
    __atomic_thread_fence(__ATOMIC_RELEASE); /* [W1] the last sequence before this value */
    mms_plain_store(buffer + (next & 1 ? stride : 0), stride, value, used);
    __atomic_store_n(flip, (uint8_t)((next + 1) & 1), __ATOMIC_RELEASE); /* [W2] for observers of flip */
    __atomic_store_n(sequence, next, __ATOMIC_RELEASE);                  /* [W2] for those of sequence */
}

/* sequence: of COUNTED and LATCH; not looked at otherwise. */
static inline void mms_wide_store(enum mms_protocol protocol, void *slot, size_t stride, uint64_t *sequence,
                                  const void *value, size_t used)
{
    switch (protocol) {
    case MMS_PROTOCOL_LATCH:
        mms_latch_store(slot, stride, sequence, value, used);
        return;
    case MMS_PROTOCOL_COUNTED:
        mms_counted_store(slot, stride, sequence, value, used);
        return;
    case MMS_PROTOCOL_FLIP:
        mms_flip_store(slot, stride, value, used);
        return;
    case MMS_PROTOCOL_PLAIN:
        mms_plain_store(slot, stride, value, used);
        return;
    }
}

/* The newest value's bytes, as the writer itself sees them. */
static inline const void *mms_wide_newest(enum mms_protocol protocol, const void *slot, size_t stride,
                                          const uint64_t *sequence)
{
    const uint8_t *buffer = (const uint8_t *)slot;
    if (protocol == MMS_PROTOCOL_PLAIN)
        return buffer;
    if (protocol == MMS_PROTOCOL_LATCH)
        return buffer + (__atomic_load_n(sequence, __ATOMIC_RELAXED) & 1 ? stride : 0);
    return buffer + (__atomic_load_n(buffer - 1, __ATOMIC_RELAXED) ? 0 : stride);
}

/* --- rings and histograms --------------------------------------------------------------------------------------- */

/* Adds an element to a ring (R513): elements: slot 0 of `slots` slots, offset: the write offset, sequence: the trailer;
 * all aligned. An offset that is none (someone else wrote into the file) is taken for 0.
 * [W1] the last sequence before this element: an observer that loads a newer element into a slot that it shows finds
 * that sequence moved on. [W2] the element before the offset, and the offset before the sequence: an observer of either sees
 * the elements that it counts. */
#define MMS_RING_WIDTH_(bits)                                                                                   \
    static inline void mms_ring_add_##bits(void *elements, uint32_t slots, uint16_t *offset, uint64_t *sequence, \
                                           uint##bits##_t value)                                                \
    {                                                                                                           \
        uint32_t at = __atomic_load_n(offset, __ATOMIC_RELAXED);                                                \
        at = MMS_LIKELY(at < slots) ? at : 0;                                                                   \
        uint32_t next = at + 1 < slots ? at + 1 : 0;                                                            \
        __atomic_thread_fence(__ATOMIC_RELEASE); /* [W1] */                                                     \
        __atomic_store_n((uint##bits##_t *)elements + at, value, __ATOMIC_RELAXED);                             \
        __atomic_store_n(offset, (uint16_t)next, __ATOMIC_RELEASE); /* [W2] */                                  \
        __atomic_store_n(sequence, __atomic_load_n(sequence, __ATOMIC_RELAXED) + 1, __ATOMIC_RELEASE); /* [W2] */ \
    }
MMS_RING_WIDTH_(32)
MMS_RING_WIDTH_(64)
#undef MMS_RING_WIDTH_

/* Counts a sample in bucket i (R514). buckets: bucket 0, with the sum before it; sequence: the trailer; all 8-aligned.
 * [W1] the last sequence before this bucket. [W3] the bucket before the sum: an observer that loads the sum first, then
 * [R3], and finds no bucket more than the sequence counts, has no part of this sample. [W2] both before the sequence. */
static inline void mms_histogram_store(uint64_t *buckets, size_t i, uint64_t sample, uint64_t *sequence)
{
    uint64_t *sum = buckets - 1;
    uint64_t count = __atomic_load_n(&buckets[i], __ATOMIC_RELAXED) + 1;
    uint64_t total = __atomic_load_n(sum, __ATOMIC_RELAXED) + sample;
    __atomic_thread_fence(__ATOMIC_RELEASE); /* [W1] */
    __atomic_store_n(&buckets[i], count, __ATOMIC_RELAXED);
    __atomic_store_n(sum, total, __ATOMIC_RELEASE);                                                /* [W3] */
    __atomic_store_n(sequence, __atomic_load_n(sequence, __ATOMIC_RELAXED) + 1, __ATOMIC_RELEASE); /* [W2] */
}

/* --- transactions ------------------------------------------------------------------------------------------------- */

/* Stores a generation or sequence: before all that is stored after it [W4], or after all that was stored before [W2]. */
static inline void mms_number_first(uint64_t *number, uint64_t value)
{
    __atomic_store_n(number, value, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_RELEASE); /* [W4] */
}

static inline void mms_number_last(uint64_t *number, uint64_t value)
{
    __atomic_store_n(number, value, __ATOMIC_RELEASE); /* [W2] */
}

/* The file's generation (R515), 8-aligned: odd from open to close. Open when it is open and close when it is closed
 * change nothing. [W4] odd before everything that is published in the transaction: an observer that loads any of it
 * finds the generation changed when it looks again. [W2] all of it before even. */
static inline void mms_generation_open(uint64_t *generation)
{
    if (MMS_BREAK != MMS_BREAK_GENERATION_OPEN)
        mms_number_first(generation, __atomic_load_n(generation, __ATOMIC_RELAXED) | 1);
}

static inline void mms_generation_close(uint64_t *generation)
{
    mms_number_last(generation, (__atomic_load_n(generation, __ATOMIC_RELAXED) + 1) & ~UINT64_C(1));
}

/* --- observers ------------------------------------------------------------------------------------------------- */

/* flip, sequence or generation before the value: [R1]. */
static inline uint8_t mms_flip_before(const uint8_t *flip)
{
    return __atomic_load_n(flip, __ATOMIC_ACQUIRE);
}

static inline uint64_t mms_sequence_before(const uint64_t *sequence)
{
    return __atomic_load_n(sequence, __ATOMIC_ACQUIRE);
}

/* Is it what it was before the value? [R2], then the load. */
static inline bool mms_flip_still(const uint8_t *flip, uint8_t before)
{
    __atomic_thread_fence(__ATOMIC_ACQUIRE); /* [R2] */
    return MMS_BREAK == MMS_BREAK_FLIP_STILL || __atomic_load_n(flip, __ATOMIC_RELAXED) == before;
}

static inline bool mms_sequence_still(const uint64_t *sequence, uint64_t before)
{
    __atomic_thread_fence(__ATOMIC_ACQUIRE); /* [R2] */
    return MMS_BREAK == MMS_BREAK_SEQUENCE_STILL || __atomic_load_n(sequence, __ATOMIC_RELAXED) == before;
}

/* The sequence after the value, for observers that can live with some change: [R2], then the load. */
static inline uint64_t mms_sequence_after(const uint64_t *sequence)
{
    __atomic_thread_fence(__ATOMIC_ACQUIRE); /* [R2] */
    return __atomic_load_n(sequence, __ATOMIC_RELAXED);
}

/* Nothing behind this is loaded before all that stands before it: [R3], between the parts of one value. */
static inline void mms_order_loads(void)
{
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
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
