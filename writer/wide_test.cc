// SPDX-License-Identifier: MIT
//
// Fields that one access does not read whole, and transactions: what is published, in every format, and what is refused.
#include "writer/wide_testing.h"

namespace {

using namespace mms_testing;

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

INSTANTIATE_TEST_SUITE_P(Formats, Wide, ::testing::ValuesIn(wide_formats));

} // namespace
