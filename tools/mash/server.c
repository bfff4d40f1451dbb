/* SPDX-License-Identifier: MIT
 *
 * server.c - between libmicrohttpd and the pages. */

#include "tools/mash/server.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tools/mash/answers.h"
#include "tools/mash/assets.h"
#include "tools/mash/body.h"

enum {
    REQUEST_MEMORY = 256 << 10, /* of a connection: its request line, headers and arguments have to fit */
    SLACK = 16,                 /* connections that are closed, but not yet forgotten */
    GRACE_SECONDS = 5,          /* for answers under way when the server is to end */
    SLOWNESS = 2,               /* timeouts until a request is whole: it may begin at the end of the first one */
};

/* One request, from its first line on. */
struct call {
    char *target;
    bool seen; /* its headers were there */
};

int mash_server_refresh(struct mash_server *server)
{
    struct mash_index *index = &server->index;
    size_t unreadable = 0;
    int got = mash_index_refresh(index);
    if (got < 0 || (got == 1 && mash_index_error(index) != NULL))
        mms_counter_inc(&server->self.refresh_errors);
    for (size_t i = 0; i < index->file_count; i++)
        unreadable += index->files[i].error < 0;
    mms_u64_set(&server->self.files, index->file_count);
    mms_u64_set(&server->self.unreadable, unreadable);
    mms_u64_set(&server->self.labels, index->label_count);
    return got < 0 ? got : 0;
}

/* --- answers ------------------------------------------------------------------------------------------------------ */

static const struct {
    const char *name, *value;
} headers[] = {
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
     "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
};

static const char json[] = "application/json";

/* Queues it, with the headers that all answers have, and lets it go. */
static enum MHD_Result send_response(struct MHD_Connection *connection, const struct mash_route *route,
                                     struct MHD_Response *response, const char *type, const char *cache)
{
    if (response == NULL)
        return MHD_NO; /* no memory: the connection is closed */
    bool ok = MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, cache) == MHD_YES;
    if (type != NULL)
        ok &= MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type) == MHD_YES;
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++)
        ok &= MHD_add_response_header(response, headers[i].name, headers[i].value) == MHD_YES;
    if (route->status == MHD_HTTP_METHOD_NOT_ALLOWED)
        ok &= MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD") == MHD_YES;
    enum MHD_Result queued = ok ? MHD_queue_response(connection, route->status, response) : MHD_NO;
    MHD_destroy_response(response);
    return queued;
}

static struct MHD_Response *response_of(struct mash_body *body)
{
    if (!mash_body_end(body))
        return NULL;
    struct MHD_Response *response =
        MHD_create_response_from_buffer(body->made.size, body->made.text, MHD_RESPMEM_MUST_FREE);
    if (response == NULL)
        free(body->made.text);
    return response;
}

/* Instead of an answer that there was no memory for. When there is none for this one either, the connection ends. */
static enum MHD_Result send_shortage(struct MHD_Connection *connection, struct mash_route *route)
{
    static const char text[] = "{\"error\": \"mmash has too little memory for this answer; ask again\"}\n";
    route->status = MHD_HTTP_SERVICE_UNAVAILABLE;
    return send_response(connection, route,
                         MHD_create_response_from_buffer(sizeof text - 1, (void *)(uintptr_t)text,
                                                         MHD_RESPMEM_PERSISTENT),
                         json, "no-store");
}

static enum MHD_Result send_error(struct MHD_Connection *connection, const struct mash_route *route)
{
    struct mash_body body;
    if (!mash_body_begin(&body))
        return MHD_NO;
    mash_put_error(body.out, route->error);
    return send_response(connection, route, response_of(&body), json, "no-store");
}

static enum MHD_Result send_redirect(struct MHD_Connection *connection, const struct mash_route *route)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    if (response != NULL && MHD_add_response_header(response, "Location", route->text.data) != MHD_YES) {
        MHD_destroy_response(response);
        response = NULL;
    }
    return send_response(connection, route, response, NULL, "no-cache");
}

