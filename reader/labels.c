/* SPDX-License-Identifier: MIT
 *
 * labels.c - from label to field number: open addressing over a keyed hash, since labels are chosen by whoever wrote the
 * file. The table is made when somebody asks for a label: who reads by number never does. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "reader/hash.h"
#include "reader/internal.h"

struct mms_label_slot {
    uint32_t number; /* of the first field with the label */
    uint32_t hash; /* its upper half: saves most comparisons */
};

/* The slot of a label, or the free one where it would be. */
static struct mms_label_slot *slot_of(const struct mms_index *index, struct mms_text label, uint32_t *upper)
{
    const struct mms_labels *labels = &index->labels;
    uint64_t hash = mms_hash(labels->key, label.data, label.size);
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
    mms_hash_key(labels->key);
    fill(index);
    return 0;
}

void mms_labels_free(struct mms_labels *labels)
{
    free(labels->slots);
    free(labels->next);
    *labels = (struct mms_labels){0};
}
