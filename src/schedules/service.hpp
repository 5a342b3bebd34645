// The operations on schedules, their runs and their calendars, and the two queues that fire and run
// them.

#pragma once

#include "core/random.hpp"
#include "observability/log.hpp"
#include "observability/metrics.hpp"
#include "queue/queue.hpp"
#include "schedules/calendars.hpp"
#include "schedules/dispatch.hpp"
#include "schedules/rows.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace carillon::schedules {

struct ServiceOptions {
    TableNames tables{};
    std::string default_tz = "UTC";
    std::string server = "local";          ///< Who attempts runs, in the log of attempts.
    std::int64_t page_read_max = 5'000;    ///< Items read for one page at most, at least 1.
    queue::QueueOptions queue{};           ///< Of both queues; names are the service's.
    delivery::DeliveryOptions delivery{};  ///< To check what could never be sent.
};

template <class T>
struct PageOf {
    std::vector<T> items{};
    std::optional<std::string> next_cursor{};  ///< Opaque.
};

struct ListRequest {
    std::optional<bool> enabled{};
    std::optional<std::string> name{};  ///< Exactly so.
    std::int64_t limit = 20;            ///< 1 to 100.
    std::optional<std::string> cursor{};
    bool whole = false;     ///< Pages by number: full unless it is the last, whatever must be read.
    std::int64_t skip = 0;  ///< The same: so many matches are passed over. 0 to 100 000.
};

struct RunsRequest {
    std::optional<std::string> schedule_id{};
    std::optional<RunStatus> status{};
    std::optional<TimePoint> from{};  ///< Of the run's creation, inclusive.
    std::optional<TimePoint> to{};    ///< Exclusive.
    std::int64_t limit = 20;          ///< 1 to 100.
    std::optional<std::string> cursor{};
};

struct LedgerRequest {
    std::optional<TimePoint> from{};  ///< Of the nominal instant, inclusive.
    std::optional<TimePoint> to{};    ///< Exclusive.
    std::int64_t limit = 20;          ///< 1 to 100.
    std::optional<std::string> cursor{};
};

/// A run by hand.
struct TriggerRequest {
    std::optional<TimePoint> fire_at{};           ///< At once if left out.
    std::optional<boost::json::value> payload{};  ///< Instead of the schedule's.
    /// Whoever triggers again under the same key gets the same run. Without one, the same `fire_at`
    /// is the same run; without either, every call makes its own. Kept as long as the policy's
    /// retention.
    std::optional<std::string> key{};
    std::string correlation_id{};  ///< A new one if empty.
    std::string causation_id{};
};

struct Triggered {
    Run run;
    bool existed = false;  ///< An earlier call made it.
};

struct Created {
    Schedule schedule;
    bool existed = false;  ///< An earlier call made it.
};

struct Backfill {
    TimePoint from{};
    TimePoint to{};
    std::optional<Duration> step{};  ///< Instead of the schedule's own rule.
    std::int64_t runs_max = 100;     ///< 1 to 1000.
    double per_second = 10;          ///< 0.001 to 1000.
    bool dry_run = false;            ///< Only tell what would run.
    std::string causation_id{};
};

/// An instant is backfilled once, however often it is asked for (within the policy's retention).
struct BackfillReport {
    std::vector<TimePoint> instants{};
    std::int64_t created = 0;
    std::int64_t existing = 0;  ///< Backfilled before.
    bool more = false;          ///< The range holds more than `runs_max`.
    std::optional<TimePoint> last_run_at{};
};

struct NextFire {
    TimePoint at{};
    TimePoint run_at{};  ///< With jitter.
    std::string local{};
    std::optional<std::string> note{};  ///< What daylight saving does to it.
};

/// When a rule fires, for people.
struct Preview {
    std::string description{};  ///< A sentence.
    std::string tz{};
    std::vector<NextFire> fires{};
    std::vector<recurrence::DaylightNote> daylight{};  ///< Up to the last of the fires.
};

/// What becomes of the instants that nobody has decided yet, if firing goes on at some time.
struct CatchUp {
    std::vector<LedgerEntry> entries{};
    std::int64_t runs = 0;  ///< Of the entries.
    bool more = false;
    std::optional<TimePoint> last_run_at{};
};

/// Lives on one loop. Errors: `invalid` (field), `not_found` (the seed's texts), `already_exists`
/// (`name`), `condition_failed` (with the field `version`: another version; else changed at the
/// same time), `too_large` (`payload`).
class Service {
public:
    /// Everything given must outlive it. `publisher` may be absent.
    Service(runtime::Loop& loop,
            dynamo::Database& database,
            delivery::Sender& sender,
            bus::Publisher* publisher,
            Random& random,
            Log& log,
            Registry& metrics,
            ServiceOptions options);
    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;
    ~Service();

