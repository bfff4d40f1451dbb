/* SPDX-License-Identifier: MIT
 *
 * observe_live.c - one value from a mapping that its writer changes at any time, and its verdict (SPEC.md, section 6).
 *
 * Each try_... function makes one try. It leaves what it read in out, whole or not; true means that the verdict is
 * earned. What the memory says may be anything: the structure comes from a private copy, and flips, sequences and
 * write offsets are reduced to what cannot lead out of the record. */

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

static const uint64_t *sequence_at(const struct try *try)
{
    /* 8-aligned in the file (R408), and so in a mapping */
    return (const uint64_t *)(const void *)(try->map + try->entry->record.sequence);
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

static bool collects_agree(const struct try *try)
{
    return memcmp(try->out, try->again, try->entry->bytes) == 0;
}

/* Between two collects: nothing of the second is loaded before all of the first. [R2] and [R1] */
static bool flip_between(const uint8_t *flip, uint8_t first)
{
    return mms_flip_after(flip) == first && mms_flip_before(flip) == first;
}

/* A write offset, in the order of [R1] and of [R2]. slot.h has the fences in its observers of a byte: the write
 * offset's own first byte serves for them. */
static size_t offset_before(const struct try *try)
{
    uint16_t raw = mms_cell_load_16(flip_at(try));
    (void)mms_flip_after(flip_at(try));
    return mms_own_16(raw, try->swapped);
}

static size_t offset_after(const struct try *try)
{
    (void)mms_flip_after(flip_at(try));
    return mms_own_16(mms_cell_load_16(flip_at(try)), try->swapped);
}

/* --- the tries --------------------------------------------------------------------------------------------------- */

/* R603, unbuffered: one access, which is all that there is to see. */
static bool try_cell(const struct try *try)
{
    copy_out(try->out, try->map + try->entry->from, try);
    return true;
}

/* R603, buffered. */
static bool try_flip(const struct try *try)
{
    uint8_t flip = mms_flip_before(flip_at(try));
    copy_out(try->out, buffer_at(try, flip ^ 1U), try);
    return mms_flip_after(flip_at(try)) == flip && flip <= 1;
}

/* R604 */
static bool try_latch(const struct try *try)
{
    uint64_t raw = mms_sequence_before(sequence_at(try));
    try->seen->sequence = mms_own_64(raw, try->swapped);
    copy_out(try->out, buffer_at(try, try->seen->sequence), try);
    return mms_sequence_after(sequence_at(try)) == raw;
}

/* R605, buffered. */
static bool try_flips(const struct try *try)
{
    uint8_t flip = mms_flip_before(flip_at(try));
    copy_out(try->out, buffer_at(try, flip ^ 1U), try);
    bool same = flip_between(flip_at(try), flip);
    copy_out(try->again, buffer_at(try, flip ^ 1U), try);
    return mms_flip_after(flip_at(try)) == flip && same && collects_agree(try) && flip <= 1;
}

/* R605, unbuffered. */
static bool try_twice(const struct try *try)
{
    const uint8_t *from = try->map + try->entry->from;
    if (try->entry->bytes == 0)
        return true;
    copy_out(try->out, from, try);
    (void)mms_flip_after(from); /* for its fence */
    copy_out(try->again, from, try);
    return collects_agree(try);
}

/* R606. Additions s+1 to t+1 may have stored into slots while the sequence went from s to t: the one that t counts next
 * is under way. The write offset, loaded after s, is where one of the additions from s+1 on goes; so all that was
 * written since are that slot, which is never shown, and the t-s slots behind it: the oldest elements. */
static bool try_ring(const struct try *try)
{
    size_t slots = try->entry->record.slots, shown = slots - 1;
    uint64_t first = mms_own_64(mms_sequence_before(sequence_at(try)), try->swapped);
    size_t write_offset = offset_before(try);
    copy_out(try->out, try->map + try->entry->from, try);
    uint64_t written = mms_own_64(mms_sequence_after(sequence_at(try)), try->swapped) - first;

    try->seen->sequence = first;
    if (first < shown)
        shown = (size_t)first; /* R414: how many were ever filled */
    mms_seen_ring(try->seen, slots, write_offset, shown);
    if (write_offset >= slots || (shown > 0 && written >= slots - 1))
        return false;
    if (shown > slots - 1 - written)
        mms_seen_ring(try->seen, slots, write_offset, slots - 1 - (size_t)written);
    return true;
}

/* An array without a sequence: as R605, with the write offset for the byte. */
static bool try_array(const struct try *try)
{
    const uint8_t *from = try->map + try->entry->from;
    size_t slots = try->entry->record.slots;
    size_t write_offset = offset_before(try);
    copy_out(try->out, from, try);
    bool same = offset_after(try) == write_offset && offset_before(try) == write_offset;
    copy_out(try->again, from, try);
    mms_seen_ring(try->seen, slots, write_offset, slots - 1);
    return offset_after(try) == write_offset && same && collects_agree(try) && write_offset < slots;
}

/* Sum and buckets, twice. When the sequence stands still, the only publication that can be under way stores once into
 * each of them: what is equal in both collects did not change between them, and all of it was there at one moment. */
static bool try_histogram(const struct try *try)
{
    const uint8_t *from = try->map + try->entry->from;
    bool counted = try->entry->record.sequence != 0;
    uint64_t raw = counted ? mms_sequence_before(sequence_at(try)) : 0;
    copy_out(try->out, from, try);
    (void)mms_flip_after(from); /* for its fence */
    copy_out(try->again, from, try);
    bool same = !counted || mms_sequence_after(sequence_at(try)) == raw;
    try->seen->sequence = mms_own_64(raw, try->swapped);
    return same && collects_agree(try);
}

/* --- verdicts ---------------------------------------------------------------------------------------------------- */

static bool (*const tries_of[])(const struct try *) = {
    [MMS_WAY_CELL] = try_cell,   [MMS_WAY_FLIP] = try_flip,   [MMS_WAY_LATCH] = try_latch,
    [MMS_WAY_FLIPS] = try_flips, [MMS_WAY_TWICE] = try_twice, [MMS_WAY_RING] = try_ring,
    [MMS_WAY_ARRAY] = try_array, [MMS_WAY_HISTOGRAM] = try_histogram,
};

/* What a try that succeeded has proved. */
static enum mms_status proved_by(const struct mms_entry *entry)
{
    switch (entry->way) {
    case MMS_WAY_CELL:
    case MMS_WAY_FLIP:
    case MMS_WAY_LATCH:
    case MMS_WAY_RING:
        return MMS_EXACT;
    case MMS_WAY_HISTOGRAM: /* a bucket that is not aligned may tear */
        return entry->record.sequence != 0 && entry->from % sizeof(uint64_t) == 0 ? MMS_EXACT : MMS_CHECKED;
    case MMS_WAY_FLIPS:
    case MMS_WAY_TWICE:
    case MMS_WAY_ARRAY:
        break;
    }
    return MMS_CHECKED;
}

void mms_observe_live(const struct mms_view *view, const struct mms_entry *entry, unsigned tries, uint8_t *buffer,
                      struct mms_seen *seen)
{
    struct try try = {.entry = entry, .map = view->map, .swapped = view->begin.swapped, .out = buffer,
                      .again = buffer + entry->bytes, .seen = seen};
    unsigned made = 0;

    *seen = (struct mms_seen){.bytes = buffer, .status = MMS_BUSY};
    while (seen->status == MMS_BUSY && made < tries) {
        if (tries_of[entry->way](&try))
            seen->status = proved_by(entry);
        made++;
    }
    seen->retries = made - 1;
}
