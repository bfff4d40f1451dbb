/* SPDX-License-Identifier: MIT
 *
 * Many numbers at once: which ones, when, and how sure they are. */

#include <errno.h>

#include <string>

#include "reader/live_testing.h"
#include "reader/sample_testing.h"

using namespace mms_testing;

namespace {

class Sample : public testing::TestWithParam<enum mms_reader_mode> {
protected:
    Folder folder;
    std::string path = folder / "f";
};

// --- which fields ---------------------------------------------------------------------------------------------------

TEST_P(Sample, SomeFieldsInAnyOrder)
{
    File file(2);
    for (uint64_t i = 0; i < 5; i++) {
        mms_record record = file.v2("n" + std::to_string(i), MMS_ID_COUNTER);
        file.poke(record.values + 8, 100 + i);
    }
    write_file(path, file.whole());
    Reader reader(path, GetParam());
    const size_t fields[] = {4, 0, 2, 2};
    mms_sample samples[5] = {};
    ASSERT_EQ(0, mms_reader_sample(reader, fields, 4, samples));
    for (size_t k = 0; k < 4; k++)
        EXPECT_EQ(100 + fields[k], samples[k].u);
    ASSERT_EQ(0, mms_reader_sample(reader, nullptr, 2, samples));
    EXPECT_EQ(101U, samples[1].u);
    EXPECT_EQ(102U, samples[2].u) << "one more than asked for was written";
    EXPECT_EQ(0, mms_reader_sample(reader, nullptr, 0, nullptr));
    EXPECT_EQ(0, mms_reader_sample(reader, fields, 0, nullptr));
}

TEST_P(Sample, NoSuchField)
{
    File file(2);
    file.v2("n", MMS_ID_COUNTER);
    write_file(path, file.whole());
    Reader reader(path, GetParam());
    mms_sample samples[2] = {{{7}, 7, 7, 7}, {{7}, 7, 7, 7}};
    const size_t fields[] = {0, 1}, huge[] = {0, SIZE_MAX};
    EXPECT_EQ(-ERANGE, mms_reader_sample(reader, fields, 2, samples));
    EXPECT_EQ(-ERANGE, mms_reader_sample(reader, huge, 2, samples));
    EXPECT_EQ(-ERANGE, mms_reader_sample(reader, nullptr, 2, samples));
    for (const mms_sample &sample : samples)
        EXPECT_TRUE(sample.u == 7 && sample.type == 7 && sample.status == 7 && sample.retries == 7);
}

TEST_P(Sample, AfterTheStructureGrew)
{
    File file(2);
    mms_record first = file.v2("a", MMS_ID_COUNTER);
    std::string before = file.whole();
    write_file(path, before);
    Reader reader(path, GetParam());
    EXPECT_EQ(1U, expect_all_same(reader));
    mms_record second = file.v2("b", MMS_ID_U32);
    file.poke(first.values + 8, uint64_t(1));
    file.poke(second.values + 4, uint32_t(2));
    write_file(path, file.whole());
    ASSERT_EQ(1, mms_reader_refresh(reader, nullptr));
    mms_sample samples[2];
    ASSERT_EQ(0, mms_reader_sample(reader, nullptr, 2, samples));
    EXPECT_EQ(1U, samples[0].u);
    EXPECT_EQ(2U, samples[1].u);
    EXPECT_EQ(MMS_TYPE_U32, samples[1].type);
    EXPECT_EQ(2U, expect_all_same(reader));
}

TEST_P(Sample, OfASnapshot)
{
    File file(2);
    mms_record generation = file.v2("", MMS_ID_GENERATION), number = file.v2("n", MMS_ID_COUNTER),
               small = file.v2("s", MMS_ID_U16);
    file.text("t", MMS_ID_STRING, "no number");
    file.poke(generation.values, uint64_t(2));
    file.poke(number.values + 8, uint64_t(5));
    write_file(path, file.whole());
    Mapping writer(path);
    Reader reader(path, GetParam());
    ASSERT_EQ(1, mms_reader_snapshot(reader));
    mms_slot_store_64(writer.at + number.values, 6);
    mms_slot_store_16(writer.at + small.values, 7);
    mms_sample samples[3];
    ASSERT_EQ(0, mms_reader_sample(reader, nullptr, 3, samples));
    EXPECT_EQ(5U, samples[0].u);
    EXPECT_EQ(0U, samples[1].u);
    EXPECT_EQ(2U, expect_all_same(reader));
    ASSERT_EQ(0, mms_reader_refresh(reader, nullptr));
    ASSERT_EQ(0, mms_reader_sample(reader, nullptr, 3, samples));
    EXPECT_EQ(6U, samples[0].u);
    EXPECT_EQ(7U, samples[1].u);
}

INSTANTIATE_TEST_SUITE_P(Modes, Sample, testing::Values(MMS_READ_COPY, MMS_READ_LIVE),
                         [](const auto &mode) { return mode.param == MMS_READ_COPY ? "Copy" : "Live"; });

// --- live -----------------------------------------------------------------------------------------------------------

// The structure said 0 or 1 once; by now the byte is something else.
TEST(Live, HostileFlips)
{
    Folder folder;
    File file(1);
    std::vector<mms_record> records;
    for (const char *code : {"Q", "I", "H", "B", "q", "d"})
        records.push_back(file.v1(code, code, true));
    records.push_back(file.v1("packed", "Q", true, true));
    write_file(folder / "f", file.whole());
    Mapping writer(folder / "f");
    for (unsigned tries : {1U, 2U, 64U}) {
        Reader reader(folder / "f", MMS_READ_LIVE, tries);
        for (unsigned flip : {2U, 3U, 0x7fU, 0x80U, 0xffU, 0U, 1U}) {
            for (const mms_record &record : records)
                writer.at[record.write_buffer] = uint8_t(flip);
            EXPECT_EQ(records.size(), expect_all_same(reader)) << flip;
            mms_sample sample;
            ASSERT_EQ(0, mms_reader_sample(reader, nullptr, 1, &sample));
            EXPECT_EQ(flip <= 1 ? MMS_EXACT : MMS_BUSY, sample.status) << flip;
            EXPECT_EQ(flip <= 1 ? 0 : tries - 1, sample.retries) << flip;
        }
        for (const mms_record &record : records)
            writer.at[record.write_buffer] = 0;
    }
}

// A reader of the very memory that a thread stores into, so that a thread sanitizer sees both sides.
TEST(Live, ExactAndNeverBackInTime)
{
    File file(2);
    mms_record wide = file.v2("n", MMS_ID_COUNTER), small = file.v2("s", MMS_ID_U16), text = file.wide("t", 8, 0);
    mms_testing::Live live(file);
    mms_reader reader = {};
    reader.view = &live.view;
    reader.options.tries = 64;
    {
        Writer writer([&](uint64_t n) {
            mms_slot_add_64(live.map + wide.values, 0x100000001);
            mms_slot_store_16(live.map + small.values, uint16_t((n & 0xff) * 0x101));
            mms_slot_copy_in(live.map + text.values, "abcdefgh", 8);
        });
        uint64_t last = 0, exact = 0;
        for (int i = 0; i < READS; i++) {
            mms_sample samples[3];
            ASSERT_EQ(0, mms_reader_sample(&reader, nullptr, 3, samples));
            ASSERT_EQ(MMS_TYPE_PAD, samples[2].type);
            ASSERT_TRUE(samples[1].status != MMS_EXACT || samples[1].u % 0x101 == 0);
            if (samples[0].status != MMS_EXACT)
                continue;
            exact++;
            ASSERT_EQ(samples[0].u >> 32, samples[0].u & 0xffffffff);
            ASSERT_GE(samples[0].u, last);
            last = samples[0].u;
        }
        EXPECT_GT(exact, 0U);
    }
    free(reader.bytes);
    free(reader.values);
}

// --- copies ---------------------------------------------------------------------------------------------------------

// Two copies by hand, with no file to take more from: numbers are checked where both have the same bytes.
class TwoCopies : public testing::Test {
protected:
    TwoCopies()
    {
        for (unsigned id : {MMS_ID_COUNTER, MMS_ID_F32, MMS_ID_I16, MMS_ID_BYTE, MMS_ID_BOOL, MMS_ID_STATIC_F32})
            records.push_back(file.v2("n" + std::to_string(id), id));
        copies[0] = copies[1] = structure = file.whole();
        view.fd = -1;
        EXPECT_EQ(0, mms_scan_begin(&view.begin, structure.data(), structure.size(), MMS_ORDER_AUTO, nullptr));
        EXPECT_EQ(0, mms_index_build(&view.index, view.begin, nullptr, true));
        for (int i = 0; i < 2; i++)
            view.copies[i] = reinterpret_cast<uint8_t *>(&copies[i][0]);
        reader.view = &view;
        reader.options.tries = 4;
    }
    ~TwoCopies() override
    {
        mms_index_free(&view.index);
        free(reader.bytes);
        free(reader.values);
    }

