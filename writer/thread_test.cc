// SPDX-License-Identifier: MIT
//
// An instance per thread: each its own, all at once, and when it does not work.
#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include <atomic>
#include <thread>

#include "writer/thread_testing.h"

namespace {

using namespace mms_testing;

// --- one instance a thread -------------------------------------------------------------------------------------------

TEST(Threads, EachHasItsOwnInstanceAndFile)
{
    Directory directory;
    Model &model = make_model(directory);
    Web *mine = model.get();
    EXPECT_EQ(model.get(), mine);
    Web *theirs = nullptr;
    std::string path;
    std::thread([&] {
        theirs = model.get();
        mms_counter_add(&theirs->hits, 5);
        path = model.path();
        EXPECT_EQ(DecodeFile(path).at("sys.tid").i, gettid());
    }).join();
    EXPECT_NE(theirs, mine);
    EXPECT_NE(path, model.path());
    EXPECT_EQ(DecodeFile(path).at("hits").u, 5u);
    EXPECT_EQ(DecodeFile(model.path()).at("hits").u, 0u);
    EXPECT_EQ(directory.List().size(), 2u);
    EXPECT_EQ(mms_model_remove(&model.model), 0);
    EXPECT_EQ(mms_model_remove(&model.model), 0);
    EXPECT_TRUE(directory.List().empty());
}

TEST(Threads, SeveralModelsInAThreadGetNumbers)
{
    Directory directory;
    Model &a = make_model(directory, "a"), &b = make_model(directory, "b"), &c = make_model(directory, "c");
    mms_counter_add(&a.get()->hits, 1);
    mms_counter_add(&b.get()->hits, 2);
    mms_counter_add(&c.get()->hits, 3);
    const std::string stem = a.path().substr(0, a.path().size() - strlen(".mmstats"));
    EXPECT_EQ(b.path(), stem + "-1.mmstats");
    EXPECT_EQ(c.path(), stem + "-2.mmstats");
    EXPECT_EQ(DecodeFile(b.path()).at("hits").u, 2u);
    for (Model *model : {&a, &b, &c})
        mms_model_remove(&model->model);
}

TEST(Threads, ModelNamesTheFileAndOptionsReachEveryThread)
{
    Directory directory;
    Model &model = make_model(directory, "web_model");
    model.options.files = "{MODEL}-{TID}.mmstats";
    model.options.prefix = "p.";
    model.options.output = MMS_OUTPUT_V1;
    std::thread([&] {
        mms_counter_inc(&model.get()->hits);
        EXPECT_EQ(model.path(), directory / ("web_model-" + std::to_string(gettid()) + ".mmstats"));
        EXPECT_EQ(DecodeFile(model.path()).at("p.hits").u, 1u);
    }).join();
    mms_model_remove(&model.model);
}

// --- all at once -----------------------------------------------------------------------------------------------------

TEST(Threads, FirstUseGrowthAndRemovalAtOnce)
{
    Directory directory;
    Model &a = make_model(directory, "a"), &b = make_model(directory, "b");
    std::atomic<int> waiting{8};
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; i++)
        threads.emplace_back([&, i] {
            for (waiting--; waiting > 0;)
                std::this_thread::yield();
            Model &model = i % 2 ? a : b;
            for (int j = 0; j < 20; j++) {
                mms_counter_inc(&model.get()->hits);
                mms_u64 *more = new mms_u64;
                mms_field field = FieldOf(MMS_KIND_U64, nullptr);
                const std::string label = "more" + std::to_string(j);
                field.label = label.c_str();
                EXPECT_EQ(mms_writer_add(mms_model_writer(&model.model), &field, more), 0);
                mms_u64_set(more, uint64_t(j));
                delete more;
                if (i == 7 && j == 10) {
                    EXPECT_EQ(mms_model_remove(&b.model), 0);
                }
            }
        });
    for (std::thread &thread : threads)
        thread.join();
    uint64_t sum = 0;
    for (const std::string &name : directory.List())
        sum += DecodeFile(directory / name).at("hits").u;
    EXPECT_GE(sum, 80u) << "of the model that was not removed";
    EXPECT_EQ(mms_model_remove(&a.model), 0);
    EXPECT_EQ(mms_model_remove(&b.model), 0);
    EXPECT_TRUE(directory.List().empty());
}

