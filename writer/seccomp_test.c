/* SPDX-License-Identifier: MIT
 *
 * seccomp_test.c - no update makes a syscall or allocates memory: a million of every kind, in each format, in processes
 * that a seccomp filter kills at anything but their end. */

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "mmstats/writer.h"

#define ROUNDS 1000000

/* --- allocation is counted ---------------------------------------------------------------------------------------- */

static unsigned long allocations;

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);

void *malloc(size_t size)
{
    allocations++;
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    allocations++;
    return __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
    allocations++;
    return __libc_realloc(memory, size);
}

/* --- the model ---------------------------------------------------------------------------------------------------- */

struct all {
    mms_counter counter;
    mms_u64 u64;
    mms_i64 i64;
    mms_u32 u32;
    mms_i32 i32;
    mms_u16 u16;
    mms_i16 i16;
    mms_i8 i8;
    mms_float float_;
    mms_double double_;
    mms_bool bool_;
    mms_string string;
    mms_average average;
    mms_moving moving;
    mms_timer timer;
    mms_timer coarse;
    mms_timer tsc;
    mms_struct pair;
    mms_ring_u32 ring_u32;
    mms_ring_u64 ring_u64;
    mms_ring_double ring_double;
    mms_histogram histogram;
    mms_transaction transaction;
};

struct pair {
    double sum;
    uint64_t count;
};

static const struct mms_field fields[] = {
    MMS_COUNTER(struct all, counter, "counter"),
    MMS_U64(struct all, u64, "u64"),
    MMS_I64(struct all, i64, "i64"),
    MMS_U32(struct all, u32, "u32"),
    MMS_I32(struct all, i32, "i32"),
    MMS_U16(struct all, u16, "u16"),
    MMS_I16(struct all, i16, "i16"),
    MMS_I8(struct all, i8, "i8"),
    MMS_FLOAT(struct all, float_, "float"),
    MMS_DOUBLE(struct all, double_, "double"),
    MMS_BOOL(struct all, bool_, "bool"),
    MMS_STRING(struct all, string, 50, "string"),
    MMS_AVERAGE(struct all, average, "average"),
    MMS_MOVING(struct all, moving, 7, "moving"),
    MMS_TIMER(struct all, timer, "timer"),
    MMS_TIMER_OF(struct all, coarse, 7, mms_clock_coarse, "coarse"),
    MMS_TIMER_OF(struct all, tsc, 7, mms_clock_tsc, "tsc"),
    MMS_STRUCT(struct all, pair, struct pair, "dQ", "pair"),
    MMS_TRANSACTION(struct all, transaction), /* from here on, not in all formats: then in private memory */
    MMS_RING_U32(struct all, ring_u32, 7, "ring_u32"),
    MMS_RING_U64(struct all, ring_u64, 7, "ring_u64"),
    MMS_RING_DOUBLE(struct all, ring_double, 7, "ring_double"),
    MMS_HISTOGRAM(struct all, histogram, 2, 20, 1, "histogram"),
};

static struct mms_options options = {.size = sizeof options, .files = "seccomp-{PID}.mmstats"};
MMS_MODEL(model, struct all, fields);

static void update(struct all *all, int i)
{
    mms_counter_inc(&all->counter);
    mms_counter_add(&all->counter, 2);
    mms_u64_add(&all->u64, 1);
    mms_i64_add(&all->i64, -1);
    mms_u32_set(&all->u32, (uint32_t)i);
    mms_i32_add(&all->i32, -1);
    mms_u16_add(&all->u16, 1);
    mms_i16_add(&all->i16, -1);
    mms_i8_add(&all->i8, 1);
    mms_float_add(&all->float_, 0.5f);
    mms_double_set(&all->double_, i);
    mms_bool_set(&all->bool_, i & 1);
    mms_string_set(&all->string, i & 1 ? "a text that is longer than the field, so that it is cut" : "short");
    mms_average_add(&all->average, i);
    mms_moving_add(&all->moving, i);
    mms_transaction_begin(&all->transaction);
    struct pair pair = {i, (uint64_t)i};
    mms_struct_set(&all->pair, &pair, sizeof pair);
    mms_ring_u32_add(&all->ring_u32, (uint32_t)i);
    mms_ring_u64_add(&all->ring_u64, (uint64_t)i);
    mms_ring_double_add(&all->ring_double, i);
    mms_histogram_add(&all->histogram, (uint64_t)i * (uint64_t)i);
    mms_transaction_end(&all->transaction);
}

