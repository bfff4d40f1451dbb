/* SPDX-License-Identifier: MIT
 *
 * http_fuzz - what a request to mmash asks for, from its method, target and headers, without sockets.
 *
 * Input: lines, which are the method, the target, Host, Accept-Encoding, If-None-Match and Accept; what is behind the
 * last one is left out, and so is what is behind a NUL.
 *
 * Oracles: a Host is let in as a second reading of the rules says; all texts are UTF-8 with a NUL behind them, are
 * what a second decoder makes of the target, and what encoding them again gives; a page's arguments are within their
 * bounds; an error says why in plain ASCII; what is negotiated is what a header names, and adding a name to it gets
 * that. Each line ends where its memory ends. */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "fuzz/fuzz.h"
#include "tools/common/escape.h"
#include "tools/mash/request.h"
#include "tools/metrics/metrics.h"

enum { LINES = 6, METHOD = 0, TARGET, HOST, ENCODING, ETAG, ACCEPT };

static const char *const names[] = {"localhost", "127.0.0.1", "::1", "Metrics.example"};

/* --- the rules for Host, by trying all that it may be ------------------------------------------------------------- */

static const char blanks[] = " \t";

static bool is_end(const char *text)
{
    return text[strspn(text, blanks)] == '\0';
}

static bool is_port(const char *text)
{
    while (*text >= '0' && *text <= '9')
        text++;
    return is_end(text);
}

/* What stands before a port, if `text` begins with it. */
static bool is_host(const char *text, const char *host)
{
    size_t size = strlen(host);
    if (strncasecmp(text, host, size) != 0)
        return false;
    return is_end(text + size) || (text[size] == ':' && is_port(text + size + 1));
}

static bool may_be_ours(const char *host)
{
    host += strspn(host, blanks);
    if (host[0] != '[')
        return is_host(host, "localhost") || is_host(host, "127.0.0.1") || is_host(host, "metrics.example");
    const char *end = strchr(host, ']');
    char address[64] = "";
    struct in6_addr bytes;
    if (end == NULL || end - host > (ptrdiff_t)sizeof address)
        return false;
    if (!is_end(end + 1) && (end[1] != ':' || !is_port(end + 2)))
        return false;
    memcpy(address, host + 1, (size_t)(end - host - 1));
    return inet_pton(AF_INET6, address, &bytes) == 1 && IN6_IS_ADDR_LOOPBACK(&bytes);
}

/* --- routes ------------------------------------------------------------------------------------------------------- */

static void require_text(const struct mash_route *route, struct mms_text text)
{
    if (text.data == NULL)
        return;
    fuzz_touch(text.data, text.size + 1);
    require(text.data[text.size] == '\0');
    require((mms_text_flaws(text) & MMS_TEXT_NO_UTF8) == 0);
    require(route->memory != NULL || route->page == MASH_ASSET || route->page == MASH_REDIRECT);
}

static void require_glob(const char *glob)
{
    if (glob == NULL)
        return;
    require(strlen(glob) <= MASH_GLOB_MAX && strchr(glob, '/') == NULL);
}

/* Path and query of a target that was found to be right. */
static const char *origin_of(const char *target)
{
    if (target[0] == '/')
        return target;
    require(strncasecmp(target, "http://", 7) == 0);
    const char *path = target + 7 + strcspn(target + 7, "/?");
    char *host = strndup(target + 7, (size_t)(path - target - 7));
    require(host != NULL && may_be_ours(host) && *path != '?');
    free(host);
    return *path != '\0' ? path : "/";
}

static void require_route(const struct mash_route *route, const struct mash_request *request)
{
    require_text(route, route->text);
    for (size_t i = 0; i < route->field_count; i++)
        require_text(route, route->fields[i]);
    if (route->page == MASH_ERROR) {
        require(route->status >= 400 && route->status < 500 && route->error[0] != '\0');
        for (const char *c = route->error; *c != '\0'; c++)
            require(*c >= ' ' && *c <= '~');
        return;
    }
    require(strcmp(request->method, "GET") == 0 || strcmp(request->method, "HEAD") == 0);
    require(may_be_ours(request->host));
    require(route->status == (route->page == MASH_REDIRECT ? 301U : 200U));
    require(route->every >= MASH_EVERY_MIN && route->every <= MASH_EVERY_MAX);
    require(route->aggregate <= MMS_AGGREGATES);
    require(route->field_count == 0 || route->page == MASH_EVENTS);
    require_glob(route->glob);
    if (route->page == MASH_NUMBERS)
        require(route->text.data != NULL && route->text.size <= MASH_GLOB_MAX &&
                strlen(route->text.data) == route->text.size);
}

/* --- texts, by a second decoder ----------------------------------------------------------------------------------- */

/* In place. What is asked for has two digits behind each %. */
static struct mms_text decode(char *text, bool query)
{
    char *to = text;
    for (const char *at = text; *at != '\0'; to++) {
        if (*at == '%') {
            require(isxdigit((unsigned char)at[1]) && isxdigit((unsigned char)at[2]));
            *to = (char)strtoul((const char[]){at[1], at[2], '\0'}, NULL, 16);
            at += 3;
        } else {
            *to = *at == '+' && query ? ' ' : *at;
            at++;
        }
    }
    return (struct mms_text){text, (size_t)(to - text)};
}

static bool same(struct mms_text a, struct mms_text b)
{
    return a.size == b.size && memcmp(a.data, b.data, a.size) == 0;
}

