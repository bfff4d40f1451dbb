// SPDX-License-Identifier: MIT
//
// A child never writes into its parent's file, has its own, and begins at zero.
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <atomic>
#include <thread>

#include "writer/testing.h"

namespace {

using namespace mms_testing;

struct Web {
    mms_counter hits;
    mms_u64 depth;
    mms_string state;
    mms_average mean;
    mms_moving moving;
    mms_timer took;
};
const mms_field web_fields[] = {
    MMS_COUNTER(Web, hits, "hits"),  MMS_U64(Web, depth, "depth"),        MMS_STRING(Web, state, 20, "state"),
    MMS_AVERAGE(Web, mean, "mean"),  MMS_MOVING(Web, moving, 5, "moving"), MMS_TIMER(Web, took, "took"),
    MMS_STATIC_U32(77, "limit"),
};

struct Model {
    explicit Model(const Directory &directory, unsigned flags = 0) : options(Options(directory))
    {
        options.flags = flags;
        model = {"web", web_fields, std::size(web_fields), sizeof(Web), &spare, &options, nullptr, false};
    }
    Web *get() { return static_cast<Web *>(mms_get(&model)); }
    std::string path()
    {
        const char *path = mms_writer_path(mms_model_writer(&model));
        return path ? path : "";
    }
    mms_options options;
    Web spare = {};
    mms_model model;
};
Model &make_model(const Directory &directory, unsigned flags = 0)
{
    return *new Model(directory, flags);
}

void update(Web *web, int n)
{
    mms_counter_add(&web->hits, uint64_t(n));
    mms_u64_set(&web->depth, uint64_t(n));
    mms_string_set(&web->state, std::to_string(n).c_str());
    mms_average_add(&web->mean, n);
    mms_moving_add(&web->moving, n);
    mms_timer_add(&web->took, n);
}

// mean: of all samples; recent: of those of the thread that has the instance.
void expect(const Decoded &now, uint64_t hits, int n, int mean, int recent)
{
    EXPECT_EQ(now.at("hits").u, hits);
    EXPECT_EQ(now.at("depth").u, uint64_t(n));
    EXPECT_EQ(now.at("state").text, std::to_string(n));
    EXPECT_EQ(now.at("mean").f, mean);
    EXPECT_EQ(now.at("moving").f, recent);
    EXPECT_EQ(now.at("took").f, recent);
    EXPECT_EQ(now.at("limit").u, 77u);
}

class Fork : public ::testing::TestWithParam<mms_output> {
protected:
    Directory directory_;
};

TEST_P(Fork, BothSidesCountInFilesOfTheirOwn)
{
    Model &model = make_model(directory_);
    model.options.output = GetParam();
    Web *web = model.get();
    update(web, 100);
    mms_timer_start(&web->took);
    const std::string path = model.path();
    const double created = DecodeFile(path).at("sys.created").f;
    EXPECT_TRUE(InChild([&] {
        const std::string mine = model.path();
        EXPECT_NE(mine, path);
        EXPECT_NE(mine.find("-" + std::to_string(getpid()) + "-" + std::to_string(getpid()) + ".mmstats"),
                  std::string::npos);
        Decoded now = DecodeFile(mine);
        EXPECT_EQ(now.at("hits").u, 0u);
        EXPECT_EQ(now.at("depth").u, 0u);
        EXPECT_EQ(now.at("state").text, "");
        EXPECT_EQ(now.at("mean").f, 0);
        EXPECT_EQ(now.at("sys.pid").u, uint64_t(getpid()));
        EXPECT_EQ(now.at("sys.tid").i, getpid());
        EXPECT_GT(now.at("sys.created").f, created);
        EXPECT_TRUE(now.at("sys.lock").b);
        EXPECT_TRUE(IsLocked(mine));
        EXPECT_EQ(model.get(), web) << "at the same address";
        EXPECT_EQ(mms_timer_stop(&web->took), 0) << "it does not run here";
        update(web, 5);
        expect(DecodeFile(mine), 5, 5, 5, 5);
        expect(DecodeFile(path), 100, 100, 100, 100);
        EXPECT_EQ(mms_model_remove(&model.model), 0);
        EXPECT_FALSE(Exists(mine));
        EXPECT_TRUE(Exists(path)) << "a child removes no file of its parent";
    }));
    update(web, 200);
    expect(DecodeFile(path), 300, 200, 150, 150);
    EXPECT_GT(mms_timer_stop(&web->took), 0) << "it still runs here";
    EXPECT_TRUE(IsLocked(path));
    EXPECT_EQ(mms_model_remove(&model.model), 0);
}

TEST_P(Fork, BothSidesAtOnceWithChildrenOfChildren)
{
    Model &model = make_model(directory_);
    model.options.output = GetParam();
    Web *web = model.get();
    const int kHits = 20000;
    auto hit = [&] {
        for (int i = 0; i < kHits; i++)
            mms_counter_inc(&web->hits);
    };
    std::vector<pid_t> children;
    for (int i = 0; i < 4; i++) {
        pid_t pid = fork();
        if (pid == 0) {
            hit();
            bool good = InChild([&] { // its child
                hit();
                EXPECT_EQ(DecodeFile(model.path()).at("hits").u, uint64_t(kHits));
            });
            EndChild(!good || DecodeFile(model.path()).at("hits").u != kHits);
        }
        children.push_back(pid);
        hit();
    }
    for (pid_t pid : children)
        EXPECT_EQ(StatusOf(pid), 0);
    uint64_t sum = 0;
    for (const std::string &name : directory_.List())
        sum += DecodeFile(directory_ / name).at("hits").u;
    EXPECT_EQ(sum, uint64_t(kHits) * (4 + 4 + 4));
    EXPECT_EQ(directory_.List().size(), 9u);
    EXPECT_EQ(mms_model_remove(&model.model), 0);
    EXPECT_EQ(directory_.List().size(), 8u) << "those of children are theirs";
}

TEST_P(Fork, WritersOfTheProceduralInterfaceToo)
{
    mms_options options = Options(directory_, "{PID}.mmstats");
    options.output = GetParam();
    Writer writer = New(options), closed = New(options);
    mms_counter c, d;
    mms_string s;
    ASSERT_EQ(Add(writer, MMS_KIND_COUNTER, "c", &c), 0);
    ASSERT_EQ(Add(writer, MMS_KIND_STRING, "s", &s, 9000), 0);
    ASSERT_EQ(mms_writer_open(writer.get()), 0);
    mms_counter_add(&c, 3);
    ASSERT_EQ(Add(closed, MMS_KIND_COUNTER, "d", &d), 0);
    mms_counter_add(&d, 4);
    const std::string path = mms_writer_path(writer.get());
    EXPECT_TRUE(InChild([&] {
        const std::string mine = mms_writer_path(writer.get());
        EXPECT_EQ(mine, directory_ / (std::to_string(getpid()) + ".mmstats"));
        mms_counter_inc(&c);
        mms_string_set(&s, "child");
        mms_u64 more; // grows by itself
        EXPECT_EQ(Add(writer, MMS_KIND_U64, "more", &more), 0);
        EXPECT_EQ(DecodeFile(mine).at("c").u, 1u);
        EXPECT_EQ(DecodeFile(mine).at("s").text, "child");
        EXPECT_TRUE(DecodeFile(mine).has("more"));
        EXPECT_EQ(mms_writer_path(closed.get()), nullptr) << "what had no file gets none";
        EXPECT_EQ(mms_counter_get(&d), 0u);
        writer.reset(); // removes the child's
        EXPECT_FALSE(Exists(mine));
    }));
    EXPECT_EQ(DecodeFile(path).at("c").u, 3u);
    EXPECT_EQ(DecodeFile(path).at("s").text, "");
    EXPECT_FALSE(DecodeFile(path).has("more"));
    EXPECT_EQ(mms_counter_get(&d), 4u);
}

// --- from a thread ---------------------------------------------------------------------------------------------------

TEST_P(Fork, InAThreadOnlyItsInstanceIsPublished)
{
    Model &model = make_model(directory_);
    model.options.output = GetParam();
    Web *main_web = model.get();
    update(main_web, 1);
    const std::string main_path = model.path();
    std::thread([&] { update(model.get(), 50); }).join(); // parked
    std::thread([&] {                                     // that, taken up
        Web *web = model.get();
        std::thread([&] { update(model.get(), 60); }).join(); // parked
        update(web, 2);
        const std::string path = model.path();
        EXPECT_TRUE(InChild([&] {
            EXPECT_EQ(directory_.List().size(), 4u) << "three of the parent's, one of the child's";
            EXPECT_EQ(model.get(), web);
            const std::string mine = model.path();
            EXPECT_NE(mine, path);
            update(web, 10);
            expect(DecodeFile(mine), 10, 10, 10, 10);
            update(main_web, 30); // private memory
            expect(DecodeFile(main_path), 1, 1, 1, 1);
            std::thread([&] { // the parked one is taken up, from zero, in a file of the child's
                update(model.get(), 7);
                EXPECT_NE(model.path().find("-" + std::to_string(getpid()) + "-"), std::string::npos);
                expect(DecodeFile(model.path()), 7, 7, 7, 7);
            }).join();
            EXPECT_EQ(directory_.List().size(), 5u);
        }));
        expect(DecodeFile(path), 52, 2, 26, 2);
    }).join();
    expect(DecodeFile(main_path), 1, 1, 1, 1);
    EXPECT_EQ(mms_model_remove(&model.model), 0);
}

// A limit that shared memory does not count for: no private memory can be had, neither in the child nor in its child.
TEST_P(Fork, WithoutPrivateMemory)
{
    mms_options options = Options(directory_, "x.mmstats");
    options.output = GetParam();
    Writer writer = New(options);
    mms_u64 number;
    ASSERT_EQ(Add(writer, MMS_KIND_U64, "number", &number), 0);
    mms_u64_set(&number, 9);
    ASSERT_EQ(mms_writer_open(writer.get()), 0);
    EXPECT_TRUE(InChild([&] {
        mms_u64_set(&number, 1); // has a file
    }));
    rlimit before, limit;
    ASSERT_EQ(getrlimit(RLIMIT_DATA, &before), 0);
    limit = {4096, before.rlim_max};
    fflush(nullptr);
    ASSERT_EQ(setrlimit(RLIMIT_DATA, &limit), 0);
    pid_t child = fork();
    if (child == 0) {
        mms_u64_set(&number, 1);
        const pid_t grandchild = fork();
        mms_u64_set(&number, grandchild == 0 ? 3 : 2);
        if (grandchild == 0)
            _exit(mms_u64_get(&number) != 3);
        const bool good = StatusOf(grandchild) == 0 && mms_u64_get(&number) == 2;
        _exit(!good || mms_writer_path(writer.get()) != nullptr || *mms_writer_error(writer.get()) == '\0');
    }
    setrlimit(RLIMIT_DATA, &before);
    EXPECT_EQ(StatusOf(child), 0);
    EXPECT_EQ(DecodeFile(directory_ / "x.mmstats").at("number").u, 9U) << "the parent's";
}

TEST_P(Fork, WhileOtherThreadsUseTheLibrary)
{
    Model &model = make_model(directory_);
    model.options.output = GetParam();
    model.get();
    std::atomic<bool> stop{false};
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; i++)
        threads.emplace_back([&] {
            while (!stop)
                std::thread([&] { mms_counter_inc(&model.get()->hits); }).join();
        });
    for (int i = 0; i < 50; i++)
        EXPECT_TRUE(InChild([&] {
            mms_counter_add(&model.get()->hits, 3);
            EXPECT_EQ(DecodeFile(model.path()).at("hits").u, 3u);
            EXPECT_EQ(mms_model_remove(&model.model), 0);
        }));
    stop = true;
    for (std::thread &thread : threads)
        thread.join();
    EXPECT_EQ(mms_model_remove(&model.model), 0);
    EXPECT_TRUE(directory_.List().empty());
}

