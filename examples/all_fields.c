/* SPDX-License-Identifier: MIT
 *
 * all_fields.c - one field of every kind, with known values, in a file of any format. Prints the file's path, and
 * leaves the file behind: something to try a reader on. */

#define _GNU_SOURCE
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mmstats/version.h"
#include "mmstats/writer.h"

/* --- the fields --------------------------------------------------------------------------------------------------- */

struct all {
    mms_counter counter;
    mms_average average;
    mms_moving moving;
    mms_timer timer;
    mms_u64 u64;
    mms_i64 i64;
    mms_u32 u32;
    mms_i32 i32;
    mms_i16 i16;
    mms_u16 u16;
    mms_i8 byte;
    mms_float float_;
    mms_double double_;
    mms_bool bool_;
    mms_string string;
    mms_struct struct_;
    mms_transaction transaction;
    mms_ring_u32 ring_u32;
    mms_ring_u64 ring_u64;
    mms_ring_double ring_double;
    mms_histogram histogram;
};

/* What the struct publishes: a mean as what it is made of, which readers see as one. */
struct mean {
    double sum;
    uint64_t count;
    uint32_t last;
};

static const struct mms_field fields[] = {
    MMS_COUNTER(struct all, counter, "t.counter", "requests", "what was counted"),
    MMS_AVERAGE(struct all, average, "t.average"),
    MMS_MOVING(struct all, moving, 3, "t.moving"),
    MMS_TIMER(struct all, timer, "t.timer", "seconds", "how long nothing took"),
    MMS_U64(struct all, u64, "t.u64"),
    MMS_I64(struct all, i64, "t.i64"),
    MMS_U32(struct all, u32, "t.u32"),
    MMS_I32(struct all, i32, "t.i32"),
    MMS_I16(struct all, i16, "t.i16"),
    MMS_U16(struct all, u16, "t.u16"),
    MMS_I8(struct all, byte, "t.byte"),
    MMS_FLOAT(struct all, float_, "t.float"),
    MMS_DOUBLE(struct all, double_, "t.double"),
    MMS_BOOL(struct all, bool_, "t.bool"),
    MMS_STRING(struct all, string, 20, "t.string"),
    MMS_STRUCT(struct all, struct_, struct mean, "dQI", "t.struct"),
    MMS_STATIC_FLOAT(1.5, "t.static_float"),
    MMS_STATIC_DOUBLE(2.25, "t.static_double"),
    MMS_STATIC_U32(7, "t.static_u32"),
    MMS_STATIC_I64(-9, "t.static_i64"),
    MMS_STATIC_U64(UINT64_C(1) << 63, "t.static_u64"),
    MMS_STATIC_TEXT("h\xc3\xa9llo", "t.static_text"),
};

/* Not all formats have all kinds. */
static const struct mms_field transactions[] = {
    MMS_TRANSACTION(struct all, transaction),
};
static const struct mms_field rings[] = {
    MMS_RING_U32(struct all, ring_u32, 3, "t.ring_u32"),
    MMS_RING_U64(struct all, ring_u64, 3, "t.ring_u64"),
    MMS_RING_DOUBLE(struct all, ring_double, 3, "t.ring_double"),
    MMS_HISTOGRAM(struct all, histogram, 1, 3, 0.001, "t.histogram", "seconds"),
};

static void update_more(struct all *all)
{
    struct mean mean = {0};
    for (uint32_t i = 1; i <= 5; i++) {
        mean.sum += i;
        mean.count++;
        mean.last = i;
        mms_struct_set(&all->struct_, &mean, sizeof mean);
        mms_ring_u32_add(&all->ring_u32, i);
        mms_ring_u64_add(&all->ring_u64, UINT64_MAX - i);
        mms_ring_double_add(&all->ring_double, i / 2.0);
        mms_histogram_add(&all->histogram, i);
    }
    mms_transaction_begin(&all->transaction);
    mms_counter_inc(&all->counter);
    mms_transaction_end(&all->transaction);
}

static void update(struct all *all)
{
    mms_counter_add(&all->counter, 40);
    mms_counter_inc(&all->counter);
    mms_average_add(&all->average, 1);
    mms_average_add(&all->average, 2);
    for (int i = 0; i < 5; i++)
        mms_moving_add(&all->moving, i);
    mms_timer_start(&all->timer);
    mms_timer_stop(&all->timer);
    mms_u64_set(&all->u64, UINT64_MAX);
    mms_i64_set(&all->i64, INT64_MIN);
    mms_u32_set(&all->u32, UINT32_MAX);
    mms_i32_set(&all->i32, -5);
    mms_i16_set(&all->i16, -3);
    mms_u16_set(&all->u16, UINT16_MAX);
    mms_i8_set(&all->byte, -1);
    mms_float_set(&all->float_, 3.5f);
    mms_double_set(&all->double_, 1e300);
    mms_bool_set(&all->bool_, true);
    char euros[3 * 10 + 1] = "";
    for (int i = 0; i < 10; i++)
        strcat(euros, "\xe2\x82\xac");
    mms_string_set(&all->string, euros); /* cut at a whole character: six of them fit */
}

