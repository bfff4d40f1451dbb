/* SPDX-License-Identifier: MIT
 *
 * Values that are busy, files that cannot be read any more, and no memory: what the reader and libc return is changed at
 * the linker (--wrap). */

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

extern "C" {
#include "tools/metrics/metrics.h"

int __real_mms_reader_get(struct mms_reader *reader, size_t i, struct mms_stat *stat);
int __wrap_mms_reader_get(struct mms_reader *reader, size_t i, struct mms_stat *stat);
int __wrap_mms_reader_snapshot(struct mms_reader *reader);
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
}

namespace {

std::string busy_file; // all values of it are busy
int get_error;         // of fields called "bad"
int snapshots, open_transactions;
long callocs_left = -1; // until one fails; below 0: none

} // namespace

int __wrap_mms_reader_get(struct mms_reader *reader, size_t i, struct mms_stat *stat)
{
    mms_stat got;
    int error = __real_mms_reader_get(reader, i, &got);
    if (error < 0)
        return error;
    if (get_error != 0 && got.label.size == 3 && memcmp(got.label.data, "bad", 3) == 0)
        return get_error;
    if (mms_reader_path(reader) == busy_file)
        got.status = MMS_BUSY;
    *stat = got;
    return 0;
}

int __wrap_mms_reader_snapshot(struct mms_reader *)
{
    snapshots++;
    return open_transactions != 0 ? -EBUSY : 0;
}

void *__wrap_calloc(size_t count, size_t size)
{
    if (callocs_left == 0)
        return nullptr;
    callocs_left--;
    return __real_calloc(count, size);
}

namespace {

class Faults : public testing::Test {
protected:
    Faults()
    {
        const char *base = getenv("TEST_TMPDIR");
        std::string made = std::string(base != nullptr ? base : "/tmp") + "/metrics.XXXXXX";
        folder = mkdtemp(&made[0]);
        busy_file.clear();
        get_error = snapshots = open_transactions = 0;
        callocs_left = -1;
    }
    ~Faults() override
    {
        mms_set_close(set);
        std::filesystem::remove_all(folder);
    }

    static std::string v2(std::string label, uint16_t id, std::string body)
    {
        uint32_t size = uint32_t(label.size() + 6 + body.size());
        uint16_t label_size = uint16_t(label.size()), kind = 0;
        std::string out(reinterpret_cast<char *>(&size), 4);
        out.append(reinterpret_cast<char *>(&label_size), 2).append(label);
        out.append(reinterpret_cast<char *>(&id), 2).append(reinterpret_cast<char *>(&kind), 2);
        return out + body;
    }

    void put(const std::string &name, uint64_t count)
    {
        std::string buffered(1, '\1');
        buffered.append(reinterpret_cast<char *>(&count), 8).append(8, '\0');
        std::ofstream(folder + "/" + name, std::ios::binary)
            << '\2' << v2("c", MMS_ID_COUNTER, buffered) << v2("bad", MMS_ID_COUNTER, buffered)
            << v2("text", MMS_ID_STATIC_TEXT, name + std::string(256 - name.size(), '\0')) << std::string(8, '\0');
    }

    // Only what begins so.
    std::string print(const char *begin, int expected = 0)
    {
        if (set == nullptr && mms_set_open((folder + "/*").c_str(), nullptr, &set) < 0)
            abort();
        char *text = nullptr;
        size_t size = 0;
        mms_metrics_options options = {};
        FILE *out = open_memstream(&text, &size);
        EXPECT_EQ(mms_metrics_print(out, set, &options), expected);
        fclose(out);
        std::string found, all(text, size);
        free(text);
        if (expected < 0)
            return all;
        for (size_t at = 0, end; (end = all.find('\n', at)) != std::string::npos; at = end + 1)
            if (all.compare(at, strlen(begin), begin) == 0)
                found += all.substr(at, end + 1 - at);
        return found;
    }

    std::string folder;
    mms_set *set = nullptr;
};

TEST_F(Faults, None)
{
    put("a", 1);
    put("b", 2);
    EXPECT_EQ(print("c_"), "c_total 3\n");
    EXPECT_EQ(print("text"), "text_info{value=\"a\"} 1\ntext_info{value=\"b\"} 1\n");
    EXPECT_EQ(snapshots, 4);
}

// A sum of which a part is missing would look like a restart; a text that may be a mix is shown by nobody.
TEST_F(Faults, Busy)
{
    put("a", 1);
    put("b", 2);
    busy_file = folder + "/b";
    EXPECT_EQ(print("c_"), "");
    EXPECT_EQ(print("# TYPE c"), "# TYPE c counter\n");
    EXPECT_EQ(print("text"), "text_info{value=\"a\"} 1\n");
    EXPECT_EQ(print("mmstats_left_out{reason=\"busy\"}"), "mmstats_left_out{reason=\"busy\"} 3\n");
}

TEST_F(Faults, TruncatedMeanwhile)
{
    put("a", 1);
    get_error = -EIO;
    EXPECT_EQ(print("c_"), "c_total 1\n");
    EXPECT_EQ(print("mmstats_file_errors"), "mmstats_file_errors 1\n");
}

TEST_F(Faults, WritersThatDiedInATransaction)
{
    for (int i = 0; i < 30; i++)
        put("file" + std::to_string(i), 1);
    open_transactions = 1;
    EXPECT_EQ(print("c_"), "c_total 30\n");
    EXPECT_EQ(snapshots, 16);
}

TEST_F(Faults, NoMemoryForAValue)
{
    put("a", 1);
    get_error = -ENOMEM;
    EXPECT_EQ(print("", -ENOMEM), "");
}

TEST_F(Faults, NoMemory)
{
    put("a", 1);
    put("b", 2);
    std::string whole = print("");
    long failures = 0;
    for (bool failed = true; failed; failures++) {
        char *text = nullptr;
        size_t size = 0;
        mms_metrics_options options = {};
        FILE *out = open_memstream(&text, &size);
        callocs_left = failures;
        int error = mms_metrics_print(out, set, &options);
        failed = callocs_left == 0;
        callocs_left = -1;
        fclose(out);
        EXPECT_TRUE(error == 0 || error == -ENOMEM);
        EXPECT_EQ(std::string(text, size), error == 0 ? whole : "");
        free(text);
    }
    EXPECT_GT(failures, 4);
}

} // namespace
