/* SPDX-License-Identifier: MIT
 *
 * pollstats - show how the values of fields change, row by row. */

#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/escape.h"
#include "tools/common/exits.h"
#include "tools/common/files.h"
#include "tools/common/number.h"
#include "tools/common/output.h"
#include "tools/poll/poll.h"

enum { KEY_RATE = 0x100, KEY_TOTAL, KEY_AGGR, KEY_BY_FILE, KEY_CSV, KEY_JSON, KEY_COLOR, KEY_HUMAN, KEY_RAW, KEY_ASCII,
       KEY_COPY };

static const double SHORTEST = 0.001, LONGEST = 1e8; /* intervals, in seconds */
enum { MOST_LINES = 1000000 };

static const char doc[] =
    "Shows how the values of fields change: the first row has what they are, each further one by how much they "
    "changed.\n"
    "FIELDS are labels with commas between them. Without FIELDS, or with - for it: the busiest metrics. Without FILES: "
    "those that MMSTATS_GLOB matches, else all *.mmstats in the directory MMSTATS_PATH, else in the temporary "
    "directory."
    "\vThe values of all files are added up; those of floating-point fields are averaged. What is no count is shown as "
    "it is. Behind a value, ~ says that only two equal looks speak for it, and ? that it changed at every try to read "
    "it. Exit status: 0 all is well; 1 something could not be read; 2 wrong usage; 3 there is no file, or no field of "
    "that name.";

static const struct argp_option options[] = {
    {"count", 'c', "N", 0, "end after N rows", 0},
    {"delay", 'd', "SECONDS", 0, "from row to row; default: 1", 0},
    {"filter", 'f', "FIELD=VALUE", 0, "only files in which the field has that value; may be given more than once", 0},
    {"lines", 'n', "LINES", 0, "rows between two headings; 0: one heading; default: 20, or what the terminal has", 0},
    {"prefix", 'p', "PREFIX", 0, "stands before each of FIELDS; without these: only such metrics", 0},
    {"rate", KEY_RATE, NULL, 0, "show changes per second", 1},
    {"total", KEY_TOTAL, NULL, 0, "show what values are in each row", 1},
    {"aggr", KEY_AGGR, "sum|min|max|avg", 0, "what to make of the values of several files", 1},
    {"by-file", KEY_BY_FILE, NULL, 0, "a column for each file", 1},
    {"csv", KEY_CSV, NULL, 0, "print comma-separated values", 2},
    {"json", KEY_JSON, NULL, 0, "print a JSON object each time", 2},
    {"time-stamps", 't', "local|iso|unix", OPTION_ARG_OPTIONAL, "begin rows with the time of day", 2},
    {"human", KEY_HUMAN, NULL, 0, "show 1234567 as 1.23M: the default on a terminal", 2},
    {"raw", KEY_RAW, NULL, 0, "show all digits: the default elsewhere", 2},
    {"color", KEY_COLOR, "auto|always|never", 0, "default: auto, on a terminal when NO_COLOR is not set", 2},
    {"ascii", KEY_ASCII, NULL, 0, "draw with ASCII characters", 2},
    {"copy", KEY_COPY, NULL, 0, "read copies of the files instead of mapping them", 3},
    {"verbose", 'v', NULL, 0, "say which files came and went, and whose writers ended", 3},
    {0},
};

struct input {
    struct poll_options options;
    const char *fields;
    const char **paths;
    size_t count;
};

/* --- arguments ---------------------------------------------------------------------------------------------------- */

