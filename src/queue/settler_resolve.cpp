// Outcomes that the store did not take, and will not take as they are.

#include "queue/settler.hpp"

#include <utility>

namespace carillon::queue {

namespace {

/// Which of a unit's writes failed its condition: the row's own (or nobody knows), or one beside
/// it.
bool only_also_failed(const Error& error) {
    const auto* cancelled = dynamic_cast<const dynamo::TransactionCancelled*>(error.detail.get());
    if (cancelled == nullptr || cancelled->reasons.size() < 2) return false;
    return cancelled->reasons.front().code == "None";
}

/// Those beside the row's own whose condition failed; all of them when the store names none.
void leave_out_failed(std::vector<dynamo::Write>& also, const Error& error) {
    const auto* cancelled = dynamic_cast<const dynamo::TransactionCancelled*>(error.detail.get());
    std::vector<dynamo::Write> left;
    for (std::size_t i = 0; i < also.size(); ++i) {
        const bool passed = cancelled != nullptr && i + 1 < cancelled->reasons.size() &&
                            cancelled->reasons[i + 1].code == "None";
        if (passed) left.push_back(std::move(also[i]));
    }
    if (left.size() == also.size()) left.clear();
    also = std::move(left);
}

}  // namespace

bool refused_for_good(Errc code) {
    return code == Errc::invalid || code == Errc::too_large;
}

Task<> Settler::resolve(Outcome outcome, Error error) {
    if (error.code == Errc::condition_failed) {
        co_await resolve_condition(std::move(outcome), std::move(error));
    } else if (refused_for_good(error.code) || !outcome.settlement.also.empty()) {
        // Not found: of a companion's table, then.
        co_await resolve_refused(std::move(outcome), std::move(error));
    } else {
        context_.log.error("outcome dropped: the table is gone",
                           {{"queue", context_.options.name}, {"error", describe(error)}});
        dropped(outcome);
    }
    show();
    context_.dispatch();
}

/// The row is not as it was claimed, or something beside it was in the way.
Task<> Settler::resolve_condition(Outcome outcome, Error error) {
    if (outcome.uncertain) {
        // An earlier try may have been applied although it was answered with an error.
        auto stored = co_await stored_row(*outcome.row);
        if (!stored) {
            std::vector<Outcome> again;
            again.push_back(std::move(outcome));
            co_await retry_later(std::move(again));
            co_return;
        }
        if (is_applied(outcome, *stored)) {
            recorded(outcome);
            co_return;
        }
    }
    if (only_also_failed(error)) {
        // Not to record the outcome would repeat the work for ever.
        if (outcome.settlement.also_optional) {
            leave_out_failed(outcome.settlement.also, error);
        } else {
            context_.log.error("outcome recorded without its companions: their condition failed",
                               {{"queue", context_.options.name}, {"error", describe(error)}});
            outcome.settlement.also.clear();
        }
        --elsewhere_;
        add(std::move(outcome));
        co_return;
    }
    dropped(outcome);
}

/// The store will never take this item (too large, invalid): the outcome is recorded on the row as
/// it is stored, without the domain's changes; and if that is refused as well, as a dead letter.
Task<> Settler::resolve_refused(Outcome outcome, Error error) {
    context_.log.error(
        "outcome refused by the store",
        {{"queue", context_.options.name}, {"tries", outcome.tries}, {"error", describe(error)}});
    auto stored = co_await stored_row(*outcome.row);
    if (!stored) {
        std::vector<Outcome> again;
        again.push_back(std::move(outcome));
        co_await retry_later(std::move(again));
        co_return;
    }
    if (!stored->has_value() || outcome.fallback == Fallback::dead_letter) {
        dropped(outcome);
        co_return;
    }
    if (outcome.fallback == Fallback::none) {
        outcome.fallback = Fallback::stored_item;
    } else {
        outcome.fallback = Fallback::dead_letter;
        outcome.settlement.also.clear();
        outcome.next.state = State::failed;
        outcome.end = RowEnd::failed;
    }
    outcome.settlement.remove = false;
    outcome.settlement.item = **std::move(stored);
    context_.rows.write(outcome.settlement.item, outcome.next);
    --elsewhere_;
    add(std::move(outcome));
}

}  // namespace carillon::queue
