/* SPDX-License-Identifier: MIT
 *
 * Texts, numbers and messages that the tools show. */

#include <errno.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <string>

extern "C" {
#include "tools/common/escape.h"
#include "tools/common/files.h"
#include "tools/common/kinds.h"
#include "tools/common/number.h"
#include "tools/common/options.h"
#include "tools/common/text.h"
#include "tools/common/utf8.h"
}

namespace {

mms_text text_of(const std::string &text)
{
    return {text.data(), text.size()};
}

std::string printed(std::function<void(FILE *)> print)
{
    char *data = nullptr;
    size_t size = 0;
    FILE *out = open_memstream(&data, &size);
    print(out);
    fclose(out);
    std::string text(data, size);
    free(data);
    return text;
}

std::string escaped(const std::string &text)
{
    return printed([&](FILE *out) { mms_put_escaped(out, text_of(text)); });
}

std::string json(const std::string &text)
{
    return printed([&](FILE *out) { mms_put_json(out, text_of(text)); });
}

std::string csv(const std::string &text)
{
    return printed([&](FILE *out) { mms_put_csv(out, text_of(text)); });
}

// --- UTF-8 ----------------------------------------------------------------------------------------------------------

std::string encode(int32_t character)
{
    auto byte = [&](int shift) { return char(0x80 | (character >> shift & 0x3f)); };
    if (character < 0x80)
        return {char(character)};
    if (character < 0x800)
        return {char(0xc0 | character >> 6), byte(0)};
    if (character < 0x10000)
        return {char(0xe0 | character >> 12), byte(6), byte(0)};
    return {char(0xf0 | character >> 18), byte(12), byte(6), byte(0)};
}

TEST(Utf8, EveryCharacter)
{
    for (int32_t character = 0; character < 0x120000; character++) {
        bool valid = character < 0x110000 && (character < 0xd800 || character > 0xdfff);
        std::string text = encode(character);
        int32_t found;
        size_t size = mms_utf8_next(text.data(), text.size(), &found);
        ASSERT_EQ(valid ? character : MMS_UTF8_INVALID, found);
        ASSERT_EQ(valid ? text.size() : 1, size) << character;
    }
}

TEST(Utf8, WhatIsNone)
{
    const struct {
        const char *text;
        size_t size;
    } cases[] = {{"\x80", 1}, {"\xbf", 1}, {"\xc0\x80", 1}, {"\xc1\xbf", 1}, {"\xc2", 1}, {"\xc2(", 1},
                 {"\xe0\x80\x80", 1}, {"\xe2\x82", 2}, {"\xe2\x82(", 2}, {"\xe2(", 1}, {"\xed\xa0\x80", 1},
                 {"\xf0\x8f\xbf\xbf", 1}, {"\xf0\x9f\x98", 3}, {"\xf0\x9f\x98\xc0", 3}, {"\xf4\x90\x80\x80", 1},
                 {"\xf5\x80", 1}, {"\xff", 1}};
    for (const auto &bad : cases) {
        int32_t found = 0;
        // a copy of just these bytes: a byte behind them is one too many
        std::string text(bad.text);
        std::unique_ptr<char[]> exact(new char[text.size()]);
        memcpy(exact.get(), text.data(), text.size());
        EXPECT_EQ(bad.size, mms_utf8_next(exact.get(), text.size(), &found)) << bad.text;
        EXPECT_EQ(MMS_UTF8_INVALID, found);
    }
}

// --- escapes --------------------------------------------------------------------------------------------------------

TEST(Escape, Terminal)
{
    EXPECT_EQ("plain \\ text", escaped("plain \\ text"));
    EXPECT_EQ("\\x00\\x1b\\x7f\\x0a\\x09", escaped(std::string("\0\x1b\x7f\n\t", 5)));
    EXPECT_EQ("\\u0085", escaped("\xc2\x85"));
    EXPECT_EQ("\\x85", escaped("\x85"));
    EXPECT_EQ("\\xe2\\x82", escaped("\xe2\x82"));
    EXPECT_EQ("\\u2028\\u2029\\u202e\\ufeff", escaped("\u2028\u2029\u202e\ufeff"));
    EXPECT_EQ("\\U000e0020", escaped("\U000e0020"));
    EXPECT_EQ("\u00e9\u200c\u200d\u65e5\U0001f600", escaped("\u00e9\u200c\u200d\u65e5\U0001f600"));
}

// Nothing with one of these properties gets through.
TEST(Escape, EveryControlAndFormatCharacter)
{
    for (int32_t c = 0; c < 0x110000; c++) {
        bool bad = c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || c == 0x61c || c == 0x180e || c == 0x200b ||
                   c == 0x200e || c == 0x200f || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x2064) ||
                   (c >= 0x2066 && c <= 0x206f) || c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) ||
                   (c >= 0xe0020 && c <= 0xe007f);
        if (!bad)
            continue;
        std::string text = encode(c);
        ASSERT_EQ('\\', escaped(text)[0]) << c;
        ASSERT_EQ('\\', json(text)[1]) << c;
    }
}

