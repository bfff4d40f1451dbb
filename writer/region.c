/* SPDX-License-Identifier: MIT
 *
 * region.c - the memory that handles point into.
 *
 * A region is a reservation of address space as large as the file may become. Its first `mapped` bytes are memory:
 * private memory before the file has its name, then the file, at the same addresses. So handles stay valid when the
 * file is published, when it grows, and when a child process gets another one. */

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "writer/internal.h"

#define RESERVE_LEAST ((size_t)64 << 10)

size_t mms_region_page_up(size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    return size > SIZE_MAX - page ? SIZE_MAX - page + 1 : (size + page - 1) / page * page;
}

int mms_region_make(struct mms_writer *writer, size_t size)
{
    /* Where address space is short (RLIMIT_AS), less of it will do. */
    for (size = mms_region_page_up(size);; size = mms_region_page_up(size / 4)) {
        void *base = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (base != MAP_FAILED) {
            writer->base = base;
            writer->reserved = size;
            writer->mapped = 0;
            return 0;
        }
        if (writer->max_size != 0 || size / 4 < RESERVE_LEAST)
            return -ENOMEM;
    }
}

void mms_region_drop(struct mms_writer *writer)
{
    if (writer->base != NULL)
        munmap(writer->base, writer->reserved);
    writer->base = NULL;
}

void mms_region_trim(struct mms_writer *writer, size_t size)
{
    size = mms_region_page_up(size);
    if (size < writer->mapped || size >= writer->reserved)
        return;
    if (munmap(writer->base + size, writer->reserved - size) == 0)
        writer->reserved = size;
}

/* --- growing ------------------------------------------------------------------------------------------------------ */

/* posix_fallocate beyond RLIMIT_FSIZE would raise SIGXFSZ. */
int mms_region_allocate(int fd, size_t size)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY && size > limit.rlim_cur)
        return -EFBIG;
    int error;
    do
        error = posix_fallocate(fd, 0, (off_t)size);
    while (error == EINTR);
    return -error;
}

int mms_open_at(int directory, const char *path, int flags, mode_t mode)
{
    int fd;
    do
        fd = openat(directory, path, flags, mode);
    while (fd < 0 && errno == EINTR);
    return fd < 0 ? -errno : fd;
}

ssize_t mms_read_at(int fd, void *to, size_t size, size_t offset)
{
    size_t done = 0;
    while (done < size) {
        ssize_t n = pread(fd, (uint8_t *)to + done, size - done, (off_t)(offset + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0)
            break;
        done += (size_t)n;
    }
    return (ssize_t)done;
}

/* The writer keeps no descriptor: programs close what they do not know. So the file is opened again, and must still
 * be the one that is mapped. */
static int open_again(const struct mms_writer *writer)
{
    struct stat stat;
    int fd = mms_open_at(AT_FDCWD, writer->path, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0);
    if (fd < 0)
        return fd;
    if (fstat(fd, &stat) == 0 && stat.st_dev == writer->device && stat.st_ino == writer->inode)
        return fd;
    close(fd);
    return -ESTALE;
}

static int grow_file(struct mms_writer *writer, size_t size)
{
    int fd = open_again(writer);
    if (fd < 0)
        return fd;
    int error = mms_region_allocate(fd, size);
    if (error == 0 && mmap(writer->base + writer->mapped, size - writer->mapped, PROT_READ | PROT_WRITE,
                           MAP_SHARED | MAP_FIXED, fd, (off_t)writer->mapped) == MAP_FAILED)
        error = -errno;
    close(fd);
    return error;
}

int mms_region_ensure(struct mms_writer *writer, size_t size)
{
    if (size <= writer->mapped)
        return 0;
    if (size > writer->reserved)
        return -ENOSPC;
    /* By halves: a file that grows field by field is not mapped in too many pieces. */
    size_t generous = mms_region_page_up(writer->mapped + writer->mapped / 2);
    size = mms_region_page_up(size);
    if (size < generous && generous <= writer->reserved)
        size = generous;

    if (writer->published) {
        int error = grow_file(writer, size);
        if (error < 0)
            return error;
    } else if (mmap(writer->base + writer->mapped, size - writer->mapped, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED) {
        return -ENOMEM;
    }
    writer->mapped = size;
    return 0;
}

/* --- from memory to file and back --------------------------------------------------------------------------------- */

int mms_region_map(struct mms_writer *writer, int fd, size_t size)
{
    if (mmap(writer->base, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) != MAP_FAILED) {
        writer->mapped = size;
        writer->shared = true;
        return 0;
    }
    int error = -errno;
    writer->shared = false;
    if (mmap(writer->base, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) !=
        MAP_FAILED) {
        writer->mapped = size;
        mms_read_at(fd, writer->base, writer->end, 0);
    }
    return error;
}

int mms_region_privatise(struct mms_writer *writer)
{
    size_t size = writer->mapped;
    void *copy = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (copy != MAP_FAILED) {
        mms_slot_copy_out(copy, writer->base, writer->end);
        if (mremap(copy, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, writer->base) != MAP_FAILED) {
            writer->shared = false;
            return 0;
        }
        munmap(copy, size);
    }
    /* No memory for a copy. Updates must still not reach the file, and not crash. */
    writer->shared = false;
    if (mmap(writer->base, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED)
        return -ENOMEM;
    /* RLIMIT_DATA counts private memory alone. What is shared is so with children of this process. */
    writer->shared = true;
    void *there = mmap(writer->base, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    return there == MAP_FAILED ? -errno : -ENOMEM;
}