// --- private children ------------------------------------------------------------------------------------------------

TEST_P(Fork, PrivateOnRequest)
{
    Model &model = make_model(directory_, MMS_FORK_PRIVATE);
    model.options.output = GetParam();
    Web *web = model.get();
    update(web, 1);
    std::thread([&] { update(model.get(), 1); }).join();
    EXPECT_TRUE(InChild([&] {
        EXPECT_EQ(model.path(), "");
        update(web, 9);
        EXPECT_EQ(mms_counter_get(&web->hits), 9u);
        Gate both;
        auto use = [&] {
            update(model.get(), 9);
            EXPECT_EQ(model.path(), "");
        };
        std::thread first([&] { // one of them takes up the parked instance, the other gets a new one
            use();
            both.Wait();
        });
        std::thread([&] {
            use();
            both.Open();
        }).join();
        first.join();
        EXPECT_EQ(mms_writer_open(mms_model_writer(&model.model)), -EALREADY);
        EXPECT_EQ(directory_.List().size(), 2u);
        EXPECT_EQ(mms_model_remove(&model.model), 0);
    }));
    EXPECT_EQ(directory_.List().size(), 2u);
    expect(DecodeFile(model.path()), 1, 1, 1, 1);
    EXPECT_EQ(mms_model_remove(&model.model), 0);
}

