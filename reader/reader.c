/* SPDX-License-Identifier: MIT
 *
 * reader.c - one file: open, get, find, refresh. */

#include "reader/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

/* --- options ----------------------------------------------------------------------------------------------------- */

/* A program may know fewer members than this library (those get their defaults) or more (which must be zero). */
int mms_options_take(const struct mms_reader_options *given, struct mms_reader_options *options)
{
    struct mms_reader_options taken = {.size = sizeof taken};

    if (given != NULL) {
        if (given->size < offsetof(struct mms_reader_options, order))
            return -EINVAL;
        const char *bytes = (const char *)given;
        for (size_t i = sizeof taken; i < given->size; i++)
            if (bytes[i] != 0)
                return -EINVAL;
        memcpy(&taken, given, given->size < sizeof taken ? given->size : sizeof taken);
        taken.size = sizeof taken;
    }
    if ((taken.mode != MMS_READ_COPY && taken.mode != MMS_READ_LIVE) ||
        (taken.order != MMS_ORDER_AUTO && taken.order != MMS_ORDER_LITTLE && taken.order != MMS_ORDER_BIG))
        return -EINVAL;
    if (taken.max_file_size == 0)
        taken.max_file_size = MMS_LIMIT_FILE_SIZE_DEFAULT;
    if (taken.tries == 0)
        taken.tries = MMS_TRIES_DEFAULT;
    *options = taken;
    return 0;
}

/* --- open and close ---------------------------------------------------------------------------------------------- */

/* The diagnostic goes out only when something broke a rule. */
static int open_view(const struct mms_reader *reader, struct mms_view **view, struct mms_diag *diag)
{
    struct mms_diag found = {0};
    int error = mms_view_open(reader->path, &reader->options, view, &found);
    if (error < 0 && diag != NULL)
        *diag = found;
    return error;
}

int mms_reader_open(const char *path, const struct mms_reader_options *options, struct mms_reader **reader,
                    struct mms_diag *diag)
{
    struct mms_reader *opened = calloc(1, sizeof *opened);
    int error = opened == NULL ? -ENOMEM : mms_options_take(options, &opened->options);
    if (error == 0 && (opened->path = strdup(path)) == NULL)
        error = -ENOMEM;
    if (error == 0)
        error = open_view(opened, &opened->view, diag);
    if (error < 0)
        mms_reader_close(opened);
    else
        *reader = opened;
    return error;
}

void mms_reader_close(struct mms_reader *reader)
{
    if (reader == NULL)
        return;
    mms_snapshot_drop(&reader->snapshot);
    mms_view_close(reader->view);
    free(reader->bytes);
    free(reader->values);
    free(reader->path);
    free(reader);
}

/* --- what is in it ----------------------------------------------------------------------------------------------- */

const char *mms_reader_path(const struct mms_reader *reader)
{
    return reader->path;
}

int mms_reader_version(const struct mms_reader *reader)
{
    return reader->view->begin.version;
}

enum mms_order mms_reader_order(const struct mms_reader *reader)
{
    bool little = (MMS_ORDER_NATIVE == MMS_ORDER_LITTLE) != reader->view->begin.swapped;
    return little ? MMS_ORDER_LITTLE : MMS_ORDER_BIG;
}

int mms_reader_diag(const struct mms_reader *reader, struct mms_diag *diag, size_t *errors)
{
    const struct mms_index *index = &reader->view->index;
    if (errors != NULL)
        *errors = index->errors;
    if (index->errors > 0 && diag != NULL)
        *diag = index->diag;
    return index->diag.error;
}

size_t mms_reader_count(const struct mms_reader *reader)
{
    return reader->view->index.count;
}

uint64_t mms_reader_generation(const struct mms_reader *reader)
{
    return reader->generation;
}

int64_t mms_reader_find(const struct mms_reader *reader, const char *label, size_t label_size, size_t from)
{
    struct mms_index *index = &reader->view->index;
    struct mms_text wanted = {label, label_size};
    int error = mms_labels_make(index);
    if (error < 0)
        return error;

    /* who goes from one to the next need not start anew each time */
    bool next = from > 0 && from <= index->count && mms_index_has_label(index, from - 1, wanted);
    uint32_t number = next ? index->labels.next[from - 1] : mms_labels_first(index, wanted);
    while (number != MMS_NO_NUMBER && number < from)
        number = index->labels.next[number];
    return number == MMS_NO_NUMBER ? -ENOENT : (int64_t)number;
}

/* --- values ------------------------------------------------------------------------------------------------------ */

