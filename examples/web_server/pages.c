/* SPDX-License-Identifier: MIT
 *
 * pages.c - takes requests, answers them, and counts both. */

#include "pages.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "metrics.h"
#include "status.h"

enum { SLOW_DEFAULT = 100, SLOW_MAX = 5000 }; /* milliseconds */

/* What a page function makes. */
struct answer {
    enum web_status status;
    const char *type;
    char *text; /* on the heap; NULL: there was no memory for it */
    size_t size;
};

static const unsigned status_codes[WEB_STATUSES] = {
    [WEB_OK] = MHD_HTTP_OK,
    [WEB_BAD_REQUEST] = MHD_HTTP_BAD_REQUEST,
    [WEB_NOT_FOUND] = MHD_HTTP_NOT_FOUND,
    [WEB_NOT_ALLOWED] = MHD_HTTP_METHOD_NOT_ALLOWED,
    [WEB_ERROR] = MHD_HTTP_INTERNAL_SERVER_ERROR,
};

/* An HTML page. `echo`, if there is one, follows the text, escaped: it came from the client. */
static void html(struct answer *answer, enum web_status status, const char *title, const char *text, const char *echo)
{
    answer->status = status;
    answer->type = "text/html; charset=utf-8";
    FILE *out = open_memstream(&answer->text, &answer->size);
    if (!out)
        return;
    fprintf(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<title>%s</title>\n<h1>%s</h1>\n<p>%s", title, title, text);
    for (const char *c = echo ? echo : ""; *c; c++) {
        /* Markup, control characters, and all that is not ASCII: as a URL has them. */
        if (strchr("<>&\"'%", *c) || *c < ' ' || *c > '~')
            fprintf(out, "%%%02X", (unsigned char)*c);
        else
            fputc(*c, out);
    }
    fputs("</p>\n</html>\n", out);
    if (fclose(out) != 0) {
        free(answer->text);
        answer->text = NULL;
    }
}

static void show_home(struct MHD_Connection *connection, struct answer *answer)
{
    (void)connection;
    html(answer, WEB_OK, "It works",
         "Other pages: <a href=\"/slow?ms=500\">/slow?ms=500</a>, <a href=\"/bad\">/bad</a>, "
         "<a href=\"/status\">/status</a>.", NULL);
}

/* Stands for a page that takes time. The thread waits here, as it would for a database. */
static void show_slow(struct MHD_Connection *connection, struct answer *answer)
{
    const char *text = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "ms");
    long ms = SLOW_DEFAULT;
    if (text) {
        char *end;
        ms = strtol(text, &end, 10);
        if (*text < '0' || *text > '9' || *end || ms > SLOW_MAX) {
            char range[64];
            snprintf(range, sizeof(range), "<code>ms</code> is a number from 0 to %d, and not ", SLOW_MAX);
            html(answer, WEB_BAD_REQUEST, "Bad request", range, text);
            return;
        }
    }
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
    html(answer, WEB_OK, "Slow", "That took its time.", NULL);
}

static void show_bad(struct MHD_Connection *connection, struct answer *answer)
{
    (void)connection;
    html(answer, WEB_ERROR, "Internal server error", "This page fails each time.", NULL);
}

static void show_status(struct MHD_Connection *connection, struct answer *answer)
{
    (void)connection;
    char *json = web_status_json();
    if (!json) {
        html(answer, WEB_ERROR, "Internal server error", "The metrics cannot be read.", NULL);
        return;
    }
    *answer = (struct answer){WEB_OK, "application/json", json, strlen(json)};
}

static const struct {
    const char *path;
    void (*show)(struct MHD_Connection *, struct answer *);
} pages[] = {
    {"/", show_home},
    {"/slow", show_slow},
    {"/bad", show_bad},
    {"/status", show_status},
};

static void make_answer(struct MHD_Connection *connection, const char *path, bool allowed, struct answer *answer)
{
    if (!allowed) {
        html(answer, WEB_NOT_ALLOWED, "Method not allowed", "Here are things to GET only.", NULL);
        return;
    }
    for (size_t i = 0; i < sizeof(pages) / sizeof(*pages); i++) {
        if (strcmp(path, pages[i].path) == 0) {
            pages[i].show(connection, answer);
            return;
        }
    }
    html(answer, WEB_NOT_FOUND, "Not found", "There is no page ", path);
}

/* Hands the answer, and its text, to the server library. */
static enum MHD_Result send_answer(struct MHD_Connection *connection, struct answer *answer)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(answer->size, answer->text, MHD_RESPMEM_MUST_FREE);
    if (!response) {
        free(answer->text);
        return MHD_NO;
    }
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer->type);
    MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    if (answer->status == WEB_NOT_ALLOWED)
        MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    enum MHD_Result queued = MHD_queue_response(connection, status_codes[answer->status], response);
    MHD_destroy_response(response);
    return queued;
}

/* --- counting ------------------------------------------------------------------------------------------------- */

/* One request. A connection stays with one thread of the pool from its first byte to its last, so `web` is at each step
 * the metrics of the thread that runs; they may be updated by no other thread. */
struct request {
    struct web *web;
    uint64_t begun;
};

/* How long the server has to wait before it ends. Metrics are for others to look at; what the program itself needs to
 * know it keeps in a variable of its own. */
static atomic_uint under_way;

unsigned pages_under_way(void) { return atomic_load(&under_way); }

static enum MHD_Result begin(void **context)
{
    struct request *request = malloc(sizeof(*request));
    if (!request)
        return MHD_NO; /* closes the connection */
    request->web = web_metrics();
    request->begun = mms_timer_now(&request->web->request);
    mms_i64_add(&request->web->in_flight, 1);
    atomic_fetch_add(&under_way, 1);
    *context = request;
    return MHD_YES;
}

enum MHD_Result pages_on_request(void *unused, struct MHD_Connection *connection, const char *path, const char *method,
                                 const char *version, const char *body, size_t *body_size, void **context)
{
    (void)unused, (void)version, (void)body;
    if (!*context)
        return begin(context);
    if (*body_size > 0) {
        *body_size = 0; /* a body that nobody asked for: skipped */
        return MHD_YES;
    }

    struct web *web = ((struct request *)*context)->web;
    struct answer answer = {.status = WEB_ERROR};
    bool head = strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;

    mms_bool_set(&web->working, true);
    mms_string_set(&web->last_path, path);
    make_answer(connection, path, head || strcmp(method, MHD_HTTP_METHOD_GET) == 0, &answer);
    mms_bool_set(&web->working, false);
    if (!answer.text)
        return MHD_NO; /* out of memory */

    /* Before it is sent: who has an answer, and looks at the metrics then, finds it counted. */
    mms_counter_inc(answer.status == WEB_OK ? &web->ok : &web->bad);
    mms_counter_inc(&web->status[answer.status]);
    mms_counter_add(&web->bytes, head ? 0 : answer.size);
    return send_answer(connection, &answer);
}

void pages_on_completed(void *unused, struct MHD_Connection *connection, void **context,
                        enum MHD_RequestTerminationCode why)
{
    (void)unused, (void)connection, (void)why;
    struct request *request = *context;
    if (!request)
        return; /* it ended before its headers did */
    /* Requests of several connections overlap in a thread, so each keeps its own beginning; where they do not,
     * MMS_TIMER_SCOPE, or mms_timer_start and mms_timer_stop, are simpler. */
    mms_timer_since(&request->web->request, request->begun);
    mms_i64_add(&request->web->in_flight, -1);
    atomic_fetch_sub(&under_way, 1);
    free(request);
    *context = NULL;
}
