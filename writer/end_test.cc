// SPDX-License-Identifier: MIT
//
// What is left when a process ends, in order or not.
#include <thread>

#include "writer/testing.h"

namespace {

using namespace mms_testing;

struct Web {
    mms_counter hits;
    mms_string state;
};
const mms_field web_fields[] = {MMS_COUNTER(Web, hits, "hits"), MMS_STRING(Web, state, 100, "state")};

struct Model {
    explicit Model(const Directory &directory, unsigned flags = 0) : options(Options(directory))
    {
        options.flags = flags;
        model = {"web", web_fields, std::size(web_fields), sizeof(Web), &spare, &options, nullptr, false};
    }
    Web *get() { return static_cast<Web *>(mms_get(&model)); }
    mms_options options;
    Web spare = {};
    mms_model model;
};
Model &make_model(const Directory &directory, unsigned flags = 0)
{
    return *new Model(directory, flags);
}

TEST(End, ExitRemovesTheFilesOfAllThreads)
{
    Directory directory;
    EXPECT_TRUE(InChild(
        [&] {
            Model &model = make_model(directory);
            mms_counter_inc(&model.get()->hits);
            std::thread a([&] { model.get(); }), b([&] { model.get(); });
            a.join(), b.join();
            New(Options(directory, "y.mmstats")).release(); // not opened
            Writer writer = New(Options(directory, "x.mmstats"));
            EXPECT_EQ(mms_writer_open(writer.get()), 0);
            writer.release();
            Gate running;
            std::thread([&] { // still running when the process ends
                Web *web = model.get();
                for (running.Open();;)
                    mms_counter_inc(&web->hits);
            }).detach();
            running.Wait();
            EXPECT_GE(directory.List().size(), 3u);
        },
        End::kExit));
    EXPECT_TRUE(directory.List().empty());
}

TEST(End, ExitKeepsWhatIsToBeKept)
{
    Directory directory;
    EXPECT_TRUE(InChild(
        [&] {
            Model &model = make_model(directory, MMS_KEEP);
            mms_counter_inc(&model.get()->hits);
            std::thread([&] { model.get(); }).join();
            mms_options options = Options(directory, "x.mmstats");
            options.flags = MMS_KEEP;
            Writer writer = New(options);
            EXPECT_EQ(mms_writer_open(writer.get()), 0);
        },
        End::kExit));
    EXPECT_EQ(directory.List().size(), 3u);
    for (const std::string &name : directory.List()) {
        EXPECT_FALSE(IsLocked(directory / name));
        DecodeFile(directory / name);
    }
}

TEST(End, ExitDoesNotRemoveTheFileThatTookTheName)
{
    Directory directory;
    const std::string name = directory / "x.mmstats";
    EXPECT_TRUE(InChild(
        [&] {
            Writer writer = New(Options(directory, "x.mmstats"));
            EXPECT_EQ(mms_writer_open(writer.get()), 0);
            writer.release();
            unlink(name.c_str());
            WriteFile(name, Bytes(5));
        },
        End::kExit));
    EXPECT_EQ(ReadFile(name), Bytes(5));
}

TEST(End, UnderscoreExitLeavesADeadFile)
{
    Directory directory;
    EXPECT_TRUE(InChild([&] { mms_counter_add(&make_model(directory).get()->hits, 4); }));
    ASSERT_EQ(directory.List().size(), 1u);
    const std::string name = directory / directory.List()[0];
    EXPECT_FALSE(IsLocked(name));
    EXPECT_EQ(DecodeFile(name).at("hits").u, 4u);
}

// After the library's own end, as a destructor of a library that is unloaded later may call it: nothing can be made.
bool calls_late;

__attribute__((destructor(102))) void call_late()
{
    mms_writer *writer = nullptr;
    if (calls_late && (mms_writer_new(nullptr, &writer) != -ENOMEM || writer != nullptr))
        _exit(9);
}

TEST(End, NothingIsMadeAfterIt)
{
    EXPECT_TRUE(InChild([] { calls_late = true; }, mms_testing::End::kExit));
}

#ifdef SYS_fork
// No hook of fork is called, so that the child knows the file; it is the parent's all the same.
TEST(End, AChildWithoutHooksRemovesNothing)
{
    Directory directory;
    Writer writer = New(Options(directory, "x.mmstats"));
    ASSERT_EQ(mms_writer_open(writer.get()), 0);
    fflush(nullptr);
    pid_t pid = pid_t(syscall(SYS_fork));
    if (pid == 0)
        EndChild(mms_writer_remove(writer.get()) != 0);
    EXPECT_EQ(StatusOf(pid), 0);
    EXPECT_EQ(directory.List(), std::vector<std::string>{"x.mmstats"});
}
#endif

TEST(End, CloseRemovesOrKeeps)
{
    Directory directory;
    mms_options options = Options(directory, "x.mmstats");
    Writer writer = New(options);
    ASSERT_EQ(mms_writer_open(writer.get()), 0);
    EXPECT_EQ(mms_writer_remove(writer.get()), 0);
    EXPECT_EQ(mms_writer_remove(writer.get()), 0) << "idempotent";
    EXPECT_TRUE(directory.List().empty());
    ASSERT_EQ(mms_writer_open(writer.get()), 0);
    unlink((directory / "x.mmstats").c_str());
    EXPECT_EQ(mms_writer_remove(writer.get()), 0) << "gone is gone";
    options.flags = MMS_KEEP;
    writer = New(options);
    ASSERT_EQ(mms_writer_open(writer.get()), 0);
    EXPECT_TRUE(IsLocked(directory / "x.mmstats"));
    writer.reset();
    EXPECT_FALSE(IsLocked(directory / "x.mmstats"));
    EXPECT_EQ(directory.List().size(), 1u);
}

// --- killed anywhere -------------------------------------------------------------------------------------------------

// Text number n, of a length that depends on it: a mix of two is no such text.
std::string text_of(uint64_t n)
{
    return std::string(n % 90, char('a' + n % 26));
}

class Killed : public ::testing::TestWithParam<mms_output> {};

TEST_P(Killed, AtAnyMomentTheFileIsWholeAndUnlocked)
{
    for (int round = 0; round < 60; round++) {
        Directory directory;
        mms_options options = Options(directory, "x.mmstats");
        options.output = GetParam();
        options.max_size = 16 << 20;
        pid_t pid = fork();
        if (pid == 0) {
            Writer writer = New(options);
            mms_counter hits;
            mms_string state;
            Add(writer, MMS_KIND_COUNTER, "hits", &hits);
            Add(writer, MMS_KIND_STRING, "state", &state, 100);
            mms_writer_open(writer.get());
            for (uint64_t n = 0;; n++) {
                mms_counter_set(&hits, (n & UINT32_MAX) * UINT64_C(0x100000001)); // two halves, equal
                mms_string_set(&state, text_of(n).c_str());
                mms_u64 more;
                if (n % 16 == 0)
                    Add(writer, MMS_KIND_U64, ("more" + std::to_string(n)).c_str(), &more);
            }
        }
        while (!Exists(directory / "x.mmstats"))
            sched_yield();
        usleep(useconds_t(round * 97 % 3000));
        kill(pid, SIGKILL);
        StatusOf(pid);

        const std::string name = directory / "x.mmstats";
        EXPECT_FALSE(IsLocked(name));
        const Bytes bytes = ReadFile(name);
        mms_diag diag = {};
        ASSERT_EQ(mms_check(bytes.data(), bytes.size(), MMS_ORDER_NATIVE, &diag), 0) << diag.rule << " " << diag.offset;
        mms_scan scan;
        mms_record record;
        mms_scan_begin(&scan, bytes.data(), bytes.size(), MMS_ORDER_NATIVE, nullptr);
        while (mms_scan_next(&scan, &record, nullptr) == 1) {
            const std::string label = Text(record.label);
            if (label == "hits") {
                uint64_t value;
                memcpy(&value, &bytes[record.values + (bytes[record.write_buffer] ^ 1u) * 8u], 8);
                EXPECT_EQ(value >> 32, value & UINT32_MAX) << "a mix of two values";
            }
            if (label == "state" && record.sequence) {
                uint64_t sequence;
                memcpy(&sequence, &bytes[record.sequence], 8);
                const size_t at = record.values + sequence % 2 * record.value_size;
                const char *text = reinterpret_cast<const char *>(&bytes[at]);
                const std::string value(text, strnlen(text, record.value_size));
                EXPECT_EQ(value, sequence ? text_of(sequence - 1) : "") << "readable wherever it died";
            }
        }
        // A new writer takes the name at once.
        Writer writer = New(options);
        EXPECT_EQ(mms_writer_open(writer.get()), 0) << mms_writer_error(writer.get());
    }
}

TEST_P(Killed, WhileItMakesItsFile)
{
    Directory directory;
    mms_options options = Options(directory, "x.mmstats");
    options.output = GetParam();
    for (int round = 0; round < 100; round++) {
        Gate ready;
        pid_t pid = fork();
        if (pid == 0) {
            ready.Open();
            for (;;) {
                Writer writer = New(options);
                mms_writer_open(writer.get());
            }
        }
        ready.Wait();
        usleep(useconds_t(round * 31 % 1000));
        kill(pid, SIGKILL);
        StatusOf(pid);
        for (const std::string &name : directory.List()) {
            if (name == "x.mmstats") {
                EXPECT_TRUE(Decode(ReadFile(directory / name)).has("org.mmstats.version"));
            } else {
                EXPECT_EQ(name.substr(0, 11), ".x.mmstats.");
                EXPECT_EQ(name.substr(name.size() - 4), ".tmp") << "outside what readers look for";
            }
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Formats, Killed, ::testing::Values(MMS_OUTPUT_V2, MMS_OUTPUT_V1, MMS_OUTPUT_V1_PACKED));

} // namespace
