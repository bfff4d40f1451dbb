/* SPDX-License-Identifier: MIT */

#undef _FORTIFY_SOURCE /* whose read and pread are inline functions */

#include "tests/faults_calls.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

const struct fault_row fault_rows[FAULT_CALLS + 1] = {
    [FAULT_MALLOC] = {"malloc", {ENOMEM}},
    [FAULT_CALLOC] = {"calloc", {ENOMEM}},
    [FAULT_REALLOC] = {"realloc", {ENOMEM}},
    [FAULT_ALIGNED_ALLOC] = {"aligned_alloc", {ENOMEM}},
    [FAULT_OPEN] = {"open", {EMFILE, EIO, EACCES, EINTR}},
    [FAULT_OPENAT] = {"openat", {EMFILE, ENOSPC, EDQUOT, EINTR}},
    [FAULT_FSTAT] = {"fstat", {EIO, EOVERFLOW}},
    [FAULT_LSTAT] = {"lstat", {EIO}},
    [FAULT_FSTATAT] = {"fstatat", {EIO, EACCES}},
    [FAULT_FSTATFS] = {"fstatfs", {EIO, ENOSYS}},
    [FAULT_FOPEN] = {"fopen", {EMFILE, EACCES}},
    [FAULT_OPENDIR] = {"opendir", {EMFILE, EACCES}},
    [FAULT_LSEEK] = {"lseek", {ESPIPE}},
    [FAULT_READ] = {"read", {EIO}},
    [FAULT_PREAD] = {"pread", {EIO, EINTR, FAULT_SHORT}},
    [FAULT_PWRITE] = {"pwrite", {ENOSPC, EDQUOT, EINTR, FAULT_SHORT}},
    [FAULT_POSIX_FALLOCATE] = {"posix_fallocate", {ENOSPC, EDQUOT, EFBIG, EINTR}},
    [FAULT_MMAP] = {"mmap", {ENOMEM, ENODEV}},
    [FAULT_MREMAP] = {"mremap", {ENOMEM}},
    [FAULT_MSYNC] = {"msync", {EIO}},
    [FAULT_MADVISE] = {"madvise", {EINVAL}},
    [FAULT_FCHMOD] = {"fchmod", {EPERM}},
    [FAULT_FCHOWN] = {"fchown", {EPERM}},
    [FAULT_FCNTL] = {"fcntl", {ENOLCK, EINVAL, EMFILE}},
    [FAULT_RENAMEAT] = {"renameat", {ENOSPC, EIO, EDQUOT}},
    [FAULT_RENAMEAT2] = {"renameat2", {ENOSPC, EIO, EINVAL, ENOSYS}},
    [FAULT_LINKAT] = {"linkat", {EPERM, ENOSPC, EDQUOT}},
    [FAULT_UNLINK] = {"unlink", {EACCES, EROFS}},
    [FAULT_UNLINKAT] = {"unlinkat", {EACCES}},
    [FAULT_GETCWD] = {"getcwd", {ENOENT}},
    [FAULT_GETRANDOM] = {"getrandom", {EAGAIN, ENOSYS}},
    [FAULT_GETRLIMIT] = {"getrlimit", {EPERM}},
    [FAULT_SIGACTION] = {"sigaction", {EINVAL}},
    [FAULT_PTHREAD_KEY_CREATE] = {"pthread_key_create", {EAGAIN}},
    [FAULT_PTHREAD_ATFORK] = {"pthread_atfork", {ENOMEM}},
    [FAULT_SOCKET] = {"socket", {EMFILE, ENOBUFS}},
    [FAULT_BIND] = {"bind", {EADDRINUSE, EACCES}},
    [FAULT_LISTEN] = {"listen", {EADDRINUSE}},
    [FAULT_GETSOCKNAME] = {"getsockname", {ENOBUFS}},
    [FAULT_SETSOCKOPT] = {"setsockopt", {ENOBUFS}},
    [FAULT_ACCEPT4] = {"accept4", {EMFILE, ENFILE, ECONNABORTED, EINTR}},
    [FAULT_RECV] = {"recv", {ECONNRESET, EINTR, ENOMEM, FAULT_SHORT}},
    [FAULT_SEND] = {"send", {ECONNRESET, EINTR, FAULT_SHORT}},
    [FAULT_SENDMSG] = {"sendmsg", {ECONNRESET, EINTR, ENOBUFS}},
    [FAULT_POLL] = {"poll", {EINTR, ENOMEM}},
    [FAULT_EVENTFD] = {"eventfd", {EMFILE}},
    [FAULT_SIGNALFD] = {"signalfd", {EMFILE}},
    [FAULT_PTHREAD_CREATE] = {"pthread_create", {EAGAIN}},
};

