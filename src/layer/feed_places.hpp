// How far a feed has read the shards of its table's stream, kept beside the layer.
//
// A place is written after what was read up to it is in the layer's log: so a crash repeats changes
// and loses none. Apart from the feed, because whether changes may have been lost is decided from
// places alone: from shards that went away unread, and from how long nobody has looked.

#pragma once

#include "dynamo/database.hpp"
#include "layer/table.hpp"

#include <map>
#include <optional>
#include <string>

namespace carillon::layer {

/// In one shard.
struct FeedPlace {
    std::string after{};    ///< As of ChangesRequest; empty: from the oldest change.
    bool ended = false;     ///< Read to its end.
    TimePoint looked_at{};  ///< When it was saved.
};

/// Whether it names no change: then its age is all that tells of a loss.
[[nodiscard]] bool is_blind(const FeedPlace& place);

using Places = std::map<std::string, FeedPlace>;

/// Why changes may have been lost between these places and what the stream still has; nothing when
/// none were. A shard without a place is new; its parent must be known, or still be there.
[[nodiscard]] std::optional<std::string> find_loss(const Places& places,
                                                   const dynamo::StreamDescription& stream,
                                                   TimePoint now);

/// The places in the layer's table. Lives on one loop.
class FeedPlaces {
public:
    /// Both must outlive it.
    FeedPlaces(dynamo::Database& database, const LayerTable& rows);

    /// Of one stream. False when that has not begun to be followed.
    [[nodiscard]] Task<Result<bool>> load(const dynamo::StreamDescription& stream);
    /// Forgets what is loaded, not what is stored.
    void forget();

    [[nodiscard]] const Places& all() const { return places_; }

    [[nodiscard]] bool is_loaded(const dynamo::StreamName& stream) const {
        return !label_.empty() && label_ == stream.label;
    }

    [[nodiscard]] const FeedPlace* find(const std::string& shard) const;
    [[nodiscard]] Task<Result<>> save(std::string shard, FeedPlace place, TimePoint now);

    /// These and no others, of this stream; kept in memory, whatever is saved, until commit().
    void begin(const dynamo::StreamName& stream, Places places);
    [[nodiscard]] Task<Result<>> commit(TimePoint now);

private:
    Task<Result<std::vector<dynamo::Item>>> stored() const;
    Task<Result<>> store(std::string shard, FeedPlace place);

    dynamo::Database& database_;
    const LayerTable& rows_;
    std::string label_{};  ///< Of the stream whose places these are.
    std::string stream_table_{};
    bool beginning_ = false;  ///< None of them is stored yet.
    Places places_;
};

}  // namespace carillon::layer
