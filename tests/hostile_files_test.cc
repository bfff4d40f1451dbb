// SPDX-License-Identifier: MIT
//
// Files that are not what they seem, and that change while they are read. What other tests have is in README.md.

#include <errno.h>
#include <linux/capability.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <functional>

#include "format/child.h"
#include "reader/testing.h"
#include "tests/faults_testing.h"
#include "mmstats/writer.h"

namespace {

using namespace mms_testing;

std::function<void(fault_call, unsigned long)> watcher;
void watch(fault_call call, unsigned long number)
{
    watcher(call, number);
}

// Opens it with an eye on all calls.
int watched_open(const std::string &path, mms_reader_mode mode, mms_reader **reader,
                 std::function<void(fault_call, unsigned long)> what = [](auto, auto) {})
{
    mms_reader_options options = {sizeof options, mode, MMS_ORDER_AUTO, 0, 0};
    watcher = what;
    fault_watch(watch);
    fault_arm(FAULT_OPEN, 0, 0);
    int error = mms_reader_open(path.c_str(), &options, reader, nullptr);
    fault_disarm();
    fault_watch(nullptr);
    return error;
}

std::string labels_of(mms_reader *reader)
{
    std::string all;
    mms_stat stat;
    for (size_t i = 0; i < mms_reader_count(reader); i++)
        all += mms_reader_get(reader, i, &stat) == 0 ? str(stat.label) + " " : "? ";
    return all;
}

std::string file_of(std::vector<std::string> labels, size_t text = 100)
{
    File file(2);
    for (const std::string &label : labels)
        file.text(label, MMS_ID_STRING, std::string(text, 'x'));
    return file.whole();
}

class Hostile : public testing::TestWithParam<mms_reader_mode> {
protected:
    static void SetUpTestSuite() { ASSERT_EQ(0, mms_reader_guard()); }

