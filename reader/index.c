/* SPDX-License-Identifier: MIT
 *
 * index.c - the fields of a copy: how each is observed, where its label leads, and what metadata says about it. */

#include "reader/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What the METADATA records with one label say (R418), still escaped. */
struct note {
    struct mms_text label, unit, help;
};

struct notes {
    struct note *notes;
    size_t count, room;
};

/* --- how a field is observed ------------------------------------------------------------------------------------- */

static bool has_buffers(const struct mms_record *record)
{
    return record->layout == MMS_LAYOUT_BUFFERED || record->layout == MMS_LAYOUT_WIDE ||
           record->layout == MMS_LAYOUT_STRUCT;
}

/* One number (or one byte) that one access reads whole (R603). A mapping begins on a page, so offsets are aligned as
 * addresses are. */
static bool is_single_access(const struct mms_entry *entry)
{
    const struct mms_record *record = &entry->record;
    size_t size = record->value_size;

    if (entry->items != 1 || (size != 1 && size != 2 && size != 4 && size != 8) || record->values % size != 0)
        return false;
    return size == 1 || mms_class_of(mms_record_type(record)) != MMS_CLASS_TEXT;
}

static enum mms_way way_of(const struct mms_entry *entry, bool counted)
{
    const struct mms_record *record = &entry->record;

    if (record->layout == MMS_LAYOUT_HISTOGRAM)
        return MMS_WAY_HISTOGRAM;
    if (record->layout == MMS_LAYOUT_ARRAY)
        return record->sequence ? MMS_WAY_RING : MMS_WAY_ARRAY;
    if (record->id == MMS_ID_STATIC_TEXT)
        return MMS_WAY_STATIC;
    if (!has_buffers(record))
        return is_single_access(entry) ? MMS_WAY_CELL : MMS_WAY_TWICE;
    if (record->sequence)
        return MMS_WAY_LATCH;
    if (is_single_access(entry))
        return MMS_WAY_FLIP;
    return counted ? MMS_WAY_COUNTED : MMS_WAY_FLIPS;
}

static void describe(struct mms_entry *entry, const struct mms_index *index)
{
    const struct mms_record *record = &entry->record;
    struct mms_signature signature;

    entry->items = 1;
    if (record->signature.size > 0 && mms_signature_parse(record->signature, index->scan.swapped, &signature, NULL) == 0)
        entry->items = signature.items;
    entry->way = way_of(entry, index->sequence != 0);
    entry->sequence = entry->way == MMS_WAY_COUNTED ? index->sequence : record->sequence;
    entry->from = record->values;
    entry->bytes = has_buffers(record) ? record->value_size : record->value_size * record->slots;
    if (record->layout == MMS_LAYOUT_HISTOGRAM) { /* the sum stands before the buckets */
        entry->from -= sizeof(uint64_t);
        entry->bytes += sizeof(uint64_t);
    }
}

/* --- what the file says about all of its fields ------------------------------------------------------------------- */

/* The program's prefix may stand before it (R510). */
static bool is_labelled(const struct mms_record *record, const char *label)
{
    size_t size = strlen(label);
    return record->label.size >= size &&
           memcmp(record->label.data + record->label.size - size, label, size) == 0;
}

/* One u64 that can be loaded as such. In the order of the file: a sequence in another one would be nobody's. */
static bool is_plain_u64(const struct mms_record *record, bool swapped)
{
    return record->layout == MMS_LAYOUT_UNBUFFERED && record->value_size == sizeof(uint64_t) &&
           record->values % sizeof(uint64_t) == 0 && mms_record_type(record) == MMS_TYPE_U64 &&
           record->swapped == swapped;
}

/* R512 (the very first record) and R515 (the first one that is a generation). */
static void look_for_marks(struct mms_index *index, const struct mms_record *record)
{
    bool v1 = index->scan.version == 1;
    if (!is_plain_u64(record, index->scan.swapped))
        return;
    if (v1 && record->offset == 1 && is_labelled(record, MMS_LABEL_SEQUENCE))
        index->sequence = record->values;
    if (index->generation == 0 && (v1 ? is_labelled(record, MMS_LABEL_GENERATION) : record->id == MMS_ID_GENERATION))
        index->generation = record->values;
    index->sequences |= index->generation != 0;
}

/* --- lists that grow --------------------------------------------------------------------------------------------- */

/* Makes room for one more. Returns the array, which may have moved, or NULL. */
static void *grow(void *array, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return array;
    size_t wanted = *room ? 2 * *room : 32;
    void *grown = realloc(array, wanted * size);
    if (grown != NULL)
        *room = wanted;
    return grown;
}

static int add_entry(struct mms_index *index, size_t *room, const struct mms_record *record)
{
    if (index->count >= MMS_NO_NUMBER)
        return -EFBIG;
    struct mms_entry *entries = grow(index->entries, index->count, room, sizeof *entries);
    if (entries == NULL)
        return -ENOMEM;
    index->entries = entries;
    entries[index->count] = (struct mms_entry){.record = *record, .next = MMS_NO_NUMBER};
    describe(&entries[index->count++], index);
    index->sequences |= record->sequence != 0;
    return 0;
}

