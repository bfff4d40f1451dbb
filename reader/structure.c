/* SPDX-License-Identifier: MIT
 *
 * structure.c - do two copies of a file have one structure?
 *
 * A copy by the system has no order inside: it may show the word that makes a new batch of records visible (R506),
 * and not yet the batch. In a second copy, made after the first, all of that batch is there. So a structure is taken
 * as true when a later copy begins with the same one (R601, R607). */

#include <string.h>

#include "reader/internal.h"

static bool same_text(struct mms_text a, struct mms_text b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

/* Records of the same file: where one and the same header leads, offsets that follow from it need no look. */
static bool same_record(const struct mms_record *a, const struct mms_record *b)
{
    return a->offset == b->offset && a->size == b->size && a->body == b->body && a->values == b->values &&
           a->write_buffer == b->write_buffer && a->sequence == b->sequence && a->layout == b->layout &&
           a->id == b->id && a->metric == b->metric && a->flags == b->flags && a->value_size == b->value_size &&
           a->slots == b->slots && a->tail == b->tail && a->sub_bits == b->sub_bits && a->max_bits == b->max_bits &&
           memcmp(&a->scale, &b->scale, sizeof a->scale) == 0 && a->swapped == b->swapped &&
           same_text(a->label, b->label) && same_text(a->signature, b->signature);
}

/* Metadata is written once, with its record, and read with the structure. */
static bool same_metadata(const struct mms_scan *a, const struct mms_scan *b, const struct mms_record *record)
{
    return record->layout != MMS_LAYOUT_METADATA ||
           memcmp(a->data + record->values, b->data + record->values, record->value_size) == 0;
}

static bool same_diag(const struct mms_diag *a, const struct mms_diag *b)
{
    return a->rule == b->rule && a->offset == b->offset;
}

bool mms_structure_agrees(const struct mms_scan *scan, const uint8_t *other, bool whole)
{
    enum mms_order foreign = MMS_ORDER_NATIVE == MMS_ORDER_LITTLE ? MMS_ORDER_BIG : MMS_ORDER_LITTLE;
    struct mms_scan a = *scan, b;
    struct mms_record record_a, record_b;
    struct mms_diag diag_a, diag_b;

    if (mms_scan_begin(&b, other, scan->size, scan->swapped ? foreign : MMS_ORDER_NATIVE, NULL) < 0 ||
        b.version != a.version)
        return false;
    for (;;) {
        int got_a = mms_scan_next(&a, &record_a, &diag_a);
        int got_b = mms_scan_next(&b, &record_b, &diag_b);
        if (got_a == 0)
            return got_b == 0 || !whole;
        if (got_a != got_b)
            return false;
        if (got_a < 0 ? !same_diag(&diag_a, &diag_b)
                      : !same_record(&record_a, &record_b) || !same_metadata(&a, &b, &record_a))
            return false;
    }
}
