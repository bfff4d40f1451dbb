// SPDX-License-Identifier: MIT
//
// wide_testing.h - what the tests of fields share that one access does not read whole.
#ifndef MMSTATS_WRITER_WIDE_TESTING_H
#define MMSTATS_WRITER_WIDE_TESTING_H

#include "writer/testing.h"

namespace mms_testing {

using namespace mms_testing;

struct Mean {
    double sum;
    uint64_t count;
    uint32_t last;
};

struct Format {
    mms_output output;
    unsigned flags;
};

inline mms_field StructField(const char *label, size_t size = sizeof(Mean), const char *signature = "dQI")
{
    mms_field field = FieldOf(MMS_KIND_STRUCT, label, size);
    field.text = signature;
    return field;
}

inline mms_field HistogramField(const char *label, unsigned sub_bits, unsigned max_bits)
{
    mms_field field = FieldOf(MMS_KIND_HISTOGRAM, label, sub_bits + 256 * max_bits);
    field.number = 0.5;
    return field;
}

inline Mean MeanOf(double sum, uint64_t count, uint32_t last)
{
    Mean mean;
    memset(&mean, 0, sizeof mean); // its padding, too, gets into the file
    mean.sum = sum, mean.count = count, mean.last = last;
    return mean;
}

// All elementary values of the newest value: of a tuple, or of all slots in the order that readers show.
inline std::vector<double> ItemsOf(const Decoded &now, const char *label)
{
    const mms_record &record = now.at(label).record;
    const uint8_t *bytes = now.bytes->data();
    std::vector<double> numbers;
    size_t first = 0, count = record.slots;
    if (record.layout == MMS_LAYOUT_BUFFERED || record.layout == MMS_LAYOUT_STRUCT) {
        first = Newest(record, *now.bytes);
        count = 1;
    } else if (record.layout == MMS_LAYOUT_ARRAY) {
        uint16_t offset;
        uint64_t sequence;
        memcpy(&offset, bytes + record.write_buffer, 2);
        memcpy(&sequence, bytes + record.sequence, 8);
        count = std::min<uint64_t>(sequence, record.slots - 1);
        first = (offset + record.slots - count) % record.slots;
    }
    for (size_t i = 0; i < count; i++) {
        mms_items items;
        mms_value value;
        mms_items_begin(&items, &record, bytes + record.values + (first + i) % record.slots * record.value_size);
        while (mms_items_next(&items, &value))
            switch (mms_class_of(value.type)) {
            case MMS_CLASS_FLOAT: numbers.push_back(value.f); break;
            case MMS_CLASS_INT: numbers.push_back(double(value.i)); break;
            default: numbers.push_back(double(value.u));
            }
    }
    return numbers;
}

inline uint64_t SequenceOf(const Decoded &now, const char *label)
{
    uint64_t sequence;
    memcpy(&sequence, now.bytes->data() + now.at(label).record.sequence, 8);
    return sequence;
}

inline uint64_t GenerationOf(const std::string &path)
{
    return DecodeFile(path).at("sys.generation").u;
}

using Numbers = std::vector<double>;

class Wide : public ::testing::TestWithParam<Format> {
protected:
    Wide() : writer_(Make()) {}

    Writer Make(unsigned flags = 0)
    {
        mms_options options = Options(directory_, "x.mmstats");
        options.output = GetParam().output;
        options.flags = GetParam().flags | flags;
        return New(options);
    }
    void Open() { ASSERT_EQ(mms_writer_open(writer_.get()), 0) << mms_writer_error(writer_.get()); }
    int AddField(const mms_field &field, void *handle) { return mms_writer_add(writer_.get(), &field, handle); }
    Decoded Now() const { return DecodeFile(directory_ / "x.mmstats"); }

    bool version2() const { return GetParam().output == MMS_OUTPUT_V2; }
    bool packed() const { return GetParam().output == MMS_OUTPUT_V1_PACKED; }
    bool counted() const { return GetParam().flags & MMS_SEQUENCE; }

    Directory directory_;
    Writer writer_;
};

const Format wide_formats[] = {
    {MMS_OUTPUT_V2, 0}, {MMS_OUTPUT_V1, 0}, {MMS_OUTPUT_V1, MMS_SEQUENCE}, {MMS_OUTPUT_V1_PACKED, 0}};

} // namespace mms_testing

#endif
