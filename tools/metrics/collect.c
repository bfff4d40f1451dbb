/* SPDX-License-Identifier: MIT
 *
 * collect.c - reads all files of a set into the model. */

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "tools/common/escape.h"
#include "tools/common/text.h"
#include "tools/common/value.h"
#include "tools/metrics/model.h"

/* Waits for open transactions in one collection: each takes milliseconds, and thousands of writers may have died in
 * one. */
enum { MAX_WAITS = 16 };

/* A value that was busy at every try may be at rest a moment later. */
enum { MAX_BUSY = 3 };

/* What is the same for all fields of a file. */
struct file {
    struct metrics_model *model;
    struct mms_reader *reader;
    struct mms_text path;
    uint32_t group;
    bool has_pid, has_tid;
    int64_t pid, tid;
    size_t prefix;  /* of the default fields */
    double created; /* NaN: not said */
};

/* --- who wrote it ------------------------------------------------------------------------------------------------- */

/* The default fields (R510) and the marks (R512, R515) that describe the writer: what the labels say, or nobody's
 * metric. */
static const char *const writers[] = {"sys.pid", "sys.tid", "sys.uid", "sys.gid", "sys.lock", "sys.sequence",
                                      "sys.generation"};

static bool is_writers(const struct file *file, struct mms_text label)
{
    bool found = false;
    for (size_t i = 0; i < sizeof writers / sizeof writers[0] && !found; i++)
        found = mms_sys_is(file->prefix, label, writers[i]);
    return found;
}

static bool is_integer(const struct mms_stat *stat, int64_t *number)
{
    enum mms_class class = mms_class_of(stat->values[0].type);
    if (class != MMS_CLASS_INT && (class != MMS_CLASS_UINT || stat->values[0].u > INT64_MAX))
        return false;
    *number = stat->values[0].i;
    return true;
}

/* Fills *stat; false: there is no such field of one value. */
static bool find_sys(const struct file *file, enum mms_sys field, struct mms_stat *stat)
{
    int64_t found = mms_reader_find_sys(file->reader, field);
    return found >= 0 && mms_reader_get(file->reader, (size_t)found, stat) == 0 && stat->count == 1;
}

static void find_writer(struct file *file)
{
    struct mms_stat stat;
    file->prefix = mms_sys_prefix(file->reader);
    file->has_pid = find_sys(file, MMS_SYS_PID, &stat) && is_integer(&stat, &file->pid);
    file->has_tid = find_sys(file, MMS_SYS_TID, &stat) && is_integer(&stat, &file->tid);
    bool is_created = find_sys(file, MMS_SYS_CREATED, &stat) && mms_class_of(stat.values[0].type) == MMS_CLASS_FLOAT &&
                      isfinite(stat.values[0].f) && stat.values[0].f > 0;
    file->created = is_created ? stat.values[0].f : NAN;
}

static const struct metrics_group *group_of(const struct file *file)
{
    enum mms_metrics_by by = file->model->options->by;
    FILE *out = metrics_scratch_begin(file->model);
    bool by_file = by == MMS_METRICS_BY_FILE || (by == MMS_METRICS_BY_PROCESS && !file->has_pid);
    if (by != MMS_METRICS_BY_NOTHING && file->has_pid)
        fprintf(out, "pid=\"%" PRId64 "\"%s", file->pid, by_file ? "," : "");
    if (by == MMS_METRICS_BY_FILE && file->has_tid)
        fprintf(out, "tid=\"%" PRId64 "\",", file->tid);
    if (by_file) {
        fputs("file=\"", out);
        mms_put_exposition(out, file->path, true);
        fputc('"', out);
    }
    return metrics_group_of(file->model, metrics_scratch_end(file->model));
}

/* --- values ------------------------------------------------------------------------------------------------------- */

static void leave_out(struct metrics_model *model, enum metrics_left_out why)
{
    model->left_out[why]++;
}

/* Another value of the same series: what a mean, sum or maximum of numbers needs. */
static void combine(struct metrics_series *series, mms_wide integers, double floats, bool is_float)
{
    double scale = metrics_power(series->family->decimals), now = (double)series->integers / scale + series->floats;
    if (series->family->how == METRICS_MAX && series->count > 0 && !(floats + (double)integers / scale > now)) {
        series->count++;
        return;
    }
    if (series->family->how == METRICS_MAX) {
        series->integers = 0;
        series->floats = 0;
        series->is_float = false;
    }
    if (__builtin_add_overflow(series->integers, integers, &series->integers)) {
        series->floats += (double)integers / scale; /* the sum that did not fit has wrapped: it is taken back */
        series->integers = (mms_wide)((unsigned __int128)series->integers - (unsigned __int128)integers);
        is_float = true;
    }
    series->floats += floats;
    series->is_float |= is_float;
    series->count++;
}

static double in_base(double number, const struct metrics_unit *unit)
{
    double scale = metrics_power(unit->decimals), factor = (double)unit->factor;
    return factor >= scale ? number * (factor / scale) : number / (scale / factor);
}

static void add_number(struct metrics_model *model, struct metrics_series *series, const struct mms_value *value,
                       const struct metrics_unit *unit)
{
    enum mms_class class = mms_class_of(value->type);
    bool counter = series->family->type == METRICS_COUNTER;
    double number = class == MMS_CLASS_FLOAT ? in_base(value->f, unit) : 0;
    mms_wide integer = class == MMS_CLASS_INT ? value->i : class == MMS_CLASS_UINT ? (mms_wide)value->u : 0;
    if (class == MMS_CLASS_BOOL)
        integer = value->b;
    if (counter && (integer < 0 || !isfinite(number) || number < 0)) {
        leave_out(model, METRICS_COUNTER_BAD);
        return;
    }
    if (isnan(number)) {
        series->has_nan = true;
        leave_out(model, METRICS_NAN);
        return;
    }
    combine(series, integer * (mms_wide)unit->factor, number, class == MMS_CLASS_FLOAT);
}

