// SPDX-License-Identifier: MIT
//
// Every kind of field in every format: what an update publishes is what a file says.
#include <cmath>
#include <limits>

#include "writer/testing.h"

namespace {

using namespace mms_testing;

class Kinds : public ::testing::TestWithParam<mms_output> {
protected:
    Kinds()
    {
        mms_options options = Options(directory_, "kinds.mmstats");
        options.output = GetParam();
        writer_ = New(options);
        EXPECT_EQ(mms_writer_open(writer_.get()), 0) << mms_writer_error(writer_.get());
    }

    bool version2() const { return GetParam() == MMS_OUTPUT_V2; }
    Decoded Now() const
    {
        Decoded now = DecodeFile(mms_writer_path(writer_.get()));
        for (const Field &field : now.fields)
            if (field.record.sequence != 0) {
                uint64_t sequence;
                memcpy(&sequence, &(*now.bytes)[field.record.sequence], 8);
                EXPECT_EQ((*now.bytes)[field.record.write_buffer], (sequence + 1) % 2) << "R416";
            }
        return now;
    }
    Field Now(const char *label) const { return Now().at(label); }

    template <class Handle> Handle Make(mms_kind kind, const char *label, size_t size = 0)
    {
        Handle handle = {};
        EXPECT_EQ(Add(writer_, kind, label, &handle, size), 0) << mms_writer_error(writer_.get());
        return handle;
    }

