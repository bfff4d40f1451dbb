// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <vector>

#include "format/testing.h"
#include "mmstats/format.h"

namespace {

const std::string kLabel(70000, 'l');

std::vector<uint16_t> all_ids()
{
    std::vector<uint16_t> ids;
    for (unsigned id = 0; id < MMS_IDS; id++)
        if (mms_id_name(uint16_t(id)) != std::string("?"))
            ids.push_back(uint16_t(id));
    return ids;
}

// A description with something in each place that a data type may leave open.
mms_record describe(uint16_t id, size_t label_size, const char *signature = "IQ?0Q")
{
    mms_record record = {};
    record.label = {kLabel.data(), label_size};
    record.id = id;
    record.value_size = 24;
    record.slots = 5;
    record.sub_bits = 1;
    record.max_bits = 3;
    record.scale = 0.5;
    if (id == MMS_ID_STRUCT)
        record.signature = {signature, strlen(signature)};
    return record;
}

bool may_have_sequence(uint16_t id)
{
    mms_record record = describe(id, 1);
    EXPECT_EQ(mms_record_layout(&record, 2, 1), 0);
    return record.layout == MMS_LAYOUT_BUFFERED || record.layout == MMS_LAYOUT_WIDE ||
           record.layout == MMS_LAYOUT_ARRAY || record.layout == MMS_LAYOUT_HISTOGRAM ||
           record.layout == MMS_LAYOUT_STRUCT;
}

// --- offsets -------------------------------------------------------------------------------------------------

TEST(Layout, V2)
{
    const struct {
        uint16_t id;
        mms_layout layout;
        size_t write_buffer, values, value_size, slots, size; // counted from a record at 0 with a label of one byte
    } cases[] = {
        {MMS_ID_PADDING, MMS_LAYOUT_PADDING, 0, 11, 0, 0, 11},
        {MMS_ID_COUNTER, MMS_LAYOUT_BUFFERED, 11, 12, 8, 2, 28},
        {MMS_ID_I16, MMS_LAYOUT_BUFFERED, 11, 12, 2, 2, 16},
        {MMS_ID_BYTE, MMS_LAYOUT_UNBUFFERED, 0, 11, 1, 1, 12},
        {MMS_ID_STATIC_TEXT, MMS_LAYOUT_UNBUFFERED, 0, 11, 256, 1, 267},
        {MMS_ID_STRING, MMS_LAYOUT_STRING, 0, 11, 24, 1, 35},
        {MMS_ID_WIDE_STRING, MMS_LAYOUT_WIDE, 15, 16, 24, 2, 64},
        {MMS_ID_U32_RING, MMS_LAYOUT_ARRAY, 11, 15, 4, 5, 35},
        {MMS_ID_F64_RING, MMS_LAYOUT_ARRAY, 11, 15, 8, 5, 55},
        {MMS_ID_HISTOGRAM, MMS_LAYOUT_HISTOGRAM, 0, 35, 8, 7, 91},
        {MMS_ID_STRUCT, MMS_LAYOUT_STRUCT, 18, 19, 24, 2, 67},
        {MMS_ID_METADATA, MMS_LAYOUT_METADATA, 0, 11, 24, 1, 35},
        {MMS_ID_GENERATION, MMS_LAYOUT_UNBUFFERED, 0, 11, 8, 1, 19},
        {24, MMS_LAYOUT_OPAQUE, 0, 11, 0, 0, 11},
    };
    for (const auto &c : cases)
        for (size_t offset : {size_t(0), size_t(1), size_t(1) << 40}) {
            mms_record record = describe(c.id, 1);
            ASSERT_EQ(mms_record_layout(&record, 2, offset), 0) << c.id;
            EXPECT_EQ(record.layout, c.layout) << c.id;
            EXPECT_EQ(record.write_buffer, c.write_buffer != 0 ? offset + c.write_buffer : 0) << c.id;
            EXPECT_EQ(record.values, offset + c.values) << c.id;
            EXPECT_EQ(record.value_size, c.value_size) << c.id;
            EXPECT_EQ(record.slots, c.slots) << c.id;
            EXPECT_EQ(record.size, c.size) << c.id;
            EXPECT_EQ(record.body, offset + 11) << c.id;
            EXPECT_EQ(record.sequence, 0u) << c.id;
        }
}

TEST(Layout, V1)
{
    for (mms_layout layout : {MMS_LAYOUT_BUFFERED, MMS_LAYOUT_UNBUFFERED}) {
        mms_record record = describe(MMS_ID_COUNTER, 3);
        record.layout = layout;
        record.signature = {"  bQ", 4};
        record.metric = 2;
        record.flags = MMS_FLAG_SEQUENCE;
        record.tail = record.sequence = 9;
        ASSERT_EQ(mms_record_layout(&record, 1, 10), 0);
        EXPECT_EQ(record.layout, layout);
        EXPECT_EQ(record.write_buffer, 10u + 2 + 3 + 2 + 4);
        EXPECT_EQ(record.body, record.write_buffer);
        EXPECT_EQ(record.values, record.write_buffer + 1);
        EXPECT_EQ(record.value_size, 16u);
        EXPECT_EQ(record.slots, layout == MMS_LAYOUT_BUFFERED ? 2u : 1u);
        EXPECT_EQ(record.size, 12 + 16 * record.slots);
        EXPECT_EQ(record.id + record.metric + record.flags, 0) << "version 1 has none of these";
        EXPECT_EQ(record.sequence + record.tail, 0u);
        EXPECT_EQ(record.sub_bits + record.max_bits, 0);
        EXPECT_EQ(record.scale, 0);
    }
}

// One record may be laid out again as something else: nothing of what it was stays.
TEST(Layout, Again)
{
    mms_record record = describe(MMS_ID_STRUCT, 1);
    record.flags = MMS_FLAG_SEQUENCE;
    ASSERT_EQ(mms_record_layout(&record, 2, 1), 0);
    ASSERT_NE(record.sequence, 0u);
    record.id = MMS_ID_STATIC_U32;
    record.flags = 0;
    record.tail = 0;
    record.sub_bits = record.max_bits = 1;
    record.scale = 1;
    ASSERT_EQ(mms_record_layout(&record, 2, 1), 0);
    EXPECT_EQ(record.sequence, 0u);
    EXPECT_EQ(record.write_buffer, 0u);
    EXPECT_EQ(record.signature.size, 0u);
    EXPECT_EQ(record.sub_bits + record.max_bits, 0);
    EXPECT_EQ(record.scale, 0);
    EXPECT_EQ(record.size, 15u);
}

TEST(Layout, SequenceIsAlignedAndBehindTheTail)
{
    for (uint16_t id : all_ids())
        for (size_t offset = 1; offset < 18; offset++)
            for (size_t tail = 0; tail < 10; tail++) {
                mms_record record = describe(id, 5);
                record.flags = MMS_FLAG_SEQUENCE;
                record.tail = tail;
                int got = mms_record_layout(&record, 2, offset);
                if (record.layout == MMS_LAYOUT_PADDING && id == 0) {
                    EXPECT_EQ(got, 0);
                    EXPECT_EQ(record.sequence, 0u);
                    continue;
                }
                if (!may_have_sequence(id)) {
                    EXPECT_EQ(got, -EINVAL) << id;
                    continue;
                }
                ASSERT_EQ(got, 0) << id;
                EXPECT_EQ(record.sequence % 8, 0u) << id;
                EXPECT_EQ(record.sequence + 8, offset + record.size) << id;
                EXPECT_EQ(record.values + record.slots * record.value_size + record.tail, record.sequence) << id;
                EXPECT_GE(record.tail, tail) << id;
                EXPECT_LT(record.tail, tail + 8) << id;
                // twice makes no difference
                mms_record again = record;
                ASSERT_EQ(mms_record_layout(&again, 2, offset), 0);
                EXPECT_EQ(again.size, record.size) << id;
                EXPECT_EQ(again.tail, record.tail) << id;
            }
}

// --- refusals ------------------------------------------------------------------------------------------------

template <typename Change>
int layout_of(uint8_t version, uint16_t id, Change change)
{
    mms_record record = describe(id, 1);
    if (version == 1) {
        record.layout = MMS_LAYOUT_BUFFERED;
        record.signature = {"Q", 1};
    }
    record.offset = 77;
    change(&record);
    mms_record before = record;
    int got = mms_record_layout(&record, version, 1);
    if (got < 0) {
        EXPECT_EQ(record.offset, 77u) << "output touched";
        EXPECT_EQ(record.value_size, before.value_size);
    }
    return got;
}

TEST(Layout, BadDescriptions)
{
    const auto nothing = [](mms_record *) {};
    EXPECT_EQ(layout_of(0, 1, nothing), -EINVAL);
    EXPECT_EQ(layout_of(3, 1, nothing), -EINVAL);
    EXPECT_EQ(layout_of(1, 1, nothing), 0);
    EXPECT_EQ(layout_of(2, 1, nothing), 0);
    // version 1
    EXPECT_EQ(layout_of(1, 0, [](mms_record *r) { r->label.size = 0; }), -EINVAL);
    EXPECT_EQ(layout_of(1, 0, [](mms_record *r) { r->label.size = 65535; }), 0);
    EXPECT_EQ(layout_of(1, 0, [](mms_record *r) { r->label.size = 65536; }), -EMSGSIZE);
    EXPECT_EQ(layout_of(1, 0, [](mms_record *r) { r->layout = MMS_LAYOUT_WIDE; }), -EINVAL);
    EXPECT_EQ(layout_of(1, 0, [](mms_record *r) { r->layout = MMS_LAYOUT_PADDING; }), -EINVAL);
    EXPECT_EQ(layout_of(1, 0, [](mms_record *r) { r->signature = {"", 0}; }), -EINVAL);
    EXPECT_EQ(layout_of(1, 0, [](mms_record *r) { r->signature = {"z", 1}; }), -EINVAL);
    EXPECT_EQ(layout_of(1, 0, [](mms_record *r) { r->signature = {kLabel.data(), 65536}; }), -EMSGSIZE);
    EXPECT_EQ(layout_of(1, 0, [](mms_record *r) { r->signature = {"9223372036854775807s", 20}; }), -EMSGSIZE);
    EXPECT_EQ(layout_of(1, 0, [](mms_record *r) { r->signature = {"4611686018427387904s", 20}; }), -EMSGSIZE);
    // version 2
    EXPECT_EQ(layout_of(2, 1, [](mms_record *r) { r->label.size = 0; }), 0);
    EXPECT_EQ(layout_of(2, 1, [](mms_record *r) { r->label.size = 65535; }), 0);
    EXPECT_EQ(layout_of(2, 1, [](mms_record *r) { r->label.size = 65536; }), -EMSGSIZE);
    EXPECT_EQ(layout_of(2, MMS_ID_STRING, [](mms_record *r) { r->tail = 1; }), -EINVAL);
    EXPECT_EQ(layout_of(2, MMS_ID_METADATA, [](mms_record *r) { r->tail = 1; }), -EINVAL);
    EXPECT_EQ(layout_of(2, MMS_ID_U32_RING, [](mms_record *r) { r->slots = 0; }), -EINVAL);
    EXPECT_EQ(layout_of(2, MMS_ID_U32_RING, [](mms_record *r) { r->slots = 65536; }), 0);
    EXPECT_EQ(layout_of(2, MMS_ID_U32_RING, [](mms_record *r) { r->slots = 65537; }), -EMSGSIZE);
    EXPECT_EQ(layout_of(2, MMS_ID_HISTOGRAM, [](mms_record *r) { r->max_bits = 0; }), -EINVAL);
    EXPECT_EQ(layout_of(2, MMS_ID_HISTOGRAM, [](mms_record *r) { r->max_bits = 65; }), -EINVAL);
    EXPECT_EQ(layout_of(2, MMS_ID_HISTOGRAM, [](mms_record *r) { r->sub_bits = 17, r->max_bits = 20; }), -EINVAL);
    EXPECT_EQ(layout_of(2, MMS_ID_STRUCT, [](mms_record *r) { r->signature = {"3", 1}; }), -EINVAL);
    EXPECT_EQ(layout_of(2, MMS_ID_STRUCT, [](mms_record *r) { r->signature = {"4611686018427387904s", 20}; }),
              -EMSGSIZE);
    // the field size is a u32: 4 + 2 + 1 + 2 + 2 = 11 bytes of header with a label of one byte
    const size_t most = UINT32_MAX - 7;
    EXPECT_EQ(layout_of(2, MMS_ID_STRING, [=](mms_record *r) { r->value_size = most; }), 0);
    EXPECT_EQ(layout_of(2, MMS_ID_STRING, [=](mms_record *r) { r->value_size = most + 1; }), -EMSGSIZE);
    EXPECT_EQ(layout_of(2, MMS_ID_STRING, [](mms_record *r) { r->value_size = SIZE_MAX; }), -EMSGSIZE);
    EXPECT_EQ(layout_of(2, MMS_ID_WIDE_STRING, [](mms_record *r) { r->value_size = size_t(1) << 32; }), -EMSGSIZE);
    EXPECT_EQ(layout_of(2, MMS_ID_WIDE_STRING, [](mms_record *r) { r->value_size = UINT32_MAX / 2; }), -EMSGSIZE);
    EXPECT_EQ(layout_of(2, MMS_ID_PADDING, [=](mms_record *r) { r->tail = most; }), 0);
    EXPECT_EQ(layout_of(2, MMS_ID_PADDING, [=](mms_record *r) { r->tail = most + 1; }), -EMSGSIZE);
    EXPECT_EQ(layout_of(2, MMS_ID_PADDING, [](mms_record *r) { r->tail = SIZE_MAX; }), -EMSGSIZE);
    EXPECT_EQ(layout_of(2, 24, [](mms_record *r) { r->tail = SIZE_MAX - 8; }), -EMSGSIZE);
}

TEST(Layout, OffsetsDoNotWrap)
{
    for (uint8_t version : {uint8_t(1), uint8_t(2)})
        for (size_t offset : {SIZE_MAX, SIZE_MAX - 20, SIZE_MAX - 40, size_t(INT64_MAX), size_t(INT64_MAX) - 30}) {
            mms_record record = describe(MMS_ID_COUNTER, 1);
            record.layout = MMS_LAYOUT_BUFFERED;
            record.signature = {"Q", 1};
            EXPECT_EQ(mms_record_layout(&record, version, offset), -EMSGSIZE) << offset;
            EXPECT_EQ(mms_record_gap(&record, version, offset), 0u);
        }
}

// --- alignment -----------------------------------------------------------------------------------------------

size_t natural_alignment(uint16_t id)
{
    switch (id) {
    case MMS_ID_U32: case MMS_ID_I32: case MMS_ID_F32: case MMS_ID_STATIC_F32: case MMS_ID_STATIC_U32:
    case MMS_ID_U32_RING: case MMS_ID_U32_RESERVOIR: case MMS_ID_U32_DECAYING:
        return 4;
    case MMS_ID_I16: case MMS_ID_U16:
        return 2;
    case MMS_ID_BYTE: case MMS_ID_BOOL: case MMS_ID_STRING: case MMS_ID_METADATA:
    case MMS_ID_PADDING:
        return 1;
    default:
        return 8;
    }
}

TEST(Gap, V2EveryIdAndLabelSize)
{
    for (uint16_t id : all_ids())
        for (size_t label = 0; label <= 64; label++)
            for (size_t offset = 1; offset <= 16; offset++) {
                const char *signature = label % 2 ? "b" : "IQ?0Q";
                const mms_record description = describe(id, label, signature);
                const size_t gap = mms_record_gap(&description, 2, offset);
                mms_record record = description;
                ASSERT_EQ(mms_record_layout(&record, 2, offset + gap), 0);
                ASSERT_LE(gap, 7u);
                ASSERT_LT(gap, natural_alignment(id)) << id << ": more than it needs";
                ASSERT_EQ(mms_record_alignment(&record), natural_alignment(id)) << id;
                ASSERT_EQ(record.values % natural_alignment(id), 0u) << id << " " << label << " " << offset;
                if (record.layout == MMS_LAYOUT_HISTOGRAM) {
                    ASSERT_EQ((record.body) % 8, 0u) << "scale and sum are aligned too";
                }
            }
}

TEST(Gap, V1EverySignatureAndLabelSize)
{
    const struct {
        const char *signature;
        size_t align;
    } cases[] = {{"Q", 8}, {"d", 8}, {"n", 8}, {"I", 4}, {"f", 4}, {"h", 2}, {"e", 2}, {"b", 1}, {"?", 1}, {"c", 1},
                 {"255s", 8}, {"9p", 1}, {"=Q", 8}, {"<I", 4}, {"!H", 2}, {"@q", 8}, {"bQ", 8}, {"2b", 8}, {"IQ?0Q", 8}, {"0QI", 4}};
    for (const auto &c : cases)
        for (mms_layout layout : {MMS_LAYOUT_BUFFERED, MMS_LAYOUT_UNBUFFERED})
            for (size_t label = 1; label <= 64; label++)
                for (size_t offset = 1; offset <= 16; offset++) {
                    mms_record record = {};
                    record.label = {kLabel.data(), label};
                    record.layout = layout;
                    record.signature = {c.signature, strlen(c.signature)};
                    const size_t gap = mms_record_gap(&record, 1, offset);
                    ASSERT_LT(gap, c.align) << c.signature;
                    std::string padded = c.signature;
                    padded.insert(strchr("@=<>!", padded[0]) != nullptr ? 1 : 0, gap, ' ');
                    record.signature = {padded.data(), padded.size()};
                    ASSERT_EQ(mms_record_layout(&record, 1, offset), 0) << padded;
                    ASSERT_EQ(mms_record_alignment(&record), c.align) << padded;
                    ASSERT_EQ(record.values % c.align, 0u) << padded;
                    ASSERT_EQ(mms_record_gap(&record, 1, offset), 0u) << padded;
                }
}

} // namespace
