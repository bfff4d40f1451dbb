/* SPDX-License-Identifier: MIT
 *
 * Verdicts on arrays and histograms in a mapping. */

#include "reader/live_testing.h"

using namespace mms_testing;

namespace {

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

} // namespace
