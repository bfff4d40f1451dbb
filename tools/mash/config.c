/* SPDX-License-Identifier: MIT
 *
 * config.c - what Prometheus has to be told. */

#include <string.h>

#include "tools/common/exits.h"
#include "tools/common/output.h"
#include "tools/mash/mash.h"

/* The name or address that Prometheus asks for; where mmash listens at all addresses, the one that it was told. */
static void put_target(const struct mash_address *address, const struct mash_options *options)
{
    char host[INET6_ADDRSTRLEN];
    if (mash_address_is_wildcard(address))
        printf("          - '%s:%u'\n", options->host_count > 0 ? options->hosts[0] : "localhost",
               mash_address_port(address));
    else if (mash_address_host(address, host))
        printf(address->any.sa_family == AF_INET6 ? "          - '[%s]:%u'\n" : "          - '%s:%u'\n", host,
               mash_address_port(address));
}

int mash_print_config(const struct mash_options *options)
{
    struct mash_address standard;
    const struct mash_address *addresses = options->addresses;
    size_t count = options->address_count, usable = 0;

    if (count == 0) {
        mash_address_parse("127.0.0.1:5002", &standard);
        addresses = &standard;
        count = 1;
    }
    for (size_t i = 0; i < count; i++)
        usable += mash_address_port(&addresses[i]) != 0;
    if (usable < count) {
        mms_complain("--print-prometheus-config needs each --listen to be an address with a port that is not 0: "
                     "Prometheus cannot ask a Unix socket");
        return MMS_EXIT_USAGE;
    }
    puts("scrape_configs:\n  - job_name: mmstats\n    static_configs:\n      - targets:");
    for (size_t i = 0; i < count; i++)
        put_target(&addresses[i], options);
    return MMS_EXIT_OK;
}
