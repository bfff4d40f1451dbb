/* SPDX-License-Identifier: MIT
 *
 * slurpstats - show the values of all fields of all files, once. */

#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "tools/common/exits.h"
#include "tools/common/output.h"
#include "tools/slurp/slurp.h"

enum { KEY_JSON = 0x100, KEY_CSV, KEY_UNITS };

static const char doc[] =
    "Shows the values of all fields of all files, once.\n"
    "Without FILE: of the files that MMSTATS_GLOB matches, else of all *.mmstats in the directory MMSTATS_PATH, "
    "else in the temporary directory."
    "\vA value is followed by [checked] when only two equal looks speak for it, and by [busy] when it changed at every "
    "try to read it. Exit status: 0 all is well; 1 something "
    "could not be read; 2 wrong usage; 3 there is no file, or no field that passes the filters.";

static const struct argp_option options[] = {
    {"json", KEY_JSON, NULL, 0, "print one JSON object", 0},
    {"csv", KEY_CSV, NULL, 0, "print comma-separated values, one field a line", 0},
    {"units", KEY_UNITS, NULL, 0, "print units behind values", 0},
    {0},
};

struct input {
    struct slurp_options options;
    const char **paths;
    size_t count;
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct input *input = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &input->options.common;
        return 0;
    case KEY_JSON:
        input->options.json = true;
        return 0;
    case KEY_CSV:
        input->options.csv = true;
        return 0;
    case KEY_UNITS:
        input->options.units = true;
        return 0;
    case ARGP_KEY_ARG:
        input->paths[input->count++] = argument;
        return 0;
    case ARGP_KEY_END:
        if (input->options.json && input->options.csv)
            argp_error(state, "--json and --csv exclude each other");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int main(int argc, char **argv)
{
    static const struct argp_child children[] = {{&mms_common_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {options, parse, "[FILE...]", doc, children, NULL, NULL};
    struct input input = {.paths = calloc((size_t)argc + 1, sizeof *input.paths)};
    struct mms_set *set;

    mms_output_begin();
    mms_options_begin("slurpstats");
    if (input.paths == NULL || argp_parse(&argp, argc, argv, 0, NULL, &input) != 0) {
        mms_complain("out of memory");
        return MMS_EXIT_FAILED;
    }
    int status = mms_files_open(input.paths, input.count, &input.options.common, &set);
    if (set != NULL) {
        int shown = slurp_show(set, &input.options);
        status = status != MMS_EXIT_OK ? status : shown;
        if (input.options.common.verbose)
            mms_files_on_disk(set);
    }
    mms_set_close(set);
    free(input.options.common.filters);
    free(input.paths);
    return status;
}