static const char *header(struct MHD_Connection *connection, const char *name)
{
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

static const struct mash_asset *find_asset(struct mms_text path)
{
    for (size_t i = 0; i < mash_asset_count; i++)
        if (strlen(mash_assets[i].path) == path.size && memcmp(mash_assets[i].path, path.data, path.size) == 0)
            return &mash_assets[i];
    return NULL;
}

static enum MHD_Result send_asset(struct MHD_Connection *connection, struct mash_route *route)
{
    const struct mash_asset *asset = find_asset(route->text);
    if (asset == NULL) {
        route->status = MHD_HTTP_NOT_FOUND;
        strcpy(route->error, "there is no such part of the page");
        return send_error(connection, route);
    }
    bool known = mash_has_etag(header(connection, MHD_HTTP_HEADER_IF_NONE_MATCH), asset->etag);
    bool gzip = asset->gzip != NULL && mash_accepts_gzip(header(connection, MHD_HTTP_HEADER_ACCEPT_ENCODING));
    const unsigned char *data = gzip ? asset->gzip : asset->data;
    size_t size = known ? 0 : gzip ? asset->gzip_size : asset->size;
    struct MHD_Response *response =
        MHD_create_response_from_buffer(size, (void *)(uintptr_t)data, MHD_RESPMEM_PERSISTENT);
    if (response == NULL)
        return MHD_NO;
    bool ok = MHD_add_response_header(response, MHD_HTTP_HEADER_ETAG, asset->etag) == MHD_YES &&
              MHD_add_response_header(response, MHD_HTTP_HEADER_VARY, MHD_HTTP_HEADER_ACCEPT_ENCODING) == MHD_YES;
    if (gzip && !known)
        ok &= MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_ENCODING, "gzip") == MHD_YES;
    if (!ok) {
        MHD_destroy_response(response);
        return MHD_NO;
    }
    route->status = known ? MHD_HTTP_NOT_MODIFIED : MHD_HTTP_OK;
    return send_response(connection, route, response, asset->type, "no-cache"); /* no-cache: ask whether it changed */
}

static enum MHD_Result send_data(struct mash_server *server, struct MHD_Connection *connection,
                                 struct mash_route *route)
{
    static void (*const put[])(FILE *, struct mash_index *, const struct mash_route *) = {
        [MASH_LABELS] = mash_put_labels,
        [MASH_STATS] = mash_put_stats,
        [MASH_FILES] = mash_put_files,
        [MASH_NUMBERS] = mash_put_numbers,
    };
    struct mash_body body;
    mms_timer_start(&server->self.answer);
    if (mash_server_refresh(server) < 0 || !mash_body_begin(&body))
        return send_shortage(connection, route);
    put[route->page](body.out, &server->index, route);
    mms_timer_stop(&server->self.answer);
    struct MHD_Response *response = response_of(&body);
    if (response != NULL && !server->index.starved)
        return send_response(connection, route, response, json, "no-store");
    if (response != NULL)
        MHD_destroy_response(response);
    return send_shortage(connection, route);
}

static bool put_metrics(struct mash_server *server, struct mash_body *body, enum mms_metrics_format format)
{
    const struct mms_metrics_options options = {.format = format,
                                                .by = server->metrics_by,
                                                .kinds = server->kinds};
    if (mash_server_refresh(server) < 0 || !mash_body_begin(body))
        return false;
    int error = mms_metrics_print(body->out, server->index.set, &options);
    return mash_body_end(body) && error == 0;
}

static enum MHD_Result send_metrics(struct mash_server *server, struct MHD_Connection *connection,
                                    struct mash_route *route)
{
    struct mash_body body = {0};
    enum mms_metrics_format format = mms_metrics_negotiate(header(connection, MHD_HTTP_HEADER_ACCEPT));
    mms_timer_start(&server->self.scrape);
    bool ok = put_metrics(server, &body, format);
    bool gzip = ok && mash_accepts_gzip(header(connection, MHD_HTTP_HEADER_ACCEPT_ENCODING)) && mash_body_gzip(&body);
    mms_timer_stop(&server->self.scrape);
    struct MHD_Response *response =
        ok ? MHD_create_response_from_buffer(body.made.size, body.made.text, MHD_RESPMEM_MUST_FREE) : NULL;
    if (response == NULL) {
        free(body.made.text);
        return send_shortage(connection, route);
    }
    ok = MHD_add_response_header(response, MHD_HTTP_HEADER_VARY, "Accept, Accept-Encoding") == MHD_YES;
    if (gzip)
        ok &= MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_ENCODING, "gzip") == MHD_YES;
    if (!ok) {
        MHD_destroy_response(response);
        return MHD_NO;
    }
    return send_response(connection, route, response, mms_metrics_content_type(format), "no-store");
}

