// SPDX-License-Identifier: MIT
//
// Fields that one access does not read whole, and transactions: what is published, in every format; what is taken up,
// reset and begun again; what is refused.
#include <sys/resource.h>

#include <thread>

#include "writer/testing.h"

namespace {

using namespace mms_testing;

struct Mean {
    double sum;
    uint64_t count;
    uint32_t last;
};

struct Format {
    mms_output output;
    unsigned flags;
};

mms_field StructField(const char *label, size_t size = sizeof(Mean), const char *signature = "dQI")
{
    mms_field field = FieldOf(MMS_KIND_STRUCT, label, size);
    field.text = signature;
    return field;
}

mms_field HistogramField(const char *label, unsigned sub_bits, unsigned max_bits)
{
    mms_field field = FieldOf(MMS_KIND_HISTOGRAM, label, sub_bits + 256 * max_bits);
    field.number = 0.5;
    return field;
}

Mean MeanOf(double sum, uint64_t count, uint32_t last)
{
    Mean mean;
    memset(&mean, 0, sizeof mean); // its padding, too, gets into the file
    mean.sum = sum, mean.count = count, mean.last = last;
    return mean;
}

// All elementary values of the newest value: of a tuple, or of all slots in the order that readers show.
std::vector<double> ItemsOf(const Decoded &now, const char *label)
{
    const mms_record &record = now.at(label).record;
    const uint8_t *bytes = now.bytes->data();
    std::vector<double> numbers;
    size_t first = 0, count = record.slots;
    if (record.layout == MMS_LAYOUT_BUFFERED || record.layout == MMS_LAYOUT_STRUCT) {
        first = Newest(record, *now.bytes);
        count = 1;
    } else if (record.layout == MMS_LAYOUT_ARRAY) {
        uint16_t offset;
        uint64_t sequence;
        memcpy(&offset, bytes + record.write_buffer, 2);
        memcpy(&sequence, bytes + record.sequence, 8);
        count = std::min<uint64_t>(sequence, record.slots - 1);
        first = (offset + record.slots - count) % record.slots;
    }
    for (size_t i = 0; i < count; i++) {
        mms_items items;
        mms_value value;
        mms_items_begin(&items, &record, bytes + record.values + (first + i) % record.slots * record.value_size);
        while (mms_items_next(&items, &value))
            switch (mms_class_of(value.type)) {
            case MMS_CLASS_FLOAT: numbers.push_back(value.f); break;
            case MMS_CLASS_INT: numbers.push_back(double(value.i)); break;
            default: numbers.push_back(double(value.u));
            }
    }
    return numbers;
}

uint64_t SequenceOf(const Decoded &now, const char *label)
{
    uint64_t sequence;
    memcpy(&sequence, now.bytes->data() + now.at(label).record.sequence, 8);
    return sequence;
}

uint64_t GenerationOf(const std::string &path)
{
    return DecodeFile(path).at("sys.generation").u;
}

using Numbers = std::vector<double>;

class Wide : public ::testing::TestWithParam<Format> {
protected:
    Wide() : writer_(Make()) {}

    Writer Make(unsigned flags = 0)
    {
        mms_options options = Options(directory_, "x.mmstats");
        options.output = GetParam().output;
        options.flags = GetParam().flags | flags;
        return New(options);
    }
    void Open() { ASSERT_EQ(mms_writer_open(writer_.get()), 0) << mms_writer_error(writer_.get()); }
    int AddField(const mms_field &field, void *handle) { return mms_writer_add(writer_.get(), &field, handle); }
    Decoded Now() const { return DecodeFile(directory_ / "x.mmstats"); }

    bool version2() const { return GetParam().output == MMS_OUTPUT_V2; }
    bool packed() const { return GetParam().output == MMS_OUTPUT_V1_PACKED; }
    bool counted() const { return GetParam().flags & MMS_SEQUENCE; }

