/* SPDX-License-Identifier: MIT
 *
 * layout.c - from the description of a record to where its parts are. */

#include "format/parse.h"

/* Bytes of the body before value, slot or bucket number 0, by layout; what a STRUCT has besides its signature. */
static const uint8_t body_header[MMS_LAYOUTS] = {
    [MMS_LAYOUT_BUFFERED] = 1, /* u8 write_buffer */
    [MMS_LAYOUT_WIDE] = 5,     /* u32 size, u8 write_buffer */
    [MMS_LAYOUT_ARRAY] = 4,    /* u16 write_offset, u16 array_size */
    [MMS_LAYOUT_HISTOGRAM] = 24, /* u8 sub_bits, u8 max_bits, u16 0, u32 bucket_count, f64 scale, u64 sum */
    [MMS_LAYOUT_STRUCT] = 3,   /* u16 signature_size, u8 write_buffer */
};

/* --- values ----------------------------------------------------------------------------------------------- */

/* value_size, type, items and swapped of a record that has a signature. A mark that leaves the order open leaves swapped too. */
static int use_signature(struct mms_record *record)
{
    struct mms_signature signature;
    if (record->signature.size > MMS_LIMIT_SIGNATURE)
        return -EMSGSIZE;
    if (mms_signature_parse(record->signature, record->swapped, &signature, NULL) < 0)
        return -EINVAL;
    record->value_size = signature.size;
    record->type = signature.type;
    record->items = signature.items;
    record->swapped = signature.swapped;
    return 0;
}

/* value_size and slots of a version 2 record. */
static int use_layout(struct mms_record *record, const struct mms_id_row *row)
{
    switch (record->layout) {
    case MMS_LAYOUT_UNBUFFERED:
    case MMS_LAYOUT_BUFFERED:
        record->value_size = row->size;
        record->slots = record->layout == MMS_LAYOUT_BUFFERED ? 2 : 1;
        return 0;
    case MMS_LAYOUT_STRING:
    case MMS_LAYOUT_METADATA: /* they take the rest of the record (R413) */
        record->slots = 1;
        return record->tail == 0 ? 0 : -EINVAL;
    case MMS_LAYOUT_WIDE:
        record->slots = 2;
        return record->value_size <= UINT32_MAX ? 0 : -EMSGSIZE;
    case MMS_LAYOUT_ARRAY:
        record->value_size = row->size;
        if (record->slots == 0)
            return -EINVAL;
        return record->slots - 1 <= UINT16_MAX ? 0 : -EMSGSIZE;
    case MMS_LAYOUT_HISTOGRAM:
        record->value_size = row->size;
        record->slots = mms_bucket_count(record->sub_bits, record->max_bits);
        return record->slots != 0 ? 0 : -EINVAL;
    case MMS_LAYOUT_STRUCT:
        record->slots = 2;
        return use_signature(record);
    case MMS_LAYOUT_PADDING:
    case MMS_LAYOUT_OPAQUE:
        break;
    }
    record->value_size = record->slots = 0; /* all of it is tail */
    return 0;
}

/* --- offsets ---------------------------------------------------------------------------------------------- */

static void place(struct mms_record *record, size_t header, size_t in_body)
{
    record->body = record->offset + header;
    record->values = record->body + in_body;
    record->size = record->values + record->slots * record->value_size - record->offset;
}

/* Values end, and a sequence behind them would, at an offset that an int64_t holds. */
static bool fits(const struct mms_record *record, size_t header)
{
    const size_t room = 16; /* the sequence, and what aligns it */
    /* does not wrap: value_size is below 2^63 where slots is 2, and at most 8 where slots is more */
    size_t bytes = record->slots * record->value_size, end;
    return !__builtin_add_overflow(record->offset, header + room, &end) &&
           !__builtin_add_overflow(end, bytes, &end) && !__builtin_add_overflow(end, record->tail, &end) &&
           end <= INT64_MAX;
}

