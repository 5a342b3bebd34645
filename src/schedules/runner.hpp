// Attempts runs: the handler of the queue of runs.

#pragma once

#include "core/random.hpp"
#include "observability/log.hpp"
#include "observability/metrics.hpp"
#include "queue/queue.hpp"
#include "schedules/dispatch.hpp"
#include "schedules/rows.hpp"

#include <functional>
#include <string>

namespace carillon::schedules {

/// Lets a schedule look at once whether its last run has ended.
using WakeSchedule = std::function<Task<>(std::string tenant, std::string schedule)>;

class Runner final : public queue::Handler {
public:
    /// Everything given must outlive it. `server` is who attempts, in the log of attempts.
    Runner(Dispatcher& dispatcher,
           WakeSchedule wake,
           std::string server,
           const runtime::Clock& clock,
           Random& random,
           Log& log,
           Registry& metrics);

    Task<queue::Settlement> handle(queue::Claim claim) override;
    queue::Settlement threw(queue::Claim claim, std::string_view what) override;
    queue::Settlement poisoned(queue::Claim claim) override;

private:
    [[nodiscard]] Task<queue::Settlement> attempt(queue::Claim claim, Run run);
    [[nodiscard]] queue::Settlement unreadable(queue::Claim claim, const Error& error) const;
    [[nodiscard]] queue::Settlement missed(queue::Claim claim, Run run);
    [[nodiscard]] queue::Settlement settle(queue::Claim claim,
                                           Run run,
                                           const delivery::Verdict& verdict,
                                           TimePoint began);

    Dispatcher& dispatcher_;
    WakeSchedule wake_;
    std::string server_;
    const runtime::Clock& clock_;
    Random& random_;
    Log& log_;
    Counter& succeeded_;
    Counter& failed_;
    Counter& missed_;
    Histogram& lateness_;
};

}  // namespace carillon::schedules
