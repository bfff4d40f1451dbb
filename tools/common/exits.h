/* SPDX-License-Identifier: MIT
 *
 * exits.h - what the tools exit with. */
#ifndef MMSTATS_TOOLS_EXITS_H
#define MMSTATS_TOOLS_EXITS_H

enum {
    MMS_EXIT_OK = 0,
    MMS_EXIT_FAILED = 1,  /* something could not be read or done */
    MMS_EXIT_USAGE = 2,
    MMS_EXIT_NOTHING = 3, /* nothing matched */
};

#endif
