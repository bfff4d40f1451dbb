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

// The file had a page; now it has two, and a record from 4086 on.
void grow()
{
    File file(2);
    mms_record padding = record_of("", MMS_ID_PADDING);
    padding.tail = 4086 - 1 - 10; // behind the version and its own head
    file.v2(padding, true);
    EXPECT_EQ(file.v2(record_of("new.record", MMS_ID_COUNTER), true).offset, 4086u);
    put(file.whole(), O_TRUNC);
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
