/* SPDX-License-Identifier: MIT
 *
 * Snapshots (R613): of a writer that stores as fast as it can, of one that is inside of a transaction, and of files that
 * know none. */

#include <atomic>
#include <thread>

#include "mmstats/slot.h"
#include "reader/testing.h"

using namespace mms_testing;

namespace {

// A file with two counters that belong together, a text, and a generation.
class Pair {
public:
    explicit Pair(int version) : file(version)
    {
        if (version == 1) {
            generation = file.v1("web.sys.generation", "Q", false);
            a = file.v1("a", "Q", true);
            b = file.v1("b", "Q", true);
            file.v1("s", "16s", true);
        } else {
            generation = file.v2("sys.generation", MMS_ID_GENERATION);
            a = file.v2("a", MMS_ID_COUNTER);
            b = file.v2("b", MMS_ID_COUNTER);
            file.wide("s", 16, MMS_FLAG_SEQUENCE);
        }
        write_file(path(), file.whole());
        mapping = std::make_unique<Mapping>(path());
    }
    std::string path() const { return folder / "f"; }
    uint64_t *number() { return mapping->as<uint64_t>(generation.values); }
    void add_to(const mms_record &record) { mms_slot_add_64(mapping->at + record.values, 1); }
    void transaction()
    {
        mms_generation_open(number());
        add_to(a);
        add_to(b);
        mms_generation_close(number());
    }

