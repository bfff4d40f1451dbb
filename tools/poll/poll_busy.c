/* SPDX-License-Identifier: MIT
 *
 * poll_busy.c - what counts the fastest, over all files. */

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/text.h"
#include "tools/poll/poll.h"

/* A field of a file that counts. */
struct counting {
    const struct mms_watch_file *file;
    const struct mms_watch_field *field;
};

static int by_label(const void *a, const void *b)
{
    const struct counting *one = a, *other = b;
    int order = mms_text_compare(one->field->label, other->field->label);
    return order != 0 ? order : one->file < other->file ? -1 : one->file > other->file;
}

static bool is_asked_for(const struct poll_options *by, const struct mms_watch_field *field)
{
    size_t size = by->prefix != NULL ? strlen(by->prefix) : 0;
    return poll_counts(field) && field->label.size > 0 && field->label.size >= size &&
           (size == 0 || memcmp(field->label.data, by->prefix, size) == 0);
}

/* All that count, by label. NULL: no memory. The first of one label in a file is the one that counts. */
static struct counting *collect(const struct poll_round *round, size_t *count)
{
    size_t most = 1;
    for (size_t f = 0; f < round->count; f++)
        most += round->files[f]->count;
    struct counting *all = calloc(most, sizeof *all);
    *count = 0;
    for (size_t f = 0; all != NULL && f < round->count; f++)
        for (size_t i = 0; i < round->files[f]->count; i++) {
            const struct mms_watch_field *field = &round->files[f]->fields[i];
            if (is_asked_for(round->by, field) && poll_find(round->files[f], field->label) == field)
                all[(*count)++] = (struct counting){round->files[f], field};
        }
    if (all != NULL)
        qsort(all, *count, sizeof *all, by_label);
    return all;
}

double poll_metric_rate(const struct poll_metric *metric)
{
    return metric->known > 0 ? metric->rates[metric->known - 1] : NAN;
}

static void add_rate(struct poll_metric *metric, double rate)
{
    if (metric->known == POLL_HISTORY)
        memmove(metric->rates, metric->rates + 1, --metric->known * sizeof metric->rates[0]);
    metric->rates[metric->known++] = rate;
    double sum = 0;
    size_t count = 0;
    for (size_t i = 0; i < metric->known; i++)
        if (isfinite(metric->rates[i])) {
            sum += fabs(metric->rates[i]);
            count++;
        }
    metric->busy = count > 0 ? sum / (double)count : 0;
}

/* The metric of all fields of one label. samples has room for them. */
static void add_up(struct poll_metric *metric, const struct poll_round *round, const struct counting *fields,
                   size_t count, struct mms_sample *samples)
{
    struct mms_sample rate = {.type = MMS_TYPE_PAD};
    metric->total = rate;
    for (size_t i = 0; i < count; i++) {
        samples[i] = fields[i].field->now;
        if (fields[i].field->unit.size > 0)
            metric->unit = fields[i].field->unit;
    }
    mms_aggregate_samples(MMS_AGGREGATE_SUM, samples, count, &metric->total);
    if (round->first)
        return;
    for (size_t i = 0; i < count; i++)
        samples[i] = poll_contribution(round, fields[i].file, fields[i].field);
    mms_aggregate_samples(MMS_AGGREGATE_SUM, samples, count, &rate);
    metric->status = rate.type != MMS_TYPE_PAD ? rate.status : MMS_EXACT;
    add_rate(metric, mms_sample_float(&rate));
}

static struct mms_text label_of(const struct poll_metric *metric)
{
    return (struct mms_text){metric->label, metric->label_size};
}

/* Takes what is known of the metric of that label from the round before; *old goes through its metrics by label. */
static int begin_metric(struct poll_metric *metric, struct mms_text label, struct poll_busy *before, size_t *old)
{
    while (*old < before->count && mms_text_compare(label_of(&before->metrics[*old]), label) < 0)
        ++*old;
    if (*old < before->count && mms_text_compare(label_of(&before->metrics[*old]), label) == 0) {
        *metric = before->metrics[*old];
        before->metrics[*old].label = NULL;
        before->metrics[(*old)++].label_size = 0;
        metric->unit = (struct mms_text){NULL, 0};
        return 0;
    }
    *metric = (struct poll_metric){.label = malloc(label.size), .label_size = label.size};
    if (metric->label == NULL)
        return -ENOMEM;
    memcpy(metric->label, label.data, label.size);
    return 0;
}

static int busiest_first(const void *a, const void *b)
{
    const struct poll_metric *const *one = a, *const *other = b;
    if ((*one)->busy != (*other)->busy)
        return (*one)->busy > (*other)->busy ? -1 : 1;
    return mms_text_compare(label_of(*one), label_of(*other));
}

static void put_in_order(struct poll_busy *busy)
{
    busy->changing = 0;
    for (size_t i = 0; i < busy->count; i++)
        if (busy->metrics[i].busy > 0)
            busy->order[busy->changing++] = &busy->metrics[i];
    qsort(busy->order, busy->changing, sizeof(struct poll_metric *), busiest_first);
}

int poll_busy_add(struct poll_busy *busy, const struct poll_round *round)
{
    size_t fields, old = 0;
    struct counting *all = collect(round, &fields);
    struct mms_sample *samples = calloc(fields + 1, sizeof *samples);
    struct poll_busy now = {.metrics = calloc(fields + 1, sizeof *now.metrics),
                            .order = calloc(fields + 1, sizeof(struct poll_metric *))};
    int result = all != NULL && samples != NULL && now.metrics != NULL && now.order != NULL ? 0 : -ENOMEM;
    for (size_t i = 0, next; result == 0 && i < fields; i = next) {
        for (next = i + 1; next < fields && mms_text_compare(all[next].field->label, all[i].field->label) == 0;)
            next++;
        struct poll_metric *metric = &now.metrics[now.count++];
        result = begin_metric(metric, all[i].field->label, busy, &old);
        if (result == 0)
            add_up(metric, round, all + i, next - i, samples);
    }
    free(all);
    free(samples);
    if (result == 0)
        put_in_order(&now);
    poll_busy_end(busy);
    *busy = now;
    return result;
}

void poll_busy_end(struct poll_busy *busy)
{
    for (size_t i = 0; i < busy->count; i++)
        free(busy->metrics[i].label);
    free(busy->metrics);
    free(busy->order);
    *busy = (struct poll_busy){0};
}
