/* SPDX-License-Identifier: MIT
 *
 * writer - what an update costs, beside a plain increment.
 *
 * Every row is measured in turn, and the turns are repeated; a row's figure is the median over the turns. Compare the
 * ratios of one run: nanoseconds differ from machine to machine and from hour to hour. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mmstats/writer.h"

enum { TURNS = 15, UPDATES = 2000000 };

struct fields {
    mms_counter counter;
    mms_double number;
    mms_string text;
    mms_average average;
    mms_timer timer;
};

static const struct mms_field table[] = {
    MMS_COUNTER(struct fields, counter, "bench.counter"),
    MMS_DOUBLE(struct fields, number, "bench.double"),
    MMS_STRING(struct fields, text, 32, "bench.string"),
    MMS_AVERAGE(struct fields, average, "bench.average"),
    MMS_TIMER(struct fields, timer, "bench.timer"),
};

static volatile uint64_t plain;

/* One loop an update, so that the compiler sees the update inline as a program's does. */
#define LOOP(name, update)                                       \
    static __attribute__((noinline)) void name(struct fields *f) \
    {                                                            \
        (void)f;                                                 \
        for (int i = 0; i < UPDATES; i++)                        \
            update;                                              \
    }
LOOP(loop_plain, plain++)
LOOP(loop_counter, mms_counter_inc(&f->counter))
LOOP(loop_double, mms_double_set(&f->number, (double)i))
LOOP(loop_string, mms_string_set_n(&f->text, "0123456789abcdef0123456789abcdef", 32))
LOOP(loop_average, mms_average_add(&f->average, (double)i))
LOOP(loop_timer, (mms_timer_start(&f->timer), (void)mms_timer_stop(&f->timer)))

static const struct {
    const char *name;
    void (*loop)(struct fields *);
} updates[] = {
    { "plain", loop_plain },   { "counter", loop_counter }, { "double", loop_double },
    { "string32", loop_string }, { "average", loop_average }, { "timer", loop_timer },
};

static const struct {
    const char *name;
    enum mms_output output;
} formats[] = { { "v2", MMS_OUTPUT_V2 }, { "v1", MMS_OUTPUT_V1 }, { "v1-packed", MMS_OUTPUT_V1_PACKED } };

enum { KINDS = sizeof updates / sizeof updates[0], FORMATS = sizeof formats / sizeof formats[0] };

static double nanoseconds(void (*loop)(struct fields *), struct fields *fields)
{
    struct timespec begin, end;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    loop(fields);
    clock_gettime(CLOCK_MONOTONIC, &end);
    return ((double)(end.tv_sec - begin.tv_sec) * 1e9 + (double)(end.tv_nsec - begin.tv_nsec)) / UPDATES;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(void)
{
    static struct fields fields[FORMATS];
    static double samples[FORMATS][KINDS][TURNS];
    for (int f = 0; f < FORMATS; f++) {
        struct mms_options options = { .size = sizeof options, .output = formats[f].output, .model = formats[f].name,
                                       .files = "bench-{MODEL}-{PID}.mmstats" };
        struct mms_writer *writer;
        if (mms_writer_new(&options, &writer) != 0)
            return 1;
        mms_writer_add_table(writer, table, sizeof table / sizeof table[0], &fields[f]);
        if (mms_writer_open(writer) != 0)
            fprintf(stderr, "bench: %s\n", mms_writer_error(writer));
    }
    for (int turn = 0; turn < TURNS; turn++)
        for (int f = 0; f < FORMATS; f++)
            for (int k = 0; k < KINDS; k++)
                samples[f][k][turn] = nanoseconds(updates[k].loop, &fields[f]);
    printf("%-10s %-10s %8s %8s %8s %8s\n", "format", "update", "median", "min", "max", "x plain");
    for (int f = 0; f < FORMATS; f++)
        for (int k = 0; k < KINDS; k++) {
            double *sorted = samples[f][k];
            qsort(sorted, TURNS, sizeof *sorted, ascending);
            printf("%-10s %-10s %8.2f %8.2f %8.2f %8.1f\n", formats[f].name, updates[k].name, sorted[TURNS / 2],
                   sorted[0], sorted[TURNS - 1], sorted[TURNS / 2] / samples[f][0][TURNS / 2]);
        }
    return 0;
}
