// SPDX-License-Identifier: MIT
//
// The file: its name, its rights, its descriptors, and that it is whole when it gets its name.
#include <linux/magic.h>
#include <sys/prctl.h>
#include <sys/vfs.h>

#include "writer/file_testing.h"

namespace {

using namespace mms_testing;

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

TEST_F(File, WordsThatMakeTheNameTooLong)
{
    const std::string model(300, 'm');
    mms_options options = Options(directory_, "{MODEL}.mmstats");
    options.model = model.c_str();
    EXPECT_EQ(open_error(New(options), "{MODEL}.mmstats", "MMSTATS_FILES"), -ENAMETOOLONG);
    // There is room for the name, and for the number of a second file, but not behind the last point.
    const std::string longest = std::string(253, 'n') + ".x";
    Writer first = New(Options(directory_, longest.c_str())), second = New(Options(directory_, longest.c_str()));
    EXPECT_NE(Path(first), "");
    EXPECT_EQ(mms_writer_open(second.get()), -ENAMETOOLONG);
    const std::string hidden = ".hidden"; // the point is no extension's
    Writer third = New(Options(directory_, hidden.c_str())), fourth = New(Options(directory_, hidden.c_str()));
    EXPECT_EQ(Path(third), directory_ / ".hidden");
    EXPECT_EQ(Path(fourth), directory_ / ".hidden-1");
}

TEST_F(File, SizesThatNoFileHas)
{
    mms_writer *writer = nullptr;
    mms_options options = Options(directory_, "x.mmstats");
    options.reserve = SIZE_MAX;
    EXPECT_EQ(mms_writer_new(&options, &writer), -EINVAL);
    options.reserve = SIZE_MAX / 2 + 1;
    EXPECT_EQ(mms_writer_new(&options, &writer), -EINVAL);
    options.reserve = 0;
    options.max_size = SIZE_MAX;
    EXPECT_EQ(mms_writer_new(&options, &writer), -EINVAL);
    options.output = MMS_OUTPUT_V1;
    options.flags = MMS_SEQUENCE;
    options.max_size = 0;
    const std::string huge(70000, 'p');
    options.prefix = huge.c_str();
    EXPECT_EQ(mms_writer_new(&options, &writer), -EINVAL) << "sys.sequence, too, has no room for that";
    EXPECT_EQ(writer, nullptr);
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

TEST_F(File, DirectoriesWithoutAPath)
{
    mms_options options = Options(directory_, "x.mmstats");
    const std::string gone = directory_ / "gone", relative(4000, 'a');
    EXPECT_TRUE(InChild([&] {
        ASSERT_EQ(chdir(directory_.c_str()), 0);
        options.directory = relative.c_str();
        EXPECT_EQ(open_error(New(options), "aaa", "MMSTATS_PATH"), -ENAMETOOLONG);
        ASSERT_EQ(mkdir(gone.c_str(), 0700), 0);
        ASSERT_EQ(chdir(gone.c_str()), 0);
        ASSERT_EQ(rmdir(gone.c_str()), 0);
        options.directory = "relative";
        EXPECT_EQ(open_error(New(options), "relative", "MMSTATS_PATH"), -ENOENT);
    }));
    const std::string slash = directory_ / "";
    options.directory = slash.c_str();
    EXPECT_EQ(Path(New(options)), directory_ / "x.mmstats") << "one slash is enough";
    options.directory = nullptr; // nor does the environment say any
    options.files = "mmstats-test-{PID}.mmstats";
    EXPECT_EQ(Path(New(options)), "/tmp/mmstats-test-" + number(getpid()) + ".mmstats");
}

// --- as a whole ------------------------------------------------------------------------------------------------------

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
