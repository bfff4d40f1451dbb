/* SPDX-License-Identifier: MIT
 *
 * writer - what an update costs, beside a plain increment of a word in memory and beside others' libraries.
 *
 * Compare the ratios of one run: nanoseconds differ from machine to machine and from hour to hour. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/loops.h"
#include "bench/peers.h"
#include "bench/updates.h"

/* --- files: one for each kind of update and each format ----------------------------------------------------------- */

static const struct format {
    const char *name;
    unsigned format; /* BENCH_V2 ... */
    enum mms_output output;
    unsigned flags;
} formats[] = {
    {"v2", BENCH_V2, MMS_OUTPUT_V2, 0},
    {"v1", BENCH_V1, MMS_OUTPUT_V1, 0},
    {"v1-packed", BENCH_PACKED, MMS_OUTPUT_V1_PACKED, 0},
    {"v1-sequence", BENCH_V1_SEQUENCE, MMS_OUTPUT_V1, MMS_SEQUENCE},
};
enum { FORMATS = sizeof formats / sizeof formats[0] };

/* Labels of 11 to 26 bytes: values lie as far apart, and as unaligned in a packed file, as in a program's files. */
static void make_label(char label[48], size_t field, size_t part)
{
    static const char tail[] = ".requests.total";
    int bytes = (int)(field * 7 % sizeof tail);
    snprintf(label, 48, "bench.%04zu%.*s%zu", field, bytes, tail, part);
}

/* Part k of handle i. */
static int add_field(struct mms_writer *writer, const struct bench_update *update, char *handles, size_t i, size_t k)
{
    struct mms_field field = update->fields[k];
    char label[48], *handle = handles + i * update->handle_size + field.offset;
    if (field.kind == MMS_KIND_TRANSACTION && i > 0) { /* a file has one */
        memcpy(handle, handles + field.offset, sizeof(mms_transaction));
        return 0;
    }
    if (field.kind != MMS_KIND_TRANSACTION) {
        make_label(label, i, k);
        field.label = label;
    }
    return mms_writer_add(writer, &field, handle);
}

/* The handles of BENCH_MANY fields in a file of their own. */
static char *make_file(const struct format *format, const struct bench_update *update, size_t number)
{
    char files[64];
    snprintf(files, sizeof files, "%s-%zu.mmstats", format->name, number);
    const struct mms_options options = {.size = sizeof options, .directory = bench_directory(), .files = files,
                                        .output = format->output, .flags = format->flags,
                                        .max_size = 4u << 20};
    struct mms_writer *writer; /* until the program ends */
    int error = mms_writer_new(&options, &writer);
    char *handles = calloc(BENCH_MANY, update->handle_size);
    if (error < 0 || handles == NULL)
        bench_fail(update->name, error);
    for (size_t i = 0; i < BENCH_MANY; i++)
        for (size_t k = 0; k < update->field_count && error == 0; k++)
            error = add_field(writer, update, handles, i, k);
    if (error == 0)
        error = mms_writer_open(writer);
    if (error < 0)
        bench_fail(mms_writer_error(writer), error);
    if (mms_writer_path(writer) == NULL)
        bench_fail("publishing is turned off (MMSTATS_DISABLE): there is nothing to measure", 0);
    return handles;
}

/* --- plain increments --------------------------------------------------------------------------------------------- */

static volatile uint64_t plain_word;

BENCH_LOOP(nothing,
    (void)context;
    for (size_t i = 0; i < times; i++)
        __asm__ volatile("");)

BENCH_LOOP(plain_hot,
    (void)context;
    for (size_t i = 0; i < times; i++)
        plain_word++;)

BENCH_LOOP(plain_in_turn,
    volatile uint64_t *const *words = context;
    for (size_t i = 0; i < times; i++)
        for (size_t k = 0; k < BENCH_MANY; k++)
            (*words[k])++;)

BENCH_LOOP(plain_any_order,
    volatile uint64_t *const *words = context;
    for (size_t i = 0; i < times; i++)
        for (size_t k = 0; k < BENCH_STEPS; k++)
            (*words[bench_order[k]])++;)

/* BENCH_MANY words in shared memory that lie as the slots of these counters do, and are reached through pointers as
 * they are. */
