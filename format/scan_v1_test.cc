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

struct Outcome {
    std::vector<mms_record> records;
    std::vector<mms_diag> errors;
    size_t end;
};

Outcome scan(const std::string &data)
{
    static Guarded guarded(1 << 20);
    Outcome outcome = {};
    mms_scan scan;
    mms_record record;
    mms_diag diag;
    int got = mms_scan_begin(&scan, guarded.put(data.data(), data.size()), data.size(), MMS_ORDER_LITTLE, &diag);
    if (got < 0) {
        outcome.errors.push_back(diag);
        return outcome;
    }
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

TEST(ScanBegin, Version)
{
    for (int version = 0; version < 256; version++) {
        const uint8_t byte = uint8_t(version);
        mms_scan scan;
        mms_diag diag = {};
        int got = mms_scan_begin(&scan, &byte, 1, MMS_ORDER_AUTO, &diag);
        if (version == 1 || version == 2) {
            EXPECT_EQ(got, 0);
            EXPECT_EQ(scan.version, version);
            EXPECT_EQ(diag.error, 0);
        } else {
            EXPECT_EQ(got, -EPROTONOSUPPORT) << version;
            EXPECT_EQ(diag, (mms_diag{-EPROTONOSUPPORT, MMS_RULE_VERSION, 0}));
        }
    }
}

TEST(ScanBegin, NoByteAtAll)
{
    mms_scan scan = {};
    scan.offset = 77;
    mms_diag diag = {};
    EXPECT_EQ(mms_scan_begin(&scan, nullptr, 0, MMS_ORDER_AUTO, &diag), -EBADMSG);
    EXPECT_EQ(diag, (mms_diag{-EBADMSG, MMS_RULE_EMPTY, 0}));
    EXPECT_EQ(scan.offset, 77u);
    EXPECT_EQ(mms_check(nullptr, 0, MMS_ORDER_BIG, nullptr), -EBADMSG);
}

TEST(ScanV1, Records)
{
    const Bytes file = Bytes().u8(1)
                           .v1("visits", "Q").u8(0).u64(1).u64(2)
                           .v1("a", "  I").u8(0xff).u32(7)
                           .v1("name", "5s").u8(1).text("abcde").text("fghij")
                           .v1("t", "=bQ").u8(1).zeros(18)
                           .u16(0).text("what stands behind the end");
    const Outcome outcome = scan(file.data);
    ASSERT_EQ(outcome.errors.size(), 0u);
    ASSERT_EQ(outcome.records.size(), 4u);

    const struct {
        const char *label, *signature;
        mms_layout layout;
        size_t offset, values, value_size, slots, size;
    } expected[] = {
        {"visits", "Q", MMS_LAYOUT_BUFFERED, 1, 13, 8, 2, 28},
        {"a", "  I", MMS_LAYOUT_UNBUFFERED, 29, 38, 4, 1, 13},
        {"name", "5s", MMS_LAYOUT_BUFFERED, 42, 53, 5, 2, 21},
        {"t", "=bQ", MMS_LAYOUT_BUFFERED, 63, 72, 9, 2, 27},
    };
    for (size_t i = 0; i < 4; i++) {
        const mms_record &record = outcome.records[i];
        EXPECT_EQ(record.label.size, strlen(expected[i].label));
        EXPECT_EQ(record.signature.size, strlen(expected[i].signature));
        EXPECT_EQ(record.layout, expected[i].layout);
        EXPECT_EQ(record.offset, expected[i].offset);
        EXPECT_EQ(record.values, expected[i].values);
        EXPECT_EQ(record.value_size, expected[i].value_size);
        EXPECT_EQ(record.slots, expected[i].slots);
        EXPECT_EQ(record.size, expected[i].size);
        EXPECT_EQ(record.body, record.values - 1);
        EXPECT_EQ(record.write_buffer, record.values - 1);
        EXPECT_EQ(record.id, 0);
        EXPECT_EQ(record.metric, 0);
        EXPECT_EQ(record.flags, 0);
        EXPECT_EQ(record.sequence, 0u);
        EXPECT_EQ(record.tail, 0u);
        EXPECT_EQ(record.swapped, MMS_ORDER_NATIVE != MMS_ORDER_LITTLE);
    }
    EXPECT_EQ(outcome.end, 90u);
}

// --- each rule, at each byte where it can break --------------------------------------------------------------

struct Case {
    const char *what;
    Bytes tail; // behind byte 0
    size_t records;
    int rule; // 0: none
    uint64_t offset;
};

const Case kCases[] = {
    {"nothing", Bytes(), 0, 0, 0},
    {"one byte left", Bytes().u8(9), 0, 0, 0},
    {"label size 0", Bytes().u16(0), 0, 0, 0},
    {"label size 0, then rubbish", Bytes().u16(0).text("\xff\xff\xff\xff"), 0, 0, 0},
    {"no label", Bytes().u16(1), 0, 202, 1},
    {"label one byte short", Bytes().u16(3).text("ab"), 0, 202, 1},
    {"label of 65535", Bytes().u16(65535).text(std::string(65534, 'a')), 0, 202, 1},
    {"no signature size", Bytes().u16(2).text("ab"), 0, 203, 5},
    {"half a signature size", Bytes().u16(2).text("ab").u8(1), 0, 203, 5},
    {"no signature", Bytes().u16(1).text("a").u16(1), 0, 204, 4},
    {"signature one byte short", Bytes().u16(1).text("a").u16(3).text("QQ"), 0, 204, 4},
    {"signature empty", Bytes().v1("a", "").u8(0xff), 0, 306, 6},
    {"signature empty, at the end of the file", Bytes().v1("a", ""), 0, 306, 6},
    {"signature malformed: before the missing write buffer", Bytes().v1("a", "Qz"), 0, 303, 7},
    {"signature: count", Bytes().v1("a", "Q12").u8(0xff), 0, 304, 7},
    {"signature: size", Bytes().v1("a", "I9223372036854775807s").u8(0xff), 0, 305, 7},
    {"no write buffer", Bytes().v1("a", "Q"), 0, 205, 7},
    {"write buffer 2", Bytes().v1("a", "Q").u8(2).zeros(16), 0, 206, 7},
    {"write buffer fe: before the missing value", Bytes().v1("a", "Q").u8(0xfe), 0, 206, 7},
    {"no value", Bytes().v1("a", "Q").u8(0xff), 0, 207, 8},
    {"value one byte short", Bytes().v1("a", "Q").u8(0xff).zeros(7), 0, 207, 8},
    {"whole value", Bytes().v1("a", "Q").u8(0xff).zeros(8), 1, 0, 0},
    {"values one byte short", Bytes().v1("a", "Q").u8(1).zeros(15), 0, 207, 8},
    {"whole values", Bytes().v1("a", "Q").u8(1).zeros(16), 1, 0, 0},
    {"the largest value", Bytes().v1("a", "9223372036854775807s").u8(0xff).zeros(9), 0, 207, 27},
    {"twice the largest value", Bytes().v1("a", "9223372036854775807s").u8(0).zeros(9), 0, 207, 27},
    {"empty text", Bytes().v1("a", "0s").u8(0), 1, 0, 0},
    {"one byte behind a record", Bytes().v1("a", "b").u8(0xff).u8(1).u8(1), 1, 0, 0},
    {"an error ends the list", Bytes().v1("a", "b").u8(0xff).u8(1).v1("b", "b").u8(3).u8(1).v1("c", "b").u8(0xff).u8(1),
     1, 206, 15},
};

TEST(ScanV1, Rules)
{
    for (const Case &c : kCases) {
        const Outcome outcome = scan(Bytes().u8(1).add(c.tail).data);
        EXPECT_EQ(outcome.records.size(), c.records) << c.what;
        ASSERT_EQ(outcome.errors.size(), c.rule != 0 ? 1u : 0u) << c.what;
        if (c.rule != 0) {
            EXPECT_EQ(outcome.errors[0], (mms_diag{-EBADMSG, c.rule, c.offset})) << c.what;
        }
    }
}

TEST(ScanV1, WriteBufferBytes)
{
    for (unsigned byte = 0; byte < 256; byte++) {
        const Outcome outcome = scan(Bytes().u8(1).v1("a", "H").u8(byte).zeros(4).data);
        EXPECT_EQ(outcome.errors.empty(), byte == 0 || byte == 1 || byte == 0xff) << byte;
    }
}

TEST(ScanV1, LabelsOfAnyBytes)
{
    std::string label;
    for (int byte = 0; byte < 256; byte++)
        label += char(byte);
    const std::string data = Bytes().u8(1).v1(label, "b").u8(0xff).u8(1).data;
    mms_scan scan;
    mms_record record;
    ASSERT_EQ(mms_scan_begin(&scan, data.data(), data.size(), MMS_ORDER_LITTLE, nullptr), 0);
    ASSERT_EQ(mms_scan_next(&scan, &record, nullptr), 1);
    EXPECT_EQ(string_of(record.label), label);
}

// --- byte order ----------------------------------------------------------------------------------------------

TEST(ScanV1, TheOtherOrderIsFound)
{
    for (enum mms_order order : {MMS_ORDER_LITTLE, MMS_ORDER_BIG}) {
        const std::string data = Bytes(order).u8(1).v1("visits", "Q").u8(0).u64(5).u64(6).zeros(4).data;
        mms_scan scan;
        mms_record record;
        ASSERT_EQ(mms_scan_begin(&scan, data.data(), data.size(), MMS_ORDER_AUTO, nullptr), 0);
        EXPECT_EQ(scan.swapped, order != MMS_ORDER_NATIVE);
        ASSERT_EQ(mms_scan_next(&scan, &record, nullptr), 1);
        EXPECT_EQ(record.swapped, order != MMS_ORDER_NATIVE);
        EXPECT_EQ(mms_check(data.data(), data.size(), MMS_ORDER_AUTO, nullptr), 0);
        enum mms_order other = order == MMS_ORDER_LITTLE ? MMS_ORDER_BIG : MMS_ORDER_LITTLE;
        EXPECT_EQ(mms_check(data.data(), data.size(), order, nullptr), 0);
        EXPECT_EQ(mms_check(data.data(), data.size(), other, nullptr), -EBADMSG);
    }
}

TEST(ScanV1, MalformedInBothOrdersStaysInOurs)
{
    const std::string data = Bytes().u8(1).text("\xff\xff\xff\xff").data;
    mms_scan scan;
    ASSERT_EQ(mms_scan_begin(&scan, data.data(), data.size(), MMS_ORDER_AUTO, nullptr), 0);
    EXPECT_FALSE(scan.swapped);
}

TEST(ScanV1, MarksOverrideTheFile)
{
    const std::string data =
        Bytes().u8(1).v1("a", "<I").u8(0xff).u32(1).v1("a", ">I").u8(0xff).u32(1).v1("a", "=I").u8(0xff).u32(1).data;
    const Outcome outcome = scan(data);
    ASSERT_EQ(outcome.records.size(), 3u);
    EXPECT_EQ(outcome.records[0].swapped, MMS_ORDER_NATIVE == MMS_ORDER_BIG);
    EXPECT_EQ(outcome.records[1].swapped, MMS_ORDER_NATIVE == MMS_ORDER_LITTLE);
    EXPECT_EQ(outcome.records[2].swapped, MMS_ORDER_NATIVE == MMS_ORDER_BIG);
}

TEST(Check, ClearsDiagWhenNothingIsWrong)
{
    mms_diag diag = {1, 2, 3};
    EXPECT_EQ(mms_check("\1", 1, MMS_ORDER_AUTO, &diag), 0);
    EXPECT_EQ(diag, (mms_diag{0, 0, 0}));
}

} // namespace
