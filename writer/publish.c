/* SPDX-License-Identifier: MIT
 *
 * publish.c - makes the file: complete, locked and under a temporary name, then renamed (R508, R511). */

#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "writer/internal.h"

#define TRIES 64      /* against others that make and remove the same name all the time */
#define WAITS 500     /* of a_moment, for a cleaner, which may have to wait for a disk */
#define NUMBERS 100000 /* files of this process with one name */

/* --- the draft ---------------------------------------------------------------------------------------------------- */

struct draft {
    int directory;
    int fd; /* -1: not made */
    char name[NAME_MAX + 1];
};

/* A name that no reader's glob finds; made anew, so that no planted file or link is ever opened. */
static int draft_create(struct draft *draft, const char *name)
{
    static unsigned number; /* under the lock */
    for (int tries = 0; tries < TRIES; tries++) {
        snprintf(draft->name, sizeof draft->name, ".%.200s.%d.%u.tmp", name, (int)getpid(), number++);
        int fd = mms_open_at(draft->directory, draft->name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd >= 0) {
            draft->fd = fd;
            return 0;
        }
        if (fd != -EEXIST)
            return fd;
    }
    return -EEXIST;
}

/* Only the draft's own name: once it is renamed, there is none. */
static void draft_drop(struct draft *draft)
{
    if (draft->fd < 0)
        return;
    if (*draft->name != '\0')
        unlinkat(draft->directory, draft->name, 0);
    close(draft->fd);
    draft->fd = -1;
}

static int write_all(int fd, const uint8_t *data, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t n = pwrite(fd, data + done, size - done, (off_t)done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        done += (size_t)n;
    }
    return 0;
}

static int draft_fill(const struct draft *draft, struct mms_writer *writer, size_t size)
{
    int fd = draft->fd;
    if (fchmod(fd, writer->mode) < 0)
        return -errno;
    if (writer->set_group && fchown(fd, (uid_t)-1, writer->group) < 0)
        return -errno;
    int error = mms_region_allocate(fd, size);
    if (error < 0)
        return error;
    /* A file system that has no such locks: readers go by the process ID. */
    mms_fields_set_sys(writer, mms_existing_lock(fd, true) == 0);
    return write_all(fd, writer->base, writer->end);
}

/* Gives the draft its name; -EEXIST when there is one. */
static int draft_name(struct draft *draft, const char *name)
{
    int from = draft->directory;
    if (renameat2(from, draft->name, from, name, RENAME_NOREPLACE) == 0) {
        *draft->name = '\0';
        return 0;
    }
    if (errno != EINVAL && errno != ENOSYS)
        return -errno;
    /* Some file systems have no RENAME_NOREPLACE, but all of them have one of these. */
    return linkat(from, draft->name, from, name, 0) == 0 ? 0 : -errno;
}

static int draft_replace(struct draft *draft, const char *name)
{
    if (renameat(draft->directory, draft->name, draft->directory, name) < 0)
        return -errno;
    *draft->name = '\0';
    return 0;
}

/* --- the writer's file -------------------------------------------------------------------------------------------- */

int mms_publish_set_path(struct mms_writer *writer, const char *directory, const char *name)
{
    size_t size = strlen(directory) + 1 + strlen(name) + 1;
    if (size > writer->path_capacity) {
        size_t room = size + 64; /* numbers of a child process may be longer: nothing is to be allocated there */
        char *path = realloc(writer->path, room);
        if (path == NULL)
            return -ENOMEM;
        writer->path = path;
        writer->path_capacity = room;
    }
    bool slash = directory[0] != '\0' && directory[strlen(directory) - 1] == '/';
    snprintf(writer->path, writer->path_capacity, "%s%s%s", directory, slash ? "" : "/", name);
    return 0;
}

int mms_publish_is_ours(const struct mms_writer *writer)
{
    struct stat stat;
    if (lstat(writer->path, &stat) < 0)
        return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
    return stat.st_dev == writer->device && stat.st_ino == writer->inode;
}

/* The program may have closed it, and the number may be another file by now. Where the system does not say, it stays
 * open: one descriptor too many is better than to close what is another's. */
