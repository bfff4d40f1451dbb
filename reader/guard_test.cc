/* SPDX-License-Identifier: MIT
 *
 * The SIGBUS handler: whom it catches, and to whom it hands on. Each test is a process of its own, since the handler is
 * installed once. */

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/wait.h>

#include <atomic>
#include <memory>
#include <thread>

#include "format/child.h"
#include "reader/testing.h"

extern "C" {
#include "reader/internal.h"
}

using namespace mms_testing;

namespace {

// A file of two pages, with a value in the second one.
class Truncated {
public:
    Truncated()
    {
        File file(2);
        file.text("a", MMS_ID_STRING, std::string(5000, 'x'));
        file.v2("b", MMS_ID_COUNTER);
        write_file(path, file.whole());
        reader = std::make_unique<Reader>(path);
    }
    void cut() { EXPECT_EQ(0, truncate(path.c_str(), 4096)); }
    int get(size_t i)
    {
        mms_stat stat;
        return mms_reader_get(*reader, i, &stat);
    }

    Folder folder;
    std::string path = folder / "f";
    std::unique_ptr<Reader> reader;
};

// What a child that runs this ends with: its exit status, or minus the signal.
template <class Function> int outcome_of(Function function)
{
    pid_t child = fork();
    if (child == 0)
        EndChild(function());
    int status = 0;
    EXPECT_EQ(child, waitpid(child, &status, 0));
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

int load_behind(const std::string &path) // a fault that is no reader's
{
    int fd = open(path.c_str(), O_RDONLY);
    void *map = mmap(nullptr, 8192, PROT_READ, MAP_SHARED, fd, 0);
    return static_cast<volatile char *>(map)[5000];
}

volatile sig_atomic_t caught;
sigjmp_buf out;

void catch_plain(int)
{
    caught = 1;
    siglongjmp(out, 1);
}

void catch_info(int number, siginfo_t *info, void *)
{
    caught = info->si_addr != nullptr && number == SIGBUS ? 2 : 3;
    siglongjmp(out, 1);
}

TEST(Guard, ReadEndsWithAnError)
{
    EXPECT_EQ(0, outcome_of([] {
        mms_reader_guard();
        mms_reader_guard(); // once is enough, and so is twice
        Truncated file;
        if (file.get(0) != 0 || file.get(1) != 0)
            return 1;
        file.cut();
        for (int i = 0; i < 3; i++)
            if (file.get(0) != -EIO || file.get(1) != -EIO)
                return 2;
        // the refresh finds the shorter file
        if (mms_reader_refresh(*file.reader, nullptr) != 1 || mms_reader_count(*file.reader) != 0)
            return 3;
        return 0;
    }));
}

TEST(Guard, SamplesEndWithAnError)
{
    EXPECT_EQ(0, outcome_of([] {
        mms_reader_guard();
        Truncated file;
        const size_t fields[] = {1};
        mms_sample sample;
        if (mms_reader_sample(*file.reader, fields, 1, &sample) != 0 || sample.status != MMS_EXACT)
            return 1;
        file.cut();
        for (int i = 0; i < 3; i++)
            if (mms_reader_sample(*file.reader, fields, 1, &sample) != -EIO)
                return 2;
        if (mms_reader_refresh(*file.reader, nullptr) != 1 ||
            mms_reader_sample(*file.reader, fields, 1, &sample) != -ERANGE)
            return 3;
        return 0;
    }));
}

TEST(Guard, EachThreadItsOwn)
{
    EXPECT_EQ(0, outcome_of([] {
        mms_reader_guard();
        Truncated a, b;
        a.cut();
        std::atomic<bool> begun{false}, done{false};
        int errors = 0, missed = 0;
        std::thread other([&] {
            for (; !done; begun = true)
                errors += b.get(1) != 0;
        });
        while (!begun)
            std::this_thread::yield();
        for (int i = 0; i < 3000; i++)
            missed += a.get(1) != -EIO;
        done = true;
        other.join();
        return errors + missed > 0;
    }));
}

TEST(Guard, SignalsStayAsTheyWere)
{
    EXPECT_EQ(0, outcome_of([] {
        mms_reader_guard();
        Truncated file;
        file.cut();
        file.get(1);
        sigset_t mask;
        sigprocmask(SIG_BLOCK, nullptr, &mask);
        for (int number = 1; number < 64; number++)
            if (sigismember(&mask, number) == 1)
                return number;
        return 0;
    }));
}

TEST(Guard, OtherFaultsKillAsBefore)
{
    EXPECT_EQ(-SIGBUS, outcome_of([] {
        signal(SIGBUS, SIG_DFL); // a sanitizer may have set its own
        alarm(20);
        mms_reader_guard();
        mms_reader_guard(); // the second call does not hand on to the first
        Truncated file;
        file.cut();
        file.get(1);
        return load_behind(file.path);
    }));
}

// Inside a guarded call, too, if the address is not the guarded one's.
TEST(Guard, OtherAddressesKillAsBefore)
{
    EXPECT_EQ(-SIGBUS, outcome_of([] {
        signal(SIGBUS, SIG_DFL);
        mms_reader_guard();
        Truncated file;
        file.cut();
        char elsewhere[16];
        auto load = [](void *path) { load_behind(*static_cast<std::string *>(path)); };
        return mms_guarded(elsewhere, sizeof elsewhere, load, &file.path);
    }));
}

TEST(Guard, SignalsThatAreSentKillAsBefore)
{
    EXPECT_EQ(-SIGBUS, outcome_of([] {
        signal(SIGBUS, SIG_DFL);
        mms_reader_guard();
        raise(SIGBUS);
        return 0;
    }));
}

TEST(Guard, IgnoredSignalsStayIgnored)
{
    EXPECT_EQ(0, outcome_of([] {
        signal(SIGBUS, SIG_IGN);
        mms_reader_guard();
        raise(SIGBUS);
        return 0;
    }));
}

// As the kernel has it: a fault cannot be ignored.
TEST(Guard, FaultsKillThoughIgnored)
{
    EXPECT_EQ(-SIGBUS, outcome_of([] {
        alarm(20);
        signal(SIGBUS, SIG_IGN);
        mms_reader_guard();
        Truncated file;
        file.cut();
        return load_behind(file.path);
    }));
}

TEST(Guard, ChainsToAPlainHandler)
{
    EXPECT_EQ(0, outcome_of([] {
        signal(SIGBUS, catch_plain);
        mms_reader_guard();
        Truncated file;
        file.cut();
        if (file.get(1) != -EIO || caught != 0)
            return 1;
        if (sigsetjmp(out, 1) == 0)
            load_behind(file.path);
        return caught == 1 ? 0 : 2;
    }));
}

TEST(Guard, ChainsToAHandlerWithInformation)
{
    EXPECT_EQ(0, outcome_of([] {
        struct sigaction action = {};
        action.sa_sigaction = catch_info;
        action.sa_flags = SA_SIGINFO;
        sigaction(SIGBUS, &action, nullptr);
        mms_reader_guard();
        Truncated file;
        file.cut();
        if (file.get(1) != -EIO || caught != 0)
            return 1;
        if (sigsetjmp(out, 1) == 0)
            load_behind(file.path);
        return caught == 2 ? 0 : 2;
    }));
}

// Without the guard nothing is installed.
TEST(Guard, OnlyWhenAsked)
{
    EXPECT_EQ(-SIGBUS, outcome_of([] {
        signal(SIGBUS, SIG_DFL);
        Truncated file;
        file.cut();
        return file.get(1);
    }));
}

} // namespace
