/* SPDX-License-Identifier: MIT
 *
 * view.h - what of the model is to be seen: lists that are sorted, filtered and scrolled, and what the keys do to them.
 *
 * No terminal here. */
#ifndef MMSTATS_TOOLS_TOP_VIEW_H
#define MMSTATS_TOOLS_TOP_VIEW_H

#include "tools/top/model.h"

enum top_action {
    TOP_NOTHING,
    TOP_UP, TOP_DOWN, TOP_PAGE_UP, TOP_PAGE_DOWN, TOP_HOME, TOP_END,
    TOP_SWITCH, /* between processes and metrics */
    TOP_OPEN, TOP_BACK,
    TOP_SORT_RATE, TOP_SORT_VALUE, TOP_SORT_NAME, TOP_SORT_PROCESS, TOP_REVERSE,
    TOP_FILTER,
    TOP_PAUSE, TOP_SLOWER, TOP_FASTER,
    TOP_HELP,
    TOP_REDRAW,
    TOP_QUIT,
};

enum top_page { TOP_PAGE_LISTS, TOP_PAGE_DETAILS, TOP_PAGE_HELP };

/* LIST_PLACES: where one metric stands, on the page of details. */
enum top_which { TOP_LIST_PROCESSES, TOP_LIST_METRICS, TOP_LIST_PLACES, TOP_LISTS };

enum { TOP_FILTER_SIZE = 64 };

#define TOP_ALL SIZE_MAX /* the row of all processes, the first one */

struct top_row {
    size_t index; /* in the model's processes, metrics or places; TOP_ALL */
    uint64_t id;  /* stays with what the row shows; 0: TOP_ALL */
    struct mms_text name;
    struct top_reading reading; /* of metrics and places */
    double key;                 /* by which it is sorted, largest first; then by name */
};

struct top_list {
    struct top_row *rows;
    size_t count;
    size_t selected, first; /* first: on the screen */
    size_t shown;           /* rows on the screen: whoever draws says how many */
    enum top_action sort;   /* TOP_SORT_... */
    bool reverse;
    char filter[TOP_FILTER_SIZE]; /* a part of the name, whatever the case; with * ? or [ a glob for all of it */
};

struct top_view {
    struct top_model *model; /* the caller's */
    struct top_list lists[TOP_LISTS];
    enum top_page page, behind_help;
    enum top_which focus; /* of the lists on TOP_PAGE_LISTS */
    uint64_t metric;      /* that the details are of */
    size_t help_first;    /* line of the help on the screen, and how many there are: whoever draws says */
    size_t help_lines, help_shown;
    bool editing; /* a filter is being typed */
    bool paused, redraw, quit;
    double interval; /* seconds */
    const char *where; /* it was looked for files; the caller's */
    int trouble;       /* errno of the last look; 0: none */
};

void top_view_begin(struct top_view *view, struct top_model *model, double interval);

/* After a round of the model, and after an action: makes the rows. Returns 0 or -ENOMEM. */
int top_view_update(struct top_view *view);

void top_view_act(struct top_view *view, enum top_action action);

/* While a filter is edited: a character of it (UTF-8), or one that is taken away. */
void top_view_type(struct top_view *view, const char *character);
void top_view_erase(struct top_view *view, bool all);

void top_view_end(struct top_view *view);

/* The list that keys go to. */
struct top_list *top_view_list(struct top_view *view);

/* Brings the selected row onto the screen, which has so many. */
void top_list_show(struct top_list *list, size_t rows);

/* The process whose metrics are shown; NULL: all. */
const struct top_process *top_view_process(const struct top_view *view);

/* The metric that the details are of; NULL: it has gone. */
const struct top_metric *top_view_metric(const struct top_view *view);

/* What a process is called: the name of its first file, without what writers put behind it. */
struct mms_text top_view_command(const struct top_model *model, const struct top_process *process);

#endif
