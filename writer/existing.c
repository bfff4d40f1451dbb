/* SPDX-License-Identifier: MIT
 *
 * existing.c - what a file is that has the name already: is its writer alive (R511)? */

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "writer/internal.h"

int mms_existing_lock(int fd, bool write)
{
    struct flock lock = {.l_type = write ? F_WRLCK : F_RDLCK, .l_whence = SEEK_SET};
    if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
        return 0;
    return errno == EACCES ? -EAGAIN : -errno;
}

/* --- what the file says about its writer -------------------------------------------------------------------------- */

struct claims {
    bool has_pid, has_created, locks;
    int64_t pid;
    double created;
};

static bool is_label(struct mms_text label, enum mms_sys sys)
{
    const char *name = mms_sys_field_of(sys)->label;
    size_t size = strlen(name); /* a prefix may stand before it */
    return label.size >= size && memcmp(label.data + label.size - size, name, size) == 0;
}

static bool first_value(const struct mms_record *record, const uint8_t *data, struct mms_value *value)
{
    struct mms_items items;
    bool first = record->layout == MMS_LAYOUT_BUFFERED && data[record->write_buffer] == 1;
    if (record->layout != MMS_LAYOUT_UNBUFFERED && record->layout != MMS_LAYOUT_BUFFERED)
        return false;
    bool second = record->layout == MMS_LAYOUT_BUFFERED && !first;
    mms_items_begin(&items, record, data + record->values + (second ? record->value_size : 0));
    return mms_items_next(&items, value) == 1;
}

static void note_claim(const struct mms_record *record, const uint8_t *data, struct claims *claims)
{
    struct mms_value value;
    if (!first_value(record, data, &value))
        return;
    enum mms_class class = mms_class_of(value.type);
    if (is_label(record->label, MMS_SYS_PID) && (class == MMS_CLASS_UINT || class == MMS_CLASS_INT)) {
        claims->has_pid = true;
        claims->pid = value.i;
    } else if (is_label(record->label, MMS_SYS_CREATED) && class == MMS_CLASS_FLOAT) {
        claims->has_created = true;
        claims->created = value.f;
    } else if (is_label(record->label, MMS_SYS_LOCK) && class == MMS_CLASS_BOOL) {
        claims->locks = value.b;
    }
}

/* Returns 0, or -EBADMSG: no file of ours. */
static int find_claims(const uint8_t *data, size_t size, struct claims *claims)
{
    struct mms_scan scan;
    struct mms_record record;
    *claims = (struct claims){0};
    if (mms_scan_begin(&scan, data, size, MMS_ORDER_AUTO, NULL) < 0)
        return -EBADMSG;
    for (int found; (found = mms_scan_next(&scan, &record, NULL)) != 0;)
        if (found == 1)
            note_claim(&record, data, claims);
    return 0;
}

static int read_claims(int fd, const struct stat *stat, struct claims *claims)
{
    if (stat->st_size <= 0 || stat->st_size > MMS_LIMIT_FILE_SIZE_DEFAULT)
        return -EBADMSG;
    size_t size = (size_t)stat->st_size;
    uint8_t *data = malloc(size);
    if (data == NULL)
        return -ENOMEM;
    ssize_t got = mms_read_at(fd, data, size, 0);
    int error = got < 0 ? (int)got : find_claims(data, (size_t)got, claims);
    free(data);
    return error;
}

/* --- processes ---------------------------------------------------------------------------------------------------- */

