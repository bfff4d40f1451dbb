/* SPDX-License-Identifier: MIT
 *
 * commit.c - a batch of dead files goes into its archive, and out of the directory. README.md has the protocol. */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tools/clean/fold.h"

int clean_archive_name(const struct clean_batch *batch, char out[NAME_MAX + 1])
{
    int size = snprintf(out, NAME_MAX + 1, "%s-%u.archive.mmstats", batch->application, (unsigned)batch->owner);
    return size > 0 && size <= NAME_MAX ? 0 : -ENAMETOOLONG;
}

/* --- the archive that there is ------------------------------------------------------------------------------------ */

/* What the new one is to be like. */
struct shape {
    char name[NAME_MAX + 1];
    mode_t mode;
    gid_t group;
};

/* Who may not read one of the files may not read their sum. */
static void restrict_to(struct shape *shape, const struct stat *stat)
{
    shape->mode &= stat->st_mode | 0600;
    if (stat->st_gid != shape->group) /* then a group gets what everybody gets */
        shape->mode = (shape->mode & ~070u) | (shape->mode & 070u & (shape->mode & 07u) << 3);
}

static int read_archive(const struct clean_batch *batch, struct shape *shape, struct clean_archive *archive)
{
    struct mms_reader_options how = {.size = sizeof how};
    struct mms_reader *reader;
    struct stat stat;
    if (fstatat(batch->directory, shape->name, &stat, AT_SYMLINK_NOFOLLOW) < 0) {
        struct timespec now;
        if (errno != ENOENT)
            return -errno;
        clock_gettime(CLOCK_REALTIME, &now);
        archive->created = (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
        snprintf(archive->application, sizeof archive->application, "%s", batch->application);
        return 0;
    }
    if (!S_ISREG(stat.st_mode) || stat.st_uid != batch->owner)
        return -EEXIST; /* not ours to go on with */
    restrict_to(shape, &stat);
    int error = mms_reader_open(shape->name, &how, &reader, NULL);
    if (error < 0)
        return error;
    error = clean_archive_read(archive, reader);
    mms_reader_close(reader);
    return error;
}

/* --- a new one in its place --------------------------------------------------------------------------------------- */

static int write_all(int fd, const uint8_t *data, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t n = pwrite(fd, data + done, size - done, (off_t)done);
        if (n < 0 && errno != EINTR)
            return -errno;
        done += n > 0 ? (size_t)n : 0;
    }
    return fsync(fd) < 0 ? -errno : 0;
}

