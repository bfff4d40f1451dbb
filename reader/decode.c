/* SPDX-License-Identifier: MIT
 *
 * decode.c - the bytes of a value, as struct mms_stat. */

#include "reader/internal.h"

#include <string.h>

static bool is_list(const struct mms_entry *entry)
{
    return entry->record.layout == MMS_LAYOUT_ARRAY || entry->record.layout == MMS_LAYOUT_HISTOGRAM;
}

size_t mms_decode_count(const struct mms_entry *entry, const struct mms_seen *seen)
{
    if (entry->record.layout == MMS_LAYOUT_ARRAY)
        return seen->shown;
    if (MMS_BUG == MMS_BUG_ITEMS)
        return (uint8_t)entry->record.items;
    return is_list(entry) ? entry->record.slots : (size_t)entry->record.items;
}

/* One slot: its values. Returns how many. */
static size_t decode_slot(const struct mms_record *record, const uint8_t *bytes, struct mms_value *values)
{
    struct mms_items items;
    size_t count = 0;

    mms_items_begin(&items, record, bytes);
    while (mms_items_next(&items, &values[count]) > 0)
        count++;
    return count;
}

/* Slots from `first` on, which wrap at the end. They have one value each. */
static void decode_slots(const struct mms_record *record, const uint8_t *bytes, size_t first, size_t count,
                         struct mms_value *values)
{
    for (size_t i = 0; i < count; i++) {
        size_t slot = first + i < record->slots ? first + i : first + i - record->slots;
        decode_slot(record, bytes + slot * record->value_size, values + i);
    }
}

/* The one type of all, or PAD. */
static enum mms_type common_type(const struct mms_entry *entry, const struct mms_value *values, size_t count)
{
    if (count == 0)
        return entry->record.type;
    for (size_t i = 1; i < count; i++)
        if (values[i].type != values[0].type)
            return MMS_TYPE_PAD;
    return values[0].type;
}

void mms_decode(const struct mms_view *view, const struct mms_entry *entry, const struct mms_seen *seen,
                struct mms_value *values, struct mms_stat *stat)
{
    const struct mms_record *record = &entry->record;
    size_t count = mms_decode_count(entry, seen);
    uint64_t sum = 0;

    if (record->layout == MMS_LAYOUT_HISTOGRAM) {
        memcpy(&sum, seen->bytes, sizeof sum);
        decode_slots(record, seen->bytes + sizeof sum, 0, count, values);
    } else if (is_list(entry)) {
        decode_slots(record, seen->bytes, seen->first, count, values);
    } else {
        decode_slot(record, seen->bytes, values);
    }
    *stat = (struct mms_stat){
        .label = record->label,
        .record = record,
        .type = common_type(entry, values, count),
        .kind = mms_metric_of(record),
        .is_array = is_list(entry) || record->items != 1,
        .count = count,
        .values = values,
        .sum = mms_own_64(sum, view->begin.swapped),
        .sequence = seen->sequence,
        .status = seen->status,
        .retries = seen->retries,
    };
}
