/* SPDX-License-Identifier: MIT
 *
 * finish.c - what is to be said about the collection itself, and the order in which all is printed. */

#include <stdlib.h>
#include <string.h>

#include "tools/common/escape.h"
#include "tools/metrics/model.h"

/* --- families of our own ------------------------------------------------------------------------------------------ */

enum own { FILES, ERRORS, LEFT_OUT, RENAMED, OWN };

static const struct {
    const char *name, *help;
    enum metrics_type type;
} own[OWN] = {
    [FILES] = {"mmstats_files", "Files of metrics that were found.", METRICS_GAUGE},
    [ERRORS] = {"mmstats_file_errors", "Files that could not be read, or not all of them.", METRICS_GAUGE},
    [LEFT_OUT] = {"mmstats_left_out", "Values that are not shown, by reason.", METRICS_GAUGE},
    [RENAMED] = {"mmstats_renamed", "Families whose name was taken: their fields' label.", METRICS_INFO},
};

static const char *const reasons[METRICS_LEFT_OUT] = {
    [METRICS_BUSY] = "busy",
    [METRICS_COUNTER_BAD] = "counter",
    [METRICS_NAN] = "nan",
    [METRICS_ABOVE_LIMIT] = "limit",
    [METRICS_BAD_SCALE] = "scale",
};

static struct metrics_family *make_own(struct metrics_model *model, enum own which)
{
    struct metrics_family *family = metrics_alloc(&model->arena, sizeof *family);
    if (family == NULL || !metrics_table_add(&model->families, &family->node)) {
        model->no_memory = true;
        return NULL;
    }
    family->own = true;
    family->name = own[which].name;
    family->help = mms_text_of(own[which].help);
    family->type = own[which].type;
    family->label = family->unit = (struct mms_text){"", 0};
    return family;
}

/* One sample. The labels are what was written into scratch. */
static void add(struct metrics_model *model, struct metrics_family *family, uint64_t value)
{
    const struct metrics_group *group = metrics_group_of(model, metrics_scratch_end(model));
    struct metrics_series *series = NULL;
    if (group != NULL)
        series = metrics_series_of(model, family, group->number, METRICS_NO_INDEX, (struct mms_text){NULL, 0});
    if (series == NULL)
        return;
    series->integers = value;
    series->count = 1;
}

static void add_numbers(struct metrics_model *model, struct metrics_family *const families[OWN])
{
    metrics_scratch_begin(model);
    add(model, families[FILES], model->files);
    metrics_scratch_begin(model);
    add(model, families[ERRORS], model->failed);
    for (size_t i = 0; i < METRICS_LEFT_OUT; i++) {
        fprintf(metrics_scratch_begin(model), "reason=\"%s\"", reasons[i]);
        add(model, families[LEFT_OUT], model->left_out[i]);
    }
}

static void add_renamed(struct metrics_model *model, struct metrics_family *renamed,
                        const struct metrics_family *family)
{
    FILE *out = metrics_scratch_begin(model);
    fprintf(out, "family=\"%s\",label=\"", family->name);
    mms_put_exposition(out, family->label, true);
    fputc('"', out);
    add(model, renamed, 1);
}

/* --- order -------------------------------------------------------------------------------------------------------- */

static int by_name(const void *left, const void *right)
{
    const struct metrics_family *a = *(struct metrics_family *const *)left, *b = *(struct metrics_family *const *)right;
    return strcmp(a->name, b->name);
}

/* Samples of one stateset must stand together. */
static int by_place(const void *left, const void *right)
{
    const struct metrics_series *a = *(struct metrics_series *const *)left, *b = *(struct metrics_series *const *)right;
    size_t size = a->text.size < b->text.size ? a->text.size : b->text.size;
    int order = a->group != b->group ? (a->group < b->group ? -1 : 1) : 0;
    if (order == 0 && a->index != b->index)
        order = a->index < b->index ? -1 : 1;
    if (order == 0 && size > 0)
        order = memcmp(a->text.data, b->text.data, size);
    return order != 0 ? order : a->text.size < b->text.size ? -1 : a->text.size > b->text.size;
}

static bool is_sorted(struct metrics_series **series, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (by_place(&series[i - 1], &series[i]) > 0)
            return false;
    return true;
}

/* room: for all series of the family. */
static void sort_series(struct metrics_family *family, struct metrics_series **room)
{
    size_t count = 0;
    for (struct metrics_series *series = family->first; series != NULL; series = series->next)
        room[count++] = series;
    if (is_sorted(room, count))
        return;
    qsort(room, count, sizeof(struct metrics_series *), by_place);
    for (size_t i = 0; i < count; i++)
        room[i]->next = i + 1 < count ? room[i + 1] : NULL;
    family->first = room[0];
    family->last = room[count - 1];
}

static void list(const struct metrics_table *table, struct metrics_node **nodes)
{
    size_t count = 0;
    for (size_t i = 0; table->buckets != NULL && i <= table->mask; i++)
        for (struct metrics_node *node = table->buckets[i]; node != NULL; node = node->next)
            nodes[count++] = node;
}

static void *room_for(struct metrics_model *model, size_t count)
{
    void *room = metrics_alloc(&model->arena, count * sizeof(void *));
    model->no_memory |= room == NULL;
    return room;
}

static void number_groups(struct metrics_model *model)
{
    struct metrics_node **nodes = room_for(model, model->groups.count);
    model->numbered = room_for(model, model->groups.count);
    if (model->no_memory)
        return;
    list(&model->groups, nodes);
    for (size_t i = 0; i < model->groups.count; i++) {
        const struct metrics_group *group = (struct metrics_group *)nodes[i];
        model->numbered[group->number] = group;
    }
}

void metrics_finish(struct metrics_model *model)
{
    struct metrics_family *made[OWN];
    for (size_t i = 0; i < OWN; i++)
        made[i] = model->no_memory ? NULL : make_own(model, (enum own)i);
    size_t count = model->families.count;
    struct metrics_node **nodes = room_for(model, count);
    model->sorted = room_for(model, count);
    if (model->no_memory)
        return;
    list(&model->families, nodes);
    for (size_t i = 0; i < count; i++)
        model->sorted[i] = (struct metrics_family *)nodes[i];
    metrics_name(model, model->sorted, count);
    if (model->no_memory)
        return;
    qsort(model->sorted, count, sizeof(struct metrics_family *), by_name);
    add_numbers(model, made);
    for (size_t i = 0; i < count && !model->no_memory; i++)
        if (model->sorted[i]->renamed)
            add_renamed(model, made[RENAMED], model->sorted[i]);
    number_groups(model);
    struct metrics_series **room = room_for(model, model->series.count);
    for (size_t i = 0; i < count && !model->no_memory; i++)
        sort_series(model->sorted[i], room);
}
