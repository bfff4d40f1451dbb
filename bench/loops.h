/* SPDX-License-Identifier: MIT
 *
 * loops.h - loops around what is measured.
 *
 * Where in a cache line a loop of a few instructions begins is luck, in a benchmark as in a program, and is worth a
 * third of its time: the increment of a counter was seen to take 0.54 to 0.75 ns, with the same instructions. So
 * BENCH_LOOP makes four copies of a loop, a quarter of a line apart, and a run goes through each of them.
 *
 * `flatten`: updates are inline, as they are in a file with some dozens of them. In one with hundreds, as the
 * benchmark's own, gcc leaves off at some point, and a counter then costs a call more. */
#ifndef MMSTATS_BENCH_LOOPS_H
#define MMSTATS_BENCH_LOOPS_H

#include <stddef.h>

enum { BENCH_COPIES = 4 };

#ifdef __x86_64__
#define BENCH_NOP_ "1"
#else
#define BENCH_NOP_ "4" /* bytes */
#endif

#define BENCH_COPY_(name, offset, ...)                                                                       \
    __attribute__((noinline, flatten, aligned(64))) static void name##_##offset(void *context, size_t times) \
    {                                                                                                        \
        __asm__ volatile(".rept " #offset "/" BENCH_NOP_ "\n\tnop\n\t.endr");                                \
        __VA_ARGS__                                                                                          \
    }

/* Defines `static void name(void *context, size_t times)`, which executes the code BENCH_COPIES times. */
#define BENCH_LOOP(name, ...)                     \
    BENCH_COPY_(name, 0, __VA_ARGS__)             \
    BENCH_COPY_(name, 16, __VA_ARGS__)            \
    BENCH_COPY_(name, 32, __VA_ARGS__)            \
    BENCH_COPY_(name, 48, __VA_ARGS__)            \
    static void name(void *context, size_t times) \
    {                                             \
        name##_0(context, times);                 \
        name##_16(context, times);                \
        name##_32(context, times);                \
        name##_48(context, times);                \
    }

#endif
