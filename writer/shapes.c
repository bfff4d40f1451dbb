/* SPDX-License-Identifier: MIT
 *
 * shapes.c - what a field looks like in a file: its sizes, how it is published, and the record that says so. */

#include <stdio.h>

#include "format/bug.h"
#include "writer/internal.h"

/* --- parameters --------------------------------------------------------------------------------------------------- */

/* R417; 0 where the parameters say nothing (R409). */
static uint32_t buckets_of(size_t parameters)
{
    struct mms_record record = {.id = MMS_ID_HISTOGRAM, .sub_bits = (uint8_t)parameters,
                                .max_bits = (uint8_t)(parameters >> 8)};
    return parameters <= UINT16_MAX && mms_record_layout(&record, 2, 1) == 0 ? (uint32_t)record.slots : 0;
}

/* R414; 0 where there is no such ring. */
static uint32_t slots_of(size_t elements)
{
    return elements >= 1 && elements <= MMS_LIMIT_RING ? (uint32_t)elements + (MMS_BUG != MMS_BUG_SLOT) : 0;
}

/* What a STRUCT's signature says; -EINVAL where that is no C struct of the field's size. */
static int parse_struct(const struct mms_field *field, struct mms_signature *signature)
{
    if (field->text == NULL || field->size == 0 || field->size > MMS_LIMIT_STRUCT ||
        strlen(field->text) > MMS_SIGNATURE_MAX || strchr("@=<>!", *field->text) != NULL)
        return -EINVAL;
    struct mms_text text = {field->text, strlen(field->text)};
    if (mms_signature_parse(text, false, signature, NULL) < 0)
        return -EINVAL;
    size_t end = (signature->size + signature->align - 1) / signature->align * signature->align;
    return end == field->size ? 0 : -EINVAL;
}

int mms_shape_check(const struct mms_field *field)
{
    struct mms_signature signature;
    switch (field->kind) {
    case MMS_KIND_STRING:
        return field->size <= MMS_LIMIT_STRING ? 0 : -EINVAL;
    case MMS_KIND_STRUCT:
        return parse_struct(field, &signature);
    case MMS_KIND_RING_U32:
    case MMS_KIND_RING_U64:
    case MMS_KIND_RING_DOUBLE:
        return slots_of(field->size) != 0 ? 0 : -EINVAL;
    case MMS_KIND_HISTOGRAM:
        return buckets_of(field->size) != 0 ? 0 : -EINVAL;
    default:
        return 0;
    }
}

/* --- sizes and protocols ------------------------------------------------------------------------------------------ */

static uint32_t next_8(size_t size)
{
    return (uint32_t)((size + 7) / 8 * 8);
}

/* How a wide value is published; otherwise: where nothing counts publications. */
static enum mms_protocol protocol_in(const struct mms_writer *file, enum mms_protocol otherwise)
{
    if (file != NULL && file->version == 2)
        return MMS_PROTOCOL_LATCH;
    return file != NULL && file->sequence != NULL ? MMS_PROTOCOL_COUNTED : otherwise;
}

static void set_text(struct mms_binding *binding, const struct mms_field *field, const struct mms_writer *file)
{
    size_t size = field->size == 0 || field->size > MMS_LIMIT_STRING ? MMS_LIMIT_STRING_DEFAULT : field->size;
    binding->protocol = protocol_in(file, MMS_PROTOCOL_PLAIN);
    binding->max = (uint32_t)size;
    binding->stride = binding->protocol == MMS_PROTOCOL_PLAIN ? (uint32_t)size : next_8(size);
}

static void set_struct(struct mms_binding *binding, const struct mms_field *field, const struct mms_writer *file)
{
    struct mms_signature signature = {.size = field->size};
    parse_struct(field, &signature);
    bool packed = file != NULL && file->output == MMS_OUTPUT_V1_PACKED;
    binding->protocol = protocol_in(file, MMS_PROTOCOL_FLIP);
    binding->max = (uint32_t)(packed ? signature.size : field->size);
    binding->stride = packed ? binding->max : next_8(field->size);
}

