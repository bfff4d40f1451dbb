/* SPDX-License-Identifier: MIT
 *
 * labels.h - the labels of an index. */
#ifndef MMSTATS_TOOLS_MASH_LABELS_H
#define MMSTATS_TOOLS_MASH_LABELS_H

#include "tools/mash/index.h"

/* Lists the labels of all files anew. Returns 0, or -ENOMEM: then there are none. */
int mash_labels_list(struct mash_index *index);
void mash_labels_free(struct mash_index *index);

#endif