TEST_P(Fork, PrivateWhenItFails)
{
    Model &model = make_model(directory_);
    model.options.output = GetParam();
    const std::string below = directory_ / "below";
    ASSERT_EQ(mkdir(below.c_str(), 0700), 0);
    model.options.directory = below.c_str();
    Web *web = model.get();
    update(web, 1);
    const std::string path = model.path();
    ASSERT_EQ(rename(below.c_str(), (below + ".away").c_str()), 0);
    EXPECT_TRUE(InChild([&] {
        EXPECT_EQ(model.path(), "");
        EXPECT_NE(std::string(mms_writer_error(mms_model_writer(&model.model))).find("make it"), std::string::npos);
        update(web, 9);
        EXPECT_EQ(mms_counter_get(&web->hits), 9u);
    }));
    ASSERT_EQ(rename((below + ".away").c_str(), below.c_str()), 0);
    expect(DecodeFile(path), 1, 1, 1, 1);
    EXPECT_EQ(mms_model_remove(&model.model), 0);
}

TEST_P(Fork, AfterRemovingNothingIsShared)
{
    Writer writer = New(Options(directory_, "x.mmstats"));
    mms_counter c;
    ASSERT_EQ(Add(writer, MMS_KIND_COUNTER, "c", &c), 0);
    ASSERT_EQ(mms_writer_open(writer.get()), 0);
    ASSERT_EQ(mms_writer_remove(writer.get()), 0);
    mms_counter_add(&c, 5);
    EXPECT_TRUE(InChild([&] { mms_counter_add(&c, 100); }));
    EXPECT_EQ(mms_counter_get(&c), 5u) << "the file without a name is the parent's";
}

// A child that goes past fork() shares the file, and does not crash; it must not remove it when it ends.
TEST_P(Fork, BareClonesRemoveNothing)
{
    EXPECT_TRUE(InChild(
        [&] {
            mms_options options = Options(directory_, "x.mmstats");
            Writer writer = New(options);
            EXPECT_EQ(mms_writer_open(writer.get()), 0);
            long pid = syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr);
            if (pid == 0)
                exit(0);
            EXPECT_EQ(StatusOf(pid_t(pid)), 0);
            EXPECT_TRUE(Exists(directory_ / "x.mmstats"));
            EXPECT_TRUE(IsLocked(directory_ / "x.mmstats"));
        },
        End::kExit));
}

INSTANTIATE_TEST_SUITE_P(Formats, Fork, ::testing::Values(MMS_OUTPUT_V2, MMS_OUTPUT_V1, MMS_OUTPUT_V1_PACKED));

} // namespace