static int add_note(struct notes *notes, const struct mms_scan *scan, const struct mms_record *record)
{
    struct mms_text text = {(const char *)scan->data + record->values, record->value_size};
    struct note *grown = grow(notes->notes, notes->count, &notes->room, sizeof *grown);
    if (grown == NULL)
        return -ENOMEM;
    notes->notes = grown;

    struct note *note = &grown[notes->count++];
    *note = (struct note){.label = record->label};
    mms_metadata_find(text, "unit", &note->unit);
    mms_metadata_find(text, "help", &note->help);
    return 0;
}

static int add_record(struct mms_index *index, size_t *room, struct notes *notes, const struct mms_record *record)
{
    if (record->layout == MMS_LAYOUT_PADDING || record->layout == MMS_LAYOUT_OPAQUE)
        return 0;
    if (record->layout == MMS_LAYOUT_METADATA)
        return add_note(notes, &index->scan, record);
    look_for_marks(index, record);
    if (record->id == MMS_ID_GENERATION)
        return 0;
    return add_entry(index, room, record);
}

static int scan_all(struct mms_index *index, struct notes *notes)
{
    struct mms_record record;
    struct mms_diag diag;
    size_t room = 0;
    int got, error = 0;

    while (error == 0 && (got = mms_scan_next(&index->scan, &record, &diag)) != 0) {
        if (got > 0)
            error = add_record(index, &room, notes, &record);
        else if (index->errors++ == 0)
            index->diag = diag;
    }
    return error;
}

/* --- labels and metadata ----------------------------------------------------------------------------------------- */

/* Fields with one label make a chain, in file order. */
static int chain_labels(struct mms_index *index)
{
    int error = mms_labels_begin(&index->labels, index->count);
    if (error < 0)
        return error;
    for (uint32_t i = 0; i < index->count; i++) {
        uint32_t first = mms_labels_add(&index->labels, index->entries[i].record.label, i);
        if (first == MMS_NO_NUMBER) {
            index->entries[i].last = i;
        } else {
            index->entries[index->entries[first].last].next = i;
            index->entries[first].last = i;
        }
    }
    return 0;
}

/* One note a label, in the table and in its first place; what a later one says counts. Returns how much text there
 * is. */
static size_t merge_notes(struct notes *notes, struct mms_labels *table)
{
    size_t size = 0;
    for (uint32_t i = 0; i < notes->count; i++) {
        struct note *note = &notes->notes[i];
        uint32_t first = mms_labels_add(table, note->label, i);
        size += note->unit.size + note->help.size;
        if (first == MMS_NO_NUMBER)
            continue;
        if (note->unit.data != NULL)
            notes->notes[first].unit = note->unit;
        if (note->help.data != NULL)
            notes->notes[first].help = note->help;
    }
    return size;
}

static struct mms_text unescape(struct mms_text text, char **at)
{
    size_t size = mms_metadata_unescape(text, *at, text.size);
    struct mms_text plain = {*at, size};
    *at += size;
    return plain;
}

static int attach_notes(struct mms_index *index, struct notes *notes)
{
    struct mms_labels table;
    int error;

    if (notes->count == 0)
        return 0;
    if (notes->count >= MMS_NO_NUMBER)
        return -EFBIG;
    if ((error = mms_labels_begin(&table, notes->count)) < 0)
        return error;
    char *at = index->texts = malloc(merge_notes(notes, &table) + 1);
    for (size_t i = 0; at != NULL && i < notes->count; i++) {
        struct note *note = &notes->notes[i];
        if (mms_labels_find(&table, note->label) != i)
            continue; /* merged into an earlier one */
        note->unit = unescape(note->unit, &at);
        note->help = unescape(note->help, &at);
    }
    for (size_t i = 0; at != NULL && i < index->count; i++) {
        uint32_t number = mms_labels_find(&table, index->entries[i].record.label);
        if (number == MMS_NO_NUMBER)
            continue;
        index->entries[i].unit = notes->notes[number].unit;
        index->entries[i].help = notes->notes[number].help;
    }
    mms_labels_end(&table);
    return at != NULL ? 0 : -ENOMEM;
}

/* --- the whole --------------------------------------------------------------------------------------------------- */

int mms_index_build(struct mms_index *index, struct mms_scan scan)
{
    struct notes notes = {0};

    *index = (struct mms_index){.scan = scan};
    int error = scan_all(index, &notes);
    if (error == 0)
        error = chain_labels(index);
    if (error == 0)
        error = attach_notes(index, &notes);
    free(notes.notes);
    if (error < 0)
        mms_index_free(index);
    return error;
}

void mms_index_free(struct mms_index *index)
{
    mms_labels_end(&index->labels);
    free(index->entries);
    free(index->texts);
    *index = (struct mms_index){0};
}