/* Of a HEAD, where it is never called. */
static ssize_t nothing(void *argument, uint64_t at, char *out, size_t room)
{
    (void)argument, (void)at, (void)out, (void)room;
    return MHD_CONTENT_READER_END_OF_STREAM;
}

/* Not chunked: libmicrohttpd would send the last chunk, which the client takes for the next answer. */
static struct MHD_Response *response_of_head(void)
{
    struct MHD_Response *response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 1, nothing, NULL, NULL);
    if (response != NULL)
        MHD_set_response_options(response, MHD_RF_HTTP_1_0_COMPATIBLE_STRICT, MHD_RO_END);
    return response;
}

static enum MHD_Result send_stream(struct mash_server *server, struct MHD_Connection *connection,
                                   struct mash_route *route, bool head)
{
    if (4 * (server->streams + 1) > 3 * server->connections && server->streams > 0 && !head) {
        route->status = MHD_HTTP_SERVICE_UNAVAILABLE;
        strcpy(route->error, "too many clients get events (--connections allows more)");
        return send_error(connection, route);
    }
    struct MHD_Response *response = head ? response_of_head() : mash_stream_response(server, connection, route);
    if (response == NULL)
        return send_shortage(connection, route);
    return send_response(connection, route, response, "text/event-stream", "no-store");
}

static enum MHD_Result send_answer(struct mash_server *server, struct MHD_Connection *connection,
                                   struct mash_route *route, bool head)
{
    switch (route->page) {
    case MASH_ERROR:
        return send_error(connection, route);
    case MASH_REDIRECT:
        return send_redirect(connection, route);
    case MASH_ASSET:
        return send_asset(connection, route);
    case MASH_EVENTS:
        return send_stream(server, connection, route, head);
    case MASH_METRICS:
        return send_metrics(server, connection, route);
    default:
        return send_data(server, connection, route);
    }
}

/* --- called by libmicrohttpd -------------------------------------------------------------------------------------- */

/* libmicrohttpd is about to make a record of each argument, which nobody looks at; where those need more than the
 * memory of a connection, it hangs up without an answer. This text is its own, and it changes it, too. */
static void hide_arguments(const char *target)
{
    char *query = strchr((char *)(uintptr_t)target, '?');
    if (query != NULL && query[1] != '\0')
        query[1] = '\0';
}

/* The request line. What is returned is the call, as on_request and on_completed get it. */
static void *on_target(void *argument, const char *target, struct MHD_Connection *connection)
{
    struct mash_server *server = argument;
    struct call *call = calloc(1, sizeof *call);
    (void)connection;
    if (call != NULL)
        call->target = strdup(target);
    hide_arguments(target);
    if (call == NULL || call->target == NULL) {
        free(call);
        return NULL;
    }
    atomic_fetch_add(&server->under_way, 1);
    return call;
}

static enum MHD_Result count_host(void *argument, enum MHD_ValueKind kind, const char *name, const char *value)
{
    unsigned *hosts = argument;
    (void)kind;
    (void)value;
    *hosts += strcasecmp(name, MHD_HTTP_HEADER_HOST) == 0;
    return MHD_YES;
}

/* An answer that is queued when libmicrohttpd asks for the first time ends the connection, because a body may follow;
 * where there is none, it asks again at once. A body is never waited for. */
static bool has_body(struct MHD_Connection *connection)
{
    return header(connection, MHD_HTTP_HEADER_CONTENT_LENGTH) != NULL ||
           header(connection, MHD_HTTP_HEADER_TRANSFER_ENCODING) != NULL;
}

