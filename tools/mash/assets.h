/* SPDX-License-Identifier: MIT
 *
 * assets.h - the files of the page, inside of the program (embed.py makes the table). */
#ifndef MMSTATS_TOOLS_MASH_ASSETS_H
#define MMSTATS_TOOLS_MASH_ASSETS_H

#include <stddef.h>

struct mash_asset {
    const char *path; /* "/" is the page; else the name under /static/ */
    const char *type; /* Content-Type */
    const char *etag; /* with quotes */
    const unsigned char *data;
    size_t size;
    const unsigned char *gzip; /* NULL: it would not be smaller */
    size_t gzip_size;
};

extern const struct mash_asset mash_assets[];
extern const size_t mash_asset_count;

#endif
