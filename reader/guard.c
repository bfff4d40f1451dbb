/* SPDX-License-Identifier: MIT
 *
 * guard.c - SIGBUS, which a load from a mapping raises when the file was truncated behind the load's address.
 *
 * The handler jumps out of the guarded call when the fault is inside the range that this very thread guards; anything
 * else goes on to the handler that was there before. It reads one thread-local variable, restores the signal mask and
 * jumps: all safe in a signal handler. The variable has the initial-exec model, so that touching it never allocates. */

#include "reader/internal.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <ucontext.h>

struct range {
    uintptr_t start;
    size_t size;
    sigjmp_buf out;
};

static __thread struct range *volatile guarded __attribute__((tls_model("initial-exec")));

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool installed;
static struct sigaction before; /* filled before the handler is there, and never changed after */

/* What the process would have done without us. The kernel does not let a fault be ignored: it would happen for ever. */
static void chain(int number, siginfo_t *info, void *context)
{
    bool fault = info->si_code > 0;

    if (before.sa_flags & SA_SIGINFO) {
        before.sa_sigaction(number, info, context);
    } else if (before.sa_handler == SIG_DFL || (before.sa_handler == SIG_IGN && fault)) {
        /* a fault happens again when the handler returns; a signal that was sent has to be sent again */
        struct sigaction fatal = {.sa_handler = SIG_DFL};
        sigaction(number, &fatal, NULL);
        if (!fault)
            raise(number);
    } else if (before.sa_handler != SIG_IGN) {
        before.sa_handler(number);
    }
}

static void handler(int number, siginfo_t *info, void *context)
{
    struct range *range = guarded;
    /* si_code > 0: from a fault, not from kill() */
    if (range != NULL && info->si_code > 0 && (uintptr_t)info->si_addr - range->start < range->size) {
        guarded = NULL;
        /* here rather than by sigsetjmp, which would need a syscall for each read */
        pthread_sigmask(SIG_SETMASK, &((ucontext_t *)context)->uc_sigmask, NULL);
        siglongjmp(range->out, 1);
    }
    chain(number, info, context);
}

int mms_reader_guard(void)
{
    int error = 0;
    pthread_mutex_lock(&lock);
    if (!installed) {
        struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK};
        sigemptyset(&action.sa_mask);
        if (sigaction(SIGBUS, NULL, &before) < 0 || sigaction(SIGBUS, &action, NULL) < 0)
            error = -errno;
        else
            installed = true;
    }
    pthread_mutex_unlock(&lock);
    return error;
}

int mms_guarded(const void *start, size_t size, void (*function)(void *argument), void *argument)
{
    struct range range; /* clearing all of the jump buffer would take longer than the rest */
    range.start = (uintptr_t)start;
    range.size = size;
    if (sigsetjmp(range.out, 0) != 0)
        return -EIO;
    guarded = &range;
    __asm__ volatile("" ::: "memory"); /* the compiler moves no load of the function to before the store */
    function(argument);
    __asm__ volatile("" ::: "memory");
    guarded = NULL;
    return 0;
}
