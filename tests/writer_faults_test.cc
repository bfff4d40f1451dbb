// SPDX-License-Identifier: MIT
//
// Every call of the writer, with every call of libc in it failing: an error that says what is wrong, handles that work,
// nothing left behind; and the same call does it when the fault is over.

#include <iterator>

#include "tests/faults_testing.h"
#include "tests/updates.h"
#include "writer/testing.h"

namespace {

using namespace mms_testing;

struct Scene {
    explicit Scene(mms_output output, unsigned flags = 0) : options(Options(directory, "x.mmstats"))
    {
        options.output = output;
        options.flags = flags;
    }
    ~Scene()
    {
        mms_writer_close(writer);
        if (!(options.flags & MMS_KEEP)) {
            EXPECT_EQ(directory.List(), std::vector<std::string>()) << "something is left";
        }
    }
    void make()
    {
        ASSERT_EQ(mms_writer_new(&options, &writer), 0);
        mms_field counter = FieldOf(MMS_KIND_COUNTER, "total");
        ASSERT_EQ(mms_writer_add(writer, &counter, &total), 0);
        mms_counter_add(&total, 7);
    }
    void open() { ASSERT_EQ(mms_writer_open(writer), 0) << mms_writer_error(writer); }
    void failed(int) { EXPECT_STRNE(mms_writer_error(writer), ""); }
    bool keeps() const { return keeps_descriptors(directory.path()); }
    long held() const { return keeps() && writer != nullptr && mms_writer_path(writer) != nullptr; }
    // Publishes it, unless it is, and looks for what is in it.
    void expect_file(uint64_t count)
    {
        if (mms_writer_path(writer) == nullptr)
            open();
        EXPECT_EQ(DecodeFile(directory / "x.mmstats").at("total").u, count);
        EXPECT_EQ(directory.List(), std::vector<std::string>{"x.mmstats"});
    }

