/* SPDX-License-Identifier: MIT
 *
 * poll_json.c - an object a row. */

#include <inttypes.h>

#include "tools/common/escape.h"
#include "tools/common/value.h"
#include "tools/poll/poll.h"

static void begin(const struct poll_options *by)
{
    (void)by;
}

static void put_sample(const struct mms_sample *sample)
{
    struct mms_value value = {.type = (enum mms_type)sample->type};
    if (mms_class_of(sample->type) == MMS_CLASS_FLOAT)
        value.f = sample->f;
    else
        value.u = sample->u; /* the same bits for i */
    mms_put_item_json(stdout, &value);
}

static void put_cell(const struct poll_cell *cell)
{
    switch (cell->is) {
    case POLL_BLANK:
    case POLL_DIFFER:
        fputs("null", stdout);
        break;
    case POLL_NUMBER:
        put_sample(&cell->number);
        break;
    case POLL_TRUTH:
        if (cell->files == 1)
            fputs(cell->number.u != 0 ? "true" : "false", stdout);
        else
            put_sample(&cell->number);
        break;
    case POLL_TEXT:
        fputs(cell->text, stdout);
        break;
    }
}

/* A list, not an object: of two paths that are no UTF-8 the keys could be the same. */
static void put_by_file(const struct poll_row *row)
{
    for (size_t i = 0; i < row->count; i++) {
        const struct poll_column *column = &row->columns[i];
        bool same = i > 0 && column[-1].label.data == column->label.data;
        if (!same) {
            fputs(i > 0 ? "]," : "", stdout);
            mms_put_json(stdout, column->label);
            fputs(":[", stdout);
        }
        fputs(same ? ",{\"path\":" : "{\"path\":", stdout);
        mms_put_json(stdout, mms_text_of(column->file->path));
        fputs(",\"value\":", stdout);
        put_cell(&column->cell);
        putchar('}');
    }
    fputs(row->count > 0 ? "]" : "", stdout);
}

static void put_columns(const struct poll_row *row)
{
    for (size_t i = 0; i < row->count; i++) {
        fputs(i > 0 ? "," : "", stdout);
        mms_put_json(stdout, row->columns[i].label);
        putchar(':');
        put_cell(&row->columns[i].cell);
    }
}

void poll_json_head(const struct poll_round *round, const char *show, uint8_t status)
{
    printf("{\"time\":%.3f,\"seconds\":", round->time);
    if (round->first)
        fputs("null", stdout);
    else
        printf("%.6f", round->watch->passed);
    printf(",\"show\":\"%s\",\"files\":%zu,\"ended\":%zu,\"status\":\"%s\",\"values\":", show, round->count,
           round->ended, mms_status_name(status));
}

static void show(const struct poll_row *row, struct poll_screen *screen)
{
    static const char *const names[] = {[POLL_CHANGE] = "change", [POLL_RATE] = "rate", [POLL_TOTAL] = "total"};
    const struct poll_round *round = row->round;
    (void)screen;
    poll_json_head(round, names[round->first ? POLL_TOTAL : round->by->show], row->status);
    putchar('{');
    if (round->by->by_file)
        put_by_file(row);
    else
        put_columns(row);
    fputs("}}\n", stdout);
}

const struct poll_format poll_json = {mms_put_value_json, begin, show};
