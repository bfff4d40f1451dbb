// SPDX-License-Identifier: MIT
//
// updates.h - one field of every kind that the writer has, and one update of each.
#ifndef MMSTATS_TESTS_UPDATES_H
#define MMSTATS_TESTS_UPDATES_H

#include <ostream>
#include <string>

#include "mmstats/writer.h"
#include "tests/picture.h"

namespace mms_testing {

// Kinds of output, as a set.
enum Form : unsigned { kV2 = 1, kV1 = 2, kV1Sequence = 4, kPacked = 8 };
constexpr unsigned kAligned = kV2 | kV1 | kV1Sequence, kCounted = kV2 | kV1Sequence, kEvery = kAligned | kPacked;

struct Mean {
    double sum;
    uint64_t count;
};

struct All {
    mms_counter counter;
    mms_u64 u64;
    mms_i64 i64;
    mms_u32 u32;
    mms_i32 i32;
    mms_u16 u16;
    mms_i16 i16;
    mms_float float_;
    mms_double double_;
    mms_i8 i8;
    mms_bool bool_;
    mms_string string;
    mms_average average;
    mms_moving moving;
    mms_timer timer;
    mms_struct struct_;
    mms_ring_u32 ring_u32;
    mms_ring_u64 ring_u64;
    mms_ring_double ring_double;
    mms_histogram histogram;
    mms_transaction transaction;
    mms_u64 bytes, calls; // change in transactions only
};

inline uint64_t test_now; // nanoseconds
inline uint64_t test_clock()
{
    return test_now;
}

inline const mms_field fields[] = {
    MMS_COUNTER(All, counter, "counter", "requests", "what was counted"),
    MMS_U64(All, u64, "u64"),
    MMS_I64(All, i64, "i64"),
    MMS_U32(All, u32, "u32"),
    MMS_I32(All, i32, "i32"),
    MMS_U16(All, u16, "u16"),
    MMS_I16(All, i16, "i16"),
    MMS_FLOAT(All, float_, "float"),
    MMS_DOUBLE(All, double_, "double"),
    MMS_I8(All, i8, "i8"),
    MMS_BOOL(All, bool_, "bool"),
    MMS_STRING(All, string, 20, "string"),
    MMS_AVERAGE(All, average, "average"),
    MMS_MOVING(All, moving, 3, "moving"),
    MMS_TIMER_OF(All, timer, 2, test_clock, "timer"),
    MMS_STRUCT(All, struct_, Mean, "dQ", "struct"),
    MMS_RING_U32(All, ring_u32, 3, "ring_u32"),
    MMS_RING_U64(All, ring_u64, 3, "ring_u64"),
    MMS_RING_DOUBLE(All, ring_double, 3, "ring_double"),
    MMS_HISTOGRAM(All, histogram, 0, 6, 1, "histogram"),
    MMS_TRANSACTION(All, transaction),
    MMS_U64(All, bytes, "bytes"),
    MMS_U64(All, calls, "calls"),
};

struct Update {
    const char *label;
    unsigned forms;  // in which there is such a field
    unsigned exact;  // in which readers of a mapping see it exactly (R603, R604, R606, R611, R612)
    Promise promise; // to readers who look in the middle
    void (*publish)(All &all, unsigned n); // what differs for each n, and is in all of its bytes
};

// Other than its bytes, for messages of GoogleTest.
inline void PrintTo(const Update &update, std::ostream *out)
{
    *out << update.label;
}

constexpr uint64_t kBytes = 0x0101010101010101;

inline const Update updates[] = {
    {"counter", kEvery, kAligned, kWhole, [](All &all, unsigned n) { mms_counter_add(&all.counter, n * kBytes); }},
    {"u64", kEvery, kAligned, kWhole, [](All &all, unsigned n) { mms_u64_set(&all.u64, n * kBytes); }},
    {"i64", kEvery, kAligned, kWhole, [](All &all, unsigned n) { mms_i64_set(&all.i64, -int64_t(n * kBytes)); }},
    {"u32", kEvery, kAligned, kWhole, [](All &all, unsigned n) { mms_u32_set(&all.u32, uint32_t(n * kBytes)); }},
    {"i32", kEvery, kAligned, kWhole, [](All &all, unsigned n) { mms_i32_set(&all.i32, -int32_t(n * kBytes)); }},
    {"u16", kEvery, kAligned, kWhole, [](All &all, unsigned n) { mms_u16_set(&all.u16, uint16_t(n * kBytes)); }},
    {"i16", kEvery, kAligned, kWhole, [](All &all, unsigned n) { mms_i16_set(&all.i16, int16_t(n * kBytes)); }},
    {"float", kEvery, kAligned, kWhole, [](All &all, unsigned n) { mms_float_set(&all.float_, 1.1f * float(n)); }},
    {"double", kEvery, kAligned, kWhole, [](All &all, unsigned n) { mms_double_set(&all.double_, 1.1 * n); }},
    {"i8", kEvery, kEvery, kWhole, [](All &all, unsigned n) { mms_i8_set(&all.i8, int8_t(n)); }},
    {"bool", kEvery, kEvery, kWhole, [](All &all, unsigned n) { mms_bool_set(&all.bool_, n & 1); }},
    {"string", kEvery, kCounted, kAny,
     [](All &all, unsigned n) { mms_string_set_n(&all.string, &"abcdefghijklmnopqrstuvwxyz"[n % 7], 9 + n % 3); }},
    {"average", kEvery, kAligned, kWhole, [](All &all, unsigned n) { mms_average_add(&all.average, 1.1 * n); }},
    {"moving", kEvery, kAligned, kWhole, [](All &all, unsigned n) { mms_moving_add(&all.moving, 1.1 * n); }},
    {"timer", kEvery, kAligned, kWhole,
     [](All &all, unsigned n) {
         mms_timer_start(&all.timer);
         test_now += n * 1000001;
         mms_timer_stop(&all.timer);
     }},
    {"struct", kEvery, kCounted, kWhole,
     [](All &all, unsigned n) {
         Mean mean = {1.1 * n, n * kBytes};
         mms_struct_set(&all.struct_, &mean, sizeof mean);
     }},
    {"ring_u32", kV2, kV2, kWhole, [](All &all, unsigned n) { mms_ring_u32_add(&all.ring_u32, n); }},
    {"ring_u64", kV2, kV2, kWhole, [](All &all, unsigned n) { mms_ring_u64_add(&all.ring_u64, n * kBytes); }},
    {"ring_double", kV2, kV2, kWhole, [](All &all, unsigned n) { mms_ring_double_add(&all.ring_double, n); }},
    {"histogram", kV2, kV2, kParts, [](All &all, unsigned n) { mms_histogram_add(&all.histogram, n); }},
    {"bytes", kAligned, kAligned, kWhole,
     [](All &all, unsigned n) {
         mms_transaction_begin(&all.transaction);
         mms_u64_add(&all.bytes, n * kBytes);
         mms_u64_add(&all.calls, n);
         mms_transaction_end(&all.transaction);
     }},
};

inline Promise promise_of(const std::string &label)
{
    for (const Update &update : updates)
        if (label == update.label)
            return update.promise;
    return kWhole;
}

} // namespace mms_testing

#endif
