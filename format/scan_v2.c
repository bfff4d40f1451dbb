/* SPDX-License-Identifier: MIT
 *
 * scan_v2.c - one record of version 2 (SPEC.md, section 4), checked in the order of R410. */

#include "format/parse.h"

/* A record under way. */
struct parser {
    struct mms_cursor in; /* what is left of the record */
    const uint8_t *file;
    bool swapped;
    struct mms_record *record;
    struct mms_diag *diag;
};

static size_t offset_of(const struct parser *parser)
{
    return (size_t)(parser->in.at - parser->file);
}

/* --- header ----------------------------------------------------------------------------------------------- */

/* R404 */
static int take_header(struct parser *parser)
{
    struct mms_record *record = parser->record;
    size_t label_at = offset_of(parser);
    const uint8_t *label = NULL;
    uint16_t label_size, id, metric;

    if (mms_take_u16(&parser->in, parser->swapped, &label_size))
        label = mms_take(&parser->in, label_size);
    if (label == NULL || !mms_take_u16(&parser->in, parser->swapped, &id) ||
        !mms_take_u16(&parser->in, parser->swapped, &metric))
        return mms_fail(parser->diag, MMS_RULE_V2_LABEL, label_at);

    const struct mms_id_row *row = mms_id_row(id);
    record->label = (struct mms_text){(const char *)label, label_size};
    record->id = id;
    record->metric = (uint8_t)(metric & 0xff);
    record->flags = (uint8_t)(metric >> 8);
    record->layout = row->layout;
    record->value_size = row->size;
    record->body = offset_of(parser);
    return 0;
}

/* --- bodies ----------------------------------------------------------------------------------------------- */

/* Something of the body is missing. */
static int fail_body(const struct parser *parser)
{
    return mms_fail(parser->diag, MMS_RULE_V2_BODY, parser->record->body);
}

/* slots x value_size bytes. The product does not wrap: value_size is below 2^63 where slots is 2, and at most 8 where
 * slots is more. */
static int take_slots(struct parser *parser, size_t slots)
{
    struct mms_record *record = parser->record;
    record->values = offset_of(parser);
    record->slots = slots;
    return mms_take(&parser->in, slots * record->value_size) != NULL ? 0 : fail_body(parser);
}

static int take_buffered(struct parser *parser)
{
    uint8_t write_buffer;

    parser->record->write_buffer = offset_of(parser);
    if (!mms_take_u8(&parser->in, &write_buffer))
        return fail_body(parser);
    if (write_buffer > 1)
        return mms_fail(parser->diag, MMS_RULE_V2_WRITE_BUFFER, parser->record->write_buffer);
    return take_slots(parser, 2);
}

static int take_wide(struct parser *parser)
{
    uint32_t size;

    if (!mms_take_u32(&parser->in, parser->swapped, &size))
        return fail_body(parser);
    parser->record->value_size = size;
    return take_buffered(parser);
}

static int take_array(struct parser *parser)
{
    uint16_t write_offset, array_size;

    parser->record->write_buffer = offset_of(parser);
    if (!mms_take_u16(&parser->in, parser->swapped, &write_offset) ||
        !mms_take_u16(&parser->in, parser->swapped, &array_size))
        return fail_body(parser);
    if (write_offset > array_size)
        return mms_fail(parser->diag, MMS_RULE_V2_WRITE_OFFSET, parser->record->write_buffer);
    return take_slots(parser, (size_t)array_size + 1);
}

/* R409: each parameter is judged as soon as it is there. */
static int take_histogram(struct parser *parser)
{
    struct mms_record *record = parser->record;
    uint8_t sub_bits, max_bits;
    uint16_t zero;
    uint32_t bucket_count;
    uint64_t sum;

    if (!mms_take_u8(&parser->in, &sub_bits))
        return fail_body(parser);
    if (mms_bucket_count(sub_bits, 64) == 0)
        return mms_fail(parser->diag, MMS_RULE_V2_HISTOGRAM, record->body);
    if (!mms_take_u8(&parser->in, &max_bits))
        return fail_body(parser);
    if (mms_bucket_count(sub_bits, max_bits) == 0)
        return mms_fail(parser->diag, MMS_RULE_V2_HISTOGRAM, record->body);
    if (!mms_take_u16(&parser->in, parser->swapped, &zero) ||
        !mms_take_u32(&parser->in, parser->swapped, &bucket_count))
        return fail_body(parser);
    if (mms_bucket_count(sub_bits, max_bits) != bucket_count)
        return mms_fail(parser->diag, MMS_RULE_V2_HISTOGRAM, record->body);
    if (!mms_take_f64(&parser->in, parser->swapped, &record->scale) ||
        !mms_take_u64(&parser->in, parser->swapped, &sum))
        return fail_body(parser);
    record->sub_bits = sub_bits;
    record->max_bits = max_bits;
    return take_slots(parser, bucket_count);
}

