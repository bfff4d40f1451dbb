/* SPDX-License-Identifier: MIT
 *
 * mash.h - mmash without its command line. */
#ifndef MMSTATS_TOOLS_MASH_MASH_H
#define MMSTATS_TOOLS_MASH_MASH_H

#include "tools/common/options.h"
#include "tools/mash/events.h"
#include "tools/mash/listen.h"

enum { MASH_CONNECTIONS_DEFAULT = 64, MASH_CONNECTIONS_MAX = 10000 };
enum { MASH_TIMEOUT_DEFAULT = 10, MASH_TIMEOUT_MAX = 3600 }; /* seconds */

/* Each list has room for as many as there are arguments. */
struct mash_options {
    struct mms_tool_options common; /* mode and order */
    struct mash_address *addresses; /* none: the default one */
    const char **globs, **directories, **hosts;
    struct mms_kinds kinds;
    size_t address_count, glob_count, directory_count, host_count;
    unsigned connections, timeout;
    bool per_process, no_self, print_config;
};

/* Returns whether there was memory. */
bool mash_options_begin(struct mash_options *options, size_t arguments);
void mash_options_free(struct mash_options *options);

/* Puts in what was not said. */
void mash_options_complete(struct mash_options *options);

/* Serves until a signal comes. Returns the exit status. */
int mash_run(struct mash_options *options);

/* Prints a scrape configuration. Returns the exit status. */
int mash_print_config(struct mash_options *options);

#endif
