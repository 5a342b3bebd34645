#include "queue/settler.hpp"

#include "core/check.hpp"
#include "queue/guarded.hpp"
#include "queue/row_key.hpp"

#include <algorithm>
#include <iterator>

namespace carillon::queue {

namespace {

// The next commit is made ready while the store writes the last one.
constexpr std::size_t commits_max = 2;

RowEnd end_of(Verdict verdict) {
    switch (verdict) {
        case Verdict::done:
            return RowEnd::done;
        case Verdict::retry:
            return RowEnd::retried;
        case Verdict::failed:
            return RowEnd::failed;
        case Verdict::release:
        case Verdict::postpone:
            return RowEnd::released;
        case Verdict::again:
            return RowEnd::done;
    }
    return RowEnd::released;
}

}  // namespace

RowState state_after(const RowState& claimed,
                     TimePoint due_at,
                     const Settlement& settlement,
                     bool poisoned) {
    RowState next;
    next.attempts = claimed.attempts;
    const int failure = poisoned ? 0 : 1;
    switch (settlement.verdict) {
        case Verdict::done:
            next.state = State::done;
            break;
        case Verdict::retry:
            next.state = State::ready;
            next.due_at = settlement.ready_at;
            next.attempts += failure;
            break;
        case Verdict::failed:
            next.state = State::failed;
            next.attempts += failure;
            break;
        case Verdict::release:
            next.state = State::ready;
            next.due_at = due_at;
            break;
        case Verdict::postpone:
            next.state = State::ready;
            next.due_at = settlement.ready_at;
            break;
        case Verdict::again:
            next.state = State::ready;
            next.due_at = settlement.ready_at;
            next.attempts = 0;
            break;
    }
    return next;
}

void Settler::settle(Row& row, Settlement settlement, bool poisoned) {
    Outcome outcome;
    outcome.row = &row;
    outcome.next = state_after(row.state, row.due_at, settlement, poisoned);
    outcome.end = end_of(settlement.verdict);
    outcome.settlement = std::move(settlement);
    book_.settling(row);
    if (row.lost) {
        ++elsewhere_;
        dropped(outcome);
        return;
    }
    auto written = guarded([&] { context_.rows.write(outcome.settlement.item, outcome.next); });
    if (written) {
        add(std::move(outcome));
        return;
    }
    context_.log.error("outcome cannot be written into its row",
                       {{"queue", context_.options.name}, {"error", written.error()}});
    ++elsewhere_;
    let_go(outcome);
}

Task<> Settler::settle_thrown(Row& row, Claim claim, std::string what) {
    context_.log.error("a handler threw: a failed attempt",
                       {{"queue", context_.options.name}, {"error", what}});
    auto stored = co_await stored_row(row);
    while (!stored && !given_up_.stop_requested()) {
        (void)co_await context_.loop.sleep_for(Duration{250}, given_up_.token());
        stored = co_await stored_row(row);
    }
    if (!stored || !*stored) {
        Outcome outcome;
        outcome.row = &row;
        book_.settling(row);
        ++elsewhere_;
        stored ? dropped(outcome) : let_go(outcome);
        co_return;
    }
    claim.item = **std::move(stored);
    Settlement fallback;
    fallback.verdict = Verdict::failed;
    fallback.item = claim.item;
    auto settlement = guarded([&] { return context_.handler.threw(std::move(claim), what); });
    settle(row, std::move(settlement).value_or(std::move(fallback)));
}

void Settler::settle_poisoned(Row& row, Claim claim) {
    Settlement fallback;
    fallback.verdict = Verdict::failed;
    fallback.item = row.item;
    auto settlement = guarded([&] { return context_.handler.poisoned(std::move(claim)); });
    settle(row, std::move(settlement).value_or(std::move(fallback)), true);
}

void Settler::give_up() {
    given_up_.request_stop();
    for (Outcome& outcome : std::exchange(waiting_, {})) {
        ++elsewhere_;
        let_go(outcome);
    }
}

/// The row leaves the book, and the domain hears of it.
void Settler::leaves(const Outcome& outcome, RowEnd end) {
    const std::string id = outcome.row->id;
    book_.retire(*outcome.row, end);
    const auto told = guarded([&] { context_.handler.ended(id, end); });
    if (told) return;
    context_.log.error("a handler threw when it was told of an outcome",
                       {{"queue", context_.options.name}, {"error", told.error()}});
}

void Settler::let_go(Outcome& outcome) {
    --elsewhere_;
    ++unrecorded_;
    leaves(outcome, RowEnd::let_go);
}

void Settler::give_back(Row& row) {
    Outcome outcome;
    outcome.row = &row;
    outcome.end = RowEnd::let_go;
    outcome.settlement.verdict = Verdict::release;
    outcome.settlement.item = row.item;
    outcome.next = row.state;
    outcome.next.state = State::ready;
    outcome.next.due_at = row.due_at;
    outcome.next.lease_token.clear();
    outcome.next.lease_owner.clear();
    row.unchanged = context_.rows.unchanged(row.item);
    book_.settling(row);
    context_.rows.write(outcome.settlement.item, outcome.next);
    add(std::move(outcome));
}

void Settler::add(Outcome outcome) {
    waiting_.push_back(std::move(outcome));
    wake();
}

void Settler::sweep() {
    if (in_flight_.any_finished()) wake();
}

bool Settler::idle() const {
    return waiting_.empty() && elsewhere_ == 0 && committing_ == 0;
}

void Settler::wake() {
    if (committing_ >= commits_max) return;
    ++committing_;
    context_.group.spawn(commit_all());
}

Task<> Settler::commit_all() {
    // What was given up stays listed as in flight: its attempts are counted at the next start.
    while (!waiting_.empty() || (in_flight_.any_finished() && !given_up_.stop_requested())) {
        const auto size = static_cast<std::ptrdiff_t>(
            std::min(waiting_.size(), std::max<std::size_t>(1, context_.options.settle_batch)));
        std::vector<Outcome> batch(std::make_move_iterator(waiting_.begin()),
                                   std::make_move_iterator(waiting_.begin() + size));
        waiting_.erase(waiting_.begin(), waiting_.begin() + size);
        elsewhere_ += batch.size();
        const bool swept = co_await commit(std::move(batch));
        if (!swept && waiting_.empty()) break;  // The next commit takes them along.
    }
    --committing_;
}

/// Whether the in-flight rows that went along are deleted.
Task<bool> Settler::commit(std::vector<Outcome> batch) {
    std::vector<std::string> removals;
    auto units = units_of(batch, removals);
    const bool durable = !batch.empty();
    context_.metrics.commits.add();
    context_.metrics.settle_batch.observe(static_cast<double>(batch.size()));
    auto answers = co_await context_.database.update_batch(std::move(units), durable);
    CARILLON_CHECK(answers.size() == batch.size() + removals.size());

    std::vector<Outcome> again;
    bool any_answer = batch.empty();
    Error last_error;
    for (std::size_t i = 0; i < batch.size(); ++i) {
        Outcome& outcome = batch[i];
        if (answers[i]) {
            any_answer = true;
            recorded(outcome);
            continue;
        }
        Error& error = answers[i].error();
        if (error.code == Errc::condition_failed || error.code == Errc::not_found ||
            refused_for_good(error.code)) {
            any_answer = true;
            context_.group.spawn(resolve(std::move(outcome), std::move(error)));
        } else {
            last_error = std::move(error);
            again.push_back(std::move(outcome));
        }
    }
    bool swept = true;
    for (std::size_t i = 0; i < removals.size(); ++i) {
        if (answers[batch.size() + i]) continue;
        in_flight_.put_back(std::move(removals[i]));
        swept = false;
    }
    if (!again.empty()) {
        context_.metrics.store_errors.add();
        if (log_limit_.pass(context_.loop.clock())) {
            context_.log.warn("outcomes cannot be recorded, trying again",
                              {{"queue", context_.options.name},
                               {"outcomes", again.size()},
                               {"error", describe(last_error)}});
        }
        context_.group.spawn(retry_later(std::move(again)));
    }
    if (!batch.empty() && store_down_ == any_answer) {
        store_down_ = !any_answer;
        if (any_answer) context_.wake_claimer();
    }
    show();
    context_.dispatch();
    context_.wake_claimer();  // Outcomes that wait take room as well.
    co_return swept;
}

std::vector<dynamo::WriteUnit> Settler::units_of(std::vector<Outcome>& batch,
                                                 std::vector<std::string>& removals) {
    std::vector<dynamo::WriteUnit> units;
    units.reserve(batch.size() + 4);
    for (Outcome& outcome : batch) {
        units.push_back(unit_of(outcome));
        InFlightBatch* in_flight = outcome.row->batch;
        if (in_flight != nullptr && !in_flight->deleted &&
            ++in_flight->closing == in_flight->open) {
            in_flight->deleted = true;
            removals.push_back(in_flight->id);
        }
    }
    for (Outcome& outcome : batch) {
        if (outcome.row->batch != nullptr) outcome.row->batch->closing = 0;
    }
    if (!given_up_.stop_requested()) {
        for (std::string& id : in_flight_.take_finished()) removals.push_back(std::move(id));
    }
    for (const std::string& id : removals) {
        dynamo::WriteUnit unit;
        unit.push_back(in_flight_.removal(id));
        units.push_back(std::move(unit));
    }
    return units;
}

dynamo::Write Settler::main_write(const Outcome& outcome) {
    if (outcome.settlement.remove && outcome.settlement.verdict == Verdict::done) {
        dynamo::DeleteRequest removal;
        removal.table = context_.rows.table();
        removal.key = *key_of_row_id(outcome.row->id, context_.rows.key());
        removal.condition = outcome.row->unchanged;
        return removal;
    }
    if (const auto* attributes = context_.rows.outcome_attributes()) {
        return changes_.of(outcome.settlement.item, *attributes, outcome.row->unchanged);
    }
    dynamo::PutRequest put;
    put.table = context_.rows.table();
    put.item = outcome.settlement.item;
    put.condition = outcome.row->unchanged;
    return put;
}

dynamo::WriteUnit Settler::unit_of(const Outcome& outcome) {
    dynamo::WriteUnit unit;
    unit.reserve(1 + outcome.settlement.also.size());
    unit.push_back(main_write(outcome));
    for (const dynamo::Write& write : outcome.settlement.also) unit.push_back(write);
    return unit;
}

void Settler::recorded(Outcome& outcome) {
    --elsewhere_;
    QueueStats& counts = context_.counts;
    QueueMetrics& metrics = context_.metrics;
    switch (outcome.end) {
        case RowEnd::done:
            ++counts.done;
            metrics.done.add();
            break;
        case RowEnd::retried:
            ++counts.retried;
            metrics.retried.add();
            break;
        case RowEnd::failed:
            ++counts.failed;
            metrics.failed.add();
            break;
        case RowEnd::released:
            ++counts.released;
            metrics.released.add();
            break;
        case RowEnd::dropped:
        case RowEnd::let_go:
            break;
    }
    leaves(outcome, outcome.end);
    if (outcome.settlement.recorded) outcome.settlement.recorded();
    // The store's watch may have spoken while the row was still in the book.
    if (outcome.next.state == State::ready) {
        context_.reread(context_.rows.due_value(outcome.next.due_at));
    }
}

void Settler::dropped(Outcome& outcome) {
    --elsewhere_;
    ++context_.counts.dropped;
    context_.metrics.dropped.add();
    const TimePoint due_at = outcome.row->due_at;
    leaves(outcome, outcome.end == RowEnd::let_go ? RowEnd::let_go : RowEnd::dropped);
    // If it is still there, it may still be due.
    context_.reread(context_.rows.due_value(due_at));
}

Task<> Settler::retry_later(std::vector<Outcome> batch) {
    int tries = 0;
    for (Outcome& outcome : batch) {
        outcome.uncertain = true;
        tries = std::max(tries, ++outcome.tries);
    }
    const Duration pause{std::min<std::int64_t>(5'000, std::int64_t{50} << std::min(tries - 1, 7))};
    (void)co_await context_.loop.sleep_for(pause, given_up_.token());
    if (given_up_.stop_requested()) {
        for (Outcome& outcome : batch) let_go(outcome);
        show();
        context_.dispatch();
        co_return;
    }
    elsewhere_ -= batch.size();
    for (Outcome& outcome : batch) waiting_.push_back(std::move(outcome));
    wake();
}

Task<Result<std::optional<dynamo::Item>>> Settler::stored_row(const Row& row) {
    dynamo::GetRequest get;
    get.table = context_.rows.table();
    get.key = *key_of_row_id(row.id, context_.rows.key());
    co_return co_await context_.database.get_item(std::move(get));
}

/// Whether the stored row is what an earlier try would have left.
bool Settler::is_applied(const Outcome& outcome, const std::optional<dynamo::Item>& stored) const {
    if (outcome.settlement.remove && outcome.settlement.verdict == Verdict::done) return !stored;
    if (!stored) return false;
    const auto* attributes = context_.rows.outcome_attributes();
    if (attributes == nullptr) return *stored == outcome.settlement.item;
    return std::ranges::all_of(*attributes, [&](const std::string& name) {
        const dynamo::Value* wanted = outcome.settlement.item.find(name);
        const dynamo::Value* found = stored->find(name);
        return wanted == nullptr ? found == nullptr : found != nullptr && *found == *wanted;
    });
}

void Settler::show() {
    context_.metrics.held.set(static_cast<double>(book_.held()));
    context_.metrics.running.set(static_cast<double>(book_.running()));
    context_.metrics.settling.set(static_cast<double>(book_.settling()));
}

}  // namespace carillon::queue
