/* SPDX-License-Identifier: MIT
 *
 * torn_strategies.c - one store and one try to load for each strategy, and the loops around them.
 *
 * What the library ships is made of slot.h's own functions; what it does not is in rejected.h. */
#include "bench/torn.h"

#include "bench/common.h"
#include "bench/rejected.h"
#include "mmstats/slot.h"

/* --- values ------------------------------------------------------------------------------------------------------- */

/* Value number n: its first word is n * FACTOR, each further one is STEP more. So every byte changes with n; words of
 * two values do not fit to each other; and a word that is a mix itself is no number that was ever published: those
 * are below LIMIT, as one word in 2^24 is. */
#define FACTOR 0x9e3779b97f4a7c15u
#define INVERSE 0xf1de83e19937733du /* of FACTOR, modulo 2^64 */
#define STEP 0xd1342543de82ef95u
#define LIMIT ((uint64_t)1 << 40)

static inline void make_value(uint64_t *words, size_t bytes, uint64_t number)
{
    uint64_t word = number * FACTOR;
    for (size_t i = 0; i < bytes / 8; i++, word += STEP)
        words[i] = word;
}

/* False: torn. */
static inline bool number_of(const uint64_t *words, size_t bytes, uint64_t *number)
{
    uint64_t word = words[0], differ = 0;
    for (size_t i = 0; i < bytes / 8; i++, word += STEP)
        differ |= words[i] ^ word;
    *number = words[0] * INVERSE;
    return differ == 0 && *number < LIMIT;
}

/* --- shipped ------------------------------------------------------------------------------------------------------ */

/* FLIP (R502, R603): 8 aligned bytes, byte re-read. */
static inline void store_flip(const struct torn_view *view, const uint64_t *value)
{
    mms_slot_store_64(view->slot, value[0]);
}

static inline bool load_flip(const struct torn_view *view, uint64_t *value)
{
    uint8_t flip = mms_flip_before(view->slot - 1);
    mms_slot_copy_out(value, view->slot + (flip ? 0 : 8), 8);
    return mms_flip_still(view->slot - 1, flip);
}

/* LATCH (R503, R604) */
static inline void store_latch(const struct torn_view *view, const uint64_t *value)
{
    mms_latch_store(view->slot, view->bytes, view->sequence, value, view->bytes);
}

static inline bool load_latch(const struct torn_view *view, uint64_t *value)
{
    uint64_t s = mms_sequence_before(view->sequence);
    mms_slot_copy_out(value, view->slot + (s & 1 ? view->bytes : 0), view->bytes);
    return mms_sequence_still(view->sequence, s);
}

/* COUNTED: version 1 with `sys.sequence`. */
static inline void store_sequence(const struct torn_view *view, const uint64_t *value)
{
    mms_counted_store(view->slot, view->bytes, view->file_sequence, value, view->bytes);
}

static inline bool load_sequence(const struct torn_view *view, uint64_t *value)
{
    uint64_t s = mms_sequence_before(view->file_sequence);
    uint8_t flip = mms_flip_before(view->slot - 1);
    mms_slot_copy_out(value, view->slot + (flip ? 0 : view->bytes), view->bytes);
    return mms_sequence_still(view->file_sequence, s);
}

/* FLIPS (R605), of a writer that is not ours. Checked: four publications within a read could fool it. */
static inline void store_two_collects(const struct torn_view *view, const uint64_t *value)
{
    foreign_store(view->slot, view->bytes, value, view->bytes);
}

static inline bool load_two_collects(const struct torn_view *view, uint64_t *value)
{
    static uint64_t again[TORN_BYTES / 8]; /* one thread reads */
    const uint8_t *flip_at = view->slot - 1;
    uint8_t flip = mms_flip_before(flip_at);
    const uint8_t *buffer = view->slot + (flip ? 0 : view->bytes);
    mms_slot_copy_out(value, buffer, view->bytes);
    bool same = mms_flip_still(flip_at, flip) && mms_flip_before(flip_at) == flip;
    mms_slot_copy_out(again, buffer, view->bytes);
    return mms_flip_still(flip_at, flip) && same && memcmp(value, again, view->bytes) == 0;
}

/* --- rejected ----------------------------------------------------------------------------------------------------- */

static inline void store_naive(const struct torn_view *view, const uint64_t *value)
{
    foreign_store(view->slot, view->bytes, value, view->bytes);
}

static inline bool load_naive(const struct torn_view *view, uint64_t *value)
{
    return rejected_naive_load(view->slot, view->bytes, value, view->bytes);
}

static inline bool load_reread(const struct torn_view *view, uint64_t *value)
{
    return rejected_reread_load(view->slot, view->bytes, value, view->bytes);
}

