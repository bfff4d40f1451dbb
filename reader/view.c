/* SPDX-License-Identifier: MIT
 *
 * view.c - a file as it was taken: its structure, settled by two copies, and where its values are read. */

#include "reader/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "mmstats/slot.h"

/* --- structure --------------------------------------------------------------------------------------------------- */

static void forget(struct mms_view *view)
{
    mms_index_free(&view->index);
    mms_copies_free(view->copies, view->structure);
    free(view->structure);
    view->structure = NULL;
}

/* The first copy, and the second one, which confirms it. Returns 0, 1 when the file changed its size meanwhile: the end of
 * the copies may be in the middle of a new record; or -errno. */
static int take_copies(struct mms_view *view)
{
    size_t size = (size_t)view->stat.st_size;
    int got = mms_copies_first(view->fd, size, view->copies);
    view->structure = view->copies[0];
    if (got == 0)
        got = mms_copies_next(view->fd, size, view->copies, 1);
    return got == -EIO ? 1 : got;
}

static int index_copies(struct mms_view *view, enum mms_order order, bool whole, struct mms_diag *diag)
{
    const uint8_t *other = view->copies[1] != view->structure ? view->copies[1] : NULL; /* NULL: it is the same */
    int error = mms_scan_begin(&view->begin, view->structure, (size_t)view->stat.st_size, order, diag);
    return error < 0 ? error : mms_index_build(&view->index, view->begin, other, whole);
}

/* One try to take the structure, into copies[0], with copies[1] to confirm it; whole: all of it, so that no part of a
 * batch of records is seen without the rest. Returns 0, 1 to try again, or -errno. */
static int take_structure(struct mms_view *view, const struct mms_reader_options *options, bool whole,
                          struct mms_diag *diag)
{
    bool detect = options->order == MMS_ORDER_AUTO;
    int got = take_copies(view);
    if (got != 0)
        return got;
    got = index_copies(view, detect ? MMS_ORDER_NATIVE : options->order, whole, diag);
    if (got < 0 || !detect || (got == 0 && view->index.errors == 0))
        return got;
    /* R103: only a file that is malformed in this order may be one in the other order */
    mms_index_free(&view->index);
    return index_copies(view, MMS_ORDER_AUTO, whole, diag);
}

/* A structure that grows all the time is taken as far as it goes at the last try; the next refresh finds the rest. */
static int settle_structure(struct mms_view *view, const struct mms_reader_options *options, struct mms_diag *diag)
{
    int got = 0; /* the first try's size is known from opening the file */
    for (int i = 1; i <= MMS_STRUCTURE_TRIES; i++) {
        if (i > 1)
            got = mms_file_stat(view->fd, options->max_file_size, &view->stat);
        if (got == 0)
            got = take_structure(view, options, i < MMS_STRUCTURE_TRIES, diag);
        if (got <= 0)
            return got;
        forget(view);
    }
    return -EAGAIN;
}

/* --- values ------------------------------------------------------------------------------------------------------ */

static int map_values(struct mms_view *view)
{
    mms_copies_free(view->copies, view->structure);
    void *map = mmap(NULL, view->begin.size, PROT_READ, MAP_SHARED, view->fd, 0);
    if (map == MAP_FAILED)
        return -errno;
    view->map = map;
    return 0;
}

/* The third copy, where sequences make it useful (R607). That the file is longer by now is for the next refresh. */
static int take_last_copy(struct mms_view *view)
{
    int got = view->index.sequences ? mms_copies_next(view->fd, view->begin.size, view->copies, 2) : 0;
    return got < 0 ? got : 0;
}

/* --- the whole --------------------------------------------------------------------------------------------------- */

static int fill_view(struct mms_view *view, const char *path, const struct mms_reader_options *options,
                     struct mms_diag *diag)
{
    int error;
    if ((error = mms_file_open(path, options->max_file_size, &view->fd, &view->stat)) < 0 ||
        (error = settle_structure(view, options, diag)) < 0)
        return error;
    return options->mode == MMS_READ_LIVE ? map_values(view) : take_last_copy(view);
}

int mms_view_open(const char *path, const struct mms_reader_options *options, struct mms_view **view,
                  struct mms_diag *diag)
{
    struct mms_view *opened = calloc(1, sizeof *opened);
    if (opened == NULL)
        return -ENOMEM;
    opened->fd = -1;
    int error = fill_view(opened, path, options, diag);
    if (error < 0)
        mms_view_close(opened);
    else
        *view = opened;
    return error;
}

void mms_view_close(struct mms_view *view)
{
    if (view == NULL)
        return;
    if (view->map != NULL)
        munmap((void *)(uintptr_t)view->map, view->begin.size);
    if (view->fd >= 0)
        close(view->fd);
    forget(view);
    free(view);
}

/* --- again ------------------------------------------------------------------------------------------------------- */

/* R610, in copies: all of the structure is compared, which also finds a file that was laid out anew in place. */
static int renew_copies(struct mms_view *view)
{
    uint8_t *fresh[MMS_COPIES] = {NULL};
    int count = view->copies[2] != NULL ? MMS_COPIES : 2;
    int got = mms_copies_first(view->fd, view->begin.size, fresh);
    for (int i = 1; i < count && got == 0; i++)
        got = mms_copies_next(view->fd, view->begin.size, fresh, i);
    if (got == 0 && (mms_structure_agrees(&view->begin, fresh[count - 1], true) || MMS_BUG == MMS_BUG_STALE)) {
        mms_copies_free(view->copies, view->structure);
        memcpy(view->copies, fresh, sizeof fresh);
        return 0;
    }
    mms_copies_free(fresh, NULL);
    return got < 0 && got != -EIO ? got : 1;
}

struct look {
    const struct mms_view *view;
    bool grown;
};

static void look_at_end(void *argument)
{
    struct look *look = argument;
    const struct mms_scan *scan = &look->view->index.scan;
    size_t left = scan->size - scan->offset, mark = scan->version == 1 ? sizeof(uint16_t) : sizeof(uint32_t);
    look->grown = mms_grown(look->view->map + scan->offset, left < mark ? left : mark);
}

/* R610, in a mapping: the end mark, which says nothing where an error ended the list. */
static int look_again(struct mms_view *view)
{
    struct look look = {.view = view};
    if (view->index.errors > 0 || mms_guarded(view->map, view->begin.size, look_at_end, &look) < 0)
        return 1;
    return look.grown;
}

int mms_view_renew(struct mms_view *view)
{
    return view->map != NULL ? look_again(view) : renew_copies(view);
}
