/* SPDX-License-Identifier: MIT
 *
 * Verdicts on arrays and histograms in a mapping. */

#include "reader/live_testing.h"

using namespace mms_testing;

namespace {

// --- arrays ---------------------------------------------------------------------------------------------------------

// Adds element number n (1, 2, ...) to a ring of u64.
void ring_add(uint8_t *map, const mms_record &record, uint64_t n)
{
    mms_ring_add_64(map + record.values, uint32_t(record.slots), reinterpret_cast<uint16_t *>(map + record.write_buffer),
                    reinterpret_cast<uint64_t *>(map + record.sequence), n);
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
        mms_histogram_store(buckets, n % 8, n % 8, sequence);
        for (uint64_t i = 0; i < 64; i++) // a breath
            mms_cell_load_8(live.map);
    });
    uint64_t exact = 0, last = 0;
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
        ASSERT_EQ(stat.sequence, samples);
        ASSERT_EQ(stat.sum, sum);
        ASSERT_GE(stat.sequence, last);
        last = stat.sequence;
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
