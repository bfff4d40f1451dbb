/* SPDX-License-Identifier: MIT
 *
 * options.h - the options that all tools have, as a child of a tool's argp. */
#ifndef MMSTATS_TOOLS_OPTIONS_H
#define MMSTATS_TOOLS_OPTIONS_H

#include <argp.h>
#include <stdbool.h>

#include "mmstats/reader.h"

/* A child's input. Zero-initialise it; after argp_parse it is filled in. */
struct mms_tool_options {
    enum mms_reader_mode mode; /* LIVE unless --copy */
    enum mms_order order;
    bool verbose;
    const char **filters;
    size_t filter_count;
};

/* --byte-order alone, for a tool that has no use for the others. The same input. */
extern const struct argp mms_order_argp;

/* For argp's children. The parent has to hand its struct mms_tool_options on, as child_inputs[n]. */
extern const struct argp mms_common_argp;

/* Call it before argp_parse: exit status and text of --version. name: of the tool. */
void mms_options_begin(const char *name);

/* Does a label match a glob? A NUL byte in it is a character like another, which only a wildcard matches. */
bool mms_glob_matches(const char *glob, struct mms_text label);

/* Does a label pass the filters? It passes when there are none. */
bool mms_filter_passes(const struct mms_tool_options *options, struct mms_text label);

/* Says what the filters were, when nothing passed them. */
void mms_complain_filters(const struct mms_tool_options *options);

#endif
