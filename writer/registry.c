/* SPDX-License-Identifier: MIT
 *
 * registry.c - all writers of the process, and the one lock of the library. Updates take no lock; nothing else is so
 * frequent that it would matter. */

#include <time.h>

#include "writer/internal.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct mms_writer *writers;

int mms_registry_lock(void)
{
    int state;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    pthread_mutex_lock(&mutex);
    return state;
}

void mms_registry_unlock(int cancel_state)
{
    pthread_mutex_unlock(&mutex);
    pthread_setcancelstate(cancel_state, NULL);
}

bool mms_registry_lock_in_time(unsigned seconds)
{
    struct timespec end;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += seconds;
    return pthread_mutex_timedlock(&mutex, &end) == 0;
}

void mms_registry_unlock_only(void)
{
    pthread_mutex_unlock(&mutex);
}

void mms_registry_add(struct mms_writer *writer)
{
    writer->next = writers;
    writer->previous = NULL;
    if (writers != NULL)
        writers->previous = writer;
    writers = writer;
}

void mms_registry_drop(struct mms_writer *writer)
{
    if (writer->next != NULL)
        writer->next->previous = writer->previous;
    if (writer->previous != NULL)
        writer->previous->next = writer->next;
    else
        writers = writer->next;
}

struct mms_writer *mms_registry_first(void)
{
    return writers;
}

struct mms_writer *mms_registry_find(dev_t device, ino_t inode)
{
    for (struct mms_writer *writer = writers; writer != NULL; writer = writer->next)
        if (writer->published && writer->device == device && writer->inode == inode)
            return writer;
    return NULL;
}

/* --- set-up ------------------------------------------------------------------------------------------------------- */

static bool has_fork, has_model, has_ended;

void mms_registry_teardown(void)
{
    if (has_model)
        mms_model_teardown();
    has_model = false;
    has_ended = true;
}

/* What fails now may do at the next call. */
bool mms_registry_setup(void)
{
    if (has_ended)
        return false;
    has_fork = has_fork || mms_fork_setup();
    has_model = has_model || mms_model_setup();
    return has_fork && has_model;
}
