// SPDX-License-Identifier: MIT
//
// mms_get and fork with every call of libc in them failing. Instances live as long as the process, so that each fault
// has a process of its own.

#include <thread>

#include "tests/faults_testing.h"
#include "writer/testing.h"
#include "writer/thread_testing.h"

namespace {

using namespace mms_testing;

// What a child says of its fault.
enum : int { kGood, kBad, kNoSuchCall };

// Runs `play` in a child for every call and error. It returns whether there was such a call.
unsigned sweep_children(const std::function<bool(fault_call, unsigned long, int)> &play)
{
    unsigned injected = 0;
    for (int call = 0; call < FAULT_CALLS; call++)
        for (int error : fault_rows[call].errors)
            for (int nth = 1, said = kGood; error != 0 && said == kGood; nth++) {
                SCOPED_TRACE(std::string(fault_rows[call].name) + " number " + std::to_string(nth) + ": " +
                             (error > 0 ? strerrorname_np(error) : "cut short"));
                fflush(nullptr);
                pid_t pid = fork();
                if (pid == 0) {
                    bool was = play(fault_call(call), unsigned(nth), error);
                    fflush(nullptr);
                    EndChild(testing::Test::HasFailure() ? kBad : was ? kGood : kNoSuchCall);
                }
                int status = StatusOf(pid);
                said = WIFEXITED(status) ? WEXITSTATUS(status) : int(kBad);
                EXPECT_NE(said, kBad) << status;
                injected += said == kGood;
            }
    EXPECT_GT(injected, 0U);
    return injected;
}

void expect_nothing_hidden(const Directory &directory)
{
    for (const std::string &name : directory.List())
        EXPECT_NE(name[0], '.') << name;
}

void expect_handles(Web *web)
{
    uint64_t before = mms_counter_get(&web->hits);
    mms_counter_inc(&web->hits);
    EXPECT_EQ(mms_counter_get(&web->hits), before + 1);
    mms_string_set(&web->state, "state");
    mms_timer_start(&web->took);
    mms_timer_stop(&web->took);
    mms_average_add(&web->mean, 1);
    mms_moving_add(&web->moving, 1);
}

long published(mms_writer *writer)
{
    return writer != nullptr && mms_writer_path(writer) != nullptr;
}

// None but those of files, where writers keep them; and another one when the system did not say whose it is, or which
// file system it is.
void expect_descriptors(long before, long files, const Directory &directory, fault_call call)
{
    const bool keeps = keeps_descriptors(directory.path());
    EXPECT_GE(open_descriptors(), before + (keeps ? files : 0));
    const bool may = keeps ? call == FAULT_FSTAT : call == FAULT_FSTATFS;
    EXPECT_LE(open_descriptors(), before + (keeps ? files : 0) + may);
}

// There is a file with the value, or a message, or there was not even memory for a writer.
void expect_file_or_reason(Model &model)
{
    mms_writer *writer = mms_model_writer(&model.model);
    if (writer == nullptr)
        return;
    const char *path = mms_writer_path(writer);
    if (path == nullptr) {
        EXPECT_STRNE(mms_writer_error(writer), "");
    } else if (*mms_writer_error(writer) == '\0') {
        EXPECT_EQ(DecodeFile(path).at("hits").u, mms_counter_get(&model.get()->hits));
    }
}

// The next thread has nothing of it.
void expect_good_thread(Model &model)
{
    std::thread([&] {
        Web *web = model.get();
        EXPECT_NE(web, &model.spare);
        ASSERT_NE(model.path(), "") << mms_writer_error(mms_model_writer(&model.model));
        mms_counter_inc(&web->hits);
        EXPECT_EQ(DecodeFile(model.path()).at("hits").u, mms_counter_get(&web->hits));
    }).join();
}

TEST(Faults, Get)
{
    sweep_children([](fault_call call, unsigned long nth, int error) {
        Directory directory;
        Model &model = make_model(directory);
        long descriptors = open_descriptors();
        fault_arm(call, nth, error);
        Web *web = model.get();
        bool injected = fault_disarm();
        expect_descriptors(descriptors, published(mms_model_writer(&model.model)), directory, call);
        expect_handles(web);
        expect_handles(model.get());
        expect_file_or_reason(model);
        expect_nothing_hidden(directory);
        expect_good_thread(model);
        return injected;
    });
}

// A table in a table: its handles, too, work without any memory.
TEST(Faults, GetWithIncludedTables)
{
    struct Outer {
        Web web;
        mms_u64 own;
    };
    static mms_field fields[] = {MMS_INCLUDE(Outer, web, Web, web_fields), MMS_U64(Outer, own, "own"),
                                 MMS_STATIC_U64(1, "static"), MMS_INCLUDE(Outer, web, Web, web_fields),
                                 MMS_U64(Outer, own, "wrong")};
    fields[3].include = nullptr;
    fields[4].kind = mms_kind(MMS_KIND_INCLUDE + 1);
    sweep_children([](fault_call call, unsigned long nth, int error) {
        Directory directory;
        mms_options options = Options(directory);
        static Outer spare;
        mms_model model = {"outer", fields, std::size(fields), sizeof(Outer), &spare, &options, nullptr, false};
        fault_arm(call, nth, error);
        Outer *outer = static_cast<Outer *>(mms_get(&model));
        bool injected = fault_disarm();
        expect_handles(&outer->web);
        mms_u64_set(&outer->own, 7);
        EXPECT_EQ(mms_u64_get(&outer->own), 7U);
        expect_nothing_hidden(directory);
        return injected;
    });
}

// A thread takes up an instance whose file could not be made.
TEST(Faults, GetAParkedOne)
{
    sweep_children([](fault_call call, unsigned long nth, int error) {
        Directory directory;
        Model &model = make_model(directory);
        std::string later = directory / "later";
        model.options.directory = later.c_str();
        std::thread([&] { mms_counter_inc(&model.get()->hits); }).join();
        EXPECT_EQ(mkdir(later.c_str(), 0700), 0);
        long descriptors = open_descriptors();
        fault_arm(call, nth, error);
        Web *web = model.get();
        bool injected = fault_disarm();
        expect_descriptors(descriptors, published(mms_model_writer(&model.model)), directory, call);
        EXPECT_EQ(mms_counter_get(&web->hits), 1U) << "it goes on";
        expect_handles(web);
        expect_file_or_reason(model);
        expect_nothing_hidden(directory);
        expect_good_thread(model);
        return injected;
    });
}

// The hooks of fork, in the child: what the parent has is untouched, whatever fails.
TEST(Faults, Fork)
{
    sweep_children([](fault_call call, unsigned long nth, int error) {
        Directory directory;
        Model &model = make_model(directory);
        mms_counter_add(&model.get()->hits, 5);
        mms_options options = Options(directory, "x-{PID}.mmstats");
        Writer writer = New(options);
        mms_u64 number;
        EXPECT_EQ(Add(writer, MMS_KIND_U64, "number", &number), 0);
        mms_u64_set(&number, 9);
        EXPECT_EQ(mms_writer_open(writer.get()), 0);
        const std::string file = model.path(), other = mms_writer_path(writer.get());
        long descriptors = open_descriptors();
        fflush(nullptr);

        fault_arm(call, nth, error);
        pid_t pid = fork();
        bool injected = fault_disarm();
        if (pid != 0) {
            EXPECT_FALSE(injected) << "the parent's hooks call nothing that can fail";
            int status = StatusOf(pid);
            EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) != kBad) << status;
            EXPECT_EQ(directory.List().size(), 2U);
            return WEXITSTATUS(status) == kGood;
        }
        // In place of the parent's two.
        const long files = published(mms_model_writer(&model.model)) + published(writer.get());
        expect_descriptors(descriptors, files - 2, directory, call);
        EXPECT_EQ(mms_counter_get(&model.get()->hits), 0U);
        expect_handles(model.get());
        mms_u64_set(&number, 1);
        EXPECT_EQ(DecodeFile(file).at("hits").u, 5U) << "the parent's";
        EXPECT_EQ(DecodeFile(other).at("number").u, 9U) << "the parent's";
        EXPECT_NE(model.path(), file);
        expect_file_or_reason(model);
        expect_nothing_hidden(directory);
        mms_model_remove(&model.model);
        mms_writer_remove(writer.get());
        fflush(nullptr);
        EndChild(testing::Test::HasFailure() ? kBad : injected ? kGood : kNoSuchCall);
    });
}

