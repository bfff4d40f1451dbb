/* SPDX-License-Identifier: MIT
 *
 * Fields of real files from round to round. */

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <memory>
#include <string>

#include "mmstats/writer.h"

extern "C" {
#include "tools/common/watch.h"
}

namespace {

struct Folder {
    char path[256];
    Folder()
    {
        const char *tmp = getenv("TEST_TMPDIR");
        snprintf(path, sizeof path, "%s/watch-XXXXXX", tmp ? tmp : "/tmp");
        EXPECT_NE(nullptr, mkdtemp(path));
    }
    ~Folder() { rmdir(path); }
};

// A file NAME.mmstats with a counter and a gauge.
struct Published {
    mms_writer *writer = nullptr;
    mms_counter counter = {};
    mms_double gauge = {};
    Published(const Folder &folder, const std::string &name)
    {
        const std::string file = name + ".mmstats";
        mms_options options = {};
        options.size = sizeof options;
        options.directory = folder.path;
        options.files = file.c_str();
        EXPECT_EQ(0, mms_writer_new(&options, &writer));
        add(MMS_KIND_COUNTER, "hits", &counter);
        add(MMS_KIND_DOUBLE, "heat", &gauge);
        EXPECT_EQ(0, mms_writer_open(writer));
    }
    ~Published() { mms_writer_close(writer); }
    void add(mms_kind kind, const char *label, void *handle)
    {
        mms_field field = {};
        field.kind = kind;
        field.label = label;
        EXPECT_EQ(0, mms_writer_add(writer, &field, handle));
    }
};

class Watch : public testing::Test {
protected:
    Folder folder;
    mms_set *set = nullptr;
    mms_watch watch = {};

    void begin()
    {
        mms_reader_options options = {};
        options.size = sizeof options;
        options.mode = MMS_READ_LIVE;
        ASSERT_EQ(0, mms_set_open((std::string(folder.path) + "/*.mmstats").c_str(), &options, &set));
        ASSERT_EQ(0, mms_watch_begin(&watch, set));
    }
    ~Watch() override
    {
        mms_watch_end(&watch);
        mms_set_close(set);
    }
    const mms_watch_field *field(size_t file, const std::string &label)
    {
        for (size_t i = 0; i < watch.files[file].count; i++)
            if (std::string(watch.files[file].fields[i].label.data, watch.files[file].fields[i].label.size) == label)
                return &watch.files[file].fields[i];
        return nullptr;
    }
    uint64_t change(size_t file, const std::string &label)
    {
        const mms_sample sample = mms_watch_change(field(file, label));
        return sample.type == MMS_TYPE_PAD ? UINT64_MAX : sample.u;
    }
};

TEST_F(Watch, NothingIsThere)
{
    begin();
    EXPECT_EQ(0U, watch.count);
    EXPECT_EQ(0, mms_watch_next(&watch));
    EXPECT_FALSE(watch.changed);
}

TEST_F(Watch, NumbersChange)
{
    Published one(folder, "one");
    mms_counter_add(&one.counter, 5);
    begin();
    ASSERT_EQ(1U, watch.count);
    EXPECT_EQ(uint64_t(getpid()), watch.files[0].pid);
    EXPECT_EQ(MMS_LIVE, watch.files[0].live);
    EXPECT_EQ(5U, field(0, "hits")->now.u);
    EXPECT_EQ(MMS_METRIC_COUNTER, field(0, "hits")->kind);
    EXPECT_EQ(UINT64_MAX, change(0, "hits"));
    EXPECT_TRUE(std::isnan(mms_watch_rate(&watch, field(0, "hits"))));

    mms_counter_add(&one.counter, 7);
    mms_double_set(&one.gauge, -0.5);
    ASSERT_EQ(0, mms_watch_next(&watch));
    EXPECT_FALSE(watch.changed);
    EXPECT_FALSE(watch.files[0].is_new);
    EXPECT_EQ(7U, change(0, "hits"));
    EXPECT_EQ(-0.5, mms_watch_change(field(0, "heat")).f);
    EXPECT_GT(mms_watch_rate(&watch, field(0, "hits")), 0);
    ASSERT_EQ(0, mms_watch_next(&watch));
    EXPECT_EQ(0U, change(0, "hits"));
}

TEST_F(Watch, FilesComeAndGo)
{
    auto a = std::make_unique<Published>(folder, "a"), c = std::make_unique<Published>(folder, "c");
    mms_counter_add(&c->counter, 3);
    begin();
    ASSERT_EQ(2U, watch.count);

    Published b(folder, "b");
    mms_counter_add(&c->counter, 4);
    a.reset();
    ASSERT_EQ(0, mms_watch_next(&watch));
    EXPECT_TRUE(watch.changed);
    ASSERT_EQ(2U, watch.count);
    EXPECT_TRUE(watch.files[0].is_new);
    EXPECT_EQ(UINT64_MAX, change(0, "hits"));
    EXPECT_FALSE(watch.files[1].is_new);
    EXPECT_EQ(4U, change(1, "hits"));
}

TEST_F(Watch, FieldsCome)
{
    Published one(folder, "one");
    begin();
    mms_u64 later;
    one.add(MMS_KIND_U64, "a.later", &later);
    mms_counter_add(&one.counter, 2);
    ASSERT_EQ(0, mms_watch_next(&watch));
    EXPECT_TRUE(watch.changed);
    EXPECT_EQ(2U, change(0, "hits"));
    ASSERT_NE(nullptr, field(0, "a.later"));
    EXPECT_EQ(UINT64_MAX, change(0, "a.later"));
}

TEST_F(Watch, ACounterThatBeginsAnew)
{
    auto one = std::make_unique<Published>(folder, "one");
    mms_counter_add(&one->counter, 1000);
    begin();
    one.reset(); // its name is free then
    one = std::make_unique<Published>(folder, "one");
    mms_counter_add(&one->counter, 3);
    ASSERT_EQ(0, mms_watch_next(&watch));
    EXPECT_TRUE(watch.changed);
    EXPECT_EQ(3U, change(0, "hits"));
}

TEST_F(Watch, FilesThatAreNone)
{
    const std::string path = std::string(folder.path) + "/bad.mmstats";
    FILE *file = fopen(path.c_str(), "w");
    fclose(file);
    begin();
    ASSERT_EQ(1U, watch.count);
    EXPECT_EQ(nullptr, watch.files[0].reader);
    EXPECT_EQ(0U, watch.files[0].count);
    unlink(path.c_str());
    Published good(folder, "bad");
    ASSERT_EQ(0, mms_watch_next(&watch));
    EXPECT_TRUE(watch.changed);
    EXPECT_NE(nullptr, field(0, "hits"));
    EXPECT_FALSE(watch.files[0].is_new);
}

} // namespace
