/* SPDX-License-Identifier: MIT
 *
 * metrics.c - the model: a table that binds the members of struct web to labels, units and help texts. */

#include "metrics.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static const struct mms_field web_fields[] = {
    MMS_COUNTER(struct web, ok, "web.ok", "requests", "answered with status 2xx"),
    MMS_COUNTER(struct web, bad, "web.bad", "requests", "answered with any other status"),
    MMS_COUNTER(struct web, status[WEB_OK], "web.status.200", "requests"),
    MMS_COUNTER(struct web, status[WEB_BAD_REQUEST], "web.status.400", "requests"),
    MMS_COUNTER(struct web, status[WEB_NOT_FOUND], "web.status.404", "requests"),
    MMS_COUNTER(struct web, status[WEB_NOT_ALLOWED], "web.status.405", "requests"),
    MMS_COUNTER(struct web, status[WEB_ERROR], "web.status.500", "requests"),
    MMS_COUNTER(struct web, bytes, "web.bytes", "bytes", "size of all answers, without their headers"),
    MMS_I64(struct web, in_flight, "web.in_flight", "requests", "begun and not yet sent to the end"),
    MMS_BOOL(struct web, working, "web.working", NULL, "whether this thread is making an answer now"),
    MMS_TIMER(struct web, request, "web.request", "seconds", "from a request's headers to the end of its answer"),
    MMS_STRING(struct web, last_path, 128, "web.last_path", NULL, "what was asked for last, without the query"),
};
MMS_MODEL(web_model, struct web, web_fields);

static pthread_mutex_t files_lock = PTHREAD_MUTEX_INITIALIZER;
static const char *files[WEB_MAX_THREADS];
static size_t file_count;
static bool reported;

/* Once a thread: keeps the path of its file for the page /status, or says why there is none. */
static void register_thread(void)
{
    struct mms_writer *writer = mms_model_writer(&web_model);
    const char *path = writer ? mms_writer_path(writer) : NULL;
    const char *error = writer ? mms_writer_error(writer) : "out of memory";

    pthread_mutex_lock(&files_lock);
    if (path && file_count < WEB_MAX_THREADS) {
        char *copy = strdup(path); /* for good: threads of the pool live as long as the process */
        if (copy)
            files[file_count++] = copy;
    }
    /* Neither path nor error: MMSTATS_DISABLE has turned metrics off, and nobody needs to be told. */
    if (*error && !reported) {
        reported = true;
        fprintf(stderr, "web_server: no metrics: %s\n", error);
    }
    pthread_mutex_unlock(&files_lock);
}

struct web *web_metrics(void)
{
    /* mms_get alone would do: it finds the thread's instance itself. The pointer is kept to see the first call. */
    static _Thread_local struct web *web;
    if (!web) {
        web = mms_get(&web_model);
        register_thread();
    }
    return web;
}

size_t web_metrics_files(const char *paths[WEB_MAX_THREADS])
{
    pthread_mutex_lock(&files_lock);
    size_t count = file_count;
    memcpy(paths, files, count * sizeof(*paths));
    pthread_mutex_unlock(&files_lock);
    return count;
}