/* --- which call fails --------------------------------------------------------------------------------------------- */

static struct fault_plan own_plan, *plan = &own_plan;
static int broken[FAULT_CALLS];
static unsigned long bytes_read;
static void (*watcher)(enum fault_call call, unsigned long number);
static int report = -1;

static long blocks, bytes, peak, mapped;

void fault_arm(enum fault_call call, unsigned long nth, int error)
{
    bytes_read = 0;
    peak = bytes;
    *plan = (struct fault_plan){.armed = true, .call = call, .nth = (uint32_t)nth, .error = error};
}

bool fault_disarm(void)
{
    plan->armed = false;
    return plan->injected;
}

void fault_broken(enum fault_call call, int error)
{
    broken[call] = error;
}

void fault_watch(void (*watch)(enum fault_call call, unsigned long number))
{
    watcher = watch;
}

unsigned long fault_count(enum fault_call call)
{
    return plan->counts[call];
}

unsigned long fault_bytes_read(void)
{
    return bytes_read;
}

/* The error of this call, or 0. */
int fault_next(enum fault_call call)
{
    if (!__atomic_load_n(&plan->armed, __ATOMIC_ACQUIRE))
        return 0;
    uint32_t number = __atomic_add_fetch(&plan->counts[call], 1, __ATOMIC_RELAXED);
    if (watcher != NULL) {
        plan->armed = false; /* its own calls do not count */
        watcher(call, number);
        plan->armed = true;
    }
    if (call != plan->call || number != plan->nth)
        return broken[call];
    plan->injected = true;
    if (report >= 0 && write(report, "!", 1) < 0)
        report = -1;
    return plan->error;
}

/* The same for a call that says by errno what is wrong. */
bool fault_fails(enum fault_call call)
{
    int error = fault_next(call);
    if (error > 0)
        errno = error;
    return error > 0;
}

/* For a call that transfers bytes: how many. */
bool fault_fails_or_shortens(enum fault_call call, size_t *size)
{
    int error = fault_next(call);
    if (error == FAULT_SHORT)
        *size = (*size + 1) / 2;
    if (error > 0)
        errno = error;
    return error > 0;
}

static void take_plan(const char *path)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);
    void *mapped_plan = fd >= 0 ? mmap(NULL, sizeof *plan, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) : MAP_FAILED;
    if (mapped_plan == MAP_FAILED)
        abort();
    close(fd);
    plan = mapped_plan;
}

/* In front of a tool: all is as the environment says, from its beginning. */
__attribute__((constructor)) static void take_environment(void)
{
    if (getenv("FAULT_PLAN") != NULL)
        take_plan(getenv("FAULT_PLAN"));
    const char *call = getenv("FAULT_CALL"), *nth = getenv("FAULT_NTH"), *error = getenv("FAULT_ERROR");
    const char *fd = getenv("FAULT_FD");
    if (call == NULL || nth == NULL || error == NULL || fd == NULL)
        return;
    report = atoi(fd);
    for (int i = 0; i < FAULT_CALLS; i++)
        if (strcmp(fault_rows[i].name, call) == 0)
            fault_arm((enum fault_call)i, strtoul(nth, NULL, 10), atoi(error));
}

/* --- memory ------------------------------------------------------------------------------------------------------- */

/* glibc's own; dlsym may allocate before it knows them. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *block);

long fault_blocks(void)
{
    return blocks;
}

long fault_bytes(void)
{
    return bytes;
}

long fault_peak(void)
{
    return peak;
}

long fault_mapped(void)
{
    return mapped;
}

static void add_blocks(long count)
{
    plan->blocks = (int32_t)__atomic_add_fetch(&blocks, count, __ATOMIC_RELAXED);
}

static void *took(void *block)
{
    if (block == NULL)
        return NULL;
    add_blocks(1);
    bytes += (long)malloc_usable_size(block);
    if (bytes > peak)
        peak = bytes;
    return block;
}

static void gave(void *block)
{
    if (block == NULL)
        return;
    add_blocks(-1);
    bytes -= (long)malloc_usable_size(block);
}

void *malloc(size_t size)
{
    return fault_fails(FAULT_MALLOC) ? NULL : took(__libc_malloc(size));
}

void *calloc(size_t count, size_t size)
{
    return fault_fails(FAULT_CALLOC) ? NULL : took(__libc_calloc(count, size));
}

void *realloc(void *block, size_t size)
{
    if (fault_fails(FAULT_REALLOC))
        return NULL;
    size_t before = block != NULL ? malloc_usable_size(block) : 0;
    void *larger = __libc_realloc(block, size);
    if (larger == NULL)
        return NULL;
    if (block != NULL) {
        add_blocks(-1);
        if (peak < bytes + (long)size) /* both are there for a while */
            peak = bytes + (long)size;
        bytes -= (long)before;
    }
    return took(larger);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return fault_fails(FAULT_ALIGNED_ALLOC) ? NULL : took(__libc_memalign(alignment, size));
}

