/* SPDX-License-Identifier: MIT
 *
 * stream.c - /events: an answer that goes on until the client goes.
 *
 * libmicrohttpd asks for more when the client has taken what there was: a slow one gets fewer events, and costs the
 * memory of one. */

#include <stdlib.h>
#include <string.h>

#include "tools/mash/server.h"

enum { PARTS = 2, BLOCK_SIZE = 32768 };

struct stream {
    struct mash_server *server;
    struct mash_waiter waiter; /* due: the next event */
    double pause;
    struct mash_watch watch;
    struct mash_shared *catalog; /* that the client has, or is being sent; NULL: none */
    struct mms_memory values;
    struct mms_text parts[PARTS]; /* to be sent: of the catalog, and values */
};

static struct mms_text *part_of(struct stream *stream)
{
    for (size_t i = 0; i < PARTS; i++)
        if (stream->parts[i].size > 0)
            return &stream->parts[i];
    return NULL;
}

/* Returns whether there was memory. */
static bool take_catalog(struct stream *stream)
{
    struct mash_server *server = stream->server;
    mash_index_look(&server->index);
    struct mash_shared *now = mash_catalog_now(&server->catalog, &server->index);
    if (now == NULL || now == stream->catalog)
        return now != NULL;
    now->holders++;
    mash_shared_release(stream->catalog);
    stream->catalog = now;
    stream->parts[0] = (struct mms_text){now->made.text, now->made.size};
    mash_watch_forget(&stream->watch);
    return true;
}

static bool make_values(struct stream *stream)
{
    struct mms_memory *values = &stream->values;
    free(values->text);
    FILE *out = mms_memory_open(values);
    if (out == NULL)
        return false;
    mash_watch_put(&stream->watch, &stream->server->index, out, values);
    bool failed = ferror(out) || stream->server->index.starved;
    if (fclose(out) != 0 || failed)
        return false;
    stream->parts[1] = (struct mms_text){values->text, values->size};
    mms_counter_inc(&stream->server->self.events);
    return true;
}

/* The moments keep their distance; those that were missed are left out. */
static void set_due(struct stream *stream, double now)
{
    stream->waiter.due += stream->pause;
    if (stream->waiter.due <= now)
        stream->waiter.due = now + stream->pause;
}

static ssize_t next_bytes(void *argument, uint64_t at, char *out, size_t room)
{
    struct stream *stream = argument;
    struct mms_text *part = part_of(stream);
    double now = mash_clock();
    (void)at;

    if (part == NULL) {
        if (stream->waiter.due > now)
            return mash_wait(&stream->server->waiting, &stream->waiter) ? 0 : MHD_CONTENT_READER_END_OF_STREAM;
        if (mash_is_stopping(&stream->server->waiting))
            return MHD_CONTENT_READER_END_OF_STREAM;
        set_due(stream, now);
        if (mash_server_refresh(stream->server) < 0 || !take_catalog(stream) || !make_values(stream))
            return MHD_CONTENT_READER_END_WITH_ERROR;
        part = part_of(stream);
    }
    size_t size = part->size < room ? part->size : room;
    memcpy(out, part->data, size);
    part->data += size;
    part->size -= size;
    return (ssize_t)size;
}

static void end(void *argument)
{
    struct stream *stream = argument;
    struct mash_server *server = stream->server;
    mms_u32_set(&server->self.streams, --server->streams);
    mash_watch_free(&stream->watch);
    mash_shared_release(stream->catalog);
    free(stream->values.text);
    free(stream);
}

struct MHD_Response *mash_stream_response(struct mash_server *server, struct MHD_Connection *connection,
                                          struct mash_route *route)
{
    struct stream *stream = calloc(1, sizeof *stream);
    if (stream == NULL || mash_watch_take(&stream->watch, route) < 0) {
        free(stream);
        return NULL;
    }
    stream->server = server;
    stream->waiter = (struct mash_waiter){.connection = connection, .due = mash_clock()};
    stream->pause = route->every / 1000.0;
    mms_u32_set(&server->self.streams, ++server->streams);
    struct MHD_Response *response =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_SIZE, next_bytes, stream, end);
    if (response == NULL)
        end(stream);
    return response;
}
