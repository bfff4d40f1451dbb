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

// --- do two copies have one structure? -----------------------------------------------------------------------------

bool agrees(const std::string &a, const std::string &b, bool whole = true, enum mms_order order = MMS_ORDER_AUTO)
{
    mms_scan scan;
    EXPECT_EQ(a.size(), b.size());
    EXPECT_EQ(0, mms_scan_begin(&scan, a.data(), a.size(), order, nullptr));
    return mms_structure_agrees(&scan, reinterpret_cast<const uint8_t *>(b.data()), whole);
}

TEST(Structure, Itself)
{
    EXPECT_TRUE(agrees(two_fields(), two_fields()));
}

TEST(Structure, ValuesMayDiffer)
{
    File file(2);
    mms_record number = file.v2("a", MMS_ID_COUNTER, MMS_FLAG_SEQUENCE);
    mms_record ring = file.array("r", MMS_ID_U64_RING, 3, 0), histogram = file.histogram("h", 1, 2, 0);
    std::string before = file.whole();
    file.bytes[number.write_buffer] = 0;
    file.bytes[number.values] = 7;
    file.bytes[number.sequence] = 7;
    file.poke(ring.write_buffer, uint16_t(2));
    file.bytes[histogram.values - 8] = 1;
    EXPECT_TRUE(agrees(before, file.whole()));
}

TEST(Structure, OneMayHaveMore)
{
    File file(2);
    file.v2("a", MMS_ID_COUNTER);
    std::string less = file.whole();
    file.v2("b", MMS_ID_COUNTER);
    EXPECT_TRUE(agrees(less, file.whole(), false));
    EXPECT_FALSE(agrees(less, file.whole(), true));
    EXPECT_FALSE(agrees(file.whole(), less, false));
    EXPECT_FALSE(agrees(file.whole(), less, true));
}

TEST(Structure, AnythingElseMayNot)
{
    auto file_with = [](std::function<void(File &)> add) {
        File file(2);
        add(file);
        file.v2("last", MMS_ID_BYTE);
        return file.whole();
    };
    const std::string files[] = {
        file_with([](File &file) { file.v2("a", MMS_ID_COUNTER); }),
        file_with([](File &file) { file.v2("b", MMS_ID_COUNTER); }),
        file_with([](File &file) { file.v2("a", MMS_ID_U64); }),
        file_with([](File &file) {
            mms_record record = record_of("a", MMS_ID_COUNTER);
            record.metric = MMS_METRIC_GAUGE;
            file.v2(record);
        }),
        file_with([](File &file) {
            mms_record record = record_of("a", MMS_ID_COUNTER);
            record.flags = 1;
            file.v2(record);
        }),
        file_with([](File &file) { file.text("m", MMS_ID_METADATA, "unit=a"); }),
        file_with([](File &file) { file.text("m", MMS_ID_METADATA, "unit=b"); }),
        file_with([](File &file) { file.array("r", MMS_ID_U32_RING, 3, 0); }),
        file_with([](File &file) {
            mms_record record = file.array("r", MMS_ID_U32_RING, 3, 0);
            file.poke(record.write_buffer + 2, uint16_t(2)); // a smaller array, and a tail
        }),
        file_with([](File &file) { file.histogram("h", 1, 2, 0); }),
        file_with([](File &file) {
            mms_record record = file.histogram("h", 1, 2, 0);
            file.poke(record.values - 16, 0.5); // the scale
        }),
        file_with([](File &file) { // an error, at one place
            mms_record record = file.v2("a", MMS_ID_COUNTER);
            file.bytes[record.write_buffer] = 2;
        }),
        file_with([](File &file) { // another one in the same record
            mms_record record = file.v2("a", MMS_ID_COUNTER);
            file.poke(record.offset + 4, uint16_t(0xffff)); // the label size
        }),
        file_with([](File &file) { // and at another
            mms_record record = record_of("aa", MMS_ID_COUNTER);
            record = file.v2(record);
            file.bytes[record.write_buffer] = 2;
        }),
    };
    size_t count = sizeof files / sizeof files[0];
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < count; k++)
            EXPECT_EQ(i == k, agrees(files[i], files[k])) << i << " and " << k;
    File one(1);
    EXPECT_FALSE(agrees(files[0], one.whole()));
    EXPECT_FALSE(agrees(files[0], std::string(files[0].size(), '\3')));
}

