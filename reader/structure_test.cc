/* SPDX-License-Identifier: MIT
 *
 * Do two copies have one structure? */

#include <functional>

#include "reader/testing.h"

extern "C" {
#include "reader/internal.h"
}

using namespace mms_testing;

namespace {

std::string two_fields()
{
    File file(2);
    file.v2("a", MMS_ID_COUNTER);
    file.v2("b", MMS_ID_COUNTER);
    return file.whole();
}

bool agrees(const std::string &a, const std::string &b, bool whole = true, enum mms_order order = MMS_ORDER_AUTO)
{
    mms_scan scan;
    EXPECT_EQ(a.size(), b.size());
    EXPECT_EQ(0, mms_scan_begin(&scan, a.data(), a.size(), order, nullptr));
    return mms_structure_agrees(&scan, reinterpret_cast<const uint8_t *>(b.data()), whole);
}

TEST(Structure, Itself)
{
    EXPECT_TRUE(agrees(two_fields(), two_fields()));
}

TEST(Structure, ValuesMayDiffer)
{
    File file(2);
    mms_record number = file.v2("a", MMS_ID_COUNTER, MMS_FLAG_SEQUENCE);
    mms_record ring = file.array("r", MMS_ID_U64_RING, 3, 0), histogram = file.histogram("h", 1, 2, 0);
    std::string before = file.whole();
    file.bytes[number.write_buffer] = 0;
    file.bytes[number.values] = 7;
    file.bytes[number.sequence] = 7;
    file.poke(ring.write_buffer, uint16_t(2));
    file.bytes[histogram.values - 8] = 1;
    EXPECT_TRUE(agrees(before, file.whole()));
}

// The version is no record: an index is not built of two copies that differ there.
TEST(Structure, VersionsMayNotDiffer)
{
    std::string a = two_fields(), b = a;
    b[0] = 1;
    EXPECT_FALSE(agrees(a, b));
    mms_scan scan;
    ASSERT_EQ(0, mms_scan_begin(&scan, a.data(), a.size(), MMS_ORDER_AUTO, nullptr));
    mms_index index;
    EXPECT_EQ(1, mms_index_build(&index, scan, reinterpret_cast<const uint8_t *>(b.data()), true));
    EXPECT_EQ(0, mms_index_build(&index, scan, reinterpret_cast<const uint8_t *>(a.data()), true));
    EXPECT_EQ(2U, index.count);
    mms_index_free(&index);
}

TEST(Structure, OneMayHaveMore)
{
    File file(2);
    file.v2("a", MMS_ID_COUNTER);
    std::string less = file.whole();
    file.v2("b", MMS_ID_COUNTER);
    EXPECT_TRUE(agrees(less, file.whole(), false));
    EXPECT_FALSE(agrees(less, file.whole(), true));
    EXPECT_FALSE(agrees(file.whole(), less, false));
    EXPECT_FALSE(agrees(file.whole(), less, true));
}

TEST(Structure, AnythingElseMayNot)
{
    auto file_with = [](std::function<void(File &)> add) {
        File file(2);
        add(file);
        file.v2("last", MMS_ID_BYTE);
        return file.whole();
    };
    const std::string files[] = {
        file_with([](File &file) { file.v2("a", MMS_ID_COUNTER); }),
        file_with([](File &file) { file.v2("b", MMS_ID_COUNTER); }),
        file_with([](File &file) { file.v2("a", MMS_ID_U64); }),
        file_with([](File &file) {
            mms_record record = record_of("a", MMS_ID_COUNTER);
            record.metric = MMS_METRIC_GAUGE;
            file.v2(record);
        }),
        file_with([](File &file) {
            mms_record record = record_of("a", MMS_ID_COUNTER);
            record.flags = 1;
            file.v2(record);
        }),
        file_with([](File &file) { file.text("m", MMS_ID_METADATA, "unit=a"); }),
        file_with([](File &file) { file.text("m", MMS_ID_METADATA, "unit=b"); }),
        file_with([](File &file) { file.array("r", MMS_ID_U32_RING, 3, 0); }),
        file_with([](File &file) {
            mms_record record = file.array("r", MMS_ID_U32_RING, 3, 0);
            file.poke(record.write_buffer + 2, uint16_t(2)); // a smaller array, and a tail
        }),
        file_with([](File &file) { file.histogram("h", 1, 2, 0); }),
        file_with([](File &file) {
            mms_record record = file.histogram("h", 1, 2, 0);
            file.poke(record.values - 16, 0.5); // the scale
        }),
        file_with([](File &file) { // an error, at one place
            mms_record record = file.v2("a", MMS_ID_COUNTER);
            file.bytes[record.write_buffer] = 2;
        }),
        file_with([](File &file) { // another one in the same record
            mms_record record = file.v2("a", MMS_ID_COUNTER);
            file.poke(record.offset + 4, uint16_t(0xffff)); // the label size
        }),
        file_with([](File &file) { // and at another
            mms_record record = record_of("aa", MMS_ID_COUNTER);
            record = file.v2(record);
            file.bytes[record.write_buffer] = 2;
        }),
    };
    size_t count = sizeof files / sizeof files[0];
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < count; k++)
            EXPECT_EQ(i == k, agrees(files[i], files[k])) << i << " and " << k;
    File one(1);
    EXPECT_FALSE(agrees(files[0], one.whole()));
    EXPECT_FALSE(agrees(files[0], std::string(files[0].size(), '\3')));
}

