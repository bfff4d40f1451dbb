/* SPDX-License-Identifier: MIT
 *
 * Lists, and what keys do to them. */

#include "tools/top/testing.h"

extern "C" {
#include "tools/top/keys.h"
}

namespace {

class View : public ModelTest {
protected:
    top_view view = {};

    void start()
    {
        begin();
        top_view_begin(&view, &model, 2);
        view.where = "here";
        update();
        for (top_list &list : view.lists)
            list.shown = 3;
    }
    ~View() override { top_view_end(&view); }
    void update() { ASSERT_EQ(0, top_view_update(&view)); }
    void again()
    {
        round();
        update();
    }
    void act(top_action action)
    {
        top_view_act(&view, action);
        update();
    }
    void type(const char *text)
    {
        act(TOP_FILTER);
        for (; *text; text++)
            top_view_type(&view, std::string(1, *text).c_str());
        act(TOP_OPEN);
    }
    static std::string name(const top_row &row) { return std::string(row.name.data, row.name.size); }
    // Names of a list's rows.
    std::string names(top_which which)
    {
        std::string text;
        for (size_t i = 0; i < view.lists[which].count; i++) {
            const top_row &row = view.lists[which].rows[i];
            text += (text.empty() ? "" : " ") + (row.index == TOP_ALL ? "*" : name(row));
        }
        return text;
    }
    std::string metrics() { return names(TOP_LIST_METRICS); }
    std::string processes() { return names(TOP_LIST_PROCESSES); }
    std::string selected()
    {
        const top_list *list = top_view_list(&view);
        return list->count ? name(list->rows[list->selected]) : "";
    }
};

// Three processes that are dead, with a number each in n, and a and b in the second and third.
class Three : public View {
protected:
    Foreign one{folder, "web-2000000001", FIRST_PID}, two{folder, "db-2000000002-7", SECOND_PID},
        three{folder, "x", THIRD_PID};
    const char *only = "[anN]*";
    void SetUp() override
    {
        options.filters = &only; // no sys.pid
        options.filter_count = 1;
        one.set("n", 5);
        two.set("n", 50);
        two.set("a", 1000);
        three.set("n", 500);
        three.set("a.b", 2);
        start();
    }
    // Sorting by rate goes by what moved.
    void move_on(int n, int a)
    {
        one.set("n", 5 + n);
        two.set("a", 1000 + a);
        again();
    }
};

TEST_F(Three, Commands)
{
    EXPECT_EQ("* db web x", processes()); // nothing moves: by name
    act(TOP_SWITCH);
    act(TOP_SORT_PROCESS);
    EXPECT_EQ("* web db x", processes());
    act(TOP_REVERSE);
    EXPECT_EQ("* x db web", processes());
    act(TOP_SORT_VALUE);
    act(TOP_REVERSE);
    EXPECT_EQ("* db x web", processes());
    act(TOP_SORT_RATE);
    move_on(7, 3);
    EXPECT_EQ("* web db x", processes());
}

TEST_F(Three, Sorting)
{
    EXPECT_EQ("a a.b n", metrics());
    move_on(7, -9); // a change is a change
    EXPECT_EQ("a n a.b", metrics());
    move_on(30, -9);
    EXPECT_EQ("n a a.b", metrics());
    act(TOP_SORT_VALUE);
    EXPECT_EQ("a n a.b", metrics());
    act(TOP_SORT_PROCESS);
    EXPECT_EQ("n a a.b", metrics());
    act(TOP_SORT_NAME);
    EXPECT_EQ("a a.b n", metrics());
    act(TOP_REVERSE);
    EXPECT_EQ("n a.b a", metrics());
}

TEST_F(Three, AProcessIsPicked)
{
    act(TOP_SWITCH);
    act(TOP_SORT_PROCESS);
    act(TOP_END);
    EXPECT_EQ("a.b n", metrics());
    EXPECT_EQ(500U, view.lists[TOP_LIST_METRICS].rows[1].reading.value.u);
    EXPECT_EQ(THIRD_PID, top_view_process(&view)->pid);
    act(TOP_OPEN);
    EXPECT_EQ(TOP_LIST_METRICS, view.focus);
    act(TOP_SWITCH);
    act(TOP_HOME);
    EXPECT_EQ("a a.b n", metrics());
    EXPECT_EQ(nullptr, top_view_process(&view));
}

TEST_F(Three, Filters)
{
    type("B");
    EXPECT_EQ("a.b", metrics());
    act(TOP_BACK);
    EXPECT_EQ("a a.b n", metrics());
    type("[an]");
    EXPECT_EQ("a n", metrics());
    act(TOP_SWITCH);
    type("eb");
    EXPECT_EQ("* web", processes());
    type("x");
    EXPECT_EQ("*", processes());
    EXPECT_STREQ("ebx", view.lists[TOP_LIST_PROCESSES].filter);
    act(TOP_FILTER);
    top_view_erase(&view, false);
    update();
    EXPECT_EQ("* web", processes());
    act(TOP_BACK);
    EXPECT_FALSE(view.editing);
    EXPECT_EQ("* db web x", processes());
}

TEST_F(Three, AFilterHasAnEnd)
{
    act(TOP_FILTER);
    for (int i = 0; i < 100; i++)
        top_view_type(&view, "\u65e5");
    EXPECT_EQ(63U, strlen(view.lists[TOP_LIST_METRICS].filter));
    top_view_erase(&view, false);
    EXPECT_EQ(60U, strlen(view.lists[TOP_LIST_METRICS].filter));
    top_view_erase(&view, true);
    top_view_erase(&view, false);
    EXPECT_STREQ("", view.lists[TOP_LIST_METRICS].filter);
    act(TOP_QUIT); // no action while one types
    EXPECT_FALSE(view.quit);
}

TEST_F(Three, WhatIsSelectedStaysSelected)
{
    act(TOP_DOWN);
    EXPECT_EQ("a.b", selected());
    move_on(7, 0);
    EXPECT_EQ("n a a.b", metrics());
    EXPECT_EQ("a.b", selected());
    act(TOP_HOME);
    move_on(7, 9);
    EXPECT_EQ("a", selected()); // the top stays the top
    act(TOP_SWITCH);
    act(TOP_END);
    const uint64_t pid = top_view_process(&view)->pid;
    act(TOP_SORT_NAME);
    act(TOP_REVERSE);
    EXPECT_EQ(pid, top_view_process(&view)->pid);
}

TEST_F(View, AProcessThatGoesGivesWayToAll)
{
    auto gone = std::make_unique<Foreign>(folder, "gone", SECOND_PID);
    Foreign stays(folder, "stays", FIRST_PID);
    start();
    act(TOP_SWITCH);
    act(TOP_SORT_PROCESS);
    act(TOP_END);
    EXPECT_EQ("gone", selected());
    gone.reset();
    again();
    EXPECT_EQ(nullptr, top_view_process(&view));
    EXPECT_EQ("* stays", processes());
}

TEST_F(Three, Details)
{
    act(TOP_END);
    act(TOP_OPEN);
    EXPECT_EQ(TOP_PAGE_DETAILS, view.page);
    ASSERT_NE(nullptr, top_view_metric(&view));
    EXPECT_EQ(3U, view.lists[TOP_LIST_PLACES].count);
    act(TOP_SORT_VALUE);
    EXPECT_EQ(500U, view.lists[TOP_LIST_PLACES].rows[0].reading.value.u);
    act(TOP_HELP);
    EXPECT_EQ(TOP_PAGE_HELP, view.page);
    act(TOP_HELP);
    EXPECT_EQ(TOP_PAGE_DETAILS, view.page);
    act(TOP_BACK);
    EXPECT_EQ(TOP_PAGE_LISTS, view.page);
}

TEST_F(View, AMetricGoesWhileItsDetailsAreShown)
{
    auto gone = std::make_unique<Foreign>(folder, "gone", SECOND_PID);
    start();
    act(TOP_OPEN);
    EXPECT_EQ(TOP_PAGE_DETAILS, view.page);
    gone.reset();
    again();
    EXPECT_EQ(TOP_PAGE_LISTS, view.page);
    act(TOP_OPEN); // there is nothing to open
    EXPECT_EQ(TOP_PAGE_LISTS, view.page);
}

TEST_F(Three, Moving)
{
    const top_list *list = top_view_list(&view);
    act(TOP_UP);
    EXPECT_EQ(0U, list->selected);
    act(TOP_PAGE_DOWN);
    EXPECT_EQ(2U, list->selected);
    act(TOP_DOWN);
    EXPECT_EQ(2U, list->selected);
    act(TOP_PAGE_UP);
    EXPECT_EQ(0U, list->selected);
}

TEST_F(View, TheListFollowsTheSelection)
{
    top_list list = {};
    list.count = 10;
    list.selected = 7;
    top_list_show(&list, 4);
    EXPECT_EQ(4U, list.first);
    list.selected = 2;
    top_list_show(&list, 4);
    EXPECT_EQ(2U, list.first);
    list.selected = 9;
    top_list_show(&list, 4);
    list.count = 7;
    list.selected = 6;
    top_list_show(&list, 5);
    EXPECT_EQ(2U, list.first);
    top_list_show(&list, 20);
    EXPECT_EQ(0U, list.first);
    top_list_show(&list, 0);
}

TEST_F(View, Interval)
{
    start();
    act(TOP_SLOWER);
    EXPECT_EQ(5, view.interval);
    view.interval = 3;
    act(TOP_FASTER);
    EXPECT_EQ(2, view.interval);
    for (int i = 0; i < 20; i++)
        act(TOP_FASTER);
    EXPECT_EQ(0.1, view.interval);
    for (int i = 0; i < 20; i++)
        act(TOP_SLOWER);
    EXPECT_EQ(60, view.interval);
}

// --- keys ------------------------------------------------------------------------------------------------------------

TEST(Keys, EachActionHasOneAndEachKeyMeansOne)
{
    std::map<int, int> codes, actions;
    for (size_t i = 0; i < top_key_count; i++) {
        actions[top_keys[i].action]++;
        for (int code : top_keys[i].codes)
            codes[code]++;
    }
    codes.erase(0);
    for (auto [code, count] : codes)
        EXPECT_EQ(1, count) << code;
    for (int action = TOP_NOTHING + 1; action <= TOP_QUIT; action++)
        EXPECT_EQ(1, actions[action]) << action;
    EXPECT_EQ(TOP_QUIT, top_key_action('q', false));
    EXPECT_EQ(TOP_NOTHING, top_key_action('q', true));
    EXPECT_EQ(TOP_NOTHING, top_key_action(0, false));
}

} // namespace
