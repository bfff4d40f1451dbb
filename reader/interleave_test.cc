/* SPDX-License-Identifier: MIT
 *
 * A writer that stores at the worst moment, every time: the value, or its second half, stands on a page that may not be
 * touched yet. The reader's first load from it is a fault, whose handler lets the writer go on and the load happen.
 * Write buffer and sequence stand on other pages. And the other way round: a reader that looks when a value is about to
 * be stored.
 *
 * Compiled with -DMMS_BREAK=n, which takes one step of the protocol away (slot.h), tests of it must fail. */

#include <signal.h>

#include <functional>
#include <memory>

#include "mmstats/slot.h"
#include "reader/testing.h"

extern "C" {
#include "reader/internal.h"
}

using namespace mms_testing;

namespace {

constexpr size_t PAGE = 4096;

std::function<void()> *on_touch;
uint8_t *trap;

void touched(int, siginfo_t *info, void *)
{
    if (on_touch == nullptr || static_cast<uint8_t *>(info->si_addr) < trap ||
        static_cast<uint8_t *>(info->si_addr) >= trap + PAGE)
        abort();
    mprotect(trap, PAGE, PROT_READ | PROT_WRITE);
    std::function<void()> *now = on_touch;
    on_touch = nullptr;
    (*now)();
}

// A file in memory, as if mapped.
class Interleave : public testing::Test {
protected:
    Interleave()
    {
        struct sigaction action = {};
        action.sa_sigaction = touched;
        action.sa_flags = SA_SIGINFO;
        sigaction(SIGSEGV, &action, &before);
    }
    ~Interleave() override
    {
        sigaction(SIGSEGV, &before, nullptr);
        unload();
    }

    void unload()
    {
        mms_index_free(&view.index);
        if (map != nullptr)
            munmap(map, copy.size());
        map = nullptr;
        file = File(2);
    }

    // The next record's value is to begin `before` bytes ahead of a page, where its header is `header` bytes.
    void fill_up_to(size_t header, size_t ahead)
    {
        mms_record padding = record_of("", MMS_ID_PADDING);
        padding.tail = 2 * PAGE - ahead - header - file.bytes.size() - 10;
        file.v2(padding);
    }

