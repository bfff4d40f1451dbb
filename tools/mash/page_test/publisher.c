/* SPDX-License-Identifier: MIT
 *
 * publisher.c - a program that publishes metrics which move, for the tests and the picture of mmash's page: what a web
 * server would, and fields of labels that are given. Runs until it is ended, and leaves its file behind. */

#define _GNU_SOURCE
#include <argp.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mmstats/version.h"
#include "mmstats/writer.h"

enum { STEP_MS = 20, LABELS_MAX = 64 };

static const double PI = 3.14159265358979323846;

/* --- the fields --------------------------------------------------------------------------------------------------- */

struct web {
    mms_counter requests;
    mms_counter errors;
    mms_counter sent;
    mms_u64 memory;
    mms_double latency;
    mms_u32 in_flight;
    mms_string state;
    mms_histogram answers;
};

#define DURATION(type, member, ...) \
    MMS_FIELD_(MMS_KIND_DOUBLE, type, member, mms_double, MMS_METRIC_DURATION, 0, NULL, __VA_ARGS__)

static const struct mms_field v1_fields[] = {
    MMS_COUNTER(struct web, requests, "web.requests", "requests", "requests that were answered"),
    MMS_COUNTER(struct web, errors, "web.errors", "requests", "requests that were answered with 4xx or 5xx"),
    MMS_COUNTER(struct web, sent, "web.sent", "bytes", "bytes of the answers"),
    MMS_U64(struct web, memory, "web.memory", "bytes", "memory in use"),
    MMS_U32(struct web, in_flight, "web.in_flight", "requests", "requests that are being answered"),
    DURATION(struct web, latency, "web.latency", "seconds", "time to answer a request, mean of the last ones"),
    MMS_STRING(struct web, state, 40, "web.state"),
    MMS_STATIC_TEXT("4.2.0", "web.version"),
};
static const struct mms_field v2_fields[] = {
    MMS_HISTOGRAM(struct web, answers, 2, 20, 0.000001, "web.answers", "seconds", "time to answer a request"),
};

/* --- what happens ------------------------------------------------------------------------------------------------- */

struct model {
    unsigned noise; /* state of rand_r */
    double phase;
    bool histogram;
    double requests, errors, bytes; /* parts of the next one */
};

static double wave(double now, double period, double phase)
{
    return sin(2 * PI * now / period + phase);
}

static void count(mms_counter *counter, double *part, double rate)
{
    *part += rate * STEP_MS / 1000;
    double whole = floor(*part);
    *part -= whole;
    mms_counter_add(counter, (uint64_t)whole);
}

static void step(struct web *web, struct model *model, double now)
{
    double phase = model->phase;
    double noise = rand_r(&model->noise) / (double)RAND_MAX;
    double load = 1 + 0.35 * wave(now, 47, phase) + 0.2 * wave(now, 13, phase * 2) + 0.1 * noise;
    count(&web->requests, &model->requests, 420 * load);
    count(&web->errors, &model->errors, 6 * load * load);
    count(&web->sent, &model->bytes, 9.0e6 * load);
    mms_u64_set(&web->memory, (uint64_t)(190e6 + 35e6 * wave(now, 90, phase) + 1e6 * noise));
    mms_u32_set(&web->in_flight, (unsigned)(8 * load * load + 3 * noise));
    mms_double_set(&web->latency, 0.0035 * load * load + 0.0004 * noise);
    if (model->histogram)
        mms_histogram_add(&web->answers, (uint64_t)(3500 * load));
    mms_string_set(&web->state, load > 1.3 ? "busy" : "serving");
}

/* --- the program -------------------------------------------------------------------------------------------------- */

