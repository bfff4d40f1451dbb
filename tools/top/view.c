/* SPDX-License-Identifier: MIT */

#include "tools/top/view.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tools/common/escape.h"
#include "tools/common/text.h"

/* --- names and filters -------------------------------------------------------------------------------------------- */

static struct mms_text file_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return mms_text_of(slash != NULL ? slash + 1 : path);
}

static bool cut_end(struct mms_text *text, struct mms_text end)
{
    if (text->size <= end.size || memcmp(text->data + text->size - end.size, end.data, end.size) != 0)
        return false;
    text->size -= end.size;
    return true;
}

static void cut_digits(struct mms_text *text)
{
    size_t size = text->size;
    while (size > 0 && text->data[size - 1] >= '0' && text->data[size - 1] <= '9')
        size--;
    if (size > 1 && size < text->size && text->data[size - 1] == '-')
        text->size = size - 1;
}

struct mms_text top_view_command(const struct top_model *model, const struct top_process *process)
{
    struct mms_text name = file_name(model->files[process->first].path), command = name;
    char pid[32];
    snprintf(pid, sizeof pid, "-%" PRIu64, process->pid);
    cut_end(&command, mms_text_of(".mmstats"));
    struct mms_text whole = command;
    cut_digits(&command);
    if (cut_end(&command, mms_text_of(pid))) /* {CMD}-{PID}-{TID} */
        return command;
    command = whole;
    cut_end(&command, mms_text_of(pid)); /* {CMD}-{PID} */
    return command;
}

static bool has_part(struct mms_text text, const char *part)
{
    size_t size = strlen(part);
    for (size_t i = 0; i + size <= text.size; i++)
        if (strncasecmp(text.data + i, part, size) == 0)
            return true;
    return false;
}

static bool passes(const struct top_list *list, struct mms_text name)
{
    const char *filter = list->filter;
    const struct mms_tool_options glob = {.filters = &filter, .filter_count = 1};
    return strpbrk(filter, "*?[") != NULL ? mms_filter_passes(&glob, name) : has_part(name, filter);
}

/* --- rows --------------------------------------------------------------------------------------------------------- */

/* The largest key first, no number last. */
static int compare_rows(const void *a, const void *b)
{
    const struct top_row *one = a, *other = b;
    if (isnan(one->key) || isnan(other->key)) {
        if (isnan(one->key) != isnan(other->key))
            return isnan(one->key) ? 1 : -1;
    } else if (one->key != other->key) {
        return one->key > other->key ? -1 : 1;
    }
    int order = mms_text_compare(one->name, other->name);
    return order != 0 ? order : one->index < other->index ? -1 : 1;
}

static void sort_rows(const struct top_list *list, struct top_row *rows, size_t count)
{
    if (count > 0)
        qsort(rows, count, sizeof *rows, compare_rows);
    for (size_t i = 0; list->reverse && i < count / 2; i++) {
        struct top_row row = rows[i];
        rows[i] = rows[count - 1 - i];
        rows[count - 1 - i] = row;
    }
}

/* What a row is sorted by; name: 0 for all, which leaves it to their names. */
static double key_of(enum top_action sort, double rate, double value, double process)
{
    switch (sort) {
    case TOP_SORT_RATE:
        return fabs(rate);
    case TOP_SORT_VALUE:
        return value;
    case TOP_SORT_PROCESS:
        return process;
    default:
        return 0;
    }
}

static size_t list_processes(const struct top_view *view, const struct top_list *list, struct top_row *rows)
{
    const struct top_model *model = view->model;
    size_t count = 0;
    rows[count++] = (struct top_row){.index = TOP_ALL};
    for (size_t i = 0; i < model->process_count; i++) {
        const struct top_process *process = &model->processes[i];
        struct mms_text name = top_view_command(model, process);
        if (!passes(list, name))
            continue;
        rows[count++] = (struct top_row){
            .index = i, .id = process->id, .name = name,
            .key = key_of(list->sort, process->busiest, (double)process->metrics, -(double)process->pid)};
    }
    sort_rows(list, rows + 1, count - 1);
    return count;
}

static size_t list_metrics(const struct top_view *view, const struct top_list *list, struct top_row *rows)
{
    const struct top_model *model = view->model;
    const struct top_process *process = top_view_process(view);
    size_t count = 0;
    for (size_t i = 0; i < model->metric_count; i++) {
        const struct top_metric *metric = &model->metrics[i];
        if (!passes(list, metric->label))
            continue;
        struct top_reading reading = top_model_read(model, metric, process);
        if (reading.fields == 0)
            continue;
        rows[count++] = (struct top_row){
            .index = i, .id = metric->id, .name = metric->label, .reading = reading,
            .key = key_of(list->sort, reading.rate, mms_sample_float(&reading.value), (double)reading.processes)};
    }
    sort_rows(list, rows, count);
    return count;
}

