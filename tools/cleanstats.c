/* SPDX-License-Identifier: MIT
 *
 * cleanstats - remove the files that dead writers left. */

#include <argp.h>
#include <errno.h>
#include <float.h>
#include <stdlib.h>
#include <string.h>

#include "tools/clean/clean.h"
#include "tools/common/exits.h"
#include "tools/common/files.h"
#include "tools/common/number.h"
#include "tools/common/output.h"

enum { KEY_DRY_RUN = 0x100, KEY_MIN_AGE, KEY_FOLD, KEY_KIND, KEY_HERE, KEY_JSON };

static const char doc[] =
    "Removes the files of processes that have ended.\n"
    "Without FILE: of the files that MMSTATS_GLOB matches, else of all *.mmstats in the directory MMSTATS_PATH, "
    "else in the temporary directory."
    "\vThe file of a process that may live is never removed. Exit status: 0 all is well; 1 something could not be read "
    "or removed; 2 wrong usage; 3 there is no file.";

static const struct argp_option options[] = {
    {"dry-run", KEY_DRY_RUN, NULL, 0, "change nothing, say what would be done", 0},
    {"min-age", KEY_MIN_AGE, "SECONDS", 0, "leave files that changed within that time", 0},
    {"fold", KEY_FOLD, NULL, 0, "add counters and histograms to an archive first, so that totals stay", 0},
    {"kind", KEY_KIND, "GLOB=KIND", 0, "with --fold: what numbers are whose file does not say it (counter, gauge ...); the "
                                       "first that matches counts", 0},
    {"here", KEY_HERE, NULL, 0, "no writer lives in another PID namespace", 0},
    {"json", KEY_JSON, NULL, 0, "print one JSON object", 0},
    {"verbose", 'v', NULL, 0, "say why the others are left, too", 0},
    {0},
};

struct input {
    struct clean_options options;
    struct mms_tool_options common;
    const char **paths;
    size_t count;
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct input *input = state->input;
    int error;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &input->common;
        return 0;
    case KEY_DRY_RUN:
        input->options.dry_run = true;
        return 0;
    case KEY_MIN_AGE:
        if (!mms_number_parse(argument, 0, DBL_MAX, &input->options.min_age))
            argp_error(state, "--min-age is a number of seconds, not %s", argument);
        return 0;
    case KEY_FOLD:
        input->options.fold = true;
        return 0;
    case KEY_KIND:
        if ((error = mms_kinds_add(&input->options.kinds, argument)) == -EINVAL)
            argp_error(state, "--kind is GLOB=KIND (counter, gauge ...), not %s", argument);
        return -error;
    case KEY_HERE:
        input->options.here = true;
        return 0;
    case KEY_JSON:
        input->options.json = true;
        return 0;
    case 'v':
        input->options.verbose = true;
        return 0;
    case ARGP_KEY_ARG:
        input->paths[input->count++] = argument;
        return 0;
    case ARGP_KEY_END:
        if (input->options.kinds.count > 0 && !input->options.fold)
            argp_error(state, "--kind is for --fold");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void free_paths(char **paths, size_t count)
{
    for (size_t i = 0; paths != NULL && i < count; i++)
        free(paths[i]);
    free(paths);
}

/* NULL: out of memory. */
static char **copy_paths(const struct mms_set *set)
{
    size_t count = mms_set_count(set);
    char **paths = calloc(count + 1, sizeof *paths);
    for (size_t i = 0; paths != NULL && i < count; i++)
        if ((paths[i] = strdup(mms_set_path(set, i))) == NULL) {
            free_paths(paths, i);
            return NULL;
        }
    return paths;
}

/* The names alone are of use: each file is opened again, under its locks, when there are descriptors again. */
static int clean(struct input *input)
{
    struct mms_tool_options copies = {.mode = MMS_READ_COPY, .order = input->common.order};
    struct clean_report report;
    struct mms_set *set;
    int status = mms_files_open(input->paths, input->count, &copies, &set);
    if (set == NULL)
        return status;
    size_t count = mms_set_count(set);
    char **paths = copy_paths(set);
    mms_set_close(set);
    if (paths == NULL) {
        mms_complain("out of memory");
        return MMS_EXIT_FAILED;
    }
    clean_report_begin(&report, &input->options);
    char *glob = input->count == 0 ? mms_files_glob() : NULL;
    clean_all(glob, (const char *const *)paths, count, &input->options, &report);
    clean_report_end(&report);
    free(glob);
    free_paths(paths, count);
    return report.failed ? MMS_EXIT_FAILED : status;
}

int main(int argc, char **argv)
{
    static const struct argp_child children[] = {{&mms_order_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {options, parse, "[FILE...]", doc, children, NULL, NULL};
    struct input input = {.paths = calloc((size_t)argc + 1, sizeof *input.paths)};

    mms_output_begin();
    mms_options_begin("cleanstats");
    if (input.paths == NULL || argp_parse(&argp, argc, argv, 0, NULL, &input) != 0) {
        mms_complain("out of memory");
        return MMS_EXIT_FAILED;
    }
    input.options.order = input.common.order;
    input.options.named = input.count > 0;
    int status = clean(&input);
    free(input.options.kinds.rules);
    free(input.paths);
    return status;
}