    /// Makes the tables that are missing; with `work`, also starts firing.
    [[nodiscard]] Task<Result<>> start(bool work = true);
    [[nodiscard]] Task<> stop(Duration grace);

    /// What is wrong with it, without storing it; its tenant's calendars are looked up.
    [[nodiscard]] Task<Result<Schedule>> check(std::string tenant, boost::json::value json);
    [[nodiscard]] Task<Result<Schedule>> create(std::string tenant, boost::json::value json);
    /// The schedule of that id (a UUID), which an earlier call with the same definition may have
    /// made; `already_exists` without a field when it was made of another.
    [[nodiscard]] Task<Result<Created>> create_once(std::string tenant,
                                                    std::string id,
                                                    boost::json::value json);
    [[nodiscard]] Task<Result<Schedule>> get(std::string tenant, std::string id);
    /// Newest first. As list_runs: a page may be short, unless it is to be whole.
    [[nodiscard]] Task<Result<PageOf<Schedule>>> list(std::string tenant, ListRequest request);
    /// How many match; the store counts them one by one.
    [[nodiscard]] Task<Result<std::int64_t>> count(std::string tenant, ListRequest request);
    /// `version`: only if the schedule is of that version.
    [[nodiscard]] Task<Result<Schedule>> update(std::string tenant,
                                                std::string id,
                                                boost::json::value patch,
                                                std::optional<std::int64_t> version);
    [[nodiscard]] Task<Result<>> remove(std::string tenant,
                                        std::string id,
                                        std::optional<std::int64_t> version);

    /// A run by hand. `already_exists` when the key, or the instant, was used for something else.
    [[nodiscard]] Task<Result<Triggered>> trigger(std::string tenant,
                                                  std::string id,
                                                  TriggerRequest request);
    [[nodiscard]] Task<Result<BackfillReport>> backfill(std::string tenant,
                                                        std::string id,
                                                        Backfill request);
    /// The next `count` fires (1 to 1000) behind `after`, or now, as if nothing were paused.
    [[nodiscard]] Task<Result<Preview>> next(std::string tenant,
                                             std::string id,
                                             std::int64_t count,
                                             std::optional<TimePoint> after = {});
    /// The same of a rule that no schedule has; `name` is what a schedule made of it would be
    /// called: `H` and jitter are spread by it.
    [[nodiscard]] Task<Result<Preview>> preview(std::string tenant,
                                                std::string name,
                                                recurrence::Spec spec,
                                                std::int64_t count,
                                                std::optional<TimePoint> after);
    /// As if the servers were away until `at` (now, if left out), and nothing ran before. At most
    /// `limit` instants, 1 to 1000.
    [[nodiscard]] Task<Result<CatchUp>> catch_up(std::string tenant,
                                                 std::string id,
                                                 std::optional<TimePoint> at,
                                                 std::int64_t limit);
    /// From the newest to the oldest.
    [[nodiscard]] Task<Result<PageOf<LedgerRow>>> ledger(std::string tenant,
                                                         std::string id,
                                                         LedgerRequest request);

    [[nodiscard]] Task<Result<Run>> get_run(std::string tenant, std::string id);
    /// Newest first. A page may hold fewer than there are, and yet have a `next_cursor`: so much is
    /// read for one page, and no more.
    [[nodiscard]] Task<Result<PageOf<Run>>> list_runs(std::string tenant, RunsRequest request);
    /// A run that failed, died, was missed or cancelled, again with all its attempts.
    /// `reason` is kept, and shown with the attempt that follows.
    [[nodiscard]] Task<Result<Run>> retry_run(std::string tenant,
                                              std::string id,
                                              std::string reason = {});
    /// A run that has not ended. One that is being attempted is not interrupted: what it answers is
    /// dropped. `reason` becomes its error.
    [[nodiscard]] Task<Result<Run>> cancel_run(std::string tenant,
                                               std::string id,
                                               std::string reason = {});

    /// `condition_failed` while schedules name it, unless `force`: they could not fire.
    [[nodiscard]] Task<Result<>> remove_calendar(std::string tenant, std::string key, bool force);
    [[nodiscard]] const Calendars& calendars() const;
    /// Of schedules that name no zone.
    [[nodiscard]] const std::string& default_tz() const;
    [[nodiscard]] queue::QueueStats schedule_stats() const;
    [[nodiscard]] queue::QueueStats run_stats() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace carillon::schedules