static size_t list_places(const struct top_view *view, const struct top_list *list, struct top_row *rows)
{
    const struct top_model *model = view->model;
    const struct top_metric *metric = top_view_metric(view);
    const struct top_place *places;
    size_t all = metric != NULL ? top_model_places(model, metric, top_view_process(view), &places) : 0, count = 0;
    for (size_t i = 0; i < all; i++) {
        const struct top_file *file = &model->files[places[i].file];
        struct top_reading reading = top_model_read_place(model, &places[i]);
        if (!passes(list, file_name(file->path)))
            continue;
        rows[count++] = (struct top_row){
            .index = (size_t)(&places[i] - model->places), .id = file->id << 16 ^ places[i].field,
            .name = file_name(file->path), .reading = reading,
            .key = key_of(list->sort, reading.rate, mms_sample_float(&reading.value), -(double)file->pid)};
    }
    sort_rows(list, rows, count);
    return count;
}

static void select_row(struct top_list *list, size_t row)
{
    list->selected = list->count == 0 ? 0 : row < list->count ? row : list->count - 1;
}

/* What was selected stays it, wherever it went; but the top stays the top, and who is gone gives way to `instead`. */
static void select_again(struct top_list *list, uint64_t id, size_t instead)
{
    size_t row = 0;
    while (list->selected > 0 && row < list->count && list->rows[row].id != id)
        row++;
    select_row(list, row < list->count ? row : instead);
}

static int fill(struct top_view *view, enum top_which which)
{
    static size_t (*const list_rows[TOP_LISTS])(const struct top_view *, const struct top_list *, struct top_row *) = {
        list_processes, list_metrics, list_places};
    const struct top_model *model = view->model;
    const size_t most[TOP_LISTS] = {model->process_count + 1, model->metric_count, model->place_count};
    struct top_list *list = &view->lists[which];
    uint64_t id = list->selected < list->count ? list->rows[list->selected].id : 0;
    struct top_row *rows = calloc(most[which] + 1, sizeof *rows);
    if (rows == NULL)
        return -ENOMEM;
    size_t count = list_rows[which](view, list, rows);
    free(list->rows);
    list->rows = rows;
    list->count = count;
    select_again(list, id, which == TOP_LIST_PROCESSES ? 0 : list->selected);
    return 0;
}

/* --- actions ------------------------------------------------------------------------------------------------------ */

static const double intervals[] = {0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60};
enum { INTERVALS = sizeof intervals / sizeof intervals[0] };

static void change_interval(struct top_view *view, bool longer)
{
    int i = 0;
    while (i < INTERVALS && (longer ? intervals[i] <= view->interval : intervals[i] < view->interval))
        i++;
    i = longer ? i : i - 1;
    if (i >= 0 && i < INTERVALS)
        view->interval = intervals[i];
}

static void move(struct top_view *view, enum top_action action)
{
    struct top_list *list = top_view_list(view);
    bool help = view->page == TOP_PAGE_HELP;
    size_t at = help ? view->help_first : list->selected, shown = help ? view->help_shown : list->shown;
    size_t last = help ? view->help_lines - (view->help_lines > shown ? shown : view->help_lines)
                       : list->count - (list->count > 0);
    size_t page = shown > 1 ? shown - 1 : 1;
    switch (action) {
    case TOP_UP:
        at -= at > 0;
        break;
    case TOP_DOWN:
        at++;
        break;
    case TOP_PAGE_UP:
        at -= at > page ? page : at;
        break;
    case TOP_PAGE_DOWN:
        at += page;
        break;
    case TOP_HOME:
        at = 0;
        break;
    default:
        at = last;
    }
    *(help ? &view->help_first : &list->selected) = at < last ? at : last;
}

static void open_selected(struct top_view *view)
{
    struct top_list *metrics = &view->lists[TOP_LIST_METRICS];
    if (view->page != TOP_PAGE_LISTS) {
        top_view_act(view, TOP_BACK);
    } else if (view->focus == TOP_LIST_PROCESSES) {
        view->focus = TOP_LIST_METRICS;
    } else if (metrics->selected < metrics->count) {
        view->metric = metrics->rows[metrics->selected].id;
        view->page = TOP_PAGE_DETAILS;
        view->lists[TOP_LIST_PLACES].selected = 0;
    }
}

static void go_back(struct top_view *view)
{
    if (view->page == TOP_PAGE_LISTS)
        top_view_list(view)->filter[0] = '\0';
    view->page = view->page == TOP_PAGE_HELP ? view->behind_help : TOP_PAGE_LISTS;
}

