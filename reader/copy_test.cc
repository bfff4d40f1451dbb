/* SPDX-License-Identifier: MIT
 *
 * Copies as a busy system makes them: in pieces, interrupted, cut short, and showing a batch of records before it is
 * there. The library's reads come to the pread of this file. */

#include <errno.h>
#include <sys/syscall.h>

#include <algorithm>
#include <functional>

#include "reader/testing.h"

extern "C" {
#include "reader/internal.h"
}

using namespace mms_testing;

// What a read gives, instead of the file's own bytes; its number counts from 1.
static std::function<ssize_t(int number, char *to, size_t size, off_t offset)> reads;
static int read_count;

extern "C" ssize_t pread(int fd, void *to, size_t size, off_t offset)
{
    read_count++;
    if (reads)
        return reads(read_count, static_cast<char *>(to), size, offset);
    return syscall(SYS_pread64, fd, to, size, offset);
}

namespace {

class Copy : public testing::TestWithParam<enum mms_reader_mode> {
protected:
    Copy()
    {
        reads = nullptr;
        read_count = 0;
    }
    ~Copy() override { reads = nullptr; }

    // Copy number n (1, 2, ...) of the file is version(n). A reader may ask for one byte more, to see the end.
    void make_copies(std::function<std::string(int)> version)
    {
        reads = [=](int number, char *to, size_t size, off_t offset) {
            std::string bytes = version(number);
            EXPECT_EQ(0, offset);
            EXPECT_LE(bytes.size(), size);
            EXPECT_GE(bytes.size() + 1, size);
            memcpy(to, bytes.data(), bytes.size());
            return ssize_t(bytes.size());
        };
    }

