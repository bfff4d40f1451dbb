/* SPDX-License-Identifier: MIT
 *
 * Numbers and charts for people. */

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <string>
#include <vector>

extern "C" {
#include "tools/common/human.h"
#include "tools/common/spark.h"
}

namespace {

constexpr double INF = std::numeric_limits<double>::infinity();

std::string human(double number, mms_human as)
{
    char out[MMS_HUMAN_SIZE];
    mms_human_number(number, as, out);
    return out;
}

struct Case {
    double number;
    const char *text;
};

void expect(mms_human as, const std::vector<Case> &cases)
{
    for (const Case &one : cases) {
        EXPECT_EQ(one.text, human(one.number, as)) << one.number;
        if (one.number > 0) {
            EXPECT_EQ(std::string("-") + one.text, human(-one.number, as));
        }
    }
}

TEST(Human, Counts)
{
    expect(MMS_HUMAN_COUNT, {{0, "0"}, {-0.0, "0"}, {1, "1"}, {999, "999"}, {999.4, "999"}, {999.5, "1.00k"},
                             {1000, "1.00k"}, {1234, "1.23k"}, {9994, "9.99k"}, {9996, "10.0k"}, {99949, "99.9k"},
                             {99960, "100k"}, {999499, "999k"}, {999500, "1.00M"}, {4.56e6, "4.56M"}, {7e9, "7.00G"},
                             {7e12, "7.00T"}, {7e15, "7.00P"}, {18446744073709551615.0, "18.4E"}, {1e21, "1e+21"},
                             {1.5, "1.50"}, {0.25, "0.250"}, {0.1, "0.100"}, {0.05, "0.05"}, {1.2e-5, "1.2e-05"},
                             {1.2e-300, "1e-300"}, {1.2e300, "1e+300"}, {INF, "inf"}});
    EXPECT_EQ("nan", human(NAN, MMS_HUMAN_COUNT));
    EXPECT_EQ("nan", human(-NAN, MMS_HUMAN_COUNT));
}

TEST(Human, Bytes)
{
    expect(MMS_HUMAN_BYTES, {{0, "0"}, {512, "512"}, {1000, "0.977Ki"}, {1024, "1.00Ki"}, {1536, "1.50Ki"},
                             {999.0 * 1024, "999Ki"}, {1000.0 * 1024, "0.977Mi"}, {1258291, "1.20Mi"},
                             {std::ldexp(1, 33), "8.00Gi"}, {std::ldexp(1, 43), "8.00Ti"},
                             {std::ldexp(1, 53), "8.00Pi"}, {std::ldexp(1, 63), "8.00Ei"},
                             {std::ldexp(1, 80), "1.2e+24"}, {0.5, "0.500"}, {INF, "inf"}});
}

TEST(Human, Seconds)
{
    expect(MMS_HUMAN_SECONDS, {{0, "0"}, {1e-10, "1e-10"}, {1e-9, "1.00ns"}, {12.34e-9, "12.3ns"}, {1e-6, "1.00us"},
                               {999.6e-6, "1.00ms"}, {0.00123, "1.23ms"}, {0.5, "500ms"}, {0.9996, "1.00s"},
                               {1, "1.00s"},
                               {59, "59.0s"}, {599, "599s"}, {600, "10.0min"}, {1000, "16.7min"}, {3594, "59.9min"},
                               {3600, "1.00h"}, {5000, "1.39h"}, {1e6, "11.6d"}, {1e9, "1e+09"}, {INF, "inf"}});
}

TEST(Human, FitsItsColumns)
{
    for (mms_human as : {MMS_HUMAN_COUNT, MMS_HUMAN_BYTES, MMS_HUMAN_SECONDS})
        for (double size = 1e-310; size < 1e308; size *= 1.07)
            for (double number : {size, -size, std::floor(size)})
                ASSERT_GE(size_t(MMS_HUMAN_WIDTH), human(number, as).size()) << human(number, as);
}

TEST(Human, Units)
{
    auto of = [](const char *unit) { return mms_human_of({unit, strlen(unit)}); };
    EXPECT_EQ(MMS_HUMAN_BYTES, of("bytes"));
    EXPECT_EQ(MMS_HUMAN_BYTES, of("B"));
    EXPECT_EQ(MMS_HUMAN_SECONDS, of("seconds"));
    EXPECT_EQ(MMS_HUMAN_SECONDS, of("s"));
    EXPECT_EQ(MMS_HUMAN_COUNT, of(""));
    EXPECT_EQ(MMS_HUMAN_COUNT, of("requests"));
    EXPECT_EQ(MMS_HUMAN_COUNT, of("byte\x1b"));
    EXPECT_EQ(MMS_HUMAN_COUNT, mms_human_of({nullptr, 0}));
}

std::string spark(const std::vector<double> &numbers, size_t columns, mms_spark style = MMS_SPARK_ASCII)
{
    std::unique_ptr<char[]> out(new char[MMS_SPARK_SIZE(columns)]);
    size_t size = mms_spark_line(numbers.data(), numbers.size(), columns, style, out.get());
    EXPECT_EQ(size, strlen(out.get()));
    return out.get();
}

TEST(Spark, Levels)
{
    EXPECT_EQ("_.:-=+*#", spark({0, 1, 2, 3, 4, 5, 6, 7}, 8));
    EXPECT_EQ("\u2581\u2582\u2583\u2584\u2585\u2586\u2587\u2588", spark({0, 1, 2, 3, 4, 5, 6, 7}, 8, MMS_SPARK_BLOCKS));
}

TEST(Spark, FromZeroOrBelow)
{
    EXPECT_EQ("####", spark({9, 9, 9, 9}, 4));
    EXPECT_EQ("____", spark({0, 0, 0, 0}, 4));
    EXPECT_EQ("_#", spark({-9, 0}, 2));
    EXPECT_EQ("_=#", spark({-1, 0, 1}, 3)) << "the middle, rounded up";
}

TEST(Spark, AsManyColumnsAsAsked)
{
    EXPECT_EQ("", spark({1, 2}, 0));
    EXPECT_EQ("   ", spark({}, 3));
    EXPECT_EQ("  #", spark({7}, 3));
    EXPECT_EQ("_#", spark({1000, 0, 7}, 2)) << "what is not shown does not count";
}

TEST(Spark, WhatIsNoNumber)
{
    EXPECT_EQ("# _ ", spark({1, NAN, 0, INF}, 4));
    EXPECT_EQ("_#", spark({-1.7e308, 1.7e308}, 2));
    EXPECT_EQ("_#", spark({0, 5e-324}, 2));
    EXPECT_EQ("  ", spark({NAN, -INF}, 2));
}

} // namespace
