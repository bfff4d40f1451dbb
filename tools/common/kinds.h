/* SPDX-License-Identifier: MIT
 *
 * kinds.h - what fields are whose file does not say it: version 1 has no kinds (R210). */
#ifndef MMSTATS_TOOLS_KINDS_H
#define MMSTATS_TOOLS_KINDS_H

#include "mmstats/reader.h"

/* The first rule whose glob matches a label counts. */
struct mms_kinds {
    struct mms_kind_rule {
        const char *glob;
        enum mms_metric kind;
    } *rules; /* free it */
    size_t count;
};

/* Adds GLOB=KIND, which is changed and has to stay. No HISTOGRAM or SUMMARY: a number cannot be one. Returns 0, -EINVAL
 * or -ENOMEM. */
int mms_kinds_add(struct mms_kinds *kinds, char *rule);

/* The kind of a field: what its file says, else what is declared for its label. */
uint8_t mms_kinds_of(const struct mms_kinds *kinds, const struct mms_stat *stat);

#endif
