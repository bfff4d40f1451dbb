/* SPDX-License-Identifier: MIT
 *
 * run.c - the life of the process: signals, sockets that are connected to, moments that come. */

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/common/exits.h"
#include "tools/common/files.h"
#include "tools/common/output.h"
#include "tools/mash/glob.h"
#include "tools/mash/mash.h"
#include "tools/mash/server.h"

static const char default_listen[] = "127.0.0.1:5002";

/* --- options ------------------------------------------------------------------------------------------------------ */

bool mash_options_begin(struct mash_options *options, size_t arguments)
{
    *options = (struct mash_options){.common.mode = MMS_READ_LIVE, .connections = MASH_CONNECTIONS_DEFAULT,
                                     .timeout = MASH_TIMEOUT_DEFAULT};
    options->addresses = calloc(arguments + 1, sizeof *options->addresses);
    options->globs = calloc(arguments + 1, sizeof *options->globs);
    options->directories = calloc(arguments + 1, sizeof *options->directories);
    options->hosts = calloc(arguments + 1, sizeof *options->hosts);
    return options->addresses != NULL && options->globs != NULL && options->directories != NULL &&
           options->hosts != NULL;
}

void mash_options_free(struct mash_options *options)
{
    free(options->addresses);
    free(options->globs);
    free(options->directories);
    free(options->hosts);
    free(options->kinds.rules);
}

void mash_options_complete(struct mash_options *options)
{
    if (options->address_count == 0)
        mash_address_parse(default_listen, &options->addresses[options->address_count++]);
}

/* --- what is served ----------------------------------------------------------------------------------------------- */

struct globs {
    char **list;
    size_t count;
    bool failed;
};

/* Frees the glob. A file must not count twice, whatever names its directory was given by. */
static void add_glob(struct globs *to, char *glob)
{
    char *real = glob != NULL ? mash_glob_real(glob) : NULL;
    free(glob);
    to->failed |= real == NULL;
    to->list[to->count++] = real;
}

static void free_globs(struct globs *globs)
{
    for (size_t i = 0; i < globs->count; i++)
        free(globs->list[i]);
    free(globs->list);
}

static bool make_globs(struct globs *globs, const struct mash_options *options, const struct mash_self *self)
{
    *globs = (struct globs){calloc(options->glob_count + options->directory_count + 2, sizeof *globs->list), 0, false};
    if (globs->list == NULL)
        return false;
    for (size_t i = 0; i < options->glob_count; i++)
        add_glob(globs, strdup(options->globs[i]));
    for (size_t i = 0; i < options->directory_count; i++)
        add_glob(globs, mash_glob_of(options->directories[i], "/*.mmstats"));
    if (globs->count == 0)
        add_glob(globs, mms_files_glob());
    char *own = mash_self_glob(self); /* wherever it is, it is served, too */
    if (own != NULL)
        add_glob(globs, own);
    return !globs->failed;
}

/* Of what should be a directory that can be listed: 0, or what is wrong with it. */
static int trouble_with(const char *directory)
{
    struct stat st;
    if (stat(directory, &st) < 0)
        return errno;
    if (!S_ISDIR(st.st_mode))
        return ENOTDIR;
    return access(directory, R_OK | X_OK) < 0 ? errno : 0;
}

/* It may be made, or opened up, later; but it may be a mistake, too. */
static void complain_unusable(const struct mash_options *options)
{
    for (size_t i = 0; i < options->directory_count; i++) {
        int error = trouble_with(options->directories[i]);
        if (error != 0)
            mms_complain_about(options->directories[i],
                               error == ENOTDIR ? "is no directory (--glob takes files)" : strerror(error));
    }
}

static int open_index(struct mash_server *server, const struct mash_options *options)
{
    struct mms_reader_options how = mms_files_reading(&options->common);
    struct globs globs;

    complain_unusable(options);
    int error = make_globs(&globs, options, &server->self)
                    ? mash_index_open(&server->index, (const char *const *)globs.list, globs.count, &how)
                    : -ENOMEM;
    if (error < 0)
        mms_complain_about(globs.count == 1 && globs.list[0] != NULL ? globs.list[0] : "files", mms_error_text(error));
    free_globs(&globs);
    return error;
}

/* --- names -------------------------------------------------------------------------------------------------------- */

struct names {
    const char **list;
    char (*addresses)[INET6_ADDRSTRLEN];
};

/* After the sockets listen. */
static bool make_names(struct names *names, struct mash_hosts *hosts, const struct mash_options *options)
{
    static const char *const always[] = {"localhost", "127.0.0.1", "::1"};
    enum { ALWAYS = sizeof always / sizeof always[0] };
    names->list = calloc(ALWAYS + options->host_count + options->address_count, sizeof *names->list);
    names->addresses = calloc(options->address_count, sizeof *names->addresses);
    if (names->list == NULL || names->addresses == NULL)
        return false;
    *hosts = (struct mash_hosts){.names = names->list};
    for (size_t i = 0; i < ALWAYS; i++)
        names->list[hosts->count++] = always[i];
    for (size_t i = 0; i < options->host_count; i++)
        names->list[hosts->count++] = options->hosts[i];
    for (size_t i = 0; i < options->address_count; i++) {
        hosts->any_address |= mash_address_is_wildcard(&options->addresses[i]);
        if (mash_address_host(&options->addresses[i], names->addresses[i]))
            names->list[hosts->count++] = names->addresses[i];
    }
    return true;
}

