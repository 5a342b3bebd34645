#include "layer/seed_events.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace carillon::layer {
namespace {

/// An event with its place in the seed's order.
struct Event {
    std::int64_t at = 0;
    std::int64_t cursor = 0;
    Change change{};

    [[nodiscard]] bool later_than(const Event& other) const {
        return std::pair(at, cursor) > std::pair(other.at, other.cursor);
    }
};

/// Nothing when the row is another's, or no event.
std::optional<Event> event_of(const dynamo::Item& row, std::string_view name) {
    const auto cursor = whole_of(row, "cursor");
    const auto type = parse_change_type(text_of(row, "type"));
    const dynamo::Value* item = row.find("item");
    if (!cursor || !type || item == nullptr || item->map() == nullptr) return std::nullopt;
    // `users#…`, not `users2#…`, and with its own cursor at the end.
    const std::string key = text_of(row, "pk");
    const std::string begin = std::string(name) + "#";
    if (!key.starts_with(begin) || !key.ends_with("#" + std::to_string(*cursor))) {
        return std::nullopt;
    }
    Event event{.at = whole_of(row, "__ts").value_or(0), .cursor = *cursor};
    event.change = {.type = *type, .item = *item->map()};
    return event;
}

dynamo::Item marker(const Layer& layer) {
    dynamo::Item key = layer.rows().sync_key();
    key.set("sk", "adopted");
    return key;
}

using Latest = std::map<std::pair<std::string, std::string>, Event>;

Task<Result<Latest>> read_events(Layer& layer, dynamo::Database& database, SeedEvents seed) {
    Latest latest;
    std::optional<dynamo::Item> start;
    do {
        dynamo::ScanRequest scan;
        scan.table = seed.table;
        scan.start_key = std::move(start);
        CARILLON_CO_TRY(dynamo::Page page, co_await database.scan(std::move(scan)));
        for (const dynamo::Item& row : page.items) {
            auto event = event_of(row, seed.name);
            if (!event) continue;
            const LayerOptions& options = layer.options();
            CARILLON_CO_TRY(Place place,
                            place_of(event->change.item, options.partition_of, options.id_of));
            std::pair key(std::move(place.partition), std::move(place.id));
            const auto found = latest.find(key);
            if (found == latest.end()) {
                latest.emplace(std::move(key), *std::move(event));
            } else if (event->later_than(found->second)) {
                found->second = *std::move(event);
            }
        }
        start = std::move(page.last_key);
    } while (start);
    co_return latest;
}

}  // namespace

Task<Result<std::uint64_t>> adopt_seed_events(Layer& layer,
                                              dynamo::Database& database,
                                              SeedEvents seed) {
    constexpr std::size_t batch_max = 1'000;
    dynamo::GetRequest get{.table = layer.rows().table(), .key = marker(layer)};
    CARILLON_CO_TRY(const auto done, co_await layer.database().get_item(std::move(get)));
    // A second time, they would be older than what has been set since.
    if (done) co_return std::uint64_t{0};
    CARILLON_CO_TRY(Latest latest, co_await read_events(layer, database, std::move(seed)));
    std::vector<Event> events;
    for (auto& [place, event] : latest) events.push_back(std::move(event));
    std::ranges::sort(events, [](const Event& a, const Event& b) { return b.later_than(a); });
    std::vector<Change> changes;
    for (std::size_t at = 0; at < events.size(); ++at) {
        changes.push_back(std::move(events[at].change));
        if (changes.size() < batch_max && at + 1 < events.size()) continue;
        CARILLON_CO_TRY_VOID(co_await layer.set(std::exchange(changes, {})));
    }
    dynamo::PutRequest put{.table = layer.rows().table(), .item = marker(layer)};
    put.item.set("events", static_cast<std::int64_t>(events.size()));
    CARILLON_CO_TRY_VOID(co_await layer.database().put_item(std::move(put)));
    co_return events.size();
}

}  // namespace carillon::layer