// Not even memory that takes the place of the parent's file: the child says so, and publishes nothing.
TEST(Faults, ForkWithoutAnyMemory)
{
    Directory directory;
    Writer writer = New(Options(directory, "x.mmstats"));
    ASSERT_EQ(mms_writer_open(writer.get()), 0);
    fflush(nullptr);
    fault_broken(FAULT_MMAP, ENOMEM);
    fault_arm(FAULT_MALLOC, 0, 0);
    pid_t pid = fork();
    fault_disarm();
    fault_broken(FAULT_MMAP, 0);
    if (pid == 0) {
        EXPECT_EQ(mms_writer_path(writer.get()), nullptr);
        EXPECT_NE(std::string(mms_writer_error(writer.get())).find("publishes nothing"), std::string::npos);
        fflush(nullptr);
        EndChild(testing::Test::HasFailure());
    }
    EXPECT_EQ(StatusOf(pid), 0);
    EXPECT_EQ(directory.List(), std::vector<std::string>{"x.mmstats"});
}

// Inside of a call that holds the library's lock, as from a signal handler: the process ends all the same.
TEST(Faults, ExitInsideOfACall)
{
    Directory directory;
    fflush(nullptr);
    pid_t pid = fork();
    if (pid == 0) {
        Writer writer = New(Options(directory, "x.mmstats"));
        fault_watch([](fault_call call, unsigned long) {
            if (call != FAULT_OPENAT)
                return;
            fault_watch(nullptr);
            exit(7);
        });
        fault_arm(FAULT_MALLOC, 0, 0);
        mms_writer_open(writer.get());
        EndChild(1);
    }
    int status = StatusOf(pid);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 7) << status;
}

} // namespace
