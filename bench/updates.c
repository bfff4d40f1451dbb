/* SPDX-License-Identifier: MIT
 *
 * updates.c - the table of updates. A row is a line: its name in C, its name for people, the files that have it, the
 * type of the handle, the update of a handle `f` (`i` counts updates), and the fields that the handle consists of. */
#include "bench/updates.h"

#include "bench/loops.h"

/* What strings are set to: as in a program, text and size are known at run time only. */
struct text {
    const char *text;
    size_t size;
};

#define DIGITS_32 "0123456789abcdef0123456789abcdef"
#define DIGITS_128 DIGITS_32 DIGITS_32 DIGITS_32 DIGITS_32
static struct text texts_32[2] = {{DIGITS_32, 32}, {&DIGITS_128[1], 32}};
static struct text texts_255[2] = {{DIGITS_128 DIGITS_128, 255}, {&(DIGITS_128 DIGITS_128)[1], 255}};

static inline void set_text(mms_string *f, const struct text *text)
{
    mms_string_set_n(f, text->text, text->size);
}

static inline void start_stop(mms_timer *f)
{
    mms_timer_start(f);
    mms_timer_stop(f);
}

static inline void scope(mms_timer *f)
{
    MMS_TIMER_SCOPE(f);
}

struct pair {
    double sum;
    uint64_t count;
};

struct words {
    uint64_t word[8];
};

/* Two counters that a snapshot sees together. */
struct together {
    mms_transaction transaction;
    mms_counter one, two;
};

static inline void set_pair(mms_struct *f, size_t i)
{
    const struct pair pair = {(double)i, i};
    mms_struct_set(f, &pair, sizeof pair);
}

static inline void set_words(mms_struct *f, size_t i)
{
    const struct words words = {{i, i, i, i, i, i, i, i}};
    mms_struct_set(f, &words, sizeof words);
}

static inline void inc_together(struct together *f)
{
    mms_transaction_begin(&f->transaction);
    mms_counter_inc(&f->one);
    mms_counter_inc(&f->two);
    mms_transaction_end(&f->transaction);
}

