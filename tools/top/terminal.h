/* SPDX-License-Identifier: MIT
 *
 * terminal.h - the terminal, by ncurses: shows pictures, and hands on what is typed. */
#ifndef MMSTATS_TOOLS_TOP_TERMINAL_H
#define MMSTATS_TOOLS_TOP_TERMINAL_H

#include "tools/top/picture.h"

/* Takes the terminal over. False when that cannot be done: it complained then. From here on SIGINT, SIGTERM, SIGHUP and
 * SIGQUIT wait for top_terminal_next. */
bool top_terminal_begin(bool color);

/* Gives it back as it was. After a signal that ends programs, ends this one by that signal. */
void top_terminal_end(void);

void top_terminal_size(int *rows, int *columns);

/* redraw: every cell, whatever is thought to be there. */
void top_terminal_show(const struct top_picture *picture, bool redraw);

enum top_event_kind {
    TOP_EVENT_NONE,      /* the time has passed */
    TOP_EVENT_KEY,       /* code, as of ncurses */
    TOP_EVENT_CHARACTER, /* the same, and text */
    TOP_EVENT_RESIZED,
    TOP_EVENT_END /* a signal that ends programs, or the terminal has gone */
};

struct top_event {
    enum top_event_kind kind;
    int code;
    char text[8]; /* UTF-8 */
};

/* Waits for something to happen, at most so long. */
struct top_event top_terminal_next(double seconds);

#endif