    Directory directory_;
    Writer writer_;
};

TEST_P(Wide, StructIsPublishedAsOne)
{
    Open();
    mms_struct handle;
    ASSERT_EQ(AddField(StructField("m"), &handle), 0);
    EXPECT_EQ(ItemsOf(Now(), "m"), (Numbers{0, 0, 0}));
    for (unsigned i = 1; i <= 5; i++) {
        Mean mean = MeanOf(i * 1.5, i, 100 + i);
        mms_struct_set(&handle, &mean, sizeof mean);
        EXPECT_EQ(ItemsOf(Now(), "m"), (Numbers{i * 1.5, double(i), 100.0 + i}));
        Mean got = MeanOf(0, 0, 0);
        mms_struct_get(&handle, &got, sizeof got);
        EXPECT_EQ(got.sum, i * 1.5);
        EXPECT_EQ(got.last, 100 + i);
    }
    const mms_record record = Now().at("m").record;
    EXPECT_EQ(record.slots, 2u);
    EXPECT_EQ(record.value_size, packed() ? 20u : 24u);
    if (!packed()) {
        EXPECT_EQ(record.values % 8, 0u);
    }
    EXPECT_EQ(record.sequence != 0, version2());
}

// What does not fit is left out: nothing around the value is touched.
TEST_P(Wide, StructOfAnotherSize)
{
    Open();
    mms_struct handle;
    mms_u64 neighbour;
    ASSERT_EQ(AddField(StructField("m"), &handle), 0);
    ASSERT_EQ(Add(writer_, MMS_KIND_U64, "n", &neighbour), 0);
    mms_u64_set(&neighbour, 7);
    Mean large[40];
    memset(static_cast<void *>(large), 0xff, sizeof large);
    mms_struct_set(&handle, large, sizeof large);
    mms_struct_set(&handle, large, sizeof large);
    EXPECT_EQ(Now().at("n").u, 7u);
    EXPECT_EQ(ItemsOf(Now(), "m")[2], double(UINT32_MAX));
    char one = 1;
    mms_struct_set(&handle, &one, 1);
    mms_struct_get(&handle, large, sizeof large);
    EXPECT_EQ(mms_u64_get(&neighbour), 7u);
}

TEST_P(Wide, StructsThatAreNone)
{
    mms_struct handle;
    const std::string many(2000, 'b');
    for (const mms_field &field :
         {StructField("a", 24, nullptr), StructField("a", 24, ""), StructField("a", 24, "dQ"),
          StructField("a", 20, "dQI"), StructField("a", 20, "=dQI"), StructField("a", 24, "@dQI"),
          StructField("a", 0, "0s"),
          StructField("a", 8, "x"), StructField("a", 8, "8"), StructField("a", 65536, "65536s"),
          StructField("a", 2000, many.c_str())}) {
        EXPECT_EQ(AddField(field, &handle), -EINVAL) << (field.text ? field.text : "NULL");
        Mean mean = MeanOf(1, 2, 3);
        mms_struct_set(&handle, &mean, sizeof mean); // private memory, or no memory at all
    }
    EXPECT_EQ(AddField(StructField("a", 65535, "65535s"), &handle), 0);
    EXPECT_EQ(AddField(StructField("b", 1000, std::string(1000, 'b').c_str()), &handle), 0);
    EXPECT_EQ(AddField(StructField("c", 8, "I 3x ?"), &handle), 0);
    Open();
    EXPECT_EQ(ItemsOf(Now(), "c"), (Numbers{0, 0}));
}

TEST_P(Wide, RingShowsTheNewestElements)
{
    mms_ring_u32 u32;
    mms_ring_u64 u64;
    mms_ring_double f64;
    int expected = version2() ? 0 : -ENOTSUP;
    EXPECT_EQ(Add(writer_, MMS_KIND_RING_U32, "u32", &u32, 4), expected);
    EXPECT_EQ(Add(writer_, MMS_KIND_RING_U64, "u64", &u64, 1), expected);
    Open();
    EXPECT_EQ(Add(writer_, MMS_KIND_RING_DOUBLE, "f64", &f64, 65535), expected);
    for (unsigned n = 1; n <= 11; n++) {
        mms_ring_u32_add(&u32, n);
        mms_ring_u64_add(&u64, n);
        mms_ring_double_add(&f64, n / 2.0);
        if (!version2())
            continue;
        Numbers last, all;
        for (unsigned i = n < 4 ? 1 : n - 3; i <= n; i++)
            last.push_back(i);
        for (unsigned i = 1; i <= n; i++)
            all.push_back(i / 2.0);
        const Decoded now = Now();
        EXPECT_EQ(ItemsOf(now, "u32"), last);
        EXPECT_EQ(ItemsOf(now, "u64"), Numbers{double(n)});
        EXPECT_EQ(ItemsOf(now, "f64"), all);
        EXPECT_EQ(SequenceOf(now, "u32"), n);
    }
}

TEST_P(Wide, RingsThatAreNone)
{
    mms_ring_u32 ring;
    for (size_t size : {size_t(0), size_t(65536), SIZE_MAX}) {
        EXPECT_EQ(Add(writer_, MMS_KIND_RING_U32, "r", &ring, size), version2() ? -EINVAL : -ENOTSUP);
        for (uint32_t i = 0; i < 10; i++)
            mms_ring_u32_add(&ring, i);
    }
}

// A write offset that is none, in a file that someone else wrote into.
TEST(Ring, OffsetOutOfBounds)
{
    alignas(8) uint64_t elements[6] = {};
    uint64_t sequence = 0;
    uint16_t offset = 4;
    elements[4] = 99;
    mms_ring_add_64(elements, 4, &offset, &sequence, 1);
    EXPECT_EQ(elements[0], 1u);
    EXPECT_EQ(elements[4], 99u);
    EXPECT_EQ(offset, 1u);
}

TEST_P(Wide, HistogramCounts)
{
    Open();
    mms_histogram handle;
    ASSERT_EQ(AddField(HistogramField("h", 1, 3), &handle), version2() ? 0 : -ENOTSUP);
    for (uint64_t sample : {0, 3, 3, 5, 7, 100})
        mms_histogram_add(&handle, sample);
    if (!version2())
        return;
    const Decoded now = Now();
    EXPECT_EQ(ItemsOf(now, "h"), (Numbers{1, 0, 0, 2, 1, 1, 1})); // as in the worked example
    EXPECT_EQ(SequenceOf(now, "h"), 6u);
    EXPECT_EQ(now.at("h").record.scale, 0.5);
    uint64_t sum;
    memcpy(&sum, now.bytes->data() + now.at("h").record.values - 8, 8);
    EXPECT_EQ(sum, 118u);
}

// R417, for all parameters: buckets follow each other, each as wide as it is said to be, to the last sample.
TEST(Histogram, BucketsOfAllParameters)
{
    for (unsigned sub = 0; sub <= 16; sub++)
        for (unsigned max = sub; max <= 64; max++) {
            mms_record record = {};
            record.id = MMS_ID_HISTOGRAM;
            record.sub_bits = uint8_t(sub), record.max_bits = uint8_t(max);
            ASSERT_EQ(mms_record_layout(&record, 2, 1), 0);
            ASSERT_EQ(mms_histogram_bucket(sub, max, 0), 0u);
            ASSERT_EQ(mms_histogram_bucket(sub, max, UINT64_MAX), record.slots - (max < 64 ? 1 : 2));
            if (max < 64) {
                ASSERT_EQ(mms_histogram_bucket(sub, max, uint64_t(1) << max), record.slots - 1);
            }
            for (unsigned power = sub; power < max; power++) {
                const uint64_t begin = uint64_t(1) << power, width = uint64_t(1) << (power - sub);
                const size_t first = mms_histogram_bucket(sub, max, begin);
                ASSERT_EQ(first, (size_t(power - sub) + 1) << sub);
                ASSERT_EQ(mms_histogram_bucket(sub, max, begin - 1), first - 1);
                ASSERT_EQ(mms_histogram_bucket(sub, max, begin + width - 1), first);
                ASSERT_EQ(mms_histogram_bucket(sub, max, 2 * begin - 1), first + (size_t(1) << sub) - 1);
            }
        }
}

TEST_P(Wide, HistogramsThatAreNone)
{
    mms_histogram handle;
    for (const mms_field &field : {HistogramField("h", 17, 20), HistogramField("h", 5, 4), HistogramField("h", 0, 65),
                                   FieldOf(MMS_KIND_HISTOGRAM, "h", 1 << 16)}) {
        EXPECT_EQ(AddField(field, &handle), version2() ? -EINVAL : -ENOTSUP);
        mms_histogram_add(&handle, UINT64_MAX); // memory that nobody reads
    }
}

TEST_P(Wide, TransactionsMarkWhatBelongsTogether)
{
    Open();
    mms_transaction transaction, second;
    const mms_field field = FieldOf(MMS_KIND_TRANSACTION, MMS_LABEL_GENERATION);
    ASSERT_EQ(AddField(field, &transaction), packed() ? -ENOTSUP : 0);
    EXPECT_EQ(AddField(field, &second), packed() ? -ENOTSUP : -EEXIST);
    EXPECT_EQ(AddField(FieldOf(MMS_KIND_TRANSACTION, "another"), &second), -EINVAL) << "no reader looks at it";
    mms_transaction_end(&transaction);
    mms_transaction_begin(&transaction);
    if (packed())
        return;
    const std::string path = directory_ / "x.mmstats";
    EXPECT_EQ(GenerationOf(path), 1u);
    mms_transaction_begin(&transaction); // no nesting
    EXPECT_EQ(GenerationOf(path), 1u);
    mms_transaction_end(&transaction);
    EXPECT_EQ(GenerationOf(path), 2u);
    mms_transaction_end(&transaction);
    EXPECT_EQ(GenerationOf(path), 2u);
    const Field generation = Now().at("sys.generation");
    EXPECT_EQ(generation.record.values % 8, 0u);
    EXPECT_EQ(generation.record.id, version2() ? MMS_ID_GENERATION : 0);
}

// R512: first in the file, and counting what one access does not read.
TEST_P(Wide, SequenceOfTheFile)
{
    mms_string text;
    mms_struct pair;
    mms_u64 number;
    ASSERT_EQ(Add(writer_, MMS_KIND_STRING, "s", &text, 9), 0);
    ASSERT_EQ(AddField(StructField("m"), &pair), 0);
    ASSERT_EQ(Add(writer_, MMS_KIND_U64, "n", &number), 0);
    Open();
    EXPECT_EQ(Now().has("sys.sequence"), counted());
    if (!counted())
        return;
    EXPECT_EQ(Now().at("sys.sequence").record.offset, 1u);
    EXPECT_EQ(Now().at("sys.sequence").record.values % 8, 0u);
    uint64_t expected = 0;
    for (int i = 0; i < 3; i++) {
        mms_string_set(&text, std::string(size_t(i), 'x').c_str());
        EXPECT_EQ(Now().at("s").text, std::string(size_t(i), 'x'));
        Mean mean = MeanOf(i, 0, 0);
        mms_struct_set(&pair, &mean, sizeof mean);
        mms_u64_add(&number, 1);
        expected += 2;
        EXPECT_EQ(Now().at("sys.sequence").u, expected);
    }
    EXPECT_EQ(Now().at("s").record.slots, 2u);
    EXPECT_EQ(Now().at("s").record.value_size, 16u);
    EXPECT_EQ(Now().at("s").record.values % 8, 0u);
}

TEST(Options, SequenceIsNotForPackedFiles)
{
    Directory directory;
    mms_options options = Options(directory, "x.mmstats");
    options.output = MMS_OUTPUT_V1_PACKED;
    options.flags = MMS_SEQUENCE;
    mms_writer *writer = nullptr;
    EXPECT_EQ(mms_writer_new(&options, &writer), -EINVAL);
}

// --- a dead writer's file is taken up --------------------------------------------------------------------------------

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

// --- the instance's owner changes, or the process ---------------------------------------------------------------------

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

const Format formats[] = {
    {MMS_OUTPUT_V2, 0}, {MMS_OUTPUT_V1, 0}, {MMS_OUTPUT_V1, MMS_SEQUENCE}, {MMS_OUTPUT_V1_PACKED, 0}};
INSTANTIATE_TEST_SUITE_P(Formats, Wide, ::testing::ValuesIn(formats));
INSTANTIATE_TEST_SUITE_P(Formats, Taken, ::testing::ValuesIn(formats));

} // namespace
