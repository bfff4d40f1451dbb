/* SPDX-License-Identifier: MIT
 *
 * kinds.c - which numbers are counters, where the file does not say it. */

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "tools/clean/clean.h"

int clean_kind_add(struct clean_options *options, char *rule)
{
    char *equals = strrchr(rule, '=');
    if (equals == NULL || equals == rule)
        return -EINVAL;
    uint8_t metric = strcmp(equals + 1, "counter") == 0 ? MMS_METRIC_COUNTER
                     : strcmp(equals + 1, "gauge") == 0 ? MMS_METRIC_GAUGE
                                                        : MMS_METRIC_UNKNOWN;
    if (metric == MMS_METRIC_UNKNOWN)
        return -EINVAL;
    struct clean_kind *kinds = realloc(options->kinds, (options->kind_count + 1) * sizeof *kinds);
    if (kinds == NULL)
        return -ENOMEM;
    *equals = '\0';
    kinds[options->kind_count++] = (struct clean_kind){rule, metric};
    options->kinds = kinds;
    return 0;
}

uint8_t clean_kind_of(const struct clean_options *options, struct mms_text label)
{
    char text[MMS_LIMIT_LABEL + 1]; /* on the stack: a rule must not be missed because memory is short */
    if (options->kind_count == 0 || label.size >= sizeof text)
        return MMS_METRIC_UNKNOWN;
    for (size_t i = 0; i < label.size; i++) /* a NUL in a label is a character like another */
        text[i] = label.data[i] != '\0' ? label.data[i] : '\1';
    text[label.size] = '\0';
    for (size_t i = 0; i < options->kind_count; i++)
        if (fnmatch(options->kinds[i].glob, text, 0) == 0)
            return options->kinds[i].metric;
    return MMS_METRIC_UNKNOWN;
}

static bool ends_with(struct mms_text label, const char *end)
{
    size_t size = strlen(end);
    return label.size >= size && memcmp(label.data + label.size - size, end, size) == 0;
}

bool clean_is_sys(struct mms_text label)
{
    for (int i = 0; mms_sys_field_of((enum mms_sys)i) != NULL; i++)
        if (ends_with(label, mms_sys_field_of((enum mms_sys)i)->label))
            return true;
    return ends_with(label, MMS_LABEL_SEQUENCE) || ends_with(label, MMS_LABEL_GENERATION);
}
