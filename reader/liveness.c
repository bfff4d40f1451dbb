/* SPDX-License-Identifier: MIT
 *
 * liveness.c - does the writer of a file still run? (R511) */

#define _GNU_SOURCE /* F_OFD_GETLK */

#include "reader/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* --- by lock ----------------------------------------------------------------------------------------------------- */

/* Asks whether a read lock could be had: a write lock alone is in its way, and nobody takes one without the right to
 * write. */
enum mms_liveness mms_liveness_of_lock(int fd)
{
    struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
    if (fcntl(fd, F_OFD_GETLK, &lock) < 0)
        return MMS_LIVENESS_UNKNOWN;
    return lock.l_type == F_UNLCK ? MMS_DEAD : MMS_LIVE;
}

/* --- by PID ------------------------------------------------------------------------------------------------------ */

/* Clocks are coarse, and a writer may round: no PID comes back this fast. */
#define SLACK_SECONDS 2.0

static double seconds(clockid_t clock)
{
    struct timespec now = {0};
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static FILE *open_proc(int pid, const char *name)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
    return fopen(path, "re");
}

/* When a process began, in UNIX seconds, or below 0. Field 22 of /proc/PID/stat counts ticks since boot; field 2, the
 * command in parentheses, may hold anything, parentheses and blanks included. */
static double start_of(int pid)
{
    char line[1024];
    unsigned long long ticks;
    FILE *file = open_proc(pid, "stat");
    if (file == NULL)
        return -1;
    size_t size = fread(line, 1, sizeof line - 1, file);
    fclose(file);
    line[size] = '\0';

    char *at = strrchr(line, ')');
    for (int field = 2; at != NULL && field < 22; field++)
        at = strchr(at + 1, ' ');
    if (at == NULL || sscanf(at, "%llu", &ticks) != 1)
        return -1;
    return seconds(CLOCK_REALTIME) - seconds(CLOCK_BOOTTIME) + (double)ticks / (double)sysconf(_SC_CLK_TCK);
}

/* Has the process the file mapped? Looked at before a process is said to be another one, because the clock that the
 * times come from may have been set in between. By inode or by name, since some file systems show others
 * there. UNKNOWN: it may not be looked at. */
static enum mms_liveness maps_file(int pid, const char *path, uint64_t inode)
{
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
    enum mms_liveness found = MMS_DEAD;
    char *line = NULL;
    size_t room = 0;
    FILE *file = open_proc(pid, "maps");

    if (file == NULL)
        return MMS_LIVENESS_UNKNOWN;
    while (found == MMS_DEAD && getline(&line, &room, file) > 0) {
        unsigned long long mapped;
        if ((sscanf(line, "%*s %*s %*s %*s %llu", &mapped) == 1 && mapped == inode && inode != 0) ||
            (*name != '\0' && strstr(line, name) != NULL))
            found = MMS_LIVE;
    }
    if (found == MMS_DEAD && !feof(file)) /* no memory for a line, or an error: it may stand further down */
        found = MMS_LIVENESS_UNKNOWN;
    free(line);
    fclose(file);
    return found;
}

enum mms_liveness mms_liveness_of_pid(uint64_t pid, double created, const char *path, uint64_t inode)
{
    if (pid == 0 || pid > INT_MAX) /* kill takes those for groups */
        return MMS_LIVENESS_UNKNOWN;
    if (kill((pid_t)pid, 0) < 0)
        return errno == ESRCH ? MMS_DEAD : errno == EPERM ? MMS_LIVE : MMS_LIVENESS_UNKNOWN;
    double start = start_of((int)pid);
    if (created < 0 || start < 0 || start <= created + SLACK_SECONDS)
        return MMS_LIVE;
    return maps_file((int)pid, path, inode);
}

/* --- the fields that say it -------------------------------------------------------------------------------------- */

static bool ends_with(struct mms_text label, const char *end)
{
    size_t size = strlen(end);
    return label.size >= size && memcmp(label.data + label.size - size, end, size) == 0;
}

int64_t mms_reader_find_sys(const struct mms_reader *reader, enum mms_sys field)
{
    const char *label = mms_sys_field_of(field)->label;
    int64_t found = mms_reader_find(reader, label, strlen(label), 0);

    for (size_t i = 0; found == -ENOENT && i < mms_reader_count(reader); i++) {
        struct mms_record record;
        mms_index_record(&reader->view->index, i, &record);
        if (ends_with(record.label, label))
            found = (int64_t)i;
    }
    return found;
}

/* Fills *stat; false: there is no such field that has one value and can be read. */
static bool find_sys(struct mms_reader *reader, enum mms_sys field, struct mms_stat *stat)
{
    int64_t found = mms_reader_find_sys(reader, field);
    return found >= 0 && mms_reader_get(reader, (size_t)found, stat) == 0 && stat->count == 1;
}

static bool is_locking(struct mms_reader *reader)
{
    struct mms_stat stat;
    return find_sys(reader, MMS_SYS_LOCK, &stat) && mms_class_of(stat.type) == MMS_CLASS_BOOL && stat.values[0].b;
}

uint64_t mms_reader_pid(struct mms_reader *reader)
{
    struct mms_stat stat;
    if (!find_sys(reader, MMS_SYS_PID, &stat))
        return 0;
    if (mms_class_of(stat.type) == MMS_CLASS_INT)
        return stat.values[0].i > 0 ? (uint64_t)stat.values[0].i : 0;
    return mms_class_of(stat.type) == MMS_CLASS_UINT ? stat.values[0].u : 0;
}

static double created_of(struct mms_reader *reader)
{
    struct mms_stat stat;
    if (!find_sys(reader, MMS_SYS_CREATED, &stat) || mms_class_of(stat.type) != MMS_CLASS_FLOAT ||
        !(stat.values[0].f > 0)) /* also NaN; 0: not set */
        return -1;
    return stat.values[0].f;
}

enum mms_liveness mms_reader_liveness(struct mms_reader *reader)
{
    if (is_locking(reader)) {
        enum mms_liveness by_lock = mms_liveness_of_lock(reader->view->fd);
        if (by_lock != MMS_LIVENESS_UNKNOWN)
            return by_lock;
    }
    uint64_t pid = mms_reader_pid(reader);
    double created = created_of(reader);
    return mms_liveness_of_pid(pid, created, reader->path, reader->view->stat.st_ino);
}
