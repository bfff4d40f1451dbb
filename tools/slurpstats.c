/* SPDX-License-Identifier: MIT
 *
 * slurpstats - show the values of all fields of all files, once. */

#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "tools/common/exits.h"
#include "tools/common/output.h"
#include "tools/slurpstats.h"

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

bool slurp_next(struct slurp_file *file, const struct slurp_options *by, size_t *i, struct mms_stat *stat)
{
    size_t count = file->reader != NULL ? mms_reader_count(file->reader) : 0;
    while (*i < count) {
        int error = mms_reader_get(file->reader, (*i)++, stat);
        if (error == 0 && mms_filter_passes(&by->common, stat->label))
            return true;
        if (error < 0) { /* a later error says more than one in the structure */
            file->error = error;
            file->diag = (struct mms_diag){0};
        }
    }
    return false;
}

static void complain_file(const struct slurp_file *file)
{
    char message[MMS_MESSAGE_SIZE];
    mms_file_message(file->error, &file->diag, file->more, message);
    mms_complain_about(file->path, message);
}

/* What was read is then the same for both looks that a format takes at it. */
static void take_snapshot(struct slurp_file *file)
{
    int got = mms_reader_snapshot(file->reader);
    if (got == -EBUSY)
        file->snapshot = mms_reader_liveness(file->reader) == MMS_DEAD ? SLURP_SNAPSHOT_UNFINISHED : SLURP_SNAPSHOT_OPEN;
    else if (got >= 0)
        file->snapshot = got > 0 ? SLURP_SNAPSHOT_EXACT : SLURP_SNAPSHOT_NONE;
    else if (file->error == 0) /* the values say what else is wrong */
        file->error = got;
}

static struct slurp_file file_of(struct mms_set *set, size_t i)
{
    struct slurp_file file = {.path = mms_set_path(set, i), .reader = mms_set_reader(set, i)};
    size_t errors = 0;
    file.error = mms_set_error(set, i, &file.diag);
    if (file.reader != NULL)
        mms_reader_diag(file.reader, NULL, &errors);
    file.more = errors > 1 ? errors - 1 : 0;
    if (file.reader != NULL)
        take_snapshot(&file);
    return file;
}

/* Returns the exit status. */
static int show_all(struct mms_set *set, const struct slurp_options *by)
{
    const struct slurp_format *format = by->json ? &slurp_json : by->csv ? &slurp_csv : &slurp_text;
    size_t fields = 0;
    bool failed = false;

    format->begin();
    for (size_t i = 0; i < mms_set_count(set) && mms_output_works(); i++) {
        struct slurp_file file = file_of(set, i);
        fields += format->show(&file, by);
        failed |= file.error < 0;
        if (file.error < 0)
            complain_file(&file);
    }
    format->end();
    if (fields == 0 && by->common.filter_count > 0 && mms_set_count(set) > 0 && mms_output_works()) {
        mms_complain_filters(&by->common);
        return failed ? MMS_EXIT_FAILED : MMS_EXIT_NOTHING;
    }
    return failed ? MMS_EXIT_FAILED : MMS_EXIT_OK;
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
        int shown = show_all(set, &input.options);
        status = status != MMS_EXIT_OK ? status : shown;
        if (input.options.common.verbose)
            mms_files_on_disk(set);
    }
    mms_set_close(set);
    free(input.options.common.filters);
    free(input.paths);
    return status;
}
