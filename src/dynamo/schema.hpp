// What a table looks like.

#pragma once

#include "core/time.hpp"
#include "dynamo/item/value.hpp"
#include "dynamo/settings.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::dynamo {

struct KeyAttribute {
    std::string name;
    Type type = Type::string;  ///< string, number or binary.
    bool operator==(const KeyAttribute&) const = default;
};

struct KeySchema {
    KeyAttribute hash;
    std::optional<KeyAttribute> sort{};
    /// Keys of global indexes may have up to four of each: those behind the first.
    std::vector<KeyAttribute> more_hash{};
    std::vector<KeyAttribute> more_sort{};
    bool operator==(const KeySchema&) const = default;

    /// All of them, hash attributes first.
    [[nodiscard]] std::vector<const KeyAttribute*> attributes() const;
    [[nodiscard]] std::vector<const KeyAttribute*> hash_attributes() const;
    [[nodiscard]] std::vector<const KeyAttribute*> sort_attributes() const;
    [[nodiscard]] bool has(std::string_view attribute) const;

    [[nodiscard]] bool is_multiple() const { return !more_hash.empty() || !more_sort.empty(); }
};

inline constexpr std::size_t key_attributes_each_max = 4;

enum class ProjectionType : std::uint8_t { all, keys_only, include };

struct IndexSchema {
    std::string name;
    bool local = false;  ///< LSI: same hash key as the table, consistent reads.
    KeySchema key;
    ProjectionType projection = ProjectionType::all;
    std::vector<std::string> non_key_attributes{};  ///< For `include`.
    bool operator==(const IndexSchema&) const = default;
};

struct TableSchema {
    std::string name;
    KeySchema key;
    std::vector<IndexSchema> indexes{};
    /// The attribute with an item's expiry in epoch seconds (TTL), when enabled.
    std::optional<std::string> ttl_attribute{};
    TableSettings settings{};
    bool operator==(const TableSchema&) const = default;

    [[nodiscard]] const IndexSchema* index(std::string_view index_name) const;
};

using SchemaPtr = std::shared_ptr<const TableSchema>;

struct TableDescription {
    TableSchema schema;
    std::string status = "ACTIVE";
    TimePoint created_at{};
    std::string id{};             ///< UUID.
    std::int64_t item_count = 0;  ///< Approximate.
    std::int64_t size_bytes = 0;  ///< Approximate.
    /// Of the latest stream, which may have ended; empty when there never was one.
    std::string stream_label{};
    /// Global indexes that are being filled: they cannot be read yet.
    std::vector<std::string> building{};
    bool ttl_building = false;  ///< Time to live is being turned on.
};

/// The key attributes of an item (of a complete one or a key), or `invalid` with DynamoDB's texts:
/// missing key, wrong type, empty key value, too long (hash 2048, sort 1024 bytes).
[[nodiscard]] Result<Item> extract_key(const Item& item, const KeySchema& key);
/// As extract_key, and nothing else may be in it ("The provided key element does not match the
/// schema").
[[nodiscard]] Result<> check_key(const Item& key_item, const KeySchema& key);
/// Rules for names, key types, number of indexes, projections.
[[nodiscard]] Result<> check_schema(const TableSchema& schema);

inline constexpr std::size_t item_bytes_max = 400 * 1024;
inline constexpr std::size_t page_bytes_max = 1024 * 1024;

}  // namespace carillon::dynamo