static uint64_t **spread_like(const mms_counter *counters)
{
    uintptr_t first = (uintptr_t)counters[0].slot & ~(uintptr_t)4095;
    uintptr_t end = (uintptr_t)counters[BENCH_MANY - 1].slot + 64;
    char *memory = bench_map(end - first, NULL);
    uint64_t **words = calloc(BENCH_MANY, sizeof *words);
    if (words == NULL)
        bench_fail("no memory", 0);
    for (size_t i = 0; i < BENCH_MANY; i++)
        words[i] = (uint64_t *)(void *)(memory + (((uintptr_t)counters[i].slot - first) & ~(uintptr_t)7));
    return words;
}

static uint64_t **side_by_side(void)
{
    uint64_t *memory = bench_map(BENCH_MANY * sizeof *memory, NULL), **words = calloc(BENCH_MANY, sizeof *words);
    if (words == NULL)
        bench_fail("no memory", 0);
    for (size_t i = 0; i < BENCH_MANY; i++)
        words[i] = memory + i;
    return words;
}

/* --- rows --------------------------------------------------------------------------------------------------------- */

static struct bench_table table;

/* run: a BENCH_LOOP; per: operations each time. */
static const struct bench_row *add_plain(const char *name, const char *format, size_t fields,
                                         void (*run)(void *, size_t), void *context, size_t per)
{
    return bench_add(&table, (struct bench_row){.name = name, .format = format, .fields = fields, .run = run,
                                                .context = context, .per = per * BENCH_COPIES});
}

static void add_update(const struct format *format, const struct bench_update *update, struct bench_plain plain,
                       char *handles)
{
    struct bench_row row = {.name = update->name, .format = format->name, .fields = 1, .run = update->hot,
                            .context = handles, .per = BENCH_COPIES, .plain = plain.one};
    bench_add(&table, row);
    row.fields = BENCH_MANY, row.per = BENCH_MANY * BENCH_COPIES;
    row.run = update->in_turn, row.plain = plain.many;
    bench_add(&table, row);
}

/* Does one of the two values lie in two cache lines? */
static bool is_split(const mms_counter *counter)
{
    uintptr_t at = (uintptr_t)counter->slot;
    return at % 64 > 56 || (at + 8) % 64 > 56;
}

/* Counters, beyond their two rows: in no order that the processor foresees; and one that is split. */
static void add_counters(const struct format *format, const struct bench_row *plain_one, mms_counter *counters,
                         uint64_t **words)
{
    const struct bench_row *plain = add_plain("plain ++, any order", format->name, BENCH_MANY, plain_any_order, words,
                                              BENCH_STEPS);
    bench_add(&table, (struct bench_row){.name = "counter inc, any order", .format = format->name,
                                         .fields = BENCH_MANY, .run = bench_counters_any_order, .context = counters,
                                         .per = BENCH_STEPS * BENCH_COPIES, .plain = plain});
    for (size_t i = 0; i < BENCH_MANY; i++)
        if (is_split(&counters[i])) {
            bench_add(&table, (struct bench_row){.name = "counter inc, across a line", .format = format->name,
                                                 .fields = 1, .run = bench_updates[0].hot, .context = &counters[i],
                                                 .per = BENCH_COPIES, .plain = plain_one});
            return;
        }
}

/* plain: what the ratios are to, if the format has no counters of its own. Returns what they were to. */
static struct bench_plain add_format(const struct format *format, struct bench_plain plain, uint64_t ***words)
{
    for (size_t i = 0; i < bench_update_count; i++) {
        const struct bench_update *update = &bench_updates[i];
        if ((update->formats & format->format) == 0)
            continue;
        char *handles = make_file(format, update, i);
        mms_counter *counters = (mms_counter *)(void *)handles;
        if (i == 0) { /* counters: the plain words lie as they do */
            *words = spread_like(counters);
            plain.many = add_plain("plain ++", format->name, BENCH_MANY, plain_in_turn, *words, BENCH_MANY);
        }
        add_update(format, update, plain, handles);
        if (i == 0)
            add_counters(format, plain.one, counters, *words);
    }
    return plain;
}

