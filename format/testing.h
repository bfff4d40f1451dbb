/* SPDX-License-Identifier: MIT
 *
 * testing.h - what the tests of format/ share: bytes built piece by piece, memory that ends at a guard page. */
#ifndef MMSTATS_FORMAT_TESTING_H
#define MMSTATS_FORMAT_TESTING_H

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <ostream>
#include <string>

#include "mmstats/format.h"

namespace mms_testing {

// Bytes in one order, e.g. Bytes().u8(1).u16(3).text("abc"). Little-endian, so that offsets and hex dumps in the
// tests hold on every machine; they pass `order` on to what they call.
class Bytes {
public:
    explicit Bytes(enum mms_order in = MMS_ORDER_LITTLE) : order(in) {}

    Bytes &u8(unsigned value) { return number(value, 1); }
    Bytes &u16(unsigned value) { return number(value, 2); }
    Bytes &u32(uint64_t value) { return number(value, 4); }
    Bytes &u64(uint64_t value) { return number(value, 8); }
    Bytes &f64(double value)
    {
        uint64_t bits;
        std::memcpy(&bits, &value, sizeof bits);
        return u64(bits);
    }
    Bytes &text(const std::string &value)
    {
        data += value;
        return *this;
    }
    Bytes &zeros(size_t count) { return text(std::string(count, '\0')); }
    Bytes &add(const Bytes &other) { return text(other.data); }

    // Header of a record of version 1, from label size to signature.
    Bytes &v1(const std::string &label, const std::string &signature)
    {
        return u16(unsigned(label.size())).text(label).u16(unsigned(signature.size())).text(signature);
    }

    // A whole record of version 2.
    Bytes &v2(const std::string &label, unsigned id, unsigned metric, const Bytes &body)
    {
        u32(label.size() + 6 + body.data.size()).u16(unsigned(label.size())).text(label);
        return u16(id).u16(metric).add(body);
    }

    size_t size() const { return data.size(); }

    std::string data;
    enum mms_order order;

private:
    Bytes &number(uint64_t value, size_t size)
    {
        for (size_t i = 0; i < size; i++) {
            size_t byte = order == MMS_ORDER_LITTLE ? i : size - 1 - i;
            data += char(value >> (8 * byte) & 0xff);
        }
        return *this;
    }
};

// A copy of some bytes, whose last one is the last before a page that cannot be touched: reading one byte too many
// kills the test. The pages stay until the object goes, so that one object serves for every truncation.
class Guarded {
public:
    explicit Guarded(size_t capacity)
    {
        page = size_t(sysconf(_SC_PAGESIZE));
        usable = (capacity + page - 1) / page * page + page;
        void *got = mmap(nullptr, usable + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (got == MAP_FAILED || mprotect(static_cast<char *>(got) + usable, page, PROT_NONE) != 0)
            std::abort();
        start = static_cast<char *>(got);
    }
    ~Guarded() { munmap(start, usable + page); }
    Guarded(const Guarded &) = delete;
    Guarded &operator=(const Guarded &) = delete;

    const void *put(const void *from, size_t size)
    {
        char *at = start + usable - size;
        if (size != 0)
            std::memcpy(at, from, size);
        return at;
    }

private:
    char *start;
    size_t page, usable;
};

inline std::string string_of(struct mms_text text)
{
    return text.size != 0 ? std::string(text.data, text.size) : std::string();
}

// Everything that readers do with a file, on bytes that may be anything: iterate, decode all items of all slots that
// lie in the file, look up metadata. Returns how many records and items there were.
struct Work {
    uint64_t records = 0;
    uint64_t errors = 0;
    uint64_t items = 0;
};

inline Work read_all(const void *data, size_t size, enum mms_order order)
{
    Work work;
    struct mms_scan scan;
    struct mms_record record;
    struct mms_diag diag;
    if (mms_scan_begin(&scan, data, size, order, &diag) < 0)
        return work;
    int got;
    while ((got = mms_scan_next(&scan, &record, &diag)) != 0) {
        if (got < 0) {
            work.errors++;
            continue;
        }
        work.records++;
        for (size_t slot = 0; slot < record.slots; slot++) {
            const char *at = static_cast<const char *>(data) + record.values + slot * record.value_size;
            struct mms_items items;
            struct mms_value value;
            mms_items_begin(&items, &record, at);
            while (mms_items_next(&items, &value) > 0) {
                work.items++;
                volatile unsigned touched = 0;
                if (mms_class_of(value.type) == MMS_CLASS_TEXT)
                    for (size_t i = 0; i < value.text.size; i++)
                        touched = touched + static_cast<unsigned char>(value.text.data[i]);
                struct mms_text found;
                if (record.layout == MMS_LAYOUT_METADATA && mms_metadata_find(value.text, "unit", &found) == 0) {
                    char unescaped[64];
                    mms_metadata_unescape(found, unescaped, sizeof unescaped);
                }
            }
        }
    }
    return work;
}

} // namespace mms_testing

// For messages of GoogleTest.
inline std::ostream &operator<<(std::ostream &out, const struct mms_diag &diag)
{
    return out << "{error " << diag.error << ", rule " << diag.rule << ", offset " << diag.offset << "}";
}

inline bool operator==(const struct mms_diag &a, const struct mms_diag &b)
{
    return a.error == b.error && a.rule == b.rule && a.offset == b.offset;
}

#endif
