// The layer's rows: where each lies in the table, and what it holds. Pure: names and codecs.
//
// The table has the seed's key (`pk`, `sk`), so a layer can live in a table that the seed uses too:
// all our hash keys begin with `layer:`. Rows are found by their exact keys, never by a prefix of
// one, and a partition's name is the last part of a key: no name can reach into another's rows.
//
//     layer:NAME                     sync                  the syncer's lease, and totals
//     layer:NAME                     feed                  which change stream is followed
//     layer:NAME                     feeder                the follower's lease
//     layer:NAME                     feed:SHARD            how far a change stream has been read
//     layer:NAME:heads:SHARD         =PARTITION            the log's end, what is folded
//     layer:NAME:dirty:SHARD         =PARTITION            there while something is not folded
//     layer:NAME:log:PARTITION       SEQUENCE.PART         a block of changes
//     layer:NAME:manifest:PARTITION  current               which segments make the state
//     layer:NAME:manifest:PARTITION  at:INSTANT.VERSION    the same as it was, for a time
//     layer:NAME:garbage             INSTANT.ID            segments that may go at that instant

#pragma once

#include "core/time.hpp"
#include "dynamo/database.hpp"
#include "layer/change.hpp"
#include "layer/manifest.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace carillon::layer {

/// Letters, digits, `-`, `_` and `.`; 1 to 128.
[[nodiscard]] Result<> check_layer_name(std::string_view name);

inline constexpr int shards = 16;

/// The end of a partition's log. Every write of it is conditional on `version`, but the syncer's.
struct Head {
    std::uint64_t version = 0;   ///< 0: there is no row yet.
    std::uint64_t sequence = 0;  ///< Of the last change.
    std::uint64_t folded = 0;    ///< As the manifest's watermark.
    std::int64_t bytes = 0;      ///< Of changes that are not folded, about.
    TimePoint at{};              ///< Of the last change; never goes back.
    TimePoint since{};           ///< About when the oldest change that is not folded came.

    struct Seen {
        std::string sequence;
        TimePoint at{};
    };

    /// Per shard of a change stream: the last position whose change is in the log.
    std::map<std::string, Seen, std::less<>> positions{};

    [[nodiscard]] std::uint64_t pending() const { return sequence - folded; }
};

/// One row of the log, or one part of it: blocks over the limit of an item are cut.
struct LogRow {
    std::uint64_t first = 0;  ///< Sequence of its first change; the others follow without a gap.
    std::uint64_t count = 0;
    TimePoint at{};
    std::string token;  ///< Of the write, so that a writer knows its own after a lost answer.
    std::uint64_t parts = 1;
    std::string block;  ///< Of all parts.
    /// Seconds that the row is kept after it was folded.
    std::int64_t keep_seconds = 0;

    [[nodiscard]] std::uint64_t last() const { return first + count - 1; }
};

class LayerTable {
public:
    /// Of one layer. The name must have passed check_layer_name.
    LayerTable(std::string table, std::string name);

    [[nodiscard]] const std::string& table() const { return table_; }

    [[nodiscard]] const std::string& name() const { return name_; }

    [[nodiscard]] dynamo::TableSchema schema() const;

    [[nodiscard]] dynamo::Item sync_key() const;
    [[nodiscard]] dynamo::Item feed_key() const;
    [[nodiscard]] dynamo::Item feeder_key() const;
    [[nodiscard]] dynamo::Item feed_key(std::string_view shard) const;
    [[nodiscard]] dynamo::Item head_key(std::string_view partition) const;
    [[nodiscard]] dynamo::Item dirty_key(std::string_view partition) const;
    [[nodiscard]] dynamo::Item log_key(std::string_view partition,
                                       std::uint64_t first,
                                       std::uint64_t part) const;
    [[nodiscard]] dynamo::Item manifest_key(std::string_view partition) const;
    [[nodiscard]] dynamo::Item history_key(std::string_view partition,
                                           TimePoint at,
                                           std::uint64_t version) const;
    [[nodiscard]] dynamo::Item garbage_key(TimePoint due, std::string_view id) const;

    // Hash keys of what is queried.
    [[nodiscard]] std::string heads_of(int shard) const;
    [[nodiscard]] std::string dirty_of(int shard) const;
    [[nodiscard]] std::string log_of(std::string_view partition) const;
    [[nodiscard]] std::string manifests_of(std::string_view partition) const;
    [[nodiscard]] std::string garbage() const;

    // Rows. `corrupt` when something is missing or of another type.
    [[nodiscard]] dynamo::Item to_item(std::string_view partition, const Head& head) const;
    [[nodiscard]] static Result<Head> head_of(const dynamo::Item& item);
    [[nodiscard]] std::vector<dynamo::Item> to_items(std::string_view partition,
                                                     const LogRow& row) const;
    /// Reads a part; `block` holds that part alone.
    [[nodiscard]] static Result<LogRow> log_row_of(const dynamo::Item& item);
    [[nodiscard]] dynamo::Item to_item(std::string_view partition, const Manifest& manifest) const;
    [[nodiscard]] static Result<Manifest> manifest_of(const dynamo::Item& item);

private:
    [[nodiscard]] dynamo::Item key(std::string hash, std::string sort) const;

    std::string table_;
    std::string name_;
};

/// `=PARTITION` without its sign, which is there because a key cannot be empty.
[[nodiscard]] std::string partition_of_sort_key(const dynamo::Item& item);
/// Twenty digits: sorts as text.
[[nodiscard]] std::string sequence_text(std::uint64_t sequence);
[[nodiscard]] int shard_of(std::string_view partition);
/// A whole number of an item; nothing when it is missing or something else.
[[nodiscard]] std::optional<std::int64_t> whole_of(const dynamo::Item& item, std::string_view name);
[[nodiscard]] std::string text_of(const dynamo::Item& item, std::string_view name);

}  // namespace carillon::layer