// Records with the same bytes are not scanned twice: the verdict has to be the one of a look at all of them. Here it is
// had by copies whose values all differ.
TEST(Structure, EveryByte)
{
    File file(2);
    std::vector<mms_record> records;
    records.push_back(file.v2("n", MMS_ID_COUNTER, MMS_FLAG_SEQUENCE));
    records.push_back(file.array("r", MMS_ID_U32_RING, 3, 0));
    records.push_back(file.histogram("h", 1, 2, MMS_FLAG_SEQUENCE));
    file.text("n", MMS_ID_METADATA, "unit=a");
    records.push_back(file.wide("w", 5, 0));
    records.push_back(file.text("s", MMS_ID_STRING, "text"));
    records.push_back(file.v2("b", MMS_ID_BOOL));
    std::string copy = file.whole(), other = copy;
    for (const mms_record &record : records)
        for (size_t i = 0; i < record.slots * record.value_size; i++)
            other[record.values + i] ^= 0x55;
    ASSERT_TRUE(agrees(copy, other));
    size_t same = 0, different = 0;
    for (size_t at = 0; at < file.bytes.size() + 4; at++)
        for (int bit : {0x01, 0x80}) {
            std::string a = copy, b = other;
            a[at] = char(a[at] ^ bit);
            b[at] = char(b[at] ^ bit);
            for (bool whole : {false, true}) {
                bool agree = agrees(copy, a, whole);
                EXPECT_EQ(agrees(copy, b, whole), agree) << at << " " << bit << " " << whole;
                EXPECT_EQ(agrees(other, a, whole), agree) << at << " " << bit << " " << whole;
                (agree ? same : different)++;
            }
        }
    EXPECT_GT(same, 200U);
    EXPECT_GT(different, 200U);
}

// The same of version 1, where an error ends the list.
TEST(Structure, EveryByteOfVersion1)
{
    File file(1);
    mms_record a = file.v1("a", "Q", true), b = file.v1("b", "8s", false), c = file.v1("c", "I", true);
    std::string copy = file.whole(), other = copy;
    for (const mms_record &record : {a, b, c})
        other[record.values] ^= 0x55;
    for (size_t at = 1; at < file.bytes.size() + 2; at++) {
        std::string x = copy, y = other;
        x[at] = char(x[at] ^ 1);
        y[at] = char(y[at] ^ 1);
        for (bool whole : {false, true})
            EXPECT_EQ(agrees(copy, x, whole), agrees(copy, y, whole)) << at;
        EXPECT_TRUE(agrees(x, x) && agrees(x, y)) << at; // whatever is wrong, it is wrong in both
    }
}

// The first difference is not the last one.
TEST(Structure, FarApart)
{
    File file(2);
    std::vector<mms_record> records;
    for (int i = 0; i < 100; i++)
        records.push_back(file.v2(std::string(i % 3 ? 30 : 3000, 'x'), MMS_ID_COUNTER));
    std::string copy = file.whole();
    for (size_t i = 1; i < records.size(); i++) {
        std::string other = copy;
        other[records[i - 1].values] = 1;
        EXPECT_TRUE(agrees(copy, other)) << i;
        other[records[i].offset + 6] = 'y'; // of the label
        EXPECT_FALSE(agrees(copy, other)) << i;
    }
}

TEST(Structure, InTheOtherOrder)
{
    enum mms_order other = MMS_ORDER_NATIVE == MMS_ORDER_LITTLE ? MMS_ORDER_BIG : MMS_ORDER_LITTLE;
    mms_record record = record_of("a", MMS_ID_COUNTER);
    ASSERT_EQ(0, mms_record_layout(&record, 2, 1));
    std::string bytes(1 + record.size, '\2');
    mms_serialize(&record, 2, other, nullptr, &bytes[1], record.size);
    EXPECT_TRUE(agrees(bytes, bytes));
    EXPECT_TRUE(agrees(bytes, bytes, true, other));
}

} // namespace
