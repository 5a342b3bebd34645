#include "layer/lease.hpp"

#include "core/id.hpp"
#include "layer/expressions.hpp"

#include <utility>

namespace carillon::layer {

Lease::Lease(runtime::Loop& loop,
             dynamo::Database& database,
             const LayerTable& table,
             Random& random,
             dynamo::Item key,
             std::string owner,
             Duration ttl)
    : loop_(loop),
      database_(database),
      table_(table.table()),
      random_(random),
      key_(std::move(key)),
      owner_(std::move(owner)),
      ttl_(ttl),
      exclusive_(database.capabilities().exclusive),
      free_(condition(exclusive_
                          ? "attribute_not_exists(#token) OR #until <= :now OR #owner <> :owner"
                          : "attribute_not_exists(#token) OR #until <= :now")),
      ours_(condition("#token = :token")),
      take_(update("SET #token = :token, #owner = :owner, #until = :until ADD #epoch :one")),
      extend_(update("SET #until = :until")),
      give_back_(update("REMOVE #token, #owner, #until")),
      note_(update("SET #syncedLastTotal = :count, #lastSyncAt = :now, #lastSyncMs = :took "
                   "ADD #syncedTimes :one")),
      add_folded_(update("ADD #syncedTotal :count")) {}

Task<Result<bool>> Lease::acquire() {
    token_ = ulid(loop_.now(), random_);
    const std::int64_t begun = loop_.clock().ticks();
    const std::int64_t now = to_epoch_ms(loop_.now());
    dynamo::UpdateRequest request{.table = table_, .key = key_};
    request.update = take_;
    request.values = {
        {":token", token_}, {":owner", owner_}, {":until", now + ttl_.count()}, {":one", 1}};
    request.condition = dynamo::BoundCondition{free_, {{":now", now}}};
    if (exclusive_) request.condition->values.emplace_back(":owner", owner_);
    auto taken = co_await database_.update_item(std::move(request));
    if (!taken && taken.error().code == Errc::condition_failed) co_return false;
    if (!taken) {
        // It may be ours without our knowing. If nobody reads so, it lapses.
        dynamo::GetRequest get{.table = table_, .key = key_};
        const auto row = co_await database_.get_item(std::move(get));
        const bool ours = row && *row && text_of(**row, "token") == token_;
        if (!ours) co_return std::unexpected(std::move(taken).error());
    }
    valid_until_ = begun + std::chrono::nanoseconds(ttl_).count();
    co_return true;
}

dynamo::BoundCondition Lease::ours() const {
    return {ours_, {{":token", token_}}};
}

Task<Result<bool>> Lease::write(dynamo::UpdateRequest request) {
    request.table = table_;
    request.key = key_;
    request.condition = ours();
    auto written = co_await database_.update_item(std::move(request));
    if (written) co_return true;
    if (written.error().code != Errc::condition_failed) {
        co_return std::unexpected(std::move(written).error());
    }
    valid_until_ = 0;
    co_return false;
}

Task<Result<bool>> Lease::renew() {
    const std::int64_t begun = loop_.clock().ticks();
    dynamo::UpdateRequest request;
    request.update = extend_;
    request.values = {{":until", to_epoch_ms(loop_.now()) + ttl_.count()}};
    CARILLON_CO_TRY(const bool held, co_await write(std::move(request)));
    if (held) valid_until_ = begun + std::chrono::nanoseconds(ttl_).count();
    co_return held;
}

Task<> Lease::keep(runtime::StopToken stop) {
    while (co_await loop_.sleep_for(ttl_ / 3, stop)) {
        const auto held = co_await renew();
        if (held && !*held) co_return;
    }
}

Task<Result<>> Lease::release() {
    valid_until_ = 0;
    dynamo::UpdateRequest request;
    request.update = give_back_;
    auto written = co_await write(std::move(request));
    if (!written) co_return std::unexpected(std::move(written).error());
    co_return Result<>{};
}

Task<Result<>> Lease::note_sync(std::uint64_t changes, Duration took) {
    dynamo::UpdateRequest request;
    request.update = note_;
    request.values = {{":count", static_cast<std::int64_t>(changes)},
                      {":now", to_epoch_ms(loop_.now())},
                      {":took", static_cast<std::int64_t>(took.count())},
                      {":one", 1}};
    auto written = co_await write(std::move(request));
    if (!written) co_return std::unexpected(std::move(written).error());
    co_return Result<>{};
}

dynamo::Write Lease::fence(std::uint64_t folded) const {
    if (folded == 0) {
        return dynamo::ConditionCheck{.table = table_, .key = key_, .condition = ours()};
    }
    dynamo::UpdateRequest request{.table = table_, .key = key_};
    request.update = add_folded_;
    request.values = {{":count", static_cast<std::int64_t>(folded)}};
    request.condition = ours();
    return request;
}

Task<Result<SyncTotals>> Lease::totals(dynamo::Database& database,
                                       const LayerTable& table,
                                       TimePoint now) {
    dynamo::GetRequest get{.table = table.table(), .key = table.sync_key()};
    CARILLON_CO_TRY(const auto row, co_await database.get_item(std::move(get)));
    SyncTotals totals;
    if (!row) co_return totals;
    totals.epoch = whole_of(*row, "epoch").value_or(0);
    totals.synced_total = whole_of(*row, "syncedTotal").value_or(0);
    totals.synced_times = whole_of(*row, "syncedTimes").value_or(0);
    totals.synced_last_total = whole_of(*row, "syncedLastTotal").value_or(0);
    totals.last_sync_ms = whole_of(*row, "lastSyncMs").value_or(0);
    if (const auto at = whole_of(*row, "lastSyncAt")) totals.last_sync_at = from_epoch_ms(*at);
    const auto until = whole_of(*row, "until");
    if (until && from_epoch_ms(*until) > now) {
        totals.holder = text_of(*row, "owner");
        totals.held_until = from_epoch_ms(*until);
    }
    co_return totals;
}

Task<Result<std::string>> Lease::holder(dynamo::Database& database,
                                        const LayerTable& table,
                                        dynamo::Item key,
                                        TimePoint now) {
    dynamo::GetRequest get{.table = table.table(), .key = std::move(key)};
    CARILLON_CO_TRY(const auto row, co_await database.get_item(std::move(get)));
    const auto until = row ? whole_of(*row, "until") : std::nullopt;
    co_return until&& from_epoch_ms(*until) > now ? text_of(*row, "owner") : std::string();
}

}  // namespace carillon::layer
