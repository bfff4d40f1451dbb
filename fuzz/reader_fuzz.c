/* SPDX-License-Identifier: MIT
 *
 * reader_fuzz - a whole file through everything in reader.h, which becomes another file in the middle of it.
 *
 * Input: two files (fuzz.h). The first is opened and read; then the second is put into its place, in the same file,
 * and it is read again before and after mms_reader_refresh. Flags: bit 0 live mode, bits 1 and 2 the order, bit 3 a
 * snapshot before the change, bit 4 one after it, bit 5 the second file does not make the file shorter.
 * Oracles: while the file is at rest no value is busy, mms_reader_sample agrees with mms_reader_get, and every field
 * is found by its label; a refreshed copy is what a new reader gets. */
#include <errno.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "fuzz/reading.h"

enum { FLAG_LIVE = 1, FLAG_BEFORE = 8, FLAG_AFTER = 16, FLAG_LONGER = 32 };

static void take_snapshot(struct mms_reader *reader, bool quiet)
{
    int result = mms_reader_snapshot(reader);
    require(result == 0 || result == 1 || result == -EBUSY || result == -EIO || result == -ESTALE);
    require(!quiet || result >= 0 || result == -EBUSY);
    fuzz_read_all(reader, 0);
}

/* The second file; where the first one is longer, its end may stay. */
static void change(const struct fuzz_pair *pair)
{
    static uint8_t bytes[FUZZ_MAX];
    size_t size = pair->second.left;
    memcpy(bytes, pair->second.at, size);
    if ((pair->flags & FLAG_LONGER) && pair->first.left > size) {
        memcpy(bytes + size, pair->first.at + size, pair->first.left - size);
        size = pair->first.left;
    }
    fuzz_write(bytes, size);
}

static void refresh(struct mms_reader *reader, const struct mms_reader_options *options)
{
    struct mms_reader *fresh;
    struct mms_diag diag = {0, 0, 0}, other = {0, 0, 0};
    uint64_t generation = mms_reader_generation(reader);
    int result = mms_reader_refresh(reader, &diag);
    require(mms_reader_generation(reader) == generation + (result == 1));
    int opened = mms_reader_open(fuzz_path(), options, &fresh, &other);
    if (options->mode == MMS_READ_COPY)
        require(result == opened || (result == 1 && opened == 0));
    fuzz_read_all(reader, options->mode == MMS_READ_COPY && result >= 0 ? FUZZ_QUIET : 0);
    if (opened < 0)
        return;
    if (options->mode == MMS_READ_COPY)
        fuzz_require_same(reader, fresh);
    mms_reader_close(fresh);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool guarded;
    if (!guarded)
        require(mms_reader_guard() == 0);
    guarded = true;
    if (size > FUZZ_MAX)
        return 0;
    struct fuzz_pair pair = fuzz_pair_of(data, size);
    struct mms_reader_options options = {
        .size = sizeof options,
        .mode = pair.flags & FLAG_LIVE ? MMS_READ_LIVE : MMS_READ_COPY,
        .order = (enum mms_order)((pair.flags >> 1) % 3),
        .tries = 2,
    };
    struct mms_reader *reader;
    struct mms_diag diag;

    fuzz_write(pair.first.at, pair.first.left);
    if (mms_reader_open(fuzz_path(), &options, &reader, &diag) < 0)
        return 0;
    fuzz_read_all(reader, FUZZ_QUIET);
    if (pair.flags & FLAG_BEFORE)
        take_snapshot(reader, true);
    change(&pair);
    fuzz_read_all(reader, 0);
    if (pair.flags & FLAG_AFTER)
        take_snapshot(reader, false);
    refresh(reader, &options);
    mms_reader_close(reader);
    return 0;
}
