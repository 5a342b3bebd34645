// Where things lie in RocksDB: the layout of its keys.
//
//   items    table id, partition prefix (8 bytes of MD5), hash key, sort key  -> encoded item
//   indexes  index id, partition prefix of the index hash key, index hash key, index sort key,
//            tie (8 bytes of MD5 of the item's key), hash key, sort key       -> partition prefix
//   indexes  TTL index id, expiry in seconds, hash key, sort key              -> partition prefix
//   meta     one letter for the kind, then what catalog.hpp, marks.hpp and tokens.hpp say
//
// Ids are 4 bytes, never used twice. An index entry ends in the item's own key, so it is a pointer;
// its value spares readers the MD5. Scans of indexes go in the hash order of their partitions too,
// and the tie orders entries of equal index keys, both as in DynamoDB. Index keys may have several
// hash and sort attributes, one behind the other. Projections are applied when reading, from the
// item itself.

#pragma once

#include "dynamo/schema.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace carillon::dynamo::embedded {

struct Index;
struct Table;

inline constexpr std::size_t key_attributes_max = 8;
inline constexpr std::size_t id_bytes = 4;
inline constexpr std::size_t prefix_bytes = 8;

void append_u32(std::uint32_t value, std::string& out);
void append_u64(std::uint64_t value, std::string& out);
[[nodiscard]] std::uint32_t read_u32(std::string_view bytes);
[[nodiscard]] std::uint64_t read_u64(std::string_view bytes);
[[nodiscard]] std::string id_prefix(std::uint32_t id);

/// The first key after all that begin with `prefix`; empty when there is none.
[[nodiscard]] std::string after_prefix(std::string_view prefix);

/// The key of an item; `key` holds at least the key attributes, of the right types.
[[nodiscard]] std::string item_key(std::uint32_t table, const KeySchema& schema, const Item& key);

/// Hash and sort key as they stand at the end of an item's key and of its index entries.
[[nodiscard]] inline std::string_view primary_of(std::string_view item_key_bytes) {
    return item_key_bytes.substr(id_bytes + prefix_bytes);
}

/// An entry's key, and the part of it that names the index partition (index id and hash key).
/// Both empty where the item is not in the index.
struct Entry {
    std::string_view key{};
    std::string_view partition{};
};

/// The entries of one item in all indexes of its table, the TTL index last, as a list of bytes that
/// take_entry reads. `key`: the item's, as item_key makes it.
void append_entries(const Table& table, const Item& item, std::string_view key, std::string& out);
/// The key of the item's entry in that index; empty where it is not in it.
[[nodiscard]] std::string entry_key(const Table& table,
                                    const Index& index,
                                    const Item& item,
                                    std::string_view key);
/// What follows the index id in the keys of a partition's entries.
void append_index_partition(const Index& index,
                            std::span<const Value* const> hash_values,
                            std::string& out);
/// The item's key at the end of an entry's, or `corrupt`.
[[nodiscard]] Result<std::string_view> primary_of_entry(const Index& index, std::string_view entry);
/// Takes the next entry off such a list.
[[nodiscard]] Entry take_entry(std::string_view& list);

/// Expiry in seconds, when the item has one that counts: a number, not before 1970.
[[nodiscard]] std::optional<std::int64_t> expiry_of(const Table& table, const Item& item);
/// Expiries up to this one are too long ago at `now` to count, in seconds; never below zero.
[[nodiscard]] std::int64_t oldest_expiry(TimePoint now);
/// As DynamoDB has it: the time has come, and not five years ago.
[[nodiscard]] bool is_expired(std::optional<std::int64_t> expiry, TimePoint now);

}  // namespace carillon::dynamo::embedded
