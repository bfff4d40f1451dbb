/* SPDX-License-Identifier: MIT
 *
 * torn - how often a reader gets a value that never was, or an older one than before, by strategy.
 *
 * One thread writes and one reads, each on a core of its own, and each through its own mapping of the same memory. What
 * happens between them is what happens between two processes: caches know physical addresses alone, and compilers
 * cannot see through it. Two threads are easier to start, to stop and to ask for their counts. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/common.h"
#include "bench/torn.h"
#include "mmstats/slot.h"

/* --- what is varied ----------------------------------------------------------------------------------------------- */

struct choice {
    const char *name;
    size_t value;
    bool quick; /* part of a short run */
};

static const struct choice sizes[] = {
    {"8", 8, true}, {"16", 16, true}, {"64", 64, false}, {"256", 256, true}, {"4096", TORN_BYTES, false},
};
static const struct choice paces[] = {
    {"0", 0, true}, {"100", 100, false}, {"1000", 1000, false}, {"10000", 10000, false},
};

/* Where in the mapping buffer 0 begins. */
static const struct choice placements[] = {
    {"aligned", 8192 + 8, true},     /* with the flip in the same cache line */
    {"line", 8192 + 64 - 4, true},   /* a line ends within the first word, as in packed files */
    {"page", 8192 + 4096 - 4, true}, /* and a page, too */
};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
enum { MAPPED = 32768, FILE_SEQUENCE = 64, ROWS = 1024 };

struct row {
    const struct torn_strategy *strategy;
    const struct choice *placement;
    struct torn_run run;
    double together; /* the share of the time in which both ran, at most: others may want the cores, too */
};

/* --- one run ------------------------------------------------------------------------------------------------------ */

static struct torn_view view_of(uint8_t *map, size_t at, size_t bytes)
{
    size_t trailer = (at + 2 * bytes + 7) & ~(size_t)7;
    return (struct torn_view){
        .slot = map + at,
        .bytes = bytes,
        .sequence = (uint64_t *)(void *)(map + trailer),
        .intent = (uint64_t *)(void *)(map + trailer + 8),
        .file_sequence = (uint64_t *)(void *)(map + FILE_SEQUENCE),
    };
}

struct side {
    struct torn_run *run;
    void (*go)(struct torn_run *run);
    size_t core;
    pthread_barrier_t *start;
    double share; /* of the time that it had its core */
};

static void *run_side(void *argument)
{
    struct side *side = argument;
    bench_pin(side->core);
    pthread_barrier_wait(side->start);
    uint64_t begin = bench_now(), ran = bench_thread_time();
    side->go(side->run);
    side->share = (double)(bench_thread_time() - ran) / (double)(bench_now() - begin);
    return NULL;
}

static void run_row(struct row *row, uint8_t *maps[2], uint64_t ns)
{
    const struct timespec time = {(time_t)(ns / 1000000000), (long)(ns % 1000000000)};
    struct torn_run *run = &row->run;
    pthread_t threads[2];
    pthread_barrier_t start;
    size_t bytes = run->writer.bytes;

    memset(maps[0], 0, MAPPED);
    run->writer = view_of(maps[0], row->placement->value, bytes);
    run->reader = view_of(maps[1], row->placement->value, bytes);
    row->strategy->publish(&run->writer, 0); /* both buffers hold values */
    row->strategy->publish(&run->writer, 1);
    struct side sides[2] = {{run, row->strategy->write, bench_core(0), &start, 0},
                            {run, row->strategy->read, bench_core(1), &start, 0}};
    int error = pthread_barrier_init(&start, NULL, 2);
    for (int i = 0; i < 2 && error == 0; i++)
        error = pthread_create(&threads[i], NULL, run_side, &sides[i]);
    if (error != 0)
        bench_fail("cannot start a thread", -error);
    nanosleep(&time, NULL);
    mms_cell_store_64(&run->stop, 1);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&start);
    row->together = sides[0].share < sides[1].share ? sides[0].share : sides[1].share;
}

