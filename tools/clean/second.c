/* SPDX-License-Identifier: MIT
 *
 * second.c - the second name of a file that is about to go: .NAME.NUMBER.fold. */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "tools/clean/fold.h"

static const char suffix[] = ".fold";

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

int clean_link(const struct clean_file *file, const char *name, char *second, uint64_t *number)
{
    *number = new_number();
    int size = snprintf(second, NAME_MAX + 1, ".%s.%016" PRIx64 "%s", name, *number, suffix);
    if (size < 0 || size > NAME_MAX)
        return -ENAMETOOLONG;
    if (linkat(file->directory, name, file->directory, second, 0) < 0)
        return -errno;
    int named = clean_is_named(file, second);
    if (named == 1)
        return 0;
    unlinkat(file->directory, second, 0);
    return named < 0 ? named : -ESTALE;
}

bool clean_parse_second(const char *second, char name[NAME_MAX + 1], uint64_t *number)
{
    size_t size = strlen(second), end = sizeof suffix - 1, digits = 16;
    if (size <= 2 + digits + end || size > NAME_MAX || second[0] != '.')
        return false;
    const char *at = second + size - end - digits;
    if (at[-1] != '.' || strspn(at, "0123456789abcdef") != digits || strcmp(at + digits, suffix) != 0)
        return false;
    snprintf(name, NAME_MAX + 1, "%.*s", (int)(at - 1 - (second + 1)), second + 1);
    *number = strtoull(at, NULL, 16);
    return true;
}
