/* SPDX-License-Identifier: MIT
 *
 * cells.c - what stands in the tables. */

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tools/common/escape.h"
#include "tools/common/files.h"
#include "tools/common/human.h"
#include "tools/common/spark.h"
#include "tools/common/value.h"
#include "tools/top/table.h"

__attribute__((format(printf, 2, 3))) static void print(struct top_cell *cell, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(cell->buffer, sizeof cell->buffer, format, arguments);
    va_end(arguments);
    cell->text = mms_text_of(cell->buffer);
}

/* --- numbers ------------------------------------------------------------------------------------------------------ */

/* Whole numbers as they are, as long as there is room for them. */
static void print_number(struct top_cell *cell, const struct mms_sample *sample, enum mms_human as)
{
    char text[MMS_HUMAN_SIZE];
    mms_human_number(mms_sample_float(sample), as, text);
    print(cell, "%s", text);
    if (as != MMS_HUMAN_COUNT)
        return;
    switch (mms_class_of(sample->type)) {
    case MMS_CLASS_BOOL:
    case MMS_CLASS_UINT:
        if (sample->u < 100000000)
            print(cell, "%" PRIu64, sample->u);
        break;
    case MMS_CLASS_INT:
        if (sample->i > -10000000 && sample->i < 100000000)
            print(cell, "%" PRId64, sample->i);
        break;
    default:
        break;
    }
}

static void print_moment(struct top_cell *cell, double seconds)
{
    char text[MMS_HUMAN_SIZE];
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    double ago = (double)now.tv_sec + (double)now.tv_nsec / 1e9 - seconds;
    mms_human_number(fabs(ago), MMS_HUMAN_SECONDS, text);
    bool fits = (int)strlen(text) + 4 <= cell->columns;
    print(cell, "%s%s%s", ago < 0 && fits ? "in " : "", text, ago >= 0 && fits ? " ago" : "");
}

static void print_rate(struct top_cell *cell, double rate)
{
    char text[MMS_HUMAN_SIZE];
    mms_human_number(rate, MMS_HUMAN_COUNT, text);
    print(cell, "%s", isnan(rate) ? "-" : text);
}

/* As many rounds to a column, which holds their mean, as it takes to show all that are remembered. A round stays in its
 * column for as long as that number is the same. */
static void print_history(const struct top_view *view, const double *numbers, struct top_cell *cell)
{
    size_t columns = (size_t)cell->columns, count = view->model->rounds, made = 0;
    uint64_t each = (count + columns - 1) / columns, first = view->model->round - count;
    double means[TOP_HISTORY];
    for (size_t i = 0; i < count;) {
        uint64_t column = (first + i) / each;
        double sum = 0;
        size_t seen = 0;
        for (; i < count && (first + i) / each == column; i++)
            if (isfinite(numbers[i])) {
                sum += numbers[i];
                seen++;
            }
        means[made++] = seen > 0 ? sum / (double)seen : (double)NAN;
    }
    cell->text = (struct mms_text){cell->buffer, mms_spark_line(means, made, columns, MMS_SPARK_BLOCKS, cell->buffer)};
    cell->style = TOP_GRAPH;
}

/* --- values ------------------------------------------------------------------------------------------------------- */

static bool read_stat(const struct top_model *model, const struct top_place *place, struct mms_stat *stat)
{
    const struct mms_watch_file *file = top_model_watched(model, &model->files[place->file]);
    return mms_reader_get(file->reader, file->fields[place->field].field, stat) == 0;
}

/* A text, or several values in one field. The text stays valid until its reader is used again. */
static void print_other(struct top_cell *cell, struct mms_stat *stat)
{
    enum { ENOUGH = TOP_CELL_SIZE / 2 };
    if (!stat->is_array && stat->count == 1 && mms_class_of(stat->values[0].type) == MMS_CLASS_TEXT) {
        cell->text = stat->values[0].text;
        return;
    }
    if (stat->count > ENOUGH && stat->record->layout != MMS_LAYOUT_HISTOGRAM)
        stat->count = ENOUGH; /* more is never seen */
    FILE *out = fmemopen(cell->buffer, sizeof cell->buffer, "w");
    if (out == NULL)
        return;
    mms_put_value(out, stat);
    fclose(out);
    cell->buffer[sizeof cell->buffer - 1] = '\0';
    cell->text = mms_text_of(cell->buffer);
}

static bool same_text(const struct mms_stat *a, struct mms_text text)
{
    return !a->is_array && a->count == 1 && mms_class_of(a->values[0].type) == MMS_CLASS_TEXT &&
           a->values[0].text.size == text.size && memcmp(a->values[0].text.data, text.data, text.size) == 0;
}

