// SPDX-License-Identifier: MIT
//
// Fields that are added to a published file: seen whole or not at all (R506), and no handle moves.
#include <sched.h>
#include <sys/mman.h>

#include "writer/testing.h"

namespace {

using namespace mms_testing;

class Grow : public ::testing::TestWithParam<mms_output> {
protected:
    mms_options Opt(const char *name = "g.mmstats")
    {
        mms_options options = Options(directory_, name);
        options.output = GetParam();
        return options;
    }
    Writer Open(const mms_options &options)
    {
        Writer writer = New(options);
        EXPECT_EQ(mms_writer_open(writer.get()), 0) << mms_writer_error(writer.get());
        path_ = mms_writer_path(writer.get());
        return writer;
    }
    size_t Size() const
    {
        struct stat stat;
        EXPECT_EQ(lstat(path_.c_str(), &stat), 0);
        return size_t(stat.st_size);
    }
    bool version2() const { return GetParam() == MMS_OUTPUT_V2; }

    Directory directory_;
    std::string path_;
};

std::string label_of(size_t i)
{
    return "field." + std::string(i % 23, 'x') + std::to_string(i);
}

// A copy whose bytes were read in the order of the file: so a record's size before the record.
Bytes ordered_copy(const std::string &path)
{
    int fd = open(path.c_str(), O_RDONLY);
    struct stat stat, now;
    Bytes bytes;
    do { // R601: a file that grew meanwhile is taken again
        EXPECT_EQ(fstat(fd, &stat), 0);
        size_t size = size_t(stat.st_size);
        const void *map = mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0);
        EXPECT_NE(map, MAP_FAILED);
        bytes.resize(size);
        for (size_t i = 0; i < size; i++)
            bytes[i] = mms_flip_before(static_cast<const uint8_t *>(map) + i); // acquire
        munmap(const_cast<void *>(map), size);
        EXPECT_EQ(fstat(fd, &now), 0);
    } while (now.st_size != stat.st_size);
    close(fd);
    return bytes;
}

// The same by read(), which copies in any order: it may have a record's size from after, and its bytes from before they
// were stored. Whatever has a size in one copy is whole in the next one; so two that agree are right.
Bytes agreeing_copies(const std::string &path)
{
    Bytes first = ReadFile(path);
    for (;;) {
        Bytes second = ReadFile(path);
        if (first == second)
            return first;
        first.swap(second);
    }
}