static void require_mended(struct mms_text text, struct mms_text decoded)
{
    char *room = malloc(3 * decoded.size + 1);
    require(text.data != NULL && room != NULL);
    require(same(text, (struct mms_text){room, mms_text_mend(decoded, room)}));
    free(room);
}

static void require_argument(const struct mash_route *route, struct mms_text name, struct mms_text value,
                             size_t *field_count)
{
    bool files = route->page == MASH_STATS || route->page == MASH_LABELS || route->page == MASH_NUMBERS;
    if (same(name, mms_text_of("glob")) && files) {
        require(route->glob != NULL);
        require_mended(mms_text_of(route->glob), value);
    }
    if (same(name, mms_text_of("q")) && route->page == MASH_NUMBERS)
        require_mended(route->text, value);
    if (same(name, mms_text_of("field")) && route->page == MASH_EVENTS) {
        require(*field_count < route->field_count);
        require_mended(route->fields[(*field_count)++], value);
    }
}

static void require_texts(const struct mash_route *route, const char *target)
{
    size_t field_count = 0;
    if (route->page == MASH_ERROR)
        return;
    char *copy = strdup(origin_of(target)), *query = copy, *piece;
    require(copy != NULL);
    char *path = strsep(&query, "?");
    if (route->page == MASH_STATS)
        require_mended(route->text, decode(path + strlen("/stats/"), false));
    if (route->page == MASH_FILES && route->glob != NULL)
        require_mended(mms_text_of(route->glob), decode(path + strlen("/files/"), false));
    if (route->page == MASH_ASSET && strncmp(path, "/static/", strlen("/static/")) == 0)
        require_mended(route->text, decode(path + strlen("/static/"), false));
    while ((piece = strsep(&query, "&")) != NULL) {
        struct mms_text name = decode(strsep(&piece, "="), true);
        require_argument(route, name, piece != NULL ? decode(piece, true) : mms_text_of(""), &field_count);
    }
    require(field_count == route->field_count);
    free(copy);
}

/* The same request again, with every byte of its text encoded, asks for the same. */
static void require_again(const struct mash_route *route, const struct mash_hosts *hosts)
{
    static const char digits[] = "0123456789abcdef", prefix[] = "/stats/";
    if (route->page != MASH_STATS || strlen(prefix) + 3 * route->text.size > MASH_TARGET_MAX)
        return;
    char *target = malloc(sizeof prefix + 3 * route->text.size), *to = target + strlen(prefix);
    require(target != NULL);
    memcpy(target, prefix, sizeof prefix);
    for (size_t i = 0; i < route->text.size; i++) {
        uint8_t byte = (uint8_t)route->text.data[i];
        *to++ = '%';
        *to++ = digits[byte >> 4];
        *to++ = digits[byte & 15];
    }
    *to = '\0';
    const struct mash_request request = {"GET", target, "localhost"};
    struct mash_route again;
    require(mash_route_of(&request, hosts, &again) == 0);
    require(again.page == (route->text.size > 0 ? MASH_STATS : MASH_LABELS));
    if (again.page == MASH_STATS)
        require(again.text.size == route->text.size && memcmp(again.text.data, route->text.data, again.text.size) == 0);
    mash_route_free(&again);
    free(target);
}

/* --- content negotiation ------------------------------------------------------------------------------------------ */

static const char ETAG_OURS[] = "\"0123456789abcdef\"";

static bool is_text_open(const char *header)
{
    return mms_metrics_negotiate(header) == MMS_METRICS_OPENMETRICS;
}

static bool has_our_etag(const char *header)
{
    return mash_has_etag(header, ETAG_OURS);
}

/* `word` at the end of a list gets what is asked for; without any, and without a *, nobody gets it. */
static void require_negotiated(bool (*asks)(const char *), const char *header, const char *word, bool star)
{
    char *longer;
    if (header == NULL)
        return;
    require(!asks(header) || strcasestr(header, word) != NULL || (star && strchr(header, '*') != NULL));
    require(asprintf(&longer, "%s, %s", header, word) >= 0);
    require(asks(longer));
    free(longer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct mash_hosts hosts = {.names = names, .count = sizeof names / sizeof names[0]};
    char *lines[LINES], *text = malloc(size + 1), *next = text;
    require(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    for (size_t i = 0; i < LINES; i++) {
        const char *line = strsep(&next, "\n");
        lines[i] = line != NULL ? strdup(line) : NULL;
        require((line == NULL) == (lines[i] == NULL));
    }

    const struct mash_request request = {lines[METHOD], lines[TARGET] != NULL ? lines[TARGET] : "", lines[HOST]};
    struct mash_route route;
    require(mash_host_is_ours(lines[HOST], &hosts) == (lines[HOST] != NULL && may_be_ours(lines[HOST])));
    require(mash_route_of(&request, &hosts, &route) == 0);
    require_route(&route, &request);
    require_texts(&route, request.target);
    require_again(&route, &hosts);
    mash_route_free(&route);

    require_negotiated(mash_accepts_gzip, lines[ENCODING], "gzip", true);
    require_negotiated(has_our_etag, lines[ETAG], ETAG_OURS, true);
    require_negotiated(is_text_open, lines[ACCEPT], "application/openmetrics-text", false);
    for (size_t i = 0; i < LINES; i++)
        free(lines[i]);
    free(text);
    return 0;
}
