/* SPDX-License-Identifier: MIT
 *
 * reader - what reading costs, in nanoseconds per metric, beside memcpy of the same bytes. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/reader_ways.h"

static const size_t sizes[] = {10, 100, 1000, 10000, 100000, 1000000};
enum { SIZES = sizeof sizes / sizeof sizes[0], QUICK_SIZES = 3, FORMATS = 4 };

/* By format, size and way; as many sizes as were measured. */
static struct bench_row rows[FORMATS][SIZES][WAYS];
static size_t size_count;

/* --- measuring ---------------------------------------------------------------------------------------------------- */

/* What the row of a way needs. */
struct reading {
    struct subject *subject;
    const struct way *way;
    double sum; /* that the last read returned */
};

static void read_times(void *context, size_t times)
{
    struct reading *reading = context;
    for (size_t i = 0; i < times; i++)
        reading->sum = reading->way->read(reading->subject);
}

static void check_values(void *context)
{
    const struct reading *reading = context;
    if (!subject_is_right(reading->subject, reading->way, reading->sum))
        bench_fail(reading->way->name, -EBADMSG);
}

/* All ways to read one file take turns. */
static void measure(struct subject *subject, const struct bench_pace *pace, struct bench_row of[WAYS])
{
    static struct bench_table table;
    struct reading readings[WAYS];

    table.count = 0;
    for (size_t w = 0; w < WAYS; w++) {
        readings[w] = (struct reading){subject, &ways[w], 0};
        bench_add(&table, (struct bench_row){.name = ways[w].name, .format = subject->format->name,
                                             .fields = subject->file.metrics, .run = read_times,
                                             .between = check_values, .context = &readings[w],
                                             .per = subject->file.metrics});
    }
    bench_measure(&table, pace);
    for (size_t w = 0; w < WAYS; w++)
        of[w] = table.rows[w];
}

static void measure_all(const struct bench_pace *pace)
{
    for (size_t f = 0; f < FORMATS; f++)
        for (size_t s = 0; s < size_count; s++) {
            struct subject subject = {0};
            subject_begin(&subject, bench_directory(), &file_formats[f], sizes[s]);
            measure(&subject, pace, rows[f][s]);
            subject_end(&subject);
        }
}

static double median(size_t format, size_t size, size_t way)
{
    return rows[format][size][way].ns_median;
}

/* --- targets ------------------------------------------------------------------------------------------------------ */

struct target {
    const char *what;
    size_t format, size, way;
    double limit; /* nanoseconds per metric */
};

static struct target targets[FORMATS * SIZES * 3];
static size_t target_count;

static void add_target(const char *what, size_t format, size_t size, size_t way, double limit)
{
    targets[target_count++] = (struct target){what, format, size, way, limit};
}

static double larger(double a, double b)
{
    return a > b ? a : b;
}

/* Ten times the metrics take ten times as long; three times that where a cache ends, or what memcpy takes there. A step
 * in which something is done for each pair of metrics would take a hundred times as long. */
static void add_growth(size_t f, size_t s, size_t way)
{
    double memory = median(f, s, WAY_MEMCPY) / median(f, s - 1, WAY_MEMCPY);
    add_target("linear growth: 3 x the size before, or as memcpy", f, s, way, median(f, s - 1, way) * larger(3, memory));
}

/* Packed files are left out: most of their values are not aligned, and no single access reads them. */
static void set_targets(void)
{
    for (size_t f = 0; f < FORMATS; f++)
        for (size_t s = 0; s < size_count && !file_formats[f].packed; s++) {
            add_target("re-read: 2 x memcpy of the file, or 1.5 ns", f, s, WAY_LIVE,
                       larger(1.5, 2 * median(f, s, WAY_MEMCPY)));
            if (sizes[s] == 1000)
                add_target("cold read of 1000 metrics: 10 ns", f, s, WAY_COLD, 10);
            if (sizes[s] > 1000) {
                add_growth(f, s, WAY_COLD);
                add_growth(f, s, WAY_LIVE);
            }
        }
}

static double value_of(const struct target *target)
{
    return median(target->format, target->size, target->way);
}

static bool is_reached(const struct target *target)
{
    return value_of(target) <= target->limit;
}

/* --- printing ----------------------------------------------------------------------------------------------------- */

static double ratio(size_t f, size_t s, size_t w)
{
    return median(f, s, w) / median(f, s, WAY_MEMCPY);
}

