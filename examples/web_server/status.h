/* SPDX-License-Identifier: MIT
 *
 * status.h - the figures of all threads together. */
#ifndef WEB_SERVER_STATUS_H
#define WEB_SERVER_STATUS_H

/* JSON, to be freed by the caller; NULL when there is no memory. */
char *web_status_json(void);

#endif
