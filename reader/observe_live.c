/* SPDX-License-Identifier: MIT
 *
 * observe_live.c - one value from a mapping that its writer changes at any time, and its verdict (SPEC.md, section 6).
 *
 * Each try_... function makes one try. It leaves what it read in out, whole or not, and returns what that proves. What
 * the memory says may be anything: the structure comes from a private copy, and flips, sequences and write offsets are
 * reduced to what cannot lead out of the record. */

#include "reader/internal.h"

#include <string.h>

#include "mmstats/slot.h"

/* A try: what is read, and where to. */
struct try {
    const struct mms_entry *entry;
    const uint8_t *map;
    bool swapped;   /* the file's own numbers */
    uint8_t *out;   /* entry->bytes */
    uint8_t *again; /* entry->bytes */
    struct mms_seen *seen;
};

/* Where its sequence is: 8-aligned in the file (R408, R512), and so in a mapping. */
static const uint64_t *sequence_at(const struct try *try)
{
    return (const uint64_t *)(const void *)(try->map + try->entry->sequence);
}

static const uint8_t *flip_at(const struct try *try)
{
    return try->map + try->entry->record.write_buffer;
}

/* Buffer 0 or 1, for whatever number. */
static const uint8_t *buffer_at(const struct try *try, uint64_t number)
{
    return try->map + try->entry->from + (number & 1) * try->entry->bytes;
}

static void copy_out(uint8_t *to, const uint8_t *from, const struct try *try)
{
    mms_slot_copy_out(to, from, try->entry->bytes);
}

static void put_number(uint8_t *to, uint64_t bits, size_t size)
{
    const uint8_t *from = (const uint8_t *)&bits;
    memcpy(to, MMS_ORDER_NATIVE == MMS_ORDER_BIG ? from + sizeof bits - size : from, size);
}

static bool collects_agree(const struct try *try)
{
    return memcmp(try->out, try->again, try->entry->bytes) == 0;
}

/* Between two collects: nothing of the second is loaded before all of the first. [R2] and [R1] */
static bool flip_between(const uint8_t *flip, uint8_t first)
{
    return mms_flip_still(flip, first) && mms_flip_before(flip) == first;
}

/* A write offset, which may lie at any address. The caller orders it. */
static size_t offset_of(const struct try *try)
{
    return mms_own_16(mms_cell_load_16(flip_at(try)), try->swapped);
}

/* --- the tries --------------------------------------------------------------------------------------------------- */

/* R603, unbuffered: one access, which is all that there is to see. R516: it is what it was. */
static enum mms_status try_once(const struct try *try)
{
    copy_out(try->out, try->map + try->entry->from, try);
    return MMS_EXACT;
}

/* R603, buffered. */
static enum mms_status try_flip(const struct try *try)
{
    uint64_t bits;
    bool exact = mms_number_try(try->map + try->entry->from, try->entry->bytes, &bits);
    put_number(try->out, bits, try->entry->bytes);
    return exact ? MMS_EXACT : MMS_BUSY;
}

/* R604 */
static enum mms_status try_latch(const struct try *try)
{
    uint64_t raw = mms_sequence_before(sequence_at(try));
    try->seen->sequence = mms_own_64(raw, try->swapped);
    copy_out(try->out, buffer_at(try, try->seen->sequence), try);
    return mms_sequence_still(sequence_at(try), raw) ? MMS_EXACT : MMS_BUSY;
}

/* R611: the sequence is the file's, so flip says which buffer. */
static enum mms_status try_counted(const struct try *try)
{
    uint64_t raw = mms_sequence_before(sequence_at(try));
    uint8_t flip = mms_flip_before(flip_at(try));
    copy_out(try->out, buffer_at(try, flip ^ 1U), try);
    return mms_sequence_still(sequence_at(try), raw) && flip <= 1 ? MMS_EXACT : MMS_BUSY;
}

/* R605, buffered. */
static enum mms_status try_flips(const struct try *try)
{
    uint8_t flip = mms_flip_before(flip_at(try));
    copy_out(try->out, buffer_at(try, flip ^ 1U), try);
    bool same = flip_between(flip_at(try), flip);
    copy_out(try->again, buffer_at(try, flip ^ 1U), try);
    return mms_flip_still(flip_at(try), flip) && same && collects_agree(try) && flip <= 1 ? MMS_CHECKED : MMS_BUSY;
}

/* R605, unbuffered. */
static enum mms_status try_twice(const struct try *try)
{
    const uint8_t *from = try->map + try->entry->from;
    copy_out(try->out, from, try);
    mms_order_loads();
    copy_out(try->again, from, try);
    return collects_agree(try) ? MMS_CHECKED : MMS_BUSY;
}

/* R606. Additions s+1 to t+1 may have stored into slots while the sequence went from s to t: the one that t counts next
 * is under way. The write offset, loaded after s, is where one of the additions from s+1 on goes; so all that was
 * written since are that slot, which is never shown, and the t-s slots behind it: the oldest elements. */
static enum mms_status try_ring(const struct try *try)
{
    size_t slots = try->entry->record.slots, shown = slots - 1;
    uint64_t first = mms_own_64(mms_sequence_before(sequence_at(try)), try->swapped);
    size_t write_offset = offset_of(try);
    mms_order_loads(); /* [R1] for the write offset */
    copy_out(try->out, try->map + try->entry->from, try);
    uint64_t written = mms_own_64(mms_sequence_after(sequence_at(try)), try->swapped) - first;
    if (MMS_BREAK == MMS_BREAK_RING_DROP)
        written = 0;

