// Whether a feed has come past a moment: has read, of every shard, what happened before it.
//
// A layer that is made anew from its table shows the table as it was then. Changes from before,
// taken afterwards, would bring older states back; so what was read is published only when they are
// all in the log. Apart from the feed, because stores differ in what they tell of a shard's end:
// some its newest number; DynamoDB nothing, and then dates must do.

#pragma once

#include "dynamo/stream.hpp"
#include "layer/feed_places.hpp"
#include "runtime/event.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>

namespace carillon::layer {

/// Lives on one loop.
class FeedPassing {
public:
    /// `after`: the stream, described after the moment. `settle`: after what time a store that
    /// tells no numbers has brought out what happened before it, and what its dates may be apart.
    FeedPassing(runtime::Loop& loop, const dynamo::StreamDescription& after, Duration settle);

    /// A page that was asked for since then.
    void note(const std::string& shard, const dynamo::ChangePage& page);

    /// Whether that is so of all that are listed; `places` tells of those read to their end.
    [[nodiscard]] bool is_past(const dynamo::StreamDescription& stream,
                               const FeedPlaces& places) const;

    // For who waits while somebody else reads.
    void finish(Result<> outcome);
    [[nodiscard]] Task<Result<>> wait();

private:
    [[nodiscard]] bool shows_passed(const std::string& shard, const dynamo::ChangePage& page) const;

    runtime::Loop& loop_;
    Duration settle_;
    std::optional<TimePoint>
        date_{};             ///< Of the moment, by the store's clock, if it tells no more.
    std::int64_t quiet_at_;  ///< Ticks: when no change can still be under way.
    std::map<std::string, std::string> newest_{};  ///< By shard.
    std::set<std::string> passed_{};
    runtime::Event finished_;
    std::optional<Result<>> outcome_{};
};

}  // namespace carillon::layer
