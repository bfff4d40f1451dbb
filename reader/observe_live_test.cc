/* SPDX-License-Identifier: MIT
 *
 * Verdicts on values in a mapping, while a writer stores into it as fast as it can. Most tests hand the reader's
 * parts the very memory that the writer's thread uses, so that a thread sanitizer sees both sides. */

#include <atomic>
#include <functional>
#include <memory>
#include <set>
#include <thread>

#include "mmstats/slot.h"
#include "reader/testing.h"

extern "C" {
#include "reader/internal.h"
}

using namespace mms_testing;

namespace {

constexpr unsigned TRIES = 64;

// Memory that stands for the mapping of a file, and its structure.
class Live {
public:
    explicit Live(const File &file)
        : copy(file.whole()), memory((copy.size() + 7) / 8), map(reinterpret_cast<uint8_t *>(memory.data()))
    {
        memcpy(map, copy.data(), copy.size());
        view.map = map;
        EXPECT_EQ(0, mms_scan_begin(&view.begin, copy.data(), copy.size(), MMS_ORDER_AUTO, nullptr));
        EXPECT_EQ(0, mms_index_build(&view.index, view.begin));
        EXPECT_EQ(0U, view.index.errors);
    }
    ~Live() { mms_index_free(&view.index); }

    mms_stat get(size_t i, unsigned tries = TRIES)
    {
        const mms_entry *entry = &view.index.entries[i];
        mms_seen seen;
        // as large as promised and no larger: a sanitizer sees a byte too many
        bytes = std::make_unique<uint8_t[]>(2 * entry->bytes);
        mms_observe_live(&view, entry, tries, bytes.get(), &seen);
        values.resize(mms_decode_count(entry, &seen));
        mms_stat stat;
        mms_decode(&view, entry, &seen, values.data(), &stat);
        return stat;
    }

