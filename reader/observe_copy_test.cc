/* SPDX-License-Identifier: MIT
 *
 * Verdicts on values in copies (R607): copies that agree or not, made by hand. */

#include <algorithm>

#include "reader/testing.h"

extern "C" {
#include "reader/internal.h"
}

using namespace mms_testing;

namespace {

// A view whose copies are as the test wants them. Without a file there are no more copies to be had.
class Copies {
public:
    Copies(const File &file, int copies) : structure(file.whole()), count(copies)
    {
        view.fd = -1;
        EXPECT_EQ(0, mms_scan_begin(&view.begin, structure.data(), structure.size(), MMS_ORDER_AUTO, nullptr));
        EXPECT_EQ(0, mms_index_build(&view.index, view.begin, nullptr, true));
        for (int i = 0; i < count; i++) {
            bytes[i] = structure;
            view.copies[i] = reinterpret_cast<uint8_t *>(&bytes[i][0]);
        }
    }
    ~Copies() { mms_index_free(&view.index); }

    template <class T> void poke(int copy, size_t at, T value) { memcpy(&bytes[copy][at], &value, sizeof value); }

    mms_stat get(size_t i = 0, unsigned tries = 4)
    {
        mms_entry own, *entry = &own;
        mms_index_entry(&view.index, i, entry);
        mms_seen seen;
        scratch.resize(MMS_COPIES * entry->record.size);
        mms_observe_copy(&view, entry, tries, scratch.data(), &seen);
        values.resize(mms_decode_count(entry, &seen));
        mms_stat stat;
        mms_decode(&view, entry, &seen, values.data(), &stat);
        return stat;
    }