    Folder folder;
    File file;
    mms_record generation, a, b;
    std::unique_ptr<Mapping> mapping;
};

class Snapshot : public testing::TestWithParam<std::tuple<int, mms_reader_mode>> {
protected:
    int version() const { return std::get<0>(GetParam()); }
    mms_reader_mode mode() const { return std::get<1>(GetParam()); }
};

TEST_P(Snapshot, BothOrNone)
{
    Pair pair(version());
    Reader reader(pair.path(), mode());
    ASSERT_EQ(0, reader.error);
    std::atomic<bool> stop{false};
    std::thread writer([&] {
        while (!stop.load(std::memory_order_relaxed)) {
            pair.transaction();
            for (int i = 0; i < 300; i++) // a breath
                mms_cell_load_8(pair.mapping->at);
        }
    });
    uint64_t last = 0, taken = 0;
    for (int i = 0; i < 3000; i++) {
        int got = mms_reader_snapshot(reader);
        ASSERT_TRUE(got == 1 || got == -EBUSY) << got;
        if (got != 1)
            continue;
        taken++;
        mms_stat stat = reader.get("a");
        uint64_t a = stat.values[0].u;
        ASSERT_NE(MMS_BUSY, stat.status);
        stat = reader.get("b");
        ASSERT_EQ(a, stat.values[0].u);
        ASSERT_EQ(a, reader.get("a").values[0].u) << "it stays what it was";
        ASSERT_GE(a, last);
        last = a;
    }
    stop = true;
    writer.join();
    EXPECT_GT(taken, 0U);
    ASSERT_EQ(1, mms_reader_snapshot(reader));
    EXPECT_EQ(*pair.number() / 2, reader.get("a").values[0].u);
}

// A snapshot ends with the next one, and with a refresh.
TEST_P(Snapshot, Ends)
{
    Pair pair(version());
    Reader reader(pair.path(), mode());
    ASSERT_EQ(1, mms_reader_snapshot(reader));
    pair.transaction();
    EXPECT_EQ(0U, reader.get("b").values[0].u);
    ASSERT_EQ(1, mms_reader_snapshot(reader));
    EXPECT_EQ(1U, reader.get("b").values[0].u);
    pair.transaction();
    EXPECT_EQ(1U, reader.get("b").values[0].u);
    ASSERT_LE(0, mms_reader_refresh(reader, nullptr));
    EXPECT_EQ(2U, reader.get("b").values[0].u);
    EXPECT_EQ("", text_of(reader.get("s")));
}

// The writer is inside, or died there: the reader says so, and reads each value by itself.
TEST_P(Snapshot, OpenTransaction)
{
    Pair pair(version());
    Reader reader(pair.path(), mode(), 3);
    ASSERT_EQ(1, mms_reader_snapshot(reader));
    mms_generation_open(pair.number());
    pair.add_to(pair.a);
    EXPECT_EQ(-EBUSY, mms_reader_snapshot(reader));
    ASSERT_LE(0, mms_reader_refresh(reader, nullptr));
    EXPECT_EQ(-EBUSY, mms_reader_snapshot(reader));
    EXPECT_EQ(1U, reader.get("a").values[0].u);
    EXPECT_EQ(0U, reader.get("b").values[0].u);
    EXPECT_NE(MMS_BUSY, reader.get("b").status);
    mms_generation_close(pair.number());
    EXPECT_EQ(1, mms_reader_snapshot(reader));
}

INSTANTIATE_TEST_SUITE_P(Both, Snapshot,
                         testing::Combine(testing::Values(1, 2), testing::Values(MMS_READ_LIVE, MMS_READ_COPY)));

TEST(Files, WithoutTransactions)
{
    for (auto mode : {MMS_READ_LIVE, MMS_READ_COPY}) {
        Folder folder;
        File file(2);
        mms_record n = file.v2("n", MMS_ID_COUNTER);
        write_file(folder / "f", file.whole());
        Mapping mapping(folder / "f");
        Reader reader(folder / "f", mode);
        EXPECT_EQ(0, mms_reader_snapshot(reader));
        mms_slot_add_64(mapping.at + n.values, 1);
        ASSERT_LE(0, mms_reader_refresh(reader, nullptr));
        EXPECT_EQ(1U, reader.get("n").values[0].u);
    }
}

// A generation in the other byte order is odd in its other byte.
TEST(Files, OtherByteOrder)
{
    for (auto mode : {MMS_READ_LIVE, MMS_READ_COPY}) {
        Folder folder;
        mms_record record = record_of("g", MMS_ID_GENERATION), padding = record_of("", MMS_ID_PADDING);
        std::string bytes(1, char(2));
        padding.tail = mms_record_gap(&record, 2, 1 + 16) + 6;
        enum mms_order other = MMS_ORDER_NATIVE == MMS_ORDER_LITTLE ? MMS_ORDER_BIG : MMS_ORDER_LITTLE;
        for (mms_record *r : {&padding, &record}) {
            ASSERT_EQ(0, mms_record_layout(r, 2, bytes.size()));
            std::string out(r->size, char(0));
            ASSERT_LT(0, mms_serialize(r, 2, other, nullptr, &out[0], out.size()));
            bytes += out;
        }
        ASSERT_EQ(0U, record.values % 8);
        for (int odd : {0, 1}) {
            uint64_t generation = __builtin_bswap64(uint64_t(256 + odd));
            memcpy(&bytes[record.values], &generation, sizeof generation);
            write_file(folder / "f", bytes + std::string(4, char(0)));
            Reader reader(folder / "f", mode, 2);
            ASSERT_EQ(0, reader.error);
            EXPECT_EQ(odd ? -EBUSY : 1, mms_reader_snapshot(reader));
        }
    }
}

TEST(Files, Grown)
{
    for (auto mode : {MMS_READ_LIVE, MMS_READ_COPY}) {
        Folder folder;
        File file(2);
        file.v2("g", MMS_ID_GENERATION);
        file.v2("n", MMS_ID_COUNTER);
        write_file(folder / "f", file.whole());
        Reader reader(folder / "f", mode);
        ASSERT_EQ(1, mms_reader_snapshot(reader));
        file.v2("m", MMS_ID_COUNTER);
        FILE *grown = fopen((folder / "f").c_str(), "r+");
        fwrite(file.bytes.data(), 1, file.bytes.size(), grown);
        fclose(grown);
        EXPECT_EQ(mode == MMS_READ_LIVE ? 1 : -ESTALE, mms_reader_snapshot(reader)) << "live sees what it knew";
        ASSERT_EQ(1, mms_reader_refresh(reader, nullptr));
        EXPECT_EQ(1, mms_reader_snapshot(reader));
        EXPECT_EQ(0U, reader.get("m").values[0].u);
    }
}

} // namespace
