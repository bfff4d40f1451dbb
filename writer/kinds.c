/* SPDX-License-Identifier: MIT
 *
 * kinds.c - what each kind of field is in a file, and what is done to its value. */

#include "writer/internal.h"

#define KINDS MMS_KIND_INCLUDE

/* handle, type, bytes, buffered; version 1: code; version 2: data type, metric kind */
static const struct mms_kind_row kinds[KINDS] = {
    [MMS_KIND_COUNTER] = {MMS_HANDLE_SLOT, MMS_TYPE_U64, 8, true, 'Q', MMS_ID_COUNTER, MMS_METRIC_COUNTER},
    [MMS_KIND_U64] = {MMS_HANDLE_SLOT, MMS_TYPE_U64, 8, true, 'Q', MMS_ID_U64, MMS_METRIC_GAUGE},
    [MMS_KIND_I64] = {MMS_HANDLE_SLOT, MMS_TYPE_I64, 8, true, 'q', MMS_ID_I64, MMS_METRIC_GAUGE},
    [MMS_KIND_U32] = {MMS_HANDLE_SLOT, MMS_TYPE_U32, 4, true, 'I', MMS_ID_U32, MMS_METRIC_GAUGE},
    [MMS_KIND_I32] = {MMS_HANDLE_SLOT, MMS_TYPE_I32, 4, true, 'i', MMS_ID_I32, MMS_METRIC_GAUGE},
    [MMS_KIND_U16] = {MMS_HANDLE_SLOT, MMS_TYPE_U16, 2, true, 'H', MMS_ID_U16, MMS_METRIC_GAUGE},
    [MMS_KIND_I16] = {MMS_HANDLE_SLOT, MMS_TYPE_I16, 2, true, 'h', MMS_ID_I16, MMS_METRIC_GAUGE},
    [MMS_KIND_FLOAT] = {MMS_HANDLE_SLOT, MMS_TYPE_F32, 4, true, 'f', MMS_ID_F32, MMS_METRIC_GAUGE},
    [MMS_KIND_DOUBLE] = {MMS_HANDLE_SLOT, MMS_TYPE_F64, 8, true, 'd', MMS_ID_F64, MMS_METRIC_GAUGE},
    [MMS_KIND_I8] = {MMS_HANDLE_CELL, MMS_TYPE_I8, 1, false, 'b', MMS_ID_BYTE, MMS_METRIC_GAUGE},
    [MMS_KIND_BOOL] = {MMS_HANDLE_CELL, MMS_TYPE_BOOL, 1, false, '?', MMS_ID_BOOL, MMS_METRIC_GAUGE},
    [MMS_KIND_STRING] = {MMS_HANDLE_STRING, MMS_TYPE_TEXT, 0, false, 's', MMS_ID_WIDE_STRING, MMS_METRIC_INFO},
    [MMS_KIND_AVERAGE] = {MMS_HANDLE_AVERAGE, MMS_TYPE_F64, 8, true, 'd', MMS_ID_AVERAGE, MMS_METRIC_GAUGE},
    [MMS_KIND_MOVING] = {MMS_HANDLE_MOVING, MMS_TYPE_F64, 8, true, 'd', MMS_ID_MOVING_AVERAGE, MMS_METRIC_GAUGE},
    [MMS_KIND_TIMER] = {MMS_HANDLE_TIMER, MMS_TYPE_F64, 8, true, 'd', MMS_ID_TIMER, MMS_METRIC_DURATION},
    [MMS_KIND_STATIC_FLOAT] = {MMS_HANDLE_NONE, MMS_TYPE_F32, 4, false, 'f', MMS_ID_STATIC_F32, MMS_METRIC_GAUGE},
    [MMS_KIND_STATIC_DOUBLE] = {MMS_HANDLE_NONE, MMS_TYPE_F64, 8, false, 'd', MMS_ID_STATIC_F64, MMS_METRIC_GAUGE},
    [MMS_KIND_STATIC_U32] = {MMS_HANDLE_NONE, MMS_TYPE_U32, 4, false, 'I', MMS_ID_STATIC_U32, MMS_METRIC_GAUGE},
    [MMS_KIND_STATIC_I64] = {MMS_HANDLE_NONE, MMS_TYPE_I64, 8, false, 'q', MMS_ID_STATIC_I64, MMS_METRIC_GAUGE},
    [MMS_KIND_STATIC_U64] = {MMS_HANDLE_NONE, MMS_TYPE_U64, 8, false, 'Q', MMS_ID_STATIC_U64, MMS_METRIC_GAUGE},
    [MMS_KIND_STATIC_TEXT] = {MMS_HANDLE_NONE, MMS_TYPE_TEXT, 0, false, 's', MMS_ID_STATIC_TEXT, MMS_METRIC_INFO},
};

const struct mms_kind_row *mms_kind_row(enum mms_kind kind)
{
    return (unsigned)kind < KINDS ? &kinds[kind] : NULL;
}

/* --- handles ------------------------------------------------------------------------------------------------------ */

/* Handles of numbers are one pointer, under whatever type (R502, R504). */
static void bind_pointer(void *handle, uint8_t *values)
{
    void *pointer = values;
    memcpy(handle, &pointer, sizeof pointer);
}

static void bind_timer(const struct mms_binding *binding, const struct mms_field *field, mms_timer *timer)
{
    timer->moving = (mms_moving){binding->values, binding->state.moving};
    timer->clock = field->clock != NULL ? field->clock : mms_clock_monotonic;
    timer->started = 0;
    timer->running = false;
    timer->last = 0;
}

