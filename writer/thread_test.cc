// SPDX-License-Identifier: MIT
//
// An instance per thread: made, parked, taken up, removed.
#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include <atomic>
#include <set>
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
    mms_bool busy;
    mms_i8 level;
};
const mms_field web_fields[] = {
    MMS_COUNTER(Web, hits, "hits"),      MMS_U64(Web, depth, "depth"), MMS_STRING(Web, state, 20, "state"),
    MMS_AVERAGE(Web, mean, "mean"),      MMS_MOVING(Web, moving, 5, "moving"),
    MMS_TIMER(Web, took, "took"),        MMS_BOOL(Web, busy, "busy"),  MMS_I8(Web, level, "level"),
};

// A model of one's own for each test: models live as long as the process.
struct Model {
    Model(const Directory &directory, const char *name = "web") : options(Options(directory))
    {
        model = {name, web_fields, std::size(web_fields), sizeof(Web), &spare, nullptr, nullptr, false};
        model.options = &options;
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
Model &make_model(const Directory &directory, const char *name = "web")
{
    return *new Model(directory, name); // never freed, as a static one
}

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

// --- parking ---------------------------------------------------------------------------------------------------------

TEST(Threads, AnEndedThreadsInstanceIsParkedAndTakenUp)
{
    Directory directory;
    Model &model = make_model(directory);
    Web *first = nullptr;
    std::string path;
    std::thread([&] {
        Web *web = first = model.get();
        path = model.path();
        mms_counter_add(&web->hits, 7);
        mms_u64_set(&web->depth, 7);
        mms_string_set(&web->state, "running");
        mms_average_add(&web->mean, 7);
        mms_moving_add(&web->moving, 7);
        mms_timer_add(&web->took, 7);
        mms_timer_start(&web->took);
        mms_bool_set(&web->busy, true);
        mms_i8_set(&web->level, 7);
    }).join();

    auto expect_begun_again = [&](const Decoded &now) {
        EXPECT_EQ(now.at("hits").u, 7u);
        EXPECT_EQ(now.at("mean").f, 7);
        EXPECT_EQ(now.at("depth").u, 0u);
        EXPECT_EQ(now.at("state").text, "");
        EXPECT_EQ(now.at("moving").f, 0);
        EXPECT_EQ(now.at("took").f, 0);
        EXPECT_FALSE(now.at("busy").b);
        EXPECT_EQ(now.at("level").i, 0);
        EXPECT_TRUE(now.at("sys.lock").b) << "no gauge of the program's";
    };
    expect_begun_again(DecodeFile(path));
    EXPECT_TRUE(IsLocked(path)) << "the process still has it";
    mms_u64_set(&first->depth, 99); // a late destructor of the ended thread

    std::thread([&] {
        Web *web = model.get();
        EXPECT_EQ(web, first);
        EXPECT_EQ(model.path(), path);
        expect_begun_again(DecodeFile(path));
        EXPECT_EQ(DecodeFile(path).at("sys.tid").i, gettid());
        EXPECT_EQ(mms_timer_stop(&web->took), 0) << "it does not run";
        EXPECT_EQ(mms_timer_last(&web->took), 0);
        mms_counter_inc(&web->hits);
        mms_average_add(&web->mean, 1);
        mms_moving_add(&web->moving, 1);
        EXPECT_EQ(DecodeFile(path).at("hits").u, 8u);
        EXPECT_EQ(DecodeFile(path).at("mean").f, 4);
        EXPECT_EQ(DecodeFile(path).at("moving").f, 1);
    }).join();
    EXPECT_EQ(directory.List().size(), 1u);
    mms_model_remove(&model.model);
}

TEST(Threads, AThousandComeAndGo)
{
    Directory directory;
    Model &model = make_model(directory);
    const int kAtOnce = 8, kRounds = 125, kHits = 100;
    for (int round = 0; round < kRounds; round++) {
        std::vector<std::thread> threads;
        for (int i = 0; i < kAtOnce; i++)
            threads.emplace_back([&] {
                Web *web = model.get();
                for (int hit = 0; hit < kHits; hit++)
                    mms_counter_inc(&web->hits);
            });
        for (std::thread &thread : threads)
            thread.join();
    }
    uint64_t sum = 0;
    const auto names = directory.List();
    for (const std::string &name : names)
        sum += DecodeFile(directory / name).at("hits").u;
    EXPECT_EQ(sum, uint64_t(kAtOnce) * kRounds * kHits);
    EXPECT_LE(names.size(), size_t(kAtOnce));
    EXPECT_EQ(mms_model_remove(&model.model), 0);
    EXPECT_TRUE(directory.List().empty());
}

// The counter's value in a live file (R603).
uint64_t observe_hits(const std::string &path)
{
    mms_record record = DecodeFile(path).at("hits").record;
    int fd = open(path.c_str(), O_RDONLY);
    const size_t size = 4096;
    uint8_t *map = static_cast<uint8_t *>(mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0));
    close(fd);
    EXPECT_LE(record.values + 16, size);
    for (;;) {
        uint8_t flip = mms_flip_before(map + record.write_buffer);
        uint64_t value;
        mms_slot_copy_out(&value, map + record.values + (flip ^ 1u) * 8u, 8);
        if (!mms_flip_still(map + record.write_buffer, flip))
            continue;
        munmap(map, size);
        return value;
    }
}

// The sum over all files never goes down, whoever ends meanwhile.
TEST(Threads, SumsNeverGoDown)
{
    Directory directory;
    Model &model = make_model(directory);
    std::atomic<bool> stop{false};
    std::thread churn([&] {
        for (int round = 0; round < 100; round++) {
            auto hit = [&] { mms_counter_inc(&model.get()->hits); };
            std::thread a(hit), b(hit);
            a.join();
            b.join();
        }
        stop = true;
    });
    uint64_t last = 0;
    while (!stop) {
        uint64_t sum = 0;
        for (const std::string &name : directory.List())
            if (name[0] != '.')
                sum += observe_hits(directory / name);
        EXPECT_GE(sum, last);
        last = sum;
    }
    churn.join();
    mms_model_remove(&model.model);
}

TEST(Threads, MayUseTheModelInTheirOwnDestructors)
{
    static Model *model;
    static pthread_key_t key;
    Directory directory;
    model = &make_model(directory);
    ASSERT_EQ(pthread_key_create(&key, [](void *) { mms_counter_inc(&model->get()->hits); }), 0);
    for (int i = 0; i < 3; i++)
        std::thread([&] {
            mms_counter_inc(&model->get()->hits);
            pthread_setspecific(key, &key);
        }).join();
    uint64_t sum = 0;
    for (const std::string &name : directory.List())
        sum += DecodeFile(directory / name).at("hits").u;
    EXPECT_EQ(sum, 6u);
    EXPECT_EQ(directory.List().size(), 1u) << "parked each time";
    mms_model_remove(&model->model);
    pthread_key_delete(key);
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

TEST(Threads, MayAddFieldsThatTheThreadBeforeAdded)
{
    Directory directory;
    mms_timer *started = nullptr;
    Model &model = make_model(directory);
    for (int i = 1; i <= 3; i++)
        std::thread([&] {
            mms_counter c;
            static mms_timer t;
            mms_u32 n;
            mms_field field = FieldOf(MMS_KIND_COUNTER, "own");
            model.get();
            mms_writer *writer = mms_model_writer(&model.model);
            EXPECT_EQ(mms_writer_add(writer, &field, &c), 0) << i;
            EXPECT_EQ(mms_writer_add(writer, &field, &c), -EEXIST) << "twice in one thread";
            field = FieldOf(MMS_KIND_TIMER, "timer");
            EXPECT_EQ(mms_writer_add(writer, &field, &t), 0);
            EXPECT_FALSE(t.running);
            mms_timer_start(&t);
            started = &t; // the handle is the program's, and may be gone when the thread is
            field = FieldOf(i == 2 ? MMS_KIND_U32 : MMS_KIND_I32, "changed");
            EXPECT_EQ(mms_writer_add(writer, &field, &n), i == 2 ? -EEXIST : 0);
            field = FieldOf(MMS_KIND_COUNTER, "hits");
            mms_counter hits;
            EXPECT_EQ(mms_writer_add(writer, &field, &hits), -EEXIST) << "the model's own";
        }).join();
    EXPECT_TRUE(started->running) << "so it is not touched";
    for (int i = 1; i <= 3; i++)
        std::thread([&] {
            mms_counter c;
            mms_field field = FieldOf(MMS_KIND_COUNTER, "own");
            model.get();
            EXPECT_EQ(mms_writer_add(mms_model_writer(&model.model), &field, &c), 0);
            mms_counter_inc(&c);
            EXPECT_EQ(DecodeFile(model.path()).at("own").u, uint64_t(i));
        }).join();
    mms_model_remove(&model.model);
}

// --- removing --------------------------------------------------------------------------------------------------------

TEST(Threads, RemoveTakesWhatEndedThreadsLeftAndNothingElse)
{
    Directory directory;
    Model &model = make_model(directory), &other = make_model(directory, "other");
    const std::string pid = std::to_string(getpid());
    const std::string command = program_invocation_short_name;
    const std::string left = command + "-" + pid + "-88888888.mmstats";
    EXPECT_TRUE(InChild([&] { // what a process with this ID left before
        Writer writer = New(Options(directory, left.c_str()));
        EXPECT_EQ(mms_writer_open(writer.get()), 0);
        writer.release();
    }));
    const Bytes dead = ReadFile(directory / left);
    std::atomic<bool> go_on{false}, ready{false};
    std::thread live([&] {
        mms_counter_inc(&other.get()->hits);
        ready = true;
        while (!go_on)
            std::this_thread::yield();
    });
    while (!ready)
        std::this_thread::yield();
    std::thread([&] { model.get(), other.get(); }).join(); // parked; the second with a number
    const std::string own = [&] { return model.get(), model.path(); }();
    EXPECT_EQ(directory.List().size(), 1u + 1 + 2) << "left, live, and two, one of them still parked";

    // None of these: not by the template, no file of a writer, another live process's (of another PID namespace).
    WriteFile(directory / (command + "-" + pid + "-.mmstats"), dead);
    WriteFile(directory / (command + "-" + pid + "-99x.mmstats"), dead);
    WriteFile(directory / (command + "-1" + pid + "-1.mmstats"), dead);
    WriteFile(directory / (command + "-" + pid + "-77777777.mmstats"), Bytes(3));
    Gate started;
    pid_t process = fork();
    if (process == 0) {
        Writer writer = New(Options(directory, (command + "-" + pid + "-66666666.mmstats").c_str()));
        if (mms_writer_open(writer.get()) == 0 && mms_model_remove(&model.model) == 0)
            started.Open();
        pause();
    }
    started.Wait();

    EXPECT_EQ(mms_writer_remove(mms_model_writer(&model.model)), 0);
    EXPECT_FALSE(Exists(own));
    EXPECT_EQ(directory.List().size(), 5u + 1) << "the five above, and the live thread's";
    EXPECT_EQ(mms_writer_remove(mms_model_writer(&model.model)), 0);
    EXPECT_EQ(directory.List().size(), 5u + 1);
    kill(process, SIGKILL);
    StatusOf(process);
    go_on = true;
    live.join();
    EXPECT_EQ(mms_model_remove(&other.model), 0);
    EXPECT_EQ(directory.List().size(), 5u);
}

TEST(Threads, RemovedAndTakenUpAgainIsPublishedAgain)
{
    Directory directory;
    Model &model = make_model(directory);
    std::thread([&] { mms_counter_add(&model.get()->hits, 3); }).join();
    EXPECT_EQ(mms_model_remove(&model.model), 0);
    EXPECT_TRUE(directory.List().empty());
    std::thread([&] {
        mms_counter_inc(&model.get()->hits);
        EXPECT_EQ(DecodeFile(model.path()).at("hits").u, 4u);
    }).join();
    EXPECT_EQ(mms_model_remove(&model.model), 0);
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

TEST(Threads, WithoutMemoryTheSpareInstanceWorks)
{
#ifdef SANITIZED
    GTEST_SKIP() << "sanitizers need the address space";
#endif
    Directory directory;
    Model &model = make_model(directory);
    EXPECT_TRUE(InChild([&] {
        rlimit limit = {1 << 20, RLIM_INFINITY}; // less than is in use
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