TEST(Escape, Width)
{
    EXPECT_EQ(0U, mms_escaped_width(text_of("")));
    EXPECT_EQ(3U, mms_escaped_width(text_of("abc")));
    EXPECT_EQ(4U, mms_escaped_width(text_of("\x1b")));
    EXPECT_EQ(6U, mms_escaped_width(text_of("\u202e")));
    EXPECT_EQ(2U, mms_escaped_width(text_of("\u65e5")));
    EXPECT_EQ(1U, mms_escaped_width(text_of("e\u0301")));
}

// What of a text has room, and behind a bar what is left.
std::string cut(const std::string &text, size_t columns)
{
    mms_text rest = text_of(text), same = rest;
    size_t width = 0;
    std::string shown = printed([&](FILE *out) { width = mms_put_escaped_columns(out, &rest, columns); });
    EXPECT_EQ(width, mms_escaped_width(text_of(shown)));
    EXPECT_LE(width, columns);
    EXPECT_EQ(width, mms_put_escaped_columns(nullptr, &same, columns));
    EXPECT_EQ(rest.size, same.size);
    return shown + "|" + std::string(rest.data, rest.size);
}

TEST(Escape, Columns)
{
    EXPECT_EQ("|", cut("", 3));
    EXPECT_EQ("abc|d", cut("abcd", 3));
    EXPECT_EQ("a|\x1b", cut("a\x1b", 4));
    EXPECT_EQ("a\\x1b|", cut("a\x1b", 5));
    EXPECT_EQ("a|\u65e5", cut("a\u65e5", 2));
    EXPECT_EQ("e\u0301|x", cut("e\u0301x", 1)); // a mark belongs to what stands before it
    EXPECT_EQ("x|", cut("\u0301x", 5));
    EXPECT_EQ("e\u0301\u0301x|", cut("e\u0301\u0301\u0301\u0301x", 5));
    EXPECT_EQ("ab\u2764|", cut("a\u200db\u2764\ufe0f", 5));
}

TEST(Escape, Flaws)
{
    const unsigned both = MMS_TEXT_NO_UTF8 | MMS_TEXT_HARMFUL;
    EXPECT_EQ(0U, mms_text_flaws(text_of("")));
    EXPECT_EQ(0U, mms_text_flaws(text_of("\u00e9\u200d\\")));
    EXPECT_EQ(unsigned(MMS_TEXT_HARMFUL), mms_text_flaws(text_of("a\u202e")));
    EXPECT_EQ(unsigned(MMS_TEXT_HARMFUL), mms_text_flaws(text_of(std::string("\0a", 2))));
    EXPECT_EQ(unsigned(MMS_TEXT_NO_UTF8), mms_text_flaws(text_of("a\xe2\x82")));
    EXPECT_EQ(both, mms_text_flaws(text_of("\xff\x1b")));
}

TEST(Escape, Json)
{
    EXPECT_EQ("\"a\\\"b\\\\c/\"", json("a\"b\\c/"));
    EXPECT_EQ("\"\\u0000\\u000a\\u007f\\u0085\\u202e\"", json(std::string("\0\n\x7f\xc2\x85\u202e", 8)));
    EXPECT_EQ("\"\\udb40\\udc20\"", json("\U000e0020"));
    EXPECT_EQ("\"\ufffd(\ufffd\ufffd\"", json("\xc3(\xe2\x82\xff"));
}

TEST(Escape, Csv)
{
    EXPECT_EQ("", csv(""));
    EXPECT_EQ("plain", csv("plain"));
    EXPECT_EQ("\"a,b\"", csv("a,b"));
    EXPECT_EQ("\"say \"\"hi\"\"\"", csv("say \"hi\""));
    EXPECT_EQ("\" a\"", csv(" a"));
    EXPECT_EQ("\"a \"", csv("a "));
    EXPECT_EQ("a\\x0d\\x0ab", csv("a\r\nb"));
}

TEST(Escape, Quoted)
{
    auto quoted = [](const std::string &text) {
        return printed([&](FILE *out) { mms_put_quoted(out, text_of(text), '\''); });
    };
    EXPECT_EQ("''", quoted(""));
    EXPECT_EQ("'it\\'s a \\\\ \\x1b'", quoted("it's a \\ \x1b"));
}

