/* SPDX-License-Identifier: MIT
 *
 * One number from many. */

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

extern "C" {
#include "tools/common/aggregate.h"
}

namespace {

mms_sample u64(uint64_t u)
{
    mms_sample sample = {};
    sample.u = u;
    sample.type = MMS_TYPE_U64;
    return sample;
}

mms_sample i32(int64_t i)
{
    mms_sample sample = {};
    sample.i = i;
    sample.type = MMS_TYPE_I32;
    return sample;
}

mms_sample f64(double f)
{
    mms_sample sample = {};
    sample.f = f;
    sample.type = MMS_TYPE_F64;
    return sample;
}

const mms_sample none = {};

// "u64 3", "i64 -3", "f64 0.5"; "" where there is no number
std::string text(const mms_sample &sample)
{
    switch (mms_class_of(mms_type(sample.type))) {
    case MMS_CLASS_UINT:
        return "u64 " + std::to_string(sample.u);
    case MMS_CLASS_INT:
        return "i64 " + std::to_string(sample.i);
    case MMS_CLASS_FLOAT:
        return "f64 " + std::to_string(sample.f);
    default:
        return "";
    }
}

std::string of(const char *name, const std::vector<mms_sample> &samples)
{
    mms_sample out = {};
    return mms_aggregate_samples(mms_aggregate_named(name), samples.data(), samples.size(), &out) ? text(out) : "";
}

TEST(Aggregate, Names)
{
    for (int i = 0; i < MMS_AGGREGATES; i++)
        EXPECT_EQ(i, mms_aggregate_named(mms_aggregate_name(mms_aggregate(i))));
    EXPECT_EQ(MMS_AGGREGATES, mms_aggregate_named("median"));
    EXPECT_EQ(MMS_AGGREGATES, mms_aggregate_named(""));
}

TEST(Aggregate, OfIntegers)
{
    const std::vector<mms_sample> samples = {none, u64(4), i32(-2), u64(0), none};
    EXPECT_EQ("u64 4", of("one", samples));
    EXPECT_EQ("u64 4", of("max", samples));
    EXPECT_EQ("i64 -2", of("min", samples));
    EXPECT_EQ("u64 2", of("sum", samples));
    EXPECT_EQ("f64 0.666667", of("avg", samples));
    EXPECT_EQ("i64 -2", of("nonzero-min", samples));
    EXPECT_EQ("f64 1.000000", of("nonzero-avg", samples));
}

TEST(Aggregate, OfFloats)
{
    const std::vector<mms_sample> samples = {f64(NAN), u64(3), f64(0.5)};
    EXPECT_EQ("u64 3", of("max", samples));
    EXPECT_EQ("f64 0.500000", of("min", samples));
    EXPECT_EQ("f64 nan", of("sum", samples));
    EXPECT_EQ("f64 3.500000", of("sum", {f64(0.5), u64(3)}));
}

TEST(Aggregate, OfNothing)
{
    for (int i = 0; i < MMS_AGGREGATES; i++) {
        EXPECT_EQ("", of(mms_aggregate_name(mms_aggregate(i)), {}));
        EXPECT_EQ("", of(mms_aggregate_name(mms_aggregate(i)), {none}));
    }
    EXPECT_EQ("", of("nonzero-min", {u64(0)}));
    EXPECT_EQ("", of("nonzero-avg", {u64(0), f64(0)}));
}

TEST(Aggregate, LargeOnesAreExact)
{
    EXPECT_EQ("u64 18446744073709551615", of("sum", {u64(UINT64_MAX - 1), u64(1)}));
    EXPECT_EQ("u64 18446744073709551615", of("max", {u64(UINT64_MAX - 1), u64(UINT64_MAX)}));
    EXPECT_EQ("f64 36893488147419103232.000000", of("sum", {u64(UINT64_MAX), u64(UINT64_MAX), u64(2)}));
}

TEST(Aggregate, IsAsSureAsTheLeastSureOne)
{
    mms_sample out = {}, samples[] = {u64(1), u64(2)};
    samples[0].status = MMS_BUSY;
    ASSERT_TRUE(mms_aggregate_samples(MMS_AGGREGATE_MAX, samples, 2, &out));
    EXPECT_EQ(MMS_BUSY, out.status);
}

TEST(Difference, IsExact)
{
    auto difference = [](const mms_sample &later, const mms_sample &earlier) {
        return text(mms_sample_difference(&later, &earlier));
    };
    EXPECT_EQ("u64 1", difference(u64(UINT64_MAX), u64(UINT64_MAX - 1)));
    EXPECT_EQ("i64 -1", difference(u64(UINT64_MAX - 1), u64(UINT64_MAX)));
    EXPECT_EQ("u64 7", difference(u64(4), i32(-3)));
    EXPECT_EQ("f64 -0.250000", difference(f64(0.25), f64(0.5)));
    EXPECT_EQ("f64 2.500000", difference(u64(3), f64(0.5)));
    EXPECT_EQ("f64 -18446744073709551616.000000", difference(u64(0), u64(UINT64_MAX)));
    EXPECT_EQ("", difference(none, u64(1)));
    EXPECT_EQ("", difference(u64(1), none));
}

} // namespace
