/* SPDX-License-Identifier: MIT
 *
 * glob.h - a path, as a glob. */
#ifndef MMSTATS_TOOLS_MASH_GLOB_H
#define MMSTATS_TOOLS_MASH_GLOB_H

/* A glob that matches this path alone, with `rest`, which is one already, behind it. The caller frees it; NULL: no
 * memory. */
char *mash_glob_of(const char *path, const char *rest);

#endif
