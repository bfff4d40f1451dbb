/* SPDX-License-Identifier: MIT
 *
 * rows.c - measures rows in turn, and prints them. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/common.h"

struct bench_row *bench_add(struct bench_table *table, struct bench_row row)
{
    if (table->count == BENCH_ROWS)
        bench_fail("too many rows (BENCH_ROWS)", 0);
    if (row.per == 0)
        row.per = 1;
    table->rows[table->count] = row;
    return &table->rows[table->count++];
}

void bench_note(struct bench_table *table, const char *format, ...)
{
    char *note = NULL;
    va_list arguments;
    va_start(arguments, format);
    if (table->note_count == BENCH_NOTES || vasprintf(&note, format, arguments) < 0)
        bench_fail("too many notes (BENCH_NOTES)", 0);
    va_end(arguments);
    table->notes[table->note_count++] = note;
}

const struct bench_row *bench_find(const struct bench_table *table, struct bench_key key)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct bench_row *row = &table->rows[i];
        if (row->fields == key.fields && strcmp(row->name, key.name) == 0 && strcmp(row->format, key.format) == 0)
            return row;
    }
    return NULL;
}

double bench_ratio(const struct bench_row *row)
{
    const struct bench_row *plain = row->plain != NULL ? row->plain : row;
    return row->ns_median / plain->ns_median;
}

/* --- measuring ---------------------------------------------------------------------------------------------------- */

/* Nanoseconds that `times` times took. */
static uint64_t run_once(const struct bench_row *row, size_t times)
{
    uint64_t begin = bench_thread_time();
    row->run(row->context, times);
    uint64_t end = bench_thread_time();
    if (row->between != NULL)
        row->between(row->context);
    return end - begin;
}

