// SPDX-License-Identifier: MIT
//
// The test vectors of spec/vectors: every field, skipped record, metadata record and error of every file is what its
// recipe expects. Then all of them again, cut at every byte and with every bit flipped.
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <string>
#include <vector>

#include "format/testing.h"
#include "format/vectors.h"
#include "mmstats/format.h"

namespace {

using namespace mms_testing;

// --- texts ---------------------------------------------------------------------------------------------------

std::string shown(struct mms_text bytes)
{
    return replaced(string_of(bytes));
}

std::string text_of(const Expected &expected)
{
    return expected.kind == Expected::kText ? expected.text : "(none)";
}

std::string hex(const std::string &bytes)
{
    const char *digits = "0123456789abcdef";
    std::string out;
    for (char byte : bytes) {
        out += digits[uint8_t(byte) >> 4];
        out += digits[uint8_t(byte) & 15];
    }
    return out;
}

void expect_label(const Expected &expected, struct mms_text label)
{
    EXPECT_EQ(text_of(expected["label"]), shown(label));
    EXPECT_EQ(text_of(expected["label_hex"]), shown(label) == string_of(label) ? "(none)" : hex(string_of(label)));
}

// --- values --------------------------------------------------------------------------------------------------

void expect_float(const Expected &expected, double value)
{
    if (expected.kind == Expected::kText) {
        EXPECT_EQ(expected.text, std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf");
        EXPECT_FALSE(std::isfinite(value));
        return;
    }
    EXPECT_TRUE(expected.kind == Expected::kFloat || expected.kind == Expected::kInt);
    EXPECT_EQ(expected.f(), value);
    EXPECT_EQ(std::signbit(expected.f()), std::signbit(value));
}

void expect_value(const Expected &expected, const mms_value &value)
{
    switch (mms_class_of(value.type)) {
    case MMS_CLASS_INT:
        EXPECT_EQ(expected.kind, Expected::kInt);
        EXPECT_EQ(expected.i(), value.i);
        return;
    case MMS_CLASS_UINT:
        EXPECT_EQ(expected.kind, Expected::kInt);
        EXPECT_EQ(expected.u(), value.u);
        return;
    case MMS_CLASS_FLOAT:
        return expect_float(expected, value.f);
    case MMS_CLASS_BOOL:
        EXPECT_EQ(expected.kind, Expected::kBool);
        EXPECT_EQ(expected.b(), value.b);
        return;
    case MMS_CLASS_TEXT:
        EXPECT_EQ(expected.kind, Expected::kText);
        EXPECT_EQ(expected.text, shown(value.text));
        return;
    case MMS_CLASS_NONE:
        break;
    }
    ADD_FAILURE() << "a value without a class";
}

std::vector<mms_value> items_of(const Vector &vector, const mms_record &record, size_t slot)
{
    std::vector<mms_value> values;
    mms_items items;
    mms_value value;
    mms_items_begin(&items, &record, vector.data.data() + record.values + slot * record.value_size);
    while (mms_items_next(&items, &value) > 0)
        values.push_back(value);
    return values;
}

void expect_list(const Expected &expected, const std::vector<mms_value> &values)
{
    ASSERT_EQ(expected.kind, Expected::kList);
    ASSERT_EQ(expected.list.size(), values.size());
    for (size_t i = 0; i < values.size(); i++)
        expect_value(expected.list[i], values[i]);
}

uint64_t number_at(const Vector &vector, size_t offset, size_t size)
{
    uint64_t number = 0;
    for (size_t i = 0; i < size; i++)
        number = number << 8 | uint8_t(vector.data[offset + (vector.order == MMS_ORDER_BIG ? i : size - 1 - i)]);
    return number;
}

// R414
void expect_array(const Expected &expected, const Vector &vector, const mms_record &record)
{
    const size_t write_offset = size_t(number_at(vector, record.write_buffer, 2));
    std::vector<mms_value> elements;
    for (size_t i = 1; i < record.slots; i++)
        elements.push_back(items_of(vector, record, (write_offset + i) % record.slots).at(0));
    if (record.sequence != 0) {
        uint64_t filled = std::min(number_at(vector, record.sequence, 8), uint64_t(elements.size()));
        elements.erase(elements.begin(), elements.end() - ptrdiff_t(filled));
    }
    EXPECT_EQ(record.items, 1u);
    expect_list(expected, elements);
}

void expect_histogram(const Expected &expected, const Vector &vector, const mms_record &record)
{
    std::vector<mms_value> counts;
    for (size_t i = 0; i < record.slots; i++)
        counts.push_back(items_of(vector, record, i).at(0));
    expect_list(expected["counts"], counts);
    EXPECT_EQ(expected["sum"].u(), number_at(vector, record.values - 8, 8));
    expect_float(expected["scale"], record.scale);
    EXPECT_EQ(expected["sub_bits"].i(), record.sub_bits);
    EXPECT_EQ(expected["max_bits"].i(), record.max_bits);
}

// --- records -------------------------------------------------------------------------------------------------

void expect_field(const Expected &expected, const Vector &vector, const mms_record &record, int version)
{
    expect_label(expected, record.label);
    EXPECT_EQ(text_of(expected["signature"]), record.signature.size != 0 ? shown(record.signature) : "(none)");
    if (version == 2) {
        EXPECT_EQ(expected["id"].i(), record.id);
    }
    EXPECT_EQ(text_of(expected["layout"]), mms_layout_name(record.layout));
    EXPECT_EQ(text_of(expected["metric"]), mms_metric_name(mms_metric_of(&record)));
    EXPECT_EQ(expected["offset"].u(), record.offset);
    const size_t before = record.layout == MMS_LAYOUT_HISTOGRAM ? 8 : 0; // there it is the sum
    EXPECT_EQ(expected["value_offset"].u(), record.values - before);
    ASSERT_EQ(bool(expected["sequence"]), record.sequence != 0);
    if (record.sequence != 0) {
        EXPECT_EQ(expected["sequence"].u(), number_at(vector, record.sequence, 8));
    }

    const Expected &value = expected["value"];
    if (record.layout == MMS_LAYOUT_ARRAY)
        return expect_array(value, vector, record);
    if (record.layout == MMS_LAYOUT_HISTOGRAM)
        return expect_histogram(value, vector, record);
    size_t slot = 0;
    if (record.slots == 2) /* R416 goes before R406 */
        slot = record.sequence != 0 ? number_at(vector, record.sequence, 8) % 2
                                    : number_at(vector, record.write_buffer, 1) ^ 1;
    const std::vector<mms_value> items = items_of(vector, record, slot);
    if (items.size() == 1)
        expect_value(value, items[0]);
    else
        expect_list(value, items);
    EXPECT_EQ(record.items, items.size());
    EXPECT_EQ(record.type, items.size() == 1 ? items[0].type : MMS_TYPE_PAD);
    EXPECT_EQ(record.type, mms_record_type(&record));
}

std::string key_of(struct mms_text metadata, const char *key)
{
    mms_text value;
    if (mms_metadata_find(metadata, key, &value) < 0)
        return "(none)";
    std::string out(value.size + 1, '\0');
    out.resize(mms_metadata_unescape(value, &out[0], out.size()));
    return shown({out.data(), out.size()});
}

void expect_metadata(const Expected &expected, const Vector &vector, const mms_record &record)
{
    const std::vector<mms_value> items = items_of(vector, record, 0);
    ASSERT_EQ(items.size(), 1u);
    expect_label(expected, record.label);
    EXPECT_EQ(text_of(expected["text"]), shown(items[0].text));
    EXPECT_EQ(expected["offset"].u(), record.offset);
    const Expected &keys = expected["keys"];
    for (const char *key : {"unit", "help"})
        EXPECT_EQ(text_of(keys[key]), key_of(items[0].text, key));
    for (const auto &key : keys.members)
        EXPECT_EQ(key.second.text, key_of(items[0].text, key.first.c_str()));
}

void expect_skipped(const Expected &expected, const mms_record &record)
{
    EXPECT_EQ(expected["id"].i(), record.id);
    EXPECT_EQ(expected["offset"].u(), record.offset);
    EXPECT_EQ(expected["size"].u(), record.size - 4);
}

void expect_error(const Expected &expected, const mms_diag &diag, int returned)
{
    EXPECT_EQ(returned, diag.error);
    EXPECT_EQ(text_of(expected["error"]), diag.error == -EBADMSG           ? "EBADMSG"
                                          : diag.error == -EPROTONOSUPPORT ? "EPROTONOSUPPORT"
                                                                           : "?");
    EXPECT_EQ(expected["rule"].i(), diag.rule);
    EXPECT_EQ(expected["offset"].u(), diag.offset);
}

// The next entry of one of the lists, or a failure.
const Expected *next(const Expected &expected, const char *list, size_t *at)
{
    const std::vector<Expected> &entries = expected[list].list;
    if (*at >= entries.size()) {
        ADD_FAILURE() << "more " << list << " than expected";
        return nullptr;
    }
    return &entries[(*at)++];
}

void compare(const Vector &vector, enum mms_order order)
{
    size_t fields = 0, skipped = 0, metadata = 0, errors = 0;
    mms_scan scan;
    mms_record record;
    mms_diag diag = {};
    const char *list = nullptr;

    int got = mms_scan_begin(&scan, vector.data.data(), vector.data.size(), order, &diag);
    const Expected &version = vector.expected["version"];
    ASSERT_EQ(!version, got < 0);
    if (got < 0) {
        if (const Expected *error = next(vector.expected, list = "errors", &errors))
            expect_error(*error, diag, got);
    } else {
        EXPECT_EQ(version.i(), scan.version);
        EXPECT_EQ(scan.swapped, vector.order != MMS_ORDER_NATIVE);
        while ((got = mms_scan_next(&scan, &record, &diag)) != 0) {
            const Expected *expected;
            SCOPED_TRACE(testing::Message() << "record at " << (got > 0 ? record.offset : diag.offset));
            if (got < 0) {
                if ((expected = next(vector.expected, "errors", &errors)))
                    expect_error(*expected, diag, got);
            } else if (record.layout == MMS_LAYOUT_PADDING || record.layout == MMS_LAYOUT_OPAQUE) {
                if ((expected = next(vector.expected, "skipped", &skipped)))
                    expect_skipped(*expected, record);
            } else if (record.layout == MMS_LAYOUT_METADATA) {
                if ((expected = next(vector.expected, "metadata", &metadata)))
                    expect_metadata(*expected, vector, record);
            } else if ((expected = next(vector.expected, "fields", &fields))) {
                expect_field(*expected, vector, record, scan.version);
            }
        }
    }
    EXPECT_EQ(fields, vector.expected["fields"].list.size());
    EXPECT_EQ(skipped, vector.expected["skipped"].list.size());
    EXPECT_EQ(metadata, vector.expected["metadata"].list.size());
    EXPECT_EQ(errors, vector.expected["errors"].list.size());
}

TEST(Vectors, AreThere)
{
    EXPECT_GT(vectors().size(), 20u);
}

TEST(Vectors, AreReadAsExpected)
{
    size_t taken = 0;
    for (const Vector &vector : vectors()) {
        SCOPED_TRACE(vector.name);
        compare(vector, vector.order);
        if (!auto_order_is_right(vector))
            continue;
        compare(vector, MMS_ORDER_AUTO);
        taken++;
    }
    if (MMS_ORDER_NATIVE == MMS_ORDER_LITTLE)
        EXPECT_EQ(taken, vectors().size());
    else
        EXPECT_GT(taken, vectors().size() / 4);
}

TEST(Vectors, TheVerdictIsTheFirstError)
{
    for (const Vector &vector : vectors()) {
        SCOPED_TRACE(vector.name);
        mms_diag diag = {1, 1, 1};
        int got = mms_check(vector.data.data(), vector.data.size(), vector.order, &diag);
        const std::vector<Expected> &errors = vector.expected["errors"].list;
        if (errors.empty())
            EXPECT_EQ(diag, (mms_diag{0, 0, 0}));
        else
            expect_error(errors[0], diag, got);
    }
}

// --- every byte, every bit -----------------------------------------------------------------------------------

// What is parsed and serialized again is the same bytes.
void expect_identity(const char *data, size_t size, enum mms_order order)
{
    mms_scan scan;
    mms_record record;
    if (mms_scan_begin(&scan, data, size, order, nullptr) < 0)
        return;
    int got;
    while ((got = mms_scan_next(&scan, &record, nullptr)) != 0) {
        if (got < 0)
            continue;
        std::string out(record.size, '\0');
        ASSERT_EQ(mms_serialize(&record, scan.version, order, data + record.body, &out[0], out.size()),
                  int64_t(record.size));
        ASSERT_EQ(out.compare(0, out.size(), data + record.offset, record.size), 0);
    }
}

TEST(Vectors, SerializeAgain)
{
    for (const Vector &vector : vectors()) {
        SCOPED_TRACE(vector.name);
        expect_identity(vector.data.data(), vector.data.size(), vector.order);
    }
}

// Files of up to 2000 bytes, nearly all, at every byte; larger ones at some places, so that this ends soon.
size_t step_of(const std::string &data)
{
    const size_t places = std::max(size_t(20), size_t(4000000) / (data.size() + 1));
    return data.size() / places + 1;
}

// A cut file begins with the records of the whole one, and has at most one error.
TEST(Vectors, CutAtEveryByte)
{
    for (const Vector &vector : vectors()) {
        Guarded guarded(vector.data.size());
        const size_t step = step_of(vector.data);
        const size_t errors = vector.expected["errors"].list.size();
        for (size_t size = 0; size <= vector.data.size(); size += step) {
            const void *data = guarded.put(vector.data.data(), size);
            const mms_testing::Work work = read_all(data, size, vector.order);
            read_all(data, size, MMS_ORDER_AUTO);
            mms_check(data, size, MMS_ORDER_AUTO, nullptr);
            ASSERT_LE(work.errors, errors + 1) << vector.name << " " << size;

            mms_scan whole, part;
            mms_record a, b;
            if (mms_scan_begin(&part, data, size, vector.order, nullptr) < 0)
                continue;
            ASSERT_EQ(mms_scan_begin(&whole, vector.data.data(), vector.data.size(), vector.order, nullptr), 0);
            for (int got; (got = mms_scan_next(&part, &b, nullptr)) != 0 && !part.ended;) {
                ASSERT_EQ(mms_scan_next(&whole, &a, nullptr), got) << vector.name << " " << size;
                ASSERT_EQ(part.offset, whole.offset) << vector.name << " " << size;
                if (got > 0) {
                    ASSERT_EQ(a.values, b.values) << vector.name << " " << size;
                }
            }
        }
    }
}

TEST(Vectors, EveryBitFlipped)
{
    for (const Vector &vector : vectors()) {
        if (vector.name.find(".cut") != std::string::npos)
            continue; // the beginning of another one
        Guarded guarded(vector.data.size());
        std::string data = vector.data;
        const size_t step = step_of(data);
        for (size_t i = 0; i < data.size(); i += step)
            for (int bit = 0; bit < 8; bit++) {
                data[i] = char(data[i] ^ 1 << bit);
                const void *there = guarded.put(data.data(), data.size());
                read_all(there, data.size(), vector.order);
                mms_check(there, data.size(), MMS_ORDER_AUTO, nullptr);
                if (data.size() < 1000)
                    expect_identity(static_cast<const char *>(there), data.size(), vector.order);
                data[i] = char(data[i] ^ 1 << bit);
            }
    }
}

} // namespace
