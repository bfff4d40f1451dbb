/* SPDX-License-Identifier: MIT
 *
 * torn.h - the strategies of bench:torn, and what one of them does in one run. */
#ifndef MMSTATS_BENCH_TORN_H
#define MMSTATS_BENCH_TORN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    TORN_BYTES = 4096, /* of a value, at most */
    TORN_TRIES = 64,   /* per read, before it is busy: as many as the library's */
};

/* Where a value is: what writer and reader have for a record of a file, each in a mapping of its own. */
struct torn_view {
    uint8_t *slot;           /* buffer 0; the flip is the byte before */
    size_t bytes;            /* of a value; buffer 1 is so many behind buffer 0 */
    uint64_t *sequence;      /* the record's trailer */
    uint64_t *intent;        /* behind it */
    uint64_t *file_sequence; /* `sys.sequence`, the file's first record */
};

struct torn_run {
    struct torn_view writer, reader;
    uint64_t pace_ns; /* between two publications; 0: as fast as it goes */
    uint64_t stop;    /* set: both end */
    /* results */
    uint64_t writes, reads, torn, backwards, busy;
    uint64_t retries; /* tries that were not accepted */
};

enum torn_kind {
    TORN_EXACT,   /* shipped; a torn or old value is a defect */
    TORN_CHECKED, /* shipped, for files that allow no more */
    TORN_REJECTED
};

struct torn_strategy {
    const char *name;
    enum torn_kind kind;
    bool word;  /* for a value that is one access: 8 bytes, aligned */
    bool wide;  /* for all others */
    bool flips; /* has two buffers and a flip */
    void (*write)(struct torn_run *run); /* the writer's thread */
    void (*read)(struct torn_run *run);  /* the reader's */
    void (*publish)(const struct torn_view *view, uint64_t number); /* one value */
};

extern const struct torn_strategy torn_strategies[];
extern const size_t torn_strategy_count;

#endif
