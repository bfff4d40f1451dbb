/* SPDX-License-Identifier: MIT
 *
 * request.c - from a method and a target to what is asked for. */

#include "tools/mash/request.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "format/bug.h"
#include "tools/common/escape.h"

__attribute__((format(printf, 3, 4))) static void fail(struct mash_route *route, unsigned status, const char *format,
                                                       ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(route->error, sizeof route->error, format, arguments);
    va_end(arguments);
    route->page = MASH_ERROR;
    route->status = status;
}

/* --- percent-encoding --------------------------------------------------------------------------------------------- */

static int hex(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    return digit >= 'A' && digit <= 'F' ? digit - 'A' + (MMS_BUG == MMS_BUG_DIGIT ? 0 : 10) : -1;
}

/* In place. Returns false when there is a % without two digits behind it. A plus is a blank in a query only. */
static bool decode(char *text, size_t *size, bool query)
{
    size_t to = 0;
    for (size_t i = 0; i < *size; i++) {
        char c = text[i];
        if (c == '%') {
            int high = i + 2 < *size ? hex(text[i + 1]) : -1, low = high >= 0 ? hex(text[i + 2]) : -1;
            if (low < 0)
                return false;
            c = (char)(high << 4 | low);
            i += 2;
        } else if (c == '+' && query) {
            c = ' ';
        }
        text[to++] = c;
    }
    *size = to;
    return true;
}

/* A request while it is taken apart. scratch and out are what is left of the route's memory: a copy of the target, and
 * room for its texts. */
struct parsing {
    struct mash_route *route;
    char *out;
};

/* A decoded piece of the target, with a NUL behind it. false: the request is bad, and the route says so. */
static bool take(struct parsing *parsing, char *piece, size_t size, bool query, struct mms_text *text)
{
    if (!decode(piece, &size, query)) {
        fail(parsing->route, 400, "a %% must be followed by two hexadecimal digits (%%25 stands for a %%)");
        return false;
    }
    *text = (struct mms_text){parsing->out, mms_text_mend((struct mms_text){piece, size}, parsing->out)};
    parsing->out += text->size;
    *parsing->out++ = '\0';
    return true;
}

/* --- the query ---------------------------------------------------------------------------------------------------- */

static bool check_glob(struct mash_route *route, const char *name, struct mms_text glob)
{
    if (memchr(glob.data, '\0', glob.size) != NULL)
        fail(route, 400, "%s has a NUL byte in it, which no glob may have (? matches one)", name);
    else if (glob.size > MASH_GLOB_MAX)
        fail(route, 400, "%s has %zu bytes, but may have %d", name, glob.size, MASH_GLOB_MAX);
    else
        return true;
    return false;
}

static bool take_glob(struct mash_route *route, struct mms_text value)
{
    if (!check_glob(route, "glob", value))
        return false;
    if (memchr(value.data, '/', value.size) != NULL) {
        fail(route, 400, "glob is matched with the names of files, in which there is no /");
        return false;
    }
    route->glob = value.data;
    return true;
}

static bool take_exact(struct mash_route *route, struct mms_text value)
{
    (void)value;
    route->exact = true;
    if (route->page == MASH_LABELS) { /* what is behind /stats/ is the label: the empty one */
        route->page = MASH_STATS;
        route->text = mms_text_of("");
    }
    return true;
}

static bool take_aggregate(struct mash_route *route, struct mms_text value)
{
    route->aggregate = memchr(value.data, '\0', value.size) == NULL ? mms_aggregate_named(value.data) : MMS_AGGREGATES;
    if (route->aggregate == MMS_AGGREGATES) {
        fail(route, 400, "aggr is none of these:");
        for (size_t i = 0; i < MMS_AGGREGATES; i++) {
            size_t size = strlen(route->error);
            snprintf(route->error + size, sizeof route->error - size, " %s",
                     mms_aggregate_name((enum mms_aggregate)i));
        }
    }
    return route->aggregate != MMS_AGGREGATES;
}

