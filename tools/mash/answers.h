/* SPDX-License-Identifier: MIT
 *
 * answers.h - the bodies of answers. Each prints one JSON object; what goes wrong with `out` shows in ferror. */
#ifndef MMSTATS_TOOLS_MASH_ANSWERS_H
#define MMSTATS_TOOLS_MASH_ANSWERS_H

#include <stdio.h>

#include "tools/mash/index.h"
#include "tools/mash/request.h"

void mash_put_error(FILE *out, const char *error);
void mash_put_labels(FILE *out, struct mash_index *index, const struct mash_route *route);
void mash_put_stats(FILE *out, struct mash_index *index, const struct mash_route *route);
void mash_put_files(FILE *out, struct mash_index *index, const struct mash_route *route);
void mash_put_numbers(FILE *out, struct mash_index *index, const struct mash_route *route);

/* Does the file's name match the glob of a route? */
bool mash_file_matches(const struct mash_file *file, const char *glob);

#endif