/* --- which rows --------------------------------------------------------------------------------------------------- */

/* Bit n: the n-th strategy, size ... is wanted; 0: all are. */
struct wanted {
    unsigned strategies, sizes, placements, paces;
};

static bool is_wanted(unsigned set, size_t n)
{
    return set == 0 || (set >> n & 1) != 0;
}

static bool fits(const struct torn_strategy *strategy, size_t bytes, size_t at)
{
    return bytes == 8 && at % 8 == 0 ? strategy->word : strategy->wide;
}

static size_t make_rows(struct row rows[ROWS], const struct wanted *wanted)
{
    size_t count = 0;
    for (size_t s = 0; s < torn_strategy_count; s++)
        for (size_t b = 0; b < COUNT(sizes); b++)
            for (size_t p = 0; p < COUNT(placements); p++)
                for (size_t n = 0; n < COUNT(paces); n++)
                    if (is_wanted(wanted->strategies, s) && is_wanted(wanted->sizes, b) &&
                        is_wanted(wanted->placements, p) && is_wanted(wanted->paces, n) &&
                        fits(&torn_strategies[s], sizes[b].value, placements[p].value)) {
                        rows[count].strategy = &torn_strategies[s];
                        rows[count].placement = &placements[p];
                        rows[count].run.writer.bytes = sizes[b].value;
                        rows[count++].run.pace_ns = paces[n].value;
                    }
    return count;
}

/* --- what came out ------------------------------------------------------------------------------------------------ */

struct sums {
    size_t rows;
    uint64_t reads, torn, backwards;
};

static struct sums sums_of(const struct row *rows, size_t count, bool (*belongs)(const struct row *))
{
    struct sums sums = {0};
    for (size_t i = 0; i < count; i++)
        if (belongs(&rows[i])) {
            sums.rows++;
            sums.reads += rows[i].run.reads;
            sums.torn += rows[i].run.torn;
            sums.backwards += rows[i].run.backwards;
        }
    return sums;
}

static bool is_exact(const struct row *row)
{
    return row->strategy->kind == TORN_EXACT;
}

/* The rows in which a reader is expected to get what never was, and those in which it goes back in time. */
static bool is_naive(const struct row *row)
{
    return strcmp(row->strategy->name, "naive") == 0;
}

static bool is_aligned_naive(const struct row *row)
{
    return strcmp(row->strategy->name, "aligned-naive") == 0;
}

static double retries_per_read(const struct torn_run *run)
{
    uint64_t begun = run->reads + run->busy;
    return begun != 0 ? (double)run->retries / (double)begun : 0;
}

enum { VERDICTS = 4 };

/* What the run showed, in sentences; returns how many. */
static size_t judge(const struct row *rows, size_t count, char verdicts[VERDICTS][160])
{
    struct sums exact = sums_of(rows, count, is_exact), naive = sums_of(rows, count, is_naive);
    struct sums aligned = sums_of(rows, count, is_aligned_naive);
    double together = 0;
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        together += rows[i].together / (double)count;
    snprintf(verdicts[n++], 160, "writer and reader ran side by side in at most %.0f %% of the time", together * 100);
    if (exact.rows > 0)
        snprintf(verdicts[n++], 160, "exact rows: %llu reads, %llu torn, %llu backwards%s",
                 (unsigned long long)exact.reads, (unsigned long long)exact.torn, (unsigned long long)exact.backwards,
                 exact.torn + exact.backwards > 0 ? ": THEY ARE NOT EXACT" : "");
    if (naive.rows > 0)
        snprintf(verdicts[n++], 160, "naive rows: %llu reads, %llu torn%s", (unsigned long long)naive.reads,
                 (unsigned long long)naive.torn, naive.torn == 0 ? ": this run could not see tears" : "");
    if (aligned.rows > 0)
        snprintf(verdicts[n++], 160, "aligned-naive rows: %llu reads, %llu backwards%s",
                 (unsigned long long)aligned.reads, (unsigned long long)aligned.backwards,
                 aligned.backwards == 0 ? ": this run could not see values that go back" : "");
    return n;
}

