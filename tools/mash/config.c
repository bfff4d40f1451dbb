/* SPDX-License-Identifier: MIT
 *
 * config.c - what Prometheus has to be told. */

#include <string.h>

#include "tools/common/exits.h"
#include "tools/common/output.h"
#include "tools/mash/mash.h"

/* What Prometheus asks for; where mmash listens at all addresses, a name that it was told. false: it cannot ask
 * there. */
static bool name_target(const struct mash_address *address, const struct mash_options *options, char *out, size_t size)
{
    char host[INET6_ADDRSTRLEN];
    unsigned port = mash_address_port(address);
    if (port == 0 || !mash_address_host(address, host))
        return false;
    if (mash_address_is_wildcard(address))
        snprintf(out, size, "%s:%u", options->host_count > 0 ? options->hosts[0] : "localhost", port);
    else
        snprintf(out, size, address->any.sa_family == AF_INET6 ? "[%s]:%u" : "%s:%u", host, port);
    return true;
}

int mash_print_config(struct mash_options *options)
{
    char target[512];
    mash_options_complete(options);
    for (size_t i = 0; i < options->address_count; i++)
        if (name_target(&options->addresses[i], options, target, sizeof target)) {
            mms_metrics_print_config(stdout, target); /* one is enough: all have the same metrics */
            return MMS_EXIT_OK;
        }
    mms_complain("--print-prometheus-config needs a --listen with an IP address and a port that is not 0");
    return MMS_EXIT_USAGE;
}
