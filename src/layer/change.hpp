// A change of an item, as callers and change streams tell it, and where it belongs in a layer.
//
// A change always carries the whole item (of a removal: at least what its id and its partition are
// worked out from): so the last change of an item, by sequence, is its state.

#pragma once

#include "core/result.hpp"
#include "dynamo/item/value.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::layer {

enum class ChangeType : std::uint8_t { put, update, remove };

/// `PUT`, `UPDATE`, `DELETE`.
[[nodiscard]] std::string_view to_string(ChangeType type);
[[nodiscard]] std::optional<ChangeType> parse_change_type(std::string_view text);

/// Where in a change stream a change was read. Of one shard, a change at or before the last
/// position that a partition has seen is a repetition and is dropped.
struct SourcePosition {
    std::string shard;
    std::string sequence;  ///< A decimal number of any length.
};

/// Whether a comes after b, both decimal numbers of any length.
[[nodiscard]] bool sequence_after(std::string_view a, std::string_view b);

struct Change {
    ChangeType type = ChangeType::put;
    dynamo::Item item;
    std::optional<SourcePosition> position{};
};

/// The id, or the partition, of an item. Errors are passed to who made the change.
using KeyOf = std::function<Result<std::string>(const dynamo::Item&)>;

/// The text of a top-level attribute: strings as they are, numbers as DynamoDB writes them.
/// A missing one is the empty text, which is a partition but no id.
[[nodiscard]] KeyOf by_attribute(std::string name);
/// Several of them, joined by `#`; `#` and `%` inside a value are written as `%23` and `%25`.
[[nodiscard]] KeyOf by_attributes(std::vector<std::string> names);

inline constexpr std::size_t id_bytes_max = 1024;
inline constexpr std::size_t partition_bytes_max = 900;

struct Place {
    std::string partition;
    std::string id;
    bool operator==(const Place&) const = default;
};

/// `invalid` when there is no id ("Item must have an unique identifier"), or one is too long or not
/// UTF-8.
[[nodiscard]] Result<Place> place_of(const dynamo::Item& item,
                                     const KeyOf& partition_of,
                                     const KeyOf& id_of);
/// The rules of partition names alone.
[[nodiscard]] Result<> check_partition(std::string_view partition);

}  // namespace carillon::layer
