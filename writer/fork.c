/* SPDX-License-Identifier: MIT
 *
 * fork.c - what happens when the process is forked, and when it ends.
 *
 * A child shares its parent's mappings, and must not store into them. Before fork returns in the child, all writers
 * get private memory at the same addresses, with all values as at the beginning; those of the forking thread, the only
 * thread that there is, get files of the child's own.
 *
 * In the child of a process with threads, only what is async-signal-safe is sure to work. This here calls mmap, mremap,
 * open, fcntl, pwrite, rename and the like, and snprintf without floating point. It allocates nothing unless the new
 * file's name is taken, and takes no lock but its own, which the forking thread holds since before the fork. */

#include <unistd.h>

#include "writer/internal.h"

static int cancel_state; /* of the forking thread; under the lock */

static void before(void)
{
    cancel_state = mms_registry_lock();
}

static void in_parent(void)
{
    mms_registry_unlock(cancel_state);
}

/* From here on nothing that the child stores reaches the parent's file. */
static void detach(struct mms_writer *writer)
{
    int error = writer->shared ? mms_region_privatise(writer) : 0;
    mms_publish_drop_lock(writer); /* else it would outlive the parent in the child */
    writer->published = false;
    if ((writer->flags & MMS_FORK_PRIVATE) || error < 0) {
        writer->off = writer->opened = true;
        if (writer->instance != NULL)
            mms_instance_turn_off(writer->instance);
    }
    if (error < 0) {
        mms_writer_fail(writer, error, "fork", "the child has no memory for a copy, and publishes nothing");
        return;
    }
    for (size_t i = 0; i < writer->count; i++)
        mms_binding_blank(&writer->bindings[i]);
}

static void in_child(void)
{
    for (struct mms_writer *writer = mms_registry_first(); writer != NULL; writer = writer->next) {
        bool was_published = writer->published;
        bool is_mine = !writer->parked && pthread_equal(writer->thread, pthread_self());
        detach(writer);
        if (was_published && is_mine && !writer->off)
            mms_writer_publish(writer); /* on failure the child goes on in private memory */
    }
    mms_registry_unlock(cancel_state);
}

bool mms_fork_setup(void)
{
    return pthread_atfork(before, in_parent, in_child) == 0;
}

/* At normal exit, or when the library is unloaded. Other threads may still be running: their files lose their names,
 * and stay mapped. */
__attribute__((destructor)) static void at_exit(void)
{
    if (!mms_registry_lock_in_time(1)) /* exit was called in a signal handler, or the like */
        return;
    for (struct mms_writer *writer = mms_registry_first(); writer != NULL; writer = writer->next)
        if (!(writer->flags & MMS_KEEP))
            mms_remove_own(writer);
    mms_registry_teardown();
    mms_registry_unlock_only();
}
