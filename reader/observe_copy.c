/* SPDX-License-Identifier: MIT
 *
 * observe_copy.c - one value from copies that the system made, and its verdict (R607).
 *
 * A copy is no picture of one moment, and what it holds was not read in any order. But a copy is over before the next
 * one begins: two copies that agree, or a sequence before and after, say what one copy cannot. */

#include "reader/internal.h"

#include <string.h>

/* A record in one copy. */
struct image {
    const struct mms_record *record;
    const uint8_t *at; /* the record's first byte */
    bool swapped;      /* the file's own numbers */
};

static const uint8_t *part(const struct image *image, size_t offset)
{
    return image->at + (offset - image->record->offset);
}

static uint64_t sequence_of(const struct image *image)
{
    uint64_t raw = 0;
    if (image->record->sequence != 0)
        memcpy(&raw, part(image, image->record->sequence), sizeof raw);
    return mms_own_64(raw, image->swapped);
}

/* The byte or the write offset; 0 where there is neither. */
static size_t write_buffer_of(const struct image *image)
{
    uint16_t raw;
    if (image->record->write_buffer == 0)
        return 0;
    if (image->record->layout != MMS_LAYOUT_ARRAY)
        return *part(image, image->record->write_buffer);
    memcpy(&raw, part(image, image->record->write_buffer), sizeof raw);
    return mms_own_16(raw, image->swapped);
}

/* Is it one that the record can have? The structure is from an earlier copy. */
static bool is_valid(const struct mms_entry *entry, size_t write_buffer)
{
    switch (entry->way) {
    case MMS_WAY_FLIP:
    case MMS_WAY_FLIPS:
    case MMS_WAY_COUNTED:
        return write_buffer <= 1;
    case MMS_WAY_RING:
    case MMS_WAY_ARRAY:
        return write_buffer < entry->record.slots;
    default:
        return true;
    }
}

/* What the image shows. */
static void look_at(const struct mms_entry *entry, const struct image *image, struct mms_seen *seen)
{
    size_t write_buffer = write_buffer_of(image), slots = entry->record.slots;
    uint64_t number = 0;

    seen->sequence = sequence_of(image);
    if (entry->way == MMS_WAY_LATCH)
        number = seen->sequence & 1;
    else if (entry->way == MMS_WAY_FLIP || entry->way == MMS_WAY_FLIPS || entry->way == MMS_WAY_COUNTED)
        number = (write_buffer ^ 1) & 1;
    seen->bytes = part(image, entry->from) + number * entry->bytes;
    if (entry->way == MMS_WAY_RING && seen->sequence < slots - 1)
        mms_seen_ring(seen, slots, write_buffer, (size_t)seen->sequence);
    else if (entry->way == MMS_WAY_RING || entry->way == MMS_WAY_ARRAY)
        mms_seen_ring(seen, slots, write_buffer, slots - 1);
}

static bool same_place(const struct mms_entry *entry, const struct image *a, const struct image *b)
{
    size_t write_buffer = write_buffer_of(a);
    return sequence_of(a) == sequence_of(b) &&
           (entry->way == MMS_WAY_CELL || entry->way == MMS_WAY_TWICE || entry->way == MMS_WAY_LATCH ||
            (write_buffer == write_buffer_of(b) && is_valid(entry, write_buffer)));
}

/* Two copies that agree. */
static bool agree(const struct mms_entry *entry, const struct image *a, const struct image *b)
{
    struct mms_seen seen_a, seen_b;
    if (!same_place(entry, a, b))
        return false;
    look_at(entry, a, &seen_a);
    look_at(entry, b, &seen_b);
    return memcmp(seen_a.bytes, seen_b.bytes, entry->bytes) == 0;
}

/* R612: in the copy between the sequences no bucket has a sample more. Its sum might have one, stored after the buckets
 * were copied; the first copy's cannot, or that sample's bucket would be in the second. */
static bool histogram_is_exact(const struct mms_entry *entry, const struct image *first, const struct image *second)
{
    const uint8_t *sum = part(first, entry->from), *same = part(second, entry->from);
    uint64_t total = 0, bucket;

    if (entry->sequence == 0 || entry->from % sizeof bucket != 0 || memcmp(sum, same, sizeof bucket) != 0)
        return false;
    for (size_t at = sizeof bucket; at < entry->bytes; at += sizeof bucket) {
        memcpy(&bucket, same + at, sizeof bucket);
        total += mms_own_64(bucket, first->swapped);
    }
    return total == sequence_of(first);
}

/* Three copies: sequence, value, sequence. An array's slots were not written between the first and the last copy when
 * the write offset, too, is the same in all three. */
static bool is_exact(const struct mms_entry *entry, const struct image images[MMS_COPIES])
{
    switch (entry->way) {
    case MMS_WAY_LATCH:
        return sequence_of(&images[0]) == sequence_of(&images[2]);
    case MMS_WAY_RING:
        return same_place(entry, &images[0], &images[1]) && same_place(entry, &images[1], &images[2]);
    case MMS_WAY_HISTOGRAM:
        return sequence_of(&images[0]) == sequence_of(&images[2]) &&
               histogram_is_exact(entry, &images[0], &images[1]);
    default:
        return false;
    }
}

/* The verdict on two or three images. Leaves in *seen what the verdict is about. */
static enum mms_status judge(const struct mms_entry *entry, const struct image images[MMS_COPIES], int count,
                             struct mms_seen *seen)
{
    if (entry->way == MMS_WAY_STATIC) {
        look_at(entry, &images[0], seen);
        return MMS_EXACT;
    }
    if (count == MMS_COPIES && is_exact(entry, images)) {
        /* the value is the second copy's, its buffer the one that the first copy's sequence says */
        look_at(entry, &images[1], seen);
        if (entry->way == MMS_WAY_LATCH) {
            seen->sequence = sequence_of(&images[0]);
            seen->bytes = part(&images[1], entry->from) + (seen->sequence & 1) * entry->bytes;
        }
        return MMS_EXACT;
    }
    for (int i = 1; i < count; i++)
        if (agree(entry, &images[i - 1], &images[i])) {
            look_at(entry, &images[i], seen);
            return MMS_CHECKED;
        }
    look_at(entry, &images[count - 1], seen);
    return MMS_BUSY;
}

/* New copies of this record alone. False when the file has become shorter, or cannot be read. */
static bool copy_again(const struct mms_view *view, const struct mms_record *record, uint8_t *buffer,
                       struct image images[MMS_COPIES], int count)
{
    for (int i = 0; i < count; i++) {
        uint8_t *at = buffer + (size_t)i * record->size;
        if (mms_file_read(view->fd, at, record->size, record->offset) < 0)
            return false;
        images[i].at = at;
    }
    return true;
}

void mms_observe_copy(const struct mms_view *view, const struct mms_entry *entry, unsigned tries, uint8_t *buffer,
                      struct mms_seen *seen)
{
    struct image images[MMS_COPIES];
    int count = view->copies[2] != NULL ? MMS_COPIES : 2;

    *seen = (struct mms_seen){0};
    for (int i = 0; i < count; i++)
        images[i] = (struct image){&entry->record, view->copies[i] + entry->record.offset, view->begin.swapped};
    seen->status = judge(entry, images, count, seen);
    while (seen->status == MMS_BUSY && seen->retries + 1 < tries &&
           copy_again(view, &entry->record, buffer, images, count)) {
        seen->retries++;
        seen->status = judge(entry, images, count, seen);
    }
}
