// Statements: SELECT, INSERT, UPDATE, DELETE, EXISTS.

#include "dynamo/partiql/parser.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace carillon::dynamo::partiql {

namespace {

constexpr std::array<std::string_view, 30> keywords = {
    "SELECT", "FROM",    "WHERE",  "AND",    "OR",        "NOT",    "IN",   "BETWEEN",
    "IS",     "MISSING", "NULL",   "TRUE",   "FALSE",     "INSERT", "INTO", "VALUE",
    "UPDATE", "SET",     "REMOVE", "DELETE", "RETURNING", "ORDER",  "BY",   "LIKE",
    "LIMIT",  "GROUP",   "HAVING", "OFFSET", "JOIN",      "AS"};

constexpr std::string_view arn_part = ":table/";

/// Tables may be named by their ARN; then `/index/` names the index.
TableName from_arn(TableName name) {
    const std::size_t at = name.table.find(arn_part);
    if (!name.table.starts_with("arn:") || at == std::string::npos) return name;
    name.table.erase(0, at + arn_part.size());
    constexpr std::string_view index_part = "/index/";
    if (const std::size_t slash = name.table.find(index_part); slash != std::string::npos) {
        if (!name.index) name.index = name.table.substr(slash + index_part.size());
        name.table.resize(slash);
    }
    return name;
}

}  // namespace

std::unexpected<Error> malformed(std::string_view why) {
    return fail(Errc::invalid,
                std::string("Statement wasn't well formed, can't be processed: ").append(why));
}

bool is_keyword(std::string_view word) {
    return std::ranges::any_of(
        keywords, [&](std::string_view keyword) { return equals_ignoring_case(word, keyword); });
}

bool is_condition(const Node& node) {
    if (node.kind == NodeKind::call) {
        return node.name == "begins_with" || node.name == "contains" ||
               node.name == "attribute_type" || node.name == "attribute_exists" ||
               node.name == "attribute_not_exists";
    }
    return node.kind >= NodeKind::equal;
}

const std::string& Statement::table() const {
    if (const auto* select = std::get_if<Select>(&body)) return select->from.table;
    if (const auto* insert = std::get_if<Insert>(&body)) return insert->table;
    if (const auto* update = std::get_if<UpdateStatement>(&body)) return update->table;
    if (const auto* erase = std::get_if<DeleteStatement>(&body)) return erase->table;
    return std::get<Exists>(body).select.from.table;
}

Result<Statement> parse(std::string_view text) {
    if (text.size() > statement_size_max) {
        return fail(Errc::invalid, "The statement is longer than 8192 characters");
    }
    return Parser(text).statement();
}

Result<Statement> Parser::statement() {
    Statement out;
    if (at_word("SELECT")) {
        CARILLON_TRY(out.body, select());
    } else if (at_word("INSERT")) {
        CARILLON_TRY(out.body, insert());
    } else if (at_word("UPDATE")) {
        CARILLON_TRY(out.body, update());
    } else if (at_word("DELETE")) {
        CARILLON_TRY(out.body, erase());
    } else if (at_word("EXISTS")) {
        CARILLON_TRY(out.body, exists());
    } else {
        return malformed("Expected data manipulation");
    }
    CARILLON_TRY_VOID(finish());
    out.parameters = parameters_;
    return out;
}

Result<> Parser::finish() {
    accept_symbol(";");
    if (peek().kind == TokenKind::end) return {};
    if (peek().kind == TokenKind::broken || at_symbol("#")) return malformed("");
    for (const std::string_view clause : {"LIMIT", "GROUP", "HAVING", "OFFSET", "JOIN"}) {
        if (at_word(clause)) return unsupported_clause();
    }
    return malformed("Unexpected token after expression");
}

