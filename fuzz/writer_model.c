/* SPDX-License-Identifier: MIT */

#include "fuzz/writer_model.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const enum mms_kind kinds[] = {
    MMS_KIND_COUNTER, MMS_KIND_U64, MMS_KIND_I64, MMS_KIND_U32, MMS_KIND_I32, MMS_KIND_U16, MMS_KIND_I16,
    MMS_KIND_FLOAT, MMS_KIND_DOUBLE, MMS_KIND_I8, MMS_KIND_BOOL, MMS_KIND_STRING, MMS_KIND_AVERAGE, MMS_KIND_STRUCT, MMS_KIND_RING_U32,
    MMS_KIND_RING_U64, MMS_KIND_RING_DOUBLE, MMS_KIND_HISTOGRAM, MMS_KIND_TRANSACTION, MMS_KIND_STATIC_U64,
    MMS_KIND_STATIC_TEXT,
};

/* --- fields ------------------------------------------------------------------------------------------------------- */

static bool is_ring(enum mms_kind kind)
{
    return kind == MMS_KIND_RING_U32 || kind == MMS_KIND_RING_U64 || kind == MMS_KIND_RING_DOUBLE;
}

static size_t size_of(enum mms_kind kind, uint8_t choice)
{
    if (is_ring(kind))
        return 1 + choice % RING_SIZE;
    switch (kind) {
    case MMS_KIND_STRING:
        return 1 + choice % (TEXT_SIZE - 1);
    case MMS_KIND_STRUCT:
        return sizeof(struct pair);
    case MMS_KIND_HISTOGRAM: /* sub_bits 0 to 3, max_bits 3 to 6: at most 8 * 4 + 1 buckets */
        return (size_t)(choice % 4) + (size_t)256 * (3U + choice / 4 % 4);
    default:
        return 0;
    }
}

void model_choose(const struct model *model, struct field *field, struct fuzz_input *in)
{
    uint8_t kind = fuzz_u8(in), size = fuzz_u8(in), label = fuzz_u8(in);
    *field = (struct field){.kind = kinds[kind % (sizeof kinds / sizeof *kinds)]};
    field->size = size_of(field->kind, size);
    field->documented = label & 128;
    size_t length = label & 64 ? label & 63 : 1; /* any length, so that records begin anywhere */
    memset(field->label, 'a' + label % 26, length);
    if (label % 32 == 31) /* too long for a published file of version 1 */
        memset(field->label, 'l', LABEL_SIZE - 1);
    if (label % 8 != 7 && label % 32 != 31) /* mostly one of its own */
        snprintf(field->label + length, LABEL_SIZE - length, "%zu", model->count);
    if (field->kind == MMS_KIND_TRANSACTION)
        snprintf(field->label, LABEL_SIZE, "%s", MMS_LABEL_GENERATION);
    if (field->kind == MMS_KIND_STATIC_U64)
        field->number = size;
    if (field->kind == MMS_KIND_STATIC_TEXT)
        memset(field->text, 't', size % TEXT_SIZE);
}

void model_describe(const struct field *field, struct mms_field *description)
{
    *description = (struct mms_field){.kind = field->kind, .size = field->size, .label = field->label};
    if (field->kind == MMS_KIND_STRUCT)
        description->text = "dII";
    if (field->kind == MMS_KIND_STATIC_TEXT)
        description->text = field->text;
    description->integer = field->number;
    description->number = 0.5;
    if (field->documented) {
        description->unit = "bytes\\s";
        description->help = "line\nline";
    }
}

int model_expects(const struct model *model, const struct field *field)
{
    bool v2 = model->output == MMS_OUTPUT_V2;
    if (!v2 && (is_ring(field->kind) || field->kind == MMS_KIND_HISTOGRAM))
        return -ENOTSUP;
    if (model->output == MMS_OUTPUT_V1_PACKED && field->kind == MMS_KIND_TRANSACTION)
        return -ENOTSUP;
    for (size_t i = 0; i < model->count; i++)
        if (model->fields[i].result == 0 && strcmp(model->fields[i].label, field->label) == 0)
            return -EEXIST;
    size_t size = strlen(field->label) + (model->options & 1 ? 2 : 0);
    if (!v2 && model->opened && !model->removed && size > MMS_LIMIT_GROWN_LABEL_V1)
        return -EMSGSIZE;
    return 0;
}

void model_label(const struct model *model, const struct field *field, char out[LABEL_SIZE + 2])
{
    snprintf(out, LABEL_SIZE + 2, "%s%s", model->options & 1 ? "p." : "", field->label);
}

/* --- updates ------------------------------------------------------------------------------------------------------ */

static void push(struct field *field, uint64_t value)
{
    memmove(field->ring, field->ring + 1, sizeof field->ring - sizeof *field->ring);
    field->ring[RING_SIZE - 1] = value;
    field->count++;
}