static int layout_v1(struct mms_record *record)
{
    int error;
    if (record->layout != MMS_LAYOUT_BUFFERED && record->layout != MMS_LAYOUT_UNBUFFERED)
        return -EINVAL;
    if (record->label.size == 0) /* would end the list (R201) */
        return -EINVAL;
    if ((error = use_signature(record)) < 0)
        return error;
    record->id = record->metric = record->flags = 0;
    record->sub_bits = record->max_bits = 0;
    record->scale = 0;
    record->tail = record->sequence = 0;
    record->slots = record->layout == MMS_LAYOUT_BUFFERED ? 2 : 1;

    size_t header = 2 + record->label.size + 2 + record->signature.size;
    if (!fits(record, header + 1))
        return -EMSGSIZE;
    place(record, header, 1);
    record->write_buffer = record->body;
    return 0;
}

/* R408 */
static void place_sequence(struct mms_record *record)
{
    size_t end = record->offset + record->size + record->tail;
    size_t aligned = mms_align_up(end, 8);
    record->tail += aligned - end;
    record->sequence = aligned;
    record->size = aligned + 8 - record->offset;
}

static int layout_v2(struct mms_record *record)
{
    const struct mms_id_row *row = mms_id_row(record->id);
    bool skipped = row->layout == MMS_LAYOUT_PADDING || row->layout == MMS_LAYOUT_OPAQUE;
    bool sequence = (record->flags & MMS_FLAG_SEQUENCE) && !skipped;
    int error;

    record->layout = row->layout;
    record->type = row->type;
    record->items = row->type != MMS_TYPE_PAD ? 1 : 0;
    if (sequence && !mms_layout_has_sequence(record->layout))
        return -EINVAL;
    if ((error = use_layout(record, row)) < 0)
        return error;
    if (record->layout != MMS_LAYOUT_STRUCT)
        record->signature = (struct mms_text){NULL, 0};
    if (record->layout != MMS_LAYOUT_HISTOGRAM) {
        record->sub_bits = record->max_bits = 0;
        record->scale = 0;
    }

    size_t header = 4 + 2 + record->label.size + 2 + 2;
    size_t in_body = body_header[record->layout] + record->signature.size;
    if (!fits(record, header + in_body))
        return -EMSGSIZE;
    place(record, header, in_body);
    record->write_buffer = record->sequence = 0;
    if (record->layout == MMS_LAYOUT_ARRAY)
        record->write_buffer = record->body;
    else if (record->layout == MMS_LAYOUT_BUFFERED || record->layout == MMS_LAYOUT_WIDE ||
             record->layout == MMS_LAYOUT_STRUCT)
        record->write_buffer = record->values - 1;
    if (sequence)
        place_sequence(record);
    else
        record->size += record->tail;
    return record->size - 4 <= UINT32_MAX ? 0 : -EMSGSIZE;
}

int mms_record_layout(struct mms_record *record, uint8_t version, size_t offset)
{
    struct mms_record done = *record;
    if (version != 1 && version != 2)
        return -EINVAL;
    if (done.label.size > MMS_LIMIT_LABEL)
        return -EMSGSIZE;
    done.offset = offset;
    int error = version == 1 ? layout_v1(&done) : layout_v2(&done);
    if (error == 0)
        *record = done;
    return error;
}

/* --- alignment (R505) ------------------------------------------------------------------------------------- */

size_t mms_record_alignment(const struct mms_record *record)
{
    enum mms_layout layout = record->layout;
    enum mms_type type = mms_record_type(record);

    if (layout == MMS_LAYOUT_PADDING || layout == MMS_LAYOUT_OPAQUE)
        return 1;
    if (layout == MMS_LAYOUT_WIDE || layout == MMS_LAYOUT_HISTOGRAM || layout == MMS_LAYOUT_STRUCT)
        return MMS_LIMIT_MAX_ALIGN;
    if (type == MMS_TYPE_PAD) /* a tuple */
        return MMS_LIMIT_MAX_ALIGN;
    if (type == MMS_TYPE_TEXT && layout != MMS_LAYOUT_STRING && layout != MMS_LAYOUT_METADATA) /* it moves as words */
        return MMS_LIMIT_MAX_ALIGN;
    return mms_table_types[type].size > 1 ? mms_table_types[type].size : 1;
}

size_t mms_record_gap(const struct mms_record *record, uint8_t version, size_t offset)
{
    struct mms_record placed = *record;
    if (mms_record_layout(&placed, version, offset) < 0)
        return 0;
    return mms_align_up(placed.values, mms_record_alignment(&placed)) - placed.values;
}
