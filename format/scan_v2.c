/* SPDX-License-Identifier: MIT
 *
 * scan_v2.c - one record of version 2 (SPEC.md, section 4), checked in the order of R410. */

#include "format/parse.h"

/* A record under way. It is small enough for registers; into a struct mms_record it goes once, at the end. */
struct parser {
    struct mms_cursor in; /* what is left of the record */
    const uint8_t *file;
    bool swapped;
    struct mms_diag *diag;

    size_t offset;
    struct mms_text label;
    uint16_t id, metric;
    const struct mms_id_row *row;
    size_t body;

    struct mms_text signature;
    size_t value_size, slots, write_buffer, values;
    enum mms_type type;
    uint64_t items;
    bool value_swapped;
    uint8_t sub_bits, max_bits;
    double scale;

    size_t tail, sequence;
};

static size_t offset_of(const struct parser *parser)
{
    return (size_t)(parser->in.at - parser->file);
}

/* Every member is named here and in complete(): a compiler else clears all of it first, with an instruction that takes
 * longer than all the rest. */
static void begin(struct parser *parser, const struct mms_scan *scan, struct mms_cursor in, size_t offset,
                  struct mms_diag *diag)
{
    *parser = (struct parser){
        .in = in,
        .file = scan->data,
        .swapped = scan->swapped,
        .diag = diag,
        .offset = offset,
        .label = {NULL, 0},
        .id = 0,
        .metric = 0,
        .row = &mms_table_ids[0], /* the header says which */
        .body = 0,
        .signature = {NULL, 0},
        .value_size = 0,
        .slots = 1,
        .write_buffer = 0,
        .values = 0,
        .type = MMS_TYPE_PAD,
        .items = 0,
        .value_swapped = scan->swapped,
        .sub_bits = 0,
        .max_bits = 0,
        .scale = 0,
        .tail = 0,
        .sequence = 0,
    };
}

/* --- header ----------------------------------------------------------------------------------------------- */

/* R404 */
static int take_header(struct parser *parser)
{
    size_t label_at = offset_of(parser);
    const uint8_t *label = NULL;
    uint16_t label_size;

    if (mms_take_u16(&parser->in, parser->swapped, &label_size))
        label = mms_take(&parser->in, MMS_BUG == MMS_BUG_LABEL ? label_size & 0xff : label_size);
    if (label == NULL || !mms_take_u16(&parser->in, parser->swapped, &parser->id) ||
        !mms_take_u16(&parser->in, parser->swapped, &parser->metric))
        return mms_fail(parser->diag, MMS_RULE_V2_LABEL, label_at);

    parser->label = (struct mms_text){(const char *)label, label_size};
    parser->row = mms_id_row(parser->id);
    parser->body = offset_of(parser);
    parser->value_size = parser->row->size;
    parser->type = parser->row->type;
    parser->items = parser->type != MMS_TYPE_PAD ? 1 : 0;
    return 0;
}

/* --- bodies ----------------------------------------------------------------------------------------------- */

/* Something of the body is missing. */
static int fail_body(const struct parser *parser)
{
    return mms_fail(parser->diag, MMS_RULE_V2_BODY, parser->body);
}

static int take_wide(struct parser *parser)
{
    uint32_t size;

    if (!mms_take_u32(&parser->in, parser->swapped, &size))
        return fail_body(parser);
    parser->value_size = size;
    return 0;
}

static int take_array(struct parser *parser)
{
    uint16_t write_offset, array_size;

    parser->write_buffer = offset_of(parser);
    if (!mms_take_u16(&parser->in, parser->swapped, &write_offset) ||
        !mms_take_u16(&parser->in, parser->swapped, &array_size))
        return fail_body(parser);
    if (write_offset > array_size)
        return mms_fail(parser->diag, MMS_RULE_V2_WRITE_OFFSET, parser->write_buffer);
    parser->slots = (size_t)array_size + 1;
    return 0;
}

/* R409: each parameter is judged as soon as it is there. */
static int take_histogram(struct parser *parser)
{
    uint8_t sub_bits, max_bits;
    uint16_t zero;
    uint32_t bucket_count;
    uint64_t sum;

    if (!mms_take_u8(&parser->in, &sub_bits))
        return fail_body(parser);
    if (mms_bucket_count(sub_bits, 64) == 0)
        return mms_fail(parser->diag, MMS_RULE_V2_HISTOGRAM, parser->body);
    if (!mms_take_u8(&parser->in, &max_bits))
        return fail_body(parser);
    if (mms_bucket_count(sub_bits, max_bits) == 0)
        return mms_fail(parser->diag, MMS_RULE_V2_HISTOGRAM, parser->body);
    if (!mms_take_u16(&parser->in, parser->swapped, &zero) ||
        !mms_take_u32(&parser->in, parser->swapped, &bucket_count))
        return fail_body(parser);
    if (mms_bucket_count(sub_bits, max_bits) != bucket_count && MMS_BUG != MMS_BUG_BUCKETS)
        return mms_fail(parser->diag, MMS_RULE_V2_HISTOGRAM, parser->body);
    if (!mms_take_f64(&parser->in, parser->swapped, &parser->scale) ||
        !mms_take_u64(&parser->in, parser->swapped, &sum))
        return fail_body(parser);
    parser->sub_bits = sub_bits;
    parser->max_bits = max_bits;
    parser->slots = bucket_count;
    return 0;
}

