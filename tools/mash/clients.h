/* SPDX-License-Identifier: MIT
 *
 * clients.h - the connections, and how long each may take to send its next request.
 *
 * libmicrohttpd closes those that do nothing; but one that sends a byte now and then does something. One thread accepts
 * and looks at the clock, the server's does all else; what both touch is behind one lock. */
#ifndef MMSTATS_TOOLS_MASH_CLIENTS_H
#define MMSTATS_TOOLS_MASH_CLIENTS_H

#include <pthread.h>
#include <stdbool.h>

struct mash_client {
    int fd;
    bool started; /* the server has it; before that it stands in a queue of libmicrohttpd's */
    bool asks;    /* it is among those whose next request is not whole */
    bool late;    /* and was told so: nothing else is to be sent */
    double due;   /* by mash_clock */
    struct mash_client *before, *after;
};

struct mash_clients {
    pthread_mutex_t lock;
    struct mash_client *first, *last; /* those that ask, the one that is due first at the front */
    double patience;                  /* seconds */
    unsigned count;                   /* of all */
};

/* Returns 0 or -errno. */
int mash_clients_begin(struct mash_clients *clients, double patience);
void mash_clients_end(struct mash_clients *clients);

unsigned mash_clients_count(struct mash_clients *clients);

/* Accepted: from now on its request is waited for. Returns whether there was memory. */
bool mash_clients_add(struct mash_clients *clients, int fd);

/* It was handed over in vain. */
void mash_clients_drop(struct mash_clients *clients, int fd);

/* The server has it. NULL: it is not known; its connection is to end. */
struct mash_client *mash_client_start(struct mash_clients *clients, int fd);

/* Its request is whole. false: too late. */
bool mash_client_has_asked(struct mash_clients *clients, struct mash_client *client);

/* Its answer is taken, and the next request is waited for. */
void mash_client_asks_again(struct mash_clients *clients, struct mash_client *client);

/* Its connection ends, but its descriptor is still open. */
void mash_client_end(struct mash_clients *clients, struct mash_client *client);

/* Tells those whose time is over so, and hangs up. Returns the next moment; infinity: there is none. */
double mash_clients_hurry(struct mash_clients *clients, double now);

#endif