static int take_struct(struct parser *parser)
{
    struct mms_record *record = parser->record;
    struct mms_signature signature;
    struct mms_diag inner;
    uint16_t size;

    if (!mms_take_u16(&parser->in, parser->swapped, &size))
        return fail_body(parser);
    size_t signature_at = offset_of(parser);
    const uint8_t *text = mms_take(&parser->in, size);
    if (text == NULL)
        return fail_body(parser);
    record->signature = (struct mms_text){(const char *)text, size};
    if (mms_signature_parse(record->signature, parser->swapped, &signature, &inner) < 0)
        return mms_fail(parser->diag, (enum mms_rule)inner.rule, signature_at + inner.offset);
    record->value_size = signature.size;
    record->swapped = signature.swapped;
    return take_buffered(parser);
}

static int take_body(struct parser *parser)
{
    switch (parser->record->layout) {
    case MMS_LAYOUT_UNBUFFERED:
        return take_slots(parser, 1);
    case MMS_LAYOUT_BUFFERED:
        return take_buffered(parser);
    case MMS_LAYOUT_STRING:
    case MMS_LAYOUT_METADATA:
        parser->record->value_size = parser->in.left;
        return take_slots(parser, 1);
    case MMS_LAYOUT_WIDE:
        return take_wide(parser);
    case MMS_LAYOUT_ARRAY:
        return take_array(parser);
    case MMS_LAYOUT_HISTOGRAM:
        return take_histogram(parser);
    case MMS_LAYOUT_STRUCT:
        return take_struct(parser);
    case MMS_LAYOUT_PADDING:
    case MMS_LAYOUT_OPAQUE:
        break;
    }
    return take_slots(parser, 0); /* all of it is tail */
}

/* What is behind the body: bytes to ignore (R411), and the sequence (R408). */
static int take_tail(struct parser *parser)
{
    struct mms_record *record = parser->record;
    size_t end = offset_of(parser) + parser->in.left;

    record->tail = parser->in.left;
    if (!(record->flags & MMS_FLAG_SEQUENCE) || record->layout == MMS_LAYOUT_PADDING ||
        record->layout == MMS_LAYOUT_OPAQUE)
        return 0;
    if (!mms_layout_has_sequence(record->layout) || record->tail < 8 || end % 8 != 0)
        return mms_fail(parser->diag, MMS_RULE_V2_SEQUENCE, record->body - 2);
    record->tail -= 8;
    record->sequence = end - 8;
    return 0;
}

int mms_scan_next_v2(struct mms_scan *scan, struct mms_record *record, struct mms_diag *diag)
{
    struct mms_cursor in = {scan->data + scan->offset, scan->size - scan->offset};
    struct mms_record found = {.offset = scan->offset, .swapped = scan->swapped};
    uint32_t field_size;
    int error;

    if (!mms_take_u32(&in, scan->swapped, &field_size) || field_size == 0) {
        scan->ended = true;
        return 0;
    }
    const uint8_t *bytes = mms_take(&in, field_size);
    if (bytes == NULL) {
        scan->ended = true;
        return mms_fail(diag, MMS_RULE_V2_RECORD, found.offset);
    }
    scan->offset = scan->size - in.left; /* R410: an error from here on does not end the list */
    if (field_size < MMS_LIMIT_MIN_FIELD_SIZE)
        return mms_fail(diag, MMS_RULE_V2_FIELD_SIZE, found.offset);

    struct parser parser = {{bytes, field_size}, scan->data, scan->swapped, &found, diag};
    if ((error = take_header(&parser)) < 0 || (error = take_body(&parser)) < 0 || (error = take_tail(&parser)) < 0)
        return error;
    found.size = scan->offset - found.offset;
    *record = found;
    return 1;
}
