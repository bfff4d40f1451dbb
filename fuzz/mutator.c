/* SPDX-License-Identifier: MIT
 *
 * mutator.c - changes files by record: what bytes at random hardly ever do, as each size has to fit to what it counts.
 *
 * One file for three engines. libFuzzer and replay.c call LLVMFuzzerCustomMutator; AFL++ calls the afl_custom_
 * functions of a library (AFL_CUSTOM_MUTATOR_LIBRARY), between changes of its own. With -DFUZZ_PAIR an input is two
 * files (fuzz.h). */
#include <string.h>

#include "fuzz/fuzz.h"
#include "mmstats/format.h"

__attribute__((weak)) size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);

#ifdef FUZZ_PAIR
enum { PAIR = true };
#else
enum { PAIR = false };
#endif

enum { RECORDS = 128, LARGEST_MADE = 2048 };

/* --- chance ------------------------------------------------------------------------------------------------------- */

struct chance {
    uint64_t state;
};

/* splitmix64 */
static size_t below(struct chance *chance, size_t limit)
{
    uint64_t z = chance->state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    z ^= z >> 31;
    return (size_t)(z >> 16) % (limit ? limit : 1);
}

/* Numbers at which something changes. */
static uint64_t odd_number(struct chance *chance)
{
    static const uint64_t numbers[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 16, 17, 64, 69, 127, 128, 255, 256, 257, 32767,
                                       32768, 65534, 65535, 65536, 0x7fffffff, 0x80000000, 0xffffffff, INT64_MAX,
                                       0x8000000000000000, UINT64_MAX, 0x7ff8000000000000, 0x7ff0000000000000};
    return numbers[below(chance, sizeof numbers / sizeof *numbers)];
}

/* --- a file, as a list of records --------------------------------------------------------------------------------- */

struct file {
    uint8_t *data;
    size_t size, max;
    uint8_t version;
    bool swapped;
    size_t starts[RECORDS + 1]; /* where records begin, and where the last one ends */
    size_t count;
};

static void find_records(struct file *file)
{
    struct mms_scan scan;
    struct mms_record record;
    file->count = 0;
    if (mms_scan_begin(&scan, file->data, file->size, MMS_ORDER_AUTO, NULL) < 0) {
        file->version = 0;
        return;
    }
    file->version = scan.version;
    file->swapped = scan.swapped;
    file->starts[0] = scan.offset;
    while (file->count < RECORDS && mms_scan_next(&scan, &record, NULL) != 0 &&
           scan.offset > file->starts[file->count])
        file->starts[++file->count] = scan.offset;
}

/* Makes room for `size` bytes at `at`. */
static bool insert(struct file *file, size_t at, size_t size)
{
    if (size > file->max - file->size)
        return false;
    memmove(file->data + at + size, file->data + at, file->size - at);
    file->size += size;
    return true;
}

static void erase(struct file *file, size_t at, size_t size)
{
    memmove(file->data + at, file->data + at + size, file->size - at - size);
    file->size -= size;
}

static bool is_big(const struct file *file)
{
    return file->swapped != (MMS_ORDER_NATIVE == MMS_ORDER_BIG);
}

static uint64_t number_at(const struct file *file, size_t at, size_t bytes)
{
    uint64_t number = 0;
    for (size_t i = 0; i < bytes && at + i < file->size; i++)
        number |= (uint64_t)file->data[at + i] << 8 * (is_big(file) ? bytes - 1 - i : i);
    return number;
}

static void put_number(const struct file *file, size_t at, uint64_t number, size_t bytes)
{
    bool big = is_big(file);
    for (size_t i = 0; i < bytes && at + i < file->size; i++)
        file->data[at + i] = (uint8_t)(number >> 8 * (big ? bytes - 1 - i : i));
}

/* --- records of our own ------------------------------------------------------------------------------------------- */

#define TEXT(string) {string, sizeof(string) - 1}

static const struct mms_text labels[] = {
    TEXT(""), TEXT("a"), TEXT("b"), TEXT("a_total"), TEXT("sys.sequence"), TEXT("sys.generation"), TEXT("sys.pid"), TEXT("sys.created"),
    TEXT("sys.lock"), TEXT("a\"b\\c,d\n"), TEXT("\x1b[31m"), TEXT("\xe2\x80\xae\xff\xc3"), TEXT("a\0b"),
};
static const struct mms_text signatures[] = {
    TEXT("Q"), TEXT("q"), TEXT("I"), TEXT("h"), TEXT("b"), TEXT("?"), TEXT("d"), TEXT("f"), TEXT("e"), TEXT("c"),
    TEXT("7s"), TEXT("8s"), TEXT("5p"), TEXT("0s"), TEXT("  Q"), TEXT("=lL"), TEXT(">Q"), TEXT("<d"), TEXT("!3h"),
    TEXT("@bQ"), TEXT("dQ0Q"), TEXT("x3x2sP"), TEXT("300B"), TEXT("0Q1b"), TEXT("bhiq"), TEXT("2p3c?"), TEXT("1000?"),
};
static const uint16_t ids[] = {0,  1,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17,
                               18, 19, 20, 21, 22, 23, 64, 65, 66, 67, 68, 69, 96, 97, 1000};

