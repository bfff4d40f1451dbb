/* SPDX-License-Identifier: MIT
 *
 * index.c - the fields of a copy: where each one is, and how it is observed.
 *
 * Little is kept of a field. Its record is scanned again, in the same private copy, when somebody wants to know more:
 * that takes less time than fetching a description from memory which fits into no cache. */

#include "reader/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* --- how a field is observed ------------------------------------------------------------------------------------- */

static bool has_buffers(const struct mms_record *record)
{
    return record->layout == MMS_LAYOUT_BUFFERED || record->layout == MMS_LAYOUT_WIDE ||
           record->layout == MMS_LAYOUT_STRUCT;
}

/* One number (or one byte) that one access reads whole (R603). A mapping begins on a page, so offsets are aligned as
 * addresses are. */
static inline bool is_single_access(const struct mms_record *record)
{
    size_t size = record->value_size;
    bool one = size == 1 || size == 2 || size == 4 || size == 8;
    return one && record->items == 1 && record->values % size == 0 &&
           (size == 1 || mms_class_of(record->type) != MMS_CLASS_TEXT);
}

static inline enum mms_way way_of(const struct mms_record *record, bool counted)
{
    bool buffers = has_buffers(record);

    if (record->layout == MMS_LAYOUT_HISTOGRAM)
        return MMS_WAY_HISTOGRAM;
    if (record->layout == MMS_LAYOUT_ARRAY)
        return record->sequence ? MMS_WAY_RING : MMS_WAY_ARRAY;
    if (record->id == MMS_ID_STATIC_TEXT)
        return MMS_WAY_STATIC;
    if (buffers && record->sequence)
        return MMS_WAY_LATCH;
    if (is_single_access(record))
        return buffers ? MMS_WAY_FLIP : MMS_WAY_CELL;
    if (!buffers)
        return MMS_WAY_TWICE;
    return counted ? MMS_WAY_COUNTED : MMS_WAY_FLIPS;
}

void mms_index_record(const struct mms_index *index, size_t i, struct mms_record *record)
{
    struct mms_scan scan = index->begin;
    scan.offset = index->places[i].values - index->places[i].header;
    mms_scan_next(&scan, record, NULL);
}

bool mms_index_has_label(const struct mms_index *index, size_t i, struct mms_text label)
{
    struct mms_record record;
    mms_index_record(index, i, &record);
    return record.label.size == label.size && (label.size == 0 || memcmp(record.label.data, label.data, label.size) == 0);
}

void mms_index_entry(const struct mms_index *index, size_t i, struct mms_entry *entry)
{
    const struct mms_record *record = &entry->record;

    mms_index_record(index, i, &entry->record);
    entry->way = way_of(record, index->sequence != 0);
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
           record->values % sizeof(uint64_t) == 0 && record->type == MMS_TYPE_U64 &&
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

/* --- the whole --------------------------------------------------------------------------------------------------- */

void *mms_grow(void *array, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return array;
    size_t wanted = *room ? 2 * *room : 32;
    void *grown = realloc(array, wanted * size);
    if (grown != NULL)
        *room = wanted;
    return grown;
}

static bool is_number(const struct mms_record *record)
{
    enum mms_class class = mms_class_of(record->type);
    return record->items == 1 && class != MMS_CLASS_NONE && class != MMS_CLASS_TEXT &&
           record->layout != MMS_LAYOUT_ARRAY && record->layout != MMS_LAYOUT_HISTOGRAM;
}

/* Only a number that takes all of its value area is loaded as such. Halves are rare, and left to the decoder. */
static uint8_t access_of(const struct mms_index *index, const struct mms_record *record)
{
    enum mms_way way = way_of(record, index->sequence != 0);
    if ((way != MMS_WAY_CELL && way != MMS_WAY_FLIP) || record->value_size != mms_type_size(record->type) ||
        record->type == MMS_TYPE_F16)
        return 0;
    return (uint8_t)(record->value_size | (way == MMS_WAY_FLIP ? MMS_ACCESS_BUFFERED : 0U) |
                     (record->swapped ? MMS_ACCESS_SWAPPED : 0U));
}

static struct mms_place place_of(const struct mms_index *index, const struct mms_record *record)
{
    bool number = is_number(record);
    return (struct mms_place){
        .values = record->values,
        .header = (uint32_t)(record->values - record->offset),
        .type = number ? (uint8_t)record->type : MMS_TYPE_PAD,
        .access = number ? access_of(index, record) : 0,
    };
}

static int add_field(struct mms_index *index, const struct mms_record *record)
{
    if (index->count >= MMS_NO_NUMBER)
        return -EFBIG;
    if (index->count == index->room) {
        struct mms_place *places = mms_grow(index->places, index->count, &index->room, sizeof *places);
        if (places == NULL)
            return -ENOMEM;
        index->places = places;
    }
    index->places[index->count++] = place_of(index, record);
    index->sequences |= record->sequence != 0;
    return 0;
}

static int add_record(struct mms_index *index, const struct mms_record *record)
{
    if (record->layout == MMS_LAYOUT_PADDING || record->layout == MMS_LAYOUT_OPAQUE)
        return 0;
    if (record->layout == MMS_LAYOUT_METADATA) {
        index->metadata = true;
        return 0;
    }
    look_for_marks(index, record);
    if (record->id == MMS_ID_GENERATION)
        return 0;
    return add_field(index, record);
}

/* One pass over the copy, and over its twin where there is one. */
static int scan_all(struct mms_index *index, struct mms_twin *twin)
{
    struct mms_scan *scan = &index->scan;
    struct mms_record record;
    struct mms_diag diag;
    int got, error = 0;

    for (;;) {
        size_t start = scan->offset;
        if ((got = mms_scan_next(scan, &record, &diag)) == 0)
            return 0;
        if (twin != NULL && !mms_twin_has(twin, start, scan->offset) &&
            !mms_twin_agrees(twin, &(struct mms_found){got, start, scan->offset, &record, &diag}))
            return 1;
        if (got < 0 && index->errors++ == 0)
            index->diag = diag;
        if (got > 0 && (error = add_record(index, &record)) < 0)
            return error;
    }
}

int mms_index_build(struct mms_index *index, struct mms_scan scan, const uint8_t *other, bool whole)
{
    struct mms_twin twin;
    int got;

    *index = (struct mms_index){.begin = scan, .scan = scan};
    if (other != NULL && !mms_twin_begin(&twin, &scan, other))
        return 1;
    got = scan_all(index, other != NULL ? &twin : NULL);
    if (got == 0 && other != NULL && !mms_twin_ends(&twin, index->scan.offset, whole))
        got = 1;
    if (got != 0)
        mms_index_free(index);
    return got;
}

void mms_index_free(struct mms_index *index)
{
    mms_labels_free(&index->labels);
    mms_notes_free(&index->notes);
    free(index->places);
    *index = (struct mms_index){0};
}