static void toggle_help(struct top_view *view)
{
    if (view->page != TOP_PAGE_HELP) {
        view->behind_help = view->page;
        view->help_first = 0;
    }
    view->page = view->page == TOP_PAGE_HELP ? view->behind_help : TOP_PAGE_HELP;
}

/* While a filter is typed, Enter keeps it, Escape drops it, and the list can be looked through. */
static void act_on_filter(struct top_view *view, enum top_action action)
{
    if (action == TOP_BACK)
        top_view_erase(view, true);
    if (action == TOP_BACK || action == TOP_OPEN)
        view->editing = false;
    if (action >= TOP_UP && action <= TOP_END)
        move(view, action);
}

void top_view_act(struct top_view *view, enum top_action action)
{
    if (view->editing) {
        act_on_filter(view, action);
        return;
    }
    switch (action) {
    case TOP_NOTHING:
        break;
    case TOP_UP:
    case TOP_DOWN:
    case TOP_PAGE_UP:
    case TOP_PAGE_DOWN:
    case TOP_HOME:
    case TOP_END:
        move(view, action);
        break;
    case TOP_SWITCH:
        if (view->page == TOP_PAGE_LISTS)
            view->focus = view->focus == TOP_LIST_METRICS ? TOP_LIST_PROCESSES : TOP_LIST_METRICS;
        break;
    case TOP_OPEN:
        open_selected(view);
        break;
    case TOP_BACK:
        go_back(view);
        break;
    case TOP_SORT_RATE:
    case TOP_SORT_VALUE:
    case TOP_SORT_NAME:
    case TOP_SORT_PROCESS:
        top_view_list(view)->sort = action;
        break;
    case TOP_REVERSE:
        top_view_list(view)->reverse = !top_view_list(view)->reverse;
        break;
    case TOP_FILTER:
        view->editing = view->page != TOP_PAGE_HELP;
        break;
    case TOP_PAUSE:
        view->paused = !view->paused;
        break;
    case TOP_SLOWER:
    case TOP_FASTER:
        change_interval(view, action == TOP_SLOWER);
        break;
    case TOP_HELP:
        toggle_help(view);
        break;
    case TOP_REDRAW:
        view->redraw = true;
        break;
    case TOP_QUIT:
        view->quit = true;
        break;
    }
}

void top_view_type(struct top_view *view, const char *character)
{
    char *filter = top_view_list(view)->filter;
    size_t size = strlen(filter), more = strlen(character);
    if (size + more < TOP_FILTER_SIZE)
        memcpy(filter + size, character, more + 1);
}

void top_view_erase(struct top_view *view, bool all)
{
    char *filter = top_view_list(view)->filter;
    size_t size = strlen(filter);
    filter[all || size == 0 ? 0 : mms_utf8_cut(filter, size, size - 1)] = '\0';
}

/* --- view.h ------------------------------------------------------------------------------------------------------- */

void top_view_begin(struct top_view *view, struct top_model *model, double interval)
{
    *view = (struct top_view){.model = model, .focus = TOP_LIST_METRICS, .interval = interval};
    for (int i = 0; i < TOP_LISTS; i++)
        view->lists[i].sort = TOP_SORT_RATE;
}

int top_view_update(struct top_view *view)
{
    int error = fill(view, TOP_LIST_PROCESSES);
    error = error < 0 ? error : fill(view, TOP_LIST_METRICS);
    if (view->page == TOP_PAGE_DETAILS && top_view_metric(view) == NULL)
        view->page = TOP_PAGE_LISTS;
    return error < 0 ? error : fill(view, TOP_LIST_PLACES);
}

void top_view_end(struct top_view *view)
{
    for (int i = 0; i < TOP_LISTS; i++)
        free(view->lists[i].rows);
}

struct top_list *top_view_list(struct top_view *view)
{
    return &view->lists[view->page == TOP_PAGE_LISTS ? view->focus : TOP_LIST_PLACES];
}

void top_list_show(struct top_list *list, size_t rows)
{
    list->shown = rows;
    if (list->first > list->selected)
        list->first = list->selected;
    if (rows > 0 && list->selected - list->first >= rows)
        list->first = list->selected - rows + 1;
    if (list->first + rows > list->count) /* no room is wasted behind the last row */
        list->first = list->count > rows ? list->count - rows : 0;
}

const struct top_process *top_view_process(const struct top_view *view)
{
    const struct top_list *list = &view->lists[TOP_LIST_PROCESSES];
    if (list->selected >= list->count || list->rows[list->selected].index == TOP_ALL)
        return NULL;
    return &view->model->processes[list->rows[list->selected].index];
}

const struct top_metric *top_view_metric(const struct top_view *view)
{
    for (size_t i = 0; i < view->model->metric_count; i++)
        if (view->model->metrics[i].id == view->metric)
            return &view->model->metrics[i];
    return NULL;
}
