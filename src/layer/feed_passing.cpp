#include "layer/feed_passing.hpp"

#include <algorithm>
#include <utility>

namespace carillon::layer {
namespace {

/// Sequence numbers are decimal, and not all of one length.
bool has_reached(const std::string& position, const std::string& target) {
    if (position.size() != target.size()) return position.size() > target.size();
    return position >= target;
}

}  // namespace

FeedPassing::FeedPassing(runtime::Loop& loop,
                         const dynamo::StreamDescription& after,
                         Duration settle)
    : loop_(loop), settle_(settle), quiet_at_(loop.clock().ticks()), finished_(loop) {
    for (const dynamo::StreamShard& shard : after.shards) {
        const auto date = dynamo::date_of(shard.newest_sequence);
        if (date) date_ = std::max(date_.value_or(*date), *date);
        if (!date) newest_[shard.id] = shard.newest_sequence;
    }
    if (date_) quiet_at_ += std::chrono::nanoseconds(settle).count();
}

bool FeedPassing::shows_passed(const std::string& shard, const dynamo::ChangePage& page) const {
    if (page.records.empty() && loop_.clock().ticks() >= quiet_at_) return true;
    if (date_) return !page.records.empty() && page.records.back().at > *date_ + settle_;
    const auto newest = newest_.find(shard);
    return newest != newest_.end() && has_reached(page.last_sequence, newest->second);
}

void FeedPassing::note(const std::string& shard, const dynamo::ChangePage& page) {
    if (shows_passed(shard, page)) passed_.insert(shard);
}

bool FeedPassing::is_past(const dynamo::StreamDescription& stream, const FeedPlaces& places) const {
    return std::ranges::all_of(stream.shards, [&](const dynamo::StreamShard& shard) {
        const FeedPlace* const place = places.find(shard.id);
        return passed_.contains(shard.id) || (place != nullptr && place->ended);
    });
}

void FeedPassing::finish(Result<> outcome) {
    if (!outcome_) outcome_ = std::move(outcome);
    finished_.set();
}

Task<Result<>> FeedPassing::wait() {
    while (!outcome_) (void)co_await finished_.wait();
    co_return *outcome_;
}

}  // namespace carillon::layer
