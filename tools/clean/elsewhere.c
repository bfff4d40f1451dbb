/* SPDX-License-Identifier: MIT
 *
 * elsewhere.c - may a file's writer live in another PID namespace?
 *
 * A writer that locks is seen from everywhere. One that does not is known by its process ID alone, and that is a number
 * of its own namespace: a container's process 17 is not found outside, nor the host's from within a container. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "tools/clean/clean.h"

#define INITIAL_NAMESPACE "pid:[4026531836]" /* PROC_PID_INIT_INO of the kernel */

/* A lease for reading is given while nobody, in whatever namespace, has the file open or mapped for writing. It lasts
 * until fd is closed: until then, writers that open the file wait. Returns 1 nobody, 0 somebody, -1: not known. */
static int nobody_writes(int fd)
{
    struct statfs system;
    /* There a mapping is one of the file below, and does not count. */
    if (fstatfs(fd, &system) < 0 || system.f_type == OVERLAYFS_SUPER_MAGIC)
        return -1;
    signal(SIGIO, SIG_IGN); /* says that somebody waits */
    if (fcntl(fd, F_SETLEASE, F_RDLCK) == 0)
        return 1;
    return errno == EAGAIN ? 0 : -1;
}

static bool is_initial_namespace(void)
{
    char name[64];
    ssize_t size = readlink("/proc/self/ns/pid", name, sizeof name - 1);
    if (size < 0)
        return false;
    name[size] = '\0';
    return strcmp(name, INITIAL_NAMESPACE) == 0;
}

/* "NSpid:	4711	17": the IDs of a process, from this namespace's inwards. Is one of those further in this one? */
static bool has_inner_pid(const char *line, uint64_t pid)
{
    if (strncmp(line, "NSpid:", 6) != 0)
        return false;
    char *at = NULL;
    strtoull(line + 6, &at, 10);
    for (char *end = at;; at = end) {
        uint64_t inner = strtoull(at, &end, 10);
        if (end == at)
            return false;
        if (inner == pid)
            return true;
    }
}

static bool is_inner_pid(const char *process, uint64_t pid)
{
    char path[300], *line = NULL;
    size_t room = 0;
    bool found = false;
    snprintf(path, sizeof path, "/proc/%s/status", process);
    FILE *file = process[0] >= '0' && process[0] <= '9' ? fopen(path, "re") : NULL;
    if (file == NULL)
        return false;
    while (!found && getline(&line, &room, file) > 0)
        found = has_inner_pid(line, pid);
    free(line);
    fclose(file);
    return found;
}

/* Returns 1, 0, or -1: not known. */
static int any_inner_pid(uint64_t pid)
{
    DIR *proc = opendir("/proc");
    int found = proc != NULL ? 0 : -1;
    for (const struct dirent *entry; found == 0 && (entry = readdir(proc)) != NULL;)
        found = is_inner_pid(entry->d_name, pid);
    if (proc != NULL)
        closedir(proc);
    return found;
}

const char *clean_elsewhere(struct clean_file *file, const struct clean_options *options)
{
    switch (nobody_writes(file->fd)) {
    case 1:
        file->leased = true;
        return NULL;
    case 0:
        return "is not found, but some process (in another PID namespace?) has the file open for writing";
    }
    if (options->here)
        return NULL;
    if (!is_initial_namespace())
        return "is not found in this PID namespace, and may live in another one (--here says that none does)";
    switch (any_inner_pid(file->pid)) {
    case 1:
        return "is not found, but there is one of that number in another PID namespace";
    case 0:
        return NULL;
    default:
        return "is not found, but /proc cannot be searched for other PID namespaces";
    }
}