TEST(Threads, ThatAreCancelledLeaveNoLockBehind)
{
    Directory directory;
    for (int i = 0; i < 50; i++) {
        Model &model = make_model(directory);
        std::thread thread([&] {
            for (;;) {
                mms_counter_inc(&model.get()->hits);
                mms_model_remove(&model.model);
                mms_writer_open(mms_model_writer(&model.model));
                pthread_testcancel();
            }
        });
        usleep(useconds_t(i * 37 % 500));
        pthread_cancel(thread.native_handle());
        thread.join();
        mms_model_remove(&model.model);
    }
    EXPECT_TRUE(directory.List().empty());
}

// --- when it does not work -------------------------------------------------------------------------------------------

void update_all(Web *web)
{
    mms_counter_inc(&web->hits);
    mms_u64_set(&web->depth, 1);
    mms_string_set(&web->state, "some text that is longer than the field");
    mms_average_add(&web->mean, 1);
    for (int i = 0; i < 20; i++)
        mms_moving_add(&web->moving, 1);
    mms_timer_start(&web->took);
    mms_timer_stop(&web->took);
    mms_bool_set(&web->busy, true);
    mms_i8_set(&web->level, 1);
}

TEST(Threads, AMissingDirectoryIsSaidAndSurvived)
{
    Directory directory;
    Model &model = make_model(directory);
    const std::string missing = directory / "missing";
    model.options.directory = missing.c_str();
    update_all(model.get());
    EXPECT_EQ(model.path(), "");
    EXPECT_NE(std::string(mms_writer_error(mms_model_writer(&model.model))).find("make it"), std::string::npos);
    ASSERT_EQ(mkdir(missing.c_str(), 0700), 0);
    EXPECT_EQ(mms_writer_open(mms_model_writer(&model.model)), 0);
    EXPECT_EQ(DecodeFile(model.path()).at("hits").u, 1u);
    mms_model_remove(&model.model);
}

TEST(Threads, WrongOptionsAreSaidAndSurvived)
{
    Directory directory;
    Model &model = make_model(directory);
    model.options.size = 0;
    update_all(model.get());
    mms_writer *writer = mms_model_writer(&model.model);
    ASSERT_NE(writer, nullptr);
    EXPECT_EQ(mms_writer_path(writer), nullptr);
    EXPECT_NE(std::string(mms_writer_error(writer)).find("options"), std::string::npos) << mms_writer_error(writer);
    EXPECT_TRUE(directory.List().empty());
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif

const rlimit no_more = {1 << 20, RLIM_INFINITY}; // bytes, less than is in use

// Not where qemu's user mode takes the limit and forgets it.
bool memory_can_be_limited()
{
    pid_t pid = fork();
    if (pid == 0) {
        setrlimit(RLIMIT_AS, &no_more);
        _exit(mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
    }
    return StatusOf(pid) == 0;
}

TEST(Threads, WithoutMemoryTheSpareInstanceWorks)
{
#ifdef SANITIZED
    GTEST_SKIP() << "sanitizers need the address space";
#endif
    if (!memory_can_be_limited())
        GTEST_SKIP() << "RLIMIT_AS has no effect here";
    Directory directory;
    Model &model = make_model(directory);
    EXPECT_TRUE(InChild([&] {
        rlimit limit = no_more;
        ASSERT_EQ(setrlimit(RLIMIT_AS, &limit), 0);
        Web *web = model.get();
        EXPECT_EQ(web, &model.spare);
        update_all(web);
        EXPECT_EQ(model.get(), web);
        EXPECT_EQ(mms_model_writer(&model.model), nullptr);
        limit.rlim_cur = RLIM_INFINITY;
        setrlimit(RLIMIT_AS, &limit);
        EXPECT_NE(model.get(), web) << "there is memory again";
        update_all(model.get());
    }));
}

} // namespace
