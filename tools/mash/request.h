/* SPDX-License-Identifier: MIT
 *
 * request.h - what a request asks for: a function of its method, target and headers alone, without sockets or files. */
#ifndef MMSTATS_TOOLS_MASH_REQUEST_H
#define MMSTATS_TOOLS_MASH_REQUEST_H

#include "tools/common/aggregate.h"

/* The names and addresses that this server may be asked for as. */
struct mash_hosts {
    const char *const *names; /* addresses as inet_ntop writes them */
    size_t count;
    bool any_address; /* it listens at all of them */
};

enum { MASH_HOST_SIZE = 256 + 8 }; /* a name in the DNS has at most 253 bytes; and a port */

/* Is the value of a Host header (NULL: there is none) one of them, with or without a port? Where another site's page
 * reaches this server through a name of its own (DNS rebinding), it is not. */
bool mash_host_is_ours(const char *host, const struct mash_hosts *hosts);

struct mash_request {
    const char *method;
    const char *target; /* as in the request line: path and query, percent-encoded; or a whole address with http:// */
    const char *host;   /* the header, or NULL */
};

enum mash_page {
    MASH_ERROR,    /* status and error say why */
    MASH_REDIRECT, /* to text */
    MASH_ASSET,    /* text is its path: "/static/mash.js" */
    MASH_LABELS,
    MASH_STATS, /* text is a prefix, or the label */
    MASH_FILES, /* glob */
    MASH_NUMBERS, /* text is a glob of labels */
    MASH_EVENTS,
    MASH_METRICS,
};

enum { MASH_EVERY_MIN = 50, MASH_EVERY_MAX = 10000, MASH_EVERY_DEFAULT = 2000 }; /* milliseconds */
enum { MASH_TARGET_MAX = 128 << 10 }; /* bytes, encoded */
enum { MASH_GLOB_MAX = 1000 }; /* bytes: matching may take time with the square of it */

struct mash_route {
    enum mash_page page;
    unsigned status;           /* of the answer, as far as it is known here */
    char error[160];           /* plain ASCII, nothing of the request in it */
    struct mms_text text;      /* decoded; what is no UTF-8 in it is replaced, as in all that is shown. NUL behind it */
    const char *glob;          /* of file names; NULL: all */
    bool exact;
    enum mms_aggregate aggregate; /* MMS_AGGREGATES: none */
    unsigned every;            /* milliseconds */
    struct mms_text *fields;   /* labels, as text is */
    size_t field_count;
    char *memory;              /* of all texts */
};

/* Fills in *route, which mash_route_free has to end. Returns 0 or -ENOMEM. */
int mash_route_of(const struct mash_request *request, const struct mash_hosts *hosts, struct mash_route *route);
void mash_route_free(struct mash_route *route);

/* --- headers of content negotiation; all may be NULL -------------------------------------------------------------- */

/* Does an Accept-Encoding header allow gzip? */
bool mash_accepts_gzip(const char *accept_encoding);

/* Is the ETag (quoted) among those of an If-None-Match header? */
bool mash_has_etag(const char *if_none_match, const char *etag);

#endif
