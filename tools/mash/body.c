/* SPDX-License-Identifier: MIT */

#include "tools/mash/body.h"

#include <stdint.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <zlib.h>

bool mash_body_begin(struct mash_body *body)
{
    body->out = mms_memory_open(&body->made);
    if (body->out != NULL)
        __fsetlocking(body->out, FSETLOCKING_BYCALLER); /* one thread has it */
    return body->out != NULL;
}

bool mash_body_end(struct mash_body *body)
{
    bool failed = ferror(body->out);
    if (fclose(body->out) == 0 && !failed)
        return true;
    free(body->made.text);
    body->made.text = NULL;
    return false;
}

/* Level 1: over a network of one machine or one room, time is dearer than bytes. */
bool mash_body_gzip(struct mash_body *body)
{
    enum { LEVEL = 1, GZIP = 16, WINDOW = 15, MEMORY = 8 };
    struct mms_memory *made = &body->made;
    z_stream stream = {.next_in = (unsigned char *)made->text, .avail_in = (unsigned)made->size};
    size_t room = made->size; /* as long as it was is too long */
    char *packed = made->size > 0 && made->size <= UINT32_MAX ? malloc(room) : NULL;
    if (packed == NULL || deflateInit2(&stream, LEVEL, Z_DEFLATED, WINDOW + GZIP, MEMORY, Z_DEFAULT_STRATEGY) != Z_OK) {
        free(packed);
        return false;
    }
    stream.next_out = (unsigned char *)packed;
    stream.avail_out = (unsigned)room;
    bool done = deflate(&stream, Z_FINISH) == Z_STREAM_END;
    deflateEnd(&stream);
    if (!done) {
        free(packed);
        return false;
    }
    free(made->text);
    made->text = packed;
    made->size = stream.total_out;
    return true;
}
