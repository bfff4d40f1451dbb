/* SPDX-License-Identifier: MIT
 *
 * poll_screen.c - what standard output can show. */

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tools/common/escape.h"
#include "tools/poll/poll.h"

static bool chosen(enum poll_when when, bool automatic)
{
    return when == POLL_AUTO ? automatic : when == POLL_ALWAYS;
}

void poll_screen_look(struct poll_screen *screen, const struct poll_options *by)
{
    const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");
    struct winsize size = {0};
    *screen = (struct poll_screen){.columns = 80, .lines = 24};
    screen->terminal = isatty(STDOUT_FILENO) && term != NULL && strcmp(term, "dumb") != 0;
    screen->color = chosen(by->color, screen->terminal && (no_color == NULL || *no_color == '\0'));
    screen->human = chosen(by->human, screen->terminal);
    if (!screen->terminal || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0)
        return;
    if (size.ws_col > 0)
        screen->columns = size.ws_col;
    if (size.ws_row > 0)
        screen->lines = size.ws_row;
}

void poll_put_style(const struct poll_screen *screen, enum poll_style style)
{
    static const char *const codes[] = {
        [POLL_PLAIN] = "\x1b[0m", [POLL_HEADING] = "\x1b[1m", [POLL_BAR] = "\x1b[2m", [POLL_DOUBT] = "\x1b[33m"};
    if (screen->color)
        fputs(codes[style], stdout);
}

/* The end of a text that takes less than so many columns. */
static struct mms_text end_of(struct mms_text text, size_t columns)
{
    if (text.size > 8 * columns) { /* else a huge label takes a time that is the square of its size */
        text.data += text.size - 8 * columns;
        text.size = 8 * columns;
    }
    while (text.size > 0 && mms_escaped_width(text) >= columns)
        do {
            text.data++;
            text.size--;
        } while (text.size > 0 && ((unsigned char)text.data[0] & 0xc0) == 0x80); /* not in the middle of a character */
    return text;
}

void poll_put_cut(struct mms_text text, const char *suffix, size_t columns, enum poll_align align)
{
    size_t width = mms_escaped_width(text), end = strlen(suffix);
    bool cut = width + end > columns;
    if (columns <= end)
        return;
    if (cut) {
        text = end_of(text, columns - end);
        width = mms_escaped_width(text) + 1;
    }
    size_t left = columns - end - width, before = align == POLL_LEFT ? 0 : align == POLL_RIGHT ? left : left / 2;
    printf("%*s%s", (int)before, "", cut ? "\u2026" : "");
    mms_put_escaped(stdout, text);
    printf("%s%*s", suffix, (int)(left - before), "");
}

void poll_stamp(enum poll_stamp stamp, char out[POLL_STAMP_SIZE])
{
    struct timespec now;
    struct tm parts;
    clock_gettime(CLOCK_REALTIME, &now);
    int milliseconds = (int)(now.tv_nsec / 1000000);
    size_t size = 0;
    switch (stamp) {
    case POLL_STAMP_NONE:
        out[0] = '\0';
        break;
    case POLL_STAMP_LOCAL:
        strftime(out, POLL_STAMP_SIZE, "%F %T", localtime_r(&now.tv_sec, &parts));
        break;
    case POLL_STAMP_ISO:
        size = strftime(out, POLL_STAMP_SIZE, "%FT%T", gmtime_r(&now.tv_sec, &parts));
        snprintf(out + size, POLL_STAMP_SIZE - size, ".%03dZ", milliseconds);
        break;
    case POLL_STAMP_UNIX:
        snprintf(out, POLL_STAMP_SIZE, "%lld.%03d", (long long)now.tv_sec, milliseconds);
        break;
    }
}
