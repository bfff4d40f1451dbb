/* SPDX-License-Identifier: MIT
 *
 * mmtop - processes and their metrics, while they change, on a full screen. */

#include <argp.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tools/common/escape.h"
#include "tools/common/exits.h"
#include "tools/common/files.h"
#include "tools/common/number.h"
#include "tools/common/output.h"
#include "tools/top/keys.h"
#include "tools/top/screen.h"
#include "tools/top/terminal.h"

enum { KEY_ONCE = 0x100, KEY_COLOR };
enum { ROWS = 24, COLUMNS = 80, MOST = 10000 }; /* of --once */

static const double interval_default = 2, interval_least = 0.05, interval_most = 3600;

static const char doc[] =
    "Shows processes and their metrics, while they change: values, rates, and how they went in the last minutes.\n"
    "Without FILE: of the files that MMSTATS_GLOB matches, else of all *.mmstats in the directory MMSTATS_PATH, "
    "else in the temporary directory."
    "\vThe key ? shows all keys, q quits. When standard output is no terminal, --once is implied. Exit status: 0 all "
    "is well; 1 something could not be read, or the terminal cannot be used; 2 wrong usage; 3 (--once) there is no "
    "file, or no field that passes the filters.";

static const struct argp_option options[] = {
    {"delay", 'd', "SECONDS", 0, "between two looks (default: 2)", 0},
    {"once", KEY_ONCE, NULL, 0, "print one screen as plain text after two looks, and exit", 0},
    {"color", KEY_COLOR, "auto|always|never", 0, "colours (default: auto, none when NO_COLOR is set)", 0},
    {0},
};

enum color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER, COLORS };
static const char *const color_names[COLORS] = {"auto", "always", "never"};

struct input {
    struct mms_tool_options common;
    double interval;
    bool once;
    enum color color;
    const char **paths;
    size_t count;
};

/* --- options ------------------------------------------------------------------------------------------------------ */

static void parse_interval(struct argp_state *state, const char *text, double *interval)
{
    if (!mms_number_parse(text, interval_least, interval_most, interval))
        argp_error(state, "--delay is a number of seconds from %g to %g", interval_least, interval_most);
}

