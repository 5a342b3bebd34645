#include "dynamo/expression/lexer.hpp"

#include <gtest/gtest.h>

namespace carillon::dynamo {
namespace {

std::string texts(std::string_view text) {
    std::string joined;
    for (const Token& token : lex(text)) {
        joined += token.kind == TokenKind::end ? "$" : std::string(token.text) + "|";
    }
    return joined;
}

TEST(Lexer, CutsWordsPlaceholdersNumbersAndSymbols) {
    const struct {
        const char* text;
        const char* want;
    } cases[] = {
        {"", "$"},
        {" \t\r\n", "$"},
        {"a=:v", "a|=|:v|$"},
        {"a1_b<>#n_1", "a1_b|<>|#n_1|$"},
        {"a<=b>=c<d>e", "a|<=|b|>=|c|<|d|>|e|$"},
        {"a[10].b", "a|[|10|]|.|b|$"},
        {"f(a,b)", "f|(|a|,|b|)|$"},
        {"_a", "_|a|$"},
        {"1a", "1|a|$"},
        {"# :", "#|:|$"},
        {"#1 :2", "#1|:2|$"},
        {"a\xC3\xA9"
         "b",
         "a|\xC3\xA9|b|$"},
        {"\xC3", "\xC3|$"},
        {"a!=b", "a|!|=|b|$"},
    };

    for (const auto& c : cases) EXPECT_EQ(texts(c.text), c.want) << c.text;
}

TEST(Lexer, NamesTheKindOfEachToken) {
    const auto tokens = lex("a #b :c 1 (");
    ASSERT_EQ(tokens.size(), 6U);
    EXPECT_EQ(tokens[0].kind, TokenKind::word);
    EXPECT_EQ(tokens[1].kind, TokenKind::name);
    EXPECT_EQ(tokens[2].kind, TokenKind::value);
    EXPECT_EQ(tokens[3].kind, TokenKind::number);
    EXPECT_EQ(tokens[4].kind, TokenKind::symbol);
    EXPECT_EQ(tokens[5].kind, TokenKind::end);
    EXPECT_EQ(tokens[5].offset, 11U);
}

TEST(SyntaxErrorText, ShowsTheTokenBetweenItsNeighbours) {
    const struct {
        const char* text;
        std::size_t at;
        const char* want;
    } cases[] = {
        {"INVALID SYNTAX HERE", 0, R"(token: "INVALID", near: "INVALID SYNTAX")"},
        {"ADD hits : incr", 2, R"(token: ":", near: "hits : incr")"},
        {"a  b", 1, R"(token: "b", near: "a  b")"},
        {"SET a = :v,", 5, R"(token: "<EOF>", near: ",")"},
        {"a", 1, R"(token: "<EOF>", near: "a")"},
        {"", 0, R"(token: "<EOF>", near: "")"},
        {"!", 0, R"(token: "!", near: "!")"},
    };

    for (const auto& c : cases) {
        EXPECT_EQ(syntax_error_text(c.text, lex(c.text), c.at),
                  std::string("Syntax error; ") + c.want)
            << c.text;
    }
}

TEST(EqualWords, IgnoresTheCaseOfLetters) {
    EXPECT_TRUE(equal_words("bEtWeEn", "BETWEEN"));
    EXPECT_FALSE(equal_words("AN", "AND"));
    EXPECT_FALSE(equal_words("[", "{"));
}

}  // namespace
}  // namespace carillon::dynamo
