// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <vector>

#include "format/testing.h"
#include "mmstats/format.h"

namespace {

using mms_testing::Bytes;
using mms_testing::Guarded;
using mms_testing::string_of;

constexpr unsigned kSequence = MMS_FLAG_SEQUENCE << 8;

struct Outcome {
    std::vector<mms_record> records;
    std::vector<mms_diag> errors;
    size_t end;
};

Outcome scan(const Bytes &file)
{
    static Guarded guarded(1 << 22);
    Outcome outcome = {};
    mms_scan scan;
    mms_record record;
    mms_diag diag;
    int got = mms_scan_begin(&scan, guarded.put(file.data.data(), file.size()), file.size(), file.order, &diag);
    EXPECT_EQ(got, 0);
    while ((got = mms_scan_next(&scan, &record, &diag)) != 0) {
        if (got > 0)
            outcome.records.push_back(record);
        else
            outcome.errors.push_back(diag);
    }
    EXPECT_TRUE(scan.ended);
    EXPECT_EQ(mms_scan_next(&scan, &record, &diag), 0) << "a list that has ended goes on";
    outcome.end = scan.offset;
    return outcome;
}

// --- bodies --------------------------------------------------------------------------------------------------

// A record alone in a file: header at 1, body at 12 (the label is one byte), so that the body of 4 + 8 n bytes ends
// 8-aligned.
struct Body {
    const char *what;
    unsigned id, metric;
    Bytes body;
    int rule; // 0: none
    uint64_t offset;
    // where there is no error:
    size_t value_size = 0, slots = 0, write_buffer = 0, values = 0, tail = 0, sequence = 0;
};

constexpr size_t kMetric = 10, kBody = 12;

const Body kBodies[] = {
    // UNBUFFERED
    {"static u64", 19, 0, Bytes().zeros(8), 0, 0, 8, 1, 0, 12, 0, 0},
    {"static u64, bytes behind it", 19, 1, Bytes().zeros(11), 0, 0, 8, 1, 0, 12, 3, 0},
    {"static u64, one byte short", 19, 0, Bytes().zeros(7), 405, kBody},
    {"static u64, nothing", 19, 0, Bytes(), 405, kBody},
    {"byte", 10, 0, Bytes().zeros(1), 0, 0, 1, 1, 0, 12, 0, 0},
    {"static text", 20, 0, Bytes().zeros(256), 0, 0, 256, 1, 0, 12, 0, 0},
    {"static text, one byte short", 20, 0, Bytes().zeros(255), 405, kBody},
    {"generation", 97, 0, Bytes().zeros(8), 0, 0, 8, 1, 0, 12, 0, 0},
    {"static u64 cannot have a sequence", 19, kSequence, Bytes().zeros(20), 408, kMetric},
    {"R405 before R408", 19, kSequence, Bytes().zeros(7), 405, kBody},
    // BUFFERED
    {"counter", 1, 2, Bytes().u8(1).zeros(16), 0, 0, 8, 2, 12, 13, 0, 0},
    {"i16", 8, 0, Bytes().u8(0).zeros(4), 0, 0, 2, 2, 12, 13, 0, 0},
    {"counter, no write buffer", 1, 2, Bytes(), 405, kBody},
    {"counter, write buffer alone", 1, 2, Bytes().u8(0), 405, kBody},
    {"counter, write buffer 2 before the missing values", 1, 2, Bytes().u8(2), 406, 12},
    {"counter, write buffer ff", 1, 2, Bytes().u8(255).zeros(16), 406, 12},
    {"counter, one byte short", 1, 2, Bytes().u8(1).zeros(15), 405, kBody},
    {"counter, sequence", 1, kSequence, Bytes().u8(1).zeros(16).zeros(3).u64(9), 0, 0, 8, 2, 12, 13, 3, 32},
    {"counter, sequence one byte early", 1, kSequence, Bytes().u8(1).zeros(16).zeros(2).u64(9), 408, kMetric},
    {"counter, sequence overlaps the value", 1, kSequence, Bytes().u8(1).zeros(16).zeros(3), 408, kMetric},
    {"f32, sequence has no room", 11, kSequence, Bytes().u8(1).zeros(8).zeros(3), 408, kMetric},
    {"counter, unknown flags", 1, 0x7f00, Bytes().u8(1).zeros(16), 0, 0, 8, 2, 12, 13, 0, 0},
    {"counter, unknown kind", 1, 0x00ee, Bytes().u8(1).zeros(16), 0, 0, 8, 2, 12, 13, 0, 0},
    // STRING, METADATA
    {"string", 16, 0, Bytes().text("abc"), 0, 0, 3, 1, 0, 12, 0, 0},
    {"string, empty", 16, 0, Bytes(), 0, 0, 0, 1, 0, 12, 0, 0},
    {"string cannot have a sequence", 16, kSequence, Bytes().zeros(20), 408, kMetric},
    {"metadata", 96, 0, Bytes().text("unit=s"), 0, 0, 6, 1, 0, 12, 0, 0},
    {"metadata cannot have a sequence", 96, kSequence, Bytes().zeros(20), 408, kMetric},
    // WIDE
    {"wide", 65, 0, Bytes().u32(5).u8(1).zeros(10), 0, 0, 5, 2, 16, 17, 0, 0},
    {"wide, empty", 65, 0, Bytes().u32(0).u8(1), 0, 0, 0, 2, 16, 17, 0, 0},
    {"wide, no size", 65, 0, Bytes().zeros(3), 405, kBody},
    {"wide, no write buffer", 65, 0, Bytes().u32(0), 405, kBody},
    {"wide, write buffer before the missing texts", 65, 0, Bytes().u32(5).u8(7), 406, 16},
    {"wide, one byte short", 65, 0, Bytes().u32(5).u8(0).zeros(9), 405, kBody},
    {"wide, the largest size", 65, 0, Bytes().u32(UINT32_MAX).u8(0).zeros(9), 405, kBody},
    {"wide, half of the sizes wraps in 32 bits", 65, 0, Bytes().u32(0x80000001).u8(0).zeros(2), 405, kBody},
    {"wide, sequence", 65, kSequence, Bytes().u32(4).u8(1).zeros(8).zeros(7).u64(0), 0, 0, 4, 2, 16, 17, 7, 32},
    // ARRAY
    {"ring", 21, 1, Bytes().u16(2).u16(4).zeros(20), 0, 0, 4, 5, 12, 16, 0, 0},
    {"ring of one slot", 66, 0, Bytes().u16(0).u16(0).zeros(8), 0, 0, 8, 1, 12, 16, 0, 0},
    {"ring, write offset at its limit", 67, 0, Bytes().u16(1).u16(1).zeros(16), 0, 0, 8, 2, 12, 16, 0, 0},
    {"ring, write offset above, before the missing slots", 67, 0, Bytes().u16(2).u16(1), 407, 12},
    {"ring, no array size: before the write offset", 67, 0, Bytes().u16(9), 405, kBody},
    {"ring, half a write offset", 67, 0, Bytes().u8(9), 405, kBody},
    {"ring, the largest", 66, 0, Bytes().u16(65535).u16(65535).zeros(524288), 0, 0, 8, 65536, 12, 16, 0, 0},
    {"ring, one byte short", 66, 0, Bytes().u16(65535).u16(65535).zeros(524287), 405, kBody},
    {"ring, sequence", 22, kSequence, Bytes().u16(0).u16(1).zeros(8).zeros(0).u64(0), 0, 0, 4, 2, 12, 16, 0, 24},
    {"ring, sequence not there", 23, kSequence, Bytes().u16(0).u16(1).zeros(8).zeros(7), 408, kMetric},
    // HISTOGRAM
    {"histogram", 68, 0, Bytes().u8(1).u8(3).u16(0).u32(7).f64(1).u64(0).zeros(56), 0, 0, 8, 7, 0, 36, 0, 0},
    {"histogram, one bucket and the last", 68, 0, Bytes().u8(0).u8(0).u16(0).u32(2).f64(1).u64(0).zeros(16), 0, 0, 8,
     2, 0, 36, 0, 0},
    {"histogram, nothing", 68, 0, Bytes(), 405, kBody},
    {"histogram, sub_bits alone", 68, 0, Bytes().u8(16), 405, kBody},
    {"histogram, sub_bits 17 alone", 68, 0, Bytes().u8(17), 409, kBody},
    {"histogram, sub_bits above max_bits", 68, 0, Bytes().u8(3).u8(2), 409, kBody},
    {"histogram, max_bits 65", 68, 0, Bytes().u8(3).u8(65), 409, kBody},
    {"histogram, no count", 68, 0, Bytes().u8(3).u8(64).zeros(5), 405, kBody},
    {"histogram, one bucket too few", 68, 0, Bytes().u8(1).u8(3).u16(0).u32(6), 409, kBody},
    {"histogram, one bucket too many", 68, 0, Bytes().u8(1).u8(3).u16(0).u32(8), 409, kBody},
    {"histogram, no bucket", 68, 0, Bytes().u8(1).u8(3).u16(0).u32(0), 409, kBody},
    {"histogram, no sum", 68, 0, Bytes().u8(1).u8(3).u16(0).u32(7).f64(1).zeros(7), 405, kBody},
    {"histogram, one byte short", 68, 0, Bytes().u8(1).u8(3).u16(0).u32(7).f64(1).u64(0).zeros(55), 405, kBody},
    {"histogram, the u16 is not looked at", 68, 0, Bytes().u8(0).u8(1).u16(9).u32(3).f64(1).u64(0).zeros(24), 0, 0, 8,
     3, 0, 36, 0, 0},
    {"histogram, sequence", 68, kSequence, Bytes().u8(0).u8(0).u16(0).u32(2).f64(1).u64(0).zeros(16).zeros(4).u64(0), 0,
     0, 8, 2, 0, 36, 4, 56},
    // STRUCT
    {"struct", 69, 0, Bytes().u16(2).text("bQ").u8(1).zeros(32), 0, 0, 16, 2, 16, 17, 0, 0},
    {"struct, nothing", 69, 0, Bytes().u8(0), 405, kBody},
    {"struct, signature one byte short", 69, 0, Bytes().u16(3).text("bQ"), 405, kBody},
    {"struct, signature empty: before the write buffer", 69, 0, Bytes().u16(0), 306, 14},
    {"struct, signature malformed", 69, 0, Bytes().u16(3).text("b z"), 303, 16},
    {"struct, signature count", 69, 0, Bytes().u16(3).text("b 1"), 304, 16},
    {"struct, signature size", 69, 0, Bytes().u16(22).text("b 9223372036854775807s"), 305, 16},
    {"struct, no write buffer", 69, 0, Bytes().u16(1).text("b"), 405, kBody},
    {"struct, write buffer 2", 69, 0, Bytes().u16(1).text("b").u8(2), 406, 15},
    {"struct, one byte short", 69, 0, Bytes().u16(1).text("Q").u8(0).zeros(15), 405, kBody},
    {"struct, two of the largest", 69, 0, Bytes().u16(20).text("9223372036854775807s").u8(0).zeros(64), 405,
     kBody},
    {"struct, sequence", 69, kSequence, Bytes().u16(1).text("Q").u8(1).zeros(16).u64(1), 0, 0, 8, 2, 15, 16, 0, 32},
    // PADDING, OPAQUE: nothing in them counts
    {"padding", 0, 0, Bytes().text("whatever"), 0, 0, 0, 0, 0, 12, 8, 0},
    {"padding, with a flag", 0, kSequence, Bytes().text("abc"), 0, 0, 0, 0, 0, 12, 3, 0},
    {"unknown data type", 24, 0, Bytes().text("whatever"), 0, 0, 0, 0, 0, 12, 8, 0},
    {"unknown data type, with a flag", 98, kSequence, Bytes(), 0, 0, 0, 0, 0, 12, 0, 0},
    {"the last data type", 65535, 0xffff, Bytes().text("x"), 0, 0, 0, 0, 0, 12, 1, 0},
};

TEST(ScanV2, Bodies)
{
    for (const Body &b : kBodies) {
        // Alone, and with a record behind it that is found in any case (R410).
        for (bool more : {false, true}) {
            Bytes file = Bytes().u8(2).v2("a", b.id, b.metric, b.body);
            size_t end = file.size();
            if (more)
                file.v2("next", 15, 0, Bytes().u8(1));
            const Outcome outcome = scan(file);
            ASSERT_EQ(outcome.errors.size(), b.rule != 0 ? 1u : 0u) << b.what;
            ASSERT_EQ(outcome.records.size(), size_t(b.rule == 0) + size_t(more)) << b.what;
            if (more) {
                EXPECT_EQ(outcome.records.back().id, 15) << b.what;
                EXPECT_EQ(outcome.records.back().offset, end) << b.what;
            }
            if (b.rule != 0) {
                EXPECT_EQ(outcome.errors[0], (mms_diag{-EBADMSG, b.rule, b.offset})) << b.what;
                continue;
            }
            const mms_record &record = outcome.records[0];
            EXPECT_EQ(record.id, b.id) << b.what;
            EXPECT_EQ(record.metric, b.metric & 0xff) << b.what;
            EXPECT_EQ(record.flags, b.metric >> 8) << b.what;
            EXPECT_EQ(record.value_size, b.value_size) << b.what;
            EXPECT_EQ(record.slots, b.slots) << b.what;
            EXPECT_EQ(record.write_buffer, b.write_buffer) << b.what;
            EXPECT_EQ(record.values, b.values) << b.what;
            EXPECT_EQ(record.tail, b.tail) << b.what;
            EXPECT_EQ(record.sequence, b.sequence) << b.what;
            EXPECT_EQ(record.offset, 1u) << b.what;
            EXPECT_EQ(record.body, kBody) << b.what;
            EXPECT_EQ(record.size, end - 1) << b.what;
        }
    }
}

TEST(ScanV2, AllWriteBufferBytes)
{
    for (unsigned byte = 0; byte < 256; byte++) {
        const Outcome outcome = scan(Bytes().u8(2).v2("a", 9, 0, Bytes().u8(byte).zeros(4)));
        EXPECT_EQ(outcome.errors.empty(), byte <= 1) << byte;
    }
}

TEST(ScanV2, HistogramParameters)
{
    for (unsigned sub_bits = 0; sub_bits < 20; sub_bits++)
        for (unsigned max_bits = 0; max_bits < 68; max_bits++) {
            bool allowed = sub_bits <= 16 && sub_bits <= max_bits && max_bits <= 64;
            uint64_t count = allowed ? (uint64_t(1) << sub_bits) * (max_bits - sub_bits + 1) + 1 : 7;
            const Bytes body = Bytes().u8(sub_bits).u8(max_bits).u16(0).u32(count);
            const Outcome outcome = scan(Bytes().u8(2).v2("a", 68, 0, body));
            ASSERT_EQ(outcome.errors.size(), 1u);
            EXPECT_EQ(outcome.errors[0].rule, allowed ? 405 : 409) << sub_bits << " " << max_bits;
        }
}

// --- records -------------------------------------------------------------------------------------------------

struct Records {
    const char *what;
    Bytes tail; // behind byte 0
    size_t records;
    std::vector<mms_diag> errors;
};

const Records kRecords[] = {
    {"nothing", Bytes(), 0, {}},
    {"three bytes left", Bytes().text("\xff\xff\xff"), 0, {}},
    {"field size 0", Bytes().u32(0).text("rubbish"), 0, {}},
    {"R402 by one byte", Bytes().u32(6).zeros(5), 0, {{-EBADMSG, 402, 1}}},
    {"R402 before R403", Bytes().u32(5).zeros(4), 0, {{-EBADMSG, 402, 1}}},
    {"R402, the largest", Bytes().u32(UINT32_MAX).zeros(50), 0, {{-EBADMSG, 402, 1}}},
    {"R402 ends the list", Bytes().v2("a", 15, 0, Bytes().u8(1)).u32(100).zeros(20), 1, {{-EBADMSG, 402, 13}}},
    {"R403", Bytes().u32(5).zeros(5), 0, {{-EBADMSG, 403, 1}}},
    {"R403, each", Bytes().u32(1).zeros(1).u32(2).zeros(2).u32(3).zeros(3).u32(4).zeros(4),
     0, {{-EBADMSG, 403, 1}, {-EBADMSG, 403, 6}, {-EBADMSG, 403, 12}, {-EBADMSG, 403, 19}}},
    {"the smallest record", Bytes().u32(6).u16(0).u16(0).u16(0), 1, {}},
    {"R404, label by one byte", Bytes().u32(7).u16(2).zeros(5), 0, {{-EBADMSG, 404, 5}}},
    {"R404, the largest label", Bytes().u32(8).u16(65535).zeros(6), 0, {{-EBADMSG, 404, 5}}},
    {"R404, even of padding", Bytes().u32(6).u16(1).u16(0).u16(0), 0, {{-EBADMSG, 404, 5}}},
    {"R404, half a metric type", Bytes().u32(8).u16(3).zeros(6), 0, {{-EBADMSG, 404, 5}}},
    {"the label reaches into the next record", Bytes().u32(6).u16(4).zeros(4).v2("b", 15, 0, Bytes().u8(1)), 1,
     {{-EBADMSG, 404, 5}}},
    {"errors between records",
     Bytes().v2("a", 15, 0, Bytes().u8(1)).v2("b", 1, 0, Bytes().u8(2)).v2("c", 15, 0, Bytes().u8(1))
         .v2("d", 19, 0, Bytes()).v2("e", 15, 0, Bytes().u8(1)),
     3, {{-EBADMSG, 406, 24}, {-EBADMSG, 405, 48}}},
};

TEST(ScanV2, Records)
{
    for (const Records &r : kRecords) {
        const Outcome outcome = scan(Bytes().u8(2).add(r.tail));
        EXPECT_EQ(outcome.records.size(), r.records) << r.what;
        ASSERT_EQ(outcome.errors.size(), r.errors.size()) << r.what;
        for (size_t i = 0; i < r.errors.size(); i++)
            EXPECT_EQ(outcome.errors[i], r.errors[i]) << r.what;
    }
}

TEST(ScanV2, TheFirstErrorIsTheVerdict)
{
    const Bytes file = Bytes().u8(2).v2("a", 15, 0, Bytes().u8(1)).v2("b", 1, 0, Bytes().u8(2)).u32(3);
    mms_diag diag = {};
    EXPECT_EQ(mms_check(file.data.data(), file.size(), MMS_ORDER_LITTLE, &diag), -EBADMSG);
    EXPECT_EQ(diag, (mms_diag{-EBADMSG, 406, 24}));
}

TEST(ScanV2, OutputsAreUntouchedOnFailure)
{
    const Bytes file = Bytes().u8(2).v2("a", 1, 0, Bytes().u8(2));
    mms_scan scan;
    mms_record record = {};
    record.offset = 77;
    mms_diag diag = {7, 7, 7};
    ASSERT_EQ(mms_scan_begin(&scan, file.data.data(), file.size(), MMS_ORDER_LITTLE, &diag), 0);
    EXPECT_EQ(mms_scan_next(&scan, &record, nullptr), -EBADMSG);
    EXPECT_EQ(record.offset, 77u);
    EXPECT_EQ(diag, (mms_diag{7, 7, 7}));
    EXPECT_EQ(mms_scan_next(&scan, &record, &diag), 0);
    EXPECT_EQ(diag, (mms_diag{7, 7, 7}));
}

// --- byte order ----------------------------------------------------------------------------------------------

TEST(ScanV2, TheOtherOrderIsFound)
{
    for (enum mms_order order : {MMS_ORDER_LITTLE, MMS_ORDER_BIG}) {
        Bytes file(order);
        file.u8(2).v2("a", 68, kSequence | 5,
                      Bytes(order).u8(0).u8(0).u16(0).u32(2).f64(0.5).u64(0).zeros(16).zeros(4).u64(3));
        mms_scan scan;
        mms_record record;
        ASSERT_EQ(mms_scan_begin(&scan, file.data.data(), file.size(), MMS_ORDER_AUTO, nullptr), 0);
        EXPECT_EQ(scan.swapped, order != MMS_ORDER_NATIVE);
        ASSERT_EQ(mms_scan_next(&scan, &record, nullptr), 1);
        EXPECT_EQ(record.swapped, order != MMS_ORDER_NATIVE);
        EXPECT_EQ(record.scale, 0.5);
        EXPECT_EQ(record.metric, 5);
        EXPECT_EQ(record.flags, MMS_FLAG_SEQUENCE);
        EXPECT_EQ(record.sequence, 56u);
    }
}

// One error anywhere in it, and a file is not taken for one of the other order.
TEST(ScanV2, TheOtherOrderOnlyWhenAllOfItIsWellFormed)
{
    const enum mms_order other = MMS_ORDER_NATIVE == MMS_ORDER_BIG ? MMS_ORDER_LITTLE : MMS_ORDER_BIG;
    Bytes file(other);
    file.u8(2).v2("a", 15, 0, Bytes(other).u8(1)).v2("b", 1, 0, Bytes(other).u8(2));
    mms_scan scan;
    ASSERT_EQ(mms_scan_begin(&scan, file.data.data(), file.size(), MMS_ORDER_AUTO, nullptr), 0);
    EXPECT_FALSE(scan.swapped);
}

// --- cost ----------------------------------------------------------------------------------------------------

// A call consumes at least four bytes, whatever is in them: a file of n bytes ends within n / 4 calls. Here each of
// them is an error, in both orders.
TEST(ScanV2, EveryCallConsumes)
{
    Bytes file = Bytes().u8(2);
    const size_t count = 200000;
    for (size_t i = 0; i < count; i++)
        file.u32(1).u8(0);
    const mms_testing::Work work = mms_testing::read_all(file.data.data(), file.size(), MMS_ORDER_LITTLE);
    EXPECT_EQ(work.errors, count);
    EXPECT_EQ(work.records, 0u);
}

} // namespace
