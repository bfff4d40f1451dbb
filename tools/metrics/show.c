/* SPDX-License-Identifier: MIT
 *
 * show - prints once what mmash would serve: for the tests, and to measure.
 *
 *     show [--text] [--by process|file] [--kind GLOB=KIND]... [--limit N] [--repeat N] GLOB
 *
 * --repeat prints nothing but how long the fastest of N took, on the clock and of the processor, and the most memory.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "tools/metrics/metrics.h"

enum { MAX_KINDS = 16 };

static double now(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* As a scrape is answered: the set is refreshed, and all goes into memory. */
static int measure(struct mms_set *set, const struct mms_metrics_options *options, int repeat)
{
    double best = 1e9, best_cpu = 1e9;
    size_t size = 0;
    for (int i = 0; i < repeat; i++) {
        char *text = NULL;
        double begin = now(CLOCK_MONOTONIC), begin_cpu = now(CLOCK_PROCESS_CPUTIME_ID);
        FILE *out = open_memstream(&text, &size);
        int error = out == NULL ? -1 : mms_set_refresh(set);
        if (error >= 0)
            error = mms_metrics_print(out, set, options);
        if (out == NULL || fclose(out) != 0 || error < 0)
            return 1;
        free(text);
        double took = now(CLOCK_MONOTONIC) - begin, took_cpu = now(CLOCK_PROCESS_CPUTIME_ID) - begin_cpu;
        best = took < best ? took : best;
        best_cpu = took_cpu < best_cpu ? took_cpu : best_cpu;
    }
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("%6zu files, %9zu bytes: %.4f s, processor %.4f s, %6ld KiB\n", mms_set_count(set), size, best, best_cpu,
           usage.ru_maxrss);
    return 0;
}

int main(int count, char **arguments)
{
    struct mms_metrics_options options = {0};
    struct mms_reader_options how = {.size = sizeof how, .mode = MMS_READ_LIVE};
    struct rlimit limit;
    const char *glob = NULL;
    struct mms_set *set;
    int repeat = 0;
    for (int i = 1; i < count; i++) {
        const char *value = i + 1 < count ? arguments[i + 1] : "";
        if (strcmp(arguments[i], "--text") == 0)
            options.format = MMS_METRICS_TEXT;
        else if (strcmp(arguments[i], "--by") == 0 && ++i)
            options.by = strcmp(value, "file") == 0 ? MMS_METRICS_BY_FILE : MMS_METRICS_BY_PROCESS;
        else if (strcmp(arguments[i], "--limit") == 0 && ++i)
            options.limit = strtoul(value, NULL, 10);
        else if (strcmp(arguments[i], "--repeat") == 0 && ++i)
            repeat = atoi(value);
        else if (strcmp(arguments[i], "--kind") != 0)
            glob = arguments[i];
        else if (++i == count || mms_kinds_add(&options.kinds, arguments[i]) < 0)
            return 2;
    }
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    if (mms_reader_guard() < 0 || mms_set_open(glob, &how, &set) < 0)
        return 1;
    int status = repeat > 0 ? measure(set, &options, repeat) : mms_metrics_print(stdout, set, &options) < 0;
    mms_set_close(set);
    free(options.kinds.rules);
    return status;
}
