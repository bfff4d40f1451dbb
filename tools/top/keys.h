/* SPDX-License-Identifier: MIT
 *
 * keys.h - which key does what: the one table behind keys, help line and help page. */
#ifndef MMSTATS_TOOLS_TOP_KEYS_H
#define MMSTATS_TOOLS_TOP_KEYS_H

#include "tools/top/view.h"

struct top_key {
    int codes[3];      /* as ncurses has them; 0: no more */
    enum top_action action;
    const char *name;  /* of the keys: "PgUp" */
    const char *text;  /* for the help page */
    const char *brief; /* for the help line, which shows as many as fit; NULL: not there */
};

extern const struct top_key top_keys[];
extern const size_t top_key_count;

/* The same for while a filter is typed; other keys are characters of it. */
extern const struct top_key top_filter_keys[];
extern const size_t top_filter_key_count;

/* TOP_NOTHING: the key has no meaning (here: is a character, or takes one away). */
enum top_action top_key_action(int code, bool editing);

#endif
