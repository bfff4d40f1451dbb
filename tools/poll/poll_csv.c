/* SPDX-License-Identifier: MIT
 *
 * poll_csv.c - a line a row; a line for each value with --by-file, as there columns would come and go. */

#include <inttypes.h>

#include "tools/common/escape.h"
#include "tools/common/number.h"
#include "tools/common/value.h"
#include "tools/poll/poll.h"

static void begin(const struct poll_options *by)
{
    fputs("time,seconds", stdout);
    if (by->by_file)
        fputs(",path,label,value", stdout);
    for (size_t i = 0; i < by->label_count && !by->by_file; i++) {
        putchar(',');
        mms_put_csv(stdout, by->labels[i]);
    }
    puts(",status");
}

static void put_number(const struct mms_sample *sample)
{
    char text[MMS_NUMBER_SIZE];
    switch (mms_class_of(sample->type)) {
    case MMS_CLASS_FLOAT:
        mms_number_exact(sample->f, text);
        fputs(text, stdout);
        break;
    case MMS_CLASS_INT:
        printf("%" PRId64, sample->i);
        break;
    default:
        printf("%" PRIu64, sample->u);
    }
}

static void put_cell(const struct poll_cell *cell)
{
    putchar(',');
    if (cell->is == POLL_TEXT)
        fputs(cell->text, stdout);
    else if (cell->is == POLL_TRUTH && cell->files == 1)
        fputs(cell->number.u != 0 ? "true" : "false", stdout);
    else if (cell->is == POLL_NUMBER || cell->is == POLL_TRUTH)
        put_number(&cell->number);
}

static void put_time(const struct poll_round *round)
{
    printf("%.3f,", round->time);
    if (!round->first)
        printf("%.6f", round->watch->passed);
}

static void put_by_file(const struct poll_row *row)
{
    for (size_t i = 0; i < row->count; i++) {
        const struct poll_column *column = &row->columns[i];
        put_time(row->round);
        putchar(',');
        mms_put_csv(stdout, mms_text_of(column->file->path));
        putchar(',');
        mms_put_csv(stdout, column->label);
        put_cell(&column->cell);
        printf(",%s\n", mms_status_name(column->cell.status));
    }
}

static void show(const struct poll_row *row, struct poll_screen *screen)
{
    (void)screen;
    if (row->round->by->by_file) {
        put_by_file(row);
        return;
    }
    put_time(row->round);
    for (size_t i = 0; i < row->count; i++)
        put_cell(&row->columns[i].cell);
    printf(",%s\n", mms_status_name(row->status));
}

const struct poll_format poll_csv = {mms_put_value_csv, begin, show};