/* How often a run has to do it to take sample_ns. This warms up, too. */
static size_t calibrate(const struct bench_row *row, uint64_t sample_ns)
{
    size_t times = 1;
    run_once(row, times); /* pages are touched for the first time */
    uint64_t took = run_once(row, times);
    while (took < sample_ns / 2 && (row->most == 0 || times < row->most)) {
        times *= 2;
        took = run_once(row, times);
    }
    times = (size_t)((double)times * (double)sample_ns / (double)(took + 1));
    if (row->most != 0 && times > row->most)
        times = row->most;
    return times > 0 ? times : 1;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void shuffle(size_t *order, size_t count, uint64_t *random)
{
    for (size_t i = count; i > 1; i--) {
        size_t j = (size_t)(bench_random(random) % i), kept = order[i - 1];
        order[i - 1] = order[j];
        order[j] = kept;
    }
}

void bench_measure(struct bench_table *table, const struct bench_pace *pace)
{
    size_t count = table->count, turns = pace->turns;
    size_t *times = calloc(count, sizeof *times), *order = calloc(count, sizeof *order);
    double *samples = calloc(count * turns, sizeof *samples);
    uint64_t random = pace->seed;
    if (times == NULL || order == NULL || samples == NULL)
        bench_fail("no memory", 0);
    for (size_t i = 0; i < count; i++) {
        order[i] = i;
        times[i] = calibrate(&table->rows[i], pace->sample_ns);
    }
    for (size_t turn = 0; turn < turns; turn++) {
        shuffle(order, count, &random);
        for (size_t n = 0; n < count; n++) {
            size_t i = order[n];
            uint64_t took = run_once(&table->rows[i], times[i]);
            samples[i * turns + turn] = (double)took / (double)times[i] / (double)table->rows[i].per;
        }
    }
    for (size_t i = 0; i < count; i++) {
        double *sorted = samples + i * turns;
        qsort(sorted, turns, sizeof *sorted, ascending);
        table->rows[i].ns_min = sorted[0];
        table->rows[i].ns_median = (sorted[(turns - 1) / 2] + sorted[turns / 2]) / 2;
        table->rows[i].ns_max = sorted[turns - 1];
    }
    free(times);
    free(order);
    free(samples);
}

/* --- printing ----------------------------------------------------------------------------------------------------- */

/* False: one of the two rows was not measured. */
static bool value_of(const struct bench_table *table, const struct bench_target *target, double *value)
{
    const struct bench_row *row = bench_find(table, target->row), *base = bench_find(table, target->base);
    if (row == NULL || base == NULL)
        return false;
    *value = row->ns_median / base->ns_median;
    return true;
}

static void print_text(const struct bench_table *table, const struct bench_target *targets, size_t count)
{
    printf("%-15s %-32s %7s %9s %9s %9s %9s\n", "format", "what", "fields", "median ns", "min", "max", "x plain");
    for (size_t i = 0; i < table->count; i++) {
        const struct bench_row *row = &table->rows[i];
        printf("%-15s %-32s %7zu %9.2f %9.2f %9.2f %9.2f\n", row->format, row->name, row->fields, row->ns_median,
               row->ns_min, row->ns_max, bench_ratio(row));
    }
    puts("");
    for (size_t i = 0; i < count; i++) {
        const struct bench_target *target = &targets[i];
        double value;
        if (value_of(table, target, &value))
            printf("%-66s %5.2f  %s (%.3f)\n", target->what, target->limit,
                   value <= target->limit ? "reached" : "missed", value);
        else
            printf("%-66s %5.2f  not measured\n", target->what, target->limit);
    }
    for (size_t i = 0; i < table->note_count; i++)
        printf("%s\n", table->notes[i]);
}

json_object *bench_json_double(double value, int digits)
{
    char text[64];
    snprintf(text, sizeof text, "%.*f", digits, value);
    return json_object_new_double_s(value, text);
}

static json_object *json_of_row(const struct bench_row *row)
{
    json_object *object = json_object_new_object();
    json_object_object_add(object, "name", json_object_new_string(row->name));
    json_object_object_add(object, "format", json_object_new_string(row->format));
    json_object_object_add(object, "fields", json_object_new_uint64(row->fields));
    json_object_object_add(object, "ns_median", bench_json_double(row->ns_median, 3));
    json_object_object_add(object, "ns_min", bench_json_double(row->ns_min, 3));
    json_object_object_add(object, "ns_max", bench_json_double(row->ns_max, 3));
    json_object_object_add(object, "ratio_to_plain", bench_json_double(bench_ratio(row), 3));
    return object;
}

static json_object *json_of_target(const struct bench_table *table, const struct bench_target *target)
{
    json_object *object = json_object_new_object();
    double value = 0;
    bool measured = value_of(table, target, &value);
    json_object_object_add(object, "target", json_object_new_string(target->what));
    json_object_object_add(object, "limit", bench_json_double(target->limit, 2));
    json_object_object_add(object, "value", measured ? bench_json_double(value, 6) : NULL);
    json_object_object_add(object, "reached", measured ? json_object_new_boolean(value <= target->limit) : NULL);
    return object;
}

int bench_json_print(json_object *object)
{
    const char *text = json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
    puts(text);
    json_object_put(object);
    return bench_printed();
}

int bench_print(const struct bench_table *table, const struct bench_target *targets, size_t count, bool json)
{
    if (!json) {
        print_text(table, targets, count);
        return bench_printed();
    }
    json_object *rows = json_object_new_array(), *aims = json_object_new_array(), *notes = json_object_new_array();
    json_object *all = json_object_new_object();
    for (size_t i = 0; i < table->count; i++)
        json_object_array_add(rows, json_of_row(&table->rows[i]));
    for (size_t i = 0; i < count; i++)
        json_object_array_add(aims, json_of_target(table, &targets[i]));
    for (size_t i = 0; i < table->note_count; i++)
        json_object_array_add(notes, json_object_new_string(table->notes[i]));
    json_object_object_add(all, "rows", rows);
    json_object_object_add(all, "targets", aims);
    json_object_object_add(all, "notes", notes);
    return bench_json_print(all);
}
