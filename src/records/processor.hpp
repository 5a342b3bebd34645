// Works through the unprocessed records of a table, in parallel, until none is left.
//
// Stands on the queue: each record is claimed before it is worked on, so any number of processes
// may share a table; what a process that died had in hand is taken over; outcomes are recorded with
// the attempts that they took. The caller says what to do with a record; its errors say, by their
// code, whether to try again.

#pragma once

#include "core/random.hpp"
#include "observability/log.hpp"
#include "observability/metrics.hpp"
#include "records/record_table.hpp"
#include "records/report.hpp"
#include "runtime/stop.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace carillon::records {

/// The seed's options under its names, with its defaults, and then ours.
struct ProcessorOptions {
    std::size_t max_workers = 5;  ///< Records in work at a time, at least 1.
    int max_retries = 3;          ///< Attempts after the first, in one round; 0 or more.
    Duration backoff_base{100};   ///< Before the second attempt.
    double backoff_multiplier = 2;
    /// Rounds of attempts that one record is given; then it is quarantined. At least 1.
    int max_iterations = 10;

    Duration backoff_cap{30'000};
    /// Shared stores: how long a record stays with a process that has died. Extended while it
    /// lives.
    Duration lease{30'000};
    /// Records claimed beyond those in work; 0: as many as there are workers. Fewer share better,
    /// more are faster where the store is far away.
    std::size_t claim_ahead = 0;
    Duration poll_interval{500};  ///< Between looks at what others have in hand.
    std::string owner = "local";  ///< Who holds leases: unique per process on shared stores.
    /// So many outcomes are kept for the report, those that were not processed beyond it too; the
    /// counts are always right.
    std::size_t outcomes_max = 100'000;
    bool count_first = false;  ///< Reads how many there are, for Progress::total.
    Duration grace{10'000};  ///< What runs may take this long to end when the processor is stopped.
};

/// `invalid` names the option.
[[nodiscard]] Result<> check(const ProcessorOptions& options);

/// An attempt at one record.
struct Attempt {
    int number = 1;           ///< 1 is the first.
    runtime::StopToken stop;  ///< The lease was lost, or the processor is stopped: end soon.
};

/// Works on one record. An error's code decides (is_retryable): try again after a pause, or
/// quarantine the record at once; `cancelled` gives it back uncounted.
using RecordHandler = std::function<Task<Result<>>(dynamo::Item record, Attempt attempt)>;

/// throttled, unavailable, timeout, condition_failed and internal pass; the others do not get
/// better.
[[nodiscard]] bool is_retryable(Errc code);

struct Progress {
    std::int64_t total = 0;  ///< Unprocessed at the start, when counted; 0: unknown.
    std::int64_t processed = 0;
    std::int64_t quarantined = 0;
    std::int64_t retried = 0;  ///< Attempts that failed and will be repeated.
    std::size_t running = 0;
};

/// Lives on one loop. One run at a time; after a run another may follow.
class Processor {
public:
    /// Everything given must outlive the processor. The table has a work layout (`invalid`
    /// otherwise).
    Processor(runtime::Loop& loop,
              dynamo::Database& database,
              const TableModel& model,
              Random& random,
              Log& log,
              Registry& metrics,
              ProcessorOptions options);
    Processor(const Processor&) = delete;
    Processor& operator=(const Processor&) = delete;
    ~Processor();

    /// Called after every outcome, on the loop. Keep it short.
    std::function<void(const Progress&)> on_progress;
    /// Called with every final outcome, on the loop.
    std::function<void(const RecordOutcome&)> on_outcome;

    /// Until no record is unprocessed or in anybody's hands, or `stop`. Errors are those of the
    /// options, the table, and of a store that cannot even be looked at when it begins; later ones
    /// are waited out.
    [[nodiscard]] Task<Result<Report>> run(RecordHandler handler, runtime::StopToken stop = {});

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace carillon::records
