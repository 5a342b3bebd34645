// What a WHERE clause says about keys.
//
// Inside this module: splits a condition into what selects items by their key and what is left to
// filter them by.

#pragma once

#include "core/result.hpp"
#include "dynamo/partiql/bind.hpp"
#include "dynamo/partiql/statement.hpp"
#include "dynamo/schema.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace carillon::dynamo::partiql {

/// The parts of a condition that all must hold; pointers into `where`.
[[nodiscard]] std::vector<const Node*> conjuncts(const std::optional<Node>& where);

/// The value when the node is `attribute = value`, either way round.
[[nodiscard]] Result<std::optional<Value>> equality(const Node& node,
                                                    std::string_view attribute,
                                                    const Parameters& parameters);

/// The values when the node confines the attribute to some: `=`, IN, or an OR of these.
[[nodiscard]] Result<std::optional<std::vector<Value>>> choices(const Node& node,
                                                                std::string_view attribute,
                                                                const Parameters& parameters);

/// The node as a condition on the sort key, when it is one that queries know.
[[nodiscard]] Result<std::optional<SortCondition>> sort_condition(const Node& node,
                                                                  std::string_view attribute,
                                                                  const Parameters& parameters);

/// A whole primary key out of the conjuncts, which loses those that it uses.
[[nodiscard]] Result<std::optional<Item>> take_key(std::vector<const Node*>& parts,
                                                   const KeySchema& key,
                                                   const Parameters& parameters);

}  // namespace carillon::dynamo::partiql
