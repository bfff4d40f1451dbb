// SPDX-License-Identifier: MIT
//
// What has the name already: links, other files, live writers, dead ones; and taking up a dead one's file.
#include "writer/file_testing.h"

namespace {

using namespace mms_testing;

// --- what has the name -----------------------------------------------------------------------------------------------

TEST_F(File, LinksPipesAndDirectoriesAreLeftAlone)
{
    const std::string target = directory_ / "target", name = directory_ / "x.mmstats";
    WriteFile(target, Bytes(100, 7));
    ASSERT_EQ(symlink(target.c_str(), name.c_str()), 0);
    EXPECT_EQ(open_error(New(Options(directory_, "x.mmstats")), name, "symbolic link"), -ELOOP);
    EXPECT_EQ(ReadFile(target), Bytes(100, 7));
    EXPECT_TRUE(Exists(name));
    unlink(name.c_str());
    ASSERT_EQ(symlink("nowhere", name.c_str()), 0);
    EXPECT_EQ(open_error(New(Options(directory_, "x.mmstats")), name, "symbolic link"), -ELOOP);
    EXPECT_FALSE(Exists(directory_ / "nowhere"));
    unlink(name.c_str());

    ASSERT_EQ(mkfifo(name.c_str(), 0666), 0);
    EXPECT_EQ(open_error(New(Options(directory_, "x.mmstats")), name, "remove it"), -EEXIST);
    unlink(name.c_str());
    ASSERT_EQ(mkdir(name.c_str(), 0777), 0);
    EXPECT_EQ(open_error(New(Options(directory_, "x.mmstats")), name, "directory"), -EISDIR);
    EXPECT_EQ(directory_.List(), (std::vector<std::string>{"target", "x.mmstats"}));
}

TEST_F(File, WhatIsNoFileOfMmstatsIsLeftAlone)
{
    const std::string name = directory_ / "x.mmstats";
    for (const Bytes &bytes : {Bytes{}, Bytes(4096), Bytes{'t', 'e', 'x', 't'}, Bytes{2, 0, 0, 0, 0, 0}}) {
        WriteFile(name, bytes);
        EXPECT_EQ(open_error(New(Options(directory_, "x.mmstats")), name, "remove it"), -EEXIST);
        EXPECT_EQ(ReadFile(name), bytes);
    }
}

TEST_F(File, PlantedTemporaryNamesAreNotFollowed)
{
    const std::string target = directory_ / "target";
    for (int i = 0; i < 40; i++) {
        const std::string name = directory_ / (".x.mmstats." + number(getpid()) + "." + number(i) + ".tmp");
        ASSERT_EQ(symlink(target.c_str(), name.c_str()), 0);
    }
    Writer writer = New(Options(directory_, "x.mmstats"));
    EXPECT_NE(Path(writer), "");
    EXPECT_FALSE(Exists(target));
    EXPECT_EQ(directory_.List().size(), 41u);
}

// Nobody does that by chance.
TEST_F(File, AllTemporaryNamesArePlanted)
{
    EXPECT_TRUE(InChild([&] {
        for (int i = 0; i < 1000; i++)
            WriteFile(directory_ / (".x.mmstats." + number(getpid()) + "." + number(i) + ".tmp"), Bytes(1));
        EXPECT_EQ(mms_writer_open(New(Options(directory_, "x.mmstats")).get()), -EEXIST);
        EXPECT_EQ(directory_.List().size(), 1000u);
    }));
}

TEST_F(File, ALiveWritersNameIsBusy)
{
    mms_options options = Options(directory_, "x.mmstats");
    Other other(options, 5);
    const std::string name = directory_ / "x.mmstats";
    ASSERT_TRUE(IsLocked(name));
    const Bytes before = ReadFile(name);
    for (unsigned flags : {0, int(MMS_RESUME)}) {
        options.flags = flags;
        EXPECT_EQ(open_error(New(options), name, "live writer"), -EBUSY);
    }
    EXPECT_EQ(ReadFile(name), before);
    EXPECT_TRUE(IsLocked(name)) << "a look takes no one's lock away";
    // Whatever the file says of its process (which may be in another PID namespace).
    int fd = open(name.c_str(), O_WRONLY);
    const uint32_t none = 0x7fffffff;
    ASSERT_EQ(pwrite(fd, &none, 4, off_t(Decode(before).at("sys.pid").record.values)), 4);
    close(fd);
    EXPECT_EQ(open_error(New(options), name, "live writer"), -EBUSY);
    EXPECT_EQ(directory_.List().size(), 1u);
}

TEST_F(File, OnlyOneOfSeveralGetsTheName)
{
    for (int round = 0; round < 50; round++) {
        const std::string name = "x" + number(round) + ".mmstats";
        Gate go, tried, done;
        pid_t pids[3];
        for (pid_t &pid : pids) {
            pid = fork();
            if (pid != 0)
                continue;
            Writer writer = New(Options(directory_, name.c_str()));
            go.Wait();
            int error = mms_writer_open(writer.get());
            tried.Open();
            done.Wait(); // whoever has it keeps it until all have tried
            EndChild(error == 0 ? 1 : error == -EBUSY ? 0 : 100);
        }
        for (int i = 0; i < 3; i++)
            go.Open();
        for (int i = 0; i < 3; i++)
            tried.Wait();
        for (int i = 0; i < 3; i++)
            done.Open();
        int winners = 0;
        for (pid_t pid : pids)
            winners += WEXITSTATUS(StatusOf(pid));
        EXPECT_EQ(winners, 1);
    }
}

TEST_F(File, ADeadWritersFileIsReplaced)
{
    mms_options options = Options(directory_, "x.mmstats");
    Other other(options, 5);
    other.kill_it();
    const std::string name = directory_ / "x.mmstats";
    ASSERT_FALSE(IsLocked(name)) << "the lock ended with its process";
    int reader = open(name.c_str(), O_RDONLY); // someone still looks at the old one
    Writer writer = New(options);
    EXPECT_EQ(Path(writer), name);
    EXPECT_TRUE(IsLocked(name));
    EXPECT_EQ(DecodeFile(name).at("sys.pid").u, uint64_t(getpid()));
    EXPECT_FALSE(DecodeFile(name).has("c"));
    struct stat old;
    EXPECT_EQ(fstat(reader, &old), 0);
    EXPECT_EQ(old.st_nlink, 0u);
    close(reader);
    EXPECT_EQ(directory_.List().size(), 1u);
}

TEST_F(File, WithoutALockTheProcessDecides)
{
    const std::string name = directory_ / "x.mmstats";
    auto set = [&](uint32_t pid, double created, bool lock) {
        mms_options options = Options(directory_, "x.mmstats");
        options.flags = MMS_KEEP;
        unlink(name.c_str());
        EXPECT_TRUE(InChild([&] { Path(New(options)); }));
        Bytes bytes = ReadFile(name);
        const Decoded decoded = Decode(bytes);
        memcpy(&bytes[decoded.at("sys.pid").record.values], &pid, 4);
        memcpy(&bytes[decoded.at("sys.created").record.values], &created, 8);
        bytes[decoded.at("sys.lock").record.values] = lock;
        unlink(name.c_str());
        WriteFile(name, bytes);
    };
    const double now = double(time(nullptr));
    auto try_it = [&] { return mms_writer_open(New(Options(directory_, "x.mmstats")).get()); };

    set(uint32_t(getpid()), now, false);
    EXPECT_EQ(try_it(), -EBUSY) << "this process is alive, and began before";
    set(uint32_t(getpid()), now, true);
    EXPECT_EQ(try_it(), 0) << "it says that it locks, and does not";
    set(uint32_t(getpid()), now - 1e6, false);
    EXPECT_EQ(try_it(), 0) << "this process began after it was made: the ID was used again";
    set(1, 4e9, false);
    EXPECT_EQ(try_it(), -EBUSY) << "init is alive, whoever it belongs to";
    unlink(name.c_str());
    pid_t gone = fork();
    if (gone == 0)
        _exit(0);
    StatusOf(gone);
    set(uint32_t(gone), now, false);
    EXPECT_EQ(try_it(), 0) << "no such process";
    set(0x7fffffff, now, false);
    EXPECT_EQ(try_it(), 0) << "no process can have this";
}

// Fields of these labels, but of types that have no such thing to say: by the others this process has the file.
TEST_F(File, ClaimsOfTheWrongTypeSayNothing)
{
    const std::string name = directory_ / "x.mmstats";
    EXPECT_TRUE(InChild([&] {
        mms_options options = Options(directory_, "x.mmstats");
        options.flags = MMS_KEEP;
        Writer writer = New(options);
        mms_double pid;
        mms_u64 lock, created;
        Add(writer, MMS_KIND_DOUBLE, "sys.p_d", &pid);
        Add(writer, MMS_KIND_U64, "sys.l_ck", &lock);
        Add(writer, MMS_KIND_U64, "sys.cr_ated", &created);
        Path(writer);
    }));
    Bytes bytes = ReadFile(name);
    const Decoded decoded = Decode(bytes);
    auto rename_field = [&](const char *from, const char *to) {
        const char *begin = reinterpret_cast<const char *>(decoded.bytes->data());
        memcpy(&bytes[decoded.at(from).record.label.data - begin], to, strlen(to));
    };
    uint32_t pid = uint32_t(getpid());
    memcpy(&bytes[decoded.at("sys.pid").record.values], &pid, 4);
    bytes[decoded.at("sys.lock").record.values] = 0;
    rename_field("sys.p_d", "sys.pid");
    rename_field("sys.l_ck", "sys.lock");
    rename_field("sys.cr_ated", "sys.created");
    auto write = [&] {
        unlink(name.c_str());
        WriteFile(name, bytes);
    };
    write();
    EXPECT_EQ(open_error(New(Options(directory_, "x.mmstats")), name, "live writer"), -EBUSY);
    rename_field("sys.created", "sys.version"); // then there is none that says when
    write();
    EXPECT_EQ(open_error(New(Options(directory_, "x.mmstats")), name, "live writer"), -EBUSY);
    for (uint32_t none : {0u, 0x80000000u}) {
        memcpy(&bytes[decoded.at("sys.pid").record.values], &none, 4);
        write();
        EXPECT_EQ(mms_writer_open(New(Options(directory_, "x.mmstats")).get()), 0) << "no process has that ID";
    }
    rename_field("sys.pid", "sys.xid");
    write();
    EXPECT_EQ(open_error(New(Options(directory_, "x.mmstats")), name, "remove it"), -EEXIST) << "nothing says whose";
}

// It can be looked at, and be replaced, though not written.
TEST_F(File, ADeadWritersFileThatIsReadOnlyIsReplaced)
{
    const std::string name = directory_ / "x.mmstats";
    mms_options options = Options(directory_, "x.mmstats");
    options.mode = 0444;
    {
        Other other(options, 5);
    }
    EXPECT_TRUE(InChild([&] {
        become_ordinary();
        options.flags = MMS_RESUME;
        Writer writer = New(options);
        mms_counter c;
        Add(writer, MMS_KIND_COUNTER, "c", &c);
        EXPECT_EQ(Path(writer), name);
        EXPECT_EQ(DecodeFile(name).at("c").u, 0u) << "who may not write it does not take it up";
        EXPECT_EQ(DecodeFile(name).at("sys.pid").u, uint64_t(getpid()));
    }));
}

TEST_F(File, TheOriginalsFilesAreJudgedByProcess)
{
    if (MMS_ORDER_NATIVE == MMS_ORDER_BIG)
        GTEST_SKIP() << "the bytes are little-endian";
    // sys.pid and sys.created as mmstats 0.8.0 writes them; the process ended in 2026.
    Bytes bytes = {1, 7,   0,   's', 'y', 's', '.', 'p', 'i', 'd', 1,   0, 'I', 0xff, 0xff, 0xff, 0xff, 0x7f,
                   11, 0,  's', 'y', 's', '.', 'c', 'r', 'e', 'a', 't', 'e', 'd', 1,  0,   'd',  0xff,
                   0x6a, 0x6b, 0xd3, 0xca, 0xed, 0xc0, 0xda, 0x41};
    bytes.resize(4096);
    WriteFile(directory_ / "x.mmstats", bytes);
    EXPECT_NE(Path(New(Options(directory_, "x.mmstats"))), "");
    uint32_t pid = uint32_t(getpid());
    memcpy(&bytes[14], &pid, 4);
    double now = double(time(nullptr)) + 10;
    memcpy(&bytes[35], &now, 8);
    WriteFile(directory_ / "x.mmstats", bytes);
    EXPECT_EQ(open_error(New(Options(directory_, "x.mmstats")), "x.mmstats", "live writer"), -EBUSY);
}

TEST_F(File, OwnSecondFileGetsANumber)
{
    std::vector<Writer> writers;
    for (int i = 0; i < 4; i++)
        writers.push_back(New(Options(directory_, "x.y.mmstats")));
    EXPECT_EQ(Path(writers[0]), directory_ / "x.y.mmstats");
    EXPECT_EQ(Path(writers[1]), directory_ / "x.y-1.mmstats");
    EXPECT_EQ(Path(writers[2]), directory_ / "x.y-2.mmstats");
    writers[1].reset();
    EXPECT_EQ(Path(writers[3]), directory_ / "x.y-1.mmstats");
    Writer bare = New(Options(directory_, "bare")), again = New(Options(directory_, "bare"));
    EXPECT_EQ(Path(bare), directory_ / "bare");
    EXPECT_EQ(Path(again), directory_ / "bare-1");
    const std::string longest(NAME_MAX, 'n');
    Writer full = New(Options(directory_, longest.c_str())), more = New(Options(directory_, longest.c_str()));
    EXPECT_NE(Path(full), "");
    EXPECT_EQ(mms_writer_open(more.get()), -ENAMETOOLONG);
}

// --- resume ----------------------------------------------------------------------------------------------------------

struct Resumed {
    mms_counter c;
    mms_u64 g;
};

class Resume : public File, public ::testing::WithParamInterface<mms_output> {
protected:
    mms_options Opt()
    {
        mms_options options = Options(directory_, "x.mmstats");
        options.output = GetParam();
        options.flags = MMS_RESUME;
        return options;
    }
    Writer Make(Resumed *handles)
    {
        Writer writer = New(Opt());
        EXPECT_EQ(Add(writer, MMS_KIND_COUNTER, "c", &handles->c), 0);
        EXPECT_EQ(Add(writer, MMS_KIND_U64, "g", &handles->g), 0);
        return writer;
    }
    static ino_t Inode(const std::string &path)
    {
        struct stat stat;
        EXPECT_EQ(lstat(path.c_str(), &stat), 0);
        return stat.st_ino;
    }
};

TEST_P(Resume, CountersGoOnAndGaugesBeginAgain)
{
    const std::string name = directory_ / "x.mmstats";
    {
        Other other(Opt(), 40);
    }
    ino_t inode = Inode(name);
    const double created = DecodeFile(name).at("sys.created").f;
    Resumed handles;
    Writer writer = Make(&handles);
    mms_counter_add(&handles.c, 2);
    EXPECT_EQ(Path(writer), name);
    EXPECT_EQ(Inode(name), inode) << "the same file";
    Decoded now = DecodeFile(name);
    EXPECT_EQ(now.at("c").u, 42u);
    EXPECT_EQ(now.at("g").u, 0u);
    EXPECT_EQ(now.at("sys.pid").u, uint64_t(getpid()));
    EXPECT_GT(now.at("sys.created").f, created);
    EXPECT_TRUE(now.at("sys.lock").b);
    EXPECT_TRUE(IsLocked(name));
    mms_counter_inc(&handles.c);
    mms_u64_set(&handles.g, 9);
    now = DecodeFile(name);
    EXPECT_EQ(now.at("c").u, 43u);
    EXPECT_EQ(now.at("g").u, 9u);
    mms_u64 more;
    EXPECT_EQ(Add(writer, MMS_KIND_U64, "more", &more), 0) << "and it can grow";
    EXPECT_TRUE(DecodeFile(name).has("more"));
}

TEST_P(Resume, AnotherStructureIsReplaced)
{
    const std::string name = directory_ / "x.mmstats";
    {
        Other other(Opt(), 40, true); // one field more
    }
    ino_t inode = Inode(name);
    Resumed handles;
    Writer writer = Make(&handles);
    EXPECT_EQ(Path(writer), name);
    EXPECT_NE(Inode(name), inode);
    EXPECT_EQ(DecodeFile(name).at("c").u, 0u);
    EXPECT_FALSE(DecodeFile(name).has("extra"));
    EXPECT_EQ(directory_.List().size(), 1u);
}

// Any byte that is no value makes it another structure.
TEST_P(Resume, EveryByteOfTheStructureCounts)
{
    const std::string name = directory_ / "x.mmstats";
    {
        Other other(Opt(), 40);
    }
    const Bytes good = ReadFile(name);
    const Decoded decoded = Decode(good);
    std::vector<bool> is_value(good.size());
    for (const Field &field : decoded.fields) {
        const mms_record &r = field.record;
        for (size_t i = 0; i < r.slots * r.value_size; i++)
            is_value[r.values + i] = true;
        if (r.slots == 2)
            is_value[r.write_buffer] = true;
    }
    const size_t mark = GetParam() == MMS_OUTPUT_V2 ? 4 : 2; // that ends the list
    for (size_t i = 1; i < decoded.end + mark; i++) {
        if (is_value[i] && i != decoded.at("c").record.write_buffer)
            continue;
        Bytes bad = good;
        bad[i] ^= 2; // a write buffer of 2 or 3 is none
        unlink(name.c_str());
        WriteFile(name, bad);
        Resumed handles;
        Writer writer = Make(&handles);
        if (mms_writer_open(writer.get()) == 0) {
            EXPECT_EQ(DecodeFile(name).at("c").u, 0u) << "byte " << i << " was changed, and yet it was taken up";
        } else {
            EXPECT_EQ(ReadFile(name), bad) << i; // sys.pid is not found any more: left alone
        }
    }
}

TEST_P(Resume, SizeAndLinksMustBeRight)
{
    const std::string name = directory_ / "x.mmstats", link_name = directory_ / "link";
    {
        Other other(Opt(), 40);
    }
    const Bytes good = ReadFile(name);
    ASSERT_EQ(link(name.c_str(), link_name.c_str()), 0);
    Resumed handles;
    Writer writer = Make(&handles);
    EXPECT_EQ(Path(writer), name);
    EXPECT_EQ(ReadFile(link_name), good) << "a file with another name is not written";
    writer.reset();
    Bytes odd = good;
    odd.push_back(0);
    WriteFile(name, odd);
    writer = Make(&handles);
    EXPECT_EQ(Path(writer), name);
    EXPECT_EQ(DecodeFile(name).at("c").u, 0u);
}

// Of a writer that had more room, and with a group to be given to.
TEST_P(Resume, LargerThanThisWritersMayBecome)
{
    const std::string name = directory_ / "x.mmstats";
    mms_options options = Opt();
    options.reserve = 300000;
    {
        Other other(options, 40);
    }
    options = Opt();
    options.max_size = 16384;
    options.set_group = true;
    options.group = getgid();
    Writer writer = New(options);
    Resumed handles;
    ASSERT_EQ(Add(writer, MMS_KIND_COUNTER, "c", &handles.c), 0);
    ASSERT_EQ(Add(writer, MMS_KIND_U64, "g", &handles.g), 0);
    mms_counter_add(&handles.c, 2);
    const ino_t inode = Inode(name);
    EXPECT_EQ(Path(writer), name);
    EXPECT_EQ(Inode(name), inode);
    EXPECT_EQ(DecodeFile(name).at("c").u, 42u);
    mms_string text;
    EXPECT_EQ(Add(writer, MMS_KIND_STRING, "text", &text, 16384), -ENOSPC) << "its own limit holds";
}

TEST_P(Resume, TextsAndMeansBeginWithWhatThisWriterHas)
{
    const std::string name = directory_ / "x.mmstats";
    mms_string s;
    mms_average a;
    mms_bool b;
    mms_counter c;
    auto make = [&] {
        Writer writer = New(Opt());
        EXPECT_EQ(Add(writer, MMS_KIND_STRING, "s", &s, 30), 0);
        EXPECT_EQ(Add(writer, MMS_KIND_AVERAGE, "a", &a), 0);
        EXPECT_EQ(Add(writer, MMS_KIND_BOOL, "b", &b), 0);
        EXPECT_EQ(Add(writer, MMS_KIND_COUNTER, "c", &c), 0);
        mms_field text = FieldOf(MMS_KIND_STATIC_TEXT, "t");
        const std::string pid = number(getpid());
        text.text = pid.c_str();
        EXPECT_EQ(mms_writer_add(writer.get(), &text, nullptr), 0);
        return writer;
    };
    EXPECT_TRUE(InChild([&] {
        Writer writer = make();
        mms_string_set(&s, "theirs, and long");
        mms_average_add(&a, 5);
        mms_bool_set(&b, true);
        mms_counter_add(&c, 40);
        Path(writer);
        writer.release(); // dies
    }));
    EXPECT_EQ(DecodeFile(name).at("s").text, "theirs, and long");
    ino_t inode = Inode(name);
    Writer writer = make();
    mms_string_set(&s, "ours");
    mms_counter_add(&c, 2);
    Path(writer);
    EXPECT_NE(Inode(name), inode) << "R516: a static text never changes";
    const Decoded now = DecodeFile(name);
    EXPECT_EQ(now.at("s").text, "ours");
    EXPECT_EQ(now.at("a").f, 0);
    EXPECT_FALSE(now.at("b").b);
    EXPECT_EQ(now.at("c").u, 42u);
    EXPECT_EQ(now.at("t").text, number(getpid()));
    mms_string_set(&s, "more");
    EXPECT_EQ(DecodeFile(name).at("s").text, "more");
}

INSTANTIATE_TEST_SUITE_P(Formats, Resume, ::testing::Values(MMS_OUTPUT_V2, MMS_OUTPUT_V1, MMS_OUTPUT_V1_PACKED));

} // namespace