std::unexpected<Error> Parser::unsupported_clause() const {
    std::string name = peek().text;
    std::ranges::transform(name, name.begin(), [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    if (name == "GROUP") name = "GROUP BY";
    return fail(Errc::invalid, "Unsupported clause: " + name + " at " + place_of(text_, peek()));
}

Result<Select> Parser::select() {
    next();
    Select out;
    CARILLON_TRY(out.columns, columns());
    CARILLON_TRY_VOID(expect_word("FROM"));
    CARILLON_TRY(out.from, table_name());
    CARILLON_TRY(out.where, where());
    CARILLON_TRY(out.order, ordering());
    return out;
}

Result<std::vector<Path>> Parser::columns() {
    std::vector<Path> out;
    if (accept_symbol("*")) return out;
    do {
        const Token first = peek();
        if (first.kind == TokenKind::word && peek_next().text == "(" &&
            peek_next().kind == TokenKind::symbol) {
            return fail(Errc::invalid, "Unexpected path component at " + place_of(text_, first));
        }
        CARILLON_TRY(Path path, this->path());
        out.push_back(std::move(path));
    } while (accept_symbol(","));
    return out;
}

Result<std::vector<Ordering>> Parser::ordering() {
    std::vector<Ordering> out;
    if (!accept_word("ORDER")) return out;
    CARILLON_TRY_VOID(expect_word("BY"));
    do {
        if (!at_name()) return unexpected_term();
        Ordering one{peek().text};
        next();
        if (accept_word("DESC")) {
            one.descending = true;
        } else {
            accept_word("ASC");
        }
        out.push_back(std::move(one));
    } while (accept_symbol(","));
    return out;
}

Result<Insert> Parser::insert() {
    next();
    CARILLON_TRY_VOID(expect_word("INTO"));
    Insert out;
    CARILLON_TRY(out.table, table_alone());
    if (at_name()) return malformed("Unexpected token after expression");
    CARILLON_TRY_VOID(expect_word("VALUE"));
    if (peek().kind != TokenKind::parameter && !at_symbol("{")) return unexpected_term();
    item_follows_ = true;
    CARILLON_TRY(out.item, term());
    return out;
}

Result<UpdateStatement> Parser::update() {
    next();
    UpdateStatement out;
    CARILLON_TRY(out.table, table_alone());
    CARILLON_TRY_VOID(no_alias());
    if (!at_word("SET") && !at_word("REMOVE")) return malformed("Expected data manipulation");
    CARILLON_TRY_VOID(assignments(out.assignments));
    CARILLON_TRY(out.where, where());
    CARILLON_TRY(out.returning, returning());
    return out;
}

Result<> Parser::assignments(std::vector<Assignment>& out) {
    while (true) {
        AssignmentKind kind = AssignmentKind::set;
        if (accept_word("REMOVE")) {
            kind = AssignmentKind::remove;
        } else if (!accept_word("SET")) {
            return {};
        }
        do {
            Assignment& one = out.emplace_back();
            one.kind = kind;
            CARILLON_TRY_VOID(assignment(one));
        } while (accept_symbol(","));
    }
}

Result<> Parser::assignment(Assignment& out) {
    CARILLON_TRY(out.path, path());
    if (out.kind == AssignmentKind::remove) return {};
    CARILLON_TRY_VOID(expect_symbol("=", "EQ"));
    CARILLON_TRY(out.value, sum());
    if (is_condition(out.value)) return malformed("Unexpected condition");
    return {};
}

Result<DeleteStatement> Parser::erase() {
    next();
    CARILLON_TRY_VOID(expect_word("FROM"));
    DeleteStatement out;
    CARILLON_TRY(out.table, table_alone());
    CARILLON_TRY_VOID(no_alias());
    CARILLON_TRY(out.where, where());
    CARILLON_TRY(const ReturnValues values, returning());
    if (values != ReturnValues::none && values != ReturnValues::all_old) {
        return malformed("DELETE can only return ALL OLD *");
    }
    out.returning_old = values == ReturnValues::all_old;
    return out;
}

Result<Exists> Parser::exists() {
    next();
    CARILLON_TRY_VOID(expect_symbol("(", "LEFT_PAREN"));
    if (!at_word("SELECT")) return unexpected_term();
    Exists out;
    CARILLON_TRY(out.select, select());
    CARILLON_TRY_VOID(expect_symbol(")", "RIGHT_PAREN"));
    return out;
}

Result<TableName> Parser::table_name() {
    if (!at_name()) return unexpected_term();
    TableName out{peek().text};
    next();
    if (accept_symbol(".")) {
        if (!at_name()) return malformed("Invalid path dot component");
        out.index = peek().text;
        next();
    }
    CARILLON_TRY_VOID(no_alias());
    if (at_symbol(",")) return malformed("Only one table can be read by a statement");
    return from_arn(std::move(out));
}

Result<std::string> Parser::table_alone() {
    if (!at_name()) return unexpected_term();
    TableName out{peek().text};
    next();
    if (at_symbol(".")) return malformed("An index cannot be written to");
    return from_arn(std::move(out)).table;
}

Result<> Parser::no_alias() const {
    if (at_name() || at_word("AS")) return fail(Errc::invalid, "Aliasing is not supported");
    return {};
}

Result<std::optional<Node>> Parser::where() {
    if (!accept_word("WHERE")) return std::nullopt;
    in_where_ = true;
    CARILLON_TRY(Node node, condition());
    in_where_ = false;
    return node;
}

Result<ReturnValues> Parser::returning() {
    if (!accept_word("RETURNING")) return ReturnValues::none;
    const bool all = accept_word("ALL");
    if (!all) CARILLON_TRY_VOID(expect_word("MODIFIED"));
    const bool old_values = accept_word("OLD");
    if (!old_values) CARILLON_TRY_VOID(expect_word("NEW"));
    CARILLON_TRY_VOID(expect_symbol("*", "STAR"));
    if (all) return old_values ? ReturnValues::all_old : ReturnValues::all_new;
    return old_values ? ReturnValues::updated_old : ReturnValues::updated_new;
}

// --- Tokens ---

const Token& Parser::peek_next() const {
    return tokens_[std::min(at_ + 1, tokens_.size() - 1)];
}

void Parser::next() {
    if (at_ + 1 < tokens_.size()) ++at_;
}

bool Parser::at_symbol(std::string_view symbol) const {
    return peek().kind == TokenKind::symbol && peek().text == symbol;
}

bool Parser::at_word(std::string_view keyword) const {
    return peek().kind == TokenKind::word && equals_ignoring_case(peek().text, keyword);
}

bool Parser::at_name() const {
    if (peek().kind == TokenKind::quoted) return true;
    return peek().kind == TokenKind::word && !is_keyword(peek().text);
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

Result<> Parser::expect_symbol(std::string_view symbol, std::string_view expected) {
    if (accept_symbol(symbol)) return {};
    return malformed("Expected " + std::string(expected));
}

Result<> Parser::expect_word(std::string_view keyword) {
    if (accept_word(keyword)) return {};
    if (peek().kind == TokenKind::word && is_keyword(peek().text)) {
        return malformed("Unexpected keyword");
    }
    return malformed("Expected " + std::string(keyword));
}

std::unexpected<Error> Parser::unexpected_term() const {
    if (peek().kind == TokenKind::broken || at_symbol("#")) return malformed("");
    const bool keyword = peek().kind == TokenKind::word && is_keyword(peek().text);
    return malformed(keyword ? "Unexpected keyword" : "Unexpected term");
}

Result<> Parser::enter() {
    if (depth_ == nesting_max) return malformed("Nesting is too deep");
    ++depth_;
    return {};
}

}  // namespace carillon::dynamo::partiql
