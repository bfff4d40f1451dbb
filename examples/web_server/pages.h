/* SPDX-License-Identifier: MIT
 *
 * pages.h - what the server answers. */
#ifndef WEB_SERVER_PAGES_H
#define WEB_SERVER_PAGES_H

#include <microhttpd.h>

/* For MHD_start_daemon: called when the headers are complete, with each piece of a body, and to be answered. */
enum MHD_Result pages_on_request(void *unused, struct MHD_Connection *connection, const char *path, const char *method,
                                 const char *version, const char *body, size_t *body_size, void **context);

/* For MHD_OPTION_NOTIFY_COMPLETED: the answer was sent, or the connection has broken. */
void pages_on_completed(void *unused, struct MHD_Connection *connection, void **context,
                        enum MHD_RequestTerminationCode why);

/* Requests that have begun and not ended, in all threads. */
unsigned pages_under_way(void);

#endif
