/* SPDX-License-Identifier: MIT */

#include "tools/mash/clients.h"

#include <math.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "tools/mash/index.h"

int mash_clients_begin(struct mash_clients *clients, double patience)
{
    *clients = (struct mash_clients){.patience = patience};
    return -pthread_mutex_init(&clients->lock, NULL);
}

/* --- the list of those that ask; with the lock -------------------------------------------------------------------- */

/* All may take equally long: who comes last is due last. */
static void append(struct mash_clients *clients, struct mash_client *client)
{
    client->asks = true;
    client->due = mash_clock() + clients->patience;
    client->after = NULL;
    client->before = clients->last;
    *(client->before != NULL ? &client->before->after : &clients->first) = client;
    clients->last = client;
}

static void take_out(struct mash_clients *clients, struct mash_client *client)
{
    if (!client->asks)
        return;
    *(client->before != NULL ? &client->before->after : &clients->first) = client->after;
    *(client->after != NULL ? &client->after->before : &clients->last) = client->before;
    client->asks = false;
}

/* There is one. */
static struct mash_client *take_first(struct mash_clients *clients)
{
    struct mash_client *client = clients->first;
    clients->first = client->after;
    *(client->after != NULL ? &client->after->before : &clients->last) = NULL;
    client->asks = false;
    return client;
}

static void forget(struct mash_clients *clients, struct mash_client *client)
{
    take_out(clients, client);
    clients->count--;
    free(client);
}

/* One that the server does not have yet. */
static struct mash_client *find_queued(struct mash_clients *clients, int fd)
{
    struct mash_client *client = clients->last;
    while (client != NULL && (client->started || client->fd != fd))
        client = client->before;
    return client;
}

/* --- one connection ----------------------------------------------------------------------------------------------- */

bool mash_clients_add(struct mash_clients *clients, int fd)
{
    struct mash_client *client = calloc(1, sizeof *client);
    if (client == NULL)
        return false;
    client->fd = fd;
    pthread_mutex_lock(&clients->lock);
    append(clients, client);
    clients->count++;
    pthread_mutex_unlock(&clients->lock);
    return true;
}

void mash_clients_drop(struct mash_clients *clients, int fd)
{
    pthread_mutex_lock(&clients->lock);
    struct mash_client *client = find_queued(clients, fd);
    if (client != NULL)
        forget(clients, client);
    pthread_mutex_unlock(&clients->lock);
}

struct mash_client *mash_client_start(struct mash_clients *clients, int fd)
{
    pthread_mutex_lock(&clients->lock);
    struct mash_client *client = find_queued(clients, fd);
    if (client != NULL)
        client->started = true;
    pthread_mutex_unlock(&clients->lock);
    return client;
}

bool mash_client_has_asked(struct mash_clients *clients, struct mash_client *client)
{
    pthread_mutex_lock(&clients->lock);
    take_out(clients, client);
    bool late = client->late;
    pthread_mutex_unlock(&clients->lock);
    return !late;
}

void mash_client_asks_again(struct mash_clients *clients, struct mash_client *client)
{
    pthread_mutex_lock(&clients->lock);
    take_out(clients, client);
    if (!client->late)
        append(clients, client);
    pthread_mutex_unlock(&clients->lock);
}

void mash_client_end(struct mash_clients *clients, struct mash_client *client)
{
    pthread_mutex_lock(&clients->lock);
    forget(clients, client);
    pthread_mutex_unlock(&clients->lock);
}

/* --- all of them -------------------------------------------------------------------------------------------------- */

unsigned mash_clients_count(struct mash_clients *clients)
{
    pthread_mutex_lock(&clients->lock);
    unsigned count = clients->count;
    pthread_mutex_unlock(&clients->lock);
    return count;
}

/* With the lock, under which no answer can begin: nothing else is being sent. */
static void hang_up(struct mash_client *client)
{
    static const char answer[] = "HTTP/1.1 408 Request Timeout\r\n"
                                 "Content-Type: application/json\r\n"
                                 "Content-Length: 55\r\n"
                                 "Cache-Control: no-store\r\n"
                                 "Connection: close\r\n"
                                 "\r\n"
                                 "{\"error\": \"the request was not whole after some time\"}\n";
    client->late = true;
    send(client->fd, answer, sizeof answer - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
    shutdown(client->fd, SHUT_RDWR);
}

double mash_clients_hurry(struct mash_clients *clients, double now)
{
    pthread_mutex_lock(&clients->lock);
    while (clients->first != NULL && clients->first->due <= now) {
        struct mash_client *client = take_first(clients);
        if (client->started)
            hang_up(client);
        else /* libmicrohttpd had no memory for it, and closed it without a word */
            forget(clients, client);
    }
    double next = clients->first != NULL ? clients->first->due : INFINITY;
    pthread_mutex_unlock(&clients->lock);
    return next;
}

void mash_clients_end(struct mash_clients *clients)
{
    while (clients->first != NULL) /* that the server never got */
        forget(clients, take_first(clients));
    pthread_mutex_destroy(&clients->lock);
}