static int print_text(const struct row *rows, size_t count, char verdicts[VERDICTS][160], size_t verdict_count)
{
    printf("%-13s %5s %-9s %7s %11s %11s %9s %9s %9s %12s\n", "strategy", "bytes", "placement", "pace ns", "writes",
           "reads", "torn", "backwards", "busy", "retries/read");
    for (size_t i = 0; i < count; i++) {
        const struct torn_run *run = &rows[i].run;
        printf("%-13s %5zu %-9s %7llu %11llu %11llu %9llu %9llu %9llu %12.3f\n", rows[i].strategy->name,
               run->writer.bytes, rows[i].placement->name, (unsigned long long)run->pace_ns,
               (unsigned long long)run->writes, (unsigned long long)run->reads, (unsigned long long)run->torn,
               (unsigned long long)run->backwards, (unsigned long long)run->busy, retries_per_read(run));
    }
    puts("");
    for (size_t i = 0; i < verdict_count; i++)
        puts(verdicts[i]);
    return bench_printed();
}

static json_object *json_of_row(const struct row *row)
{
    static const char *const kinds[] = {
        [TORN_EXACT] = "exact", [TORN_CHECKED] = "checked", [TORN_REJECTED] = "rejected"};
    json_object *object = json_object_new_object();
    const struct torn_run *run = &row->run;
    json_object_object_add(object, "strategy", json_object_new_string(row->strategy->name));
    json_object_object_add(object, "kind", json_object_new_string(kinds[row->strategy->kind]));
    json_object_object_add(object, "bytes", json_object_new_uint64(run->writer.bytes));
    json_object_object_add(object, "placement", json_object_new_string(row->placement->name));
    json_object_object_add(object, "pace_ns", json_object_new_uint64(run->pace_ns));
    json_object_object_add(object, "writes", json_object_new_uint64(run->writes));
    json_object_object_add(object, "reads", json_object_new_uint64(run->reads));
    json_object_object_add(object, "torn", json_object_new_uint64(run->torn));
    json_object_object_add(object, "backwards", json_object_new_uint64(run->backwards));
    json_object_object_add(object, "busy", json_object_new_uint64(run->busy));
    json_object_object_add(object, "retries_per_read", bench_json_double(retries_per_read(run), 4));
    return object;
}

static int print_json(const struct row *rows, size_t count, char verdicts[VERDICTS][160], size_t verdict_count)
{
    json_object *all = json_object_new_object(), *list = json_object_new_array(), *notes = json_object_new_array();
    for (size_t i = 0; i < count; i++)
        json_object_array_add(list, json_of_row(&rows[i]));
    for (size_t i = 0; i < verdict_count; i++)
        json_object_array_add(notes, json_object_new_string(verdicts[i]));
    json_object_object_add(all, "rows", list);
    json_object_object_add(all, "notes", notes);
    return bench_json_print(all);
}

/* --- options ------------------------------------------------------------------------------------------------------ */

enum { KEY_SECONDS = 0x100, KEY_STRATEGY, KEY_BYTES, KEY_PLACEMENT, KEY_PACE };

static const char doc[] =
    "Counts torn and outdated reads of one value under a writer on another core.\n"
    "Each option below may be given more than once; without it, there are rows for all that it could be.\v"
    "Exact strategies are flip (8 aligned bytes), latch and sequence: what the library uses for its own files. Exit "
    "status: 0 they had no torn or outdated read; 1 they had, or something failed; 2 wrong usage.";