static void add_rows(void)
{
    uint64_t random = 1, **words = NULL;
    for (size_t i = 0; i < BENCH_STEPS; i++)
        bench_order[i] = (uint16_t)(bench_random(&random) % BENCH_MANY);

    const struct bench_row *one = add_plain("plain ++", "memory", 1, plain_hot, NULL, 1);
    add_plain("nothing: the loop itself", "memory", 1, nothing, NULL, 1);
    add_plain("plain ++", "memory", BENCH_MANY, plain_in_turn, side_by_side(), BENCH_MANY);
    struct bench_plain plain = add_format(&formats[0], (struct bench_plain){one, NULL}, &words);
    uint64_t **v2_words = words;
    for (size_t i = 1; i < FORMATS; i++)
        add_format(&formats[i], plain, &words);
    bench_add_memory(&table, plain, v2_words);
    bench_add_system(&table, plain);
    bench_add_pcp(&table, plain);
    bench_add_prometheus(&table, plain);
}

/* --- targets ------------------------------------------------------------------------------------------------------ */

#define ALIGNED_TARGETS(format)                                                                                     \
    {format ": counter inc, to plain ++", {"counter inc", format, 1}, {"plain ++", "memory", 1}, 2.0},              \
    {format ": 1000 counters in turn, to plain ++ over 1000", {"counter inc", format, 1000},                        \
     {"plain ++", format, 1000}, 1.15},                                                                             \
    {format ": counter inc, to PCP mmv_inc by pointer", {"counter inc", format, 1}, {"mmv_inc", "pcp-mmv", 1}, 0.25}, \
    {format ": counter inc, to prometheus-cpp", {"counter inc", format, 1},                                         \
     {"Counter::Increment", "prometheus-cpp", 1}, 0.08},                                                            \
    {format ": timer start+stop, to a clock_gettime pair", {"timer start+stop", format, 1},                         \
     {"clock_gettime pair", "system", 1}, 1.1},                                                                     \
    {format ": timer with the tsc clock, to a clock_gettime pair", {"timer start+stop, tsc clock", format, 1},      \
     {"clock_gettime pair", "system", 1}, 0.55}

static const struct bench_target targets[] = {
    ALIGNED_TARGETS("v2"),
    {"v2: string 32, to plain ++", {"string 32", "v2", 1}, {"plain ++", "memory", 1}, 20},
    ALIGNED_TARGETS("v1"),
};

/* --- options ------------------------------------------------------------------------------------------------------ */

enum { KEY_CORE = 0x100, KEY_SEED };

static const char doc[] =
    "Measures nanoseconds per update of every kind of field in every format, beside others.\n"
    "All rows take turns, in an order that is shuffled for each turn; a row's figure is the median over the turns "
    "(21).\v"
    "fields 1: one field again and again; 1000: that many in turn. x plain: to `plain ++` in the same run, over 1000 "
    "to words that lie as far apart as that format's counters. Exit status: 0 it was measured, whatever the figures; "
    "1 failed; 2 wrong usage.";

static const struct argp_option options[] = {
    {"core", KEY_CORE, "N", 0, "the processor core to run on (default: the last one)", 0},
    {"seed", KEY_SEED, "N", 0, "of the order in the turns (default: 1)", 0},
    {0},
};

struct input {
    struct bench_pace_options pace;
    uint64_t seed;
    size_t core;
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct input *input = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &input->pace;
        return 0;
    case KEY_CORE:
        input->core = bench_number(state, "core", argument, 0, 1023);
        return 0;
    case KEY_SEED:
        input->seed = bench_number(state, "seed", argument, 0, UINT64_MAX);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int main(int argc, char **argv)
{
    static const struct argp_child children[] = {{&bench_pace_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {options, parse, "", doc, children, NULL, NULL};
    struct input input = {.core = bench_core(0), .seed = 1};
    bench_parse(&argp, argc, argv, &input);
    struct bench_pace pace = bench_pace_of(&input.pace, 21, input.seed);
    bench_pin(input.core);
    add_rows();
    bench_directory_done();
    bench_measure(&table, &pace);
    return bench_print(&table, targets, sizeof targets / sizeof targets[0], input.pace.common.json);
}
