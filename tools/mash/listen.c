/* SPDX-License-Identifier: MIT */

#include "tools/mash/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/common/escape.h"
#include "tools/common/files.h"
#include "tools/common/output.h"

/* --- text --------------------------------------------------------------------------------------------------------- */

static bool parse_local(const char *path, struct mash_address *address)
{
    size_t size = strlen(path);
    if (size == 0 || size >= sizeof address->local.sun_path)
        return false;
    address->local = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(address->local.sun_path, path, size);
    address->size = sizeof address->local;
    return true;
}

/* -1: it is none. */
static int parse_port(const char *text)
{
    int port = 0;
    if (*text == '\0')
        return -1;
    for (; *text != '\0'; text++) {
        port = *text >= '0' && *text <= '9' ? 10 * port + *text - '0' : -1;
        if (port < 0 || port > 65535)
            return -1;
    }
    return port;
}

bool mash_address_parse(const char *text, struct mash_address *address)
{
    char host[INET6_ADDRSTRLEN];
    *address = (struct mash_address){.text = text, .fd = -1};
    if (strncmp(text, "unix:", 5) == 0)
        return parse_local(text + 5, address);

    const char *colon = strrchr(text, ':');
    int port = colon != NULL ? parse_port(colon + 1) : -1;
    size_t size = colon != NULL ? (size_t)(colon - text) : 0;
    bool bracket = size > 2 && text[0] == '[' && text[size - 1] == ']';
    if (bracket) {
        text++;
        size -= 2;
    }
    if (port < 0 || size >= sizeof host)
        return false;
    memcpy(host, text, size);
    host[size] = '\0';
    if (bracket) {
        address->v6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
        address->size = sizeof address->v6;
        return inet_pton(AF_INET6, host, &address->v6.sin6_addr) == 1;
    }
    address->v4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address->size = sizeof address->v4;
    return inet_pton(AF_INET, strcmp(host, "localhost") == 0 ? "127.0.0.1" : host, &address->v4.sin_addr) == 1;
}

bool mash_address_host(const struct mash_address *address, char out[INET6_ADDRSTRLEN])
{
    int family = address->any.sa_family;
    const void *bytes = family == AF_INET ? (const void *)&address->v4.sin_addr : &address->v6.sin6_addr;
    return family != AF_UNIX && inet_ntop(family, bytes, out, INET6_ADDRSTRLEN) != NULL;
}

unsigned mash_address_port(const struct mash_address *address)
{
    int family = address->any.sa_family;
    return family == AF_UNIX ? 0 : ntohs(family == AF_INET ? address->v4.sin_port : address->v6.sin6_port);
}

bool mash_address_is_wildcard(const struct mash_address *address)
{
    if (address->any.sa_family == AF_INET)
        return address->v4.sin_addr.s_addr == INADDR_ANY;
    return address->any.sa_family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&address->v6.sin6_addr);
}

void mash_address_put(FILE *out, const struct mash_address *address)
{
    char host[INET6_ADDRSTRLEN];
    if (mash_address_host(address, host)) {
        fprintf(out, address->any.sa_family == AF_INET6 ? "http://[%s]:%u" : "http://%s:%u", host,
                mash_address_port(address));
    } else {
        fputs("unix:", out);
        mms_put_escaped(out, mms_text_of(address->local.sun_path));
    }
}

/* --- sockets ------------------------------------------------------------------------------------------------------ */

/* The socket of a server that has ended without removing it is in the way; that of a live one is left alone. */
static void remove_stale(const struct mash_address *address)
{
    struct stat st;
    const char *path = address->local.sun_path;
    if (lstat(path, &st) < 0 || !S_ISSOCK(st.st_mode))
        return;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && connect(fd, &address->any, address->size) < 0 && errno == ECONNREFUSED)
        unlink(path);
    if (fd >= 0)
        close(fd);
}

/* [::] and 0.0.0.0 can be listened at side by side; and a port is taken at once when an earlier server's connections are
 * not forgotten yet. What is bound to a path gets the rights of its socket: whatever the umask, it is its owner's. */
static bool set_options(const struct mash_address *address)
{
    int on = 1, family = address->any.sa_family;
    if (family == AF_UNIX)
        return fchmod(address->fd, S_IRUSR | S_IWUSR) == 0;
    if (family == AF_INET6 && setsockopt(address->fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) < 0)
        return false;
    return setsockopt(address->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0;
}

/* What its path leads to; a socket does not tell. */
static bool know_own(struct mash_address *address)
{
    struct stat st;
    if (lstat(address->local.sun_path, &st) < 0)
        return false;
    address->device = st.st_dev;
    address->inode = st.st_ino;
    return true;
}

bool mash_address_listen(struct mash_address *address)
{
    bool local = address->any.sa_family == AF_UNIX;
    if (local)
        remove_stale(address);
    address->fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bool bound = address->fd >= 0 && set_options(address) && bind(address->fd, &address->any, address->size) == 0;
    if (bound && listen(address->fd, SOMAXCONN) == 0 &&
        (local ? know_own(address) : getsockname(address->fd, &address->any, &address->size) == 0))
        return true;

    int error = errno;
    char message[256];
    snprintf(message, sizeof message, "cannot listen there: %s%s", mms_error_text(-error),
             error != EADDRINUSE ? "" :
             local ? " (a server runs there, or something else has that name)" :
                     " (choose another --listen ADDRESS:PORT; port 0 is any free one)");
    mms_complain_about(address->text, message);
    if (address->fd >= 0)
        close(address->fd);
    address->fd = -1;
    return false;
}

/* Not another server's, which has taken its place since. */
static void remove_own(const struct mash_address *address)
{
    struct stat st;
    const char *path = address->local.sun_path;
    if (lstat(path, &st) == 0 && st.st_dev == address->device && st.st_ino == address->inode)
        unlink(path);
}

void mash_address_close(struct mash_address *address)
{
    if (address->fd < 0)
        return;
    if (address->any.sa_family == AF_UNIX)
        remove_own(address); /* as long as it is live: a server that finds a dead one puts its own there */
    close(address->fd);
    address->fd = -1;
}