/* A well-formed record that is to stand at `at`, in out. Returns its size, or 0. */
static size_t make_record(const struct file *file, size_t at, struct chance *chance, uint8_t out[LARGEST_MADE])
{
    struct mms_record record = {
        .label = labels[below(chance, sizeof labels / sizeof *labels)],
        .id = ids[below(chance, sizeof ids / sizeof *ids)],
        .metric = (uint8_t)below(chance, 10),
        .flags = below(chance, 2) ? MMS_FLAG_SEQUENCE : 0,
        .layout = below(chance, 2) ? MMS_LAYOUT_BUFFERED : MMS_LAYOUT_UNBUFFERED,
        .value_size = below(chance, 40),
        .slots = below(chance, 8) + 1,
        .tail = below(chance, 3) ? 0 : below(chance, 16),
        .sub_bits = (uint8_t)below(chance, 4),
        .max_bits = (uint8_t)below(chance, 12),
        .scale = 0.5,
        .swapped = file->swapped,
    };
    enum mms_order order = is_big(file) ? MMS_ORDER_BIG : MMS_ORDER_LITTLE;
    if (file->version == 1 || record.id == MMS_ID_STRUCT)
        record.signature = signatures[below(chance, sizeof signatures / sizeof *signatures)];
    if (mms_record_layout(&record, file->version, at) < 0 ||
        mms_serialize(&record, file->version, order, NULL, out, LARGEST_MADE) < 0)
        return 0;
    for (size_t i = record.values - at; i < record.size && below(chance, 8) != 0; i++)
        out[i] = (uint8_t)below(chance, 256);
    return record.size;
}

/* --- changes: each says whether it did something ------------------------------------------------------------------ */

static bool add_record(struct file *file, size_t number, struct chance *chance)
{
    uint8_t made[LARGEST_MADE];
    size_t at = file->starts[number];
    size_t size = make_record(file, at, chance, made);
    if (size == 0 || !insert(file, at, size))
        return false;
    memcpy(file->data + at, made, size);
    return true;
}

static bool remove_record(struct file *file, size_t number, struct chance *chance)
{
    (void)chance;
    if (number == file->count)
        return false;
    erase(file, file->starts[number], file->starts[number + 1] - file->starts[number]);
    return true;
}

static bool copy_record(struct file *file, size_t number, struct chance *chance)
{
    if (number == file->count)
        return false;
    size_t size = file->starts[number + 1] - file->starts[number];
    size_t from = file->starts[number], to = file->starts[below(chance, file->count + 1)];
    if (!insert(file, to, size))
        return false;
    memmove(file->data + to, file->data + (from < to ? from : from + size), size);
    return true;
}

/* Makes a record of version 2 longer or shorter, and its size with it. */
static bool resize_record(struct file *file, size_t number, struct chance *chance)
{
    if (file->version != 2 || number == file->count)
        return false;
    size_t start = file->starts[number], end = file->starts[number + 1], size = end - start;
    size_t change = below(chance, 12) + 1;
    if (below(chance, 2)) {
        if (!insert(file, end, change))
            return false;
        memset(file->data + end, (int)below(chance, 3), change);
        size += change;
    } else {
        change = change < size - 4 ? change : size - 4;
        erase(file, end - change, change);
        size -= change;
    }
    put_number(file, start, size - 4, 4);
    return true;
}

/* Where sizes, types and offsets stand: an odd number, or one that is a power of two away. The first ones say most. */
static bool change_header(struct file *file, size_t number, struct chance *chance)
{
    static const uint8_t widths[] = {1, 2, 2, 4};
    if (number == file->count)
        return false;
    size_t at = file->starts[number] + below(chance, below(chance, 40) + 1);
    size_t bytes = widths[below(chance, sizeof widths)];
    uint64_t step = (uint64_t)1 << below(chance, 8 * bytes);
    uint64_t near = number_at(file, at, bytes) + (below(chance, 2) ? step : 0 - step);
    put_number(file, at, below(chance, 2) ? near : odd_number(chance), bytes);
    return true;
}