void mms_publish_drop_lock(struct mms_writer *writer)
{
    struct stat stat;
    if (writer->lock >= 0 && fstat(writer->lock, &stat) == 0 && stat.st_dev == writer->device &&
        stat.st_ino == writer->inode)
        close(writer->lock);
    writer->lock = -1;
}

/* A mapping keeps the lock of the description that it was made with. Not on overlayfs (the root of most containers),
 * where it is of another file, the one below: there the descriptor has to stay open, and where the system does not say
 * what it is. */
static int keep_lock(struct mms_writer *writer, int fd)
{
    struct statfs system;
    mms_publish_drop_lock(writer);
    if (fstatfs(fd, &system) == 0 && system.f_type != OVERLAYFS_SUPER_MAGIC)
        return 0;
    writer->lock = fcntl(fd, F_DUPFD_CLOEXEC, 3); /* not one of the standard three, should they be closed */
    return writer->lock < 0 ? -errno : 0;
}

/* All of adopting a file that can fail. */
static int prepare(struct mms_writer *writer, int fd, const char *directory, const char *name)
{
    struct stat stat;
    if (fstat(fd, &stat) < 0)
        return -errno;
    int error = keep_lock(writer, fd);
    writer->device = stat.st_dev;
    writer->inode = stat.st_ino;
    return error < 0 ? error : mms_publish_set_path(writer, directory, name);
}

static void adopt(struct mms_writer *writer)
{
    writer->pid = getpid();
    writer->published = true;
    writer->last = 0; /* published records stay as they are */
}

/* --- errors ------------------------------------------------------------------------------------------------------- */

static const struct {
    int error;
    const char *hint;
} hints[] = {
    {-ENOENT, "make it, or set MMSTATS_PATH"},
    {-ENOTDIR, "MMSTATS_PATH must be a directory"},
    {-EACCES, "grant the rights, or set MMSTATS_PATH to a directory of your own"},
    {-EPERM, "grant the rights, or set MMSTATS_PATH to a directory of your own"},
    {-EROFS, "set MMSTATS_PATH to a directory that can be written"},
    {-ENOSPC, "free some space, or set MMSTATS_PATH to another file system"},
    {-EDQUOT, "free some space, or set MMSTATS_PATH to another file system"},
    {-EFBIG, "raise the limit on the size of files, RLIMIT_FSIZE"},
    {-EMFILE, "raise the limit on open files, RLIMIT_NOFILE"},
    {-EBUSY, "a live writer has this file; put {PID} and {TID} into MMSTATS_FILES"},
    {-EAGAIN, "a program that looks at the file of a dead writer, such as cleanstats, keeps it locked; is it stopped?"},
    {-ELOOP, "a symbolic link has the name, and is not followed; remove it"},
    {-EISDIR, "a directory has the name; remove it, or set MMSTATS_FILES"},
    {-EEXIST, "what has the name is no file of a writer that is known to have ended; remove it, or set MMSTATS_FILES"},
};

static int fail_at(struct mms_writer *writer, int error, const char *directory, const char *name)
{
    char path[PATH_MAX + NAME_MAX + 2];
    const char *hint = NULL;
    for (size_t i = 0; i < sizeof hints / sizeof *hints; i++)
        if (hints[i].error == error)
            hint = hints[i].hint;
    snprintf(path, sizeof path, "%s%s%s", directory, name != NULL ? "/" : "", name != NULL ? name : "");
    return mms_writer_fail(writer, error, path, hint);
}

/* --- all of it ---------------------------------------------------------------------------------------------------- */

static size_t file_size(const struct mms_writer *writer)
{
    const size_t end_mark = 4; /* R106 */
    size_t size = mms_region_page_up(writer->end + end_mark);
    size_t free = writer->reserved - size; /* never negative: mms_region_ensure looked */
    return writer->reserve < free ? mms_region_page_up(writer->end + end_mark + writer->reserve) : writer->reserved;
}

/* The dead writer's file: 1 taken up, 0 not fit for that, or -errno. */
static int take_up(struct mms_writer *writer, const struct mms_place *place, const char *name,
                   const struct mms_existing *existing, struct mms_carried *carried)
{
    if (!(writer->flags & MMS_RESUME))
        return 0;
    int resumed = prepare(writer, existing->fd, place->directory, name);
    if (resumed == 0)
        resumed = mms_resume(writer, existing, carried);
    if (resumed == 1)
        adopt(writer);
    return resumed;
}