    Directory directory;
    mms_options options;
    mms_writer *writer = nullptr;
    mms_counter total;
};

// --- fields ----------------------------------------------------------------------------------------------------------

struct NewWriter : Scene {
    using Scene::Scene;
    void prepare() {}
    int act() { return mms_writer_new(&options, &writer); }
    int again() { return act(); }
    void failed(int) { EXPECT_EQ(writer, nullptr); }
    void works()
    {
        mms_field counter = FieldOf(MMS_KIND_COUNTER, "total");
        ASSERT_EQ(mms_writer_add(writer, &counter, &total), 0);
        mms_counter_add(&total, 7);
        expect_file(7);
    }
};

const mms_field counter_field = MMS_COUNTER(All, counter, "late", "unit", "help");
const mms_field string_field = MMS_STRING(All, string, 60000, "late", "unit", "help"); // the file has to grow
const mms_field moving_field = MMS_MOVING(All, moving, 100, "late");
const mms_field struct_field = MMS_STRUCT(All, struct_, Mean, "dQ", "late");

struct AddField : Scene {
    AddField(mms_output output, const mms_field *of_field, bool is_open)
        : Scene(output), field(of_field), opened(is_open)
    {
    }
    void prepare()
    {
        make();
        if (opened)
            open();
    }
    void *handle() { return reinterpret_cast<char *>(&all) + field->offset; }
    void update()
    {
        const Mean mean = {1, 2};
        switch (field->kind) {
        case MMS_KIND_COUNTER: mms_counter_inc(&all.counter); break;
        case MMS_KIND_STRING: mms_string_set(&all.string, "text"); break;
        case MMS_KIND_MOVING: mms_moving_add(&all.moving, 2); break;
        default: mms_struct_set(&all.struct_, &mean, sizeof mean);
        }
    }
    int act() { return mms_writer_add(writer, field, handle()); }
    int again()
    {
        EXPECT_EQ(mms_writer_path(writer) != nullptr, opened);
        update(); // in private memory
        return act();
    }
    void works()
    {
        update();
        expect_file(7);
        Decoded file = DecodeFile(directory / "x.mmstats");
        EXPECT_EQ(file.fields.back().label, "late");
        EXPECT_EQ(std::count_if(file.fields.begin(), file.fields.end(), [](auto &f) { return f.label == "late"; }), 1);
        if (field->kind == MMS_KIND_STRING) {
            EXPECT_EQ(file.at("late").text, "text");
        } else if (field->kind == MMS_KIND_COUNTER) {
            EXPECT_EQ(file.at("late").u, 1U);
        }
    }
    const mms_field *field;
    bool opened;
    All all = {};
};

// Of a table, some fields may be there; all handles work.
struct AddTable : Scene {
    AddTable(mms_output output, bool is_open) : Scene(output), opened(is_open) {}
    void prepare()
    {
        make();
        if (opened)
            open();
    }
    int act()
    {
        int error = mms_writer_add_table(writer, fields, std::size(fields), &all);
        return error == -ENOTSUP && options.output != MMS_OUTPUT_V2 ? 0 : error;
    }
    int again() { return 0; }
    void works()
    {
        for (unsigned n = 1; n < 9; n++)
            for (const Update &update : updates)
                update.publish(all, n);
        expect_file(7);
    }
    bool opened;
    All all = {};
};

// --- files -----------------------------------------------------------------------------------------------------------

enum Found { kNothing, kDead, kResumed, kCarried, kNoRename };

struct OpenFile : Scene {
    OpenFile(mms_output output, Found what)
        : Scene(output, what == kResumed || what == kCarried ? MMS_RESUME : 0), found(what)
    {
    }
    ~OpenFile() { fault_broken(FAULT_RENAMEAT2, 0); }
    // A file that a writer left.
    void leave_file()
    {
        mms_options left = options;
        left.flags = (left.flags & ~unsigned(MMS_RESUME)) | MMS_KEEP;
        Writer other = New(left);
        mms_counter count;
        Add(other, MMS_KIND_COUNTER, "total", &count);
        add_text(other.get(), "then");
        mms_counter_add(&count, 100);
        EXPECT_EQ(mms_writer_open(other.get()), 0);
    }
    void add_text(mms_writer *to, const char *text)
    {
        mms_field field = FieldOf(MMS_KIND_STATIC_TEXT, "static");
        field.text = found == kCarried ? text : "always";
        EXPECT_EQ(mms_writer_add(to, &field, nullptr), 0);
    }
    void prepare()
    {
        if (found == kNoRename)
            fault_broken(FAULT_RENAMEAT2, ENOSYS);
        else if (found != kNothing)
            leave_file();
        make();
        add_text(writer, "now");
        before = found == kNothing || found == kNoRename ? Bytes() : ReadFile(directory / "x.mmstats");
    }
    int act() { return mms_writer_open(writer); }
    int again() { return act(); }
    void failed(int error)
    {
        Scene::failed(error);
        EXPECT_EQ(mms_writer_path(writer), nullptr);
        mms_counter_inc(&total);
        expected++;
        if (before.empty()) {
            EXPECT_EQ(directory.List(), std::vector<std::string>()) << "half-made";
            return;
        }
        EXPECT_EQ(directory.List(), std::vector<std::string>{"x.mmstats"});
        EXPECT_EQ(ReadFile(directory / "x.mmstats"), before) << "what was there is untouched";
    }
    void works()
    {
        if (found == kNoRename)
            drop_second_name();
        expect_file(expected + (found == kResumed || found == kCarried ? 100 : 0));
    }
    // The draft's, which stays when even unlink fails.
    void drop_second_name()
    {
        for (const std::string &name : directory.List())
            if (name != "x.mmstats" && mms_writer_path(writer) != nullptr) {
                EXPECT_EQ(std::filesystem::hard_link_count((directory / name)), 2U);
                unlink((directory / name).c_str());
            }
    }
    Found found;
    Bytes before;
    uint64_t expected = 7;
};

struct Opened : Scene {
    using Scene::Scene;
    void prepare() { make(), open(); }
    void works() {}
};

struct RemoveFile : Opened {
    using Opened::Opened;
    int act() { return mms_writer_remove(writer); }
    int again() { return act(); }
    void works()
    {
        EXPECT_EQ(directory.List(), std::vector<std::string>());
        EXPECT_EQ(mms_writer_path(writer), nullptr);
    }
};

struct FlushFile : Opened {
    using Opened::Opened;
    int act() { return mms_writer_flush(writer, false); }
    int again() { return act(); }
    void works() { expect_file(7); }
};

// Whatever happens to the file, which then stays behind as a dead one.
struct CloseFile : Opened {
    explicit CloseFile(mms_output output) : Opened(output) {}
    int act()
    {
        mms_writer_close(writer);
        writer = nullptr;
        return 0;
    }
    int again() { return 0; }
    void works()
    {
        for (const std::string &name : directory.List()) {
            EXPECT_EQ(name, "x.mmstats");
            EXPECT_FALSE(IsLocked(directory / name));
            unlink((directory / name).c_str());
        }
    }
};

// --- all of them -----------------------------------------------------------------------------------------------------

class Faults : public testing::TestWithParam<mms_output> {
protected:
    Faults()
    {
        for (const char *name : {"MMSTATS_PATH", "MMSTATS_FILES", "MMSTATS_DISABLE", "TMPDIR"})
            unsetenv(name);
    }
};

TEST_P(Faults, New) { Sweep<NewWriter>::run(GetParam()); }
TEST_P(Faults, AddTable) { Sweep<AddTable>::run(GetParam(), false); }
TEST_P(Faults, AddTableToAFile) { Sweep<AddTable>::run(GetParam(), true); }
TEST_P(Faults, Open) { Sweep<OpenFile>::run(GetParam(), kNothing); }
TEST_P(Faults, OpenInPlaceOfADeadFile) { Sweep<OpenFile>::run(GetParam(), kDead); }
TEST_P(Faults, OpenTakesADeadFileUp) { Sweep<OpenFile>::run(GetParam(), kResumed); }
TEST_P(Faults, OpenCarriesValuesOver) { Sweep<OpenFile>::run(GetParam(), kCarried); }
TEST_P(Faults, OpenWithoutRenameat2) { Sweep<OpenFile>::run(GetParam(), kNoRename); }
TEST_P(Faults, Remove) { Sweep<RemoveFile>::run(GetParam()); }
TEST_P(Faults, Flush) { Sweep<FlushFile>::run(GetParam()); }
TEST_P(Faults, Close) { Sweep<CloseFile>::run(GetParam()); }

// What has the name goes, shrinks, or becomes another file between two looks at it.
TEST_P(Faults, TheDeadFileChangesMeanwhile)
{
    static std::string name, copy;
    static fault_call when;
    static unsigned long nth;
    static int what;
    enum { kGone, kShorter, kAnother };
    const struct {
        fault_call when;
        unsigned long nth;
        int what, error;
    } rows[] = {{FAULT_OPENAT, 2, kGone, 0}, {FAULT_PREAD, 1, kShorter, -EEXIST}, {FAULT_FSTATAT, 2, kAnother, 0}};
    for (const auto &row : rows) {
        SCOPED_TRACE(row.what);
        Directory directory;
        name = directory / "x.mmstats";
        copy = directory / "copy";
        mms_options options = Options(directory, "x.mmstats");
        options.output = GetParam();
        options.flags = MMS_KEEP;
        {
            Writer left = New(options);
            ASSERT_EQ(mms_writer_open(left.get()), 0);
        }
        WriteFile(copy, ReadFile(name));
        Writer writer = New(options);
        when = row.when, nth = row.nth, what = row.what;
        fault_watch([](fault_call call, unsigned long number) {
            if (call != when || number != nth)
                return;
            if (what == kShorter)
                std::filesystem::resize_file(name, 0);
            else if (what == kAnother)
                std::filesystem::rename(copy, name);
            else
                std::filesystem::remove(name);
        });
        fault_arm(FAULT_MALLOC, 0, 0);
        EXPECT_EQ(mms_writer_open(writer.get()), row.error) << mms_writer_error(writer.get());
        fault_disarm();
        fault_watch(nullptr);
    }
}

// Where the kernel does not say when a process began, one that lives is taken for the file's writer.
TEST_P(Faults, WhenTheProcessBeganIsNotKnown)
{
    Directory directory;
    const std::string name = directory / "x.mmstats";
    mms_options options = Options(directory, "x.mmstats");
    options.output = GetParam();
    options.flags = MMS_KEEP;
    {
        Writer left = New(options);
        ASSERT_EQ(mms_writer_open(left.get()), 0);
    }
    Bytes bytes = ReadFile(name);
    const Decoded decoded = Decode(bytes);
    bytes[decoded.at("sys.lock").record.values] = 0;
    const double long_ago = 1;
    memcpy(&bytes[decoded.at("sys.created").record.values], &long_ago, sizeof long_ago);
    std::filesystem::remove(name);
    WriteFile(name, bytes);
    Writer writer = New(options);
    for (fault_call call : {FAULT_OPEN, FAULT_READ}) {
        fault_arm(call, 1, EIO);
        EXPECT_EQ(mms_writer_open(writer.get()), -EBUSY);
        EXPECT_TRUE(fault_disarm());
    }
    EXPECT_EQ(mms_writer_open(writer.get()), 0) << "this process began later: it is not the file's";
}

TEST_P(Faults, NothingCanBeMapped)
{
    Directory directory;
    mms_options options = Options(directory, "x.mmstats");
    options.output = GetParam();
    Writer writer = New(options);
    mms_counter count;
    ASSERT_EQ(Add(writer, MMS_KIND_COUNTER, "count", &count), 0);
    mms_counter_add(&count, 3);
    fault_broken(FAULT_MMAP, ENOMEM);
    fault_arm(FAULT_MALLOC, 0, 0);
    EXPECT_EQ(mms_writer_open(writer.get()), -ENOMEM);
    fault_disarm();
    fault_broken(FAULT_MMAP, 0);
    EXPECT_TRUE(directory.List().empty());
    mms_counter_inc(&count);
    EXPECT_EQ(mms_writer_open(writer.get()), 0);
    EXPECT_EQ(DecodeFile(directory / "x.mmstats").at("count").u, 4U);
}

// Somebody makes and removes the name all the time: at each look it is free, and taken when it is to be given.
TEST_P(Faults, TheNameComesAndGoes)
{
    static std::string name;
    Directory directory;
    name = directory / "x.mmstats";
    mms_options options = Options(directory, "x.mmstats");
    options.output = GetParam();
    Writer writer = New(options);
    fault_watch([](fault_call call, unsigned long) {
        if (call == FAULT_RENAMEAT2)
            WriteFile(name, Bytes(1));
        else if (call == FAULT_FSTATAT)
            std::filesystem::remove(name);
    });
    fault_arm(FAULT_MALLOC, 0, 0);
    EXPECT_EQ(mms_writer_open(writer.get()), -EBUSY);
    fault_disarm();
    fault_watch(nullptr);
    EXPECT_EQ(directory.List(), std::vector<std::string>{"x.mmstats"}) << "no draft is left";
    std::filesystem::remove(name);
    EXPECT_EQ(mms_writer_open(writer.get()), 0);
}

TEST_P(Faults, Add)
{
    for (bool opened : {false, true})
        for (const mms_field *field : {&counter_field, &string_field, &moving_field, &struct_field}) {
            SCOPED_TRACE(std::to_string(field->kind) + (opened ? " to a file" : ""));
            Sweep<AddField>::run(GetParam(), field, opened);
        }
}

const char *const output_names[] = {"V2", "V1", "Packed"};

INSTANTIATE_TEST_SUITE_P(Outputs, Faults, testing::Values(MMS_OUTPUT_V2, MMS_OUTPUT_V1, MMS_OUTPUT_V1_PACKED),
                         [](const auto &output) { return output_names[output.param]; });

} // namespace
