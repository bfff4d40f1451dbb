/* SPDX-License-Identifier: MIT
 *
 * snapshot.c - all values of a file as they were at one moment, where its writer has transactions (R613). */

#include "reader/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mmstats/slot.h"

enum { WAIT_NANOSECONDS = 20000 }; /* before the next try: a transaction takes less, unless it is a long one */

/* What one try needs. */
struct shot {
    const struct mms_reader *reader;
    struct mms_snapshot *snapshot;
    bool whole; /* no transaction was open, or ended */
};

void mms_snapshot_drop(struct mms_snapshot *snapshot)
{
    free(snapshot->bytes);
    free(snapshot->seen);
    *snapshot = (struct mms_snapshot){0};
}

static bool is_open(uint64_t generation, bool swapped)
{
    return mms_own_64(generation, swapped) & 1;
}

/* --- live -------------------------------------------------------------------------------------------------------- */

/* Room for the bytes of all fields. mms_observe_live wants room for two collects: the second one reaches into that of
 * the next field, which comes later. */
static int make_room(const struct mms_index *index, struct mms_snapshot *snapshot)
{
    size_t total = 0, largest = 0;
    for (size_t i = 0; i < index->count; i++) {
        struct mms_entry entry;
        mms_index_entry(index, i, &entry);
        size_t bytes = entry.bytes;
        largest = bytes > largest ? bytes : largest;
        if (__builtin_add_overflow(total, bytes, &total))
            return -ENOMEM;
    }
    if (__builtin_add_overflow(total, largest + 1, &total))
        return -ENOMEM;
    snapshot->bytes = malloc(total);
    snapshot->seen = calloc(index->count + 1, sizeof *snapshot->seen);
    return snapshot->bytes != NULL && snapshot->seen != NULL ? 0 : -ENOMEM;
}

/* Called through mms_guarded. */
static void shoot(void *argument)
{
    struct shot *shot = argument;
    const struct mms_view *view = shot->reader->view;
    const uint64_t *generation = (const uint64_t *)(const void *)(view->map + view->index.generation);
    uint8_t *at = shot->snapshot->bytes;

    uint64_t before = mms_sequence_before(generation); /* [R1] */
    shot->whole = false;
    if (is_open(before, view->begin.swapped))
        return;
    for (size_t i = 0; i < view->index.count; i++) {
        struct mms_entry entry;
        mms_index_entry(&view->index, i, &entry);
        mms_observe_live(view, &entry, shot->reader->options.tries, at, &shot->snapshot->seen[i]);
        at += entry.bytes;
    }
    shot->whole = mms_sequence_still(generation, before); /* [R2] */
}

static int try_live(struct shot *shot)
{
    const struct mms_view *view = shot->reader->view;
    int error = mms_guarded(view->map, view->begin.size, shoot, shot);
    return error < 0 ? error : shot->whole;
}

/* --- copies ------------------------------------------------------------------------------------------------------ */

static uint64_t generation_in(const struct mms_view *view, const uint8_t *copy)
{
    uint64_t generation;
    memcpy(&generation, copy + view->index.generation, sizeof generation);
    return generation;
}

/* The copy in the middle is of one moment when the generation before it and after it are one (R607). */
static int try_copies(struct shot *shot)
{
    const struct mms_view *view = shot->reader->view;
    int got = mms_view_renew(shot->reader->view);
    if (got != 0)
        return got < 0 ? got : -ESTALE;
    uint64_t before = generation_in(view, view->copies[0]);
    return before == generation_in(view, view->copies[2]) && !is_open(before, view->begin.swapped);
}

/* --- the whole --------------------------------------------------------------------------------------------------- */

static int try_again_and_again(struct shot *shot)
{
    const struct timespec pause = {.tv_nsec = WAIT_NANOSECONDS};
    int got;

    for (unsigned i = 0; i < shot->reader->options.tries; i++) {
        if (i > 0)
            nanosleep(&pause, NULL);
        got = shot->reader->view->map != NULL ? try_live(shot) : try_copies(shot);
        if (got != 0)
            return got;
    }
    return -EBUSY;
}

int mms_reader_snapshot(struct mms_reader *reader)
{
    struct mms_snapshot fresh = {0};
    struct shot shot = {.reader = reader, .snapshot = &fresh};

    mms_snapshot_drop(&reader->snapshot);
    if (reader->view->index.generation == 0)
        return 0;
    int got = reader->view->map != NULL ? make_room(&reader->view->index, &fresh) : 0;
    if (got == 0)
        got = try_again_and_again(&shot);
    fresh.taken = got > 0;
    if (got > 0)
        reader->snapshot = fresh;
    else
        mms_snapshot_drop(&fresh);
    return got;
}
