/* SPDX-License-Identifier: MIT
 *
 * replay - runs a harness over files: a fuzz target as a plain test. Arguments are files or directories; the inputs are
 * also cut short and changed in a byte, in a fixed way, so that the plain test sees more than the corpus. */
#define _XOPEN_SOURCE 700
#include <ftw.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A copy of its own size each time, so that a sanitizer sees a read of one byte too many. */
static void run(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    if (!copy)
        abort();
    memcpy(copy, data, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static void run_file(const char *path)
{
    static uint8_t data[1 << 20];
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        exit(1);
    }
    size_t size = fread(data, 1, sizeof data, file);
    fclose(file);
    run(data, size);
    size_t step = size / 256 + 1;
    for (size_t at = 0; at < size; at += step) {
        run(data, at);
        data[at] ^= 0x81;
        run(data, size);
        data[at] ^= 0x81;
    }
}

static int count;

static int visit(const char *path, const struct stat *status, int type, struct FTW *where)
{
    (void)status, (void)where;
    if (type == FTW_F) {
        run_file(path);
        count++;
    }
    return 0;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (nftw(argv[i], visit, 16, 0) != 0)
            perror(argv[i]);
    printf("%d inputs\n", count);
    return count > 0 ? 0 : 1;
}
