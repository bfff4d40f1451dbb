/* SPDX-License-Identifier: MIT */

#include "tools/common/options.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mmstats/version.h"
#include "tools/common/exits.h"
#include "tools/common/output.h"

enum { KEY_BYTE_ORDER = 0x1000, KEY_COPY, KEY_FILTER };

static const struct argp_option options[] = {
    {"filter", KEY_FILTER, "GLOB", 0, "only fields whose label matches; may be given more than once", 0},
    {"copy", KEY_COPY, NULL, 0, "read copies of the files instead of mapping them", 0},
    {"verbose", 'v', NULL, 0, "say more", 0},
    {0},
};

static const struct argp_option order_options[] = {
    {"byte-order", KEY_BYTE_ORDER, "auto|little|big", 0, "of the files (default: auto)", 0},
    {0},
};

static bool add_filter(struct mms_tool_options *to, const char *filter)
{
    const char **filters = realloc(to->filters, (to->filter_count + 1) * sizeof *filters);
    if (filters == NULL)
        return false;
    filters[to->filter_count++] = filter;
    to->filters = filters;
    return true;
}

static bool parse_order(const char *text, enum mms_order *order)
{
    static const char *const names[] = {
        [MMS_ORDER_AUTO] = "auto", [MMS_ORDER_LITTLE] = "little", [MMS_ORDER_BIG] = "big"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(text, names[i]) == 0) {
            *order = (enum mms_order)i;
            return true;
        }
    return false;
}

static error_t parse_order_option(int key, char *argument, struct argp_state *state)
{
    struct mms_tool_options *to = state->input;
    if (key != KEY_BYTE_ORDER)
        return ARGP_ERR_UNKNOWN;
    if (!parse_order(argument, &to->order))
        argp_error(state, "--byte-order is auto, little or big");
    return 0;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct mms_tool_options *to = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        to->mode = MMS_READ_LIVE;
        state->child_inputs[0] = to;
        return 0;
    case KEY_FILTER:
        return add_filter(to, argument) ? 0 : ENOMEM;
    case KEY_COPY:
        to->mode = MMS_READ_COPY;
        return 0;
    case 'v':
        to->verbose = true;
        return 0;
    case ARGP_KEY_FINI:
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp mms_order_argp = {.options = order_options, .parser = parse_order_option};

static const struct argp_child children[] = {{&mms_order_argp, 0, NULL, 0}, {0}};

const struct argp mms_common_argp = {.options = options, .parser = parse, .children = children};

static char version[64];

void mms_options_begin(const char *name)
{
    snprintf(version, sizeof version, "%s (mmstats) %s", name, MMS_VERSION);
    argp_program_version = version;
    argp_err_exit_status = MMS_EXIT_USAGE;
}

bool mms_glob_matches(const char *glob, struct mms_text label)
{
    char text[MMS_LIMIT_LABEL + 1]; /* on the stack: a field must not be left out because memory is short */
    if (label.size >= sizeof text) /* none is: its size is a u16 */
        return false;
    for (size_t i = 0; i < label.size; i++) /* a NUL in a label is a character like another */
        text[i] = label.data[i] != '\0' ? label.data[i] : '\1';
    text[label.size] = '\0';
    return fnmatch(glob, text, 0) == 0;
}

bool mms_filter_passes(const struct mms_tool_options *by, struct mms_text label)
{
    bool passes = by->filter_count == 0;
    for (size_t i = 0; i < by->filter_count && !passes; i++)
        passes = mms_glob_matches(by->filters[i], label);
    return passes;
}

void mms_complain_filters(const struct mms_tool_options *by)
{
    for (size_t i = 0; i < by->filter_count; i++)
        mms_complain_about(by->filters[i], "no field has a label that matches (try '*...*')");
}