static int take_struct(struct parser *parser)
{
    struct mms_signature signature;
    struct mms_diag inner;
    uint16_t size;

    if (!mms_take_u16(&parser->in, parser->swapped, &size))
        return fail_body(parser);
    size_t signature_at = offset_of(parser);
    const uint8_t *text = mms_take(&parser->in, size);
    if (text == NULL)
        return fail_body(parser);
    parser->signature = (struct mms_text){(const char *)text, size};
    if (mms_signature_parse(parser->signature, parser->swapped, &signature, &inner) < 0)
        return mms_fail(parser->diag, (enum mms_rule)inner.rule, signature_at + inner.offset);
    parser->value_size = signature.size;
    parser->type = signature.type;
    parser->items = signature.items;
    parser->value_swapped = signature.swapped;
    return 0;
}

/* What stands before write buffer and values. */
static int take_parameters(struct parser *parser)
{
    switch (parser->row->layout) {
    case MMS_LAYOUT_UNBUFFERED:
    case MMS_LAYOUT_BUFFERED:
        return 0;
    case MMS_LAYOUT_STRING:
    case MMS_LAYOUT_METADATA:
        parser->value_size = parser->in.left;
        return 0;
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
    parser->slots = 0; /* all of it is tail */
    return 0;
}

static bool has_buffers(enum mms_layout layout)
{
    return layout == MMS_LAYOUT_BUFFERED || layout == MMS_LAYOUT_WIDE || layout == MMS_LAYOUT_STRUCT;
}

static int take_values(struct parser *parser)
{
    uint8_t write_buffer;

    if (has_buffers(parser->row->layout)) {
        parser->slots = 2;
        parser->write_buffer = offset_of(parser);
        if (!mms_take_u8(&parser->in, &write_buffer))
            return fail_body(parser);
        if (write_buffer > 1)
            return mms_fail(parser->diag, MMS_RULE_V2_WRITE_BUFFER, parser->write_buffer);
    }
    parser->values = offset_of(parser);
    /* does not wrap: value_size is below 2^63 where slots is 2, and at most 8 where slots is more */
    return mms_take(&parser->in, parser->slots * parser->value_size) != NULL ? 0 : fail_body(parser);
}

/* What is behind the body: bytes to ignore (R411), and the sequence (R408). */
static int take_tail(struct parser *parser)
{
    enum mms_layout layout = parser->row->layout;
    size_t end = offset_of(parser) + parser->in.left;

    parser->tail = parser->in.left;
    if (!(parser->metric >> 8 & MMS_FLAG_SEQUENCE) || layout == MMS_LAYOUT_PADDING || layout == MMS_LAYOUT_OPAQUE)
        return 0;
    if (!mms_layout_has_sequence(layout) || parser->tail < 8 || end % 8 != 0)
        return mms_fail(parser->diag, MMS_RULE_V2_SEQUENCE, parser->body - 2);
    parser->tail -= 8;
    parser->sequence = end - 8;
    return 0;
}

/* --- the whole -------------------------------------------------------------------------------------------- */

static void complete(const struct parser *parser, size_t end, struct mms_record *record)
{
    *record = (struct mms_record){
        .label = parser->label,
        .id = parser->id,
        .metric = (uint8_t)(parser->metric & 0xff),
        .flags = (uint8_t)(parser->metric >> 8),
        .layout = parser->row->layout,
        .signature = parser->signature,
        .value_size = parser->value_size,
        .slots = parser->slots,
        .type = parser->type,
        .items = parser->items,
        .tail = parser->tail,
        .sub_bits = parser->sub_bits,
        .max_bits = parser->max_bits,
        .scale = parser->scale,
        .swapped = parser->value_swapped,
        .offset = parser->offset,
        .size = end - parser->offset,
        .body = parser->body,
        .write_buffer = parser->write_buffer,
        .values = parser->values,
        .sequence = parser->sequence,
    };
}

int mms_scan_next_v2(struct mms_scan *scan, struct mms_record *record, struct mms_diag *diag)
{
    struct mms_cursor in = {scan->data + scan->offset, scan->size - scan->offset};
    size_t offset = scan->offset;
    uint32_t field_size;
    int error;

    if (!mms_take_u32(&in, scan->swapped, &field_size) || field_size == 0) {
        scan->ended = true;
        return 0;
    }
    const uint8_t *bytes = mms_take(&in, field_size);
    if (bytes == NULL) {
        scan->ended = true;
        return mms_fail(diag, MMS_RULE_V2_RECORD, offset);
    }
    scan->offset = scan->size - in.left; /* R410: an error from here on does not end the list */
    if (field_size < MMS_LIMIT_MIN_FIELD_SIZE)
        return mms_fail(diag, MMS_RULE_V2_FIELD_SIZE, offset);

    struct parser parser;
    begin(&parser, scan, (struct mms_cursor){bytes, field_size}, offset, diag);
    if ((error = take_header(&parser)) < 0 || (error = take_parameters(&parser)) < 0 ||
        (error = take_values(&parser)) < 0 || (error = take_tail(&parser)) < 0)
        return error;
    complete(&parser, scan->offset, record);
    return 1;
}
