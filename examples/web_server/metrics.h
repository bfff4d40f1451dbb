/* SPDX-License-Identifier: MIT
 *
 * metrics.h - what the web server publishes about itself. Each thread that answers requests has a struct of its own. */
#ifndef WEB_SERVER_METRICS_H
#define WEB_SERVER_METRICS_H

#include "mmstats/writer.h"

enum { WEB_MAX_THREADS = 64 };

/* The statuses that the server answers with, each with a counter. */
enum web_status { WEB_OK, WEB_BAD_REQUEST, WEB_NOT_FOUND, WEB_NOT_ALLOWED, WEB_ERROR, WEB_STATUSES };

struct web {
    mms_counter ok, bad;
    mms_counter status[WEB_STATUSES];
    mms_counter bytes;
    mms_i64 in_flight;
    mms_bool working;
    mms_timer request;
    mms_string last_path;
};

/* The calling thread's metrics; its file is made on the first call. Never NULL: when there can be no file, the metrics
 * are counted where nobody looks, standard error says so once, and the server need not care. */
struct web *web_metrics(void);

/* The files that were made, one a thread. Returns how many paths it put into `paths`; they stay valid. */
size_t web_metrics_files(const char *paths[WEB_MAX_THREADS]);

#endif
