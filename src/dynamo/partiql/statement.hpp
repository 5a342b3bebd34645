// A parsed PartiQL statement, and the parser's one function.
//
// A plain tree: what the text says, before parameters are bound (bind.hpp) and before anything is
// known of the table (plan.hpp). Its depth is bounded by the parser, so walking it recursively is
// safe.
//
// Source: DynamoDB developer guide, "PartiQL - a SQL-compatible query language for Amazon
// DynamoDB".

#pragma once

#include "core/result.hpp"
#include "dynamo/database.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace carillon::dynamo::partiql {

enum class NodeKind : std::uint8_t {
    path,
    literal,
    parameter,
    list,  ///< `[...]`
    map,   ///< `{...}`; names are the children's names.
    set,   ///< `<<...>>`
    call,
    add,
    subtract,
    // From here on: conditions, as are calls of some functions.
    equal,
    not_equal,
    less,
    less_equal,
    greater,
    greater_equal,
    between,     ///< Operand, lower bound, upper bound.
    in,          ///< Operand, candidates; or operand and one parameter that holds a list.
    is_missing,  ///< Of one path.
    is_null,
    all,       ///< AND of two or more.
    any,       ///< OR of two or more.
    negation,  ///< NOT of one.
};

struct Node {
    NodeKind kind = NodeKind::literal;
    Path path{};
    Value value{};              ///< `literal`
    std::size_t parameter = 0;  ///< Which of the statement's parameters, from zero.
    std::string name{};         ///< `call`: the function in lower case. Child of a map: its name.
    /// `call`: where the name and the first operand stand, as errors say it ("1:23:5").
    std::string place{};
    std::string operand_place{};
    std::vector<Node> children{};
};

/// Whether the node is true or false, not a value.
[[nodiscard]] bool is_condition(const Node& node);

struct TableName {
    std::string table{};
    std::optional<std::string> index{};
};

struct Ordering {
    std::string attribute{};
    bool descending = false;
};

struct Select {
    std::vector<Path> columns{};  ///< Empty: `*`.
    TableName from{};
    std::optional<Node> where{};
    std::vector<Ordering> order{};
};

struct Insert {
    std::string table{};
    Node item{};
};

enum class AssignmentKind : std::uint8_t { set, remove };

struct Assignment {
    AssignmentKind kind = AssignmentKind::set;
    Path path{};
    Node value{};  ///< Of `set`.
};

struct UpdateStatement {
    std::string table{};
    std::vector<Assignment> assignments{};
    std::optional<Node> where{};
    ReturnValues returning = ReturnValues::none;
};

struct DeleteStatement {
    std::string table{};
    std::optional<Node> where{};
    bool returning_old = false;
};

/// `EXISTS(SELECT ...)`, in transactions.
struct Exists {
    Select select{};
};

struct Statement {
    std::variant<Select, Insert, UpdateStatement, DeleteStatement, Exists> body{};
    std::size_t parameters = 0;  ///< How many `?` it has.

    [[nodiscard]] bool reads() const { return std::holds_alternative<Select>(body); }

    [[nodiscard]] const std::string& table() const;
};

inline constexpr std::size_t statement_size_max = 8192;
inline constexpr std::size_t nesting_max = 64;

/// `invalid` with DynamoDB's texts ("Statement wasn't well formed, can't be processed: ...").
[[nodiscard]] Result<Statement> parse(std::string_view text);

[[nodiscard]] std::unexpected<Error> malformed(std::string_view why);

}  // namespace carillon::dynamo::partiql
