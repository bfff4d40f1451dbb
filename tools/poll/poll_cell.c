/* SPDX-License-Identifier: MIT
 *
 * poll_cell.c - what stands in a row: one number or text from those of many files. */

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/memory.h"
#include "tools/poll/poll.h"

static const struct mms_sample none = {.type = MMS_TYPE_PAD};

static bool is_number(const struct mms_sample *sample)
{
    return sample->type != MMS_TYPE_PAD;
}

bool poll_counts(const struct mms_watch_field *field)
{
    enum mms_class class = mms_class_of(field->now.type);
    bool integer = class == MMS_CLASS_INT || class == MMS_CLASS_UINT;
    return field->kind == MMS_METRIC_COUNTER || (field->kind == MMS_METRIC_UNKNOWN && integer);
}

const struct mms_watch_field *poll_find(const struct mms_watch_file *file, struct mms_text label)
{
    int64_t i = file->reader != NULL ? mms_reader_find(file->reader, label.data, label.size, 0) : -ENOENT;
    return i >= 0 && (size_t)i < file->count ? &file->fields[i] : NULL;
}

static struct mms_sample per_second(const struct poll_round *round, const struct mms_sample *change)
{
    double seconds = round->watch->passed;
    if (!is_number(change) || seconds <= 0)
        return none;
    return (struct mms_sample){.f = mms_sample_float(change) / seconds, .type = MMS_TYPE_F64};
}

struct mms_sample poll_contribution(const struct poll_round *round, const struct mms_watch_file *file,
                                    const struct mms_watch_field *field)
{
    bool ended = file->live == MMS_DEAD;
    if (!poll_counts(field))
        return ended ? none : field->now;
    if (round->by->show == POLL_TOTAL || round->first)
        return ended && round->by->by_file && round->by->show != POLL_TOTAL ? none : field->now;
    struct mms_sample change = mms_watch_change(field);
    uint8_t status = field->now.status > field->before.status ? field->now.status : field->before.status;
    if (ended && !(mms_sample_float(&change) != 0)) /* it ended before this round; NaN: nothing to compare */
        return none;
    if (round->by->show == POLL_RATE)
        change = per_second(round, &change);
    if (is_number(&change))
        change.status = status;
    return change;
}

/* --- cells -------------------------------------------------------------------------------------------------------- */

/* What files add to one cell. samples has room for one of each file. */
struct parts {
    const struct poll_round *round;
    poll_put_value *put;
    struct mms_sample *samples;
    size_t count, bools, floats;
};

static void add_number(struct parts *parts, struct poll_cell *cell, const struct mms_watch_field *field,
                       struct mms_sample sample)
{
    enum mms_class class = mms_class_of(field->now.type);
    if (!is_number(&sample))
        return;
    parts->samples[parts->count++] = sample;
    parts->bools += class == MMS_CLASS_BOOL;
    parts->floats += class == MMS_CLASS_FLOAT && !poll_counts(field);
    cell->counts |= poll_counts(field);
    if (field->unit.size > 0)
        cell->as = mms_human_of(field->unit);
}

char *poll_rendered(const struct mms_stat *stat, poll_put_value *put, size_t *size)
{
    struct mms_memory made;
    FILE *out = mms_memory_open(&made);
    if (out == NULL)
        return NULL;
    put(out, stat);
    bool failed = ferror(out);
    failed |= fclose(out) != 0;
    *size = made.size;
    if (!failed)
        return made.text;
    free(made.text);
    return NULL;
}

/* Returns 0 or -ENOMEM. */
static int add_text(const struct parts *parts, struct poll_cell *cell, const struct mms_watch_file *file,
                    const struct mms_watch_field *field)
{
    struct mms_stat stat;
    size_t size;
    if (file->live == MMS_DEAD || cell->is == POLL_DIFFER)
        return 0;
    if (parts->round->by->aggregate == MMS_AGGREGATE_ONE && cell->is == POLL_TEXT)
        return 0;
    if (mms_reader_get(file->reader, field->field, &stat) != 0)
        return 0;
    char *text = poll_rendered(&stat, parts->put, &size);
    if (text == NULL)
        return -ENOMEM;
    if (stat.status > cell->status)
        cell->status = (uint8_t)stat.status;
    cell->files++;
    if (cell->is == POLL_BLANK) {
        cell->is = POLL_TEXT;
        cell->text = text;
        return 0;
    }
    cell->is = strcmp(cell->text, text) == 0 ? POLL_TEXT : POLL_DIFFER;
    free(text);
    return 0;
}

