/* SPDX-License-Identifier: MIT */

#include "tools/common/watch.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tools/common/text.h"

static const struct mms_sample none = {.type = MMS_TYPE_PAD};

static void free_file(struct mms_watch_file *file)
{
    free(file->path);
    free(file->fields);
    free(file->texts);
}

/* --- fields ------------------------------------------------------------------------------------------------------- */

/* Of pointers to fields: by label, and those of one label in file order. */
static int compare_fields(const void *a, const void *b)
{
    const struct mms_watch_field *const *one = a, *const *other = b;
    int order = mms_text_compare((*one)->label, (*other)->label);
    return order != 0 ? order : (*one)->field < (*other)->field ? -1 : (*one)->field > (*other)->field;
}

static const struct mms_watch_field **sorted(const struct mms_watch_file *file)
{
    const struct mms_watch_field **by_label = calloc(file->count + 1, sizeof(struct mms_watch_field *));
    for (size_t i = 0; by_label != NULL && i < file->count; i++)
        by_label[i] = &file->fields[i];
    if (by_label != NULL)
        qsort(by_label, file->count, sizeof(struct mms_watch_field *), compare_fields);
    return by_label;
}

/* Fields that were there before keep their last numbers: the n-th of a label is the n-th of it again. */
static int take_over(struct mms_watch_file *file, const struct mms_watch_file *old)
{
    const struct mms_watch_field **mine = sorted(file), **theirs = sorted(old);
    int result = mine != NULL && theirs != NULL ? 0 : -ENOMEM;
    for (size_t i = 0, k = 0; result == 0 && i < file->count && k < old->count;) {
        int order = mms_text_compare(mine[i]->label, theirs[k]->label);
        if (order == 0)
            file->fields[mine[i] - file->fields].now = theirs[k]->now;
        i += order <= 0;
        k += order >= 0;
    }
    free(mine);
    free(theirs);
    return result;
}

/* What the reader has; of a field that cannot be read, nothing but its number. Returns 0 or -ENOMEM. */
static int take_fields(struct mms_watch_file *file)
{
    struct mms_stat stat;
    size_t size = 0;
    int error = 0;
    file->generation = mms_reader_generation(file->reader);
    file->count = mms_reader_count(file->reader);
    file->prefix = mms_sys_prefix(file->reader);
    for (size_t i = 0; i < file->count && error != -ENOMEM; i++)
        if ((error = mms_reader_get(file->reader, i, &stat)) == 0)
            size += stat.label.size + stat.unit.size;
    if (error == -ENOMEM)
        return error;
    file->fields = calloc(file->count + 1, sizeof *file->fields);
    file->texts = malloc(size + 1);
    if (file->fields == NULL || file->texts == NULL)
        return -ENOMEM;
    char *at = file->texts, *end = at + size;
    for (size_t i = 0; i < file->count; i++) {
        struct mms_watch_field *field = &file->fields[i];
        *field = (struct mms_watch_field){.field = i, .now = none, .before = none};
        error = mms_reader_get(file->reader, i, &stat);
        if (error == -ENOMEM)
            return error;
        if (error != 0 || stat.label.size + stat.unit.size > (size_t)(end - at))
            continue;
        field->label = mms_text_copy(&at, stat.label);
        field->unit = mms_text_copy(&at, stat.unit);
        field->kind = stat.kind;
    }
    return 0;
}

/* Takes the numbers of this round. */
static int take_numbers(struct mms_watch_file *file)
{
    struct mms_sample *samples = calloc(file->count + 1, sizeof *samples);
    if (samples == NULL)
        return -ENOMEM;
    int error = mms_reader_sample(file->reader, NULL, file->count, samples);
    file->pid = mms_reader_pid(file->reader);
    for (size_t i = 0; i < file->count; i++) {
        struct mms_watch_field *field = &file->fields[i];
        field->before = field->now;
        field->now = error == 0 ? samples[i] : none;
    }
    free(samples);
    return error == -ENOMEM ? error : 0;
}

/* --- files -------------------------------------------------------------------------------------------------------- */

/* The files of the round before. */
struct earlier {
    struct mms_watch_file **by_path;
    size_t count;
};

static int compare_paths(const void *a, const void *b)
{
    const struct mms_watch_file *const *one = a, *const *other = b;
    return strcmp((*one)->path, (*other)->path);
}

