/* SPDX-License-Identifier: MIT
 *
 * faults_sockets.c - functions of sockets and threads, and what waits for them. */

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>

#include "tests/faults_calls.h"

int socket(int domain, int type, int protocol)
{
    return fault_fails(FAULT_SOCKET) ? -1 : REAL(FAULT_SOCKET, socket)(domain, type, protocol);
}

int bind(int fd, const struct sockaddr *address, socklen_t size)
{
    return fault_fails(FAULT_BIND) ? -1 : REAL(FAULT_BIND, bind)(fd, address, size);
}

int listen(int fd, int waiting)
{
    return fault_fails(FAULT_LISTEN) ? -1 : REAL(FAULT_LISTEN, listen)(fd, waiting);
}

int getsockname(int fd, struct sockaddr *restrict address, socklen_t *restrict size)
{
    return fault_fails(FAULT_GETSOCKNAME) ? -1 : REAL(FAULT_GETSOCKNAME, getsockname)(fd, address, size);
}

int setsockopt(int fd, int level, int name, const void *value, socklen_t size)
{
    return fault_fails(FAULT_SETSOCKOPT) ? -1 : REAL(FAULT_SETSOCKOPT, setsockopt)(fd, level, name, value, size);
}

int accept4(int fd, struct sockaddr *restrict address, socklen_t *restrict size, int flags)
{
    return fault_fails(FAULT_ACCEPT4) ? -1 : REAL(FAULT_ACCEPT4, accept4)(fd, address, size, flags);
}

ssize_t recv(int fd, void *to, size_t size, int flags)
{
    return fault_fails_or_shortens(FAULT_RECV, &size) ? -1 : REAL(FAULT_RECV, recv)(fd, to, size, flags);
}

ssize_t send(int fd, const void *from, size_t size, int flags)
{
    return fault_fails_or_shortens(FAULT_SEND, &size) ? -1 : REAL(FAULT_SEND, send)(fd, from, size, flags);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    return fault_fails(FAULT_SENDMSG) ? -1 : REAL(FAULT_SENDMSG, sendmsg)(fd, message, flags);
}

int poll(struct pollfd *fds, nfds_t count, int timeout)
{
    return fault_fails(FAULT_POLL) ? -1 : REAL(FAULT_POLL, poll)(fds, count, timeout);
}

int eventfd(unsigned value, int flags)
{
    return fault_fails(FAULT_EVENTFD) ? -1 : REAL(FAULT_EVENTFD, eventfd)(value, flags);
}

int signalfd(int fd, const sigset_t *signals, int flags)
{
    return fault_fails(FAULT_SIGNALFD) ? -1 : REAL(FAULT_SIGNALFD, signalfd)(fd, signals, flags);
}

int pthread_create(pthread_t *restrict thread, const pthread_attr_t *restrict how, void *(*run)(void *),
                   void *restrict argument)
{
    int error = fault_next(FAULT_PTHREAD_CREATE);
    return error != 0 ? error : REAL(FAULT_PTHREAD_CREATE, pthread_create)(thread, how, run, argument);
}
