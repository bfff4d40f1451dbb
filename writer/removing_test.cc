// SPDX-License-Identifier: MIT
//
// What ended threads and processes left is removed, and nothing else.
#include <atomic>
#include <thread>

#include "writer/thread_testing.h"

namespace {

using namespace mms_testing;

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

} // namespace
