/* SPDX-License-Identifier: MIT
 *
 * Files that change under a reader: values, growth, replacement, disappearance. */

#include <errno.h>

#include <atomic>
#include <thread>

#include "mmstats/slot.h"
#include "reader/testing.h"

using namespace mms_testing;

namespace {

class Refresh : public testing::TestWithParam<enum mms_reader_mode> {
protected:
    // Values that both modes see only after a refresh, and what the reader says to it.
    void expect_refresh(Reader &reader, int expected)
    {
        uint64_t before = mms_reader_generation(reader);
        EXPECT_EQ(expected, mms_reader_refresh(reader, nullptr));
        EXPECT_EQ(before + (expected == 1), mms_reader_generation(reader));
    }

    Folder folder;
    std::string path = folder / "f";
};

std::string counter_file(const std::string &label, uint64_t value)
{
    File file(2);
    mms_record record = file.v2(label, MMS_ID_COUNTER);
    file.poke(record.values + 8, value);
    return file.whole();
}

TEST_P(Refresh, Values)
{
    File file(2);
    mms_record record = file.v2("n", MMS_ID_COUNTER), text = file.wide("s", 8, MMS_FLAG_SEQUENCE);
    write_file(path, file.whole());
    Mapping mapping(path);
    Reader reader(path, GetParam());
    for (uint64_t n = 1; n < 5; n++) {
        char bytes[8] = {char('a' + n)};
        mms_slot_store_64(mapping.at + record.values, n);
        mms_latch_store(mapping.at + text.values, 8, mapping.as<uint64_t>(text.sequence), bytes, 2);
        if (GetParam() == MMS_READ_COPY) {
            EXPECT_EQ(n - 1, reader.get("n").values[0].u);
        } else {
            EXPECT_EQ(n, reader.get("n").values[0].u);
        }
        expect_refresh(reader, 0);
        EXPECT_EQ(n, reader.get("n").values[0].u);
        EXPECT_EQ(std::string(1, char('a' + n)), text_of(reader.get("s")));
        EXPECT_EQ(MMS_EXACT, reader.get("s").status);
    }
}

TEST_P(Refresh, GrowsInVersion2)
{
    File file(2);
    file.v2("a", MMS_ID_BYTE);
    mms_record padding = record_of("", MMS_ID_PADDING);
    padding.tail = -(file.bytes.size() + 10) % 4;
    file.v2(padding);
    size_t end = file.bytes.size();
    ASSERT_EQ(0U, end % 4);
    write_file(path, file.whole());
    Mapping mapping(path);
    Reader reader(path, GetParam());
    expect_refresh(reader, 0);

    File batch = file;
    mms_record head = record_of("", MMS_ID_PADDING);
    batch.v2(head);
    batch.v2("b", MMS_ID_COUNTER);
    batch.v2("c", MMS_ID_BYTE);
    memcpy(mapping.at + end + 4, &batch.bytes[end + 4], batch.bytes.size() - end - 4);
    expect_refresh(reader, 0); // nothing of it is visible yet
    EXPECT_EQ(1U, mms_reader_count(reader));
    uint32_t word;
    memcpy(&word, &batch.bytes[end], 4);
    mms_grow_word(mapping.as<uint32_t>(end), word);
    expect_refresh(reader, 1);
    EXPECT_EQ(3U, mms_reader_count(reader));
    EXPECT_EQ(1, mms_reader_find(reader, "b", 1, 0));
    EXPECT_EQ(0, reader.get("c").values[0].i);
    expect_refresh(reader, 0);
}

// The size word may have zeros in it.
TEST_P(Refresh, GrowsByARoundSize)
{
    for (uint32_t field_size : {0x100U, 0x10000U}) {
        File file(2);
        file.v2("a", MMS_ID_BYTE);
        mms_record padding = record_of("", MMS_ID_PADDING);
        padding.tail = -(file.bytes.size() + 10) % 4;
        file.v2(padding);
        size_t end = file.bytes.size();
        write_file(path, file.whole() + std::string(0x20000, '\0'));
        Mapping mapping(path);
        Reader reader(path, GetParam());
        expect_refresh(reader, 0);
        File batch = file;
        mms_record head = record_of("", MMS_ID_PADDING);
        head.tail = field_size - 6;
        batch.v2(head);
        batch.v2("b", MMS_ID_BYTE);
        memcpy(mapping.at + end + 4, &batch.bytes[end + 4], batch.bytes.size() - end - 4);
        mms_grow_word(mapping.as<uint32_t>(end), field_size);
        expect_refresh(reader, 1);
        EXPECT_EQ(2U, mms_reader_count(reader));
    }
}

// Where there was an error, there is no end mark to look at.
TEST_P(Refresh, Mended)
{
    File file(2);
    file.v2("a", MMS_ID_BYTE);
    mms_record bad = file.v2("b", MMS_ID_U16);
    file.bytes[bad.write_buffer] = 2;
    write_file(path, file.whole());
    Mapping mapping(path);
    Reader reader(path, GetParam());
    EXPECT_EQ(1U, mms_reader_count(reader));
    expect_refresh(reader, 0);
    mapping.at[bad.write_buffer] = 0;
    expect_refresh(reader, 1);
    EXPECT_EQ(2U, mms_reader_count(reader));
    EXPECT_EQ(0, mms_reader_diag(reader, nullptr, nullptr));
}

TEST_P(Refresh, GrowsInVersion1)
{
    File file(1);
    file.v1("a", "Q", true);
    size_t end = file.bytes.size();
    write_file(path, file.whole());
    Mapping mapping(path);
    Reader reader(path, GetParam());
    file.v1("bb", "I", false);
    bool little = MMS_ORDER_NATIVE == MMS_ORDER_LITTLE;
    memcpy(mapping.at + end + 2, &file.bytes[end + 2], file.bytes.size() - end - 2);
    expect_refresh(reader, 0);
    mms_grow_byte(mapping.at + end + (little ? 0 : 1), 2);
    expect_refresh(reader, 1);
    EXPECT_EQ(2U, mms_reader_count(reader));
    EXPECT_EQ(MMS_TYPE_U32, reader.get("bb").type);
    expect_refresh(reader, 0);
}

// The records fill the file: there is no mark at its end, and it grows with the file.
TEST_P(Refresh, GrowsInSize)
{
    File file(2);
    file.v2("a", MMS_ID_BYTE);
    write_file(path, file.bytes);
    Reader reader(path, GetParam());
    ASSERT_EQ(1U, mms_reader_count(reader));
    file.v2("b", MMS_ID_BYTE);
    std::ofstream(path, std::ios::binary | std::ios::in) << file.bytes;
    expect_refresh(reader, 1);
    EXPECT_EQ(2U, mms_reader_count(reader));
}

// Not a byte behind the last record, neither in the file nor in its last page.
TEST_P(Refresh, FullPages)
{
    for (size_t left = 0; left < 4; left++) {
        File file(2);
        size_t head = file.bytes.size() + 4 + 2 + 1 + 4;
        file.text("s", MMS_ID_STRING, std::string(4096 - head - left, 'x'));
        file.bytes += std::string(left, '\0');
        ASSERT_EQ(4096U, file.bytes.size());
        write_file(path, file.bytes);
        Reader reader(path, GetParam());
        ASSERT_EQ(0, reader.error);
        expect_refresh(reader, 0);
        EXPECT_EQ(4096 - head - left, text_of(reader.get("s")).size());
    }
}

TEST_P(Refresh, Replaced)
{
    write_file(path, counter_file("old", 1));
    Reader reader(path, GetParam());
    write_file(path + ".new", counter_file("new", 2));
    ASSERT_EQ(0, rename((path + ".new").c_str(), path.c_str()));
    EXPECT_EQ(1U, reader.get("old").values[0].u);
    expect_refresh(reader, 1);
    EXPECT_EQ(-ENOENT, mms_reader_find(reader, "old", 3, 0));
    EXPECT_EQ(2U, reader.get("new").values[0].u);
}

// Even by one with the same fields: it may be another writer's.
TEST_P(Refresh, ReplacedByTheSame)
{
    write_file(path, counter_file("n", 1));
    Reader reader(path, GetParam());
    write_file(path + ".new", counter_file("n", 2));
    ASSERT_EQ(0, rename((path + ".new").c_str(), path.c_str()));
    expect_refresh(reader, 1);
    EXPECT_EQ(2U, reader.get("n").values[0].u);
}

// As a writer does it that opens with O_TRUNC: one inode, one size, other fields.
TEST_P(Refresh, LaidOutAnewInPlace)
{
    write_file(path, counter_file("old", 1));
    Reader reader(path, GetParam());
    usleep(20000); // the time of change is coarse
    write_file(path, counter_file("new", 2));
    expect_refresh(reader, 1);
    EXPECT_EQ(2U, reader.get("new").values[0].u);
}

TEST_P(Refresh, WrittenAgainInPlace)
{
    write_file(path, counter_file("n", 1));
    Reader reader(path, GetParam());
    usleep(20000);
    write_file(path, counter_file("n", 2));
    expect_refresh(reader, 0);
    EXPECT_EQ(2U, reader.get("n").values[0].u);
}

// R103: what is malformed in both orders is taken in this machine's, where the mended file has the very same error.
TEST_P(Refresh, MendedInTheOtherOrder)
{
    File file(2);
    mms_record record = record_of("n", MMS_ID_BYTE);
    record.offset = 1;
    ASSERT_EQ(0, mms_record_layout(&record, 2, 1));
    enum mms_order other = MMS_ORDER_NATIVE == MMS_ORDER_LITTLE ? MMS_ORDER_BIG : MMS_ORDER_LITTLE;
    std::string bytes(record.size, '\0');
    ASSERT_EQ(int64_t(record.size), mms_serialize(&record, 2, other, nullptr, &bytes[0], bytes.size()));
    file.bytes += bytes;
    std::string sound = file.whole(), broken = sound;
    broken[other == MMS_ORDER_BIG ? 4 : 1] = 5; // R403: a field size that is too small
    write_file(path, broken);
    Reader reader(path, GetParam());
    EXPECT_EQ(0U, mms_reader_count(reader));
    write_file(path, sound);
    expect_refresh(reader, 1);
    EXPECT_EQ(1U, mms_reader_count(reader));
    EXPECT_EQ(other, mms_reader_order(reader));
}

TEST_P(Refresh, Gone)
{
    write_file(path, counter_file("n", 1));
    Reader reader(path, GetParam());
    ASSERT_EQ(0, unlink(path.c_str()));
    expect_refresh(reader, -ENOENT);
    EXPECT_EQ(1U, reader.get("n").values[0].u);
    write_file(path, counter_file("n", 2));
    expect_refresh(reader, 1);
    EXPECT_EQ(2U, reader.get("n").values[0].u);
}

TEST_P(Refresh, ReplacedBySomethingElse)
{
    write_file(path, counter_file("n", 1));
    Reader reader(path, GetParam());
    ASSERT_EQ(0, unlink(path.c_str()));
    ASSERT_EQ(0, mkfifo(path.c_str(), 0600));
    expect_refresh(reader, -ENOTSUP);
    ASSERT_EQ(0, unlink(path.c_str()));
    write_file(path, "\x05");
    mms_diag diag = {};
    EXPECT_EQ(-EPROTONOSUPPORT, mms_reader_refresh(reader, &diag));
    EXPECT_EQ(MMS_RULE_VERSION, diag.rule);
    EXPECT_EQ(1U, reader.get("n").values[0].u);
}

INSTANTIATE_TEST_SUITE_P(Modes, Refresh, testing::Values(MMS_READ_COPY, MMS_READ_LIVE),
                         [](const auto &mode) { return mode.param == MMS_READ_COPY ? "Copy" : "Live"; });

// --- growth at full speed -------------------------------------------------------------------------------------------

// Batches appear while readers open and refresh: each sees whole batches, and no error.
TEST(Growing, NobodySeesHalfABatch)
{
    enum { BATCHES = 300 };
    Folder folder;
    std::string path = folder / "f";
    File file(2);
    std::vector<size_t> ends;
    for (int i = 0; i <= BATCHES; i++) {
        mms_record padding = record_of("", MMS_ID_PADDING);
        padding.tail = -(file.bytes.size() + 10) % 4;
        file.v2(padding);
        ends.push_back(file.bytes.size());
        file.v2(record_of("", MMS_ID_PADDING));
        file.v2("a", MMS_ID_COUNTER);
        file.text("a", MMS_ID_METADATA, "unit=seconds");
        file.v2("b", MMS_ID_U16);
    }
    std::string all = file.whole();
    write_file(path, all.substr(0, ends[0]) + std::string(all.size() - ends[0], '\0'));
    Mapping mapping(path);
    std::atomic<bool> done{false};
    std::thread writer([&] {
        for (size_t i = 0; i < BATCHES; i++) {
            size_t at = ends[i], end = ends[i + 1];
            uint32_t word;
            memcpy(&word, &all[at], 4);
            mms_slot_copy_in(mapping.at + at + 4, &all[at + 4], end - at - 4);
            mms_grow_word(mapping.as<uint32_t>(at), word);
            usleep(50);
        }
        done = true;
    });
    Reader kept(path), copied(path, MMS_READ_COPY);
    ASSERT_EQ(0, kept.error);
    ASSERT_EQ(0, copied.error);
    size_t last = 0;
    bool finished;
    do {
        finished = done;
        Reader fresh(path);
        ASSERT_EQ(0, fresh.error);
        ASSERT_GE(mms_reader_refresh(kept, nullptr), 0);
        ASSERT_GE(mms_reader_refresh(copied, nullptr), 0);
        for (Reader *reader : {&fresh, &kept, &copied}) {
            ASSERT_EQ(0, mms_reader_diag(*reader, nullptr, nullptr));
            ASSERT_EQ(0U, mms_reader_count(*reader) % 2);
            for (size_t i = 0; i < mms_reader_count(*reader); i += 2) {
                mms_stat stat;
                ASSERT_EQ(0, mms_reader_get(*reader, i, &stat));
                ASSERT_EQ("a", str(stat.label));
                ASSERT_EQ("seconds", str(stat.unit));
            }
        }
        ASSERT_GE(mms_reader_count(kept), last);
        last = mms_reader_count(kept);
    } while (!finished);
    EXPECT_EQ(size_t(2 * BATCHES), last);
    writer.join();
}

} // namespace
