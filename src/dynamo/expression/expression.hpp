// DynamoDB's expression language: parsed once, then evaluated many times.
//
// Source: DynamoDB developer guide, "Expressions" and its grammar pages. A parsed expression has
// its attribute names resolved (#name placeholders need the names map when parsing) and refers to
// values by their :name; values are given at each evaluation, so a domain parses its expressions at
// start and pays for evaluation only. All types are immutable and may be shared between threads.

#pragma once

#include "core/result.hpp"
#include "dynamo/item/value.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace carillon::dynamo {

/// `#name` -> attribute name. Keys with the leading `#`.
using ExpressionNames = std::vector<std::pair<std::string, std::string>>;
/// `:name` -> value. Keys with the leading `:`. Few, so a flat list.
using ExpressionValues = std::vector<std::pair<std::string, Value>>;

/// One step of a document path: an attribute name or a list index.
struct PathStep {
    std::string name;         ///< Empty for an index.
    std::int64_t index = -1;  ///< For `[n]`.
    bool operator==(const PathStep&) const = default;
};

using Path = std::vector<PathStep>;

/// The value at `path`, or nullptr.
[[nodiscard]] const Value* resolve(const Item& item, const Path& path);

/// What an expression was parsed from, for engines that send it on: its text and the names that it
/// refers to.
struct ExpressionSource {
    std::string text;
    ExpressionNames names;
};

/// A condition, filter or key condition.
class Condition {
public:
    /// Errors are `invalid`, with DynamoDB's text after "Invalid ConditionExpression: " (the caller
    /// adds which expression it was). `used_names` and `used_values` report what was referred to,
    /// so that a front end can refuse what is unused.
    /// With `values`, a missing one is refused here already, so that of several faults the one that
    /// DynamoDB names is named; `check` finds it in any case.
    [[nodiscard]] static Result<Condition> parse(std::string_view text,
                                                 const ExpressionNames& names = {},
                                                 const ExpressionValues* values = nullptr);

    /// `invalid` when a value is missing or an operand has a type that the operator refuses
    /// (checked before items are looked at; call it once per request).
    [[nodiscard]] Result<> check(const ExpressionValues& values) const;
    /// Whether it holds for the item (an absent item is an empty one).
    [[nodiscard]] Result<bool> holds(const Item& item, const ExpressionValues& values) const;

    [[nodiscard]] const std::vector<std::string>& used_names() const;
    [[nodiscard]] const std::vector<std::string>& used_values() const;

    /// Every path that is read, as often as it is written. A front end refuses conditions that look
    /// inside key attributes, and filters on the keys of a query.
    [[nodiscard]] const std::vector<Path>& paths() const;
    [[nodiscard]] const ExpressionSource& source() const;

    struct Node;
    [[nodiscard]] const Node& root() const;  ///< For the key-condition analysis.

private:
    struct Parsed;
    // Shared: requests copy the expression, the tree is never changed.
    std::shared_ptr<const Parsed> parsed_;
};

/// SET, REMOVE, ADD and DELETE clauses.
class Update {
public:
    /// As Condition::parse; errors go behind "Invalid UpdateExpression: ".
    [[nodiscard]] static Result<Update> parse(std::string_view text,
                                              const ExpressionNames& names = {},
                                              const ExpressionValues* values = nullptr);
    /// As Condition::check.
    [[nodiscard]] Result<> check(const ExpressionValues& values) const;
    /// Applies all clauses to `item`, every operand read from the item as it was before. On error
    /// (`invalid`: wrong operand type, invalid document path, overflow) `item` is unchanged; the
    /// text is DynamoDB's whole text, without a prefix.
    /// `touched`, when given, is replaced by the paths that were written or removed (for
    /// UPDATED_OLD/NEW), as the expression names them: not where an appended element came to lie.
    [[nodiscard]] Result<> apply(Item& item,
                                 const ExpressionValues& values,
                                 std::vector<Path>* touched = nullptr) const;

    /// Every path that is written or read, as often as it is written.
    [[nodiscard]] const std::vector<Path>& paths() const;
    /// Whether a clause writes this top-level attribute (key attributes must not be updated).
    [[nodiscard]] bool touches(std::string_view attribute) const;
    /// Whether all clauses are REMOVE and DELETE: then there is nothing to do where no item is.
    [[nodiscard]] bool only_erases() const;
    /// The type of what is written to this top-level attribute, as far as the request alone decides
    /// it: a path's type only the item knows.
    [[nodiscard]] std::optional<Type> written_type(std::string_view attribute,
                                                   const ExpressionValues& values) const;
    [[nodiscard]] const ExpressionSource& source() const;
    [[nodiscard]] const std::vector<std::string>& used_names() const;
    [[nodiscard]] const std::vector<std::string>& used_values() const;

private:
    struct Parsed;
    std::shared_ptr<const Parsed> parsed_;
};

/// Which parts of an item a reader wants.
class Projection {
public:
    /// Errors as of Condition::parse, to go behind "Invalid ProjectionExpression: ".
    [[nodiscard]] static Result<Projection> parse(std::string_view text,
                                                  const ExpressionNames& names = {});
    /// Top-level attributes only, for KEYS_ONLY and INCLUDE projections and AttributesToGet.
    [[nodiscard]] static Projection of_attributes(std::vector<std::string> names);
    /// The named parts that the item has; lists close up around elements that were not named.
    [[nodiscard]] Item apply(const Item& item) const;
    [[nodiscard]] const std::vector<std::string>& used_names() const;
    [[nodiscard]] const std::vector<Path>& paths() const;

private:
    struct Parsed;
    std::shared_ptr<const Parsed> parsed_;
};

enum class SortOperator : std::uint8_t {
    equal,
    less,
    less_equal,
    greater,
    greater_equal,
    between,
    begins_with
};

struct SortCondition {
    SortOperator op = SortOperator::equal;
    Value value;
    Value upper{};  ///< For `between`.
};

/// Which items of one partition a query reads.
struct KeyCondition {
    Value hash;
    std::optional<SortCondition> sort{};
    /// For keys of several attributes: the values of all hash attributes behind the first.
    std::vector<Value> more_hash{};
    /// The values of the leading sort attributes; `sort` is about the one behind them.
    std::vector<Value> sort_prefix{};
};

/// The names of a key's attributes, in order.
struct KeyNames {
    std::vector<std::string_view> hash;
    std::vector<std::string_view> sort;
};

/// Makes a KeyCondition of a KeyConditionExpression for the given key attributes
/// (`sort_attribute` empty when the key has none). `invalid` with DynamoDB's whole texts, those
/// that begin with "Invalid KeyConditionExpression: " included. The types of the values are not
/// compared with the schema: only the caller knows it.
[[nodiscard]] Result<KeyCondition> parse_key_condition(std::string_view text,
                                                       const ExpressionNames& names,
                                                       const ExpressionValues& values,
                                                       std::string_view hash_attribute,
                                                       std::string_view sort_attribute);

/// The same for keys of several attributes: equality on every hash attribute, and conditions on the
/// sort attributes from the left, of which only the last may be anything else.
[[nodiscard]] Result<KeyCondition> parse_key_condition(std::string_view text,
                                                       const ExpressionNames& names,
                                                       const ExpressionValues& values,
                                                       const KeyNames& key);

/// DynamoDB's 573 reserved words; any case.
[[nodiscard]] bool is_reserved_word(std::string_view word);

}  // namespace carillon::dynamo
