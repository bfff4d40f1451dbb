// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <cmath>
#include <deque>
#include <string>
#include <vector>

#include "format/testing.h"
#include "mmstats/format.h"

namespace {

using mms_testing::Bytes;
using mms_testing::Guarded;
using mms_testing::string_of;

// What a slot says, as a text: "u64 7", "text abc", one a line.
std::string describe(const mms_value &value)
{
    std::string text = std::string(mms_type_name(value.type)) + " ";
    char number[64];
    switch (mms_class_of(value.type)) {
    case MMS_CLASS_INT:
        return text + std::to_string(value.i);
    case MMS_CLASS_UINT:
        return text + std::to_string(value.u);
    case MMS_CLASS_FLOAT:
        snprintf(number, sizeof number, "%.17g", value.f);
        return text + number;
    case MMS_CLASS_BOOL:
        return text + (value.b ? "true" : "false");
    case MMS_CLASS_TEXT:
        return text + string_of(value.text);
    case MMS_CLASS_NONE:
        break;
    }
    return text;
}

std::vector<std::string> items_of(const mms_record &record, const std::string &slot)
{
    Guarded guarded(slot.size()); // the item behind the last one would be outside
    mms_items items;
    mms_value value;
    std::vector<std::string> all;
    mms_items_begin(&items, &record, guarded.put(slot.data(), slot.size()));
    while (mms_items_next(&items, &value) > 0)
        all.push_back(describe(value));
    EXPECT_EQ(mms_items_next(&items, &value), 0);
    return all;
}

mms_record record_of(const std::string &text, bool file_swapped)
{
    static std::deque<std::string> kept; // records point to them
    const std::string &signature = kept.emplace_back(text);
    mms_record record = {};
    record.label = {"a", 1};
    record.layout = MMS_LAYOUT_UNBUFFERED;
    record.signature = {signature.data(), signature.size()};
    record.swapped = file_swapped;
    EXPECT_EQ(mms_record_layout(&record, 1, 1), 0) << signature;
    return record;
}

struct Case {
    std::string signature;
    Bytes slot;
    std::vector<std::string> items;
};

const Case kCases[] = {
    {"b", Bytes().u8(0x80), {"i8 -128"}},
    {"B", Bytes().u8(0x80), {"u8 128"}},
    {"h", Bytes().u16(0x8001), {"i16 -32767"}},
    {"H", Bytes().u16(0x8001), {"u16 32769"}},
    {"i", Bytes().u32(0xfffffffe), {"i32 -2"}},
    {"I", Bytes().u32(0xfffffffe), {"u32 4294967294"}},
    {"q", Bytes().u64(UINT64_MAX), {"i64 -1"}},
    {"Q", Bytes().u64(UINT64_MAX), {"u64 18446744073709551615"}},
    {"l", Bytes().u64(UINT64_MAX - 1), {"i64 -2"}},
    {"=l", Bytes().u32(0xfffffffe), {"i32 -2"}},
    {"=L", Bytes().u32(0xfffffffe), {"u32 4294967294"}},
    {"n", Bytes().u64(UINT64_MAX), {"i64 -1"}},
    {"NP", Bytes().u64(1).u64(2), {"u64 1", "u64 2"}},
    {"3?", Bytes().u8(0).u8(1).u8(0x80), {"bool false", "bool true", "bool true"}},
    {"d", Bytes().f64(0.1), {"f64 0.10000000000000001"}},
    {"f", Bytes().u32(0x3dcccccd), {"f32 0.10000000149011612"}},
    // texts
    {"5s", Bytes().text("abcde"), {"text abcde"}},
    {"5s", Bytes().text("ab").zeros(1).text("de"), {"text ab"}},
    {"5s", Bytes().zeros(5), {"text "}},
    {"0s", Bytes(), {"text "}},
    {"s", Bytes().text("x"), {"text x"}},
    {"b0s0p", Bytes().u8(1), {"i8 1", "text ", "pascal "}},
    {"2c", Bytes().text("a").zeros(1), {"char a", std::string("char \0", 6)}},
    {"5p", Bytes().u8(3).text("abcd"), {"pascal abc"}},
    {"5p", Bytes().u8(4).text("abcd"), {"pascal abcd"}},
    {"5p", Bytes().u8(255).text("abcd"), {"pascal abcd"}},
    {"5p", Bytes().u8(2).zeros(4), {std::string("pascal \0\0", 9)}},
    {"1p", Bytes().u8(9), {"pascal "}},
    {"0p", Bytes(), {"pascal "}},
    {"300p", Bytes().u8(255).text(std::string(299, 'x')), {"pascal " + std::string(255, 'x')}},
    // tuples: order and alignment
    {"bQ", Bytes().u8(1).zeros(7).u64(2), {"i8 1", "u64 2"}},
    {"=bQ", Bytes().u8(1).u64(2), {"i8 1", "u64 2"}},
    {"IQ?0Q", Bytes().u32(3).zeros(4).u64(4).u8(1).zeros(7), {"u32 3", "u64 4", "bool true"}},
    {" 2h 3x\tI ", Bytes().u16(1).u16(2).zeros(3).zeros(1).u32(5), {"i16 1", "i16 2", "u32 5"}},
    {"0Q0Q0Qb0x", Bytes().u8(5), {"i8 5"}},
    {"b0hb", Bytes().u8(1).zeros(1).u8(2), {"i8 1", "i8 2"}},
};

TEST(Items, OfSignatures)
{
    for (const Case &c : kCases) {
        const bool big = MMS_ORDER_NATIVE == MMS_ORDER_BIG;
        const mms_record record = record_of(c.signature, big);
        ASSERT_EQ(record.value_size, c.slot.size()) << c.signature;
        EXPECT_EQ(items_of(record, c.slot.data), c.items) << c.signature;
        EXPECT_EQ(mms_record_type(&record) == MMS_TYPE_PAD, c.items.size() != 1) << c.signature;
        EXPECT_EQ(record.type, mms_record_type(&record)) << c.signature;
        EXPECT_EQ(record.items, c.items.size()) << c.signature;
    }
}

TEST(Items, BothOrders)
{
    for (enum mms_order order : {MMS_ORDER_LITTLE, MMS_ORDER_BIG}) {
        const Bytes slot = Bytes(order).u64(1).u32(2).u16(3).u16(0x3c00).f64(2.5).u32(0x3fc00000).u8(7);
        const std::vector<std::string> wanted = {"u64 1", "u32 2", "u16 3", "f16 1", "f64 2.5", "f32 1.5", "u8 7"};
        EXPECT_EQ(items_of(record_of("QIHedfB", order != MMS_ORDER_NATIVE), slot.data), wanted);
        EXPECT_EQ(items_of(record_of("=QIHedfB", order != MMS_ORDER_NATIVE), slot.data), wanted);
        const std::string mark = order == MMS_ORDER_LITTLE ? "<" : ">";
        for (bool file_swapped : {false, true})
            EXPECT_EQ(items_of(record_of(mark + "QIHedfB", file_swapped), slot.data), wanted);
    }
}

// A pad is one step, however large; so is a code that is repeated no times. Were they counted out, this would not end.
TEST(Items, PadsAreNotCountedOut)
{
    mms_items items;
    mms_value value;
    mms_record record = record_of("9000000000000000000xb", false);
    ASSERT_EQ(record.value_size, 9000000000000000001u);
    mms_items_begin(&items, &record, "");
    items.size = 1; // what is really there
    EXPECT_EQ(mms_items_next(&items, &value), 0);

    std::string signature;
    while (signature.size() + 7 < 65535)
        signature += "65535x ";
    record = record_of(signature + "b", false);
    const std::string slot(record.value_size, '\1');
    EXPECT_EQ(items_of(record, slot), std::vector<std::string>{"i8 1"});
}

TEST(Items, TheSignatureEndsWhereItsSizeSays)
{
    mms_record record = {};
    record.label = {"a", 1};
    record.layout = MMS_LAYOUT_UNBUFFERED;
    record.signature = {"b0s", 1};
    ASSERT_EQ(mms_record_layout(&record, 1, 1), 0);
    EXPECT_EQ(items_of(record, "\1"), std::vector<std::string>{"i8 1"});
}

TEST(Items, NoBytesAtAll)
{
    mms_record record = {};
    record.id = MMS_ID_STRING;
    ASSERT_EQ(mms_record_layout(&record, 2, 1), 0);
    mms_items items;
    mms_value value;
    mms_items_begin(&items, &record, nullptr);
    ASSERT_EQ(mms_items_next(&items, &value), 1);
    EXPECT_EQ(value.text.size, 0u);
    EXPECT_EQ(mms_items_next(&items, &value), 0);
}

TEST(Items, OfDataTypes)
{
    const struct {
        mms_id id;
        Bytes slot;
        std::string item;
    } cases[] = {
        {MMS_ID_COUNTER, Bytes().u64(9), "u64 9"}, {MMS_ID_AVERAGE, Bytes().f64(9), "f64 9"},
        {MMS_ID_I16, Bytes().u16(65535), "i16 -1"}, {MMS_ID_BYTE, Bytes().u8(255), "i8 -1"},
        {MMS_ID_BOOL, Bytes().u8(2), "bool true"}, {MMS_ID_STRING, Bytes().text("abc").zeros(2), "text abc"},
        {MMS_ID_STRING, Bytes(), "text "}, {MMS_ID_STATIC_I64, Bytes().u64(UINT64_MAX), "i64 -1"},
        {MMS_ID_STATIC_TEXT, Bytes().text(std::string(256, 'x')), "text " + std::string(256, 'x')},
        {MMS_ID_U32_RING, Bytes().u32(9), "u32 9"}, {MMS_ID_F64_RING, Bytes().f64(9), "f64 9"},
        {MMS_ID_HISTOGRAM, Bytes().u64(9), "u64 9"}, {MMS_ID_WIDE_STRING, Bytes().text("ab"), "text ab"},
        {MMS_ID_METADATA, Bytes().text("a=b").zeros(3), "text a=b"}, {MMS_ID_GENERATION, Bytes().u64(1), "u64 1"},
    };
    for (const auto &c : cases) {
        mms_record record = {};
        record.id = uint16_t(c.id);
        record.value_size = c.slot.size();
        record.slots = 1;
        record.swapped = MMS_ORDER_NATIVE == MMS_ORDER_BIG;
        ASSERT_EQ(mms_record_layout(&record, 2, 1), 0) << c.id;
        ASSERT_EQ(record.value_size, c.slot.size()) << c.id;
        EXPECT_EQ(items_of(record, c.slot.data), std::vector<std::string>{c.item}) << c.id;
    }
    for (unsigned id : {0u, 24u, 65535u}) {
        mms_record record = {};
        record.id = uint16_t(id);
        ASSERT_EQ(mms_record_layout(&record, 2, 1), 0);
        EXPECT_EQ(items_of(record, "").size(), 0u);
        EXPECT_EQ(mms_record_type(&record), MMS_TYPE_PAD);
    }
}

TEST(Type, OfABrokenSignature)
{
    mms_record record = {};
    record.signature = {"Q!", 2};
    EXPECT_EQ(mms_record_type(&record), MMS_TYPE_PAD);
}

// --- halves, all 65536 of them -------------------------------------------------------------------------------

TEST(Half, DecodesAsTheFormulaSays)
{
    const mms_record record = record_of("e", false);
    for (unsigned half = 0; half < 65536; half++) {
        uint16_t word = uint16_t(half);
        mms_items items;
        mms_value value;
        mms_items_begin(&items, &record, &word);
        ASSERT_EQ(mms_items_next(&items, &value), 1);
        const int exponent = half >> 10 & 31;
        const int fraction = half & 1023;
        const double sign = half & 0x8000 ? -1 : 1;
        if (exponent == 31 && fraction != 0) {
            EXPECT_TRUE(std::isnan(value.f)) << half;
            continue;
        }
        double wanted = exponent == 31 ? INFINITY
                        : exponent == 0 ? std::ldexp(fraction, -24)
                                        : std::ldexp(1024 + fraction, exponent - 25);
        EXPECT_EQ(value.f, sign * wanted) << half;
        EXPECT_EQ(std::signbit(value.f), std::signbit(sign)) << half;
    }
}

} // namespace
