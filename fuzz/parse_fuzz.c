/* SPDX-License-Identifier: MIT
 *
 * parse_fuzz - any bytes through everything that format.h does with a file.
 *
 * Oracles: no crash under the sanitizers, every part of a record inside the input, serialize(parse(b)) == b, and a check
 * that fails exactly when the iteration does. */
#include <stdlib.h>
#include <string.h>

#include "mmstats/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* Decodes every slot; the texts are read, so that a sanitizer sees where they lie. */
static void decode(const struct mms_record *record, const uint8_t *data)
{
    static volatile unsigned char sink;
    for (size_t slot = 0; slot < record->slots; slot++) {
        struct mms_items items;
        struct mms_value value;
        mms_items_begin(&items, record, data + record->values + slot * record->value_size);
        while (mms_items_next(&items, &value))
            if (mms_class_of(value.type) == MMS_CLASS_TEXT)
                for (size_t i = 0; i < value.text.size; i++)
                    sink = (unsigned char)value.text.data[i];
    }
    (void)sink;
}

static void round_trip(const struct mms_record *record, const struct mms_scan *scan, enum mms_order order)
{
    uint8_t *out = malloc(record->size);
    require(out != NULL);
    require(mms_serialize(record, scan->version, order, scan->data + record->body, out, record->size) ==
            (int64_t)record->size);
    require(memcmp(out, scan->data + record->offset, record->size) == 0);
    free(out);
}

static void parse(const uint8_t *data, size_t size, enum mms_order order)
{
    struct mms_scan scan;
    struct mms_record record;
    struct mms_diag diag = { 0, 0, 0 }, verdict = { 0, 0, 0 };
    int checked = mms_check(data, size, order, &verdict);
    int result = mms_scan_begin(&scan, data, size, order, &diag);
    if (result < 0) {
        require(checked == result && verdict.rule == diag.rule);
        return;
    }
    enum mms_order other = MMS_ORDER_NATIVE == MMS_ORDER_LITTLE ? MMS_ORDER_BIG : MMS_ORDER_LITTLE;
    enum mms_order used = scan.swapped ? other : MMS_ORDER_NATIVE;
    bool failed = false;
    while ((result = mms_scan_next(&scan, &record, &diag)) != 0) {
        if (result < 0) {
            require(diag.error == result && diag.offset <= size);
            require(failed || (checked == result && verdict.offset == diag.offset && verdict.rule == diag.rule));
            failed = true;
            continue;
        }
        require(record.offset < size && record.size <= size - record.offset);
        require(record.values + record.slots * record.value_size <= record.offset + record.size);
        decode(&record, data);
        round_trip(&record, &scan, used);
    }
    require(failed == (checked != 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    parse(data, size, MMS_ORDER_AUTO);
    parse(data, size, MMS_ORDER_LITTLE);
    parse(data, size, MMS_ORDER_BIG);
    return 0;
}
