// SPDX-License-Identifier: MIT
//
// watched.h - has anything changed in a directory: names, sizes, rights, any byte of any file?
#ifndef MMSTATS_TESTS_WATCHED_H
#define MMSTATS_TESTS_WATCHED_H

#include <sys/mman.h>
#include <sys/stat.h>

#include <cstring>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "writer/testing.h"

namespace mms_testing {

// What stands at a place in a file: "the sequence of string".
inline std::string part_of(const uint8_t *bytes, size_t size, size_t at)
{
    mms_scan scan;
    mms_record record;
    if (mms_scan_begin(&scan, bytes, size, MMS_ORDER_NATIVE, nullptr) < 0)
        return "no record";
    for (int got; (got = mms_scan_next(&scan, &record, nullptr)) != 0;) {
        if (got < 0 || at < record.offset || at >= record.offset + record.size)
            continue;
        const char *part = record.sequence != 0 && at >= record.sequence ? "the sequence"
                           : at >= record.values                         ? "the value"
                           : at == record.write_buffer                   ? "the write buffer"
                                                                         : "the head";
        return part + (" of " + Text(record.label));
    }
    return "no record";
}

class Watched {
public:
    explicit Watched(const Directory &directory) : directory_(directory) { list(); }

    // Since the last call. Only a syscall changes anything but bytes; these are looked at each time.
    bool changed(bool made_syscall)
    {
        what_.str("");
        bool changed = made_syscall && list();
        for (auto &file : files_)
            changed |= file.second->changed(file.first, what_);
        return changed;
    }
    // What changed, for a person.
    std::string what() const { return what_.str(); }

private:
    // A file's bytes, as they are and as they were.
    class File {
    public:
        File(const std::string &path, const struct stat &stat) : stat_(stat), before_(size_t(stat.st_size))
        {
            int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
            void *map = mmap(nullptr, before_.size() + 1, PROT_READ, MAP_SHARED, fd, 0);
            close(fd);
            EXPECT_NE(map, MAP_FAILED) << path;
            map_ = static_cast<const uint8_t *>(map);
            memcpy(before_.data(), map_, before_.size());
        }
        ~File() { munmap(const_cast<uint8_t *>(map_), before_.size() + 1); }
        File(const File &) = delete;

        bool is(const struct stat &stat) const
        {
            return stat.st_ino == stat_.st_ino && stat.st_size == stat_.st_size && stat.st_mode == stat_.st_mode;
        }
        bool changed(const std::string &name, std::ostream &what)
        {
            if (before_.empty() || memcmp(before_.data(), map_, before_.size()) == 0)
                return false;
            size_t first = 0, last = before_.size() - 1;
            while (before_[first] == map_[first])
                first++;
            while (before_[last] == map_[last])
                last--;
            memcpy(&before_[first], map_ + first, last - first + 1);
            what << "bytes " << first << " to " << last << " of " << name << ": "
                 << part_of(map_, before_.size(), first) << " ";
            return true;
        }

    private:
        struct stat stat_;
        std::vector<uint8_t> before_;
        const uint8_t *map_;
    };

    bool list()
    {
        bool changed = false;
        std::map<std::string, std::unique_ptr<File>> now;
        for (const std::string &name : directory_.List()) {
            struct stat stat;
            if (lstat((directory_ / name).c_str(), &stat) < 0)
                continue;
            auto was = files_.find(name);
            if (was != files_.end() && was->second->is(stat)) {
                now[name] = std::move(was->second);
                continue;
            }
            now[name] = std::make_unique<File>(directory_ / name, stat);
            what_ << name << " of " << stat.st_size << " bytes ";
            changed = true;
        }
        changed |= now.size() != files_.size();
        files_ = std::move(now);
        return changed;
    }

    const Directory &directory_;
    std::map<std::string, std::unique_ptr<File>> files_;
    std::ostringstream what_;
};

} // namespace mms_testing

#endif