    void expect(size_t which, enum mms_status status)
    {
        std::vector<mms_sample> samples(records.size());
        ASSERT_EQ(0, mms_reader_sample(&reader, nullptr, samples.size(), samples.data()));
        for (size_t i = 0; i < samples.size(); i++)
            EXPECT_EQ(i == which ? status : MMS_CHECKED, samples[i].status) << i;
        EXPECT_EQ(records.size(), expect_all_same(&reader));
    }

    File file{2};
    std::vector<mms_record> records;
    std::string structure, copies[2];
    mms_view view = {};
    mms_reader reader = {};
};

TEST_F(TwoCopies, ThatAgree)
{
    expect(0, MMS_CHECKED);
    view.copies[1] = view.copies[0];
    expect(0, MMS_CHECKED);
}

TEST_F(TwoCopies, EachByteThatDiffers)
{
    for (size_t i = 0; i < records.size(); i++)
        for (size_t byte = 0; byte < records[i].value_size; byte++) {
            size_t at = records[i].values + (records[i].slots - 1) * records[i].value_size + byte; // the one that is shown
            copies[1][at] ^= 2;
            expect(i, MMS_BUSY);
            copies[1][at] ^= 2;
        }
}

// What is not shown may differ.
TEST_F(TwoCopies, TheOtherBuffer)
{
    copies[1][records[0].values] = 1;
    expect(0, MMS_CHECKED);
}

// The same value, but in the other buffer: it was published again, or once more than twice.
TEST_F(TwoCopies, FlipsThatDiffer)
{
    copies[1][records[0].write_buffer] ^= 1;
    expect(0, MMS_BUSY);
}

TEST_F(TwoCopies, FlipsThatAreNone)
{
    copies[0][records[0].write_buffer] = copies[1][records[0].write_buffer] = 2;
    expect(0, MMS_BUSY);
}

// One NaN becomes another one when it is made wider: the bytes count.
TEST_F(TwoCopies, NaNsThatDiffer)
{
    for (int i = 0; i < 2; i++) {
        uint32_t nan = i == 0 ? 0x7f800001 : 0x7fc00001;
        memcpy(&copies[i][records[1].values + 4], &nan, sizeof nan);
    }
    expect(1, MMS_BUSY);
}

TEST_F(TwoCopies, TrueIsNotTrue)
{
    copies[0][records[4].values] = 1;
    copies[1][records[4].values] = 3;
    expect(4, MMS_BUSY);
}

} // namespace
