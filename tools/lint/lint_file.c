/* SPDX-License-Identifier: MIT
 *
 * lint_file.c - a copy of a file's bytes, and whether its writer lives. */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/lint/lint.h"

enum { FIRST_ROOM = 4096 };

static int check(const struct stat *st)
{
    if (S_ISLNK(st->st_mode))
        return -ELOOP;
    if (!S_ISREG(st->st_mode))
        return -ENOTSUP;
    return (uint64_t)st->st_size > MMS_LIMIT_FILE_SIZE_DEFAULT ? -EFBIG : 0;
}

/* As the reader opens files: it looks first, because to open a device or a FIFO can do something. */
static int open_file(const char *path)
{
    struct stat st;
    int error, fd;

    if (fstatat(AT_FDCWD, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return -errno;
    if ((error = check(&st)) < 0)
        return error;
    do
        fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    while (fd < 0 && errno == EINTR);
    if (fd < 0)
        return -errno;
    error = fstat(fd, &st) < 0 ? -errno : check(&st);
    if (error < 0)
        close(fd);
    return error < 0 ? error : fd;
}

/* Returns 1 when there may be more, 0 at the end, or -errno. */
static int read_some(int fd, uint8_t *data, size_t room, size_t *size)
{
    ssize_t got;
    do
        got = read(fd, data + *size, room - *size);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return -errno;
    *size += (size_t)got;
    return got > 0;
}

/* All bytes up to the end, which need not be known. The memory has just their size, so that a checker of memory sees
 * what reaches past them. */
static int read_all(int fd, uint8_t **data, size_t *size)
{
    size_t room = FIRST_ROOM, used = 0;
    uint8_t *bytes = malloc(room), *more;
    int got = bytes != NULL ? 1 : -ENOMEM;

    while (got > 0) {
        if (used == room && (more = realloc(bytes, 2 * room)) != NULL) {
            bytes = more;
            room *= 2;
        }
        got = used == room ? -ENOMEM : read_some(fd, bytes, room, &used);
        if (used > MMS_LIMIT_FILE_SIZE_DEFAULT)
            got = -EFBIG;
    }
    if (got < 0) {
        free(bytes);
        return got;
    }
    more = realloc(bytes, used > 0 ? used : 1);
    *data = more != NULL ? more : bytes;
    *size = used;
    return 0;
}

/* The only thing that the bytes do not say. Returns 0 or -errno. */
static int find_liveness(struct lint_file *file, enum mms_order order)
{
    struct mms_reader_options how = {.size = sizeof how, .mode = MMS_READ_COPY, .order = order};
    struct mms_reader *reader;
    struct mms_stat stat;
    int error = mms_reader_open(file->path, &how, &reader, NULL);

    if (error == -EBADMSG || error == -EPROTONOSUPPORT || error == -EAGAIN)
        return 0; /* no file whose writer is known; what is wrong with it is told by its bytes */
    if (error < 0)
        return error;
    /* Has it the memory for all values? Else it would not know, and not say why. */
    for (size_t i = 0; i < mms_reader_count(reader) && error == 0; i++)
        error = mms_reader_get(reader, i, &stat);
    if (error == 0)
        file->liveness = mms_reader_liveness(reader);
    mms_reader_close(reader);
    return error;
}

/* A copy of a file that grows meanwhile can be malformed where the file is not (R601): only a second copy that is
 * malformed in the same way counts. */
static int copy(struct lint_file *file, enum mms_order order)
{
    enum { TRIES = 8 };
    struct mms_diag last = {0}, diag;

    for (int i = 0;; i++) {
        int error = lseek(file->fd, 0, SEEK_SET) < 0 ? -errno : read_all(file->fd, &file->data, &file->size);
        if (error < 0 || mms_check(file->data, file->size, order, &diag) == 0)
            return error;
        if (i == TRIES || (diag.rule == last.rule && diag.offset == last.offset))
            return 0;
        last = diag;
        free(file->data);
        file->data = NULL;
    }
}

void lint_open(struct lint_file *file, const char *path, enum mms_order order)
{
    *file = (struct lint_file){.path = path, .fd = -1, .liveness = MMS_LIVENESS_UNKNOWN};
    if (strcmp(path, "-") == 0) {
        file->error = read_all(STDIN_FILENO, &file->data, &file->size);
        return;
    }
    int fd = open_file(path);
    if (fd < 0) {
        file->error = fd;
        return;
    }
    file->fd = fd;
    file->error = copy(file, order);
    if (file->error == 0)
        file->error = find_liveness(file, order);
}

int lint_read_again(const struct lint_file *file, uint8_t *bytes, size_t size, uint64_t offset)
{
    for (size_t done = 0; done < size;) {
        ssize_t got = pread(file->fd, bytes + done, size - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -errno;
        if (got == 0)
            return 0;
        done += (size_t)got;
    }
    return 1;
}

void lint_close(struct lint_file *file)
{
    if (file->fd >= 0)
        close(file->fd);
    free(file->data);
    lint_labels_free(file->labels);
}