/* When a process began, in UNIX seconds; 0: not known. */
static double start_of(int64_t pid)
{
    char path[64], stat[1024];
    unsigned long long ticks;
    snprintf(path, sizeof path, "/proc/%lld/stat", (long long)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t size = fd >= 0 ? read(fd, stat, sizeof stat - 1) : -1;
    if (fd >= 0)
        close(fd);
    stat[size > 0 ? size : 0] = '\0';
    /* Field 22; the second one, in parentheses, may hold anything. */
    const char *rest = strrchr(stat, ')');
    for (int field = 3; rest != NULL && field <= 22; field++)
        rest = strchr(rest + 1, ' ');
    if (rest == NULL || sscanf(rest, "%llu", &ticks) != 1)
        return 0;
    struct timespec real, boot;
    clock_gettime(CLOCK_REALTIME, &real);
    clock_gettime(CLOCK_BOOTTIME, &boot);
    double boot_began = (double)(real.tv_sec - boot.tv_sec) + (double)(real.tv_nsec - boot.tv_nsec) * 1e-9;
    return boot_began + (double)ticks / (double)sysconf(_SC_CLK_TCK);
}

static bool is_alive(const struct claims *claims)
{
    const double slack = 2; /* seconds: clocks are set, ticks are coarse */
    if (claims->pid <= 0 || claims->pid > INT_MAX)
        return false;
    if (kill((pid_t)claims->pid, 0) < 0 && errno == ESRCH)
        return false;
    double start = claims->has_created ? start_of(claims->pid) : 0;
    return start == 0 || start <= claims->created + slack;
}

/* --- the verdict -------------------------------------------------------------------------------------------------- */

/* For writing if possible: that is what a write lock and resuming need. */
static int open_existing(int directory, const char *name, bool *writable)
{
    const int flags = O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY;
    int fd = mms_open_at(directory, name, O_RDWR | flags, 0);
    *writable = fd >= 0;
    if (fd == -EACCES || fd == -EROFS || fd == -EPERM || fd == -ETXTBSY)
        fd = mms_open_at(directory, name, O_RDONLY | flags, 0);
    return fd;
}

/* No writer holds less than a write lock: what is in the way is one who looks, such as a cleaner. */
static bool is_locked_for_reading(int fd)
{
    struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
    return fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type == F_UNLCK;
}

static int judge(struct mms_existing *existing, bool writable)
{
    struct claims claims = {0};
    int error = mms_existing_lock(existing->fd, writable);
    if (error == -EAGAIN)
        return is_locked_for_reading(existing->fd) ? -EAGAIN : MMS_EXISTING_LIVE;
    bool can_lock = error == 0;
    existing->locked = can_lock && writable;
    if ((error = read_claims(existing->fd, &existing->stat, &claims)) < 0)
        return error == -EBADMSG ? -EEXIST : error;
    if (claims.locks && can_lock)
        return MMS_EXISTING_DEAD;
    if (!claims.has_pid)
        return -EEXIST;
    return is_alive(&claims) ? MMS_EXISTING_LIVE : MMS_EXISTING_DEAD;
}

int mms_existing_look(int directory, const char *name, struct mms_existing *existing)
{
    struct stat *stat = &existing->stat;
    struct stat again;
    bool writable;
    existing->fd = -1;
    existing->locked = false;
    if (fstatat(directory, name, stat, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? MMS_EXISTING_NONE : -errno;
    if (S_ISLNK(stat->st_mode))
        return -ELOOP;
    if (!S_ISREG(stat->st_mode))
        return S_ISDIR(stat->st_mode) ? -EISDIR : -EEXIST;
    if (mms_registry_find(stat->st_dev, stat->st_ino) != NULL)
        return MMS_EXISTING_OURS;

    existing->fd = open_existing(directory, name, &writable);
    if (existing->fd < 0)
        return existing->fd; /* -ENOENT: it has just gone */
    int is = fstat(existing->fd, stat) < 0 ? -errno : judge(existing, writable);
    /* It may have been replaced before we had its lock. */
    if (is == MMS_EXISTING_DEAD && (fstatat(directory, name, &again, AT_SYMLINK_NOFOLLOW) < 0 ||
                                    again.st_dev != stat->st_dev || again.st_ino != stat->st_ino))
        is = -ESTALE;
    else if (is == MMS_EXISTING_DEAD)
        *stat = again; /* as it is under the lock: a cleaner may have given it a second name before */
    if (is != MMS_EXISTING_DEAD) {
        close(existing->fd);
        existing->fd = -1;
    }
    return is;
}
