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

static bool same_diag(const struct mms_diag *a, const struct mms_diag *b)
{
    return a->rule == b->rule && a->offset == b->offset;
}

/* The first byte at or after `at` in which both copies differ, or their size. */
static size_t difference(const struct mms_twin *twin, size_t at)
{
    enum { BLOCK = 256 };
    const uint8_t *a = twin->mine, *b = twin->scan.data;
    size_t size = twin->scan.size;

    while (size - at >= BLOCK && memcmp(a + at, b + at, BLOCK) == 0)
        at += BLOCK;
    while (at < size && a[at] == b[at])
        at++;
    return at;
}

bool mms_twin_begin(struct mms_twin *twin, const struct mms_scan *scan, const uint8_t *other)
{
    if (scan->size == 0 || scan->data[0] != other[0])
        return false;
    *twin = (struct mms_twin){.scan = *scan, .mine = scan->data};
    twin->scan.data = other;
    twin->differs = difference(twin, scan->offset);
    return true;
}

bool mms_twin_agrees(struct mms_twin *twin, const struct mms_found *found)
{
    struct mms_record record;
    struct mms_diag diag;

    twin->scan.offset = found->start;
    if (mms_scan_next(&twin->scan, &record, &diag) != found->got)
        return false;
    twin->differs = difference(twin, found->end);
    if (found->got < 0)
        return same_diag(found->diag, &diag);
    return same_record(found->record, &record) &&
           (record.layout != MMS_LAYOUT_METADATA ||
            memcmp(twin->mine + record.values, twin->scan.data + record.values, record.value_size) == 0);
}

bool mms_twin_ends(struct mms_twin *twin, size_t offset, bool whole)
{
    struct mms_record record;
    twin->scan.offset = offset;
    return !whole || mms_scan_next(&twin->scan, &record, NULL) == 0;
}

bool mms_structure_agrees(const struct mms_scan *scan, const uint8_t *other, bool whole)
{
    struct mms_scan mine = *scan;
    struct mms_record record;
    struct mms_diag diag;
    struct mms_twin twin;
    int got;

    if (!mms_twin_begin(&twin, scan, other))
        return false;
    if (twin.differs == scan->size)
        return true;
    do {
        size_t start = mine.offset;
        got = mms_scan_next(&mine, &record, &diag);
        if (got != 0 && !mms_twin_has(&twin, start, mine.offset) &&
            !mms_twin_agrees(&twin, &(struct mms_found){got, start, mine.offset, &record, &diag}))
            return false;
    } while (got != 0);
    return mms_twin_ends(&twin, mine.offset, whole);
}