// A process that takes copies of a file again and again: in each, the fields are the first so many, whole, and their
// number is a multiple of `batch`.
class Reader {
public:
    Reader(const std::string &path, size_t batch) : path_(path), batch_(batch)
    {
        void *page = mmap(nullptr, sizeof *shared_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        shared_ = static_cast<Shared *>(page);
        fflush(nullptr);
        pid_ = fork();
        if (pid_ != 0) {
            wait();
            return;
        }
        watch();
        fflush(nullptr);
        EndChild(::testing::Test::HasFailure());
    }

    // Until one more copy was begun and ended. A reader that failed does not keep the writer.
    void wait()
    {
        uint64_t copies = mms_cell_load_64(&shared_->copies) + 2;
        while (mms_cell_load_64(&shared_->copies) < copies && mms_cell_load_64(&shared_->ended) == 0)
            sched_yield();
    }

    bool end()
    {
        wait();
        mms_cell_store_64(&shared_->stop, 1);
        int status = StatusOf(pid_);
        munmap(shared_, sizeof *shared_);
        return status == 0;
    }

private:
    void watch()
    {
        for (bool last = false; !last && !::testing::Test::HasFailure();) {
            last = mms_cell_load_64(&shared_->stop) != 0;
            look();
            mms_cell_store_64(&shared_->copies, mms_cell_load_64(&shared_->copies) + 1);
        }
        mms_cell_store_64(&shared_->ended, 1);
    }

    void look()
    {
        turn_ = !turn_;
        const Bytes bytes = turn_ ? ordered_copy(path_) : agreeing_copies(path_);
        mms_scan scan;
        mms_record record;
        mms_diag diag = {};
        ASSERT_EQ(mms_scan_begin(&scan, bytes.data(), bytes.size(), MMS_ORDER_NATIVE, &diag), 0);
        size_t count = 0;
        for (int found; (found = mms_scan_next(&scan, &record, &diag)) != 0;) {
            ASSERT_EQ(found, 1) << "rule " << diag.rule << " at " << diag.offset << " after " << count;
            if (record.layout == MMS_LAYOUT_PADDING || record.layout == MMS_LAYOUT_METADATA)
                continue;
            if (count >= MMS_SYS_FIELDS + seen_) {
                ASSERT_EQ(Text(record.label), label_of(count - MMS_SYS_FIELDS));
            }
            count++;
        }
        ASSERT_GE(count, MMS_SYS_FIELDS + seen_);
        seen_ = count - MMS_SYS_FIELDS;
        ASSERT_EQ(seen_ % batch_, 0u) << "part of a batch";
    }

    struct Shared {
        uint64_t copies, stop, ended;
    };
    std::string path_;
    size_t batch_, seen_ = 0;
    bool turn_ = false;
    Shared *shared_;
    pid_t pid_;
};

TEST_P(Grow, AThousandFieldsOneByOneUnderTheEyesOfAReader)
{
    Writer writer = Open(Opt());
    Reader reader(path_, 1);
    const mms_kind kinds[] = {MMS_KIND_COUNTER, MMS_KIND_U16, MMS_KIND_STRING, MMS_KIND_I8, MMS_KIND_DOUBLE};
    std::vector<mms_counter> counters(1000);
    mms_string string;
    mms_field field = {};
    for (size_t i = 0; i < counters.size(); i++) {
        const std::string label = label_of(i);
        field.label = label.c_str();
        field.kind = kinds[i % std::size(kinds)];
        field.size = field.kind == MMS_KIND_STRING ? 30 : 0;
        field.help = i % 3 ? nullptr : "helps";
        void *handle = field.kind == MMS_KIND_STRING ? static_cast<void *>(&string) : &counters[i];
        ASSERT_EQ(mms_writer_add(writer.get(), &field, handle), 0) << mms_writer_error(writer.get());
        for (size_t j = 0; j <= i; j += 5)
            mms_counter_inc(&counters[j]);
        if (field.kind == MMS_KIND_STRING)
            mms_string_set(&string, label.c_str());
        if (i % 20 == 0)
            reader.wait();
    }
    EXPECT_TRUE(reader.end());

    const Decoded now = DecodeFile(path_);
    ASSERT_EQ(now.fields.size(), MMS_SYS_FIELDS + counters.size());
    for (size_t i = 0; i < counters.size(); i++) {
        const Field &got = now.fields[MMS_SYS_FIELDS + i];
        if (i % 5 == 0) {
            EXPECT_EQ(got.u, counters.size() - i);
        }
        if (i % 5 == 2) {
            EXPECT_EQ(got.text, label_of(i).substr(0, 30));
        }
        if (GetParam() != MMS_OUTPUT_V1_PACKED && got.type != MMS_TYPE_TEXT) {
            EXPECT_EQ(got.record.values % got.record.value_size, 0u) << got.label;
        }
        if (got.record.layout == MMS_LAYOUT_WIDE) {
            EXPECT_EQ(got.record.values % 8, 0u);
        }
    }
}

TEST_P(Grow, ATableIsOneBatchInVersion2)
{
    struct Handles {
        mms_counter a;
        mms_string b;
        mms_u16 c;
        mms_i8 d;
        mms_timer e;
    };
    mms_options options = Opt();
    options.max_size = 4 << 20;
    Writer writer = Open(options);
    Reader reader(path_, version2() ? 5 : 1);
    std::vector<Handles> all(100);
    for (size_t i = 0; i < all.size(); i++) {
        std::string labels[5];
        for (size_t j = 0; j < 5; j++)
            labels[j] = label_of(5 * i + j);
        const mms_field fields[] = {
            MMS_COUNTER(Handles, a, labels[0].c_str(), "unit"),
            MMS_STRING(Handles, b, 50, labels[1].c_str(), NULL, "help"),
            MMS_U16(Handles, c, labels[2].c_str()),
            MMS_I8(Handles, d, labels[3].c_str()),
            MMS_TIMER(Handles, e, labels[4].c_str()),
        };
        ASSERT_EQ(mms_writer_add_table(writer.get(), fields, 5, &all[i]), 0) << mms_writer_error(writer.get());
        mms_counter_add(&all[i].a, i);
        if (i % 4 == 0)
            reader.wait();
    }
    EXPECT_TRUE(reader.end());
    const Decoded now = DecodeFile(path_);
    for (size_t i = 0; i < all.size(); i++)
        EXPECT_EQ(now.at(label_of(5 * i)).u, i);
}

TEST_P(Grow, TheReserveIsFilledBeforeTheFileGetsLarger)
{
    mms_options options = Opt();
    options.reserve = 10000;
    Writer writer = Open(options);
    size_t size = Size();
    EXPECT_GE(size, 10000u);
    mms_counter first, next;
    ASSERT_EQ(Add(writer, MMS_KIND_COUNTER, "first", &first), 0);
    void *slot = first.slot;
    for (int i = 0; i < 100; i++)
        ASSERT_EQ(Add(writer, MMS_KIND_COUNTER, ("next" + std::to_string(i)).c_str(), &next), 0);
    EXPECT_EQ(Size(), size);
    for (int i = 0; i < 1000; i++)
        ASSERT_EQ(Add(writer, MMS_KIND_COUNTER, ("more" + std::to_string(i)).c_str(), &next), 0);
    EXPECT_GT(Size(), size);
    mms_counter_inc(&first);
    mms_counter_inc(&next);
    EXPECT_EQ(first.slot, slot);
    EXPECT_EQ(DecodeFile(path_).at("first").u, 1u);
    EXPECT_EQ(DecodeFile(path_).at("more999").u, 1u);
    EXPECT_TRUE(IsLocked(path_));
}

TEST_P(Grow, StopsAtMaxSize)
{
    mms_options options = Opt();
    options.max_size = 3 * size_t(sysconf(_SC_PAGESIZE));
    Writer writer = Open(options);
    std::vector<mms_counter> counters(1000);
    size_t fit = 0;
    int error = 0;
    while (fit < counters.size() &&
           (error = Add(writer, MMS_KIND_COUNTER, label_of(fit).c_str(), &counters[fit])) == 0)
        fit++;
    EXPECT_EQ(error, -ENOSPC);
    EXPECT_NE(std::string(mms_writer_error(writer.get())).find("max_size"), std::string::npos);
    EXPECT_GT(fit, 100u);
    EXPECT_EQ(Size(), options.max_size);
    for (size_t i = 0; i <= fit; i++)
        mms_counter_inc(&counters[i]); // the last one in private memory
    EXPECT_EQ(mms_counter_get(&counters[fit]), 1u);
    const Decoded now = DecodeFile(path_);
    EXPECT_EQ(now.fields.size(), MMS_SYS_FIELDS + fit);
    EXPECT_LE(now.end + 4, options.max_size);
    for (size_t i = 0; i < fit; i++)
        EXPECT_EQ(now.at(label_of(i)).u, 1u);
}

TEST_P(Grow, ByDefaultTheFileMayGrowByAMebibyte)
{
    Writer writer = Open(Opt());
    std::vector<mms_string> strings(40);
    int error = 0;
    size_t fit = 0;
    while (fit < strings.size() &&
           (error = Add(writer, MMS_KIND_STRING, label_of(fit).c_str(), &strings[fit], 65528)) == 0)
        fit++;
    EXPECT_EQ(error, -ENOSPC);
    EXPECT_EQ(fit, version2() ? 8u : 16u);
}

TEST_P(Grow, LabelsInAPublishedFile)
{
    Writer writer = Open(Opt());
    const std::string l255(255, 'a'), l256(256, 'b');
    mms_u64 n, wide;
    EXPECT_EQ(Add(writer, MMS_KIND_U64, l255.c_str(), &n), 0);
    EXPECT_EQ(Add(writer, MMS_KIND_U64, l256.c_str(), &wide), version2() ? 0 : -EMSGSIZE);
    mms_u64_set(&n, 1);
    mms_u64_set(&wide, 2);
    EXPECT_EQ(DecodeFile(path_).at(l255).u, 1u);
    EXPECT_EQ(DecodeFile(path_).has(l256), version2());
    EXPECT_EQ(Add(writer, MMS_KIND_U64, l255.c_str(), &n), -EEXIST);
    EXPECT_EQ(Add(writer, MMS_KIND_U64, "sys.tid", &n), -EEXIST);
}

TEST_P(Grow, AFileThatIsGoneOrReplacedDoesNotGrow)
{
    Writer writer = Open(Opt());
    mms_u64 a, b;
    ASSERT_EQ(Add(writer, MMS_KIND_U64, "a", &a), 0);
    ASSERT_EQ(rename(path_.c_str(), (path_ + ".away").c_str()), 0);
    // There is still room in what is mapped.
    EXPECT_EQ(Add(writer, MMS_KIND_U64, "b", &b), 0);
    mms_string large;
    EXPECT_EQ(Add(writer, MMS_KIND_STRING, "c", &large, 65535), -ENOENT);
    mms_string_set(&large, "private");
    WriteFile(path_, Bytes(4096));
    EXPECT_EQ(Add(writer, MMS_KIND_STRING, "d", &large, 65535), -ESTALE);
    mms_string_set(&large, "private");
    EXPECT_EQ(ReadFile(path_), Bytes(4096)) << "someone else's file";
    mms_u64_set(&a, 1);
    mms_u64_set(&b, 2);
    EXPECT_EQ(DecodeFile(path_ + ".away").at("a").u, 1u);
    EXPECT_EQ(DecodeFile(path_ + ".away").at("b").u, 2u);
    EXPECT_EQ(mms_writer_remove(writer.get()), 0);
    EXPECT_EQ(ReadFile(path_), Bytes(4096)) << "not ours to remove";
    // Without a file, fields are added in private memory.
    EXPECT_EQ(Add(writer, MMS_KIND_STRING, "e", &large, 65535), 0);
    mms_string_set(&large, "more");
}

TEST_P(Grow, BeforeAndAfterOpeningAndOpeningAgain)
{
    Writer writer = New(Opt());
    mms_u64 a, b, c, d;
    mms_string s;
    ASSERT_EQ(Add(writer, MMS_KIND_U64, "a", &a), 0);
    mms_u64_set(&a, 1);
    ASSERT_EQ(mms_writer_open(writer.get()), 0);
    EXPECT_EQ(mms_writer_open(writer.get()), -EALREADY);
    path_ = mms_writer_path(writer.get());
    ASSERT_EQ(Add(writer, MMS_KIND_U64, "b", &b), 0);
    mms_u64_set(&b, 2);
    ASSERT_EQ(mms_writer_remove(writer.get()), 0);
    EXPECT_FALSE(Exists(path_));
    EXPECT_EQ(mms_writer_path(writer.get()), nullptr);
    ASSERT_EQ(Add(writer, MMS_KIND_U64, "c", &c), 0);
    ASSERT_EQ(Add(writer, MMS_KIND_STRING, "s", &s, 9000), 0);
    mms_u64_set(&c, 3);
    ASSERT_EQ(mms_writer_open(writer.get()), 0) << mms_writer_error(writer.get());
    ASSERT_EQ(Add(writer, MMS_KIND_U64, "d", &d), 0);
    mms_u64_set(&d, 4);
    mms_u64_add(&a, 10);
    mms_string_set(&s, "text");
    const Decoded now = DecodeFile(path_);
    EXPECT_EQ(now.at("a").u, 11u);
    EXPECT_EQ(now.at("b").u, 2u);
    EXPECT_EQ(now.at("c").u, 3u);
    EXPECT_EQ(now.at("d").u, 4u);
    EXPECT_EQ(now.at("s").text, "text");
    EXPECT_EQ(now.fields.size(), size_t(MMS_SYS_FIELDS + 5));
}

TEST_P(Grow, WhatIsTurnedOffGrowsToo)
{
    mms_options options = Opt();
    options.flags = MMS_PRIVATE;
    Writer writer = New(options);
    EXPECT_EQ(mms_writer_open(writer.get()), 0);
    EXPECT_EQ(mms_writer_open(writer.get()), -EALREADY);
    EXPECT_EQ(mms_writer_path(writer.get()), nullptr);
    std::vector<mms_counter> counters(1000);
    for (size_t i = 0; i < counters.size(); i++) {
        ASSERT_EQ(Add(writer, MMS_KIND_COUNTER, label_of(i).c_str(), &counters[i]), 0);
        mms_counter_add(&counters[i], i);
    }
    for (size_t i = 0; i < counters.size(); i++)
        EXPECT_EQ(mms_counter_get(&counters[i]), i);
    EXPECT_TRUE(directory_.List().empty());
}

INSTANTIATE_TEST_SUITE_P(Formats, Grow, ::testing::Values(MMS_OUTPUT_V2, MMS_OUTPUT_V1, MMS_OUTPUT_V1_PACKED));

} // namespace
