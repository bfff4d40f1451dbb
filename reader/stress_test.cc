/* SPDX-License-Identifier: MIT
 *
 * A writer that stores as fast as it can, and a reader of the same file in another mapping: of a million exact values
 * none is a mix of two, and none is older than one that was read before. Each value says its number in all of its parts.
 *
 * Compiled with -DMMS_BREAK=n, which takes one step of the protocol away (slot.h), the same tests must fail. */

#include <atomic>
#include <functional>
#include <iostream>
#include <thread>

#include "mmstats/slot.h"
#include "reader/testing.h"

using namespace mms_testing;

namespace {

enum Class { NUMBER, TEXT, STRUCT, RING, HISTOGRAM, TRANSACTION };

struct Case {
    const char *name;
    Class what;
    int version;
    size_t bytes;    // of a value
    size_t boundary; // its first 8 bytes stand before a multiple of this; 0: anywhere; 1: its write buffer byte stands
                     // before a multiple of 64, in another cache line than the value
    uint64_t wanted; // exact reads
};

constexpr uint64_t MANY = 120000, SOME = 30000;

const Case cases[] = {
    {"number_v2", NUMBER, 2, 8, 0, MANY},
    {"number_v2_flip", NUMBER, 2, 8, 1, MANY},
    {"number_v2_line", NUMBER, 2, 8, 64, MANY},
    {"number_v2_page", NUMBER, 2, 8, 4096, MANY},
    {"number_v1", NUMBER, 1, 8, 0, MANY},
    {"number_v1_flip", NUMBER, 1, 8, 1, MANY},
    {"number_v1_line", NUMBER, 1, 8, 64, MANY},
    {"number_v1_page", NUMBER, 1, 8, 4096, MANY},
    {"struct_v2_16", STRUCT, 2, 16, 0, SOME},
    {"struct_v2_16_line", STRUCT, 2, 16, 64, SOME},
    {"struct_v2_16_page", STRUCT, 2, 16, 4096, SOME},
    {"struct_v2_256", STRUCT, 2, 256, 0, SOME},
    {"struct_v2_256_page", STRUCT, 2, 256, 4096, SOME},
    {"struct_v2_4096", STRUCT, 2, 4096, 0, SOME / 10},
    {"struct_v1_16", STRUCT, 1, 16, 0, SOME},
    {"struct_v1_16_line", STRUCT, 1, 16, 64, SOME},
    {"struct_v1_16_page", STRUCT, 1, 16, 4096, SOME},
    {"struct_v1_256", STRUCT, 1, 256, 0, SOME},
    {"struct_v1_256_page", STRUCT, 1, 256, 4096, SOME},
    {"struct_v1_4096", STRUCT, 1, 4096, 0, SOME / 10},
    {"text_v2_64", TEXT, 2, 64, 0, SOME},
    {"text_v2_256_line", TEXT, 2, 256, 64, SOME},
    {"text_v1_64", TEXT, 1, 64, 0, SOME},
    {"text_v1_256_line", TEXT, 1, 256, 64, SOME},
    {"ring_v2_3", RING, 2, 3, 0, SOME},
    {"ring_v2_100", RING, 2, 100, 0, SOME},
    {"histogram_v2", HISTOGRAM, 2, 0, 0, SOME},
    {"transaction_v2", TRANSACTION, 2, 0, 0, SOME / 3},
    {"transaction_v1", TRANSACTION, 1, 0, 0, SOME / 3},
};

void PrintTo(const Case &c, std::ostream *out)
{
    *out << c.name;
}

// What a read proves wrong, or nothing.
enum Verdict { FINE, TORN, BACKWARDS };

class Stress : public testing::TestWithParam<Case> {
protected:
    Stress() : c(GetParam()), file(c.version)
    {
        if (c.version == 1)
            sequence = file.v1("sys.sequence", "Q", false).values;
        switch (c.what) {
        case NUMBER:
            add(described("n", MMS_ID_COUNTER), "Q");
            break;
        case TEXT:
            add(described("n", MMS_ID_WIDE_STRING), std::to_string(c.bytes) + "s");
            break;
        case STRUCT:
            add(described("n", MMS_ID_STRUCT), std::to_string(c.bytes / 8) + "Q");
            break;
        case RING:
            record = file.array("n", MMS_ID_U64_RING, c.bytes, MMS_FLAG_SEQUENCE);
            break;
        case HISTOGRAM:
            record = file.histogram("n", 3, 3, MMS_FLAG_SEQUENCE); // bucket i counts samples of i
            break;
        case TRANSACTION:
            generation = c.version == 1 ? file.v1("sys.generation", "Q", false).values
                                        : file.v2("g", MMS_ID_GENERATION).values;
            add(described("n", MMS_ID_COUNTER), "Q");
            second = c.version == 1 ? file.v1("m", "Q", true) : file.v2("m", MMS_ID_COUNTER);
            break;
        }
        write_file(folder / "f", file.whole());
        mapping = std::make_unique<Mapping>(folder / "f");
    }

