/* SPDX-License-Identifier: MIT
 *
 * Labels, metadata, and the shapes of values. */

#include <errno.h>

#include "reader/testing.h"

using namespace mms_testing;

namespace {

TEST(Find, DuplicatesInFileOrder)
{
    Folder folder;
    File file(2);
    for (const char *label : {"a", "b", "a", "c", "a"})
        file.v2(label, MMS_ID_BYTE);
    write_file(folder / "f", file.whole());
    Reader reader(folder / "f");
    const int64_t expected[] = {0, 2, 2, 4, 4, -ENOENT, -ENOENT};
    for (size_t from = 0; from < 7; from++)
        EXPECT_EQ(expected[from], mms_reader_find(reader, "a", 1, from)) << from;
    EXPECT_EQ(3, mms_reader_find(reader, "c", 1, 0));
    EXPECT_EQ(-ENOENT, mms_reader_find(reader, "c", 1, 4));
    EXPECT_EQ(-ENOENT, mms_reader_find(reader, "d", 1, 0));
    EXPECT_EQ(-ENOENT, mms_reader_find(reader, "a", 0, 0));
    EXPECT_EQ(-ENOENT, mms_reader_find(reader, "ab", 2, 0));
    EXPECT_EQ(-ENOENT, mms_reader_find(reader, "a", 1, SIZE_MAX));
}

TEST(Find, AnyBytes)
{
    Folder folder;
    File file(2);
    std::string nul("a\0b", 3), bad("\xff\xfe"), longest(65535, 'x'), longer(65534, 'x');
    for (const std::string &label : {std::string(), nul, bad, longest, longer})
        file.v2(label, MMS_ID_BYTE);
    write_file(folder / "f", file.whole());
    Reader reader(folder / "f");
    EXPECT_EQ(0, mms_reader_find(reader, "", 0, 0));
    EXPECT_EQ(0, mms_reader_find(reader, nullptr, 0, 0));
    EXPECT_EQ(1, mms_reader_find(reader, nul.data(), 3, 0));
    EXPECT_EQ(-ENOENT, mms_reader_find(reader, nul.data(), 1, 0));
    EXPECT_EQ(2, mms_reader_find(reader, bad.data(), 2, 0));
    EXPECT_EQ(3, mms_reader_find(reader, longest.data(), longest.size(), 0));
    EXPECT_EQ(4, mms_reader_find(reader, longer.data(), longer.size(), 0));
}

TEST(Find, NothingInAnEmptyList)
{
    Folder folder;
    write_file(folder / "f", File(1).whole());
    Reader reader(folder / "f");
    ASSERT_EQ(0, reader.error);
    EXPECT_EQ(0U, mms_reader_count(reader));
    EXPECT_EQ(-ENOENT, mms_reader_find(reader, "a", 1, 0));
}

TEST(Fields, WhatIsNone)
{
    Folder folder;
    File file(2);
    file.v2("pad", MMS_ID_PADDING);
    file.v2("a", MMS_ID_BYTE);
    file.v2("b", MMS_ID_GENERATION);
    mms_record opaque = record_of("c", 40000);
    opaque.tail = 3;
    file.v2(opaque);
    file.text("a", MMS_ID_METADATA, "unit=s");
    write_file(folder / "f", file.whole());
    Reader reader(folder / "f");
    ASSERT_EQ(1U, mms_reader_count(reader));
    EXPECT_EQ(0, mms_reader_find(reader, "a", 1, 0));
}

// --- metadata -------------------------------------------------------------------------------------------------------

TEST(Metadata, ByLabel)
{
    Folder folder;
    File file(2);
    file.text("b", MMS_ID_METADATA, "unit=bytes\nhelp=what\\nthere is\\\\");
    file.v2("a", MMS_ID_BYTE);
    file.v2("b", MMS_ID_BYTE);
    file.v2("c", MMS_ID_BYTE);
    file.v2("b", MMS_ID_BYTE);
    file.text("c", MMS_ID_METADATA, std::string("help=NULs at the end do not count\0\0\0", 36));
    file.text("nobody", MMS_ID_METADATA, "unit=x");
    write_file(folder / "f", file.whole());
    Reader reader(folder / "f");
    mms_stat stat;
    for (size_t i : {1U, 3U}) {
        ASSERT_EQ(0, mms_reader_get(reader, i, &stat));
        EXPECT_EQ("bytes", str(stat.unit));
        EXPECT_EQ("what\nthere is\\", str(stat.help));
    }
    stat = reader.get("a");
    EXPECT_EQ(0U, stat.unit.size + stat.help.size);
    stat = reader.get("c");
    EXPECT_EQ("", str(stat.unit));
    EXPECT_EQ("NULs at the end do not count", str(stat.help));
}

TEST(Metadata, LaterCountsKeyByKey)
{
    Folder folder;
    File file(2);
    file.v2("a", MMS_ID_BYTE);
    file.text("a", MMS_ID_METADATA, "unit=one\nhelp=first\nunit=two");
    file.text("a", MMS_ID_METADATA, "help=second");
    file.text("a", MMS_ID_METADATA, "nothing known");
    write_file(folder / "f", file.whole());
    Reader reader(folder / "f");
    EXPECT_EQ("two", str(reader.get("a").unit));
    EXPECT_EQ("second", str(reader.get("a").help));
}

TEST(Metadata, EmptyTakesTheValueAway)
{
    Folder folder;
    File file(2);
    file.v2("a", MMS_ID_BYTE);
    file.text("a", MMS_ID_METADATA, "unit=one");
    file.text("a", MMS_ID_METADATA, "unit=");
    write_file(folder / "f", file.whole());
    Reader reader(folder / "f");
    EXPECT_EQ(0U, reader.get("a").unit.size);
}

// --- shapes ---------------------------------------------------------------------------------------------------------

TEST(Shapes, Tuples)
{
    Folder folder;
    File file(1);
    mms_record pair = file.v1("pair", "IQ", true), same = file.v1("same", "2H", false);
    mms_record one = file.v1("one", "0QI", false), texts = file.v1("texts", "3s2s", false);
    file.poke(pair.values + 16, uint32_t(1));
    file.poke(pair.values + 24, uint64_t(2));
    file.poke(same.values, uint16_t(3));
    file.poke(same.values + 2, uint16_t(4));
    file.poke(one.values, uint32_t(5));
    file.bytes.replace(texts.values, 5, std::string("a\0bcd", 5));
    write_file(folder / "f", file.whole());
    for (auto mode : {MMS_READ_COPY, MMS_READ_LIVE}) {
        Reader reader(folder / "f", mode);
        mms_stat stat = reader.get("pair");
        EXPECT_TRUE(stat.is_array);
        ASSERT_EQ(2U, stat.count);
        EXPECT_EQ(MMS_TYPE_PAD, stat.type);
        EXPECT_EQ(1U, stat.values[0].u);
        EXPECT_EQ(2U, stat.values[1].u);
        EXPECT_EQ(MMS_CHECKED, stat.status);
        stat = reader.get("same");
        EXPECT_TRUE(stat.is_array);
        EXPECT_EQ(MMS_TYPE_U16, stat.type);
        EXPECT_EQ((std::vector<uint64_t>{3, 4}), numbers_of(stat));
        EXPECT_EQ(MMS_CHECKED, stat.status); // four bytes, but two stores
        stat = reader.get("one");
        EXPECT_FALSE(stat.is_array);
        EXPECT_EQ(5U, stat.values[0].u);
        stat = reader.get("texts");
        ASSERT_EQ(2U, stat.count);
        EXPECT_EQ("a", str(stat.values[0].text));
        EXPECT_EQ("cd", str(stat.values[1].text));
    }
}

TEST(Shapes, EmptyText)
{
    Folder folder;
    File file(1);
    file.v1("none", "0s", true);
    write_file(folder / "f", file.bytes); // the record ends with the file
    for (auto mode : {MMS_READ_COPY, MMS_READ_LIVE}) {
        Reader reader(folder / "f", mode);
        ASSERT_EQ(0, reader.error);
        EXPECT_EQ("", text_of(reader.get("none")));
    }
}

TEST(Shapes, Struct)
{
    Folder folder;
    File file(2);
    mms_record record = record_of("s", MMS_ID_STRUCT);
    record.signature = {"Qd0Q", 4};
    record.flags = MMS_FLAG_SEQUENCE;
    record = file.v2(record);
    file.poke(record.values + 16, uint64_t(9));
    file.poke(record.values + 24, 0.5);
    file.poke(record.sequence, uint64_t(3));
    write_file(folder / "f", file.whole());
    for (auto mode : {MMS_READ_COPY, MMS_READ_LIVE}) {
        Reader reader(folder / "f", mode);
        mms_stat stat = reader.get("s");
        ASSERT_EQ(2U, stat.count);
        EXPECT_EQ(9U, stat.values[0].u);
        EXPECT_EQ(0.5, stat.values[1].f);
        EXPECT_EQ(MMS_EXACT, stat.status);
        EXPECT_EQ(3U, stat.sequence);
    }
}

TEST(Shapes, Histogram)
{
    Folder folder;
    File file(2);
    mms_record record = file.histogram("h", 1, 3, MMS_FLAG_SEQUENCE);
    ASSERT_EQ(7U, record.slots);
    for (uint64_t i = 0; i < 7; i++)
        file.poke(record.values + 8 * i, i);
    file.poke(record.values - 8, uint64_t(99));
    file.poke(record.sequence, uint64_t(0 + 1 + 2 + 3 + 4 + 5 + 6)); // samples
    write_file(folder / "f", file.whole());
    for (auto mode : {MMS_READ_COPY, MMS_READ_LIVE}) {
        Reader reader(folder / "f", mode);
        mms_stat stat = reader.get("h");
        EXPECT_EQ((std::vector<uint64_t>{0, 1, 2, 3, 4, 5, 6}), numbers_of(stat));
        EXPECT_EQ(99U, stat.sum);
        EXPECT_TRUE(stat.is_array);
        EXPECT_EQ(MMS_EXACT, stat.status);
        EXPECT_EQ(MMS_METRIC_HISTOGRAM, stat.kind);
    }
}

TEST(Shapes, Ring)
{
    Folder folder;
    File file(2);
    mms_record record = file.array("r", MMS_ID_U32_RING, 3, 0);
    for (uint32_t i = 0; i < 4; i++)
        file.poke(record.values + 4 * i, 10 + i);
    file.poke(record.write_buffer, uint16_t(1));
    write_file(folder / "f", file.whole());
    for (auto mode : {MMS_READ_COPY, MMS_READ_LIVE}) {
        Reader reader(folder / "f", mode);
        mms_stat stat = reader.get("r");
        EXPECT_EQ((std::vector<uint64_t>{12, 13, 10}), numbers_of(stat));
        EXPECT_EQ(MMS_CHECKED, stat.status);
    }
}

TEST(Shapes, RingThatIsNotFull)
{
    Folder folder;
    File file(2);
    mms_record some = file.array("some", MMS_ID_U64_RING, 3, MMS_FLAG_SEQUENCE);
    file.array("none", MMS_ID_U64_RING, 3, MMS_FLAG_SEQUENCE);
    file.array("zero", MMS_ID_U64_RING, 0, MMS_FLAG_SEQUENCE);
    file.poke(some.values, uint64_t(10));
    file.poke(some.values + 8, uint64_t(11));
    file.poke(some.write_buffer, uint16_t(2));
    file.poke(some.sequence, uint64_t(2));
    write_file(folder / "f", file.whole());
    for (auto mode : {MMS_READ_COPY, MMS_READ_LIVE}) {
        Reader reader(folder / "f", mode);
        mms_stat stat = reader.get("some");
        EXPECT_EQ((std::vector<uint64_t>{10, 11}), numbers_of(stat));
        EXPECT_EQ(MMS_EXACT, stat.status);
        EXPECT_EQ(0U, reader.get("none").count);
        stat = reader.get("zero");
        EXPECT_EQ(0U, stat.count);
        EXPECT_TRUE(stat.is_array);
        EXPECT_EQ(MMS_TYPE_U64, stat.type);
        EXPECT_EQ(MMS_EXACT, stat.status);
    }
}

// The numbers of the file's own, in the order of another machine.
TEST(Shapes, Swapped)
{
    Folder folder;
    File file(2);
    mms_record ring = file.array("ring", MMS_ID_U64_RING, 3, MMS_FLAG_SEQUENCE);
    mms_record wide = file.wide("wide", 8, MMS_FLAG_SEQUENCE);
    std::string native = file.whole();
    enum mms_order other = MMS_ORDER_NATIVE == MMS_ORDER_LITTLE ? MMS_ORDER_BIG : MMS_ORDER_LITTLE;
    std::string bytes(1, '\2');
    mms_record records[] = {record_of("ring", MMS_ID_U64_RING), record_of("wide", MMS_ID_WIDE_STRING)};
    records[0].slots = 4;
    records[1].value_size = 8;
    for (mms_record &record : records) {
        record.flags = MMS_FLAG_SEQUENCE;
        ASSERT_EQ(0, mms_record_layout(&record, 2, bytes.size()));
        std::string out(record.size, '\0');
        mms_serialize(&record, 2, other, nullptr, &out[0], out.size());
        bytes += out;
    }
    ring = records[0], wide = records[1];
    auto put64 = [&](size_t at, uint64_t value) {
        value = __builtin_bswap64(value);
        memcpy(&bytes[at], &value, 8);
    };
    put64(ring.values, 7);
    put64(ring.sequence, 1);
    uint16_t write_offset = __builtin_bswap16(1);
    memcpy(&bytes[ring.write_buffer], &write_offset, 2);
    bytes.replace(wide.values, 16, "buffer.0buffer.1");
    put64(wide.sequence, 3);
    bytes[wide.write_buffer] = 0;
    write_file(folder / "f", bytes);
    for (auto mode : {MMS_READ_COPY, MMS_READ_LIVE}) {
        Reader reader(folder / "f", mode);
        ASSERT_EQ(0, reader.error);
        EXPECT_EQ(other, mms_reader_order(reader));
        EXPECT_EQ((std::vector<uint64_t>{7}), numbers_of(reader.get("ring")));
        EXPECT_EQ(1U, reader.get("ring").sequence);
        EXPECT_EQ("buffer.1", text_of(reader.get("wide")));
        EXPECT_EQ(3U, reader.get("wide").sequence);
    }
}

} // namespace
