/* SPDX-License-Identifier: MIT
 *
 * poll_text.c - rows for people: columns with a bar between them. */

#include <inttypes.h>
#include <stdlib.h>
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

static size_t natural_width(const struct poll_column *column)
{
    size_t width = mms_escaped_width(column->label) + 2;
    size_t file = column->file != NULL ? mms_escaped_width(file_name(column->file)) : 0;
    width = file > width ? file : width;
    return width < WIDE ? WIDE : width > WIDEST ? WIDEST : width;
}

/* How wide the columns of a terminal are, and how many of them it has room for. */
static size_t common_width(const struct poll_row *row, const struct poll_screen *screen, size_t stamp, size_t *shown)
{
    size_t room = screen->columns > stamp ? screen->columns - stamp + 1 : 1; /* there is no bar behind the last one */
    size_t width = room / (row->count > 0 ? row->count : 1);
    width = width > WIDE + 1 ? WIDE : width > NARROW ? width - 1 : NARROW;
    *shown = room / (width + 1) < row->count ? room / (width + 1) : row->count;
    if (*shown == 0 && row->count > 0)
        *shown = 1;
    return width;
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
    if (!rate) {
        poll_put_cut(stdout, label, width, POLL_CENTRE);
        return;
    }
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL)
        return;
    fwrite(label.data, 1, label.size, out);
    fputs("/s", out);
    if (fclose(out) == 0)
        poll_put_cut(stdout, (struct mms_text){text, size}, width, POLL_CENTRE);
    free(text);
}

static void put_headings(const struct poll_row *row, const struct poll_screen *screen, const size_t *widths,
                         size_t shown, size_t stamp)
{
    for (int line = 0; line < (row->round->by->by_file ? 2 : 1); line++) {
        if (stamp > 0)
            printf("%*s|", (int)stamp - 1, "");
        for (size_t i = 0; i < shown; i++) {
            if (i > 0)
                put_bar(screen);
            poll_put_style(screen, POLL_HEADING);
            if (line == 0)
                put_label(row, &row->columns[i], widths[i]);
            else
                poll_put_cut(stdout, file_name(row->columns[i].file), widths[i], POLL_CENTRE);
            poll_put_style(screen, POLL_PLAIN);
        }
        if (shown < row->count && line == 0)
            printf(" +%zu", row->count - shown);
        putchar('\n');
    }
    heading.count = row->count;
    heading.terminal = screen->columns;
    heading.rows = 0;
}

/* --- cells -------------------------------------------------------------------------------------------------------- */

static void put_number(FILE *out, const struct poll_cell *cell, const struct poll_row *row,
                       const struct poll_screen *screen)
{
    char text[MMS_NUMBER_SIZE] = "";
    bool rate = row->round->by->show == POLL_RATE && cell->counts;
    enum mms_human as = rate && cell->as == MMS_HUMAN_SECONDS ? MMS_HUMAN_COUNT : cell->as; /* seconds a second */
    enum mms_class class = mms_class_of(cell->number.type);
    if (screen->human)
        mms_human_number(mms_sample_float(&cell->number), as, text);
    else if (class == MMS_CLASS_FLOAT)
        mms_number_short(cell->number.f, text);
    else if (class == MMS_CLASS_INT)
        snprintf(text, sizeof text, "%" PRId64, cell->number.i);
    else
        snprintf(text, sizeof text, "%" PRIu64, cell->number.u);
    fputs(text, out);
}

static void put_value(FILE *out, const struct poll_cell *cell, const struct poll_row *row,
                      const struct poll_screen *screen)
{
    switch (cell->is) {
    case POLL_BLANK:
        break;
    case POLL_NUMBER:
        put_number(out, cell, row, screen);
        break;
    case POLL_TRUTH:
        if (cell->files == 1)
            fputs(cell->number.u != 0 ? "True" : "False", out);
        else
            fprintf(out, "%" PRIu64 " of %zu", cell->number.u, cell->files);
        break;
    case POLL_TEXT:
        fputs(cell->text, out);
        break;
    case POLL_DIFFER:
        fputs("(differ)", out);
        break;
    }
}

/* Doubt stands behind the value: ~ when only two equal looks speak for it, ? when it changed at every try. */
static void put_cell(const struct poll_cell *cell, const struct poll_row *row, const struct poll_screen *screen,
                     size_t width)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL)
        return;
    put_value(out, cell, row, screen);
    if (cell->status != MMS_EXACT && cell->is != POLL_BLANK)
        fputc(cell->status == MMS_BUSY ? '?' : '~', out);
    if (fclose(out) == 0) {
        bool fits = mms_escaped_width((struct mms_text){text, size}) <= width;
        if (cell->status == MMS_BUSY)
            poll_put_style(screen, POLL_DOUBT);
        if (fits || (cell->is == POLL_TEXT && screen->terminal))
            poll_put_cut(stdout, (struct mms_text){text, size}, width, POLL_RIGHT);
        else
            fputs(text, stdout); /* no part of a number is a number */
        if (cell->status == MMS_BUSY)
            poll_put_style(screen, POLL_PLAIN);
    }
    free(text);
}

static void show(const struct poll_row *row, struct poll_screen *screen)
{
    char stamp[POLL_STAMP_SIZE];
    size_t shown = row->count, *widths = calloc(row->count + 1, sizeof *widths), common = 0;
    if (widths == NULL)
        return;
    poll_stamp(row->round->by->stamp, stamp);
    size_t stamp_width = stamp[0] != '\0' ? strlen(stamp) + 1 : 0;
    if (screen->terminal)
        common = common_width(row, screen, stamp_width, &shown);
    for (size_t i = 0; i < row->count; i++)
        widths[i] = screen->terminal ? common : natural_width(&row->columns[i]);
    if (is_due(row, screen))
        put_headings(row, screen, widths, shown, stamp_width);
    if (stamp_width > 0) {
        fputs(stamp, stdout);
        put_bar(screen);
    }
    for (size_t i = 0; i < shown; i++) {
        if (i > 0)
            put_bar(screen);
        put_cell(&row->columns[i].cell, row, screen, widths[i]);
    }
    putchar('\n');
    heading.rows++;
    free(widths);
}

const struct poll_format poll_text = {mms_put_value, begin, show};
