/* SPDX-License-Identifier: MIT
 *
 * lint_labels.c - which labels there are, and what is said about each: a field, metadata, a unit.
 *
 * Labels are hashed as polynomials over the integers modulo 2^61 - 1, taken at a point that nobody knows: whoever wrote
 * the file cannot choose them to collide. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "tools/lint/lint.h"

#define PRIME (((uint64_t)1 << 61) - 1)

enum { SECONDS = 1, HAS_UNIT = 2, NEEDS_UNIT = 4, UNIT_NOT_SECONDS = 8 };

struct label {
    const char *data;
    uint16_t size;
    uint16_t flags;
    uint32_t hash;
    size_t field, metadata; /* offsets of the first record of each; 0: there is none */
};

struct lint_labels {
    uint64_t point;
    struct label *all; /* in the order of the file */
    size_t count, room;
    uint32_t *slots; /* numbers in `all`, from 1 on; 0: free */
    size_t mask;
};

static uint64_t multiply(uint64_t a, uint64_t b)
{
    __extension__ typedef unsigned __int128 wide;
    wide product = (wide)a * b;
    uint64_t sum = (uint64_t)(product & PRIME) + (uint64_t)(product >> 61);
    return sum >= PRIME ? sum - PRIME : sum;
}

static uint32_t hash_of(const struct lint_labels *labels, struct mms_text text)
{
    uint64_t hash = text.size;
    for (size_t i = 0; i < text.size; i += sizeof(uint32_t)) {
        uint32_t word = 0;
        memcpy(&word, text.data + i, text.size - i < sizeof word ? text.size - i : sizeof word);
        hash = multiply(hash + word + 1, labels->point);
    }
    return (uint32_t)(hash >> 29 ^ hash);
}

struct lint_labels *lint_labels_new(void)
{
    struct lint_labels *labels = calloc(1, sizeof *labels);
    if (labels == NULL)
        return NULL;
    if (getrandom(&labels->point, sizeof labels->point, GRND_NONBLOCK) != (ssize_t)sizeof labels->point)
        labels->point = (uint64_t)time(NULL) * 0x9e3779b97f4a7c15 ^ (uint64_t)(uintptr_t)labels; /* early at boot */
    labels->point = labels->point % (PRIME - 1) + 1;
    return labels;
}

void lint_labels_free(struct lint_labels *labels)
{
    if (labels == NULL)
        return;
    free(labels->all);
    free(labels->slots);
    free(labels);
}

/* The slot of a label, or the free one where it would be. */
static uint32_t *slot_of(const struct lint_labels *labels, struct mms_text text, uint32_t hash)
{
    for (size_t i = hash & labels->mask;; i = (i + 1) & labels->mask) {
        uint32_t *slot = &labels->slots[i];
        const struct label *label = *slot != 0 ? &labels->all[*slot - 1] : NULL;
        if (label == NULL || (label->hash == hash && label->size == text.size &&
                              (text.size == 0 || memcmp(label->data, text.data, text.size) == 0)))
            return slot;
    }
}

/* Room for one label more, in slots of which at least half stay free. */
static bool make_room(struct lint_labels *labels)
{
    if (labels->count < labels->room)
        return true;
    size_t room = labels->room > 0 ? 2 * labels->room : 64;
    struct label *all = realloc(labels->all, room * sizeof *all);
    if (all == NULL)
        return false;
    labels->all = all;
    uint32_t *slots = calloc(2 * room, sizeof *slots);
    if (slots == NULL)
        return false;
    free(labels->slots);
    labels->slots = slots;
    labels->room = room;
    labels->mask = 2 * room - 1;
    for (size_t i = 0; i < labels->count; i++)
        *slot_of(labels, (struct mms_text){all[i].data, all[i].size}, all[i].hash) = (uint32_t)i + 1;
    return true;
}

static struct label *find(struct lint_labels *labels, struct mms_text text)
{
    if (!make_room(labels))
        return NULL;
    uint32_t hash = hash_of(labels, text);
    uint32_t *slot = slot_of(labels, text, hash);
    if (*slot == 0) {
        labels->all[labels->count] = (struct label){.data = text.data, .size = (uint16_t)text.size, .hash = hash};
        *slot = (uint32_t)++labels->count;
    }
    return &labels->all[*slot - 1];
}

static bool is_text(struct mms_text text, const char *string)
{
    return text.size == strlen(string) && memcmp(text.data, string, text.size) == 0;
}

static void add_metadata(struct label *label, const struct lint_look *look)
{
    struct mms_text unit;
    if (label->metadata == 0)
        label->metadata = look->record->offset;
    if (mms_metadata_find(lint_metadata(look), "unit", &unit) < 0 || unit.size == 0)
        return;
    label->flags |= HAS_UNIT;
    label->flags &= (uint16_t)~UNIT_NOT_SECONDS; /* the later one counts */
    if (!is_text(unit, "seconds") && !is_text(unit, "s"))
        label->flags |= UNIT_NOT_SECONDS;
}

int lint_labels_add(struct lint_labels *labels, const struct lint_look *look)
{
    const struct mms_record *record = look->record;
    struct label *label = find(labels, record->label);
    uint8_t kind = mms_metric_of(record);

    if (label == NULL)
        return -ENOMEM;
    if (record->layout == MMS_LAYOUT_METADATA) {
        add_metadata(label, look);
        return 0;
    }
    if (kind == MMS_METRIC_TIMESTAMP || kind == MMS_METRIC_DURATION)
        label->flags |= SECONDS;
    if (record->layout == MMS_LAYOUT_HISTOGRAM)
        label->flags |= NEEDS_UNIT;
    if (label->field != 0)
        return 1;
    label->field = record->offset;
    return 0;
}

void lint_labels_judge(struct lint_file *file, const struct lint_format *format)
{
    for (size_t i = 0; i < file->labels->count; i++) {
        const struct label *label = &file->labels->all[i];
        struct mms_text text = {label->data, label->size};
        if (label->field == 0)
            lint_warn(file, format, LINT_METADATA_ALONE, label->metadata, &text);
        else if ((label->flags & NEEDS_UNIT) && !(label->flags & HAS_UNIT))
            lint_warn(file, format, LINT_UNIT_UNKNOWN, label->field, &text);
        else if ((label->flags & SECONDS) && (label->flags & UNIT_NOT_SECONDS))
            lint_warn(file, format, LINT_UNIT_WRONG, label->metadata, &text);
    }
}