int posix_memalign(void **block, size_t alignment, size_t size)
{
    void *made = took(__libc_memalign(alignment, size));
    if (made == NULL)
        return ENOMEM;
    *block = made;
    return 0;
}

void free(void *block)
{
    gave(block);
    __libc_free(block);
}

/* --- the others --------------------------------------------------------------------------------------------------- */

static void *real[FAULT_CALLS];

void *fault_find_real(enum fault_call call, const char *name)
{
    if (real[call] == NULL)
        real[call] = dlsym(RTLD_NEXT, name);
    return real[call];
}

int open(const char *path, int flags, ...)
{
    va_list more;
    va_start(more, flags);
    mode_t mode = (flags & O_CREAT) ? va_arg(more, mode_t) : 0;
    va_end(more);
    return fault_fails(FAULT_OPEN) ? -1 : REAL(FAULT_OPEN, open)(path, flags, mode);
}

int openat(int directory, const char *path, int flags, ...)
{
    va_list more;
    va_start(more, flags);
    mode_t mode = (flags & O_CREAT) ? va_arg(more, mode_t) : 0;
    va_end(more);
    return fault_fails(FAULT_OPENAT) ? -1 : REAL(FAULT_OPENAT, openat)(directory, path, flags, mode);
}

int fcntl(int fd, int command, ...)
{
    va_list more;
    va_start(more, command);
    void *argument = va_arg(more, void *);
    va_end(more);
    return fault_fails(FAULT_FCNTL) ? -1 : REAL(FAULT_FCNTL, fcntl)(fd, command, argument);
}

int fstat(int fd, struct stat *st)
{
    return fault_fails(FAULT_FSTAT) ? -1 : REAL(FAULT_FSTAT, fstat)(fd, st);
}

int lstat(const char *restrict path, struct stat *restrict st)
{
    return fault_fails(FAULT_LSTAT) ? -1 : REAL(FAULT_LSTAT, lstat)(path, st);
}

int fstatat(int directory, const char *restrict path, struct stat *restrict st, int flags)
{
    return fault_fails(FAULT_FSTATAT) ? -1 : REAL(FAULT_FSTATAT, fstatat)(directory, path, st, flags);
}

int fstatfs(int fd, struct statfs *st)
{
    return fault_fails(FAULT_FSTATFS) ? -1 : REAL(FAULT_FSTATFS, fstatfs)(fd, st);
}

FILE *fopen(const char *restrict path, const char *restrict mode)
{
    return fault_fails(FAULT_FOPEN) ? NULL : REAL(FAULT_FOPEN, fopen)(path, mode);
}

DIR *opendir(const char *path)
{
    return fault_fails(FAULT_OPENDIR) ? NULL : REAL(FAULT_OPENDIR, opendir)(path);
}

off_t lseek(int fd, off_t offset, int whence)
{
    return fault_fails(FAULT_LSEEK) ? -1 : REAL(FAULT_LSEEK, lseek)(fd, offset, whence);
}

ssize_t read(int fd, void *to, size_t size)
{
    return fault_fails_or_shortens(FAULT_READ, &size) ? -1 : REAL(FAULT_READ, read)(fd, to, size);
}

ssize_t pread(int fd, void *to, size_t size, off_t offset)
{
    if (fault_fails_or_shortens(FAULT_PREAD, &size))
        return -1;
    ssize_t got = REAL(FAULT_PREAD, pread)(fd, to, size, offset);
    bytes_read += got > 0 ? (unsigned long)got : 0;
    return got;
}

ssize_t pwrite(int fd, const void *from, size_t size, off_t offset)
{
    return fault_fails_or_shortens(FAULT_PWRITE, &size) ? -1 : REAL(FAULT_PWRITE, pwrite)(fd, from, size, offset);
}

int posix_fallocate(int fd, off_t offset, off_t size)
{
    int error = fault_next(FAULT_POSIX_FALLOCATE);
    return error != 0 ? error : REAL(FAULT_POSIX_FALLOCATE, posix_fallocate)(fd, offset, size);
}

