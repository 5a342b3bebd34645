#include "cli/console.hpp"

#include "cli/table.hpp"

#include <gtest/gtest.h>

namespace carillon::cli {
namespace {

TEST(DisplayWidth, CountsColumnsNotBytes) {
    struct Case {
        const char* text;
        std::size_t columns;
    };

    const Case cases[] = {
        {"", 0},
        {"abc", 3},
        {"Größe", 5},
        {"日本語", 6},
        {"한글", 4},
        {"ｆｕ", 4},
        {"e\u0301", 1},  // e with a combining acute accent
        {"🔔", 2},
        {"❤\ufe0f", 1},   // variation selectors take no column of their own
        {"a\u200bb", 2},  // zero width space
        {"Ω≈ç", 3},
    };
    for (const Case& c : cases) EXPECT_EQ(display_width(c.text), c.columns) << c.text;
}

TEST(Printable, DisarmsWhatATerminalWouldObey) {
    EXPECT_EQ(printable("plain Größe 日本"), "plain Größe 日本");
    EXPECT_EQ(printable("a\x1b[2Jb"), "a\\x1b[2Jb");
    EXPECT_EQ(printable("a\r\nb\tc"), "a\\r\\nb\\tc");
    EXPECT_EQ(printable(std::string_view("a\0b\x7f", 4)), "a\\x00b\\x7f");
    EXPECT_EQ(printable("\xc2\x9b"
                        "2J"),
              "\\x9b2J");  // the one-character form of ESC [
    EXPECT_EQ(printable("\xff\xfe"), "\\xff\\xfe");
    EXPECT_EQ(printable("\xc3"), "\\xc3");
    EXPECT_EQ(printable("\xe2\x80\xae"
                        "gpj.exe"),
              "\\u202egpj.exe");  // right-to-left override
}

TEST(Fit, CutsAtAColumnAndSaysSo) {
    EXPECT_EQ(fit("abcdef", 6), "abcdef");
    EXPECT_EQ(fit("abcdef", 4), "abc…");
    EXPECT_EQ(fit("日本語", 4), "日…");
    EXPECT_EQ(fit("日本語", 5), "日本…");
    EXPECT_EQ(fit("abc", 0), "");
    EXPECT_EQ(fit("abc", 1), "…");
}

TEST(Paint, UsesColoursOnlyWhereTheyAreWanted) {
    EXPECT_EQ(paint("ok", Style::good, true), "\x1b[32mok\x1b[0m");
    EXPECT_EQ(paint("ok", Style::good, false), "ok");
    EXPECT_EQ(paint("ok", Style::plain, true), "ok");
    EXPECT_EQ(paint("", Style::bad, true), "");
}

TEST(Table, AlignsWhateverTheScript) {
    Table table({"ID", "STATUS", "URL"});
    table.add({{"short"}, {"PENDING"}, {"https://a.example/"}});
    table.add({{"日本語の名前"}, {"FAILED"}, {"https://b.example/"}});
    EXPECT_EQ(table.render(false, 0),
              "ID            STATUS   URL\n"
              "short         PENDING  https://a.example/\n"
              "日本語の名前  FAILED   https://b.example/\n");
}

TEST(Table, CutsOnlyTheLastColumn) {
    Table table({"ID", "URL"});
    table.add({{"abcdefghij"}, {"https://example.org/a/long/path"}});
    EXPECT_EQ(table.render(false, 24), "ID          URL\nabcdefghij  https://exa…\n");
    // A terminal that is much too narrow still shows something of it.
    EXPECT_EQ(table.render(false, 5), "ID          URL\nabcdefghij  https:/…\n");
}

TEST(Table, EscapesBeforeItMeasures) {
    Table table({"ID", "URL"});
    table.add({{"a\x1b[31m"}, {"u"}});
    EXPECT_EQ(table.render(false, 0), "ID         URL\na\\x1b[31m  u\n");
}

TEST(Table, LeavesNoBlanksAtTheEndOfLines) {
    Table table({"ID", "NOTE"});
    table.add({{"a"}, {""}});
    EXPECT_EQ(table.render(false, 0), "ID  NOTE\na\n");
}

}  // namespace
}  // namespace carillon::cli