/* Sums, but means where numbers are floats that do not count: most of these are means themselves. */
static enum mms_aggregate suiting(const struct parts *parts)
{
    enum mms_aggregate asked = parts->round->by->aggregate;
    return asked != MMS_AGGREGATES ? asked : parts->floats > 0 ? MMS_AGGREGATE_AVG : MMS_AGGREGATE_SUM;
}

/* Numbers go before texts, should a label have both. */
static void settle(const struct parts *parts, struct poll_cell *cell)
{
    struct mms_sample number;
    if (parts->count == 0 || !mms_aggregate_samples(suiting(parts), parts->samples, parts->count, &number))
        return;
    bool truth = parts->bools == parts->count && mms_class_of(number.type) != MMS_CLASS_FLOAT;
    cell->is = truth ? POLL_TRUTH : POLL_NUMBER;
    cell->number = number;
    cell->files = suiting(parts) == MMS_AGGREGATE_SUM ? parts->count : 1;
    cell->status = number.status;
}

static int make_cell(struct parts *parts, struct mms_text label, const struct mms_watch_file *const *files,
                     size_t count, struct poll_cell *cell)
{
    int result = 0;
    *cell = (struct poll_cell){.is = POLL_BLANK};
    parts->count = parts->bools = parts->floats = 0;
    for (size_t i = 0; i < count && result == 0; i++) {
        const struct mms_watch_field *field = poll_find(files[i], label);
        if (field == NULL)
            continue;
        if (is_number(&field->now))
            add_number(parts, cell, field, poll_contribution(parts->round, files[i], field));
        else
            result = add_text(parts, cell, files[i], field);
    }
    settle(parts, cell);
    return result;
}

/* --- rows --------------------------------------------------------------------------------------------------------- */

static int add_column(struct poll_row *row, struct parts *parts, struct mms_text label,
                      const struct mms_watch_file *file)
{
    struct poll_column *column = &row->columns[row->count++];
    *column = (struct poll_column){.label = label, .file = file};
    const struct mms_watch_file *const *files =
        file != NULL ? &file : (const struct mms_watch_file *const *)parts->round->files;
    int result = make_cell(parts, label, files, file != NULL ? 1 : parts->round->count, &column->cell);
    if (column->cell.status > row->status)
        row->status = column->cell.status;
    return result;
}

/* A file that does not know the field, or is silent since its writer ended, has no column. */
static int add_files(struct poll_row *row, struct parts *parts, struct mms_text label)
{
    int result = 0;
    for (size_t i = 0; i < parts->round->count && result == 0; i++) {
        const struct mms_watch_file *file = parts->round->files[i];
        if (poll_find(file, label) == NULL)
            continue;
        result = add_column(row, parts, label, file);
        if (file->live == MMS_DEAD && row->columns[row->count - 1].cell.is == POLL_BLANK)
            row->count--;
    }
    return result;
}

int poll_row_make(struct poll_row *row, const struct poll_round *round, poll_put_value *put)
{
    const struct poll_options *by = round->by;
    size_t most = by->by_file ? by->label_count * round->count : by->label_count;
    struct parts parts = {.round = round, .put = put, .samples = calloc(round->count + 1, sizeof(struct mms_sample))};
    *row = (struct poll_row){.round = round, .columns = calloc(most + 1, sizeof(struct poll_column))};
    int result = parts.samples != NULL && row->columns != NULL ? 0 : -ENOMEM;
    for (size_t i = 0; i < by->label_count && result == 0; i++)
        result = by->by_file ? add_files(row, &parts, by->labels[i]) : add_column(row, &parts, by->labels[i], NULL);
    free(parts.samples);
    return result;
}

void poll_row_end(struct poll_row *row)
{
    for (size_t i = 0; row->columns != NULL && i < row->count; i++)
        free(row->columns[i].cell.text);
    free(row->columns);
    row->columns = NULL;
    row->count = 0;
}
