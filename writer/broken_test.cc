// SPDX-License-Identifier: MIT
//
// Resources that run out, and kernels and file systems that cannot do everything.
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "writer/file_testing.h"

namespace {

using namespace mms_testing;

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
        rlimit limit = {3, 4096};
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

TEST_F(File, AnErrorThatNobodyKnowsIsSaid)
{
    EXPECT_TRUE(InChild([&] {
        break_syscall(SYS_fallocate, 3000);
        Writer writer = New(Options(directory_, "x.mmstats"));
        EXPECT_EQ(mms_writer_open(writer.get()), -3000);
        EXPECT_NE(std::string(mms_writer_error(writer.get())).find("unknown error"), std::string::npos)
            << mms_writer_error(writer.get());
        EXPECT_TRUE(directory_.List().empty());
    }));
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

} // namespace
