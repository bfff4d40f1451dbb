/* SPDX-License-Identifier: MIT
 *
 * testing.h - real files in a folder, and a model of them, for tests. */
#ifndef MMSTATS_TOOLS_TOP_TESTING_H
#define MMSTATS_TOOLS_TOP_TESTING_H

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <cstdio>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "mmstats/writer.h"

extern "C" {
#include "tools/top/model.h"
}

// A folder that goes with all that is in it.
struct Folder {
    std::string path;
    Folder()
    {
        const char *tmp = getenv("TEST_TMPDIR");
        path = std::string(tmp ? tmp : "/tmp") + "/top-XXXXXX";
        EXPECT_NE(nullptr, mkdtemp(&path[0]));
    }
    ~Folder() { rmdir(path.c_str()); }
};

// A file NAME.mmstats of this process.
class Published {
public:
    Published(const Folder &folder, const std::string &name)
    {
        const std::string file = name + ".mmstats";
        mms_options options = {};
        options.size = sizeof options;
        options.directory = folder.path.c_str();
        options.files = file.c_str();
        EXPECT_EQ(0, mms_writer_new(&options, &writer_));
    }
    ~Published() { mms_writer_close(writer_); }
    mms_counter &counter(const std::string &label) { return add(counters_, MMS_KIND_COUNTER, label); }
    mms_double &gauge(const std::string &label, const char *unit = nullptr)
    {
        return add(doubles_, MMS_KIND_DOUBLE, label, unit);
    }
    mms_string &text(const std::string &label) { return add(strings_, MMS_KIND_STRING, label); }
    mms_histogram &histogram(const std::string &label) { return add(histograms_, MMS_KIND_HISTOGRAM, label); }
    void open() { EXPECT_EQ(0, mms_writer_open(writer_)) << mms_writer_error(writer_); }

private:
    template <typename T>
    T &add(std::deque<T> &handles, mms_kind kind, const std::string &label, const char *unit = nullptr)
    {
        mms_field field = {};
        field.kind = kind;
        field.label = label.c_str();
        field.unit = unit;
        field.help = "what it is for";
        if (kind == MMS_KIND_STRING)
            field.size = 64;
        if (kind == MMS_KIND_HISTOGRAM) {
            field.size = 3 + 256 * 20;
            field.number = 1;
        }
        handles.emplace_back();
        EXPECT_EQ(0, mms_writer_add(writer_, &field, &handles.back()));
        return handles.back();
    }

    mms_writer *writer_ = nullptr;
    std::deque<mms_counter> counters_;
    std::deque<mms_double> doubles_;
    std::deque<mms_string> strings_;
    std::deque<mms_histogram> histograms_;
};

// A file NAME.mmstats of version 1, of a process that says no more than its PID, and is not alive: no such PID can be.
class Foreign {
public:
    Foreign(const Folder &folder, const std::string &name, uint64_t pid) : path_(folder.path + "/" + name + ".mmstats")
    {
        set("sys.pid", pid);
    }
    ~Foreign() { unlink(path_.c_str()); }
    // A u64, with no word on what it counts.
    void set(const std::string &label, uint64_t value)
    {
        values_[label] = value;
        std::string data(1, '\1');
        for (const auto &[name, number] : values_) {
            put(data, static_cast<uint16_t>(name.size()));
            data += name;
            put(data, uint16_t{1});
            data += "Q\xff";
            put(data, number);
        }
        data.resize(4096);
        FILE *file = fopen(path_.c_str(), values_.size() == 1 ? "w" : "r+");
        EXPECT_EQ(data.size(), fwrite(data.data(), 1, data.size(), file));
        fclose(file);
    }

private:
    template <typename T>
    static void put(std::string &data, T number)
    {
        data.append(reinterpret_cast<const char *>(&number), sizeof number);
    }
    std::string path_;
    std::map<std::string, uint64_t> values_;
};

enum { FIRST_PID = 2000000001, SECOND_PID, THIRD_PID }; // beyond the greatest that the kernel gives

// A model of the folder's files.
class ModelTest : public testing::Test {
protected:
    Folder folder;
    mms_set *set = nullptr;
    mms_watch watch = {};
    mms_tool_options options = {};
    top_model model = {};

    void begin()
    {
        mms_reader_options how = {};
        how.size = sizeof how;
        how.mode = MMS_READ_LIVE;
        ASSERT_EQ(0, mms_set_open((folder.path + "/*.mmstats").c_str(), &how, &set));
        ASSERT_EQ(0, mms_watch_begin(&watch, set));
        top_model_begin(&model, &watch, &options);
        ASSERT_EQ(0, top_model_round(&model));
    }
    // A round, as if exactly a second had passed.
    void round()
    {
        ASSERT_EQ(0, mms_watch_next(&watch));
        watch.passed = 1;
        ASSERT_EQ(0, top_model_round(&model));
    }
    ~ModelTest() override
    {
        top_model_end(&model);
        mms_watch_end(&watch);
        mms_set_close(set);
    }
    const top_metric *metric(const std::string &label)
    {
        for (size_t i = 0; i < model.metric_count; i++)
            if (std::string(model.metrics[i].label.data, model.metrics[i].label.size) == label)
                return &model.metrics[i];
        return nullptr;
    }
    top_reading read(const std::string &label, const top_process *process = nullptr)
    {
        const top_metric *one = metric(label);
        EXPECT_NE(nullptr, one) << label;
        return one ? top_model_read(&model, one, process) : top_reading();
    }
    std::vector<double> history(const std::string &label, const top_process *process = nullptr)
    {
        double numbers[TOP_HISTORY];
        top_model_history(&model, metric(label), process, numbers);
        return std::vector<double>(numbers, numbers + model.rounds);
    }
};

#endif
