// SPDX-License-Identifier: MIT
//
// Whose fields change hands: the file of a dead writer is taken up (R517), a thread's instance goes to the next, a child
// begins anew.
#include <sys/resource.h>

#include <thread>

#include "writer/wide_testing.h"

namespace {

using namespace mms_testing;

// --- a dead writer's file is taken up ----------------------------------------------------------------------------

struct All {
    mms_struct mean;
    mms_string text;
    mms_counter counter;
    mms_ring_u32 ring;
    mms_histogram histogram;
    mms_transaction transaction;
};

class Taken : public Wide {
protected:
    // build: a static text, which differs from program to program.
    Writer MakeAll(All *all, const char *build)
    {
        Writer writer = Make(MMS_RESUME);
        EXPECT_EQ(Add(writer, MMS_KIND_COUNTER, "c", &all->counter), 0);
        EXPECT_EQ(Add(writer, MMS_KIND_STRING, "s", &all->text, 20), 0);
        const mms_field fields[] = {StructField("m"), HistogramField("h", 1, 3)};
        EXPECT_EQ(mms_writer_add(writer.get(), &fields[0], &all->mean), 0);
        Add(writer, MMS_KIND_TRANSACTION, MMS_LABEL_GENERATION, &all->transaction);
        Add(writer, MMS_KIND_RING_U32, "r", &all->ring, 4);
        mms_writer_add(writer.get(), &fields[1], &all->histogram);
        mms_field text = FieldOf(MMS_KIND_STATIC_TEXT, "build");
        text.text = build;
        EXPECT_EQ(mms_writer_add(writer.get(), &text, nullptr), 0);
        return writer;
    }
    static void Update(All *all, uint32_t n, const char *text)
    {
        mms_counter_add(&all->counter, n);
        mms_string_set(&all->text, text);
        Mean mean = MeanOf(n, n, n);
        mms_struct_set(&all->mean, &mean, sizeof mean);
        for (uint32_t i = 0; i < 3; i++)
            mms_ring_u32_add(&all->ring, n + i);
        mms_histogram_add(&all->histogram, n % 4);
    }
    // A writer that dies in a transaction, in a sample, in an addition, and in the publication of a text.
    void Die(const char *build)
    {
        EXPECT_TRUE(InChild([&] {
            All all;
            Writer writer = MakeAll(&all, build);
            EXPECT_EQ(mms_writer_open(writer.get()), 0);
            Update(&all, 40, "theirs");
            mms_transaction_begin(&all.transaction);
            all.histogram.buckets[1]++;
            if (version2()) { // element and offset, and no sequence
                uint16_t *offset = all.ring.ring.offset;
                static_cast<uint32_t *>(all.ring.ring.elements)[*offset] = 99;
                *offset = uint16_t((*offset + 1) % all.ring.ring.slots);
            }
            if (counted()) // value and flip, and no sequence
                mms_flip_store(all.text.slot, all.text.stride, "theirs, too", 11);
            writer.release();
        }));
    }
    // By another file, where the write offset is this one.
    void Replaced(uint8_t bad);

