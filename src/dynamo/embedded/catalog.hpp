// The tables of a store: their schemas, ids and counts.
//
// Immutable once published: readers take the current Catalog and keep it as long as they need.
// The writer makes a changed copy for each create or delete of a table.
//
// In the meta column family: `s` + table name -> the table as an encoded item; `n` -> next id;
// `c` + table id -> number of items and their bytes; `x` + stream id -> see streams.hpp.

#pragma once

#include "dynamo/embedded/streams.hpp"
#include "dynamo/expression/expression.hpp"
#include "dynamo/schema.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::dynamo::embedded {

struct Index {
    IndexSchema schema;
    std::uint32_t id = 0;
    /// What the index holds of an item; absent when it holds everything.
    std::optional<Projection> projection{};
    /// It does not hold all items yet: backfill.cpp.
    bool building = false;
    /// The key's attributes, hash first; views into `schema`.
    std::vector<const KeyAttribute*> key_attributes{};
    std::size_t hash_count = 1;
};

struct Counts {
    std::int64_t items = 0;
    std::int64_t bytes = 0;
};

struct Table {
    TableSchema schema;
    std::uint32_t id = 0;
    std::vector<Index> indexes{};
    std::uint32_t ttl_index = 0;  ///< 0: no TTL attribute.
    bool ttl_building = false;    ///< As Index::building.
    std::string uuid{};
    TimePoint created_at{};
    /// What append_entries reads, sorted, for decode_attributes. Views into `schema`.
    std::vector<std::string_view> entry_attributes{};
    /// Where changes of its items are recorded; nullptr where they are not.
    StreamPtr stream{};
    std::string stream_label{};  ///< Of the latest stream.

    /// Set by the writer when the table was deleted or replaced by a changed copy.
    mutable std::atomic<bool> stale = false;

    /// Committed counts; shared between the copies of a table.
    struct SharedCounts {
        std::atomic<std::int64_t> items = 0;
        std::atomic<std::int64_t> bytes = 0;
    };

    std::shared_ptr<SharedCounts> counts = std::make_shared<SharedCounts>();

    [[nodiscard]] const Index* index(std::string_view name) const;
    /// Whether the index of that id, which may be the TTL index, is being filled.
    [[nodiscard]] bool is_building(std::uint32_t index_id) const;
    [[nodiscard]] TableDescription describe() const;
};

using TablePtr = std::shared_ptr<const Table>;

struct Catalog {
    std::map<std::string, TablePtr, std::less<>> tables{};
    Streams streams{};  ///< Those that have ended too, until they are forgotten.
    std::uint32_t next_id = 1;

    [[nodiscard]] TablePtr find(std::string_view name) const;
    [[nodiscard]] StreamPtr find_stream(const StreamName& name) const;
};

using CatalogPtr = std::shared_ptr<const Catalog>;

/// A table with fresh ids, taken from `next_id`.
[[nodiscard]] std::shared_ptr<Table> make_table(TableSchema schema,
                                                std::uint32_t& next_id,
                                                std::string uuid,
                                                TimePoint created_at);
/// Fills in what is derived (`entry_attributes`, projections, `key_attributes`); call it when
/// schema and ids stand, and after copying.
void finish_table(Table& table);

/// Parts of the store's own records, which are items.
[[nodiscard]] Value encode_key_schema(const KeySchema& key);
/// Of the item's attribute `key`.
[[nodiscard]] Result<KeySchema> decode_key_schema(const Item& item);
[[nodiscard]] const std::string* text_of(const Item& item, std::string_view name);
[[nodiscard]] std::optional<std::int64_t> whole_of(const Item& item, std::string_view name);

[[nodiscard]] std::string encode_table(const Table& table);
/// Its stream is found among `streams`.
[[nodiscard]] Result<std::shared_ptr<Table>> decode_table(std::string_view bytes,
                                                          const Streams& streams);

/// A table to be changed and published in place of the one given.
[[nodiscard]] std::shared_ptr<Table> copy_table(const Table& table);

[[nodiscard]] std::string encode_counts(const Counts& counts);
[[nodiscard]] Result<Counts> decode_counts(std::string_view bytes);

}  // namespace carillon::dynamo::embedded
