/* SPDX-License-Identifier: MIT
 *
 * reader - what reading costs, beside memcpy of the same bytes.
 *
 * Why not Google Benchmark: a figure here is a ratio to another row of the same run, so all ways to read one file take
 * their turns, again and again; that library cannot divide one row by another. What is left of it is the loop. */
#define _GNU_SOURCE
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench/reader_ways.h"

enum { OK, FAILED, USAGE }; /* exit statuses */

static const size_t sizes[] = {10, 100, 1000, 10000, 100000, 1000000};
enum { SIZES = sizeof sizes / sizeof *sizes, QUICK_SIZES = 3, FORMATS = 4 };

static const struct pace {
    unsigned turns;   /* in each of which every row is measured once */
    double sample_ns; /* how long that should take */
    size_t sizes;
} thorough = {15, 2e6, SIZES}, quick = {3, 1e5, QUICK_SIZES};

/* --- rows --------------------------------------------------------------------------------------------------------- */

enum { TURNS = 15 };

struct row {
    size_t times; /* reads in one sample */
    double samples[TURNS];
    double median, least, most; /* nanoseconds per metric */
};

/* By format, size and way. */
static struct row rows[FORMATS][SIZES][WAYS];

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

/* Nanoseconds per metric. */
static double take(struct subject *subject, const struct way *way, size_t times)
{
    double start = now(), sum = 0;
    for (size_t i = 0; i < times; i++)
        sum += way->read(subject);
    double took = now() - start;
    subject_check(subject, way, sum, times);
    return took / (double)(times * subject->file.metrics);
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* All ways to read one file, in turn. What comes first warms up, and finds how often a sample has to read. */
static void measure(struct subject *subject, struct row of[WAYS], const struct pace *pace)
{
    for (size_t w = 0; w < WAYS; w++) {
        double once = take(subject, &ways[w], 2) * (double)subject->file.metrics;
        of[w].times = once < pace->sample_ns ? (size_t)(pace->sample_ns / once) : 1;
    }
    for (unsigned turn = 0; turn < pace->turns; turn++)
        for (size_t w = 0; w < WAYS; w++)
            of[w].samples[turn] = take(subject, &ways[w], of[w].times);
    for (size_t w = 0; w < WAYS; w++) {
        qsort(of[w].samples, pace->turns, sizeof *of[w].samples, ascending);
        of[w].median = of[w].samples[pace->turns / 2];
        of[w].least = of[w].samples[0];
        of[w].most = of[w].samples[pace->turns - 1];
    }
}

static void measure_all(const char *directory, const struct pace *pace)
{
    for (size_t f = 0; f < FORMATS; f++)
        for (size_t s = 0; s < pace->sizes; s++) {
            struct subject subject = {0};
            subject_begin(&subject, directory, &file_formats[f], sizes[s]);
            measure(&subject, rows[f][s], pace);
            subject_end(&subject);
        }
}

/* --- targets ------------------------------------------------------------------------------------------------------ */

struct target {
    const char *what;
    size_t format, size, way;
    double limit; /* nanoseconds per metric */
};

enum { TARGETS = FORMATS * SIZES * 4 };

static struct target targets[TARGETS];
static size_t target_count;

static double larger(double a, double b)
{
    return a > b ? a : b;
}

static void add_target(const char *what, size_t format, size_t size, size_t way, double limit)
{
    targets[target_count++] = (struct target){what, format, size, way, limit};
}

/* Ten times the metrics may take ten times as long, three times that where memory is further away, or what memcpy takes;
 * a step in which something is done for each pair of metrics would take a hundred times as long. */
static void add_growth(size_t f, size_t s, size_t way)
{
    double memory = rows[f][s][WAY_MEMCPY].median / rows[f][s - 1][WAY_MEMCPY].median;
    add_target("grows linearly: 3 x the size before, or as memcpy", f, s, way,
               rows[f][s - 1][way].median * larger(3, memory));
}

/* Packed files are left out: most of their values are not aligned, and no single access reads them. */
static void set_targets(size_t size_count)
{
    for (size_t f = 0; f < FORMATS; f++) {
        if (file_formats[f].packed)
            continue;
        for (size_t s = 0; s < size_count; s++)
            add_target("re-read: 2 x memcpy of the file, or 1.5 ns", f, s, WAY_LIVE,
                       larger(1.5, 2 * rows[f][s][WAY_MEMCPY].median));
        for (size_t s = 0; s < size_count; s++) {
            if (sizes[s] == 1000)
                add_target("cold, 1000 metrics: 10 ns", f, s, WAY_COLD, 10);
            if (sizes[s] > 1000) {
                add_growth(f, s, WAY_COLD);
                add_growth(f, s, WAY_LIVE);
            }
        }
    }
}

static double reached_by(const struct target *target)
{
    return rows[target->format][target->size][target->way].median;
}

/* --- output ------------------------------------------------------------------------------------------------------- */

static void print_text(const char *directory, size_t size_count)
{
    printf("Nanoseconds per metric; files in %s\n\n", directory);
    printf("%-13s %8s  %-14s %9s %9s %9s %9s\n", "format", "metrics", "way", "median", "min", "max", "x memcpy");
    for (size_t f = 0; f < FORMATS; f++)
        for (size_t s = 0; s < size_count; s++)
            for (size_t w = 0; w < WAYS; w++) {
                const struct row *row = &rows[f][s][w];
                printf("%-13s %8zu  %-14s %9.2f %9.2f %9.2f %9.2f\n", file_formats[f].name, sizes[s], ways[w].name,
                       row->median, row->least, row->most, row->median / rows[f][s][WAY_MEMCPY].median);
            }
    printf("\n");
    for (size_t w = 0; w < WAYS; w++)
        printf("%-14s %s\n", ways[w].name, ways[w].what);
    printf("\n%-50s %-13s %8s  %-10s %9s %9s\n", "target", "format", "metrics", "way", "limit", "median");
    for (size_t t = 0; t < target_count; t++)
        printf("%-50s %-13s %8zu  %-10s %9.2f %9.2f  %s\n", targets[t].what, file_formats[targets[t].format].name,
               sizes[targets[t].size], ways[targets[t].way].name, targets[t].limit, reached_by(&targets[t]),
               reached_by(&targets[t]) <= targets[t].limit ? "reached" : "missed");
}

static void print_json(const char *directory, size_t size_count)
{
    const char *comma = "";
    printf("{\"directory\":\"%s\",\"rows\":[", directory);
    for (size_t f = 0; f < FORMATS; f++)
        for (size_t s = 0; s < size_count; s++)
            for (size_t w = 0; w < WAYS; w++, comma = ",") {
                const struct row *row = &rows[f][s][w];
                printf("%s\n{\"name\":\"%s\",\"format\":\"%s\",\"metrics\":%zu,\"ns_per_metric_median\":%.3f,"
                       "\"ns_per_metric_min\":%.3f,\"ns_per_metric_max\":%.3f,\"ratio_to_memcpy\":%.3f}",
                       comma, ways[w].name, file_formats[f].name, sizes[s], row->median, row->least, row->most,
                       row->median / rows[f][s][WAY_MEMCPY].median);
            }
    printf("\n],\"targets\":[");
    comma = "";
    for (size_t t = 0; t < target_count; t++, comma = ",")
        printf("%s\n{\"target\":\"%s\",\"name\":\"%s\",\"format\":\"%s\",\"metrics\":%zu,\"limit\":%.3f,"
               "\"ns_per_metric_median\":%.3f,\"reached\":%s}",
               comma, targets[t].what, ways[targets[t].way].name, file_formats[targets[t].format].name,
               sizes[targets[t].size], targets[t].limit, reached_by(&targets[t]),
               reached_by(&targets[t]) <= targets[t].limit ? "true" : "false");
    printf("\n]}\n");
}

/* --- the whole ---------------------------------------------------------------------------------------------------- */

struct arguments {
    bool json, quick;
};

static const struct argp_option options[] = {
    {"json", 'j', NULL, 0, "print one JSON object", 0},
    {"quick", 'q', NULL, 0, "few turns, and few metrics: a trial", 0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    (void)argument;
    switch (key) {
    case 'j':
        arguments->json = true;
        return 0;
    case 'q':
        arguments->quick = true;
        return 0;
    case ARGP_KEY_ARG:
        argp_usage(state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {
    .options = options,
    .parser = parse,
    .doc = "Measures what reading metrics costs, in nanoseconds per metric, beside memcpy of the same bytes.\v"
           "Exit status: 0, also where a target is missed; 1 when something fails; 2 for wrong usage.",
};

/* Memory if it can be had: a disk would be measured, too. */
static void make_directory(char path[], size_t size)
{
    const char *temporary = getenv("TMPDIR");
    snprintf(path, size, "/dev/shm/mmstats-bench.XXXXXX");
    if (mkdtemp(path) != NULL)
        return;
    snprintf(path, size, "%s/mmstats-bench.XXXXXX", temporary != NULL ? temporary : "/tmp");
    if (mkdtemp(path) == NULL)
        bench_fail(path, -errno);
}

int main(int argc, char **argv)
{
    struct arguments arguments = {0};
    char directory[200];

    argp_err_exit_status = USAGE;
    if (argp_parse(&argp, argc, argv, 0, NULL, &arguments) != 0)
        return FAILED;
    const struct pace *pace = arguments.quick ? &quick : &thorough;
    make_directory(directory, sizeof directory);
    measure_all(directory, pace);
    rmdir(directory);
    set_targets(pace->sizes);
    if (arguments.json)
        print_json(directory, pace->sizes);
    else
        print_text(directory, pace->sizes);
    return fflush(stdout) == 0 ? OK : FAILED;
}
