/* SPDX-License-Identifier: MIT
 *
 * metrics.c - the whole, in order. */

#include "tools/metrics/metrics.h"

#include <errno.h>

#include "tools/metrics/model.h"

int mms_metrics_print(FILE *out, struct mms_set *set, const struct mms_metrics_options *options)
{
    struct metrics_model model;
    metrics_model_begin(&model, options);
    if (!model.no_memory)
        metrics_collect(&model, set);
    if (!model.no_memory)
        metrics_finish(&model);
    if (!model.no_memory)
        metrics_render(out, &model);
    int error = model.no_memory ? -ENOMEM : 0;
    metrics_model_end(&model);
    return error;
}
