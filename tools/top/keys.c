/* SPDX-License-Identifier: MIT */

#define NCURSES_WIDECHAR 1

#include "tools/top/keys.h"

#include <ncurses.h>

#define CONTROL(letter) ((letter) & 0x1f)
enum { ESCAPE = 27 };

const struct top_key top_keys[] = {
    {{'q'}, TOP_QUIT, "q", "quit", "quit"},
    {{'?', 'h', KEY_F(1)}, TOP_HELP, "?", "this help, and back", "help"},
    {{'/'}, TOP_FILTER, "/", "filter the list by name: a part of it, or with * ? [ a glob for all of it", "filter"},
    {{' '}, TOP_PAUSE, "Space", "pause, and go on", "pause"},
    {{'\t', KEY_BTAB}, TOP_SWITCH, "Tab", "between processes and metrics", "processes"},
    {{'\n', '\r', KEY_ENTER}, TOP_OPEN, "Enter", "details of a metric; of a process, its metrics", "details"},
    {{ESCAPE, KEY_BACKSPACE, KEY_LEFT}, TOP_BACK, "Esc", "back; in a list, drop the filter", NULL},
    {{'r'}, TOP_SORT_RATE, "r", "sort by rate (the greater change first, up or down)", "sort:rate"},
    {{'v'}, TOP_SORT_VALUE, "v", "sort by value; processes by their number of metrics", "value"},
    {{'n'}, TOP_SORT_NAME, "n", "sort by name", "name"},
    {{'p'}, TOP_SORT_PROCESS, "p", "sort by process: PID; metrics by how many processes have them", "process"},
    {{'i', 'R'}, TOP_REVERSE, "i", "invert the order", NULL},
    {{'+', '='}, TOP_SLOWER, "+", "look less often", NULL},
    {{'-'}, TOP_FASTER, "-", "look more often", "+/- interval"},
    {{KEY_UP, 'k'}, TOP_UP, "Up k", "one row up", NULL},
    {{KEY_DOWN, 'j'}, TOP_DOWN, "Down j", "one row down", NULL},
    {{KEY_PPAGE}, TOP_PAGE_UP, "PgUp", "one page up", NULL},
    {{KEY_NPAGE}, TOP_PAGE_DOWN, "PgDn", "one page down", NULL},
    {{KEY_HOME, 'g'}, TOP_HOME, "Home g", "to the first row", NULL},
    {{KEY_END, 'G'}, TOP_END, "End G", "to the last row", NULL},
    {{CONTROL('L')}, TOP_REDRAW, "Ctrl-L", "draw the screen anew", NULL},
};
const size_t top_key_count = sizeof top_keys / sizeof top_keys[0];

const struct top_key top_filter_keys[] = {
    {{'\n', '\r', KEY_ENTER}, TOP_OPEN, "Enter", "keep the filter", "keep"},
    {{ESCAPE}, TOP_BACK, "Esc", "drop it", "drop"},
    {{KEY_UP}, TOP_UP, "Up", "one row up", NULL},
    {{KEY_DOWN}, TOP_DOWN, "Down", "one row down", NULL},
    {{KEY_PPAGE}, TOP_PAGE_UP, "PgUp", "one page up", NULL},
    {{KEY_NPAGE}, TOP_PAGE_DOWN, "PgDn", "one page down", NULL},
};
const size_t top_filter_key_count = sizeof top_filter_keys / sizeof top_filter_keys[0];

enum top_action top_key_action(int code, bool editing)
{
    const struct top_key *keys = editing ? top_filter_keys : top_keys;
    size_t count = editing ? top_filter_key_count : top_key_count;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < sizeof keys[i].codes / sizeof keys[i].codes[0]; k++)
            if (code != 0 && keys[i].codes[k] == code)
                return keys[i].action;
    return TOP_NOTHING;
}
