// Records outcomes, as many per commit as have gathered while the last commit was under way.
//
// A failure of the store is never a failure of the work: the outcome is kept and written again
// until it is recorded, or until the row turns out to have vanished or changed. Lives as long as
// its queue; the coroutine that commits runs only while there is something to commit.

#pragma once

#include "queue/book.hpp"
#include "queue/context.hpp"
#include "queue/row_changes.hpp"

#include <cstddef>
#include <deque>
#include <optional>
#include <vector>

namespace carillon::queue {

/// How much of an outcome is still tried, after the store has refused it for good.
enum class Fallback : std::uint8_t {
    none,
    stored_item,  ///< The new state on the row as it is stored, without the domain's changes.
    dead_letter,  ///< That as a dead letter, without what was to be committed beside it.
};

/// What became of one row.
struct Outcome {
    Row* row = nullptr;
    Settlement settlement;
    RowState next;
    RowEnd end = RowEnd::done;
    int tries = 0;
    Fallback fallback = Fallback::none;
    /// An earlier try failed in a way that leaves open whether it was applied.
    bool uncertain = false;
};

/// The state after an attempt. `poisoned`: there was no attempt, so nothing is counted.
[[nodiscard]] RowState state_after(const RowState& claimed,
                                   TimePoint due_at,
                                   const Settlement& settlement,
                                   bool poisoned);

/// The store was reached and says that this can never be written.
[[nodiscard]] bool refused_for_good(Errc code);

class Settler {
public:
    Settler(Context& context, Book& book, InFlight& in_flight)
        : context_(context), book_(book), in_flight_(in_flight), changes_(context.rows) {}

    /// The row ran (or is poisoned): records its settlement. The row's `unchanged` is set.
    void settle(Row& row, Settlement settlement, bool poisoned = false);
    /// The same for a row whose attempt ended in an exception. `claim` needs no item: the handler
    /// had it, so the stored one is read.
    Task<> settle_thrown(Row& row, Claim claim, std::string what);
    /// The same for a row that its worker died with too often: the handler is asked what is left.
    void settle_poisoned(Row& row, Claim claim);
    /// A leased row that was not started goes back.
    void give_back(Row& row);
    /// Removes the rows of finished batches, if nothing else is about to.
    void sweep();
    /// Nothing left to write.
    [[nodiscard]] bool idle() const;

    /// What cannot be recorded now never will be: what waits is let go, and every later failure
    /// too.
    void give_up();

    /// Outcomes that were let go: their rows ring again after the next start.
    [[nodiscard]] std::size_t unrecorded() const { return unrecorded_; }

    /// Commits fail at present: nothing new should be started.
    [[nodiscard]] bool store_down() const { return store_down_; }

private:
    void add(Outcome outcome);
    void wake();
    Task<> commit_all();
    [[nodiscard]] Task<bool> commit(std::vector<Outcome> batch);
    [[nodiscard]] std::vector<dynamo::WriteUnit> units_of(std::vector<Outcome>& batch,
                                                          std::vector<std::string>& removals);
    [[nodiscard]] dynamo::WriteUnit unit_of(const Outcome& outcome);
    [[nodiscard]] dynamo::Write main_write(const Outcome& outcome);
    [[nodiscard]] bool is_applied(const Outcome& outcome,
                                  const std::optional<dynamo::Item>& stored) const;
    void leaves(const Outcome& outcome, RowEnd end);
    void recorded(Outcome& outcome);
    void dropped(Outcome& outcome);
    void let_go(Outcome& outcome);
    Task<> resolve(Outcome outcome, Error error);
    Task<> resolve_condition(Outcome outcome, Error error);
    Task<> resolve_refused(Outcome outcome, Error error);
    Task<> retry_later(std::vector<Outcome> batch);
    [[nodiscard]] Task<Result<std::optional<dynamo::Item>>> stored_row(const Row& row);
    void show();

    Context& context_;
    Book& book_;
    InFlight& in_flight_;
    RowChanges changes_;
    std::deque<Outcome> waiting_;
    std::size_t elsewhere_ = 0;  // Outcomes in a commit, being resolved, or waiting to be retried.
    std::size_t committing_ = 0;
    bool store_down_ = false;
    runtime::StopSource given_up_;
    std::size_t unrecorded_ = 0;
    RateLimit log_limit_;
};

}  // namespace carillon::queue
