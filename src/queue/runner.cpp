#include "queue/runner.hpp"

#include "core/check.hpp"
#include "core/id.hpp"
#include "queue/guarded.hpp"
#include "runtime/turn.hpp"

#include <algorithm>
#include <chrono>

namespace carillon::queue {

namespace {

// A worker gives the loop a turn after so many rows, or so long.
constexpr int rows_per_turn = 64;
constexpr std::int64_t ns_per_turn = 500'000;

}  // namespace

Runner::~Runner() {
    if (timer_ != 0) context_.loop.cancel_timer(timer_);
}

bool Runner::may_start() const {
    return !context_.stopped() && !settler_.store_down();
}

void Runner::dispatch() {
    const std::size_t places = std::max<std::size_t>(1, context_.options.concurrency);
    while (may_start() && book_.running() < places) {
        Row* row = take();
        if (row == nullptr) break;
        ++workers_;
        context_.group.spawn(work(row));
    }
    arm();
}

/// The next row that can start at once; rows that must be listed first are set aside on the way.
Row* Runner::take() {
    for (;;) {
        if (!may_start()) return nullptr;
        Row* row = book_.next(context_.loop.now());
        if (row == nullptr) return nullptr;
        if (!context_.exclusive && row->lease_until <= context_.loop.now()) {
            book_.retire(*row, RowEnd::let_go);  // Too late: somebody may have taken it over.
            continue;
        }
        if (!context_.exclusive || row->batch != nullptr) return row;
        listing_.push_back(row);
        if (!lister_) {
            lister_ = true;
            context_.group.spawn(list_and_start());
        }
        const std::size_t places = std::max<std::size_t>(1, context_.options.concurrency);
        if (book_.running() >= places) return nullptr;
    }
}

Task<> Runner::work(Row* row) {
    int rows = 0;
    std::int64_t turn_began = context_.loop.clock().ticks();
    while (row != nullptr) {
        co_await run(*row);
        // One more than the others: the row that has just ended has given its place back.
        row = book_.running() < std::max<std::size_t>(1, context_.options.concurrency) ? take()
                                                                                       : nullptr;
        context_.wake_claimer();  // There is room for another one.
        if (row == nullptr) break;
        if (++rows >= rows_per_turn || context_.loop.clock().ticks() - turn_began > ns_per_turn) {
            co_await runtime::next_turn(context_.loop);
            rows = 0;
            turn_began = context_.loop.clock().ticks();
        }
    }
    --workers_;
    arm();
}

Claim Runner::claim_without_item(Row& row) {
    Claim claim;
    claim.row = row.state;
    claim.attempt = row.state.attempts + 1;
    claim.due_at = row.due_at;
    if (context_.exclusive) {
        claim.stop = context_.hard_stop.token();
    } else {
        if (!row.stop) row.stop.emplace();
        claim.stop = row.stop->token();
    }
    return claim;
}

Task<> Runner::run(Row& row) {
    CARILLON_CHECK(row.phase == Phase::listing);
    row.phase = Phase::running;
    const std::int64_t late_us = std::max<std::int64_t>(
        0, context_.loop.clock().wall_us() - to_epoch_ms(row.due_at) * 1'000);
    context_.metrics.started.add();
    context_.metrics.lateness.observe(static_cast<double>(late_us) * 1e-6);
    row.unchanged = context_.rows.unchanged(row.item);

    Claim claim = claim_without_item(row);
    if (context_.exclusive) {
        claim.item = std::move(row.item);
    } else {
        claim.item = row.item;  // Heartbeats need it.
    }
    Settlement settlement;
    std::exception_ptr thrown;
    try {
        settlement = co_await context_.handler.handle(std::move(claim));
    } catch (...) {
        thrown = std::current_exception();
    }
    if (thrown) {
        co_await settler_.settle_thrown(row, claim_without_item(row), text_of(thrown));
    } else {
        settler_.settle(row, std::move(settlement));
    }
}

Task<> Runner::list_and_start() {
    while (!listing_.empty()) {
        std::vector<Row*> rows = std::exchange(listing_, {});
        std::vector<InFlightEntry> entries;
        for (const Row* row : rows) {
            entries.push_back({.id = row->id,
                               .due_at = row->state.due_at,
                               .attempts = row->state.attempts,
                               .interruptions = row->state.interruptions});
        }
        InFlightBatch& batch =
            in_flight_.open(ulid(context_.loop.now(), context_.random), rows.size());
        std::vector<dynamo::WriteUnit> units(1);
        units.front().push_back(in_flight_.record(batch, entries));
        auto answers = co_await context_.database.update_batch(std::move(units), false);
        for (Row* row : rows) {
            if (answers.front() && may_start()) {
                row->batch = &batch;
                ++workers_;
                context_.group.spawn(work(row));
            } else {
                book_.put_back(*row);
                in_flight_.close_one(batch);
            }
        }
        if (!answers.front()) {
            context_.metrics.store_errors.add();
            (void)co_await context_.loop.sleep_for(Duration{250}, context_.stopping.token());
        }
    }
    lister_ = false;
    if (context_.stopped()) {
        book_.let_go_held(nullptr);
        settler_.sweep();
    }
    dispatch();
}

void Runner::arm() {
    // Rows that are due wait for their turn, not for the timer.
    book_.promote(context_.loop.now());
    const auto next = context_.stopped() ? std::nullopt : book_.next_timed();
    if (!next) {
        if (timer_ != 0) context_.loop.cancel_timer(std::exchange(timer_, 0));
        return;
    }
    const runtime::Clock& clock = context_.loop.clock();
    // In steps of a second at most, so that a jump of the wall clock is noticed.
    constexpr std::int64_t second_us = 1'000'000;
    const std::int64_t left_us =
        std::clamp<std::int64_t>(to_epoch_ms(*next) * 1'000 - clock.wall_us(), 0, second_us);
    const std::int64_t at = clock.ticks() + left_us * 1'000;
    if (timer_ != 0) {
        if (timer_at_ <= at) return;  // It rings earlier, and then this is asked again.
        context_.loop.cancel_timer(timer_);
    }
    timer_at_ = at;
    timer_ = context_.loop.call_at(at, [this] {
        timer_ = 0;
        dispatch();
    });
}

}  // namespace carillon::queue
