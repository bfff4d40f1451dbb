/* SPDX-License-Identifier: MIT
 *
 * names.c - what each family is called. A name is
 *
 *     STEM [_TAG] [_UNIT]
 *
 * STEM from the label; a suffix that the format puts behind the name (_total, _info) is not part of it. All names that
 * a family's samples have, in either format, are taken with it. Where one of them is taken already, TAG makes another
 * name: eight digits of a hash of label and type, so that it does not depend on what else there is. */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "format/bug.h"
#include "reader/hash.h"
#include "tools/metrics/model.h"

struct taken {
    struct metrics_node node;
    struct mms_text name;
    unsigned next; /* of the numbers that were tried behind it */
};

/* --- what a label becomes ----------------------------------------------------------------------------------------- */

static bool cut_end(struct mms_text *text, const char *end)
{
    size_t size = strlen(end);
    if (text->size < size || memcmp(text->data + text->size - size, end, size) != 0)
        return false;
    text->size -= size;
    return true;
}

/* A name that begins with a digit, or has nothing in it, gets this in front. */
static const char PREFIX[] = "metric";

static void make_stem(struct metrics_model *model, struct metrics_family *family)
{
    char *name = metrics_alloc(&model->arena, sizeof PREFIX + 1 + family->label.size);
    if (name == NULL) {
        model->no_memory = true;
        return;
    }
    char *mapped = name + sizeof PREFIX; /* room for `metric_` */
    struct mms_text stem = {mapped, metrics_map(family->label, mapped)};
    family->exact = stem.size == family->label.size && memcmp(mapped, family->label.data, stem.size) == 0;
    if (family->type == METRICS_COUNTER)
        cut_end(&stem, "_total");
    if (family->type == METRICS_INFO)
        cut_end(&stem, "_info");
    if (family->unit.size > 0 && cut_end(&stem, family->unit.data) && !cut_end(&stem, "_"))
        stem.size += family->unit.size; /* only the end of a word */
    if (stem.size == 0 || (mapped[0] >= '0' && mapped[0] <= '9' && MMS_BUG != MMS_BUG_NUMERAL)) {
        memcpy(name, PREFIX, sizeof PREFIX - 1);
        mapped[-1] = '_';
        stem.data = name;
        stem.size += stem.size == 0 ? sizeof PREFIX - 1 : sizeof PREFIX;
    }
    family->stem = stem;
}

/* --- names that are taken ----------------------------------------------------------------------------------------- */

static const char *const suffixes[METRICS_TYPES][6] = {
    [METRICS_COUNTER] = {"", "_total", "_created"},
    [METRICS_HISTOGRAM] = {"", "_bucket", "_count", "_sum", "_created"},
    [METRICS_GAUGE] = {""},
    [METRICS_UNKNOWN] = {""},
    [METRICS_STATESET] = {""},
    [METRICS_INFO] = {"", "_info"},
};

/* A stateset has its name as a label, too: not that of a label of our own, or of one that means something else. */
static const char *const labels[] = {"pid", "tid", "file", "index", "le", "quantile"};

static struct taken *find(const struct metrics_model *model, struct mms_text name, uint64_t *hash)
{
    *hash = mms_hash(model->key, name.data, name.size);
    struct metrics_node *node = metrics_table_first(&model->names, *hash);
    for (; node != NULL; node = metrics_table_next(node)) {
        struct taken *taken = (struct taken *)node;
        if (taken->name.size == name.size && memcmp(taken->name.data, name.data, name.size) == 0)
            return taken;
    }
    return NULL;
}

static struct mms_text with(struct metrics_model *model, const char *name, const char *suffix)
{
    FILE *out = metrics_scratch_begin(model);
    fputs(name, out);
    fputs(suffix, out);
    return metrics_scratch_end(model);
}

/* The one that stands in the way of a name, or NULL. */
static struct taken *obstacle(struct metrics_model *model, enum metrics_type type, const char *name)
{
    struct taken *found = NULL;
    uint64_t hash;
    for (size_t i = 0; suffixes[type][i] != NULL && found == NULL; i++)
        found = find(model, with(model, name, suffixes[type][i]), &hash);
    return found;
}

