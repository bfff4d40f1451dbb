/* SPDX-License-Identifier: MIT
 *
 * serialize.c - from a completed record to its bytes. */

#include "format/parse.h"

/* Where the next byte goes. The caller has compared the whole with its room. */
struct writer {
    uint8_t *at;
    bool swapped;
};

static void put_bytes(struct writer *out, const void *bytes, size_t size)
{
    if (size != 0)
        memcpy(out->at, bytes, size);
    out->at += size;
}

static void put_u8(struct writer *out, uint8_t value)
{
    *out->at++ = value;
}

static void put_u16(struct writer *out, size_t value)
{
    uint16_t word = out->swapped ? __builtin_bswap16((uint16_t)value) : (uint16_t)value;
    put_bytes(out, &word, sizeof word);
}

static void put_u32(struct writer *out, size_t value)
{
    uint32_t word = out->swapped ? __builtin_bswap32((uint32_t)value) : (uint32_t)value;
    put_bytes(out, &word, sizeof word);
}

static void put_f64(struct writer *out, double value)
{
    uint64_t word;
    memcpy(&word, &value, sizeof word);
    word = out->swapped ? __builtin_bswap64(word) : word;
    put_bytes(out, &word, sizeof word);
}

static void put_header(struct writer *out, const struct mms_record *record, uint8_t version)
{
    if (version == 2)
        put_u32(out, record->size - 4);
    put_u16(out, record->label.size);
    put_bytes(out, record->label.data, record->label.size);
    if (version == 2) {
        put_u16(out, record->id);
        put_u16(out, (size_t)record->flags << 8 | record->metric);
    } else {
        put_u16(out, record->signature.size);
        put_bytes(out, record->signature.data, record->signature.size);
    }
}

/* What is not zero in the body that a writer starts with. */
static void put_first_body(struct writer *out, const struct mms_record *record, uint8_t version)
{
    uint8_t write_buffer = record->sequence != 0 ? 1 : 0; /* R416 with s = 0 */

    switch (record->layout) {
    case MMS_LAYOUT_UNBUFFERED:
        if (version == 1)
            put_u8(out, 0xff); /* R206 */
        return;
    case MMS_LAYOUT_BUFFERED:
        put_u8(out, write_buffer);
        return;
    case MMS_LAYOUT_WIDE:
        put_u32(out, record->value_size);
        put_u8(out, write_buffer);
        return;
    case MMS_LAYOUT_ARRAY:
        put_u16(out, 0);
        put_u16(out, record->slots - 1);
        return;
    case MMS_LAYOUT_HISTOGRAM:
        put_u8(out, record->sub_bits);
        put_u8(out, record->max_bits);
        put_u16(out, 0);
        put_u32(out, record->slots);
        put_f64(out, record->scale);
        return;
    case MMS_LAYOUT_STRUCT:
        put_u16(out, record->signature.size);
        put_bytes(out, record->signature.data, record->signature.size);
        put_u8(out, write_buffer);
        return;
    case MMS_LAYOUT_STRING:
    case MMS_LAYOUT_METADATA:
    case MMS_LAYOUT_PADDING:
    case MMS_LAYOUT_OPAQUE:
        return;
    }
}

/* Does mms_record_layout leave the record as it is? Only then do the sizes below add up. */
static bool is_complete(const struct mms_record *record, uint8_t version)
{
    struct mms_record again = *record;
    return mms_record_layout(&again, version, record->offset) == 0 && again.size == record->size &&
           again.body == record->body;
}

int64_t mms_serialize(const struct mms_record *record, uint8_t version, enum mms_order order, const void *body,
                      void *out, size_t capacity)
{
    if (!is_complete(record, version))
        return -EINVAL;
    if (capacity < record->size)
        return -ENOSPC;

    struct writer writer = {out, order != MMS_ORDER_AUTO && order != MMS_ORDER_NATIVE};
    size_t body_size = record->offset + record->size - record->body;
    put_header(&writer, record, version);
    if (body != NULL) {
        put_bytes(&writer, body, body_size);
    } else {
        if (body_size != 0)
            memset(writer.at, 0, body_size);
        put_first_body(&writer, record, version);
    }
    return (int64_t)record->size;
}
