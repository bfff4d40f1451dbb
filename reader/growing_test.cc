/* SPDX-License-Identifier: MIT
 *
 * A file that is made longer between the moment when a reader asks for its size and the first copy, with a new record
 * across the old end: both copies show the record cut off, and it is well-formed all the same (R506). */

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <string>

#include "reader/testing.h"

using namespace mms_testing;

static void (*before_first_read)();

extern "C" ssize_t pread(int fd, void *to, size_t size, off_t offset)
{
    if (before_first_read != nullptr) {
        void (*now)() = before_first_read;
        before_first_read = nullptr;
        now();
    }
    return syscall(SYS_pread64, fd, to, size, offset);
}

namespace {

std::string path;

void put(const std::string &bytes, int flags)
{
    int fd = open(path.c_str(), O_WRONLY | flags, 0644);
    ASSERT_EQ(write(fd, bytes.data(), bytes.size()), ssize_t(bytes.size()));
    close(fd);
}

// The file had a page; now it has two, and a record of version 2 from 4086 on.
void grow()
{
    std::string record;
    uint32_t padding = 4086 - 1 - 4, size = 2 + 10 + 2 + 2 + 1 + 2 * 8;
    std::string file = "\2" + std::string(reinterpret_cast<char *>(&padding), 4) + std::string(padding, '\0');
    record = std::string(reinterpret_cast<char *>(&size), 4);
    record += std::string("\x0a\0new.record\x01\0\x02\0\x01", 17) + std::string(2 * 8, '\0');
    file += record;
    put(file + std::string(8192 - file.size(), '\0'), O_TRUNC);
}

class Growing : public testing::TestWithParam<mms_reader_mode> {};

TEST_P(Growing, NewRecordAcrossTheOldEnd)
{
    Folder folder;
    path = folder / "x.mmstats";
    put("\2" + std::string(4095, '\0'), O_CREAT);
    before_first_read = grow;

    mms_reader_options options = {};
    options.size = sizeof options;
    options.mode = GetParam();
    mms_reader *reader;
    mms_diag diag;
    ASSERT_EQ(mms_reader_open(path.c_str(), &options, &reader, &diag), 0);
    EXPECT_EQ(mms_reader_diag(reader, &diag, nullptr), 0) << "rule " << diag.rule << " at " << diag.offset;
    EXPECT_EQ(mms_reader_count(reader), 1u);
    mms_reader_close(reader);
}

INSTANTIATE_TEST_SUITE_P(Modes, Growing, testing::Values(MMS_READ_COPY, MMS_READ_LIVE));

} // namespace
