/* SPDX-License-Identifier: MIT
 *
 * reader_ways.h - the ways to read a file that are measured, and what they are measured against. */
#ifndef MMSTATS_BENCH_READER_WAYS_H
#define MMSTATS_BENCH_READER_WAYS_H

#include "bench/common.h"
#include "bench/reader_files.h"
#include "mmstats/reader.h"

/* A file, and what the ways to read it need. */
struct subject {
    const struct file_format *format;
    struct file file;
    uint8_t *bytes, *values, *target; /* for memcpy; target has room for either */
    char (*labels)[LABEL_SIZE + 1];   /* in an order that is no order */
    struct mms_sample *samples;       /* where a way leaves them that samples */
    struct mms_reader *copy, *live;   /* open all the time */
};

/* Both end the program when something fails. */
void subject_begin(struct subject *subject, const char *directory, const struct file_format *format, size_t metrics);
void subject_end(struct subject *subject);

/* What a way does with the values. */
enum looks {
    LOOKS_NOT,     /* nothing */
    LOOKS_SAMPLES, /* leaves them in the subject's samples */
    LOOKS_SUM,     /* returns their sum */
};

struct way {
    const char *name;
    double (*read)(struct subject *subject);
    enum looks looks;
    const char *what;
};

extern const struct way ways[];

/* Their numbers, those that others are compared with first. */
enum { WAY_MEMCPY, WAY_MEMCPY_VALUES, WAY_SYSCALLS, WAY_COLD, WAY_COLD_LIVE, WAY_REREAD, WAY_LIVE, WAY_COLD_GET,
       WAY_COLD_LIVE_GET, WAY_REREAD_GET, WAY_LIVE_GET, WAY_LOOKUP, WAYS };

/* Did the last read, which returned sum, find the values that the file has? */
bool subject_is_right(const struct subject *subject, const struct way *way, double sum);

#endif