/* An odd number in what ends the record: a value, or the sequence. */
static bool change_value(struct file *file, size_t number, struct chance *chance)
{
    if (number == file->count)
        return false;
    size_t end = file->starts[number + 1], size = end - file->starts[number];
    size_t bytes = size < 8 ? size : 8, back = below(chance, 3) ? bytes : below(chance, size - bytes + 1) + bytes;
    put_number(file, end - back, odd_number(chance), bytes);
    return true;
}

static bool cut_record(struct file *file, size_t number, struct chance *chance)
{
    if (number == file->count)
        return false;
    file->size = file->starts[number] + below(chance, file->starts[number + 1] - file->starts[number]);
    return true;
}

static bool (*const changes[])(struct file *, size_t number, struct chance *) = {
    add_record, add_record, add_record, remove_record, copy_record, resize_record,
    change_header, change_header, change_header, change_value, change_value, cut_record,
};

static size_t change_file(uint8_t *data, size_t size, size_t max, struct chance *chance)
{
    struct file file = {.data = data, .size = size, .max = max};
    if (max == 0)
        return 0;
    if (size == 0 || (data[0] != 1 && data[0] != 2)) {
        data[0] = (uint8_t)(1 + below(chance, 2));
        file.size = size ? size : 1;
    }
    find_records(&file);
    for (int tries = 0; tries < 8; tries++)
        if (changes[below(chance, sizeof changes / sizeof *changes)](&file, below(chance, file.count + 1), chance))
            break;
    return file.size;
}

/* --- two files ---------------------------------------------------------------------------------------------------- */

/* One of them is changed, or the second becomes the first with a change: files that are nearly the same say most. */
static size_t change_pair(uint8_t *data, size_t size, size_t max, struct chance *chance)
{
    static uint8_t first[FUZZ_MAX], second[FUZZ_MAX];
    struct fuzz_pair pair = fuzz_pair_of(data, size);
    if (size < FUZZ_PAIR_HEADER || size > FUZZ_MAX || max > FUZZ_MAX)
        return size;
    size_t room = max - FUZZ_PAIR_HEADER, first_size = pair.first.left, second_size = pair.second.left;
    memcpy(first, pair.first.at, first_size);
    memcpy(second, pair.second.at, second_size);
    size_t what = below(chance, 4);
    if (what == 0)
        data[0] = (uint8_t)below(chance, 256);
    else if (what == 1)
        first_size = change_file(first, first_size, room - second_size, chance);
    if (what == 2 && 2 * first_size <= room)
        memcpy(second, first, second_size = first_size);
    if (what >= 2)
        second_size = change_file(second, second_size, room - first_size, chance);
    for (size_t i = 1; i < FUZZ_PAIR_HEADER; i++)
        data[i] = (uint8_t)(first_size >> 8 * (i - 1));
    memcpy(data + FUZZ_PAIR_HEADER, first, first_size);
    memcpy(data + FUZZ_PAIR_HEADER + first_size, second, second_size);
    return FUZZ_PAIR_HEADER + first_size + second_size;
}

/* --- engines ------------------------------------------------------------------------------------------------------ */

static size_t change(uint8_t *data, size_t size, size_t max, struct chance *chance)
{
    return PAIR ? change_pair(data, size, max, chance) : change_file(data, size, max, chance);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
    struct chance chance = {seed};
    if (LLVMFuzzerMutate != NULL && below(&chance, 2))
        return LLVMFuzzerMutate(data, size, max);
    return change(data, size, max, &chance);
}

/* AFL++. One process has one fuzzer. */
__attribute__((visibility("default"))) void *afl_custom_init(void *afl, unsigned seed);
__attribute__((visibility("default"))) void afl_custom_deinit(void *state);
__attribute__((visibility("default"))) size_t afl_custom_fuzz(void *state, uint8_t *data, size_t size, uint8_t **out,
                                                              uint8_t *other, size_t other_size, size_t max);

void *afl_custom_init(void *afl, unsigned seed)
{
    static struct chance chance;
    (void)afl;
    chance.state = seed;
    return &chance;
}

void afl_custom_deinit(void *state)
{
    (void)state;
}

size_t afl_custom_fuzz(void *state, uint8_t *data, size_t size, uint8_t **out, uint8_t *other, size_t other_size,
                       size_t max)
{
    static uint8_t changed[FUZZ_MAX];
    (void)other, (void)other_size;
    max = max < sizeof changed ? max : sizeof changed;
    size = size < max ? size : max;
    memcpy(changed, data, size);
    *out = changed;
    return change(changed, size, max, state);
}
