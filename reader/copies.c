/* SPDX-License-Identifier: MIT
 *
 * copies.c - copies of a file, each one over before the next one begins (R607). */

#define _DEFAULT_SOURCE /* MADV_HUGEPAGE */

#include "reader/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* A later copy is read in pieces that stay in the processor's cache, and kept from the first piece on that is not what it
 * was: of most files nothing changes meanwhile. */
enum { PIECE = 1 << 18 };

/* Memory for a copy. The allocator maps anew, each time, what is larger than 32 MiB: without huge pages (which the system
 * may not have) most of the time that a large file takes goes into page faults. */
static void *allocate(size_t size)
{
    enum { HUGE_PAGE = 1 << 21, RECYCLED = 1 << 25 };
    if (size < RECYCLED)
        return malloc(size ? size : 1);
    void *memory = aligned_alloc(HUGE_PAGE, (size + HUGE_PAGE - 1) & ~(size_t)(HUGE_PAGE - 1));
    if (memory != NULL)
        (void)madvise(memory, size, MADV_HUGEPAGE);
    return memory;
}

int mms_copies_first(int fd, size_t size, uint8_t *copies[MMS_COPIES])
{
    uint8_t *bytes = allocate(size);
    int error = bytes == NULL ? -ENOMEM : mms_file_read(fd, bytes, size, 0);
    if (error < 0)
        free(bytes);
    else
        copies[0] = bytes;
    return error;
}

/* *piece holds what was read from `at` on, `got` being what that said: makes it a copy of its own, of what was the same,
 * of itself, and of the rest. */
static int keep(int fd, size_t size, const uint8_t *before, uint8_t **piece, size_t at, size_t read, int got)
{
    uint8_t *whole = realloc(*piece, size + 1);
    if (whole == NULL)
        return -ENOMEM;
    *piece = whole;
    memmove(whole + at, whole, read);
    memcpy(whole, before, at);
    at += read;
    return at < size ? mms_file_read_more(fd, whole + at, size - at, at) : got;
}

int mms_copies_next(int fd, size_t size, uint8_t *copies[MMS_COPIES], int number)
{
    uint8_t *before = copies[number - 1], *piece = malloc((size < PIECE ? size : PIECE) + 1);
    size_t at = 0, read = 0;
    bool same = true;
    int got;

    if (piece == NULL)
        return -ENOMEM;
    do {
        at += read;
        read = size - at < PIECE ? size - at : PIECE;
        got = mms_file_read_more(fd, piece, read, at);
        same = got >= 0 && memcmp(before + at, piece, read) == 0;
    } while (same && at + read < size);
    if (got >= 0 && !same)
        got = keep(fd, size, before, &piece, at, read, got);
    if (got < 0 || same)
        free(piece);
    if (got >= 0)
        copies[number] = same ? before : piece;
    return got;
}

void mms_copies_free(uint8_t *copies[MMS_COPIES], const uint8_t *but)
{
    for (int i = MMS_COPIES - 1; i >= 0; i--) {
        if (copies[i] != but && (i == 0 || copies[i] != copies[i - 1]))
            free(copies[i]);
        copies[i] = NULL;
    }
}
