/* SPDX-License-Identifier: MIT
 *
 * Is the writer alive (R511)? By its lock, by its PID, by when the process began. */

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#include <cmath>

#include "reader/testing.h"

using namespace mms_testing;

namespace {

double now()
{
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    return double(time.tv_sec) + double(time.tv_nsec) * 1e-9;
}

// A process that waits until it is killed, having said that it is ready.
class Child {
public:
    template <class Function> explicit Child(Function first)
    {
        int ready[2];
        EXPECT_EQ(0, pipe(ready));
        pid = fork();
        if (pid == 0) {
            char byte = char(first());
            if (write(ready[1], &byte, 1) != 1)
                _exit(1);
            for (;;)
                pause();
        }
        char byte = 1;
        EXPECT_EQ(1, read(ready[0], &byte, 1));
        EXPECT_EQ(0, byte);
        close(ready[0]);
        close(ready[1]);
    }
    ~Child()
    {
        if (pid > 0)
            end(SIGKILL);
    }
    void end(int signal)
    {
        kill(pid, signal);
        waitpid(pid, nullptr, 0);
        pid = -1;
    }

    pid_t pid;
};

int nothing()
{
    return 0;
}

class Liveness : public testing::TestWithParam<enum mms_reader_mode> {
protected:
    void write(const File &file) { write_file(path, file.whole()); }
    void add_pid(File &file, uint32_t pid, const std::string &prefix = "")
    {
        file.poke(file.v2(prefix + "sys.pid", MMS_ID_STATIC_U32).values, pid);
    }
    void add_created(File &file, double created)
    {
        file.poke(file.v2("sys.created", MMS_ID_STATIC_F64).values, created);
    }
    void add_lock(File &file, bool lock, const std::string &prefix = "")
    {
        file.poke(file.v2(prefix + "sys.lock", MMS_ID_BOOL).values, lock);
    }
    enum mms_liveness ask()
    {
        Reader reader(path, GetParam());
        EXPECT_EQ(0, reader.error);
        return mms_reader_liveness(reader);
    }
    // As a writer locks: of the open file description, before the mapping that keeps it.
    static int lock_file(const std::string &path, int type = F_WRLCK)
    {
        int fd = open(path.c_str(), type == F_WRLCK ? O_RDWR : O_RDONLY);
        struct flock lock = {};
        lock.l_type = short(type);
        return fcntl(fd, F_OFD_SETLK, &lock) < 0 ? 1 : 0; /* the descriptor stays open */
    }
    static pid_t dead_pid()
    {
        pid_t pid = fork();
        if (pid == 0)
            _exit(0);
        waitpid(pid, nullptr, 0);
        return pid;
    }

