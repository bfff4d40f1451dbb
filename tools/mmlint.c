/* SPDX-License-Identifier: MIT
 *
 * mmlint - is a file what the specification says? */

#include <argp.h>
#include <stdlib.h>

#include "tools/common/exits.h"
#include "tools/common/output.h"
#include "tools/lint/lint.h"

enum { KEY_JSON = 0x100, KEY_DUMP, KEY_STRICT, KEY_ALL };

static const char doc[] =
    "Says whether files are what the specification of the format (SPEC.md) says: every rule that is broken, with the byte, "
    "what was expected and what is there; and warnings about what is allowed, but a mistake in most files.\n"
    "FILE - is standard input."
    "\vExit status: 0 no file is broken; 1 a file is broken, or cannot be read; 2 wrong usage.";

static const struct argp_option options[] = {
    {"all", KEY_ALL, NULL, 0, "show all findings, not just the first 100 of each name in a file", 0},
    {"dump", KEY_DUMP, NULL, 0, "show every byte, with its meaning", 0},
    {"json", KEY_JSON, NULL, 0, "print one JSON object", 0},
    {"strict", KEY_STRICT, NULL, 0, "a file with a warning is broken", 0},
    {0},
};

struct input {
    struct lint_options options;
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
    case KEY_ALL:
        input->options.all = true;
        return 0;
    case KEY_DUMP:
        input->options.dump = true;
        return 0;
    case KEY_JSON:
        input->options.json = true;
        return 0;
    case KEY_STRICT:
        input->options.strict = true;
        return 0;
    case ARGP_KEY_ARG:
        input->paths[input->count++] = argument;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "name the files to look at");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static enum lint_verdict verdict_of(const struct lint_file *file, bool strict)
{
    if (file->error < 0)
        return LINT_UNREADABLE;
    if (file->errors > 0 || (strict && file->warnings > 0))
        return LINT_BROKEN;
    return file->warnings > 0 ? LINT_WARNED : LINT_CLEAN;
}

static void complain_file(const struct lint_file *file)
{
    struct mms_diag none = {0};
    char message[MMS_MESSAGE_SIZE];
    mms_file_message(file->error, &none, 0, message);
    mms_complain_about(file->path, message);
}

/* Returns whether it is as it should be. */
static bool lint(const char *path, const struct lint_options *by, const struct lint_format *format)
{
    struct lint_file file;
    lint_open(&file, path, by->common.order);
    file.all = by->all;
    format->file(&file);
    if (file.error == 0)
        file.error = lint_check(&file, format, by->common.order);
    if (file.error == 0 && by->dump)
        lint_dump(&file, format);
    enum lint_verdict verdict = verdict_of(&file, by->strict);
    format->verdict(&file, verdict);
    if (verdict == LINT_UNREADABLE)
        complain_file(&file);
    lint_close(&file);
    return verdict == LINT_CLEAN || verdict == LINT_WARNED;
}

int main(int argc, char **argv)
{
    static const struct argp_child children[] = {{&mms_order_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {options, parse, "FILE...", doc, children, NULL, NULL};
    struct input input = {.paths = calloc((size_t)argc + 1, sizeof *input.paths)};
    bool good = true;

    mms_output_begin();
    mms_options_begin("mmlint");
    if (input.paths == NULL || argp_parse(&argp, argc, argv, 0, NULL, &input) != 0) {
        mms_complain("out of memory");
        return MMS_EXIT_FAILED;
    }
    const struct lint_format *format = input.options.json ? &lint_json : &lint_text;
    format->begin();
    for (size_t i = 0; i < input.count && mms_output_works(); i++)
        good &= lint(input.paths[i], &input.options, format);
    format->end();
    free(input.paths);
    return good ? MMS_EXIT_OK : MMS_EXIT_FAILED;
}
