#include "layer/feed_places.hpp"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

namespace carillon::layer {
namespace {

constexpr std::string_view row_prefix = "feed:";
/// Before the oldest changes go.
constexpr Duration unread_max = dynamo::change_retention - std::chrono::hours{1};
/// Streams forget their shards after a day; so may we.
constexpr Duration ended_kept = 2 * dynamo::change_retention;

bool is_true(const dynamo::Item& row, const std::string& name) {
    const dynamo::Value* value = row.find(name);
    const bool* truth = value == nullptr ? nullptr : value->get_if<bool>();
    return truth != nullptr && *truth;
}

FeedPlace place_of_row(const dynamo::Item& row) {
    FeedPlace place{.after = text_of(row, "sequence"), .ended = is_true(row, "ended")};

    if (const auto at = whole_of(row, "lookedAt")) place.looked_at = from_epoch_ms(*at);
    return place;
}

}  // namespace

bool is_blind(const FeedPlace& place) {
    return place.after.empty() || dynamo::date_of(place.after).has_value();
}

std::optional<std::string> find_loss(const Places& places,
                                     const dynamo::StreamDescription& stream,
                                     TimePoint now) {
    std::set<std::string_view> listed;
    for (const dynamo::StreamShard& shard : stream.shards) listed.insert(shard.id);
    for (const auto& [id, place] : places) {
        if (place.ended) continue;
        if (!listed.contains(id)) return "the shard " + id + " has gone before it was read";
        const bool blind = is_blind(place) && place.looked_at != TimePoint{};
        if (blind && now > place.looked_at + unread_max) {
            return "the shard " + id + " was not looked at for a day";
        }
    }
    for (const dynamo::StreamShard& shard : stream.shards) {
        if (places.contains(shard.id) || shard.parent.empty()) continue;
        if (!listed.contains(shard.parent) && !places.contains(shard.parent)) {
            return "shards before " + shard.id + " have gone before they were read";
        }
    }
    return std::nullopt;
}

FeedPlaces::FeedPlaces(dynamo::Database& database, const LayerTable& rows)
    : database_(database), rows_(rows) {}

void FeedPlaces::forget() {
    label_.clear();
    places_.clear();
    beginning_ = false;
}

const FeedPlace* FeedPlaces::find(const std::string& shard) const {
    const auto found = places_.find(shard);
    return found == places_.end() ? nullptr : &found->second;
}

Task<Result<std::vector<dynamo::Item>>> FeedPlaces::stored() const {
    std::vector<dynamo::Item> rows;
    dynamo::QueryRequest query;
    query.table = rows_.table();
    query.key.hash = *rows_.feed_key().find("pk");
    query.key.sort = dynamo::SortCondition{.op = dynamo::SortOperator::begins_with,
                                           .value = std::string(row_prefix)};
    do {
        CARILLON_CO_TRY(dynamo::Page page, co_await database_.query(query));
        std::ranges::move(page.items, std::back_inserter(rows));
        query.start_key = std::move(page.last_key);
    } while (query.start_key);
    co_return rows;
}

Task<Result<bool>> FeedPlaces::load(const dynamo::StreamDescription& stream) {
    forget();
    dynamo::GetRequest get{.table = rows_.table(), .key = rows_.feed_key()};
    CARILLON_CO_TRY(const auto row, co_await database_.get_item(std::move(get)));
    if (!row || text_of(*row, "stream") != stream.name.label) co_return false;
    CARILLON_CO_TRY(const std::vector<dynamo::Item> rows, co_await stored());
    for (const dynamo::Item& one : rows) {
        std::string shard = text_of(one, "sk").substr(row_prefix.size());
        const std::string label = text_of(one, "stream");
        // Rows without a label are of older versions, which knew of no stream but the last.
        const bool listed = std::ranges::find(stream.shards, shard, &dynamo::StreamShard::id) !=
                            stream.shards.end();
        const bool ours = label.empty() ? listed : label == stream.name.label;
        if (ours) places_[std::move(shard)] = place_of_row(one);
    }
    label_ = stream.name.label;
    co_return true;
}

Task<Result<>> FeedPlaces::save(std::string shard, FeedPlace place, TimePoint now) {
    place.looked_at = now;
    if (!beginning_) CARILLON_CO_TRY_VOID(co_await store(shard, place));
    places_[std::move(shard)] = std::move(place);
    co_return Result<>{};
}

Task<Result<>> FeedPlaces::store(std::string shard, FeedPlace place) {
    dynamo::PutRequest put{.table = rows_.table(), .item = rows_.feed_key(shard)};
    put.item.set("stream", label_);
    put.item.set("sequence", place.after);
    put.item.set("ended", place.ended);
    put.item.set("lookedAt", to_epoch_ms(place.looked_at));
    if (place.ended) put.item.set("ttl", to_epoch_ms(place.looked_at + ended_kept) / 1'000);
    CARILLON_CO_TRY_VOID(co_await database_.put_item(std::move(put)));
    co_return Result<>{};
}

void FeedPlaces::begin(const dynamo::StreamName& stream, Places places) {
    label_ = stream.label;
    stream_table_ = stream.table;
    places_ = std::move(places);
    beginning_ = true;
}

Task<Result<>> FeedPlaces::commit(TimePoint now) {
    CARILLON_CO_TRY(const std::vector<dynamo::Item> rows, co_await stored());
    for (auto& [shard, place] : places_) {
        place.looked_at = now;
        CARILLON_CO_TRY_VOID(co_await store(shard, place));
    }
    std::vector<dynamo::Write> writes;
    for (const dynamo::Item& row : rows) {
        const std::string sort = text_of(row, "sk");
        if (places_.contains(sort.substr(row_prefix.size()))) continue;
        dynamo::DeleteRequest gone{.table = rows_.table(), .key = {}};
        gone.key.set("pk", text_of(row, "pk"));
        gone.key.set("sk", sort);
        writes.emplace_back(std::move(gone));
    }
    if (!writes.empty()) CARILLON_CO_TRY_VOID(co_await database_.batch_write(std::move(writes)));
    dynamo::PutRequest put{.table = rows_.table(), .item = rows_.feed_key()};
    put.item.set("stream", label_);
    put.item.set("table", stream_table_);
    CARILLON_CO_TRY_VOID(co_await database_.put_item(std::move(put)));
    beginning_ = false;
    co_return Result<>{};
}

}  // namespace carillon::layer