    Folder folder;
    std::string path = folder / "f";
};

std::string two_fields()
{
    File file(2);
    file.v2("a", MMS_ID_COUNTER);
    file.v2("b", MMS_ID_COUNTER);
    return file.whole();
}

TEST_P(Copy, InPieces)
{
    std::string bytes = two_fields();
    write_file(path, bytes);
    reads = [&](int number, char *to, size_t size, off_t offset) -> ssize_t {
        if (number % 3 == 0) {
            errno = EINTR;
            return -1;
        }
        size_t left = bytes.size() - size_t(offset);
        size = std::min({size, left, size_t(100)});
        memcpy(to, &bytes[size_t(offset)], size);
        return ssize_t(size);
    };
    Reader reader(path, GetParam());
    ASSERT_EQ(0, reader.error);
    EXPECT_EQ(2U, mms_reader_count(reader));
    EXPECT_GT(read_count, 80);
}

TEST_P(Copy, Failing)
{
    write_file(path, two_fields());
    reads = [](int, char *, size_t, off_t) {
        errno = EBADF;
        return -1;
    };
    EXPECT_EQ(-EBADF, Reader(path, GetParam()).error);
}

// The file gets shorter between its size and its bytes: the next try sees the size that it has then.
TEST_P(Copy, CutWhileItIsRead)
{
    std::string bytes = two_fields();
    write_file(path, bytes + std::string(4096, '\0'));
    reads = [&](int number, char *to, size_t size, off_t offset) -> ssize_t {
        if (number == 1) {
            EXPECT_EQ(0, truncate(path.c_str(), int64_t(bytes.size())));
        }
        size_t left = bytes.size() - size_t(offset);
        size = size < left ? size : left;
        memcpy(to, bytes.data() + offset, size);
        return ssize_t(size);
    };
    Reader reader(path, GetParam());
    ASSERT_EQ(0, reader.error);
    EXPECT_EQ(2U, mms_reader_count(reader));
}

TEST_P(Copy, AlwaysCutShort)
{
    write_file(path, two_fields());
    reads = [&](int, char *, size_t, off_t offset) -> ssize_t { return offset == 0 ? 1 : 0; };
    EXPECT_EQ(-EAGAIN, Reader(path, GetParam()).error);
}

// The first copy has the word that shows a batch, and not yet the batch.
TEST_P(Copy, BatchThatIsNotYetThere)
{
    for (bool padded : {false, true}) {
        File file(2);
        file.v2("a", MMS_ID_COUNTER);
        size_t end = file.bytes.size();
        mms_record late = file.v2(record_of("b", MMS_ID_COUNTER), !padded);
        EXPECT_EQ(padded, late.offset > end);
        std::string whole = file.whole(), half = whole;
        memset(&half[end + 4], 0, late.offset + late.size - end - 4); // all but the size word
        write_file(path, whole);

        read_count = 0;
        make_copies([&](int number) { return number == 1 ? half : whole; });
        Reader reader(path, GetParam());
        ASSERT_EQ(0, reader.error);
        EXPECT_EQ(2U, mms_reader_count(reader));
        EXPECT_EQ(0, mms_reader_diag(reader, nullptr, nullptr));
        EXPECT_EQ(1, mms_reader_find(reader, "b", 1, 0));
        EXPECT_EQ(4, read_count);
        reads = nullptr;
    }
}

TEST_P(Copy, GrowsAllTheTime)
{
    File file(2);
    std::vector<std::string> versions;
    for (int i = 0; i < 40; i++) {
        versions.push_back(file.whole());
        file.v2("a", MMS_ID_COUNTER);
    }
    write_file(path, file.whole());
    make_copies([&](int number) { return versions[size_t(number)]; });
    Reader reader(path, GetParam());
    ASSERT_EQ(0, reader.error);
    EXPECT_EQ(size_t(2 * MMS_STRUCTURE_TRIES - 1), mms_reader_count(reader));
}

TEST_P(Copy, NeverTwiceTheSame)
{
    write_file(path, two_fields());
    make_copies([](int number) {
        File file(2);
        file.v2(std::string(size_t(number), 'x'), MMS_ID_COUNTER);
        return file.whole();
    });
    EXPECT_EQ(-EAGAIN, Reader(path, GetParam()).error);
    EXPECT_EQ(2 * MMS_STRUCTURE_TRIES, read_count);
}

// A file in the other order. In this machine's, the first label is 256 bytes long, and the size of a type signature stands
// where the text does, which changes between the copies: that they do not agree says nothing about the file.
TEST_P(Copy, OfTheOtherOrder)
{
    mms_record record = record_of("a", 0);
    record.layout = MMS_LAYOUT_UNBUFFERED;
    record.signature = {"300s", 4};
    record.swapped = true;
    ASSERT_EQ(0, mms_record_layout(&record, 1, 1));
    std::string bytes(4096, '\0');
    bytes[0] = 1;
    enum mms_order other = MMS_ORDER_NATIVE == MMS_ORDER_LITTLE ? MMS_ORDER_BIG : MMS_ORDER_LITTLE;
    mms_serialize(&record, 1, other, nullptr, &bytes[1], record.size);
    write_file(path, bytes);
    make_copies([&](int number) {
        uint16_t size = number == 1 ? 0xffff : 1;
        memset(&bytes[record.values], 'x', 300);
        memcpy(&bytes[1 + 2 + 256], &size, sizeof size);
        return bytes;
    });
    Reader reader(path, GetParam());
    ASSERT_EQ(0, reader.error);
    EXPECT_EQ(2, read_count);
    EXPECT_EQ(other, mms_reader_order(reader));
    EXPECT_EQ(1U, mms_reader_count(reader));
    reads = nullptr;
}

INSTANTIATE_TEST_SUITE_P(Modes, Copy, testing::Values(MMS_READ_COPY, MMS_READ_LIVE),
                         [](const auto &mode) { return mode.param == MMS_READ_COPY ? "Copy" : "Live"; });

// A third copy is made for sequences alone.
TEST(Copies, AsManyAsAreOfUse)
{
    Folder folder;
    reads = nullptr;
    write_file(folder / "f", two_fields());
    read_count = 0;
    Reader without(folder / "f", MMS_READ_COPY);
    EXPECT_EQ(2, read_count);
    File file(2);
    file.v2("a", MMS_ID_COUNTER, MMS_FLAG_SEQUENCE);
    write_file(folder / "g", file.whole());
    read_count = 0;
    Reader with(folder / "g", MMS_READ_COPY);
    EXPECT_EQ(3, read_count);
    read_count = 0;
    EXPECT_EQ(0, mms_reader_refresh(with, nullptr));
    EXPECT_EQ(3, read_count);
}

// Reads that fail while the values are taken anew leave the old ones.
TEST(Copies, RefreshThatFails)
{
    Folder folder;
    File file(2);
    mms_record record = file.v2("a", MMS_ID_COUNTER);
    file.poke(record.values + 8, uint64_t(1));
    write_file(folder / "f", file.whole());
    reads = nullptr;
    Reader reader(folder / "f", MMS_READ_COPY);
    for (int failing = 1; failing <= 2; failing++) {
        read_count = 0;
        reads = [&](int number, char *to, size_t size, off_t) -> ssize_t {
            if (number == failing) {
                errno = EBADF;
                return -1;
            }
            memset(to, 0x55, size);
            return ssize_t(size);
        };
        EXPECT_EQ(-EBADF, mms_reader_refresh(reader, nullptr));
        EXPECT_EQ(1U, reader.get("a").values[0].u);
        EXPECT_EQ(MMS_CHECKED, reader.get("a").status);
    }
    reads = nullptr;
}

// A later copy is read in pieces, and kept from the first one on that is not what it was.
TEST(Copies, OfALargeFile)
{
    File file(2);
    std::vector<mms_record> records;
    while (file.bytes.size() < (3 << 18)) {
        records.push_back(file.v2(std::string(200, 'x'), MMS_ID_COUNTER));
        file.text("t", MMS_ID_STRING, std::string(1000, 'y'));
    }
    std::string before = file.whole();
    for (size_t piece = 0; piece <= 3; piece++) { // the one in which a value changes after the first copy; 3: in none
        std::string after = before;
        const mms_record *changed = nullptr;
        for (const mms_record &record : records)
            if (record.values >> 18 == piece)
                changed = &record;
        if (piece < 3)
            after[changed->values + 8] = 1;
        size_t first = 0;
        reads = [&](int, char *to, size_t size, off_t offset) -> ssize_t {
            const std::string &bytes = first < before.size() ? before : after;
            size = std::min(size, bytes.size() - size_t(offset));
            memcpy(to, &bytes[size_t(offset)], size);
            first += first < before.size() ? size : 0;
            return ssize_t(size);
        };
        Folder folder;
        write_file(folder / "f", before);
        Reader reader(folder / "f", MMS_READ_COPY);
        ASSERT_EQ(0, reader.error);
        std::vector<mms_sample> samples(mms_reader_count(reader));
        mms_reader_sample(reader, nullptr, samples.size(), samples.data());
        reads = nullptr;
        for (size_t i = 0; i < records.size(); i++) {
            mms_stat stat;
            EXPECT_EQ(MMS_CHECKED, samples[2 * i].status); // of new copies, where it changed
            EXPECT_EQ(piece < 3 && &records[i] == changed ? 1U : 0U, samples[2 * i].retries) << i;
            ASSERT_EQ(0, mms_reader_get(reader, 2 * i + 1, &stat));
            EXPECT_EQ(std::string(1000, 'y'), str(stat.values[0].text));
            EXPECT_EQ(0U, stat.retries);
        }
    }
}

// One byte more than there was: the copies are taken again.
TEST(Copies, AFileThatGetsLonger)
{
    Folder folder;
    std::string bytes = two_fields();
    write_file(folder / "f", bytes);
    read_count = 0;
    reads = [&](int number, char *to, size_t size, off_t offset) -> ssize_t {
        if (number == 2) {
            bytes += std::string(4096, '\0');
            write_file(folder / "f", bytes);
        }
        size = std::min(size, bytes.size() - size_t(offset));
        memcpy(to, &bytes[size_t(offset)], size);
        return ssize_t(size);
    };
    Reader reader(folder / "f", MMS_READ_COPY);
    EXPECT_EQ(0, reader.error);
    EXPECT_EQ(4, read_count);
    reads = nullptr;
}

// The file gets shorter between the first copy and the second one.
TEST(Copies, SecondOneCutShort)
{
    Folder folder;
    std::string bytes = two_fields();
    write_file(folder / "f", bytes);
    read_count = 0;
    reads = [&](int number, char *to, size_t size, off_t offset) -> ssize_t {
        size_t end = number == 2 || number == 3 ? 100 : bytes.size();
        size = std::min(size, end - size_t(offset));
        memcpy(to, &bytes[size_t(offset)], size);
        return ssize_t(size);
    };
    Reader reader(folder / "f", MMS_READ_COPY);
    EXPECT_EQ(0, reader.error);
    EXPECT_EQ(5, read_count) << "it takes two copies that are whole";
    reads = nullptr;
}

// And while the values are taken anew.
TEST(Copies, RefreshOfAFileThatIsCut)
{
    Folder folder;
    std::string bytes = two_fields();
    write_file(folder / "f", bytes + std::string(4096, '\0'));
    reads = nullptr;
    Reader reader(folder / "f", MMS_READ_COPY);
    read_count = 0;
    reads = [&](int number, char *to, size_t size, off_t offset) -> ssize_t {
        if (number == 1)
            write_file(folder / "f", bytes);
        size = std::min(size, bytes.size() - size_t(offset));
        memcpy(to, &bytes[size_t(offset)], size);
        return ssize_t(size);
    };
    EXPECT_EQ(1, mms_reader_refresh(reader, nullptr));
    EXPECT_EQ(2U, mms_reader_count(reader));
    reads = nullptr;
}

} // namespace
