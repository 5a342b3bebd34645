#include "queue/leases.hpp"

#include "core/id.hpp"

#include <algorithm>

namespace carillon::queue {

Task<Leases::Taken> Leases::take(std::vector<Row*> rows) {
    const TimePoint until = context_.loop.now() + context_.options.lease;
    std::vector<dynamo::WriteUnit> units;
    std::vector<dynamo::Item> items;
    std::vector<RowState> states;
    for (const Row* row : rows) {
        RowState next = row->state;
        if (row->state.state == State::leased) ++next.interruptions;
        next.state = State::leased;
        next.due_at = until;
        next.lease_token = uuid4(context_.random);
        next.lease_owner = context_.options.owner;
        dynamo::Item item = row->item;
        context_.rows.write(item, next);
        units.emplace_back();
        units.back().push_back(changes_.between(row->item, item));
        items.push_back(std::move(item));
        states.push_back(std::move(next));
    }
    auto answers = co_await context_.database.update_batch(std::move(units), true);
    Taken taken;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        Row& row = *rows[i];
        if (answers[i]) {
            if (row.state.state == State::leased) context_.metrics.interrupted.add();
            row.item = std::move(items[i]);
            row.state = std::move(states[i]);
            row.lease_until = until;
            taken.rows.push_back(&row);
            continue;
        }
        if (answers[i].error().code == Errc::condition_failed) {
            ++taken.lost;
            context_.metrics.claims_lost.add();
            ++context_.counts.claims_lost;
        } else {
            taken.error = std::move(answers[i]).error();
        }
        book_.retire(row, RowEnd::let_go);
    }
    if (!beating_ && !taken.rows.empty()) {
        beating_ = true;
        context_.group.spawn(heartbeat());
    }
    co_return taken;
}

Task<> Leases::heartbeat() {
    const Duration third = std::max(Duration{1}, context_.options.lease / 3);
    while (book_.size() > 0) {
        (void)co_await drained_.wait_until(context_.loop.now() + third);
        // A failed beat is repeated soon: two thirds of the lease are left to succeed in.
        for (int tries = 0; tries < 3; ++tries) {
            const bool extended = co_await extend_all();
            if (extended) break;
            (void)co_await context_.loop.sleep_for(third / 8);
        }
    }
    beating_ = false;
}

Task<bool> Leases::extend_all() {
    const TimePoint until = context_.loop.now() + context_.options.lease;
    std::vector<std::pair<std::string, std::string>> held;  // Id and token.
    std::vector<dynamo::WriteUnit> units;
    book_.for_each([&](const Row& row) {
        const bool in_hand = row.phase == Phase::timed || row.phase == Phase::turn ||
                             row.phase == Phase::listing || row.phase == Phase::running;
        if (!in_hand || row.lost) return;
        RowState next = row.state;
        next.due_at = until;
        dynamo::Item item = row.item;
        context_.rows.write(item, next);
        units.emplace_back();
        units.back().push_back(changes_.between(row.item, item));
        held.emplace_back(row.id, row.state.lease_token);
    });
    if (units.empty()) co_return true;
    auto answers = co_await context_.database.update_batch(std::move(units), true);
    bool all = true;
    for (std::size_t i = 0; i < held.size(); ++i) {
        Row* row = book_.find(held[i].first);
        if (row == nullptr || row->state.lease_token != held[i].second) continue;
        if (answers[i]) {
            row->lease_until = until;
        } else if (answers[i].error().code == Errc::condition_failed) {
            // An outcome that is being recorded removes the token as well.
            if (row->phase != Phase::settling) lose(*row);
        } else {
            all = false;
            context_.metrics.store_errors.add();
            if (log_limit_.pass(context_.loop.clock())) {
                context_.log.warn(
                    "leases cannot be extended",
                    {{"queue", context_.options.name}, {"error", describe(answers[i].error())}});
            }
        }
    }
    co_return all;
}

void Leases::lose(Row& row) {
    if (row.phase == Phase::timed || row.phase == Phase::turn) {
        book_.retire(row, RowEnd::let_go);
        return;
    }
    row.lost = true;
    if (row.stop) row.stop->request_stop();
}

}  // namespace carillon::queue