static void time_it(struct all *all)
{
    mms_timer_start(&all->timer);
    mms_timer_stop(&all->timer);
    MMS_TIMER_SCOPE(&all->coarse);
    MMS_TIMER_SCOPE(&all->tsc);
}

/* --- processes that may do nothing -------------------------------------------------------------------------------- */

static void forbid_syscalls(void)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
    };
    struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
        _exit(77);
}

enum work { NOTHING, A_SYSCALL, AN_ALLOCATION, THE_CLOCK, UPDATES, TIMERS };

static void *volatile sink;

static int work(enum work what, struct all *all)
{
    struct timespec now;
    unsigned long before = allocations;
    switch (what) {
    case NOTHING:
        break;
    case A_SYSCALL:
        syscall(SYS_getppid);
        break;
    case AN_ALLOCATION:
        sink = malloc(1); /* so that the compiler cannot leave it out */
        free(sink);
        break;
    case THE_CLOCK:
        clock_gettime(CLOCK_MONOTONIC, &now);
        break;
    case UPDATES:
        for (int i = 0; i < ROUNDS; i++)
            update(all, i);
        break;
    case TIMERS:
        for (int i = 0; i < ROUNDS; i++)
            time_it(all);
        break;
    }
    return allocations != before;
}

/* What becomes of a process that does the work: its exit code, or minus the signal that ended it. */
static int outcome(enum work what, enum mms_output output, unsigned flags)
{
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        options.output = output;
        options.flags = flags;
        model.options = &options;
        struct all *all = mms_get(&model);
        if ((mms_writer_path(mms_model_writer(&model)) == NULL) != ((flags & MMS_PRIVATE) != 0))
            _exit(78);
        forbid_syscalls();
        _exit(work(what, all));
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return 79;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static int failures;

static void expect(const char *what, int got, int wanted)
{
    if (got == wanted)
        return;
    failures++;
    fprintf(stderr, "FAILED: %s: %d instead of %d\n", what, got, wanted);
}

static const struct {
    const char *name;
    enum mms_output output;
    unsigned flags;
} formats[] = {
    {"version 2", MMS_OUTPUT_V2, 0},
    {"version 1", MMS_OUTPUT_V1, 0},
    {"version 1 with a sequence", MMS_OUTPUT_V1, MMS_SEQUENCE},
    {"packed version 1", MMS_OUTPUT_V1_PACKED, 0},
    {"private memory", MMS_OUTPUT_V2, MMS_PRIVATE},
};

int main(void)
{
    setenv("MMSTATS_PATH", getenv("TEST_TMPDIR") != NULL ? getenv("TEST_TMPDIR") : "/tmp", 1);
    unsetenv("MMSTATS_DISABLE");
    expect("a process that does nothing", outcome(NOTHING, MMS_OUTPUT_V2, 0), 0);
    expect("the filter notices a syscall", outcome(A_SYSCALL, MMS_OUTPUT_V2, 0), -SIGSYS);
    expect("the counter notices an allocation", outcome(AN_ALLOCATION, MMS_OUTPUT_V2, 0), 1);
    bool clock_is_free = outcome(THE_CLOCK, MMS_OUTPUT_V2, 0) == 0;
    if (!clock_is_free)
        printf("SKIPPED: timers; on this machine the clock itself is a syscall\n");
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        printf("%s: a million updates of every kind%s\n", formats[i].name, clock_is_free ? ", and of timers" : "");
        expect(formats[i].name, outcome(UPDATES, formats[i].output, formats[i].flags), 0);
        if (clock_is_free)
            expect(formats[i].name, outcome(TIMERS, formats[i].output, formats[i].flags), 0);
    }
    return failures != 0;
}
