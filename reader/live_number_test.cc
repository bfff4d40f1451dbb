/* SPDX-License-Identifier: MIT
 *
 * Verdicts on one number in a mapping. */

#include "reader/live_testing.h"

using namespace mms_testing;

namespace {

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

} // namespace
