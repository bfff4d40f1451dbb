/* SPDX-License-Identifier: MIT
 *
 * file.c - open and read a file that may be anything: a device, a FIFO, a link, too large, shrinking. */

#include "reader/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static int check(const struct stat *st, uint64_t max)
{
    if (S_ISLNK(st->st_mode))
        return -ELOOP;
    if (!S_ISREG(st->st_mode))
        return -ENOTSUP;
    return (uint64_t)st->st_size > max ? -EFBIG : 0;
}

int mms_file_stat(int fd, uint64_t max, struct stat *st)
{
    return fstat(fd, st) < 0 ? -errno : check(st, max);
}

/* Looks before it opens, because opening a device can do something; and after, because the name may mean another file
 * by then. O_NONBLOCK: not even a FIFO that got in between holds the call up. */
int mms_file_open(const char *path, uint64_t max, int *fd, struct stat *st)
{
    int error, opened;

    if (fstatat(AT_FDCWD, path, st, AT_SYMLINK_NOFOLLOW) < 0)
        return -errno;
    if ((error = check(st, max)) < 0)
        return error;
    do
        opened = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    while (opened < 0 && errno == EINTR);
    if (opened < 0)
        return -errno;
    if ((error = mms_file_stat(opened, max, st)) < 0) {
        close(opened);
        return error;
    }
    *fd = opened;
    return 0;
}

int mms_file_read(int fd, void *to, size_t size, uint64_t offset)
{
    uint8_t *at = to;
    while (size > 0) {
        ssize_t got = pread(fd, at, size, (off_t)offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -errno;
        if (got == 0)
            return -EIO;
        at += got;
        size -= (size_t)got;
        offset += (size_t)got;
    }
    return 0;
}

/* A read that ends where it may met the end of the file there: it asked for one byte more. */
int mms_file_read_more(int fd, void *to, size_t size, uint64_t offset)
{
    size_t done = 0;
    do {
        ssize_t got = pread(fd, (uint8_t *)to + done, size + 1 - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -errno;
        if (got == 0)
            return done == size ? 0 : -EIO;
        done += (size_t)got;
    } while (done < size);
    return done > size;
}