TEST(NumberParse, DecimalAlone)
{
    for (const char *text : {"2", "0.5", ".5", "2.", "1e1", "1E-2", "10"}) {
        double number = -1;
        EXPECT_TRUE(mms_number_parse(text, 0.01, 10, &number)) << text;
        EXPECT_EQ(number, strtod(text, nullptr)) << text;
    }
    for (const char *text : {"", " 1", "1 ", "+1", "-1", "0x1", "0x.8p0", "inf", "nan", "1s", "1,5", "1e", "1..", "e1",
                             "11", "1e999", "0"}) {
        double number = -1;
        EXPECT_FALSE(mms_number_parse(text, 0.01, 10, &number)) << text;
        EXPECT_EQ(number, -1) << text;
    }
}

TEST(NumberParse, Whole)
{
    uint64_t number = 7;
    for (const char *text : {"", " 1", "+1", "-1", "0x1", "1.0", "1e3", "0", "101", "18446744073709551616"}) {
        EXPECT_FALSE(mms_whole_parse(text, 1, 100, &number)) << text;
        EXPECT_EQ(number, 7u) << text;
    }
    EXPECT_TRUE(mms_whole_parse("0100", 1, 100, &number));
    EXPECT_EQ(number, 100u);
    EXPECT_TRUE(mms_whole_parse("18446744073709551615", 0, UINT64_MAX, &number));
    EXPECT_EQ(number, UINT64_MAX);
    EXPECT_FALSE(mms_whole_parse("18446744073709551616", 0, UINT64_MAX, &number));
}

// --- numbers --------------------------------------------------------------------------------------------------------

TEST(Number, ExactReadsBackAndIsShort)
{
    char text[MMS_NUMBER_SIZE];
    uint64_t bits = 1;
    for (int i = 0; i < 100000; i++) {
        bits = bits * 6364136223846793005 + 1442695040888963407;
        double number;
        memcpy(&number, &bits, sizeof number);
        if (!std::isfinite(number))
            continue;
        mms_number_exact(number, text);
        ASSERT_EQ(number, strtod(text, nullptr)) << text;
        ASSERT_LT(strlen(text), size_t(MMS_NUMBER_SIZE) - 1);
        ASSERT_NE(nullptr, strpbrk(text, ".e"));
    }
    for (auto expected : {"0.1", "1.0", "-0.0", "1e+22", "4.94065645841247e-324", "1.7976931348623157e+308", "inf",
                          "-inf", "nan"}) {
        mms_number_exact(strtod(expected, nullptr), text);
        EXPECT_STREQ(expected, text);
    }
}

TEST(Number, FixedHasAllDigits)
{
    const mms_wide most = mms_wide(INT64_MAX) << 64 | mms_wide(UINT64_MAX);
    const struct {
        mms_wide number;
        unsigned decimals;
        const char *text;
    } cases[] = {{0, 0, "0"},        {0, 3, "0"},      {1500, 3, "1.5"},
                 {-1500, 3, "-1.5"}, {-1, 9, "-0.000000001"}, {1000, 3, "1"},
                 {10, 0, "10"},      {1230, 4, "0.123"},
                 {most, 0, "170141183460469231731687303715884105727"},
                 {-most - 1, 9, "-170141183460469231731687303715.884105728"}};
    for (auto &one : cases) {
        char *text = nullptr;
        size_t size = 0;
        FILE *out = open_memstream(&text, &size);
        mms_put_fixed(out, one.number, one.decimals);
        fclose(out);
        EXPECT_STREQ(one.text, text);
        free(text);
    }
}

TEST(Number, ShortHasTwelveDigits)
{
    char text[MMS_NUMBER_SIZE];
    const struct {
        double number;
        const char *text;
    } cases[] = {{0, "0.0"},
                 {-0.0, "-0.0"},
                 {100, "100.0"},
                 {0.1 + 0.2, "0.3"},
                 {1e-4, "0.0001"},
                 {0.00012345678901234, "0.000123456789012"},
                 {9.9999999999999e-5, "0.0001"},
                 {1e-5, "1e-05"},
                 {12345678901.25, "12345678901.2"},
                 {99999999999, "99999999999.0"},
                 {99999999999.96, "1e+11"},
                 {1e11, "1e+11"},
                 {1.5e300, "1.5e+300"},
                 {-1.7976931348623157e308, "-1.79769313486e+308"},
                 {5e-324, "4.94065645841e-324"},
                 {-NAN, "nan"},
                 {INFINITY, "inf"},
                 {-INFINITY, "-inf"}};
    for (const auto &known : cases) {
        mms_number_short(known.number, text);
        EXPECT_STREQ(known.text, text);
    }
}

// --- messages and filters -------------------------------------------------------------------------------------------