static uint64_t bits_of(double real)
{
    uint64_t bits;
    memcpy(&bits, &real, sizeof bits);
    return bits;
}

/* R417, one bucket after the other. */
static void count_sample(struct field *field, uint64_t sample)
{
    size_t sub_bits = field->size & 255, max_bits = field->size >> 8, bucket = 0;
    uint64_t edge = 0, width = 1, end = (uint64_t)1 << max_bits;
    field->count++;
    field->bucket_sum += sample;
    while (edge + width <= sample && edge < end) { /* the last one has all from 2^max_bits on */
        edge += width;
        bucket++;
        if (edge >= (uint64_t)2 << sub_bits && (edge & (edge - 1)) == 0)
            width *= 2;
    }
    field->buckets[bucket]++;
}

static void set_text(struct field *field, struct fuzz_input *in)
{
    char text[TEXT_SIZE + 8];
    size_t length = fuzz_u8(in) % sizeof text;
    for (size_t i = 0; i < length; i++)
        text[i] = (char)('a' + (fuzz_u8(in) & 15)); /* ASCII: cut after any byte */
    mms_string_set_n(&field->handle.string, text, length);
    length = length < field->size ? length : field->size;
    memset(field->text, 0, TEXT_SIZE);
    memcpy(field->text, text, length);
}

static void set_struct(struct field *field, struct fuzz_input *in)
{
    struct pair pair = {(double)(int8_t)fuzz_u8(in), (uint32_t)fuzz_number(in, 4), 0};
    mms_struct_set(&field->handle.structure, &pair, sizeof pair);
    field->real = pair.real;
    field->number = pair.number;
}

static void set_average(struct field *field, struct fuzz_input *in)
{
    double sample = (double)(int8_t)fuzz_u8(in);
    mms_average_add(&field->handle.average, sample);
    field->sum += sample;
    field->real = field->sum / (double)++field->count;
}

static void toggle(struct field *field)
{
    if (field->open)
        mms_transaction_end(&field->handle.transaction);
    else
        mms_transaction_begin(&field->handle.transaction);
    field->open = !field->open;
}

/* Integers and floats: set or add. */
static void update_number(struct field *field, struct fuzz_input *in)
{
    bool set = fuzz_u8(in) & 1;
    uint64_t value = fuzz_number(in, 8), sum = set ? value : field->number + value;
    double real = (double)(int16_t)value, total = set ? real : field->real + real;
    switch (field->kind) {
#define NUMBER(KIND, name, type)                                          \
    case MMS_KIND_##KIND:                                                 \
        if (set)                                                          \
            mms_##name##_set(&field->handle.name, (type)value);           \
        else                                                              \
            mms_##name##_add(&field->handle.name, (type)value);           \
        field->number = (uint64_t)(type)sum;                              \
        return;
        NUMBER(COUNTER, counter, uint64_t)
        NUMBER(U64, u64, uint64_t)
        NUMBER(I64, i64, int64_t)
        NUMBER(U32, u32, uint32_t)
        NUMBER(I32, i32, int32_t)
        NUMBER(U16, u16, uint16_t)
        NUMBER(I16, i16, int16_t)
        NUMBER(I8, i8, int8_t)
#undef NUMBER
    case MMS_KIND_BOOL:
        mms_bool_set(&field->handle.boolean, value & 1);
        field->number = value & 1;
        return;
    case MMS_KIND_FLOAT:
        set ? mms_float_set(&field->handle.f32, (float)real) : mms_float_add(&field->handle.f32, (float)real);
        field->real = (double)(float)total;
        return;
    case MMS_KIND_DOUBLE:
        set ? mms_double_set(&field->handle.f64, real) : mms_double_add(&field->handle.f64, real);
        field->real = total;
        return;
    default: /* static ones have no handle */
        return;
    }
}

void model_update(struct field *field, struct fuzz_input *in)
{
    switch (field->kind) {
    case MMS_KIND_STRING:
        set_text(field, in);
        return;
    case MMS_KIND_STRUCT:
        set_struct(field, in);
        return;
    case MMS_KIND_AVERAGE:
        set_average(field, in);
        return;
    case MMS_KIND_TRANSACTION:
        toggle(field);
        return;
    case MMS_KIND_RING_U32:
        push(field, fuzz_number(in, 4));
        mms_ring_u32_add(&field->handle.ring_u32, (uint32_t)field->ring[RING_SIZE - 1]);
        return;
    case MMS_KIND_RING_U64:
        push(field, fuzz_number(in, 8));
        mms_ring_u64_add(&field->handle.ring_u64, field->ring[RING_SIZE - 1]);
        return;
    case MMS_KIND_RING_DOUBLE: {
        double real = (double)(int8_t)fuzz_u8(in);
        push(field, bits_of(real));
        mms_ring_double_add(&field->handle.ring_f64, real);
        return;
    }
    case MMS_KIND_HISTOGRAM: {
        uint64_t sample = fuzz_u8(in);
        count_sample(field, sample);
        mms_histogram_add(&field->handle.histogram, sample);
        return;
    }
    default:
        update_number(field, in);
    }
}

