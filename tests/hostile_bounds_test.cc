// SPDX-License-Identifier: MIT
//
// Files that are made to cost a reader time and memory. Bounds, whatever stands in a file of n bytes:
//   memory  at most 36 n + 64 KiB, with every value read, one after the other
//   work    twice the file, twice the work, at most 12 steps a byte: records and elementary values looked at
// Counted, not timed: the linker sends the library's calls of mms_scan_next and mms_items_next through this file.

#include <functional>

#include "reader/testing.h"
#include "tests/faults_testing.h"

static unsigned long steps;

extern "C" {
int __real_mms_scan_next(mms_scan *scan, mms_record *record, mms_diag *diag);
int __real_mms_items_next(mms_items *items, mms_value *value);
int __wrap_mms_scan_next(mms_scan *scan, mms_record *record, mms_diag *diag)
{
    steps++;
    return __real_mms_scan_next(scan, record, diag);
}
int __wrap_mms_items_next(mms_items *items, mms_value *value)
{
    steps++;
    return __real_mms_items_next(items, value);
}
}

namespace {

using namespace mms_testing;

template <class T> std::string raw(T value)
{
    return std::string(reinterpret_cast<const char *>(&value), sizeof value);
}

std::string v1(const std::string &label, const std::string &signature, const std::string &value)
{
    return raw(uint16_t(label.size())) + label + raw(uint16_t(signature.size())) + signature + "\xff" + value;
}

std::string v2(const std::string &label, unsigned id, const std::string &body)
{
    return raw(uint32_t(2 + label.size() + 4 + body.size())) + raw(uint16_t(label.size())) + label + raw(uint16_t(id)) +
           raw(uint16_t(0)) + body;
}

struct Bomb {
    const char *name;
    int version;
    std::string (*record)(size_t number);
    size_t count; // in the smaller file
};

void PrintTo(const Bomb &bomb, std::ostream *out)
{
    *out << bomb.name;
}

const Bomb bombs[] = {
    {"SmallestFieldsV1", 1, [](size_t i) { return v1(std::to_string(i), "B", "x"); }, 20000},
    {"SmallestFieldsV2", 2, [](size_t i) { return v2(std::to_string(i), MMS_ID_BYTE, "x"); }, 20000},
    {"OneLabel", 2, [](size_t) { return v2("a", MMS_ID_BYTE, "x"); }, 20000},
    {"OneLabelWithMetadata", 2,
     [](size_t i) { return i % 2 ? v2("a", MMS_ID_METADATA, "unit=\\n") : v2("a", MMS_ID_BYTE, "x"); }, 20000},
    {"MetadataForEach", 2,
     [](size_t i) {
         std::string label = std::to_string(i / 2);
         return i % 2 ? v2(label, MMS_ID_METADATA, "unit=\\n") : v2(label, MMS_ID_BYTE, "x");
     },
     20000},
    {"MetadataOfNothingButKeys", 2,
     [](size_t i) {
         std::string lines;
         for (int k = 0; k < 10000; k++)
             lines += "unit=\\\\\n";
         return i % 2 ? v2("a", MMS_ID_METADATA, lines) : v2("a", MMS_ID_BYTE, "x");
     },
     10},
    {"NothingButPadding", 2, [](size_t) { return v2("", MMS_ID_PADDING, ""); }, 20000},
    {"NothingButErrors", 2, [](size_t) { return v2("a", MMS_ID_U16, "\x7f"); }, 20000},
    {"UnknownTypes", 2, [](size_t i) { return v2("a", 1000 + unsigned(i) % 1000, "x"); }, 20000},
    {"TuplesOf65535", 1,
     [](size_t i) { return v1(std::to_string(i), std::string(65535, 'B'), std::string(65535, 'x')); }, 10},
    {"TuplesByCount", 1, [](size_t i) { return v1(std::to_string(i), "65535B", std::string(65535, 'x')); }, 10},
    {"OneTuple", 1, [](size_t i) { return v1(std::to_string(i), "65535B", std::string(65535, 'x')); }, 1},
    {"SignaturesOfPads", 1,
     [](size_t i) { return v1(std::to_string(i), std::string(65534, 'x') + "B", std::string(65535, 'x')); }, 10},
    {"SignaturesOfBlanks", 1, [](size_t i) { return v1(std::to_string(i), std::string(65534, ' ') + "B", "x"); }, 10},
    {"TextsOfNothing", 1, [](size_t i) { return v1(std::to_string(i), "0s0s0s0s0s", ""); }, 5000},
    {"LongLabels", 1,
     [](size_t i) { return v1(std::string(65530, 'l') + std::to_string(i % 100000), "B", "x"); }, 10},
    {"LargestRings", 2,
     [](size_t i) {
         return v2(std::to_string(i), MMS_ID_U32_RING, std::string(4, '\xff') + std::string(262144, 'x'));
     },
     4},
    {"OneText", 2, [](size_t i) { return v2(std::to_string(i), MMS_ID_STRING, std::string(1000000, 'x')); }, 1},
};

struct Cost {
    size_t size;
    unsigned long steps;
    long memory;
};

// All that a reader can be asked for.
Cost cost_of(const Bomb &bomb, size_t count, mms_reader_mode mode)
{
    Folder folder;
    std::string path = folder / "f", bytes(1, char(bomb.version));
    for (size_t i = 0; i < count; i++)
        bytes += bomb.record(i);
    bytes += std::string(4, '\0');
    write_file(path, bytes);
    mms_reader_options options = {sizeof options, mode, MMS_ORDER_AUTO, 0, 0};
    mms_reader *reader = nullptr;
    long before = fault_bytes();
    steps = 0;
    fault_arm(FAULT_OPEN, 0, 0);
    EXPECT_EQ(0, mms_reader_open(path.c_str(), &options, &reader, nullptr));
    size_t fields = mms_reader_count(reader);
    mms_stat stat;
    for (size_t i = 0; i < fields; i++) {
        EXPECT_EQ(0, mms_reader_get(reader, i, &stat));
        EXPECT_LE(int64_t(0), mms_reader_find(reader, stat.label.data, stat.label.size, i));
    }
    EXPECT_EQ(-ENOENT, mms_reader_find(reader, "not there", 9, 0));
    mms_reader_liveness(reader);
    EXPECT_EQ(0, mms_reader_refresh(reader, nullptr));
    EXPECT_EQ(0, mms_reader_snapshot(reader));
    fault_disarm();
    Cost cost = {bytes.size(), steps, fault_peak() - before};
    mms_reader_close(reader);
    return cost;
}

class Bounds : public testing::TestWithParam<Bomb> {};

TEST_P(Bounds, Hold)
{
    for (mms_reader_mode mode : {MMS_READ_COPY, MMS_READ_LIVE}) {
        Cost one = cost_of(GetParam(), GetParam().count, mode), two = cost_of(GetParam(), 2 * GetParam().count, mode);
        RecordProperty(mode == MMS_READ_COPY ? "copy" : "live", std::to_string(double(two.memory) / double(two.size)));
        if (getenv("SHOW_BOUNDS"))
            printf("%-26s %s %9zu bytes: memory %5.1f, steps %5.2f a byte, twice %.2f\n", GetParam().name,
                   mode == MMS_READ_COPY ? "copy" : "live", two.size, double(two.memory) / double(two.size),
                   double(two.steps) / double(two.size), double(two.steps) / double(one.steps));
        for (const Cost &cost : {one, two}) {
            EXPECT_LE(cost.memory, 36 * long(cost.size) + 65536);
            EXPECT_LE(cost.steps, 12 * cost.size + 1000);
        }
        EXPECT_LE(two.steps, 2.3 * double(one.steps) + 1000) << "more than linear";
    }
}

INSTANTIATE_TEST_SUITE_P(Bombs, Bounds, testing::ValuesIn(bombs), [](const auto &bomb) { return bomb.param.name; });

// --- sizes that are not there ---------------------------------------------------------------------------------------

// A size that the file has not is an error of that field, for which nothing is allocated.
TEST(Sizes, ThatAreNotThere)
{
    Folder folder;
    for (const char *signature :
         {"99999999999s", "99999999999999999999999999999999s", "4294967295s", "4294967296B", "18446744073709551615B",
          "2147483647s2147483647s2147483647s", "65535d", "99999999999x"}) {
        write_file(folder / "f", "\1" + v1("a", "B", "x") + v1("bomb", signature, "") + std::string(64, '\0'));
        for (mms_reader_mode mode : {MMS_READ_COPY, MMS_READ_LIVE}) {
            long before = fault_bytes();
            fault_arm(FAULT_OPEN, 0, 0);
            mms_reader_options options = {sizeof options, mode, MMS_ORDER_AUTO, 0, 0};
            mms_reader *reader = nullptr;
            ASSERT_EQ(0, mms_reader_open((folder / "f").c_str(), &options, &reader, nullptr)) << signature;
            mms_stat stat;
            EXPECT_EQ(1U, mms_reader_count(reader)) << signature;
            EXPECT_EQ(0, mms_reader_get(reader, 0, &stat));
            EXPECT_EQ(-EBADMSG, mms_reader_diag(reader, nullptr, nullptr)) << signature;
            fault_disarm();
            EXPECT_LT(fault_peak() - before, 8192) << signature;
            mms_reader_close(reader);
        }
    }
}

} // namespace
