#include "dynamo/expression/parser.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

namespace carillon::dynamo {
namespace {

// Text of 4 KB with at most 300 operators needs far less, unless its parentheses are redundant.
constexpr std::size_t nesting_max = 480;

void add_once(std::vector<std::string>& list, std::string_view text) {
    if (std::ranges::find(list, text) == list.end()) list.emplace_back(text);
}

}  // namespace

Result<> Parser::check_size(std::string_view text) {
    if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
        return fail(Errc::invalid, "The expression can not be empty;");
    }
    if (text.size() > expression_size_max) {
        return fail(Errc::invalid,
                    "Expression size has exceeded the maximum allowed size; expression size: " +
                        std::to_string(text.size()));
    }
    return {};
}

Parser::Parser(std::string_view text,
               const ExpressionNames& names,
               std::span<const std::string_view> keywords,
               const ExpressionValues* values,
               Rule values_rule)
    : text_(text),
      names_(names),
      keywords_(keywords),
      values_(values),
      values_rule_(values_rule),
      tokens_(lex(text)) {}

const Token& Parser::peek_next() const {
    return tokens_[std::min(at_ + 1, tokens_.size() - 1)];
}

void Parser::next() {
    if (!at_end()) ++at_;
}

bool Parser::at_symbol(std::string_view symbol) const {
    return peek().kind == TokenKind::symbol && peek().text == symbol;
}

bool Parser::at_word(std::string_view keyword) const {
    return peek().kind == TokenKind::word && equal_words(peek().text, keyword);
}

bool Parser::accept_symbol(std::string_view symbol) {
    if (!at_symbol(symbol)) return false;
    next();
    return true;
}

bool Parser::accept_word(std::string_view keyword) {
    if (!at_word(keyword)) return false;
    next();
    return true;
}

bool Parser::expect_symbol(std::string_view symbol) {
    return accept_symbol(symbol) || syntax_error();
}

bool Parser::syntax_error() {
    if (syntax_error_.empty()) syntax_error_ = syntax_error_text(text_, tokens_, at_);
    return false;
}

bool Parser::is_keyword(std::string_view word) const {
    return std::ranges::any_of(
        keywords_, [&](std::string_view keyword) { return equal_words(word, keyword); });
}

bool Parser::at_call() const {
    return peek().kind == TokenKind::word && !is_keyword(peek().text) &&
           peek_next().kind == TokenKind::symbol && peek_next().text == "(";
}

bool Parser::at_path() const {
    return peek().kind == TokenKind::name ||
           (peek().kind == TokenKind::word && !is_keyword(peek().text));
}

bool Parser::path(Path& path) {
    return path_name(path) && path_tail(path);
}

bool Parser::path_tail(Path& path) {
    while (true) {
        if (accept_symbol(".")) {
            if (!path_name(path)) return false;
        } else if (accept_symbol("[")) {
            if (!path_index(path)) return false;
        } else {
            break;
        }
    }
    if (path.size() > path_depth_max) {
        note(Rule::operands,
             "The document path has too many nesting levels; nesting levels: " +
                 std::to_string(path.size()));
    }
    return true;
}

bool Parser::path_name(Path& path) {
    const Token token = peek();
    if (!at_path()) return syntax_error();
    next();
    if (token.kind == TokenKind::word) {
        if (is_reserved_word(token.text)) {
            note(Rule::reserved,
                 "Attribute name is a reserved keyword; reserved keyword: " +
                     std::string(token.text));
        }
        path.push_back({std::string(token.text)});
        return true;
    }
    const auto found = std::ranges::find(names_, token.text, &ExpressionNames::value_type::first);
    if (found == names_.end()) {
        note(Rule::names,
             "An expression attribute name used in the document path is not defined; attribute "
             "name: " +
                 std::string(token.text));
        path.push_back({std::string(token.text)});
        return true;
    }
    add_once(used_.names, token.text);
    path.push_back({found->second});
    return true;
}

bool Parser::path_index(Path& path) {
    const Token token = peek();
    if (token.kind != TokenKind::number) return syntax_error();
    next();
    std::int64_t index = 0;
    const auto [stopped, error] = std::from_chars(token.text.begin(), token.text.end(), index);
    if (error != std::errc{} || index > std::numeric_limits<std::int32_t>::max()) {
        note(Rule::reserved,
             "List index is not within the allowable range; index: [" + std::string(token.text) +
                 "]");
        index = 0;
    }
    path.push_back({{}, index});
    return expect_symbol("]");
}

bool Parser::value(std::string& name) {
    if (peek().kind != TokenKind::value) return syntax_error();
    name = peek().text;
    add_once(used_.values, name);
    if (values_ != nullptr && find_value(*values_, name) == nullptr) {
        note(values_rule_, undefined_value(name).error().message);
    }
    next();
    return true;
}

bool Parser::enter() {
    if (depth_ == nesting_max) {
        note(Rule::nesting, "The expression has redundant parentheses;");
        return false;
    }
    ++depth_;
    return true;
}

void Parser::count_operator() {
    if (++operators_ == operators_max + 1) {
        note(Rule::operators,
             "The expression contains too many operators; operator count: " +
                 std::to_string(operators_));
    }
}

void Parser::note(Rule rule, std::string text) {
    std::string& kept = notes_[static_cast<std::size_t>(rule)];
    if (kept.empty()) kept = std::move(text);
}

Result<> Parser::finish() const {
    if (!syntax_error_.empty()) return fail(Errc::invalid, syntax_error_);
    for (const std::string& text : notes_) {
        if (!text.empty()) return fail(Errc::invalid, text);
    }
    return {};
}

ExpressionSource source_of(std::string_view text,
                           const ExpressionNames& names,
                           const UsedPlaceholders& used) {
    ExpressionSource source{std::string(text), {}};
    source.names.reserve(used.names.size());
    for (const auto& name : names) {
        if (std::ranges::find(used.names, name.first) != used.names.end()) {
            source.names.push_back(name);
        }
    }
    return source;
}

const Value* find_value(const ExpressionValues& values, std::string_view name) {
    const auto found = std::ranges::find(values, name, &ExpressionValues::value_type::first);
    return found == values.end() ? nullptr : &found->second;
}

std::unexpected<Error> undefined_value(std::string_view name) {
    return fail(
        Errc::invalid,
        "An expression attribute value used in expression is not defined; attribute value: " +
            std::string(name));
}

std::unexpected<Error> wrong_operand_type(std::string_view function, Type type) {
    return fail(Errc::invalid,
                "Incorrect operand type for operator or function; operator or function: " +
                    std::string(function) + ", operand type: " + std::string(type_name(type)));
}

std::string operand_count_text(std::string_view function, std::size_t count) {
    return "Incorrect number of operands for operator or function; operator or function: " +
           std::string(function) + ", number of operands: " + std::to_string(count);
}

std::string requires_path_text(std::string_view function) {
    return "Operator or function requires a document path; operator or function: " +
           std::string(function);
}

}  // namespace carillon::dynamo
