// SPDX-License-Identifier: MIT
//
// The file: its name, its rights, what has the name already, and what is left after a failure.
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "writer/testing.h"

namespace {

using namespace mms_testing;

std::string number(long n)
{
    return std::to_string(n);
}

// The error of mms_writer_open, and a check that a failure says what, where and what to do, and leaves nothing behind.
int open_error(const Writer &writer, const std::string &where, const std::string &what)
{
    int error = mms_writer_open(writer.get());
    if (error == 0)
        return 0;
    const std::string message = mms_writer_error(writer.get());
    EXPECT_NE(message.find(where), std::string::npos) << message;
    EXPECT_NE(message.find(what), std::string::npos) << message;
    EXPECT_EQ(message.back(), ')') << message;
    EXPECT_EQ(mms_writer_path(writer.get()), nullptr);
    mms_u64 n; // works all the same
    EXPECT_EQ(Add(writer, MMS_KIND_U64, "works", &n), 0);
    mms_u64_set(&n, 1);
    EXPECT_EQ(mms_u64_get(&n), 1u);
    return error;
}

class File : public ::testing::Test {
protected:
    File()
    {
        for (const char *name : {"MMSTATS_PATH", "MMSTATS_FILES", "MMSTATS_DISABLE", "TMPDIR"})
            unsetenv(name);
    }
    std::string Path(const Writer &writer)
    {
        EXPECT_EQ(mms_writer_open(writer.get()), 0) << mms_writer_error(writer.get());
        const char *path = mms_writer_path(writer.get());
        return path ? path : "";
    }
    Directory directory_;
};

// --- names (R509) ----------------------------------------------------------------------------------------------------

TEST_F(File, DefaultNameIsProgramProcessAndThread)
{
    const std::string expected =
        directory_ / (std::string(program_invocation_short_name) + "-" + number(getpid()) + "-" + number(gettid()) +
                      ".mmstats");
    EXPECT_EQ(Path(New(Options(directory_))), expected);
}

TEST_F(File, TemplateWordsAreReplacedAndNothingElseIs)
{
    mms_options options = Options(directory_, "{MODEL}.{UID}.{PID}-{TID}{X}{{PID}}{cmd}{.mmstats");
    options.model = "mod/el";
    EXPECT_EQ(Path(New(options)), directory_ / ("mod_el." + number(getuid()) + "." + number(getpid()) + "-" +
                                                number(gettid()) + "{X}{" + number(getpid()) + "}{cmd}{.mmstats"));
    options.model = nullptr;
    EXPECT_NE(Path(New(options)).find("/mmstats."), std::string::npos);
}

TEST_F(File, CommandCannotLeaveTheDirectoryNorHide)
{
    char *saved = program_invocation_short_name;
    char evil[] = "../../etc/x", dots[] = "..", hidden[] = ".hidden", none[] = "";
    program_invocation_short_name = evil;
    EXPECT_EQ(Path(New(Options(directory_, "{CMD}.mmstats"))), directory_ / "_._.._etc_x.mmstats");
    program_invocation_short_name = hidden;
    EXPECT_EQ(Path(New(Options(directory_, "{CMD}.mmstats"))), directory_ / "_hidden.mmstats");
    program_invocation_short_name = dots;
    ASSERT_EQ(mkdir((directory_ / "_.").c_str(), 0700), 0);
    mms_options options = Options(directory_, "x.mmstats");
    const std::string below = directory_ / "{CMD}";
    options.directory = below.c_str();
    EXPECT_EQ(Path(New(options)), directory_ / "_./x.mmstats");
    program_invocation_short_name = none; // then the name that the kernel knows
    char comm[16], evil_comm[] = "a/b c";
    ASSERT_EQ(prctl(PR_GET_NAME, comm), 0);
    ASSERT_EQ(prctl(PR_SET_NAME, evil_comm), 0);
    EXPECT_EQ(Path(New(Options(directory_, "{CMD}.mmstats"))), directory_ / "a_b c.mmstats");
    prctl(PR_SET_NAME, comm);
    program_invocation_short_name = saved;
}

TEST_F(File, NamesThatAreNoNames)
{
    for (const char *name : {"", ".", "..", "a/b", "/abs.mmstats", "../x"}) {
        Writer writer = New(Options(directory_, name));
        EXPECT_EQ(open_error(writer, name, "MMSTATS_FILES"), -EINVAL) << name;
    }
    const std::string fits(NAME_MAX - 8, 'n'), too_long(NAME_MAX + 1, 'n');
    EXPECT_EQ(Path(New(Options(directory_, (fits + ".mmstats").c_str()))), directory_ / (fits + ".mmstats"));
    EXPECT_EQ(open_error(New(Options(directory_, too_long.c_str())), "nnn", "MMSTATS_FILES"), -ENAMETOOLONG);
    mms_options options = Options(directory_);
    const std::string path = "/" + std::string(PATH_MAX, 'd');
    options.directory = path.c_str();
    EXPECT_EQ(open_error(New(options), "ddd", "MMSTATS_PATH"), -ENAMETOOLONG);
}

TEST_F(File, EnvironmentIsUsedUnlessOptionsSaySo)
{
    Directory other;
    mms_options options = {};
    options.size = sizeof options;
    setenv("TMPDIR", other.c_str(), 1);
    setenv("MMSTATS_PATH", "", 1); // as good as unset
    setenv("MMSTATS_FILES", "", 1);
    EXPECT_EQ(Path(New(options)).find(other.path() + "/" + program_invocation_short_name + "-"), 0u);
    setenv("MMSTATS_PATH", directory_.c_str(), 1);
    setenv("MMSTATS_FILES", "env-{PID}.mmstats", 1);
    EXPECT_EQ(Path(New(options)), directory_ / ("env-" + number(getpid()) + ".mmstats"));
    options.files = "options.mmstats";
    EXPECT_EQ(Path(New(options)), directory_ / "options.mmstats");
    setenv("MMSTATS_DISABLE", "1", 1);
    Writer off = New(options);
    EXPECT_EQ(mms_writer_open(off.get()), 0);
    EXPECT_EQ(mms_writer_path(off.get()), nullptr);
    EXPECT_STREQ(mms_writer_error(off.get()), "");
    EXPECT_TRUE(directory_.List().empty());
    setenv("MMSTATS_DISABLE", "0", 1);
    EXPECT_NE(Path(New(options)), "");
}

TEST_F(File, RelativeDirectoriesStayWhatTheyWere)
{
    EXPECT_TRUE(InChild([&] {
        ASSERT_EQ(chdir(directory_.c_str()), 0);
        ASSERT_EQ(mkdir("sub", 0700), 0);
        mms_options options = Options(directory_, "r.mmstats");
        options.directory = "sub";
        Writer writer = New(options);
        EXPECT_EQ(Path(writer), directory_ / "sub/r.mmstats");
        ASSERT_EQ(chdir("/"), 0);
        mms_string s;
        EXPECT_EQ(Add(writer, MMS_KIND_STRING, "s", &s, 60000), 0) << "the file grows";
        EXPECT_EQ(mms_writer_remove(writer.get()), 0);
        EXPECT_FALSE(Exists(directory_ / "sub/r.mmstats"));
    }));
}

// --- rights ----------------------------------------------------------------------------------------------------------

TEST_F(File, ModeIsWhatTheOptionSaysWhateverTheUmask)
{
    for (mode_t mask : {0, 022, 077}) {
        mode_t before = umask(mask);
        for (unsigned mode : {0u, 0600u, 0640u, 0666u, 0400u}) {
            mms_options options = Options(directory_, "m.mmstats");
            options.mode = mode;
            Writer writer = New(options);
            struct stat stat;
            ASSERT_EQ(lstat(Path(writer).c_str(), &stat), 0);
            EXPECT_EQ(stat.st_mode, S_IFREG | (mode ? mode : 0644u)) << mask;
        }
        umask(before);
    }
}

TEST_F(File, GroupIsGiven)
{
    mms_options options = Options(directory_, "g.mmstats");
    options.set_group = true;
    options.group = getgid();
    Writer writer = New(options);
    struct stat stat;
    ASSERT_EQ(lstat(Path(writer).c_str(), &stat), 0);
    EXPECT_EQ(stat.st_gid, getgid());
    writer.reset();
    options.group = 12345; // only root may
    Writer other = New(options);
    if (mms_writer_open(other.get()) == 0) {
        ASSERT_EQ(lstat(mms_writer_path(other.get()), &stat), 0);
        EXPECT_EQ(stat.st_gid, 12345u);
    } else {
        EXPECT_TRUE(directory_.List().empty());
    }
}

// Gives up the right to go past the bits of files and directories: what root's tests would otherwise miss.
void become_ordinary()
{
    __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct data[2] = {};
    ASSERT_EQ(syscall(SYS_capset, &header, data), 0);
}

TEST_F(File, DirectoriesThatDoNotWork)
{
    mms_options options = Options(directory_, "x.mmstats");
    const std::string missing = directory_ / "missing";
    options.directory = missing.c_str();
    Writer writer = New(options);
    EXPECT_EQ(open_error(writer, missing, "make it"), -ENOENT);
    ASSERT_EQ(mkdir(missing.c_str(), 0700), 0); // as the message said
    EXPECT_NE(Path(writer), "");
    writer.reset();

    const std::string file = directory_ / "file";
    WriteFile(file, Bytes(1));
    options.directory = file.c_str();
    EXPECT_EQ(open_error(New(options), file, "must be a directory"), -ENOTDIR);

    ASSERT_EQ(chmod(missing.c_str(), 0500), 0);
    options.directory = missing.c_str();
    EXPECT_TRUE(InChild([&] {
        become_ordinary();
        EXPECT_EQ(open_error(New(options), missing + "/x.mmstats", "rights"), -EACCES);
    }));
}

// --- what has the name -----------------------------------------------------------------------------------------------

TEST_F(File, LinksPipesAndDirectoriesAreLeftAlone)
{
    const std::string target = directory_ / "target", name = directory_ / "x.mmstats";
    WriteFile(target, Bytes(100, 7));
    ASSERT_EQ(symlink(target.c_str(), name.c_str()), 0);
    EXPECT_EQ(open_error(New(Options(directory_, "x.mmstats")), name, "symbolic link"), -ELOOP);
    EXPECT_EQ(ReadFile(target), Bytes(100, 7));
    EXPECT_TRUE(Exists(name));
    unlink(name.c_str());
    ASSERT_EQ(symlink("nowhere", name.c_str()), 0);
    EXPECT_EQ(open_error(New(Options(directory_, "x.mmstats")), name, "symbolic link"), -ELOOP);
    EXPECT_FALSE(Exists(directory_ / "nowhere"));
    unlink(name.c_str());

    ASSERT_EQ(mkfifo(name.c_str(), 0666), 0);
    EXPECT_EQ(open_error(New(Options(directory_, "x.mmstats")), name, "remove it"), -EEXIST);
    unlink(name.c_str());
    ASSERT_EQ(mkdir(name.c_str(), 0777), 0);
    EXPECT_EQ(open_error(New(Options(directory_, "x.mmstats")), name, "directory"), -EISDIR);
    EXPECT_EQ(directory_.List(), (std::vector<std::string>{"target", "x.mmstats"}));
}

TEST_F(File, WhatIsNoFileOfMmstatsIsLeftAlone)
{
    const std::string name = directory_ / "x.mmstats";
    for (const Bytes &bytes : {Bytes{}, Bytes(4096), Bytes{'t', 'e', 'x', 't'}, Bytes{2, 0, 0, 0, 0, 0}}) {
        WriteFile(name, bytes);
        EXPECT_EQ(open_error(New(Options(directory_, "x.mmstats")), name, "remove it"), -EEXIST);
        EXPECT_EQ(ReadFile(name), bytes);
    }
}

TEST_F(File, PlantedTemporaryNamesAreNotFollowed)
{
    const std::string target = directory_ / "target";
    for (int i = 0; i < 40; i++) {
        const std::string name = directory_ / (".x.mmstats." + number(getpid()) + "." + number(i) + ".tmp");
        ASSERT_EQ(symlink(target.c_str(), name.c_str()), 0);
    }
    Writer writer = New(Options(directory_, "x.mmstats"));
    EXPECT_NE(Path(writer), "");
    EXPECT_FALSE(Exists(target));
    EXPECT_EQ(directory_.List().size(), 41u);
}

// A writer of another process that has `files`, alive until release().
class Other {
public:
    Other(const mms_options &options, uint64_t count = 0, bool extra = false)
    {
        pid_ = fork();
        if (pid_ == 0) {
            Writer writer = New(options);
            mms_counter c;
            mms_u64 g;
            Add(writer, MMS_KIND_COUNTER, "c", &c);
            Add(writer, MMS_KIND_U64, "g", &g);
            if (extra)
                Add(writer, MMS_KIND_U64, "extra", &g);
            mms_counter_add(&c, count);
            mms_u64_set(&g, count);
            if (mms_writer_open(writer.get()) < 0)
                fprintf(stderr, "%s\n", mms_writer_error(writer.get()));
            ready_.Open();
            pause();
        }
        ready_.Wait();
    }
    ~Other() { kill_it(); }
    pid_t pid() const { return pid_; }
    void kill_it()
    {
        if (pid_ == 0)
            return;
        kill(pid_, SIGKILL);
        StatusOf(pid_);
        pid_ = 0;
    }

private:
    Gate ready_;
    pid_t pid_;
};

TEST_F(File, ALiveWritersNameIsBusy)
{
    mms_options options = Options(directory_, "x.mmstats");
    Other other(options, 5);
    const std::string name = directory_ / "x.mmstats";
    ASSERT_TRUE(IsLocked(name));
    const Bytes before = ReadFile(name);
    for (unsigned flags : {0, int(MMS_RESUME)}) {
        options.flags = flags;
        EXPECT_EQ(open_error(New(options), name, "live writer"), -EBUSY);
    }
    EXPECT_EQ(ReadFile(name), before);
    EXPECT_TRUE(IsLocked(name)) << "a look takes no one's lock away";
    // Whatever the file says of its process (which may be in another PID namespace).
    int fd = open(name.c_str(), O_WRONLY);
    const uint32_t none = 0x7fffffff;
    ASSERT_EQ(pwrite(fd, &none, 4, off_t(Decode(before).at("sys.pid").record.values)), 4);
    close(fd);
    EXPECT_EQ(open_error(New(options), name, "live writer"), -EBUSY);
    EXPECT_EQ(directory_.List().size(), 1u);
}

TEST_F(File, OnlyOneOfSeveralGetsTheName)
{
    for (int round = 0; round < 50; round++) {
        const std::string name = "x" + number(round) + ".mmstats";
        Gate go, tried, done;
        pid_t pids[3];
        for (pid_t &pid : pids) {
            pid = fork();
            if (pid != 0)
                continue;
            Writer writer = New(Options(directory_, name.c_str()));
            go.Wait();
            int error = mms_writer_open(writer.get());
            tried.Open();
            done.Wait(); // whoever has it keeps it until all have tried
            _exit(error == 0 ? 1 : error == -EBUSY ? 0 : 100);
        }
        for (int i = 0; i < 3; i++)
            go.Open();
        for (int i = 0; i < 3; i++)
            tried.Wait();
        for (int i = 0; i < 3; i++)
            done.Open();
        int winners = 0;
        for (pid_t pid : pids)
            winners += WEXITSTATUS(StatusOf(pid));
        EXPECT_EQ(winners, 1);
    }
}

TEST_F(File, ADeadWritersFileIsReplaced)
{
    mms_options options = Options(directory_, "x.mmstats");
    Other other(options, 5);
    other.kill_it();
    const std::string name = directory_ / "x.mmstats";
    ASSERT_FALSE(IsLocked(name)) << "the lock ended with its process";
    int reader = open(name.c_str(), O_RDONLY); // someone still looks at the old one
    Writer writer = New(options);
    EXPECT_EQ(Path(writer), name);
    EXPECT_TRUE(IsLocked(name));
    EXPECT_EQ(DecodeFile(name).at("sys.pid").u, uint64_t(getpid()));
    EXPECT_FALSE(DecodeFile(name).has("c"));
    struct stat old;
    EXPECT_EQ(fstat(reader, &old), 0);
    EXPECT_EQ(old.st_nlink, 0u);
    close(reader);
    EXPECT_EQ(directory_.List().size(), 1u);
}

TEST_F(File, WithoutALockTheProcessDecides)
{
    const std::string name = directory_ / "x.mmstats";
    auto set = [&](uint32_t pid, double created, bool lock) {
        mms_options options = Options(directory_, "x.mmstats");
        options.flags = MMS_KEEP;
        unlink(name.c_str());
        EXPECT_TRUE(InChild([&] { Path(New(options)); }));
        Bytes bytes = ReadFile(name);
        const Decoded decoded = Decode(bytes);
        memcpy(&bytes[decoded.at("sys.pid").record.values], &pid, 4);
        memcpy(&bytes[decoded.at("sys.created").record.values], &created, 8);
        bytes[decoded.at("sys.lock").record.values] = lock;
        unlink(name.c_str());
        WriteFile(name, bytes);
    };
    const double now = double(time(nullptr));
    auto try_it = [&] { return mms_writer_open(New(Options(directory_, "x.mmstats")).get()); };

    set(uint32_t(getpid()), now, false);
    EXPECT_EQ(try_it(), -EBUSY) << "this process is alive, and began before";
    set(uint32_t(getpid()), now, true);
    EXPECT_EQ(try_it(), 0) << "it says that it locks, and does not";
    set(uint32_t(getpid()), now - 1e6, false);
    EXPECT_EQ(try_it(), 0) << "this process began after it was made: the ID was used again";
    set(1, 4e9, false);
    EXPECT_EQ(try_it(), -EBUSY) << "init is alive, whoever it belongs to";
    unlink(name.c_str());
    pid_t gone = fork();
    if (gone == 0)
        _exit(0);
    StatusOf(gone);
    set(uint32_t(gone), now, false);
    EXPECT_EQ(try_it(), 0) << "no such process";
    set(0x7fffffff, now, false);
    EXPECT_EQ(try_it(), 0) << "no process can have this";
}

TEST_F(File, TheOriginalsFilesAreJudgedByProcess)
{
    if (MMS_ORDER_NATIVE == MMS_ORDER_BIG)
        GTEST_SKIP() << "the bytes are little-endian";
    // sys.pid and sys.created as mmstats 0.8.0 writes them; the process ended in 2026.
    Bytes bytes = {1, 7,   0,   's', 'y', 's', '.', 'p', 'i', 'd', 1,   0, 'I', 0xff, 0xff, 0xff, 0xff, 0x7f,
                   11, 0,  's', 'y', 's', '.', 'c', 'r', 'e', 'a', 't', 'e', 'd', 1,  0,   'd',  0xff,
                   0x6a, 0x6b, 0xd3, 0xca, 0xed, 0xc0, 0xda, 0x41};
    bytes.resize(4096);
    WriteFile(directory_ / "x.mmstats", bytes);
    EXPECT_NE(Path(New(Options(directory_, "x.mmstats"))), "");
    uint32_t pid = uint32_t(getpid());
    memcpy(&bytes[14], &pid, 4);
    double now = double(time(nullptr)) + 10;
    memcpy(&bytes[35], &now, 8);
    WriteFile(directory_ / "x.mmstats", bytes);
    EXPECT_EQ(open_error(New(Options(directory_, "x.mmstats")), "x.mmstats", "live writer"), -EBUSY);
}

TEST_F(File, OwnSecondFileGetsANumber)
{
    std::vector<Writer> writers;
    for (int i = 0; i < 4; i++)
        writers.push_back(New(Options(directory_, "x.y.mmstats")));
    EXPECT_EQ(Path(writers[0]), directory_ / "x.y.mmstats");
    EXPECT_EQ(Path(writers[1]), directory_ / "x.y-1.mmstats");
    EXPECT_EQ(Path(writers[2]), directory_ / "x.y-2.mmstats");
    writers[1].reset();
    EXPECT_EQ(Path(writers[3]), directory_ / "x.y-1.mmstats");
    Writer bare = New(Options(directory_, "bare")), again = New(Options(directory_, "bare"));
    EXPECT_EQ(Path(bare), directory_ / "bare");
    EXPECT_EQ(Path(again), directory_ / "bare-1");
    const std::string longest(NAME_MAX, 'n');
    Writer full = New(Options(directory_, longest.c_str())), more = New(Options(directory_, longest.c_str()));
    EXPECT_NE(Path(full), "");
    EXPECT_EQ(mms_writer_open(more.get()), -ENAMETOOLONG);
}

// --- resume ----------------------------------------------------------------------------------------------------------

struct Resumed {
    mms_counter c;
    mms_u64 g;
};

class Resume : public File, public ::testing::WithParamInterface<mms_output> {
protected:
    mms_options Opt()
    {
        mms_options options = Options(directory_, "x.mmstats");
        options.output = GetParam();
        options.flags = MMS_RESUME;
        return options;
    }
    Writer Make(Resumed *handles)
    {
        Writer writer = New(Opt());
        EXPECT_EQ(Add(writer, MMS_KIND_COUNTER, "c", &handles->c), 0);
        EXPECT_EQ(Add(writer, MMS_KIND_U64, "g", &handles->g), 0);
        return writer;
    }
    static ino_t Inode(const std::string &path)
    {
        struct stat stat;
        EXPECT_EQ(lstat(path.c_str(), &stat), 0);
        return stat.st_ino;
    }
};

TEST_P(Resume, CountersGoOnAndGaugesBeginAgain)
{
    const std::string name = directory_ / "x.mmstats";
    {
        Other other(Opt(), 40);
    }
    ino_t inode = Inode(name);
    const double created = DecodeFile(name).at("sys.created").f;
    Resumed handles;
    Writer writer = Make(&handles);
    mms_counter_add(&handles.c, 2);
    EXPECT_EQ(Path(writer), name);
    EXPECT_EQ(Inode(name), inode) << "the same file";
    Decoded now = DecodeFile(name);
    EXPECT_EQ(now.at("c").u, 42u);
    EXPECT_EQ(now.at("g").u, 0u);
    EXPECT_EQ(now.at("sys.pid").u, uint64_t(getpid()));
    EXPECT_GT(now.at("sys.created").f, created);
    EXPECT_TRUE(now.at("sys.lock").b);
    EXPECT_TRUE(IsLocked(name));
    mms_counter_inc(&handles.c);
    mms_u64_set(&handles.g, 9);
    now = DecodeFile(name);
    EXPECT_EQ(now.at("c").u, 43u);
    EXPECT_EQ(now.at("g").u, 9u);
    mms_u64 more;
    EXPECT_EQ(Add(writer, MMS_KIND_U64, "more", &more), 0) << "and it can grow";
    EXPECT_TRUE(DecodeFile(name).has("more"));
}

TEST_P(Resume, AnotherStructureIsReplaced)
{
    const std::string name = directory_ / "x.mmstats";
    {
        Other other(Opt(), 40, true); // one field more
    }
    ino_t inode = Inode(name);
    Resumed handles;
    Writer writer = Make(&handles);
    EXPECT_EQ(Path(writer), name);
    EXPECT_NE(Inode(name), inode);
    EXPECT_EQ(DecodeFile(name).at("c").u, 0u);
    EXPECT_FALSE(DecodeFile(name).has("extra"));
    EXPECT_EQ(directory_.List().size(), 1u);
}

// Any byte that is no value makes it another structure.
TEST_P(Resume, EveryByteOfTheStructureCounts)
{
    const std::string name = directory_ / "x.mmstats";
    {
        Other other(Opt(), 40);
    }
    const Bytes good = ReadFile(name);
    const Decoded decoded = Decode(good);
    std::vector<bool> is_value(good.size());
    for (const Field &field : decoded.fields) {
        const mms_record &r = field.record;
        for (size_t i = 0; i < r.slots * r.value_size; i++)
            is_value[r.values + i] = true;
        if (r.slots == 2)
            is_value[r.write_buffer] = true;
    }
    for (size_t i = 1; i < decoded.end + 4; i++) {
        if (is_value[i] && i != decoded.at("c").record.write_buffer)
            continue;
        Bytes bad = good;
        bad[i] ^= 2; // a write buffer of 2 or 3 is none
        unlink(name.c_str());
        WriteFile(name, bad);
        Resumed handles;
        Writer writer = Make(&handles);
        if (mms_writer_open(writer.get()) == 0) {
            EXPECT_EQ(DecodeFile(name).at("c").u, 0u) << "byte " << i << " was changed, and yet it was taken up";
        } else {
            EXPECT_EQ(ReadFile(name), bad) << i; // sys.pid is not found any more: left alone
        }
    }
}

TEST_P(Resume, SizeAndLinksMustBeRight)
{
    const std::string name = directory_ / "x.mmstats", link_name = directory_ / "link";
    {
        Other other(Opt(), 40);
    }
    const Bytes good = ReadFile(name);
    ASSERT_EQ(link(name.c_str(), link_name.c_str()), 0);
    Resumed handles;
    Writer writer = Make(&handles);
    EXPECT_EQ(Path(writer), name);
    EXPECT_EQ(ReadFile(link_name), good) << "a file with another name is not written";
    writer.reset();
    Bytes odd = good;
    odd.push_back(0);
    WriteFile(name, odd);
    writer = Make(&handles);
    EXPECT_EQ(Path(writer), name);
    EXPECT_EQ(DecodeFile(name).at("c").u, 0u);
}

TEST_P(Resume, TextsAndMeansBeginWithWhatThisWriterHas)
{
    const std::string name = directory_ / "x.mmstats";
    mms_string s;
    mms_average a;
    mms_bool b;
    auto make = [&] {
        Writer writer = New(Opt());
        EXPECT_EQ(Add(writer, MMS_KIND_STRING, "s", &s, 30), 0);
        EXPECT_EQ(Add(writer, MMS_KIND_AVERAGE, "a", &a), 0);
        EXPECT_EQ(Add(writer, MMS_KIND_BOOL, "b", &b), 0);
        mms_field text = FieldOf(MMS_KIND_STATIC_TEXT, "t");
        const std::string pid = number(getpid());
        text.text = pid.c_str();
        EXPECT_EQ(mms_writer_add(writer.get(), &text, nullptr), 0);
        return writer;
    };
    EXPECT_TRUE(InChild([&] {
        Writer writer = make();
        mms_string_set(&s, "theirs, and long");
        mms_average_add(&a, 5);
        mms_bool_set(&b, true);
        Path(writer);
        writer.release(); // dies
    }));
    EXPECT_EQ(DecodeFile(name).at("s").text, "theirs, and long");
    ino_t inode = Inode(name);
    Writer writer = make();
    mms_string_set(&s, "ours");
    Path(writer);
    EXPECT_EQ(Inode(name), inode);
    const Decoded now = DecodeFile(name);
    EXPECT_EQ(now.at("s").text, "ours");
    EXPECT_EQ(now.at("a").f, 0);
    EXPECT_FALSE(now.at("b").b);
    EXPECT_EQ(now.at("t").text, number(getpid()));
    mms_string_set(&s, "more");
    EXPECT_EQ(DecodeFile(name).at("s").text, "more");
}

INSTANTIATE_TEST_SUITE_P(Formats, Resume, ::testing::Values(MMS_OUTPUT_V2, MMS_OUTPUT_V1, MMS_OUTPUT_V1_PACKED));

// --- resources that run out ------------------------------------------------------------------------------------------

TEST_F(File, AFullDiskIsAnErrorAndNoSignal)
{
    const bool may = InChild([] { _exit(unshare(CLONE_NEWNS) < 0 || mount("none", "/", "none", MS_REC | MS_PRIVATE, nullptr) < 0); });
    if (!may)
        GTEST_SKIP() << "this needs the right to mount a file system: run it as root to see it";
    EXPECT_TRUE(InChild([&] {
        ASSERT_EQ(unshare(CLONE_NEWNS), 0);
        ASSERT_EQ(mount("none", "/", "none", MS_REC | MS_PRIVATE, nullptr), 0);
        ASSERT_EQ(mount("tmpfs", directory_.c_str(), "tmpfs", 0, "size=65536"), 0);
        Writer writer = New(Options(directory_, "x.mmstats"));
        ASSERT_NE(Path(writer), "");
        mms_u64 n;
        mms_string s;
        ASSERT_EQ(Add(writer, MMS_KIND_U64, "n", &n), 0);
        WriteFile(directory_ / "ballast", Bytes(65536, 1)); // as much as fits
        EXPECT_EQ(Add(writer, MMS_KIND_STRING, "s", &s, 20000), -ENOSPC) << "growing";
        mms_string_set(&s, "private");
        mms_u64_set(&n, 3);
        EXPECT_EQ(DecodeFile(directory_ / "x.mmstats").at("n").u, 3u);

        mms_options options = Options(directory_, "y.mmstats");
        options.reserve = 30000;
        EXPECT_EQ(open_error(New(options), directory_ / "y.mmstats", "space"), -ENOSPC);
        EXPECT_EQ(directory_.List(), (std::vector<std::string>{"ballast", "x.mmstats"})) << "nothing half-made";
        unlink((directory_ / "ballast").c_str());
        EXPECT_EQ(Add(writer, MMS_KIND_STRING, "t", &s, 20000), 0) << "there is space again";
    }));
}

TEST_F(File, LimitsOfTheProcessAreErrorsAndNoSignals)
{
    EXPECT_TRUE(InChild([&] {
        rlimit limit = {1000, RLIM_INFINITY};
        ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0); // SIGXFSZ would end the process
        EXPECT_EQ(open_error(New(Options(directory_, "x.mmstats")), "x.mmstats", "RLIMIT_FSIZE"), -EFBIG);
    }));
    EXPECT_TRUE(directory_.List().empty());
    EXPECT_TRUE(InChild([&] {
        rlimit limit = {3, 3};
        Writer writer = New(Options(directory_, "x.mmstats"));
        ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
        EXPECT_EQ(open_error(writer, directory_.path(), "RLIMIT_NOFILE"), -EMFILE);
    }));
    EXPECT_TRUE(directory_.List().empty());
}

