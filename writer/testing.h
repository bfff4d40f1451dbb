// SPDX-License-Identifier: MIT
//
// testing.h - what the writer's tests share: a directory of one's own, files as bytes and as values, child processes.
#ifndef MMSTATS_WRITER_TESTING_H
#define MMSTATS_WRITER_TESTING_H

#include <dirent.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <memory>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "format/child.h"
#include "mmstats/writer.h"

namespace mms_testing
{

using Bytes = std::vector<uint8_t>;

inline bool Exists(const std::string &path)
{
    struct stat stat;
    return lstat(path.c_str(), &stat) == 0;
}

inline Bytes ReadFile(const std::string &path)
{
    std::ifstream in(path, std::ios::binary);
    EXPECT_TRUE(in.good()) << path;
    return Bytes(std::istreambuf_iterator<char>(in), {});
}

inline void WriteFile(const std::string &path, const Bytes &bytes)
{
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char *>(bytes.data()), std::streamsize(bytes.size()));
}

// A new directory, removed with all that is in it.
class Directory
{
public:
    Directory()
    {
        const char *base = getenv("TEST_TMPDIR");
        path_ = std::string(base ? base : "/tmp") + "/mmsXXXXXX";
        if (!mkdtemp(path_.data()))
            abort();
    }
    ~Directory() { Remove(path_); }
    Directory(const Directory &) = delete;
    Directory &operator=(const Directory &) = delete;

    const std::string &path() const { return path_; }
    const char *c_str() const { return path_.c_str(); }
    std::string operator/(const std::string &name) const { return path_ + "/" + name; }

    // All names, sorted; temporary ones too.
    std::vector<std::string> List() const
    {
        std::vector<std::string> names;
        DIR *dir = opendir(path_.c_str());
        while (const dirent *entry = readdir(dir))
            if (std::string(entry->d_name) != "." && std::string(entry->d_name) != "..")
                names.push_back(entry->d_name);
        closedir(dir);
        std::sort(names.begin(), names.end());
        return names;
    }

private:
    static void Remove(const std::string &path)
    {
        chmod(path.c_str(), 0700);
        if (DIR *dir = opendir(path.c_str())) {
            while (const dirent *entry = readdir(dir))
                if (std::string(entry->d_name) != "." && std::string(entry->d_name) != "..") {
                    std::string name = path + "/" + entry->d_name;
                    if (unlink(name.c_str()) < 0)
                        Remove(name);
                }
            closedir(dir);
        }
        rmdir(path.c_str());
    }
    std::string path_;
};

// --- files as values -------------------------------------------------------------------------------------------------

struct Field {
    mms_record record;
    std::string label;
    mms_type type;
    int64_t i = 0;
    uint64_t u = 0;
    double f = 0;
    bool b = false;
    std::string text;
};

struct Decoded {
    std::shared_ptr<const Bytes> bytes; // labels and signatures point into them
    std::vector<Field> fields;
    std::map<std::string, std::string> metadata; // by label
    size_t end = 0;                              // of the list

    const Field &at(const std::string &label) const
    {
        static const Field none = {};
        for (const Field &field : fields)
            if (field.label == label)
                return field;
        ADD_FAILURE() << "no field " << label;
        return none;
    }
    bool has(const std::string &label) const
    {
        return std::any_of(fields.begin(), fields.end(), [&](const Field &f) { return f.label == label; });
    }
};

inline std::string Text(mms_text text)
{
    return text.size ? std::string(text.data, text.size) : std::string();
}

// Which of the two values is the newest, by write buffer or by sequence.
inline size_t Newest(const mms_record &record, const Bytes &bytes)
{
    if (record.sequence) {
        uint64_t sequence;
        memcpy(&sequence, &bytes[record.sequence], 8);
        return sequence % 2;
    }
    return record.slots == 2 ? bytes[record.write_buffer] ^ 1 : 0;
}