#define ALL BENCH_ALL
#define WIDE BENCH_WIDE
#define V2 BENCH_V2
#define UPDATES(X)                                                                                                    \
    X(counter_inc, "counter inc", ALL, mms_counter, mms_counter_inc(f), {.kind = MMS_KIND_COUNTER})                   \
    X(counter_add, "counter add", ALL, mms_counter, mms_counter_add(f, i), {.kind = MMS_KIND_COUNTER})                \
    X(u64_set, "u64 set", ALL, mms_u64, mms_u64_set(f, i), {.kind = MMS_KIND_U64})                                    \
    X(u64_add, "u64 add", ALL, mms_u64, mms_u64_add(f, i), {.kind = MMS_KIND_U64})                                    \
    X(i64_set, "i64 set", ALL, mms_i64, mms_i64_set(f, (int64_t)i), {.kind = MMS_KIND_I64})                           \
    X(u32_set, "u32 set", ALL, mms_u32, mms_u32_set(f, (uint32_t)i), {.kind = MMS_KIND_U32})                          \
    X(u32_add, "u32 add", ALL, mms_u32, mms_u32_add(f, (uint32_t)i), {.kind = MMS_KIND_U32})                          \
    X(i32_set, "i32 set", ALL, mms_i32, mms_i32_set(f, (int32_t)i), {.kind = MMS_KIND_I32})                           \
    X(u16_set, "u16 set", ALL, mms_u16, mms_u16_set(f, (uint16_t)i), {.kind = MMS_KIND_U16})                          \
    X(i16_set, "i16 set", ALL, mms_i16, mms_i16_set(f, (int16_t)i), {.kind = MMS_KIND_I16})                           \
    X(i8_set, "i8 set", ALL, mms_i8, mms_i8_set(f, (int8_t)i), {.kind = MMS_KIND_I8})                                 \
    X(bool_set, "bool set", ALL, mms_bool, mms_bool_set(f, i & 1), {.kind = MMS_KIND_BOOL})                           \
    X(float_set, "float set", ALL, mms_float, mms_float_set(f, (float)i), {.kind = MMS_KIND_FLOAT})                   \
    X(double_set, "double set", ALL, mms_double, mms_double_set(f, (double)i), {.kind = MMS_KIND_DOUBLE})             \
    X(double_add, "double add", ALL, mms_double, mms_double_add(f, 0.5), {.kind = MMS_KIND_DOUBLE})                   \
    X(string_32, "string 32", WIDE, mms_string, set_text(f, &texts_32[i & 1]),                                        \
      {.kind = MMS_KIND_STRING, .size = 32})                                                                          \
    X(string_255, "string 255", WIDE, mms_string, set_text(f, &texts_255[i & 1]),                                     \
      {.kind = MMS_KIND_STRING, .size = 255})                                                                         \
    X(struct_16, "struct of 2", WIDE, mms_struct, set_pair(f, i),                                                     \
      {.kind = MMS_KIND_STRUCT, .size = sizeof(struct pair), .text = "dQ"})                                           \
    X(struct_64, "struct of 8", WIDE, mms_struct, set_words(f, i),                                                    \
      {.kind = MMS_KIND_STRUCT, .size = sizeof(struct words), .text = "8Q"})                                          \
    X(ring_u32, "u32 ring add", V2, mms_ring_u32, mms_ring_u32_add(f, (uint32_t)i),                                   \
      {.kind = MMS_KIND_RING_U32, .size = 100})                                                                       \
    X(ring_u64, "u64 ring add", V2, mms_ring_u64, mms_ring_u64_add(f, i), {.kind = MMS_KIND_RING_U64, .size = 100})   \
    X(ring_double, "double ring add", V2, mms_ring_double, mms_ring_double_add(f, (double)i),                         \
      {.kind = MMS_KIND_RING_DOUBLE, .size = 100})                                                                    \
    X(histogram, "histogram add", V2, mms_histogram, mms_histogram_add(f, i * 40503 % 1048576),                       \
      {.kind = MMS_KIND_HISTOGRAM, .size = 3 + 256 * 40, .number = 1e-9})                                             \
    X(transaction, "transaction of 2 counters", BENCH_ALIGNED, struct together, inc_together(f),                      \
      MMS_TRANSACTION(struct together, transaction), MMS_COUNTER(struct together, one, NULL),                         \
      MMS_COUNTER(struct together, two, NULL))                                                                        \
    X(average, "average add", ALL, mms_average, mms_average_add(f, (double)i), {.kind = MMS_KIND_AVERAGE})            \
    X(moving, "moving average add", ALL, mms_moving, mms_moving_add(f, (double)i),                                    \
      {.kind = MMS_KIND_MOVING, .size = 100})                                                                         \
    X(timer, "timer start+stop", ALL, mms_timer, start_stop(f), {.kind = MMS_KIND_TIMER})                             \
    X(timer_scope, "timer scope", ALL, mms_timer, scope(f), {.kind = MMS_KIND_TIMER})                                 \
    X(timer_tsc, "timer start+stop, tsc clock", ALL, mms_timer, start_stop(f),                                        \
      {.kind = MMS_KIND_TIMER, .clock = mms_clock_tsc})                                                               \
    X(timer_coarse, "timer start+stop, coarse clock", ALL, mms_timer, start_stop(f),                                  \
      {.kind = MMS_KIND_TIMER, .clock = mms_clock_coarse})                                                            \
    X(timer_thread, "timer start+stop, thread clock", ALL, mms_timer, start_stop(f),                                  \
      {.kind = MMS_KIND_TIMER, .clock = mms_clock_thread})

/* The compiler sees an update inline, as a program's. */
#define LOOPS(id, name, formats, type, update, ...)                         \
    BENCH_LOOP(hot_##id,                                                    \
        type *const f = context;                                            \
        for (size_t i = 0; i < times; i++)                                  \
            update;)                                                        \
    BENCH_LOOP(in_turn_##id,                                                \
        for (size_t i = 0; i < times; i++) {                                \
            type *f = context;                                              \
            for (size_t k = 0; k < BENCH_MANY; k++, f++)                    \
                update;                                                     \
        })                                                                  \
    static const struct mms_field fields_##id[] = {__VA_ARGS__};
UPDATES(LOOPS)

#define ROW(id, name, formats, type, update, ...) \
    {name, formats, sizeof(type), fields_##id, sizeof fields_##id / sizeof fields_##id[0], hot_##id, in_turn_##id},
const struct bench_update bench_updates[] = {UPDATES(ROW)};
const size_t bench_update_count = sizeof bench_updates / sizeof bench_updates[0];

uint16_t bench_order[BENCH_STEPS];

BENCH_LOOP(any_order,
    mms_counter *f = context;
    for (size_t i = 0; i < times; i++)
        for (size_t k = 0; k < BENCH_STEPS; k++)
            mms_counter_inc(&f[bench_order[k]]);)

void bench_counters_any_order(void *handles, size_t times)
{
    any_order(handles, times);
}
