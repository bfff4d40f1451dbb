/* SPDX-License-Identifier: MIT
 *
 * waiting.h - connections that have nothing to say until some moment.
 *
 * The server's thread lays them down, another one wakes them up; what both touch is behind one lock. */
#ifndef MMSTATS_TOOLS_MASH_WAITING_H
#define MMSTATS_TOOLS_MASH_WAITING_H

#include <microhttpd.h>
#include <pthread.h>
#include <stdbool.h>

/* One connection; zero-initialise it, with its connection in it. */
struct mash_waiter {
    struct MHD_Connection *connection;
    double due; /* by mash_clock */
    struct mash_waiter *next;
};

struct mash_waiting {
    pthread_mutex_t lock;
    struct mash_waiter *first;
    bool stopping;
    int wake; /* an eventfd: somebody may have to be woken up earlier than was said */
};

/* Returns 0 or -errno. */
int mash_waiting_begin(struct mash_waiting *waiting);
void mash_waiting_end(struct mash_waiting *waiting);

/* Suspends a connection, whose callback then returns 0; or returns false: the server stops, and it is to end. */
bool mash_wait(struct mash_waiting *waiting, struct mash_waiter *waiter);

/* Resumes those whose moment has come. Returns the next moment; infinity: there is none. */
double mash_wake(struct mash_waiting *waiting, double now);

bool mash_is_stopping(struct mash_waiting *waiting);

/* From now on nobody waits. */
void mash_wake_all(struct mash_waiting *waiting);

/* Makes the eventfd readable. */
void mash_nudge(struct mash_waiting *waiting);

#endif
