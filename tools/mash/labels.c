/* SPDX-License-Identifier: MIT
 *
 * labels.c - lists each label once, with the places where it is. */

#include "tools/mash/labels.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "reader/hash.h"
#include "tools/common/escape.h"
#include "tools/common/text.h"

/* A hash table of the labels so far, while they are listed: numbers of labels, from 1; 0 is a free slot. */
struct listing {
    struct mash_index *index;
    uint32_t *slots;
    size_t slot_count; /* a power of two, more than twice the labels */
    size_t room;       /* for labels */
    char *text;        /* of a label, with what is no UTF-8 replaced; as long as labels can be */
};

static uint32_t *slot_of(const struct listing *in, struct mms_text text)
{
    size_t i = mms_hash(in->index->key, text.data, text.size);
    for (;; i++) {
        uint32_t *slot = &in->slots[i & (in->slot_count - 1)];
        if (*slot == 0)
            return slot;
        struct mms_text label = in->index->labels[*slot - 1].text;
        if (mms_text_is(label, text))
            return slot;
    }
}

static int grow(struct listing *in)
{
    struct mash_index *index = in->index;
    size_t room = 2 * in->room;
    struct mash_label *labels = realloc(index->labels, room * sizeof *labels);
    if (labels == NULL)
        return -ENOMEM;
    index->labels = labels;
    free(in->slots);
    in->slot_count = 2 * room;
    in->slots = calloc(in->slot_count, sizeof *in->slots);
    if (in->slots == NULL)
        return -ENOMEM;
    in->room = room;
    for (size_t i = 0; i < index->label_count; i++)
        *slot_of(in, labels[i].text) = (uint32_t)(i + 1);
    return 0;
}

static struct mash_label *label_of(struct listing *in, struct mms_text text)
{
    struct mash_index *index = in->index;
    uint32_t *slot = slot_of(in, text);
    if (*slot != 0)
        return &index->labels[*slot - 1];
    if (index->label_count + 1 == in->room) {
        if (grow(in) < 0)
            return NULL;
        slot = slot_of(in, text);
    }
    char *copy = malloc(text.size + 1);
    if (copy == NULL)
        return NULL;
    memcpy(copy, text.data, text.size);
    struct mash_label *label = &index->labels[index->label_count++];
    *label = (struct mash_label){0};
    label->text.data = copy;
    label->text.size = text.size;
    *slot = (uint32_t)index->label_count;
    return label;
}

static int add(struct listing *in, struct mms_text text, uint32_t file, uint32_t field)
{
    text = (struct mms_text){in->text, mms_text_mend(text, in->text)};
    struct mash_label *label = label_of(in, text);
    if (label == NULL)
        return -ENOMEM;
    if (label->count > 0 && label->places[label->count - 1].file == file)
        return 0; /* twice in one file: the first counts, as for readers that look for it */
    if (label->count == label->room) {
        size_t room = label->room == 0 ? 4 : 2 * label->room;
        struct mash_place *places = realloc(label->places, room * sizeof *places);
        if (places == NULL)
            return -ENOMEM;
        label->places = places;
        label->room = room;
    }
    label->places[label->count++] = (struct mash_place){file, field};
    return 0;
}

static int add_file(struct listing *in, uint32_t number)
{
    struct mms_reader *reader = in->index->files[number].reader;
    struct mms_stat stat;
    int error = 0;
    for (size_t i = 0; reader != NULL && error == 0 && i < mms_reader_count(reader); i++) {
        error = mms_reader_get(reader, i, &stat);
        if (error == 0 && stat.count > 0)
            error = add(in, stat.label, number, (uint32_t)i);
        else if (error != -ENOMEM)
            error = 0;
    }
    return error;
}

static int compare(const void *a, const void *b)
{
    return mms_text_compare(((const struct mash_label *)a)->text, ((const struct mash_label *)b)->text);
}

int mash_labels_list(struct mash_index *index)
{
    struct listing in = {.index = index, .room = 64};
    mash_labels_free(index);
    in.text = malloc(3 * MMS_LIMIT_LABEL + 1);
    int error = in.text == NULL ? -ENOMEM : grow(&in);
    for (size_t i = 0; error == 0 && i < index->file_count; i++)
        error = add_file(&in, (uint32_t)i);
    free(in.slots);
    free(in.text);
    if (error < 0)
        mash_labels_free(index);
    else if (index->label_count > 0)
        qsort(index->labels, index->label_count, sizeof *index->labels, compare);
    return error;
}

void mash_labels_free(struct mash_index *index)
{
    for (size_t i = 0; i < index->label_count; i++) {
        free(index->labels[i].places);
        free((char *)(uintptr_t)index->labels[i].text.data);
    }
    free(index->labels);
    index->labels = NULL;
    index->label_count = 0;
}

size_t mash_index_find(const struct mash_index *index, struct mms_text text, bool *found)
{
    size_t low = 0, high = index->label_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (mms_text_compare(index->labels[middle].text, text) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *found = low < index->label_count && mms_text_compare(index->labels[low].text, text) == 0;
    return low;
}
