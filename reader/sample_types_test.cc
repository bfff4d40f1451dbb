/* SPDX-License-Identifier: MIT
 *
 * Numbers of every type, byte order, version and alignment, many at once: as one by one. */

#include <cmath>
#include <string>

#include "reader/sample_testing.h"

using namespace mms_testing;

namespace {

constexpr enum mms_order FOREIGN = MMS_ORDER_NATIVE == MMS_ORDER_LITTLE ? MMS_ORDER_BIG : MMS_ORDER_LITTLE;

// A file in either order, of records that have their values all over: no two bytes of a number are the same.
class Anywhere {
public:
    Anywhere(unsigned of_version, enum mms_order of_order) : version(uint8_t(of_version)), order(of_order)
    {
        bytes.assign(1, char(of_version));
    }

    void add(mms_record record, bool packed)
    {
        std::string signature = str(record.signature), label = std::string("n") + std::to_string(bytes.size());
        record.label = {label.data(), label.size()};
        record.swapped = order != MMS_ORDER_NATIVE;
        if (version == 1 && !packed) {
            size_t at = signature.find_first_not_of("@=<>!");
            signature.insert(at, mms_record_gap(&record, 1, bytes.size()), ' ');
            record.signature = {signature.data(), signature.size()};
        }
        if (version == 2 && !packed)
            pad(mms_record_gap(&record, 2, bytes.size()));
        append(record);
    }

    std::string whole() const { return bytes + std::string(4 + -(bytes.size() + 4) % 4096, '\0'); }

private:
    void pad(size_t gap)
    {
        mms_record padding = record_of("", MMS_ID_PADDING);
        if (gap == 0)
            return;
        while (gap < 10)
            gap += 8;
        padding.tail = gap - 10;
        append(padding);
    }
    void append(mms_record record)
    {
        ASSERT_EQ(0, mms_record_layout(&record, version, bytes.size()));
        std::string out(record.size, '\0');
        ASSERT_EQ(int64_t(record.size), mms_serialize(&record, version, order, nullptr, &out[0], out.size()));
        for (size_t i = 0; i < record.slots * record.value_size; i++)
            out[record.values - record.offset + i] = char(0x91 + 7 * i);
        bytes += out;
    }

    uint8_t version;
    enum mms_order order;
    std::string bytes;
};

class Types : public testing::TestWithParam<enum mms_reader_mode> {
protected:
    size_t check(const std::string &bytes, enum mms_order order)
    {
        write_file(path, bytes);
        mms_reader_options options = {};
        options.size = sizeof options;
        options.mode = GetParam();
        options.order = order;
        mms_reader *reader = nullptr;
        EXPECT_EQ(0, mms_reader_open(path.c_str(), &options, &reader, nullptr));
        EXPECT_EQ(0, mms_reader_diag(reader, nullptr, nullptr));
        size_t numbers = expect_all_same(reader);
        mms_reader_close(reader);
        return numbers;
    }

