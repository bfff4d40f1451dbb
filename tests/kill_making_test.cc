// SPDX-License-Identifier: MIT
//
// A writer is stopped, and killed, while it makes its file, takes one up, adds fields to it or removes it: readers see
// what is whole, or nothing.
#include "tests/kill_testing.h"

namespace {

using namespace mms_testing;

void publish_three(Program &program)
{
    for (unsigned n = 1; n <= 3; n++)
        program.publish(n);
}

void publish_and_open(Program &program)
{
    publish_three(program);
    program.open();
}

void publish_ten(Program &program)
{
    program.publish(10);
}

void open(Program &program)
{
    program.open();
}

void close(Program &program)
{
    mms_writer_remove(program.writer.get());
}

void add_number(Program &program)
{
    static mms_u64 handle;
    mms_field field = FieldOf(MMS_KIND_U64, "new.number");
    field.unit = "requests";
    field.help = "what is new";
    EXPECT_EQ(mms_writer_add(program.writer.get(), &field, &handle), 0);
}

// More than there is room for: the file grows.
void add_large(Program &program)
{
    static mms_string handle;
    mms_field field = FieldOf(MMS_KIND_STRING, "new.text", 5000);
    EXPECT_EQ(mms_writer_add(program.writer.get(), &field, &handle), 0);
}

void add_table(Program &program)
{
    struct Table {
        mms_counter a;
        mms_i8 b;
        mms_string c;
    };
    static Table table;
    static const mms_field more[] = {
        MMS_COUNTER(Table, a, "new.a", "bytes"),
        MMS_I8(Table, b, "new.b"),
        MMS_STRING(Table, c, 10, "new.c"),
    };
    EXPECT_EQ(mms_writer_add_table(program.writer.get(), more, std::size(more), &table), 0);
}

// What a writer of an earlier release left: another static text.
void publish_and_open_older(Program &program)
{
    publish_three(program);
    mms_field field = FieldOf(MMS_KIND_STATIC_TEXT, "release");
    field.text = "1.0";
    EXPECT_EQ(mms_writer_add(program.writer.get(), &field, nullptr), 0);
    program.open();
}

void publish_ten_newer(Program &program)
{
    program.publish(10);
    mms_field field = FieldOf(MMS_KIND_STATIC_TEXT, "release");
    field.text = "2.0";
    EXPECT_EQ(mms_writer_add(program.writer.get(), &field, nullptr), 0);
}

// name, what was there, what is prepared, the work, flags, all records at once, in a transaction
const Scene scenes[] = {
    {"open", nullptr, publish_ten, open},
    {"replace", publish_and_open, publish_ten, open},
    {"resume", publish_and_open, publish_ten, open, MMS_RESUME, true, true},
    {"carry_over", publish_and_open_older, publish_ten_newer, open, MMS_RESUME},
    {"add_number", nullptr, publish_and_open, add_number},
    {"add_large", nullptr, publish_and_open, add_large},
    {"add_table", nullptr, publish_and_open, add_table, 0, false},
    {"close", nullptr, publish_and_open, close},
};

class Kill : public KillTest, public ::testing::WithParamInterface<std::tuple<Scene, Form>> {};

TEST_P(Kill, AtEveryStore)
{
    const auto &[scene, form] = GetParam();
    Stage(scene, form).play();
}

INSTANTIATE_TEST_SUITE_P(Makings, Kill,
                         ::testing::Combine(::testing::ValuesIn(scenes), ::testing::Values(kV2, kV1Sequence, kPacked)),
                         [](const auto &test) {
                             return name_of(std::get<1>(test.param)) + "_" + std::get<0>(test.param).name;
                         });

} // namespace
