/* SPDX-License-Identifier: MIT
 *
 * listen.h - the addresses that mmash listens at. */
#ifndef MMSTATS_TOOLS_MASH_LISTEN_H
#define MMSTATS_TOOLS_MASH_LISTEN_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

struct mash_address {
    const char *text; /* as it was given */
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
        struct sockaddr_un local;
    };
    socklen_t size;
    int fd; /* -1 until it listens */
    dev_t device; /* and inode: what the path of a local one leads to */
    ino_t inode;
};

/* Reads "127.0.0.1:5002", "[::1]:5002" or "unix:PATH". false: it is none of these. */
bool mash_address_parse(const char *text, struct mash_address *address);

/* Makes the socket; then port 0 has become the real one. Says on standard error why it cannot. */
bool mash_address_listen(struct mash_address *address);

/* Closes the socket, and removes the name of a local one, as long as it leads there. */
void mash_address_close(struct mash_address *address);

/* The address without its port: "127.0.0.1", "::1". false: it has none. */
bool mash_address_host(const struct mash_address *address, char out[INET6_ADDRSTRLEN]);

unsigned mash_address_port(const struct mash_address *address); /* 0: none, or not known yet */
bool mash_address_is_wildcard(const struct mash_address *address);

/* "http://127.0.0.1:5002", "unix:PATH" */
void mash_address_put(FILE *out, const struct mash_address *address);

#endif
