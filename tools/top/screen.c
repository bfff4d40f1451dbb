/* SPDX-License-Identifier: MIT */

#include "tools/top/screen.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tools/common/escape.h"
#include "tools/common/human.h"
#include "tools/top/keys.h"
#include "tools/top/table.h"

enum {
    LINE_SIZE = 1024,
    TITLE_ROWS = 4,  /* from so many rows on there is a title, */
    KEYS_ROWS = 5,   /* a line of keys, */
    SPLIT_ROWS = 14, /* and both lists at once */
};

/* A row with one text. */
static void put_line(struct top_picture *picture, int row, enum top_style style, struct mms_text text)
{
    top_picture_put(picture, row, 0, picture->columns, style, TOP_LEFT, text);
}

__attribute__((format(printf, 4, 5))) static void put(struct top_picture *picture, int row, enum top_style style,
                                                      const char *format, ...)
{
    char line[LINE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    put_line(picture, row, style, mms_text_of(line));
}

/* A text over several rows. Returns how many. */
static int put_wrapped(struct top_picture *picture, int row, int rows, enum top_style style, struct mms_text text)
{
    int used = 0;
    while (used < rows && text.size > 0) {
        struct mms_text rest = text, line = text;
        mms_put_escaped_columns(NULL, &rest, (size_t)picture->columns);
        if (rest.size == text.size) /* not even one character has room */
            break;
        line.size -= rest.size;
        text = rest;
        put_line(picture, row + used++, style, line);
    }
    return used;
}

static const char *plural(size_t count)
{
    return count == 1 ? "" : "s";
}

/* --- title and keys ----------------------------------------------------------------------------------------------- */

static void draw_title(struct top_view *view, struct top_picture *picture, int row)
{
    const struct top_model *model = view->model;
    const struct top_process *process = top_view_process(view);
    struct top_list *list = top_view_list(view);
    char line[LINE_SIZE], of[300] = "", filter[TOP_FILTER_SIZE + 20] = "";
    size_t dead = 0;
    for (size_t i = 0; i < model->process_count; i++)
        dead += model->processes[i].live == MMS_DEAD;
    if (process != NULL) {
        struct mms_text command = top_view_command(model, process);
        snprintf(of, sizeof of, " of %" PRIu64 " %.*s", process->pid, (int)command.size, command.data);
    }
    if (list->filter[0] != '\0')
        snprintf(filter, sizeof filter, "  filter: %s", list->filter);
    snprintf(line, sizeof line, "mmtop%s%s  %zu process%s, %zu dead  %zu metric%s%s  every %g s",
             view->paused ? " PAUSED" : "", filter, model->process_count, model->process_count == 1 ? "" : "es", dead,
             view->lists[TOP_LIST_METRICS].count, plural(view->lists[TOP_LIST_METRICS].count), of, view->interval);
    if (view->trouble != 0)
        snprintf(line, sizeof line, "mmtop: cannot look: %s", strerror(view->trouble));
    put_line(picture, row, TOP_TITLE, mms_text_of(line));
}

static void draw_keys(const struct top_view *view, struct top_picture *picture, int row, int column)
{
    const struct top_key *keys = view->editing ? top_filter_keys : top_keys;
    size_t count = view->editing ? top_filter_key_count : top_key_count;
    for (size_t i = 0; i < count; i++) {
        int name = (int)strlen(keys[i].name), brief = keys[i].brief != NULL ? (int)strlen(keys[i].brief) : 0;
        if (brief == 0 || (keys[i].action == TOP_SWITCH && view->page != TOP_PAGE_LISTS))
            continue;
        if (column + name + 1 + brief > picture->columns)
            break;
        top_picture_put(picture, row, column, name, TOP_TITLE, TOP_LEFT, mms_text_of(keys[i].name));
        top_picture_put(picture, row, column + name + 1, brief, TOP_PLAIN, TOP_LEFT, mms_text_of(keys[i].brief));
        column += name + 1 + brief + 2;
    }
}

/* The end of what is typed is always to be seen. */
static void draw_filter(struct top_view *view, struct top_picture *picture, int row)
{
    static const char before[] = "filter: ";
    struct mms_text filter = mms_text_of(top_view_list(view)->filter);
    char line[LINE_SIZE];
    size_t room = (size_t)picture->columns - 1;
    bool narrow = mms_escaped_width(filter) + sizeof before > room;
    while (mms_escaped_width(filter) > room && filter.size > 0) {
        filter.data++;
        filter.size--;
    }
    snprintf(line, sizeof line, "%s%.*s_", narrow ? "" : before, (int)filter.size, filter.data);
    int width = (int)mms_escaped_width(mms_text_of(line));
    top_picture_put(picture, row, 0, width, TOP_TITLE, TOP_LEFT, mms_text_of(line));
    draw_keys(view, picture, row, width + 2);
}

/* --- lists -------------------------------------------------------------------------------------------------------- */

static void draw_list(struct top_view *view, enum top_which which, struct top_picture *picture, int row, int rows)
{
    const struct top_list *list = &view->lists[which];
    bool heading = rows > 1;
    top_table_draw(view, which, picture, row, rows, heading);
    const char *why = list->filter[0] != '\0' ? "nothing passes the filter" : "nothing here";
    if (list->count == 0 && view->model->file_count > 0 && rows > heading)
        put(picture, row + heading, TOP_PLAIN, " %s", why);
}

static void draw_nothing(const struct top_view *view, struct top_picture *picture, int row, int rows)
{
    static const char *const hints[] = {
        "Name files, or set MMSTATS_PATH to their directory, or MMSTATS_GLOB.",
        "Files that come are shown.",
    };
    char line[LINE_SIZE];
    snprintf(line, sizeof line, "no files: %s", view->where);
    int used = put_wrapped(picture, row, rows, TOP_BAD, mms_text_of(line)) + 1;
    for (int i = 0; i < 2 && used < rows; i++)
        used += put_wrapped(picture, row + used, rows - used, TOP_PLAIN, mms_text_of(hints[i]));
}

static void draw_lists(struct top_view *view, struct top_picture *picture, int row, int rows)
{
    if (view->model->file_count == 0) {
        draw_nothing(view, picture, row, rows);
        return;
    }
    if (picture->rows < SPLIT_ROWS) {
        draw_list(view, view->focus, picture, row, rows);
        return;
    }
    int processes = (int)view->lists[TOP_LIST_PROCESSES].count + 1;
    if (processes > rows / 3)
        processes = rows / 3;
    draw_list(view, TOP_LIST_PROCESSES, picture, row, processes);
    draw_list(view, TOP_LIST_METRICS, picture, row + processes + 1, rows - processes - 1);
}

/* --- details ------------------------------------------------------------------------------------------------------ */

/* The help text of the first field that has one. */
static void find_help(const struct top_model *model, const struct top_metric *metric, char out[LINE_SIZE])
{
    enum { LOOKED_AT = 16 };
    struct mms_stat stat;
    out[0] = '\0';
    for (size_t i = 0; i < metric->count && i < LOOKED_AT; i++) {
        const struct top_place *place = &model->places[metric->first + i];
        const struct mms_watch_file *file = top_model_watched(model, &model->files[place->file]);
        if (mms_reader_get(file->reader, file->fields[place->field].field, &stat) != 0 || stat.help.size == 0)
            continue;
        mms_metadata_unescape(stat.help, out, LINE_SIZE - 1);
        out[LINE_SIZE - 1] = '\0';
        return;
    }
}

static void draw_reading(const struct top_view *view, const struct top_metric *metric, struct top_picture *picture,
                         int row)
{
    static const char *const ways[] = {
        [TOP_SUM] = "sum", [TOP_MEAN] = "mean", [TOP_LATEST] = "latest", [TOP_SAME] = "value"};
    struct top_reading reading = top_model_read(view->model, metric, top_view_process(view));
    struct top_cell cell = {.text = {"", 0}, .columns = picture->columns};
    const struct top_place *places;
    char rate[MMS_HUMAN_SIZE], line[LINE_SIZE];
    top_model_places(view->model, metric, top_view_process(view), &places);
    top_cell_value(view, metric, &reading, places, &cell);
    mms_human_number(reading.rate, MMS_HUMAN_COUNT, rate);
    snprintf(line, sizeof line, "%s, %s of %zu field%s in %zu process%s: %.*s%s%s%s", mms_metric_name(metric->kind),
             ways[metric->rule.way], reading.fields, plural(reading.fields), reading.processes,
             reading.processes == 1 ? "" : "es", cell.text.size < LINE_SIZE / 2 ? (int)cell.text.size : LINE_SIZE / 2,
             cell.text.data, isnan(reading.rate) ? "" : ", ", isnan(reading.rate) ? "" : rate,
             isnan(reading.rate) ? "" : "/s");
    put_line(picture, row, TOP_PLAIN, mms_text_of(line));
}

static void draw_details(struct top_view *view, struct top_picture *picture, int row, int rows)
{
    const struct top_metric *metric = top_view_metric(view);
    char help[LINE_SIZE];
    int used = 0;
    if (metric == NULL) {
        put(picture, row, TOP_BAD, "the metric has gone");
        return;
    }
    find_help(view->model, metric, help);
    put_line(picture, row + used++, TOP_TITLE, metric->label);
    if (rows > 3)
        draw_reading(view, metric, picture, row + used++);
    if (rows > 6 && metric->unit.size > 0) {
        top_picture_put(picture, row + used, 0, 5, TOP_PLAIN, TOP_LEFT, mms_text_of("unit:"));
        top_picture_put(picture, row + used++, 6, picture->columns, TOP_PLAIN, TOP_LEFT, metric->unit);
    }
    if (rows > 6)
        used += put_wrapped(picture, row + used, (rows - used) / 3, TOP_PLAIN, mms_text_of(help));
    used += rows > 8;
    draw_list(view, TOP_LIST_PLACES, picture, row + used, rows - used);
}

/* --- help --------------------------------------------------------------------------------------------------------- */

static const char *const notes[] = {
    "",
    "The list of metrics sums over all processes, or shows those of the process that is",
    "marked with > in the list of processes. Counters and gauges are summed, durations are",
    "averaged, of time stamps the latest is shown; what describes is shown where all agree.",
    "A histogram's value is how many samples it has.",
    "RATE/s is the change since the look before, in units a second.",
    "HISTORY is the rate of what counts, and the value of the rest, oldest first.",
    "DEAD: the process has ended and its file is still there. ?: the file does not say.",
    "Heading: * marks the column that a list is sorted by, ^ the same the other way round.",
};
enum { NOTES = sizeof notes / sizeof notes[0] };

static void draw_help(struct top_view *view, struct top_picture *picture, int row, int rows)
{
    view->help_lines = top_key_count + NOTES;
    view->help_shown = rows > 0 ? (size_t)rows : 0;
    for (size_t i = 0; i < view->help_shown && view->help_first + i < view->help_lines; i++) {
        size_t line = view->help_first + i;
        if (line < top_key_count)
            put(picture, row + (int)i, TOP_PLAIN, " %-8s%s", top_keys[line].name, top_keys[line].text);
        else
            put(picture, row + (int)i, TOP_PLAIN, " %s", notes[line - top_key_count]);
    }
}

/* --- screen.h ----------------------------------------------------------------------------------------------------- */

int top_screen_draw(struct top_view *view, struct top_picture *picture, int rows, int columns, bool keys)
{
    static void (*const pages[])(struct top_view *, struct top_picture *, int row, int rows) = {
        [TOP_PAGE_LISTS] = draw_lists, [TOP_PAGE_DETAILS] = draw_details, [TOP_PAGE_HELP] = draw_help};
    int error = top_picture_begin(picture, rows, columns);
    if (error < 0)
        return error;
    int top = rows >= TITLE_ROWS, bottom = view->editing || (keys && rows >= KEYS_ROWS);
    if (top)
        draw_title(view, picture, 0);
    pages[view->page](view, picture, top, rows - top - bottom);
    if (view->editing)
        draw_filter(view, picture, rows - 1);
    else if (bottom)
        draw_keys(view, picture, rows - 1, 0);
    top_picture_finish(picture);
    return picture->failed ? -ENOMEM : 0;
}
