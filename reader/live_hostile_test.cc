/* SPDX-License-Identifier: MIT
 *
 * Values in a mapping whose bytes say what no writer says. */

#include "reader/live_testing.h"

using namespace mms_testing;

namespace {

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

} // namespace
