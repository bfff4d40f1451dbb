/* SPDX-License-Identifier: MIT
 *
 * Screens of any size, with labels of any kind. */

#include "tools/top/testing.h"

extern "C" {
#include "tools/common/escape.h"
#include "tools/top/screen.h"
}

namespace {

class Screen : public ModelTest {
protected:
    top_view view = {};
    top_picture picture = {};

    void start()
    {
        begin();
        top_view_begin(&view, &model, 2);
        view.where = "/nowhere/*";
        ASSERT_EQ(0, top_view_update(&view));
    }
    void again()
    {
        round();
        ASSERT_EQ(0, top_view_update(&view));
    }
    ~Screen() override
    {
        top_picture_end(&picture);
        top_view_end(&view);
    }
    void act(top_action action)
    {
        top_view_act(&view, action);
        ASSERT_EQ(0, top_view_update(&view));
    }
    std::string draw(int rows, int columns)
    {
        top_picture_end(&picture);
        EXPECT_EQ(0, top_screen_draw(&view, &picture, rows, columns, true));
        char *text = nullptr;
        size_t size = 0;
        FILE *out = open_memstream(&text, &size);
        top_picture_print(&picture, out, false);
        fclose(out);
        std::string result(text, size);
        free(text);
        return result;
    }
    // Pieces in their order, inside of the picture, none over another, and no text wider than its piece.
    void check_pieces()
    {
        int row = 0, column = 0;
        for (size_t i = 0; i < picture.count; i++) {
            const top_piece &piece = picture.pieces[i];
            const mms_text text = {picture.text + piece.text, piece.size};
            ASSERT_GE(piece.row, row);
            ASSERT_GE(piece.column, piece.row == row ? column : 0);
            row = piece.row;
            column = piece.column + piece.columns;
            ASSERT_LT(row, picture.rows);
            ASSERT_LE(column, picture.columns);
            ASSERT_LE(piece.width, piece.columns);
            ASSERT_EQ(size_t(piece.width), mms_escaped_width(text)) << std::string(text.data, text.size);
            ASSERT_EQ(0U, mms_text_flaws(text));
        }
    }
    void check_all_sizes()
    {
        for (int rows : {1, 2, 3, 4, 5, 6, 9, 13, 14, 15, 24, 50})
            for (int columns = 1; columns < 200; columns += columns < 30 ? 1 : 11) {
                draw(rows, columns);
                ASSERT_NO_FATAL_FAILURE(check_pieces()) << rows << " rows, " << columns << " columns";
            }
    }
};

TEST_F(Screen, AsAWhole)
{
    const char *only = "n";
    options.filters = &only;
    options.filter_count = 1;
    Foreign one(folder, "web-2000000001", FIRST_PID), two(folder, "db-2000000002-7", SECOND_PID);
    one.set("n", 1000);
    two.set("n", 5);
    start();
    one.set("n", 1100);
    again();
    EXPECT_EQ("mmtop  2 processes, 2 dead  1 metric  every 2 s\n"
              "         PID COMMAND              STATE FILES  METRICS  RATE/s* BUSIEST\n"
              ">        all 2 processes                    2        1\n"
              "  2000000001 web                  DEAD      1        1      100 n\n"
              "  2000000002 db                   DEAD      1        1        -\n"
              "\n"
              "  METRIC          VALUE  RATE/s* HISTORY           UNIT         KIND       PROCS\n"
              "> n                1105      100                 \u2588              -              2\n"
              "\n\n\n\n\n"
              "q quit  ? help  / filter  Space pause  Tab processes  Enter details  r sort:rate\n",
              draw(14, 80));
}

TEST_F(Screen, Nothing)
{
    start();
    EXPECT_NE(std::string::npos, draw(24, 80).find("no files: /nowhere/*"));
    EXPECT_NE(std::string::npos, draw(2, 30).find("no files: /nowhere/*"));
    check_all_sizes();
}

TEST_F(Screen, HostileTexts)
{
    // controls, no UTF-8, bidi, wide, combining, joined, many marks, and all of it long
    std::string marks = "a", wide;
    for (int i = 0; i < 100; i++) {
        marks += "\u0301";
        wide += "\u65e5";
    }
    Published one(folder, "one\x1b[2J");
    Foreign two(folder, "\u202e\u65e5\u672c", FIRST_PID);
    one.counter("esc\x1b]0;x\x07");
    one.counter("no\xff\xfeutf8");
    one.counter("bidi\u202e\u2066x");
    one.counter("new\nline\ttab\r");
    one.counter("\U0001f468\u200d\U0001f469\u200d\U0001f467");
    one.counter("\u2764\ufe0f");
    one.counter("\u0301front");
    one.counter(marks);
    one.gauge(wide, "\x1b\u65e5\u672c\u8a9e\u65e5\u672c\u8a9e");
    mms_string_set(&one.text("text"), "\x1b[31m\u202e\u65e5\u672c");
    one.open();
    two.set(std::string(300, 'x'), 1);
    start();
    again();
    for (top_page page : {TOP_PAGE_LISTS, TOP_PAGE_HELP}) {
        view.page = page;
        ASSERT_NO_FATAL_FAILURE(check_all_sizes());
    }
    view.page = TOP_PAGE_LISTS;
    for (size_t i = 0; i < view.lists[TOP_LIST_METRICS].count; i++) {
        act(TOP_OPEN);
        ASSERT_NO_FATAL_FAILURE(check_all_sizes());
        act(TOP_BACK);
        act(TOP_DOWN);
    }
    act(TOP_FILTER);
    for (int i = 0; i < 10; i++)
        top_view_type(&view, "\u65e5");
    ASSERT_NO_FATAL_FAILURE(check_all_sizes());
    EXPECT_NE(std::string::npos, draw(24, 80).find("filter: \u65e5"));
}

TEST_F(Screen, AnyNumberOfRows)
{
    std::deque<Foreign> many;
    for (int i = 0; i < 40; i++) {
        many.emplace_back(folder, std::to_string(i), FIRST_PID + i);
        many.back().set("n" + std::to_string(i), i);
    }
    start();
    for (top_action action : {TOP_END, TOP_SWITCH, TOP_END, TOP_PAGE_UP, TOP_OPEN, TOP_OPEN, TOP_HELP, TOP_END}) {
        act(action);
        ASSERT_NO_FATAL_FAILURE(check_all_sizes());
    }
}

TEST_F(Screen, TheSelectedRowIsOnTheScreen)
{
    Foreign one(folder, "one", FIRST_PID);
    for (int i = 0; i < 40; i++)
        one.set("number." + std::to_string(10 + i), 1);
    start();
    act(TOP_END);
    for (int rows = 1; rows < 40; rows++)
        EXPECT_NE(std::string::npos, draw(rows, 60).find("> sys.pid")) << rows;
}

TEST_F(Screen, Details)
{
    Published one(folder, "one");
    mms_double_set(&one.gauge("heat", "bytes"), 2048);
    one.open();
    start();
    act(TOP_OPEN);
    const std::string text = draw(24, 80);
    const char *parts[] = {"heat", "gauge, sum of 1 field in 1 process: 2.00Ki", "unit: bytes", "what it is for", "live"};
    for (const char *part : parts)
        EXPECT_NE(std::string::npos, text.find(part)) << part << "\n" << text;
}

TEST_F(Screen, FilesThatAreNone)
{
    const std::string path = folder.path + "/bad.mmstats";
    fclose(fopen(path.c_str(), "w"));
    start();
    const std::string text = draw(24, 100);
    EXPECT_NE(std::string::npos, text.find("ERROR")) << text;
    EXPECT_NE(std::string::npos, text.find("byte 0")) << text;
    unlink(path.c_str());
}

TEST_F(Screen, InColor)
{
    start();
    draw(4, 40);
    char text[500];
    FILE *out = fmemopen(text, sizeof text, "w");
    top_picture_print(&picture, out, true);
    fclose(out);
    EXPECT_EQ(0, strncmp(text, "\033[1mmmtop", 9)) << text;
}

} // namespace
