/* SPDX-License-Identifier: MIT */

#include "tools/mash/waiting.h"

#include <errno.h>
#include <math.h>
#include <sys/eventfd.h>
#include <unistd.h>

int mash_waiting_begin(struct mash_waiting *waiting)
{
    waiting->first = NULL;
    waiting->stopping = false;
    waiting->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (waiting->wake < 0)
        return -errno;
    return -pthread_mutex_init(&waiting->lock, NULL);
}

void mash_waiting_end(struct mash_waiting *waiting)
{
    pthread_mutex_destroy(&waiting->lock);
    close(waiting->wake);
}

void mash_nudge(struct mash_waiting *waiting)
{
    eventfd_write(waiting->wake, 1); /* it can fail only when it is readable already */
}

bool mash_wait(struct mash_waiting *waiting, struct mash_waiter *waiter)
{
    pthread_mutex_lock(&waiting->lock);
    bool waits = !waiting->stopping;
    if (waits) {
        waiter->next = waiting->first;
        waiting->first = waiter;
        MHD_suspend_connection(waiter->connection); /* under the lock: not after it is resumed */
    }
    pthread_mutex_unlock(&waiting->lock);
    mash_nudge(waiting);
    return waits;
}

/* With the lock. */
static double resume_until(struct mash_waiting *waiting, double moment)
{
    double next = INFINITY;
    for (struct mash_waiter **at = &waiting->first; *at != NULL;) {
        struct mash_waiter *waiter = *at;
        if (waiter->due <= moment) {
            *at = waiter->next;
            MHD_resume_connection(waiter->connection); /* from now on it is the server's thread's again */
        } else {
            next = fmin(next, waiter->due);
            at = &waiter->next;
        }
    }
    return next;
}

double mash_wake(struct mash_waiting *waiting, double now)
{
    pthread_mutex_lock(&waiting->lock);
    double next = resume_until(waiting, now);
    pthread_mutex_unlock(&waiting->lock);
    return next;
}

bool mash_is_stopping(struct mash_waiting *waiting)
{
    pthread_mutex_lock(&waiting->lock);
    bool stopping = waiting->stopping;
    pthread_mutex_unlock(&waiting->lock);
    return stopping;
}

void mash_wake_all(struct mash_waiting *waiting)
{
    pthread_mutex_lock(&waiting->lock);
    waiting->stopping = true;
    resume_until(waiting, INFINITY);
    pthread_mutex_unlock(&waiting->lock);
}
