/* SPDX-License-Identifier: MIT
 *
 * What may be opened, and what is refused; options. */

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "reader/testing.h"

using namespace mms_testing;

namespace {

std::string one_counter(uint64_t value = 7)
{
    File file(1);
    mms_record record = file.v1("hits", "Q", true);
    file.poke(record.values + 8, value);
    return file.whole();
}

const enum mms_reader_mode modes[] = {MMS_READ_COPY, MMS_READ_LIVE};

TEST(Open, RegularFile)
{
    Folder folder;
    write_file(folder / "a", one_counter(42));
    for (auto mode : modes) {
        Reader reader(folder / "a", mode);
        ASSERT_EQ(0, reader.error);
        EXPECT_EQ(folder / "a", mms_reader_path(reader));
        EXPECT_EQ(1, mms_reader_version(reader));
        EXPECT_EQ(MMS_ORDER_NATIVE, mms_reader_order(reader));
        EXPECT_EQ(1U, mms_reader_count(reader));
        mms_stat stat = reader.get("hits");
        EXPECT_EQ(42U, stat.values[0].u);
        EXPECT_EQ(MMS_TYPE_U64, stat.type);
        EXPECT_EQ("hits", str(stat.label));
        EXPECT_EQ(mode == MMS_READ_LIVE ? MMS_EXACT : MMS_CHECKED, stat.status);
        EXPECT_EQ(0U, stat.retries);
        EXPECT_EQ(-ERANGE, mms_reader_get(reader, 1, &stat));
    }
}

TEST(Open, Missing)
{
    Folder folder;
    EXPECT_EQ(-ENOENT, Reader(folder / "none").error);
}

TEST(Open, Folder)
{
    Folder folder;
    EXPECT_EQ(-ENOTSUP, Reader(folder.path).error);
}

TEST(Open, SymbolicLink)
{
    Folder folder;
    write_file(folder / "a", one_counter());
    ASSERT_EQ(0, symlink("a", (folder / "link").c_str()));
    EXPECT_EQ(-ELOOP, Reader(folder / "link").error);
}

TEST(Open, FifoDoesNotBlock)
{
    Folder folder;
    ASSERT_EQ(0, mkfifo((folder / "fifo").c_str(), 0600));
    alarm(20);
    EXPECT_EQ(-ENOTSUP, Reader(folder / "fifo").error);
    alarm(0);
}

TEST(Open, Device)
{
    EXPECT_EQ(-ENOTSUP, Reader("/dev/null").error);
    EXPECT_EQ(-ENOTSUP, Reader("/dev/zero").error);
}

TEST(Open, Socket)
{
    Folder folder;
    std::string here = std::filesystem::current_path();
    std::filesystem::current_path(folder.path); // a socket's path must be short
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    strcpy(address.sun_path, "socket");
    ASSERT_EQ(0, bind(fd, reinterpret_cast<sockaddr *>(&address), sizeof address));
    EXPECT_EQ(-ENOTSUP, Reader("socket").error);
    close(fd);
    std::filesystem::current_path(here);
}

TEST(Open, NoRight)
{
    Folder folder;
    write_file(folder / "a", one_counter());
    ASSERT_EQ(0, chmod((folder / "a").c_str(), 0));
    if (geteuid() == 0 && (chmod(folder.path.c_str(), 0755) < 0 || seteuid(65534) < 0))
        GTEST_SKIP() << "root may read anything, and cannot become another user here";
    // the folders above may be closed to the other user, too: the answer is the same
    int error = Reader(folder / "a").error;
    EXPECT_EQ(0, getuid() == 0 ? seteuid(0) : 0);
    EXPECT_EQ(-EACCES, error);
}

TEST(Open, TooLarge)
{
    Folder folder;
    write_file(folder / "a", one_counter());
    mms_reader_options options = {};
    options.size = sizeof options;
    mms_reader *reader = nullptr;

    ASSERT_EQ(0, truncate((folder / "a").c_str(), int64_t(MMS_LIMIT_FILE_SIZE_DEFAULT) + 1));
    EXPECT_EQ(-EFBIG, mms_reader_open((folder / "a").c_str(), &options, &reader, nullptr));
    EXPECT_EQ(nullptr, reader);
    options.max_file_size = uint64_t(MMS_LIMIT_FILE_SIZE_DEFAULT) + 1;
    EXPECT_EQ(0, mms_reader_open((folder / "a").c_str(), &options, &reader, nullptr));
    mms_reader_close(reader);

    ASSERT_EQ(0, truncate((folder / "a").c_str(), 4096));
    options.max_file_size = 4096;
    EXPECT_EQ(0, mms_reader_open((folder / "a").c_str(), &options, &reader, nullptr));
    mms_reader_close(reader);
    options.max_file_size = 4095;
    EXPECT_EQ(-EFBIG, mms_reader_open((folder / "a").c_str(), &options, &reader, nullptr));
}

TEST(Open, NotAFileOfMetrics)
{
    Folder folder;
    for (auto mode : modes) {
        write_file(folder / "a", "");
        Reader empty(folder / "a", mode);
        EXPECT_EQ(-EBADMSG, empty.error);
        EXPECT_EQ(MMS_RULE_EMPTY, empty.diag.rule);
        write_file(folder / "a", "\x03hello");
        Reader three(folder / "a", mode);
        EXPECT_EQ(-EPROTONOSUPPORT, three.error);
        EXPECT_EQ(-EPROTONOSUPPORT, three.diag.error);
        EXPECT_EQ(MMS_RULE_VERSION, three.diag.rule);
    }
}

TEST(Open, MalformedRecordsLeaveTheOthers)
{
    Folder folder;
    File file(2);
    file.v2("a", MMS_ID_BYTE);
    mms_record bad = file.v2("b", MMS_ID_U16);
    file.v2("c", MMS_ID_BYTE);
    mms_record worse = file.v2("d", MMS_ID_COUNTER);
    file.bytes[bad.write_buffer] = 2;
    file.bytes[worse.write_buffer] = 9;
    write_file(folder / "a", file.whole());
    for (auto mode : modes) {
        Reader reader(folder / "a", mode);
        ASSERT_EQ(0, reader.error);
        size_t errors = 0;
        mms_diag diag = {};
        EXPECT_EQ(2U, mms_reader_count(reader));
        EXPECT_EQ(-EBADMSG, mms_reader_diag(reader, &diag, &errors));
        EXPECT_EQ(2U, errors);
        EXPECT_EQ(MMS_RULE_V2_WRITE_BUFFER, diag.rule);
        EXPECT_EQ(bad.write_buffer, diag.offset);
    }
}

TEST(Open, DiagLeftAloneWhenNothingIsWrong)
{
    Folder folder;
    write_file(folder / "a", one_counter());
    Reader reader(folder / "a");
    mms_diag diag = {1, 2, 3};
    size_t errors = 9;
    EXPECT_EQ(0, mms_reader_diag(reader, &diag, &errors));
    EXPECT_EQ(0U, errors);
    EXPECT_EQ(2, diag.rule);
}

TEST(Open, NothingIsLeftBehind)
{
    Folder folder;
    write_file(folder / "good", one_counter());
    write_file(folder / "bad", "\x07");
    auto descriptors = [] {
        auto begin = std::filesystem::directory_iterator("/proc/self/fd");
        return std::distance(begin, std::filesystem::directory_iterator());
    };
    auto before = descriptors();
    for (auto mode : modes) {
        for (int i = 0; i < 10; i++) {
            Reader good(folder / "good", mode), bad(folder / "bad", mode);
            EXPECT_EQ(before + 1, descriptors());
            EXPECT_EQ(0, mms_reader_refresh(good, nullptr));
        }
        EXPECT_EQ(before, descriptors());
    }
}

// --- options --------------------------------------------------------------------------------------------------------

int open_with(const std::string &path, const void *options)
{
    mms_reader *reader = nullptr;
    int error = mms_reader_open(path.c_str(), static_cast<const mms_reader_options *>(options), &reader, nullptr);
    mms_reader_close(reader);
    return error;
}

TEST(Options, Sizes)
{
    Folder folder;
    write_file(folder / "a", one_counter());
    std::string path = folder / "a";
    EXPECT_EQ(0, open_with(path, nullptr));

    mms_reader_options options = {};
    EXPECT_EQ(-EINVAL, open_with(path, &options));
    options.size = offsetof(mms_reader_options, order); // a program that knows only the mode
    memset(&options.order, 77, sizeof options.order);
    EXPECT_EQ(0, open_with(path, &options));
    options.size = sizeof options;
    EXPECT_EQ(-EINVAL, open_with(path, &options));

    struct {
        mms_reader_options options;
        uint64_t newer;
    } larger = {};
    larger.options.size = sizeof larger;
    EXPECT_EQ(0, open_with(path, &larger));
    larger.newer = 1;
    EXPECT_EQ(-EINVAL, open_with(path, &larger));
}

TEST(Options, Values)
{
    Folder folder;
    write_file(folder / "a", one_counter());
    mms_reader_options options = {};
    options.size = sizeof options;
    memset(&options.mode, 2, sizeof options.mode);
    EXPECT_EQ(-EINVAL, open_with(folder / "a", &options));
    options.mode = MMS_READ_LIVE;
    options.order = mms_order(3);
    EXPECT_EQ(-EINVAL, open_with(folder / "a", &options));
}

TEST(Options, Order)
{
    Folder folder;
    File file(2);
    mms_record record = file.v2("a", MMS_ID_STATIC_U32);
    file.poke(record.values, uint32_t(0x01020304));
    write_file(folder / "a", file.whole());
    mms_reader_options options = {};
    options.size = sizeof options;
    options.order = MMS_ORDER_NATIVE == MMS_ORDER_LITTLE ? MMS_ORDER_BIG : MMS_ORDER_LITTLE;
    mms_reader *reader = nullptr;
    ASSERT_EQ(0, mms_reader_open((folder / "a").c_str(), &options, &reader, nullptr));
    EXPECT_EQ(options.order, mms_reader_order(reader));
    EXPECT_EQ(-EBADMSG, mms_reader_diag(reader, nullptr, nullptr));
    mms_reader_close(reader);
}

// --- hostile numbers of things --------------------------------------------------------------------------------------

TEST(Many, Fields)
{
    enum { COUNT = 100000 };
    Folder folder;
    std::string bytes(1, '\2');
    for (int i = 0; i < COUNT; i++) {
        std::string label = "field." + std::to_string(i);
        uint32_t field_size = uint32_t(2 + label.size() + 4 + 1);
        uint16_t head[1] = {uint16_t(label.size())}, tail[2] = {MMS_ID_BYTE, 0};
        bytes.append(reinterpret_cast<char *>(&field_size), 4).append(reinterpret_cast<char *>(head), 2) += label;
        bytes.append(reinterpret_cast<char *>(tail), 4) += char(i % 100);
    }
    write_file(folder / "a", bytes);
    for (auto mode : modes) {
        Reader reader(folder / "a", mode);
        ASSERT_EQ(0, reader.error);
        ASSERT_EQ(size_t(COUNT), mms_reader_count(reader));
        for (int i = 0; i < COUNT; i += 7) {
            std::string label = "field." + std::to_string(i);
            ASSERT_EQ(i, mms_reader_find(reader, label.data(), label.size(), 0));
            ASSERT_EQ(-ENOENT, mms_reader_find(reader, label.data(), label.size(), size_t(i) + 1));
            mms_stat stat;
            ASSERT_EQ(0, mms_reader_get(reader, size_t(i), &stat));
            ASSERT_EQ(i % 100, stat.values[0].i);
        }
    }
}

// One label a hundred thousand times, with as much metadata: quadratic work would take minutes.
TEST(Many, OneLabel)
{
    enum { COUNT = 100000 };
    Folder folder;
    std::string bytes(1, '\2'), field, metadata;
    uint32_t size = 2 + 1 + 4 + 1;
    uint16_t one = 1, byte[2] = {MMS_ID_BYTE, 0}, note[2] = {MMS_ID_METADATA, 0};
    field.append(reinterpret_cast<char *>(&size), 4).append(reinterpret_cast<char *>(&one), 2) += 'a';
    field.append(reinterpret_cast<char *>(byte), 4) += '\5';
    size = 2 + 1 + 4 + 6;
    metadata.append(reinterpret_cast<char *>(&size), 4).append(reinterpret_cast<char *>(&one), 2) += 'a';
    metadata.append(reinterpret_cast<char *>(note), 4) += "unit=s";
    for (int i = 0; i < COUNT; i++)
        bytes += field + metadata;
    write_file(folder / "a", bytes);
    Reader reader(folder / "a");
    ASSERT_EQ(0, reader.error);
    ASSERT_EQ(size_t(COUNT), mms_reader_count(reader));
    int64_t found = -1, times = 0;
    while ((found = mms_reader_find(reader, "a", 1, size_t(found + 1))) >= 0)
        ASSERT_EQ(times++, found);
    EXPECT_EQ(COUNT, times);
    mms_stat stat;
    ASSERT_EQ(0, mms_reader_get(reader, COUNT - 1, &stat));
    EXPECT_EQ("s", str(stat.unit));
}

} // namespace