/* A new file under the name: 1 made, 0 look again, or -errno. stale: a draft that is there holds other values.
 * A file that it replaces is not lost when something fails: there the name comes last, and until then the memory is that
 * of a file without a name, which nobody reads. Else the name comes first: valgrind remembers the name of each mapping,
 * and ends when a file that grew has two of them. */
static int make(struct mms_writer *writer, struct draft *draft, const struct mms_place *place, const char *name,
                bool replace, bool stale, size_t size)
{
    bool fill = draft->fd < 0 || stale;
    int error = draft->fd < 0 ? draft_create(draft, name) : 0;
    if (error == 0 && fill)
        error = draft_fill(draft, writer, size);
    if (error == 0)
        error = prepare(writer, draft->fd, place->directory, name);
    if (error == 0 && !replace && (error = draft_name(draft, name)) == -EEXIST)
        return 0;
    bool named = error == 0 && !replace;
    if (error == 0)
        error = mms_region_map(writer, draft->fd, size);
    if (error == 0 && replace)
        error = draft_replace(draft, name);
    if (error < 0) {
        if (named)
            unlinkat(draft->directory, name, 0);
        return error;
    }
    adopt(writer);
    return 1;
}

/* The file under one name, as `make`. */
static int take(struct mms_writer *writer, struct draft *draft, const struct mms_place *place, const char *name,
                const struct mms_existing *existing, size_t size)
{
    struct mms_carried carried = {0};
    int done = existing != NULL ? take_up(writer, place, name, existing, &carried) : 0;
    if (done == 0)
        done = make(writer, draft, place, name, existing != NULL, carried.block != NULL, size);
    mms_resume_end(writer, &carried, done > 0);
    return done;
}

/* Until a cleaner is done with a dead file that has the name: it looks, and then removes it. */
static const struct timespec a_moment = {.tv_nsec = 2 * 1000000L};

/* Tries the name, and where this process itself has it, the name with -1, -2 ... */
static int publish_in(struct mms_writer *writer, struct draft *draft, const struct mms_place *place, char *name)
{
    size_t size = file_size(writer);
    unsigned number = 0;
    for (int tries = 0, waits = 0; tries < TRIES;) {
        struct mms_existing existing;
        int is = mms_existing_look(draft->directory, name, &existing);
        if (is == MMS_EXISTING_OURS) {
            if (++number == NUMBERS)
                return -EBUSY;
            int error = mms_place_number(place->name, number, name, NAME_MAX + 1);
            if (error < 0)
                return error;
            continue;
        }
        if (is == MMS_EXISTING_LIVE)
            return -EBUSY;
        if (is >= 0) {
            int taken = take(writer, draft, place, name, is == MMS_EXISTING_DEAD ? &existing : NULL, size);
            if (is == MMS_EXISTING_DEAD)
                close(existing.fd);
            if (taken != 0)
                return taken;
        } else if (is == -EAGAIN) {
            if (++waits > WAITS)
                return -EAGAIN;
            nanosleep(&a_moment, NULL);
            continue;
        } else if (is != -ESTALE && is != -ENOENT) {
            return is;
        }
        tries++;
    }
    return -EBUSY;
}

int mms_publish(struct mms_writer *writer)
{
    struct mms_place place;
    char name[NAME_MAX + 1];
    int error = mms_place_find(writer, NULL, &place);
    if (error < 0)
        return error;
    struct draft draft = {.fd = -1};
    draft.directory = mms_open_at(AT_FDCWD, place.directory, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
    if (draft.directory < 0)
        return fail_at(writer, draft.directory, place.directory, NULL);
    memcpy(name, place.name, sizeof name);
    int done = publish_in(writer, &draft, &place, name);
    if (done < 0)
        mms_publish_drop_lock(writer);
    draft_drop(&draft);
    close(draft.directory);
    return done < 0 ? fail_at(writer, done, place.directory, name) : 0;
}
