// SPDX-License-Identifier: MIT
//
// Instances of threads that ended: parked, and taken up by the next.
#include <pthread.h>
#include <sys/mman.h>

#include <array>
#include <atomic>
#include <thread>

#include "writer/thread_testing.h"

namespace {

using namespace mms_testing;

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

// Texts that readers may have kept do not change (R516); numbers are of the thread that adds them.
TEST(Threads, MayAddStaticFieldsThatTheThreadBeforeAdded)
{
    Directory directory;
    Model &model = make_model(directory);
    for (int i = 1; i <= 3; i++)
        std::thread([&] {
            model.get();
            mms_writer *writer = mms_model_writer(&model.model);
            mms_field text = FieldOf(MMS_KIND_STATIC_TEXT, "build"), number = FieldOf(MMS_KIND_STATIC_U64, "limit");
            text.text = i == 2 ? "another" : "one";
            number.integer = uint64_t(i);
            EXPECT_EQ(mms_writer_add(writer, &text, nullptr), i == 2 ? -EEXIST : 0);
            EXPECT_EQ(mms_writer_add(writer, &number, nullptr), 0);
            EXPECT_EQ(DecodeFile(model.path()).at("build").text, "one");
            EXPECT_EQ(DecodeFile(model.path()).at("limit").u, uint64_t(i));
        }).join();
    mms_model_remove(&model.model);
}

TEST(Threads, LargeStructsBeginAtZero)
{
    Directory directory;
    Model &model = make_model(directory);
    using Large = std::array<uint64_t, 100>;
    std::thread([&] {
        model.get();
        mms_field field = FieldOf(MMS_KIND_STRUCT, "large", sizeof(Large));
        field.text = "100Q";
        mms_struct handle;
        ASSERT_EQ(mms_writer_add(mms_model_writer(&model.model), &field, &handle), 0);
        Large large;
        large.fill(7);
        mms_struct_set(&handle, &large, sizeof large);
    }).join();
    std::thread([&] {
        model.get();
        const Decoded now = DecodeFile(model.path());
        const mms_record &record = now.at("large").record;
        const uint8_t *newest = now.bytes->data() + record.values + Newest(record, *now.bytes) * record.value_size;
        EXPECT_TRUE(std::all_of(newest, newest + sizeof(Large), [](uint8_t byte) { return byte == 0; }));
    }).join();
    mms_model_remove(&model.model);
}

TEST(Threads, PrivateTimersAndTransactionsEnd)
{
    struct Twice {
        mms_timer timer;
        mms_counter hits;
        mms_transaction transaction;
    };
    static const mms_field fields[] = {MMS_TIMER(Twice, timer, "hits"), MMS_COUNTER(Twice, hits, "hits"),
                                       {MMS_KIND_TRANSACTION, 0, offsetof(Twice, transaction), 0, 0, 0, nullptr,
                                        nullptr, nullptr, "transaction", "no.generation", nullptr, nullptr}};
    Directory directory;
    static mms_options options;
    options = Options(directory);
    static Twice spare;
    static mms_model model = {"twice", fields, std::size(fields), sizeof(Twice), &spare, &options, nullptr, false};
    for (int i = 1; i <= 2; i++)
        std::thread([&] {
            Twice *twice = static_cast<Twice *>(mms_get(&model));
            EXPECT_FALSE(twice->timer.running);
            EXPECT_EQ(*twice->transaction.generation % 2, 0u);
            mms_timer_start(&twice->timer);
            mms_transaction_begin(&twice->transaction); // and never ends it
            EXPECT_EQ(*twice->transaction.generation % 2, 1u);
        }).join();
    mms_model_remove(&model);
}

TEST(Threads, AModelWithoutOptionsHasTheDefaultOnes)
{
    Directory directory;
    setenv("MMSTATS_PATH", directory.c_str(), 1);
    static Web spare;
    static mms_model model = {"web", web_fields, std::size(web_fields), sizeof(Web), &spare, nullptr, nullptr, false};
    mms_counter_inc(&static_cast<Web *>(mms_get(&model))->hits);
    mms_writer_close(mms_model_writer(&model)); // is not to be done, and does nothing
    ASSERT_EQ(directory.List().size(), 1u) << mms_writer_error(mms_model_writer(&model));
    EXPECT_EQ(DecodeFile(mms_writer_path(mms_model_writer(&model))).at("hits").u, 1u);
    mms_model_remove(&model);
    unsetenv("MMSTATS_PATH");
}

// A field that has no place in the file has its handle, and goes on as others do.
TEST(Threads, PrivateCountersGoOn)
{
    struct Twice {
        mms_counter hits, again;
        mms_u64 depth;
    };
    static const mms_field fields[] = {MMS_COUNTER(Twice, hits, "hits"), MMS_COUNTER(Twice, again, "hits"),
                                       MMS_U64(Twice, depth, "hits")};
    Directory directory;
    static mms_options options;
    options = Options(directory);
    static Twice spare;
    static mms_model model = {"twice", fields, std::size(fields), sizeof(Twice), &spare, &options, nullptr, false};
    for (uint64_t before : {0, 7})
        std::thread([&] {
            Twice *twice = static_cast<Twice *>(mms_get(&model));
            EXPECT_EQ(mms_counter_get(&twice->again), before);
            EXPECT_EQ(mms_u64_get(&twice->depth), 0u);
            mms_counter_add(&twice->again, 7);
            mms_u64_set(&twice->depth, 7);
        }).join();
    mms_model_remove(&model);
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
            field = FieldOf(MMS_KIND_STRUCT, "struct", 16);
            field.text = i == 2 ? "dQ" : "Qd";
            mms_struct tuple;
            EXPECT_EQ(mms_writer_add(writer, &field, &tuple), i == 2 ? -EEXIST : 0) << "readers know the signature";
            field = FieldOf(MMS_KIND_HISTOGRAM, "histogram", 0x0301);
            field.number = i == 2 ? 0.5 : 1;
            mms_histogram histogram;
            EXPECT_EQ(mms_writer_add(writer, &field, &histogram), i == 2 ? -EEXIST : 0) << "and the scale";
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

} // namespace
