/* SPDX-License-Identifier: MIT
 *
 * main.c - a small web server that publishes metrics: options, the listening socket, the threads' life.
 *
 * metrics.c defines the metrics, pages.c updates them, status.c reads them back. */

#include <argp.h>
#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "metrics.h"
#include "mmstats/version.h"
#include "pages.h"

enum {
    MAX_CONNECTIONS = 1024,
    IDLE_SECONDS = 30, /* then a connection that does nothing is closed */
    GRACE_SECONDS = 10 /* for requests that are under way when the server is to stop */
};

struct options {
    const char *address, *port;
    unsigned threads;
};

static const struct argp_option option_list[] = {
    {"address", 'a', "ADDRESS", 0, "listen on this IP address (127.0.0.1)", 0},
    {"port", 'p', "PORT", 0, "listen on this port (8080); 0: any free one", 0},
    {"threads", 't', "N", 0, "answer with this many threads (4)", 0},
    {0},
};

/* A decimal number and nothing else, or -1. */
static long number(const char *text, long max)
{
    char *end;
    if (*text < '0' || *text > '9')
        return -1;
    errno = 0;
    long n = strtol(text, &end, 10);
    return *end || errno || n > max ? -1 : n;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;
    long n;

    switch (key) {
    case 'a':
        options->address = arg;
        return 0;
    case 'p':
        if (number(arg, 65535) < 0)
            argp_error(state, "--port takes a number from 0 to 65535, not '%s'", arg);
        options->port = arg;
        return 0;
    case 't':
        n = number(arg, WEB_MAX_THREADS);
        if (n < 1)
            argp_error(state, "--threads takes a number from 1 to %d, not '%s'", WEB_MAX_THREADS, arg);
        options->threads = (unsigned)n;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN; /* arguments that are no options, too: they are errors */
    }
}

static const struct argp argp = {
    .options = option_list,
    .parser = parse_option,
    .doc = "A small web server that publishes metrics about itself."
           "\vPages: /, /slow?ms=N, /bad, /status. SIGTERM and SIGINT stop the server. "
           "Its metrics are files in the directory MMSTATS_PATH; slurpstats shows them.",
};

/* A socket that listens, made here and not by libmicrohttpd, to be able to say what went wrong. Returns -1 after
 * reporting it. */
static int listen_on(const struct addrinfo *info, const struct options *options)
{
    int on = 1;
    int fd = socket(info->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    /* Take the port at once when an earlier server's connections are not forgotten yet. */
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
        bind(fd, info->ai_addr, info->ai_addrlen) == 0 && listen(fd, SOMAXCONN) == 0)
        return fd;

    int error = errno;
    fprintf(stderr, "web_server: cannot listen on %s port %s: %s%s\n", options->address, options->port,
            strerror(error), error == EADDRINUSE ? " (choose another --port; 0: any free one)" : "");
    if (fd >= 0)
        close(fd);
    return -1;
}

/* Says where the server listens: with --port 0 nobody else knows. */
static bool announce(int fd)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof(address);
    char host[NI_MAXHOST], port[NI_MAXSERV];

    if (getsockname(fd, (struct sockaddr *)&address, &size) != 0 ||
        getnameinfo((struct sockaddr *)&address, size, host, sizeof(host), port, sizeof(port),
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return false;
    printf(address.ss_family == AF_INET6 ? "listening on http://[%s]:%s\n" : "listening on http://%s:%s\n", host, port);
    return fflush(stdout) == 0; /* a pipe or file gets it now */
}

static struct MHD_Daemon *start(int fd, unsigned threads)
{
    /* libmicrohttpd takes a pool of one for a mistake: no pool is one thread. */
    struct MHD_OptionItem pool[] = {
        {threads > 1 ? MHD_OPTION_THREAD_POOL_SIZE : MHD_OPTION_END, (intptr_t)threads, NULL},
        {MHD_OPTION_END, 0, NULL},
    };
    /* Not epoll: with it, the process was seen to abort once while the daemon was stopped. */
    return MHD_start_daemon(MHD_USE_POLL_INTERNAL_THREAD | MHD_USE_ITC | MHD_USE_ERROR_LOG, 0, NULL, NULL,
                            pages_on_request, NULL, MHD_OPTION_NOTIFY_COMPLETED, pages_on_completed, NULL,
                            MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT, (unsigned)MAX_CONNECTIONS,
                            MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS, MHD_OPTION_ARRAY, pool,
                            MHD_OPTION_END);
}

/* Takes no new connections, and lets requests under way be answered. A second signal cuts that short: then only pages
 * that are being made are waited for, not for anyone to take them. */
static void stop(struct MHD_Daemon *daemon, const sigset_t *signals)
{
    const struct timespec pause = {.tv_nsec = 10 * 1000000};
    int fd = MHD_quiesce_daemon(daemon);
    for (int i = 0; i < GRACE_SECONDS * 100 && pages_under_way() > 0; i++)
        if (sigtimedwait(signals, NULL, &pause) > 0)
            break;
    MHD_stop_daemon(daemon);
    if (fd >= 0)
        close(fd);
}

int main(int argc, char **argv)
{
    struct options options = {.address = "127.0.0.1", .port = "8080", .threads = 4};
    argp_program_version = "web_server (mmstats) " MMS_VERSION;
    argp_err_exit_status = 2;
    argp_parse(&argp, argc, argv, 0, NULL, &options);

    struct addrinfo *info, hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
    if (getaddrinfo(options.address, options.port, &hints, &info) != 0) {
        fprintf(stderr, "web_server: --address takes an IP address, not '%s'\n", options.address);
        return 2;
    }
    int fd = listen_on(info, &options);
    freeaddrinfo(info);
    if (fd < 0)
        return 1;

    /* Blocked before threads begin, so that all of them inherit it, and the signals wait for sigwait below. */
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN); /* a client that went away is no reason to end */

    struct MHD_Daemon *daemon = start(fd, options.threads);
    if (!daemon) {
        fprintf(stderr, "web_server: cannot start %u threads: %s\n", options.threads, strerror(errno));
        close(fd);
        return 1;
    }
    if (!announce(fd)) {
        fprintf(stderr, "web_server: cannot write the address: %s\n", strerror(errno));
        MHD_stop_daemon(daemon);
        return 1;
    }

    int caught;
    sigwait(&signals, &caught);
    stop(daemon, &signals);
    return 0; /* the library removes the files of a process that ends normally */
}