static void parse_color(struct argp_state *state, const char *text, enum color *color)
{
    int i = 0;
    while (i < COLORS && strcmp(color_names[i], text) != 0)
        i++;
    if (i == COLORS)
        argp_error(state, "--color is auto, always or never");
    *color = (enum color)i;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct input *input = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &input->common;
        return 0;
    case 'd':
        parse_interval(state, argument, &input->interval);
        return 0;
    case KEY_ONCE:
        input->once = true;
        return 0;
    case KEY_COLOR:
        parse_color(state, argument, &input->color);
        return 0;
    case ARGP_KEY_ARG:
        input->paths[input->count++] = argument;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* --- rounds ------------------------------------------------------------------------------------------------------- */

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* All that is looked at. */
struct session {
    struct mms_watch watch;
    struct top_model model;
    struct top_view view;
};

static int begin(struct session *session, struct mms_set *set, const struct input *input, const char *where)
{
    int error = mms_watch_begin(&session->watch, set);
    top_model_begin(&session->model, &session->watch, &input->common);
    top_view_begin(&session->view, &session->model, input->interval);
    session->view.where = where;
    error = error < 0 ? error : top_model_round(&session->model);
    return error < 0 ? error : top_view_update(&session->view);
}

/* A directory that cannot be listed just now is no reason to end. */
static int look(struct session *session)
{
    int error = mms_watch_next(&session->watch);
    session->view.trouble = error < 0 ? -error : 0;
    if (error < 0 && error != -ENOMEM)
        return 0;
    return error < 0 ? error : top_model_round(&session->model);
}

static void end(struct session *session)
{
    top_view_end(&session->view);
    top_model_end(&session->model);
    mms_watch_end(&session->watch);
}

/* --- on a full screen --------------------------------------------------------------------------------------------- */

static int show(struct session *session)
{
    struct top_picture picture;
    int rows, columns;
    top_terminal_size(&rows, &columns);
    int error = top_view_update(&session->view);
    if (error < 0)
        return error;
    error = top_screen_draw(&session->view, &picture, rows, columns, true);
    if (error == 0)
        top_terminal_show(&picture, session->view.redraw);
    session->view.redraw = false;
    top_picture_end(&picture);
    return error;
}

static void act(struct top_view *view, const struct top_event *event)
{
    enum { DELETE = 0x7f, CONTROL_H = 8, CONTROL_U = 0x15, BLANK = 0x20 };
    enum top_action action = top_key_action(event->code, view->editing);
    bool character = event->kind == TOP_EVENT_CHARACTER;
    if (!view->editing && (event->code == DELETE || event->code == CONTROL_H))
        action = TOP_BACK;
    if (action != TOP_NOTHING || !view->editing)
        top_view_act(view, action);
    else if (!character || event->code == DELETE || event->code == CONTROL_H)
        top_view_erase(view, false);
    else if (event->code == CONTROL_U)
        top_view_erase(view, true);
    else if (event->code == 0 || event->code >= BLANK)
        top_view_type(view, event->text);
}

/* Returns 0, or -ENOMEM. */
static int run(struct session *session)
{
    struct top_view *view = &session->view;
    double next = now() + view->interval;
    int error = show(session);
    while (error == 0 && !view->quit) {
        double left = view->paused ? interval_most : next - now();
        struct top_event event = top_terminal_next(left > 0 ? left : 0);
        if (event.kind == TOP_EVENT_END)
            break;
        double interval = view->interval;
        if (event.kind == TOP_EVENT_KEY || event.kind == TOP_EVENT_CHARACTER)
            act(view, &event);
        view->redraw |= event.kind == TOP_EVENT_RESIZED;
        if (view->interval < interval && next > now() + view->interval)
            next = now() + view->interval;
        if (!view->paused && now() >= next) {
            error = look(session);
            next = now() + view->interval;
        } else if (event.kind == TOP_EVENT_NONE) {
            continue;
        }
        error = error < 0 ? error : show(session);
    }
    return error;
}

/* --- once --------------------------------------------------------------------------------------------------------- */

/* A size that the environment says. */
static int size_of(const char *variable, int otherwise)
{
    const char *text = getenv(variable);
    uint64_t size;
    return text != NULL && mms_whole_parse(text, 1, MOST, &size) ? (int)size : otherwise;
}

/* Says what is wrong with files. */
static int complain_files(struct mms_set *set)
{
    int status = MMS_EXIT_OK;
    for (size_t i = 0; i < mms_set_count(set); i++) {
        struct mms_diag diag = {0};
        char message[MMS_MESSAGE_SIZE];
        int error = mms_set_error(set, i, &diag);
        if (error == 0)
            continue;
        mms_file_message(error, &diag, 0, message);
        mms_complain_about(mms_set_path(set, i), message);
        status = MMS_EXIT_FAILED;
    }
    return status;
}

/* Returns the exit status, or -ENOMEM. */
static int once(struct session *session, const struct input *input)
{
    struct timespec time = {.tv_sec = (time_t)input->interval};
    time.tv_nsec = (long)((input->interval - (double)time.tv_sec) * 1e9);
    nanosleep(&time, NULL);
    int error = look(session);
    error = error < 0 ? error : top_view_update(&session->view);
    if (error < 0)
        return error;
    struct top_picture picture;
    error = top_screen_draw(&session->view, &picture, size_of("LINES", ROWS), size_of("COLUMNS", COLUMNS), false);
    if (error == 0)
        top_picture_print(&picture, stdout, input->color == COLOR_ALWAYS);
    top_picture_end(&picture);
    int status = error < 0 ? error : complain_files(session->watch.set);
    if (status == MMS_EXIT_OK && session->view.trouble != 0) {
        mms_complain_about(session->view.where, strerror(session->view.trouble));
        status = MMS_EXIT_FAILED;
    }
    if (status != MMS_EXIT_OK || session->model.metric_count > 0)
        return status;
    mms_complain_filters(&input->common);
    return MMS_EXIT_NOTHING;
}

/* --- main --------------------------------------------------------------------------------------------------------- */

/* Where files are looked for, for a person. The caller frees it. */
static char *name_place(const struct input *input)
{
    size_t size = mms_default_glob(NULL, 0) + 1;
    char *where = input->count > 0 ? strdup("the files named") : malloc(size);
    if (where != NULL && input->count == 0)
        mms_default_glob(where, size);
    return where;
}

static bool wants_color(enum color color)
{
    const char *no_color = getenv("NO_COLOR");
    return color == COLOR_ALWAYS || (color == COLOR_AUTO && (no_color == NULL || *no_color == '\0'));
}

static int top(struct mms_set *set, const struct input *input)
{
    struct session session;
    char *where = name_place(input);
    int status = begin(&session, set, input, where != NULL ? where : "");
    if (status == 0 && input->once) {
        status = once(&session, input);
    } else if (status == 0) {
        if (top_terminal_begin(wants_color(input->color))) {
            status = run(&session);
            top_terminal_end();
        } else {
            status = MMS_EXIT_FAILED;
        }
    }
    if (status < 0)
        mms_complain("%s", strerror(-status));
    end(&session);
    free(where);
    return status < 0 ? MMS_EXIT_FAILED : status;
}

int main(int argc, char **argv)
{
    static const struct argp_child children[] = {{&mms_common_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {options, parse, "[FILE...]", doc, children, NULL, NULL};
    struct input input = {.interval = interval_default, .paths = calloc((size_t)argc + 1, sizeof *input.paths)};
    struct mms_set *set;

    mms_output_begin();
    mms_options_begin("mmtop");
    if (input.paths == NULL || argp_parse(&argp, argc, argv, 0, NULL, &input) != 0) {
        mms_complain("out of memory");
        return MMS_EXIT_FAILED;
    }
    input.once |= !isatty(STDOUT_FILENO);
    int status = mms_files_open(input.paths, input.count, &input.common, &set);
    if (set != NULL && (status == MMS_EXIT_OK || !input.once)) {
        status = top(set, &input);
        if (input.common.verbose)
            mms_files_on_disk(set);
    }
    mms_set_close(set);
    free(input.common.filters);
    free(input.paths);
    return status;
}
