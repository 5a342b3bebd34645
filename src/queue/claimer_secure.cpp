// How the claimer makes sure that what it takes is its own before it may start.

#include "core/id.hpp"
#include "queue/claimer.hpp"

namespace carillon::queue {

Task<> Claimer::secure_aside(std::vector<Row*> taken) {
    auto secured = co_await secure(std::move(taken));
    if (secured) co_return;
    claim_error_ = std::move(secured).error();
    awake_.set();
}

/// Makes the claims good, and holds the rows that may still be worked on.
Task<Result<>> Claimer::secure(std::vector<Row*> taken) {
    Result<> answer{};
    if (context_.exclusive) {
        answer = co_await list_in_flight(taken);
    } else {
        const std::size_t wanted = taken.size();
        Leases::Taken leased = co_await leases_.take(std::move(taken));
        contended_ = leased.lost * 4 > wanted;
        taken = std::move(leased.rows);
        if (leased.error) answer = std::unexpected(*std::move(leased.error));
    }
    const TimePoint now = context_.loop.now();
    const bool exclusive_failed = context_.exclusive && !answer;
    for (Row* row : taken) {
        const QueueOptions& options = context_.options;
        if (row->cancelled || context_.stopped() || exclusive_failed) {
            const dynamo::Value due = context_.rows.due_value(row->due_at);
            if (context_.exclusive) {
                book_.retire(*row, RowEnd::let_go);
            } else {
                settler_.give_back(*row);
            }
            reread(due);
        } else if (row->state.interruptions > 0 &&
                   row->state.interruptions >= options.interruptions_max) {
            poison(*row);
        } else {
            book_.hold(*row, now);
        }
    }
    if (answer) error_pause_.reset();
    context_.dispatch();
    co_return answer;
}

Task<Result<>> Claimer::list_in_flight(std::vector<Row*> rows) {
    std::vector<dynamo::WriteUnit> units;
    std::vector<InFlightEntry> entries;
    std::vector<Row*> members;
    std::size_t bytes = 0;
    const auto close_batch = [&] {
        if (members.empty()) return;
        InFlightBatch& batch =
            in_flight_.open(ulid(context_.loop.now(), context_.random), members.size());
        for (Row* row : members) row->batch = &batch;
        units.emplace_back();
        units.back().push_back(in_flight_.record(batch, entries));
        entries.clear();
        members.clear();
        bytes = 0;
    };
    for (Row* row : rows) {
        // Those that were interrupted before are listed when they start (see Runner).
        if (row->state.interruptions > 0) continue;
        entries.push_back({.id = row->id,
                           .due_at = row->state.due_at,
                           .attempts = row->state.attempts,
                           .interruptions = row->state.interruptions});
        members.push_back(row);
        bytes += row->id.size() + 20;
        if (bytes >= in_flight_bytes_max) close_batch();
    }
    close_batch();
    if (units.empty()) co_return Result<>{};
    auto answers = co_await context_.database.update_batch(std::move(units), false);
    for (Result<>& answer : answers) {
        if (!answer) co_return std::move(answer);
    }
    co_return Result<>{};
}

void Claimer::poison(Row& row) {
    row.unchanged = context_.rows.unchanged(row.item);
    Claim claim;
    claim.item = row.item;
    claim.row = row.state;
    claim.attempt = row.state.attempts + 1;
    claim.due_at = row.due_at;
    claim.stop = context_.hard_stop.token();
    settler_.settle_poisoned(row, std::move(claim));
}

}  // namespace carillon::queue
