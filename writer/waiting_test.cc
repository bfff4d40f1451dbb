// SPDX-License-Identifier: MIT
//
// A dead file has the name, and somebody who looks at it (a cleaner) holds a read lock on it. The writer waits.
#include <sys/syscall.h>

#include <cstdarg>
#include <ctime>

#include "writer/file_testing.h"

namespace {
unsigned pauses;              // that the writer made
unsigned pauses_to_the_end;   // of the cleaner's look
std::function<void()> at_end;    // what it does then
std::function<void()> at_lock;   // just before the writer asks for its lock
} // namespace

// In front of libc's: the time that passes is the cleaner's.
extern "C" int nanosleep(const struct timespec *, struct timespec *)
{
    if (++pauses == pauses_to_the_end)
        at_end();
    return 0;
}

extern "C" int fcntl(int fd, int command, ...)
{
    va_list arguments;
    va_start(arguments, command);
    long argument = va_arg(arguments, long);
    va_end(arguments);
    if (command == F_OFD_SETLK && at_lock)
        std::exchange(at_lock, nullptr)();
    return int(syscall(SYS_fcntl, fd, command, argument));
}

namespace {

using namespace mms_testing;

class Waiting : public File {
protected:
    void SetUp() override
    {
        pauses = pauses_to_the_end = 0;
        mms_options options = Options(directory_, "x.mmstats");
        options.flags = MMS_KEEP | MMS_RESUME;
        Writer writer = New(options);
        mms_counter counter;
        const mms_field field = FieldOf(MMS_KIND_COUNTER, "n");
        ASSERT_EQ(mms_writer_add(writer.get(), &field, &counter), 0);
        ASSERT_EQ(mms_writer_open(writer.get()), 0);
        mms_counter_add(&counter, 5);
        writer.reset();
        fd_ = open(name_.c_str(), O_RDONLY | O_CLOEXEC);
        struct flock lock = {};
        lock.l_type = F_RDLCK;
        ASSERT_EQ(fcntl(fd_, F_OFD_SETLK, &lock), 0);
    }
    void TearDown() override { close(fd_); }

    // What mms_writer_open says, and the counter with which the file begins.
    std::pair<int, uint64_t> begin()
    {
        mms_options options = Options(directory_, "x.mmstats");
        options.flags = MMS_RESUME;
        writer_ = New(options);
        mms_counter counter;
        const mms_field field = FieldOf(MMS_KIND_COUNTER, "n");
        EXPECT_EQ(mms_writer_add(writer_.get(), &field, &counter), 0);
        int error = mms_writer_open(writer_.get());
        return {error, error == 0 ? Decode(ReadFile(name_)).at("n").u : 0};
    }

    const std::string name_ = directory_ / "x.mmstats";
    Writer writer_;
    int fd_ = -1;
};

TEST_F(Waiting, UntilTheFileIsRemoved)
{
    pauses_to_the_end = 3;
    at_end = [this] {
        unlink(name_.c_str());
        close(fd_);
    };
    EXPECT_EQ(begin(), std::make_pair(0, uint64_t(0)));
    EXPECT_EQ(pauses, 3u);
}

TEST_F(Waiting, UntilTheFileIsLeft)
{
    pauses_to_the_end = 1;
    at_end = [this] { close(fd_); };
    EXPECT_EQ(begin(), std::make_pair(0, uint64_t(5)));
}

// A cleaner is killed between the second name and the end: what the file counts is going to be added elsewhere. It may
// have come after the writer's first look.
TEST_F(Waiting, AFileWithASecondNameIsNotTakenUp)
{
    close(fd_);
    at_lock = [this] { EXPECT_EQ(link(name_.c_str(), (directory_ / ".second").c_str()), 0); };
    EXPECT_EQ(begin(), std::make_pair(0, uint64_t(0)));
    EXPECT_EQ(pauses, 0u);
}

TEST_F(Waiting, NotForEver)
{
    EXPECT_EQ(begin().first, -EAGAIN);
    EXPECT_NE(std::string(mms_writer_error(writer_.get())).find("such as cleanstats"), std::string::npos);
    EXPECT_GT(pauses, 250u); // of 2 ms: as long as a disk may take to write an archive
    EXPECT_TRUE(Exists(name_));
}

} // namespace
