/* SPDX-License-Identifier: MIT
 *
 * self.h - what mmash publishes about itself. */
#ifndef MMSTATS_TOOLS_MASH_SELF_H
#define MMSTATS_TOOLS_MASH_SELF_H

#include "mmstats/writer.h"

/* Updated by the server's thread alone. */
struct mash_self {
    mms_counter requests, errors, events, refresh_errors;
    mms_u64 files, unreadable, labels;
    mms_u32 streams;
    mms_timer answer, scrape;
    struct mms_writer *writer;
};

/* Makes the file, or handles that nobody looks at (quiet: no file is wanted). What fails is said on standard error.
 * Returns 0 or -ENOMEM. */
int mash_self_begin(struct mash_self *self, bool quiet);
void mash_self_end(struct mash_self *self);

/* A glob of its file; NULL: there is none. The caller frees it. */
char *mash_self_glob(const struct mash_self *self);

#endif