struct arguments {
    struct mms_options writer;
    const char *labels[LABELS_MAX]; /* fields more: a number, and a text that is the label */
    unsigned label_count;
    unsigned fields; /* counters more */
    unsigned seed;
    bool still;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case '1':
        arguments->writer.output = MMS_OUTPUT_V1;
        return 0;
    case 'l':
        if (arguments->label_count == LABELS_MAX)
            argp_error(state, "at most %d labels", LABELS_MAX);
        arguments->labels[arguments->label_count++] = arg;
        return 0;
    case 'n':
        arguments->fields = (unsigned)strtoul(arg, NULL, 10);
        return 0;
    case 's':
        arguments->seed = (unsigned)strtoul(arg, NULL, 10);
        return 0;
    case 'q':
        arguments->still = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {
    {"v1", '1', NULL, 0, "a file of version 1", 0},
    {"label", 'l', "LABEL", 0, "a number with this label, and a text \"text LABEL\" that is it", 0},
    {"fields", 'n', "N", 0, "so many counters more", 0},
    {"seed", 's', "N", 0, "where the curves begin", 0},
    {"still", 'q', NULL, 0, "nothing changes after the start", 0},
    {0},
};

static void add(struct mms_writer *writer, struct mms_field field, const char *label, void *handle)
{
    field.label = label;
    if (mms_writer_add(writer, &field, handle) != 0)
        exit(EXIT_FAILURE);
}

static mms_counter *add_more(struct mms_writer *writer, const struct arguments *arguments)
{
    for (unsigned i = 0; i < arguments->label_count; i++) {
        const char *label = arguments->labels[i];
        char text[300];
        mms_u64 number;
        mms_string string;
        snprintf(text, sizeof text, "text %s", label);
        add(writer, (struct mms_field){.kind = MMS_KIND_U64, .unit = label, .help = label}, label, &number);
        add(writer, (struct mms_field){.kind = MMS_KIND_STRING, .size = 200}, text, &string);
        mms_u64_set(&number, 7 + i);
        mms_string_set(&string, label);
    }
    mms_counter *counters = calloc(arguments->fields + 1, sizeof *counters);
    for (unsigned i = 0; counters != NULL && i < arguments->fields; i++) {
        char label[60];
        snprintf(label, sizeof label, "app.part%02u.metric%04u", i % 40, i);
        add(writer, (struct mms_field){.kind = MMS_KIND_COUNTER}, label, &counters[i]);
    }
    return counters;
}

int main(int argc, char **argv)
{
    struct arguments arguments = {.writer = {.size = sizeof arguments.writer}};
    const struct argp argp = {options, parse, NULL, "Publishes metrics that move.", NULL, NULL, NULL};
    argp_program_version = "publisher " MMS_VERSION;
    argp_parse(&argp, argc, argv, 0, NULL, &arguments);

    struct mms_writer *writer;
    struct web web;
    if (mms_writer_new(&arguments.writer, &writer) != 0)
        return EXIT_FAILURE;
    mms_writer_add_table(writer, v1_fields, sizeof v1_fields / sizeof *v1_fields, &web);
    struct model model = {.noise = arguments.seed, .phase = arguments.seed};
    model.histogram = arguments.writer.output == MMS_OUTPUT_V2; /* version 1 has none */
    if (model.histogram)
        mms_writer_add_table(writer, v2_fields, sizeof v2_fields / sizeof *v2_fields, &web);
    mms_counter *counters = add_more(writer, &arguments);
    if (counters == NULL || mms_writer_open(writer) != 0) {
        fprintf(stderr, "publisher: %s\n", mms_writer_error(writer));
        return EXIT_FAILURE;
    }
    puts(mms_writer_path(writer));
    fflush(stdout);

    const struct timespec pause = {.tv_nsec = STEP_MS * 1000000L};
    for (unsigned i = 0;; i++) {
        if (!arguments.still || i == 0)
            step(&web, &model, i * STEP_MS / 1000.0);
        for (unsigned k = 0; k < arguments.fields && !arguments.still; k++)
            mms_counter_add(&counters[k], k % 7);
        nanosleep(&pause, NULL);
    }
}