static const struct argp_option options[] = {
    {"seconds", KEY_SECONDS, "N", 0, "in all, divided over the rows (default: 20; with --quick: 3)", 1},
    {"strategy", KEY_STRATEGY, "NAME", 0,
     "naive, re-read, 'two collects', sequence, latch, latch+intent, seqlock, aligned-naive or flip", 2},
    {"bytes", KEY_BYTES, "N", 0, "size of the value: 8, 16, 64, 256 or 4096", 2},
    {"placement", KEY_PLACEMENT, "NAME", 0, "aligned, line or page: what the value lies across", 2},
    {"pace", KEY_PACE, "NS", 0, "between two publications: 0 (as fast as it goes), 100, 1000 or 10000", 2},
    {0},
};

struct input {
    struct bench_options common;
    uint64_t seconds; /* 0: the default */
    struct wanted wanted;
};

static size_t strategy_named(const char *name)
{
    size_t n = 0;
    while (n < torn_strategy_count && strcmp(torn_strategies[n].name, name) != 0)
        n++;
    return n;
}

static size_t choice_named(const struct choice *choices, size_t count, const char *name)
{
    size_t n = 0;
    while (n < count && strcmp(choices[n].name, name) != 0)
        n++;
    return n;
}

/* Adds number n of count; n is count: there is none. */
static error_t want(struct argp_state *state, unsigned *set, size_t n, size_t count, const char *text)
{
    if (n == count)
        argp_error(state, "no such choice: %s", text);
    *set |= 1u << n;
    return 0;
}

#define WANT(choices, text) \
    want(state, &wanted->choices, choice_named(choices, COUNT(choices), text), COUNT(choices), text)

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct input *input = state->input;
    struct wanted *wanted = &input->wanted;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &input->common;
        return 0;
    case KEY_SECONDS:
        input->seconds = bench_number(state, "seconds", argument, 1, 86400);
        return 0;
    case KEY_STRATEGY:
        return want(state, &wanted->strategies, strategy_named(argument), torn_strategy_count, argument);
    case KEY_BYTES:
        return WANT(sizes, argument);
    case KEY_PLACEMENT:
        return WANT(placements, argument);
    case KEY_PACE:
        return WANT(paces, argument);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static unsigned quick_of(const struct choice *choices, size_t count)
{
    unsigned set = 0;
    for (size_t i = 0; i < count; i++)
        set |= (unsigned)choices[i].quick << i;
    return set;
}

/* --quick: few rows, where nothing else was asked for. */
static void choose_few(struct wanted *wanted)
{
    if (wanted->sizes == 0)
        wanted->sizes = quick_of(sizes, COUNT(sizes));
    if (wanted->paces == 0)
        wanted->paces = quick_of(paces, COUNT(paces));
}

int main(int argc, char **argv)
{
    static const struct argp_child children[] = {{&bench_argp, 0, NULL, 3}, {0}};
    static const struct argp argp = {options, parse, "", doc, children, NULL, NULL};
    static struct row rows[ROWS];
    struct input input = {.seconds = 0};
    char verdicts[VERDICTS][160];
    void *again;

    bench_parse(&argp, argc, argv, &input);
    if (input.common.quick)
        choose_few(&input.wanted);
    uint64_t seconds = input.seconds != 0 ? input.seconds : input.common.quick ? 3 : 20;
    size_t count = make_rows(rows, &input.wanted);
    if (count == 0) {
        fprintf(stderr, "%s: no strategy is for such a value (flip and aligned-naive: 8 aligned bytes alone)\n",
                program_invocation_short_name);
        return BENCH_USAGE;
    }
    void *map = bench_map(MAPPED, &again);
    uint8_t *maps[2] = {map, again};
    bench_cores(); /* before a thread is pinned */
    for (size_t i = 0; i < count; i++)
        run_row(&rows[i], maps, seconds * 1000000000 / count);

    size_t verdict_count = judge(rows, count, verdicts);
    struct sums exact = sums_of(rows, count, is_exact);
    int status = input.common.json ? print_json(rows, count, verdicts, verdict_count)
                                   : print_text(rows, count, verdicts, verdict_count);
    return exact.torn + exact.backwards > 0 ? BENCH_FAILED : status;
}
