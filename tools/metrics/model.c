/* SPDX-License-Identifier: MIT
 *
 * model.c - families, series and groups: found, or made. */

#include "tools/metrics/model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reader/hash.h"
#include "tools/common/text.h"

void metrics_model_begin(struct metrics_model *model, const struct mms_metrics_options *options)
{
    *model = (struct metrics_model){.options = options};
    mms_hash_key(model->key);
    model->scratch = mms_memory_open(&model->scratch_made);
    model->no_memory = model->scratch == NULL;
}

void metrics_model_end(struct metrics_model *model)
{
    struct metrics_table *tables[] = {&model->families, &model->series, &model->groups, &model->names};
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        metrics_table_free(tables[i]);
    metrics_arena_free(&model->arena);
    if (model->scratch != NULL)
        fclose(model->scratch);
    free(model->scratch_made.text);
}

FILE *metrics_scratch_begin(struct metrics_model *model)
{
    fseek(model->scratch, 0, SEEK_SET); /* not rewind, which forgets failures */
    return model->scratch;
}

struct mms_text metrics_scratch_end(struct metrics_model *model)
{
    if (fflush(model->scratch) != 0 || ferror(model->scratch)) {
        model->no_memory = true;
        return (struct mms_text){"", 0};
    }
    return (struct mms_text){model->scratch_made.text, model->scratch_made.size};
}

/* --- keys --------------------------------------------------------------------------------------------------------- */

static uint64_t hash_of(const struct metrics_model *model, struct mms_text text)
{
    return mms_hash(model->key, text.data, text.size);
}

static uint64_t mix(const struct metrics_model *model, const uint64_t *numbers, size_t size)
{
    return mms_hash(model->key, (const char *)numbers, size);
}

/* Whether this may be made, or would be one too many. */
static bool is_room(struct metrics_model *model)
{
    size_t limit = model->options->limit != 0 ? model->options->limit : MMS_METRICS_LIMIT;
    if (model->no_memory)
        return false;
    if (model->series.count < limit)
        return true;
    model->left_out[METRICS_ABOVE_LIMIT]++;
    return false;
}

/* node: what was made, or NULL. */
static void *keep(struct metrics_model *model, struct metrics_table *table, struct metrics_node *node, uint64_t hash)
{
    if (node != NULL)
        node->hash = hash;
    if (!model->no_memory && node != NULL && metrics_table_add(table, node))
        return node;
    model->no_memory = true;
    return NULL;
}

static struct mms_text copy(struct metrics_model *model, struct mms_text text)
{
    struct mms_text copied = metrics_copy(&model->arena, text);
    model->no_memory |= copied.data == NULL;
    return copied;
}

/* --- families ----------------------------------------------------------------------------------------------------- */

static bool is_same_bounds(const struct metrics_bounds *a, const struct metrics_bounds *b)
{
    return a->count == b->count && a->sub_bits == b->sub_bits && a->max_bits == b->max_bits &&
           memcmp(&a->scale, &b->scale, sizeof a->scale) == 0;
}

static bool is_family(const struct metrics_family *family, const struct mms_stat *stat, const struct metrics_what *what,
                      const struct metrics_bounds *bounds)
{
    return family->type == what->type && mms_text_is(family->label, stat->label) && mms_text_is(family->unit, what->unit.name) &&
           is_same_bounds(&family->bounds, bounds);
}

static struct metrics_family *make_family(struct metrics_model *model, const struct mms_stat *stat,
                                          const struct metrics_what *what, const struct metrics_bounds *bounds,
                                          uint64_t hash)
{
    struct metrics_family *family = metrics_alloc(&model->arena, sizeof *family);
    if (family != NULL)
        *family = (struct metrics_family){
            .label = copy(model, stat->label),
            .unit = copy(model, what->unit.name),
            .type = what->type,
            .how = what->how,
            .decimals = what->unit.decimals,
            .bounds = *bounds,
        };
    return keep(model, &model->families, (struct metrics_node *)family, hash);
}

struct metrics_family *metrics_family_of(struct metrics_model *model, const struct mms_stat *stat,
                                         const struct metrics_what *what, const struct metrics_bounds *bounds)
{
    static const struct metrics_bounds none;
    if (bounds == NULL)
        bounds = &none;
    uint64_t key[] = {hash_of(model, stat->label), hash_of(model, what->unit.name), what->type,
                      (uint64_t)bounds->count << 16 | (uint64_t)bounds->max_bits << 8 | bounds->sub_bits, 0};
    memcpy(&key[4], &bounds->scale, sizeof bounds->scale);
    uint64_t hash = mix(model, key, sizeof key);
    struct metrics_node *node = metrics_table_first(&model->families, hash);
    while (node != NULL && !is_family((struct metrics_family *)node, stat, what, bounds))
        node = metrics_table_next(node);
    struct metrics_family *family = (struct metrics_family *)node;
    if (family == NULL && is_room(model))
        family = make_family(model, stat, what, bounds, hash);
    if (family != NULL && family->help.size == 0 && stat->help.size > 0)
        family->help = copy(model, stat->help);
    return family;
}

/* --- series ------------------------------------------------------------------------------------------------------- */

static struct metrics_series *make_series(struct metrics_model *model, struct metrics_family *family, uint32_t group,
                                          uint32_t index, struct mms_text text, uint64_t hash)
{
    struct metrics_series *series = metrics_alloc(&model->arena, sizeof *series);
    if (series != NULL)
        *series = (struct metrics_series){.family = family, .group = group, .index = index, .created = INFINITY};
    if (series != NULL && text.data != NULL)
        series->text = copy(model, text);
    if (keep(model, &model->series, (struct metrics_node *)series, hash) == NULL)
        return NULL;
    if (family->last != NULL)
        family->last->next = series;
    else
        family->first = series;
    family->last = series;
    family->count++;
    return series;
}

struct metrics_series *metrics_series_of(struct metrics_model *model, struct metrics_family *family, uint32_t group,
                                         uint32_t index, struct mms_text text)
{
    uint64_t key[] = {(uintptr_t)family, (uint64_t)group << 32 | index, text.data != NULL ? hash_of(model, text) : 0};
    uint64_t hash = mix(model, key, sizeof key);
    for (struct metrics_node *node = metrics_table_first(&model->series, hash); node != NULL;
         node = metrics_table_next(node)) {
        struct metrics_series *series = (struct metrics_series *)node;
        if (series->family == family && series->group == group && series->index == index && mms_text_is(series->text, text))
            return series;
    }
    if (!family->own && !is_room(model))
        return NULL;
    return make_series(model, family, group, index, text, hash);
}

/* --- groups ------------------------------------------------------------------------------------------------------- */

const struct metrics_group *metrics_group_of(struct metrics_model *model, struct mms_text labels)
{
    uint64_t hash = hash_of(model, labels);
    for (struct metrics_node *node = metrics_table_first(&model->groups, hash); node != NULL;
         node = metrics_table_next(node))
        if (mms_text_is(((struct metrics_group *)node)->labels, labels))
            return (struct metrics_group *)node;
    struct metrics_group *group = metrics_alloc(&model->arena, sizeof *group);
    if (group != NULL)
        *group = (struct metrics_group){.labels = copy(model, labels), .number = (uint32_t)model->groups.count};
    return keep(model, &model->groups, (struct metrics_node *)group, hash);
}