inline Decoded Decode(const Bytes &file)
{
    Decoded decoded;
    decoded.bytes = std::make_shared<const Bytes>(file);
    const Bytes &bytes = *decoded.bytes;
    mms_scan scan;
    mms_diag diag = {};
    EXPECT_EQ(mms_scan_begin(&scan, bytes.data(), bytes.size(), MMS_ORDER_NATIVE, &diag), 0);
    mms_record record;
    for (int found; (found = mms_scan_next(&scan, &record, &diag)) != 0;) {
        EXPECT_EQ(found, 1) << "rule " << diag.rule << " at " << diag.offset;
        if (found < 0 || record.layout == MMS_LAYOUT_PADDING)
            continue;
        std::string label = Text(record.label);
        const uint8_t *value = bytes.data() + record.values;
        if (record.layout == MMS_LAYOUT_METADATA) {
            std::string text(reinterpret_cast<const char *>(value), record.value_size);
            decoded.metadata[label] = text.substr(0, text.find('\0'));
            continue;
        }
        mms_items items;
        mms_value item;
        mms_items_begin(&items, &record, value + Newest(record, bytes) * record.value_size);
        EXPECT_EQ(mms_items_next(&items, &item), 1);
        Field field;
        field.record = record;
        field.label = label;
        field.type = item.type;
        switch (mms_class_of(item.type)) {
        case MMS_CLASS_INT: field.i = item.i; break;
        case MMS_CLASS_UINT: field.u = item.u; break;
        case MMS_CLASS_FLOAT: field.f = item.f; break;
        case MMS_CLASS_BOOL: field.b = item.b; break;
        default: field.text = Text(item.text);
        }
        decoded.fields.push_back(field);
    }
    decoded.end = scan.offset;
    return decoded;
}

inline Decoded DecodeFile(const std::string &path)
{
    return Decode(ReadFile(path));
}

// --- writers ---------------------------------------------------------------------------------------------------------

inline mms_options Options(const Directory &directory, const char *files = nullptr)
{
    mms_options options = {};
    options.size = sizeof options;
    options.directory = directory.c_str();
    options.files = files;
    return options;
}

struct Closer {
    void operator()(mms_writer *writer) const { mms_writer_close(writer); }
};
using Writer = std::unique_ptr<mms_writer, Closer>;

inline Writer New(const mms_options &options)
{
    mms_writer *writer = nullptr;
    EXPECT_EQ(mms_writer_new(&options, &writer), 0);
    return Writer(writer);
}

inline mms_field FieldOf(mms_kind kind, const char *label, size_t size = 0)
{
    mms_field field = {};
    field.kind = kind;
    field.label = label;
    field.size = size;
    return field;
}

template <class Handle> int Add(const Writer &writer, mms_kind kind, const char *label, Handle *handle, size_t size = 0)
{
    mms_field field = FieldOf(kind, label, size);
    return mms_writer_add(writer.get(), &field, handle);
}

// Is the file locked (R511)?
inline bool IsLocked(const std::string &path)
{
    int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    struct flock lock = {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    int result = fcntl(fd, F_OFD_GETLK, &lock);
    close(fd);
    EXPECT_EQ(result, 0);
    return lock.l_type != F_UNLCK;
}

// --- child processes -------------------------------------------------------------------------------------------------

// Runs body in a child; true when it returned without a failed check. Ends by exit or _exit.
inline int StatusOf(pid_t pid)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

enum class End { kExit, kUnderscoreExit };

inline ::testing::AssertionResult InChild(const std::function<void()> &body, End end = End::kUnderscoreExit)
{
    fflush(nullptr);
    pid_t pid = fork();
    if (pid == 0) {
        body();
        bool failed = ::testing::Test::HasFailure();
        fflush(nullptr);
        if (end == End::kExit)
            exit(failed);
        EndChild(failed);
    }
    int status = StatusOf(pid);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << "child ended with status " << status;
}

// One end of a pipe each, for parent and child to wait for each other.
class Gate
{
public:
    Gate()
    {
        if (pipe(fds_) < 0)
            abort();
    }
    ~Gate()
    {
        close(fds_[0]);
        close(fds_[1]);
    }
    void Open()
    {
        char c = 1;
        if (write(fds_[1], &c, 1) != 1)
            abort();
    }
    void Wait()
    {
        char c;
        while (read(fds_[0], &c, 1) < 0 && errno == EINTR) {
        }
    }

private:
    int fds_[2];
};

} // namespace mms_testing

#endif