static struct mms_text text_of(struct metrics_model *model, const struct mms_value *value)
{
    FILE *out = metrics_scratch_begin(model);
    if (mms_class_of(value->type) == MMS_CLASS_TEXT)
        mms_put_exposition(out, value->text, true);
    else
        mms_put_item_json(out, value);
    return metrics_scratch_end(model);
}

static void add_created(struct metrics_series *series, double created)
{
    if (isnan(created) || created < series->created)
        series->created = created;
}

/* --- fields ------------------------------------------------------------------------------------------------------- */

static uint8_t kind_of(const struct file *file, const struct mms_stat *stat)
{
    uint8_t kind = mms_kinds_of(&file->model->options->kinds, stat);
    bool is_created = kind == MMS_METRIC_UNKNOWN && mms_sys_is(file->prefix, stat->label, "sys.created");
    return is_created ? MMS_METRIC_TIMESTAMP : kind;
}

/* One element, or the whole of a histogram. */
static void add_element(struct file *file, const struct mms_stat *stat, const struct metrics_what *what,
                        struct metrics_family *family, size_t i)
{
    struct metrics_model *model = file->model;
    bool by_text = what->type == METRICS_INFO || what->type == METRICS_STATESET;
    bool histogram = what->type == METRICS_HISTOGRAM, busy = stat->status == MMS_BUSY;
    uint32_t index = stat->is_array && !histogram ? (uint32_t)i : METRICS_NO_INDEX;
    if (busy)
        leave_out(model, METRICS_BUSY);
    if (busy && by_text)
        return; /* the text may be a mix of two */
    struct mms_text text = by_text ? text_of(model, &stat->values[i]) : (struct mms_text){NULL, 0};
    struct metrics_series *series = metrics_series_of(model, family, file->group, index, text);
    if (series == NULL)
        return;
    add_created(series, file->created);
    if (busy)
        series->broken = true;
    else if (histogram)
        model->no_memory |= !metrics_histogram_add(model, series, stat);
    else if (!by_text)
        add_number(model, series, &stat->values[i], &what->unit);
}

static void add_histogram(struct file *file, const struct mms_stat *stat, uint8_t kind, char room[METRICS_UNIT_SIZE])
{
    struct metrics_what what = metrics_what_of(stat, kind, false, room);
    struct metrics_bounds bounds = {0};
    bool good = metrics_bounds_of(stat, &what.unit, &bounds);
    struct metrics_family *family = metrics_family_of(file->model, stat, &what, &bounds);
    if (!good)
        leave_out(file->model, METRICS_BAD_SCALE);
    else if (family != NULL)
        add_element(file, stat, &what, family, 0);
}

/* Texts and numbers of one tuple are of two families. */
static void add_values(struct file *file, const struct mms_stat *stat, uint8_t kind, char room[METRICS_UNIT_SIZE],
                       char text_room[METRICS_UNIT_SIZE])
{
    struct metrics_what what[2] = {0};
    struct metrics_family *family[2] = {NULL, NULL};
    bool known[2] = {false, false};
    for (size_t i = 0; i < stat->count && !file->model->no_memory; i++) {
        bool text = mms_class_of(stat->values[i].type) == MMS_CLASS_TEXT;
        if (!known[text]) {
            what[text] = metrics_what_of(stat, kind, text, text ? text_room : room);
            family[text] = metrics_family_of(file->model, stat, &what[text], NULL);
            known[text] = true;
        }
        if (family[text] != NULL)
            add_element(file, stat, &what[text], family[text], i);
    }
}

static void add_field(struct file *file, const struct mms_stat *stat)
{
    char room[2][METRICS_UNIT_SIZE];
    if (is_writers(file, stat->label))
        return;
    uint8_t kind = kind_of(file, stat);
    if (stat->record->layout == MMS_LAYOUT_HISTOGRAM)
        add_histogram(file, stat, kind, room[0]);
    else
        add_values(file, stat, kind, room[0], room[1]);
}

/* --- files -------------------------------------------------------------------------------------------------------- */

static int get(struct mms_reader *reader, size_t i, struct mms_stat *stat)
{
    int error = mms_reader_get(reader, i, stat);
    for (int tries = 1; error == 0 && stat->status == MMS_BUSY && tries < MAX_BUSY; tries++)
        error = mms_reader_get(reader, i, stat);
    return error;
}

static bool collect_fields(struct file *file)
{
    size_t count = mms_reader_count(file->reader);
    struct mms_stat stat;
    int error = 0;
    for (size_t i = 0; i < count && !file->model->no_memory; i++) {
        error = get(file->reader, i, &stat);
        if (error == 0)
            add_field(file, &stat);
        else if (error == -ENOMEM)
            file->model->no_memory = true;
        else
            return false;
    }
    return true;
}

void metrics_collect(struct metrics_model *model, struct mms_set *set)
{
    int waits = 0;
    for (size_t i = 0; i < mms_set_count(set) && !model->no_memory; i++) {
        const char *path = mms_set_path(set, i);
        struct file file = {.model = model, .reader = mms_set_reader(set, i), .path = {path, strlen(path)}};
        bool good = mms_set_error(set, i, NULL) == 0;
        model->files++;
        if (file.reader != NULL && waits < MAX_WAITS && mms_reader_snapshot(file.reader) == -EBUSY)
            waits++;
        if (file.reader != NULL) {
            find_writer(&file);
            const struct metrics_group *group = group_of(&file);
            file.group = group != NULL ? group->number : 0;
            good &= collect_fields(&file);
        }
        model->failed += !good;
    }
}
