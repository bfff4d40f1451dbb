/* SPDX-License-Identifier: MIT
 *
 * live_fuzz - a mapping that is read while another thread makes it one file, and another, and the first again.
 *
 * Input: two files (fuzz.h). The reader is bounded by what it does, not by time; the bytes change as long as it reads.
 * What a thread does when is chance: an input that fails may have to be run some times.
 * Oracles: no crash; whatever the bytes are, the structure stays that of the private copy until a refresh. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz/fuzz.h"
#include "fuzz/reading.h"
#include "mmstats/slot.h"

enum { READS = 3, LARGEST = 1 << 13 };

struct changer {
    struct fuzz_input files[2];
    uint8_t *map;
    uint8_t begun, done;
};

static void *run(void *argument)
{
    struct changer *changer = argument;
    for (int change = 1; !mms_cell_load_8(&changer->done); change++) {
        const struct fuzz_input *file = &changer->files[change & 1];
        for (size_t i = 0; i < file->left; i++)
            mms_cell_store_8(changer->map + i, file->at[i]);
        mms_cell_store_8(&changer->begun, 1);
    }
    return NULL;
}

static void read_meanwhile(struct mms_reader *reader)
{
    for (int i = 0; i < READS; i++) {
        size_t count = mms_reader_count(reader);
        fuzz_read_all(reader, 0);
        mms_reader_snapshot(reader);
        fuzz_read_all(reader, 0);
        require(mms_reader_count(reader) == count);
        mms_reader_refresh(reader, NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_pair pair = fuzz_pair_of(data, size < LARGEST ? size : LARGEST);
    struct changer changer = {.files = {pair.first, pair.second}};
    struct mms_reader_options options = {.size = sizeof options, .tries = 2};
    options.mode = pair.flags & 1 ? MMS_READ_COPY : MMS_READ_LIVE;
    struct mms_reader *reader;
    size_t length = pair.first.left > pair.second.left ? pair.first.left : pair.second.left;
    pthread_t thread;

    fuzz_write(pair.first.at, pair.first.left);
    if (length == 0 || truncate(fuzz_path(), (off_t)length) < 0 ||
        mms_reader_open(fuzz_path(), &options, &reader, NULL) < 0)
        return 0;
    int fd = open(fuzz_path(), O_RDWR | O_CLOEXEC);
    require(fd >= 0);
    changer.map = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    require(changer.map != MAP_FAILED);
    require(pthread_create(&thread, NULL, run, &changer) == 0);
    while (!mms_cell_load_8(&changer.begun))
        sched_yield();
    read_meanwhile(reader);
    mms_cell_store_8(&changer.done, 1);
    require(pthread_join(thread, NULL) == 0);
    munmap(changer.map, length);
    close(fd);
    mms_reader_close(reader);
    return 0;
}