/* --- the program -------------------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    enum mms_output output;
    unsigned flags;
} formats[] = {
    {"v2", MMS_OUTPUT_V2, 0},
    {"v1", MMS_OUTPUT_V1, 0},
    {"v1-sequence", MMS_OUTPUT_V1, MMS_SEQUENCE},
    {"v1-packed", MMS_OUTPUT_V1_PACKED, 0},
};

struct arguments {
    struct mms_options writer;
    unsigned hold;
};

static void parse_format(const char *name, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (strcmp(name, formats[i].name) == 0) {
            arguments->writer.output = formats[i].output;
            arguments->writer.flags = MMS_KEEP | formats[i].flags;
            return;
        }
    argp_error(state, "--format is v1, v1-sequence, v1-packed or v2, not '%s'", name);
}

static unsigned parse_seconds(const char *text, struct argp_state *state)
{
    char *end;
    errno = 0;
    unsigned long seconds = strtoul(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || *text == '-' || seconds > 1000000)
        argp_error(state, "--hold is a number of seconds, not '%s'", text);
    return (unsigned)seconds;
}

enum { DIR_KEY = 'd', FORMAT_KEY = 'f', PREFIX_KEY = 'p', HOLD_KEY = 'H' };

static const struct argp_option options[] = {
    {"dir", DIR_KEY, "DIR", 0, "directory of the file (MMSTATS_PATH, else the temporary directory)", 0},
    {"format", FORMAT_KEY, "FORMAT", 0, "v2 (the default), v1, v1-sequence or v1-packed", 0},
    {"prefix", PREFIX_KEY, "PREFIX", 0, "text before every label", 0},
    {"hold", HOLD_KEY, "SECONDS", 0, "keep the file live for so long", 0},
    {0},
};

static error_t parse(int key, char *value, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case DIR_KEY:
        arguments->writer.directory = value;
        return 0;
    case FORMAT_KEY:
        parse_format(value, state);
        return 0;
    case PREFIX_KEY:
        arguments->writer.prefix = value;
        return 0;
    case HOLD_KEY:
        arguments->hold = parse_seconds(value, state);
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "there are no arguments: '%s'", value);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int fail(const char *message)
{
    fprintf(stderr, "all_fields: %s\n", message);
    return EXIT_FAILURE;
}

#define COUNT(table) (sizeof(table) / sizeof *(table))

/* A kind that the format does not have works in private memory. */
static int add_fields(struct mms_writer *writer, struct all *all)
{
    int error = mms_writer_add_table(writer, fields, COUNT(fields), all);
    int other = mms_writer_add_table(writer, transactions, COUNT(transactions), all);
    if (error == 0 && other != -ENOTSUP)
        error = other;
    other = mms_writer_add_table(writer, rings, COUNT(rings), all);
    return error == 0 && other != -ENOTSUP ? other : error;
}

int main(int argc, char **argv)
{
    static const struct argp argp = {options, parse, NULL, "Writes a file with one field of every kind.", NULL, NULL,
                                     NULL};
    struct arguments arguments = {.writer = {.size = sizeof arguments.writer, .flags = MMS_KEEP}};
    argp_program_version = "all_fields " MMS_VERSION;
    argp_err_exit_status = 2;
    argp_parse(&argp, argc, argv, 0, NULL, &arguments);

    struct mms_writer *writer;
    struct all all;
    int error = mms_writer_new(&arguments.writer, &writer);
    if (error < 0)
        return fail(strerror(-error));
    if (add_fields(writer, &all) < 0 || mms_writer_open(writer) < 0)
        return fail(mms_writer_error(writer));
    update(&all);
    update_more(&all);
    const char *path = mms_writer_path(writer);
    if (path == NULL)
        return fail("publishing is turned off (MMSTATS_DISABLE)");
    if (puts(path) == EOF || fflush(stdout) == EOF)
        return fail("cannot print the file's name");
    sleep(arguments.hold);
    mms_writer_close(writer);
    return EXIT_SUCCESS;
}
