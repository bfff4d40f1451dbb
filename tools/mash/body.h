/* SPDX-License-Identifier: MIT
 *
 * body.h - the body of an answer, while it is made. */
#ifndef MMSTATS_TOOLS_MASH_BODY_H
#define MMSTATS_TOOLS_MASH_BODY_H

#include <stdbool.h>

#include "tools/common/memory.h"

struct mash_body {
    FILE *out;
    struct mms_memory made; /* after mash_body_end: its text is the caller's, for free */
};

/* Both return whether there was memory; when there was none, nothing is left to be freed. */
bool mash_body_begin(struct mash_body *body);
bool mash_body_end(struct mash_body *body);

/* Packs what mash_body_end left. false: it stays as it is, as there was no memory, or nothing to be won. */
bool mash_body_gzip(struct mash_body *body);

#endif