    Folder folder;
    std::string path = folder / "f";
};

TEST_P(Types, SignaturesOfVersion1)
{
    for (enum mms_order order : {MMS_ORDER_NATIVE, FOREIGN})
        for (bool packed : {false, true}) {
            Anywhere file(1, order);
            size_t numbers = 0;
            for (const char *mark : {"", "@", "=", "<", ">", "!"})
                for (const char *code : {"b", "B", "?", "h", "H", "i", "I", "l", "L", "q", "Q", "e", "f", "d"})
                    for (bool buffered : {false, true}) {
                        mms_record record = {};
                        std::string signature = std::string(mark) + code;
                        record.signature = {signature.data(), signature.size()};
                        record.layout = buffered ? MMS_LAYOUT_BUFFERED : MMS_LAYOUT_UNBUFFERED;
                        file.add(record, packed);
                        numbers++;
                    }
            EXPECT_EQ(numbers, check(file.whole(), order));
        }
}

// Numbers that do not take all of their value area, or not alone.
TEST_P(Types, OtherSignaturesOfVersion1)
{
    for (enum mms_order order : {MMS_ORDER_NATIVE, FOREIGN}) {
        Anywhere file(1, order);
        for (const char *signature : {"3xB", "Bx", "7xB", "xH", "b0Q", "n", "N", "P", "1Q",           // numbers
                                      "2B", "BB", "HB", "c", "s", "8s", "0s", "p", "4p", "2xs"}) { // none
            mms_record record = {};
            record.signature = {signature, strlen(signature)};
            for (enum mms_layout layout : {MMS_LAYOUT_BUFFERED, MMS_LAYOUT_UNBUFFERED}) {
                record.layout = layout;
                file.add(record, false);
            }
        }
        EXPECT_EQ(2U * 9, check(file.whole(), order));
    }
}

TEST_P(Types, DataTypesOfVersion2)
{
    for (enum mms_order order : {MMS_ORDER_NATIVE, FOREIGN})
        for (bool packed : {false, true}) {
            Anywhere file(2, order);
            for (unsigned id = 1; id < 100; id++) {
                mms_record record = record_of("", id);
                record.value_size = 6;
                record.slots = 4;
                record.sub_bits = record.max_bits = 2;
                record.signature = {"Qd", 2};
                file.add(record, packed);
            }
            EXPECT_EQ(19U, check(file.whole(), order));
        }
}

// One number in a struct, and numbers that count their publications.
TEST_P(Types, WaysOfVersion2)
{
    for (enum mms_order order : {MMS_ORDER_NATIVE, FOREIGN})
        for (unsigned flags : {0U, unsigned(MMS_FLAG_SEQUENCE)}) {
            Anywhere file(2, order);
            size_t numbers = 0;
            for (const char *signature : {"Q", "I", ">d", "3xB", "QQ"}) {
                mms_record record = record_of("", MMS_ID_STRUCT);
                record.flags = uint8_t(flags);
                record.signature = {signature, strlen(signature)};
                file.add(record, false);
                numbers += strcmp(signature, "QQ") != 0;
            }
            for (unsigned id : {MMS_ID_COUNTER, MMS_ID_I16, MMS_ID_F32}) {
                mms_record record = record_of("", id);
                record.flags = uint8_t(flags);
                file.add(record, false);
                numbers++;
            }
            EXPECT_EQ(numbers, check(file.whole(), order));
        }
}

// R611: of a version 1 file with a sequence, numbers that are not aligned or wider.
TEST_P(Types, CountedOfVersion1)
{
    File file(1);
    file.v1("sys.sequence", "Q", false);
    file.v1("aligned", "Q", true);
    file.v1("packed", "Q", true, true);
    file.v1("packed2", "Q", true, true);
    EXPECT_EQ(4U, check(file.whole(), MMS_ORDER_AUTO));
}

// Bytes that are neither 0 nor 1 are true, of all zeros false; NaNs and infinities come through.
TEST_P(Types, Values)
{
    File file(2);
    mms_record yes = file.v2("yes", MMS_ID_BOOL), no = file.v2("no", MMS_ID_BOOL), f64 = file.v2("f64", MMS_ID_F64),
               f32 = file.v2("f32", MMS_ID_F32), i16 = file.v2("i16", MMS_ID_I16), u64 = file.v2("u64", MMS_ID_U64),
               byte = file.v2("byte", MMS_ID_BYTE), i32 = file.v2("i32", MMS_ID_I32);
    file.bytes[yes.values] = 2;
    file.bytes[no.values] = 0;
    file.poke(f64.values + 8, std::nan("0x123"));
    file.poke(f32.values + 4, -HUGE_VALF);
    file.poke(i16.values + 2, int16_t(-2));
    file.poke(u64.values + 8, UINT64_MAX);
    file.poke(byte.values, int8_t(-3));
    file.poke(i32.values + 4, INT32_MIN);
    write_file(path, file.whole());
    Reader reader(path, GetParam());
    mms_sample samples[8];
    ASSERT_EQ(0, mms_reader_sample(reader, nullptr, 8, samples));
    EXPECT_EQ(1U, samples[0].u);
    EXPECT_EQ(0U, samples[1].u);
    EXPECT_TRUE(std::isnan(samples[2].f));
    EXPECT_EQ(-HUGE_VAL, samples[3].f);
    EXPECT_EQ(-2, samples[4].i);
    EXPECT_EQ(UINT64_MAX, samples[5].u);
    EXPECT_EQ(-3, samples[6].i);
    EXPECT_EQ(INT32_MIN, samples[7].i);
    EXPECT_EQ(8U, expect_all_same(reader));
}

INSTANTIATE_TEST_SUITE_P(Modes, Types, testing::Values(MMS_READ_COPY, MMS_READ_LIVE),
                         [](const auto &mode) { return mode.param == MMS_READ_COPY ? "Copy" : "Live"; });

} // namespace
