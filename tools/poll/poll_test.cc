/* SPDX-License-Identifier: MIT
 *
 * When rows are due, and what a mistyped label meant. */

#include <errno.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

extern "C" {
#include "tools/poll/poll.h"
}

namespace {

mms_text text_of(const std::string &text)
{
    return {text.data(), text.size()};
}

size_t distance(const std::string &a, const std::string &b, size_t limit = 10)
{
    EXPECT_EQ(poll_distance(text_of(a), text_of(b), limit), poll_distance(text_of(b), text_of(a), limit));
    return poll_distance(text_of(a), text_of(b), limit);
}

TEST(Distance, Edits)
{
    EXPECT_EQ(0U, distance("", ""));
    EXPECT_EQ(0U, distance("web.hits", "web.hits"));
    EXPECT_EQ(1U, distance("web.hit", "web.hits"));
    EXPECT_EQ(1U, distance("web.hots", "web.hits"));
    EXPECT_EQ(1U, distance("wbe.hits", "web.hits")) << "neighbours swapped";
    EXPECT_EQ(3U, distance("abc", ""));
    EXPECT_EQ(3U, distance("kitten", "sitting"));
    EXPECT_EQ(2U, distance("ab", "cd"));
}

TEST(Distance, Limit)
{
    EXPECT_EQ(3U, distance("kitten", "sitting", 3));
    EXPECT_EQ(3U, distance("kitten", "sitting", 2)) << "more than 2";
    EXPECT_EQ(1U, distance("kitten", "sitting", 0));
    EXPECT_EQ(1U, distance("a", "abcdefgh", 0));
    EXPECT_EQ(0U, distance("a", "a", 0));
    EXPECT_EQ(0U, distance(std::string(200, 'a'), std::string(200, 'a')));
    EXPECT_EQ(1U, distance(std::string(200, 'a'), std::string(199, 'a')));
    EXPECT_EQ(11U, distance(std::string(201, 'a'), std::string(201, 'a'))) << "not guessed";
}

std::vector<std::string> split(const char *prefix, const char *fields)
{
    mms_text *labels = nullptr;
    size_t count = 0;
    std::vector<std::string> found;
    EXPECT_EQ(0, poll_fields_split(prefix, fields, &labels, &count));
    for (size_t i = 0; i < count; i++)
        found.emplace_back(labels[i].data, labels[i].size);
    free(labels);
    return found;
}

TEST(Fields, Split)
{
    using list = std::vector<std::string>;
    EXPECT_EQ((list{"a"}), split(nullptr, "a"));
    EXPECT_EQ((list{"a", "b.c", "d"}), split(nullptr, "a,b.c,d"));
    EXPECT_EQ((list{"web.a", "web.b"}), split("web.", "a,b"));
    EXPECT_EQ((list{"a,b", "\\c,", "d\\"}), split("", "a\\,b,\\c\\,,d\\")) << "a backslash before anything else is one";
}

TEST(Fields, Empty)
{
    mms_text *labels = nullptr;
    size_t count = 7;
    for (const char *fields : {"", ",", "a,", ",a", "a,,b"})
        EXPECT_EQ(-EINVAL, poll_fields_split("web.", fields, &labels, &count)) << fields;
    EXPECT_EQ(nullptr, labels);
    EXPECT_EQ(7U, count);
}

timespec at(long long nanoseconds)
{
    return {nanoseconds / 1000000000, long(nanoseconds % 1000000000)};
}

long long after(long long next, double interval, long long now)
{
    timespec due = poll_clock_after(at(next), interval, at(now));
    EXPECT_LT(due.tv_nsec, 1000000000);
    return due.tv_sec * 1000000000LL + due.tv_nsec;
}

TEST(Clock, DoesNotDrift)
{
    long long due = 500;
    for (int i = 0; i < 1000; i++) // each row a little late
        due = after(due, 0.25, due + 1000 + i);
    EXPECT_EQ(500 + 1000 * 250000000LL, due);
}

TEST(Clock, LeavesOutWhatWasMissed)
{
    EXPECT_EQ(2000000000, after(1000000000, 1, 1000000000));
    EXPECT_EQ(2000000000, after(1000000000, 1, 1999999999));
    EXPECT_EQ(3000000000, after(1000000000, 1, 2000000000));
    EXPECT_EQ(9000000000, after(1000000000, 1, 8999999999));
    EXPECT_EQ(1000000000, after(1000000000, 1, 999999999)) << "not due yet";
    EXPECT_EQ(8000000000500000, after(5000000000500000, 1e6, 7999999999999999));
}

} // namespace