    std::string copy;
    std::vector<uint64_t> memory;
    uint8_t *map;
    mms_view view = {};
    std::unique_ptr<uint8_t[]> bytes;
    std::vector<mms_value> values;
};

// Runs write(n) for n = 1, 2, ... in a thread of its own, until it goes. It has begun when the constructor is through.
class Writer {
public:
    explicit Writer(std::function<void(uint64_t)> write)
        : thread([this, write] {
              for (uint64_t n = 1; !stop.load(std::memory_order_relaxed); n++) {
                  write(n);
                  begun.store(true, std::memory_order_relaxed);
              }
          })
    {
        while (!begun.load(std::memory_order_relaxed))
            std::this_thread::yield();
    }
    ~Writer()
    {
        stop = true;
        thread.join();
    }

private:
    std::atomic<bool> stop{false}, begun{false};
    std::thread thread;
};

enum { READS = 20000 };

// --- numbers --------------------------------------------------------------------------------------------------------

TEST(Number, ExactAndNeverBackInTime)
{
    for (int version : {1, 2}) {
        File file(version);
        mms_record record = version == 1 ? file.v1("n", "Q", true) : file.v2("n", MMS_ID_COUNTER);
        Live live(file);
        Writer writer([&](uint64_t) { mms_slot_add_64(live.map + record.values, 0x100000001); });
        uint64_t last = 0, exact = 0;
        for (int i = 0; i < READS; i++) {
            mms_stat stat = live.get(0);
            uint64_t value = stat.values[0].u;
            if (stat.status != MMS_EXACT)
                continue;
            exact++;
            ASSERT_EQ(value >> 32, value & 0xffffffff);
            ASSERT_GE(value, last);
            last = value;
        }
        EXPECT_GT(exact, 0U);
    }
}

TEST(Number, SmallerOnes)
{
    File file(2);
    mms_record u16 = file.v2("u16", MMS_ID_U16), i32 = file.v2("i32", MMS_ID_I32), f32 = file.v2("f32", MMS_ID_F32);
    Live live(file);
    Writer writer([&](uint64_t n) {
        mms_slot_store_16(live.map + u16.values, uint16_t((n & 0xff) * 0x101));
        mms_slot_store_32(live.map + i32.values, uint32_t((n & 0xff) * 0x1010101));
        mms_slot_store_32(live.map + f32.values, mms_bits_of_float(float(n % 1000)));
    });
    for (int i = 0; i < READS; i++) {
        mms_stat stat = live.get(0);
        ASSERT_TRUE(stat.status != MMS_EXACT || stat.values[0].u % 0x101 == 0);
        stat = live.get(1);
        ASSERT_TRUE(stat.status != MMS_EXACT || uint32_t(stat.values[0].i) % 0x1010101 == 0);
        stat = live.get(2);
        ASSERT_TRUE(stat.status != MMS_EXACT || (stat.values[0].f >= 0 && stat.values[0].f < 1000));
    }
}

TEST(Number, UnbufferedIsExactAtOnce)
{
    File file(2);
    file.v2("byte", MMS_ID_BYTE);
    file.v2("bool", MMS_ID_BOOL);
    file.v2("u32", MMS_ID_STATIC_U32);
    file.v2("f64", MMS_ID_STATIC_F64);
    file.text("letter", MMS_ID_STRING, "x");
    Live live(file);
    for (size_t i = 0; i < 5; i++) {
        EXPECT_EQ(MMS_EXACT, live.get(i).status) << i;
        EXPECT_EQ(0U, live.get(i).retries) << i;
    }
}

// Eight bytes of text are not stored in one access, though they are read in one.
TEST(Number, TextIsNone)
{
    File file(2);
    file.text("s", MMS_ID_STRING, "8 bytes.");
    file.text("s", MMS_ID_STRING, "2b");
    Live live(file);
    EXPECT_EQ(MMS_CHECKED, live.get(0).status);
    EXPECT_EQ(MMS_CHECKED, live.get(1).status);
}

// A packed value may stand anywhere: nobody can say that it is exact.
TEST(Number, UnalignedIsChecked)
{
    File file(1);
    mms_record buffered = file.v1("aa", "Q", true, true), unbuffered = file.v1("bb", "Q", false, true);
    ASSERT_NE(0U, buffered.values % 8);
    ASSERT_NE(0U, unbuffered.values % 8);
    file.poke(buffered.values + 8, uint64_t(42));
    file.poke(unbuffered.values, uint64_t(43));
    Live live(file);
    EXPECT_EQ(42U, live.get(0).values[0].u);
    EXPECT_EQ(MMS_CHECKED, live.get(0).status);
    EXPECT_EQ(43U, live.get(1).values[0].u);
    EXPECT_EQ(MMS_CHECKED, live.get(1).status);
}

// --- wide values ----------------------------------------------------------------------------------------------------

bool is_one_letter(const std::string &text)
{
    return text.find_first_not_of(text.substr(0, 1)) == std::string::npos;
}

TEST(Latch, ExactTextsAreWhole)
{
    enum { SIZE = 64 };
    File file(2);
    mms_record record = file.wide("s", SIZE, MMS_FLAG_SEQUENCE);
    Live live(file);
    Writer writer([&](uint64_t n) {
        char text[SIZE];
        memset(text, int('a' + n % 26), sizeof text);
        mms_latch_store(live.map + record.values, SIZE,
                        reinterpret_cast<uint64_t *>(live.map + record.sequence), text, SIZE);
        for (uint64_t i = 0; i < (n & 31); i++) // a breath now and then
            mms_cell_load_8(live.map + record.write_buffer);
    });
    uint64_t last = 0, exact = 0;
    for (int i = 0; i < READS; i++) {
        mms_stat stat = live.get(0);
        std::string text = text_of(stat);
        if (stat.status != MMS_EXACT) {
            ASSERT_EQ(MMS_BUSY, stat.status);
            ASSERT_EQ(TRIES - 1, stat.retries);
            continue;
        }
        exact++;
        ASSERT_TRUE(is_one_letter(text)) << text;
        ASSERT_GE(stat.sequence, last);
        if (stat.sequence > 0) {
            ASSERT_EQ('a' + char(stat.sequence % 26), text[0]);
        }
        last = stat.sequence;
    }
    EXPECT_GT(exact, 0U);
}

// The newest value is in buffer sequence & 1, whatever the byte says: a writer may have died between the two.
TEST(Latch, WriterDiedInside)
{
    File file(2);
    mms_record record = file.wide("s", 8, MMS_FLAG_SEQUENCE);
    file.bytes.replace(record.values, 16, "even....odd.....");
    file.poke(record.sequence, uint64_t(4));
    file.poke(record.write_buffer, uint8_t(0)); // of publication 5, whose sequence is missing
    Live live(file);
    EXPECT_EQ("even....", text_of(live.get(0)));
    EXPECT_EQ(MMS_EXACT, live.get(0).status);
}

TEST(Flips, CheckedAtBest)
{
    enum { SIZE = 40 };
    File file(1);
    mms_record record = file.v1("s", "40s", true);
    Live live(file);
    uint8_t *flip = live.map + record.write_buffer;
    Writer writer([&](uint64_t n) {
        char text[SIZE];
        memset(text, int('a' + n % 26), sizeof text);
        __atomic_thread_fence(__ATOMIC_RELEASE);
        uint8_t now = __atomic_load_n(flip, __ATOMIC_RELAXED);
        mms_slot_copy_in(live.map + record.values + now * SIZE, text, SIZE);
        __atomic_store_n(flip, uint8_t(now ^ 1), __ATOMIC_RELEASE);
    });
    std::set<int> seen;
    for (int i = 0; i < READS; i++) {
        mms_stat stat = live.get(0);
        ASSERT_NE(MMS_EXACT, stat.status);
        ASSERT_LE(text_of(stat).size(), size_t(SIZE));
        seen.insert(stat.status);
    }
    EXPECT_FALSE(seen.empty());
}

TEST(Flips, StillIsChecked)
{
    File file(1);
    mms_record record = file.v1("s", "8s", true);
    file.bytes.replace(record.values, 16, "first...second..");
    Live live(file);
    EXPECT_EQ("second..", text_of(live.get(0)));
    EXPECT_EQ(MMS_CHECKED, live.get(0).status);
    live.map[record.write_buffer] = 1;
    EXPECT_EQ("first...", text_of(live.get(0)));
}

TEST(Twice, TextsAreChecked)
{
    enum { SIZE = 200 };
    File file(2);
    mms_record record = file.text("s", MMS_ID_STRING, std::string(SIZE, ' '));
    Live live(file);
    {
        Writer writer([&](uint64_t n) {
            char text[SIZE];
            memset(text, int('a' + n % 26), sizeof text);
            mms_slot_copy_in(live.map + record.values, text, SIZE);
        });
        for (int i = 0; i < READS; i++)
            ASSERT_NE(MMS_EXACT, live.get(0).status);
    }
    mms_slot_copy_in(live.map + record.values, "quiet", 6);
    EXPECT_EQ("quiet", text_of(live.get(0)));
    EXPECT_EQ(MMS_CHECKED, live.get(0).status);
    EXPECT_EQ(0U, live.get(0).retries);
}

// --- arrays ---------------------------------------------------------------------------------------------------------

// Adds element number n (1, 2, ...) to a ring of u64: element, write offset, sequence, each visible before the next.
void ring_add(uint8_t *map, const mms_record &record, uint64_t n)
{
    auto *elements = reinterpret_cast<uint64_t *>(map + record.values);
    auto *offset = reinterpret_cast<uint16_t *>(map + record.write_buffer);
    auto *sequence = reinterpret_cast<uint64_t *>(map + record.sequence);
    uint16_t at = __atomic_load_n(offset, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_RELEASE);
    __atomic_store_n(&elements[at], n, __ATOMIC_RELAXED);
    __atomic_store_n(offset, uint16_t((at + 1U) % record.slots), __ATOMIC_RELEASE);
    __atomic_store_n(sequence, n, __ATOMIC_RELEASE);
}

void check_ring(size_t array_size)
{
    File file(2);
    mms_record record = file.array("r", MMS_ID_U64_RING, array_size, MMS_FLAG_SEQUENCE);
    Live live(file);
    Writer writer([&](uint64_t n) { ring_add(live.map, record, n); });
    uint64_t newest = 0, exact = 0;
    for (int i = 0; i < READS; i++) {
        mms_stat stat = live.get(0);
        if (stat.status != MMS_EXACT)
            continue;
        exact++;
        std::vector<uint64_t> numbers = numbers_of(stat);
        ASSERT_LE(numbers.size(), array_size);
        for (size_t k = 1; k < numbers.size(); k++)
            ASSERT_EQ(numbers[k - 1] + 1, numbers[k]) << k << " of " << numbers.size();
        if (numbers.empty())
            continue;
        ASSERT_GT(numbers[0], 0U);
        ASSERT_GE(numbers.back(), newest);
        ASSERT_GE(numbers.back(), stat.sequence);
        newest = numbers.back();
    }
    EXPECT_GT(exact, 0U);
    EXPECT_GT(newest, 0U);
}

TEST(Ring, ElementsOverwrittenMeanwhileAreDropped)
{
    check_ring(1000);
}

TEST(Ring, Small)
{
    check_ring(3);
}

TEST(Ring, Full)
{
    File file(2);
    mms_record record = file.array("r", MMS_ID_U64_RING, 4, MMS_FLAG_SEQUENCE);
    Live live(file);
    for (uint64_t n = 1; n <= 12; n++) {
        ring_add(live.map, record, n);
        mms_stat stat = live.get(0);
        uint64_t count = n < 4 ? n : 4;
        ASSERT_EQ(count, stat.count);
        for (uint64_t k = 0; k < count; k++)
            ASSERT_EQ(n - count + 1 + k, stat.values[k].u);
    }
}

TEST(Array, WithoutSequenceIsChecked)
{
    File file(2);
    mms_record record = file.array("r", MMS_ID_U32_RING, 500, 0);
    Live live(file);
    Writer writer([&](uint64_t n) {
        auto *offset = live.map + record.write_buffer;
        uint16_t at = mms_cell_load_16(offset);
        mms_cell_store_32(live.map + record.values + 4U * at, uint32_t(n));
        mms_cell_store_16(offset, uint16_t((at + 1U) % record.slots));
    });
    for (int i = 0; i < 2000; i++) {
        mms_stat stat = live.get(0);
        ASSERT_NE(MMS_EXACT, stat.status);
        ASSERT_EQ(500U, stat.count);
    }
}

// --- histograms -----------------------------------------------------------------------------------------------------

TEST(Histogram, ExactAddsUp)
{
    File file(2);
    mms_record record = file.histogram("h", 3, 3, MMS_FLAG_SEQUENCE); // bucket i counts samples i
    Live live(file);
    auto *buckets = reinterpret_cast<uint64_t *>(live.map + record.values);
    auto *sequence = reinterpret_cast<uint64_t *>(live.map + record.sequence);
    Writer writer([&](uint64_t n) {
        uint64_t sample = n % 8;
        __atomic_thread_fence(__ATOMIC_RELEASE);
        __atomic_store_n(&buckets[sample], buckets[sample] + 1, __ATOMIC_RELAXED);
        __atomic_store_n(buckets - 1, buckets[-1] + sample, __ATOMIC_RELAXED);
        __atomic_store_n(sequence, n, __ATOMIC_RELEASE);
        for (uint64_t i = 0; i < 64; i++)
            mms_cell_load_8(live.map);
    });
    uint64_t exact = 0;
    for (int i = 0; i < READS; i++) {
        mms_stat stat = live.get(0);
        if (stat.status != MMS_EXACT)
            continue;
        exact++;
        uint64_t samples = 0, sum = 0;
        for (size_t k = 0; k < stat.count; k++) {
            samples += stat.values[k].u;
            sum += k * stat.values[k].u;
        }
        // one publication may be under way, seen up to any of its stores
        ASSERT_LE(samples - stat.sequence, 1U);
        ASSERT_TRUE(sum == stat.sum || sum - stat.sum == (stat.sequence + 1) % 8 ||
                    stat.sum - sum == (stat.sequence + 1) % 8);
    }
    EXPECT_GT(exact, 0U);
}

TEST(Histogram, WithoutSequenceIsChecked)
{
    File file(2);
    file.histogram("h", 2, 4, 0);
    Live live(file);
    EXPECT_EQ(MMS_CHECKED, live.get(0).status);
}

// --- hostile bytes --------------------------------------------------------------------------------------------------

// The structure said 0 or 1 once; by now the byte is something else.
TEST(Hostile, Flips)
{
    File file(1);
    mms_record number = file.v1("n", "Q", true), text = file.v1("s", "3000s", true);
    Live live(file);
    for (unsigned flip : {2U, 3U, 0x7fU, 0x80U, 0xffU}) {
        live.map[number.write_buffer] = live.map[text.write_buffer] = uint8_t(flip);
        for (size_t i = 0; i < 2; i++) {
            mms_stat stat = live.get(i);
            EXPECT_EQ(MMS_BUSY, stat.status) << flip;
            EXPECT_EQ(TRIES - 1, stat.retries);
        }
    }
}

TEST(Hostile, OneTry)
{
    File file(1);
    mms_record number = file.v1("n", "Q", true);
    Live live(file);
    live.map[number.write_buffer] = 2;
    EXPECT_EQ(MMS_BUSY, live.get(0, 1).status);
    EXPECT_EQ(0U, live.get(0, 1).retries);
}

TEST(Hostile, WriteOffsets)
{
    for (unsigned flags : {0U, unsigned(MMS_FLAG_SEQUENCE)}) {
        File file(2);
        mms_record ring = file.array("r", MMS_ID_U64_RING, 100, flags);
        Live live(file);
        if (flags)
            mms_cell_store_64(live.map + ring.sequence, UINT64_MAX);
        for (unsigned offset : {101U, 102U, 1000U, 0xffffU}) {
            mms_cell_store_16(live.map + ring.write_buffer, uint16_t(offset));
            mms_stat stat = live.get(0);
            EXPECT_EQ(MMS_BUSY, stat.status);
            EXPECT_LE(stat.count, 100U);
        }
        mms_cell_store_16(live.map + ring.write_buffer, 100);
        EXPECT_NE(MMS_BUSY, live.get(0).status);
        EXPECT_EQ(100U, live.get(0).count);
    }
}

TEST(Hostile, Sequences)
{
    File file(2);
    mms_record wide = file.wide("s", 100, MMS_FLAG_SEQUENCE);
    mms_record ring = file.array("r", MMS_ID_U64_RING, 9, MMS_FLAG_SEQUENCE);
    Live live(file);
    Writer writer([&](uint64_t n) {
        mms_cell_store_64(live.map + wide.sequence, n * 0x9e3779b97f4a7c15);
        mms_cell_store_64(live.map + ring.sequence, n * 0x9e3779b97f4a7c15);
        mms_cell_store_16(live.map + ring.write_buffer, uint16_t(n * 40503));
        mms_cell_store_8(live.map + wide.write_buffer, uint8_t(n));
    });
    for (int i = 0; i < READS; i++) {
        ASSERT_LE(live.get(0).count, 1U);
        ASSERT_LE(live.get(1).count, 9U);
    }
}

// --- the whole way --------------------------------------------------------------------------------------------------

// Another mapping of the same file, as another process has it.
TEST(Reader, SeesWhatAnotherMappingStores)
{
    enum { SIZE = 24 };
    Folder folder;
    File file(2);
    mms_record number = file.v2("n", MMS_ID_COUNTER), text = file.wide("s", SIZE, MMS_FLAG_SEQUENCE);
    write_file(folder / "f", file.whole());
    Mapping mapping(folder / "f");
    Reader reader(folder / "f");
    ASSERT_EQ(0, reader.error);
    Writer writer([&](uint64_t n) {
        char bytes[SIZE];
        memset(bytes, int('a' + n % 26), sizeof bytes);
        mms_slot_store_64(mapping.at + number.values, n * 0x100000001);
        mms_latch_store(mapping.at + text.values, SIZE, mapping.as<uint64_t>(text.sequence), bytes, SIZE);
    });
    uint64_t last = 0;
    for (int i = 0; i < READS; i++) {
        mms_stat stat = reader.get("n");
        if (stat.status == MMS_EXACT) {
            ASSERT_EQ(stat.values[0].u >> 32, stat.values[0].u & 0xffffffff);
            ASSERT_GE(stat.values[0].u, last);
            last = stat.values[0].u;
        }
        stat = reader.get("s");
        if (stat.status == MMS_EXACT) {
            ASSERT_TRUE(is_one_letter(text_of(stat)));
        }
    }
    EXPECT_GT(last, 0U);
}

TEST(Reader, CopiesOfAFileThatIsWritten)
{
    enum { SIZE = 24 };
    Folder folder;
    File file(2);
    mms_record number = file.v2("n", MMS_ID_COUNTER), text = file.wide("s", SIZE, MMS_FLAG_SEQUENCE);
    write_file(folder / "f", file.whole());
    Mapping mapping(folder / "f");
    Reader reader(folder / "f", MMS_READ_COPY);
    ASSERT_EQ(0, reader.error);
    Writer writer([&](uint64_t n) {
        char bytes[SIZE];
        memset(bytes, int('a' + n % 26), sizeof bytes);
        mms_slot_store_64(mapping.at + number.values, n);
        mms_latch_store(mapping.at + text.values, SIZE, mapping.as<uint64_t>(text.sequence), bytes, SIZE);
    });
    for (int i = 0; i < READS / 20; i++) {
        ASSERT_EQ(0, mms_reader_refresh(reader, nullptr));
        ASSERT_NE(MMS_EXACT, reader.get("n").status);
        mms_stat stat = reader.get("s");
        if (stat.status == MMS_EXACT) {
            ASSERT_TRUE(is_one_letter(text_of(stat)));
        }
    }
}

} // namespace
