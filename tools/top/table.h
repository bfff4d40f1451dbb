/* SPDX-License-Identifier: MIT
 *
 * table.h - lists as tables: which columns there are, and how they fit into a screen. */
#ifndef MMSTATS_TOOLS_TOP_TABLE_H
#define MMSTATS_TOOLS_TOP_TABLE_H

#include "tools/top/picture.h"
#include "tools/top/view.h"

enum { TOP_CELL_SIZE = 512 };

/* What stands in a cell. */
struct top_cell {
    struct mms_text text; /* untrusted; in buffer, or wherever it stands */
    enum top_style style;
    int columns; /* that it may have */
    char buffer[TOP_CELL_SIZE];
};

struct top_column {
    const char *title;
    enum top_action sort; /* by which this column is sorted; TOP_NOTHING: none */
    enum top_align align;
    int least, most; /* columns of text; what is left over goes to those that can take more, the widest last */
    int rank;        /* where there is not enough room, the highest goes first; 0: never */
    void (*fill)(const struct top_view *view, const struct top_row *row, struct top_cell *cell);
    int (*need)(const struct top_view *view); /* columns of the longest text, where it is known; else NULL */
};

enum {
    TOP_COLUMNS_MOST = 8,
    TOP_REST = TOP_HISTORY, /* as `most`, or more: takes what no other column does */
};

struct top_table {
    const char *name;
    struct top_column columns[TOP_COLUMNS_MOST]; /* up to one without a title */
};

/* cells.c */
extern const struct top_table top_tables[TOP_LISTS];

/* How wide each column is, 0: left out, in so many columns of the screen. */
void top_table_fit(const struct top_view *view, const struct top_table *table, int columns,
                   int widths[TOP_COLUMNS_MOST]);

/* Draws a list from `row` on, `rows` rows of which the first is the heading where heading is set. */
void top_table_draw(struct top_view *view, enum top_which which, struct top_picture *picture, int row, int rows,
                    bool heading);

/* A metric's value over all processes, or the picked one, as it stands in a cell. */
void top_cell_value(const struct top_view *view, const struct top_metric *metric, const struct top_reading *reading,
                    const struct top_place *places, struct top_cell *cell);

#endif
