/* SPDX-License-Identifier: MIT
 *
 * events.h - what a stream of events says, and when. */
#ifndef MMSTATS_TOOLS_MASH_EVENTS_H
#define MMSTATS_TOOLS_MASH_EVENTS_H

#include <stdio.h>

#include "tools/common/memory.h"
#include "tools/mash/index.h"
#include "tools/mash/request.h"
#include "tools/metrics/metrics.h"

/* {"files": [...], "error": null, "fields": [...]} */
void mash_put_catalog(FILE *out, struct mash_index *index, const struct mms_kinds *kinds);

/* A text that streams share: a catalog. */
struct mash_shared {
    size_t holders;
    struct mms_memory made;
};

/* The latest catalog, for all streams. Zero-initialise it, with kinds in it. */
struct mash_catalog {
    const struct mms_kinds *kinds;
    struct mash_shared *latest; /* as an event; NULL: none yet */
    uint64_t print;             /* of the index that it is of */
};

/* The event for what the index has now; it may be the same as before. NULL: no memory. */
struct mash_shared *mash_catalog_now(struct mash_catalog *catalog, struct mash_index *index);
void mash_shared_release(struct mash_shared *shared); /* NULL is allowed */

/* What one client asked for, and what it has got. */
struct mash_watch {
    struct mms_text *fields; /* its own, as is memory */
    uint64_t *prints;        /* of the values that were sent; 0: none */
    size_t count;
    char *memory;
};

/* Takes the fields of a route, which has none then. Returns 0 or -ENOMEM. */
int mash_watch_take(struct mash_watch *watch, struct mash_route *route);
void mash_watch_free(struct mash_watch *watch);

/* All values are to be sent again. */
void mash_watch_forget(struct mash_watch *watch);

/* Prints the next event of values into the stream `out` of this memory. */
void mash_watch_put(struct mash_watch *watch, struct mash_index *index, FILE *out, const struct mms_memory *memory);

#endif