static int write_draft(const struct clean_batch *batch, const struct shape *shape, const char *draft,
                       const uint8_t *data, size_t size)
{
    if (unlinkat(batch->directory, draft, 0) < 0 && errno != ENOENT) /* of a run that was killed */
        return -errno;
    int fd = openat(batch->directory, draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return -errno;
    mode_t mode = shape->mode;
    int error = 0;
    if (batch->owner != geteuid() && fchown(fd, batch->owner, (gid_t)-1) < 0)
        error = -errno;
    if (fchown(fd, (uid_t)-1, shape->group) < 0)
        mode &= ~070u; /* that group is not ours to give to */
    if (error == 0 && fchmod(fd, mode) < 0)
        error = -errno;
    if (error == 0)
        error = write_all(fd, data, size);
    close(fd);
    return error;
}

static int write_archive(const struct clean_batch *batch, const struct shape *shape,
                         const struct clean_archive *archive)
{
    char draft[NAME_MAX + 1];
    uint8_t *data;
    size_t size;
    int length = snprintf(draft, sizeof draft, ".%s.tmp", shape->name);
    if (length < 0 || (size_t)length >= sizeof draft)
        return -ENAMETOOLONG;
    int error = clean_archive_serialize(archive, &data, &size);
    if (error < 0)
        return error;
    error = write_draft(batch, shape, draft, data, size);
    free(data);
    /* From here on the files count as part of the archive. */
    if (error == 0 && renameat(batch->directory, draft, batch->directory, shape->name) < 0)
        error = -errno;
    if (error < 0)
        unlinkat(batch->directory, draft, 0);
    return error;
}

/* --- what the archive is to say of files that may still be there -------------------------------------------------- */

static bool has_mark(const struct clean_archive *archive, struct clean_mark mark)
{
    for (size_t i = 0; i < archive->pending_count; i++)
        if (archive->pending[i].number == mark.number && archive->pending[i].digest == mark.digest)
            return true;
    return false;
}

bool clean_is_counted(const struct clean_batch *batch, const struct clean_item *item)
{
    struct clean_archive archive = {0};
    struct shape shape = {0};
    bool is = clean_archive_name(batch, shape.name) < 0 || read_archive(batch, &shape, &archive) < 0 ||
              has_mark(&archive, item->mark);
    clean_archive_free(&archive);
    return is;
}

static bool is_stuck(const struct clean_batch *batch, uint64_t number)
{
    for (size_t i = 0; i < batch->stuck_count; i++)
        if (batch->stuck[i] == number)
            return true;
    return false;
}

/* Those of this batch, and of those before them the ones that could not be brought to an end. As long as the second
 * names of earlier runs are gone through, and where not all are known, that may be any. */
static int renew_pending(const struct clean_batch *batch, struct clean_archive *archive)
{
    struct clean_mark *pending = calloc(archive->pending_count + batch->count + 1, sizeof *pending);
    size_t count = 0;
    if (pending == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < archive->pending_count; i++)
        if (batch->finishing || batch->stuck_missed || is_stuck(batch, archive->pending[i].number))
            pending[count++] = archive->pending[i];
    for (size_t i = 0; i < batch->count; i++)
        if (batch->items[i].added)
            pending[count++] = batch->items[i].mark;
    free(archive->pending);
    archive->pending = pending;
    archive->pending_count = count;
    return 0;
}

/* --- the batch ---------------------------------------------------------------------------------------------------- */

void clean_say_undecided(struct clean_file *file, struct mms_text label)
{
    clean_say(file, CLEAN_KEPT, "Dead, but not folded: ");
    snprintf(file->after, sizeof file->after, ": is %.*s%s a counter? (--kind GLOB=counter or GLOB=gauge)",
             label.size < 100 ? (int)label.size : 100, label.data, label.size < 100 ? "" : "...");
}

/* Adds those that are not in it yet. Returns how many, or an error. */
static int add_items(struct clean_batch *batch, struct shape *shape, struct clean_archive *archive)
{
    int added = 0;
    for (size_t i = 0; i < batch->count; i++) {
        struct clean_item *item = &batch->items[i];
        struct mms_text label;
        if ((item->in = has_mark(archive, item->mark)))
            continue;
        if (clean_totals_undecided(item->file.reader, batch->options, &label)) {
            clean_say_undecided(&item->file, label);
            continue;
        }
        int error = clean_totals_add(&archive->totals, item->file.reader, batch->options);
        if (error < 0)
            return error;
        restrict_to(shape, &item->file.stat);
        archive->files++;
        item->added = true;
        added++;
    }
    return added;
}

static int fold_items(struct clean_batch *batch, struct shape *shape)
{
    struct clean_archive archive = {0};
    int error = clean_archive_name(batch, shape->name);
    if (error == 0)
        error = read_archive(batch, shape, &archive);
    if (error == 0)
        error = add_items(batch, shape, &archive);
    if (error > 0 && (error = renew_pending(batch, &archive)) == 0)
        error = write_archive(batch, shape, &archive);
    clean_archive_free(&archive);
    for (size_t i = 0; error == 0 && i < batch->count; i++)
        batch->items[i].in |= batch->items[i].added;
    return error;
}

/* It is in the archive: first its name goes, for as long as the second one is there it is known to be in. */
static void remove_item(struct clean_batch *batch, struct clean_item *item, const struct shape *shape)
{
    struct clean_file *file = &item->file;
    int error = clean_unlink_name(file, item->name, item->second);
    if (error == 0 && unlinkat(batch->directory, item->second, 0) < 0 && errno != ENOENT)
        error = -errno;
    if (error == 1) /* if it does not write, the next run finds the second name, and the same bytes */
        clean_say(file, CLEAN_KEPT, "In the archive, but opened for writing meanwhile: ");
    else if (error < 0)
        clean_fail(file, error, "Could not remove ");
    if (error != 0) {
        clean_stuck(batch, item);
        return;
    }
    file->verdict = CLEAN_FOLDED;
    snprintf(file->after, sizeof file->after, CLEAN_INTO "%s", shape->name);
}

/* It is not, or (a file that a run before left) it could not be found out. */
static void keep_item(struct clean_batch *batch, struct clean_item *item)
{
    bool of_this_run = item->path == NULL;
    if (!of_this_run || unlinkat(batch->directory, item->second, 0) < 0)
        clean_stuck(batch, item);
}

void clean_commit(struct clean_batch *batch)
{
    if (batch->count == 0)
        return;
    struct shape shape = {.mode = 0666, .group = batch->items[0].file.stat.st_gid};
    int error = fold_items(batch, &shape);
    for (size_t i = 0; i < batch->count; i++) {
        struct clean_item *item = &batch->items[i];
        if (item->in) {
            remove_item(batch, item, &shape);
        } else {
            if (error == -EEXIST || error == -EBADMSG)
                clean_say(&item->file, CLEAN_FAILED, "%s is no archive of this user's. Could not fold ", shape.name);
            else if (error < 0)
                clean_fail(&item->file, error, "Could not fold ");
            keep_item(batch, item);
        }
        clean_report_file(batch->report, &item->file);
        clean_forget(&item->file);
        free(item->path);
    }
    batch->count = 0;
}