void model_resume(struct field *field, bool same)
{
    struct field was = *field;
    field->real = field->sum = 0;
    field->number = field->count = field->bucket_sum = 0;
    field->open = false;
    memset(field->ring, 0, sizeof field->ring);
    memset(field->buckets, 0, sizeof field->buckets);
    if (was.kind != MMS_KIND_STATIC_TEXT)
        memset(field->text, 0, sizeof field->text);
    if (was.kind == MMS_KIND_STATIC_U64 || (same && was.kind == MMS_KIND_COUNTER))
        field->number = was.number;
    if (same && (is_ring(was.kind) || was.kind == MMS_KIND_HISTOGRAM)) {
        field->count = was.count;
        field->bucket_sum = was.bucket_sum;
        memcpy(field->ring, was.ring, sizeof field->ring);
        memcpy(field->buckets, was.buckets, sizeof field->buckets);
    }
}

/* --- values ------------------------------------------------------------------------------------------------------- */

static void require_text(const struct mms_value *value, const char *text)
{
    require(mms_class_of(value->type) == MMS_CLASS_TEXT);
    require(value->text.size == strlen(text) && memcmp(value->text.data, text, value->text.size) == 0);
}

static void require_ring(const struct field *field, const struct mms_stat *stat)
{
    size_t shown = field->count < field->size ? (size_t)field->count : field->size;
    require(stat->is_array && stat->count == shown && stat->sequence == field->count && stat->status == MMS_EXACT);
    for (size_t i = 0; i < shown; i++) {
        const struct mms_value *value = &stat->values[i];
        uint64_t bits = mms_class_of(value->type) == MMS_CLASS_FLOAT ? bits_of(value->f) : value->u;
        require(bits == field->ring[RING_SIZE - shown + i]);
    }
}

static void require_histogram(const struct field *field, const struct mms_stat *stat)
{
    require(stat->is_array && stat->sum == field->bucket_sum && stat->sequence == field->count);
    require(stat->status == MMS_EXACT && stat->count <= BUCKETS);
    for (size_t i = 0; i < stat->count; i++)
        require(stat->values[i].u == field->buckets[i]);
}

static void require_number(const struct field *field, const struct mms_stat *stat)
{
    require(stat->count == 1 && !stat->is_array);
    const struct mms_value *value = &stat->values[0];
    switch (mms_class_of(value->type)) {
    case MMS_CLASS_INT:
    case MMS_CLASS_UINT:
        require(value->u == field->number);
        return;
    case MMS_CLASS_BOOL:
        require(value->b == (field->number != 0));
        return;
    case MMS_CLASS_FLOAT:
        require(bits_of(value->f) == bits_of(field->real) || (value->f == 0 && field->real == 0));
        return;
    default:
        abort();
    }
}

static void require_documented(const struct field *field, const struct mms_stat *stat)
{
    static const char unit[] = "bytes\\s", help[] = "line\nline";
    require(stat->unit.size == (field->documented ? sizeof unit - 1 : 0));
    require(stat->help.size == (field->documented ? sizeof help - 1 : 0));
    require(!field->documented || (memcmp(stat->unit.data, unit, sizeof unit - 1) == 0 &&
                                   memcmp(stat->help.data, help, sizeof help - 1) == 0));
}

/* R505: no value of these formats tears. */
static void require_aligned(const struct mms_stat *stat)
{
    size_t size = mms_type_size(stat->record->type);
    require(size == 0 || stat->record->values % size == 0);
}

void model_require(const struct model *model, const struct field *field, const struct mms_stat *stat)
{
    if (model->output == MMS_OUTPUT_V2)
        require_documented(field, stat);
    if (model->output != MMS_OUTPUT_V1_PACKED)
        require_aligned(stat);
    if (is_ring(field->kind))
        return require_ring(field, stat);
    switch (field->kind) {
    case MMS_KIND_HISTOGRAM:
        return require_histogram(field, stat);
    case MMS_KIND_STRING:
    case MMS_KIND_STATIC_TEXT:
        require(stat->count == 1);
        return require_text(&stat->values[0], field->text);
    case MMS_KIND_STRUCT:
        require(stat->count == 3 && bits_of(stat->values[0].f) == bits_of(field->real));
        require(stat->values[1].u == field->number && stat->values[2].u == 0);
        return;
    case MMS_KIND_TRANSACTION: /* R515: odd while one is open */
        require(stat->count == 1 && (stat->values[0].u & 1) == field->open);
        return;
    default:
        require_number(field, stat);
    }
}
