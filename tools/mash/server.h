/* SPDX-License-Identifier: MIT
 *
 * server.h - answers requests. One thread, libmicrohttpd's, reads the files and makes all answers, so that nothing of
 * it needs a lock. What a slow client does not take waits, and nobody else does. */
#ifndef MMSTATS_TOOLS_MASH_SERVER_H
#define MMSTATS_TOOLS_MASH_SERVER_H

#include <microhttpd.h>
#include <stdatomic.h>

#include "tools/mash/clients.h"
#include "tools/mash/events.h"
#include "tools/mash/self.h"
#include "tools/mash/waiting.h"

struct mash_server {
    /* set before it begins */
    struct mash_index index;
    struct mash_hosts hosts;
    struct mms_kinds kinds;
    enum mms_metrics_by metrics_by;
    unsigned connections; /* at most, of which three quarters may be streams */
    unsigned timeout;     /* seconds: then a connection that does nothing, or takes nothing, is closed */

    struct MHD_Daemon *daemon;
    struct mash_self self;
    struct mash_catalog catalog;
    struct mash_waiting waiting;
    unsigned streams; /* of the server's thread */
    struct mash_clients clients;
    atomic_uint under_way; /* requests */
};

/* Returns 0 or -errno. */
int mash_server_begin(struct mash_server *server);

/* Hands a connected socket over. */
void mash_server_add(struct mash_server *server, int fd, const struct sockaddr *address, socklen_t size);

/* May it get another one? */
bool mash_server_has_room(struct mash_server *server);

/* Ends streams at the end of an event, lets answers that are under way be taken, for some seconds or until the
 * descriptor `hurry` can be read, and stops. */
void mash_server_end(struct mash_server *server, int hurry);

/* --- between its parts -------------------------------------------------------------------------------------------- */

/* Looks at the files again, when it is time. Returns 0 or -ENOMEM. */
int mash_server_refresh(struct mash_server *server);

/* stream.c: the answer of /events, which takes over the fields of the route. NULL: no memory. */
struct MHD_Response *mash_stream_response(struct mash_server *server, struct MHD_Connection *connection,
                                          struct mash_route *route);

#endif
