// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "format/testing.h"
#include "mmstats/format.h"

namespace {

using mms_testing::Guarded;
using mms_testing::string_of;

// --- UTF-8 ---------------------------------------------------------------------------------------------------

size_t cut(const std::string &text, size_t max)
{
    static Guarded guarded(1 << 16);
    const char *data = static_cast<const char *>(guarded.put(text.data(), text.size()));
    return mms_utf8_cut(data, text.size(), max);
}

TEST(Utf8Cut, Cases)
{
    const struct {
        const char *text;
        size_t max, wanted;
    } cases[] = {
        {"", 0, 0}, {"", 9, 0}, {"abc", 0, 0}, {"abc", 2, 2}, {"abc", 3, 3}, {"abc", 4, 3},
        {"\xc3\xa4", 1, 0}, {"\xc3\xa4", 2, 2}, {"x\xc3\xa4", 2, 1},
        {"\xe2\x82\xac", 1, 0}, {"\xe2\x82\xac", 2, 0}, {"\xe2\x82\xac", 3, 3}, {"a\xe2\x82\xac", 3, 1},
        {"\xf0\x9f\x98\x80", 1, 0}, {"\xf0\x9f\x98\x80", 2, 0}, {"\xf0\x9f\x98\x80", 3, 0}, {"\xf0\x9f\x98\x80", 4, 4},
        {"abcd\xf0\x9f\x98\x80", 7, 4}, {"\xf4\x8f\xbf\xbf", 3, 0}, {"\xed\x9f\xbf", 2, 0}, {"\xef\xbf\xbf", 2, 0},
        // no UTF-8: each byte is a character
        {"\x80\x80\x80\x80", 3, 3}, {"\xc3" "abc", 1, 1}, {"\xe2\x82" "a", 1, 1}, {"\xe2\x82" "a", 2, 2},
        {"\xf0\x9f\x98" "a", 2, 2}, {"\xff\xff", 1, 1}, {"\xc0\x80", 1, 1}, {"\xc1\xbf", 1, 1},
        {"\xe0\x9f\xbf", 1, 1}, {"\xe0\x9f\xbf", 2, 2},         // overlong
        {"\xed\xa0\x80", 1, 1}, {"\xed\xa0\x80", 2, 2},         // a surrogate
        {"\xf0\x8f\xbf\xbf", 2, 2}, {"\xf4\x90\x80\x80", 3, 3}, // overlong, above U+10FFFF
        {"\xf5\x80\x80\x80", 2, 2}, {"\xe2\x82\xac\x82", 3, 3}, {"\xc3\xc3\xa4", 1, 1}, {"\xc3\xc3\xa4", 2, 1},
    };
    for (const auto &c : cases)
        EXPECT_EQ(cut(c.text, c.max), c.wanted) << c.text << " " << c.max;
}

// The end of a text that stops within a character is not looked beyond.
TEST(Utf8Cut, DoesNotReadBehindTheText)
{
    EXPECT_EQ(cut("ab\xf0\x9f", 3), 3u);
    EXPECT_EQ(cut("ab\xe2\x82", 3), 3u);
    EXPECT_EQ(cut("ab\xf0\x9f\x98", 4), 4u);
}

TEST(Utf8Cut, DoesNotReadInFrontOfTheText)
{
    const char bytes[] = "\xf0\x9f\x98\x80";
    for (size_t before = 1; before <= 3; before++)
        for (size_t max = 0; before + max <= 4; max++)
            EXPECT_EQ(mms_utf8_cut(bytes + before, 4 - before, max), max) << before;
}

// Every code point, cut everywhere.
TEST(Utf8Cut, EveryCharacter)
{
    for (uint32_t point = 0x80; point < 0x110000; point += point < 0x900 ? 1 : 61) {
        if (point >= 0xd800 && point < 0xe000)
            continue;
        std::string text;
        if (point < 0x800) {
            text = {char(0xc0 | point >> 6), char(0x80 | (point & 63))};
        } else if (point < 0x10000) {
            text = {char(0xe0 | point >> 12), char(0x80 | (point >> 6 & 63)), char(0x80 | (point & 63))};
        } else {
            text = {char(0xf0 | point >> 18), char(0x80 | (point >> 12 & 63)), char(0x80 | (point >> 6 & 63)),
                    char(0x80 | (point & 63))};
        }
        for (size_t max = 1; max < text.size(); max++) {
            ASSERT_EQ(cut(text + "z", max), 0u) << point;
            ASSERT_EQ(cut("y" + text, 1 + max), 1u) << point;
        }
        ASSERT_EQ(cut(text + "z", text.size()), text.size()) << point;
    }
}

// --- metadata ------------------------------------------------------------------------------------------------

std::string find(const std::string &metadata, const char *key)
{
    static Guarded guarded(1 << 16);
    const char *data = static_cast<const char *>(guarded.put(metadata.data(), metadata.size()));
    mms_text value = {"untouched", 9};
    int got = mms_metadata_find({data, metadata.size()}, key, &value);
    EXPECT_TRUE(got == 0 || (got == -ENOENT && string_of(value) == "untouched"));
    return got == 0 ? "[" + string_of(value) + "]" : "none";
}

TEST(Metadata, Find)
{
    const struct {
        std::string text;
        const char *key, *wanted;
    } cases[] = {
        {"unit=s", "unit", "[s]"}, {"unit=s\n", "unit", "[s]"}, {"help=x\nunit=s\nlabel.a=b", "unit", "[s]"},
        {"unit=", "unit", "[]"}, {"unit=\nhelp=x", "unit", "[]"}, {"unit", "unit", "none"}, {"", "unit", "none"},
        {"unit=a\nunit=b", "unit", "[b]"}, {"unit=a=b", "unit", "[a=b]"}, {"xunit=a", "unit", "none"},
        {"unitx=a", "unit", "none"}, {"uni", "unit", "none"}, {"\n\n\nunit=s", "unit", "[s]"},
        {"=s", "", "[s]"}, {"a=b=c", "a=b", "none"}, {std::string("unit=s\0\0", 8), "unit", "[s]"},
        {std::string("\0\0", 2), "unit", "none"}, {"label.room=attic", "label.room", "[attic]"},
        {"unit=s\r\n", "unit", "[s\r]"}, {std::string("unit=a\0b\nunit=c", 15), "unit", "[a]"},
    };
    for (const auto &c : cases)
        EXPECT_EQ(find(c.text, c.key), c.wanted) << c.text;
    mms_text value;
    EXPECT_EQ(mms_metadata_find({nullptr, 0}, "unit", &value), -ENOENT);
}

TEST(Metadata, Unescape)
{
    const struct {
        const char *value, *wanted;
    } cases[] = {
        {"", ""}, {"plain", "plain"}, {"a\\nb", "a\nb"}, {"a\\\\b", "a\\b"}, {"\\\\n", "\\n"}, {"\\\\\\n", "\\\n"},
        {"\\x", "\\x"}, {"end\\", "end\\"}, {"\\", "\\"}, {"\\\\", "\\"}, {"\\n", "\n"},
    };
    for (const auto &c : cases) {
        const std::string wanted = c.wanted;
        char out[32];
        Guarded guarded(strlen(c.value));
        const mms_text value = {static_cast<const char *>(guarded.put(c.value, strlen(c.value))), strlen(c.value)};
        ASSERT_EQ(mms_metadata_unescape(value, out, sizeof out), wanted.size()) << c.value;
        EXPECT_STREQ(out, c.wanted);
        // every capacity: that many bytes, a NUL when there is room, never more
        for (size_t capacity = 0; capacity <= wanted.size() + 1; capacity++) {
            memset(out, '#', sizeof out);
            EXPECT_EQ(mms_metadata_unescape(value, out, capacity), wanted.size());
            EXPECT_EQ(std::string(out, std::min(capacity, wanted.size())), wanted.substr(0, capacity));
            EXPECT_EQ(out[wanted.size()], capacity > wanted.size() ? '\0' : '#');
            EXPECT_EQ(out[capacity], '#');
        }
    }
    EXPECT_EQ(mms_metadata_unescape({"abc", 3}, nullptr, 0), 3u);
}

} // namespace