static bool take_labels(struct mash_route *route, struct mms_text value)
{
    route->text = value;
    return check_glob(route, "q", value);
}

static bool take_every(struct mash_route *route, struct mms_text value)
{
    unsigned every = 0;
    for (size_t i = 0; i < value.size && every <= MASH_EVERY_MAX; i++)
        every = value.data[i] >= '0' && value.data[i] <= '9' ? 10 * every + (unsigned)(value.data[i] - '0')
                                                              : MASH_EVERY_MAX + 1;
    if (every < MASH_EVERY_MIN || every > MASH_EVERY_MAX) {
        fail(route, 400, "every is a number of milliseconds from %d to %d", MASH_EVERY_MIN, MASH_EVERY_MAX);
        return false;
    }
    route->every = every;
    return true;
}

static bool take_field(struct mash_route *route, struct mms_text value)
{
    route->fields[route->field_count++] = value;
    return true;
}

/* The arguments, of which pages, and what takes them. Those of other names are left alone. */
static const struct argument {
    const char *name;
    unsigned pages;
    bool repeated;
    bool (*take)(struct mash_route *, struct mms_text);
} arguments[] = {
    {"glob", 1U << MASH_STATS | 1U << MASH_LABELS | 1U << MASH_NUMBERS, false, take_glob},
    {"exact", 1U << MASH_STATS | 1U << MASH_LABELS, false, take_exact},
    {"aggr", 1U << MASH_STATS | 1U << MASH_LABELS, false, take_aggregate},
    {"q", 1U << MASH_NUMBERS, false, take_labels},
    {"every", 1U << MASH_EVENTS, false, take_every},
    {"field", 1U << MASH_EVENTS, true, take_field},
};
enum { ARGUMENTS = sizeof arguments / sizeof arguments[0] };

static const struct argument *argument_named(const struct mash_route *route, struct mms_text name)
{
    for (size_t i = 0; i < ARGUMENTS; i++)
        if ((arguments[i].pages & 1U << route->page) != 0 && strlen(arguments[i].name) == name.size &&
            memcmp(arguments[i].name, name.data, name.size) == 0)
            return &arguments[i];
    return NULL;
}

/* Arguments stand between &s. One without = is one with nothing behind it. */
static void take_query(struct parsing *parsing, char *query)
{
    struct mash_route *route = parsing->route;
    struct mms_text name, value;
    unsigned seen = 0;

    for (char *next; query != NULL && *query != '\0'; query = next) {
        size_t size = strcspn(query, "&"), before = strcspn(query, "=&");
        next = query[size] == '&' ? query + size + 1 : NULL;
        size_t from = before < size ? before + 1 : size;
        if (!take(parsing, query, before, true, &name) || !take(parsing, query + from, size - from, true, &value))
            return;
        const struct argument *argument = argument_named(route, name);
        if (argument == NULL)
            continue;
        unsigned bit = 1U << (argument - arguments);
        if ((seen & bit) != 0 && !argument->repeated) {
            fail(route, 400, "%s is given more than once", argument->name);
            return;
        }
        seen |= bit;
        if (!argument->take(route, value))
            return;
    }
    if (route->page == MASH_NUMBERS && route->text.data == NULL)
        fail(route, 400, "q is missing: which labels, as a glob (/2/?q=web.*)");
}

/* --- the path ----------------------------------------------------------------------------------------------------- */

/* The first that matches counts. */
static const struct {
    const char *path;
    bool longer; /* more may follow: the page's text */
    enum mash_page page;
    const char *text; /* instead */
} routes[] = {
    {"/", false, MASH_ASSET, "/"},
    {"/graph/", false, MASH_ASSET, "/"},
    {"/graph", false, MASH_REDIRECT, "/graph/"},
    {"/static/", true, MASH_ASSET, NULL},
    {"/stats/", false, MASH_LABELS, NULL},
    {"/stats/", true, MASH_STATS, NULL},
    {"/stats", false, MASH_REDIRECT, "/stats/"},
    {"/files/", true, MASH_FILES, NULL},
    {"/files", false, MASH_REDIRECT, "/files/"},
    {"/2/", false, MASH_NUMBERS, NULL},
    {"/2", false, MASH_REDIRECT, "/2/"},
    {"/events", false, MASH_EVENTS, NULL},
    {"/metrics", false, MASH_METRICS, NULL},
};

