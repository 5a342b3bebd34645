// What the parsers of conditions, updates and projections share: reading tokens, document paths and
// placeholders, the limits of an expression, and which of several errors DynamoDB names.
//
// DynamoDB parses the whole text first, then checks one rule after the other over the whole
// expression. So a broken syntax stops a parser at once, while a broken rule is only noted and
// `finish` picks the one that DynamoDB would have reported.

#pragma once

#include "dynamo/expression/expression.hpp"
#include "dynamo/expression/lexer.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::dynamo {

inline constexpr std::size_t expression_size_max = 4096;
inline constexpr std::size_t operators_max = 300;
inline constexpr std::size_t path_depth_max = 32;

/// The placeholders that an expression refers to, each once, in order of their first use.
struct UsedPlaceholders {
    std::vector<std::string> names{};
    std::vector<std::string> values{};
};

/// Rules in the order in which DynamoDB checks them.
enum class Rule : std::uint8_t {
    parentheses,
    function,            ///< Functions that do not exist here.
    misuse,              ///< Functions where they may not stand.
    reserved,            ///< Reserved words, list indexes.
    function_of_update,  ///< Functions that do not exist, in updates: there reserved words come
                         ///< first.
    misuse_of_update,    ///< ... and those where they may not stand.
    section,             ///< Clauses of updates given twice.
    operators,           ///< Too many of them.
    names,               ///< Undefined #names.
    values,              ///< Undefined :values, where the parser was given the values.
    paths,               ///< Overlaps and conflicts.
    operands,
    nesting,  ///< A guard of our own, not DynamoDB's.
    count,
};

class Parser {
public:
    Parser(const Parser&) = delete;
    Parser& operator=(const Parser&) = delete;

    /// Whether the text is of a size that may be parsed; `invalid` otherwise. Call it first.
    [[nodiscard]] static Result<> check_size(std::string_view text);

protected:
    /// `keywords` may not stand for attributes. With `values`, an undefined one is a fault of
    /// `values_rule`. Everything given must outlive the parser.
    Parser(std::string_view text,
           const ExpressionNames& names,
           std::span<const std::string_view> keywords,
           const ExpressionValues* values = nullptr,
           Rule values_rule = Rule::values);
    ~Parser() = default;

    [[nodiscard]] const Token& peek() const { return tokens_[at_]; }

    [[nodiscard]] const Token& peek_next() const;

    [[nodiscard]] std::size_t position() const { return at_; }

    void next();
    [[nodiscard]] bool at_symbol(std::string_view symbol) const;
    [[nodiscard]] bool at_word(std::string_view keyword) const;

    [[nodiscard]] bool at_end() const { return peek().kind == TokenKind::end; }

    bool accept_symbol(std::string_view symbol);
    bool accept_word(std::string_view keyword);

    /// The functions below return false after noting a syntax error; the caller gives up then.
    bool expect_symbol(std::string_view symbol);
    bool syntax_error();
    bool path(Path& path);
    /// The `.name` and `[n]` steps behind a path's start.
    bool path_tail(Path& path);
    bool value(std::string& name);

    [[nodiscard]] const ExpressionValues* given_values() const { return values_; }

    /// `word (`: a call. Keywords call nothing.
    [[nodiscard]] bool at_call() const;
    [[nodiscard]] bool at_path() const;

    /// Guards recursion against hostile text. False once the text is nested too deeply.
    bool enter();

    void leave() { --depth_; }

    void count_operator();
    /// Keeps the first text of each rule.
    void note(Rule rule, std::string text);

    /// The error to report, if any.
    [[nodiscard]] Result<> finish() const;

    [[nodiscard]] UsedPlaceholders take_used() { return std::move(used_); }

private:
    bool path_name(Path& path);
    bool path_index(Path& path);
    [[nodiscard]] bool is_keyword(std::string_view word) const;

    std::string_view text_;
    const ExpressionNames& names_;
    std::span<const std::string_view> keywords_;
    const ExpressionValues* values_;
    Rule values_rule_;
    std::vector<Token> tokens_;
    std::size_t at_ = 0;
    std::size_t depth_ = 0;
    std::size_t operators_ = 0;
    UsedPlaceholders used_;
    std::string syntax_error_;
    std::array<std::string, static_cast<std::size_t>(Rule::count)> notes_;
};

/// The text with those of the names that it uses.
[[nodiscard]] ExpressionSource source_of(std::string_view text,
                                         const ExpressionNames& names,
                                         const UsedPlaceholders& used);
/// The value of that `:name`, or nullptr.
[[nodiscard]] const Value* find_value(const ExpressionValues& values, std::string_view name);
/// "An expression attribute value used in expression is not defined; attribute value: :v"
[[nodiscard]] std::unexpected<Error> undefined_value(std::string_view name);
/// "Incorrect operand type for operator or function; operator or function: F, operand type: T"
[[nodiscard]] std::unexpected<Error> wrong_operand_type(std::string_view function, Type type);
[[nodiscard]] std::string operand_count_text(std::string_view function, std::size_t count);
[[nodiscard]] std::string requires_path_text(std::string_view function);

}  // namespace carillon::dynamo
