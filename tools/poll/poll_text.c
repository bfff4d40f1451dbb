/* SPDX-License-Identifier: MIT
 *
 * poll_text.c - rows for people: columns with a bar between them. */

#include <inttypes.h>
#include <string.h>

#include "tools/common/escape.h"
#include "tools/common/number.h"
#include "tools/common/value.h"
#include "tools/poll/poll.h"

/* Columns are WIDE, on a terminal that has no room for them at least NARROW, and in a pipe as wide as their labels, if
 * these are not WIDEST. */
enum { WIDE = 20, NARROW = 9, WIDEST = 60, DEFAULT_LINES = 20 };

/* What the headings that were printed last are for. */
static struct {
    size_t count;     /* columns; 0: there was none */
    size_t terminal;  /* columns of the terminal */
    long rows;        /* since then */
} heading;

static void begin(const struct poll_options *by)
{
    (void)by;
    memset(&heading, 0, sizeof heading);
}

/* --- widths ------------------------------------------------------------------------------------------------------- */

static struct mms_text file_name(const struct mms_watch_file *file)
{
    const char *slash = strrchr(file->path, '/');
    return mms_text_of(slash != NULL ? slash + 1 : file->path);
}

/* Where columns stand. */
struct layout {
    size_t stamp; /* columns of the time stamp with the bar behind it; 0: there is none */
    size_t shown; /* how many columns of the row there is room for */
    size_t width; /* of each; 0: as suits the column */
};

static size_t width_of(const struct poll_column *column, const struct layout *layout)
{
    if (layout->width > 0)
        return layout->width;
    size_t width = mms_escaped_width(column->label) + 2;
    size_t file = column->file != NULL ? mms_escaped_width(file_name(column->file)) : 0;
    width = file > width ? file : width;
    return width < WIDE ? WIDE : width > WIDEST ? WIDEST : width;
}

static struct layout lay_out(const struct poll_row *row, const struct poll_screen *screen, size_t stamp)
{
    struct layout layout = {.stamp = stamp, .shown = row->count};
    if (!screen->terminal || row->count == 0)
        return layout;
    size_t room = screen->columns > stamp ? screen->columns - stamp + 1 : 1; /* there is no bar behind the last one */
    size_t each = room / row->count;
    layout.width = each > WIDE + 1 ? WIDE : each > NARROW ? each - 1 : NARROW;
    size_t most = room / (layout.width + 1);
    layout.shown = most == 0 ? 1 : most < row->count ? most : row->count;
    return layout;
}

/* --- headings ----------------------------------------------------------------------------------------------------- */

static bool is_due(const struct poll_row *row, const struct poll_screen *screen)
{
    const struct poll_options *by = row->round->by;
    long lines = by->lines;
    if (lines < 0)
        lines = screen->terminal && screen->lines <= DEFAULT_LINES ? (long)screen->lines - 1 : DEFAULT_LINES;
    return heading.count != row->count || heading.terminal != screen->columns ||
           (by->by_file && row->round->watch->changed) || (lines > 0 && heading.rows >= lines);
}

static void put_bar(const struct poll_screen *screen)
{
    poll_put_style(screen, POLL_BAR);
    putchar('|');
    poll_put_style(screen, POLL_PLAIN);
}

static void put_label(const struct poll_row *row, const struct poll_column *column, size_t width)
{
    struct mms_text label = column->label;
    const char *prefix = row->round->by->prefix;
    size_t before = prefix != NULL ? strlen(prefix) : 0;
    bool rate = row->round->by->show == POLL_RATE && column->cell.counts;
    label.data += before; /* labels were made by putting it there */
    label.size -= before;
    poll_put_cut(label, rate ? "/s" : "", width, POLL_CENTRE);
}

