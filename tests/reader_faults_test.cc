// SPDX-License-Identifier: MIT
//
// Every call of the reader, with every call of libc in it failing: an error and nothing left behind, or the right
// answer.

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <iterator>
#include <memory>

#include "format/child.h"
#include "reader/testing.h"
#include "tests/faults_testing.h"

namespace {

using namespace mms_testing;

// A file with all that makes a reader allocate: metadata with escapes, a text, an array, a generation.
std::string bytes_of(unsigned fields, pid_t pid = 0, double created = 0, bool lock = false)
{
    File file(2);
    mms_record record;
    file.v2("generation", MMS_ID_GENERATION);
    for (unsigned i = 0; i < fields; i++) {
        std::string label = "n" + std::to_string(i);
        record = file.v2(label, MMS_ID_COUNTER, MMS_FLAG_SEQUENCE);
        file.text(label, MMS_ID_METADATA, "unit=a\\nb\nhelp=c\\\\d");
    }
    file.text("text", MMS_ID_STRING, "value");
    file.array("ring", MMS_ID_U32_RING, 4, 0);
    if (pid != 0) {
        record = file.v2("sys.pid", MMS_ID_STATIC_U32);
        file.poke(record.values, uint32_t(pid));
        record = file.v2("sys.created", MMS_ID_STATIC_F64);
        file.poke(record.values, created);
        record = file.v2("sys.lock", MMS_ID_BOOL);
        file.poke(record.values, uint8_t(lock));
    }
    return file.whole();
}

struct Scene {
    explicit Scene(mms_reader_mode of_mode) { options.mode = of_mode; }
    ~Scene() { mms_reader_close(reader); }
    void prepare() { write_file(path, bytes_of(3)); }
    void open() { ASSERT_EQ(0, mms_reader_open(path.c_str(), &options, &reader, nullptr)); }
    void failed(int) {}
    long held() { return reader != nullptr; }
    bool keeps() const { return false; }

    // All fields are there, with their values, units and texts.
    void expect_all(mms_reader *of, unsigned fields = 3)
    {
        ASSERT_EQ(fields + 2, mms_reader_count(of));
        EXPECT_EQ(0, mms_reader_diag(of, nullptr, nullptr));
        mms_stat stat = {};
        for (unsigned i = 0; i < fields; i++) {
            ASSERT_EQ(0, mms_reader_get(of, i, &stat));
            EXPECT_TRUE(stat.unit.size == 3 && memcmp(stat.unit.data, "a\nb", 3) == 0);
            EXPECT_EQ(0U, stat.values[0].u);
        }
        ASSERT_EQ(0, mms_reader_get(of, fields, &stat));
        EXPECT_TRUE(stat.values[0].text.size == 5 && memcmp(stat.values[0].text.data, "value", 5) == 0);
        EXPECT_EQ(int64_t(fields), mms_reader_find(of, "text", 4, 0));
    }

