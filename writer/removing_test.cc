// SPDX-License-Identifier: MIT
//
// What ended threads and processes left is removed, and nothing else.
#include <atomic>
#include <filesystem>
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
    WriteFile(directory / (command + "-" + pid + "-55555555-1.mmstats"), dead); // another one, with a number

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

// Names that look like the template's, and are no files, or have no number where one would be.
TEST(Threads, RemoveLeavesWhatIsNoFileOfTheTemplate)
{
    Directory directory;
    const std::string pid = std::to_string(getpid());
    mms_options options = Options(directory, "{PID}-{TID}");
    Writer writer = New(options);
    ASSERT_EQ(mms_writer_open(writer.get()), 0);
    ASSERT_EQ(mkdir((directory / (pid + "-1")).c_str(), 0700), 0);
    ASSERT_EQ(symlink("nowhere", (directory / (pid + "-2")).c_str()), 0);
    for (const char *name : {"1", "-1", "x-", "x.1", ".1"})
        WriteFile(directory / name, Bytes(1));
    EXPECT_EQ(mms_writer_remove(writer.get()), 0);
    EXPECT_EQ(directory.List().size(), 2u + 5);
    ASSERT_EQ(mms_writer_open(writer.get()), 0);
    std::filesystem::remove_all(directory.path());
    EXPECT_EQ(mms_writer_remove(writer.get()), 0) << "without its directory it is gone, too";
}

TEST(Threads, RemoveWhereTheDirectoryIsAFileNow)
{
    Directory directory;
    const std::string below = directory / "below";
    ASSERT_EQ(mkdir(below.c_str(), 0700), 0);
    mms_options options = Options(directory, "x.mmstats");
    options.directory = below.c_str();
    Writer writer = New(options);
    ASSERT_EQ(mms_writer_open(writer.get()), 0);
    std::filesystem::remove_all(below);
    WriteFile(below, Bytes(1));
    EXPECT_EQ(mms_writer_remove(writer.get()), 0) << "gone is gone";
    EXPECT_EQ(directory.List(), std::vector<std::string>{"below"});
}

// Without both words other processes' files might be meant.
TEST(Threads, RemoveLooksForOthersOnlyByProcessAndThread)
{
    Directory directory;
    for (const char *files : {"{PID}.mmstats", "{TID}.mmstats", "x.mmstats"}) {
        const std::string left = directory / "7777777.mmstats";
        EXPECT_TRUE(InChild([&] {
            Writer writer = New(Options(directory, "7777777.mmstats"));
            EXPECT_EQ(mms_writer_open(writer.get()), 0);
            writer.release(); // dies
        }));
        Writer writer = New(Options(directory, files));
        ASSERT_EQ(mms_writer_open(writer.get()), 0);
        EXPECT_EQ(mms_writer_remove(writer.get()), 0);
        EXPECT_EQ(directory.List(), std::vector<std::string>{"7777777.mmstats"}) << files;
    }
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