    // So many fields, of which number `which` is read.
    void load(size_t count = 1, size_t which = 0)
    {
        copy = file.whole();
        map = static_cast<uint8_t *>(
            mmap(nullptr, copy.size(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
        memcpy(map, copy.data(), copy.size());
        view.map = map;
        ASSERT_EQ(0, mms_scan_begin(&view.begin, copy.data(), copy.size(), MMS_ORDER_AUTO, nullptr));
        ASSERT_EQ(0, mms_index_build(&view.index, view.begin, nullptr, true));
        ASSERT_EQ(count, view.index.count);
        mms_index_entry(&view.index, which, entry);
    }

    // Reads the field, with `write` when the reader touches the second page.
    mms_stat get(std::function<void()> write)
    {
        mms_stat stat = {};
        when_touched(write, [&] { stat = get(); });
        return stat;
    }

    void when_touched(std::function<void()> write, std::function<void()> read)
    {
        on_touch = &write;
        trap = map + 2 * PAGE;
        mprotect(trap, PAGE, PROT_NONE);
        read();
        EXPECT_EQ(nullptr, on_touch) << "nothing was read from that page";
    }

    // Calls `write`, and reads the field just before the first store into the second page.
    mms_stat get_before_store(std::function<void()> write)
    {
        mms_stat stat = {};
        std::function<void()> look = [&] { stat = get(); };
        on_touch = &look;
        trap = map + 2 * PAGE;
        mprotect(trap, PAGE, PROT_READ);
        write();
        EXPECT_EQ(nullptr, on_touch) << "nothing was stored into that page";
        return stat;
    }

    mms_stat get()
    {
        bytes = std::make_unique<uint8_t[]>(2 * entry->bytes);
        mms_observe_live(&view, entry, 64, bytes.get(), &seen);
        values.resize(mms_decode_count(entry, &seen));
        mms_stat stat;
        mms_decode(&view, entry, &seen, values.data(), &stat);
        return stat;
    }

    struct sigaction before;
    File file{2};
    std::string copy;
    uint8_t *map = nullptr;
    mms_view view = {};
    mms_entry own = {}, *entry = &own;
    mms_seen seen;
    std::unique_ptr<uint8_t[]> bytes;
    std::vector<mms_value> values;
};

void expect(const mms_stat &stat, enum mms_status status, unsigned retries)
{
    EXPECT_EQ(status, stat.status);
    EXPECT_EQ(retries, stat.retries);
}

TEST_F(Interleave, Number)
{
    fill_up_to(4 + 2 + 1 + 4 + 1, 0);
    mms_record record = file.v2(record_of("n", MMS_ID_COUNTER), true);
    ASSERT_EQ(2 * PAGE, record.values);
    load();
    mms_stat stat = get([&] { mms_slot_add_64(map + record.values, 5); });
    EXPECT_EQ(5U, stat.values[0].u);
    expect(stat, MMS_EXACT, 1);
}

// What one bit cannot show, the single access makes up for: the value is one that was published.
TEST_F(Interleave, NumberFlippedTwice)
{
    fill_up_to(4 + 2 + 1 + 4 + 1, 0);
    mms_record record = file.v2(record_of("n", MMS_ID_COUNTER), true);
    load();
    mms_stat stat = get([&] {
        mms_slot_add_64(map + record.values, 5);
        mms_slot_add_64(map + record.values, 5);
    });
    EXPECT_EQ(10U, stat.values[0].u);
    expect(stat, MMS_EXACT, 0);
}

// The same through mms_reader_sample.
TEST_F(Interleave, Sample)
{
    fill_up_to(4 + 2 + 1 + 4 + 1, 0);
    mms_record record = file.v2(record_of("n", MMS_ID_COUNTER), true);
    load();
    mms_reader reader = {};
    reader.view = &view;
    for (uint64_t times = 1; times <= 2; times++) {
        reader.options.tries = 64;
        mms_sample sample = {};
        uint64_t last = mms_slot_load_64(map + record.values);
        when_touched([&] {
            for (uint64_t i = 0; i < times; i++)
                mms_slot_add_64(map + record.values, 5);
        }, [&] { EXPECT_EQ(0, mms_reader_sample(&reader, nullptr, 1, &sample)); });
        EXPECT_EQ(last + 5 * times, sample.u);
        EXPECT_EQ(MMS_EXACT, sample.status);
        EXPECT_EQ(2 - times, sample.retries);
    }
}

// While a value is being stored, the last one is there.
TEST_F(Interleave, NumberWhileItIsStored)
{
    fill_up_to(4 + 2 + 1 + 4 + 1, 0);
    mms_record record = file.v2(record_of("n", MMS_ID_COUNTER), true);
    load();
    for (uint64_t n = 1; n <= 5; n++) {
        mms_stat stat = get_before_store([&] { mms_slot_store_64(map + record.values, n); });
        EXPECT_EQ(n - 1, stat.values[0].u);
        expect(stat, MMS_EXACT, 0);
    }
}

class Wide : public Interleave {
protected:
    // Both buffers reach over the boundary between the pages, or the second one is all behind it.
    void lay_out(unsigned flags)
    {
        mms_record described = record_of("s", MMS_ID_WIDE_STRING);
        described.value_size = SIZE;
        described.tail = PAGE;
        described.flags = uint8_t(flags);
        fill_up_to(4 + 2 + 1 + 4 + 5, SIZE);
        record = file.v2(described, true);
        file.bytes.replace(record.values, 2 * SIZE, std::string(SIZE, '0') + std::string(SIZE, '1'));
        file.bytes[record.write_buffer] = 0;
        if (flags)
            file.poke(record.sequence, uint64_t(1));
        load();
    }
    void publish(char letter)
    {
        std::string text(SIZE, letter);
        mms_latch_store(map + record.values, SIZE, reinterpret_cast<uint64_t *>(map + record.sequence), text.data(),
                        SIZE);
    }
    enum { SIZE = 64 };
    mms_record record;
};

TEST_F(Wide, Latch)
{
    lay_out(MMS_FLAG_SEQUENCE);
    mms_stat stat = get([&] { publish('x'); });
    EXPECT_EQ(std::string(SIZE, 'x'), text_of(stat));
    EXPECT_EQ(2U, stat.sequence);
    expect(stat, MMS_EXACT, 1);
}

TEST_F(Wide, LatchAnyNumberOfTimes)
{
    lay_out(MMS_FLAG_SEQUENCE);
    mms_stat stat = get([&] {
        for (int i = 0; i < 1000; i++)
            publish(char('a' + i % 26));
    });
    EXPECT_EQ(std::string(SIZE, 'a' + 999 % 26), text_of(stat));
    EXPECT_EQ(1001U, stat.sequence);
    expect(stat, MMS_EXACT, 1);
}

TEST_F(Wide, LatchWhileItIsStored)
{
    lay_out(MMS_FLAG_SEQUENCE);
    for (char letter = 'b'; letter < 'h'; letter++) {
        publish(char(letter - 1));
        publish(char(letter - 1)); // buffer 1, the one behind the boundary
        mms_stat stat = get_before_store([&] { publish(letter), publish(letter); });
        EXPECT_EQ(std::string::npos, text_of(stat).find_first_not_of(text_of(stat)[0])) << text_of(stat);
        expect(stat, MMS_EXACT, 0);
    }
}

TEST_F(Wide, Flips)
{
    lay_out(0);
    mms_stat stat = get([&] { map[record.write_buffer] = 1; });
    EXPECT_EQ(std::string(SIZE, '0'), text_of(stat));
    expect(stat, MMS_CHECKED, 1);
}

class Half : public Interleave {
};

// The second half is read after the first one has changed.
TEST_F(Half, UnbufferedText)
{
    fill_up_to(4 + 2 + 1 + 4, 8);
    mms_record described = record_of("s", MMS_ID_STRING);
    described.value_size = 16;
    mms_record record = file.v2(described, true);
    file.bytes.replace(record.values, 16, "old half|old half");
    load();
    mms_stat stat = get([&] { memcpy(map + record.values, "new half|new half", 16); });
    EXPECT_EQ("new half|new hal", text_of(stat));
    expect(stat, MMS_CHECKED, 1);
}

TEST_F(Half, BufferedText)
{
    mms_record described = record_of("s", MMS_ID_WIDE_STRING);
    described.value_size = 16;
    fill_up_to(4 + 2 + 1 + 4 + 5, 24);
    mms_record record = file.v2(described, true);
    file.bytes[record.write_buffer] = 0;
    file.bytes.replace(record.values + 16, 16, "old half|old half");
    load();
    // a flip there and back, which the byte does not show
    mms_stat stat = get([&] { memcpy(map + record.values + 16, "new half|new half", 16); });
    EXPECT_EQ("new half|new hal", text_of(stat));
    expect(stat, MMS_CHECKED, 1);
}

class Array : public Interleave {
protected:
    // Half of the slots on either page, all filled: slot i holds i + 1, and the next addition goes to slot 0.
    void lay_out(unsigned flags)
    {
        mms_record described = record_of("r", MMS_ID_U64_RING);
        described.slots = SLOTS;
        described.tail = PAGE;
        described.flags = uint8_t(flags);
        fill_up_to(4 + 2 + 1 + 4 + 4, 8 * SLOTS / 2);
        record = file.v2(described, true);
        for (uint64_t i = 0; i < SLOTS; i++)
            file.poke(record.values + 8 * i, i + 1);
        if (flags)
            file.poke(record.sequence, uint64_t(SLOTS));
        load();
    }
    void add(uint64_t count)
    {
        uint64_t nothing = 0;
        auto *sequence = record.sequence ? reinterpret_cast<uint64_t *>(map + record.sequence) : &nothing;
        for (uint64_t i = 0; i < count; i++)
            mms_ring_add_64(map + record.values, SLOTS, reinterpret_cast<uint16_t *>(map + record.write_buffer),
                            sequence, ++last);
    }
    enum : uint64_t { SLOTS = 10 };
    mms_record record;
    uint64_t last = SLOTS;
};

TEST_F(Array, RingDropsWhatWasOverwritten)
{
    for (uint64_t count = 0; count < SLOTS - 1; count++) {
        lay_out(MMS_FLAG_SEQUENCE);
        last = SLOTS;
        mms_stat stat = get([&] { add(count); });
        std::vector<uint64_t> expected;
        for (uint64_t n = 2 + count; n <= SLOTS; n++)
            expected.push_back(n);
        EXPECT_EQ(expected, numbers_of(stat)) << count;
        expect(stat, MMS_EXACT, 0);
        unload();
    }
}

TEST_F(Array, RingThatIsAllNew)
{
    lay_out(MMS_FLAG_SEQUENCE);
    mms_stat stat = get([&] { add(SLOTS - 1); });
    EXPECT_EQ((std::vector<uint64_t>{11, 12, 13, 14, 15, 16, 17, 18, 19}), numbers_of(stat));
    expect(stat, MMS_EXACT, 1);
}

// An addition that is under way while all is read: its slot is not shown.
TEST_F(Array, RingAdditionUnderWay)
{
    lay_out(MMS_FLAG_SEQUENCE);
    mms_stat stat = get([&] { mms_cell_store_64(map + record.values, 0xdead); });
    EXPECT_EQ((std::vector<uint64_t>{2, 3, 4, 5, 6, 7, 8, 9, 10}), numbers_of(stat));
    expect(stat, MMS_EXACT, 0);
}

TEST_F(Array, WithoutSequence)
{
    lay_out(0);
    mms_stat stat = get([&] { add(1); });
    EXPECT_EQ((std::vector<uint64_t>{3, 4, 5, 6, 7, 8, 9, 10, 11}), numbers_of(stat));
    expect(stat, MMS_CHECKED, 1);
}

TEST_F(Array, WithoutSequenceAllTheWayRound)
{
    lay_out(0);
    mms_stat stat = get([&] { add(SLOTS); }); // the write offset is where it was
    EXPECT_EQ((std::vector<uint64_t>{12, 13, 14, 15, 16, 17, 18, 19, 20}), numbers_of(stat));
    expect(stat, MMS_CHECKED, 1);
}

class Histogram : public Interleave {
protected:
    // Sum and two of the buckets on the first page.
    void lay_out(unsigned flags)
    {
        mms_record described = record_of("h", MMS_ID_HISTOGRAM);
        described.sub_bits = described.max_bits = 2; // 5 buckets
        described.scale = 1;
        described.tail = PAGE;
        described.flags = uint8_t(flags);
        fill_up_to(4 + 2 + 1 + 4 + 24, 16);
        record = file.v2(described, true);
        load();
    }
    // The stores of mms_histogram_store for a sample of 3, whose bucket is on the second page, one by one.
    void bucket() { bump(record.values + 24, 1); }
    void sum() { bump(record.values - 8, 3); }
    void sequence() { bump(record.sequence, 1); }
    void bump(size_t at, uint64_t by) { mms_cell_store_64(map + at, mms_cell_load_64(map + at) + by); }
    mms_record record;
};

// The sum was read before, without the sample; the bucket has it.
TEST_F(Histogram, WholeSample)
{
    lay_out(MMS_FLAG_SEQUENCE);
    mms_stat stat = get([&] { bucket(), sum(), sequence(); });
    EXPECT_EQ((std::vector<uint64_t>{0, 0, 0, 1, 0}), numbers_of(stat));
    EXPECT_EQ(3U, stat.sum);
    EXPECT_EQ(1U, stat.sequence);
    expect(stat, MMS_EXACT, 1);
}

// One that never ends: its writer has died. Bucket and sum do not belong together, and the verdict does not say so.
TEST_F(Histogram, SampleUnderWay)
{
    lay_out(MMS_FLAG_SEQUENCE);
    mms_stat stat = get([&] { bucket(); });
    EXPECT_EQ((std::vector<uint64_t>{0, 0, 0, 1, 0}), numbers_of(stat));
    EXPECT_EQ(0U, stat.sum);
    expect(stat, MMS_CHECKED, 1);
}

TEST_F(Histogram, WithoutSequence)
{
    lay_out(0);
    mms_stat stat = get([&] { bucket(), sum(); });
    EXPECT_EQ((std::vector<uint64_t>{0, 0, 0, 1, 0}), numbers_of(stat));
    EXPECT_EQ(3U, stat.sum);
    expect(stat, MMS_CHECKED, 1);
}

// Version 1 with sys.sequence: the text reaches over the boundary.
class Counted : public Interleave {
protected:
    void lay_out()
    {
        file = File(1);
        sequence = file.v1("sys.sequence", "Q", false);
        file.v1("x", std::to_string(2 * PAGE - file.bytes.size() - 6 - 5 - 6 - SIZE) + "s", false, true);
        record = file.v1("s", " " + std::to_string(SIZE) + "s", true, true);
        ASSERT_LT(record.values + SIZE, 2 * PAGE + SIZE);
        ASSERT_GT(record.values + 2 * SIZE, 2 * PAGE);
        file.bytes.replace(record.values, 2 * SIZE, std::string(SIZE, '0') + std::string(SIZE, '1'));
        load(3, 2);
    }
    void publish(char letter)
    {
        std::string text(SIZE, letter);
        mms_counted_store(map + record.values, SIZE, reinterpret_cast<uint64_t *>(map + sequence.values), text.data(),
                          SIZE);
    }
    enum { SIZE = 64 };
    mms_record record, sequence;
};

TEST_F(Counted, AnyNumberOfTimes)
{
    for (int times : {1, 2, 4, 1000}) {
        lay_out();
        mms_stat stat = get([&] {
            for (int i = 0; i < times; i++)
                publish(char('a' + i % 26));
        });
        EXPECT_EQ(std::string(SIZE, char('a' + (times - 1) % 26)), text_of(stat));
        EXPECT_EQ(0U, stat.sequence); // the file's, not the field's
        expect(stat, MMS_EXACT, 1);
        unload();
    }
}

// The flip is stored, the sequence is not: what flip shows is whole.
TEST_F(Counted, WriterDiedBeforeTheSequence)
{
    lay_out();
    mms_stat stat = get([&] {
        std::string text(SIZE, 'x');
        mms_flip_store(map + record.values, SIZE, text.data(), SIZE);
    });
    EXPECT_EQ(std::string(SIZE, '1'), text_of(stat)); // its byte was read before
    expect(stat, MMS_EXACT, 0);
}

} // namespace
