/* SPDX-License-Identifier: MIT */

#include "tools/common/kinds.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/options.h"

/* The kind with that name; MMS_METRICS: none that a number can be of. */
static unsigned kind_named(const char *name)
{
    unsigned kind = 0;
    while (kind < MMS_METRICS && (kind == MMS_METRIC_HISTOGRAM || kind == MMS_METRIC_SUMMARY ||
                                  strcmp(name, mms_metric_name((uint8_t)kind)) != 0))
        kind++;
    return kind;
}

int mms_kinds_add(struct mms_kinds *kinds, char *rule)
{
    char *equals = strrchr(rule, '=');
    unsigned kind = equals != NULL && equals != rule ? kind_named(equals + 1) : MMS_METRICS;
    if (kind == MMS_METRICS)
        return -EINVAL;
    struct mms_kind_rule *rules = realloc(kinds->rules, (kinds->count + 1) * sizeof *rules);
    if (rules == NULL)
        return -ENOMEM;
    *equals = '\0';
    rules[kinds->count++] = (struct mms_kind_rule){rule, (enum mms_metric)kind};
    kinds->rules = rules;
    return 0;
}

uint8_t mms_kinds_of(const struct mms_kinds *kinds, const struct mms_stat *stat)
{
    for (size_t i = 0; stat->kind == MMS_METRIC_UNKNOWN && i < kinds->count; i++)
        if (mms_glob_matches(kinds->rules[i].glob, stat->label))
            return (uint8_t)kinds->rules[i].kind;
    return stat->kind;
}
