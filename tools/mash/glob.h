/* SPDX-License-Identifier: MIT
 *
 * glob.h - paths and globs. */
#ifndef MMSTATS_TOOLS_MASH_GLOB_H
#define MMSTATS_TOOLS_MASH_GLOB_H

/* A glob that matches this path alone, with `rest`, which is one already, behind it. The caller frees it; NULL: no
 * memory. */
char *mash_glob_of(const char *path, const char *rest);

/* The same glob, with the true name of the directory that it begins with, if there is one: what several globs match has
 * one path. The caller frees it; NULL: no memory. */
char *mash_glob_real(const char *glob);

#endif
