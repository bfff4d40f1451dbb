/* SPDX-License-Identifier: MIT
 *
 * clocks.c - the clocks of timers, but for the processor's own (tsc.c), and the part of moving averages that is not
 * inline. */

#include <time.h>

#include "mmstats/writer.h"

static uint64_t nanoseconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t mms_clock_monotonic(void)
{
    return nanoseconds(CLOCK_MONOTONIC);
}

uint64_t mms_clock_coarse(void)
{
    return nanoseconds(CLOCK_MONOTONIC_COARSE);
}

uint64_t mms_clock_thread(void)
{
    return nanoseconds(CLOCK_THREAD_CPUTIME_ID);
}

void mms_moving_resum(mms_moving *field)
{
    const double *window = (const double *)(const void *)(field->state + 1);
    double sum = 0;
    for (uint32_t i = 0; i < field->state->count; i++)
        sum += window[i];
    field->state->sum = sum;
    field->state->next = 0;
}
