/* SPDX-License-Identifier: MIT */

#include "tools/top/model.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- one field ---------------------------------------------------------------------------------------------------- */

const struct mms_watch_file *top_model_watched(const struct top_model *model, const struct top_file *file)
{
    return &model->watch->files[file->index];
}

static const struct mms_watch_field *field_at(const struct top_model *model, const struct top_place *place)
{
    return &top_model_watched(model, &model->files[place->file])->fields[place->field];
}

/* A histogram that has fewer samples than before has begun anew, as a counter does. */
static double rate_of(const struct mms_watch *watch, const struct mms_watch_field *field)
{
    struct mms_watch_field counter = *field;
    if (counter.kind == MMS_METRIC_HISTOGRAM)
        counter.kind = MMS_METRIC_COUNTER;
    return mms_watch_rate(watch, &counter);
}

static struct mms_sample samples_of(struct mms_reader *reader, size_t field)
{
    struct mms_sample sum = {.type = MMS_TYPE_PAD};
    struct mms_stat stat;
    if (mms_reader_get(reader, field, &stat) != 0 || stat.record->layout != MMS_LAYOUT_HISTOGRAM)
        return sum;
    sum.type = MMS_TYPE_U64;
    sum.status = (uint8_t)stat.status;
    for (size_t i = 0; i < stat.count; i++)
        sum.u += stat.values[i].u;
    return sum;
}

/* --- several numbers to one --------------------------------------------------------------------------------------- */

static struct mms_sample combine(enum top_way way, const struct mms_sample *samples, size_t count)
{
    static const enum mms_aggregate ways[] = {
        [TOP_SUM] = MMS_AGGREGATE_SUM,
        [TOP_MEAN] = MMS_AGGREGATE_AVG,
        [TOP_LATEST] = MMS_AGGREGATE_MAX,
        [TOP_SAME] = MMS_AGGREGATE_MAX,
    };
    struct mms_sample result = {.type = MMS_TYPE_PAD}, least;
    if (count == 1)
        return samples[0];
    mms_aggregate_samples(ways[way], samples, count, &result);
    if (way == TOP_SAME && mms_aggregate_samples(MMS_AGGREGATE_MIN, samples, count, &least) && least.u != result.u)
        result = (struct mms_sample){.type = MMS_TYPE_PAD};
    return result;
}

/* The same for histories: adds one to what there is, `seen` numbers so far in each. NaN is no number. */
static void add_history(enum top_way way, double *sum, unsigned *seen, const double *one, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (isnan(one[i]))
            continue;
        bool adds = way == TOP_SUM || way == TOP_MEAN;
        sum[i] = seen[i] == 0 ? one[i] : adds ? sum[i] + one[i] : fmax(sum[i], one[i]);
        seen[i]++;
    }
}

static struct top_reading read_places(const struct top_model *model, const struct top_rule *rule,
                                      const struct top_place *places, size_t count)
{
    struct top_reading reading = {.rate = NAN, .fields = count};
    for (size_t i = 0; i < count; i++) {
        const struct mms_watch_field *field = field_at(model, &places[i]);
        double rate = rule->has_rate ? rate_of(model->watch, field) : (double)NAN;
        model->scratch[i] = field->now;
        if (!isnan(rate))
            reading.rate = isnan(reading.rate) ? rate : reading.rate + rate;
        if (i == 0 || model->files[places[i].file].process != model->files[places[i - 1].file].process)
            reading.processes++;
    }
    reading.value = combine(rule->way, model->scratch, count);
    return reading;
}

/* --- a round ------------------------------------------------------------------------------------------------------ */

static void count_samples(struct top_model *model)
{
    for (size_t f = 0; f < model->watch->count; f++) {
        struct mms_watch_file *file = &model->watch->files[f];
        for (size_t i = 0; file->reader != NULL && i < file->count; i++)
            if (file->fields[i].kind == MMS_METRIC_HISTOGRAM && file->fields[i].now.type == MMS_TYPE_PAD)
                file->fields[i].now = samples_of(file->reader, file->fields[i].field);
    }
}

static float drawn(const struct top_rule *rule, const struct top_reading *reading)
{
    return (float)(rule->draws_rate ? reading->rate : mms_sample_float(&reading->value));
}

/* The newest row of a file's history. */
static void take_file(struct top_model *model, struct top_file *file)
{
    const struct mms_watch_field *fields = top_model_watched(model, file)->fields;
    float *row = file->history + model->slot * file->count;
    for (size_t i = 0; i < file->count; i++) {
        uint32_t metric = file->metrics[i];
        row[i] = NAN;
        if (metric == UINT32_MAX)
            continue;
        const struct top_rule *rule = &model->metrics[metric].rule;
        struct top_reading reading = {.value = fields[i].now,
                                      .rate = rule->has_rate ? rate_of(model->watch, &fields[i]) : (double)NAN};
        row[i] = drawn(rule, &reading);
    }
}

/* A process is as busy as its metric with the highest rate, over all its files. The places of a process stand
 * together. */
