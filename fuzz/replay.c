/* SPDX-License-Identifier: MIT
 *
 * replay - runs a harness over files: a fuzz target as a plain test.
 *
 *     replay [-n EXECUTIONS] FILE|DIRECTORY...
 *
 * Each input goes in as it is; then EXECUTIONS of them go in changed, the same way each time. When one of them fails,
 * it is left as a file, and named. */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz/fuzz.h"

__attribute__((weak)) size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed);
__attribute__((weak)) void __sanitizer_set_death_callback(void (*callback)(void));

enum {
    INPUTS = 4096,
    LARGEST = 8192,    /* bytes of an input that is changed: larger ones take long, and say little more */
    CHANGES = 4,       /* on top of each other, at most */
    GROWTH = 256,      /* bytes by which a change may make an input longer */
};

static struct input {
    uint8_t *data;
    size_t size;
} inputs[INPUTS];
static size_t count;
static struct input current;

/* --- failures ----------------------------------------------------------------------------------------------------- */

/* What failed is kept as a file: in the test's outputs, else here. */
static void keep_current(void)
{
    static char path[PATH_MAX];
    const char *directory = getenv("TEST_UNDECLARED_OUTPUTS_DIR");
    snprintf(path, sizeof path, "%s/crash-replay", directory != NULL ? directory : ".");
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (fd < 0 || write(fd, current.data, current.size) < 0)
        return;
    close(fd);
    dprintf(STDERR_FILENO, "replay: the input that failed is %s (%zu bytes)\n", path, current.size);
}

static void on_signal(int number)
{
    keep_current();
    signal(number, SIG_DFL);
    raise(number);
}

/* A copy of its own size each time, so that a sanitizer sees a read of one byte too many. */
static void run(const uint8_t *data, size_t size)
{
    current = (struct input){malloc(size ? size : 1), size};
    require(current.data != NULL);
    memcpy(current.data, data, size);
    LLVMFuzzerTestOneInput(current.data, size);
    free(current.data);
}

/* --- changes ------------------------------------------------------------------------------------------------------ */

static uint64_t state = 0x9e3779b97f4a7c15;

/* xorshift64* */
static size_t random_below(size_t limit)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (size_t)((state * 0x2545f4914f6cdd1d) >> 32) % (limit ? limit : 1);
}

/* Of the byte at `at`. */
static void change_byte(uint8_t *byte)
{
    static const uint8_t numbers[] = {0, 1, 2, 7, 8, 0x0f, 0x10, 0x7f, 0x80, 0xff};
    switch (random_below(3)) {
    case 0:
        *byte = (uint8_t)(*byte ^ 1U << random_below(8));
        return;
    case 1:
        *byte = numbers[random_below(sizeof numbers)];
        return;
    default:
        *byte = (uint8_t)(*byte + random_below(9) - 4);
    }
}

/* libFuzzer has one that learns; this one is for tests, and knows nothing. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max)
{
    size_t at = random_below(size), length = random_below(16) + 1;
    switch (size == 0 ? 0 : random_below(6)) {
    case 0: /* more */
        length = length < max - size ? length : max - size;
        memmove(data + at + length, data + at, size - at);
        memset(data + at, (int)random_below(256), length);
        return size + length;
    case 1: /* less */
        length = length < size - at ? length : size - at;
        memmove(data + at, data + at + length, size - at - length);
        return size - length;
    case 2: /* cut */
        return at;
    default:
        change_byte(data + at);
        return size;
    }
}

static void run_changed(void)
{
    static uint8_t data[LARGEST + CHANGES * GROWTH];
    const struct input *input = &inputs[random_below(count)];
    size_t size = input->size;
    if (size > LARGEST)
        return;
    memcpy(data, input->data, size);
    for (size_t changes = random_below(CHANGES) + 1; changes > 0; changes--) {
        size_t max = size + GROWTH < sizeof data ? size + GROWTH : sizeof data;
        size = LLVMFuzzerCustomMutator != NULL
                   ? LLVMFuzzerCustomMutator(data, size, max, (unsigned)random_below(UINT32_MAX))
                   : LLVMFuzzerMutate(data, size, max);
    }
    run(data, size);
}

/* --- inputs ------------------------------------------------------------------------------------------------------- */

static bool is_note(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot != NULL && (strcmp(dot, ".json") == 0 || strcmp(dot, ".flat") == 0 || strcmp(dot, ".md") == 0);
}

static bool take_file(const char *path)
{
    static uint8_t data[FUZZ_MAX];
    FILE *file = fopen(path, "rb");
    if (file == NULL || count == INPUTS) {
        perror(path);
        return false;
    }
    size_t size = fread(data, 1, sizeof data, file);
    fclose(file);
    inputs[count] = (struct input){malloc(size ? size : 1), size};
    require(inputs[count].data != NULL);
    memcpy(inputs[count++].data, data, size);
    run(data, size);
    return true;
}

/* A file, or all files of a directory, sorted by name. What stands beside the vectors is not for parsers. Not nftw: a memory
 * sanitizer takes what that hands out for memory that nobody wrote. */
static bool take(const char *path)
{
    struct stat status;
    struct dirent **entries;
    bool taken = true;
    if (stat(path, &status) == 0 && !S_ISDIR(status.st_mode))
        return is_note(path) || take_file(path);
    int found = scandir(path, &entries, NULL, alphasort);
    if (found < 0)
        perror(path);
    for (int i = 0; i < found; i++) {
        char inside[PATH_MAX];
        snprintf(inside, sizeof inside, "%s/%s", path, entries[i]->d_name);
        if (strcmp(entries[i]->d_name, ".") != 0 && strcmp(entries[i]->d_name, "..") != 0)
            taken = taken && take(inside);
        free(entries[i]);
    }
    if (found >= 0)
        free(entries);
    return found >= 0 && taken;
}

int main(int argc, char **argv)
{
    unsigned long executions = 0;
    int first = 1;
    if (argc > 2 && strcmp(argv[1], "-n") == 0) {
        executions = strtoul(argv[2], NULL, 10);
        first = 3;
    }
    signal(SIGABRT, on_signal);
    if (__sanitizer_set_death_callback != NULL)
        __sanitizer_set_death_callback(keep_current);
    else
        signal(SIGSEGV, on_signal);
    for (int i = first; i < argc; i++)
        if (!take(argv[i]))
            return 1;
    if (count == 0)
        return fprintf(stderr, "replay: no input\n"), 1;
    for (unsigned long i = 0; i < executions; i++)
        run_changed();
    printf("%zu inputs, %lu executions of changed ones\n", count, executions);
    for (size_t i = 0; i < count; i++)
        free(inputs[i].data);
    return 0;
}
