/* SPDX-License-Identifier: MIT */

#include "tools/top/table.h"

#include <stdio.h>

#include "tools/common/escape.h"

enum { MARKER = 2, NARROW = 40 };

/* Columns of the screen in front of a table: the marker of the selected row. */
static int marker_width(int columns)
{
    return columns < NARROW ? 1 : MARKER;
}

static int count_columns(const struct top_table *table)
{
    int count = 0;
    while (count < TOP_COLUMNS_MOST && table->columns[count].title != NULL)
        count++;
    return count;
}

static int sum(const int *widths, int count)
{
    int all = 0;
    for (int i = 0; i < count; i++)
        all += widths[i] > 0 ? widths[i] + 1 : 0;
    return all - 1; /* no gap behind the last one */
}

/* The narrowest widths, without the columns that have no room then. */
static void drop_columns(const struct top_table *table, int room, int *widths)
{
    int count = count_columns(table);
    for (int i = 0; i < TOP_COLUMNS_MOST; i++)
        widths[i] = table->columns[i].least;
    while (sum(widths, count) > room) {
        int out = -1;
        for (int i = 0; i < count; i++)
            if (widths[i] > 0 && table->columns[i].rank > (out < 0 ? 0 : table->columns[out].rank))
                out = i;
        if (out < 0)
            break;
        widths[out] = 0;
    }
}

static int most_of(const struct top_view *view, const struct top_column *column)
{
    int need = column->need != NULL ? column->need(view) : column->most;
    return need < column->least ? column->least : need < column->most ? need : column->most;
}

void top_table_fit(const struct top_view *view, const struct top_table *table, int columns,
                   int widths[TOP_COLUMNS_MOST])
{
    int count = count_columns(table), room = columns - marker_width(columns);
    drop_columns(table, room, widths);
    for (int rest = 0; rest <= 1; rest++)
        for (int i = 0; i < count; i++) {
            int more = room - sum(widths, count), most = most_of(view, &table->columns[i]) - widths[i];
            if (widths[i] > 0 && (table->columns[i].most >= TOP_REST) == rest)
                widths[i] += more < most ? more : most; /* below 0: the last column that is left has to give */
            if (widths[i] < 0)
                widths[i] = 0;
        }
}

static void draw_heading(const struct top_list *list, const struct top_table *table, const int *widths, int row,
                         bool focused, struct top_picture *picture)
{
    int column = marker_width(picture->columns);
    enum top_style style = focused ? TOP_HEADING : TOP_FAINT;
    top_picture_put(picture, row, 0, column, style, TOP_LEFT, mms_text_of(""));
    for (int i = 0; i < count_columns(table); i++) {
        char title[64];
        bool sorted = table->columns[i].sort == list->sort;
        snprintf(title, sizeof title, "%s%s", table->columns[i].title, !sorted ? "" : list->reverse ? "^" : "*");
        if (widths[i] == 0)
            continue;
        top_picture_put(picture, row, column, widths[i], style, table->columns[i].align, mms_text_of(title));
        top_picture_put(picture, row, column + widths[i], 1, style, TOP_LEFT, mms_text_of(""));
        column += widths[i] + 1;
    }
}

static void draw_row(const struct top_view *view, const struct top_table *table, const int *widths,
                     const struct top_row *what, int row, enum top_style style, bool selected,
                     struct top_picture *picture)
{
    int column = marker_width(picture->columns);
    top_picture_put(picture, row, 0, column, style, TOP_LEFT, mms_text_of(selected ? ">" : ""));
    for (int i = 0; i < count_columns(table); i++) {
        if (widths[i] == 0)
            continue;
        struct top_cell cell = {.text = {"", 0}, .columns = widths[i]};
        table->columns[i].fill(view, what, &cell);
        if (style != TOP_PLAIN)
            cell.style = style;
        top_picture_put(picture, row, column, widths[i], cell.style, table->columns[i].align, cell.text);
        top_picture_put(picture, row, column + widths[i], 1, style, TOP_LEFT, mms_text_of(""));
        column += widths[i] + 1;
    }
}

void top_table_draw(struct top_view *view, enum top_which which, struct top_picture *picture, int row, int rows,
                    bool heading)
{
    struct top_list *list = &view->lists[which];
    const struct top_table *table = &top_tables[which];
    bool focused = top_view_list(view) == list;
    int widths[TOP_COLUMNS_MOST];
    top_table_fit(view, table, picture->columns, widths);
    if (heading && rows > 0) {
        draw_heading(list, table, widths, row, focused, picture);
        row++;
        rows--;
    }
    top_list_show(list, rows > 0 ? (size_t)rows : 0);
    for (int i = 0; i < rows && list->first + (size_t)i < list->count; i++) {
        size_t at = list->first + (size_t)i;
        bool selected = at == list->selected;
        draw_row(view, table, widths, &list->rows[at], row + i, selected && focused ? TOP_SELECTED : TOP_PLAIN,
                 selected, picture);
    }
}
