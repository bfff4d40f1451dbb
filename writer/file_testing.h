// SPDX-License-Identifier: MIT
//
// file_testing.h - what the tests of files share.
#ifndef MMSTATS_WRITER_FILE_TESTING_H
#define MMSTATS_WRITER_FILE_TESTING_H

#include <linux/capability.h>
#include <sys/syscall.h>

#include "writer/testing.h"

namespace mms_testing {

inline std::string number(long n)
{
    return std::to_string(n);
}

// Gives up the right to go past the bits of files and directories: what root's tests would otherwise miss.
inline void become_ordinary()
{
    __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct data[2] = {};
    ASSERT_EQ(syscall(SYS_capset, &header, data), 0);
}

// The error of mms_writer_open, and a check that a failure says what, where and what to do, and leaves nothing behind.
inline int open_error(const Writer &writer, const std::string &where, const std::string &what)
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

} // namespace mms_testing

#endif
