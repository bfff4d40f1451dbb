/* SPDX-License-Identifier: MIT
 *
 * common.h - what the benchmarks share: options, rows that are measured in turn, tables and JSON, a directory, cores.
 *
 * Why not Google Benchmark: a figure here is a ratio to another row of the same run, so every row takes its turn in
 * each of many rounds, in an order that is shuffled for each. That library interleaves repetitions, but does not divide
 * one row by another, stay on a core, work between samples or print these rows; what would be left of it is the loop.
 *
 * What fails here ends the program, with exit status 1: benchmarks have nothing better to do. */
#ifndef MMSTATS_BENCH_COMMON_H
#define MMSTATS_BENCH_COMMON_H

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <json-c/json.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { BENCH_OK = 0, BENCH_FAILED = 1, BENCH_USAGE = 2 }; /* exit statuses */

/* --- options ------------------------------------------------------------------------------------------------------ */

/* The options that all benchmarks have, and no argument: the input of bench_argp. Zero-initialise it; argp_parse fills
 * it in. */
struct bench_options {
    bool json;
    bool quick;
};

/* For argp's children. The parent has to hand its struct bench_options on, as child_inputs[n]. */
extern const struct argp bench_argp;

/* The same, and how often and how long rows are measured: the input of bench_pace_argp. 0: the default. */
struct bench_pace_options {
    struct bench_options common;
    unsigned turns;
    uint64_t sample_us;
};
extern const struct argp bench_pace_argp;

/* Parses the arguments of a benchmark; ends the program, with BENCH_USAGE, when they are wrong. */
void bench_parse(const struct argp *argp, int argc, char **argv, void *input);

/* A whole number of an option, from least to most; else the program ends with BENCH_USAGE. */
uint64_t bench_number(struct argp_state *state, const char *option, const char *text, uint64_t least, uint64_t most);

/* --- the machine -------------------------------------------------------------------------------------------------- */

/* Ends the program with a message: "bench: what: text of error". error: negative errno; 0: none. */
__attribute__((noreturn)) void bench_fail(const char *what, int error);

/* What a program ends with that has printed everything: BENCH_OK, or it ends here, with a message. */
int bench_printed(void);

/* Nanoseconds since some fixed moment; and those for which this thread had a core: what others did on it meanwhile does
 * not count. */
uint64_t bench_now(void);
uint64_t bench_thread_time(void);

/* How many cores this process may use, and the n-th of them (modulo their number), counted from the last one: core 0
 * often has the interrupts. */
size_t bench_cores(void);
size_t bench_core(size_t n);

/* Keeps the calling thread on one core. */
void bench_pin(size_t core);

/* A new directory, on a tmpfs where there is one; it goes away, with what is in it, when the program ends or, so that a
 * program that is killed leaves nothing, as soon as what is in it is open. */
const char *bench_directory(void);
void bench_directory_done(void);

/* Memory of `size` bytes, zero, shared as that of a file on a tmpfs is. With `again` it is mapped twice, as a reader in
 * another process would have it. */
void *bench_map(size_t size, void **again);

/* --- rows --------------------------------------------------------------------------------------------------------- */

/* Something that is done again and again. Texts are not copied. */
struct bench_row {
    const char *name;
    const char *format;                       /* of the file; or what else it is about */
    size_t fields;                            /* how many different ones are updated, or read */
    void (*run)(void *context, size_t times); /* does it `times` times */
    void (*between)(void *context);           /* after each run, not measured; NULL: nothing */
    void *context;
    size_t per;                               /* operations in one time; 0: 1. Figures are per operation */
    size_t most;                              /* times in one run at most; 0: no limit */
    const struct bench_row *plain;            /* what the ratio is to; NULL: to itself */
    double ns_median, ns_min, ns_max;         /* results */
};

enum { BENCH_ROWS = 512, BENCH_NOTES = 16 };

struct bench_table {
    struct bench_row rows[BENCH_ROWS];
    size_t count;
    char *notes[BENCH_NOTES]; /* what is to be said besides: a peer that is missing */
    size_t note_count;
};

/* The row's place, which stays. */
struct bench_row *bench_add(struct bench_table *table, struct bench_row row);
__attribute__((format(printf, 2, 3))) void bench_note(struct bench_table *table, const char *format, ...);

struct bench_pace {
    unsigned turns;      /* rounds in which every row is measured once */
    uint64_t sample_ns;  /* how long one measurement should take */
    uint64_t seed;       /* of the order */
};

/* What the options say; turns: where they do not, and without --quick. */
struct bench_pace bench_pace_of(const struct bench_pace_options *given, unsigned turns, uint64_t seed);

/* Measures all rows: one round to warm up and to find how often a run has to do it, then `turns` rounds. */
void bench_measure(struct bench_table *table, const struct bench_pace *pace);

double bench_ratio(const struct bench_row *row); /* to row->plain */

/* A row is found again by this; NULL: there is none. */
struct bench_key {
    const char *name, *format;
    size_t fields;
};
const struct bench_row *bench_find(const struct bench_table *table, struct bench_key key);

/* --- targets ------------------------------------------------------------------------------------------------------ */

/* row is to take at most limit times as long as base. */
struct bench_target {
    const char *what;
    struct bench_key row, base;
    double limit;
};

/* Prints rows, targets and notes to standard output: as text, or as one JSON object {"rows","targets","notes"} with
 * rows {"name","format","fields","ns_median","ns_min","ns_max","ratio_to_plain"}. Returns the exit status. */
int bench_print(const struct bench_table *table, const struct bench_target *targets, size_t count, bool json);

/* A number for people, of `digits` digits after the point, in JSON. */
json_object *bench_json_double(double value, int digits);

/* Prints an object, and lets go of it. Returns the exit status. */
int bench_json_print(json_object *object);

/* Random numbers, good enough to shuffle with. */
uint64_t bench_random(uint64_t *state);

#ifdef __cplusplus
}
#endif
#endif
