/* SPDX-License-Identifier: MIT
 *
 * updates.h - every kind of update, as loops that have it inline. */
#ifndef MMSTATS_BENCH_UPDATES_H
#define MMSTATS_BENCH_UPDATES_H

#include <stddef.h>

#include "mmstats/writer.h"

enum {
    BENCH_MANY = 1000,   /* fields that are updated in turn */
    BENCH_STEPS = 65536, /* updates in the order of bench_order */
};

/* The formats, and those in which there is a field of some kind, or where it differs. */
enum {
    BENCH_V2 = 1,
    BENCH_V1 = 2,
    BENCH_PACKED = 4,      /* version 1, packed */
    BENCH_V1_SEQUENCE = 8, /* version 1 with sys.sequence */
    BENCH_ALIGNED = BENCH_V2 | BENCH_V1,
    BENCH_ALL = BENCH_ALIGNED | BENCH_PACKED,
    BENCH_WIDE = BENCH_ALL | BENCH_V1_SEQUENCE,
};

struct bench_update {
    const char *name;
    unsigned formats;
    size_t handle_size;
    const struct mms_field *fields; /* what the handle consists of: their offsets are in it */
    size_t field_count;
    /* Each is a BENCH_LOOP: it does what follows BENCH_COPIES times. */
    void (*hot)(void *handle, size_t times);      /* updates one field `times` times */
    void (*in_turn)(void *handles, size_t times); /* updates BENCH_MANY fields, one after the other, `times` times */
};

extern const struct bench_update bench_updates[];
extern const size_t bench_update_count;

/* BENCH_STEPS numbers below BENCH_MANY, so that no processor foresees which one comes next. */
extern uint16_t bench_order[BENCH_STEPS];

/* A BENCH_LOOP: increments one of BENCH_MANY counters after the other, as bench_order has it. */
void bench_counters_any_order(void *handles, size_t times);

#endif
