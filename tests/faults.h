/* SPDX-License-Identifier: MIT
 *
 * faults.h - makes the n-th call of a function of libc fail, and counts what is allocated, mapped and called.
 *
 * faults.c defines the functions of the list in front of libc's. Linked into a test, it is told what to do by the calls
 * below. As a shared object in front of a tool (LD_PRELOAD) it is told by its environment: FAULT_CALL (a name of the
 * list), FAULT_NTH, FAULT_ERROR (a number), and FAULT_FD, a descriptor that gets a byte when the fault has come; or,
 * while it runs, by a file that FAULT_PLAN names: a struct fault_plan, which both sides have mapped.
 *
 * Calls that libc makes inside of itself are its own business, but for its allocations: strdup, fopen, opendir and
 * getline allocate through malloc and realloc, which are these here. One thread at a time. */
#ifndef MMSTATS_TESTS_FAULTS_H
#define MMSTATS_TESTS_FAULTS_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum fault_call {
    FAULT_MALLOC, FAULT_CALLOC, FAULT_REALLOC, FAULT_ALIGNED_ALLOC,
    FAULT_OPEN, FAULT_OPENAT, FAULT_FSTAT, FAULT_LSTAT, FAULT_FSTATAT, FAULT_FSTATFS, FAULT_FOPEN, FAULT_OPENDIR,
    FAULT_LSEEK, FAULT_READ, FAULT_PREAD, FAULT_PWRITE, FAULT_POSIX_FALLOCATE,
    FAULT_MMAP, FAULT_MREMAP, FAULT_MSYNC, FAULT_MADVISE,
    FAULT_FCHMOD, FAULT_FCHOWN, FAULT_FCNTL,
    FAULT_RENAMEAT, FAULT_RENAMEAT2, FAULT_LINKAT, FAULT_UNLINK, FAULT_UNLINKAT,
    FAULT_GETCWD, FAULT_GETRANDOM, FAULT_GETRLIMIT, FAULT_SIGACTION, FAULT_PTHREAD_KEY_CREATE, FAULT_PTHREAD_ATFORK,
    FAULT_SOCKET, FAULT_BIND, FAULT_LISTEN, FAULT_GETSOCKNAME, FAULT_SETSOCKOPT, FAULT_ACCEPT4,
    FAULT_RECV, FAULT_SEND, FAULT_SENDMSG, FAULT_POLL, FAULT_EVENTFD, FAULT_SIGNALFD, FAULT_PTHREAD_CREATE,
    FAULT_CALLS
};

enum { FAULT_ERRORS = 4, FAULT_SHORT = -1 };

struct fault_row {
    const char *name;
    int errors[FAULT_ERRORS]; /* that it can fail with; FAULT_SHORT: it transfers the half of what it was asked for */
};
extern const struct fault_row fault_rows[FAULT_CALLS + 1]; /* the last one has no name */

struct fault_plan {
    uint32_t armed, injected; /* 0 or 1; injected is set when the fault has come */
    uint32_t call;            /* enum fault_call */
    uint32_t nth;
    int32_t error;
    int32_t blocks;               /* that are allocated */
    uint32_t counts[FAULT_CALLS]; /* calls while it is armed */
};

/* From now on call number nth (1, 2 ...) fails with the error. 0: none does. */
void fault_arm(enum fault_call call, unsigned long nth, int error);
/* Returns whether it did. */
bool fault_disarm(void);

/* While a fault is armed, every call of this one fails, too. error 0: no more. */
void fault_broken(enum fault_call call, int error);

/* While a fault is armed, this is called before each call, with its number. NULL: no more. */
void fault_watch(void (*watch)(enum fault_call call, unsigned long number));

/* Calls since fault_arm; bytes that pread delivered since then. */
unsigned long fault_count(enum fault_call call);
unsigned long fault_bytes_read(void);

/* Of the whole process: blocks and bytes that are allocated, the most bytes since fault_arm, bytes mapped. */
long fault_blocks(void);
long fault_bytes(void);
long fault_peak(void);
long fault_mapped(void);

#ifdef __cplusplus
}
#endif
#endif
