/* SPDX-License-Identifier: MIT
 *
 * kill_at [-w|-p] N PROGRAM [ARGUMENT...] - runs a program, and kills it (SIGKILL) when it is about to make its N-th
 * syscall; with -w, the N-th that can change a file, a directory or a lock: the states between these are all that a
 * kill can leave. With -p it pauses there, instead: says so by a line on standard error, and goes on when standard
 * input ends.
 *
 * Exit status: 0 it was killed or paused there; 1 it had ended before; 2 wrong usage, or there is no ptrace here. */

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/ptrace.h>

static const long writing[] = {
    SYS_openat,   SYS_linkat, SYS_unlinkat,  SYS_renameat2, SYS_pwrite64, SYS_write,
    SYS_fchmod,   SYS_fchown, SYS_ftruncate, SYS_fallocate, SYS_flock,    SYS_fcntl,
#ifdef SYS_renameat
    SYS_renameat,
#endif
#ifdef SYS_open
    SYS_open,     SYS_link,   SYS_unlink,    SYS_rename,
#endif
};

static bool counts(pid_t pid, bool writing_only)
{
    struct ptrace_syscall_info info;
    if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, (void *)sizeof info, &info) <= 0)
        exit(2);
    if (info.op != PTRACE_SYSCALL_INFO_ENTRY)
        return false;
    bool found = !writing_only;
    for (size_t i = 0; i < sizeof writing / sizeof *writing; i++)
        found = found || (long)info.entry.nr == writing[i];
    return found;
}

/* Returns what stopped it, or 0: it has ended. */
static int go_on(pid_t pid)
{
    int status;
    if (ptrace(PTRACE_SYSCALL, pid, NULL, NULL) < 0 || waitpid(pid, &status, 0) != pid)
        exit(2);
    return WIFSTOPPED(status) ? WSTOPSIG(status) : 0;
}

static void wait_for_end(void)
{
    char byte;
    if (write(STDERR_FILENO, "\n", 1) == 1)
        while (read(STDIN_FILENO, &byte, 1) > 0) {
        }
}

int main(int argc, char **argv)
{
    int status;
    bool pause_there = argc > 1 && strcmp(argv[1], "-p") == 0;
    bool writing_only = argc > 1 && (pause_there || strcmp(argv[1], "-w") == 0);
    argv += writing_only;
    argc -= writing_only;
    if (argc < 3)
        return 2;
    pid_t pid = fork();
    if (pid == 0) {
        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0)
            execv(argv[2], argv + 2);
        _exit(2);
    }
    /* The first stop is the end of execve. */
    if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status) ||
        ptrace(PTRACE_SETOPTIONS, pid, NULL, (void *)(PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD)) < 0)
        return 2;
    long left = atol(argv[1]);
    for (int stopped; (stopped = go_on(pid)) != 0;) {
        if (stopped != (SIGTRAP | 0x80)) /* a signal, which the programs that this is for can do without */
            continue;
        if (counts(pid, writing_only) && --left == 0) {
            if (pause_there)
                wait_for_end();
            if (pause_there ? ptrace(PTRACE_DETACH, pid, NULL, NULL) < 0 : kill(pid, SIGKILL) < 0)
                return 2;
            waitpid(pid, &status, 0);
            return 0;
        }
    }
    return 1;
}