static void put_headings(const struct poll_row *row, const struct poll_screen *screen, const struct layout *layout)
{
    for (int line = 0; line < (row->round->by->by_file ? 2 : 1); line++) {
        if (layout->stamp > 0)
            printf("%*s|", (int)layout->stamp - 1, "");
        for (size_t i = 0; i < layout->shown; i++) {
            if (i > 0)
                put_bar(screen);
            poll_put_style(screen, POLL_HEADING);
            size_t width = width_of(&row->columns[i], layout);
            if (line == 0)
                put_label(row, &row->columns[i], width);
            else
                poll_put_cut(file_name(row->columns[i].file), "", width, POLL_CENTRE);
            poll_put_style(screen, POLL_PLAIN);
        }
        if (layout->shown < row->count && line == 0)
            printf(" +%zu", row->count - layout->shown);
        putchar('\n');
    }
    heading.count = row->count;
    heading.terminal = screen->columns;
    heading.rows = 0;
}

/* --- cells -------------------------------------------------------------------------------------------------------- */

static void number_text(const struct poll_cell *cell, const struct poll_row *row, const struct poll_screen *screen,
                        char text[MMS_NUMBER_SIZE])
{
    bool rate = row->round->by->show == POLL_RATE && cell->counts;
    enum mms_human as = rate && cell->as == MMS_HUMAN_SECONDS ? MMS_HUMAN_COUNT : cell->as; /* seconds a second */
    enum mms_class class = mms_class_of(cell->number.type);
    if (screen->human)
        mms_human_number(mms_sample_float(&cell->number), as, text);
    else if (class == MMS_CLASS_FLOAT)
        mms_number_short(cell->number.f, text);
    else if (class == MMS_CLASS_INT)
        snprintf(text, MMS_NUMBER_SIZE, "%" PRId64, cell->number.i);
    else
        snprintf(text, MMS_NUMBER_SIZE, "%" PRIu64, cell->number.u);
}

/* What stands in a cell; text has room for what is no text of the cell's own. */
static const char *value_text(const struct poll_cell *cell, const struct poll_row *row, const struct poll_screen *screen,
                              char text[MMS_NUMBER_SIZE])
{
    text[0] = '\0';
    switch (cell->is) {
    case POLL_BLANK:
        break;
    case POLL_NUMBER:
        number_text(cell, row, screen, text);
        break;
    case POLL_TRUTH:
        if (cell->files == 1)
            strcpy(text, cell->number.u != 0 ? "True" : "False");
        else
            snprintf(text, MMS_NUMBER_SIZE, "%" PRIu64 " of %zu", cell->number.u, cell->files);
        break;
    case POLL_TEXT:
        return cell->text;
    case POLL_DIFFER:
        return "(differ)";
    }
    return text;
}

/* Doubt stands behind the value: ~ when only two equal looks speak for it, ? when it changed at every try. */
static const char *doubt(const struct poll_cell *cell)
{
    return cell->status == MMS_EXACT || cell->is == POLL_BLANK ? "" : cell->status == MMS_BUSY ? "?" : "~";
}

static void put_cell(const struct poll_cell *cell, const struct poll_row *row, const struct poll_screen *screen,
                     size_t width)
{
    char room[MMS_NUMBER_SIZE];
    struct mms_text text = mms_text_of(value_text(cell, row, screen, room));
    bool fits = mms_escaped_width(text) + strlen(doubt(cell)) <= width;
    if (cell->status == MMS_BUSY)
        poll_put_style(screen, POLL_DOUBT);
    if (fits || (cell->is == POLL_TEXT && screen->terminal))
        poll_put_cut(text, doubt(cell), width, POLL_RIGHT);
    else
        printf("%s%s", text.data, doubt(cell)); /* no part of a number is a number */
    if (cell->status == MMS_BUSY)
        poll_put_style(screen, POLL_PLAIN);
}

static void show(const struct poll_row *row, struct poll_screen *screen)
{
    char stamp[POLL_STAMP_SIZE];
    poll_stamp(row->round->by->stamp, stamp);
    struct layout layout = lay_out(row, screen, stamp[0] != '\0' ? strlen(stamp) + 1 : 0);
    if (is_due(row, screen))
        put_headings(row, screen, &layout);
    if (layout.stamp > 0) {
        fputs(stamp, stdout);
        put_bar(screen);
    }
    for (size_t i = 0; i < layout.shown; i++) {
        if (i > 0)
            put_bar(screen);
        put_cell(&row->columns[i].cell, row, screen, width_of(&row->columns[i], &layout));
    }
    putchar('\n');
    heading.rows++;
}

const struct poll_format poll_text = {mms_put_value, begin, show};
