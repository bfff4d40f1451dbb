/* SPDX-License-Identifier: MIT
 *
 * Many files: the default glob, sets by glob and by list, and how they change. */

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <sys/resource.h>

#include <functional>

#include "reader/testing.h"

using namespace mms_testing;

// What happens between listing and opening.
static std::function<void()> after_listing;

// The library's calls come here.
extern "C" int closedir(DIR *directory)
{
    static auto *next = reinterpret_cast<decltype(&closedir)>(dlsym(RTLD_NEXT, "closedir"));
    int result = next(directory);
    if (after_listing)
        after_listing();
    return result;
}

namespace {

std::string byte_file(const std::string &label)
{
    File file(2);
    file.v2(label, MMS_ID_BYTE);
    return file.whole();
}

// --- the default glob -----------------------------------------------------------------------------------------------

class Glob : public testing::Test {
protected:
    Glob()
    {
        for (const char *name : {"MMSTATS_GLOB", "MMSTATS_PATH", "TMPDIR"})
            unsetenv(name);
    }
    std::string glob()
    {
        char out[256];
        EXPECT_LT(mms_default_glob(out, sizeof out), sizeof out);
        return out;
    }
};

TEST_F(Glob, WhatCounts)
{
    EXPECT_EQ("/tmp/*.mmstats", glob());
    setenv("TMPDIR", "/var/tmp/", 1);
    EXPECT_EQ("/var/tmp/*.mmstats", glob());
    setenv("MMSTATS_PATH", "/run/stats", 1);
    EXPECT_EQ("/run/stats/*.mmstats", glob());
    setenv("MMSTATS_GLOB", "/x/[ab]*", 1);
    EXPECT_EQ("/x/[ab]*", glob());
}

TEST_F(Glob, EmptyIsNotSet)
{
    setenv("MMSTATS_GLOB", "", 1);
    setenv("MMSTATS_PATH", "", 1);
    setenv("TMPDIR", "", 1);
    EXPECT_EQ("/tmp/*.mmstats", glob());
}

TEST_F(Glob, DirectoriesAreTakenLiterally)
{
    setenv("MMSTATS_PATH", "/a*[b]?\\c", 1);
    EXPECT_EQ("/a\\*\\[b]\\?\\\\c/*.mmstats", glob());
}

TEST_F(Glob, WhatWritersReplaceMatchesAnything)
{
    setenv("MMSTATS_PATH", "/run/{UID}/{CMD}-{PID}{x}", 1);
    EXPECT_EQ("/run/*/*-*{x}/*.mmstats", glob());
}

TEST_F(Glob, Cut)
{
    char out[5] = "????";
    EXPECT_EQ(14U, mms_default_glob(out, 5));
    EXPECT_STREQ("/tmp", out);
    EXPECT_EQ(14U, mms_default_glob(out, 1));
    EXPECT_STREQ("", out);
    EXPECT_EQ(14U, mms_default_glob(nullptr, 0));
}

// --- sets -----------------------------------------------------------------------------------------------------------

class Set : public testing::Test {
protected:
    ~Set() override { mms_set_close(set); }
    int open_glob(const std::string &glob) { return mms_set_open(glob.c_str(), nullptr, &set); }
    int open_paths(std::vector<std::string> names)
    {
        std::vector<const char *> paths;
        for (std::string &name : names)
            paths.push_back((name = folder / name).c_str());
        return mms_set_open_paths(paths.data(), paths.size(), nullptr, &set);
    }
    std::string names()
    {
        std::string all;
        for (size_t i = 0; i < mms_set_count(set); i++)
            all += std::filesystem::path(mms_set_path(set, i)).filename().string() + " ";
        return all;
    }
    std::string label(size_t i)
    {
        mms_stat stat = {};
        mms_reader *reader = mms_set_reader(set, i);
        return reader && mms_reader_get(reader, 0, &stat) == 0 ? str(stat.label) : "-";
    }
    void put(const std::string &name) { write_file(folder / name, byte_file("label of " + name)); }

