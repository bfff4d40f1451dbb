/* SPDX-License-Identifier: MIT
 *
 * show - prints once what mmash would serve: for the tests, and to measure.
 *
 *     show [--text] [--by process|file] [--kind GLOB=KIND]... [--limit N] [--repeat N] GLOB
 *
 * --repeat prints nothing but "FILES files: N collections of BYTES bytes, SECONDS s each (fastest), KIB KiB at most". */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "tools/metrics/metrics.h"

enum { MAX_KINDS = 16 };

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* As a scrape is answered: the set is refreshed, and all goes into memory. */
static int measure(struct mms_set *set, const struct mms_metrics_options *options, int repeat)
{
    double best = 1e9;
    size_t size = 0;
    for (int i = 0; i < repeat; i++) {
        char *text = NULL;
        double begin = now();
        FILE *out = open_memstream(&text, &size);
        int error = out == NULL ? -1 : mms_set_refresh(set);
        if (error >= 0)
            error = mms_metrics_print(out, set, options);
        if (out == NULL || fclose(out) != 0 || error < 0)
            return 1;
        free(text);
        double took = now() - begin;
        best = took < best ? took : best;
    }
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("%zu files: %d collections of %zu bytes, %.4f s each (fastest), %ld KiB at most\n", mms_set_count(set), repeat,
           size, best, usage.ru_maxrss);
    return 0;
}

int main(int count, char **arguments)
{
    struct mms_metrics_kind kinds[MAX_KINDS];
    struct mms_metrics_options options = {.kinds = kinds};
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
        else if (++i == count || options.kind_count == MAX_KINDS ||
                 mms_metrics_kind_parse(arguments[i], &kinds[options.kind_count++]) < 0)
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
    return status;
}
