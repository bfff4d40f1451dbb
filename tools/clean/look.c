/* SPDX-License-Identifier: MIT
 *
 * look.c - one file: opened, locked and judged. */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "tools/clean/archive.h"
#include "tools/common/files.h"

/* --- words -------------------------------------------------------------------------------------------------------- */

void clean_say(struct clean_file *file, enum clean_verdict verdict, const char *before, ...)
{
    va_list arguments;
    va_start(arguments, before);
    vsnprintf(file->before, sizeof file->before, before, arguments);
    va_end(arguments);
    file->after[0] = '\0';
    file->verdict = verdict;
}

void clean_fail(struct clean_file *file, int error, const char *before)
{
    if (error == -EACCES || error == -EPERM) {
        clean_say(file, CLEAN_FAILED, "Permission denied: ");
        return;
    }
    clean_say(file, CLEAN_FAILED, "%s", before);
    snprintf(file->after, sizeof file->after, ": %s", strerror(-error));
}

/* --- its locks ---------------------------------------------------------------------------------------------------- */

/* Regular files alone: opening a device may do something, and symbolic links lead away. */
static bool open_file(struct clean_file *file, const struct clean_options *options)
{
    const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY;
    int error = fstatat(file->directory, file->name, &file->stat, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
    if (error == 0 && !S_ISREG(file->stat.st_mode)) {
        clean_say(file, CLEAN_FAILED, "Invalid file: ");
        strcpy(file->after, S_ISLNK(file->stat.st_mode) ? " (a symbolic link)" : " (not a regular file)");
        return false;
    }
    if (error == 0 && (file->fd = openat(file->directory, file->name, flags)) < 0)
        error = -errno;
    if (error == 0 && fstat(file->fd, &file->stat) < 0)
        error = -errno;
    if (error == -ENOENT)
        clean_say(file, options->named ? CLEAN_FAILED : CLEAN_GONE, "No such file: ");
    else if (error < 0)
        clean_fail(file, error, "Could not open ");
    return error == 0;
}

enum hold { HOLD_OURS, HOLD_CLEANER, HOLD_WRITER };

/* Keeps other cleaners away (flock), and writers: for a read lock no right to write is needed, it is in the way of the
 * write lock of R511, and readers go on seeing a dead file. Where a file system has no such locks, there is none. */
static enum hold hold(int fd)
{
    struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
    if (flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK)
        return HOLD_CLEANER;
    if (fcntl(fd, F_OFD_SETLK, &lock) < 0 && (errno == EAGAIN || errno == EACCES))
        return HOLD_WRITER;
    return HOLD_OURS;
}

int clean_is_named(const struct clean_file *file, const char *name)
{
    struct stat now;
    if (fstatat(file->directory, name, &now, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? 0 : -errno;
    return now.st_dev == file->stat.st_dev && now.st_ino == file->stat.st_ino;
}

/* --- what it says ------------------------------------------------------------------------------------------------- */

/* Returns 1, 0 (there is none of one value), or -errno: not known. */
static int find_sys(struct mms_reader *reader, enum mms_sys sys, struct mms_stat *stat)
{
    int64_t found = mms_reader_find_sys(reader, sys);
    if (found == -ENOENT)
        return 0;
    int error = found < 0 ? (int)found : mms_reader_get(reader, (size_t)found, stat);
    return error < 0 ? error : stat->count == 1;
}

static int find_pid(struct clean_file *file)
{
    struct mms_stat stat;
    int found = find_sys(file->reader, MMS_SYS_PID, &stat);
    if (found != 1)
        return found;
    enum mms_class class = mms_class_of(stat.type);
    file->has_pid = class == MMS_CLASS_UINT || (class == MMS_CLASS_INT && stat.values[0].i > 0);
    file->pid = file->has_pid ? stat.values[0].u : 0;
    return 0;
}

/* Did the lock say that it is dead? Then it is, wherever its writer was. */
static bool is_locking(struct clean_file *file)
{
    struct mms_stat stat;
    struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
    return find_sys(file->reader, MMS_SYS_LOCK, &stat) == 1 && mms_class_of(stat.type) == MMS_CLASS_BOOL &&
           stat.values[0].b && fcntl(file->fd, F_OFD_GETLK, &lock) == 0;
}

/* --- the verdict -------------------------------------------------------------------------------------------------- */

static bool is_there(uint64_t pid)
{
    return pid > 0 && pid <= INT32_MAX && (kill((pid_t)pid, 0) == 0 || errno != ESRCH);
}

static void judge_unknown(struct clean_file *file)
{
    struct mms_diag diag;
    size_t errors;
    int error = mms_reader_diag(file->reader, &diag, &errors);
    if (file->has_pid) {
        clean_say(file, CLEAN_KEPT, "PID %" PRIu64 " cannot be judged: ", file->pid);
    } else if (error < 0) {
        clean_say(file, CLEAN_FAILED, "Invalid file: ");
        char message[MMS_MESSAGE_SIZE];
        mms_file_message(error, &diag, errors - 1, message);
        snprintf(file->after, sizeof file->after, " (%s)", message);
    } else {
        clean_say(file, CLEAN_KEPT, "File has no sys.pid entry: ");
    }
}

static void judge_dead(struct clean_file *file, const struct clean_options *options)
{
    bool locking = is_locking(file), there = is_there(file->pid);
    const char *elsewhere = locking ? NULL : clean_elsewhere(file, options);
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    double age = (double)(now.tv_sec - file->stat.st_mtim.tv_sec) +
                 (double)(now.tv_nsec - file->stat.st_mtim.tv_nsec) * 1e-9;

    if (elsewhere != NULL)
        clean_say(file, CLEAN_KEPT, "PID %" PRIu64 " %s: ", file->pid, elsewhere);
    else if (options->min_age > 0 && age < options->min_age)
        clean_say(file, CLEAN_KEPT, "Dead, but younger than --min-age: ");
    else if (!file->has_pid)
        clean_say(file, CLEAN_DEAD, "Nobody holds its lock. ");
    else if (!there)
        clean_say(file, CLEAN_DEAD, "PID %" PRIu64 " not found. ", file->pid);
    else if (locking)
        clean_say(file, CLEAN_DEAD, "PID %" PRIu64 " does not hold its lock. ", file->pid);
    else
        clean_say(file, CLEAN_DEAD, "PID %" PRIu64 " began after it. ", file->pid);
}

static void judge(struct clean_file *file, enum hold by, const struct clean_options *options)
{
    int error = find_pid(file);
    int named = error < 0 ? error : clean_is_named(file, file->name);
    if (named < 0) {
        clean_fail(file, named, "Could not read ");
        return;
    }
    file->archive = clean_is_archive(file->reader);
    if (by == HOLD_CLEANER) {
        clean_say(file, CLEAN_KEPT, "Another cleaner is at work on ");
        return;
    }
    file->locked = by == HOLD_WRITER;
    enum mms_liveness liveness = file->locked ? MMS_LIVE : mms_reader_liveness(file->reader);
    if (named == 0)
        clean_say(file, CLEAN_KEPT, "Replaced meanwhile: ");
    else if (file->archive && liveness != MMS_LIVE)
        clean_say(file, CLEAN_KEPT, "An archive: ");
    else if (liveness == MMS_LIVE && file->has_pid)
        clean_say(file, CLEAN_ALIVE, "PID %" PRIu64 " is alive: ", file->pid);
    else if (liveness == MMS_LIVE)
        clean_say(file, CLEAN_ALIVE, "Its writer is alive: ");
    else if (liveness == MMS_DEAD)
        judge_dead(file, options);
    else
        judge_unknown(file);
}

void clean_look(struct clean_file *file, const struct clean_options *options)
{
    struct mms_reader_options how = {.size = sizeof how, .mode = MMS_READ_COPY, .order = options->order};
    struct mms_diag diag;

    file->fd = -1;
    file->reader = NULL;
    file->has_pid = file->archive = file->locked = file->leased = false;
    file->pid = 0;
    if (!open_file(file, options))
        return;
    enum hold by = options->dry_run ? HOLD_OURS : hold(file->fd);
    if (fstat(file->fd, &file->stat) < 0) { /* as it is under the locks: its writer may have grown it before it ended */
        clean_fail(file, -errno, "Could not read ");
        return;
    }
    int error = mms_reader_open(file->name, &how, &file->reader, &diag);
    if (error == 0) {
        judge(file, by, options);
    } else if (error == -ENOENT) {
        clean_say(file, CLEAN_GONE, "No such file: ");
    } else if (error == -EACCES || error == -EPERM) {
        clean_fail(file, error, "");
    } else {
        char message[MMS_MESSAGE_SIZE];
        mms_file_message(error, &diag, 0, message);
        clean_say(file, CLEAN_FAILED, "Invalid file: ");
        snprintf(file->after, sizeof file->after, " (%s)", message);
    }
}

bool clean_is_contended(const struct clean_file *file)
{
    return flock(file->fd, LOCK_EX | LOCK_NB) < 0; /* ours we have already */
}

bool clean_is_wanted(const struct clean_file *file)
{
    return file->leased && fcntl(file->fd, F_GETLEASE) != F_RDLCK;
}

int clean_unlink_name(const struct clean_file *file, const char *name, const char *second)
{
    /* No writer that locks can take the name since the locks were taken and the name was looked at. */
    int named = clean_is_named(file, name);
    if (named <= 0)
        return named;
    if (clean_is_wanted(file))
        return 1;
    if (unlinkat(file->directory, name, 0) < 0 && errno != ENOENT)
        return -errno;
    if (second == NULL || !clean_is_wanted(file))
        return 0;
    /* One that does not lock had just found it: it gets it back, unless it has a new one by now. */
    return linkat(file->directory, second, file->directory, name, 0) == 0 || errno == EEXIST ? 1 : -errno;
}

void clean_unlink(struct clean_file *file)
{
    char aside[NAME_MAX + 1];
    if (clean_is_named(file, file->name) == 0) {
        clean_say(file, CLEAN_GONE, "Gone, or replaced meanwhile: ");
        return;
    }
    /* One that does not lock may just have found it: it gets it back. */
    int error = file->leased ? clean_set_aside(file, aside) : -ENAMETOOLONG;
    if (error == -ENAMETOOLONG)
        error = clean_unlink_name(file, file->name, NULL);
    else if (error == 0 && clean_is_wanted(file))
        error = clean_give_back(file, aside, file->name) == 0 ? 1 : -errno;
    else if (error == 0 && unlinkat(file->directory, aside, 0) < 0 && errno != ENOENT)
        error = -errno;
    file->verdict = CLEAN_REMOVED;
    if (error == 1)
        clean_say(file, CLEAN_KEPT, "Opened for writing meanwhile: ");
    else if (error < 0)
        clean_fail(file, error, "Could not remove ");
}

void clean_forget(struct clean_file *file)
{
    mms_reader_close(file->reader);
    if (file->fd >= 0)
        close(file->fd); /* and with it the locks */
    file->reader = NULL;
    file->fd = -1;
}
