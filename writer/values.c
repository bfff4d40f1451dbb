/* SPDX-License-Identifier: MIT
 *
 * values.c - what is done to a field's value, but for updates. */

#include <stdlib.h>

#include "writer/internal.h"

/* --- load and store ----------------------------------------------------------------------------------------------- */

/* The table of kinds has cells of 1, 4 and 8 bytes, and slots of 2, 4 and 8. */

uint64_t mms_binding_load(const struct mms_binding *binding)
{
    const uint8_t *values = binding->values;
    bool buffered = binding->row->buffered;
    switch (binding->row->width) {
    case 1:
        return mms_cell_load_8(values);
    case 2:
        return mms_slot_load_16(values);
    case 4:
        return buffered ? mms_slot_load_32(values) : mms_cell_load_32(values);
    default:
        return buffered ? mms_slot_load_64(values) : mms_cell_load_64(values);
    }
}

static void store_cell(uint8_t *values, unsigned width, uint64_t bits)
{
    switch (width) {
    case 1:
        mms_cell_store_8(values, (uint8_t)bits);
        return;
    case 4:
        mms_cell_store_32(values, (uint32_t)bits);
        return;
    default:
        mms_cell_store_64(values, bits);
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
    default:
        mms_slot_store_64(values, bits);
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
    mms_string string = {binding->values, binding->sequence, binding->stride, binding->max, binding->protocol};
    mms_string_set_n(&string, text, size);
}

static void store_zero(const struct mms_binding *binding)
{
    uint8_t zero[512] = {0};
    if (binding->max <= sizeof zero) {
        mms_wide_store(binding->protocol, binding->values, binding->stride, binding->sequence, zero, binding->max);
        return;
    }
    void *large = calloc(1, binding->max); /* without memory, the old value stays */
    if (large != NULL)
        mms_wide_store(binding->protocol, binding->values, binding->stride, binding->sequence, large, binding->max);
    free(large);
}

static bool is_counter(const struct mms_binding *binding)
{
    return binding->metric == MMS_METRIC_COUNTER && binding->row->buffered;
}

/* Two buffers? */
static bool is_double(const struct mms_binding *binding)
{
    return binding->row->buffered || binding->protocol != MMS_PROTOCOL_PLAIN;
}

/* --- mending ------------------------------------------------------------------------------------------------------ */

/* How many additions the write offset has that the sequence has not: 0, or 1 when a writer died between the two. */
static uint64_t ring_ahead(const struct mms_binding *binding)
{
    uint64_t offset = mms_cell_load_16(mms_binding_offset(binding)), slots = binding->slots;
    return offset < slots ? (offset + slots - mms_cell_load_64(binding->sequence) % slots) % slots : slots;
}

static uint64_t count_of(const uint64_t *buckets, size_t slots)
{
    uint64_t count = 0;
    for (size_t i = 0; i < slots; i++)
        count += buckets[i];
    return count;
}

void mms_binding_mend(const struct mms_binding *binding)
{
    uint64_t count = binding->sequence != NULL ? mms_cell_load_64(binding->sequence) : 0;
    if (binding->row->handle == MMS_HANDLE_RING)
        count += ring_ahead(binding);
    else if (binding->row->handle == MMS_HANDLE_HISTOGRAM)
        count = count_of((const uint64_t *)(const void *)binding->values, binding->slots);
    else
        return;
    mms_number_last(binding->sequence, count);
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
    if (binding->fixed || binding->kind == MMS_KIND_AVERAGE || is_counter(binding))
        return;
    switch (binding->row->handle) {
    case MMS_HANDLE_RING:
    case MMS_HANDLE_HISTOGRAM:
        mms_binding_mend(binding); /* its thread may have been cancelled inside */
        return;
    case MMS_HANDLE_TRANSACTION: /* its thread ended inside; who resets the file's fields ends the file's */
        if (binding->block != NULL)
            mms_generation_close((uint64_t *)(void *)binding->values);
        return;
    case MMS_HANDLE_STRING:
        mms_binding_store_text(binding, "", 0);
        return;
    case MMS_HANDLE_STRUCT:
        store_zero(binding);
        return;
    default:
        reset_state(binding);
        reset_timer(binding->timer);
        if (mms_binding_load(binding) != 0)
            mms_binding_store(binding, 0);
    }
}

void mms_binding_blank(const struct mms_binding *binding)
{
    struct mms_span spans[MMS_SPANS];
    uint8_t *base = binding->values - 8; /* in front of whatever belongs to the value */

    if (binding->fixed)
        return;
    reset_state(binding);
    reset_timer(binding->timer);
    size_t count = mms_binding_spans(binding, base, spans);
    for (size_t i = 0; i < count; i++)
        memset(base + spans[i].at, 0, spans[i].size);
    if (binding->protocol == MMS_PROTOCOL_LATCH)
        binding->values[-1] = 1; /* R416 */
}

/* --- values in a file --------------------------------------------------------------------------------------------- */

size_t mms_binding_spans(const struct mms_binding *binding, const uint8_t *base, struct mms_span spans[MMS_SPANS])
{
    size_t at = (size_t)(binding->values - base), count = 0;
    size_t stride = binding->stride;

    if (binding->row->handle == MMS_HANDLE_RING) {
        size_t offset = (size_t)((const uint8_t *)mms_binding_offset(binding) - base);
        spans[count++] = (struct mms_span){offset, sizeof(uint16_t)};
        spans[count++] = (struct mms_span){at, binding->slots * stride};
    } else if (binding->row->handle == MMS_HANDLE_HISTOGRAM) {
        spans[count++] = (struct mms_span){at - sizeof(uint64_t), sizeof(uint64_t) + binding->slots * stride};
    } else if (is_double(binding)) {
        spans[count++] = (struct mms_span){at - 1, 1 + 2 * stride};
    } else {
        spans[count++] = (struct mms_span){at, stride};
    }
    /* the sequence of COUNTED is the file's, a field of its own */
    if (binding->sequence != NULL && binding->protocol != MMS_PROTOCOL_COUNTED)
        spans[count++] = (struct mms_span){(size_t)((uint8_t *)binding->sequence - base), sizeof(uint64_t)};
    return count;
}

struct mms_binding mms_binding_in(const struct mms_binding *binding, const uint8_t *from, uint8_t *to)
{
    struct mms_binding moved = *binding;
    moved.values = to + (binding->values - from);
    if (binding->sequence != NULL)
        moved.sequence = (uint64_t *)(void *)(to + ((uint8_t *)binding->sequence - from));
    return moved;
}

bool mms_binding_is_valid(const struct mms_binding *binding)
{
    if (binding->row->handle == MMS_HANDLE_RING)
        return ring_ahead(binding) <= 1;
    return !is_double(binding) || mms_cell_load_8(binding->values - 1) <= 1;
}

/* --- taking up ---------------------------------------------------------------------------------------------------- */

static uint64_t add_bits(const struct mms_binding *binding, uint64_t a, uint64_t b)
{
    switch (binding->row->type) {
    case MMS_TYPE_F32:
        return mms_bits_of_float(mms_float_of_bits((uint32_t)a) + mms_float_of_bits((uint32_t)b));
    case MMS_TYPE_F64:
        return mms_bits_of_double(mms_double_of_bits(a) + mms_double_of_bits(b));
    default:
        return a + b;
    }
}

/* Adds the newest elements of ours, at most as many as there are. */
static void merge_ring(const struct mms_binding *binding, const struct mms_binding *ours)
{
    uint32_t slots = binding->slots, at = *mms_binding_offset(ours);
    uint64_t count = *ours->sequence < slots - 1 ? *ours->sequence : slots - 1;
    uint16_t *offset = mms_binding_offset(binding);

    for (at = (at + slots - (uint32_t)count) % slots; count > 0; count--, at = at + 1 < slots ? at + 1 : 0)
        if (binding->stride == sizeof(uint32_t))
            mms_ring_add_32(binding->values, slots, offset, binding->sequence,
                            mms_cell_load_32(ours->values + at * sizeof(uint32_t)));
        else
            mms_ring_add_64(binding->values, slots, offset, binding->sequence,
                            mms_cell_load_64(ours->values + at * sizeof(uint64_t)));
}

/* Adds ours. Readers may look meanwhile: until the end the sequence is a number that no buckets on the way add up to
 * (R612). */
static void merge_histogram(const struct mms_binding *binding, const struct mms_binding *ours)
{
    uint64_t *buckets = (uint64_t *)(void *)binding->values;
    const uint64_t *added = (const uint64_t *)(void *)ours->values;
    uint64_t more = count_of(added, binding->slots), count = count_of(buckets, binding->slots) + more;

    if (more == 0)
        return;
    mms_number_first(binding->sequence, count + 1);
    for (size_t i = 0; i < binding->slots; i++)
        if (added[i] != 0)
            mms_cell_store_64(&buckets[i], buckets[i] + added[i]);
    mms_cell_store_64(buckets - 1, buckets[-1] + added[-1]);
    mms_number_last(binding->sequence, count);
}

static void merge_number(const struct mms_binding *binding, const struct mms_binding *ours)
{
    uint64_t bits = mms_binding_load(ours);
    mms_binding_store(binding, is_counter(binding) ? add_bits(binding, mms_binding_load(binding), bits) : bits);
}

void mms_binding_merge(const struct mms_binding *binding, const struct mms_binding *ours)
{
    const void *newest = mms_wide_newest(ours->protocol, ours->values, ours->stride, ours->sequence);
    mms_binding_mend(binding);
    switch (binding->row->handle) {
    case MMS_HANDLE_STRING:
        mms_binding_store_text(binding, newest, strnlen(newest, binding->max));
        return;
    case MMS_HANDLE_STRUCT:
        mms_wide_store(binding->protocol, binding->values, binding->stride, binding->sequence, newest, binding->max);
        return;
    case MMS_HANDLE_RING:
        merge_ring(binding, ours);
        return;
    case MMS_HANDLE_HISTOGRAM:
        merge_histogram(binding, ours);
        return;
    case MMS_HANDLE_TRANSACTION: /* who takes up the file ends it (R515) */
        return;
    default:
        if (binding->kind != MMS_KIND_STATIC_TEXT) /* R516 */
            merge_number(binding, ours);
    }
}