static void set_slots(struct mms_binding *binding, uint32_t slots)
{
    binding->slots = slots;
    if (slots == 0)
        binding->stride = 0;
}

void mms_shape_set(struct mms_binding *binding, const struct mms_field *field, const struct mms_writer *file)
{
    binding->max = binding->stride = binding->row->width;
    switch (binding->kind) {
    case MMS_KIND_STATIC_TEXT:
        binding->max = binding->stride = MMS_LIMIT_STATIC_TEXT;
        return;
    case MMS_KIND_STRING:
        set_text(binding, field, file);
        return;
    case MMS_KIND_STRUCT:
        set_struct(binding, field, file);
        return;
    case MMS_KIND_RING_U32:
    case MMS_KIND_RING_U64:
    case MMS_KIND_RING_DOUBLE:
        set_slots(binding, slots_of(field->size));
        return;
    case MMS_KIND_HISTOGRAM:
        set_slots(binding, buckets_of(field->size));
        return;
    default:
        return;
    }
}

size_t mms_shape_bytes(const struct mms_binding *binding)
{
    size_t count = binding->slots != 0 ? binding->slots : 1;
    if (binding->row->buffered || binding->protocol != MMS_PROTOCOL_PLAIN)
        count = 2;
    return count * binding->stride;
}

size_t mms_shape_bound(const struct mms_field *field)
{
    /* version 2 and its texts in two buffers are the largest */
    const struct mms_writer largest = {.version = 2};
    struct mms_binding binding = {.row = mms_kind_row(field->kind), .kind = field->kind};
    if (binding.row == NULL || mms_shape_check(field) < 0)
        return 0;
    mms_shape_set(&binding, field, &largest);
    return mms_shape_bytes(&binding) + (field->kind == MMS_KIND_STRUCT ? strlen(field->text) : 0);
}

/* --- records ------------------------------------------------------------------------------------------------------ */

/* The signature of a version 1 record, or of a STRUCT; no spaces yet. */
static struct mms_text signature_of(const struct mms_writer *writer, const struct mms_binding *binding,
                                    const struct mms_field *field, char out[MMS_SIGNATURE_SIZE])
{
    const char *aligned = writer->output == MMS_OUTPUT_V1_PACKED ? "" : "0Q";
    int size = 0;
    if (binding->kind == MMS_KIND_STRUCT)
        size = snprintf(out, MMS_SIGNATURE_SIZE, "%s%s", field->text, aligned);
    else if (writer->version == 1 && binding->row->type == MMS_TYPE_TEXT)
        size = snprintf(out, MMS_SIGNATURE_SIZE, "%us", binding->stride);
    else if (writer->version == 1)
        size = snprintf(out, MMS_SIGNATURE_SIZE, "%c", binding->row->code);
    return (struct mms_text){out, (size_t)size};
}

void mms_shape_describe(const struct mms_writer *writer, const struct mms_binding *binding,
                        const struct mms_field *field, char signature[MMS_SIGNATURE_SIZE], struct mms_record *record)
{
    record->signature = signature_of(writer, binding, field, signature);
    bool two = binding->row->buffered || binding->protocol != MMS_PROTOCOL_PLAIN;
    record->layout = two ? MMS_LAYOUT_BUFFERED : MMS_LAYOUT_UNBUFFERED; /* version 1 */
    record->id = (uint16_t)binding->row->id;
    record->metric = binding->metric;
    record->value_size = binding->stride;
    record->slots = binding->slots;
    if (binding->protocol == MMS_PROTOCOL_LATCH || binding->slots != 0)
        record->flags = MMS_FLAG_SEQUENCE;
    if (binding->kind == MMS_KIND_HISTOGRAM) {
        record->sub_bits = (uint8_t)binding->size;
        record->max_bits = (uint8_t)(binding->size >> 8);
        record->scale = field->number;
    }
}
