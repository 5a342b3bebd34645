// The operations on webhooks (seed 000), and the handler that rings them.

#pragma once

#include "core/backoff.hpp"
#include "core/random.hpp"
#include "delivery/delivery.hpp"
#include "dynamo/database.hpp"
#include "observability/log.hpp"
#include "observability/metrics.hpp"
#include "queue/queue.hpp"
#include "webhooks/webhook.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace carillon::webhooks {

struct ServiceOptions {
    std::string table = "webhooks";
    Layout layout = Layout::seed;  ///< Of a table that is not there yet.
    std::string id_prefix{};       ///< Ids become `prefix#uuid`.
    Backoff backoff{};             ///< Between attempts.
    queue::QueueOptions queue{};
    delivery::DeliveryOptions delivery{};  ///< To check at registration what could never be sent.
    net::AddressGuard guard{};  ///< Literal addresses in URLs are refused at registration.
};

/// What a person gives to register; JSON by register_from_json.
struct Registration {
    std::string name_space;
    std::optional<std::string> id{};  ///< Own id (idempotent registration): 1 to 256 bytes.
    std::string url;
    std::string method = "GET";
    TimePoint schedule{};
    /// False when the schedule is only the time of the call, which registering the same id again
    /// does not have to repeat.
    bool schedule_given = true;
    net::Headers headers{};
    boost::json::value body = nullptr;
    std::optional<RepeatRule> repeat{};
    std::int64_t retries_max = 3;
};

/// Strict: unknown fields, wrong types and ranges are `invalid` with the field's dotted path.
/// `schedule` may be left out (now) .
[[nodiscard]] Result<Registration> registration_from_json(const boost::json::value& json,
                                                          TimePoint now);

/// Which webhooks an operation is about.
struct Selection {
    std::string name_space{};
    std::optional<std::string> id_prefix{};
    std::optional<Status> status{};
    std::optional<TimePoint> from{};  ///< Of the schedule, both inclusive.
    std::optional<TimePoint> to{};
};

struct Fetch {
    Selection selection;
    bool descending = false;
    std::int64_t limit = 100;                ///< 1 to 1000.
    std::optional<std::string> start_key{};  ///< Opaque, from the last page.
};

struct FetchPage {
    std::vector<Webhook> items;
    std::optional<std::string> next_key{};  ///< `lastEvaluatedKey` of the answer.
};

/// What a batch operation did; `items` names at most `report_max` of them.
struct BatchReport {
    static constexpr std::size_t report_max = 1'000;

    struct Entry {
        std::string name_space;
        std::string id;
        TimePoint schedule{};
    };

    std::int64_t count = 0;    ///< Done.
    std::int64_t skipped = 0;  ///< Matched, but in a state that does not allow it (being delivered,
                               ///< already suspended ...).
    std::int64_t errors = 0;   ///< Could not be done; the log says why.
    std::vector<Entry> items{};
};

struct DryRun {
    std::optional<TimePoint> date{};  ///< Default: now.
    std::optional<std::string> name_space{};
    std::optional<std::string> id_prefix{};
    std::int64_t limit = 100;  ///< 1 to 1000.
};

/// Lives on one loop. Errors: invalid (field), not_found, condition_failed (wrong state, or changed
/// meanwhile: `conflict` for people).
class Service {
public:
    Service(runtime::Loop& loop,
            dynamo::Database& database,
            delivery::Sender& sender,
            Random& random,
            Log& log,
            Registry& metrics,
            ServiceOptions options);
    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;
    ~Service();

    /// Creates the table when it is missing, or the indexes that it lacks; with `work`, also starts
    /// delivering.
    [[nodiscard]] Task<Result<>> start(bool work = true);
    [[nodiscard]] Task<> stop(Duration grace);

    [[nodiscard]] Task<Result<Webhook>> register_webhook(Registration registration);
    /// Many at a time, each for itself; an answer for each, in order, after one commit.
    [[nodiscard]] Task<std::vector<Result<Webhook>>> register_many(
        std::vector<Registration> registrations);
    [[nodiscard]] Task<Result<Webhook>> get(std::string name_space, std::string id);
    [[nodiscard]] Task<Result<FetchPage>> fetch(Fetch fetch);
    /// The deleted webhook. Also while it is being delivered: the outcome is then dropped.
    [[nodiscard]] Task<Result<Webhook>> remove(std::string name_space, std::string id);
    [[nodiscard]] Task<Result<BatchReport>> remove_many(Selection selection);
    [[nodiscard]] Task<Result<BatchReport>> clear(std::string name_space);
    /// PENDING -> SUSPENDED; condition_failed from any other state.
    [[nodiscard]] Task<Result<Webhook>> suspend(std::string name_space, std::string id);
    [[nodiscard]] Task<Result<BatchReport>> suspend_many(Selection selection);
    /// SUSPENDED -> PENDING.
    [[nodiscard]] Task<Result<Webhook>> unsuspend(std::string name_space, std::string id);
    /// FAILED -> PENDING, due now, with all its attempts again; errors are kept.
    [[nodiscard]] Task<Result<Webhook>> retry(std::string name_space, std::string id);
    [[nodiscard]] Task<Result<queue::Queue::RunReport>> trigger();
    [[nodiscard]] Task<Result<BatchReport>> trigger_dry_run(DryRun dry_run);

    [[nodiscard]] queue::QueueStats stats() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace carillon::webhooks
