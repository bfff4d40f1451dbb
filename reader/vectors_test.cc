/* SPDX-License-Identifier: MIT
 *
 * Every file of spec/vectors, in both modes, gives what its JSON says. */

#include <errno.h>
#include <json-c/json.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "reader/testing.h"

using namespace mms_testing;
namespace fs = std::filesystem;

namespace {

json_object *member(json_object *object, const char *key)
{
    json_object *found = nullptr;
    json_object_object_get_ex(object, key, &found);
    return found;
}

std::string string_of(json_object *object)
{
    return object ? std::string(json_object_get_string(object), size_t(json_object_get_string_len(object))) : "";
}

// How many bytes the character at the start has; 0: there is none, and *bad bytes are to be replaced.
size_t character(const std::string &text, size_t at, size_t *bad)
{
    auto byte = [&](size_t i) { return at + i < text.size() ? uint8_t(text[at + i]) : 0U; };
    unsigned first = byte(0), low = 0x80, high = 0xbf;
    size_t size = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
    if (first == 0xe0)
        low = 0xa0;
    if (first == 0xed)
        high = 0x9f;
    if (first == 0xf0)
        low = 0x90;
    if (first == 0xf4)
        high = 0x8f;
    *bad = 1;
    for (size_t i = 1; i < size; i++, low = 0x80, high = 0xbf) {
        if (byte(i) < low || byte(i) > high)
            return 0;
        ++*bad;
    }
    return size;
}

// As the vectors have it: what is not UTF-8 is replaced.
std::string replaced(const std::string &text)
{
    std::string out;
    for (size_t at = 0; at < text.size();) {
        size_t bad, size = character(text, at, &bad);
        out += size ? text.substr(at, size) : "\xef\xbf\xbd";
        at += size ? size : bad;
    }
    return out;
}

std::string label_of(json_object *field)
{
    json_object *hex = member(field, "label_hex");
    if (!hex)
        return string_of(member(field, "label"));
    std::string digits = string_of(hex), label;
    for (size_t i = 0; i < digits.size(); i += 2)
        label += char(std::stoi(digits.substr(i, 2), nullptr, 16));
    return label;
}

void expect_value(json_object *expected, const mms_value &value)
{
    switch (mms_class_of(value.type)) {
    case MMS_CLASS_INT:
        ASSERT_TRUE(json_object_is_type(expected, json_type_int));
        EXPECT_EQ(json_object_get_int64(expected), value.i);
        break;
    case MMS_CLASS_UINT:
        ASSERT_TRUE(json_object_is_type(expected, json_type_int));
        EXPECT_EQ(json_object_get_uint64(expected), value.u);
        break;
    case MMS_CLASS_FLOAT:
        if (json_object_is_type(expected, json_type_string)) {
            std::string name = string_of(expected);
            EXPECT_EQ(name, std::isnan(value.f) ? "nan" : value.f > 0 ? "inf" : "-inf");
        } else {
            EXPECT_EQ(json_object_get_double(expected), value.f);
        }
        break;
    case MMS_CLASS_BOOL:
        EXPECT_EQ(bool(json_object_get_boolean(expected)), value.b);
        break;
    case MMS_CLASS_TEXT:
        EXPECT_EQ(string_of(expected), replaced(str(value.text)));
        break;
    case MMS_CLASS_NONE:
        ADD_FAILURE();
    }
}

void expect_list(json_object *expected, const mms_stat &stat)
{
    ASSERT_EQ(json_object_array_length(expected), stat.count);
    for (size_t i = 0; i < stat.count; i++)
        expect_value(json_object_array_get_idx(expected, i), stat.values[i]);
}

void expect_field(json_object *field, const mms_stat &stat)
{
    json_object *value = member(field, "value");
    bool histogram = stat.record->layout == MMS_LAYOUT_HISTOGRAM;

    EXPECT_EQ(label_of(field), str(stat.label));
    EXPECT_EQ(string_of(member(field, "layout")), mms_layout_name(stat.record->layout));
    EXPECT_EQ(string_of(member(field, "metric")), mms_metric_name(stat.kind));
    EXPECT_EQ(size_t(json_object_get_int64(member(field, "offset"))), stat.record->offset);
    EXPECT_EQ(size_t(json_object_get_int64(member(field, "value_offset"))), stat.record->values - (histogram ? 8 : 0));
    EXPECT_EQ(json_object_get_uint64(member(field, "sequence")), stat.sequence);
    EXPECT_NE(MMS_BUSY, stat.status);
    EXPECT_EQ(0U, stat.retries);
    if (histogram) {
        EXPECT_EQ(json_object_get_uint64(member(value, "sum")), stat.sum);
        EXPECT_EQ(uint8_t(json_object_get_int(member(value, "sub_bits"))), stat.record->sub_bits);
        EXPECT_EQ(uint8_t(json_object_get_int(member(value, "max_bits"))), stat.record->max_bits);
        mms_value scale = {};
        scale.type = MMS_TYPE_F64;
        scale.f = stat.record->scale;
        expect_value(member(value, "scale"), scale);
        expect_list(member(value, "counts"), stat);
    } else if (json_object_is_type(value, json_type_array)) {
        EXPECT_TRUE(stat.is_array);
        expect_list(value, stat);
    } else {
        EXPECT_FALSE(stat.is_array);
        ASSERT_EQ(1U, stat.count);
        expect_value(value, stat.values[0]);
    }
}

// The fields that a reader delivers (a generation is none of them), and units and helps.
void expect_fields(json_object *json, mms_reader *reader)
{
    json_object *fields = member(json, "fields"), *notes = member(json, "metadata");
    std::map<std::string, std::string> units, helps;
    for (size_t i = 0; notes && i < json_object_array_length(notes); i++) {
        json_object *note = json_object_array_get_idx(notes, i), *keys = member(note, "keys");
        if (member(keys, "unit"))
            units[label_of(note)] = string_of(member(keys, "unit"));
        if (member(keys, "help"))
            helps[label_of(note)] = string_of(member(keys, "help"));
    }
    size_t number = 0;
    for (size_t i = 0; fields && i < json_object_array_length(fields); i++) {
        json_object *field = json_object_array_get_idx(fields, i);
        if (json_object_get_int(member(field, "id")) == MMS_ID_GENERATION)
            continue;
        mms_stat stat;
        ASSERT_EQ(0, mms_reader_get(reader, number++, &stat));
        expect_field(field, stat);
        EXPECT_EQ(units[label_of(field)], replaced(str(stat.unit)));
        EXPECT_EQ(helps[label_of(field)], replaced(str(stat.help)));
    }
    EXPECT_EQ(number, mms_reader_count(reader));
}

void expect_diag(json_object *errors, const mms_diag &diag)
{
    json_object *first = json_object_array_get_idx(errors, 0);
    EXPECT_EQ(string_of(member(first, "error")), diag.error == -EBADMSG ? "EBADMSG" : "EPROTONOSUPPORT");
    EXPECT_EQ(json_object_get_int(member(first, "rule")), diag.rule);
    EXPECT_EQ(json_object_get_uint64(member(first, "offset")), diag.offset);
}

enum mms_order order_of(json_object *json)
{
    return string_of(member(json, "byte_order")) == "little" ? MMS_ORDER_LITTLE : MMS_ORDER_BIG;
}

void check(const fs::path &path, json_object *json, enum mms_reader_mode mode)
{
    json_object *errors = member(json, "errors");
    size_t count = errors ? json_object_array_length(errors) : 0, found = 0;
    mms_reader_options options = {};
    options.size = sizeof options;
    options.mode = mode;
    // what AUTO takes is said for a machine that is little-endian itself
    options.order = MMS_ORDER_NATIVE == MMS_ORDER_LITTLE ? MMS_ORDER_AUTO : order_of(json);
    mms_reader *reader = nullptr;
    mms_diag diag = {};
    int error = mms_reader_open(path.c_str(), &options, &reader, &diag);

    if (!member(json, "version")) {
        EXPECT_LT(error, 0);
        EXPECT_EQ(error, diag.error);
        expect_diag(errors, diag);
        return;
    }
    ASSERT_EQ(0, error);
    EXPECT_EQ(json_object_get_int(member(json, "version")), mms_reader_version(reader));
    EXPECT_EQ(order_of(json), mms_reader_order(reader));
    expect_fields(json, reader);
    EXPECT_EQ(count > 0, mms_reader_diag(reader, &diag, &found) < 0);
    EXPECT_EQ(count, found);
    if (count > 0)
        expect_diag(errors, diag);
    mms_reader_close(reader);
}

// The files of a folder, sorted.
std::vector<fs::path> files_of(const fs::path &folder)
{
    std::vector<fs::path> files;
    for (const auto &entry : fs::directory_iterator(folder))
        if (entry.path().extension() == ".mmstats")
            files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    return files;
}

// A file of the sandbox is a symbolic link, which no reader follows.
fs::path own_copy(const Folder &folder, const fs::path &from)
{
    fs::path to = folder / from.filename().string();
    fs::copy_file(from, to, fs::copy_options::overwrite_existing);
    return to;
}

TEST(Vectors, All)
{
    const char *root = getenv("VECTORS");
    Folder folder;
    size_t checked = 0;
    for (const char *kind : {"good", "bad", "original"}) {
        for (const fs::path &path : files_of(fs::path(root ? root : "spec/vectors/vectors") / kind)) {
            SCOPED_TRACE(path.string());
            json_object *json = json_object_from_file(fs::path(path).replace_extension(".json").c_str());
            ASSERT_TRUE(json) << json_util_get_last_err();
            fs::path copy = own_copy(folder, path);
            check(copy, json, MMS_READ_COPY);
            check(copy, json, MMS_READ_LIVE);
            json_object_put(json);
            checked++;
        }
    }
    EXPECT_GT(checked, 50U);
}

} // namespace
