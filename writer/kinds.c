/* SPDX-License-Identifier: MIT
 *
 * kinds.c - what each kind of field is in a file, and how handles are bound. */

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
    [MMS_KIND_STRUCT] = {MMS_HANDLE_STRUCT, MMS_TYPE_PAD, 0, false, 0, MMS_ID_STRUCT, MMS_METRIC_GAUGE},
    [MMS_KIND_RING_U32] = {MMS_HANDLE_RING, MMS_TYPE_U32, 4, false, 0, MMS_ID_U32_RING, MMS_METRIC_GAUGE},
    [MMS_KIND_RING_U64] = {MMS_HANDLE_RING, MMS_TYPE_U64, 8, false, 0, MMS_ID_U64_RING, MMS_METRIC_GAUGE},
    [MMS_KIND_RING_DOUBLE] = {MMS_HANDLE_RING, MMS_TYPE_F64, 8, false, 0, MMS_ID_F64_RING, MMS_METRIC_GAUGE},
    [MMS_KIND_HISTOGRAM] = {MMS_HANDLE_HISTOGRAM, MMS_TYPE_U64, 8, false, 0, MMS_ID_HISTOGRAM, MMS_METRIC_HISTOGRAM},
    [MMS_KIND_TRANSACTION] = {MMS_HANDLE_TRANSACTION, MMS_TYPE_U64, 8, false, 'Q', MMS_ID_GENERATION,
                              MMS_METRIC_UNKNOWN},
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

/* Handles of numbers are one pointer, under whatever type (R502, R504, R515). */
static void bind_pointer(void *handle, uint8_t *values)
{
    void *pointer = values;
    memcpy(handle, &pointer, sizeof pointer);
}

static void bind_timer(const struct mms_binding *binding, const struct mms_field *field, mms_timer *timer)
{
    timer->moving = (mms_moving){binding->values, binding->state.moving};
    timer->clock = field->clock != NULL ? field->clock : mms_clock_monotonic;
    if (timer->clock == mms_clock_tsc)
        mms_tsc_prepare();
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
    case MMS_HANDLE_TRANSACTION:
        bind_pointer(handle, binding->values);
        return;
    case MMS_HANDLE_STRING:
        *(mms_string *)handle =
            (mms_string){binding->values, binding->sequence, binding->stride, binding->max, binding->protocol};
        return;
    case MMS_HANDLE_STRUCT:
        *(mms_struct *)handle =
            (mms_struct){binding->values, binding->sequence, binding->stride, binding->max, binding->protocol};
        return;
    case MMS_HANDLE_RING: /* rings of whatever type are one */
        *(mms_ring *)handle =
            (mms_ring){binding->values, mms_binding_offset(binding), binding->sequence, binding->slots};
        return;
    case MMS_HANDLE_HISTOGRAM:
        *(mms_histogram *)handle = (mms_histogram){(uint64_t *)(void *)binding->values, binding->sequence,
                                                   (uint8_t)binding->size, (uint8_t)(binding->size >> 8)};
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

uint16_t *mms_binding_offset(const struct mms_binding *binding)
{
    return (uint16_t *)(void *)(binding->values - 2 * sizeof(uint16_t)); /* and then the array size */
}

void mms_bind_scratch(const struct mms_field *field, void *handle)
{
    /* The bytes before the values are a write buffer, a write offset, a sum. There are two slots for a ring, and for
     * a histogram whose parameters are both 0. */
    static _Alignas(8) uint8_t scratch[8 + 64 + 8];
    const struct mms_kind_row *row = mms_kind_row(field->kind);
    struct mms_binding binding = {.row = row, .values = scratch + 8, .stride = 64, .max = 64, .slots = 2};
    binding.sequence = (uint64_t *)(void *)(scratch + 8 + 64);
    if (row != NULL && handle != NULL)
        mms_bind(&binding, field, handle);
}