    Folder folder;
    mms_set *set = nullptr;
};

TEST_F(Set, SortedByBytes)
{
    for (const char *name : {"b.mmstats", "B.mmstats", "a.mmstats", "a-.mmstats", ".hidden.mmstats", "other"})
        put(name);
    ASSERT_EQ(0, open_glob(folder / "*.mmstats"));
    EXPECT_EQ("B.mmstats a-.mmstats a.mmstats b.mmstats ", names());
    EXPECT_EQ("label of B.mmstats", label(0));
    EXPECT_EQ(nullptr, mms_set_path(set, 4));
    EXPECT_EQ(nullptr, mms_set_reader(set, 4));
    EXPECT_EQ(-ERANGE, mms_set_error(set, 4, nullptr));
}

TEST_F(Set, ByTheDefaultGlob)
{
    put("a.mmstats");
    unsetenv("MMSTATS_GLOB");
    setenv("MMSTATS_PATH", folder.path.c_str(), 1);
    ASSERT_EQ(0, mms_set_open(nullptr, nullptr, &set));
    EXPECT_EQ("a.mmstats ", names());
    unsetenv("MMSTATS_PATH");
}

TEST_F(Set, Nothing)
{
    ASSERT_EQ(0, open_glob(folder / "*.mmstats"));
    EXPECT_EQ(0U, mms_set_count(set));
    mms_set_close(set);
    ASSERT_EQ(0, open_glob(folder / "none" + "/*.mmstats"));
    EXPECT_EQ(0U, mms_set_count(set));
    mms_set_close(set);
    set = nullptr;
    ASSERT_EQ(0, open_paths({}));
    EXPECT_EQ(0U, mms_set_count(set));
}

TEST_F(Set, FilesThatGoAwayMeanwhile)
{
    put("a.mmstats");
    put("b.mmstats");
    put("c.mmstats");
    after_listing = [&] { unlink((folder / "b.mmstats").c_str()); };
    ASSERT_EQ(0, open_glob(folder / "*.mmstats"));
    EXPECT_EQ("a.mmstats c.mmstats ", names());
    after_listing = [&] { unlink((folder / "c.mmstats").c_str()); };
    put("d.mmstats"); // as many as before
    EXPECT_EQ(1, mms_set_refresh(set));
    after_listing = nullptr;
    EXPECT_EQ("a.mmstats d.mmstats ", names());
    EXPECT_EQ(0, mms_set_refresh(set));
}

// As glob(3) does it, which is not there when memory is short.
TEST_F(Set, Patterns)
{
    for (const char *name : {"a", "b", ".h", "a/d", "b/d", "b/.e", "*x"})
        ASSERT_EQ(0, mkdir((folder / name).c_str(), 0700));
    for (const char *name : {"f", "[g]", "a/f", "a/d/f", "b/d/f1", "b/d/f2", "b/.e/f", ".h/f", "*x/f"})
        put(name);
    ASSERT_EQ(0, symlink("none", (folder / "a/dangling").c_str()));
    const struct {
        const char *glob, *found;
    } cases[] = {
        {"f", "f "},
        {"none", ""},
        {"f/x", ""},
        {"*/f", "*x/f a/f "},
        {"*/d/f*", "a/d/f b/d/f1 b/d/f2 "},
        {"*/*/*", "a/d/f b/d/f1 b/d/f2 "},
        {"b/d/f[2-9]", "b/d/f2 "},
        {"b/d/f?", "b/d/f1 b/d/f2 "},
        {"b/.?/f", "b/../f b/.e/f "},
        {".[!.]/f", ".h/f "},
        {"\\*x/f", "*x/f "},
        {"\\[g]", "[g] "},
        {"[[]g]", "[g] "},
        {"a//d///f", "a//d///f "},
        {"a/dang*", "a/dangling "},
        {"a/dangling", "a/dangling "},
        {"a/dangling/*", ""},
        {"?\\", ""},
    };
    for (const auto &c : cases) {
        ASSERT_EQ(0, open_glob(folder / c.glob)) << c.glob;
        std::string all;
        for (size_t i = 0; i < mms_set_count(set); i++)
            all += std::string(mms_set_path(set, i)).substr(folder.path.size() + 1) + " ";
        EXPECT_EQ(c.found, all) << c.glob;
        mms_set_close(set);
        set = nullptr;
    }
    std::string here = std::filesystem::current_path();
    std::filesystem::current_path(folder.path);
    ASSERT_EQ(0, open_glob("*/f"));
    ASSERT_EQ(2U, mms_set_count(set));
    EXPECT_STREQ("*x/f", mms_set_path(set, 0));
    mms_set_close(set);
    ASSERT_EQ(0, open_glob(""));
    EXPECT_EQ(0U, mms_set_count(set));
    std::filesystem::current_path(here);
}

TEST_F(Set, UnreadableFolder)
{
    ASSERT_EQ(0, mkdir((folder / "d").c_str(), 0));
    if (geteuid() == 0 && (chmod(folder.path.c_str(), 0755) < 0 || seteuid(65534) < 0))
        GTEST_SKIP() << "root may read anything, and cannot become another user here";
    int error = open_glob(folder / "d/*.mmstats");
    EXPECT_EQ(0, getuid() == 0 ? seteuid(0) : 0);
    EXPECT_EQ(-EACCES, error);
}

// Else the files of all directories would be gone, as long as one is found without a look at its directory.
TEST_F(Set, TooFewDescriptorsToLook)
{
    for (const char *name : {"a", "b"})
        ASSERT_EQ(0, mkdir((folder / name).c_str(), 0700));
    for (const char *name : {"a/1", "b/2"})
        put(name);
    std::string one = folder / "a/1", many = folder / "b/*";
    const char *globs[] = {one.c_str(), many.c_str()};
    ASSERT_EQ(0, mms_set_open_globs(globs, 2, nullptr, &set));
    rlimit limit, none;
    ASSERT_EQ(0, getrlimit(RLIMIT_NOFILE, &limit));
    none = limit;
    none.rlim_cur = 0;
    ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &none));
    int error = mms_set_refresh(set);
    ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
    EXPECT_EQ(-EMFILE, error);
    EXPECT_EQ("1 2 ", names());
    EXPECT_EQ(0, mms_set_refresh(set));
    EXPECT_EQ("1 2 ", names());
}

