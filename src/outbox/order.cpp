#include "outbox/order.hpp"

#include "core/check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

namespace carillon::outbox {
namespace {

using dynamo::Item;
using dynamo::Value;

// What is due sooner is looked at anyway, or already in a worker's memory.
constexpr Duration soon{500};
constexpr std::int64_t swept_at_a_time = 500;

std::string text_of(const Item& item, std::string_view name) {
    const Value* value = item.find(name);
    return value == nullptr || value->string() == nullptr ? std::string() : *value->string();
}

bool same(const Item& a, const Item& b, std::string_view name) {
    const Value* left = a.find(name);
    const Value* right = b.find(name);
    return left == nullptr || right == nullptr ? left == right : *left == *right;
}

const dynamo::ExpressionNames status_name{{"#status", "status"}};

}  // namespace

std::string EmissionStamps::next(TimePoint now, std::string_view id) {
    const std::int64_t ms = std::max(to_epoch_ms(now), last_ms_);
    number_ = ms == last_ms_ ? number_ + 1 : 0;
    last_ms_ = ms;
    return fmt::format("{:013}-{:06}-{}", ms, number_, id);
}

KeyOrder::KeyOrder(dynamo::Database& database, const EventRows& rows, const runtime::Clock& clock)
    : database_(database), rows_(rows), clock_(clock) {
    auto condition = dynamo::Condition::parse("#status = :status", status_name);
    CARILLON_CHECK(condition.has_value());
    completed_ = *std::move(condition);
    auto update = dynamo::Update::parse("REMOVE orderedBy, orderedAt", {});
    CARILLON_CHECK(update.has_value());
    leave_ = *std::move(update);
}

dynamo::QueryRequest KeyOrder::line(std::string key, std::string behind) const {
    dynamo::QueryRequest query;
    query.table = rows_.table();
    query.index = std::string(order_index);
    query.key.hash = Value(std::move(key));
    if (!behind.empty()) {
        dynamo::SortCondition range;
        range.op = dynamo::SortOperator::greater;
        range.value = Value(std::move(behind));
        query.key.sort = std::move(range);
    }
    query.limit = static_cast<std::int64_t>(ahead_max);
    query.consistent = false;  // The only way an index can be read; what it says is looked up.
    return query;
}

Task<Result<std::optional<Item>>> KeyOrder::live(const Item& entry) {
    dynamo::GetRequest get;
    get.table = rows_.table();
    get.key.set("id", *entry.find("id"));
    CARILLON_CO_TRY(auto event, co_await database_.get_item(std::move(get)));
    if (!event || !same(*event, entry, ordered_at_attribute)) co_return std::nullopt;
    const bool done = text_of(*event, "status") == rows_.layout().stored(EventStatus::completed);
    if (!done) co_return event;
    // Another program completed it, which does not know of the line.
    CARILLON_CO_TRY_VOID(co_await leave_line(*event));
    co_return std::nullopt;
}

Task<Result<>> KeyOrder::leave_line(const Item& event) {
    dynamo::UpdateRequest update;
    update.table = rows_.table();
    update.key.set("id", *event.find("id"));
    update.update = leave_;
    update.condition = dynamo::BoundCondition{completed_, {{":status", *event.find("status")}}};
    auto updated = co_await database_.update_item(std::move(update));
    if (!updated && updated.error().code != Errc::condition_failed) {
        co_return std::unexpected(std::move(updated).error());
    }
    co_return Result<>{};
}

Task<Result<KeyOrder::Head>> KeyOrder::head(std::string key, std::string place) {
    std::optional<Item> from;
    do {
        dynamo::QueryRequest query = line(key, {});
        query.start_key = std::move(from);
        CARILLON_CO_TRY(const dynamo::Page page, co_await database_.query(std::move(query)));
        for (std::size_t i = 0; i < page.items.size(); ++i) {
            if (!place.empty() && text_of(page.items[i], ordered_at_attribute) >= place) {
                co_return Head{};
            }
            CARILLON_CO_TRY(auto event, co_await live(page.items[i]));
            if (!event) continue;
            Head found;
            found.item = std::move(event);
            for (std::size_t j = i; j < page.items.size(); ++j) {
                if (text_of(page.items[j], ordered_at_attribute) < place) ++found.ahead;
            }
            // Not seen on this page: it is further behind.
            if (i + found.ahead == page.items.size() && page.last_key) found.ahead = ahead_max;
            co_return found;
        }
        from = page.last_key;
    } while (from);
    co_return Head{};
}

Task<Result<KeyOrder::Turn>> KeyOrder::turn_of(const Item& claimed) {
    std::string key = text_of(claimed, ordered_by_attribute);
    std::string place = text_of(claimed, ordered_at_attribute);
    CARILLON_CO_TRY(Head before, co_await head(std::move(key), std::move(place)));
    Turn turn;
    if (!before.item) {
        // Who completed the one before has perhaps made this one due meanwhile: on an exclusive
        // store it is then another row than the one that was claimed.
        dynamo::GetRequest get;
        get.table = rows_.table();
        get.key.set("id", *claimed.find("id"));
        CARILLON_CO_TRY(const auto stored, co_await database_.get_item(std::move(get)));
        const bool unchanged =
            stored && same(*stored, claimed, "status") && same(*stored, claimed, "startedOn") &&
            (!database_.capabilities().exclusive || same(*stored, claimed, due_attribute));
        turn.kind = unchanged ? Turn::Kind::first : Turn::Kind::changed;
        co_return turn;
    }
    turn.ahead = std::max<std::size_t>(1, before.ahead);
    turn.head_id = text_of(*before.item, "id");
    const auto row = rows_.read(*before.item);
    const auto status = rows_.layout().read(text_of(*before.item, "status"));
    const bool waiting = row && (status == EventStatus::created || status == EventStatus::active);
    turn.kind = waiting ? Turn::Kind::waits : Turn::Kind::blocked;
    if (waiting && status == EventStatus::created) turn.head_due_at = row->due_at;
    if (status == EventStatus::parked && before.item->find(behind_attribute) != nullptr) {
        // It was parked behind one that is gone.
        turn.kind = Turn::Kind::waits;
        auto brought = co_await database_.put_item(made_due(*std::move(before.item)));
        if (!brought && brought.error().code != Errc::condition_failed) {
            co_return std::unexpected(std::move(brought).error());
        }
    }
    co_return turn;
}

bool KeyOrder::sleeps(const Item& event, bool parked_too) const {
    const auto status = rows_.layout().read(text_of(event, "status"));
    if (status == EventStatus::parked) {
        return parked_too && event.find(behind_attribute) != nullptr;
    }
    const auto row = rows_.read(event);
    return row && status == EventStatus::created && row->due_at > clock_.now() + soon &&
           event.find(postponed_attribute) != nullptr;
}

dynamo::PutRequest KeyOrder::made_due(Item event) const {
    dynamo::PutRequest put;
    put.table = rows_.table();
    put.condition = rows_.unchanged(event);
    queue::RowState state;
    if (const auto row = rows_.read(event)) state.attempts = row->attempts;
    state.state = queue::State::ready;
    state.due_at = clock_.now();
    event.erase(parked_attribute);
    event.erase(postponed_attribute);
    rows_.write(event, state);
    put.item = std::move(event);
    return put;
}

Task<Result<std::optional<dynamo::Write>>> KeyOrder::next_after(const Item& event, bool handled) {
    std::optional<Item> from;
    do {
        dynamo::QueryRequest query =
            line(text_of(event, ordered_by_attribute), text_of(event, ordered_at_attribute));
        query.limit = 1;
        query.start_key = std::move(from);
        CARILLON_CO_TRY(const dynamo::Page page, co_await database_.query(std::move(query)));
        for (const Item& entry : page.items) {
            CARILLON_CO_TRY(auto next, co_await live(entry));
            if (!next) continue;
            if (!sleeps(*next, handled)) co_return std::nullopt;
            co_return dynamo::Write(made_due(*std::move(next)));
        }
        from = page.last_key;
    } while (from);
    co_return std::nullopt;
}

Task<Result<>> KeyOrder::bring_back_first(std::string key) {
    CARILLON_CO_TRY(Head first, co_await head(std::move(key), {}));
    if (!first.item || !sleeps(*first.item, true)) co_return Result<>{};
    auto put = co_await database_.put_item(made_due(*std::move(first.item)));
    if (!put && put.error().code != Errc::condition_failed) {
        co_return std::unexpected(std::move(put).error());
    }
    co_return Result<>{};
}

Task<Result<>> KeyOrder::sweep() {
    const auto partitions = rows_.layout().partitions(EventStatus::parked);
    if (sweep_partition_ >= partitions.size()) sweep_partition_ = 0;
    dynamo::QueryRequest query;
    query.table = rows_.table();
    query.index = rows_.due_index();
    query.key.hash = Value(partitions[sweep_partition_]);
    query.limit = swept_at_a_time;
    query.consistent = false;
    query.start_key = std::move(sweep_from_);
    sweep_from_.reset();
    CARILLON_CO_TRY(dynamo::Page page, co_await database_.query(std::move(query)));
    std::set<std::string> keys;
    for (const Item& event : page.items) {
        if (event.find(behind_attribute) == nullptr) continue;
        keys.insert(text_of(event, ordered_by_attribute));
    }
    for (const std::string& key : keys) CARILLON_CO_TRY_VOID(co_await bring_back_first(key));
    sweep_from_ = std::move(page.last_key);
    if (!sweep_from_) ++sweep_partition_;
    co_return Result<>{};
}

}  // namespace carillon::outbox
