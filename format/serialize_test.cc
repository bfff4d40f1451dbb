// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <vector>

#include "format/testing.h"
#include "mmstats/format.h"

namespace {

using mms_testing::Bytes;
using mms_testing::Guarded;
using mms_testing::string_of;

std::string serialize(const mms_record &record, uint8_t version, enum mms_order order, const char *body = nullptr)
{
    Guarded guarded(record.size);
    const std::string before(record.size, '\x55');
    char *out = static_cast<char *>(const_cast<void *>(guarded.put(before.data(), record.size)));
    EXPECT_EQ(mms_serialize(&record, version, order, body, out, record.size), int64_t(record.size));
    return std::string(out, record.size);
}

void expect_same(const mms_record &a, const mms_record &b)
{
    EXPECT_EQ(string_of(a.label), string_of(b.label));
    EXPECT_EQ(a.id, b.id);
    EXPECT_EQ(a.metric, b.metric);
    EXPECT_EQ(a.flags, b.flags);
    EXPECT_EQ(a.layout, b.layout);
    EXPECT_EQ(string_of(a.signature), string_of(b.signature));
    EXPECT_EQ(a.value_size, b.value_size);
    EXPECT_EQ(a.slots, b.slots);
    EXPECT_EQ(a.type, b.type);
    EXPECT_EQ(a.items, b.items);
    EXPECT_EQ(a.tail, b.tail);
    EXPECT_EQ(a.sub_bits, b.sub_bits);
    EXPECT_EQ(a.max_bits, b.max_bits);
    EXPECT_EQ(a.scale, b.scale);
    EXPECT_EQ(a.swapped, b.swapped);
    EXPECT_EQ(a.offset, b.offset);
    EXPECT_EQ(a.size, b.size);
    EXPECT_EQ(a.body, b.body);
    EXPECT_EQ(a.write_buffer, b.write_buffer);
    EXPECT_EQ(a.values, b.values);
    EXPECT_EQ(a.sequence, b.sequence);
}

// Reads the one record of a file, and serializes it again with its own body: both must be what they were (parse o
// serialize and serialize o parse are identities).
void round_trip(const mms_record &record, uint8_t version, enum mms_order order)
{
    const std::string bytes = serialize(record, version, order);
    const std::string file = std::string(1, char(version)) + bytes;
    mms_scan scan;
    mms_record read;
    mms_diag diag = {};
    ASSERT_EQ(mms_scan_begin(&scan, file.data(), file.size(), order, &diag), 0);
    ASSERT_EQ(mms_scan_next(&scan, &read, &diag), 1) << diag;
    expect_same(record, read);
    EXPECT_EQ(serialize(read, version, order, file.data() + read.body), bytes);
    mms_record done = read;
    ASSERT_EQ(mms_record_layout(&done, version, 1), 0);
    expect_same(done, read);
}

// --- what the bytes are --------------------------------------------------------------------------------------

TEST(Serialize, FirstBodies)
{
    const unsigned sequence = MMS_FLAG_SEQUENCE << 8;
    const struct {
        mms_id id;
        unsigned metric;
        Bytes body; // of a record at 1 with a label of one byte: the body is at 12
    } cases[] = {
        {MMS_ID_PADDING, 0, Bytes().zeros(3)},
        {MMS_ID_COUNTER, 2, Bytes().u8(0).zeros(16).zeros(3)},
        {MMS_ID_COUNTER, 2 | sequence, Bytes().u8(1).zeros(16).zeros(3).u64(0)},
        {MMS_ID_STATIC_U64, 0, Bytes().zeros(8).zeros(3)},
        {MMS_ID_U32_RING, 1, Bytes().u16(0).u16(3).zeros(16).zeros(3)},
        {MMS_ID_U32_RING, 1 | sequence, Bytes().u16(0).u16(3).zeros(16).zeros(8).u64(0)},
        {MMS_ID_WIDE_STRING, 3, Bytes().u32(9).u8(0).zeros(18).zeros(3)},
        {MMS_ID_WIDE_STRING, 3 | sequence, Bytes().u32(9).u8(1).zeros(18).zeros(5).u64(0)},
        {MMS_ID_HISTOGRAM, 5, Bytes().u8(1).u8(3).u16(0).u32(7).f64(0.5).u64(0).zeros(56).zeros(3)},
        {MMS_ID_STRUCT, 0, Bytes().u16(2).text("bH").u8(0).zeros(8).zeros(3)},
        {MMS_ID_STRUCT, sequence, Bytes().u16(2).text("bH").u8(1).zeros(8).zeros(7).u64(0)},
    };
    for (const auto &c : cases) {
        mms_record record = {};
        record.label = {"a", 1};
        record.id = uint16_t(c.id);
        record.metric = uint8_t(c.metric);
        record.flags = uint8_t(c.metric >> 8);
        record.value_size = 9;
        record.slots = 4;
        record.sub_bits = 1;
        record.max_bits = 3;
        record.scale = 0.5;
        record.tail = 3;
        if (c.id == MMS_ID_STRUCT)
            record.signature = {"bH", 2};
        ASSERT_EQ(mms_record_layout(&record, 2, 1), 0) << c.id;
        EXPECT_EQ(serialize(record, 2, MMS_ORDER_LITTLE), Bytes().v2("a", c.id, c.metric, c.body).data) << c.id;
    }
}

TEST(Serialize, V1Bytes)
{
    mms_record record = {};
    record.label = {"visits", 6};
    record.layout = MMS_LAYOUT_BUFFERED;
    record.signature = {" Q", 2};
    ASSERT_EQ(mms_record_layout(&record, 1, 1), 0);
    EXPECT_EQ(serialize(record, 1, MMS_ORDER_LITTLE), Bytes().v1("visits", " Q").u8(0).zeros(16).data);
    EXPECT_EQ(serialize(record, 1, MMS_ORDER_BIG), Bytes(MMS_ORDER_BIG).v1("visits", " Q").u8(0).zeros(16).data);
    EXPECT_EQ(serialize(record, 1, MMS_ORDER_AUTO), serialize(record, 1, MMS_ORDER_NATIVE));
    record.layout = MMS_LAYOUT_UNBUFFERED;
    ASSERT_EQ(mms_record_layout(&record, 1, 1), 0);
    EXPECT_EQ(serialize(record, 1, MMS_ORDER_LITTLE), Bytes().v1("visits", " Q").u8(0xff).zeros(8).data);
}

TEST(Serialize, Capacity)
{
    mms_record record = {};
    record.label = {"a", 1};
    record.id = MMS_ID_COUNTER;
    ASSERT_EQ(mms_record_layout(&record, 2, 1), 0);
    EXPECT_EQ(mms_serialize(&record, 2, MMS_ORDER_AUTO, nullptr, nullptr, 0), -ENOSPC);
    std::string out(record.size, '\x55');
    EXPECT_EQ(mms_serialize(&record, 2, MMS_ORDER_AUTO, nullptr, &out[0], record.size - 1), -ENOSPC);
    EXPECT_EQ(out, std::string(record.size, '\x55'));
    EXPECT_EQ(mms_serialize(&record, 2, MMS_ORDER_AUTO, nullptr, &out[0], record.size), int64_t(record.size));
}

TEST(Serialize, RecordsThatAreNotComplete)
{
    char out[256];
    mms_record record = {};
    EXPECT_EQ(mms_serialize(&record, 2, MMS_ORDER_AUTO, nullptr, out, sizeof out), -EINVAL);
    record.label = {"a", 1};
    record.id = MMS_ID_COUNTER;
    EXPECT_EQ(mms_serialize(&record, 2, MMS_ORDER_AUTO, nullptr, out, sizeof out), -EINVAL);
    ASSERT_EQ(mms_record_layout(&record, 2, 1), 0);
    EXPECT_EQ(mms_serialize(&record, 1, MMS_ORDER_AUTO, nullptr, out, sizeof out), -EINVAL);
    EXPECT_EQ(mms_serialize(&record, 3, MMS_ORDER_AUTO, nullptr, out, sizeof out), -EINVAL);
    EXPECT_GT(mms_serialize(&record, 2, MMS_ORDER_AUTO, nullptr, out, sizeof out), 0);
    record.body++;
    EXPECT_EQ(mms_serialize(&record, 2, MMS_ORDER_AUTO, nullptr, out, sizeof out), -EINVAL);
    record.body--;
    record.label = {"longer", 6};
    EXPECT_EQ(mms_serialize(&record, 2, MMS_ORDER_AUTO, nullptr, out, sizeof out), -EINVAL);
}

// --- there and back ------------------------------------------------------------------------------------------

TEST(RoundTrip, V2)
{
    for (unsigned id = 0; id <= MMS_IDS; id++)
        for (enum mms_order order : {MMS_ORDER_LITTLE, MMS_ORDER_BIG})
            for (unsigned flags : {0x00u, 0x01u, 0x80u, 0xffu})
                for (const char *signature : {"Q", " IQ?0Q", "<bh", ">bh", "=2x0shi", "@5s"})
                    for (size_t tail : {0u, 1u, 9u}) {
                        mms_record record = {};
                        record.label = {"some label", 10};
                        record.id = uint16_t(id);
                        record.metric = 0x42;
                        record.flags = uint8_t(flags);
                        record.value_size = 13;
                        record.slots = 6;
                        record.sub_bits = 2;
                        record.max_bits = 9;
                        record.scale = -0.25;
                        record.tail = tail;
                        record.swapped = order != MMS_ORDER_NATIVE;
                        record.signature = {signature, strlen(signature)};
                        if (mms_record_layout(&record, 2, 1) < 0)
                            continue; // sequences and tails that the layout cannot have
                        SCOPED_TRACE(testing::Message() << "id " << id << " flags " << flags << " " << signature);
                        round_trip(record, 2, order);
                    }
}

TEST(RoundTrip, V1)
{
    for (enum mms_order order : {MMS_ORDER_LITTLE, MMS_ORDER_BIG})
        for (mms_layout layout : {MMS_LAYOUT_BUFFERED, MMS_LAYOUT_UNBUFFERED})
            for (const char *signature :
                 {"Q", "  I", " IQ?0Q", "<bh", ">bh", "!d", "=2x0shi", "@5s", "0s", "c", "255s", "9p"}) {
                mms_record record = {};
                record.label = {"some label", 10};
                record.layout = layout;
                record.signature = {signature, strlen(signature)};
                record.swapped = order != MMS_ORDER_NATIVE;
                ASSERT_EQ(mms_record_layout(&record, 1, 1), 0);
                SCOPED_TRACE(signature);
                round_trip(record, 1, order);
            }
}

TEST(RoundTrip, LargestLabel)
{
    const std::string label(65535, 'x');
    mms_record record = {};
    record.label = {label.data(), label.size()};
    record.id = MMS_ID_METADATA;
    record.value_size = 1;
    ASSERT_EQ(mms_record_layout(&record, 2, 1), 0);
    round_trip(record, 2, MMS_ORDER_NATIVE);
    record.layout = MMS_LAYOUT_UNBUFFERED;
    record.signature = {"b", 1};
    record.id = 0;
    ASSERT_EQ(mms_record_layout(&record, 1, 1), 0);
    round_trip(record, 1, MMS_ORDER_NATIVE);
}

} // namespace