/* Where all have the same text, that. */
static void print_others(const struct top_view *view, const struct top_reading *reading,
                         const struct top_place *places, struct top_cell *cell)
{
    struct mms_stat stat;
    if (reading->fields == 0 || !read_stat(view->model, &places[0], &stat))
        return;
    print_other(cell, &stat);
    struct mms_text first = cell->text;
    for (size_t i = 1; i < reading->fields; i++)
        if (!read_stat(view->model, &places[i], &stat) || !same_text(&stat, first)) {
            print(cell, "%zu values", reading->fields);
            return;
        }
}

void top_cell_value(const struct top_view *view, const struct top_metric *metric, const struct top_reading *reading,
                    const struct top_place *places, struct top_cell *cell)
{
    if (reading->value.type == MMS_TYPE_PAD)
        print_others(view, reading, places, cell);
    else if (metric->kind == MMS_METRIC_TIMESTAMP)
        print_moment(cell, mms_sample_float(&reading->value));
    else
        print_number(cell, &reading->value,
                     metric->kind == MMS_METRIC_HISTOGRAM ? MMS_HUMAN_COUNT : mms_human_of(metric->unit));
}

/* --- processes ---------------------------------------------------------------------------------------------------- */

static const struct top_process *process_of(const struct top_view *view, const struct top_row *row)
{
    return row->index != TOP_ALL ? &view->model->processes[row->index] : NULL;
}

static void print_pid(struct top_cell *cell, uint64_t pid)
{
    print(cell, pid != 0 ? "%" PRIu64 : "-", pid);
}

static void process_pid(const struct top_view *view, const struct top_row *row, struct top_cell *cell)
{
    const struct top_process *process = process_of(view, row);
    if (process == NULL)
        print(cell, "all");
    else
        print_pid(cell, process->pid);
}

static void process_name(const struct top_view *view, const struct top_row *row, struct top_cell *cell)
{
    if (process_of(view, row) == NULL)
        print(cell, "%zu %s", view->model->process_count, view->model->process_count == 1 ? "process" : "processes");
    else
        cell->text = row->name;
}

static void print_state(struct top_cell *cell, enum mms_liveness live, bool readable)
{
    static const char *const names[] = {[MMS_LIVE] = "live", [MMS_DEAD] = "DEAD", [MMS_LIVENESS_UNKNOWN] = "?"};
    print(cell, "%s", readable ? names[live] : "ERROR");
    cell->style = !readable || live == MMS_DEAD ? TOP_BAD : live == MMS_LIVE ? TOP_GOOD : TOP_PLAIN;
}

static void process_state(const struct top_view *view, const struct top_row *row, struct top_cell *cell)
{
    const struct top_process *process = process_of(view, row);
    if (process != NULL)
        print_state(cell, process->live, process->readable);
}

static void process_files(const struct top_view *view, const struct top_row *row, struct top_cell *cell)
{
    const struct top_process *process = process_of(view, row);
    print(cell, "%zu", process != NULL ? process->count : view->model->file_count);
}

static void process_metrics(const struct top_view *view, const struct top_row *row, struct top_cell *cell)
{
    const struct top_process *process = process_of(view, row);
    print(cell, "%zu", process != NULL ? process->metrics : view->model->metric_count);
}

static void process_rate(const struct top_view *view, const struct top_row *row, struct top_cell *cell)
{
    const struct top_process *process = process_of(view, row);
    if (process != NULL)
        print_rate(cell, process->busiest != 0 ? process->busiest : (double)NAN);
}

/* What a process is busiest with; or why it cannot be read. */
static void process_busiest(const struct top_view *view, const struct top_row *row, struct top_cell *cell)
{
    const struct top_model *model = view->model;
    const struct top_process *process = process_of(view, row);
    if (process != NULL && !process->readable) {
        struct mms_diag diag = {0};
        char message[MMS_MESSAGE_SIZE];
        int error = mms_set_error(model->watch->set, model->files[process->first].index, &diag);
        mms_file_message(error, &diag, 0, message);
        print(cell, "%s", message);
    } else if (process != NULL && process->busiest != 0) {
        cell->text = model->metrics[process->busiest_metric].label;
    }
}

/* --- metrics ------------------------------------------------------------------------------------------------------ */

static void row_name(const struct top_view *view, const struct top_row *row, struct top_cell *cell)
{
    (void)view;
    cell->text = row->name;
}

static int widest_label(const struct top_view *view)
{
    return (int)view->model->widest_label;
}

static void row_rate(const struct top_view *view, const struct top_row *row, struct top_cell *cell)
{
    (void)view;
    print_rate(cell, row->reading.rate);
}

static void metric_value(const struct top_view *view, const struct top_row *row, struct top_cell *cell)
{
    const struct top_metric *metric = &view->model->metrics[row->index];
    const struct top_place *places;
    top_model_places(view->model, metric, top_view_process(view), &places);
    top_cell_value(view, metric, &row->reading, places, cell);
}

