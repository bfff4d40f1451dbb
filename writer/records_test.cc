// SPDX-License-Identifier: MIT
//
// Where records are, byte by byte: alignment, packed records, tables, labels, limits.
#include "writer/testing.h"

namespace {

using namespace mms_testing;

size_t alignment_of(const Field &field)
{
    switch (field.record.layout) {
    case MMS_LAYOUT_WIDE: return 8;
    default: return field.type == MMS_TYPE_TEXT ? 1 : field.record.value_size;
    }
}

struct Everything {
    mms_i8 a;
    mms_counter b;
    mms_bool c;
    mms_u16 d;
    mms_i8 e;
    mms_float f;
    mms_string g;
    mms_double h;
    mms_i16 i;
    mms_timer j;
    mms_moving k;
    mms_average l;
    mms_u32 m;
    mms_i32 n;
    mms_u64 o;
    mms_i64 p;
    mms_i8 q;
};

// --- alignment (R505) ------------------------------------------------------------------------------------------------

class Alignment : public ::testing::TestWithParam<mms_output> {};

TEST_P(Alignment, HoldsForEveryLengthOfLabel)
{
    Directory directory;
    mms_options options = Options(directory, "a.mmstats");
    options.output = GetParam();
    std::string prefix;
    for (size_t length = 1; length <= 41; length++) {
        prefix = std::string(length - 1, 'p');
        options.prefix = prefix.c_str();
        const std::string unit(length % 9, 'u');
        const char *u = length % 3 ? unit.c_str() : nullptr;
        const mms_field fields[] = {
            MMS_I8(Everything, a, "a"),       MMS_COUNTER(Everything, b, "b", u), MMS_BOOL(Everything, c, "c"),
            MMS_U16(Everything, d, "d"),      MMS_I8(Everything, e, "e", u, "h"), MMS_FLOAT(Everything, f, "f"),
            MMS_STRING(Everything, g, length, "g", u), MMS_DOUBLE(Everything, h, "h"), MMS_I16(Everything, i, "i", u),
            MMS_TIMER(Everything, j, "j"),    MMS_MOVING(Everything, k, 3, "k"), MMS_AVERAGE(Everything, l, "l"),
            MMS_U32(Everything, m, "m"),      MMS_I32(Everything, n, "n", u),    MMS_U64(Everything, o, "o"),
            MMS_I64(Everything, p, "p"),      MMS_I8(Everything, q, "last"), // ends anywhere
        };
        Everything handles;
        Writer writer = New(options);
        ASSERT_EQ(mms_writer_add_table(writer.get(), fields, std::size(fields), &handles), 0);
        ASSERT_EQ(mms_writer_open(writer.get()), 0) << mms_writer_error(writer.get());
        const std::string path = mms_writer_path(writer.get());
        const Bytes bytes = ReadFile(path);
        const Decoded decoded = Decode(bytes);
        ASSERT_EQ(decoded.fields.size(), MMS_SYS_FIELDS + std::size(fields));
        for (const Field &field : decoded.fields) {
            size_t alignment = GetParam() == MMS_OUTPUT_V1_PACKED ? 1 : alignment_of(field);
            EXPECT_EQ(field.record.values % alignment, 0u) << field.label << " of " << length;
            if (field.record.layout == MMS_LAYOUT_WIDE) {
                EXPECT_EQ(field.record.value_size % 8, 0u);
            }
        }
        EXPECT_EQ(bytes.size() % size_t(sysconf(_SC_PAGESIZE)), 0u);
        ASSERT_LE(decoded.end + 4, bytes.size()) << "R106";
        EXPECT_TRUE(std::all_of(bytes.begin() + long(decoded.end), bytes.end(), [](uint8_t b) { return b == 0; }));
        if (GetParam() == MMS_OUTPUT_V2) {
            EXPECT_EQ(decoded.end % 4, 0u) << "R506";
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Formats, Alignment, ::testing::Values(MMS_OUTPUT_V2, MMS_OUTPUT_V1, MMS_OUTPUT_V1_PACKED));

TEST(Alignment, SequencesAreFollowedByPadding)
{
    Directory directory;
    mms_options options = Options(directory, "a.mmstats");
    Writer writer = New(options);
    mms_string strings[9];
    mms_u64 numbers[9];
    for (int i = 0; i < 9; i++) {
        const std::string label(size_t(i + 1), 's'), other(size_t(i + 1), 'n');
        ASSERT_EQ(Add(writer, MMS_KIND_STRING, label.c_str(), &strings[i], 8), 0);
        ASSERT_EQ(Add(writer, MMS_KIND_U64, other.c_str(), &numbers[i]), 0);
    }
    ASSERT_EQ(mms_writer_open(writer.get()), 0);
    const Decoded decoded = DecodeFile(mms_writer_path(writer.get()));
    EXPECT_EQ(decoded.fields.size(), size_t(MMS_SYS_FIELDS + 18));
    for (const Field &field : decoded.fields)
        EXPECT_EQ(field.record.values % alignment_of(field), 0u) << field.label;
}

// --- packed records are the original's -------------------------------------------------------------------------------

// Bytes of version 1 records as mmstats 0.8.0 (Python 2.7) wrote them on x86-64, after the updates below.
const struct {
    const char *label;
    std::vector<uint8_t> record;
} original[] = {
    {"t.counter", {0x09, 0, 't', '.', 'c', 'o', 'u', 'n', 't', 'e', 'r', 1, 0, 'Q', 0x00,
                   0x29, 0, 0, 0, 0, 0, 0, 0, 0x2a, 0, 0, 0, 0, 0, 0, 0}},
    {"t.average", {0x09, 0, 't', '.', 'a', 'v', 'e', 'r', 'a', 'g', 'e', 1, 0, 'd', 0x00,
                   0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 0, 0, 0, 0, 0, 0, 0xf8, 0x3f}},
    {"t.moving", {0x08, 0, 't', '.', 'm', 'o', 'v', 'i', 'n', 'g', 1, 0, 'd', 0x01,
                  0, 0, 0, 0, 0, 0, 0x08, 0x40, 0, 0, 0, 0, 0, 0, 0, 0x40}},
    {"t.u64", {0x05, 0, 't', '.', 'u', '6', '4', 1, 0, 'Q', 0x01,
               0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"t.u32", {0x05, 0, 't', '.', 'u', '3', '2', 1, 0, 'I', 0x01, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0}},
    {"t.i32", {0x05, 0, 't', '.', 'i', '3', '2', 1, 0, 'i', 0x01, 0xfb, 0xff, 0xff, 0xff, 0, 0, 0, 0}},
    {"t.i16", {0x05, 0, 't', '.', 'i', '1', '6', 1, 0, 'h', 0x01, 0xfd, 0xff, 0, 0}},
    {"t.u16", {0x05, 0, 't', '.', 'u', '1', '6', 1, 0, 'H', 0x01, 0xff, 0xff, 0, 0}},
    {"t.byte", {0x06, 0, 't', '.', 'b', 'y', 't', 'e', 1, 0, 'b', 0xff, 0xff}},
    {"t.float", {0x07, 0, 't', '.', 'f', 'l', 'o', 'a', 't', 1, 0, 'f', 0x01, 0, 0, 0x60, 0x40, 0, 0, 0, 0}},
    {"t.double", {0x08, 0, 't', '.', 'd', 'o', 'u', 'b', 'l', 'e', 1, 0, 'd', 0x01,
                  0x9c, 0x75, 0x00, 0x88, 0x3c, 0xe4, 0x37, 0x7e, 0, 0, 0, 0, 0, 0, 0, 0}},
    {"t.bool", {0x06, 0, 't', '.', 'b', 'o', 'o', 'l', 1, 0, '?', 0xff, 0x01}},
    {"t.string", {0x08, 0, 't', '.', 's', 't', 'r', 'i', 'n', 'g', 3, 0, '2', '0', 's', 0xff,
                  0xe2, 0x82, 0xac, 0xe2, 0x82, 0xac, 0xe2, 0x82, 0xac, 0xe2, 0x82, 0xac,
                  0xe2, 0x82, 0xac, 0xe2, 0x82, 0xac, 0, 0}},
    {"t.static_float", {0x0e, 0, 't', '.', 's', 't', 'a', 't', 'i', 'c', '_', 'f', 'l', 'o', 'a', 't', 1, 0, 'f', 0xff,
                        0, 0, 0xc0, 0x3f}},
    {"t.static_u32", {0x0c, 0, 't', '.', 's', 't', 'a', 't', 'i', 'c', '_', 'u', '3', '2', 1, 0, 'I', 0xff, 7, 0, 0, 0}},
    {"t.static_i64", {0x0c, 0, 't', '.', 's', 't', 'a', 't', 'i', 'c', '_', 'i', '6', '4', 1, 0, 'q', 0xff,
                      0xf7, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
    {"t.static_u64", {0x0c, 0, 't', '.', 's', 't', 'a', 't', 'i', 'c', '_', 'u', '6', '4', 1, 0, 'Q', 0xff,
                      0, 0, 0, 0, 0, 0, 0, 0x80}},
};

struct All {
    mms_counter counter;
    mms_average average;
    mms_moving moving;
    mms_u64 u64;
    mms_u32 u32;
    mms_i32 i32;
    mms_i16 i16;
    mms_u16 u16;
    mms_i8 byte;
    mms_float float_;
    mms_double double_;
    mms_bool bool_;
    mms_string string;
};

const mms_field all_fields[] = {
    MMS_COUNTER(All, counter, "t.counter"),
    MMS_AVERAGE(All, average, "t.average"),
    MMS_MOVING(All, moving, 3, "t.moving"),
    MMS_U64(All, u64, "t.u64"),
    MMS_U32(All, u32, "t.u32"),
    MMS_I32(All, i32, "t.i32"),
    MMS_I16(All, i16, "t.i16"),
    MMS_U16(All, u16, "t.u16"),
    MMS_I8(All, byte, "t.byte"),
    MMS_FLOAT(All, float_, "t.float"),
    MMS_DOUBLE(All, double_, "t.double"),
    MMS_BOOL(All, bool_, "t.bool"),
    MMS_STRING(All, string, 20, "t.string"),
    MMS_STATIC_FLOAT(1.5, "t.static_float"),
    MMS_STATIC_U32(7, "t.static_u32"),
    MMS_STATIC_I64(-9, "t.static_i64"),
    MMS_STATIC_U64(UINT64_C(1) << 63, "t.static_u64"),
};

void update(All *all)
{
    mms_counter_add(&all->counter, 41);
    mms_counter_inc(&all->counter);
    mms_average_add(&all->average, 1);
    mms_average_add(&all->average, 2);
    for (int i = 0; i < 5; i++)
        mms_moving_add(&all->moving, i);
    mms_u64_set(&all->u64, UINT64_MAX);
    mms_u32_set(&all->u32, UINT32_MAX);
    mms_i32_set(&all->i32, -5);
    mms_i16_set(&all->i16, -3);
    mms_u16_set(&all->u16, UINT16_MAX);
    mms_i8_set(&all->byte, -1);
    mms_float_set(&all->float_, 3.5f);
    mms_double_set(&all->double_, 1e300);
    mms_bool_set(&all->bool_, true);
    mms_string_set(&all->string, "\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac");
}

TEST(Packed, RecordsAreTheOriginalsToTheByte)
{
    if (MMS_ORDER_NATIVE == MMS_ORDER_BIG)
        GTEST_SKIP() << "the bytes are little-endian";
    Directory directory;
    mms_options options = Options(directory, "packed.mmstats");
    options.output = MMS_OUTPUT_V1_PACKED;
    Writer writer = New(options);
    All all;
    ASSERT_EQ(mms_writer_add_table(writer.get(), all_fields, std::size(all_fields), &all), 0);
    ASSERT_EQ(mms_writer_open(writer.get()), 0);
    const std::string path = mms_writer_path(writer.get());

    // As created: write buffer 0, and zeros.
    const Field initial = DecodeFile(path).at("t.double");
    const Bytes before = ReadFile(path);
    for (size_t i = initial.record.write_buffer; i < initial.record.offset + initial.record.size; i++)
        EXPECT_EQ(before[i], 0) << i;

    update(&all);
    const Bytes bytes = ReadFile(path);
    const Decoded decoded = Decode(bytes);
    for (const auto &expected : original) {
        const mms_record &record = decoded.at(expected.label).record;
        const Bytes got(bytes.begin() + long(record.offset), bytes.begin() + long(record.offset + record.size));
        EXPECT_EQ(got, expected.record) << expected.label;
    }
}

// --- tables ----------------------------------------------------------------------------------------------------------

Bytes without_time(Bytes bytes)
{
    const mms_record record = Decode(bytes).at("sys.created").record;
    std::fill_n(bytes.begin() + long(record.values), 8, uint8_t(0));
    return bytes;
}

class Tables : public ::testing::TestWithParam<mms_output> {};

TEST_P(Tables, GiveTheBytesThatAddingOneByOneGives)
{
    Directory directory;
    mms_options options = Options(directory, "t.mmstats");
    options.output = GetParam();
    Bytes table, single;
    All all;
    {
        Writer writer = New(options);
        ASSERT_EQ(mms_writer_add_table(writer.get(), all_fields, std::size(all_fields), &all), 0);
        ASSERT_EQ(mms_writer_open(writer.get()), 0);
        update(&all);
        table = ReadFile(mms_writer_path(writer.get()));
    }
    {
        Writer writer = New(options);
        for (const mms_field &field : all_fields) {
            void *handle = field.name ? reinterpret_cast<char *>(&all) + field.offset : nullptr;
            ASSERT_EQ(mms_writer_add(writer.get(), &field, handle), 0);
        }
        update(&all); // before the file is there
        ASSERT_EQ(mms_writer_open(writer.get()), 0);
        single = ReadFile(mms_writer_path(writer.get()));
    }
    EXPECT_EQ(without_time(table), without_time(single));
    static mms_model models[3];
    static mms_options stays;
    stays = options;
    mms_model &model = models[GetParam()];
    model = {"model", all_fields, std::size(all_fields), sizeof(All), &all, &stays, nullptr, false};
    All *instance = static_cast<All *>(mms_get(&model));
    update(instance);
    const Bytes declared = ReadFile(mms_writer_path(mms_model_writer(&model)));
    EXPECT_EQ(without_time(table), without_time(declared));
    EXPECT_EQ(mms_model_remove(&model), 0);
}

INSTANTIATE_TEST_SUITE_P(Formats, Tables, ::testing::Values(MMS_OUTPUT_V2, MMS_OUTPUT_V1, MMS_OUTPUT_V1_PACKED));

struct Base {
    mms_counter hits;
    mms_string state;
    mms_u32 depth;
    mms_timer took;
};
const mms_field base_fields[] = {
    MMS_COUNTER(Base, hits, "hits"),
    MMS_STRING(Base, state, 10, "state"),
    MMS_U32(Base, depth, "depth"),
    MMS_TIMER(Base, took, "took"),
};
struct Derived {
    mms_u64 own;
    Base base;
    mms_counter hits;
    mms_string state;
    mms_double depth;
    mms_timer took;
};
const mms_field derived_fields[] = {
    MMS_U64(Derived, own, NULL),
    MMS_INCLUDE(Derived, base, Base, base_fields),
    MMS_COUNTER(Derived, hits, "hits", NULL, "of the derived one"),
    MMS_STRING(Derived, state, 12, "state"),
    MMS_DOUBLE(Derived, depth, "depth"),
    MMS_TIMER(Derived, took, "took"),
};

TEST(Tables, IncludeAndOverride)
{
    Directory directory;
    mms_options options = Options(directory, "t.mmstats");
    options.prefix = "web.";
    Writer writer = New(options);
    Derived d;
    ASSERT_EQ(mms_writer_add_table(writer.get(), derived_fields, std::size(derived_fields), &d), 0)
        << mms_writer_error(writer.get());
    ASSERT_EQ(mms_writer_open(writer.get()), 0);
    const std::string path = mms_writer_path(writer.get());

    // Same kind: one slot. Another kind or size: the earlier handle is private.
    mms_counter_inc(&d.base.hits);
    mms_counter_inc(&d.hits);
    mms_string_set(&d.base.state, "private");
    mms_string_set(&d.state, "published");
    mms_u32_set(&d.base.depth, 7);
    mms_double_set(&d.depth, 0.5);
    mms_timer_add(&d.base.took, 1);
    mms_timer_add(&d.took, 2);
    mms_u64_set(&d.own, 3);
    EXPECT_EQ(mms_u32_get(&d.base.depth), 7u);

    const Decoded now = DecodeFile(path);
    EXPECT_EQ(now.fields.size(), size_t(MMS_SYS_FIELDS + 5));
    EXPECT_EQ(now.at("web.hits").u, 2u);
    EXPECT_EQ(now.at("web.state").text, "published");
    EXPECT_EQ(now.at("web.depth").f, 0.5);
    EXPECT_EQ(now.at("web.took").f, 1.5);
    EXPECT_EQ(now.at("web.own").u, 3u) << "labelled by its member's name";
    EXPECT_EQ(now.at("web.sys.pid").u, uint64_t(getpid()));
    EXPECT_EQ(now.metadata.at("web.hits"), "help=of the derived one");
    EXPECT_EQ(now.fields[MMS_SYS_FIELDS + 1].label, "web.hits") << "in the place of the earlier one";
}

TEST(Tables, AreNestedEightDeepAndNoDeeper)
{
    struct Leaf {
        mms_u64 n;
    };
    static const mms_field leaf[] = {MMS_U64(Leaf, n, "leaf")};
    mms_field levels[10][1];
    for (int i = 0; i < 10; i++) {
        levels[i][0] = {};
        levels[i][0].kind = MMS_KIND_INCLUDE;
        levels[i][0].include = i == 0 ? leaf : levels[i - 1];
        levels[i][0].size = 1;
    }
    Directory directory;
    Writer writer = New(Options(directory, "t.mmstats"));
    Leaf instance = {};
    EXPECT_EQ(mms_writer_add_table(writer.get(), levels[7], 1, &instance), 0);
    mms_u64_set(&instance.n, 1);
    EXPECT_EQ(mms_writer_add_table(writer.get(), levels[8], 1, &instance), -EINVAL);
    EXPECT_NE(std::string(mms_writer_error(writer.get())).find("nested"), std::string::npos);
}

// --- metadata --------------------------------------------------------------------------------------------------------

TEST(Metadata, StandsBehindItsFieldEscapedAndInVersion2Only)
{
    Directory directory;
    mms_options options = Options(directory, "m.mmstats");
    mms_field field = FieldOf(MMS_KIND_U64, "n");
    field.unit = "a\\b";
    field.help = "one\ntwo\\n";
    mms_u64 n;
    for (mms_output output : {MMS_OUTPUT_V2, MMS_OUTPUT_V1}) {
        options.output = output;
        Writer writer = New(options);
        ASSERT_EQ(mms_writer_add(writer.get(), &field, &n), 0);
        ASSERT_EQ(mms_writer_open(writer.get()), 0);
        const Decoded now = DecodeFile(mms_writer_path(writer.get()));
        EXPECT_EQ(now.fields.size(), size_t(MMS_SYS_FIELDS + 1));
        if (output == MMS_OUTPUT_V1) {
            EXPECT_TRUE(now.metadata.empty());
            continue;
        }
        const std::string text = now.metadata.at("n");
        EXPECT_EQ(text, "unit=a\\\\b\nhelp=one\\ntwo\\\\n");
        mms_text value;
        ASSERT_EQ(mms_metadata_find({text.data(), text.size()}, "help", &value), 0);
        char help[32] = "";
        mms_metadata_unescape(value, help, sizeof help);
        EXPECT_STREQ(help, field.help);
    }
}

// --- labels and limits -----------------------------------------------------------------------------------------------

class Labels : public ::testing::TestWithParam<mms_output> {};

TEST_P(Labels, AreUniqueNotEmptyAndOfLimitedSize)
{
    Directory directory;
    mms_options options = Options(directory, "l.mmstats");
    options.output = GetParam();
    Writer writer = New(options);
    mms_u64 a, b, c;
    mms_field field = FieldOf(MMS_KIND_U64, nullptr);
    EXPECT_EQ(mms_writer_add(writer.get(), &field, &a), -EINVAL) << "neither label nor name";
    field.name = "named";
    field.label = "";
    EXPECT_EQ(mms_writer_add(writer.get(), &field, &a), 0);
    EXPECT_EQ(Add(writer, MMS_KIND_U64, "named", &b), -EEXIST);
    EXPECT_EQ(Add(writer, MMS_KIND_U32, "sys.pid", &b), -EEXIST);
    mms_u64_set(&b, 5);
    EXPECT_EQ(mms_u64_get(&b), 5u) << "works, in private memory";

    const std::string longest(MMS_LIMIT_LABEL, 'l'), longer(MMS_LIMIT_LABEL + 1, 'l');
    EXPECT_EQ(Add(writer, MMS_KIND_U64, longest.c_str(), &c), 0);
    EXPECT_EQ(Add(writer, MMS_KIND_U64, longer.c_str(), &b), -EMSGSIZE);
    mms_u64_set(&c, 6);
    ASSERT_EQ(mms_writer_open(writer.get()), 0);
    const Decoded now = DecodeFile(mms_writer_path(writer.get()));
    EXPECT_EQ(now.fields.size(), size_t(MMS_SYS_FIELDS + 2));
    EXPECT_EQ(now.at(longest).u, 6u);
    EXPECT_TRUE(now.has("named"));
}

TEST_P(Labels, AThousandAreFoundAgain)
{
    Directory directory;
    mms_options options = Options(directory, "l.mmstats");
    options.output = GetParam();
    Writer writer = New(options);
    std::vector<mms_counter> handles(1000);
    for (size_t i = 0; i < handles.size(); i++)
        ASSERT_EQ(Add(writer, MMS_KIND_COUNTER, ("field." + std::to_string(i)).c_str(), &handles[i]), 0);
    mms_counter again;
    for (size_t i = 0; i < handles.size(); i++)
        ASSERT_EQ(Add(writer, MMS_KIND_COUNTER, ("field." + std::to_string(i)).c_str(), &again), -EEXIST);
    for (size_t i = 0; i < handles.size(); i++)
        mms_counter_add(&handles[i], i);
    ASSERT_EQ(mms_writer_open(writer.get()), 0);
    const Decoded now = DecodeFile(mms_writer_path(writer.get()));
    ASSERT_EQ(now.fields.size(), MMS_SYS_FIELDS + handles.size());
    for (size_t i = 0; i < handles.size(); i++)
        ASSERT_EQ(now.fields[MMS_SYS_FIELDS + i].u, i);
}

INSTANTIATE_TEST_SUITE_P(Formats, Labels, ::testing::Values(MMS_OUTPUT_V2, MMS_OUTPUT_V1, MMS_OUTPUT_V1_PACKED));

TEST(Fields, ThatAreWrongAreRefused)
{
    Directory directory;
    Writer writer = New(Options(directory, "f.mmstats"));
    mms_u64 n;
    mms_moving m;
    EXPECT_EQ(Add(writer, mms_kind(31), "x", &n), -EINVAL);
    EXPECT_EQ(Add<mms_u64>(writer, MMS_KIND_U64, "x", nullptr), -EINVAL) << "no handle";
    EXPECT_EQ(Add(writer, MMS_KIND_STATIC_U32, "x", &n), -EINVAL) << "a handle that nothing needs";
    EXPECT_EQ(Add(writer, MMS_KIND_MOVING, "x", &m, size_t(UINT32_MAX) + 1), -EINVAL);
    mms_moving_add(&m, 4);
    EXPECT_EQ(mms_moving_get(&m), 4);
    EXPECT_NE(std::string(mms_writer_error(writer.get())).find("x: Invalid argument ("), std::string::npos)
        << mms_writer_error(writer.get());
}

TEST(Options, ThatAreWrongAreRefused)
{
    Directory directory;
    mms_writer *writer = nullptr;
    mms_options options = Options(directory);
    options.size = 0;
    EXPECT_EQ(mms_writer_new(&options, &writer), -EINVAL);
    options = Options(directory);
    options.size += 8;
    EXPECT_EQ(mms_writer_new(&options, &writer), -EINVAL) << "made for a later version";
    options = Options(directory);
    options.flags = 1u << 20;
    EXPECT_EQ(mms_writer_new(&options, &writer), -EINVAL);
    options = Options(directory);
    options.output = mms_output(3);
    EXPECT_EQ(mms_writer_new(&options, &writer), -EINVAL);
    options = Options(directory);
    options.mode = 0100644;
    EXPECT_EQ(mms_writer_new(&options, &writer), -EINVAL);
    options = Options(directory);
    const std::string prefix(70000, 'p');
    options.prefix = prefix.c_str();
    EXPECT_EQ(mms_writer_new(&options, &writer), -EINVAL) << "no label fits behind it";
    EXPECT_EQ(writer, nullptr);
    options = Options(directory);
    options.size = offsetof(mms_options, files); // made for an earlier version
    ASSERT_EQ(mms_writer_new(&options, &writer), 0);
    mms_writer_close(writer);
    mms_writer_close(nullptr);
}

} // namespace
