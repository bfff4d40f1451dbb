/* SPDX-License-Identifier: MIT
 *
 * index.c - which files, processes and metrics there are; made anew when some came or went. */

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/escape.h"
#include "tools/common/text.h"
#include "tools/top/model.h"

/* --- rules -------------------------------------------------------------------------------------------------------- */

/* By kind. A number of unknown kind may be a counter: an integer is taken for one where it is drawn. */
static const struct top_rule rules[MMS_METRICS] = {
    [MMS_METRIC_UNKNOWN] = {TOP_SUM, true, false},      [MMS_METRIC_GAUGE] = {TOP_SUM, true, false},
    [MMS_METRIC_COUNTER] = {TOP_SUM, true, true},       [MMS_METRIC_INFO] = {TOP_SAME, false, false},
    [MMS_METRIC_STATESET] = {TOP_SUM, false, false},    [MMS_METRIC_HISTOGRAM] = {TOP_SUM, true, true},
    [MMS_METRIC_SUMMARY] = {TOP_MEAN, false, false},    [MMS_METRIC_TIMESTAMP] = {TOP_LATEST, false, false},
    [MMS_METRIC_DURATION] = {TOP_MEAN, false, false},
};

/* Default fields say who the writer is: their sum means nothing. */
static bool is_identity(const struct mms_watch_file *file, struct mms_text label)
{
    for (int i = 0; i < MMS_SYS_FIELDS; i++) {
        const struct mms_sys_field *field = mms_sys_field_of((enum mms_sys)i);
        if (field->metric != MMS_METRIC_TIMESTAMP && mms_sys_is(file->prefix, label, field->label))
            return true;
    }
    return false;
}

static struct top_rule rule_of(const struct mms_watch_file *file, const struct mms_watch_field *field)
{
    struct top_rule rule = rules[field->kind < MMS_METRICS ? field->kind : MMS_METRIC_UNKNOWN];
    if (field->kind == MMS_METRIC_UNKNOWN && is_identity(file, field->label))
        rule = rules[MMS_METRIC_INFO];
    else if (field->kind == MMS_METRIC_UNKNOWN)
        rule.draws_rate = mms_class_of(field->now.type) != MMS_CLASS_FLOAT;
    return rule;
}

/* --- files -------------------------------------------------------------------------------------------------------- */