static void metric_history(const struct top_view *view, const struct top_row *row, struct top_cell *cell)
{
    const struct top_metric *metric = &view->model->metrics[row->index];
    double numbers[TOP_HISTORY];
    if (metric->rule.way == TOP_SAME || metric->rule.way == TOP_LATEST) /* there is nothing to see */
        return;
    top_model_history(view->model, metric, top_view_process(view), numbers);
    print_history(view, numbers, cell);
}

static void metric_unit(const struct top_view *view, const struct top_row *row, struct top_cell *cell)
{
    cell->text = view->model->metrics[row->index].unit;
}

static void metric_kind(const struct top_view *view, const struct top_row *row, struct top_cell *cell)
{
    uint8_t kind = view->model->metrics[row->index].kind;
    print(cell, "%s", kind == MMS_METRIC_UNKNOWN ? "-" : mms_metric_name(kind));
}

static void metric_processes(const struct top_view *view, const struct top_row *row, struct top_cell *cell)
{
    (void)view;
    print(cell, "%zu", row->reading.processes);
}

/* --- places ------------------------------------------------------------------------------------------------------- */

static const struct top_file *file_of(const struct top_view *view, const struct top_row *row)
{
    return &view->model->files[view->model->places[row->index].file];
}

static void place_pid(const struct top_view *view, const struct top_row *row, struct top_cell *cell)
{
    print_pid(cell, file_of(view, row)->pid);
}

static void place_state(const struct top_view *view, const struct top_row *row, struct top_cell *cell)
{
    print_state(cell, file_of(view, row)->live, true);
}

static void place_value(const struct top_view *view, const struct top_row *row, struct top_cell *cell)
{
    const struct top_metric *metric = top_view_metric(view);
    if (metric != NULL)
        top_cell_value(view, metric, &row->reading, &view->model->places[row->index], cell);
}

static void place_history(const struct top_view *view, const struct top_row *row, struct top_cell *cell)
{
    double numbers[TOP_HISTORY];
    top_model_place_history(view->model, &view->model->places[row->index], numbers);
    print_history(view, numbers, cell);
}

/* --- tables ------------------------------------------------------------------------------------------------------- */

const struct top_table top_tables[TOP_LISTS] = {
    [TOP_LIST_PROCESSES] = {"processes", {
        {"PID", TOP_SORT_PROCESS, TOP_RIGHT, 7, 10, 3, process_pid, NULL},
        {"COMMAND", TOP_SORT_NAME, TOP_LEFT, 8, 30, 0, process_name, NULL},
        {"STATE", TOP_NOTHING, TOP_LEFT, 5, 7, 1, process_state, NULL},
        {"FILES", TOP_NOTHING, TOP_RIGHT, 5, 7, 5, process_files, NULL},
        {"METRICS", TOP_SORT_VALUE, TOP_RIGHT, 8, 8, 4, process_metrics, NULL},
        {"RATE/s", TOP_SORT_RATE, TOP_RIGHT, 8, 8, 2, process_rate, NULL},
        {"BUSIEST", TOP_NOTHING, TOP_LEFT, 16, 1000, 6, process_busiest, NULL},
    }},
    [TOP_LIST_METRICS] = {"metrics", {
        {"METRIC", TOP_SORT_NAME, TOP_LEFT, 9, 48, 0, row_name, widest_label},
        {"VALUE", TOP_SORT_VALUE, TOP_RIGHT, 9, 11, 1, metric_value, NULL},
        {"RATE/s", TOP_SORT_RATE, TOP_RIGHT, 8, 8, 2, row_rate, NULL},
        {"HISTORY", TOP_NOTHING, TOP_LEFT, 10, TOP_HISTORY, 3, metric_history, NULL},
        {"UNIT", TOP_NOTHING, TOP_LEFT, 8, 12, 4, metric_unit, NULL},
        {"KIND", TOP_NOTHING, TOP_LEFT, 8, 9, 6, metric_kind, NULL},
        {"PROCS", TOP_SORT_PROCESS, TOP_RIGHT, 6, 6, 5, metric_processes, NULL},
    }},
    [TOP_LIST_PLACES] = {"details", {
        {"PID", TOP_SORT_PROCESS, TOP_RIGHT, 7, 10, 2, place_pid, NULL},
        {"FILE", TOP_SORT_NAME, TOP_LEFT, 8, 40, 0, row_name, NULL},
        {"STATE", TOP_NOTHING, TOP_LEFT, 5, 7, 3, place_state, NULL},
        {"VALUE", TOP_SORT_VALUE, TOP_RIGHT, 8, 24, 1, place_value, NULL},
        {"RATE/s", TOP_SORT_RATE, TOP_RIGHT, 8, 8, 4, row_rate, NULL},
        {"HISTORY", TOP_NOTHING, TOP_LEFT, 10, TOP_HISTORY, 5, place_history, NULL},
    }},
};