std::string message(int error, mms_diag diag = {}, size_t more = 0)
{
    char text[MMS_MESSAGE_SIZE];
    mms_file_message(error, &diag, more, text);
    return text;
}

TEST(Message, OfAFile)
{
    EXPECT_EQ("malformed at byte 17, rule 206: the write buffer byte is not 00, 01 or ff",
              message(-EBADMSG, {-EBADMSG, 206, 17}));
    EXPECT_EQ("unsupported at byte 0, rule 101: the version byte is neither 01 nor 02 (and 3 more)",
              message(-EPROTONOSUPPORT, {-EPROTONOSUPPORT, 101, 0}, 3));
    EXPECT_EQ("Permission denied", message(-EACCES));
    EXPECT_EQ("was truncated while it was read", message(-EIO));
    EXPECT_EQ("changed its structure at every try to read it", message(-EAGAIN));
}

TEST(Message, Names)
{
    EXPECT_STREQ("EBADMSG", mms_error_name(-EBADMSG));
    EXPECT_STREQ("ENOTSUP", mms_error_name(-ENOTSUP));
    EXPECT_STREQ("?", mms_error_name(-99999));
}

TEST(Filter, AnyOfThem)
{
    const char *filters[] = {"web.*", "*[.]pid"};
    mms_tool_options options = {};
    EXPECT_TRUE(mms_filter_passes(&options, text_of("x")));
    options.filters = filters;
    options.filter_count = 2;
    EXPECT_TRUE(mms_filter_passes(&options, text_of("web.a.b/c")));
    EXPECT_TRUE(mms_filter_passes(&options, text_of("web.")));
    EXPECT_TRUE(mms_filter_passes(&options, text_of("sys.pid")));
    EXPECT_FALSE(mms_filter_passes(&options, text_of("sys-pid")));
    EXPECT_FALSE(mms_filter_passes(&options, text_of("xweb.a")));
    EXPECT_FALSE(mms_filter_passes(&options, text_of("")));
    EXPECT_FALSE(mms_filter_passes(&options, {nullptr, 0}));
    EXPECT_FALSE(mms_filter_passes(&options, text_of(std::string("sys.pid\0x", 9))));
    EXPECT_TRUE(mms_filter_passes(&options, text_of("web.\xff\xfe")));
    // only the bytes of the label count
    EXPECT_FALSE(mms_filter_passes(&options, {"sys.pid", 6}));
}

TEST(Kinds, Declared)
{
    mms_kinds kinds = {};
    char first[] = "a=b*=counter", second[] = "*=gauge";
    ASSERT_EQ(0, mms_kinds_add(&kinds, first));
    ASSERT_EQ(0, mms_kinds_add(&kinds, second));
    for (std::string bad : {"", "=counter", "counter", "a=", "a=Counter", "a=histogram", "a=summary", "a=counter "})
        EXPECT_EQ(-EINVAL, mms_kinds_add(&kinds, &bad[0])) << bad;
    ASSERT_EQ(2U, kinds.count);
    mms_stat stat = {};
    stat.label = {"a=bc", 4};
    EXPECT_EQ(MMS_METRIC_COUNTER, mms_kinds_of(&kinds, &stat));
    stat.label = {"a=", 2};
    EXPECT_EQ(MMS_METRIC_GAUGE, mms_kinds_of(&kinds, &stat));
    stat.kind = MMS_METRIC_INFO; // what the file says goes first
    EXPECT_EQ(MMS_METRIC_INFO, mms_kinds_of(&kinds, &stat));
    free(kinds.rules);
}

TEST(Text, Order)
{
    EXPECT_EQ(0, mms_text_compare({nullptr, 0}, {nullptr, 0}));
    EXPECT_LT(mms_text_compare({nullptr, 0}, text_of("a")), 0);
    EXPECT_LT(mms_text_compare(text_of("a"), text_of("ab")), 0);
    EXPECT_GT(mms_text_compare(text_of("\xff"), text_of("ab")), 0);
    EXPECT_TRUE(mms_text_is({nullptr, 0}, {nullptr, 0}));
    EXPECT_FALSE(mms_text_is(text_of("ab"), text_of("a")));
}

TEST(Text, DefaultFields)
{
    EXPECT_TRUE(mms_sys_is(0, text_of("sys.tid"), "sys.tid"));
    EXPECT_TRUE(mms_sys_is(3, text_of("websys.tid"), "sys.tid"));
    EXPECT_FALSE(mms_sys_is(0, text_of("websys.tid"), "sys.tid"));
    EXPECT_FALSE(mms_sys_is(3, text_of("sys.tid"), "sys.tid"));
    EXPECT_FALSE(mms_sys_is(7, text_of(""), "sys.tid"));
}

} // namespace