/* The number of a name in a list that ends with NULL; below 0: it is not there. */
static int choose(const char *name, const char *const *names)
{
    for (int i = 0; names[i] != NULL; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return -1;
}

static uint64_t whole_number(const char *text, uint64_t least, uint64_t most, const char *what,
                             struct argp_state *state)
{
    uint64_t number = 0;
    if (!mms_whole_parse(text, least, most, &number))
        argp_error(state, "%s, from %" PRIu64 " to %" PRIu64 ", not %s", what, least, most, text);
    return number;
}

static double seconds(const char *text, struct argp_state *state)
{
    double number = SHORTEST;
    if (!mms_number_parse(text, SHORTEST, LONGEST, &number))
        argp_error(state, "-d takes seconds, such as 2 or 0.5: at least %g, at most %g", SHORTEST, LONGEST);
    return number;
}

static error_t add_filter(struct poll_options *to, char *argument, struct argp_state *state)
{
    const char *equals = strchr(argument, '=');
    if (equals == NULL || equals == argument)
        argp_error(state, "-f takes FIELD=VALUE, such as sys.uid=0");
    struct poll_filter *filters = realloc(to->filters, (to->filter_count + 1) * sizeof *filters);
    if (filters == NULL)
        return ENOMEM;
    struct mms_text label = {argument, (size_t)(equals - argument)};
    filters[to->filter_count++] = (struct poll_filter){label, mms_text_of(equals + 1)};
    to->filters = filters;
    return 0;
}

static void set_aggregate(struct poll_options *to, const char *argument, struct argp_state *state)
{
    to->aggregate = mms_aggregate_named(argument);
    if (to->aggregate == MMS_AGGREGATES)
        argp_error(state, "--aggr is sum, min, max, avg, one, nonzero-min or nonzero-avg");
}

static void set_color(struct poll_options *to, const char *argument, struct argp_state *state)
{
    static const char *const names[] = {"auto", "always", "never", NULL};
    int when = choose(argument, names);
    if (when < 0)
        argp_error(state, "--color is auto, always or never");
    to->color = (enum poll_when)when;
}

static void set_stamp(struct poll_options *to, const char *argument, struct argp_state *state)
{
    static const char *const names[] = {"none", "local", "iso", "unix", NULL};
    int stamp = argument != NULL ? choose(argument, names) : POLL_STAMP_LOCAL;
    if (stamp < 0)
        argp_error(state, "--time-stamps are local, iso or unix");
    to->stamp = (enum poll_stamp)stamp;
}

static void set_show(struct poll_options *to, enum poll_show show, struct argp_state *state)
{
    if (to->show != POLL_CHANGE && to->show != show)
        argp_error(state, "--rate and --total exclude each other");
    to->show = show;
}

/* What does not go together. */
static error_t check(struct input *input, struct argp_state *state)
{
    struct poll_options *to = &input->options;
    if (to->json && to->csv)
        argp_error(state, "--json and --csv exclude each other");
    if (input->fields != NULL && strcmp(input->fields, "-") != 0) {
        int error = poll_fields_split(to->prefix, input->fields, &to->labels, &to->label_count);
        if (error == -EINVAL)
            argp_error(state, "FIELDS are labels with commas between them, and one is missing in '%s'", input->fields);
        if (error == 0 && to->json) /* a key may be there once */
            to->label_count = poll_labels_once(to->labels, to->label_count);
        if (error == 0 && to->json && poll_labels_look_the_same(to->labels, to->label_count))
            argp_error(state, "in JSON two of FIELDS, which differ in bytes that are no UTF-8, would have one name: "
                              "ask for one at a time");
        return -error;
    }
    if (to->csv || to->by_file || to->show != POLL_CHANGE || to->aggregate != MMS_AGGREGATES)
        argp_error(state, "--csv, --by-file, --rate, --total and --aggr need FIELDS");
    to->show = POLL_RATE;
    return 0;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct input *input = state->input;
    struct poll_options *to = &input->options;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &to->common;
        return 0;
    case 'c':
        to->rounds = whole_number(argument, 1, UINT64_MAX, "-c takes a number of rows", state);
        return 0;
    case 'd':
        to->interval = seconds(argument, state);
        return 0;
    case 'f':
        return add_filter(to, argument, state);
    case 'n':
        to->lines = (long)whole_number(argument, 0, MOST_LINES, "-n takes a number of rows", state);
        return 0;
    case 'p':
        to->prefix = argument;
        return 0;
    case 't':
        set_stamp(to, argument, state);
        return 0;
    case 'v':
        to->common.verbose = true;
        return 0;
    case KEY_RATE:
        set_show(to, POLL_RATE, state);
        return 0;
    case KEY_TOTAL:
        set_show(to, POLL_TOTAL, state);
        return 0;
    case KEY_AGGR:
        set_aggregate(to, argument, state);
        return 0;
    case KEY_BY_FILE:
        to->by_file = true;
        return 0;
    case KEY_CSV:
        to->csv = true;
        return 0;
    case KEY_JSON:
        to->json = true;
        return 0;
    case KEY_COLOR:
        set_color(to, argument, state);
        return 0;
    case KEY_HUMAN:
    case KEY_RAW:
        to->human = key == KEY_HUMAN ? POLL_ALWAYS : POLL_NEVER;
        return 0;
    case KEY_ASCII:
        to->ascii = true;
        return 0;
    case KEY_COPY:
        to->common.mode = MMS_READ_COPY;
        return 0;
    case ARGP_KEY_ARG:
        if (input->fields == NULL)
            input->fields = argument;
        else
            input->paths[input->count++] = argument;
        return 0;
    case ARGP_KEY_END:
        return check(input, state);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int main(int argc, char **argv)
{
    static const struct argp_child children[] = {{&mms_order_argp, 0, NULL, 4}, {0}};
    static const struct argp argp = {options, parse, "[FIELDS [FILES...]]", doc, children, NULL, NULL};
    struct input input = {.paths = calloc((size_t)argc + 1, sizeof *input.paths)};
    struct mms_set *set;

    mms_output_begin();
    mms_options_begin("pollstats");
    input.options = (struct poll_options){.interval = 1, .lines = -1, .aggregate = MMS_AGGREGATES};
    input.options.common.mode = MMS_READ_LIVE;
    if (input.paths == NULL || argp_parse(&argp, argc, argv, 0, NULL, &input) != 0) {
        mms_complain("out of memory");
        return MMS_EXIT_FAILED;
    }
    int status = mms_files_open(input.paths, input.count, &input.options.common, &set);
    if (status == MMS_EXIT_OK)
        status = poll_run(set, &input.options);
    mms_set_close(set);
    free(input.options.labels);
    free(input.options.filters);
    free(input.paths);
    return status;
}
