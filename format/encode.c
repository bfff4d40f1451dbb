/* SPDX-License-Identifier: MIT
 *
 * encode.c - from one elementary value to its bytes. */

#include "format/parse.h"

/* Half, rounded to the nearest, ties to even. */
static uint16_t encode_f16(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    uint16_t sign = (uint16_t)(bits >> 48 & 0x8000);
    int exponent = (int)(bits >> 52 & 0x7ff) - 1023;
    uint64_t fraction = bits & (((uint64_t)1 << 52) - 1);

    if (exponent == 1024 && fraction != 0) /* NaN, made quiet: its payload may be in the bits that go */
        return (uint16_t)(sign | 0x7e00 | fraction >> 42);
    if (exponent > 15)
        return sign | 0x7c00;
    if (exponent < -25) /* below half of the smallest subnormal */
        return sign;

    /* A normal half keeps 10 bits of the fraction, a subnormal one fewer, with the leading 1 written out. Rounding up
     * may carry into the exponent; that is the next number, or infinity. */
    unsigned drop = exponent >= -14 ? 42 : (unsigned)(42 - 14 - exponent);
    uint64_t kept = exponent >= -14 ? (uint64_t)(exponent + 15) << 52 | fraction : (uint64_t)1 << 52 | fraction;
    uint64_t half = kept >> drop;
    uint64_t rest = kept & (((uint64_t)1 << drop) - 1);
    uint64_t tie = (uint64_t)1 << (drop - 1);
    if (rest > tie || (rest == tie && (half & 1)))
        half++;
    return (uint16_t)(sign | half);
}

/* The lowest `size` bytes of a word, in the order asked for. */
static void put_word(uint64_t word, size_t size, bool swapped, uint8_t *out)
{
    bool little = (MMS_ORDER_NATIVE == MMS_ORDER_LITTLE) != swapped;
    for (size_t i = 0; i < size; i++)
        out[little ? i : size - 1 - i] = (uint8_t)(word >> (8 * i));
}

static uint64_t float_word(enum mms_type type, double value)
{
    if (type == MMS_TYPE_F16)
        return encode_f16(value);
    if (type == MMS_TYPE_F32) {
        float narrow = (float)value;
        uint32_t bits;
        memcpy(&bits, &narrow, sizeof bits);
        return bits;
    }
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* size bytes: the text, cut at a whole character, and NULs. */
static void put_text(struct mms_text text, uint8_t *out, size_t size)
{
    size_t used = mms_utf8_cut(text.data, text.size, size);
    if (used != 0)
        memcpy(out, text.data, used);
    if (size - used != 0)
        memset(out + used, '\0', size - used);
}

static void put_pascal(struct mms_text text, uint8_t *out, size_t size)
{
    if (size == 0)
        return;
    size_t used = mms_utf8_cut(text.data, text.size, size - 1 < UINT8_MAX ? size - 1 : UINT8_MAX);
    memset(out, '\0', size);
    out[0] = (uint8_t)used;
    if (used != 0)
        memcpy(out + 1, text.data, used);
}

int mms_encode(const struct mms_value *value, bool swapped, void *out, size_t size)
{
    size_t need = mms_type_size(value->type);
    if (size < need || (need == 0 && size > INT32_MAX))
        return -EINVAL;

    switch (mms_class_of(value->type)) {
    case MMS_CLASS_NONE:
        return -EINVAL;
    case MMS_CLASS_INT:
        put_word((uint64_t)value->i, need, swapped, out);
        break;
    case MMS_CLASS_UINT:
        put_word(value->u, need, swapped, out);
        break;
    case MMS_CLASS_FLOAT:
        put_word(float_word(value->type, value->f), need, swapped, out);
        break;
    case MMS_CLASS_BOOL:
        put_word(value->b, need, swapped, out);
        break;
    case MMS_CLASS_TEXT:
        if (need == 0)
            need = size;
        if (value->type == MMS_TYPE_PASCAL)
            put_pascal(value->text, out, need);
        else
            put_text(value->text, out, need);
        break;
    }
    return (int)need;
}
