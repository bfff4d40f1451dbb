/* SPDX-License-Identifier: MIT
 *
 * live_testing.h - what tests of values in a mapping share: memory that stands for one, and a writer that stores into
 * it as fast as it can. Most tests hand the reader's parts the very memory that the writer's thread uses, so that a
 * thread sanitizer sees both sides. */
#ifndef MMSTATS_READER_LIVE_TESTING_H
#define MMSTATS_READER_LIVE_TESTING_H

#include <atomic>
#include <functional>
#include <memory>
#include <thread>

#include "mmstats/slot.h"
#include "reader/testing.h"

extern "C" {
#include "reader/internal.h"
}

namespace mms_testing {

constexpr unsigned TRIES = 64;

// Memory that stands for the mapping of a file, and its structure.
class Live {
public:
    explicit Live(const File &file)
        : copy(file.whole()), memory((copy.size() + 7) / 8), map(reinterpret_cast<uint8_t *>(memory.data()))
    {
        memcpy(map, copy.data(), copy.size());
        view.map = map;
        EXPECT_EQ(0, mms_scan_begin(&view.begin, copy.data(), copy.size(), MMS_ORDER_AUTO, nullptr));
        EXPECT_EQ(0, mms_index_build(&view.index, view.begin, nullptr, true));
        EXPECT_EQ(0U, view.index.errors);
    }
    ~Live() { mms_index_free(&view.index); }

    mms_stat get(size_t i, unsigned tries = TRIES)
    {
        mms_entry own, *entry = &own;
        mms_index_entry(&view.index, i, entry);
        mms_seen seen;
        // as large as promised and no larger: a sanitizer sees a byte too many
        bytes = std::make_unique<uint8_t[]>(2 * entry->bytes);
        mms_observe_live(&view, entry, tries, bytes.get(), &seen);
        values.resize(mms_decode_count(entry, &seen));
        mms_stat stat;
        mms_decode(&view, entry, &seen, values.data(), &stat);
        return stat;
    }

    std::string copy;
    std::vector<uint64_t> memory;
    uint8_t *map;
    mms_view view = {};
    std::unique_ptr<uint8_t[]> bytes;
    std::vector<mms_value> values;
};

// Runs write(n) for n = 1, 2, ... in a thread of its own, until it goes. It has begun when the constructor is through.
class Writer {
public:
    explicit Writer(std::function<void(uint64_t)> write)
        : thread([this, write] {
              for (uint64_t n = 1; !stop.load(std::memory_order_relaxed); n++) {
                  write(n);
                  begun.store(true, std::memory_order_relaxed);
              }
          })
    {
        while (!begun.load(std::memory_order_relaxed))
            std::this_thread::yield();
    }
    ~Writer()
    {
        stop = true;
        thread.join();
    }

private:
    std::atomic<bool> stop{false}, begun{false};
    std::thread thread;
};

enum { READS = 20000 };

inline bool is_one_letter(const std::string &text)
{
    return text.find_first_not_of(text.substr(0, 1)) == std::string::npos;
}

} // namespace mms_testing

#endif