static struct mash_client *client_of(struct MHD_Connection *connection)
{
    return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

static enum MHD_Result on_request(void *argument, struct MHD_Connection *connection, const char *path,
                                  const char *method, const char *version, const char *body, size_t *body_size,
                                  void **context)
{
    struct mash_server *server = argument;
    struct call *call = *context;
    struct mash_request request = {.method = method};
    struct mash_route route;
    unsigned hosts = 0;
    (void)path, (void)version, (void)body, (void)body_size;

    struct mash_client *client = client_of(connection);
    if (call == NULL || client == NULL || !mash_client_has_asked(&server->clients, client))
        return MHD_NO;
    if (!call->seen && !has_body(connection)) {
        call->seen = true;
        return MHD_YES;
    }
    request.target = call->target;
    MHD_get_connection_values(connection, MHD_HEADER_KIND, count_host, &hosts);
    if (hosts == 1) /* of several, a proxy may have looked at another one */
        request.host = header(connection, MHD_HTTP_HEADER_HOST);
    if (mash_route_of(&request, &server->hosts, &route) < 0)
        return send_shortage(connection, &route);
    enum MHD_Result result = send_answer(server, connection, &route, strcmp(method, MHD_HTTP_METHOD_HEAD) == 0);
    mms_counter_inc(&server->self.requests);
    if (route.status >= 400)
        mms_counter_inc(&server->self.errors);
    mash_route_free(&route);
    return result;
}

static void on_completed(void *argument, struct MHD_Connection *connection, void **context,
                         enum MHD_RequestTerminationCode why)
{
    struct mash_server *server = argument;
    struct call *call = *context;
    struct mash_client *client = client_of(connection);
    (void)why;
    if (client != NULL)
        mash_client_asks_again(&server->clients, client);
    if (call == NULL)
        return;
    free(call->target);
    free(call);
    *context = NULL;
    atomic_fetch_sub(&server->under_way, 1);
    mash_nudge(&server->waiting); /* somebody may wait for the last one */
}

static void on_connection(void *argument, struct MHD_Connection *connection, void **context,
                          enum MHD_ConnectionNotificationCode what)
{
    struct mash_server *server = argument;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        int fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
        *context = mash_client_start(&server->clients, fd);
        if (*context == NULL)
            shutdown(fd, SHUT_RDWR);
    } else if (*context != NULL) {
        mash_client_end(&server->clients, *context);
        mash_nudge(&server->waiting); /* there is room for another one */
    }
}

/* --- its life ----------------------------------------------------------------------------------------------------- */

int mash_server_begin(struct mash_server *server)
{
    int error = mash_waiting_begin(&server->waiting);
    if (error == 0 && (error = mash_clients_begin(&server->clients, SLOWNESS * (double)server->timeout)) < 0)
        mash_waiting_end(&server->waiting);
    if (error < 0)
        return error;
    server->catalog.kinds = &server->kinds;
    /* Sockets are accepted elsewhere (mmash.c), so that one thread serves all addresses. Not epoll: with it, a process
     * was seen to abort while the daemon was stopped. */
    server->daemon = MHD_start_daemon(
        MHD_USE_POLL_INTERNAL_THREAD | MHD_USE_ITC | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL,
        on_request, server, MHD_OPTION_URI_LOG_CALLBACK, on_target, server, MHD_OPTION_NOTIFY_COMPLETED, on_completed,
        server, MHD_OPTION_NOTIFY_CONNECTION, on_connection, server, MHD_OPTION_CONNECTION_LIMIT,
        server->connections + SLACK, MHD_OPTION_CONNECTION_TIMEOUT, server->timeout,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)REQUEST_MEMORY, MHD_OPTION_END);
    if (server->daemon != NULL)
        return 0;
    mash_clients_end(&server->clients);
    mash_waiting_end(&server->waiting);
    return errno != 0 ? -errno : -EAGAIN;
}

bool mash_server_has_room(struct mash_server *server)
{
    return mash_clients_count(&server->clients) < server->connections;
}

void mash_server_add(struct mash_server *server, int fd, const struct sockaddr *address, socklen_t size)
{
    if (!mash_clients_add(&server->clients, fd))
        close(fd);
    else if (MHD_add_connection(server->daemon, fd, address, size) != MHD_YES) /* it has closed it */
        mash_clients_drop(&server->clients, fd);
}

void mash_server_end(struct mash_server *server, int hurry)
{
    struct pollfd fds[] = {{hurry, POLLIN, 0}, {server->waiting.wake, POLLIN, 0}};
    double end = mash_clock() + GRACE_SECONDS;

    mash_wake_all(&server->waiting);
    while (atomic_load(&server->under_way) > 0 && mash_clock() < end) {
        eventfd_t nudges;
        poll(fds, 2, 100);
        if (fds[0].revents != 0)
            break;
        eventfd_read(server->waiting.wake, &nudges);
    }
    MHD_stop_daemon(server->daemon);
    mash_clients_end(&server->clients);
    mash_shared_release(server->catalog.latest);
    mash_waiting_end(&server->waiting);
}
