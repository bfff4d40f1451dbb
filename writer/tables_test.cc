// SPDX-License-Identifier: MIT
//
// Tables whose fields are odd: of one hash, without a label, of no kind, in place of others.
#include "writer/thread_testing.h"

namespace {

using namespace mms_testing;

class Odd : public ::testing::Test {
protected:
    Odd() : writer_(New(Options(directory_, "t.mmstats"))) {}
    template <size_t N> int AddTable(const mms_field (&fields)[N], void *instance)
    {
        return mms_writer_add_table(writer_.get(), fields, N, instance);
    }
    Decoded Now()
    {
        if (mms_writer_path(writer_.get()) == nullptr) {
            EXPECT_EQ(mms_writer_open(writer_.get()), 0) << mms_writer_error(writer_.get());
        }
        return DecodeFile(directory_ / "t.mmstats");
    }
    Directory directory_;
    Writer writer_;
};

struct Two {
    mms_u64 a, b;
};

TEST_F(Odd, LabelsThatAreTakenLeavePrivateHandles)
{
    mms_u64 first;
    ASSERT_EQ(Add(writer_, MMS_KIND_U64, "taken", &first), 0);
    static const mms_field fields[] = {MMS_U64(Two, a, "taken"), MMS_U64(Two, b, "taken")};
    Two two;
    EXPECT_EQ(AddTable(fields, &two), -EEXIST);
    mms_u64_set(&first, 1);
    mms_u64_set(&two.a, 2);
    mms_u64_set(&two.b, 3);
    EXPECT_EQ(mms_u64_get(&two.a), 2u);
    EXPECT_EQ(Now().at("taken").u, 1u);
}

// "liquid" and "costarring" have the same FNV-1a of 32 bits.
TEST_F(Odd, LabelsOfOneHashAreTwo)
{
    static const mms_field fields[] = {MMS_U64(Two, a, "liquid"), MMS_U64(Two, b, "costarring")};
    Two two, more;
    ASSERT_EQ(AddTable(fields, &two), 0) << mms_writer_error(writer_.get());
    mms_u64_set(&two.a, 1);
    mms_u64_set(&two.b, 2);
    EXPECT_EQ(Now().at("liquid").u, 1u);
    EXPECT_EQ(Now().at("costarring").u, 2u);
    EXPECT_EQ(Add(writer_, MMS_KIND_U64, "liquid", &more.a), -EEXIST);
    EXPECT_EQ(Add(writer_, MMS_KIND_U64, "costarring", &more.b), -EEXIST);
}

TEST_F(Odd, WithoutALabelAreNotInTheFile)
{
    mms_field fields[] = {MMS_U64(Two, a, nullptr), MMS_U64(Two, b, nullptr), MMS_U64(Two, b, "last")};
    fields[0].name = nullptr;
    fields[1].name = "";
    Two two;
    EXPECT_EQ(AddTable(fields, &two), -EINVAL);
    mms_u64_set(&two.a, 1);
    mms_u64_set(&two.b, 2);
    EXPECT_EQ(mms_u64_get(&two.a), 1u) << "a value of its own";
    EXPECT_EQ(Now().fields.size(), size_t(MMS_SYS_FIELDS + 1));
    EXPECT_EQ(Now().at("last").u, 2u);
}

TEST_F(Odd, StaticFieldsTakeThePlaceOfOthers)
{
    static const mms_field fields[] = {MMS_STATIC_U64(1, "limit"), MMS_STATIC_U64(2, "limit"), MMS_U64(Two, a, "other"),
                                       MMS_STATIC_TEXT(nullptr, "other")};
    Two two;
    ASSERT_EQ(AddTable(fields, &two), 0) << mms_writer_error(writer_.get());
    mms_u64_set(&two.a, 7);
    EXPECT_EQ(mms_u64_get(&two.a), 7u) << "in private memory";
    EXPECT_EQ(Now().at("limit").u, 2u);
    EXPECT_EQ(Now().at("other").text, "");
}

// Their sizes are no part of the value.
TEST_F(Odd, MovingAveragesOfOneLabelShareIt)
{
    struct Means {
        mms_moving few, many;
    };
    static const mms_field fields[] = {MMS_MOVING(Means, few, 2, "mean"), MMS_MOVING(Means, many, 9, "mean")};
    Means means;
    ASSERT_EQ(AddTable(fields, &means), 0);
    mms_moving_add(&means.few, 1);
    mms_moving_add(&means.many, 2);
    EXPECT_EQ(Now().at("mean").f, 1.5);
}

TEST_F(Odd, AnIncludedTableCanBeAddedByItself)
{
    static const mms_field fields[] = {MMS_U64(Two, a, "a"), MMS_U64(Two, b, "b")};
    Two two;
    mms_field include = FieldOf(MMS_KIND_INCLUDE, "two", std::size(fields));
    include.include = fields;
    ASSERT_EQ(mms_writer_add(writer_.get(), &include, &two), 0);
    mms_u64_set(&two.b, 2);
    EXPECT_EQ(Now().at("b").u, 2u);
    include.include = nullptr;
    EXPECT_EQ(mms_writer_add(writer_.get(), &include, &two), 0) << "no fields";
    EXPECT_EQ(mms_writer_add_table(writer_.get(), &include, 1, &two), -EINVAL);
    EXPECT_NE(std::string(mms_writer_error(writer_.get())).find("missing"), std::string::npos);
}

// The model's file has what is right.
TEST_F(Odd, ModelsWithFieldsThatAreWrong)
{
    static mms_field fields[] = {MMS_U64(Two, a, "a"), MMS_U64(Two, b, "b"), MMS_U64(Two, b, nullptr),
                                 MMS_STRING(Web, state, 5, "state"), MMS_U64(Two, b, nullptr)};
    fields[1].kind = mms_kind(MMS_KIND_INCLUDE + 1);
    fields[2].name = nullptr;
    fields[2].kind = MMS_KIND_INCLUDE;
    fields[3].kind = MMS_KIND_STRUCT; // without a signature
    fields[4].name = nullptr;
    static mms_options options;
    options = Options(directory_, "model.mmstats");
    static Web spare; // larger than needed
    static mms_model model = {"odd", fields, std::size(fields), sizeof(Web), &spare, &options, nullptr, false};
    Two *two = static_cast<Two *>(mms_get(&model));
    mms_u64_set(&two->a, 1);
    const Decoded now = DecodeFile(directory_ / "model.mmstats");
    EXPECT_EQ(now.fields.size(), size_t(MMS_SYS_FIELDS + 1));
    EXPECT_EQ(now.at("a").u, 1u);
    EXPECT_STRNE(mms_writer_error(mms_model_writer(&model)), "");
    mms_model_remove(&model);
}

} // namespace
