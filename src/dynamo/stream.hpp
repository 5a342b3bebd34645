// Change streams: what happened to the items of a table, in order, for 24 hours.
//
// A table whose settings name a StreamView has a stream; every change of an item is recorded in it
// in the very commit that makes the change. Those who feed on changes (the streams endpoint, caches
// kept in step with a table) read shard by shard, each from where they left off: a sequence number
// is a position that stays good over restarts. Apart from database.hpp, so that readers of changes
// need not know requests.

#pragma once

#include "dynamo/schema.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::dynamo {

/// How long a change can be read after it happened.
inline constexpr Duration change_retention = std::chrono::hours{24};
inline constexpr std::size_t change_page_max = 1000;

/// A stream is known by its table's name and a label, which is the instant of its beginning.
struct StreamName {
    std::string table;
    std::string label;
    bool operator==(const StreamName&) const = default;
};

/// A part of a stream in which the order of changes is kept: all changes of one item are in one
/// shard, or in a shard and its descendants. Sequence numbers are decimal, and rise as numbers and,
/// being of one length, as texts.
struct StreamShard {
    std::string id;
    std::string parent{};         ///< Its changes come before those of this one. Empty: none.
    std::string first_sequence;   ///< Of the oldest change that can still be read, or of the next.
    std::string last_sequence{};  ///< Empty while changes can still come.
    /// Read behind it for what comes from now on. A date (date_of()) where the store does not tell.
    std::string newest_sequence{};
};

/// The instant of a position that has one in place of a number, `@MILLISECONDS`: it is behind what
/// happened before, and nothing tells how far behind the newest change. Nothing for others.
[[nodiscard]] std::optional<TimePoint> date_of(std::string_view position);

struct StreamDescription {
    StreamName name;
    StreamView view = StreamView::keys_only;
    bool enabled = true;
    TimePoint created_at{};
    KeySchema key;
    std::vector<StreamShard> shards;  ///< By id.
};

enum class ChangeKind : std::uint8_t { insert, modify, remove };

/// A write that left the item as it was makes no record.
struct ChangeRecord {
    std::string sequence;
    ChangeKind kind = ChangeKind::insert;
    bool expired = false;  ///< Removed because its time to live was over.
    TimePoint at{};
    Item key;
    std::optional<Item> old_image{};  ///< Where the stream's view has it and there was one.
    std::optional<Item> new_image{};
};

/// As DynamoDB counts it: the key and the images.
[[nodiscard]] std::size_t size_of(const ChangeRecord& record);

struct ChangesRequest {
    StreamName stream;
    std::string shard;
    /// Empty: from the oldest that is still there.
    std::string after_sequence{};
    /// The change with that number too.
    bool inclusive = false;
    std::size_t limit = change_page_max;  ///< A page also ends after 1 MB.
};

struct ChangePage {
    std::vector<ChangeRecord> records;
    /// The next page's `after_sequence`.
    std::string last_sequence;
    /// Nothing more will come in this shard.
    bool ended = false;
};

/// Detail of not_found errors: what was asked for is more than 24 hours old.
struct ChangesTrimmed final : ErrorDetail {};

}  // namespace carillon::dynamo