    Folder folder;
    std::string path = folder / "f";
};

// --- files that are no files of metrics -----------------------------------------------------------------------------

TEST_P(Hostile, LinksThatLeadNowhere)
{
    ASSERT_EQ(0, symlink("none", (folder / "dangling").c_str()));
    ASSERT_EQ(0, symlink("loop", (folder / "loop").c_str()));
    ASSERT_EQ(0, symlink("there", (folder / "here").c_str()));
    ASSERT_EQ(0, symlink("here", (folder / "there").c_str()));
    for (const char *name : {"dangling", "loop", "here", "there", "loop/f", "here/f"})
        EXPECT_EQ(-ELOOP, Reader(folder / name, GetParam()).error) << name;
    EXPECT_EQ(-ENOENT, Reader(folder / "dangling/f", GetParam()).error);
    mms_set *set;
    ASSERT_EQ(0, mms_set_open((folder / "*").c_str(), nullptr, &set));
    ASSERT_EQ(4U, mms_set_count(set));
    for (size_t i = 0; i < 4; i++)
        EXPECT_EQ(-ELOOP, mms_set_error(set, i, nullptr));
    mms_set_close(set);
}

// As a user who may not read it, without the rights of root that make up for it.
TEST_P(Hostile, Unreadable)
{
    write_file(path, file_of({"a"}));
    ASSERT_EQ(0, chmod(path.c_str(), 0));
    pid_t pid = fork();
    if (pid == 0) {
        __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
        __user_cap_data_struct rights[2] = {};
        EXPECT_EQ(0, syscall(SYS_capget, &header, rights));
        rights[0].effective &= ~(1U << CAP_DAC_OVERRIDE | 1U << CAP_DAC_READ_SEARCH);
        EXPECT_EQ(0, syscall(SYS_capset, &header, rights));
        EXPECT_EQ(-EACCES, Reader(path, GetParam()).error);
        mms_set *set = nullptr;
        EXPECT_EQ(0, mms_set_open((folder / "*").c_str(), nullptr, &set));
        EXPECT_EQ(-EACCES, mms_set_error(set, 0, nullptr));
        fflush(nullptr);
        EndChild(HasFailure());
    }
    int status = 0;
    EXPECT_EQ(pid, waitpid(pid, &status, 0));
    EXPECT_EQ(0, status);
}

// Refused by its size: nothing is read, mapped or allocated for it. A writer leaves it alone, too.
TEST_P(Hostile, SparseTebibyte)
{
    write_file(path, file_of({"a"}));
    if (truncate(path.c_str(), int64_t(1) << 40) < 0)
        GTEST_SKIP() << "no such files here: " << strerror(errno);
    mms_reader *reader = nullptr;
    long before = fault_bytes();
    EXPECT_EQ(-EFBIG, watched_open(path, GetParam(), &reader));
    EXPECT_EQ(nullptr, reader);
    for (fault_call call : {FAULT_OPEN, FAULT_PREAD, FAULT_MMAP})
        EXPECT_EQ(0U, fault_count(call)) << fault_rows[call].name;
    EXPECT_LT(fault_peak() - before, 4096);

    mms_options options = {};
    options.size = sizeof options;
    options.directory = folder.path.c_str();
    options.files = "f";
    mms_writer *writer;
    ASSERT_EQ(0, mms_writer_new(&options, &writer));
    EXPECT_EQ(-EEXIST, mms_writer_open(writer));
    mms_writer_close(writer);
    EXPECT_EQ(uintmax_t(1) << 40, std::filesystem::file_size(path));
}

// --- files that change ----------------------------------------------------------------------------------------------

// Before any one of its reads another file stands in its place: two that agree are taken, which are of the new one.
TEST_P(Hostile, RewrittenBetweenTwoFetches)
{
    const std::string one = file_of({"a", "b", "c"}), same_size = file_of({"longer", "b"}, 64),
                      larger = file_of({"d", "e"}, 6000), smaller = one.substr(0, 200), nothing;
    ASSERT_EQ(one.size(), same_size.size());
    for (const std::string *other : {&same_size, &larger, &smaller, &nothing}) {
        bool was_there = true;
        for (unsigned long at = 1; was_there; at++) {
            write_file(path, one);
            mms_reader *reader = nullptr;
            was_there = false;
            int error = watched_open(path, GetParam(), &reader, [&](fault_call call, unsigned long number) {
                if (call != FAULT_PREAD || number != at)
                    return;
                was_there = true;
                write_file(path, *other);
            });
            SCOPED_TRACE(std::to_string(other->size()) + " bytes at read " + std::to_string(at));
            if (other == &nothing && was_there) {
                EXPECT_EQ(-EBADMSG, error);
                continue;
            }
            ASSERT_EQ(0, error);
            Reader after(path, GetParam());
            EXPECT_EQ(labels_of(after), labels_of(reader));
            EXPECT_GE(mms_reader_refresh(reader, nullptr), other == &nothing ? -EBADMSG : 0);
            mms_reader_close(reader);
        }
    }
}

// Anything may stand in a mapping by the time that it is read: values are of their fields' sizes all the same.
TEST_P(Hostile, OverwrittenUnderAReader)
{
    File file(2);
    file.v2("generation", MMS_ID_GENERATION);
    file.v2("n", MMS_ID_COUNTER, MMS_FLAG_SEQUENCE);
    file.wide("wide", 100, MMS_FLAG_SEQUENCE);
    file.array("ring", MMS_ID_U64_RING, 10, MMS_FLAG_SEQUENCE);
    file.histogram("h", 2, 6, MMS_FLAG_SEQUENCE);
    file.text("t", MMS_ID_STRING, "text");
    for (int byte : {0x00, 0x01, 0x7f, 0x80, 0xff}) {
        write_file(path, file.whole());
        Reader reader(path, GetParam(), 3);
        ASSERT_EQ(5U, mms_reader_count(reader));
        Mapping mapping(path);
        memset(mapping.at + 1, byte, mapping.size - 1); // after the version
        for (int round = 0; round < 2; round++) {
            const size_t most[] = {1, 1, 11, 256, 1};
            mms_stat stat;
            for (size_t i = 0; i < 5; i++) {
                ASSERT_EQ(0, mms_reader_get(reader, i, &stat));
                EXPECT_LE(stat.count, most[i]) << str(stat.label);
                for (size_t k = 0; k < stat.count; k++)
                    if (stat.values[k].type == MMS_TYPE_TEXT) {
                        EXPECT_LE(stat.values[k].text.size, 100U);
                    }
            }
            mms_sample samples[5];
            EXPECT_EQ(0, mms_reader_sample(reader, nullptr, 5, samples));
            int got = mms_reader_snapshot(reader);
            EXPECT_TRUE(got == 1 || got == -EBUSY || got == -ESTALE) << got;
        }
        mms_reader_liveness(reader);
        int got = mms_reader_refresh(reader, nullptr);
        EXPECT_TRUE(got == 1 || got == 0) << got;
    }
}

// A hole is zeros, and no fault: in the middle of a page, and a whole page.
TEST_P(Hostile, HoleInAPage)
{
    File file(2);
    mms_record first = file.v2("first", MMS_ID_U64);
    file.poke(first.values, uint64_t(5));
    file.text("t", MMS_ID_STRING, std::string(9000, 'x'));
    mms_record last = file.v2("last", MMS_ID_U64);
    file.poke(last.values, uint64_t(6));
    write_file(path, file.whole());
    Reader reader(path, GetParam());
    ASSERT_EQ(3U, mms_reader_count(reader));
    int fd = open(path.c_str(), O_RDWR | O_CLOEXEC);
    auto punch = [&](size_t at, size_t size) {
        return fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, int64_t(at), int64_t(size));
    };
    if (punch(last.values, 16) < 0) {
        close(fd);
        GTEST_SKIP() << "no holes here: " << strerror(errno);
    }
    mms_reader_refresh(reader, nullptr);
    EXPECT_EQ(0U, reader.get("last").values[0].u);
    EXPECT_EQ(0, punch(4096, 4096)); // of the text alone
    mms_reader_refresh(reader, nullptr);
    EXPECT_EQ(3U, mms_reader_count(reader));
    EXPECT_LT(text_of(reader.get("t")).size(), 9000U) << "a text ends at its first NUL";
    EXPECT_EQ(0, punch(0, 4096));
    int got = mms_reader_refresh(reader, nullptr);
    EXPECT_TRUE(got == -EPROTONOSUPPORT || got == 1) << got; // no version any more
    close(fd);
}

