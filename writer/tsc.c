/* SPDX-License-Identifier: MIT
 *
 * tsc.c - the processor's own counter as a clock: on x86-64 the time-stamp counter, on arm64 the virtual counter. */

#include <fcntl.h>
#include <pthread.h>
#include <time.h>
#include <unistd.h>

#include "writer/internal.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <x86intrin.h>
#endif

enum {
    SHIFT = 32,            /* of the factor from ticks to nanoseconds */
    CALIBRATION = 2000000, /* nanoseconds; the error of two readings of the clock, some 30 ns, is 2 in 10^5 of it */
    READINGS = 5           /* of both clocks: the pair that took the least time counts */
};

/* From ticks to nanoseconds; factor 0: ask mms_clock_monotonic. */
struct scale {
    uint64_t factor;
    uint64_t ticks, nanoseconds; /* one moment on both clocks */
};

static struct scale scale;
static void *ready; /* &scale, once it is filled in */
static pthread_mutex_t filling = PTHREAD_MUTEX_INITIALIZER;

/* --- the counter -------------------------------------------------------------------------------------------------- */

#if defined(__x86_64__)

static uint64_t ticks_now(void)
{
    return __rdtsc();
}

/* What the kernel keeps time with when it found the counter unreliable. */
static bool kernel_distrusts(void)
{
    static const char *const slow[] = {"hpet", "acpi_pm", "jiffies", "refined-jiffies", "pit"};
    char name[32] = "";
    int fd = open("/sys/devices/system/clocksource/clocksource0/current_clocksource", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t size = read(fd, name, sizeof name - 1);
    close(fd);
    if (size > 0)
        name[strcspn(name, "\n")] = '\0';
    for (size_t i = 0; i < sizeof slow / sizeof *slow; i++)
        if (strcmp(name, slow[i]) == 0)
            return true;
    return false;
}

/* Does it run at one rate, whatever the processor does to save power, and alike on all processors? */
static bool counter_is_invariant(void)
{
    const unsigned power_management = 0x80000007, invariant = 1u << 8; /* bit of edx */
    unsigned a, b, c, d;
    return __get_cpuid(power_management, &a, &b, &c, &d) && (d & invariant) && !kernel_distrusts();
}

static uint64_t counter_frequency(void)
{
    return 0; /* not to be had everywhere: measured */
}

#elif defined(__aarch64__)

static uint64_t ticks_now(void)
{
    uint64_t ticks;
    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
    return ticks;
}

static bool counter_is_invariant(void)
{
    return true; /* the architecture says so */
}

static uint64_t counter_frequency(void)
{
    uint64_t frequency;
    __asm__ volatile("mrs %0, cntfrq_el0" : "=r"(frequency));
    return frequency;
}

#else

static uint64_t ticks_now(void)
{
    return 0;
}

static bool counter_is_invariant(void)
{
    return false;
}

static uint64_t counter_frequency(void)
{
    return 0;
}

#endif

/* --- its rate ----------------------------------------------------------------------------------------------------- */

/* One moment on both clocks. */
static struct scale read_both(void)
{
    struct scale best = {0};
    uint64_t least = UINT64_MAX;
    for (int i = 0; i < READINGS; i++) {
        uint64_t before = ticks_now(), now = mms_clock_monotonic(), after = ticks_now();
        if (after - before >= least)
            continue;
        least = after - before;
        best = (struct scale){0, before + least / 2, now};
    }
    return best;
}

static uint64_t factor_of(uint64_t nanoseconds, uint64_t ticks)
{
    return ticks != 0 ? (uint64_t)(((unsigned __int128)nanoseconds << SHIFT) / ticks) : 0;
}

static void fill(void)
{
    const struct timespec pause = {.tv_nsec = CALIBRATION};
    if (!counter_is_invariant())
        return;
    struct scale begin = read_both();
    uint64_t frequency = counter_frequency();
    if (frequency != 0) {
        begin.factor = factor_of(1000000000, frequency);
    } else {
        nanosleep(&pause, NULL);
        struct scale end = read_both();
        begin.factor = factor_of(end.nanoseconds - begin.nanoseconds, end.ticks - begin.ticks);
    }
    scale = begin;
}

void mms_tsc_prepare(void)
{
    int state;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state); /* fill() sleeps */
    /* Held: another thread is at it, or was when this process was forked. Nobody waits: until then, and in that child,
     * the clock is mms_clock_monotonic, which tells the same time. */
    if (pthread_mutex_trylock(&filling) == 0) {
        if (mms_once_load(&ready) == NULL) {
            fill();
            mms_once_store(&ready, &scale);
        }
        pthread_mutex_unlock(&filling);
    }
    pthread_setcancelstate(state, NULL);
}

uint64_t mms_clock_tsc(void)
{
    const struct scale *known = mms_once_load(&ready);
    if (__builtin_expect(known == NULL, 0)) {
        mms_tsc_prepare();
        known = mms_once_load(&ready);
    }
    if (known == NULL || known->factor == 0)
        return mms_clock_monotonic();
    int64_t passed = (int64_t)(ticks_now() - known->ticks);
    return known->nanoseconds + (uint64_t)(((__int128)passed * (__int128)known->factor) >> SHIFT);
}
