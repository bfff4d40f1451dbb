// SPDX-License-Identifier: MIT
//
// picture.h - what the reader library makes of a file at one moment, as texts that can be compared.
#ifndef MMSTATS_TESTS_PICTURE_H
#define MMSTATS_TESTS_PICTURE_H

#include <algorithm>
#include <cstdio>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "mmstats/reader.h"

namespace mms_testing {

// How a field may look while its writer stands still in the middle of publishing it.
enum Promise {
    kWhole, // the old value, or the new one; as exact as at rest
    kParts, // where it is said to be checked only, each element is the old or the new one: histograms (R612)
    kAny    // where it is said to be checked only, a mix: unbuffered texts (R504)
};

struct Shown {
    std::string label;
    std::vector<std::string> items;
    std::string about; // unit and help
    enum mms_status status;

    bool is_default() const { return label.compare(0, 4, "sys.") == 0; }
    bool same_value(const Shown &other) const { return items == other.items && about == other.about; }
};

struct Picture {
    std::string error; // empty: none
    int snapshot = 0;  // as mms_reader_snapshot
    std::vector<Shown> fields;

    const Shown *find(const std::string &label) const
    {
        for (const Shown &field : fields)
            if (field.label == label)
                return &field;
        return nullptr;
    }
};

inline std::string text_of(const mms_value &value)
{
    char number[64];
    switch (mms_class_of(value.type)) {
    case MMS_CLASS_INT: return std::to_string(value.i);
    case MMS_CLASS_UINT: return std::to_string(value.u);
    case MMS_CLASS_FLOAT: return std::string(number, size_t(snprintf(number, sizeof number, "%a", value.f)));
    case MMS_CLASS_BOOL: return value.b ? "true" : "false";
    default: return std::string(value.text.data, value.text.size);
    }
}

inline Shown shown_of(const mms_stat &stat)
{
    auto text = [](mms_text bytes) { return bytes.size ? std::string(bytes.data, bytes.size) : std::string(); };
    Shown shown = {text(stat.label), {}, text(stat.unit) + "|" + text(stat.help), stat.status};
    if (stat.record->layout == MMS_LAYOUT_HISTOGRAM)
        shown.items.push_back(std::to_string(stat.sum));
    for (size_t i = 0; i < stat.count; i++)
        shown.items.push_back(text_of(stat.values[i]));
    return shown;
}

struct Close {
    void operator()(mms_reader *reader) const { mms_reader_close(reader); }
};
using Reader = std::unique_ptr<mms_reader, Close>;

inline Reader open_reader(const std::string &path, enum mms_reader_mode mode, std::string *error)
{
    mms_reader_options options = {};
    options.size = sizeof options;
    options.mode = mode;
    options.tries = 8; // more than enough for a writer that stands still
    mms_reader *reader = nullptr;
    mms_diag diag = {};
    int got = mms_reader_open(path.c_str(), &options, &reader, &diag);
    if (got < 0)
        *error = "open: " + std::to_string(got) + ", rule " + std::to_string(diag.rule);
    return Reader(reader);
}

// A snapshot where there can be one; else each value by itself.
inline Picture picture_of(mms_reader *reader)
{
    Picture picture;
    mms_diag diag;
    if (mms_reader_diag(reader, &diag, nullptr) != 0)
        picture.error = "rule " + std::to_string(diag.rule) + " at " + std::to_string(diag.offset);
    picture.snapshot = mms_reader_snapshot(reader);
    for (size_t i = 0; i < mms_reader_count(reader); i++) {
        mms_stat stat;
        int got = mms_reader_get(reader, i, &stat);
        if (got < 0)
            picture.error = "field " + std::to_string(i) + ": " + std::to_string(got);
        else
            picture.fields.push_back(shown_of(stat));
    }
    return picture;
}

inline Picture picture_of(const std::string &path, enum mms_reader_mode mode)
{
    Picture picture;
    Reader reader = open_reader(path, mode, &picture.error);
    return reader ? picture_of(reader.get()) : picture;
}

inline std::string list_of(const std::vector<std::string> &items)
{
    std::string list;
    for (const std::string &item : items)
        list += item + " ";
    return list;
}

// --- what is wrong; empty: nothing -----------------------------------------------------------------------------------

// mended: the next writer made a value of what a dead one left, so that parts stay parts.
inline std::string wrong_with(const Shown &field, const Shown *before, const Shown *after, Promise promise,
                              bool mended)
{
    const Shown *old = before ? before : after, *now = after ? after : before;
    const std::string status = mms_status_name(field.status);
    if (field.status == MMS_BUSY)
        return "is busy, though its writer stands still";
    if (field.status != MMS_EXACT && old->status == MMS_EXACT && now->status == MMS_EXACT &&
        (promise != kParts || mended))
        return "is " + status + ", though exact at rest";
    if (field.is_default() || field.same_value(*old) || field.same_value(*now))
        return "";
    std::string values = "is " + list_of(field.items) + "(" + status + "), neither " + list_of(old->items) + "nor " +
                         list_of(now->items);
    if (promise == kWhole || (field.status == MMS_EXACT && !mended) || field.about != old->about)
        return values;
    if (promise == kParts)
        for (size_t i = 0; i < field.items.size(); i++)
            if (field.items[i] != old->items.at(i) && field.items[i] != now->items.at(i))
                return values + "in element " + std::to_string(i);
    return "";
}

// All of the values that are promised whole, as they are in another picture.
inline bool is_all_of(const Picture &picture, const Picture &other, Promise (*promise_of)(const std::string &))
{
    return std::all_of(picture.fields.begin(), picture.fields.end(), [&](const Shown &field) {
        const Shown *same = other.find(field.label);
        return field.is_default() || promise_of(field.label) != kWhole || (same && field.same_value(*same));
    });
}

// Labels, in their order: all of before's, none or more or (at_once) all of after's.
inline bool has_labels_between(const Picture &picture, const Picture &before, const Picture &after, bool at_once)
{
    const size_t count = picture.fields.size();
    for (size_t i = 0; i < count; i++)
        if (i >= after.fields.size() || picture.fields[i].label != after.fields[i].label)
            return false;
    return count == before.fields.size() || count == after.fields.size() ||
           (!at_once && count > before.fields.size());
}

} // namespace mms_testing

#endif
