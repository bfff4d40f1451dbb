/* SPDX-License-Identifier: MIT
 *
 * memory.c - counters by other means than ours. */
#include "bench/peers.h"
#include "bench/rejected.h"

#define LOOP __attribute__((noinline, aligned(64))) static void

static uint64_t shared, locked[2];
static volatile uint64_t sink;

LOOP shared_hot(void *context, size_t times)
{
    uint64_t sum = 0;
    (void)context;
    for (size_t i = 0; i < times; i++)
        sum += rejected_shared_inc(&shared); /* its result is wanted: xadd, not add */
    sink = sum;
}

LOOP shared_in_turn(void *context, size_t times)
{
    uint64_t *const *words = context, sum = 0;
    for (size_t i = 0; i < times; i++)
        for (size_t k = 0; k < BENCH_PEER_METRICS; k++)
            sum += rejected_shared_inc(words[k]);
    sink = sum;
}

LOOP seqlock_hot(void *context, size_t times)
{
    uint64_t *pair = context;
    for (size_t i = 0; i < times; i++)
        rejected_seqlock_inc(pair, pair + 1);
}

LOOP seqlock_in_turn(void *context, size_t times)
{
    uint64_t *const *words = context;
    for (size_t i = 0; i < times; i++)
        for (size_t k = 0; k < BENCH_PEER_METRICS; k++)
            rejected_seqlock_inc(words[k], words[k] + 1);
}

void bench_add_memory(struct bench_table *table, struct bench_plain plain, uint64_t *const *words)
{
    static uint64_t *all[BENCH_PEER_METRICS];
    for (size_t i = 0; i < BENCH_PEER_METRICS; i++)
        all[i] = words[i];
    struct bench_row row = {.name = "lock xadd", .format = "memory", .fields = 1, .run = shared_hot,
                            .plain = plain.one};
    bench_add(table, row);
    row.name = "odd/even seqlock, counter inc";
    row.run = seqlock_hot, row.context = locked;
    bench_add(table, row);
    row.fields = row.per = BENCH_PEER_METRICS;
    row.run = seqlock_in_turn, row.context = all, row.plain = plain.many;
    bench_add(table, row);
    row.name = "lock xadd";
    row.run = shared_in_turn;
    bench_add(table, row);
}