TEST_F(Set, SeveralGlobs)
{
    for (const char *name : {"a", "b"})
        ASSERT_EQ(0, mkdir((folder / name).c_str(), 0700));
    for (const char *name : {"a/2", "a/1", "b/1", "b/3"})
        put(name);
    std::string first = folder / "b/*", second = folder / "*/1", third = folder / "none/*";
    const char *globs[] = {first.c_str(), second.c_str(), third.c_str()};
    ASSERT_EQ(0, mms_set_open_globs(globs, 3, nullptr, &set));
    ASSERT_EQ("1 1 3 ", names());
    EXPECT_EQ(folder / "a/1", mms_set_path(set, 0));
    EXPECT_EQ(folder / "b/1", mms_set_path(set, 1));
    put("b/2");
    put("a/3"); // matches none
    EXPECT_EQ(1, mms_set_refresh(set));
    EXPECT_EQ("1 1 2 3 ", names());
    EXPECT_EQ(0, mms_set_refresh(set));
    mms_set_close(set);
    ASSERT_EQ(0, mms_set_open_globs(nullptr, 0, nullptr, &set));
    EXPECT_EQ(0, mms_set_refresh(set));
    EXPECT_EQ(0U, mms_set_count(set));
    mms_set_close(set);
    unsetenv("MMSTATS_GLOB");
    setenv("MMSTATS_PATH", (folder / "a").c_str(), 1);
    put("a/x.mmstats");
    const char *with_default[] = {first.c_str(), nullptr};
    ASSERT_EQ(0, mms_set_open_globs(with_default, 2, nullptr, &set));
    EXPECT_EQ("x.mmstats 1 2 3 ", names());
    unsetenv("MMSTATS_PATH");
}

TEST_F(Set, BadOptions)
{
    mms_reader_options options = {};
    EXPECT_EQ(-EINVAL, mms_set_open("*", &options, &set));
    EXPECT_EQ(-EINVAL, mms_set_open_paths(nullptr, 0, &options, &set));
    EXPECT_EQ(nullptr, set);
}

TEST_F(Set, OneBadFileAmongGoodOnes)
{
    put("a.mmstats");
    write_file(folder / "b.mmstats", "\x09");
    write_file(folder / "c.mmstats", "");
    ASSERT_EQ(0, mkdir((folder / "d.mmstats").c_str(), 0700));
    ASSERT_EQ(0, mkfifo((folder / "e.mmstats").c_str(), 0600));
    put("f.mmstats");
    std::string half = byte_file("g") + std::string(1, 'x');
    uint32_t size = 2; // of the first field
    memcpy(&half[1], &size, sizeof size);
    write_file(folder / "g.mmstats", half);
    put("h.mmstats");
    ASSERT_EQ(0, open_glob(folder / "*.mmstats"));
    ASSERT_EQ(8U, mms_set_count(set));
    const int expected[] = {0, -EPROTONOSUPPORT, -EBADMSG, -ENOTSUP, -ENOTSUP, 0, -EBADMSG, 0};
    const int rules[] = {0, MMS_RULE_VERSION, MMS_RULE_EMPTY, 0, 0, 0, MMS_RULE_V2_FIELD_SIZE, 0};
    for (size_t i = 0; i < 8; i++) {
        mms_diag diag = {};
        EXPECT_EQ(expected[i], mms_set_error(set, i, &diag)) << i;
        EXPECT_EQ(rules[i], diag.rule) << i;
        EXPECT_EQ(i >= 1 && i <= 4, mms_set_reader(set, i) == nullptr) << i;
    }
    EXPECT_EQ("label of h.mmstats", label(7));
}

