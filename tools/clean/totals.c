/* SPDX-License-Identifier: MIT
 *
 * totals.c - sums over files, field by field. */

#include <errno.h>
#include <math.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "tools/clean/archive.h"
#include "tools/common/text.h"

/* --- which -------------------------------------------------------------------------------------------------------- */

static bool is_number(enum mms_type type)
{
    enum mms_class class = mms_class_of(type);
    return class == MMS_CLASS_UINT || class == MMS_CLASS_INT || class == MMS_CLASS_FLOAT;
}

/* Numbers that a sum of could mean something: not an array, whose elements are samples. */
static bool are_numbers(const struct mms_stat *stat)
{
    if (stat->record->layout == MMS_LAYOUT_ARRAY || stat->count == 0)
        return false;
    for (size_t i = 0; i < stat->count; i++)
        if (!is_number(stat->values[i].type))
            return false;
    return true;
}

static bool is_own(struct mms_text label)
{
    size_t size = strlen(CLEAN_MARK_LABEL);
    return label.size >= size && memcmp(label.data, CLEAN_MARK_LABEL, size) == 0;
}

/* Does the label mean something for the file itself (R510, R512, R515)? */
static bool is_sys(size_t prefix, struct mms_text label)
{
    for (int i = 0; i < MMS_SYS_FIELDS; i++)
        if (mms_sys_is(prefix, label, mms_sys_field_of((enum mms_sys)i)->label))
            return true;
    return mms_sys_is(prefix, label, MMS_LABEL_SEQUENCE) || mms_sys_is(prefix, label, MMS_LABEL_GENERATION);
}

static uint8_t kind_of(const struct mms_stat *stat, size_t prefix, const struct clean_options *options)
{
    if (stat->record->layout == MMS_LAYOUT_HISTOGRAM)
        return MMS_METRIC_HISTOGRAM;
    bool own = is_sys(prefix, stat->label) && stat->kind != MMS_METRIC_COUNTER; /* no default field counts */
    if (own || is_own(stat->label) || !are_numbers(stat))
        return MMS_METRIC_INFO;
    return mms_kinds_of(&options->kinds, stat);
}

bool clean_totals_undecided(struct mms_reader *reader, const struct clean_options *options, struct mms_text *label)
{
    struct mms_stat stat;
    size_t prefix = mms_sys_prefix(reader);
    for (size_t i = 0; i < mms_reader_count(reader); i++)
        if (mms_reader_get(reader, i, &stat) == 0 && kind_of(&stat, prefix, options) == MMS_METRIC_UNKNOWN) {
            *label = stat.label;
            return true;
        }
    return false;
}

/* --- one ---------------------------------------------------------------------------------------------------------- */

/* What a field is in an archive: numbers as wide as they get, so that a sum does not wrap before a counter does. */
static struct mms_record describe(const struct mms_stat *stat)
{
    const struct mms_record *record = stat->record;
    struct mms_record what = {.label = stat->label, .metric = MMS_METRIC_COUNTER};
    if (record->layout == MMS_LAYOUT_HISTOGRAM) {
        what.id = MMS_ID_HISTOGRAM;
        what.metric = MMS_METRIC_HISTOGRAM;
        what.flags = MMS_FLAG_SEQUENCE;
        what.sub_bits = record->sub_bits;
        what.max_bits = record->max_bits;
        what.scale = record->scale;
    } else if (stat->is_array) {
        what.id = MMS_ID_STRUCT; /* find has its signature */
    } else {
        enum mms_class class = mms_class_of(stat->type);
        what.id = class == MMS_CLASS_UINT ? MMS_ID_COUNTER : class == MMS_CLASS_INT ? MMS_ID_I64 : MMS_ID_F64;
    }
    return what;
}

/* The signature of a tuple whose numbers are as wide as they get: "dI0d" is "dQ". It is never longer than the one that
 * it is made of. NULL: no memory. */
static char *widen(const struct mms_stat *stat)
{
    static const char codes[] = {[MMS_CLASS_UINT] = 'Q', [MMS_CLASS_INT] = 'q', [MMS_CLASS_FLOAT] = 'd'};
    char *signature = malloc(stat->record->signature.size + 1), *at = signature;
    for (size_t i = 0, same; at != NULL && i < stat->count; i += same) {
        enum mms_class class = mms_class_of(stat->values[i].type);
        for (same = 1; i + same < stat->count && mms_class_of(stat->values[i + same].type) == class;)
            same++;
        if (same > 1)
            at += sprintf(at, "%zu", same);
        *at++ = codes[class];
    }
    if (at != NULL)
        *at = '\0';
    return signature;
}

static int compare(const void *a, const void *b)
{
    const struct mms_record *x = &((const struct clean_total *)a)->what, *y = &((const struct clean_total *)b)->what;
    int order = mms_text_compare(x->label, y->label);
    if (order == 0)
        order = (x->id > y->id) - (x->id < y->id);
    if (order == 0)
        order = mms_text_compare(x->signature, y->signature);
    if (order == 0)
        order = memcmp(&x->sub_bits, &y->sub_bits, 1);
    if (order == 0)
        order = memcmp(&x->max_bits, &y->max_bits, 1);
    return order != 0 ? order : memcmp(&x->scale, &y->scale, sizeof x->scale);
}

