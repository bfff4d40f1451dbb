/* SPDX-License-Identifier: MIT */

#include "fuzz/fuzz.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- memory ------------------------------------------------------------------------------------------------------ */

enum { GUARD = 1 << 16 }; /* at least a page, whatever the machine */

static uint8_t *area(void)
{
    static uint8_t *found;
    if (found != NULL)
        return found;
    uint8_t *map = mmap(NULL, FUZZ_MAX + 2 * GUARD, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    require(map != MAP_FAILED && mprotect(map + GUARD, FUZZ_MAX, PROT_READ | PROT_WRITE) == 0);
    return found = map + GUARD;
}

static const uint8_t *put(uint8_t *at, const uint8_t *data, size_t size)
{
    if (size != 0)
        memcpy(at, data, size);
    return at;
}

const uint8_t *fuzz_before_guard(const uint8_t *data, size_t size)
{
    require(size <= FUZZ_MAX);
    return put(area() + FUZZ_MAX - size, data, size);
}

const uint8_t *fuzz_behind_guard(const uint8_t *data, size_t size)
{
    require(size <= FUZZ_MAX);
    return put(area(), data, size);
}

void fuzz_touch(const void *data, size_t size)
{
    static volatile uint8_t sink;
    const uint8_t *bytes = data;
    for (size_t i = 0; i < size; i++)
        sink = bytes[i];
    (void)sink;
}

/* --- an input, piece by piece ------------------------------------------------------------------------------------- */

uint8_t fuzz_u8(struct fuzz_input *in)
{
    if (in->left == 0)
        return 0;
    in->left--;
    return *in->at++;
}

uint64_t fuzz_number(struct fuzz_input *in, size_t bytes)
{
    uint64_t number = 0;
    for (size_t i = 0; i < bytes; i++)
        number |= (uint64_t)fuzz_u8(in) << 8 * i;
    return number;
}

struct fuzz_pair fuzz_pair_of(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, size};
    struct fuzz_pair pair = {.flags = fuzz_u8(&in)};
    size_t first = (size_t)fuzz_number(&in, FUZZ_PAIR_HEADER - 1);
    if (first > in.left)
        first = in.left;
    pair.first = (struct fuzz_input){in.at, first};
    pair.second = (struct fuzz_input){in.at + first, in.left - first};
    return pair;
}

/* --- the file ----------------------------------------------------------------------------------------------------- */

static struct {
    char directory[PATH_MAX / 2], name[64], path[PATH_MAX];
    int fd;
} file;

static void remove_file(void)
{
    unlink(file.path);
}

/* MMS_FUZZ_DIR is for whoever wants to clear up after a crash. */
static void find_directory(void)
{
    const char *const candidates[] = {getenv("MMS_FUZZ_DIR"), "/dev/shm", getenv("TEST_TMPDIR"), "/tmp"};
    for (size_t i = 0; i < sizeof candidates / sizeof *candidates; i++)
        if (candidates[i] != NULL && access(candidates[i], W_OK | X_OK) == 0) {
            snprintf(file.directory, sizeof file.directory, "%s", candidates[i]);
            return;
        }
    abort();
}

static void name_file(void)
{
    if (file.path[0] != '\0')
        return;
    find_directory();
    snprintf(file.path, sizeof file.path, "%s/mms-fuzz-XXXXXX", file.directory);
    file.fd = mkostemp(file.path, O_CLOEXEC); /* process IDs are not unique in sandboxes */
    require(file.fd >= 0);
    snprintf(file.name, sizeof file.name, "%s", strrchr(file.path, '/') + 1);
    atexit(remove_file);
}

const char *fuzz_directory(void)
{
    name_file();
    return file.directory;
}

const char *fuzz_name(void)
{
    name_file();
    return file.name;
}

const char *fuzz_path(void)
{
    name_file();
    return file.path;
}

void fuzz_write(const uint8_t *data, size_t size)
{
    name_file();
    require(ftruncate(file.fd, (off_t)size) == 0);
    require(size == 0 || pwrite(file.fd, data, size, 0) == (ssize_t)size);
}
