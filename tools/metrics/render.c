/* SPDX-License-Identifier: MIT
 *
 * render.c - the model as text, in either format. */

#include <float.h>
#include <math.h>
#include <string.h>

#include "tools/common/escape.h"
#include "tools/metrics/model.h"

/* How a type stands in each format. `suffix` is that of the samples; in 0.0.4 the family is called as its samples. */
static const struct {
    const char *type[2], *suffix;
} types[METRICS_TYPES] = {
    [METRICS_COUNTER] = {{"counter", "counter"}, "_total"},
    [METRICS_HISTOGRAM] = {{"histogram", "histogram"}, ""},
    [METRICS_GAUGE] = {{"gauge", "gauge"}, ""},
    [METRICS_UNKNOWN] = {{"unknown", "untyped"}, ""},
    [METRICS_STATESET] = {{"stateset", "gauge"}, ""},
    [METRICS_INFO] = {{"info", "gauge"}, "_info"},
};

enum { BOUND_SIZE = 32 };

struct render {
    FILE *out;
    const struct metrics_model *model;
    bool open; /* OpenMetrics */
    char bounds[METRICS_BUCKETS][BOUND_SIZE]; /* of the family at hand; empty: the same as the next one */
};

/* --- samples ------------------------------------------------------------------------------------------------------ */

static void put_label(FILE *out, const char **between, const char *name, struct mms_text value)
{
    fprintf(out, "%s%s=\"", *between, name);
    fwrite(value.data, 1, value.size, out);
    fputc('"', out);
    *between = ",";
}

/* "name{labels} ", up to the value. bound: of a bucket, or NULL. */
static void put_series(const struct render *to, const struct metrics_series *series, const char *suffix,
                       const char *bound)
{
    const struct metrics_family *family = series->family;
    struct mms_text group = to->model->numbered[series->group]->labels;
    const char *between = "{";
    fprintf(to->out, "%s%s", family->name, suffix);
    if (group.size > 0) {
        fputs(between, to->out);
        fwrite(group.data, 1, group.size, to->out);
        between = ",";
    }
    if (series->index != METRICS_NO_INDEX) {
        fprintf(to->out, "%sindex=\"%u\"", between, (unsigned)series->index);
        between = ",";
    }
    if (series->text.data != NULL)
        put_label(to->out, &between, family->type == METRICS_STATESET ? family->name : "value", series->text);
    if (bound != NULL) {
        fprintf(to->out, "%sle=\"%s\"", between, bound);
        between = ",";
    }
    fputs(between[0] == ',' ? "} " : " ", to->out);
}

static void put_created(const struct render *to, const struct metrics_series *series)
{
    if (!isfinite(series->created))
        return;
    put_series(to, series, "_created", NULL);
    metrics_put_float(to->out, series->created);
    fputc('\n', to->out);
}

static void put_number(FILE *out, const struct metrics_series *series)
{
    const struct metrics_family *family = series->family;
    unsigned decimals = family->decimals;
    bool mean = family->how == METRICS_MEAN && series->count > 1;
    if (series->count == 0) {
        metrics_put_float(out, NAN);
    } else if (!series->is_float && !mean) {
        mms_put_fixed(out, series->integers, decimals);
    } else {
        double number = series->floats + (double)series->integers / metrics_power(decimals);
        if (family->type == METRICS_COUNTER && number > DBL_MAX)
            number = DBL_MAX; /* a sum of several that somebody wrote nonsense to: as counts, it stays there */
        metrics_put_float(out, mean ? number / series->count : number);
    }
    fputc('\n', out);
}

static void put_count(const struct render *to, const struct metrics_series *series, const char *suffix,
                      const char *bound, uint64_t count)
{
    put_series(to, series, suffix, bound);
    mms_put_fixed(to->out, count, 0);
    fputc('\n', to->out);
}

/* Bounds that are the same as floats are one bucket. */
static void make_bounds(struct render *to, const struct metrics_bounds *bounds)
{
    double bound = INFINITY;
    for (size_t i = bounds->count; i-- > 0;) {
        double next = bound;
        bound = i + 1 == bounds->count ? INFINITY : (double)metrics_bound(bounds, i) * bounds->scale;
        to->bounds[i][0] = '\0';
        if (bound < next || i + 1 == bounds->count)
            metrics_bound_text(bound, to->bounds[i], BOUND_SIZE);
    }
}

static void put_histogram(const struct render *to, const struct metrics_series *series)
{
    uint64_t count = 0;
    for (size_t i = 0; i < series->family->bounds.count; i++) {
        if (__builtin_add_overflow(count, series->histogram->counts[i], &count))
            count = UINT64_MAX;
        if (to->bounds[i][0] != '\0')
            put_count(to, series, "_bucket", to->bounds[i], count);
    }
    put_count(to, series, "_count", NULL, count);
    put_series(to, series, "_sum", NULL);
    metrics_put_float(to->out, series->histogram->sum);
    fputc('\n', to->out);
}

static bool is_shown(const struct metrics_series *series)
{
    bool value = series->family->type == METRICS_INFO || series->family->type == METRICS_STATESET || series->count > 0;
    if (series->family->type != METRICS_COUNTER && series->family->type != METRICS_HISTOGRAM)
        value |= series->has_nan;
    return value && !series->broken;
}

static void put_samples(const struct render *to, const struct metrics_family *family)
{
    for (const struct metrics_series *series = family->first; series != NULL; series = series->next) {
        if (!is_shown(series))
            continue;
        bool text = family->type == METRICS_INFO || family->type == METRICS_STATESET;
        if (family->type == METRICS_HISTOGRAM) {
            put_histogram(to, series);
        } else {
            put_series(to, series, types[family->type].suffix, NULL);
            if (text)
                fputs("1\n", to->out);
            else
                put_number(to->out, series);
        }
        if (to->open && (family->type == METRICS_COUNTER || family->type == METRICS_HISTOGRAM))
            put_created(to, series);
    }
}

/* --- families ----------------------------------------------------------------------------------------------------- */

static void put_head(const struct render *to, const struct metrics_family *family)
{
    const char *suffix = to->open ? "" : types[family->type].suffix;
    if (family->help.size > 0) {
        fprintf(to->out, "# HELP %s%s ", family->name, suffix);
        mms_put_exposition(to->out, family->help, to->open);
        fputc('\n', to->out);
    }
    fprintf(to->out, "# TYPE %s%s %s\n", family->name, suffix, types[family->type].type[!to->open]);
    if (to->open && family->unit.size > 0)
        fprintf(to->out, "# UNIT %s %s\n", family->name, family->unit.data);
}

/* In 0.0.4 the times of creation are a family of their own. */
static void put_times(const struct render *to, const struct metrics_family *family)
{
    bool begun = false;
    for (const struct metrics_series *series = family->first; series != NULL; series = series->next) {
        if (!is_shown(series) || !isfinite(series->created))
            continue;
        if (!begun)
            fprintf(to->out, "# TYPE %s_created gauge\n", family->name);
        begun = true;
        put_created(to, series);
    }
}

void metrics_render(FILE *out, const struct metrics_model *model)
{
    struct render to = {.out = out, .model = model, .open = model->options->format == MMS_METRICS_OPENMETRICS};
    for (size_t i = 0; i < model->families.count && !ferror(out); i++) {
        const struct metrics_family *family = model->sorted[i];
        make_bounds(&to, &family->bounds);
        put_head(&to, family);
        put_samples(&to, family);
        if (!to.open && (family->type == METRICS_COUNTER || family->type == METRICS_HISTOGRAM))
            put_times(&to, family);
    }
    if (to.open)
        fputs("# EOF\n", out);
}