    Directory directory_;
    Writer writer_;
};

TEST_P(Kinds, CounterCountsAndWraps)
{
    auto counter = Make<mms_counter>(MMS_KIND_COUNTER, "c");
    EXPECT_EQ(Now("c").u, 0u);
    mms_counter_inc(&counter);
    mms_counter_add(&counter, 41);
    EXPECT_EQ(Now("c").u, 42u);
    EXPECT_EQ(mms_counter_get(&counter), 42u);
    EXPECT_EQ(Now("c").type, MMS_TYPE_U64);
    mms_counter_set(&counter, UINT64_MAX);
    mms_counter_inc(&counter);
    EXPECT_EQ(Now("c").u, 0u);
}

// set, add, wrap of one kind of integer.
#define INTEGER_TEST(name, kind, c_type, member, type_)                                                                \
    TEST_P(Kinds, name##IsSetAddedToAndWraps)                                                                          \
    {                                                                                                                  \
        using Limits = std::numeric_limits<c_type>;                                                                    \
        auto handle = Make<mms_##name>(kind, "n");                                                                     \
        EXPECT_EQ(Now("n").member, 0u);                                                                                \
        mms_##name##_set(&handle, 7);                                                                                  \
        EXPECT_EQ(Now("n").member, 7u);                                                                                \
        mms_##name##_add(&handle, 3);                                                                                  \
        EXPECT_EQ(Now("n").member, 10u);                                                                               \
        mms_##name##_set(&handle, Limits::max());                                                                      \
        EXPECT_EQ(c_type(Now("n").member), Limits::max());                                                             \
        mms_##name##_add(&handle, 1);                                                                                  \
        EXPECT_EQ(c_type(Now("n").member), Limits::min());                                                             \
        EXPECT_EQ(mms_##name##_get(&handle), Limits::min());                                                           \
        mms_##name##_add(&handle, c_type(-1));                                                                         \
        EXPECT_EQ(c_type(Now("n").member), Limits::max());                                                             \
        EXPECT_EQ(Now("n").type, type_);                                                                               \
    }

INTEGER_TEST(u64, MMS_KIND_U64, uint64_t, u, MMS_TYPE_U64)
INTEGER_TEST(u32, MMS_KIND_U32, uint32_t, u, MMS_TYPE_U32)
INTEGER_TEST(u16, MMS_KIND_U16, uint16_t, u, MMS_TYPE_U16)
#undef INTEGER_TEST

#define SIGNED_TEST(name, kind, c_type, type_)                                                                         \
    TEST_P(Kinds, name##IsSetAddedToAndWraps)                                                                          \
    {                                                                                                                  \
        using Limits = std::numeric_limits<c_type>;                                                                    \
        auto handle = Make<mms_##name>(kind, "n");                                                                     \
        mms_##name##_set(&handle, -7);                                                                                 \
        EXPECT_EQ(Now("n").i, -7);                                                                                     \
        mms_##name##_add(&handle, 3);                                                                                  \
        EXPECT_EQ(Now("n").i, -4);                                                                                     \
        EXPECT_EQ(mms_##name##_get(&handle), -4);                                                                      \
        mms_##name##_set(&handle, Limits::min());                                                                      \
        EXPECT_EQ(Now("n").i, int64_t(Limits::min()));                                                                 \
        mms_##name##_add(&handle, -1);                                                                                 \
        EXPECT_EQ(Now("n").i, int64_t(Limits::max()));                                                                 \
        EXPECT_EQ(Now("n").type, type_);                                                                               \
    }

SIGNED_TEST(i64, MMS_KIND_I64, int64_t, MMS_TYPE_I64)
SIGNED_TEST(i32, MMS_KIND_I32, int32_t, MMS_TYPE_I32)
SIGNED_TEST(i16, MMS_KIND_I16, int16_t, MMS_TYPE_I16)
SIGNED_TEST(i8, MMS_KIND_I8, int8_t, MMS_TYPE_I8)
#undef SIGNED_TEST

TEST_P(Kinds, FloatsKeepWhatTheyAreGiven)
{
    auto f = Make<mms_float>(MMS_KIND_FLOAT, "f");
    auto d = Make<mms_double>(MMS_KIND_DOUBLE, "d");
    mms_float_set(&f, 3.5f);
    mms_float_add(&f, -1.25f);
    mms_double_set(&d, 1e300);
    mms_double_add(&d, 1e300);
    EXPECT_EQ(Now("f").f, 2.25);
    EXPECT_EQ(Now("d").f, 2e300);
    EXPECT_EQ(mms_float_get(&f), 2.25f);
    EXPECT_EQ(mms_double_get(&d), 2e300);
    mms_double_set(&d, NAN);
    mms_float_set(&f, -INFINITY);
    EXPECT_TRUE(std::isnan(Now("d").f));
    EXPECT_EQ(Now("f").f, -INFINITY);
    EXPECT_EQ(Now("f").type, MMS_TYPE_F32);
    EXPECT_EQ(Now("d").type, MMS_TYPE_F64);
}

TEST_P(Kinds, BoolIsOneByteOfZeroOrOne)
{
    auto b = Make<mms_bool>(MMS_KIND_BOOL, "b");
    EXPECT_FALSE(Now("b").b);
    mms_bool_set(&b, true);
    EXPECT_TRUE(Now("b").b);
    EXPECT_TRUE(mms_bool_get(&b));
    EXPECT_EQ(ReadFile(mms_writer_path(writer_.get()))[Now("b").record.values], 1);
    mms_bool_set(&b, false);
    EXPECT_FALSE(Now("b").b);
}

// --- texts -----------------------------------------------------------------------------------------------------------

TEST_P(Kinds, StringIsCutAtAWholeCharacter)
{
    auto s = Make<mms_string>(MMS_KIND_STRING, "s", 20);
    EXPECT_EQ(Now("s").text, "");
    std::string euros;
    for (int i = 0; i < 10; i++)
        euros += "\xe2\x82\xac";
    mms_string_set(&s, euros.c_str());
    EXPECT_EQ(Now("s").text, euros.substr(0, 18));
    mms_string_set(&s, "12345678901234567890");
    EXPECT_EQ(Now("s").text, "12345678901234567890");
    mms_string_set(&s, "123456789012345678901");
    EXPECT_EQ(Now("s").text, "12345678901234567890");
    mms_string_set(&s, "a");
    EXPECT_EQ(Now("s").text, "a");
    mms_string_set_n(&s, "xy\0z", 4);
    EXPECT_EQ(Now("s").text, "xy");
    mms_string_set(&s, "");
    EXPECT_EQ(Now("s").text, "");
}

TEST_P(Kinds, StringIsWideWithASequenceInVersion2AndPlainBytesInVersion1)
{
    auto s = Make<mms_string>(MMS_KIND_STRING, "s", 21);
    const Field field = Now("s");
    if (version2()) {
        EXPECT_EQ(field.record.id, MMS_ID_WIDE_STRING);
        EXPECT_EQ(field.record.flags, MMS_FLAG_SEQUENCE);
        EXPECT_EQ(field.record.value_size, 24u);
        EXPECT_EQ(field.record.values % 8, 0u);
        EXPECT_EQ(field.record.sequence % 8, 0u);
    } else {
        EXPECT_EQ(field.record.layout, MMS_LAYOUT_UNBUFFERED);
        EXPECT_EQ(field.record.value_size, 21u);
    }
    EXPECT_EQ(s.max, 21u);
    for (int i = 0; i < 100; i++) {
        std::string text(size_t(i % 22), char('a' + i % 26));
        mms_string_set(&s, text.c_str());
        ASSERT_EQ(Now("s").text, text);
        if (version2()) { // R416
            const Bytes bytes = ReadFile(mms_writer_path(writer_.get()));
            ASSERT_EQ(mms_sequence_before(s.sequence), uint64_t(i) + 1);
            ASSERT_EQ(bytes[field.record.write_buffer], i % 2);
        }
    }
}

TEST_P(Kinds, StringsOfTheSmallestDefaultAndLargestSize)
{
    auto one = Make<mms_string>(MMS_KIND_STRING, "one", 1);
    auto usual = Make<mms_string>(MMS_KIND_STRING, "usual");
    auto largest = Make<mms_string>(MMS_KIND_STRING, "largest", MMS_LIMIT_STRING);
    std::string text(70000, 'x');
    mms_string_set(&one, text.c_str());
    mms_string_set(&usual, text.c_str());
    mms_string_set(&largest, text.c_str());
    EXPECT_EQ(Now("one").text, "x");
    EXPECT_EQ(Now("usual").text, text.substr(0, 255));
    EXPECT_EQ(Now("largest").text, text.substr(0, 65535));
    mms_string none;
    EXPECT_EQ(Add(writer_, MMS_KIND_STRING, "too large", &none, MMS_LIMIT_STRING + 1), -EINVAL);
    mms_string_set(&none, "works, in private memory");
    EXPECT_FALSE(Now().has("too large"));
}

// --- means -----------------------------------------------------------------------------------------------------------

TEST_P(Kinds, AverageIsTheMeanOfAll)
{
    auto a = Make<mms_average>(MMS_KIND_AVERAGE, "a");
    EXPECT_EQ(Now("a").f, 0);
    mms_average_add(&a, 1);
    EXPECT_EQ(Now("a").f, 1);
    mms_average copy = a; // means the same field
    mms_average_add(&copy, 2);
    EXPECT_EQ(Now("a").f, 1.5);
    mms_average_add(&a, 6);
    EXPECT_EQ(Now("a").f, 3);
    EXPECT_EQ(mms_average_get(&a), 3);
}

TEST_P(Kinds, MovingIsTheMeanOfTheLast)
{
    auto m = Make<mms_moving>(MMS_KIND_MOVING, "m", 3);
    const double means[] = {0, 0.5, 1, 2, 3, 4, 5, 6};
    for (int i = 0; i < 8; i++) {
        mms_moving_add(&m, i);
        EXPECT_EQ(Now("m").f, means[i]) << i;
        EXPECT_EQ(mms_moving_get(&m), means[i]);
    }
}

TEST_P(Kinds, MovingForgetsInfinityAndDrift)
{
    auto m = Make<mms_moving>(MMS_KIND_MOVING, "m", 4);
    for (double sample : {1e300, double(INFINITY), -1e300, 5.0})
        mms_moving_add(&m, sample);
    EXPECT_TRUE(std::isinf(mms_moving_get(&m)));
    for (int i = 0; i < 4; i++)
        mms_moving_add(&m, 0.1);
    EXPECT_EQ(mms_moving_get(&m), (0.1 + 0.1 + 0.1 + 0.1) / 4);
}

TEST_P(Kinds, MovingOfOneAndOfTheDefault)
{
    auto one = Make<mms_moving>(MMS_KIND_MOVING, "one", 1);
    auto usual = Make<mms_moving>(MMS_KIND_MOVING, "usual");
    for (int i = 1; i <= 150; i++) {
        mms_moving_add(&one, i);
        mms_moving_add(&usual, i);
    }
    EXPECT_EQ(Now("one").f, 150);
    EXPECT_EQ(Now("usual").f, 100.5); // of 51 to 150
    EXPECT_EQ(usual.state->size, 100u);
}

uint64_t fake_now;
uint64_t fake_clock()
{
    return fake_now;
}

TEST_P(Kinds, TimerAddsWhatPassedBetweenStartAndStop)
{
    mms_field field = FieldOf(MMS_KIND_TIMER, "t", 2);
    field.clock = fake_clock;
    mms_timer t;
    ASSERT_EQ(mms_writer_add(writer_.get(), &field, &t), 0);
    fake_now = 0; // a clock may begin at 0
    EXPECT_EQ(mms_timer_stop(&t), 0) << "it was not started";
    EXPECT_EQ(Now("t").f, 0);
    EXPECT_EQ(mms_timer_last(&t), 0);

    mms_timer_start(&t);
    fake_now = 2000000000;
    EXPECT_DOUBLE_EQ(mms_timer_last(&t), 2) << "so far";
    EXPECT_EQ(Now("t").f, 0) << "nothing is published while it runs";
    EXPECT_DOUBLE_EQ(mms_timer_stop(&t), 2);
    EXPECT_DOUBLE_EQ(Now("t").f, 2);
    EXPECT_EQ(mms_timer_stop(&t), 0) << "it was stopped before";
    EXPECT_DOUBLE_EQ(Now("t").f, 2);

    mms_timer_start(&t);
    fake_now += 1000000000;
    mms_timer_start(&t); // starts again
    fake_now += 500000000;
    EXPECT_DOUBLE_EQ(mms_timer_stop(&t), 0.5);
    EXPECT_DOUBLE_EQ(Now("t").f, 1.25);
    EXPECT_DOUBLE_EQ(mms_timer_last(&t), 0.5);

    mms_timer_add(&t, 4.5);
    EXPECT_DOUBLE_EQ(Now("t").f, 2.5) << "of the last two";
    uint64_t then = mms_timer_now(&t);
    fake_now -= 1000000000; // a clock that was set back
    EXPECT_DOUBLE_EQ(mms_timer_since(&t, then), -1);
    EXPECT_DOUBLE_EQ(mms_timer_get(&t), 1.75);
}

TEST_P(Kinds, TimerScopesEndHoweverTheyAreLeft)
{
    mms_field field = FieldOf(MMS_KIND_TIMER, "t", 10);
    field.clock = fake_clock;
    mms_timer t;
    ASSERT_EQ(mms_writer_add(writer_.get(), &field, &t), 0);
    fake_now = 1;
    auto leave = [&](int how) {
        MMS_TIMER_SCOPE(&t);
        fake_now += 1000000000;
        if (how == 0)
            return;
        MMS_TIMER_SCOPE(&t); // overlaps
        fake_now += 1000000000;
        if (how == 1)
            throw 1;
    };
    leave(0);
    EXPECT_EQ(t.moving.state->count, 1u);
    EXPECT_DOUBLE_EQ(mms_timer_get(&t), 1);
    EXPECT_THROW(leave(1), int);
    EXPECT_EQ(t.moving.state->count, 3u);
    EXPECT_DOUBLE_EQ(mms_timer_get(&t), 4.0 / 3);
}

TEST_P(Kinds, ClocksGoOn)
{
    for (mms_clock *clock : {mms_clock_monotonic, mms_clock_coarse, mms_clock_thread}) {
        uint64_t first = clock(), later = first;
        while (later == first)
            later = clock();
        EXPECT_GT(later, first);
    }
    auto t = Make<mms_timer>(MMS_KIND_TIMER, "t");
    EXPECT_EQ(t.clock, mms_clock_monotonic);
    EXPECT_EQ(t.moving.state->size, 100u);
}

// --- values that are there for good ----------------------------------------------------------------------------------

TEST_P(Kinds, StaticsHaveTheirValues)
{
    std::string euros;
    while (euros.size() <= MMS_LIMIT_STATIC_TEXT)
        euros += "\xe2\x82\xac";
    const mms_field fields[] = {
        MMS_STATIC_FLOAT(1.5, "f"),        MMS_STATIC_DOUBLE(-2.25, "d"),          MMS_STATIC_U32(4000000000u, "u32"),
        MMS_STATIC_I64(-9, "i64"),         MMS_STATIC_U64(UINT64_MAX, "u64"),      MMS_STATIC_TEXT("h\xc3\xa9llo", "t"),
        MMS_STATIC_TEXT("", "empty"),      MMS_STATIC_TEXT(euros.c_str(), "long"), MMS_STATIC_DOUBLE(7, "int"),
    };
    ASSERT_EQ(mms_writer_add_table(writer_.get(), fields, std::size(fields), nullptr), 0);
    const Decoded now = Now();
    EXPECT_EQ(now.at("f").f, 1.5);
    EXPECT_EQ(now.at("d").f, -2.25);
    EXPECT_EQ(now.at("u32").u, 4000000000u);
    EXPECT_EQ(now.at("i64").i, -9);
    EXPECT_EQ(now.at("u64").u, UINT64_MAX);
    EXPECT_EQ(now.at("t").text, "h\xc3\xa9llo");
    EXPECT_EQ(now.at("empty").text, "");
    EXPECT_EQ(now.at("long").text, euros.substr(0, 255)) << "85 characters of three bytes";
    EXPECT_EQ(now.at("int").f, 7);
    EXPECT_EQ(now.at("long").record.value_size, 256u);
}

TEST_P(Kinds, DefaultFieldsComeFirstAndSayWhoWrites)
{
    const Decoded now = Now();
    ASSERT_EQ(now.fields.size(), size_t(MMS_SYS_FIELDS));
    for (int i = 0; i < MMS_SYS_FIELDS; i++) {
        const mms_sys_field *sys = mms_sys_field_of(mms_sys(i));
        const mms_record &record = now.fields[size_t(i)].record;
        EXPECT_EQ(now.fields[size_t(i)].label, sys->label);
        if (version2()) {
            EXPECT_EQ(record.id, sys->id) << sys->label;
            EXPECT_EQ(record.metric, sys->metric) << sys->label;
        } else {
            std::string signature = Text(record.signature);
            EXPECT_EQ(signature.substr(signature.find_first_not_of(' ')), sys->signature);
        }
    }
    EXPECT_EQ(now.at("sys.pid").u, uint64_t(getpid()));
    EXPECT_EQ(now.at("sys.tid").i, gettid());
    EXPECT_EQ(now.at("sys.uid").u, getuid());
    EXPECT_EQ(now.at("sys.gid").u, getgid());
    EXPECT_NEAR(now.at("sys.created").f, double(time(nullptr)), 60);
    EXPECT_TRUE(now.at("sys.lock").b);
    EXPECT_EQ(now.at("org.mmstats.version").text, "1.0.0");
}

TEST_P(Kinds, MetricKindsAndOverrides)
{
    if (!version2())
        return;
    Make<mms_counter>(MMS_KIND_COUNTER, "c");
    Make<mms_u64>(MMS_KIND_U64, "g");
    Make<mms_timer>(MMS_KIND_TIMER, "t");
    Make<mms_string>(MMS_KIND_STRING, "s");
    mms_field field = FieldOf(MMS_KIND_DOUBLE, "when");
    field.metric = MMS_METRIC_TIMESTAMP;
    mms_double when;
    ASSERT_EQ(mms_writer_add(writer_.get(), &field, &when), 0);
    field.metric = MMS_METRICS; // none
    field.label = "none";
    EXPECT_EQ(mms_writer_add(writer_.get(), &field, &when), -EINVAL);
    const Decoded now = Now();
    EXPECT_EQ(now.at("c").record.metric, MMS_METRIC_COUNTER);
    EXPECT_EQ(now.at("g").record.metric, MMS_METRIC_GAUGE);
    EXPECT_EQ(now.at("t").record.metric, MMS_METRIC_DURATION);
    EXPECT_EQ(now.at("s").record.metric, MMS_METRIC_INFO);
    EXPECT_EQ(now.at("when").record.metric, MMS_METRIC_TIMESTAMP);
    EXPECT_EQ(now.metadata.at("t"), "unit=seconds");
}

INSTANTIATE_TEST_SUITE_P(Formats, Kinds, ::testing::Values(MMS_OUTPUT_V2, MMS_OUTPUT_V1, MMS_OUTPUT_V1_PACKED));

} // namespace