static void note_rates(struct top_model *model, size_t metric)
{
    const struct top_place *places = &model->places[model->metrics[metric].first];
    double rate = 0;
    for (size_t i = 0; i < model->metrics[metric].count; i++) {
        const struct top_file *file = &model->files[places[i].file];
        float one = file->history[model->slot * file->count + places[i].field];
        if (i > 0 && file->process != model->files[places[i - 1].file].process)
            rate = 0;
        rate += isnan(one) ? 0 : one;
        struct top_process *process = &model->processes[file->process];
        if (fabs(rate) > fabs(process->busiest)) {
            process->busiest = rate;
            process->busiest_metric = metric;
        }
    }
}

static void take_numbers(struct top_model *model)
{
    model->slot = (model->slot + 1) % TOP_HISTORY;
    model->rounds += model->rounds < TOP_HISTORY;
    model->round++;
    for (size_t i = 0; i < model->process_count; i++)
        model->processes[i].busiest = 0;
    for (size_t i = 0; i < model->file_count; i++)
        take_file(model, &model->files[i]);
    for (size_t i = 0; i < model->metric_count; i++) {
        struct top_metric *metric = &model->metrics[i];
        metric->now = read_places(model, &metric->rule, &model->places[metric->first], metric->count);
        metric->history[model->slot] = drawn(&metric->rule, &metric->now);
        if (metric->rule.draws_rate)
            note_rates(model, i);
    }
}

/* --- model.h ------------------------------------------------------------------------------------------------------ */

void top_model_begin(struct top_model *model, struct mms_watch *watch, const struct mms_tool_options *options)
{
    *model = (struct top_model){.watch = watch, .options = options};
}

int top_model_round(struct top_model *model)
{
    int error = top_index_is_current(model) ? 0 : top_index_make(model);
    if (error < 0)
        return error;
    count_samples(model);
    take_numbers(model);
    return 0;
}

void top_model_end(struct top_model *model)
{
    for (size_t i = 0; i < model->file_count; i++) {
        free(model->files[i].path);
        free(model->files[i].metrics);
        free(model->files[i].history);
    }
    for (size_t i = 0; i < model->metric_count; i++)
        free(model->metrics[i].history);
    free(model->files);
    free(model->processes);
    free(model->metrics);
    free(model->places);
    free(model->texts);
    free(model->scratch);
    *model = (struct top_model){0};
}

/* The first of a metric's places that is in this file or a later one. */
static size_t place_at(const struct top_model *model, const struct top_metric *metric, size_t file)
{
    size_t low = metric->first, high = metric->first + metric->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (model->places[middle].file < file)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

size_t top_model_places(const struct top_model *model, const struct top_metric *metric,
                        const struct top_process *process, const struct top_place **first)
{
    size_t from = metric->first, to = metric->first + metric->count;
    if (process != NULL) {
        from = place_at(model, metric, process->first);
        to = place_at(model, metric, process->first + process->count);
    }
    *first = &model->places[from];
    return to - from;
}

struct top_reading top_model_read(const struct top_model *model, const struct top_metric *metric,
                                  const struct top_process *process)
{
    const struct top_place *places;
    if (process == NULL)
        return metric->now;
    size_t count = top_model_places(model, metric, process, &places);
    return read_places(model, &metric->rule, places, count);
}

static const struct top_metric *metric_at(const struct top_model *model, const struct top_place *place)
{
    return &model->metrics[model->files[place->file].metrics[place->field]];
}

struct top_reading top_model_read_place(const struct top_model *model, const struct top_place *place)
{
    return read_places(model, &metric_at(model, place)->rule, place, 1);
}

/* Where in a history number i of `rounds` stands. */
static size_t slot_of(const struct top_model *model, size_t i)
{
    return (model->slot + TOP_HISTORY - model->rounds + 1 + i) % TOP_HISTORY;
}

void top_model_place_history(const struct top_model *model, const struct top_place *place, double out[TOP_HISTORY])
{
    const struct top_file *file = &model->files[place->file];
    for (size_t i = 0; i < model->rounds; i++)
        out[i] = file->history[slot_of(model, i) * file->count + place->field];
}

void top_model_history(const struct top_model *model, const struct top_metric *metric,
                       const struct top_process *process, double out[TOP_HISTORY])
{
    const struct top_place *places;
    unsigned seen[TOP_HISTORY] = {0};
    double one[TOP_HISTORY];
    if (process == NULL) {
        for (size_t i = 0; i < model->rounds; i++)
            out[i] = metric->history[slot_of(model, i)];
        return;
    }
    size_t count = top_model_places(model, metric, process, &places);
    for (size_t i = 0; i < model->rounds; i++)
        out[i] = NAN;
    for (size_t k = 0; k < count; k++) {
        top_model_place_history(model, &places[k], one);
        add_history(metric->rule.way, out, seen, one, model->rounds);
    }
    for (size_t i = 0; i < model->rounds && metric->rule.way == TOP_MEAN; i++)
        out[i] /= seen[i];
}
