/* SPDX-License-Identifier: MIT
 *
 * decode.c - from the bytes of one slot to elementary values. */

#include "format/parse.h"

/* --- one value -------------------------------------------------------------------------------------------- */

/* IEEE 754 half: 1 sign, 5 exponent, 10 fraction bits; a double holds each of them exactly. */
static double decode_f16(uint16_t half)
{
    uint64_t sign = (uint64_t)(half >> 15) << 63;
    uint64_t exponent = half >> 10 & 0x1f;
    uint64_t fraction = half & 0x3ff;
    double value;

    if (exponent == 0) { /* zero and subnormal: a multiple of 2^-24 */
        value = (double)fraction * 0x1p-24;
        return sign ? -value : value;
    }
    exponent = exponent == 0x1f ? 0x7ff : exponent + (1023 - 15);
    uint64_t bits = sign | exponent << 52 | fraction << 42;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static double decode_f32(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return (double)value;
}

/* R105: ends before its first NUL. */
static struct mms_text decode_text(const uint8_t *at, size_t size)
{
    const uint8_t *nul = size != 0 ? memchr(at, '\0', size) : NULL;
    return (struct mms_text){(const char *)at, nul != NULL ? (size_t)(nul - at) : size};
}

static struct mms_text decode_pascal(const uint8_t *at, size_t size)
{
    if (size == 0)
        return (struct mms_text){(const char *)at, 0};
    size_t length = *at;
    return (struct mms_text){(const char *)at + 1, length < size ? length : size - 1};
}

/* at: size bytes, as many as the type asks for. */
static void decode(enum mms_type type, const uint8_t *at, size_t size, bool swapped, struct mms_value *value)
{
    *value = (struct mms_value){.type = type};
    switch (type) {
    case MMS_TYPE_PAD:
        break;
    case MMS_TYPE_I8:
        value->i = (int8_t)*at;
        break;
    case MMS_TYPE_U8:
        value->u = *at;
        break;
    case MMS_TYPE_I16:
        value->i = (int16_t)mms_load_u16(at, swapped);
        break;
    case MMS_TYPE_U16:
        value->u = mms_load_u16(at, swapped);
        break;
    case MMS_TYPE_I32:
        value->i = (int32_t)mms_load_u32(at, swapped);
        break;
    case MMS_TYPE_U32:
        value->u = mms_load_u32(at, swapped);
        break;
    case MMS_TYPE_I64:
        value->i = (int64_t)mms_load_u64(at, swapped);
        break;
    case MMS_TYPE_U64:
        value->u = mms_load_u64(at, swapped);
        break;
    case MMS_TYPE_F16:
        value->f = decode_f16(mms_load_u16(at, swapped));
        break;
    case MMS_TYPE_F32:
        value->f = decode_f32(mms_load_u32(at, swapped));
        break;
    case MMS_TYPE_F64:
        value->f = mms_load_f64(at, swapped);
        break;
    case MMS_TYPE_BOOL:
        value->b = *at != 0;
        break;
    case MMS_TYPE_CHAR:
        value->text = (struct mms_text){(const char *)at, 1};
        break;
    case MMS_TYPE_TEXT:
        value->text = decode_text(at, size);
        break;
    case MMS_TYPE_PASCAL:
        value->text = decode_pascal(at, size);
        break;
    }
}

/* --- all values of a slot --------------------------------------------------------------------------------- */

/* Goes on to the next code of the signature that yields items. False after the last one. */
static bool next_code(struct mms_items *items)
{
    struct mms_cursor in = {(const uint8_t *)items->code, (size_t)(items->end - items->code)};
    struct mms_code code;
    enum mms_rule rule;
    size_t left;

    while (items->repeat == 0) {
        if (mms_take_code(&in, items->native, &code, &left, &rule) <= 0)
            return false;
        items->at = mms_align_up(items->at, code.align);
        if (code.type == MMS_TYPE_PAD) {
            items->at += code.count; /* all of them at once; R305 bounds the sum */
            continue;
        }
        items->type = code.type;
        items->item_size = code.size;
        items->repeat = code.count;
    }
    items->code = (const char *)in.at;
    return true;
}

void mms_items_begin(struct mms_items *items, const struct mms_record *record, const void *value)
{
    static const uint8_t nothing[1];
    *items = (struct mms_items){.value = value, .size = record->value_size, .swapped = record->swapped};
    if (items->size == 0) /* value may be NULL then */
        items->value = nothing;
    /* the one item that takes all of the slot needs no look at the signature */
    bool one = record->type != MMS_TYPE_PAD && mms_table_types[record->type].size == record->value_size;
    if (record->signature.size != 0 && !one) {
        struct mms_cursor in = {(const uint8_t *)record->signature.data, record->signature.size};
        items->native = mms_take_mark(&in, false).native;
        items->code = (const char *)in.at;
        items->end = items->code + in.left;
        return;
    }
    items->type = record->type;
    items->item_size = record->value_size;
    items->repeat = items->type != MMS_TYPE_PAD ? 1 : 0;
}

int mms_items_next(struct mms_items *items, struct mms_value *value)
{
    if (items->repeat == 0 && (items->code == NULL || !next_code(items)))
        return 0;
    struct mms_cursor in = {items->value, items->size};
    const uint8_t *at = mms_take(&in, items->at);
    if (at != NULL)
        at = mms_take(&in, items->item_size);
    if (at == NULL)
        return 0;
    decode(items->type, at, items->item_size, items->swapped, value);
    items->at += items->item_size;
    items->repeat--;
    return 1;
}

enum mms_type mms_record_type(const struct mms_record *record)
{
    struct mms_signature signature;
    if (record->signature.size == 0)
        return mms_id_row(record->id)->type;
    return mms_signature_parse(record->signature, false, &signature, NULL) == 0 ? signature.type : MMS_TYPE_PAD;
}
