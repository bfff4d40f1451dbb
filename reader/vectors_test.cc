/* SPDX-License-Identifier: MIT
 *
 * Every file of spec/vectors, in both modes, gives what its JSON says. */

#include <errno.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "format/vectors.h"
#include "reader/sample_testing.h"

using namespace mms_testing;
namespace fs = std::filesystem;

namespace {

std::string label_of(const Expected &field)
{
    return field["label_hex"] ? bytes_of_hex(field["label_hex"].text) : field["label"].text;
}

void expect_value(const Expected &expected, const mms_value &value)
{
    switch (mms_class_of(value.type)) {
    case MMS_CLASS_INT:
        ASSERT_EQ(Expected::kInt, expected.kind);
        EXPECT_EQ(expected.i(), value.i);
        break;
    case MMS_CLASS_UINT:
        ASSERT_EQ(Expected::kInt, expected.kind);
        EXPECT_EQ(expected.u(), value.u);
        break;
    case MMS_CLASS_FLOAT:
        if (expected.kind == Expected::kText)
            EXPECT_EQ(expected.text, std::isnan(value.f) ? "nan" : value.f > 0 ? "inf" : "-inf");
        else
            EXPECT_EQ(expected.f(), value.f);
        break;
    case MMS_CLASS_BOOL:
        EXPECT_EQ(expected.b(), value.b);
        break;
    case MMS_CLASS_TEXT:
        EXPECT_EQ(expected.text, replaced(str(value.text)));
        break;
    case MMS_CLASS_NONE:
        ADD_FAILURE();
    }
}

void expect_list(const Expected &expected, const mms_stat &stat)
{
    ASSERT_EQ(expected.list.size(), stat.count);
    for (size_t i = 0; i < stat.count; i++)
        expect_value(expected.list[i], stat.values[i]);
}

void expect_field(const Expected &field, const mms_stat &stat)
{
    const Expected &value = field["value"];
    bool histogram = stat.record->layout == MMS_LAYOUT_HISTOGRAM;

    EXPECT_EQ(label_of(field), str(stat.label));
    EXPECT_EQ(field["layout"].text, mms_layout_name(stat.record->layout));
    EXPECT_EQ(field["metric"].text, mms_metric_name(stat.kind));
    EXPECT_EQ(field["offset"].u(), stat.record->offset);
    EXPECT_EQ(field["value_offset"].u(), stat.record->values - (histogram ? 8 : 0));
    EXPECT_EQ(field["sequence"].u(), stat.sequence);
    EXPECT_NE(MMS_BUSY, stat.status);
    EXPECT_EQ(0U, stat.retries);
    if (histogram) {
        EXPECT_EQ(value["sum"].u(), stat.sum);
        EXPECT_EQ(value["sub_bits"].i(), stat.record->sub_bits);
        EXPECT_EQ(value["max_bits"].i(), stat.record->max_bits);
        mms_value scale = {};
        scale.type = MMS_TYPE_F64;
        scale.f = stat.record->scale;
        expect_value(value["scale"], scale);
        expect_list(value["counts"], stat);
    } else if (value.kind == Expected::kList) {
        EXPECT_TRUE(stat.is_array);
        expect_list(value, stat);
    } else {
        EXPECT_FALSE(stat.is_array);
        ASSERT_EQ(1U, stat.count);
        expect_value(value, stat.values[0]);
    }
}

// The fields that a reader delivers (a generation is none of them), and units and helps.
void expect_fields(const Expected &expected, mms_reader *reader)
{
    std::map<std::string, std::string> units, helps;
    for (const Expected &note : expected["metadata"].list) {
        if (note["keys"]["unit"])
            units[label_of(note)] = note["keys"]["unit"].text;
        if (note["keys"]["help"])
            helps[label_of(note)] = note["keys"]["help"].text;
    }
    size_t number = 0;
    for (const Expected &field : expected["fields"].list) {
        if (field["id"].i() == MMS_ID_GENERATION)
            continue;
        mms_stat stat;
        ASSERT_EQ(0, mms_reader_get(reader, number++, &stat));
        expect_field(field, stat);
        EXPECT_EQ(units[label_of(field)], replaced(str(stat.unit)));
        EXPECT_EQ(helps[label_of(field)], replaced(str(stat.help)));
    }
    EXPECT_EQ(number, mms_reader_count(reader));
}

void expect_diag(const Expected &expected, const mms_diag &diag)
{
    EXPECT_EQ(expected["error"].text, diag.error == -EBADMSG ? "EBADMSG" : "EPROTONOSUPPORT");
    EXPECT_EQ(expected["rule"].i(), diag.rule);
    EXPECT_EQ(expected["offset"].u(), diag.offset);
}

void check(const fs::path &path, const Vector &vector, enum mms_reader_mode mode)
{
    const Expected &expected = vector.expected;
    const std::vector<Expected> &errors = expected["errors"].list;
    size_t found = 0;
    mms_reader_options options = {};
    options.size = sizeof options;
    options.mode = mode;
    options.order = auto_order_is_right(vector) ? MMS_ORDER_AUTO : vector.order;
    mms_reader *reader = nullptr;
    mms_diag diag = {};
    int error = mms_reader_open(path.c_str(), &options, &reader, &diag);

    if (!expected["version"]) {
        EXPECT_LT(error, 0);
        EXPECT_EQ(error, diag.error);
        expect_diag(errors.at(0), diag);
        return;
    }
    ASSERT_EQ(0, error);
    EXPECT_EQ(expected["version"].i(), mms_reader_version(reader));
    EXPECT_EQ(vector.order, mms_reader_order(reader));
    expect_fields(expected, reader);
    expect_all_same(reader);
    EXPECT_EQ(!errors.empty(), mms_reader_diag(reader, &diag, &found) < 0);
    EXPECT_EQ(errors.size(), found);
    if (!errors.empty())
        expect_diag(errors[0], diag);
    mms_reader_close(reader);
}

TEST(Vectors, All)
{
    Folder folder;
    for (const Vector &vector : vectors()) {
        SCOPED_TRACE(vector.name);
        // A file of the sandbox is a symbolic link, which no reader follows.
        const fs::path copy = folder / vector.path.filename().string();
        fs::copy_file(vector.path, copy, fs::copy_options::overwrite_existing);
        check(copy, vector, MMS_READ_COPY);
        check(copy, vector, MMS_READ_LIVE);
    }
    EXPECT_GT(vectors().size(), 50U);
}

} // namespace
