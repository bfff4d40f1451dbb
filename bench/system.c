/* SPDX-License-Identifier: MIT
 *
 * system.c - what a timer cannot do without, readings of a clock, and what a statsd client does, a datagram. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "bench/peers.h"

#define LOOP __attribute__((noinline, aligned(64))) static void

static volatile int64_t sink;

static inline int64_t clock_pair(clockid_t clock)
{
    struct timespec begin, end;
    clock_gettime(clock, &begin);
    clock_gettime(clock, &end);
    return (end.tv_sec - begin.tv_sec) * 1000000000 + end.tv_nsec - begin.tv_nsec;
}

LOOP monotonic(void *context, size_t times)
{
    (void)context;
    for (size_t i = 0; i < times; i++)
        sink = clock_pair(CLOCK_MONOTONIC);
}

LOOP coarse(void *context, size_t times)
{
    (void)context;
    for (size_t i = 0; i < times; i++)
        sink = clock_pair(CLOCK_MONOTONIC_COARSE);
}

#ifdef __x86_64__
LOOP tsc(void *context, size_t times)
{
    (void)context;
    for (size_t i = 0; i < times; i++) {
        uint64_t begin = __builtin_ia32_rdtsc();
        sink = (int64_t)(__builtin_ia32_rdtsc() - begin);
    }
}
#endif

/* --- UDP ---------------------------------------------------------------------------------------------------------- */

enum { DATAGRAMS = 200 }; /* one after the other: they fit into a socket's default buffer */

static struct {
    int from, to;
    struct sockaddr_in address;
} udp;

LOOP send_datagrams(void *context, size_t times)
{
    static const char text[] = "bench.counter:1|c";
    (void)context;
    for (size_t i = 0; i < times; i++)
        if (sendto(udp.from, text, sizeof text - 1, 0, (struct sockaddr *)&udp.address, sizeof udp.address) < 0)
            bench_fail("sendto", -errno);
}

/* An agent takes them out, in its own time. */
static void receive_datagrams(void *context)
{
    char text[64];
    (void)context;
    while (recv(udp.to, text, sizeof text, MSG_DONTWAIT) > 0)
        continue;
}

static bool open_sockets(void)
{
    socklen_t size = sizeof udp.address;
    udp.address.sin_family = AF_INET;
    udp.address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    udp.from = socket(AF_INET, SOCK_DGRAM, 0);
    udp.to = socket(AF_INET, SOCK_DGRAM, 0);
    return udp.from >= 0 && udp.to >= 0 && bind(udp.to, (struct sockaddr *)&udp.address, size) == 0 &&
           getsockname(udp.to, (struct sockaddr *)&udp.address, &size) == 0 &&
           sendto(udp.from, "", 0, 0, (struct sockaddr *)&udp.address, size) == 0;
}

void bench_add_system(struct bench_table *table, struct bench_plain plain)
{
    struct bench_row row = {.name = "clock_gettime pair", .format = "system", .fields = 1, .run = monotonic,
                            .plain = plain.one};
    bench_add(table, row);
    row.name = "clock_gettime pair, coarse", row.run = coarse;
    bench_add(table, row);
#ifdef __x86_64__
    row.name = "rdtsc pair", row.run = tsc;
    bench_add(table, row);
#endif
    if (!open_sockets()) {
        bench_note(table, "UDP: not measured (no loopback: %s)", strerror(errno));
        return;
    }
    row.name = "UDP sendto, loopback";
    row.run = send_datagrams, row.between = receive_datagrams, row.most = DATAGRAMS;
    bench_add(table, row);
}