static int begin_earlier(struct earlier *earlier, struct mms_watch_file *files, size_t count)
{
    *earlier = (struct earlier){calloc(count + 1, sizeof(struct mms_watch_file *)), count};
    if (earlier->by_path == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++)
        earlier->by_path[i] = &files[i];
    qsort(earlier->by_path, count, sizeof(struct mms_watch_file *), compare_paths);
    return 0;
}

static struct mms_watch_file *find_earlier(const struct earlier *earlier, const struct mms_watch_file *file)
{
    struct mms_watch_file **found =
        bsearch(&file, earlier->by_path, earlier->count, sizeof(struct mms_watch_file *), compare_paths);
    return found != NULL ? *found : NULL;
}

/* Fills in a file that has a path and a reader. old: the same file in the round before, or NULL. What does not change
 * moves over; old keeps its path for find_earlier. Returns whether files or fields are others now, or -ENOMEM. */
static int make_file(struct mms_watch_file *file, struct mms_watch_file *old)
{
    file->is_new = old == NULL;
    if (file->reader == NULL)
        return old == NULL || old->reader != NULL;
    if (old != NULL && old->reader == file->reader && old->generation == mms_reader_generation(file->reader)) {
        file->fields = old->fields;
        file->texts = old->texts;
        file->count = old->count;
        file->generation = old->generation;
        file->prefix = old->prefix;
        old->fields = NULL;
        old->texts = NULL;
        return 0;
    }
    int error = take_fields(file);
    if (error == 0 && old != NULL)
        error = take_over(file, old);
    return error < 0 ? error : 1;
}

static int make_files(struct mms_watch *watch, struct mms_watch_file *files, size_t count)
{
    struct earlier earlier;
    int result = begin_earlier(&earlier, watch->files, watch->count);
    watch->changed = count != watch->count;
    for (size_t i = 0; result >= 0 && i < count; i++) {
        files[i].path = strdup(mms_set_path(watch->set, i));
        files[i].reader = mms_set_reader(watch->set, i);
        result = files[i].path == NULL ? -ENOMEM : make_file(&files[i], find_earlier(&earlier, &files[i]));
        watch->changed |= result > 0;
    }
    free(earlier.by_path);
    return result < 0 ? result : 0;
}

static void free_files(struct mms_watch_file *files, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free_file(&files[i]);
    free(files);
}

/* Takes over what the set has now, and reads all of it. */
static int take_round(struct mms_watch *watch)
{
    size_t count = mms_set_count(watch->set);
    struct mms_watch_file *files = calloc(count + 1, sizeof *files);
    if (files == NULL)
        return -ENOMEM;
    int error = make_files(watch, files, count);
    free_files(watch->files, watch->count);
    watch->files = files;
    watch->count = count;
    for (size_t i = 0; error == 0 && i < count; i++) {
        files[i].live = MMS_LIVENESS_UNKNOWN;
        if (files[i].reader == NULL)
            continue;
        error = take_numbers(&files[i]);
        files[i].live = mms_reader_liveness(files[i].reader);
    }
    return error;
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* --- watch.h ------------------------------------------------------------------------------------------------------ */

int mms_watch_begin(struct mms_watch *watch, struct mms_set *set)
{
    *watch = (struct mms_watch){.set = set, .time = now()};
    return take_round(watch);
}

int mms_watch_next(struct mms_watch *watch)
{
    int error = mms_set_refresh(watch->set);
    if (error < 0)
        return error;
    double time = now();
    watch->passed = time - watch->time;
    watch->time = time;
    return take_round(watch);
}

void mms_watch_end(struct mms_watch *watch)
{
    free_files(watch->files, watch->count);
    watch->files = NULL;
    watch->count = 0;
}

struct mms_sample mms_watch_change(const struct mms_watch_field *field)
{
    struct mms_sample change = mms_sample_difference(&field->now, &field->before);
    bool down = change.type != MMS_TYPE_PAD && mms_sample_float(&change) < 0;
    return down && field->kind == MMS_METRIC_COUNTER ? field->now : change;
}

double mms_watch_rate(const struct mms_watch *watch, const struct mms_watch_field *field)
{
    struct mms_sample change = mms_watch_change(field);
    return watch->passed > 0 ? mms_sample_float(&change) / watch->passed : NAN;
}
