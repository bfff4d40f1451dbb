// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <cerrno>
#include <cmath>
#include <limits>
#include <string>

#include "format/testing.h"
#include "mmstats/format.h"

namespace {

using mms_testing::Bytes;
using mms_testing::Guarded;

mms_value value_of(mms_type type, int64_t i)
{
    mms_value value = {};
    value.type = type;
    value.i = i;
    return value;
}

mms_value value_of(mms_type type, double f)
{
    mms_value value = {};
    value.type = type;
    value.f = f;
    return value;
}

mms_value value_of(mms_type type, const std::string &text)
{
    mms_value value = {};
    value.type = type;
    value.text = {text.data(), text.size()};
    return value;
}

// Encodes into exactly `size` bytes before a guard page.
std::string encode(const mms_value &value, size_t size, enum mms_order order = MMS_ORDER_LITTLE)
{
    Guarded guarded(size);
    const std::string before(size, '\x55');
    char *out = static_cast<char *>(const_cast<void *>(guarded.put(before.data(), size)));
    int got = mms_encode(&value, order != MMS_ORDER_NATIVE, out, size);
    EXPECT_GE(got, 0);
    return std::string(out, size_t(got));
}

TEST(Encode, Numbers)
{
    for (enum mms_order order : {MMS_ORDER_LITTLE, MMS_ORDER_BIG}) {
        EXPECT_EQ(encode(value_of(MMS_TYPE_I8, int64_t(-2)), 1, order), Bytes(order).u8(0xfe).data);
        EXPECT_EQ(encode(value_of(MMS_TYPE_U8, int64_t(0x1ff)), 1, order), Bytes(order).u8(0xff).data);
        EXPECT_EQ(encode(value_of(MMS_TYPE_I16, int64_t(-2)), 2, order), Bytes(order).u16(0xfffe).data);
        EXPECT_EQ(encode(value_of(MMS_TYPE_U16, int64_t(0x12345)), 2, order), Bytes(order).u16(0x2345).data);
        EXPECT_EQ(encode(value_of(MMS_TYPE_I32, int64_t(-2)), 4, order), Bytes(order).u32(0xfffffffe).data);
        EXPECT_EQ(encode(value_of(MMS_TYPE_U32, int64_t(0x112345678)), 4, order), Bytes(order).u32(0x12345678).data);
        EXPECT_EQ(encode(value_of(MMS_TYPE_I64, int64_t(-2)), 8, order), Bytes(order).u64(UINT64_MAX - 1).data);
        EXPECT_EQ(encode(value_of(MMS_TYPE_U64, int64_t(0x0102030405060708)), 8, order),
                  Bytes(order).u64(0x0102030405060708).data);
        EXPECT_EQ(encode(value_of(MMS_TYPE_F64, 0.1), 8, order), Bytes(order).f64(0.1).data);
        EXPECT_EQ(encode(value_of(MMS_TYPE_F32, 0.1), 4, order), Bytes(order).u32(0x3dcccccd).data);
        EXPECT_EQ(encode(value_of(MMS_TYPE_F16, 1.0), 2, order), Bytes(order).u16(0x3c00).data);
    }
    mms_value value = {};
    value.type = MMS_TYPE_BOOL;
    EXPECT_EQ(encode(value, 1), std::string(1, '\0'));
    value.b = true;
    EXPECT_EQ(encode(value, 1), "\1");
}

TEST(Encode, FloatsThatDoNotFit)
{
    EXPECT_EQ(encode(value_of(MMS_TYPE_F32, 1e300), 4), Bytes().u32(0x7f800000).data);
    EXPECT_EQ(encode(value_of(MMS_TYPE_F32, -1e300), 4), Bytes().u32(0xff800000).data);
    EXPECT_EQ(encode(value_of(MMS_TYPE_F32, 1e-300), 4), Bytes().u32(0).data);
}

TEST(Encode, Texts)
{
    const struct {
        mms_type type;
        std::string text;
        size_t size;
        std::string wanted;
    } cases[] = {
        {MMS_TYPE_TEXT, "abc", 5, std::string("abc\0\0", 5)},
        {MMS_TYPE_TEXT, "abc", 3, "abc"},
        {MMS_TYPE_TEXT, "abc", 2, "ab"},
        {MMS_TYPE_TEXT, "abc", 0, ""},
        {MMS_TYPE_TEXT, "", 2, std::string(2, '\0')},
        {MMS_TYPE_TEXT, "a\xc3\xa4", 2, std::string("a\0", 2)}, // not half of a character
        {MMS_TYPE_TEXT, "a\xc3\xc3", 2, "a\xc3"},               // no character anyhow
        {MMS_TYPE_CHAR, "x", 1, "x"},
        {MMS_TYPE_CHAR, "xy", 9, "x"},
        {MMS_TYPE_CHAR, "", 1, std::string(1, '\0')},
        {MMS_TYPE_PASCAL, "abc", 5, std::string("\3abc\0", 5)},
        {MMS_TYPE_PASCAL, "abc", 4, "\3abc"},
        {MMS_TYPE_PASCAL, "abc", 3, "\2ab"},
        {MMS_TYPE_PASCAL, "abc", 1, std::string(1, '\0')},
        {MMS_TYPE_PASCAL, "abc", 0, ""},
        {MMS_TYPE_PASCAL, std::string(300, 'x'), 255, "\xfe" + std::string(254, 'x')},
        {MMS_TYPE_PASCAL, std::string(300, 'x'), 256, "\xff" + std::string(255, 'x')},
        {MMS_TYPE_PASCAL, std::string(300, 'x'), 257, "\xff" + std::string(255, 'x') + std::string(1, '\0')},
        {MMS_TYPE_PASCAL, std::string(300, 'x'), 301, "\xff" + std::string(255, 'x') + std::string(45, '\0')},
    };
    for (const auto &c : cases)
        EXPECT_EQ(encode(value_of(c.type, c.text), c.size), c.wanted) << c.text << " " << c.size;
}

TEST(Encode, Refused)
{
    char out[8] = {'k'};
    for (int type = MMS_TYPE_I8; type <= MMS_TYPE_CHAR; type++) {
        mms_value value = {};
        value.type = mms_type(type);
        EXPECT_EQ(mms_encode(&value, false, out, 0), -EINVAL) << type;
    }
    mms_value value = value_of(MMS_TYPE_U64, int64_t(0));
    EXPECT_EQ(mms_encode(&value, false, out, 7), -EINVAL);
    value.type = MMS_TYPE_PAD;
    EXPECT_EQ(mms_encode(&value, false, out, 8), -EINVAL);
    value = value_of(MMS_TYPE_TEXT, std::string());
    EXPECT_EQ(mms_encode(&value, false, out, size_t(INT32_MAX) + 1), -EINVAL);
    EXPECT_EQ(out[0], 'k');
}

// --- halves --------------------------------------------------------------------------------------------------

double decode_half(uint16_t half)
{
    mms_record record = {};
    record.label = {"a", 1};
    record.layout = MMS_LAYOUT_UNBUFFERED;
    record.signature = {"e", 1};
    EXPECT_EQ(mms_record_layout(&record, 1, 1), 0);
    mms_items items;
    mms_value value;
    mms_items_begin(&items, &record, &half);
    EXPECT_EQ(mms_items_next(&items, &value), 1);
    return value.f;
}

uint16_t encode_half(double number)
{
    mms_value value = value_of(MMS_TYPE_F16, number);
    uint16_t half;
    EXPECT_EQ(mms_encode(&value, false, &half, sizeof half), 2);
    return half;
}

TEST(Half, EachComesBack)
{
    for (unsigned half = 0; half < 65536; half++) {
        const double number = decode_half(uint16_t(half));
        if (std::isnan(number))
            EXPECT_TRUE(std::isnan(decode_half(encode_half(number)))) << half;
        else
            EXPECT_EQ(encode_half(number), half);
    }
}

// Between each two neighbours: the middle goes to the even one, everything else to the nearer one.
TEST(Half, RoundsToNearestEven)
{
    for (uint16_t half = 0; half < 0x7bff; half++) {
        const double low = decode_half(half), high = decode_half(uint16_t(half + 1));
        const double middle = (low + high) / 2; // exact: a double has room for one more bit
        EXPECT_EQ(encode_half(middle), half & 1 ? half + 1 : half);
        EXPECT_EQ(encode_half(std::nextafter(middle, 0)), half);
        EXPECT_EQ(encode_half(std::nextafter(middle, 1e9)), half + 1);
        EXPECT_EQ(encode_half(-std::nextafter(middle, 0)), half | 0x8000);
    }
    EXPECT_EQ(encode_half(65519.99), 0x7bff);
    EXPECT_EQ(encode_half(65520), 0x7c00); // the middle to what would be next: infinity is the even one
    EXPECT_EQ(encode_half(65536), 0x7c00);
    EXPECT_EQ(encode_half(1e300), 0x7c00);
    EXPECT_EQ(encode_half(-INFINITY), 0xfc00);
    EXPECT_EQ(encode_half(1e-300), 0);
    EXPECT_EQ(encode_half(-0.0), 0x8000);
    EXPECT_EQ(encode_half(std::numeric_limits<double>::denorm_min()), 0);
    EXPECT_TRUE(std::isnan(decode_half(encode_half(NAN))));
}

} // namespace
