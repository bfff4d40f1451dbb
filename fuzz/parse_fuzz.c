/* SPDX-License-Identifier: MIT
 *
 * parse_fuzz - any bytes through everything that reads a file in format.h, between pages that fault.
 *
 * Oracles: no crash under the sanitizers, every part of a record inside the input, no more items than the record says,
 * and a check that fails exactly when the iteration does. */
#include "fuzz/fuzz.h"
#include "mmstats/format.h"

/* Does the part lie inside the record? */
static void require_inside(const struct mms_record *record, size_t at, size_t size)
{
    require(at >= record->offset && at - record->offset <= record->size);
    require(size <= record->size - (at - record->offset));
}

static void look_at_parts(const struct mms_record *record, const uint8_t *data, size_t size)
{
    require(record->offset < size && record->size <= size - record->offset);
    require_inside(record, (size_t)((const uint8_t *)record->label.data - data), record->label.size);
    if (record->signature.size != 0)
        require_inside(record, (size_t)((const uint8_t *)record->signature.data - data), record->signature.size);
    if (record->slots != 0) {
        require_inside(record, record->values, 0);
        require(record->value_size == 0 || record->slots <= record->size / record->value_size);
        require_inside(record, record->values, record->slots * record->value_size);
    }
    if (record->write_buffer != 0)
        require_inside(record, record->write_buffer, record->layout == MMS_LAYOUT_ARRAY ? 2 : 1);
    if (record->sequence != 0)
        require_inside(record, record->sequence, 8);
    fuzz_touch(record->label.data, record->label.size);
    fuzz_touch(record->signature.data, record->signature.size);
}

/* Decodes every slot. */
static void decode(const struct mms_record *record, const uint8_t *data)
{
    for (size_t slot = 0; slot < record->slots; slot++) {
        const uint8_t *at = data + record->values + slot * record->value_size;
        struct mms_items items;
        struct mms_value value;
        uint64_t count = 0;
        mms_items_begin(&items, record, at);
        for (; mms_items_next(&items, &value); count++) {
            if (mms_class_of(value.type) != MMS_CLASS_TEXT)
                continue;
            size_t from = (size_t)((const uint8_t *)value.text.data - at), size = value.text.size;
            require(size == 0 || (from < record->value_size && size <= record->value_size - from));
            fuzz_touch(value.text.data, value.text.size);
        }
        require(count == record->items);
    }
}

static void look_at_metadata(const struct mms_record *record, const uint8_t *data)
{
    static const char *const keys[] = {"unit", "help", "label.a", ""};
    struct mms_text text = {(const char *)data + record->values, record->value_size}, value;
    char out[64];
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (mms_metadata_find(text, keys[i], &value) == 0) {
            require(value.size <= text.size);
            require(mms_metadata_unescape(value, out, sizeof out) <= value.size);
        }
}

static void parse(const uint8_t *data, size_t size, enum mms_order order)
{
    struct mms_scan scan;
    struct mms_record record;
    struct mms_diag diag = {0, 0, 0}, verdict = {0, 0, 0};
    int checked = mms_check(data, size, order, &verdict);
    int result = mms_scan_begin(&scan, data, size, order, &diag);
    if (result < 0) {
        require(checked == result && verdict.rule == diag.rule);
        return;
    }
    bool failed = false;
    while ((result = mms_scan_next(&scan, &record, &diag)) != 0) {
        if (result < 0) {
            require(diag.error == result && diag.offset <= size);
            require(failed || (checked == result && verdict.offset == diag.offset && verdict.rule == diag.rule));
            failed = true;
            continue;
        }
        look_at_parts(&record, data, size);
        decode(&record, data);
        if (record.layout == MMS_LAYOUT_METADATA)
            look_at_metadata(&record, data);
    }
    require(failed == (checked != 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum mms_order orders[] = {MMS_ORDER_AUTO, MMS_ORDER_LITTLE, MMS_ORDER_BIG};
    if (size > FUZZ_MAX)
        return 0;
    const uint8_t *guarded = fuzz_before_guard(data, size);
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++)
        parse(guarded, size, orders[i]);
    parse(fuzz_behind_guard(data, size), size, MMS_ORDER_AUTO);
    return 0;
}