/* --- sockets ------------------------------------------------------------------------------------------------------ */

static bool listen_all(struct mash_options *options)
{
    mash_options_complete(options);
    for (size_t i = 0; i < options->address_count; i++)
        if (!mash_address_listen(&options->addresses[i]))
            return false;
    return true;
}

static void close_all(struct mash_options *options)
{
    for (size_t i = 0; i < options->address_count; i++)
        mash_address_close(&options->addresses[i]);
}

/* Says where it listens: with port 0 nobody else knows. */
static void announce(const struct mash_options *options)
{
    for (size_t i = 0; i < options->address_count; i++) {
        fputs("listening on ", stdout);
        mash_address_put(stdout, &options->addresses[i]);
        putchar('\n');
    }
    fflush(stdout); /* a pipe or file gets it now */
}

/* It stays readable: waits for better times. The first time it says why. */
static void wait_for_descriptors(void)
{
    static bool said;
    if (!said)
        mms_complain("cannot accept connections: %s", mms_error_text(-errno));
    said = true;
    poll(NULL, 0, 100);
}

static void accept_one(struct mash_server *server, int listener)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    int fd = accept4(listener, (struct sockaddr *)&address, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0)
        mash_server_add(server, fd, (struct sockaddr *)&address, size);
    else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)
        wait_for_descriptors();
}

/* --- the loop ----------------------------------------------------------------------------------------------------- */

enum { SIGNALS, NUDGES, LISTENERS };

static int milliseconds_until(double moment)
{
    double left = ceil(1000 * (moment - mash_clock()));
    return !(left < 60000) ? 60000 : left < 0 ? 0 : (int)left;
}

/* Until a signal comes. */
static void loop(struct mash_server *server, const struct mash_options *options, struct pollfd *fds)
{
    for (;;) {
        double now = mash_clock();
        double next = fmin(mash_wake(&server->waiting, now), mash_clients_hurry(&server->clients, now));
        /* The others wait in the kernel, until one is closed. */
        size_t count = LISTENERS + (mash_server_has_room(server) ? options->address_count : 0);
        if (poll(fds, count, milliseconds_until(next)) <= 0)
            continue;
        if (fds[SIGNALS].revents != 0) {
            struct signalfd_siginfo taken;
            if (read(fds[SIGNALS].fd, &taken, sizeof taken) == sizeof taken)
                return;
        }
        if (fds[NUDGES].revents != 0) {
            eventfd_t nudges;
            eventfd_read(server->waiting.wake, &nudges);
        }
        for (size_t i = LISTENERS; i < count; i++)
            if (fds[i].revents != 0 && mash_server_has_room(server))
                accept_one(server, fds[i].fd);
    }
}

static bool serve(struct mash_server *server, struct mash_options *options, int signals)
{
    struct pollfd *fds = calloc(LISTENERS + options->address_count, sizeof *fds);
    int error = fds != NULL ? mash_server_begin(server) : -ENOMEM;
    if (error < 0) {
        mms_complain("cannot begin: %s", mms_error_text(error));
        free(fds);
        return false;
    }
    fds[SIGNALS] = (struct pollfd){signals, POLLIN, 0};
    fds[NUDGES] = (struct pollfd){server->waiting.wake, POLLIN, 0};
    for (size_t i = 0; i < options->address_count; i++)
        fds[LISTENERS + i] = (struct pollfd){options->addresses[i].fd, POLLIN, 0};
    announce(options);
    loop(server, options, fds);
    close_all(options); /* nobody else may come */
    mash_server_end(server, signals);
    free(fds);
    return true;
}

/* What ends it, as a descriptor. Blocked before threads begin, so that all of them inherit it. A hangup does so unless
 * it was started to survive that (nohup). */
static int open_signals(void)
{
    struct sigaction hangup;
    sigset_t signals;
    sigemptyset(&signals);
    if (sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler != SIG_IGN)
        sigaddset(&signals, SIGHUP);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

int mash_run(struct mash_options *options)
{
    struct mash_server server = {.metrics_by = options->per_process ? MMS_METRICS_BY_PROCESS : MMS_METRICS_BY_NOTHING,
                                 .connections = options->connections,
                                 .timeout = options->timeout,
                                 .kinds = options->kinds};
    struct names names = {0};
    bool ok = false;
    int signals = open_signals();
    int error = signals < 0 ? -errno : mash_self_begin(&server.self, options->no_self);

    if (error < 0) {
        mms_complain("cannot begin: %s", mms_error_text(error));
        return MMS_EXIT_FAILED;
    }
    if (listen_all(options) && open_index(&server, options) == 0) {
        if (make_names(&names, &server.hosts, options))
            ok = serve(&server, options, signals);
        else
            mms_complain("out of memory");
        mash_index_close(&server.index);
    }
    close_all(options);
    free(names.list);
    free(names.addresses);
    mash_self_end(&server.self);
    close(signals);
    return ok ? MMS_EXIT_OK : MMS_EXIT_FAILED;
}
