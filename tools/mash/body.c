/* SPDX-License-Identifier: MIT */

#include "tools/mash/body.h"

#include <stdio_ext.h>
#include <stdlib.h>

bool mash_body_begin(struct mash_body *body)
{
    *body = (struct mash_body){0};
    body->out = open_memstream(&body->text, &body->size);
    if (body->out != NULL)
        __fsetlocking(body->out, FSETLOCKING_BYCALLER); /* one thread has it */
    return body->out != NULL;
}

bool mash_body_end(struct mash_body *body)
{
    bool failed = ferror(body->out);
    if (fclose(body->out) == 0 && !failed)
        return true;
    free(body->text);
    body->text = NULL;
    return false;
}