    Folder folder;
    std::string path = folder / "f.mmstats";
    mms_reader_options options = {sizeof options, MMS_READ_COPY, MMS_ORDER_AUTO, 0, 0};
    mms_reader *reader = nullptr;
};

struct Open : Scene {
    using Scene::Scene;
    int act() { return mms_reader_open(path.c_str(), &options, &reader, &diag); }
    int again() { return act(); }
    void failed(int)
    {
        EXPECT_EQ(nullptr, reader);
        EXPECT_EQ(0, diag.rule) << "nothing is wrong with the file";
    }
    void works() { expect_all(reader); }
    mms_diag diag = {};
};

struct Get : Scene {
    using Scene::Scene;
    void prepare() { Scene::prepare(), open(); }
    int act() { return mms_reader_get(reader, 1, &stat); }
    int again() { return act(); }
    void failed(int) { EXPECT_EQ(77U, stat.count); }
    void works() { expect_all(reader); }
    mms_stat stat = [] { mms_stat s = {}; s.count = 77; return s; }();
};

struct Find : Get {
    using Get::Get;
    int act() { return int(std::min(mms_reader_find(reader, "text", 4, 0), int64_t(0))); }
    int again() { return act(); }
};

struct Samples : Get {
    using Get::Get;
    int act() { return mms_reader_sample(reader, nullptr, 5, samples); }
    int again() { return act(); }
    void works()
    {
        EXPECT_EQ(MMS_TYPE_U64, samples[0].type);
        EXPECT_EQ(MMS_TYPE_PAD, samples[3].type);
        expect_all(reader);
    }
    mms_sample samples[5] = {};
};

struct Snapshot : Get {
    using Get::Get;
    int act() { return std::min(mms_reader_snapshot(reader), 0); }
    int again() { return act(); }
};

// Nothing changed; grown; another file.
struct Same : Get {
    using Get::Get;
    int act() { return std::min(mms_reader_refresh(reader, nullptr), 0); }
    int again() { return act(); }
    void failed(int) { expect_all(reader); }
};

struct Grown : Same {
    using Same::Same;
    void prepare() { Same::prepare(), write_file(path, bytes_of(90)); }
    // What is mapped has changed in place.
    void failed(int) { EXPECT_TRUE(options.mode == MMS_READ_LIVE || mms_reader_count(reader) == 5); }
    void works() { expect_all(reader, 90); }
};

struct Replaced : Same {
    using Same::Same;
    void prepare()
    {
        Same::prepare();
        write_file(folder / "new", bytes_of(5));
        ASSERT_EQ(0, rename((folder / "new").c_str(), path.c_str()));
    }
    void works() { expect_all(reader, 5); }
};

// Of the reader's own process: by its lock, by its PID, by its mapping.
struct Alive : Scene {
    enum By { kLock, kPid, kMapping };
    Alive(mms_reader_mode of_mode, By of_by) : Scene(of_mode), by(of_by) {}
    ~Alive() { close(fd); }
    void prepare()
    {
        write_file(path, bytes_of(1, getpid(), by == kMapping ? 1000 : 4e9, by == kLock));
        if (by == kMapping) // else by name, which is in the map of this program's own mapping alone
            mapping = std::make_unique<Mapping>(path);
        fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
        struct flock lock = {};
        lock.l_type = F_WRLCK;
        ASSERT_EQ(0, by == kLock ? fcntl(fd, F_OFD_SETLK, &lock) : 0);
        open();
    }
    int act()
    {
        EXPECT_NE(MMS_DEAD, mms_reader_liveness(reader));
        return 0;
    }
    int again() { return 0; }
    void works() { EXPECT_EQ(MMS_LIVE, mms_reader_liveness(reader)); }
    By by;
    int fd = -1;
    std::unique_ptr<Mapping> mapping;
};

struct Dead : Alive {
    explicit Dead(mms_reader_mode of_mode) : Alive(of_mode, kLock) {}
    void prepare() { Alive::prepare(), close(fd), fd = -1; }
    int act()
    {
        mms_reader_liveness(reader); // where the lock cannot be asked for, the PID says live
        return 0;
    }
    void works() { EXPECT_EQ(MMS_DEAD, mms_reader_liveness(reader)); }
};

// --- sets -----------------------------------------------------------------------------------------------------------

struct Set : Scene {
    Set(mms_reader_mode of_mode, bool of_glob) : Scene(of_mode), is_glob(of_glob) {}
    ~Set() { mms_set_close(set); }
    void prepare()
    {
        Scene::prepare();
        write_file(other, bytes_of(3));
    }
    // The error of the set, else the first one of a file.
    int act()
    {
        const char *const paths[] = {path.c_str(), other.c_str(), path.c_str()};
        int error = is_glob ? mms_set_open(glob.c_str(), &options, &set) : mms_set_open_paths(paths, 3, &options, &set);
        return error < 0 ? error : first_error();
    }
    int first_error()
    {
        int error = 0;
        for (size_t i = 0; error == 0 && i < mms_set_count(set); i++)
            error = mms_set_error(set, i, nullptr);
        return error;
    }
    // What is wrong with one file is no matter to the other one.
    long held()
    {
        long readers = 0;
        for (size_t i = 0; set != nullptr && i < mms_set_count(set); i++)
            readers += mms_set_reader(set, i) != nullptr;
        return readers;
    }
    int again()
    {
        mms_set_close(set);
        set = nullptr;
        return act();
    }
    void works()
    {
        ASSERT_EQ(2U, mms_set_count(set));
        for (size_t i = 0; i < 2; i++)
            expect_all(mms_set_reader(set, i));
    }
    bool is_glob;
    std::string glob = folder / "*.mmstats", other = folder / "g.mmstats";
    mms_set *set = nullptr;
};

// One file has gone, one has come, one has grown.
struct SetRefresh : Set {
    using Set::Set;
    void prepare()
    {
        Set::prepare();
        if (!is_glob)
            unlink(other.c_str());
        Set::act();
        if (is_glob)
            unlink(path.c_str());
        else
            write_file(other, bytes_of(3));
        path = is_glob ? folder / "h.mmstats" : path;
        Scene::prepare();
    }
    int act()
    {
        int error = mms_set_refresh(set);
        return error < 0 ? error : first_error();
    }
    int again() { return act(); }
};

// --- all of them ----------------------------------------------------------------------------------------------------

class Faults : public testing::TestWithParam<mms_reader_mode> {};

TEST_P(Faults, Open) { Sweep<Open>::run(GetParam()); }
TEST_P(Faults, Get) { Sweep<Get>::run(GetParam()); }
TEST_P(Faults, Find) { Sweep<Find>::run(GetParam()); }
TEST_P(Faults, Sample) { Sweep<Samples>::run(GetParam()); }
TEST_P(Faults, Snapshot) { Sweep<Snapshot>::run(GetParam()); }
TEST_P(Faults, RefreshSame) { Sweep<Same>::run(GetParam()); }
TEST_P(Faults, RefreshGrown) { Sweep<Grown>::run(GetParam()); }
TEST_P(Faults, RefreshReplaced) { Sweep<Replaced>::run(GetParam()); }
TEST_P(Faults, LivenessByLock) { Sweep<Alive>::run(GetParam(), Alive::kLock); }
TEST_P(Faults, LivenessByPid) { Sweep<Alive>::run(GetParam(), Alive::kPid); }
TEST_P(Faults, LivenessByMapping) { Sweep<Alive>::run(GetParam(), Alive::kMapping); }
TEST_P(Faults, LivenessOfTheDead) { Sweep<Dead>::run(GetParam()); }
TEST_P(Faults, SetOfAGlob) { Sweep<Set>::run(GetParam(), true); }
TEST_P(Faults, SetOfPaths) { Sweep<Set>::run(GetParam(), false); }
TEST_P(Faults, SetOfAGlobRefreshed) { Sweep<SetRefresh>::run(GetParam(), true); }
TEST_P(Faults, SetOfPathsRefreshed) { Sweep<SetRefresh>::run(GetParam(), false); }

INSTANTIATE_TEST_SUITE_P(Modes, Faults, testing::Values(MMS_READ_COPY, MMS_READ_LIVE),
                         [](const auto &mode) { return mode.param == MMS_READ_COPY ? "Copy" : "Live"; });

// Two copies that differ, and no memory to keep the second.
TEST(Copies, NoMemoryForOneThatDiffers)
{
    static std::string path;
    static bool changed;
    Folder folder;
    path = folder / "f.mmstats";
    write_file(path, bytes_of(3));
    changed = false;
    fault_watch([](fault_call call, unsigned long number) {
        if (call != FAULT_PREAD || number != 2 || changed)
            return;
        changed = true;
        int fd = open(path.c_str(), O_WRONLY);
        EXPECT_EQ(1, pwrite(fd, "x", 1, 4000));
        close(fd);
    });
    mms_reader *reader = nullptr;
    fault_arm(FAULT_REALLOC, 1, ENOMEM);
    EXPECT_EQ(-ENOMEM, mms_reader_open(path.c_str(), nullptr, &reader, nullptr));
    EXPECT_TRUE(fault_disarm());
    EXPECT_TRUE(changed);
    EXPECT_EQ(nullptr, reader);
    fault_watch(nullptr);
    ASSERT_EQ(0, mms_reader_open(path.c_str(), nullptr, &reader, nullptr));
    mms_reader_close(reader);
}

// What could be listed is in the set, with the error of the folder.
TEST(Set, FolderThatCannotBeListed)
{
    Folder folder;
    pid_t pid = fork();
    if (pid == 0) {
        sock_filter filter[] = {
            BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getdents64, 0, 1),
            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EIO),
            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        };
        sock_fprog program = {sizeof filter / sizeof *filter, filter};
        EXPECT_EQ(0, prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
        EXPECT_EQ(0, prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program));
        mms_set *set = nullptr;
        EXPECT_EQ(-EIO, mms_set_open((folder / "*").c_str(), nullptr, &set));
        EXPECT_EQ(nullptr, set);
        fflush(nullptr);
        EndChild(testing::Test::HasFailure());
    }
    int status = 0;
    EXPECT_EQ(pid, waitpid(pid, &status, 0));
    EXPECT_EQ(0, status);
}

// The handler is there once for the whole process: tried before any other test needs it.
TEST(Guard, CanBeInstalledAfterItFailed)
{
    for (unsigned long nth = 1; nth <= 2; nth++) {
        fault_arm(FAULT_SIGACTION, nth, EINVAL);
        EXPECT_EQ(-EINVAL, mms_reader_guard());
        EXPECT_TRUE(fault_disarm());
    }
    EXPECT_EQ(0, mms_reader_guard());
}

} // namespace