    Folder folder;
    std::string path = folder / "stats-of-a-test.mmstats";
};

TEST_P(Liveness, NothingSaysIt)
{
    File file(2);
    file.v2("a", MMS_ID_BYTE);
    write(file);
    EXPECT_EQ(MMS_LIVENESS_UNKNOWN, ask());
}

TEST_P(Liveness, LockThatSomeoneHolds)
{
    for (std::string prefix : {"", "web."}) {
        File file(2);
        add_pid(file, uint32_t(dead_pid())); // the lock is better
        add_lock(file, true, prefix);
        write(file);
        Child child([&] { return lock_file(path); });
        Reader reader(path, GetParam());
        EXPECT_EQ(MMS_LIVE, mms_reader_liveness(reader));
        EXPECT_EQ(MMS_LIVE, mms_reader_liveness(reader)); // asking takes nothing
        child.end(SIGKILL);
        EXPECT_EQ(MMS_DEAD, mms_reader_liveness(reader));
    }
}

TEST_P(Liveness, LockThatNobodyHolds)
{
    File file(2);
    add_pid(file, uint32_t(getpid())); // alive, but not its writer
    add_lock(file, true);
    write(file);
    EXPECT_EQ(MMS_DEAD, ask());
}

// Whoever may read the file can lock it for reading: that proves nothing.
TEST_P(Liveness, LockForReading)
{
    File file(2);
    add_lock(file, true);
    write(file);
    Child child([&] { return lock_file(path, F_RDLCK); });
    EXPECT_EQ(MMS_DEAD, ask());
}

TEST_P(Liveness, FalseLockDoesNotCount)
{
    File file(2);
    add_pid(file, uint32_t(getpid()));
    add_lock(file, false);
    write(file);
    EXPECT_EQ(MMS_LIVE, ask());
}

TEST_P(Liveness, PidAlive)
{
    for (std::string prefix : {"", "web.", "x"}) {
        File file(2);
        add_pid(file, uint32_t(getpid()), prefix);
        write(file);
        EXPECT_EQ(MMS_LIVE, ask()) << prefix;
    }
}

TEST_P(Liveness, PidDead)
{
    for (std::string prefix : {"", "web."}) {
        File file(2);
        add_pid(file, uint32_t(dead_pid()), prefix);
        write(file);
        EXPECT_EQ(MMS_DEAD, ask()) << prefix;
    }
}

TEST_P(Liveness, ExactLabelGoesFirst)
{
    File file(2);
    add_pid(file, uint32_t(dead_pid()), "other.");
    add_pid(file, uint32_t(getpid()));
    write(file);
    EXPECT_EQ(MMS_LIVE, ask());
}

// kill() takes these for groups of processes, or for all.
TEST_P(Liveness, PidsThatAreNone)
{
    for (uint32_t pid : {0U, 0xffffffffU, 0x80000000U}) {
        File file(2);
        add_pid(file, pid);
        write(file);
        EXPECT_EQ(MMS_LIVENESS_UNKNOWN, ask()) << pid;
    }
    File negative(2);
    negative.poke(negative.v2("sys.pid", MMS_ID_STATIC_I64).values, int64_t(-1));
    write(negative);
    EXPECT_EQ(MMS_LIVENESS_UNKNOWN, ask());
    File text(2);
    text.text("sys.pid", MMS_ID_STRING, "1");
    write(text);
    EXPECT_EQ(MMS_LIVENESS_UNKNOWN, ask());
}

TEST_P(Liveness, CreatedByThisProcess)
{
    File file(2);
    add_pid(file, uint32_t(getpid()));
    add_created(file, now());
    write(file);
    EXPECT_EQ(MMS_LIVE, ask());
}

TEST_P(Liveness, PidThatCameBack)
{
    Child child([] { return prctl(PR_SET_NAME, "a) 1 ) (b"); }); // its name stands among the numbers
    File file(2);
    add_pid(file, uint32_t(child.pid));
    add_created(file, now() - 3600); // an hour before that process began
    write(file);
    EXPECT_EQ(MMS_DEAD, ask());
}

// The clock was set in between: whoever has the file mapped is its writer.
TEST_P(Liveness, PidThatCameBackButHasTheFile)
{
    Child child([&] {
        File file(2);
        add_pid(file, uint32_t(getpid()));
        add_created(file, now() - 3600);
        write(file);
        int fd = open(path.c_str(), O_RDWR);
        return mmap(nullptr, 4096, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED;
    });
    EXPECT_EQ(MMS_LIVE, ask());
}

TEST_P(Liveness, CreatedThatIsNone)
{
    for (double created : {0.0, -1.0, double(NAN)}) {
        File file(2);
        add_pid(file, uint32_t(getpid()));
        add_created(file, created);
        write(file);
        EXPECT_EQ(MMS_LIVE, ask()) << created;
    }
}

TEST_P(Liveness, ProcessOfAnotherUser)
{
    Child child(nothing);
    if (geteuid() != 0 || chmod(folder.path.c_str(), 0755) < 0)
        GTEST_SKIP() << "needs the rights to become another user";
    File file(2);
    add_pid(file, uint32_t(child.pid));
    add_created(file, now() - 3600);
    write(file);
    Reader reader(path, GetParam());
    ASSERT_EQ(0, reader.error);
    if (setresuid(65534, 65534, 0) < 0)
        GTEST_SKIP() << "cannot become another user here";
    enum mms_liveness found = mms_reader_liveness(reader);
    EXPECT_EQ(0, setresuid(0, 0, 0));
    EXPECT_EQ(MMS_LIVE, found);
}

TEST_P(Liveness, Version1)
{
    File file(1);
    file.poke(file.v1("web.sys.pid", "I", false).values, uint32_t(getpid()));
    write(file);
    EXPECT_EQ(MMS_LIVE, ask());
    file.poke(file.v1("web.sys.lock", "?", false).values, true);
    write(file);
    EXPECT_EQ(MMS_DEAD, ask());
}

TEST_P(Liveness, TheLabelWithoutAPrefixGoesFirst)
{
    File file(1);
    file.poke(file.v1("web.sys.pid", "I", false).values, uint32_t(7));
    write(file);
    {
        Reader reader(path, GetParam());
        EXPECT_EQ(0, mms_reader_find_sys(reader, MMS_SYS_PID));
        EXPECT_EQ(-ENOENT, mms_reader_find_sys(reader, MMS_SYS_TID));
        EXPECT_EQ(7U, mms_reader_pid(reader));
    }
    file.poke(file.v1("sys.pid", "i", false).values, int32_t(8));
    write(file);
    {
        Reader reader(path, GetParam());
        EXPECT_EQ(1, mms_reader_find_sys(reader, MMS_SYS_PID));
        EXPECT_EQ(8U, mms_reader_pid(reader));
    }
}

INSTANTIATE_TEST_SUITE_P(Modes, Liveness, testing::Values(MMS_READ_COPY, MMS_READ_LIVE),
                         [](const auto &mode) { return mode.param == MMS_READ_COPY ? "Copy" : "Live"; });

} // namespace