// --- kernels and file systems that cannot do everything --------------------------------------------------------------

// From now on the syscall fails with the error: always, or when one argument (its lower half) has some bits.
void break_syscall(int number_, int error, unsigned argument = 0, unsigned bits = 0, unsigned mask = 0)
{
    sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, unsigned(number_), 0, 4),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                 unsigned(offsetof(seccomp_data, args)) + 8 * argument + (MMS_ORDER_NATIVE == MMS_ORDER_BIG ? 4 : 0)),
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, mask),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, bits, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | unsigned(error)),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    sock_fprog program = {sizeof filter / sizeof *filter, filter};
    ASSERT_EQ(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
    ASSERT_EQ(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
}

TEST_F(File, WithoutRenameat2)
{
    const std::string name = directory_ / "x.mmstats";
    for (int error : {EINVAL, ENOSYS}) {
        EXPECT_TRUE(InChild([&] {
            break_syscall(SYS_renameat2, error);
            Writer writer = New(Options(directory_, "x.mmstats")), second = New(Options(directory_, "x.mmstats"));
            EXPECT_EQ(Path(writer), name);
            EXPECT_EQ(Path(second), directory_ / "x-1.mmstats");
            EXPECT_EQ(directory_.List(), (std::vector<std::string>{"x-1.mmstats", "x.mmstats"}));
            struct stat stat;
            EXPECT_EQ(lstat(name.c_str(), &stat), 0);
            EXPECT_EQ(stat.st_nlink, 1u);
            writer.reset();
            second.reset();
            EXPECT_TRUE(directory_.List().empty());
        }));
    }
}

TEST_F(File, WithoutLocksItSaysSo)
{
    const std::string name = directory_ / "x.mmstats";
    EXPECT_TRUE(InChild([&] {
        break_syscall(SYS_fcntl, ENOLCK, 1, F_OFD_SETLK, ~0u);
        Writer writer = New(Options(directory_, "x.mmstats"));
        EXPECT_EQ(Path(writer), name);
        EXPECT_FALSE(DecodeFile(name).at("sys.lock").b);
        EXPECT_FALSE(IsLocked(name));
        EXPECT_EQ(mms_writer_open(New(Options(directory_, "x.mmstats")).get()), 0) << "this process has it: a number";
        EXPECT_TRUE(InChild([&] {
            EXPECT_EQ(open_error(New(Options(directory_, "x.mmstats")), name, "live writer"), -EBUSY)
                << "by its process";
        }));
        writer.release(); // dies
    }));
    Writer writer = New(Options(directory_, "x.mmstats"));
    EXPECT_EQ(Path(writer), name) << "its process has ended";
    EXPECT_TRUE(DecodeFile(name).at("sys.lock").b);
}

TEST_F(File, WithoutLocksAFileThatWasLockedOnceIsNotTakenForDead)
{
    const std::string name = directory_ / "x.mmstats";
    Other other(Options(directory_, "x.mmstats"));
    ASSERT_TRUE(DecodeFile(name).at("sys.lock").b);
    EXPECT_TRUE(InChild([&] {
        break_syscall(SYS_fcntl, ENOLCK, 1, F_OFD_SETLK, ~0u);
        EXPECT_EQ(open_error(New(Options(directory_, "x.mmstats")), name, "live writer"), -EBUSY);
    }));
}

TEST_F(File, WithoutFallocateTheSpaceIsThereAllTheSame)
{
    EXPECT_TRUE(InChild([&] {
        break_syscall(SYS_fallocate, EOPNOTSUPP);
        mms_options options = Options(directory_, "x.mmstats");
        options.reserve = 50000;
        Writer writer = New(options);
        struct stat stat;
        ASSERT_EQ(lstat(Path(writer).c_str(), &stat), 0);
        EXPECT_GE(stat.st_size, 50000);
        EXPECT_GE(stat.st_blocks * 512, 50000) << "no holes";
        mms_string s;
        EXPECT_EQ(Add(writer, MMS_KIND_STRING, "s", &s, 60000), 0);
        mms_string_set(&s, "text");
        EXPECT_EQ(DecodeFile(mms_writer_path(writer.get())).at("s").text, "text");
    }));
}

TEST_F(File, ThatCannotBeMappedLeavesNothingBehind)
{
    EXPECT_TRUE(InChild([&] {
        Writer writer = New(Options(directory_, "x.mmstats"));
        Writer opened = New(Options(directory_, "y.mmstats"));
        mms_counter c, d;
        mms_string s;
        ASSERT_EQ(Add(writer, MMS_KIND_COUNTER, "c", &c), 0);
        ASSERT_EQ(Add(opened, MMS_KIND_COUNTER, "d", &d), 0);
        mms_counter_add(&c, 3);
        ASSERT_EQ(mms_writer_open(opened.get()), 0);
        break_syscall(SYS_mmap, ENOMEM, 3, MAP_SHARED, MAP_SHARED | MAP_PRIVATE);
        EXPECT_EQ(mms_writer_open(writer.get()), -ENOMEM);
        EXPECT_EQ(directory_.List(), std::vector<std::string>{"y.mmstats"});
        mms_counter_inc(&c);
        EXPECT_EQ(mms_counter_get(&c), 4u) << "values so far are kept";
        EXPECT_EQ(Add(opened, MMS_KIND_STRING, "s", &s, 60000), -ENOMEM) << "nor can it grow";
        mms_string_set(&s, "private");
        mms_counter_inc(&d);
        EXPECT_EQ(DecodeFile(directory_ / "y.mmstats").at("d").u, 1u);
    }));
}

TEST_F(File, NoDescriptorIsKept)
{
    auto count = [] {
        int n = 0;
        for (int fd = 0; fd < 200; fd++)
            n += fcntl(fd, F_GETFD) >= 0;
        return n;
    };
    int before = count();
    Writer writer = New(Options(directory_, "x.mmstats"));
    const std::string path = Path(writer);
    mms_string s;
    EXPECT_EQ(Add(writer, MMS_KIND_STRING, "s", &s, 60000), 0);
    mms_writer_open(New(Options(directory_, "..")).get());
    struct statfs system;
    ASSERT_EQ(statfs(path.c_str(), &system), 0);
    EXPECT_EQ(count(), before + (system.f_type == OVERLAYFS_SUPER_MAGIC)) << "there one has to keep the lock";
    EXPECT_TRUE(IsLocked(path)) << "the mapping keeps it";
    EXPECT_EQ(mms_writer_flush(writer.get(), false), 0);
    EXPECT_EQ(mms_writer_flush(writer.get(), true), 0);
    EXPECT_EQ(mms_writer_remove(writer.get()), 0);
    EXPECT_EQ(mms_writer_flush(writer.get(), false), 0);
}

TEST_F(File, IsCompleteAndLockedWhenItGetsItsName)
{
    // Who watches the directory sees only whole files: each look finds none, or one with all its fields.
    const std::string name = directory_ / "x.mmstats";
    Gate ready;
    pid_t watcher = fork();
    if (watcher == 0) {
        ready.Open();
        int seen = 0;
        while (seen < 20 && getppid() != 1) {
            int fd = open(name.c_str(), O_RDONLY);
            if (fd < 0)
                continue;
            Bytes bytes(8192);
            bytes.resize(size_t(std::max<ssize_t>(0, read(fd, bytes.data(), bytes.size()))));
            struct flock lock = {};
            lock.l_type = F_WRLCK;
            fcntl(fd, F_OFD_GETLK, &lock);
            struct stat stat;
            fstat(fd, &stat);
            close(fd);
            mms_diag diag;
            if (mms_check(bytes.data(), bytes.size(), MMS_ORDER_NATIVE, &diag) != 0 || !Decode(bytes).has("last"))
                _exit(1);
            if (lock.l_type == F_UNLCK && stat.st_nlink != 0)
                _exit(2);
            seen++;
        }
        _exit(::testing::Test::HasFailure() ? 3 : 0);
    }
    ready.Wait();
    int status = 0;
    while (waitpid(watcher, &status, WNOHANG) == 0) {
        Writer writer = New(Options(directory_, "x.mmstats"));
        mms_u64 n;
        for (const char *label : {"a", "b", "c", "last"})
            ASSERT_EQ(Add(writer, MMS_KIND_U64, label, &n), 0);
        ASSERT_EQ(mms_writer_open(writer.get()), 0);
    }
    EXPECT_EQ(status, 0);
}

} // namespace
