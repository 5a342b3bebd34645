#include "layer/feed_places.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace carillon::layer {
namespace {

using namespace std::chrono_literals;

TEST(FeedPlaces, TellWhatMayHaveBeenLost) {
    const TimePoint noon = parse_instant("2026-11-30T12:00:00Z").value();
    const dynamo::StreamShard root{.id = "root", .first_sequence = "1"};
    const dynamo::StreamShard child{.id = "child", .parent = "root", .first_sequence = "5"};
    const FeedPlace reading{.after = "3", .looked_at = noon};
    const FeedPlace ended{.after = "4", .ended = true, .looked_at = noon};
    const FeedPlace blind{.looked_at = noon};

    struct Case {
        const char* name;
        Places places;
        std::vector<dynamo::StreamShard> shards;
        TimePoint now;
        bool lost;
    };

    const Case cases[] = {
        {"nothing is known yet, and nothing came before", {}, {root}, noon, false},
        {"being read", {{"root", reading}}, {root, child}, noon + 30h, false},
        {"read, and gone since", {{"root", ended}}, {child}, noon, false},
        {"gone before its end was read", {{"root", reading}}, {child}, noon, true},
        {"what came between has gone", {{"older", ended}}, {child}, noon, true},
        {"silent, and looked at", {{"root", blind}}, {root}, noon + 22h, false},
        {"silent, and not looked at for a day", {{"root", blind}}, {root}, noon + 24h, true},
    };
    for (const Case& one : cases) {
        dynamo::StreamDescription stream;
        stream.shards = one.shards;
        EXPECT_EQ(find_loss(one.places, stream, one.now).has_value(), one.lost) << one.name;
    }
}

}  // namespace
}  // namespace carillon::layer