static bool is_label(enum metrics_type type, const char *name)
{
    bool found = false;
    for (size_t i = 0; i < sizeof labels / sizeof labels[0] && type == METRICS_STATESET; i++)
        found |= strcmp(labels[i], name) == 0;
    return found;
}

static void take(struct metrics_model *model, enum metrics_type type, const char *name)
{
    for (size_t i = 0; suffixes[type][i] != NULL && !model->no_memory && (i == 0 || MMS_BUG != MMS_BUG_NAMES); i++) {
        struct taken *taken = metrics_alloc(&model->arena, sizeof *taken);
        uint64_t hash;
        struct mms_text text = with(model, name, suffixes[type][i]);
        if (taken != NULL) {
            find(model, text, &hash);
            *taken = (struct taken){.node = {.hash = hash}, .name = metrics_copy(&model->arena, text)};
        }
        model->no_memory |=
            taken == NULL || taken->name.data == NULL || !metrics_table_add(&model->names, &taken->node);
    }
}

/* --- a name for each ---------------------------------------------------------------------------------------------- */

/* The same everywhere and for ever, unlike the tables' hash: FNV-1a. */
static uint32_t tag_of(const struct metrics_family *family)
{
    uint32_t hash = 2166136261U ^ (uint32_t)family->type;
    for (size_t i = 0; i < family->label.size; i++)
        hash = (hash ^ (uint8_t)family->label.data[i]) * 16777619U;
    return hash;
}

/* number 0: without; tag: with the hash. */
static const char *compose(struct metrics_model *model, const struct metrics_family *family, bool tag, unsigned number)
{
    FILE *out = metrics_scratch_begin(model);
    fwrite(family->stem.data, 1, family->stem.size, out);
    if (tag)
        fprintf(out, "_%08" PRIx32, tag_of(family));
    if (number > 0)
        fprintf(out, "_%u", number);
    if (family->unit.size > 0)
        fprintf(out, "_%s", family->unit.data);
    const char *name = metrics_copy(&model->arena, metrics_scratch_end(model)).data;
    model->no_memory |= name == NULL;
    return name != NULL ? name : "";
}

/* Numbers are tried where somebody chose labels so that hashes meet: each number once, whoever asks. */
static void name_family(struct metrics_model *model, struct metrics_family *family)
{
    const char *name = compose(model, family, false, 0);
    struct taken *first = NULL, *now = obstacle(model, family->type, name);
    family->renamed = now != NULL || is_label(family->type, name);
    if (family->renamed) {
        name = compose(model, family, true, 0);
        first = now = obstacle(model, family->type, name);
    }
    while (now != NULL && !model->no_memory) {
        name = compose(model, family, true, ++first->next);
        now = obstacle(model, family->type, name);
    }
    family->name = name;
    take(model, family->type, name);
}

/* Who gets a name first: a label that is that name as it stands; then the order of labels and types. */
static int by_claim(const void *left, const void *right)
{
    const struct metrics_family *a = *(struct metrics_family *const *)left, *b = *(struct metrics_family *const *)right;
    size_t size = a->label.size < b->label.size ? a->label.size : b->label.size;
    int order = a->exact != b->exact ? (a->exact ? -1 : 1) : memcmp(a->label.data, b->label.data, size);
    if (order == 0)
        order = a->label.size != b->label.size ? (a->label.size < b->label.size ? -1 : 1) : (int)a->type - (int)b->type;
    if (order == 0)
        order = strcmp(a->unit.data, b->unit.data);
    if (order == 0)
        order = (int)a->bounds.count - (int)b->bounds.count;
    if (order == 0)
        order = a->bounds.scale < b->bounds.scale ? -1 : a->bounds.scale > b->bounds.scale;
    return order;
}

void metrics_name(struct metrics_model *model, struct metrics_family **families, size_t count)
{
    for (size_t i = 0; i < count && !model->no_memory; i++)
        if (!families[i]->own)
            make_stem(model, families[i]);
    for (size_t i = 0; i < count && !model->no_memory; i++)
        if (families[i]->own)
            take(model, families[i]->type, families[i]->name);
    if (model->no_memory)
        return;
    qsort(families, count, sizeof(struct metrics_family *), by_claim);
    for (size_t i = 0; i < count && !model->no_memory; i++)
        if (!families[i]->own)
            name_family(model, families[i]);
}