/* Makes a scratch area at least count elements large; what is in it is lost. */
static int need(void **area, size_t *room, size_t count, size_t size)
{
    if (count <= *room && *area != NULL)
        return 0;
    if (count > SIZE_MAX / size)
        return -ENOMEM;
    void *larger = malloc(count ? count * size : 1);
    if (larger == NULL)
        return -ENOMEM;
    free(*area);
    *area = larger;
    *room = count;
    return 0;
}

static int need_bytes(struct mms_reader *reader, size_t count, size_t each)
{
    void *area = reader->bytes;
    int error = each > SIZE_MAX / count ? -ENOMEM : need(&area, &reader->bytes_size, count * each, 1);
    reader->bytes = area;
    return error;
}

static int need_values(struct mms_reader *reader, size_t count)
{
    void *area = reader->values;
    int error = need(&area, &reader->values_count, count, sizeof *reader->values);
    reader->values = area;
    return error;
}

struct observation {
    const struct mms_reader *reader;
    size_t number;
    const struct mms_entry *entry;
    struct mms_seen seen;
};

static void observe(void *argument)
{
    struct observation *this = argument;
    mms_observe_live(this->reader->view, this->entry, this->reader->options.tries, this->reader->bytes, &this->seen);
}

/* Leaves the value's bytes, and what they prove, in this->seen. */
static int observe_entry(struct mms_reader *reader, struct observation *this)
{
    const struct mms_view *view = reader->view;
    int error;

    if (reader->snapshot.seen != NULL) {
        this->seen = reader->snapshot.seen[this->number];
        return 0;
    }
    if (view->map != NULL) {
        if ((error = need_bytes(reader, 2, this->entry->bytes)) < 0)
            return error;
        return mms_guarded(view->map, view->begin.size, observe, this);
    }
    /* a snapshot is what its copies say: others would be of another moment */
    unsigned tries = reader->snapshot.taken ? 1 : reader->options.tries;
    if ((error = need_bytes(reader, MMS_COPIES, this->entry->record.size)) == 0)
        mms_observe_copy(view, this->entry, tries, reader->bytes, &this->seen);
    return error;
}

int mms_reader_get(struct mms_reader *reader, size_t i, struct mms_stat *stat)
{
    struct mms_index *index = &reader->view->index;
    struct observation this = {.reader = reader, .number = i, .entry = &reader->entry};
    int error;

    if (i >= index->count)
        return -ERANGE;
    mms_index_entry(index, i, &reader->entry);
    if ((error = mms_notes_make(index)) < 0 || (error = observe_entry(reader, &this)) < 0 ||
        (error = need_values(reader, mms_decode_count(this.entry, &this.seen))) < 0)
        return error;
    mms_decode(reader->view, this.entry, &this.seen, reader->values, stat);
    const struct mms_note *note = mms_notes_of(index, i);
    stat->unit = note->unit;
    stat->help = note->help;
    return 0;
}

/* --- again ------------------------------------------------------------------------------------------------------- */

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size;
}

/* A file that was truncated and written again has another time of change. Stores into a mapping change it, too, on
 * some file systems; then the structure is compared once more than needed. */
static bool same_time(const struct stat *a, const struct stat *b)
{
    return a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/* Takes all of it again. Returns 1 when it is not what it was. */
static int reopen(struct mms_reader *reader, struct mms_diag *diag)
{
    struct mms_view *fresh, *old = reader->view;
    int error = open_view(reader, &fresh, diag);
    if (error < 0)
        return error;
    bool same = same_file(&fresh->stat, &old->stat) && fresh->begin.swapped == old->begin.swapped &&
                mms_structure_agrees(&old->begin, fresh->structure, true);
    reader->view = fresh;
    mms_view_close(old);
    if (!same)
        reader->generation++;
    return !same;
}

int mms_reader_refresh(struct mms_reader *reader, struct mms_diag *diag)
{
    struct mms_view *view = reader->view;
    struct stat now;

    mms_snapshot_drop(&reader->snapshot);
    if (fstatat(AT_FDCWD, reader->path, &now, AT_SYMLINK_NOFOLLOW) < 0)
        return -errno;
    /* A file that was malformed in both orders was taken in ours (R103): in the other one it may be sound by now. */
    bool malformed = view->index.errors > 0;
    if (malformed || !same_file(&now, &view->stat) || (view->map != NULL && !same_time(&now, &view->stat)))
        return reopen(reader, diag);
    int got = mms_view_renew(view);
    return got > 0 ? reopen(reader, diag) : got;
}
