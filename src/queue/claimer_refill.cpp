// Rows that were passed over because their key had its share of the memory: where they are, and
// taking them when there is room again.

#include "queue/claimer.hpp"
#include "queue/row_key.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace carillon::queue {

Task<Result<>> Claimer::refill(FairKey* key) {
    // Others may join the map while this waits; what is in it stays where it is.
    auto& places = passed_over_.at(key);
    const std::int64_t began = context_.loop.clock().ticks();
    std::size_t taken = 0;
    Found last;
    for (std::size_t index = 0; index < cursors_.size(); ++index) {
        auto& place = places[index];
        const std::size_t band = cursors_[index].band;
        if (!place || book_.full_for(*key, band) || book_.room(band) == 0) continue;
        Scan request;
        request.cursor = index;
        request.position = *place;
        const TimePoint now = context_.loop.now();
        request.until = horizon(cursors_[index], now);
        request.limit = std::min(context_.options.claim_batch, book_.room(band));
        const Position before = *std::exchange(place, std::nullopt);
        auto found = co_await scan(std::move(request));
        if (!found) {
            place = before;
            key->refill_asked = true;
            refills_.push_back(key);
            co_return std::unexpected(std::move(found).error());
        }
        if (found->more && !place) place = found->end;
        taken += found->taken.size();
        std::vector<Row*> rows = std::move(found->taken);
        last = *std::move(found);
        if (rows.empty()) continue;
        auto secured = co_await secure(std::move(rows));
        if (!secured) {
            key->refill_asked = true;
            refills_.push_back(key);
            co_return secured;
        }
    }
    key->refill_asked = false;
    key->passed_over = {};
    bool room = false;
    for (std::size_t index = 0; index < cursors_.size(); ++index) {
        if (!places[index]) continue;
        const std::size_t band = cursors_[index].band;
        key->passed_over[band] = true;
        room = room || !book_.full_for(*key, band);
    }
    if (!key->any_passed_over()) {
        passed_over_.erase(key);
        book_.keys().forget(*key);
    } else if (room) {
        key->refill_asked = true;
        refills_.push_back(key);
        if (taken == 0) co_await rest_after(began, last.passed_over);
    }
    co_return Result<>{};
}

void Claimer::pass_over(FairKey& key,
                        const Scan& scan,
                        const dynamo::Item& item,
                        const dynamo::Item* previous) {
    auto& places = passed_over_[&key];
    places.resize(cursors_.size());
    key.passed_over[cursors_[scan.cursor].band] = true;
    auto& place = places[scan.cursor];
    if (place) {
        if (!context_.due_key.sort) return;  // In no order: the first place is the earliest.
        const dynamo::Value* sort = item.find(context_.due_key.sort->name);
        if (sort == nullptr) return;
        std::string bytes = sort_bytes(*sort);
        if (place->at < bytes) return;
        if (place->at == bytes) {
            // Among entries of one due time an exclusive store goes by the rows' keys; a row that
            // became due later than the place was noted may stand before it.
            const bool behind =
                place->from || (context_.exclusive && row_id(*place->after, context_.rows.key()) <
                                                          row_id(item, context_.rows.key()));
            if (!behind) place = Position{.after = {}, .from = *sort, .at = std::move(bytes)};
            return;
        }
    }
    place = previous == nullptr ? scan.position
                                : position_behind(*previous, context_.rows.key(), context_.due_key);
}

/// A page that gave nothing cost time that rows which are due may need.
Task<> Claimer::rest_after(std::int64_t began, std::size_t passed_over) {
    if (passed_over == 0) co_return;
    const std::int64_t cost_ns = context_.loop.clock().ticks() - began;
    const Duration rest =
        std::min(Duration{20}, std::chrono::ceil<Duration>(std::chrono::nanoseconds{3 * cost_ns}));
    if (rest > Duration::zero()) {
        (void)co_await context_.loop.sleep_for(rest, context_.stopping.token());
    }
}

}  // namespace carillon::queue
