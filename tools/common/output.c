/* SPDX-License-Identifier: MIT */

#define _GNU_SOURCE /* program_invocation_short_name */

#include "tools/common/output.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/common/escape.h"
#include "tools/common/exits.h"

static bool is_broken_pipe(void)
{
    struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
    return errno == EPIPE || (poll(&out, 1, 0) == 1 && (out.revents & POLLERR));
}

/* Runs at exit, so that no way out of a program, --help included, misses it. */
static void close_output(void)
{
    bool failed = ferror(stdout);
    errno = 0;
    bool broken = failed && is_broken_pipe(); /* only an open one can be asked */
    if (fclose(stdout) == 0 && !failed)
        return;
    if (broken || is_broken_pipe())
        return;
    fprintf(stderr, "%s: standard output: %s\n", program_invocation_short_name,
            errno != 0 ? strerror(errno) : "cannot be written");
    _exit(MMS_EXIT_FAILED);
}

void mms_output_begin(void)
{
    signal(SIGPIPE, SIG_IGN);
    atexit(close_output);
}

bool mms_output_works(void)
{
    return !ferror(stdout);
}

void mms_complain(const char *format, ...)
{
    va_list arguments;
    fflush(stdout);
    fprintf(stderr, "%s: ", program_invocation_short_name);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

void mms_complain_about(const char *subject, const char *message)
{
    fflush(stdout);
    fprintf(stderr, "%s: ", program_invocation_short_name);
    mms_put_escaped(stderr, mms_text_of(subject));
    fprintf(stderr, ": %s\n", message);
}
