/* SPDX-License-Identifier: MIT
 *
 * vectors.h - the test vectors of spec/vectors, for the tests of format/ and reader/: each file, and what is expected
 * of it. That is read from NAME.flat, which takes no JSON library, so that machines without one have it, too. */
#ifndef MMSTATS_FORMAT_VECTORS_H
#define MMSTATS_FORMAT_VECTORS_H

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "mmstats/format.h"

namespace mms_testing {

// What is expected: a JSON value.
struct Expected {
    // As NAME.flat has them; nothing at all has no kind.
    enum Kind : char {
        kNone = 0,
        kNull = 'n',
        kBool = 'b',
        kInt = 'i',
        kFloat = 'f',
        kText = 's',
        kList = '[',
        kObject = '{'
    };

    explicit operator bool() const { return kind != kNone && kind != kNull; }
    const Expected &operator[](const std::string &key) const
    {
        static const Expected none;
        const auto found = members.find(key);
        return found != members.end() ? found->second : none;
    }
    bool b() const { return text == "1"; }
    int64_t i() const { return strtoll(text.c_str(), nullptr, 10); }
    uint64_t u() const { return strtoull(text.c_str(), nullptr, 10); }
    double f() const { return strtod(text.c_str(), nullptr); }

    Kind kind = kNone;
    std::string text; // or number
    std::vector<Expected> list;
    std::map<std::string, Expected> members;
};

inline std::string bytes_of_hex(const std::string &digits)
{
    std::string bytes;
    for (size_t i = 0; i + 1 < digits.size(); i += 2)
        bytes += char(std::stoi(digits.substr(i, 2), nullptr, 16));
    return bytes;
}

// One value: spec/vectors/README.md says how they are written.
inline Expected read_flat(std::istream &in)
{
    Expected value;
    char kind = 0;
    if (!(in >> kind))
        return value;
    value.kind = Expected::Kind(kind);
    if (kind == Expected::kNull)
        return value;
    in.ignore(1); // the space
    std::getline(in, value.text);
    if (kind == Expected::kText)
        value.text = bytes_of_hex(value.text);
    if (kind == Expected::kList || kind == Expected::kObject)
        for (uint64_t count = value.u(); count > 0 && in; count--) {
            if (kind == Expected::kList) {
                value.list.push_back(read_flat(in));
                continue;
            }
            const std::string key = read_flat(in).text;
            value.members[key] = read_flat(in);
        }
    return value;
}

struct Vector {
    std::string name; // "good/v1_tuple"
    std::filesystem::path path;
    std::string data;
    Expected expected;
    enum mms_order order;
};

inline std::string read_file(const std::filesystem::path &path)
{
    std::ifstream file(path, std::ios::binary);
    EXPECT_TRUE(file.good()) << path;
    return std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

// All of them, sorted by name. VECTORS: the folder, for tests that are run by hand.
inline const std::vector<Vector> &vectors()
{
    static std::vector<Vector> all;
    if (!all.empty())
        return all;
    const char *given = getenv("VECTORS");
    const std::filesystem::path root = given ? given : "spec/vectors/vectors";
    for (const auto &entry : std::filesystem::recursive_directory_iterator(root)) {
        const std::filesystem::path path = entry.path();
        if (path.extension() != ".mmstats")
            continue;
        std::ifstream flat(std::filesystem::path(path).replace_extension(".flat"));
        Vector vector = {path.lexically_relative(root).replace_extension(), path, read_file(path), read_flat(flat), {}};
        EXPECT_EQ(vector.expected.kind, Expected::kObject) << path;
        vector.order = vector.expected["byte_order"].text == "big" ? MMS_ORDER_BIG : MMS_ORDER_LITTLE;
        all.push_back(vector);
    }
    std::sort(all.begin(), all.end(), [](const Vector &a, const Vector &b) { return a.name < b.name; });
    return all;
}

// Is the vector's byte order the one that this machine takes when it is told none (R103)? On a little-endian one it
// always is.
inline bool auto_order_is_right(const Vector &vector)
{
    const enum mms_order own = MMS_ORDER_NATIVE, other = own == MMS_ORDER_BIG ? MMS_ORDER_LITTLE : MMS_ORDER_BIG;
    const auto is_good = [&](enum mms_order order) {
        return mms_check(vector.data.data(), vector.data.size(), order, nullptr) == 0;
    };
    return vector.order == (is_good(own) || !is_good(other) ? own : other);
}

// How many bytes from `at` on are a character; or (then *valid is false) the beginning of one that does not go on.
inline size_t character(const std::string &text, size_t at, bool *valid)
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
inline std::string replaced(const std::string &text)
{
    std::string out;
    for (size_t at = 0; at < text.size();) {
        bool valid;
        size_t size = character(text, at, &valid);
        out += valid ? text.substr(at, size) : "\xef\xbf\xbd";
        at += size;
    }
    return out;
}

} // namespace mms_testing

#endif
