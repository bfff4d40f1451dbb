/* SPDX-License-Identifier: MIT
 *
 * poll_clock.c - when the next row is due, and what comes before it. */

#include <errno.h>
#include <signal.h>

#include "tools/poll/poll.h"

enum { SECOND = 1000000000 };

static int64_t nanoseconds(struct timespec time)
{
    return (int64_t)time.tv_sec * SECOND + time.tv_nsec;
}

static struct timespec timespec_of(int64_t time)
{
    return (struct timespec){.tv_sec = time / SECOND, .tv_nsec = time % SECOND};
}

struct timespec poll_clock_after(struct timespec next, double interval, struct timespec now)
{
    int64_t from = nanoseconds(next), step = (int64_t)(interval * SECOND), late = nanoseconds(now) - from;
    return timespec_of(from + (late < 0 ? 0 : (late / step + 1) * step));
}

static struct timespec now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time;
}

static sigset_t awaited(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGWINCH);
    return set;
}

void poll_clock_begin(struct poll_clock *clock, double interval)
{
    sigset_t set = awaited();
    sigprocmask(SIG_BLOCK, &set, NULL);
    *clock = (struct poll_clock){now(), interval};
    clock->next = poll_clock_after(clock->next, interval, clock->next);
}

enum poll_event poll_clock_wait(struct poll_clock *clock)
{
    sigset_t set = awaited();
    for (;;) {
        int64_t left = nanoseconds(clock->next) - nanoseconds(now());
        struct timespec timeout = timespec_of(left > 0 ? left : 0);
        int number = sigtimedwait(&set, NULL, &timeout);
        if (number == SIGWINCH)
            return POLL_RESIZED;
        if (number > 0)
            return POLL_STOPPED;
        if (errno == EAGAIN && left <= 0)
            break;
    }
    clock->next = poll_clock_after(clock->next, clock->interval, now());
    return POLL_TICK;
}