void *mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
    if (fault_fails(FAULT_MMAP))
        return MAP_FAILED;
    void *got = REAL(FAULT_MMAP, mmap)(at, size, protection, flags, fd, offset);
    if (got != MAP_FAILED && !(flags & MAP_FIXED)) /* else it takes the place of what is counted already */
        mapped += (long)size;
    return got;
}

int munmap(void *at, size_t size)
{
    static int (*unmap)(void *, size_t);
    if (unmap == NULL)
        unmap = (int (*)(void *, size_t))dlsym(RTLD_NEXT, "munmap");
    mapped -= (long)size;
    return unmap(at, size);
}

/* As the library uses it: over something that is mapped. */
void *mremap(void *at, size_t size, size_t new_size, int flags, ...)
{
    va_list more;
    va_start(more, flags);
    void *to = va_arg(more, void *);
    va_end(more);
    if (fault_fails(FAULT_MREMAP))
        return MAP_FAILED;
    void *got = REAL(FAULT_MREMAP, mremap)(at, size, new_size, flags, to);
    if (got != MAP_FAILED)
        mapped -= (long)size;
    return got;
}

int msync(void *at, size_t size, int flags)
{
    return fault_fails(FAULT_MSYNC) ? -1 : REAL(FAULT_MSYNC, msync)(at, size, flags);
}

int madvise(void *at, size_t size, int advice)
{
    return fault_fails(FAULT_MADVISE) ? -1 : REAL(FAULT_MADVISE, madvise)(at, size, advice);
}

int fchmod(int fd, mode_t mode)
{
    return fault_fails(FAULT_FCHMOD) ? -1 : REAL(FAULT_FCHMOD, fchmod)(fd, mode);
}

int fchown(int fd, uid_t user, gid_t group)
{
    return fault_fails(FAULT_FCHOWN) ? -1 : REAL(FAULT_FCHOWN, fchown)(fd, user, group);
}

int renameat(int from, const char *name, int to, const char *new_name)
{
    return fault_fails(FAULT_RENAMEAT) ? -1 : REAL(FAULT_RENAMEAT, renameat)(from, name, to, new_name);
}

int renameat2(int from, const char *name, int to, const char *new_name, unsigned flags)
{
    return fault_fails(FAULT_RENAMEAT2) ? -1 : REAL(FAULT_RENAMEAT2, renameat2)(from, name, to, new_name, flags);
}

int linkat(int from, const char *name, int to, const char *new_name, int flags)
{
    return fault_fails(FAULT_LINKAT) ? -1 : REAL(FAULT_LINKAT, linkat)(from, name, to, new_name, flags);
}

int unlink(const char *path)
{
    return fault_fails(FAULT_UNLINK) ? -1 : REAL(FAULT_UNLINK, unlink)(path);
}

int unlinkat(int directory, const char *path, int flags)
{
    return fault_fails(FAULT_UNLINKAT) ? -1 : REAL(FAULT_UNLINKAT, unlinkat)(directory, path, flags);
}

char *getcwd(char *out, size_t size)
{
    return fault_fails(FAULT_GETCWD) ? NULL : REAL(FAULT_GETCWD, getcwd)(out, size);
}

ssize_t getrandom(void *out, size_t size, unsigned flags)
{
    return fault_fails(FAULT_GETRANDOM) ? -1 : REAL(FAULT_GETRANDOM, getrandom)(out, size, flags);
}

int getrlimit(__rlimit_resource_t resource, struct rlimit *limit)
{
    return fault_fails(FAULT_GETRLIMIT) ? -1 : REAL(FAULT_GETRLIMIT, getrlimit)(resource, limit);
}

int sigaction(int number, const struct sigaction *restrict action, struct sigaction *restrict before)
{
    return fault_fails(FAULT_SIGACTION) ? -1 : REAL(FAULT_SIGACTION, sigaction)(number, action, before);
}

int pthread_key_create(pthread_key_t *key, void (*destroy)(void *))
{
    int error = fault_next(FAULT_PTHREAD_KEY_CREATE);
    return error != 0 ? error : REAL(FAULT_PTHREAD_KEY_CREATE, pthread_key_create)(key, destroy);
}

/* What libc's own, which is linked into each program, calls. */
int __register_atfork(void (*before)(void), void (*parent)(void), void (*child)(void), void *library);

int pthread_atfork(void (*before)(void), void (*parent)(void), void (*child)(void))
{
    int error = fault_next(FAULT_PTHREAD_ATFORK);
    return error != 0 ? error : __register_atfork(before, parent, child, NULL);
}