    std::string structure, bytes[MMS_COPIES];
    int count;
    mms_view view = {};
    std::vector<uint8_t> scratch;
    std::vector<mms_value> values;
};

// --- without a sequence ---------------------------------------------------------------------------------------------

TEST(Number, TwoThatAgreeAreChecked)
{
    File file(2);
    mms_record record = file.v2("n", MMS_ID_COUNTER);
    file.poke(record.values + 8, uint64_t(5));
    Copies copies(file, 2);
    EXPECT_EQ(5U, copies.get().values[0].u);
    EXPECT_EQ(MMS_CHECKED, copies.get().status);
    copies.poke(0, record.values, uint64_t(77)); // the buffer that nobody is shown
    EXPECT_EQ(MMS_CHECKED, copies.get().status);
}

TEST(Number, OtherValueIsBusy)
{
    File file(2);
    mms_record record = file.v2("n", MMS_ID_COUNTER);
    Copies copies(file, 2);
    copies.poke(1, record.values + 8, uint64_t(6));
    EXPECT_EQ(MMS_BUSY, copies.get().status);
    EXPECT_EQ(6U, copies.get().values[0].u); // the last one seen
}

TEST(Number, SameValueInTheOtherBufferIsBusy)
{
    File file(2);
    mms_record record = file.v2("n", MMS_ID_COUNTER);
    Copies copies(file, 2);
    copies.poke(1, record.write_buffer, uint8_t(1));
    EXPECT_EQ(MMS_BUSY, copies.get().status);
}

TEST(Number, SecondAndThird)
{
    File file(2);
    mms_record record = file.v2("n", MMS_ID_COUNTER);
    Copies copies(file, 3);
    copies.poke(0, record.values + 8, uint64_t(1));
    copies.poke(1, record.values + 8, uint64_t(2));
    copies.poke(2, record.values + 8, uint64_t(2));
    EXPECT_EQ(MMS_CHECKED, copies.get().status);
    EXPECT_EQ(2U, copies.get().values[0].u);
    copies.poke(2, record.values + 8, uint64_t(1)); // the first and the last agree: that is no two in a row
    EXPECT_EQ(MMS_BUSY, copies.get().status);
}

TEST(Number, HostileFlips)
{
    File file(1);
    mms_record record = file.v1("n", "Q", true);
    Copies copies(file, 2);
    size_t end = record.values + 16;
    for (unsigned flip : {2U, 3U, 0x80U, 0xffU}) {
        for (int copy = 0; copy < 2; copy++) {
            copies.poke(copy, record.write_buffer, uint8_t(flip));
            std::fill(copies.bytes[copy].begin() + long(end), copies.bytes[copy].end(), '\x77');
        }
        EXPECT_EQ(MMS_BUSY, copies.get().status);
        EXPECT_EQ(0U, copies.get().values[0].u) << "from behind the record";
    }
}

TEST(Text, Unbuffered)
{
    File file(2);
    mms_record record = file.text("s", MMS_ID_STRING, "hello");
    Copies copies(file, 2);
    EXPECT_EQ("hello", text_of(copies.get()));
    EXPECT_EQ(MMS_CHECKED, copies.get().status);
    copies.poke(1, record.values, 'j');
    EXPECT_EQ(MMS_BUSY, copies.get().status);
    EXPECT_EQ("jello", text_of(copies.get()));
}

// --- with a sequence ------------------------------------------------------------------------------------------------

class Latch : public testing::Test {
protected:
    Latch()
    {
        record = file.wide("s", 8, MMS_FLAG_SEQUENCE);
        file.bytes.replace(record.values, 16, "buffer.0buffer.1");
        file.poke(record.sequence, uint64_t(6));
        file.poke(record.write_buffer, uint8_t(1));
    }
    File file{2};
    mms_record record;
};

TEST_F(Latch, SequenceValueSequenceIsExact)
{
    Copies copies(file, 3);
    EXPECT_EQ("buffer.0", text_of(copies.get()));
    EXPECT_EQ(MMS_EXACT, copies.get().status);
    EXPECT_EQ(6U, copies.get().sequence);
}

// What the value's own copy says of the sequence, and what the others say of the value, says nothing.
TEST_F(Latch, OnlyThoseThreeCount)
{
    Copies copies(file, 3);
    copies.poke(1, record.sequence, uint64_t(7));
    copies.poke(0, record.values, 'x');
    copies.poke(2, record.values, 'y');
    EXPECT_EQ("buffer.0", text_of(copies.get()));
    EXPECT_EQ(MMS_EXACT, copies.get().status);
    EXPECT_EQ(6U, copies.get().sequence);
}

TEST_F(Latch, MovedOnIsNotExact)
{
    Copies copies(file, 3);
    copies.poke(2, record.sequence, uint64_t(7));
    EXPECT_EQ(MMS_CHECKED, copies.get().status); // the first two agree
    EXPECT_EQ("buffer.0", text_of(copies.get()));
    copies.poke(1, record.values, 'x');
    EXPECT_EQ(MMS_BUSY, copies.get().status);
    EXPECT_EQ("buffer.1", text_of(copies.get()));
}

class Ring : public testing::Test {
protected:
    Ring()
    {
        record = file.array("r", MMS_ID_U64_RING, 3, MMS_FLAG_SEQUENCE);
        for (uint64_t i = 0; i < 4; i++)
            file.poke(record.values + 8 * i, 10 + i);
        file.poke(record.write_buffer, uint16_t(2));
        file.poke(record.sequence, uint64_t(100));
    }
    File file{2};
    mms_record record;
};

TEST_F(Ring, StandsStillIsExact)
{
    Copies copies(file, 3);
    copies.poke(1, record.values + 16, uint64_t(99)); // the slot that is being written
    EXPECT_EQ((std::vector<uint64_t>{13, 10, 11}), numbers_of(copies.get()));
    EXPECT_EQ(MMS_EXACT, copies.get().status);
}

TEST_F(Ring, Moves)
{
    for (int copy = 0; copy < 3; copy++) {
        Copies copies(file, 3);
        copies.poke(copy, record.write_buffer, uint16_t(3));
        EXPECT_NE(MMS_EXACT, copies.get().status) << copy;
    }
    Copies copies(file, 3);
    copies.poke(2, record.sequence, uint64_t(101));
    EXPECT_EQ(MMS_CHECKED, copies.get().status);
    copies.poke(1, record.sequence, uint64_t(101));
    copies.poke(2, record.sequence, uint64_t(102));
    EXPECT_EQ(MMS_BUSY, copies.get().status);
}

TEST_F(Ring, HostileWriteOffset)
{
    Copies copies(file, 3);
    for (int copy = 0; copy < 3; copy++)
        copies.poke(copy, record.write_buffer, uint16_t(0xffff));
    EXPECT_EQ(MMS_BUSY, copies.get().status);
    EXPECT_LE(copies.get().count, 3U);
}

// R612: sequence and sum, then the buckets that the sequence counts, then the sequence.
TEST(Histogram, ExactWhereItAddsUp)
{
    File file(2);
    mms_record record = file.histogram("h", 1, 2, MMS_FLAG_SEQUENCE);
    file.poke(record.values + 8, uint64_t(2)); // two samples of 1
    file.poke(record.values - 8, uint64_t(2));
    file.poke(record.sequence, uint64_t(2));
    Copies copies(file, 3);
    EXPECT_EQ(MMS_EXACT, copies.get().status);
    EXPECT_EQ(2U, copies.get().sum);
    // another sample in what the verdict does not need
    copies.poke(0, record.values + 8, uint64_t(1));
    copies.poke(2, record.values + 8, uint64_t(3));
    copies.poke(2, record.values - 8, uint64_t(3));
    EXPECT_EQ(MMS_EXACT, copies.get().status);
}

TEST(Histogram, ASampleUnderWayIsNot)
{
    File file(2);
    mms_record record = file.histogram("h", 1, 2, MMS_FLAG_SEQUENCE);
    Copies still(file, 3); // its bucket is stored, and no more: for ever
    for (int i = 0; i < 3; i++)
        still.poke(i, record.values + 8, uint64_t(1));
    EXPECT_EQ(MMS_CHECKED, still.get().status);

    Copies sum(file, 3); // stored between buckets and sum of the second copy
    sum.poke(1, record.values - 8, uint64_t(1));
    sum.poke(2, record.values - 8, uint64_t(1));
    sum.poke(2, record.values + 8, uint64_t(1));
    EXPECT_EQ(MMS_BUSY, sum.get().status);

    Copies sequence(file, 3);
    sequence.poke(2, record.sequence, uint64_t(1));
    EXPECT_EQ(MMS_CHECKED, sequence.get().status); // the first two agree
}

// R611 needs more copies than are made: what the byte says was copied in no order with the rest.
TEST(Counted, CheckedWhereTwoAgree)
{
    File file(1);
    file.v1("sys.sequence", "Q", false);
    mms_record record = file.v1("s", "16s", true);
    file.bytes.replace(record.values + 16, 5, "shown");
    Copies copies(file, 3);
    EXPECT_EQ(MMS_CHECKED, copies.get(1).status);
    EXPECT_EQ("shown", text_of(copies.get(1)));
    copies.poke(1, record.write_buffer, uint8_t(1));
    EXPECT_EQ(MMS_BUSY, copies.get(1).status);
    EXPECT_EQ("shown", text_of(copies.get(1)));
}

// --- again ----------------------------------------------------------------------------------------------------------

TEST(Again, NewCopiesOfTheRecordSettleIt)
{
    Folder folder;
    File file(2);
    mms_record record = file.v2("n", MMS_ID_COUNTER);
    file.poke(record.values + 8, uint64_t(3));
    write_file(folder / "f", file.whole());
    Copies copies(file, 2);
    copies.poke(0, record.values + 8, uint64_t(1));
    copies.poke(1, record.values + 8, uint64_t(2));
    copies.view.fd = open((folder / "f").c_str(), O_RDONLY | O_CLOEXEC);
    mms_stat stat = copies.get();
    EXPECT_EQ(MMS_CHECKED, stat.status);
    EXPECT_EQ(1U, stat.retries);
    EXPECT_EQ(3U, stat.values[0].u);

    stat = copies.get(0, 1); // no second try
    EXPECT_EQ(MMS_BUSY, stat.status);
    EXPECT_EQ(0U, stat.retries);

    ASSERT_EQ(0, truncate((folder / "f").c_str(), int64_t(record.offset) + 4));
    EXPECT_EQ(MMS_BUSY, copies.get().status);
    EXPECT_EQ(2U, copies.get().values[0].u);
    close(copies.view.fd);
}

} // namespace