static int compare_numbers(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

static int compare_paths(const void *a, const void *b)
{
    const struct top_file *one = a, *other = b;
    return strcmp(one->path, other->path);
}

static struct top_file *find_file(const char *path, struct top_file *sorted, size_t count)
{
    struct top_file key = {.path = (char *)(uintptr_t)path};
    return count > 0 ? bsearch(&key, sorted, count, sizeof key, compare_paths) : NULL;
}

/* Files of a process stand together, those whose process is not known at the end. */
static int compare_owners(const void *a, const void *b)
{
    const struct top_file *one = a, *other = b;
    int order = compare_numbers(one->pid - 1, other->pid - 1); /* 0, unknown, goes last */
    order = order != 0 ? order : (one->live == MMS_DEAD) - (other->live == MMS_DEAD);
    return order != 0 ? order : compare_paths(a, b);
}

static bool same_owner(const struct top_file *a, const struct top_file *b)
{
    return a->pid != 0 && a->pid == b->pid && (a->live == MMS_DEAD) == (b->live == MMS_DEAD);
}

/* What was known of the file moves over. old: NULL, or its fields may be others now (then history moves in
 * take_history). */
static int make_file(struct top_file *file, struct top_file *old, const struct mms_watch_file *watched)
{
    file->path = strdup(watched->path);
    file->reader = watched->reader;
    file->generation = watched->generation;
    file->pid = watched->pid;
    file->live = watched->live;
    file->count = watched->reader != NULL ? watched->count : 0;
    if (old != NULL)
        file->id = old->id;
    if (old != NULL && old->reader == file->reader && old->generation == file->generation) {
        file->history = old->history;
        old->history = NULL;
    }
    file->metrics = calloc(file->count + 1, sizeof *file->metrics);
    return file->path != NULL && file->metrics != NULL ? 0 : -ENOMEM;
}

/* old is sorted by path. */
static int make_files(struct top_model *model, struct top_file *old, size_t old_count)
{
    const struct mms_watch *watch = model->watch;
    model->files = calloc(watch->count + 1, sizeof *model->files);
    model->file_count = 0;
    if (model->files == NULL || watch->count > UINT32_MAX)
        return -ENOMEM;
    int error = 0;
    for (size_t i = 0; error == 0 && i < watch->count; i++) {
        struct top_file *file = &model->files[model->file_count++];
        struct top_file *was = find_file(watch->files[i].path, old, old_count);
        file->index = i;
        error = make_file(file, was, &watch->files[i]);
        if (was == NULL)
            file->id = ++model->last_id;
    }
    if (error == 0)
        qsort(model->files, model->file_count, sizeof *model->files, compare_owners);
    return error;
}

static int make_processes(struct top_model *model)
{
    free(model->processes);
    model->process_count = 0;
    model->processes = calloc(model->file_count + 1, sizeof *model->processes);
    if (model->processes == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < model->file_count; i++) {
        struct top_file *file = &model->files[i];
        if (i == 0 || !same_owner(file, file - 1))
            model->processes[model->process_count++] =
                (struct top_process){.id = file->id, .pid = file->pid, .live = file->live, .first = i};
        file->process = model->process_count - 1;
        struct top_process *process = &model->processes[file->process];
        process->id = process->id < file->id ? process->id : file->id;
        process->readable |= file->reader != NULL;
        process->count++;
    }
    return 0;
}

/* --- metrics ------------------------------------------------------------------------------------------------------ */

/* A field on its way into a metric. */
struct entry {
    const struct mms_watch_field *field;
    struct top_place place;
};

static int compare_keys(struct mms_text label_a, struct mms_text unit_a, uint8_t kind_a, struct mms_text label_b,
                        struct mms_text unit_b, uint8_t kind_b)
{
    int order = mms_text_compare(label_a, label_b);
    order = order != 0 ? order : mms_text_compare(unit_a, unit_b);
    return order != 0 ? order : compare_numbers(kind_a, kind_b);
}

static int compare_fields(const struct mms_watch_field *a, const struct mms_watch_field *b)
{
    return compare_keys(a->label, a->unit, a->kind, b->label, b->unit, b->kind);
}

static int compare_entries(const void *a, const void *b)
{
    const struct entry *one = a, *other = b;
    int order = compare_fields(one->field, other->field);
    order = order != 0 ? order : compare_numbers(one->place.file, other->place.file);
    return order != 0 ? order : compare_numbers(one->place.field, other->place.field);
}

/* All fields that pass the filters, sorted. */
static struct entry *list_entries(struct top_model *model, size_t *count)
{
    size_t all = 0;
    for (size_t f = 0; f < model->file_count; f++)
        all += model->files[f].count;
    struct entry *entries = calloc(all + 1, sizeof *entries);
    *count = 0;
    for (size_t f = 0; entries != NULL && f < model->file_count; f++) {
        struct top_file *file = &model->files[f];
        const struct mms_watch_field *fields = top_model_watched(model, file)->fields;
        for (size_t i = 0; i < file->count; i++) {
            file->metrics[i] = UINT32_MAX;
            if (!mms_filter_passes(model->options, fields[i].label))
                continue;
            entries[(*count)++] = (struct entry){&fields[i], {(uint32_t)f, (uint32_t)i}};
        }
    }
    if (entries != NULL)
        qsort(entries, *count, sizeof *entries, compare_entries);
    return entries;
}

/* Runs of entries with the same key become a metric each. */
static int make_metrics(struct top_model *model, const struct entry *entries, size_t count)
{
    size_t metrics = 0, size = 0;
    for (size_t i = 0; i < count; i++)
        if (i == 0 || compare_fields(entries[i].field, entries[i - 1].field) != 0) {
            metrics++;
            size += entries[i].field->label.size + entries[i].field->unit.size;
        }
    model->metrics = calloc(metrics + 1, sizeof *model->metrics);
    model->places = calloc(count + 1, sizeof *model->places);
    model->texts = malloc(size + 1);
    model->scratch = calloc(count + 1, sizeof *model->scratch);
    if (model->metrics == NULL || model->places == NULL || model->texts == NULL || model->scratch == NULL)
        return -ENOMEM;
    char *at = model->texts;
    for (size_t i = 0; i < count; i++) {
        const struct mms_watch_field *field = entries[i].field;
        struct top_file *file = &model->files[entries[i].place.file];
        if (i == 0 || compare_fields(field, entries[i - 1].field) != 0) {
            model->metrics[model->metric_count++] = (struct top_metric){
                .label = mms_text_copy(&at, field->label), .unit = mms_text_copy(&at, field->unit), .kind = field->kind,
                .rule = rule_of(top_model_watched(model, file), field), .first = i, .was = SIZE_MAX};
        }
        struct top_metric *metric = &model->metrics[model->metric_count - 1];
        file->metrics[entries[i].place.field] = (uint32_t)(model->metric_count - 1);
        if (metric->count == 0 || model->files[model->places[i - 1].file].process != file->process)
            model->processes[file->process].metrics++;
        model->places[i] = entries[i].place;
        metric->count++;
    }
    model->place_count = count;
    model->widest_label = 0;
    for (size_t i = 0; i < model->metric_count; i++) {
        size_t width = mms_escaped_width(model->metrics[i].label);
        model->widest_label = width > model->widest_label ? width : model->widest_label;
    }
    return 0;
}

/* --- what was there before ---------------------------------------------------------------------------------------- */

static float *no_history(size_t columns)
{
    float *history = malloc((TOP_HISTORY * columns + 1) * sizeof *history);
    for (size_t i = 0; history != NULL && i < TOP_HISTORY * columns; i++)
        history[i] = NAN;
    return history;
}

/* Both are sorted by the same key. */
static int take_over(struct top_model *model, struct top_metric *old, size_t old_count)
{
    for (size_t i = 0, k = 0; i < model->metric_count;) {
        struct top_metric *metric = &model->metrics[i];
        int order = -1;
        if (k < old_count)
            order = compare_keys(metric->label, metric->unit, metric->kind, old[k].label, old[k].unit, old[k].kind);
        if (order == 0) {
            metric->id = old[k].id;
            metric->was = k;
            metric->history = old[k].history;
            old[k].history = NULL;
        } else if (order < 0) {
            metric->id = ++model->last_id;
            metric->history = no_history(1);
        }
        if (order <= 0 && metric->history == NULL)
            return -ENOMEM;
        i += order <= 0;
        k += order >= 0;
    }
    return 0;
}

/* Each field takes the numbers of the field that was in the same metric. column: room for a number of each old one. */
static void move_history(const struct top_model *model, struct top_file *file, const struct top_file *was,
                         size_t *column, size_t old_metrics)
{
    for (size_t i = 0; i < old_metrics; i++)
        column[i] = SIZE_MAX;
    for (size_t i = 0; i < was->count; i++)
        if (was->metrics[i] != UINT32_MAX)
            column[was->metrics[i]] = i;
    for (size_t i = 0; i < file->count; i++) {
        size_t metric = file->metrics[i] == UINT32_MAX ? SIZE_MAX : model->metrics[file->metrics[i]].was;
        for (size_t row = 0; metric != SIZE_MAX && column[metric] != SIZE_MAX && row < TOP_HISTORY; row++)
            file->history[row * file->count + i] = was->history[row * was->count + column[metric]];
    }
}

/* Of files whose fields are others now, or that are new. */
static int take_history(struct top_model *model, struct top_file *old, size_t old_count, size_t old_metrics)
{
    size_t *column = malloc((old_metrics + 1) * sizeof *column);
    if (column == NULL)
        return -ENOMEM;
    for (size_t f = 0; f < model->file_count; f++) {
        struct top_file *file = &model->files[f];
        if (file->history != NULL)
            continue;
        if ((file->history = no_history(file->count)) == NULL) {
            free(column);
            return -ENOMEM;
        }
        const struct top_file *was = find_file(file->path, old, old_count);
        if (was != NULL && was->history != NULL)
            move_history(model, file, was, column, old_metrics);
    }
    free(column);
    return 0;
}

/* --- model.h ------------------------------------------------------------------------------------------------------ */

bool top_index_is_current(const struct top_model *model)
{
    if (model->files == NULL || model->watch->changed)
        return false;
    for (size_t i = 0; i < model->file_count; i++) {
        const struct mms_watch_file *watched = top_model_watched(model, &model->files[i]);
        if (watched->pid != model->files[i].pid || watched->live != model->files[i].live)
            return false;
    }
    return true;
}

int top_index_make(struct top_model *model)
{
    struct top_model old = *model;
    size_t count = 0;
    model->metrics = NULL;
    model->places = NULL;
    model->texts = NULL;
    model->scratch = NULL;
    model->metric_count = 0;
    if (old.file_count > 0)
        qsort(old.files, old.file_count, sizeof *old.files, compare_paths);
    int error = make_files(model, old.files, old.file_count);
    error = error < 0 ? error : make_processes(model);
    struct entry *entries = error < 0 ? NULL : list_entries(model, &count);
    error = entries == NULL ? -ENOMEM : make_metrics(model, entries, count);
    free(entries);
    error = error < 0 ? error : take_over(model, old.metrics, old.metric_count);
    error = error < 0 ? error : take_history(model, old.files, old.file_count, old.metric_count);
    old.processes = NULL; /* freed when the new ones were made, or still the model's */
    top_model_end(&old);
    return error;
}
