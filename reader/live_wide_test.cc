/* SPDX-License-Identifier: MIT
 *
 * Verdicts on texts in a mapping: values that no single access reads whole. */

#include <set>

#include "reader/live_testing.h"

using namespace mms_testing;

namespace {

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

} // namespace
