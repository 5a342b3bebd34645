#include "records/processor.hpp"

#include "core/check.hpp"
#include "core/text.hpp"
#include "queue/queue.hpp"
#include "queue/row_changes.hpp"
#include "queue/row_key.hpp"
#include "records/ledger.hpp"
#include "records/retry.hpp"
#include "runtime/event.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

namespace carillon::records {

using dynamo::Item;
using queue::Claim;
using queue::Settlement;
using queue::Verdict;

namespace {

constexpr std::size_t error_bytes_max = 1'024;

queue::QueueOptions queue_options(const TableModel& model, const ProcessorOptions& given) {
    queue::QueueOptions options;
    options.name = "records-" + model.table;
    options.concurrency = given.max_workers;
    const std::size_t ahead = given.claim_ahead == 0 ? given.max_workers : given.claim_ahead;
    options.held_max = ahead;
    options.held_per_key_max = ahead;
    options.claim_batch = std::min<std::size_t>(ahead, 500);
    options.poll_interval = given.poll_interval;
    // What is claimed early is only kept from others.
    options.look_ahead = Duration{0};
    options.lease = given.lease;
    // A worker that dies counts like a round that fails.
    options.interruptions_max = given.max_iterations;
    options.owner = given.owner;
    return options;
}

}  // namespace

Result<> check(const ProcessorOptions& options) {
    if (options.max_workers < 1 || options.max_workers > 10'000) {
        return invalid("max_workers", "must be from 1 to 10000");
    }
    if (options.max_retries < 0 || options.max_retries > 1'000) {
        return invalid("max_retries", "must be from 0 to 1000");
    }
    if (options.max_iterations < 1 || options.max_iterations > 10'000) {
        return invalid("max_iterations", "must be from 1 to 10000");
    }
    if (options.backoff_base < Duration{0}) return invalid("backoff_base", "must not be negative");
    if (!(options.backoff_multiplier >= 1 && options.backoff_multiplier <= 100)) {
        return invalid("backoff_multiplier", "must be from 1 to 100");
    }
    if (options.backoff_cap < options.backoff_base) {
        return invalid("backoff_cap", "must not be less than backoff_base");
    }
    if (options.lease < Duration{100}) return invalid("lease", "must be at least 100 ms");
    if (options.poll_interval < Duration{1})
        return invalid("poll_interval", "must be at least 1 ms");
    if (options.claim_ahead > 100'000) return invalid("claim_ahead", "must be at most 100000");
    if (options.owner.empty()) return invalid("owner", "must not be empty");
    return {};
}

bool is_retryable(Errc code) {
    switch (code) {
        case Errc::condition_failed:
        case Errc::throttled:
        case Errc::unavailable:
        case Errc::timeout:
        case Errc::cancelled:
        case Errc::internal:
            return true;
        case Errc::not_found:
        case Errc::already_exists:
        case Errc::invalid:
        case Errc::denied:
        case Errc::too_large:
        case Errc::corrupt:
            return false;
    }
    return false;
}

struct Processor::Impl final : queue::Handler {
    Impl(runtime::Loop& on_loop,
         dynamo::Database& in_database,
         const TableModel& model,
         Random& given_random,
         Log& given_log,
         Registry& given_metrics,
         ProcessorOptions given)
        : loop(on_loop),
          database(in_database),
          random(given_random),
          log(given_log),
          metrics(given_metrics),
          options(std::move(given)),
          table(database, loop.clock(), random, model),
          changed(loop) {}

    [[nodiscard]] Task<Result<>> begin();
    [[nodiscard]] Task<Result<>> take_back_leases();
    [[nodiscard]] Task<Result<bool>> nothing_left();
    [[nodiscard]] Task<bool> work_until_done(runtime::StopToken stop);
    [[nodiscard]] bool idle() const;
    void tell();

    Task<Settlement> handle(Claim claim) override;
    Settlement threw(Claim claim, std::string_view what) override;
    Settlement poisoned(Claim claim) override;
    void ended(std::string_view row_id, queue::RowEnd end) override;

    [[nodiscard]] std::string id_of(const Item& item) const;
    [[nodiscard]] Settlement settle(Claim claim, Result<> result);
    [[nodiscard]] Settlement quarantine(Claim claim, Error error);

    runtime::Loop& loop;
    dynamo::Database& database;
    Random& random;
    Log& log;
    Registry& metrics;
    ProcessorOptions options;
    RecordTable table;
    RecordHandler handler;
    std::optional<queue::Queue> queue;
    std::optional<Ledger> ledger;
    runtime::Event changed;  // An outcome came.
    Progress progress;
    Processor* owner = nullptr;
};

Processor::Processor(runtime::Loop& loop,
                     dynamo::Database& database,
                     const TableModel& model,
                     Random& random,
                     Log& log,
                     Registry& metrics,
                     ProcessorOptions options)
    : impl_(
          std::make_unique<Impl>(loop, database, model, random, log, metrics, std::move(options))) {
    impl_->owner = this;
}

Processor::~Processor() = default;

Task<Result<Report>> Processor::run(RecordHandler handler, runtime::StopToken stop) {
    Impl& impl = *impl_;
    CARILLON_CO_TRY_VOID(check(impl.options));
    if (impl.table.rows() == nullptr) {
        co_return fail(Errc::invalid,
                       "table " + impl.table.model().table +
                           " does not say which of its records are processed");
    }
    if (impl.queue) co_return fail(Errc::invalid, "the processor is running already");
    impl.handler = std::move(handler);
    impl.progress = {};
    const std::int64_t began = impl.loop.clock().ticks();
    impl.ledger.emplace(impl.options.outcomes_max, [this](std::string_view id) {
        auto key = queue::key_of_row_id(id, impl_->table.model().key);
        return key ? *std::move(key) : Item{};
    });
    impl.queue.emplace(impl.loop,
                       impl.database,
                       *impl.table.rows(),
                       impl,
                       impl.random,
                       impl.log,
                       impl.metrics,
                       queue_options(impl.table.model(), impl.options));
    auto begun = co_await impl.begin();
    if (!begun) {
        co_await impl.queue->stop(Duration{0});
        impl.queue.reset();
        co_return std::unexpected(std::move(begun).error());
    }
    const bool complete = co_await impl.work_until_done(std::move(stop));
    co_await impl.queue->stop(impl.options.grace);
    impl.queue.reset();
    const std::int64_t took_ns = impl.loop.clock().ticks() - began;
    co_return impl.ledger->close(complete,
                                 std::chrono::round<Duration>(std::chrono::nanoseconds{took_ns}));
}

Task<Result<>> Processor::Impl::begin() {
    if (database.capabilities().exclusive) CARILLON_CO_TRY_VOID(co_await take_back_leases());
    if (options.count_first) {
        for (const WorkState state : {WorkState::unprocessed, WorkState::in_hand}) {
            CARILLON_CO_TRY(const std::int64_t more, co_await table.count(state));
            progress.total += more;
        }
    }
    co_return co_await queue->start();
}

/// Whoever leased records while the store was shared is gone: this process is alone now.
Task<Result<>> Processor::Impl::take_back_leases() {
    queue::RowChanges changes(*table.rows());
    std::optional<std::string> next;
    do {
        CARILLON_CO_TRY(RecordPage page, co_await table.list(WorkState::in_hand, 500, next));
        std::vector<dynamo::WriteUnit> units;
        for (const Item& item : page.items) {
            auto row = table.rows()->read(item);
            if (!row || row->state != queue::State::leased) continue;
            row->state = queue::State::ready;
            row->due_at = loop.now();
            ++row->interruptions;
            row->lease_token.clear();
            row->lease_owner.clear();
            Item after = item;
            table.rows()->write(after, *row);
            units.emplace_back();
            units.back().push_back(changes.between(item, after));
        }
        const auto answers = co_await database.update_batch(std::move(units), true);
        for (const Result<>& answer : answers) {
            if (!answer && answer.error().code != Errc::condition_failed) co_return answer;
        }
        next = std::move(page.next);
    } while (next);
    co_return Result<>{};
}

bool Processor::Impl::idle() const {
    const queue::QueueStats stats = queue->stats();
    return stats.held == 0 && stats.running == 0 && stats.settling == 0;
}

/// What others have in hand is not done either: they may die.
Task<Result<bool>> Processor::Impl::nothing_left() {
    for (const WorkState state : {WorkState::in_hand, WorkState::unprocessed}) {
        CARILLON_CO_TRY(const RecordPage page, co_await table.list(state, 1, std::nullopt));
        if (!page.items.empty()) co_return false;
    }
    co_return true;
}

/// Whether nothing was left, as against being stopped.
Task<bool> Processor::Impl::work_until_done(runtime::StopToken stop) {
    // A record may pass from one state to the other between two reads: twice nothing is nothing.
    int times_empty = 0;
    while (!stop.stop_requested()) {
        if (idle()) {
            const Result<bool> empty = co_await nothing_left();
            if (empty && *empty && idle()) {
                if (++times_empty == 2) co_return true;
                continue;
            }
        }
        times_empty = 0;
        (void)co_await changed.wait_until(loop.now() + options.poll_interval, stop);
    }
    co_return false;
}

std::string Processor::Impl::id_of(const Item& item) const {
    auto id = queue::row_id(item, table.model().key);
    CARILLON_CHECK(id.has_value());
    return *std::move(id);
}

Task<Settlement> Processor::Impl::handle(Claim claim) {
    if (database.capabilities().exclusive) {
        // The record may have been changed, marked or deleted since it was read: nothing was
        // written into it that would have told others.
        CARILLON_CHECK(id_of(claim.item).size() > 0);
        auto stored = co_await table.get(*dynamo::extract_key(claim.item, table.model().key));
        const auto row = stored && *stored ? table.rows()->read(**stored)
                                           : Result<queue::RowState>(fail(Errc::not_found, ""));
        if (!row || *row != claim.row) {
            Settlement back;
            back.verdict = Verdict::release;
            back.item = std::move(claim.item);
            co_return back;
        }
        claim.item = **std::move(stored);
    }
    ++progress.running;
    Attempt attempt{.number = claim.attempt, .stop = claim.stop};
    Result<> result = co_await handler(table.without_work(claim.item), std::move(attempt));
    --progress.running;
    co_return settle(std::move(claim), std::move(result));
}

Settlement Processor::Impl::quarantine(Claim claim, Error error) {
    Settlement settlement;
    settlement.verdict = Verdict::failed;
    settlement.item = std::move(claim.item);
    settlement.item.set(error_attribute, utf8_prefix(describe(error), error_bytes_max));
    ledger->attempted(id_of(settlement.item), claim.attempt, std::move(error));
    return settlement;
}

Settlement Processor::Impl::settle(Claim claim, Result<> result) {
    const std::string& updated = table.model().updated_attribute;
    if (!updated.empty()) claim.item.set(updated, format_instant(loop.now()));
    if (result) {
        Settlement done;
        done.item = std::move(claim.item);
        done.item.erase(error_attribute);
        ledger->attempted(id_of(done.item), claim.attempt, std::nullopt);
        return done;
    }
    if (result.error().code == Errc::cancelled) {
        Settlement back;
        back.verdict = Verdict::release;
        back.item = std::move(claim.item);
        return back;
    }
    if (!is_retryable(result.error().code)) {
        return quarantine(std::move(claim), std::move(result).error());
    }
    const auto pause = pause_after(claim.attempt, options, random);
    if (!pause) return quarantine(std::move(claim), std::move(result).error());
    Settlement again;
    again.verdict = Verdict::retry;
    again.ready_at = loop.now() + *pause;
    again.item = std::move(claim.item);
    again.item.set(error_attribute, utf8_prefix(describe(result.error()), error_bytes_max));
    ledger->attempted(id_of(again.item), claim.attempt, std::move(result).error());
    return again;
}

Settlement Processor::Impl::threw(Claim claim, std::string_view what) {
    --progress.running;
    Result<> failed = fail(Errc::internal, "it threw: " + std::string(what));
    return settle(std::move(claim), std::move(failed));
}

Settlement Processor::Impl::poisoned(Claim claim) {
    const int times = claim.row.interruptions;
    Error error{Errc::internal,
                "its worker died " + std::to_string(times) + " times with this record in hand"};
    return quarantine(std::move(claim), std::move(error));
}

void Processor::Impl::ended(std::string_view row_id, queue::RowEnd end) {
    const auto outcome = ledger->ended(row_id, end);
    if (outcome && owner->on_outcome) owner->on_outcome(*outcome);
    tell();
    changed.set();
}

void Processor::Impl::tell() {
    const Report& counts = ledger->counts();
    progress.processed = counts.processed;
    progress.quarantined = counts.quarantined;
    progress.retried = counts.retried;
    if (owner->on_progress) owner->on_progress(progress);
}

}  // namespace carillon::records