TEST_F(Set, PathsOnceEachInTheirOrder)
{
    put("a");
    put("b");
    ASSERT_EQ(0, open_paths({"b", "none", "a", "a", "none", "b"}));
    EXPECT_EQ("b none a ", names());
    EXPECT_EQ(0, mms_set_error(set, 0, nullptr));
    EXPECT_EQ(-ENOENT, mms_set_error(set, 1, nullptr));
    EXPECT_EQ(nullptr, mms_set_reader(set, 1));
    EXPECT_EQ("label of a", label(2));
}

// --- refresh --------------------------------------------------------------------------------------------------------

TEST_F(Set, GlobRefresh)
{
    put("b.mmstats");
    put("d.mmstats");
    ASSERT_EQ(0, open_glob(folder / "*.mmstats"));
    EXPECT_EQ(0, mms_set_refresh(set));
    mms_reader *d = mms_set_reader(set, 1);
    put("a.mmstats");
    put("c.mmstats");
    EXPECT_EQ(1, mms_set_refresh(set));
    EXPECT_EQ("a.mmstats b.mmstats c.mmstats d.mmstats ", names());
    EXPECT_EQ(d, mms_set_reader(set, 3));
    EXPECT_EQ("label of c.mmstats", label(2));
    unlink((folder / "a.mmstats").c_str());
    unlink((folder / "b.mmstats").c_str());
    put("e.mmstats");
    put("f.mmstats"); // as many as went
    EXPECT_EQ(1, mms_set_refresh(set));
    EXPECT_EQ("c.mmstats d.mmstats e.mmstats f.mmstats ", names());
    EXPECT_EQ(d, mms_set_reader(set, 1));
    EXPECT_EQ(0, mms_set_refresh(set));
    for (const char *name : {"c.mmstats", "d.mmstats", "e.mmstats", "f.mmstats"})
        unlink((folder / name).c_str());
    EXPECT_EQ(1, mms_set_refresh(set));
    EXPECT_EQ(0U, mms_set_count(set));
}

TEST_F(Set, GlobRefreshOfBadFiles)
{
    write_file(folder / "a.mmstats", "");
    put("b.mmstats");
    ASSERT_EQ(0, open_glob(folder / "*.mmstats"));
    EXPECT_EQ(-EBADMSG, mms_set_error(set, 0, nullptr));
    EXPECT_EQ(0, mms_set_refresh(set));
    EXPECT_EQ(-EBADMSG, mms_set_error(set, 0, nullptr));
    put("a.mmstats");
    EXPECT_EQ(0, mms_set_refresh(set)); // it was there before
    EXPECT_EQ(0, mms_set_error(set, 0, nullptr));
    EXPECT_EQ("label of a.mmstats", label(0));

    write_file(folder / "b.mmstats", ""); // keeps the reader that it had
    EXPECT_EQ(0, mms_set_refresh(set));
    EXPECT_EQ(-EBADMSG, mms_set_error(set, 1, nullptr));
    EXPECT_EQ("label of b.mmstats", label(1));
}

TEST_F(Set, ReplacedFileShowsInItsGeneration)
{
    put("a.mmstats");
    ASSERT_EQ(0, open_glob(folder / "*.mmstats"));
    EXPECT_EQ(0U, mms_reader_generation(mms_set_reader(set, 0)));
    write_file(folder / "new", byte_file("other"));
    ASSERT_EQ(0, rename((folder / "new").c_str(), (folder / "a.mmstats").c_str()));
    EXPECT_EQ(0, mms_set_refresh(set));
    EXPECT_EQ(1U, mms_reader_generation(mms_set_reader(set, 0)));
    EXPECT_EQ("other", label(0));
}

TEST_F(Set, PathsRefresh)
{
    put("a");
    ASSERT_EQ(0, open_paths({"a", "b"}));
    EXPECT_EQ(0, mms_set_refresh(set));
    put("b");
    EXPECT_EQ(1, mms_set_refresh(set));
    EXPECT_EQ("label of b", label(1));
    unlink((folder / "a").c_str());
    EXPECT_EQ(1, mms_set_refresh(set));
    EXPECT_EQ("a b ", names());
    EXPECT_EQ(-ENOENT, mms_set_error(set, 0, nullptr));
    EXPECT_EQ(nullptr, mms_set_reader(set, 0));
    EXPECT_EQ(0, mms_set_refresh(set));
}

} // namespace
