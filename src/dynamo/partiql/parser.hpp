// Recursive descent over the tokens of a statement: what expressions and statements share.
//
// Inside this module only. expression_parser.cpp reads conditions and values, parser.cpp the
// statements around them.

#pragma once

#include "dynamo/partiql/lexer.hpp"
#include "dynamo/partiql/statement.hpp"

#include <string_view>
#include <vector>

namespace carillon::dynamo::partiql {

class Parser {
public:
    /// The text must outlive the parser.
    explicit Parser(std::string_view text) : text_(text), tokens_(lex(text)) {}

    Parser(const Parser&) = delete;
    Parser& operator=(const Parser&) = delete;

    Result<Statement> statement();

private:
    // Statements.
    Result<Select> select();
    Result<std::vector<Path>> columns();
    Result<std::vector<Ordering>> ordering();
    Result<Insert> insert();
    Result<UpdateStatement> update();
    Result<> assignments(std::vector<Assignment>& out);
    Result<> assignment(Assignment& out);
    Result<DeleteStatement> erase();
    Result<Exists> exists();
    Result<TableName> table_name();
    Result<std::string> table_alone();
    /// Refuses `"table" t` and `"table" AS t`.
    Result<> no_alias() const;
    Result<std::optional<Node>> where();
    Result<ReturnValues> returning();
    Result<> finish();
    [[nodiscard]] std::unexpected<Error> unsupported_clause() const;

    // Conditions and values, from the loosest binding to the tightest.
    Result<Node> condition();
    Result<Node> expression();
    Result<Node> conjunction();
    Result<Node> negation();
    Result<Node> comparison();
    Result<Node> comparison_of(Node left);
    Result<Node> in(Node left);
    Result<Node> between(Node left);
    Result<Node> is(Node left);
    Result<Node> sum();
    Result<Node> term();
    Result<Node> parenthesised();
    Result<Node> literal();
    /// The number, or why it is none, with where in the value it stands.
    Result<Node> number(const std::string& text) const;
    Result<> check_call(const Node& call) const;
    Result<Node> signed_number();
    Result<Node> list();
    Result<Node> map();
    Result<Node> set();
    Result<Node> call();
    Result<> elements(std::vector<Node>& out, std::string_view closing, std::string_view expected);
    Result<Path> path();
    Result<> path_step(Path& path);

    // Tokens.
    [[nodiscard]] const Token& peek() const { return tokens_[at_]; }

    [[nodiscard]] const Token& peek_next() const;

    void next();
    [[nodiscard]] bool at_symbol(std::string_view symbol) const;
    [[nodiscard]] bool at_word(std::string_view keyword) const;
    [[nodiscard]] bool at_name() const;
    bool accept_symbol(std::string_view symbol);
    bool accept_word(std::string_view keyword);
    Result<> expect_symbol(std::string_view symbol, std::string_view expected);
    Result<> expect_word(std::string_view keyword);
    /// What stands here where a term should.
    [[nodiscard]] std::unexpected<Error> unexpected_term() const;
    /// Refuses text that is nested too deeply; `leave` on the way out of what succeeded.
    Result<> enter();

    void leave() { --depth_; }

    std::string_view text_;
    std::vector<Token> tokens_;
    std::size_t at_ = 0;
    std::size_t depth_ = 0;
    std::size_t parameters_ = 0;
    bool in_where_ = false;
    /// The next map is the item of an INSERT: what is in it is the root of a value itself.
    bool item_follows_ = false;
    std::string inside_ = "root";  ///< Where in a value the parser is.
};

/// Words that cannot be names unless they are quoted.
[[nodiscard]] bool is_keyword(std::string_view word);

}  // namespace carillon::dynamo::partiql
