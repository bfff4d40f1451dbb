/* SPDX-License-Identifier: MIT
 *
 * mmash - serve the metrics that programs publish: a page, JSON, and text for Prometheus. */

#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/exits.h"
#include "tools/common/number.h"
#include "tools/common/options.h"
#include "tools/common/output.h"
#include "tools/mash/mash.h"

enum {
    KEY_CONNECTIONS = 0x100,
    KEY_COPY,
    KEY_GLOB,
    KEY_HOST,
    KEY_KIND,
    KEY_LISTEN,
    KEY_NO_SELF,
    KEY_PER_PROCESS,
    KEY_PRINT,
    KEY_TIMEOUT
};

static const char doc[] =
    "Serves the metrics that programs publish: a page with live charts, JSON, and text for Prometheus.\n"
    "Without DIRECTORY and --glob: of the files that MMSTATS_GLOB matches, else of all *.mmstats in the directory "
    "MMSTATS_PATH, else in the temporary directory."
    "\vAnyone who can connect can read everything. SIGTERM, SIGINT and SIGHUP end it. Exit status: 0 it was ended so; 1 it "
    "could not listen, or something else failed; 2 wrong usage.";

static const struct argp_option options[] = {
    {"listen", KEY_LISTEN, "ADDRESS:PORT|unix:PATH", 0,
     "where (127.0.0.1:5002; port 0: any free one); may be given more than once", 0},
    {"glob", KEY_GLOB, "GLOB", 0, "serve the files that match; may be given more than once", 0},
    {"connections", KEY_CONNECTIONS, "N", 0, "at most so many at once (64)", 0},
    {"copy", KEY_COPY, NULL, 0, "read copies of the files instead of mapping them", 0},
    {"host", KEY_HOST, "NAME", 0, "another name that requests may be for, such as this machine's", 0},
    {"kind", KEY_KIND, "GLOB=KIND", 0, "what fields are whose file does not say it: counter, gauge ...", 0},
    {"per-process", KEY_PER_PROCESS, NULL, 0, "/metrics has each process by itself, with its pid", 0},
    {"no-self", KEY_NO_SELF, NULL, 0, "publish no metrics of its own", 0},
    {"timeout", KEY_TIMEOUT, "SECONDS", 0, "close connections that do nothing for so long (10)", 0},
    {"print-prometheus-config", KEY_PRINT, NULL, 0, "print what Prometheus has to be told, and exit", 0},
    {0},
};

/* A decimal number and nothing else; 0: it is none, or too large. */
static unsigned parse_number(const char *text, unsigned max)
{
    uint64_t number;
    return mms_whole_parse(text, 1, max, &number) ? (unsigned)number : 0;
}

enum { HOST_MAX = 253 }; /* as in the DNS; no request is for a longer one */

static void parse_host(const char *argument, struct mash_options *to, struct argp_state *state)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
    if (*argument == '\0' || argument[strspn(argument, allowed)] != '\0' || strlen(argument) > HOST_MAX)
        argp_error(state, "--host takes a name of at most %d bytes without a port, not '%s'", HOST_MAX, argument);
    to->hosts[to->host_count++] = argument;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct mash_options *to = state->input;
    int error;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &to->common;
        return 0;
    case KEY_LISTEN:
        if (!mash_address_parse(argument, &to->addresses[to->address_count]))
            argp_error(state, "--listen takes an IP address and a port, as in 127.0.0.1:5002 or [::1]:5002, or unix: "
                              "and a path of at most 107 bytes, not '%s'", argument);
        to->address_count++;
        return 0;
    case KEY_GLOB:
        to->globs[to->glob_count++] = argument;
        return 0;
    case KEY_CONNECTIONS:
        to->connections = parse_number(argument, MASH_CONNECTIONS_MAX);
        if (to->connections == 0)
            argp_error(state, "--connections takes a number from 1 to %d, not '%s'", MASH_CONNECTIONS_MAX, argument);
        return 0;
    case KEY_TIMEOUT:
        to->timeout = parse_number(argument, MASH_TIMEOUT_MAX);
        if (to->timeout == 0)
            argp_error(state, "--timeout takes a number of seconds from 1 to %d, not '%s'", MASH_TIMEOUT_MAX, argument);
        return 0;
    case KEY_COPY:
        to->common.mode = MMS_READ_COPY;
        return 0;
    case KEY_HOST:
        parse_host(argument, to, state);
        return 0;
    case KEY_KIND:
        if ((error = mms_kinds_add(&to->kinds, argument)) == -EINVAL)
            argp_error(state, "--kind takes a glob of labels, = and a kind, as in 'web.*=counter'");
        return -error;
    case KEY_PER_PROCESS:
        to->per_process = true;
        return 0;
    case KEY_NO_SELF:
        to->no_self = true;
        return 0;
    case KEY_PRINT:
        to->print_config = true;
        return 0;
    case ARGP_KEY_ARG:
        to->directories[to->directory_count++] = argument;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int main(int argc, char **argv)
{
    static const struct argp_child children[] = {{&mms_order_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {options, parse, "[DIRECTORY...]", doc, children, NULL, NULL};
    struct mash_options to;

    mms_output_begin();
    mms_options_begin("mmash");
    if (!mash_options_begin(&to, (size_t)argc) || argp_parse(&argp, argc, argv, 0, NULL, &to) != 0) {
        mms_complain("out of memory");
        return MMS_EXIT_FAILED;
    }
    int status = to.print_config ? mash_print_config(&to) : mash_run(&to);
    mash_options_free(&to);
    return status;
}
