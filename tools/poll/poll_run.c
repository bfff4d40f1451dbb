/* SPDX-License-Identifier: MIT
 *
 * poll_run.c - round after round, until it is enough. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/escape.h"
#include "tools/common/exits.h"
#include "tools/common/output.h"
#include "tools/poll/poll.h"

struct run {
    const struct poll_options *by;
    const struct poll_format *format; /* NULL: the busiest metrics */
    struct mms_watch watch;
    struct poll_round round;
    struct poll_files files;
    struct poll_busy busy;
    struct poll_screen screen;
    uint64_t shown;
};

/* Returns 1, 0 or -ENOMEM. */
static int passes(const struct poll_options *by, const struct mms_watch_file *file)
{
    int all = file->reader != NULL;
    for (size_t i = 0; i < by->filter_count && all > 0; i++)
        all = poll_filter_passes(&by->filters[i], file);
    return all;
}

/* Takes over what was read. Returns 0 or -ENOMEM. */
static int make_round(struct run *run, bool first)
{
    struct poll_round *round = &run->round;
    struct timespec now;
    free(round->files);
    clock_gettime(CLOCK_REALTIME, &now);
    *round = (struct poll_round){.by = run->by, .watch = &run->watch, .first = first,
                                 .time = (double)now.tv_sec + (double)now.tv_nsec / 1e9};
    round->files = calloc(run->watch.count + 1, sizeof(struct mms_watch_file *));
    if (round->files == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < run->watch.count; i++) {
        int pass = passes(run->by, &run->watch.files[i]);
        if (pass < 0)
            return pass;
        if (pass == 0)
            continue;
        round->ended += run->watch.files[i].live == MMS_DEAD;
        round->files[round->count++] = &run->watch.files[i];
    }
    return poll_files_notice(&run->files, &run->watch, run->by->common.verbose);
}

/* Nothing that was asked for is there: said, and never shown as zeros. */
static bool is_nothing(const struct run *run)
{
    if (poll_names_missing(run->by, &run->watch))
        return true;
    for (size_t i = 0; i < run->by->filter_count && run->round.count == 0; i++)
        mms_complain_about(run->by->filters[i].label.data, "no file passes"); /* the whole argument, FIELD=VALUE */
    return run->by->filter_count > 0 && run->round.count == 0;
}

static int show_row(struct run *run)
{
    struct poll_row row;
    int result = poll_row_make(&row, &run->round, run->format->put_value);
    if (result == 0)
        run->format->show(&row, &run->screen);
    poll_row_end(&row);
    return result;
}

/* Rates, and what is the busiest, need two looks. */
static bool has_row(const struct run *run)
{
    return !run->round.first || run->by->show != POLL_RATE;
}

static int show(struct run *run)
{
    int result = run->format == NULL ? poll_busy_add(&run->busy, &run->round) : 0;
    if (result != 0)
        return result;
    if (!has_row(run)) {
        if (run->format == NULL && run->screen.terminal && !run->by->json) {
            fputs("\x1b[H\x1b[2J", stdout);
            poll_busy_show(&run->busy, &run->round, &run->screen);
        }
    } else if (run->format == NULL) {
        poll_busy_show(&run->busy, &run->round, &run->screen);
    } else {
        result = show_row(run);
    }
    run->shown += has_row(run);
    fflush(stdout);
    return result;
}

/* Waits until the next row is due. Returns whether there is to be one. */
static bool wait_for_next(struct run *run, struct poll_clock *clock)
{
    for (;;) {
        switch (poll_clock_wait(clock)) {
        case POLL_TICK:
            return true;
        case POLL_STOPPED:
            return false;
        case POLL_RESIZED:
            poll_screen_look(&run->screen, run->by);
            if (run->format == NULL && run->screen.terminal && !run->by->json) {
                fputs("\x1b[2J", stdout);
                poll_busy_show(&run->busy, &run->round, &run->screen);
                fflush(stdout);
            }
        }
    }
}

static int rounds(struct run *run)
{
    struct poll_clock clock;
    poll_clock_begin(&clock, run->by->interval);
    int result = make_round(run, true);
    if (result == 0 && is_nothing(run))
        return run->files.failed ? MMS_EXIT_FAILED : MMS_EXIT_NOTHING;
    if (result == 0 && run->format != NULL)
        run->format->begin(run->by);
    if (result == 0)
        result = show(run);
    while (result == 0 && (run->by->rounds == 0 || run->shown < run->by->rounds) && mms_output_works() &&
           wait_for_next(run, &clock)) {
        result = mms_watch_next(&run->watch);
        if (result < 0 && result != -ENOMEM) { /* it may work the next time */
            mms_complain("%s", strerror(-result));
            run->files.failed = true;
            run->shown++;
            result = 0;
            continue;
        }
        if (result == 0)
            result = make_round(run, false);
        if (result == 0)
            result = show(run);
    }
    if (result < 0)
        mms_complain("%s", strerror(-result));
    return result < 0 || run->files.failed ? MMS_EXIT_FAILED : MMS_EXIT_OK;
}

int poll_run(struct mms_set *set, const struct poll_options *by)
{
    struct run run = {.by = by};
    if (by->label_count > 0)
        run.format = by->json ? &poll_json : by->csv ? &poll_csv : &poll_text;
    poll_screen_look(&run.screen, by);
    int status = MMS_EXIT_FAILED;
    if (mms_watch_begin(&run.watch, set) == 0)
        status = rounds(&run);
    else
        mms_complain("%s", strerror(ENOMEM));
    poll_busy_end(&run.busy);
    poll_files_end(&run.files);
    free(run.round.files);
    mms_watch_end(&run.watch);
    return status;
}