static int print_text(void)
{
    printf("%-13s %-14s %8s %9s %9s %9s %9s\n", "format", "what", "metrics", "median ns", "min", "max", "x memcpy");
    for (size_t f = 0; f < FORMATS; f++)
        for (size_t s = 0; s < size_count; s++)
            for (size_t w = 0; w < WAYS; w++) {
                const struct bench_row *row = &rows[f][s][w];
                printf("%-13s %-14s %8zu %9.2f %9.2f %9.2f %9.2f\n", row->format, row->name, row->fields,
                       row->ns_median, row->ns_min, row->ns_max, ratio(f, s, w));
            }
    printf("\n%-50s %-13s %-6s %8s %9s\n", "target", "format", "what", "metrics", "at most");
    for (size_t t = 0; t < target_count; t++)
        printf("%-50s %-13s %-6s %8zu %9.2f  %s (%.2f)\n", targets[t].what, file_formats[targets[t].format].name,
               ways[targets[t].way].name, sizes[targets[t].size], targets[t].limit,
               is_reached(&targets[t]) ? "reached" : "missed", value_of(&targets[t]));
    return bench_printed();
}

static json_object *json_of_row(size_t f, size_t s, size_t w)
{
    const struct bench_row *row = &rows[f][s][w];
    json_object *object = json_object_new_object();
    json_object_object_add(object, "name", json_object_new_string(row->name));
    json_object_object_add(object, "format", json_object_new_string(row->format));
    json_object_object_add(object, "metrics", json_object_new_uint64(row->fields));
    json_object_object_add(object, "ns_per_metric_median", bench_json_double(row->ns_median, 3));
    json_object_object_add(object, "ns_per_metric_min", bench_json_double(row->ns_min, 3));
    json_object_object_add(object, "ns_per_metric_max", bench_json_double(row->ns_max, 3));
    json_object_object_add(object, "ratio_to_memcpy", bench_json_double(ratio(f, s, w), 3));
    return object;
}

static json_object *json_of_target(const struct target *target)
{
    json_object *object = json_object_new_object();
    json_object_object_add(object, "target", json_object_new_string(target->what));
    json_object_object_add(object, "name", json_object_new_string(ways[target->way].name));
    json_object_object_add(object, "format", json_object_new_string(file_formats[target->format].name));
    json_object_object_add(object, "metrics", json_object_new_uint64(sizes[target->size]));
    json_object_object_add(object, "limit", bench_json_double(target->limit, 6));
    json_object_object_add(object, "value", bench_json_double(value_of(target), 6));
    json_object_object_add(object, "reached", json_object_new_boolean(is_reached(target)));
    return object;
}

static int print_json(void)
{
    json_object *all = json_object_new_object(), *list = json_object_new_array(), *aims = json_object_new_array();
    for (size_t f = 0; f < FORMATS; f++)
        for (size_t s = 0; s < size_count; s++)
            for (size_t w = 0; w < WAYS; w++)
                json_object_array_add(list, json_of_row(f, s, w));
    for (size_t t = 0; t < target_count; t++)
        json_object_array_add(aims, json_of_target(&targets[t]));
    json_object_object_add(all, "rows", list);
    json_object_object_add(all, "targets", aims);
    json_object_object_add(all, "notes", json_object_new_array());
    return bench_json_print(all);
}

/* --- options ------------------------------------------------------------------------------------------------------ */

static const char doc[] =
    "Measures nanoseconds per metric of each way to read a file of metrics, of 10 to 1000000 of them.\n"
    "All ways take turns with memcpy of the same bytes; a row's figure is the median over the turns (15).\v"
    "Exit status: 0 it was measured, whatever the figures; 1 failed; 2 wrong usage.";

/* How the file is read, in words; for --help. */
static char *help_filter(int key, const char *text, void *input)
{
    char *out = NULL, *more;
    (void)input;
    if (key != ARGP_KEY_HELP_POST_DOC)
        return (char *)(uintptr_t)text;
    if (asprintf(&out, "%s\n\n", text) < 0)
        return NULL;
    for (size_t w = 0; w < WAYS && out != NULL; w++) {
        if (asprintf(&more, "%s%s: %s\n", out, ways[w].name, ways[w].what) < 0)
            more = NULL;
        free(out);
        out = more;
    }
    return out;
}

int main(int argc, char **argv)
{
    static const struct argp_child children[] = {{&bench_pace_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {NULL, NULL, "", doc, children, help_filter, NULL}; /* the child has its input */
    struct bench_pace_options input = {0};
    bench_parse(&argp, argc, argv, &input);
    struct bench_pace pace = bench_pace_of(&input, 15, 1);
    size_count = input.common.quick ? QUICK_SIZES : SIZES;
    bench_pin(bench_core(0));
    measure_all(&pace);
    bench_directory_done();
    set_targets();
    return input.common.json ? print_json() : print_text();
}