static bool take_path(struct parsing *parsing, char *path)
{
    struct mash_route *route = parsing->route;
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
        size_t size = strlen(routes[i].path);
        if (strncmp(path, routes[i].path, size) != 0 || (path[size] != '\0' && !routes[i].longer))
            continue;
        route->page = routes[i].page;
        route->status = route->page == MASH_REDIRECT ? 301 : 200;
        if (routes[i].text != NULL)
            route->text = mms_text_of(routes[i].text);
        if (!routes[i].longer)
            return true;
        struct mms_text rest;
        if (!take(parsing, path + size, strlen(path + size), false, &rest))
            return false;
        if (route->page == MASH_FILES)
            return rest.size == 0 || take_glob(route, rest);
        route->text = rest;
        return true;
    }
    fail(route, 404, "there is no such page (API: /stats/, /files/, /2/?q=, /events, /metrics)");
    return false;
}

/* --- the whole ---------------------------------------------------------------------------------------------------- */

static size_t count(const char *text, char c)
{
    size_t found = 0;
    for (; *text != '\0'; text++)
        found += *text == c;
    return found;
}

static int take_target(struct mash_route *route, const char *target)
{
    size_t size = strlen(target), pieces = count(target, '&') + 1;
    if (size > MASH_TARGET_MAX) {
        fail(route, 414, "path and query have %zu bytes, but may have %d", size, MASH_TARGET_MAX);
        return 0;
    }
    /* A copy, and the texts: each at most three times as long as it was, with a NUL behind name and value. */
    route->memory = malloc(size + 1 + (MMS_BUG == MMS_BUG_ROOM ? 1 : 3) * size + 2 * pieces + 1);
    route->fields = malloc(pieces * sizeof *route->fields);
    if (route->memory == NULL || route->fields == NULL) {
        mash_route_free(route);
        return -ENOMEM;
    }
    char *path = memcpy(route->memory, target, size + 1), *query = strchr(path, '?');
    struct parsing parsing = {route, path + size + 1};
    if (query != NULL)
        *query++ = '\0';
    if (take_path(&parsing, path))
        take_query(&parsing, query);
    return 0;
}

/* A target in absolute form (RFC 9112, 3.2.2) names a host, which has to be ours, too. Returns path and query of any
 * target, or NULL. */
static const char *origin_of(const char *target, const struct mash_hosts *hosts)
{
    static const char scheme[] = "http://";
    char host[MASH_HOST_SIZE];
    if (strncasecmp(target, scheme, strlen(scheme)) != 0)
        return target;
    target += strlen(scheme);
    size_t size = strcspn(target, "/?");
    if (size >= sizeof host)
        return NULL;
    memcpy(host, target, size);
    host[size] = '\0';
    return !mash_host_is_ours(host, hosts) ? NULL : target[size] != '\0' ? target + size : "/";
}

int mash_route_of(const struct mash_request *request, const struct mash_hosts *hosts, struct mash_route *route)
{
    *route = (struct mash_route){.aggregate = MMS_AGGREGATES, .every = MASH_EVERY_DEFAULT};
    const char *target = origin_of(request->target, hosts);
    if (target == NULL || !mash_host_is_ours(request->host, hosts))
        fail(route, 421, "the Host of this request is no name or address that mmash listens at (--host adds one)");
    else if (strcmp(request->method, "GET") != 0 && strcmp(request->method, "HEAD") != 0)
        fail(route, 405, "here are things to GET (or HEAD) only");
    else if (target[0] != '/')
        fail(route, 400, "the path of a request begins with a /");
    else
        return take_target(route, target);
    return 0;
}

void mash_route_free(struct mash_route *route)
{
    free(route->memory);
    free(route->fields);
    route->memory = NULL;
    route->fields = NULL;
}
