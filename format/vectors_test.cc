// SPDX-License-Identifier: MIT
//
// The test vectors of spec/vectors: every field, skipped record, metadata record and error of every file is what its
// recipe expects. Then all of them again, cut at every byte and with every bit flipped.
#include <gtest/gtest.h>
#include <json-c/json.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "format/testing.h"
#include "mmstats/format.h"

namespace {

using mms_testing::Guarded;
using mms_testing::read_all;
using mms_testing::string_of;

// --- files ---------------------------------------------------------------------------------------------------

struct Vector {
    std::string name;
    std::string data;
    std::shared_ptr<json_object> document;
    json_object *expected; // the same
    enum mms_order order;
};

std::string read_file(const std::filesystem::path &path)
{
    std::ifstream file(path, std::ios::binary);
    EXPECT_TRUE(file.good()) << path;
    return std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

json_object *member(json_object *object, const char *name)
{
    json_object *found = nullptr;
    json_object_object_get_ex(object, name, &found);
    return found;
}

std::string text_member(json_object *object, const char *name)
{
    json_object *found = member(object, name);
    return found ? std::string(json_object_get_string(found), size_t(json_object_get_string_len(found))) : "(none)";
}

const std::vector<Vector> &vectors()
{
    static std::vector<Vector> all;
    if (!all.empty())
        return all;
    for (const auto &entry : std::filesystem::recursive_directory_iterator("spec/vectors/vectors")) {
        std::filesystem::path path = entry.path();
        if (path.extension() != ".mmstats")
            continue;
        Vector vector = {path.stem().string(), read_file(path), nullptr, nullptr, MMS_ORDER_LITTLE};
        vector.expected = json_tokener_parse(read_file(path.replace_extension(".json")).c_str());
        vector.document.reset(vector.expected, json_object_put);
        if (text_member(vector.expected, "byte_order") == "big")
            vector.order = MMS_ORDER_BIG;
        EXPECT_NE(vector.expected, nullptr) << path;
        if (vector.expected != nullptr)
            all.push_back(vector);
    }
    std::sort(all.begin(), all.end(), [](const Vector &a, const Vector &b) { return a.name < b.name; });
    return all;
}

// --- texts ---------------------------------------------------------------------------------------------------

// How many bytes at the front are a character, or (then *valid is false) the beginning of one that does not go on.
size_t piece_of(const std::string &text, size_t at, bool *valid)
{
    const auto byte = [&](size_t i) { return at + i < text.size() ? unsigned(uint8_t(text[at + i])) : 0u; };
    const unsigned first = byte(0);
    *valid = first < 0x80;
    size_t size = first < 0xc2 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 1;
    for (size_t i = 1; i < size; i++) {
        unsigned low = i == 1 && first == 0xe0 ? 0xa0 : i == 1 && first == 0xf0 ? 0x90 : 0x80;
        unsigned high = i == 1 && first == 0xed ? 0x9f : i == 1 && first == 0xf4 ? 0x8f : 0xbf;
        if (byte(i) < low || byte(i) > high)
            return i;
    }
    *valid = *valid || size > 1;
    return size;
}

// R105, as the expected texts have it: what is no UTF-8 becomes U+FFFD, one for each beginning of a character.
std::string shown(struct mms_text bytes)
{
    const std::string text = string_of(bytes);
    std::string out;
    for (size_t at = 0; at < text.size();) {
        bool valid;
        size_t size = piece_of(text, at, &valid);
        out += valid ? text.substr(at, size) : "\xef\xbf\xbd";
        at += size;
    }
    return out;
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

void expect_label(json_object *expected, struct mms_text label)
{
    EXPECT_EQ(text_member(expected, "label"), shown(label));
    EXPECT_EQ(text_member(expected, "label_hex"), shown(label) == string_of(label) ? "(none)" : hex(string_of(label)));
}

// --- values --------------------------------------------------------------------------------------------------

void expect_float(json_object *expected, double value)
{
    if (json_object_is_type(expected, json_type_string)) {
        const std::string name = json_object_get_string(expected);
        EXPECT_EQ(name, std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf");
        EXPECT_FALSE(std::isfinite(value));
        return;
    }
    EXPECT_TRUE(json_object_is_type(expected, json_type_double) || json_object_is_type(expected, json_type_int));
    EXPECT_EQ(json_object_get_double(expected), value);
    EXPECT_EQ(std::signbit(json_object_get_double(expected)), std::signbit(value));
}

void expect_value(json_object *expected, const mms_value &value)
{
    switch (mms_class_of(value.type)) {
    case MMS_CLASS_INT:
        EXPECT_TRUE(json_object_is_type(expected, json_type_int));
        EXPECT_EQ(json_object_get_int64(expected), value.i);
        return;
    case MMS_CLASS_UINT:
        EXPECT_TRUE(json_object_is_type(expected, json_type_int));
        EXPECT_EQ(json_object_get_uint64(expected), value.u);
        return;
    case MMS_CLASS_FLOAT:
        return expect_float(expected, value.f);
    case MMS_CLASS_BOOL:
        EXPECT_TRUE(json_object_is_type(expected, json_type_boolean));
        EXPECT_EQ(bool(json_object_get_boolean(expected)), value.b);
        return;
    case MMS_CLASS_TEXT:
        ASSERT_TRUE(json_object_is_type(expected, json_type_string));
        EXPECT_EQ(std::string(json_object_get_string(expected), size_t(json_object_get_string_len(expected))),
                  shown(value.text));
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

void expect_list(json_object *expected, const std::vector<mms_value> &values)
{
    ASSERT_TRUE(json_object_is_type(expected, json_type_array));
    ASSERT_EQ(json_object_array_length(expected), values.size());
    for (size_t i = 0; i < values.size(); i++)
        expect_value(json_object_array_get_idx(expected, i), values[i]);
}

uint64_t number_at(const Vector &vector, size_t offset, size_t size)
{
    uint64_t number = 0;
    for (size_t i = 0; i < size; i++)
        number = number << 8 | uint8_t(vector.data[offset + (vector.order == MMS_ORDER_BIG ? i : size - 1 - i)]);
    return number;
}

// R414
void expect_array(json_object *expected, const Vector &vector, const mms_record &record)
{
    const size_t write_offset = size_t(number_at(vector, record.write_buffer, 2));
    std::vector<mms_value> elements;
    for (size_t i = 1; i < record.slots; i++)
        elements.push_back(items_of(vector, record, (write_offset + i) % record.slots).at(0));
    if (record.sequence != 0) {
        uint64_t filled = std::min(number_at(vector, record.sequence, 8), uint64_t(elements.size()));
        elements.erase(elements.begin(), elements.end() - ptrdiff_t(filled));
    }
    expect_list(expected, elements);
}

void expect_histogram(json_object *expected, const Vector &vector, const mms_record &record)
{
    std::vector<mms_value> counts;
    for (size_t i = 0; i < record.slots; i++)
        counts.push_back(items_of(vector, record, i).at(0));
    expect_list(member(expected, "counts"), counts);
    EXPECT_EQ(json_object_get_uint64(member(expected, "sum")), number_at(vector, record.values - 8, 8));
    expect_float(member(expected, "scale"), record.scale);
    EXPECT_EQ(json_object_get_int(member(expected, "sub_bits")), record.sub_bits);
    EXPECT_EQ(json_object_get_int(member(expected, "max_bits")), record.max_bits);
}

// --- records -------------------------------------------------------------------------------------------------

void expect_field(json_object *expected, const Vector &vector, const mms_record &record, int version)
{
    expect_label(expected, record.label);
    EXPECT_EQ(text_member(expected, "signature"), record.signature.size != 0 ? shown(record.signature) : "(none)");
    if (version == 2) {
        EXPECT_EQ(json_object_get_int(member(expected, "id")), record.id);
    }
    EXPECT_EQ(text_member(expected, "layout"), mms_layout_name(record.layout));
    EXPECT_EQ(text_member(expected, "metric"), mms_metric_name(mms_metric_of(&record)));
    EXPECT_EQ(json_object_get_uint64(member(expected, "offset")), record.offset);
    const size_t before = record.layout == MMS_LAYOUT_HISTOGRAM ? 8 : 0; // there it is the sum
    EXPECT_EQ(json_object_get_uint64(member(expected, "value_offset")), record.values - before);
    ASSERT_EQ(member(expected, "sequence") != nullptr, record.sequence != 0);
    if (record.sequence != 0) {
        EXPECT_EQ(json_object_get_uint64(member(expected, "sequence")), number_at(vector, record.sequence, 8));
    }

    json_object *value = member(expected, "value");
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
    EXPECT_EQ(mms_record_type(&record), items.size() == 1 ? items[0].type : MMS_TYPE_PAD);
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

void expect_metadata(json_object *expected, const Vector &vector, const mms_record &record)
{
    const std::vector<mms_value> items = items_of(vector, record, 0);
    ASSERT_EQ(items.size(), 1u);
    expect_label(expected, record.label);
    EXPECT_EQ(text_member(expected, "text"), shown(items[0].text));
    EXPECT_EQ(json_object_get_uint64(member(expected, "offset")), record.offset);
    json_object *keys = member(expected, "keys");
    for (const char *key : {"unit", "help"})
        EXPECT_EQ(text_member(keys, key), key_of(items[0].text, key));
    json_object_object_foreach(keys, key, unused)
    {
        (void)unused;
        EXPECT_EQ(text_member(keys, key), key_of(items[0].text, key));
    }
}

void expect_skipped(json_object *expected, const mms_record &record)
{
    EXPECT_EQ(json_object_get_int(member(expected, "id")), record.id);
    EXPECT_EQ(json_object_get_uint64(member(expected, "offset")), record.offset);
    EXPECT_EQ(json_object_get_uint64(member(expected, "size")), record.size - 4);
}

void expect_error(json_object *expected, const mms_diag &diag, int returned)
{
    EXPECT_EQ(returned, diag.error);
    EXPECT_EQ(text_member(expected, "error"), diag.error == -EBADMSG           ? "EBADMSG"
                                              : diag.error == -EPROTONOSUPPORT ? "EPROTONOSUPPORT"
                                                                               : "?");
    EXPECT_EQ(json_object_get_int(member(expected, "rule")), diag.rule);
    EXPECT_EQ(json_object_get_uint64(member(expected, "offset")), diag.offset);
}

// The next entry of one of the lists, or a failure.
json_object *next(json_object *expected, const char *list, size_t *at)
{
    json_object *array = member(expected, list);
    if (*at >= json_object_array_length(array)) {
        ADD_FAILURE() << "more " << list << " than expected";
        return nullptr;
    }
    return json_object_array_get_idx(array, (*at)++);
}

void compare(const Vector &vector, enum mms_order order)
{
    size_t fields = 0, skipped = 0, metadata = 0, errors = 0;
    mms_scan scan;
    mms_record record;
    mms_diag diag = {};
    const char *list = nullptr;

    int got = mms_scan_begin(&scan, vector.data.data(), vector.data.size(), order, &diag);
    json_object *version = member(vector.expected, "version");
    ASSERT_EQ(version == nullptr, got < 0);
    if (got < 0) {
        if (json_object *error = next(vector.expected, list = "errors", &errors))
            expect_error(error, diag, got);
    } else {
        EXPECT_EQ(json_object_get_int(version), scan.version);
        EXPECT_EQ(scan.swapped, vector.order != MMS_ORDER_NATIVE);
        while ((got = mms_scan_next(&scan, &record, &diag)) != 0) {
            json_object *expected;
            SCOPED_TRACE(testing::Message() << "record at " << (got > 0 ? record.offset : diag.offset));
            if (got < 0) {
                if ((expected = next(vector.expected, "errors", &errors)))
                    expect_error(expected, diag, got);
            } else if (record.layout == MMS_LAYOUT_PADDING || record.layout == MMS_LAYOUT_OPAQUE) {
                if ((expected = next(vector.expected, "skipped", &skipped)))
                    expect_skipped(expected, record);
            } else if (record.layout == MMS_LAYOUT_METADATA) {
                if ((expected = next(vector.expected, "metadata", &metadata)))
                    expect_metadata(expected, vector, record);
            } else if ((expected = next(vector.expected, "fields", &fields))) {
                expect_field(expected, vector, record, scan.version);
            }
        }
    }
    EXPECT_EQ(fields, json_object_array_length(member(vector.expected, "fields")));
    EXPECT_EQ(skipped, json_object_array_length(member(vector.expected, "skipped")));
    EXPECT_EQ(metadata, json_object_array_length(member(vector.expected, "metadata")));
    EXPECT_EQ(errors, json_object_array_length(member(vector.expected, "errors")));
}

TEST(Vectors, AreThere)
{
    EXPECT_GT(vectors().size(), 20u);
}

TEST(Vectors, AreReadAsExpected)
{
    for (const Vector &vector : vectors()) {
        SCOPED_TRACE(vector.name);
        compare(vector, vector.order);
        // What a little-endian machine takes by itself.
        if (MMS_ORDER_NATIVE == MMS_ORDER_LITTLE)
            compare(vector, MMS_ORDER_AUTO);
    }
}

TEST(Vectors, TheVerdictIsTheFirstError)
{
    for (const Vector &vector : vectors()) {
        SCOPED_TRACE(vector.name);
        mms_diag diag = {1, 1, 1};
        int got = mms_check(vector.data.data(), vector.data.size(), vector.order, &diag);
        json_object *errors = member(vector.expected, "errors");
        if (json_object_array_length(errors) == 0)
            EXPECT_EQ(diag, (mms_diag{0, 0, 0}));
        else
            expect_error(json_object_array_get_idx(errors, 0), diag, got);
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
        const size_t errors = json_object_array_length(member(vector.expected, "errors"));
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
