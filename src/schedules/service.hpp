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
    std::int64_t skip = 0;  ///< Pages by number: so many matches are passed over. 0 to 100 000.
};

struct RunsRequest {
    std::optional<std::string> schedule_id{};
    std::optional<RunStatus> status{};
    std::optional<TimePoint> from{};  ///< Of the fire, inclusive.
    std::optional<TimePoint> to{};    ///< Exclusive.
    std::int64_t limit = 20;          ///< 1 to 100.
    std::optional<std::string> cursor{};
};

struct Backfill {
    TimePoint from{};
    TimePoint to{};
    std::optional<Duration> step{};  ///< Instead of the schedule's own rule.
    std::int64_t runs_max = 100;     ///< 1 to 1000.
    double per_second = 10;          ///< 0.001 to 1000.
    bool dry_run = false;            ///< Only tell what would run.
};

struct BackfillReport {
    std::vector<TimePoint> instants{};
    std::int64_t created = 0;
    bool more = false;  ///< The range holds more than `runs_max`.
};

struct NextFire {
    TimePoint at{};
    std::string local{};
    std::optional<std::string> note{};  ///< What daylight saving does to it.
};

/// Lives on one loop. Errors: `invalid` (field), `not_found` (the seed's texts), `already_exists`
/// (`name`), `condition_failed` (another version, or changed at the same time).
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
    [[nodiscard]] Task<Result<Schedule>> get(std::string tenant, std::string id);
    /// Newest first.
    [[nodiscard]] Task<Result<PageOf<Schedule>>> list(std::string tenant, ListRequest request);
    /// How many match, counted one by one.
    [[nodiscard]] Task<Result<std::int64_t>> count(std::string tenant, ListRequest request);
    /// `version`: only if the schedule is of that version.
    [[nodiscard]] Task<Result<Schedule>> update(std::string tenant,
                                                std::string id,
                                                boost::json::value patch,
                                                std::optional<std::int64_t> version);
    [[nodiscard]] Task<Result<>> remove(std::string tenant,
                                        std::string id,
                                        std::optional<std::int64_t> version);

    /// A run by hand, at once or at `fire_at`, with the schedule's payload or another.
    [[nodiscard]] Task<Result<Run>> trigger(std::string tenant,
                                            std::string id,
                                            std::optional<TimePoint> fire_at,
                                            std::optional<boost::json::value> payload);
    [[nodiscard]] Task<Result<BackfillReport>> backfill(std::string tenant,
                                                        std::string id,
                                                        Backfill request);
    /// The next `count` fires, 1 to 1000, as if nothing were paused.
    [[nodiscard]] Task<Result<std::vector<NextFire>>> next(std::string tenant,
                                                           std::string id,
                                                           std::int64_t count);
    /// From the newest to the oldest, or between two instants.
    [[nodiscard]] Task<Result<PageOf<LedgerRow>>> ledger(std::string tenant,
                                                         std::string id,
                                                         RunsRequest request);

    [[nodiscard]] Task<Result<Run>> get_run(std::string tenant, std::string id);
    /// Newest first.
    [[nodiscard]] Task<Result<PageOf<Run>>> list_runs(std::string tenant, RunsRequest request);
    /// A run that failed, died or was cancelled, again with all its attempts.
    [[nodiscard]] Task<Result<Run>> retry_run(std::string tenant, std::string id);
    /// A run that has not ended. One that is being attempted is not interrupted: what it answers is
    /// dropped.
    [[nodiscard]] Task<Result<Run>> cancel_run(std::string tenant, std::string id);

    [[nodiscard]] const Calendars& calendars() const;
    [[nodiscard]] queue::QueueStats schedule_stats() const;
    [[nodiscard]] queue::QueueStats run_stats() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace carillon::schedules
