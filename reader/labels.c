/* SPDX-License-Identifier: MIT
 *
 * labels.c - from label to field number: open addressing over SipHash-1-3 with a random key. Labels are chosen by whoever
 * wrote the file; without the key nobody can choose them to collide. The table is made when somebody asks for a label:
 * who reads by number never does. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "reader/internal.h"

struct mms_label_slot {
    uint32_t number; /* of the first field with the label */
    uint32_t hash; /* its upper half: saves most comparisons */
};

static uint64_t rotate(uint64_t x, int by)
{
    return (x << by) | (x >> (64 - by));
}

static void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[2] += v[3];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] = rotate(v[0], 32);
    v[2] += v[1];
    v[0] += v[3];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] = rotate(v[2], 32);
}

static uint64_t hash_of(const uint64_t key[2], struct mms_text text)
{
    uint64_t v[4] = {key[0] ^ 0x736f6d6570736575, key[1] ^ 0x646f72616e646f6d, key[0] ^ 0x6c7967656e657261,
                     key[1] ^ 0x7465646279746573};
    uint64_t last = (uint64_t)text.size << 56, word;
    size_t i = 0;

    for (; text.size - i >= sizeof word; i += sizeof word) {
        memcpy(&word, text.data + i, sizeof word);
        v[3] ^= word;
        sip_round(v);
        v[0] ^= word;
    }
    for (int shift = 0; i < text.size; i++, shift += 8)
        last |= (uint64_t)(uint8_t)text.data[i] << shift;
    v[3] ^= last;
    sip_round(v);
    v[0] ^= last;
    v[2] ^= 0xff;
    for (int i_final = 0; i_final < 3; i_final++)
        sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* Early at boot there may be no random numbers yet: time and an address then have to do. */
static void make_key(uint64_t key[2])
{
    struct timespec now;
    if (getrandom(key, 2 * sizeof key[0], GRND_NONBLOCK) == (ssize_t)(2 * sizeof key[0]))
        return;
    clock_gettime(CLOCK_REALTIME, &now);
    key[0] = (uint64_t)now.tv_nsec * 0x9e3779b97f4a7c15 ^ (uint64_t)now.tv_sec;
    key[1] = (uint64_t)(uintptr_t)key;
}

/* The slot of a label, or the free one where it would be. */
static struct mms_label_slot *slot_of(const struct mms_index *index, struct mms_text label, uint32_t *upper)
{
    const struct mms_labels *labels = &index->labels;
    uint64_t hash = hash_of(labels->key, label);
    *upper = (uint32_t)(hash >> 32);
    for (size_t i = hash & labels->mask;; i = (i + 1) & labels->mask) {
        struct mms_label_slot *slot = &labels->slots[i];
        if (slot->number == MMS_NO_NUMBER || (slot->hash == *upper && mms_index_has_label(index, slot->number, label)))
            return slot;
    }
}

uint32_t mms_labels_first(const struct mms_index *index, struct mms_text label)
{
    uint32_t upper;
    return slot_of(index, label, &upper)->number;
}

/* From the last field to the first, so that each one finds the next one with its label. */
static void fill(struct mms_index *index)
{
    for (size_t i = index->count; i-- > 0;) {
        struct mms_record record;
        uint32_t upper;
        mms_index_record(index, i, &record);
        struct mms_label_slot *slot = slot_of(index, record.label, &upper);
        index->labels.next[i] = slot->number;
        *slot = (struct mms_label_slot){.number = (uint32_t)i, .hash = upper};
    }
}

int mms_labels_make(struct mms_index *index)
{
    struct mms_labels *labels = &index->labels;
    size_t size = 8;

    if (labels->slots != NULL)
        return 0;
    while (size < 2 * index->count)
        size *= 2;
    labels->slots = malloc(size * sizeof *labels->slots);
    labels->next = malloc((index->count + 1) * sizeof *labels->next);
    if (labels->slots == NULL || labels->next == NULL) {
        mms_labels_free(labels);
        return -ENOMEM;
    }
    for (size_t i = 0; i < size; i++)
        labels->slots[i].number = MMS_NO_NUMBER;
    labels->mask = size - 1;
    make_key(labels->key);
    fill(index);
    return 0;
}

void mms_labels_free(struct mms_labels *labels)
{
    free(labels->slots);
    free(labels->next);
    *labels = (struct mms_labels){0};
}