static inline bool load_aligned_naive(const struct torn_view *view, uint64_t *value)
{
    return rejected_aligned_naive_load(view->slot, value);
}

static inline void store_seqlock(const struct torn_view *view, const uint64_t *value)
{
    rejected_seqlock_store(view->slot, view->sequence, value, view->bytes);
}

static inline bool load_seqlock(const struct torn_view *view, uint64_t *value)
{
    return rejected_seqlock_load(view->slot, view->sequence, value, view->bytes);
}

static inline void store_intent(const struct torn_view *view, const uint64_t *value)
{
    rejected_intent_store(view->slot, view->bytes, view->sequence, view->intent, value, view->bytes);
}

static inline bool load_intent(const struct torn_view *view, uint64_t *value)
{
    return rejected_intent_load(view->slot, view->bytes, view->sequence, view->intent, value, view->bytes);
}

/* --- loops -------------------------------------------------------------------------------------------------------- */

typedef void store(const struct torn_view *view, const uint64_t *value);
typedef bool load(const struct torn_view *view, uint64_t *value);
#define INLINE static inline __attribute__((always_inline))

INLINE void wait_for_pace(uint64_t pace_ns, uint64_t *next)
{
    uint64_t now;
    while ((now = bench_now()) < *next)
        continue;
    *next = now + pace_ns;
}

INLINE void write_values(struct torn_run *run, store *publish)
{
    const struct torn_view view = run->writer;
    const uint64_t pace_ns = run->pace_ns;
    uint64_t value[TORN_BYTES / 8], number = 1, next = bench_now();
    for (; !mms_cell_load_64(&run->stop); number++) {
        make_value(value, view.bytes, number + 1); /* 1 is there already */
        publish(&view, value);
        if (pace_ns != 0)
            wait_for_pace(pace_ns, &next);
    }
    run->writes = number - 1;
}

INLINE void read_values(struct torn_run *run, load *try)
{
    const struct torn_view view = run->reader;
    struct torn_run seen = {0};
    uint64_t value[TORN_BYTES / 8], number, last = 0;
    while (!mms_cell_load_64(&run->stop)) {
        unsigned tries = 0;
        while (tries < TORN_TRIES && !try(&view, value))
            tries++;
        seen.retries += tries;
        if (tries == TORN_TRIES) {
            seen.busy++;
            continue;
        }
        seen.reads++;
        if (!number_of(value, view.bytes, &number))
            seen.torn++;
        else if (number < last)
            seen.backwards++;
        else
            last = number;
    }
    run->reads = seen.reads, run->torn = seen.torn, run->backwards = seen.backwards;
    run->busy = seen.busy, run->retries = seen.retries;
}

/* The strategies: name, name in C of its store and of its load, kind, for one word, for wide values, two buffers. */
#define STRATEGIES(X)                                                               \
    X("naive", naive, naive, TORN_REJECTED, false, true, true)                      \
    X("re-read", naive, reread, TORN_REJECTED, false, true, true)                   \
    X("two collects", two_collects, two_collects, TORN_CHECKED, false, true, true)  \
    X("sequence", sequence, sequence, TORN_EXACT, false, true, true)                \
    X("latch", latch, latch, TORN_EXACT, true, true, true)                          \
    X("latch+intent", intent, intent, TORN_REJECTED, true, true, true)              \
    X("seqlock", seqlock, seqlock, TORN_REJECTED, true, true, false)                \
    X("aligned-naive", flip, aligned_naive, TORN_REJECTED, true, false, true)       \
    X("flip", flip, flip, TORN_EXACT, true, false, true)

/* Each has its loops, with store and load inline. */
#define LOOPS(name, stores, loads, kind, word, wide, flips)                      \
    static void write_##loads(struct torn_run *run)                              \
    {                                                                            \
        write_values(run, store_##stores);                                       \
    }                                                                            \
    static void read_##loads(struct torn_run *run)                               \
    {                                                                            \
        read_values(run, load_##loads);                                          \
    }                                                                            \
    static void publish_##loads(const struct torn_view *view, uint64_t number)   \
    {                                                                            \
        uint64_t value[TORN_BYTES / 8];                                          \
        make_value(value, view->bytes, number);                                  \
        store_##stores(view, value);                                             \
    }
STRATEGIES(LOOPS)

#define ROW(name, stores, loads, kind, word, wide, flips) \
    {name, kind, word, wide, flips, write_##loads, read_##loads, publish_##loads},
const struct torn_strategy torn_strategies[] = {STRATEGIES(ROW)};
const size_t torn_strategy_count = sizeof torn_strategies / sizeof torn_strategies[0];