static void free_total(struct clean_total *total)
{
    if (total == NULL)
        return;
    free((void *)(uintptr_t)total->what.label.data);
    free((void *)(uintptr_t)total->what.signature.data);
    free(total->values);
    free(total->unit);
    free(total->help);
    free(total);
}

static bool copy_text(struct mms_text *text)
{
    char *copy = malloc(text->size + 1);
    if (copy != NULL)
        memcpy(copy, text->size != 0 ? text->data : "", text->size);
    text->data = copy;
    return copy != NULL;
}

static enum mms_type widest(enum mms_class class)
{
    return class == MMS_CLASS_UINT ? MMS_TYPE_U64 : class == MMS_CLASS_INT ? MMS_TYPE_I64 : MMS_TYPE_F64;
}

/* A total of nothing yet. */
static struct clean_total *new_total(const struct mms_record *what, const struct mms_stat *stat)
{
    struct clean_total *total = calloc(1, sizeof *total);
    if (total == NULL)
        return NULL;
    total->what = *what;
    bool copied = copy_text(&total->what.label);
    copied = copy_text(&total->what.signature) && copied;
    total->values = calloc(stat->count, sizeof *total->values);
    total->count = stat->count;
    if (!copied || total->values == NULL) {
        free_total(total);
        return NULL;
    }
    for (size_t i = 0; i < stat->count; i++)
        total->values[i].type = widest(mms_class_of(stat->values[i].type));
    return total;
}

static bool append(struct clean_totals *totals, struct clean_total *total)
{
    if (totals->count == totals->room) {
        size_t room = totals->room != 0 ? 2 * totals->room : 64;
        struct clean_total **list = realloc(totals->list, room * sizeof(struct clean_total *));
        if (list == NULL)
            return false;
        totals->list = list;
        totals->room = room;
    }
    if (tsearch(total, &totals->tree, compare) == NULL)
        return false;
    totals->list[totals->count++] = total;
    return true;
}

/* The total of a field, made if there is none. */
static struct clean_total *find_or_add(struct clean_totals *totals, const struct mms_stat *stat,
                                       const struct mms_record *what)
{
    struct clean_total key = {.what = *what};
    struct clean_total *const *found = tfind(&key, &totals->tree, compare);
    if (found != NULL)
        return *found;
    struct clean_total *total = new_total(what, stat);
    if (total != NULL && append(totals, total))
        return total;
    free_total(total);
    return NULL;
}

static struct clean_total *find(struct clean_totals *totals, const struct mms_stat *stat)
{
    struct mms_record what = describe(stat);
    if (what.id != MMS_ID_STRUCT)
        return find_or_add(totals, stat, &what);
    char *signature = widen(stat);
    if (signature == NULL)
        return NULL;
    what.signature = (struct mms_text){signature, strlen(signature)};
    struct clean_total *total = find_or_add(totals, stat, &what);
    free(signature);
    return total;
}

/* --- adding ------------------------------------------------------------------------------------------------------- */

/* Modulo 2^64, as counters are; what is no number would make the sum none, for good. */
static void add_value(struct mms_value *to, const struct mms_value *value)
{
    if (mms_class_of(to->type) != MMS_CLASS_FLOAT)
        to->u += value->u;
    else if (isfinite(value->f) && isfinite(to->f + value->f))
        to->f += value->f;
}

/* Returns false when there is no memory. */
static bool note(char **to, struct mms_text text)
{
    if (text.size == 0 || (*to != NULL && strlen(*to) == text.size && memcmp(*to, text.data, text.size) == 0))
        return true;
    char *copy = strndup(text.data, text.size);
    if (copy == NULL)
        return false;
    free(*to);
    *to = copy;
    return true;
}

static int add_stat(struct clean_totals *totals, const struct mms_stat *stat)
{
    struct clean_total *total = find(totals, stat);
    if (total == NULL || !note(&total->unit, stat->unit) || !note(&total->help, stat->help))
        return -ENOMEM;
    for (size_t i = 0; i < total->count && i < stat->count; i++)
        add_value(&total->values[i], &stat->values[i]);
    total->sum += stat->sum;
    return 0;
}

int clean_totals_add(struct clean_totals *totals, struct mms_reader *reader, const struct clean_options *options)
{
    struct mms_stat stat;
    size_t prefix = mms_sys_prefix(reader);
    int error = 0;
    for (size_t i = 0; error == 0 && i < mms_reader_count(reader); i++) {
        if ((error = mms_reader_get(reader, i, &stat)) < 0)
            break;
        uint8_t kind = kind_of(&stat, prefix, options);
        if (kind == MMS_METRIC_COUNTER || kind == MMS_METRIC_HISTOGRAM)
            error = add_stat(totals, &stat);
    }
    return error;
}

static void leave(void *node)
{
    (void)node; /* is in the list, too */
}

void clean_totals_free(struct clean_totals *totals)
{
    tdestroy(totals->tree, leave);
    for (size_t i = 0; i < totals->count; i++)
        free_total(totals->list[i]);
    free(totals->list);
    *totals = (struct clean_totals){0};
}
