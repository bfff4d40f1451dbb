/* SPDX-License-Identifier: MIT
 *
 * notes.c - what metadata says about fields (R418). Read when somebody wants the first value with its unit and help. */

#include "reader/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The note of the first field with a label; a new one when there is none yet. NULL: no memory. */
static struct mms_note *note_of(struct mms_notes *notes, uint32_t first)
{
    if (notes->of[first] == 0) {
        struct mms_note *grown = mms_grow(notes->notes, notes->count, &notes->room, sizeof *grown);
        if (grown == NULL)
            return NULL;
        notes->notes = grown;
        grown[notes->count++] = (struct mms_note){{NULL, 0}, {NULL, 0}};
        notes->of[first] = (uint32_t)notes->count; /* at most as many as there are fields */
    }
    return &notes->notes[notes->of[first] - 1];
}

/* What a later record says counts, key by key. */
static int add_metadata(struct mms_index *index, const struct mms_record *record)
{
    struct mms_text text = {(const char *)index->begin.data + record->values, record->value_size};
    uint32_t first = mms_labels_first(index, record->label);
    if (first == MMS_NO_NUMBER)
        return 0;
    struct mms_note *note = note_of(&index->notes, first);
    if (note == NULL)
        return -ENOMEM;
    mms_metadata_find(text, "unit", &note->unit);
    mms_metadata_find(text, "help", &note->help);
    return 0;
}

static int add_all(struct mms_index *index)
{
    struct mms_scan scan = index->begin;
    struct mms_record record;
    int got, error = 0;

    while (error == 0 && (got = mms_scan_next(&scan, &record, NULL)) != 0)
        if (got > 0 && record.layout == MMS_LAYOUT_METADATA)
            error = add_metadata(index, &record);
    return error;
}

static bool has_escapes(struct mms_text text)
{
    return text.size > 0 && memchr(text.data, '\\', text.size) != NULL;
}

static void unescape(struct mms_text *text, char **at)
{
    if (!has_escapes(*text))
        return;
    size_t size = mms_metadata_unescape(*text, *at, text->size);
    *text = (struct mms_text){*at, size};
    *at += size;
}

/* Texts without escapes stay where they are, in the copy. */
static int unescape_all(struct mms_notes *notes)
{
    size_t size = 0;
    for (size_t i = 0; i < notes->count; i++) {
        size += has_escapes(notes->notes[i].unit) ? notes->notes[i].unit.size : 0;
        size += has_escapes(notes->notes[i].help) ? notes->notes[i].help.size : 0;
    }
    if (size == 0)
        return 0;
    char *at = notes->texts = malloc(size);
    if (at == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < notes->count; i++) {
        unescape(&notes->notes[i].unit, &at);
        unescape(&notes->notes[i].help, &at);
    }
    return 0;
}

/* From the first field with a label to all others. */
static void hand_on(const struct mms_labels *labels, struct mms_notes *notes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (labels->next[i] != MMS_NO_NUMBER)
            notes->of[labels->next[i]] = notes->of[i];
}

int mms_notes_make(struct mms_index *index)
{
    struct mms_notes *notes = &index->notes;
    int error;

    if (!index->metadata || notes->of != NULL)
        return 0;
    if ((error = mms_labels_make(index)) < 0)
        return error;
    notes->of = calloc(index->count + 1, sizeof *notes->of);
    error = notes->of == NULL ? -ENOMEM : add_all(index);
    if (error == 0)
        error = unescape_all(notes);
    if (error == 0)
        hand_on(&index->labels, notes, index->count);
    else
        mms_notes_free(notes);
    return error;
}

void mms_notes_free(struct mms_notes *notes)
{
    free(notes->notes);
    free(notes->of);
    free(notes->texts);
    *notes = (struct mms_notes){0};
}

const struct mms_note *mms_notes_of(const struct mms_index *index, size_t i)
{
    static const struct mms_note nothing;
    const struct mms_notes *notes = &index->notes;
    return notes->of == NULL || notes->of[i] == 0 ? &nothing : &notes->notes[notes->of[i] - 1];
}
