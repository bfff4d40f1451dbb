/* SPDX-License-Identifier: MIT
 *
 * peers.h - what our updates are compared with. Each function adds rows, or a note why there are none. `plain` and
 * `plain_many` are what the ratios are to: one word, and BENCH_MANY of them in turn. */
#ifndef MMSTATS_BENCH_PEERS_H
#define MMSTATS_BENCH_PEERS_H

#include "bench/common.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { BENCH_PEER_METRICS = 1000 };

struct bench_plain {
    const struct bench_row *one, *many;
};

/* Counters by other means: a locked instruction, a sequence lock. words: where BENCH_MANY aligned words may be, as far
 * from each other as the fields of a file are; with 8 bytes behind each. */
void bench_add_memory(struct bench_table *table, struct bench_plain plain, uint64_t *const *words);

/* Readings of the clock, and a datagram. */
void bench_add_system(struct bench_table *table, struct bench_plain plain);

/* Performance Co-Pilot's memory-mapped values, and the C++ client of Prometheus. */
void bench_add_pcp(struct bench_table *table, struct bench_plain plain);
void bench_add_prometheus(struct bench_table *table, struct bench_plain plain);

#ifdef __cplusplus
}
#endif
#endif
