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

// R611: one sequence for two texts. Each says which publication it is of, as its letter does.
TEST(Counted, ExactTextsAreWhole)
{
    enum { SIZE = 64 };
    File file(1);
    mms_record sequence = file.v1("web.sys.sequence", "Q", false);
    mms_record records[2] = {file.v1("a", "64s", true), file.v1("b", "64s", true)};
    Live live(file);
    Writer writer([&](uint64_t n) {
        char text[SIZE];
        memset(text, int('a' + n % 26), sizeof text);
        mms_counted_store(live.map + records[n % 2].values, SIZE,
                          reinterpret_cast<uint64_t *>(live.map + sequence.values), text, SIZE);
        for (uint64_t i = 0; i < (n & 31); i++) // a breath now and then
            mms_cell_load_8(live.map + sequence.values);
    });
    uint64_t exact = 0;
    for (int i = 0; i < READS; i++) {
        mms_stat stat = live.get(1 + i % 2);
        if (stat.status != MMS_EXACT) {
            ASSERT_EQ(MMS_BUSY, stat.status);
            continue;
        }
        exact++;
        ASSERT_TRUE(is_one_letter(text_of(stat))) << text_of(stat);
    }
    EXPECT_GT(exact, 0U);
}

// What one access reads does not need the sequence, and nothing else is one.
TEST(Counted, OnlyWhatNeedsIt)
{
    const bool big = MMS_ORDER_NATIVE == MMS_ORDER_BIG;
    const struct {
        const char *label, *signature;
        bool buffered, first;
        mms_status expected;
    } cases[] = {
        {"sys.sequence", "Q", false, true, MMS_EXACT},    {"a.sys.sequence", "Q", false, true, MMS_EXACT},
        {"sys.sequence", "Q", false, false, MMS_CHECKED}, {"sys.sequence", "Q", true, true, MMS_CHECKED},
        {"sys.sequence", "q", false, true, MMS_CHECKED},  {"sys.sequence", "I", false, true, MMS_CHECKED},
        {"sys.sequenc", "Q", false, true, MMS_CHECKED},   {"sys.sequence", "QQ", false, true, MMS_CHECKED},
        {"web.sys.sequence", ">Q", false, true, big ? MMS_EXACT : MMS_CHECKED}, // aligned as it is
        {"web.sys.sequence", "<Q", false, true, big ? MMS_CHECKED : MMS_EXACT},
    };
    for (const auto &c : cases) {
        File file(1);
        if (!c.first)
            file.v1("first", "Q", false);
        file.v1(c.label, c.signature, c.buffered);
        file.v1("s", "16s", true);
        file.v1("t", "IQ", true);
        file.v1("n", "Q", true);
        file.v1("u", "16s", false);
        Live live(file);
        size_t s = c.first ? 1 : 2;
        EXPECT_EQ(c.expected, live.get(s).status) << c.label << " " << c.signature;
        EXPECT_EQ(c.expected, live.get(s + 1).status) << c.label << " " << c.signature;
        EXPECT_EQ(MMS_EXACT, live.get(s + 2).status);
        EXPECT_EQ(MMS_CHECKED, live.get(s + 3).status);
    }
}

// Where it is not aligned it cannot be loaded whole.
TEST(Counted, UnalignedSequenceIsNone)
{
    File file(1);
    ASSERT_NE(0U, file.v1("sys.sequence", "Q", false, true).values % 8);
    file.v1("s", "16s", true);
    Live live(file);
    EXPECT_EQ(MMS_CHECKED, live.get(1).status);
}

TEST(Flips, CheckedAtBest)
{
    enum { SIZE = 40 };
    File file(1);
    mms_record record = file.v1("s", "40s", true);
    Live live(file);
    Writer writer([&](uint64_t n) {
        char text[SIZE];
        memset(text, int('a' + n % 26), sizeof text);
        mms_flip_store(live.map + record.values, SIZE, text, SIZE);
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
