/* SPDX-License-Identifier: MIT
 *
 * metrics.h - what the files of a set hold, as text for Prometheus.
 *
 * Two renderers over one model: OpenMetrics 1.0.0, and the text format 0.0.4. Whatever the files hold, what comes out
 * is valid: each family stands once, no series stands twice, labels are escaped UTF-8. README.md beside this has the
 * rules: names, units, kinds, and how values of several files become one. */
#ifndef MMSTATS_TOOLS_METRICS_H
#define MMSTATS_TOOLS_METRICS_H

#include <stdio.h>

#include "mmstats/reader.h"
#include "tools/common/kinds.h"

enum mms_metrics_format { MMS_METRICS_OPENMETRICS, MMS_METRICS_TEXT };

/* Which files make one series. */
enum mms_metrics_by {
    MMS_METRICS_BY_NOTHING, /* all of them */
    MMS_METRICS_BY_PROCESS, /* those of one process: label pid; label file where a file does not say it */
    MMS_METRICS_BY_FILE,    /* each file alone: labels pid, tid (where it says them) and file */
};

/* Zero-initialise it, then set what you need. */
struct mms_metrics_options {
    enum mms_metrics_format format;
    enum mms_metrics_by by;
    struct mms_kinds kinds;
    size_t limit; /* of series; 0: MMS_METRICS_LIMIT. What is above it is left out, and counted */
};

enum { MMS_METRICS_LIMIT = 1 << 20 };

/* Prints the present values of all files; the caller refreshes the set. Takes time in proportion to what there is to
 * print (but for sorting), and memory for all series at once, which is freed at the end.
 * Returns 0 or -ENOMEM: then nothing was printed. Whether `out` took it all is the caller's to look. */
int mms_metrics_print(FILE *out, struct mms_set *set, const struct mms_metrics_options *options);

/* The value for Content-Type. */
const char *mms_metrics_content_type(enum mms_metrics_format format);

/* Which format an Accept header asks for, by RFC 9110: the one with the higher q; OpenMetrics where both have the same,
 * but the text format where there is no header (NULL), or both come from wildcards alone: a person who looks. */
enum mms_metrics_format mms_metrics_negotiate(const char *accept);

/* A scrape configuration for Prometheus, in YAML, of an address such as "127.0.0.1:5002". */
void mms_metrics_print_config(FILE *out, const char *address);

#endif
