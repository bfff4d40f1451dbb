/* SPDX-License-Identifier: MIT
 *
 * The model, with real files. A round passes "in a second": rates are what was added. */

#include <cmath>

#include "tools/top/testing.h"

namespace {

using Model = ModelTest;

// NaN compares equal to nothing.
std::string shown(const std::vector<double> &numbers)
{
    std::string text;
    for (double number : numbers)
        text += (text.empty() ? "" : " ") + (std::isnan(number) ? "-" : std::to_string(std::lround(number)));
    return text;
}

TEST_F(Model, Nothing)
{
    begin();
    EXPECT_EQ(0U, model.process_count);
    EXPECT_EQ(0U, model.metric_count);
    round();
    EXPECT_EQ(2U, model.rounds);
}

TEST_F(Model, SumsOverTheFilesOfAProcess)
{
    Published one(folder, "one"), two(folder, "two");
    auto &a = one.counter("hits"), &b = two.counter("hits");
    auto &heat = two.gauge("heat", "bytes");
    one.open();
    two.open();
    mms_counter_add(&a, 5);
    mms_counter_add(&b, 7);
    mms_double_set(&heat, -0.5);
    begin();
    ASSERT_EQ(1U, model.process_count);
    EXPECT_EQ(uint64_t(getpid()), model.processes[0].pid);
    EXPECT_EQ(MMS_LIVE, model.processes[0].live);
    EXPECT_EQ(2U, model.processes[0].count);
    EXPECT_EQ(12U, read("hits").value.u);
    EXPECT_EQ(2U, read("hits").fields);
    EXPECT_EQ(1U, read("hits").processes);
    EXPECT_TRUE(std::isnan(read("hits").rate));
    EXPECT_EQ(-0.5, read("heat").value.f);
    EXPECT_EQ("bytes", std::string(metric("heat")->unit.data, metric("heat")->unit.size));

    mms_counter_add(&a, 1000);
    mms_counter_add(&b, 1);
    mms_double_set(&heat, -1);
    round();
    EXPECT_EQ(1013U, read("hits").value.u);
    EXPECT_EQ(1001, read("hits").rate);
    EXPECT_EQ(-0.5, read("heat").rate);
    EXPECT_EQ(1001, model.processes[0].busiest); // over its files
    EXPECT_EQ(metric("hits"), &model.metrics[model.processes[0].busiest_metric]);
}

TEST_F(Model, ProcessesAreToldApart)
{
    Foreign one(folder, "one", FIRST_PID), more(folder, "more", FIRST_PID), two(folder, "two", SECOND_PID);
    Published live(folder, "live");
    auto &hits = live.counter("hits");
    live.open();
    one.set("n", 10);
    more.set("n", 5);
    two.set("n", 100);
    begin();
    ASSERT_EQ(3U, model.process_count);
    EXPECT_EQ(uint64_t(getpid()), model.processes[0].pid);
    const top_process *first = &model.processes[1], *second = &model.processes[2];
    EXPECT_EQ(FIRST_PID, first->pid);
    EXPECT_EQ(MMS_DEAD, first->live);
    EXPECT_EQ(2U, first->count);
    EXPECT_EQ(2U, first->metrics);
    EXPECT_EQ(115U, read("n").value.u);
    EXPECT_EQ(2U, read("n").processes);
    EXPECT_EQ(15U, read("n", first).value.u);
    EXPECT_EQ(1U, read("n", first).processes);
    EXPECT_EQ(100U, read("n", second).value.u);
    EXPECT_EQ(0U, read("n", &model.processes[0]).fields);

    two.set("n", 130);
    more.set("n", 7);
    mms_counter_inc(&hits);
    round();
    first = &model.processes[1], second = &model.processes[2];
    EXPECT_EQ(32, read("n").rate);
    EXPECT_EQ(2, read("n", first).rate);
    EXPECT_EQ(30, read("n", second).rate);
    EXPECT_EQ(30, second->busiest);
    EXPECT_EQ("- 32", shown(history("n")));
    EXPECT_EQ("- 2", shown(history("n", first)));
}

TEST_F(Model, IdentitiesAreNotSummed)
{
    Foreign one(folder, "one", FIRST_PID), two(folder, "two", SECOND_PID);
    begin();
    EXPECT_EQ(MMS_TYPE_PAD, read("sys.pid").value.type);
    EXPECT_EQ(2U, read("sys.pid").processes);
    EXPECT_EQ(FIRST_PID, read("sys.pid", &model.processes[0]).value.u);
    EXPECT_TRUE(std::isnan(read("sys.pid").rate));
}

TEST_F(Model, AHistogramCountsItsSamples)
{
    Published one(folder, "one");
    auto &sizes = one.histogram("sizes");
    one.open();
    mms_histogram_add(&sizes, 3);
    begin();
    EXPECT_EQ(1U, read("sizes").value.u);
    mms_histogram_add(&sizes, 3000);
    mms_histogram_add(&sizes, 3);
    round();
    EXPECT_EQ(3U, read("sizes").value.u);
    EXPECT_EQ(2, read("sizes").rate);
    round();
    EXPECT_EQ("- 2 0", shown(history("sizes")));
}

TEST_F(Model, AHistogramThatBeginsAnew)
{
    auto one = std::make_unique<Published>(folder, "one");
    auto &before = one->histogram("sizes");
    one->open();
    for (int i = 0; i < 5; i++)
        mms_histogram_add(&before, 3);
    begin();
    one.reset(); // its name is free then
    one = std::make_unique<Published>(folder, "one");
    auto &after = one->histogram("sizes");
    one->open();
    mms_histogram_add(&after, 3);
    round();
    EXPECT_EQ(1, read("sizes").rate);
}

TEST_F(Model, TextsAreNoNumbers)
{
    Published one(folder, "one");
    mms_string_set(&one.text("name"), "x");
    one.open();
    begin();
    EXPECT_EQ(MMS_TYPE_PAD, read("name").value.type);
    EXPECT_TRUE(std::isnan(read("name").rate));
}

TEST_F(Model, Filters)
{
    const char *filters[] = {"h*"};
    options.filters = filters;
    options.filter_count = 1;
    Published one(folder, "one");
    auto &hits = one.counter("hits");
    one.counter("other");
    one.open();
    begin();
    EXPECT_EQ(nullptr, metric("other"));
    mms_counter_add(&hits, 2);
    round();
    EXPECT_EQ(2, read("hits").rate);
    EXPECT_EQ(1U, model.processes[0].metrics);
}

// --- what comes and goes ---------------------------------------------------------------------------------------------

TEST_F(Model, IdsAndHistoryStay)
{
    Foreign b(folder, "b", SECOND_PID);
    b.set("n", 1);
    begin();
    const uint64_t process = model.processes[0].id, n = metric("n")->id;
    b.set("n", 3);
    round();
    Foreign a(folder, "a", FIRST_PID);
    a.set("n", 10);
    a.set("m", 0);
    b.set("n", 7);
    round();
    ASSERT_EQ(2U, model.process_count);
    EXPECT_EQ(process, model.processes[1].id);
    EXPECT_NE(process, model.processes[0].id);
    EXPECT_EQ(n, metric("n")->id);
    EXPECT_NE(n, metric("m")->id);
    EXPECT_EQ("- 2 4", shown(history("n"))); // what came with a file was not counted in this round
    EXPECT_EQ("- 2 4", shown(history("n", &model.processes[1])));
    EXPECT_EQ("- - -", shown(history("n", &model.processes[0])));
}

TEST_F(Model, WhatGoesIsForgotten)
{
    auto a = std::make_unique<Foreign>(folder, "a", FIRST_PID);
    Foreign b(folder, "b", SECOND_PID);
    a->set("only.a", 1);
    b.set("n", 1);
    begin();
    const uint64_t id = metric("only.a")->id;
    a.reset();
    round();
    EXPECT_EQ(nullptr, metric("only.a"));
    EXPECT_EQ(1U, model.process_count);
    a = std::make_unique<Foreign>(folder, "a", FIRST_PID);
    a->set("only.a", 1);
    round();
    EXPECT_NE(id, metric("only.a")->id);
    EXPECT_EQ("-", shown({history("only.a")[0]}));
}

TEST_F(Model, AFileThatGrowsKeepsItsHistory)
{
    Published one(folder, "one");
    auto &hits = one.counter("hits");
    one.open();
    begin();
    mms_counter_add(&hits, 3);
    round();
    auto &early = one.counter("a.field.that.comes.later");
    mms_counter_add(&hits, 4);
    round();
    mms_counter_add(&early, 9);
    round();
    EXPECT_EQ("- 3 4 0", shown(history("hits", &model.processes[0])));
    EXPECT_EQ("- - - 9", shown(history("a.field.that.comes.later", &model.processes[0])));
}

TEST_F(Model, HistoryIsBounded)
{
    Published one(folder, "one");
    auto &hits = one.counter("hits");
    one.open();
    begin();
    for (int i = 0; i < 2 * TOP_HISTORY; i++) {
        mms_counter_add(&hits, uint64_t(i));
        round();
    }
    ASSERT_EQ(size_t(TOP_HISTORY), history("hits").size());
    EXPECT_EQ(TOP_HISTORY, history("hits").front());
    EXPECT_EQ(2 * TOP_HISTORY - 1, history("hits").back());
    EXPECT_EQ(history("hits"), history("hits", &model.processes[0]));
}

TEST_F(Model, FilesThatAreNone)
{
    const std::string paths[] = {folder.path + "/bad.mmstats", folder.path + "/worse.mmstats"};
    for (const std::string &path : paths)
        fclose(fopen(path.c_str(), "w"));
    begin();
    ASSERT_EQ(2U, model.process_count); // whose they are is not known: each stands for itself
    EXPECT_FALSE(model.processes[0].readable);
    EXPECT_EQ(0U, model.processes[0].pid);
    for (const std::string &path : paths)
        unlink(path.c_str());
    round();
    EXPECT_EQ(0U, model.process_count);
}

} // namespace