    try->seen->sequence = first;
    if (first < shown)
        shown = (size_t)first; /* R414: how many were ever filled */
    mms_seen_ring(try->seen, slots, write_offset, shown);
    if (write_offset >= slots || (shown > 0 && written >= slots - 1))
        return MMS_BUSY;
    if (shown > slots - 1 - written)
        mms_seen_ring(try->seen, slots, write_offset, slots - 1 - (size_t)written);
    return MMS_EXACT;
}

/* An array without a sequence: as R605, with the write offset for the byte. */
static enum mms_status try_array(const struct try *try)
{
    const uint8_t *from = try->map + try->entry->from;
    size_t slots = try->entry->record.slots;
    if (MMS_BUG == MMS_BUG_FETCH)
        slots = mms_own_16(mms_cell_load_16(flip_at(try) + 2), try->swapped) + (size_t)1;
    size_t write_offset = offset_of(try);
    mms_order_loads();
    copy_out(try->out, from, try);
    mms_order_loads();
    bool same = offset_of(try) == write_offset;
    mms_order_loads();
    copy_out(try->again, from, try);
    mms_order_loads();
    same = same && offset_of(try) == write_offset;
    mms_seen_ring(try->seen, slots, write_offset, slots - 1);
    if (MMS_BUG == MMS_BUG_TWICE && write_offset < slots)
        try->seen->first = offset_of(try);
    return same && collects_agree(try) && write_offset < slots ? MMS_CHECKED : MMS_BUSY;
}

/* Do the buckets, behind the sum, add up to this? */
static bool adds_up(const struct try *try, uint64_t count)
{
    uint64_t total = 0, bucket;
    for (size_t at = sizeof bucket; at < try->entry->bytes; at += sizeof bucket) {
        memcpy(&bucket, try->out + at, sizeof bucket);
        total += mms_own_64(bucket, try->swapped);
    }
    return total == count || MMS_BREAK == MMS_BREAK_HISTOGRAM_SUM;
}

/* R612: the sum before the buckets. Where these have no sample more than the sequence counts, the sum has none either;
 * where they have, one is under way or its writer died in it, and two equal collects are all that can be had. */
static enum mms_status try_histogram(const struct try *try)
{
    const uint8_t *from = try->map + try->entry->from;
    size_t sum = sizeof(uint64_t);
    bool counted = try->entry->sequence != 0;
    uint64_t raw = counted ? mms_sequence_before(sequence_at(try)) : 0;

    try->seen->sequence = mms_own_64(raw, try->swapped);
    mms_slot_copy_out(try->out, from, sum);
    mms_order_loads(); /* [R3] */
    mms_slot_copy_out(try->out + sum, from + sum, try->entry->bytes - sum);
    if (counted && !mms_sequence_still(sequence_at(try), raw))
        return MMS_BUSY;
    /* a bucket that is not aligned may tear */
    if (counted && try->entry->from % sizeof(uint64_t) == 0 && adds_up(try, try->seen->sequence))
        return MMS_EXACT;
    mms_order_loads();
    copy_out(try->again, from, try);
    if (counted && !mms_sequence_still(sequence_at(try), raw))
        return MMS_BUSY;
    return collects_agree(try) ? MMS_CHECKED : MMS_BUSY;
}

/* --- verdicts ---------------------------------------------------------------------------------------------------- */

/* One row a way: its try, and whether another try may prove more than *checked*. */
static const struct {
    enum mms_status (*try)(const struct try *);
    bool better;
} ways[] = {
    [MMS_WAY_STATIC] = {try_once, false},   [MMS_WAY_CELL] = {try_once, false},
    [MMS_WAY_FLIP] = {try_flip, false},     [MMS_WAY_LATCH] = {try_latch, false},
    [MMS_WAY_COUNTED] = {try_counted, false}, [MMS_WAY_FLIPS] = {try_flips, false},
    [MMS_WAY_TWICE] = {try_twice, false},   [MMS_WAY_RING] = {try_ring, false},
    [MMS_WAY_ARRAY] = {try_array, false},   [MMS_WAY_HISTOGRAM] = {try_histogram, true},
};

void mms_observe_live(const struct mms_view *view, const struct mms_entry *entry, unsigned tries, uint8_t *buffer,
                      struct mms_seen *seen)
{
    struct try try = {.entry = entry, .map = view->map, .swapped = view->begin.swapped, .out = buffer,
                      .again = buffer + entry->bytes, .seen = seen};
    bool better = ways[entry->way].better && entry->sequence != 0, checked = false;
    uint64_t last = 0;
    unsigned made = 0;

    *seen = (struct mms_seen){.bytes = buffer, .status = MMS_BUSY};
    for (;;) {
        seen->status = ways[entry->way].try(&try);
        if (seen->status == MMS_EXACT || ++made >= tries)
            break;
        if (seen->status == MMS_BUSY)
            continue;
        if (!better || (checked && seen->sequence == last)) /* nothing moves: it is not going to get better */
            break;
        checked = true;
        last = seen->sequence;
    }
    seen->retries = seen->status == MMS_EXACT ? made : made - 1;
}
