/* SPDX-License-Identifier: MIT
 *
 * metrics_fuzz - what Prometheus gets of any file, and of that file twice.
 *
 * Oracle: a checker of the two formats (exposition.c), for each way to put files together, and whatever kinds are
 * declared. */
#include <stdio.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "fuzz/text.h"
#include "tools/metrics/metrics.h"

static struct mms_kind_rule kinds[] = {
    {"*a*", MMS_METRIC_COUNTER},
    {"*e*", MMS_METRIC_STATESET},
    {"*i*", MMS_METRIC_INFO},
    {"*", MMS_METRIC_TIMESTAMP},
};

static const struct mms_metrics_options ways[] = {
    {.format = MMS_METRICS_OPENMETRICS},
    {.format = MMS_METRICS_TEXT, .kinds = {kinds, 1}},
    {.format = MMS_METRICS_OPENMETRICS, .by = MMS_METRICS_BY_PROCESS, .kinds = {kinds, 4}},
    {.format = MMS_METRICS_TEXT, .by = MMS_METRICS_BY_FILE, .kinds = {kinds + 1, 3}},
    {.format = MMS_METRICS_OPENMETRICS, .by = MMS_METRICS_BY_FILE, .limit = 3},
};

static void show(struct mms_set *set, const struct mms_metrics_options *options)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    require(out != NULL);
    require(mms_metrics_print(out, set, options) == 0);
    require(fclose(out) == 0);
    require_exposition(text, size, options->format == MMS_METRICS_OPENMETRICS);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char again[4096];
    const char *paths[] = {fuzz_path(), again};
    struct mms_reader_options reading = {.size = sizeof reading, .tries = 2};
    struct mms_set *set;
    if (size > FUZZ_MAX)
        return 0;
    fuzz_write(data, size);
    snprintf(again, sizeof again, "%s/./%s", fuzz_directory(), fuzz_name()); /* another name of the same file */
    require(mms_set_open_paths(paths, 2, &reading, &set) == 0);
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
        show(set, &ways[i]);
    mms_set_close(set);
    return 0;
}