void mms_bind(const struct mms_binding *binding, const struct mms_field *field, void *handle)
{
    switch (binding->row->handle) {
    case MMS_HANDLE_NONE:
        return;
    case MMS_HANDLE_SLOT:
    case MMS_HANDLE_CELL:
        bind_pointer(handle, binding->values);
        return;
    case MMS_HANDLE_STRING:
        *(mms_string *)handle = (mms_string){binding->values, binding->sequence, binding->stride, binding->max};
        return;
    case MMS_HANDLE_AVERAGE:
        *(mms_average *)handle = (mms_average){binding->values, binding->state.average};
        return;
    case MMS_HANDLE_MOVING:
        *(mms_moving *)handle = (mms_moving){binding->values, binding->state.moving};
        return;
    case MMS_HANDLE_TIMER:
        bind_timer(binding, field, handle);
        return;
    }
}

void mms_bind_scratch(const struct mms_field *field, void *handle)
{
    static _Alignas(8) uint8_t scratch[8 + 64]; /* the byte before the value is a write buffer */
    const struct mms_kind_row *row = mms_kind_row(field->kind);
    struct mms_binding binding = {.row = row, .values = scratch + 8, .stride = 64, .max = 64};
    if (row != NULL && handle != NULL)
        mms_bind(&binding, field, handle);
}

/* --- values ------------------------------------------------------------------------------------------------------- */

uint64_t mms_binding_load(const struct mms_binding *binding)
{
    const uint8_t *values = binding->values;
    bool buffered = binding->row->buffered;
    switch (binding->row->width) {
    case 1:
        return buffered ? mms_slot_load_8(values) : mms_cell_load_8(values);
    case 2:
        return buffered ? mms_slot_load_16(values) : mms_cell_load_16(values);
    case 4:
        return buffered ? mms_slot_load_32(values) : mms_cell_load_32(values);
    case 8:
        return buffered ? mms_slot_load_64(values) : mms_cell_load_64(values);
    default:
        return 0;
    }
}

static void store_cell(uint8_t *values, unsigned width, uint64_t bits)
{
    switch (width) {
    case 1:
        mms_cell_store_8(values, (uint8_t)bits);
        return;
    case 2:
        mms_cell_store_16(values, (uint16_t)bits);
        return;
    case 4:
        mms_cell_store_32(values, (uint32_t)bits);
        return;
    case 8:
        mms_cell_store_64(values, bits);
        return;
    default:
        return;
    }
}

static void store_slot(uint8_t *values, unsigned width, uint64_t bits)
{
    switch (width) {
    case 2:
        mms_slot_store_16(values, (uint16_t)bits);
        return;
    case 4:
        mms_slot_store_32(values, (uint32_t)bits);
        return;
    case 8:
        mms_slot_store_64(values, bits);
        return;
    default:
        return;
    }
}

void mms_binding_store(const struct mms_binding *binding, uint64_t bits)
{
    if (binding->row->buffered)
        store_slot(binding->values, binding->row->width, bits);
    else
        store_cell(binding->values, binding->row->width, bits);
}

void mms_binding_store_text(const struct mms_binding *binding, const char *text, size_t size)
{
    mms_string string = {binding->values, binding->sequence, binding->stride, binding->max};
    mms_string_set_n(&string, text, size);
}

bool mms_binding_is_counter(const struct mms_binding *binding)
{
    return binding->metric == MMS_METRIC_COUNTER && binding->row->width != 0 && binding->row->buffered;
}

/* --- beginning again ---------------------------------------------------------------------------------------------- */

static void reset_state(const struct mms_binding *binding)
{
    if (binding->state.any == NULL)
        return;
    if (binding->kind == MMS_KIND_AVERAGE) {
        *binding->state.average = (struct mms_average_state){0, 0};
        return;
    }
    binding->state.moving->sum = 0;
    binding->state.moving->next = binding->state.moving->count = 0;
}

static void reset_timer(mms_timer *timer)
{
    if (timer == NULL)
        return;
    timer->running = false;
    timer->last = 0;
}

void mms_binding_reset(const struct mms_binding *binding)
{
    if (binding->fixed || binding->kind == MMS_KIND_AVERAGE || mms_binding_is_counter(binding))
        return;
    reset_state(binding);
    reset_timer(binding->timer);
    if (binding->row->type == MMS_TYPE_TEXT)
        mms_binding_store_text(binding, "", 0);
    else if (mms_binding_load(binding) != 0)
        mms_binding_store(binding, 0);
}

void mms_binding_blank(const struct mms_binding *binding)
{
    if (binding->fixed)
        return;
    reset_state(binding);
    reset_timer(binding->timer);
    bool two = binding->row->buffered || binding->sequence != NULL;
    memset(binding->values, 0, (size_t)binding->stride * (two ? 2 : 1));
    if (two)
        binding->values[-1] = binding->sequence != NULL; /* R416 */
    if (binding->sequence != NULL)
        *binding->sequence = 0;
}

struct mms_span mms_binding_span(const struct mms_binding *binding, const uint8_t *base)
{
    bool two = binding->row->buffered || binding->sequence != NULL;
    size_t at = (size_t)(binding->values - base);
    return two ? (struct mms_span){at - 1, 1 + 2 * (size_t)binding->stride} : (struct mms_span){at, binding->stride};
}
