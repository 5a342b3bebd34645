// Fires schedules: the handler of the queue of schedules.
//
// What a plan decides (ledger rows, runs) and where the schedule stands afterwards is one
// transaction, conditional on the schedule being as it was claimed. So each nominal instant gets
// its ledger row once, whatever dies when, and however many servers work on the table.

#pragma once

#include "core/random.hpp"
#include "observability/log.hpp"
#include "observability/metrics.hpp"
#include "queue/queue.hpp"
#include "schedules/calendars.hpp"
#include "schedules/rows.hpp"

#include <functional>

namespace carillon::schedules {

struct FiringContext {
    const Tables& tables;
    dynamo::Database& database;
    const Calendars& calendars;
    const runtime::Clock& clock;
    Random& random;
    Log& log;
    /// Told when runs have been stored, due from `first` to `last`; absent where watches tell.
    std::function<void(TimePoint first, TimePoint last)> runs_stored;
    /// Ends a run that another one takes the place of.
    std::function<Task<>(std::string tenant, std::string run)> cancel;
};

class Firing final : public queue::Handler {
public:
    Firing(FiringContext context, Registry& metrics);

    Task<queue::Settlement> handle(queue::Claim claim) override;
    queue::Settlement threw(queue::Claim claim, std::string_view what) override;
    queue::Settlement poisoned(queue::Claim claim) override;

private:
    struct Previous {
        bool active = false;
        std::optional<TimePoint> finished_at{};
    };

    [[nodiscard]] Task<Result<Previous>> previous_of(const StoredSchedule& stored) const;
    [[nodiscard]] Task<Result<queue::Settlement>> fire(queue::Claim& claim, StoredSchedule stored);
    void put_entries(const Plan& plan, StoredSchedule& stored, queue::Settlement& out);
    [[nodiscard]] queue::Settlement settled(dynamo::Item item,
                                            const StoredSchedule& stored,
                                            TimePoint look_at) const;
    [[nodiscard]] queue::Settlement put_off(queue::Claim& claim, const Error& why) const;

    FiringContext context_;
    dynamo::BoundCondition absent_;
    Counter& fired_;
    Counter& skipped_;
};

/// A run of the schedule, not yet stored.
[[nodiscard]] Run make_run(
    const Schedule& schedule, TimePoint fire_at, TimePoint due_at, TimePoint now, Random& random);

/// The write that stores a new run.
[[nodiscard]] dynamo::PutRequest put_run(const Tables& tables, const Run& run);

/// When the schedule fires next, as people see it.
[[nodiscard]] Result<std::optional<TimePoint>> shown_next(const Rule& rule,
                                                          const StoredSchedule& stored);

}  // namespace carillon::schedules
