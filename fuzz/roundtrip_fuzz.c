/* SPDX-License-Identifier: MIT
 *
 * roundtrip_fuzz - parse, serialize, parse.
 *
 * Oracles: serialize(parse(b)) == b for every record; what mms_record_layout makes of a description says the same as
 * what was parsed; a record with an empty body parses again, and says the same, but for values. */
#include <errno.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "mmstats/format.h"

static void require_same_text(struct mms_text a, struct mms_text b)
{
    require(a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0));
}

static void require_same(const struct mms_record *a, const struct mms_record *b)
{
    require_same_text(a->label, b->label);
    require_same_text(a->signature, b->signature);
    require(a->id == b->id && a->metric == b->metric && a->flags == b->flags && a->layout == b->layout);
    require(a->value_size == b->value_size && a->slots == b->slots && a->type == b->type && a->items == b->items);
    require(a->tail == b->tail && a->sub_bits == b->sub_bits && a->max_bits == b->max_bits);
    require(memcmp(&a->scale, &b->scale, sizeof a->scale) == 0);
    require(a->offset == b->offset && a->size == b->size && a->body == b->body && a->values == b->values);
    require(a->write_buffer == b->write_buffer && a->sequence == b->sequence);
}

/* The description alone, through mms_record_layout. */
static void lay_out(const struct mms_record *record, uint8_t version)
{
    struct mms_record made = *record;
    made.size = made.body = made.write_buffer = made.values = made.sequence = 0;
    require(mms_record_layout(&made, version, record->offset) == 0);
    require_same(record, &made);
}

/* A writer's first bytes of it, in a file of their own that begins with so many others. */
static void begin_anew(const struct mms_record *record, uint8_t version, enum mms_order order)
{
    struct mms_record made = *record, again;
    struct mms_scan scan;
    size_t before = 1 + (record->offset - 1) % 8; /* what is aligned stays so */
    require(mms_record_layout(&made, version, before) == 0);
    uint8_t *out = calloc(1, before + made.size);
    require(out != NULL);
    require(mms_serialize(&made, version, order, NULL, NULL, 0) == -ENOSPC);
    require(mms_serialize(&made, version, order, NULL, out + before, made.size) == (int64_t)made.size);
    out[0] = version;
    require(mms_scan_begin(&scan, out, before + made.size, order, NULL) == 0);
    scan.offset = before;
    require(mms_scan_next(&scan, &again, NULL) == 1);
    require_same(&made, &again);
    free(out);
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
    int result;
    if (mms_scan_begin(&scan, data, size, order, NULL) < 0)
        return;
    enum mms_order other = MMS_ORDER_NATIVE == MMS_ORDER_LITTLE ? MMS_ORDER_BIG : MMS_ORDER_LITTLE;
    enum mms_order used = scan.swapped ? other : MMS_ORDER_NATIVE;
    while ((result = mms_scan_next(&scan, &record, NULL)) != 0) {
        if (result < 0)
            continue;
        round_trip(&record, &scan, used);
        lay_out(&record, scan.version);
        begin_anew(&record, scan.version, used);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    parse(data, size, MMS_ORDER_LITTLE);
    parse(data, size, MMS_ORDER_BIG);
    return 0;
}