    mms_record described(const char *label, unsigned id) const
    {
        mms_record described = record_of(label, id);
        described.value_size = c.bytes;
        described.flags = id == MMS_ID_COUNTER ? 0 : MMS_FLAG_SEQUENCE;
        return described;
    }

    // Adds the field at the place that the case asks for, behind bytes that mean nothing.
    void add(mms_record description, const std::string &signature)
    {
        description.layout = MMS_LAYOUT_BUFFERED;
        description.signature = {signature.data(), signature.size()};
        size_t place = 0;
        if (c.boundary > 0) {
            mms_record trial = description;
            ASSERT_EQ(0, mms_record_layout(&trial, uint8_t(c.version), 0));
            size_t from = file.bytes.size() + 64 + trial.values, boundary = c.boundary > 1 ? c.boundary : 64;
            place = (from + boundary) / boundary * boundary - (c.boundary > 1 ? 8 : 0);
            fill(place - trial.values - file.bytes.size());
        }
        record = c.version == 1 ? file.v1("n", signature, true, place > 0) : file.v2(description, place > 0);
        ASSERT_TRUE(place == 0 || place == record.values);
        ASSERT_EQ(0U, record.values % 8);
    }

    void fill(size_t bytes)
    {
        size_t before = file.bytes.size();
        if (c.version == 2) {
            mms_record padding = record_of("", MMS_ID_PADDING);
            padding.tail = bytes - 10;
            file.v2(padding, true);
        } else {
            // an unbuffered text: 2 bytes, label, 2 bytes, signature, 1 byte, text
            for (size_t digits = 1, label = 1; file.bytes.size() == before; digits++) {
                if (digits == 6)
                    digits = 1, label++;
                std::string size = std::to_string(bytes - 5 - label - digits - 1);
                if (size.size() == digits)
                    file.v1(std::string(label, 'x'), size + "s", false, true);
            }
        }
        ASSERT_EQ(before + bytes, file.bytes.size());
    }

    template <class T> T *at(size_t offset) { return mapping->as<T>(offset); }

    // Publication n = 1, 2, ...
    void write(uint64_t n)
    {
        uint8_t *values = mapping->at + record.values;
        switch (c.what) {
        case NUMBER:
            mms_slot_store_64(values, n * 0x100000001);
            break;
        case TEXT:
        case STRUCT: {
            uint64_t words[4096 / 8];
            for (size_t i = 0; i < c.bytes / 8; i++)
                words[i] = c.what == STRUCT ? n : 0x0101010101010101 * ('a' + n % 26);
            if (c.version == 1)
                mms_counted_store(values, c.bytes, at<uint64_t>(sequence), words, c.bytes);
            else
                mms_latch_store(values, c.bytes, at<uint64_t>(record.sequence), words, c.bytes);
            break;
        }
        case RING:
            mms_ring_add_64(values, uint32_t(record.slots), at<uint16_t>(record.write_buffer),
                            at<uint64_t>(record.sequence), n);
            break;
        case HISTOGRAM:
            mms_histogram_store(at<uint64_t>(record.values), n % 8, n % 8, at<uint64_t>(record.sequence));
            break;
        case TRANSACTION:
            mms_generation_open(at<uint64_t>(generation));
            mms_slot_store_64(values, n);
            mms_slot_store_64(mapping->at + second.values, n);
            mms_generation_close(at<uint64_t>(generation));
            break;
        }
    }

