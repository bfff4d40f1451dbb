/* SPDX-License-Identifier: MIT
 *
 * common.c - options, and the machine that a benchmark runs on. */
#include "bench/common.h"

#include <errno.h>
#include <ftw.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { KEY_JSON = 0x10000, KEY_QUICK, KEY_TURNS, KEY_SAMPLE };

static const struct argp_option options[] = {
    {"json", KEY_JSON, NULL, 0, "print one JSON object", 0},
    {"quick", KEY_QUICK, NULL, 0, "a short run, to see that it works: its figures mean little", 0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct bench_options *to = state->input;
    switch (key) {
    case KEY_JSON:
        to->json = true;
        return 0;
    case KEY_QUICK:
        to->quick = true;
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "no argument is expected: %s", argument);
        return EINVAL;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp bench_argp = {.options = options, .parser = parse};

static const struct argp_option pace_options[] = {
    {"turns", KEY_TURNS, "N", 0, "rounds in which each row is measured once", 0},
    {"sample", KEY_SAMPLE, "US", 0, "microseconds of one measurement (default: 2000)", 0},
    {0},
};

static error_t parse_pace(int key, char *argument, struct argp_state *state)
{
    struct bench_pace_options *to = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &to->common;
        return 0;
    case KEY_TURNS:
        to->turns = (unsigned)bench_number(state, "turns", argument, 1, 10000);
        return 0;
    case KEY_SAMPLE:
        to->sample_us = bench_number(state, "sample", argument, 1, 1000000);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child pace_children[] = {{&bench_argp, 0, NULL, 0}, {0}};

const struct argp bench_pace_argp = {.options = pace_options, .parser = parse_pace, .children = pace_children};

struct bench_pace bench_pace_of(const struct bench_pace_options *given, unsigned turns, uint64_t seed)
{
    bool quick = given->common.quick;
    return (struct bench_pace){
        .turns = given->turns != 0 ? given->turns : quick ? 3 : turns,
        .sample_ns = (given->sample_us != 0 ? given->sample_us : quick ? 50 : 2000) * 1000,
        .seed = seed,
    };
}

void bench_parse(const struct argp *argp, int argc, char **argv, void *input)
{
    argp_err_exit_status = BENCH_USAGE;
    int error = argp_parse(argp, argc, argv, 0, NULL, input);
    if (error != 0)
        bench_fail("arguments", -error);
}

uint64_t bench_number(struct argp_state *state, const char *option, const char *text, uint64_t least, uint64_t most)
{
    char *end;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || errno != 0 || number < least || number > most)
        argp_error(state, "--%s is a number from %llu to %llu", option, (unsigned long long)least,
                   (unsigned long long)most);
    return number;
}

void bench_fail(const char *what, int error)
{
    fprintf(stderr, "%s: %s%s%s\n", program_invocation_short_name, what, error ? ": " : "",
            error ? strerror(-error) : "");
    exit(BENCH_FAILED);
}

int bench_printed(void)
{
    if (fflush(stdout) == 0 && ferror(stdout) == 0)
        return BENCH_OK;
    bench_fail("standard output", -errno);
}

static uint64_t nanoseconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t bench_now(void)
{
    return nanoseconds(CLOCK_MONOTONIC);
}

uint64_t bench_thread_time(void)
{
    return nanoseconds(CLOCK_THREAD_CPUTIME_ID);
}

/* --- cores -------------------------------------------------------------------------------------------------------- */

/* The cores that the process began with: a thread that is pinned, and its children, see just one. */
static const cpu_set_t *cores(void)
{
    static cpu_set_t set;
    static bool known;
    if (!known && sched_getaffinity(0, sizeof set, &set) != 0)
        bench_fail("sched_getaffinity", -errno);
    known = true;
    return &set;
}

size_t bench_cores(void)
{
    return (size_t)CPU_COUNT(cores());
}

size_t bench_core(size_t n)
{
    n %= bench_cores();
    for (size_t core = CPU_SETSIZE; core-- > 0;)
        if (CPU_ISSET(core, cores()) && n-- == 0)
            return core;
    return 0;
}

void bench_pin(size_t core)
{
    cpu_set_t set;
    cores();
    CPU_ZERO(&set);
    CPU_SET(core, &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0)
        bench_fail("cannot stay on one core", -errno);
}

/* --- memory and files --------------------------------------------------------------------------------------------- */

static char directory[64];

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
    (void)status, (void)type, (void)ftw;
    return remove(path);
}

void bench_directory_done(void)
{
    if (directory[0] != '\0')
        nftw(directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    directory[0] = '\0';
}

const char *bench_directory(void)
{
    static const char *const parents[] = {"/dev/shm", "/tmp"};
    for (size_t i = 0; i < sizeof parents / sizeof parents[0] && directory[0] == '\0'; i++) {
        snprintf(directory, sizeof directory, "%s/mmstats-bench-%d-XXXXXX", parents[i], getpid());
        if (mkdtemp(directory) == NULL)
            directory[0] = '\0';
        else
            atexit(bench_directory_done);
    }
    if (directory[0] == '\0')
        bench_fail("no directory for files", -errno);
    return directory;
}

void *bench_map(size_t size, void **again)
{
    int fd = memfd_create("bench", MFD_CLOEXEC);
    if (fd < 0 || ftruncate(fd, (off_t)size) != 0)
        bench_fail("no shared memory", -errno);
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (again != NULL)
        *again = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED || (again != NULL && *again == MAP_FAILED))
        bench_fail("no shared memory", -errno);
    close(fd);
    return memory;
}

uint64_t bench_random(uint64_t *state) /* splitmix64 */
{
    uint64_t x = *state += 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}
