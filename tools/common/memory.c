/* SPDX-License-Identifier: MIT */

#define _GNU_SOURCE /* fopencookie */

#include "tools/common/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 256 };

/* 0 stands for a failure. */
static ssize_t put(void *cookie, const char *data, size_t size)
{
    struct mms_memory *memory = cookie;
    if (size >= memory->room - memory->size) {
        size_t room = 2 * memory->room + size;
        char *larger = realloc(memory->text, room);
        if (larger == NULL)
            return 0;
        memory->text = larger;
        memory->room = room;
    }
    memcpy(memory->text + memory->size, data, size);
    memory->size += size;
    memory->text[memory->size] = '\0';
    return (ssize_t)size;
}

static int seek(void *cookie, off64_t *offset, int whence)
{
    struct mms_memory *memory = cookie;
    off64_t to = whence == SEEK_SET ? *offset : (off64_t)memory->size + *offset;
    if (to < 0 || to > (off64_t)memory->size) {
        errno = EINVAL;
        return -1;
    }
    memory->size = (size_t)to;
    memory->text[memory->size] = '\0';
    *offset = to;
    return 0;
}

FILE *mms_memory_open(struct mms_memory *memory)
{
    *memory = (struct mms_memory){.text = calloc(1, FIRST_ROOM), .room = FIRST_ROOM};
    FILE *out =
        memory->text != NULL ? fopencookie(memory, "w", (cookie_io_functions_t){.write = put, .seek = seek}) : NULL;
    if (out != NULL)
        return out;
    free(memory->text);
    memory->text = NULL;
    return NULL;
}
