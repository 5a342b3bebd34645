// A layer that follows a table by itself, by the table's change stream.
//
// The first time, the ends of the stream's shards are noted, the table is read, and what changed
// meanwhile is read from there on; then what the table held is published, so that no item goes back
// to an older state. A shard is read after its parent. Each change carries its position, and a
// partition takes none twice: so neither a restart nor a second program that follows the same table
// brings an old state back. Followers take turns by a lease.

#pragma once

#include "layer/feed_passing.hpp"
#include "layer/feed_places.hpp"
#include "layer/layer.hpp"
#include "layer/lease.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace carillon::layer {

struct FeedOptions {
    std::string table;  ///< Of the source.
    /// Turns the table's stream on when it has none, as soon as the table is there.
    bool enable_stream = false;
    /// How often changes are looked for where the store gives no hint.
    Duration poll{1'000};
    std::string owner = "carillon";
    Duration lease_ttl{30'000};
    /// Where the store does not tell a shard's end (DynamoDB): how late a change may appear in it,
    /// and how far dates may be apart. A reset waits that long.
    Duration settle{10'000};
};

/// What a record of a stream means for a layer: usually one change; two when the item has moved to
/// another partition or id. `invalid` when the item has no id, or the record holds too little.
[[nodiscard]] Result<std::vector<Change>> changes_of(const dynamo::ChangeRecord& record,
                                                     const std::string& shard,
                                                     const LayerOptions& layer);

/// Lives on one loop.
class Feed {
public:
    /// Everything given must outlive it.
    Feed(runtime::Loop& loop,
         dynamo::Database& source,
         Layer& layer,
         Random& random,
         Log& lines,
         FeedOptions options);

    /// Follows until stop(). `invalid` when the store has no change streams or the table's holds no
    /// new images, `not_found` when the table has none and must not be given one.
    [[nodiscard]] Task<Result<>> start();
    [[nodiscard]] Task<> stop();

    /// Records that could not be used since the start.
    [[nodiscard]] std::uint64_t skipped() const { return skipped_; }

private:
    Task<> follow();
    /// Everything that is there now. Whether that was anything.
    Task<Result<bool>> pass();
    Task<Result<bool>> read_shards();
    /// Until what happened before now is set: by reading, in a reset of this feed's own ...
    Task<Result<>> read_past_now();
    /// ... or by leaving that to follow(), in a reset that somebody else asked for.
    Task<Result<>> wait_past_now();
    Result<> watch_passing(const dynamo::StreamDescription& now);
    void check_passing(const Result<bool>& read);
    void give_up_passing(std::string why);
    Task<Result<bool>> read_shard(const dynamo::StreamName& stream, const std::string& shard);
    /// Makes the layer anew from the table, and goes on from where the stream is now.
    Task<Result<>> begin(const dynamo::StreamDescription& stream);
    Task<Result<>> begin_anew(const dynamo::StreamDescription& stream, const std::string& why);
    Task<Result<>> take(const std::string& shard, const std::vector<dynamo::ChangeRecord>& records);
    Task<Result<dynamo::StreamDescription>> find_stream();
    /// Turns it on where it is not, if it may.
    Task<Result<dynamo::StreamDescription>> open_stream();
    /// As it was a moment ago, while nothing points to a change.
    Task<Result<>> look_at_stream();
    void complain(const Error& error);
    Task<bool> hold_lease();

    runtime::Loop& loop_;
    dynamo::Database& source_;
    Layer& layer_;
    Log& lines_;
    FeedOptions options_;
    Lease lease_;
    std::int64_t renew_at_ = 0;  ///< Ticks.
    runtime::TaskGroup group_;
    runtime::Event wake_;
    dynamo::Watch watch_{};
    FeedPlaces places_;
    dynamo::StreamDescription stream_{};  ///< That is followed.
    std::int64_t look_at_ = 0;            ///< Ticks: when to describe it again.
    bool beginning_ = false;
    std::shared_ptr<FeedPassing> passing_{};  ///< Awaited by a reset.
    std::uint64_t skipped_ = 0;
    std::string complaint_{};
};

}  // namespace carillon::layer
