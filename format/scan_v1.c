/* SPDX-License-Identifier: MIT
 *
 * scan_v1.c - one record of version 1 (SPEC.md, section 2), checked in the order of its bytes (R209). */

#include "format/parse.h"

enum { UNBUFFERED = 0xff };

/* R208: nothing says where the next record begins, so an error ends the list. */
static int fail(struct mms_scan *scan, struct mms_diag *diag, enum mms_rule rule, size_t offset)
{
    scan->ended = true;
    return mms_fail(diag, rule, offset);
}

/* Label and signature: R202 to R204. Leaves `in` behind the signature. */
static int take_header(struct mms_scan *scan, struct mms_cursor *in, uint16_t label_size, struct mms_record *record,
                       struct mms_diag *diag)
{
    uint16_t signature_size;

    const uint8_t *label = mms_take(in, label_size);
    if (label == NULL)
        return fail(scan, diag, MMS_RULE_V1_LABEL, record->offset);
    size_t size_at = scan->size - in->left;
    if (!mms_take_u16(in, scan->swapped, &signature_size))
        return fail(scan, diag, MMS_RULE_V1_SIGNATURE_SIZE, size_at);
    const uint8_t *signature = mms_take(in, signature_size);
    if (signature == NULL)
        return fail(scan, diag, MMS_RULE_V1_SIGNATURE, size_at);
    record->label = (struct mms_text){(const char *)label, label_size};
    record->signature = (struct mms_text){(const char *)signature, signature_size};
    return 0;
}

/* R301 to R306. */
static int take_signature(struct mms_scan *scan, size_t offset, struct mms_record *record, struct mms_diag *diag)
{
    struct mms_signature signature;
    struct mms_diag inner;

    if (mms_signature_parse(record->signature, scan->swapped, &signature, &inner) < 0)
        return fail(scan, diag, (enum mms_rule)inner.rule, offset + inner.offset);
    record->value_size = signature.size;
    record->swapped = signature.swapped;
    return 0;
}

/* Write buffer and value area: R205 to R207. */
static int take_value(struct mms_scan *scan, struct mms_cursor *in, struct mms_record *record, struct mms_diag *diag)
{
    uint8_t write_buffer;

    record->body = record->write_buffer = scan->size - in->left;
    if (!mms_take_u8(in, &write_buffer))
        return fail(scan, diag, MMS_RULE_V1_NO_WRITE_BUFFER, record->write_buffer);
    if (write_buffer > 1 && write_buffer != UNBUFFERED)
        return fail(scan, diag, MMS_RULE_V1_WRITE_BUFFER, record->write_buffer);
    record->layout = write_buffer == UNBUFFERED ? MMS_LAYOUT_UNBUFFERED : MMS_LAYOUT_BUFFERED;
    record->slots = write_buffer == UNBUFFERED ? 1 : 2;
    record->values = scan->size - in->left;
    /* value_size is below 2^63 (R305): twice that does not wrap */
    if (mms_take(in, record->slots * record->value_size) == NULL)
        return fail(scan, diag, MMS_RULE_V1_VALUE, record->values);
    return 0;
}

int mms_scan_next_v1(struct mms_scan *scan, struct mms_record *record, struct mms_diag *diag)
{
    struct mms_cursor in = {scan->data + scan->offset, scan->size - scan->offset};
    struct mms_record found = {.offset = scan->offset};
    uint16_t label_size;
    int error;

    if (!mms_take_u16(&in, scan->swapped, &label_size) || label_size == 0) {
        scan->ended = true;
        return 0;
    }
    if ((error = take_header(scan, &in, label_size, &found, diag)) < 0)
        return error;
    if ((error = take_signature(scan, scan->size - in.left - found.signature.size, &found, diag)) < 0)
        return error;
    if ((error = take_value(scan, &in, &found, diag)) < 0)
        return error;
    found.size = scan->size - in.left - found.offset;
    scan->offset = scan->size - in.left;
    *record = found;
    return 1;
}