TEST_P(Hostile, RemovedUnderAReader)
{
    write_file(path, file_of({"a"}));
    Reader reader(path, GetParam());
    unlink(path.c_str());
    EXPECT_EQ(-ENOENT, mms_reader_refresh(reader, nullptr));
    EXPECT_EQ("a ", labels_of(reader));
    for (const char *kind : {"link", "folder", "fifo"}) { // takes its name
        EXPECT_EQ(0, *kind == 'l'                ? symlink("x", path.c_str())
                     : std::string(kind) == "fifo" ? mkfifo(path.c_str(), 0600)
                                                   : mkdir(path.c_str(), 0700));
        EXPECT_EQ(*kind == 'l' ? -ELOOP : -ENOTSUP, mms_reader_refresh(reader, nullptr)) << kind;
        EXPECT_EQ("a ", labels_of(reader));
        remove(path.c_str());
    }
}

INSTANTIATE_TEST_SUITE_P(Modes, Hostile, testing::Values(MMS_READ_COPY, MMS_READ_LIVE),
                         [](const auto &mode) { return mode.param == MMS_READ_COPY ? "Copy" : "Live"; });

// --- many of them ---------------------------------------------------------------------------------------------------

// 100,000 names, of which three are wanted; then 100,000 that are wanted, each with one look at it.
TEST(Folders, OfAHundredThousandNames)
{
    enum { COUNT = 100000 };
    Folder folder;
    int fd = open(folder.path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (int i = 0; i < COUNT; i++)
        ASSERT_EQ(0, symlinkat("none", fd, ("n" + std::to_string(i)).c_str()));
    for (const char *name : {"a.mmstats", "b.mmstats", "c.mmstats"})
        write_file(folder / name, file_of({name}));
    mms_set *set = nullptr;
    fault_arm(FAULT_OPEN, 0, 0);
    ASSERT_EQ(0, mms_set_open((folder / "*.mmstats").c_str(), nullptr, &set));
    fault_disarm();
    EXPECT_EQ(3U, mms_set_count(set));
    EXPECT_EQ(3U, fault_count(FAULT_OPEN));
    mms_set_close(set);

    long before = fault_bytes();
    fault_arm(FAULT_OPEN, 0, 0);
    ASSERT_EQ(0, mms_set_open((folder / "n*").c_str(), nullptr, &set));
    EXPECT_EQ(0, mms_set_refresh(set));
    fault_disarm();
    ASSERT_EQ(size_t(COUNT), mms_set_count(set));
    EXPECT_EQ(-ELOOP, mms_set_error(set, COUNT - 1, nullptr));
    EXPECT_EQ(2U * COUNT, fault_count(FAULT_FSTATAT));
    EXPECT_EQ(0U, fault_count(FAULT_OPEN));
    EXPECT_LT(fault_peak() - before, COUNT * 400L); // bytes a name
    mms_set_close(set);
    close(fd);
}

// More files than descriptors: the others say so, and can be read when there are some again.
TEST(Folders, OfMoreFilesThanDescriptors)
{
    Folder folder;
    for (int i = 10; i < 90; i++)
        write_file(folder / std::to_string(i), file_of({"a"}));
    rlimit limit, less;
    ASSERT_EQ(0, getrlimit(RLIMIT_NOFILE, &limit));
    less = limit;
    less.rlim_cur = rlim_t(open_descriptors() + 1 + 40);
    ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &less));
    mms_set *set = nullptr;
    int error = mms_set_open((folder / "*").c_str(), nullptr, &set);
    ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
    ASSERT_EQ(0, error);
    ASSERT_EQ(80U, mms_set_count(set));
    EXPECT_EQ(0, mms_set_error(set, 30, nullptr));
    EXPECT_EQ(-EMFILE, mms_set_error(set, 79, nullptr));
    EXPECT_EQ(nullptr, mms_set_reader(set, 79));
    EXPECT_EQ(0, mms_set_refresh(set)); // no file came or went
    for (size_t i = 0; i < 80; i++)
        EXPECT_EQ(0, mms_set_error(set, i, nullptr)) << i;
    mms_set_close(set);
}

} // namespace