    // One that is not older than the last.
    Verdict newer(uint64_t number)
    {
        if (number < last)
            return BACKWARDS;
        last = number;
        return FINE;
    }

    Verdict judge(const mms_stat &stat)
    {
        const mms_value *values = stat.values;
        switch (c.what) {
        case NUMBER:
            return values[0].u >> 32 != (values[0].u & 0xffffffff) ? TORN : newer(values[0].u);
        case TEXT: {
            std::string text = text_of(stat);
            bool whole = text.find_first_not_of(text.substr(0, 1)) == std::string::npos &&
                         (text.empty() || text.size() == c.bytes);
            return whole ? newer(stat.sequence) : TORN;
        }
        case STRUCT:
            for (size_t i = 1; i < stat.count; i++)
                if (values[i].u != values[0].u)
                    return TORN;
            return newer(values[0].u);
        case RING:
            for (size_t i = 1; i < stat.count; i++)
                if (values[i].u != values[i - 1].u + 1)
                    return TORN;
            return stat.count > 0 ? newer(values[stat.count - 1].u) : FINE;
        case HISTOGRAM: {
            uint64_t samples = 0, sum = 0;
            for (size_t i = 0; i < stat.count; i++)
                samples += values[i].u, sum += i * values[i].u;
            return samples != stat.sequence || sum != stat.sum ? TORN : newer(samples);
        }
        case TRANSACTION:
            break;
        }
        return FINE;
    }

    // False: not exact.
    bool read(Reader &reader, Verdict *verdict)
    {
        mms_stat stat;
        if (c.what != TRANSACTION) {
            stat = reader.get("n");
            *verdict = stat.status == MMS_EXACT ? judge(stat) : FINE;
            return stat.status == MMS_EXACT;
        }
        if (mms_reader_snapshot(reader) != 1)
            return false;
        uint64_t first = reader.get("n").values[0].u;
        stat = reader.get("m");
        *verdict = stat.values[0].u != first ? TORN : newer(first);
        return true;
    }

    Case c;
    Folder folder;
    File file;
    mms_record record = {}, second = {};
    size_t sequence = 0, generation = 0;
    std::unique_ptr<Mapping> mapping;
    uint64_t last = 0;
};

TEST_P(Stress, ExactIsExact)
{
    Reader reader(folder / "f");
    ASSERT_EQ(0, reader.error);
    std::atomic<bool> stop{false};
    std::thread writer([&] {
        for (uint64_t n = 1; !stop.load(std::memory_order_relaxed); n++) {
            write(n);
            if (n % 64 == 0) // a breath, in which a reader of large values gets to its end
                for (size_t i = 0; i < 100 + c.bytes / 2; i++)
                    mms_cell_load_8(mapping->at);
        }
    });
    uint64_t exact = 0, reads = 0, torn = 0, backwards = 0;
    for (; exact < c.wanted && reads < 50 * c.wanted && torn + backwards == 0; reads++) {
        Verdict verdict = FINE;
        exact += read(reader, &verdict);
        torn += verdict == TORN;
        backwards += verdict == BACKWARDS;
    }
    stop = true;
    writer.join();
    std::cout << c.name << ": " << reads << " reads, " << exact << " exact, " << torn << " torn, " << backwards
              << " backwards\n";
    EXPECT_EQ(0U, torn) << "a value that is a mix of two is torn";
    EXPECT_EQ(0U, backwards) << "a value that is older than one before goes backwards";
    EXPECT_GT(exact, 0U);
}

std::string name_of(const testing::TestParamInfo<Case> &of)
{
    return of.param.name;
}

INSTANTIATE_TEST_SUITE_P(Cases, Stress, testing::ValuesIn(cases), name_of);

} // namespace
