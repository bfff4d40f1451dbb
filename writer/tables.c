/* SPDX-License-Identifier: MIT
 *
 * tables.c - adds a table of fields whose handles are members of a struct, with the tables that it includes. */

#include <stdlib.h>

#include "writer/internal.h"

/* A field of the table or of an included one. */
struct entry {
    const struct mms_field *field;
    void *handle;
    const char *label; /* NULL: it has none */
    uint32_t hash;
    bool done;
};

static void *member(void *instance, const struct mms_field *field)
{
    return (char *)instance + field->offset;
}

/* Counts the fields of a table; -EINVAL when it is nested too deep. What is too deep is left out. */
static int count_entries(const struct mms_field *fields, size_t count, int depth, size_t *entries)
{
    int first_error = 0;
    for (size_t i = 0; i < count; i++) {
        int error = 0;
        if (fields[i].kind != MMS_KIND_INCLUDE)
            ++*entries;
        else if (depth >= MMS_TABLE_DEPTH || fields[i].include == NULL)
            error = -EINVAL;
        else
            error = count_entries(fields[i].include, fields[i].size, depth + 1, entries);
        if (first_error == 0)
            first_error = error;
    }
    return first_error;
}

static struct entry *fill_entries(const struct mms_field *fields, size_t count, void *instance, int depth,
                                  struct entry *entry)
{
    for (size_t i = 0; i < count; i++) {
        const struct mms_field *field = &fields[i];
        if (field->kind == MMS_KIND_INCLUDE) {
            if (depth < MMS_TABLE_DEPTH && field->include != NULL)
                entry = fill_entries(field->include, field->size, member(instance, field), depth + 1, entry);
            continue;
        }
        const struct mms_kind_row *row = mms_kind_row(field->kind);
        bool has_handle = row != NULL && row->handle != MMS_HANDLE_NONE;
        const char *label = mms_field_label(field);
        uint32_t hash = label != NULL ? mms_fields_hash(label, strlen(label)) : 0;
        *entry++ = (struct entry){field, has_handle ? member(instance, field) : NULL, label, hash, false};
    }
    return entry;
}

/* --- overriding --------------------------------------------------------------------------------------------------- */

static bool same_label(const struct entry *a, const struct entry *b)
{
    return a->hash == b->hash && a->label != NULL && b->label != NULL && strcmp(a->label, b->label) == 0;
}

/* Can a handle of this field use that field's value? */
static bool same_value(const struct mms_field *a, const struct mms_field *b)
{
    bool window = a->kind == MMS_KIND_MOVING || a->kind == MMS_KIND_TIMER; /* its size is no part of the value */
    return a->kind == b->kind && (window || a->size == b->size);
}

/* Adds the last of the entries with the label of entries[first], and binds the handles of the others to it. */
static int add_label(struct mms_writer *writer, struct entry *entries, size_t first, size_t count)
{
    size_t last = first;
    for (size_t i = first + 1; i < count; i++)
        if (same_label(&entries[first], &entries[i]))
            last = i;
    const struct mms_binding *added;
    int error = mms_fields_add(writer, entries[last].field, entries[last].handle, &added);
    struct mms_binding binding = added != NULL ? *added : (struct mms_binding){0};
    entries[last].done = true;

    for (size_t i = first; i < last; i++) {
        if (i != first && !same_label(&entries[first], &entries[i]))
            continue;
        entries[i].done = true;
        if (entries[i].handle == NULL)
            continue;
        if (binding.row != NULL && same_value(entries[i].field, entries[last].field))
            mms_bind(&binding, entries[i].field, entries[i].handle);
        else
            mms_fields_bind_private(writer, entries[i].field, entries[i].handle);
    }
    return error;
}

int mms_tables_add(struct mms_writer *writer, const struct mms_field *fields, size_t count, void *instance)
{
    size_t entries_count = 0;
    int first_error = count_entries(fields, count, 0, &entries_count);
    if (first_error < 0)
        mms_writer_fail(writer, first_error, "table", "an included table is missing, or nested too deep");
    struct entry *entries = calloc(entries_count + 1, sizeof *entries);
    if (entries == NULL) {
        mms_tables_bind_scratch(fields, count, instance, 0);
        return mms_writer_fail(writer, -ENOMEM, "table", NULL);
    }
    fill_entries(fields, count, instance, 0, entries);
    for (size_t i = 0; i < entries_count; i++) {
        int error = entries[i].done ? 0 : add_label(writer, entries, i, entries_count);
        if (first_error == 0)
            first_error = error;
    }
    free(entries);
    mms_records_publish(writer);
    return first_error;
}

void mms_tables_bind_scratch(const struct mms_field *fields, size_t count, void *instance, int depth)
{
    for (size_t i = 0; i < count; i++) {
        if (fields[i].kind != MMS_KIND_INCLUDE)
            mms_bind_scratch(&fields[i], member(instance, &fields[i]));
        else if (depth < MMS_TABLE_DEPTH && fields[i].include != NULL)
            mms_tables_bind_scratch(fields[i].include, fields[i].size, member(instance, &fields[i]), depth + 1);
    }
}

size_t mms_tables_bound(const struct mms_field *fields, size_t count, size_t prefix, int depth)
{
    size_t bound = 0;
    for (size_t i = 0; i < count; i++) {
        const struct mms_field *field = &fields[i];
        if (field->kind == MMS_KIND_INCLUDE) {
            if (depth < MMS_TABLE_DEPTH && field->include != NULL)
                bound += mms_tables_bound(field->include, field->size, prefix, depth + 1);
            continue;
        }
        const char *label = mms_field_label(field);
        size_t label_size = prefix + (label != NULL ? strlen(label) : 0);
        size_t value = mms_shape_bound(field);
        bound += 128 + label_size + value + mms_records_metadata_bound(label_size, "seconds", field->help) +
                 (field->unit != NULL ? strlen(field->unit) : 0);
    }
    return bound;
}
