/* SPDX-License-Identifier: MIT
 *
 * pcp.c - Performance Co-Pilot's memory-mapped values. Its file is in our own directory: the library takes a path as it
 * is, and needs neither the daemon nor a directory of root's. */
#include "bench/peers.h"

#ifndef HAVE_PCP_MMV

void bench_add_pcp(struct bench_table *table, struct bench_plain plain)
{
    (void)plain;
    bench_note(table, "PCP MMV: not measured (package libpcp-mmv1-dev is missing)");
}

#else

#include <pcp/pmapi.h>

#include <pcp/mmv_stats.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOOP __attribute__((noinline, aligned(64))) static void

enum { NO_INSTANCES = (int)MMV_INDOM_NULL };

static mmv_registry_t *registry; /* both until the program ends */
static void *map;
static char names[BENCH_PEER_METRICS][32];
static pmAtomValue *counters[BENCH_PEER_METRICS], *elapsed, *text;

LOOP inc(void *context, size_t times)
{
    pmAtomValue *value = context;
    for (size_t i = 0; i < times; i++)
        mmv_inc(map, value);
}

LOOP inc_in_turn(void *context, size_t times)
{
    pmAtomValue *const *values = context;
    for (size_t i = 0; i < times; i++)
        for (size_t k = 0; k < BENCH_PEER_METRICS; k++)
            mmv_inc(map, values[k]);
}

LOOP inc_value(void *context, size_t times)
{
    pmAtomValue *value = context;
    for (size_t i = 0; i < times; i++)
        mmv_inc_value(map, value, 1);
}

LOOP set_value(void *context, size_t times)
{
    pmAtomValue *value = context;
    for (size_t i = 0; i < times; i++)
        mmv_set_value(map, value, (double)i);
}

LOOP set_string(void *context, size_t times)
{
    static const char *const texts[2] = {"0123456789abcdef0123456789abcdef", "123456789abcdef0123456789abcdef0"};
    pmAtomValue *value = context;
    for (size_t i = 0; i < times; i++)
        mmv_set_string(map, value, texts[i & 1], 32);
}

LOOP inc_by_name(void *context, size_t times)
{
    const char *name = context;
    for (size_t i = 0; i < times; i++)
        mmv_stats_inc(map, name, NULL);
}

LOOP interval(void *context, size_t times)
{
    pmAtomValue *value = context;
    for (size_t i = 0; i < times; i++)
        mmv_stats_interval_end(map, mmv_stats_interval_start(map, value, NULL, NULL));
}

/* False: the library would not. */
static bool make_file(void)
{
    static char path[96], elapsed_name[] = "bench.elapsed", text_name[] = "bench.text";
    const pmUnits count = MMV_UNITS(0, 0, 1, 0, 0, PM_COUNT_ONE), time = MMV_UNITS(0, 1, 0, 0, PM_TIME_USEC, 0);
    const pmUnits none = MMV_UNITS(0, 0, 0, 0, 0, 0);
    snprintf(path, sizeof path, "%s/mmv", bench_directory());
    registry = mmv_stats_registry(path, 321, MMV_FLAG_PROCESS);
    bool good = registry != NULL;
    for (int i = 0; i < BENCH_PEER_METRICS && good; i++) {
        snprintf(names[i], sizeof names[i], "bench.counter.%d", i);
        good = mmv_stats_add_metric(registry, names[i], i + 1, MMV_TYPE_U64, MMV_SEM_COUNTER, count, NO_INSTANCES,
                                    NULL, NULL) >= 0;
    }
    good = good &&
           mmv_stats_add_metric(registry, elapsed_name, BENCH_PEER_METRICS + 1, MMV_TYPE_ELAPSED, MMV_SEM_COUNTER,
                                time, NO_INSTANCES, NULL, NULL) >= 0 &&
           mmv_stats_add_metric(registry, text_name, BENCH_PEER_METRICS + 2, MMV_TYPE_STRING, MMV_SEM_INSTANT, none,
                                NO_INSTANCES, NULL, NULL) >= 0 &&
           (map = mmv_stats_start(registry)) != NULL;
    for (int i = 0; i < BENCH_PEER_METRICS && good; i++)
        good = (counters[i] = mmv_lookup_value_desc(map, names[i], NULL)) != NULL;
    return good && (elapsed = mmv_lookup_value_desc(map, elapsed_name, NULL)) != NULL &&
           (text = mmv_lookup_value_desc(map, text_name, NULL)) != NULL;
}

void bench_add_pcp(struct bench_table *table, struct bench_plain plain)
{
    if (!make_file()) {
        bench_note(table, "PCP MMV: not measured (its library could not make a file in %s)", bench_directory());
        return;
    }
    const struct {
        const char *name;
        void (*run)(void *, size_t);
        void *context;
        size_t most;
    } rows[] = {
        {"mmv_inc", inc, counters[0], 0},
        {"mmv_inc_value", inc_value, counters[1], 0},
        {"mmv_set_value", set_value, counters[2], 0},
        {"mmv_set_string 32", set_string, text, 0},
        {"mmv_stats_inc, 1st name", inc_by_name, names[0], 0},
        {"mmv_stats_inc, 500th name", inc_by_name, names[499], 0},
        {"mmv_stats_inc, 1000th name", inc_by_name, names[999], 0},
        {"interval start+end", interval, elapsed, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        bench_add(table, (struct bench_row){.name = rows[i].name, .format = "pcp-mmv", .fields = 1, .run = rows[i].run,
                                            .context = rows[i].context, .plain = plain.one});
    bench_add(table, (struct bench_row){.name = "mmv_inc", .format = "pcp-mmv", .fields = BENCH_PEER_METRICS,
                                        .run = inc_in_turn, .context = counters, .per = BENCH_PEER_METRICS,
                                        .plain = plain.many});
}

#endif
