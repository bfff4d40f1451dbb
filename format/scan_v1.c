/* SPDX-License-Identifier: MIT
 *
 * scan_v1.c - one record of version 1 (SPEC.md, section 2), checked in the order of its bytes (R209). */

#include "format/parse.h"

enum { UNBUFFERED = 0xff };

/* A record under way: what is known of it goes through registers, and into memory once, at the end. */
struct parser {
    struct mms_scan *scan;
    struct mms_cursor in; /* what is left of the file */
    struct mms_diag *diag;
};

static size_t offset_of(const struct parser *parser)
{
    return parser->scan->size - parser->in.left;
}

/* R208: nothing says where the next record begins, so an error ends the list. */
static int fail(struct parser *parser, enum mms_rule rule, size_t offset)
{
    parser->scan->ended = true;
    return mms_fail(parser->diag, rule, offset);
}

/* R202 to R204. */
static int take_header(struct parser *parser, uint16_t label_size, struct mms_text *label, struct mms_text *signature)
{
    uint16_t signature_size;

    const uint8_t *bytes = mms_take(&parser->in, label_size);
    if (bytes == NULL)
        return fail(parser, MMS_RULE_V1_LABEL, parser->scan->offset);
    *label = (struct mms_text){(const char *)bytes, label_size};
    size_t size_at = offset_of(parser);
    if (!mms_take_u16(&parser->in, parser->scan->swapped, &signature_size))
        return fail(parser, MMS_RULE_V1_SIGNATURE_SIZE, size_at);
    bytes = mms_take(&parser->in, signature_size);
    if (bytes == NULL)
        return fail(parser, MMS_RULE_V1_SIGNATURE, size_at);
    *signature = (struct mms_text){(const char *)bytes, signature_size};
    return 0;
}

/* R301 to R306. */
static int take_signature(struct parser *parser, struct mms_text text, struct mms_signature *signature)
{
    struct mms_diag inner;
    if (mms_signature_parse(text, parser->scan->swapped, signature, &inner) < 0)
        return fail(parser, (enum mms_rule)inner.rule, offset_of(parser) - text.size + inner.offset);
    return 0;
}

/* R205 to R207. Returns how many values there are, or an error. */
static int take_values(struct parser *parser, size_t value_size)
{
    size_t at = offset_of(parser);
    uint8_t write_buffer;

    if (!mms_take_u8(&parser->in, &write_buffer))
        return fail(parser, MMS_RULE_V1_NO_WRITE_BUFFER, at);
    if (write_buffer > 1 && write_buffer != UNBUFFERED)
        return fail(parser, MMS_RULE_V1_WRITE_BUFFER, at);
    int slots = write_buffer == UNBUFFERED ? 1 : 2;
    /* value_size is below 2^63 (R305): twice that does not wrap */
    if (mms_take(&parser->in, (size_t)slots * value_size) == NULL)
        return fail(parser, MMS_RULE_V1_VALUE, at + 1);
    return slots;
}

int mms_scan_next_v1(struct mms_scan *scan, struct mms_record *record, struct mms_diag *diag)
{
    struct parser parser = {scan, {scan->data + scan->offset, scan->size - scan->offset}, diag};
    struct mms_signature signature;
    struct mms_text label = {NULL, 0}, text = {NULL, 0};
    uint16_t label_size;
    int error, slots;

    if (!mms_take_u16(&parser.in, scan->swapped, &label_size) || label_size == 0) {
        scan->ended = true;
        return 0;
    }
    if ((error = take_header(&parser, label_size, &label, &text)) < 0 ||
        (error = take_signature(&parser, text, &signature)) < 0)
        return error;
    size_t write_buffer = offset_of(&parser);
    if ((slots = take_values(&parser, signature.size)) < 0)
        return slots;
    *record = (struct mms_record){
        .label = label,
        .id = 0,
        .metric = 0,
        .flags = 0,
        .layout = slots == 2 ? MMS_LAYOUT_BUFFERED : MMS_LAYOUT_UNBUFFERED,
        .signature = text,
        .value_size = signature.size,
        .slots = (size_t)slots,
        .type = signature.type,
        .items = signature.items,
        .tail = 0,
        .sub_bits = 0,
        .max_bits = 0,
        .scale = 0,
        .swapped = signature.swapped,
        .offset = scan->offset,
        .size = offset_of(&parser) - scan->offset,
        .body = write_buffer,
        .write_buffer = write_buffer,
        .values = write_buffer + 1,
        .sequence = 0,
    };
    scan->offset = offset_of(&parser);
    return 1;
}
