/* SPDX-License-Identifier: MIT
 *
 * second.c - the hidden names of a file that is about to go: .NAME.NUMBER.fold beside its own, or .NAME.NUMBER.remove
 * in the place of it. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "tools/clean/fold.h"

/* Of no other second name, ever: so that an archive's marks of the past mean none of today's. */
static uint64_t new_number(void)
{
    uint64_t number;
    struct timespec now;
    if (getrandom(&number, sizeof number, GRND_NONBLOCK) == sizeof number)
        return number;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec << 32 ^ (uint64_t)now.tv_nsec << 2 ^ (uint64_t)getpid() << 40;
}

static int make_name(const char *name, const char *suffix, char *hidden, uint64_t *number)
{
    *number = new_number();
    int size = snprintf(hidden, NAME_MAX + 1, ".%s.%016" PRIx64 "%s", name, *number, suffix);
    return size < 0 || size > NAME_MAX ? -ENAMETOOLONG : 0;
}

int clean_link(const struct clean_file *file, const char *name, char *second, uint64_t *number)
{
    int error = make_name(name, CLEAN_FOLD, second, number);
    if (error < 0)
        return error;
    if (linkat(file->directory, name, file->directory, second, 0) < 0)
        return -errno;
    int named = clean_is_named(file, second);
    if (named == 1)
        return 0;
    unlinkat(file->directory, second, 0);
    return named < 0 ? named : -ESTALE;
}

int clean_set_aside(const struct clean_file *file, char *aside)
{
    uint64_t number;
    int error = make_name(file->name, CLEAN_REMOVE, aside, &number);
    if (error < 0)
        return error;
    if (clean_is_wanted(file))
        return 1;
    if (renameat(file->directory, file->name, file->directory, aside) < 0)
        return -errno;
    int ours = clean_is_named(file, aside);
    if (ours == 1)
        return 0;
    return clean_give_back(file, aside, file->name) < 0 ? -errno : ours < 0 ? ours : 1;
}

int clean_give_back(const struct clean_file *file, const char *aside, const char *name)
{
    return renameat2(file->directory, aside, file->directory, name, RENAME_NOREPLACE);
}

bool clean_parse_name(const char *hidden, const char *suffix, char *name, uint64_t *number)
{
    size_t size = strlen(hidden), end = strlen(suffix), digits = 16;
    if (size <= 2 + digits + end || size > NAME_MAX || hidden[0] != '.')
        return false;
    const char *at = hidden + size - end - digits;
    if (at[-1] != '.' || strspn(at, "0123456789abcdef") != digits || strcmp(at + digits, suffix) != 0)
        return false;
    snprintf(name, NAME_MAX + 1, "%.*s", (int)(at - 1 - (hidden + 1)), hidden + 1);
    *number = strtoull(at, NULL, 16);
    return true;
}

int clean_list_names(const char *suffix, char ***names, size_t *count)
{
    char name[NAME_MAX + 1];
    uint64_t number;
    DIR *directory = opendir("."); /* the names first: what follows changes it */
    int error = 0;
    *names = NULL;
    *count = 0;
    if (directory == NULL)
        return -errno;
    for (const struct dirent *entry; error == 0 && (entry = readdir(directory)) != NULL;) {
        if (!clean_parse_name(entry->d_name, suffix, name, &number))
            continue;
        char **more = realloc(*names, (*count + 1) * sizeof *more);
        if (more != NULL)
            *names = more;
        if (more == NULL || (more[*count] = strdup(entry->d_name)) == NULL)
            error = -ENOMEM;
        else
            ++*count;
    }
    closedir(directory);
    return error;
}

char *clean_path(const char *directory, const char *name)
{
    size_t size = strlen(directory) + strlen(name) + 2;
    char *path = malloc(size);
    if (path != NULL)
        snprintf(path, size, "%s%s%s", directory, strcmp(directory, "/") == 0 ? "" : "/", name);
    return path;
}
