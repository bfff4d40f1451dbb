/* SPDX-License-Identifier: MIT
 *
 * testing.h - what the tests of reader/ share: a folder of their own, files made record by record, a writer's
 * mapping. */
#ifndef MMSTATS_READER_TESTING_H
#define MMSTATS_READER_TESTING_H

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "mmstats/format.h"
#include "mmstats/reader.h"

namespace mms_testing {

// A folder that goes away with the test.
class Folder {
public:
    explicit Folder(const char *base = getenv("TEST_TMPDIR"))
    {
        std::string made = std::string(base ? base : "/tmp") + "/reader.XXXXXX";
        path = mkdtemp(&made[0]) ? made : "";
    }
    ~Folder() { std::filesystem::remove_all(path); }
    std::string operator/(const std::string &name) const { return path + "/" + name; }

    std::string path;
};

inline void write_file(const std::string &path, const std::string &bytes)
{
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

// A record by what a test says of it. It points to the label.
inline mms_record record_of(std::string_view label, unsigned id)
{
    mms_record record = {};
    record.label = {label.data(), label.size()};
    record.id = uint16_t(id);
    return record;
}

// The bytes of a file, in this machine's order, each record aligned (R505). A record that is added first points into
// text of the caller's, then (in what add returns) at nothing: use its offsets.
class File {
public:
    explicit File(int of_version) : version(uint8_t(of_version)), bytes(1, char(of_version)) {}

    mms_record v1(const std::string &label, const std::string &signature, bool buffered, bool packed = false)
    {
        mms_record record = record_of(label, 0);
        record.layout = buffered ? MMS_LAYOUT_BUFFERED : MMS_LAYOUT_UNBUFFERED;
        record.signature = {signature.data(), signature.size()};
        size_t gap = packed ? 0 : mms_record_gap(&record, version, bytes.size());
        std::string spaced = std::string(gap, ' ') + signature;
        record.signature = {spaced.data(), spaced.size()};
        return append(record);
    }

    mms_record v2(mms_record record, bool packed = false)
    {
        size_t gap = packed ? 0 : mms_record_gap(&record, version, bytes.size());
        if (gap > 0) {
            mms_record padding = record_of("", MMS_ID_PADDING);
            while (gap < 10)
                gap += 8;
            padding.tail = gap - 10;
            append(padding);
        }
        return append(record);
    }
    mms_record v2(const std::string &label, unsigned id, unsigned flags = 0)
    {
        mms_record record = record_of(label, id);
        record.flags = uint8_t(flags);
        return v2(record);
    }
    mms_record wide(const std::string &label, size_t size, unsigned flags)
    {
        mms_record record = record_of(label, MMS_ID_WIDE_STRING);
        record.flags = uint8_t(flags);
        record.value_size = size;
        return v2(record);
    }
    mms_record array(const std::string &label, unsigned id, size_t array_size, unsigned flags)
    {
        mms_record record = record_of(label, id);
        record.flags = uint8_t(flags);
        record.slots = array_size + 1;
        return v2(record);
    }
    mms_record histogram(const std::string &label, unsigned sub_bits, unsigned max_bits, unsigned flags)
    {
        mms_record record = record_of(label, MMS_ID_HISTOGRAM);
        record.flags = uint8_t(flags);
        record.sub_bits = uint8_t(sub_bits);
        record.max_bits = uint8_t(max_bits);
        record.scale = 1;
        return v2(record);
    }
    mms_record text(const std::string &label, unsigned id, const std::string &value)
    {
        mms_record record = record_of(label, id);
        record.value_size = value.size();
        mms_record added = v2(record);
        bytes.replace(added.values, value.size(), value);
        return added;
    }

    // Stores a number, or anything flat.
    template <class T> void poke(size_t at, T value) { std::memcpy(&bytes[at], &value, sizeof value); }

    // A whole page multiple, as writers make it.
    std::string whole() const
    {
        std::string padded = bytes + std::string(4, '\0');
        return padded + std::string(-padded.size() % 4096, '\0');
    }

    uint8_t version;
    std::string bytes;

private:
    mms_record append(mms_record record)
    {
        EXPECT_EQ(0, mms_record_layout(&record, version, bytes.size()));
        std::string out(record.size, '\0');
        EXPECT_EQ(int64_t(record.size),
                  mms_serialize(&record, version, MMS_ORDER_AUTO, nullptr, &out[0], out.size()));
        bytes += out;
        record.label = record.signature = {nullptr, 0};
        return record;
    }
};

// A writer's mapping of a file.
class Mapping {
public:
    explicit Mapping(const std::string &path)
    {
        int fd = open(path.c_str(), O_RDWR | O_CLOEXEC);
        struct stat st = {};
        EXPECT_EQ(0, fstat(fd, &st));
        size = size_t(st.st_size);
        void *mapped = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        EXPECT_NE(MAP_FAILED, mapped);
        at = static_cast<uint8_t *>(mapped);
        close(fd);
        // the first store into a page changes the file's times: no later one does
        for (size_t i = 0; i < size; i += 4096)
            *const_cast<volatile uint8_t *>(at + i) = at[i];
    }
    ~Mapping() { munmap(at, size); }
    Mapping(const Mapping &) = delete;

    template <class T> T *as(size_t offset) { return reinterpret_cast<T *>(at + offset); }

    uint8_t *at;
    size_t size;
};

// An open reader, closed with the test.
class Reader {
public:
    explicit Reader(const std::string &path, enum mms_reader_mode mode = MMS_READ_LIVE, unsigned tries = 0)
    {
        mms_reader_options options = {};
        options.size = sizeof options;
        options.mode = mode;
        options.tries = tries;
        error = mms_reader_open(path.c_str(), &options, &reader, &diag);
    }
    ~Reader() { mms_reader_close(reader); }
    Reader(const Reader &) = delete;
    operator mms_reader *() { return reader; }

    // The value of a field, which must be there.
    mms_stat get(const std::string &label)
    {
        mms_stat stat = {};
        int64_t i = mms_reader_find(reader, label.data(), label.size(), 0);
        EXPECT_GE(i, 0) << label;
        EXPECT_EQ(0, mms_reader_get(reader, size_t(i), &stat)) << label;
        return stat;
    }

    mms_reader *reader = nullptr;
    mms_diag diag = {};
    int error;
};

inline std::string str(mms_text text)
{
    return std::string(text.data ? text.data : "", text.size);
}

inline std::string text_of(const mms_stat &stat)
{
    return stat.count == 1 ? str(stat.values[0].text) : "?";
}

inline std::vector<uint64_t> numbers_of(const mms_stat &stat)
{
    std::vector<uint64_t> numbers;
    for (size_t i = 0; i < stat.count; i++)
        numbers.push_back(stat.values[i].u);
    return numbers;
}

} // namespace mms_testing

#endif
