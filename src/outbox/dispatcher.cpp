#include "outbox/dispatcher.hpp"

#include <fmt/format.h>

#include <utility>

namespace carillon::outbox {
namespace {

constexpr std::size_t error_bytes_max = 1'000;
constexpr Duration look_again_max{60'000};

std::string error_text(const Error& error) {
    std::string text = error.message;
    if (text.size() > error_bytes_max) text.resize(error_bytes_max);
    return text;
}

}  // namespace

struct Dispatcher::Delivery {
    bool unknown = false;
};

Task<queue::Settlement> Dispatcher::handle(queue::Claim claim) {
    if (!is_ordered(claim.item)) co_return co_await attempt(std::move(claim));
    auto waits = co_await unless_first(claim.item);
    if (waits) co_return *std::move(waits);
    claim.item.erase(postponed_attribute);
    dynamo::Item place;
    for (const std::string_view name : {ordered_by_attribute, ordered_at_attribute}) {
        place.set(name, *claim.item.find(name));
    }
    queue::Settlement settlement = co_await attempt(std::move(claim));
    co_await tell_next(place, settlement);
    co_return settlement;
}

/// What is left of a claim whose turn in its key's line has not come; nothing when it has.
Task<std::optional<queue::Settlement>> Dispatcher::unless_first(const dynamo::Item& item) {
    const auto turn = co_await order_.turn_of(item);
    queue::Settlement settlement;
    settlement.item = item;
    if (!turn) {
        // The store is away.
        settlement.verdict = queue::Verdict::postpone;
        settlement.ready_at = clock_.now() + options_.poll_interval;
        co_return settlement;
    }
    if (turn->kind == KeyOrder::Turn::Kind::first) co_return std::nullopt;
    if (turn->kind == KeyOrder::Turn::Kind::changed) {
        settlement.verdict = queue::Verdict::release;
        co_return settlement;
    }
    const dynamo::Value* attempts = item.find("retryCount");
    if (attempts != nullptr && *attempts == dynamo::Value(0)) settlement.item.erase("startedOn");
    if (turn->kind == KeyOrder::Turn::Kind::blocked) {
        settlement.verdict = queue::Verdict::failed;
        settlement.item.erase(postponed_attribute);
        settlement.item.set(behind_attribute, turn->head_id);
        settlement.item.set(parked_attribute,
                            "an earlier event of its key was given up: " + turn->head_id);
        co_await tell_next(item, settlement);
        co_return settlement;
    }
    // Whoever handles the one before makes it due at once; this is for when that fails.
    const TimePoint now = clock_.now();
    Duration wait = options_.poll_interval * static_cast<std::int64_t>(turn->ahead);
    if (turn->ahead >= KeyOrder::ahead_max) wait = look_again_max;
    wait = std::min(std::max(wait, turn->head_due_at - now), look_again_max);
    settlement.verdict = queue::Verdict::postpone;
    settlement.ready_at = now + wait;
    settlement.item.set(postponed_attribute, turn->head_id);
    co_return settlement;
}

/// With an outcome that ends an event, the one behind it in its line becomes due.
Task<> Dispatcher::tell_next(const dynamo::Item& place, queue::Settlement& settlement) {
    const bool handled = settlement.verdict == queue::Verdict::done;
    if (!handled && settlement.verdict != queue::Verdict::failed) co_return;
    auto next = co_await order_.next_after(place, handled);
    if (!next || !*next) co_return;  // It looks again by itself.
    settlement.also.push_back(**std::move(next));
    settlement.also_optional = true;
}

Task<queue::Settlement> Dispatcher::attempt(queue::Claim claim) {
    auto event = from_item(claim.item, rows_.layout());
    if (!event) co_return unreadable(std::move(claim), event.error());
    Delivery delivery;
    MiddlewareContext context{.phase = Phase::handler, .event = *event};
    MiddlewareEnd end = [this, &delivery](MiddlewareContext& inner) {
        return deliver(delivery, inner);
    };
    const auto dropped = co_await run_middleware(middleware, context, std::move(end));
    if (!dropped) {
        // What was asked to stop and says so has not failed.
        if (claim.stop.stop_requested() && dropped.error().code == Errc::cancelled) {
            queue::Settlement released;
            released.verdict = queue::Verdict::release;
            released.item = std::move(claim.item);
            co_return released;
        }
        co_return failed(std::move(claim), *std::move(event), dropped.error());
    }
    if (delivery.unknown && options_.unknown == UnknownTypes::park) {
        co_return parked(std::move(claim), *std::move(event));
    }
    co_return completed(std::move(claim));
}

Task<Result<>> Dispatcher::deliver(Delivery& delivery, MiddlewareContext& context) {
    const Subscriptions::Match match = subscriptions.find(context.event.type);
    if (!match.subscription) {
        delivery.unknown = true;
        co_return Result<>{};
    }
    Event copy = context.event;
    Result<> handled = co_await match.subscription->handler(std::move(copy));
    if (handled && match.subscription->once) subscriptions.remove(match.pattern);
    co_return handled;
}

queue::Settlement Dispatcher::threw(queue::Claim claim, std::string_view what) {
    auto event = from_item(claim.item, rows_.layout());
    if (!event) return unreadable(std::move(claim), event.error());
    return failed(std::move(claim), *std::move(event), {Errc::internal, std::string(what)});
}

queue::Settlement Dispatcher::poisoned(queue::Claim claim) {
    auto event = from_item(claim.item, rows_.layout());
    if (!event) return unreadable(std::move(claim), event.error());
    Error error{Errc::internal, "its worker died again and again while handling it"};
    log_.error("event given up", {{"id", event->id}, {"error", error.message}});
    queue::Settlement dead;
    dead.verdict = queue::Verdict::failed;
    dead.item = std::move(claim.item);
    dead.item.set("lastError", error_text(error));
    dead.item.erase(parked_attribute);
    tell(Mishap::Kind::exhausted, *std::move(event), std::move(error));
    return dead;
}

queue::Settlement Dispatcher::completed(queue::Claim claim) const {
    queue::Settlement done;
    done.item = std::move(claim.item);
    switch (options_.retention) {
        case Retention::keep:
            break;
        case Retention::expire: {
            const TimePoint until = clock_.now() + options_.completed_ttl;
            const auto seconds = std::chrono::ceil<std::chrono::seconds>(until.time_since_epoch());
            done.item.set(expiry_attribute, std::int64_t{seconds.count()});
            break;
        }
        case Retention::archive: {
            dynamo::PutRequest put;
            put.table = options_.archive_table;
            put.item = done.item;
            rows_.write(put.item, {.state = queue::State::done, .attempts = claim.row.attempts});
            done.also.emplace_back(std::move(put));
            done.remove = true;
            break;
        }
        case Retention::remove:
            done.remove = true;
            break;
    }
    return done;
}

queue::Settlement Dispatcher::failed(queue::Claim claim, Event event, Error error) {
    const Backoff backoff{.base = options_.base_backoff, .cap = options_.backoff_max};
    const TimePoint now = clock_.now();
    const queue::NextAttempt next = queue::after_failure(
        claim.row.attempts + 1, options_.max_retries, backoff, now, std::nullopt, random_);
    queue::Settlement settlement;
    settlement.verdict = next.verdict;
    settlement.ready_at = next.ready_at;
    settlement.item = std::move(claim.item);
    settlement.item.set("lastError", error_text(error));
    // The seed's retryEvents leaves it there.
    settlement.item.erase(parked_attribute);
    const bool last = next.verdict == queue::Verdict::failed;
    if (last && rows_.layout().generation == Generation::v2) {
        settlement.item.set("nextRetryAt", to_epoch_ms(now));
    }
    event.retry_count = claim.row.attempts + 1;
    if (log_.enabled(LogLevel::debug)) {
        log_.debug("event not handled", {{"id", event.id}, {"error", error.message}});
    }
    tell(
        last ? Mishap::Kind::exhausted : Mishap::Kind::attempt, std::move(event), std::move(error));
    return settlement;
}

queue::Settlement Dispatcher::parked(queue::Claim claim, Event event) const {
    Error error{Errc::not_found, "nobody handles events of the type " + event.type};
    queue::Settlement aside;
    aside.verdict = queue::Verdict::failed;
    aside.item = std::move(claim.item);
    aside.item.set(parked_attribute, error.message);
    tell(Mishap::Kind::unknown, std::move(event), std::move(error));
    return aside;
}

queue::Settlement Dispatcher::unreadable(queue::Claim claim, const Error& error) {
    log_.error("event cannot be read and was set aside", {{"error", error.message}});
    queue::Settlement aside;
    aside.verdict = queue::Verdict::failed;
    aside.item = std::move(claim.item);
    rows_.set_aside(aside.item, error);
    return aside;
}

void Dispatcher::tell(Mishap::Kind kind, Event event, Error error) const {
    if (!options_.on_error) return;
    options_.on_error({.kind = kind, .event = std::move(event), .error = std::move(error)});
}

}  // namespace carillon::outbox
