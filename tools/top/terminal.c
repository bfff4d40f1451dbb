/* SPDX-License-Identifier: MIT */

#define NCURSES_WIDECHAR 1

#include "tools/top/terminal.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <ncurses.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <term.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <utf8proc.h>
#include <wchar.h>

#undef columns /* term.h has names of capabilities as macros */

#include "tools/common/output.h"

enum { ESCAPE_DELAY = 25 }; /* milliseconds: an Escape that nothing follows is the key */

/* --- signals: only while nothing is done but waiting -------------------------------------------------------------- */

static const int ends[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
enum { ENDS = sizeof ends / sizeof ends[0] };

static volatile sig_atomic_t ended_by;
static sigset_t waiting; /* the mask that the program came with */

static void note_end(int number)
{
    ended_by = number;
}

static void begin_signals(void)
{
    struct sigaction action = {.sa_handler = note_end}, was;
    sigset_t held;
    sigemptyset(&held);
    sigemptyset(&action.sa_mask);
    for (int i = 0; i < ENDS; i++) {
        sigaction(ends[i], NULL, &was);
        if (was.sa_handler == SIG_IGN) /* nohup */
            continue;
        sigaction(ends[i], &action, NULL);
        sigaddset(&held, ends[i]);
    }
    sigaddset(&held, SIGWINCH);
    sigprocmask(SIG_BLOCK, &held, &waiting);
}

static void end_signals(void)
{
    sigprocmask(SIG_SETMASK, &waiting, NULL);
    if (ended_by == 0)
        return;
    signal(ended_by, SIG_DFL);
    raise(ended_by);
}

/* --- an end that is not ours -------------------------------------------------------------------------------------- */

static bool taken; /* the terminal, by ncurses */
static struct termios modes; /* that it was found in */

/* ncurses ends the program where it has no memory: with a message that would go with its screen. */
static void leave(void)
{
    if (!taken)
        return;
    endwin();
    tcsetattr(STDIN_FILENO, TCSADRAIN, &modes);
    mms_complain("the terminal cannot be used any further: out of memory");
}

static void begin_leaving(void)
{
    taken = tcgetattr(STDIN_FILENO, &modes) == 0;
    atexit(leave);
}

/* --- to and from -------------------------------------------------------------------------------------------------- */

/* Texts are UTF-8, whatever the locale. */
static void begin_locale(void)
{
    setlocale(LC_CTYPE, "");
    if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
        setlocale(LC_CTYPE, "C.UTF-8");
}

/* Does the terminal's description say what a full screen takes? ncurses itself would end the program. */
static bool is_known(void)
{
    const char *term = getenv("TERM");
    int error = 0;
    if (!isatty(STDIN_FILENO)) {
        mms_complain("standard input is no terminal, so that no key could be read (--once needs none)");
        return false;
    }
    if (term == NULL || *term == '\0') {
        mms_complain("TERM is not set: what kind of terminal is this? (--once needs to know nothing)");
        return false;
    }
    if (setupterm(NULL, STDOUT_FILENO, &error) != OK) {
        mms_complain_about(term, "this kind of terminal (TERM) is not known here (--once needs to know nothing)");
        return false;
    }
    if (cursor_address == NULL || clear_screen == NULL) {
        mms_complain_about(term, "this kind of terminal (TERM) has no full screen (--once needs none)");
        return false;
    }
    return true;
}

static attr_t looks[TOP_STYLES] = {
    [TOP_TITLE] = A_BOLD,
    [TOP_HEADING] = A_BOLD | A_UNDERLINE,
    [TOP_SELECTED] = A_REVERSE,
    [TOP_BAD] = A_BOLD,
    [TOP_FAINT] = A_UNDERLINE,
};

static void begin_colors(void)
{
    static const struct {
        enum top_style style;
        short color;
    } colors[] = {{TOP_GOOD, COLOR_GREEN}, {TOP_BAD, COLOR_RED}, {TOP_GRAPH, COLOR_CYAN}, {TOP_HEADING, COLOR_CYAN}};
    if (start_color() != OK || use_default_colors() != OK)
        return;
    for (short i = 0; i < (short)(sizeof colors / sizeof colors[0]); i++)
        if (init_pair((short)(i + 1), colors[i].color, -1) == OK)
            looks[colors[i].style] |= (attr_t)COLOR_PAIR(i + 1);
}

bool top_terminal_begin(bool color)
{
    begin_locale();
    begin_leaving();
    if (!is_known()) {
        taken = false;
        return false;
    }
    begin_signals();
    set_escdelay(ESCAPE_DELAY);
    if (newterm(NULL, stdout, stdin) == NULL) {
        taken = false;
        mms_complain("the terminal cannot be used");
        end_signals();
        return false;
    }
    cbreak();
    noecho();
    nonl();
    curs_set(0);
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    if (color && has_colors())
        begin_colors();
    return true;
}

void top_terminal_end(void)
{
    endwin();
    taken = false;
    end_signals();
}

void top_terminal_size(int *rows, int *columns)
{
    getmaxyx(stdscr, *rows, *columns);
}

/* A character that the C library, and so ncurses, takes for wider or narrower than we do would shift the rest of its
 * line: question marks stand for it. */
static void add_text(const char *text, size_t size)
{
    mbstate_t state = {0};
    wchar_t wide;
    for (size_t used; size > 0; text += used, size -= used) {
        used = mbrtowc(&wide, text, size, &state);
        if (used == 0 || used > size)
            return;
        int width = utf8proc_charwidth((utf8proc_int32_t)wide);
        if (width == wcwidth(wide))
            addnstr(text, (int)used);
        else
            addnstr("??", width);
    }
}

void top_terminal_show(const struct top_picture *picture, bool redraw)
{
    erase();
    for (size_t i = 0; i < picture->count; i++) {
        const struct top_piece *piece = &picture->pieces[i];
        attrset((int)looks[piece->style]);
        move(piece->row, piece->column);
        add_text(picture->text + piece->text, piece->size);
        for (int column = piece->width; column < piece->columns; column++)
            mvaddch(piece->row, piece->column + column, ' ');
    }
    if (redraw)
        clearok(curscr, TRUE);
    refresh();
}

/* --- what happens ------------------------------------------------------------------------------------------------- */

static struct top_event next_key(void)
{
    struct top_event event = {.kind = TOP_EVENT_NONE};
    wint_t code = 0;
    switch (get_wch(&code)) {
    case KEY_CODE_YES:
        event.kind = code == KEY_RESIZE ? TOP_EVENT_RESIZED : TOP_EVENT_KEY;
        event.code = (int)code;
        break;
    case OK:
        event.kind = TOP_EVENT_CHARACTER;
        event.code = code < 0x80 ? (int)code : 0; /* others are no key, though ncurses gives keys the same numbers */
        event.text[utf8proc_encode_char((utf8proc_int32_t)code, (utf8proc_uint8_t *)event.text)] = '\0';
        break;
    default:
        break;
    }
    return event;
}

struct top_event top_terminal_next(double seconds)
{
    struct top_event event = next_key();
    if (event.kind != TOP_EVENT_NONE)
        return event;
    struct timespec time = {.tv_sec = (time_t)seconds};
    time.tv_nsec = (long)((seconds - (double)time.tv_sec) * 1e9);
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
    int ready = ppoll(&in, 1, &time, &waiting);
    if (ended_by != 0 || (ready > 0 && (in.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0))
        return (struct top_event){.kind = TOP_EVENT_END};
    return next_key();
}
