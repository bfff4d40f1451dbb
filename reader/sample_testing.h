/* SPDX-License-Identifier: MIT
 *
 * sample_testing.h - mms_reader_sample beside mms_reader_get: both deliver the same. */
#ifndef MMSTATS_READER_SAMPLE_TESTING_H
#define MMSTATS_READER_SAMPLE_TESTING_H

#include <string>

#include "mmstats/slot.h"
#include "reader/testing.h"

namespace mms_testing {

// Bits, since a NaN is not equal to itself.
inline uint64_t bits_of(const mms_value &value)
{
    switch (mms_class_of(value.type)) {
    case MMS_CLASS_FLOAT:
        return mms_bits_of_double(value.f);
    case MMS_CLASS_BOOL:
        return value.b;
    default:
        return value.u;
    }
}

inline bool is_number(const mms_stat &stat)
{
    enum mms_class value_class = stat.count == 1 ? mms_class_of(stat.values[0].type) : MMS_CLASS_NONE;
    return !stat.is_array && value_class != MMS_CLASS_NONE && value_class != MMS_CLASS_TEXT;
}

// One sample beside the same field, got. Returns whether it is a number.
inline bool expect_same(const mms_sample &sample, const mms_stat &stat)
{
    std::string label = str(stat.label);
    if (!is_number(stat)) {
        EXPECT_EQ(MMS_TYPE_PAD, sample.type) << label;
        EXPECT_EQ(0U, sample.u) << label;
        EXPECT_EQ(0U, sample.status) << label;
        EXPECT_EQ(0U, sample.retries) << label;
        return false;
    }
    EXPECT_EQ(stat.values[0].type, sample.type) << label;
    EXPECT_EQ(bits_of(stat.values[0]), sample.u) << label;
    EXPECT_EQ(stat.status, sample.status) << label;
    EXPECT_EQ(stat.retries, sample.retries) << label;
    return true;
}

// All fields of a reader. Returns how many numbers there are.
inline size_t expect_all_same(mms_reader *reader)
{
    std::vector<mms_sample> samples(mms_reader_count(reader), mms_sample{{-1}, 0xff, 0xff, 0xffffffff});
    EXPECT_EQ(0, mms_reader_sample(reader, nullptr, samples.size(), samples.data()));
    size_t numbers = 0;
    for (size_t i = 0; i < samples.size(); i++) {
        mms_stat stat;
        EXPECT_EQ(0, mms_reader_get(reader, i, &stat));
        numbers += expect_same(samples[i], stat);
    }
    return numbers;
}

} // namespace mms_testing

#endif