    void Check(uint64_t sequences)
    {
        const Decoded now = Now();
        EXPECT_EQ(now.at("c").u, 42u);
        EXPECT_EQ(now.at("s").text, "ours");
        EXPECT_EQ(ItemsOf(now, "m"), (Numbers{2, 2, 2}));
        if (counted()) {
            EXPECT_EQ(now.at("sys.sequence").u, sequences) << "R517: on by one before anything else";
        }
        if (!packed()) {
            EXPECT_EQ(now.at("sys.generation").u, 2u);
        }
        if (!version2())
            return;
        EXPECT_EQ(ItemsOf(now, "r"), (Numbers{99, 2, 3, 4}));
        EXPECT_EQ(ItemsOf(now, "h"), (Numbers{1, 1, 1, 0, 0, 0, 0}));
        EXPECT_EQ(SequenceOf(now, "h"), 3u) << "R417: the sample that was under way counts";
        EXPECT_EQ(SequenceOf(now, "r"), 7u) << "R517: the element that was under way counts";
    }
};

TEST_P(Taken, GoesOn)
{
    Die("1");
    All all;
    Writer writer = MakeAll(&all, "1");
    Update(&all, 2, "ours");
    ASSERT_EQ(mms_writer_open(writer.get()), 0) << mms_writer_error(writer.get());
    Check(5);
    Update(&all, 1, "more");
    EXPECT_EQ(Now().at("s").text, "more");
    EXPECT_EQ(Now().at("c").u, 43u);
}

TEST_P(Taken, GoesOnInAnotherFile)
{
    Die("1");
    All all;
    Writer writer = MakeAll(&all, "2");
    Update(&all, 2, "ours");
    ASSERT_EQ(mms_writer_open(writer.get()), 0) << mms_writer_error(writer.get());
    Check(5);
    EXPECT_EQ(Now().at("build").text, "2");
    Update(&all, 1, "more");
    EXPECT_EQ(Now().at("s").text, "more");
    EXPECT_EQ(directory_.List(), std::vector<std::string>{"x.mmstats"});
}

// The dead writer was adding fields, which nobody could see yet: what is added now is not mixed with them (R506).
TEST_P(Taken, RecordsThatWereNotPublished)
{
    Die("1");
    const std::string path = directory_ / "x.mmstats";
    Bytes bytes = ReadFile(path);
    mms_scan scan;
    mms_record record;
    ASSERT_EQ(mms_scan_begin(&scan, bytes.data(), bytes.size(), MMS_ORDER_NATIVE, nullptr), 0);
    while (mms_scan_next(&scan, &record, nullptr) != 0) {
    }
    const size_t hidden = scan.offset + (version2() ? 4 : 2);
    std::fill(bytes.begin() + long(hidden), bytes.end(), uint8_t(0xa5));
    WriteFile(path, bytes);
    All all;
    Writer writer = MakeAll(&all, "1");
    Update(&all, 2, "ours");
    ASSERT_EQ(mms_writer_open(writer.get()), 0) << mms_writer_error(writer.get());
    Check(5);
    mms_u16 added;
    for (const char *label : {"added", "too"})
        ASSERT_EQ(Add(writer, MMS_KIND_U16, label, &added), 0);
    mms_u16_set(&added, 7);
    bytes = ReadFile(path);
    EXPECT_EQ(mms_check(bytes.data(), bytes.size(), MMS_ORDER_NATIVE, nullptr), 0);
    EXPECT_EQ(Now().at("too").u, 7u);
    EXPECT_EQ(Now().at("added").u, 0u);
}

// There is no room for the other file: the old one keeps its values, and they are not counted twice later.
TEST_P(Taken, NoRoomForAnotherFile)
{
    Die("1");
    const Bytes before = ReadFile(directory_ / "x.mmstats");
    All all;
    Writer writer = MakeAll(&all, "2");
    Update(&all, 2, "ours");
    rlimit old, none = {0, RLIM_INFINITY};
    getrlimit(RLIMIT_FSIZE, &old);
    none.rlim_max = old.rlim_max;
    setrlimit(RLIMIT_FSIZE, &none);
    EXPECT_EQ(mms_writer_open(writer.get()), -EFBIG);
    setrlimit(RLIMIT_FSIZE, &old);
    EXPECT_EQ(ReadFile(directory_ / "x.mmstats"), before);
    EXPECT_EQ(mms_counter_get(&all.counter), 2u);
    ASSERT_EQ(mms_writer_open(writer.get()), 0) << mms_writer_error(writer.get());
    Check(5);
}

// Numbers of every width, and counters of every class; a ring of which one has more than the other, and a histogram
// without a sample.
TEST_P(Taken, NumbersOfEveryType)
{
    struct Every {
        mms_u16 u16, hits16;
        mms_i32 i32;
        mms_i8 i8;
        mms_float f32, sum32;
        mms_double f64, sum64;
        mms_ring_u64 ring;
        mms_histogram histogram;
    };
    auto make = [&](Every *every) {
        Writer writer = Make(MMS_RESUME);
        auto add = [&](mms_kind kind, const char *label, void *handle, uint8_t metric, size_t size) {
            mms_field field = FieldOf(kind, label, size);
            field.metric = metric;
            return mms_writer_add(writer.get(), &field, handle);
        };
        EXPECT_EQ(add(MMS_KIND_U16, "u16", &every->u16, 0, 0), 0);
        EXPECT_EQ(add(MMS_KIND_U16, "hits16", &every->hits16, MMS_METRIC_COUNTER, 0), 0);
        EXPECT_EQ(add(MMS_KIND_I32, "i32", &every->i32, 0, 0), 0);
        EXPECT_EQ(add(MMS_KIND_I8, "i8", &every->i8, 0, 0), 0);
        EXPECT_EQ(add(MMS_KIND_FLOAT, "f32", &every->f32, 0, 0), 0);
        EXPECT_EQ(add(MMS_KIND_FLOAT, "sum32", &every->sum32, MMS_METRIC_COUNTER, 0), 0);
        EXPECT_EQ(add(MMS_KIND_DOUBLE, "f64", &every->f64, 0, 0), 0);
        EXPECT_EQ(add(MMS_KIND_DOUBLE, "sum64", &every->sum64, MMS_METRIC_COUNTER, 0), 0);
        EXPECT_EQ(add(MMS_KIND_RING_U64, "ring", &every->ring, 0, 4), version2() ? 0 : -ENOTSUP);
        mms_field histogram = HistogramField("histogram", 1, 3);
        EXPECT_EQ(mms_writer_add(writer.get(), &histogram, &every->histogram), version2() ? 0 : -ENOTSUP);
        return writer;
    };
    auto update = [](Every *every, int n) {
        mms_u16_set(&every->u16, uint16_t(n));
        mms_u16_add(&every->hits16, uint16_t(n));
        mms_i32_set(&every->i32, -n);
        mms_i8_set(&every->i8, int8_t(-n));
        mms_float_set(&every->f32, float(n) + 0.5f);
        mms_float_add(&every->sum32, float(n) + 0.5f);
        mms_double_set(&every->f64, n + 0.25);
        mms_double_add(&every->sum64, n + 0.25);
    };
    EXPECT_TRUE(InChild([&] {
        Every every;
        Writer writer = make(&every);
        EXPECT_EQ(mms_writer_open(writer.get()), 0);
        update(&every, 40);
        for (uint64_t i = 1; i <= 9; i++)
            mms_ring_u64_add(&every.ring, i);
        mms_histogram_add(&every.histogram, 2);
        writer.release();
    }));
    Every every;
    Writer writer = make(&every);
    update(&every, 2);
    mms_ring_u64_add(&every.ring, uint64_t(1) << 40);
    ASSERT_EQ(mms_writer_open(writer.get()), 0) << mms_writer_error(writer.get());
    const Decoded now = Now();
    EXPECT_EQ(now.at("u16").u, 2u);
    EXPECT_EQ(now.at("hits16").u, 42u);
    EXPECT_EQ(now.at("i32").i, -2);
    EXPECT_EQ(now.at("i8").i, -2);
    EXPECT_EQ(now.at("f32").f, 2.5);
    EXPECT_EQ(now.at("sum32").f, 43);
    EXPECT_EQ(now.at("f64").f, 2.25);
    EXPECT_EQ(now.at("sum64").f, 42.5);
    if (version2()) {
        EXPECT_EQ(ItemsOf(now, "ring"), (Numbers{7, 8, 9, double(uint64_t(1) << 40)}));
        EXPECT_EQ(ItemsOf(now, "histogram"), (Numbers{0, 0, 1, 0, 0, 0, 0}));
        EXPECT_EQ(SequenceOf(now, "histogram"), 1u);
    }
}

// A write offset that is none, or another one than the sequence says, is no ring to go on with.
TEST_P(Taken, RingThatIsNone)
{
    for (uint8_t bad : {uint8_t(5), uint8_t(1), uint8_t(255)})
        if (version2())
            Replaced(bad);
}

void Taken::Replaced(uint8_t bad)
{
    Die("1");
    Bytes bytes = ReadFile(directory_ / "x.mmstats");
    bytes[Now().at("r").record.write_buffer] = bad;
    const std::string path = directory_ / "x.mmstats";
    unlink(path.c_str());
    WriteFile(path, bytes);
    All all;
    Writer writer = MakeAll(&all, "1");
    ASSERT_EQ(mms_writer_open(writer.get()), 0) << mms_writer_error(writer.get());
    EXPECT_EQ(Now().at("c").u, 0u) << int(bad);
}

// --- the instance's owner changes, or the process ----------------------------------------------------------------

const mms_field all_fields[] = {
    MMS_COUNTER(All, counter, "c"),          MMS_STRING(All, text, 20, "s"),
    MMS_STRUCT(All, mean, Mean, "dQI", "m"), MMS_RING_U32(All, ring, 4, "r"),
    MMS_HISTOGRAM(All, histogram, 1, 3, 0.5, "h"), MMS_TRANSACTION(All, transaction),
};

TEST(Instance, NextThreadGoesOnWithRingAndHistogram)
{
    Directory directory;
    static mms_options options;
    options = Options(directory, "y.mmstats");
    static All spare;
    static mms_model model = {"all", all_fields, std::size(all_fields), sizeof(All), &spare, &options, nullptr, false};
    std::thread([&] {
        All *all = static_cast<All *>(mms_get(&model));
        Mean mean = MeanOf(1, 2, 3);
        mms_struct_set(&all->mean, &mean, sizeof mean);
        mms_ring_u32_add(&all->ring, 5);
        mms_histogram_add(&all->histogram, 2);
        mms_transaction_begin(&all->transaction); // and never ends it
    }).join();
    EXPECT_EQ(DecodeFile(directory / "y.mmstats").at("sys.generation").u, 2u);
    std::thread([&] { mms_get(&model); }).join();
    EXPECT_EQ(DecodeFile(directory / "y.mmstats").at("sys.generation").u, 6u) << "an end is of one moment";
    std::thread([&] {
        mms_get(&model);
        const Decoded now = DecodeFile(directory / "y.mmstats");
        EXPECT_EQ(ItemsOf(now, "m"), (Numbers{0, 0, 0}));
        EXPECT_EQ(ItemsOf(now, "r"), Numbers{5});
        EXPECT_EQ(ItemsOf(now, "h"), (Numbers{0, 0, 1, 0, 0, 0, 0}));
    }).join();
    mms_model_remove(&model);
}

TEST(Instance, ChildBeginsAtZero)
{
    Directory directory;
    static mms_options options;
    options = Options(directory, "z-{PID}.mmstats");
    static All spare;
    static mms_model model = {"all", all_fields, std::size(all_fields), sizeof(All), &spare, &options, nullptr, false};
    All *all = static_cast<All *>(mms_get(&model));
    Mean mean = MeanOf(1, 2, 3);
    mms_struct_set(&all->mean, &mean, sizeof mean);
    for (uint32_t i = 0; i < 3; i++)
        mms_ring_u32_add(&all->ring, 5 + i);
    mms_histogram_add(&all->histogram, 2);
    EXPECT_TRUE(InChild([&] {
        const std::string path = mms_writer_path(mms_model_writer(&model));
        Decoded now = DecodeFile(path);
        EXPECT_EQ(ItemsOf(now, "m"), (Numbers{0, 0, 0}));
        EXPECT_EQ(ItemsOf(now, "r"), Numbers{});
        EXPECT_EQ(ItemsOf(now, "h"), Numbers(7, 0));
        EXPECT_EQ(SequenceOf(now, "h"), 0u);
        EXPECT_EQ((*now.bytes)[now.at("m").record.write_buffer], 1) << "R416";
        mms_struct_set(&all->mean, &mean, sizeof mean);
        mms_ring_u32_add(&all->ring, 9);
        now = DecodeFile(path);
        EXPECT_EQ(ItemsOf(now, "m"), (Numbers{1, 2, 3}));
        EXPECT_EQ(ItemsOf(now, "r"), Numbers{9});
        mms_model_remove(&model);
    }));
    EXPECT_EQ(ItemsOf(DecodeFile(mms_writer_path(mms_model_writer(&model))), "r"), (Numbers{5, 6, 7}));
    mms_model_remove(&model);
}

INSTANTIATE_TEST_SUITE_P(Formats, Taken, ::testing::ValuesIn(wide_formats));

} // namespace