// Records with the same bytes are not scanned twice: the verdict has to be the one of a look at all of them. Here it is
// had by copies whose values all differ.
TEST(Structure, EveryByte)
{
    File file(2);
    std::vector<mms_record> records;
    records.push_back(file.v2("n", MMS_ID_COUNTER, MMS_FLAG_SEQUENCE));
    records.push_back(file.array("r", MMS_ID_U32_RING, 3, 0));
    records.push_back(file.histogram("h", 1, 2, MMS_FLAG_SEQUENCE));
    file.text("n", MMS_ID_METADATA, "unit=a");
    records.push_back(file.wide("w", 5, 0));
    records.push_back(file.text("s", MMS_ID_STRING, "text"));
    records.push_back(file.v2("b", MMS_ID_BOOL));
    std::string copy = file.whole(), other = copy;
    for (const mms_record &record : records)
        for (size_t i = 0; i < record.slots * record.value_size; i++)
            other[record.values + i] ^= 0x55;
    ASSERT_TRUE(agrees(copy, other));
    size_t same = 0, different = 0;
    for (size_t at = 0; at < file.bytes.size() + 4; at++)
        for (int bit : {0x01, 0x80}) {
            std::string a = copy, b = other;
            a[at] = char(a[at] ^ bit);
            b[at] = char(b[at] ^ bit);
            for (bool whole : {false, true}) {
                bool agree = agrees(copy, a, whole);
                EXPECT_EQ(agrees(copy, b, whole), agree) << at << " " << bit << " " << whole;
                EXPECT_EQ(agrees(other, a, whole), agree) << at << " " << bit << " " << whole;
                (agree ? same : different)++;
            }
        }
    EXPECT_GT(same, 200U);
    EXPECT_GT(different, 200U);
}

// The same of version 1, where an error ends the list.
TEST(Structure, EveryByteOfVersion1)
{
    File file(1);
    mms_record a = file.v1("a", "Q", true), b = file.v1("b", "8s", false), c = file.v1("c", "I", true);
    std::string copy = file.whole(), other = copy;
    for (const mms_record &record : {a, b, c})
        other[record.values] ^= 0x55;
    for (size_t at = 1; at < file.bytes.size() + 2; at++) {
        std::string x = copy, y = other;
        x[at] = char(x[at] ^ 1);
        y[at] = char(y[at] ^ 1);
        for (bool whole : {false, true})
            EXPECT_EQ(agrees(copy, x, whole), agrees(copy, y, whole)) << at;
        EXPECT_TRUE(agrees(x, x) && agrees(x, y)) << at; // whatever is wrong, it is wrong in both
    }
}

// The first difference is not the last one.
TEST(Structure, FarApart)
{
    File file(2);
    std::vector<mms_record> records;
    for (int i = 0; i < 100; i++)
        records.push_back(file.v2(std::string(i % 3 ? 30 : 3000, 'x'), MMS_ID_COUNTER));
    std::string copy = file.whole();
    for (size_t i = 1; i < records.size(); i++) {
        std::string other = copy;
        other[records[i - 1].values] = 1;
        EXPECT_TRUE(agrees(copy, other)) << i;
        other[records[i].offset + 6] = 'y'; // of the label
        EXPECT_FALSE(agrees(copy, other)) << i;
    }
}

TEST(Structure, InTheOtherOrder)
{
    enum mms_order other = MMS_ORDER_NATIVE == MMS_ORDER_LITTLE ? MMS_ORDER_BIG : MMS_ORDER_LITTLE;
    mms_record record = record_of("a", MMS_ID_COUNTER);
    ASSERT_EQ(0, mms_record_layout(&record, 2, 1));
    std::string bytes(1 + record.size, '\2');
    mms_serialize(&record, 2, other, nullptr, &bytes[1], record.size);
    EXPECT_TRUE(agrees(bytes, bytes));
    EXPECT_TRUE(agrees(bytes, bytes, true, other));
}

} // namespace
