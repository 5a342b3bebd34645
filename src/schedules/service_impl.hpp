// The service's parts, for the files that implement it: service.cpp (schedules), service_lists.cpp
// (what is read page by page), service_runs.cpp (runs).

#pragma once

#include "schedules/firing.hpp"
#include "schedules/runner.hpp"
#include "schedules/service.hpp"

namespace carillon::schedules {

struct Service::Impl {
    Impl(runtime::Loop& on_loop,
         dynamo::Database& in_database,
         delivery::Sender& sender,
         bus::Publisher* publisher,
         Random& given_random,
         Log& given_log,
         Registry& metrics,
         ServiceOptions given);

    struct Found {
        dynamo::Item item;
        StoredSchedule stored;
    };

    struct Editing {
        queue::Queue::Hold hold;
        Found found;
    };

    [[nodiscard]] FiringContext firing_context();
    [[nodiscard]] queue::QueueOptions queue_options(const char* name) const;

    [[nodiscard]] Task<Result<Found>> find(std::string tenant, std::string id);
    [[nodiscard]] Task<Result<Editing>> begin_edit(std::string tenant, std::string id);
    /// The schedule of that name, if it matches the rest too.
    [[nodiscard]] Task<Result<std::optional<Schedule>>> find_named(std::string tenant,
                                                                   const ListRequest& request);
    [[nodiscard]] Task<Result<Rule>> compile(const Schedule& schedule);
    /// What schedule_from_json cannot know: the rule, and whether the target can be reached.
    [[nodiscard]] Task<Result<Rule>> check(const Schedule& schedule);
    [[nodiscard]] Result<> check_payload(const boost::json::value& payload) const;
    /// `condition_failed` without a field: something came between.
    [[nodiscard]] Task<Result<Schedule>> update_once(std::string tenant,
                                                     std::string id,
                                                     const boost::json::value& patch,
                                                     std::optional<std::int64_t> version);
    [[nodiscard]] Task<Result<>> remove_once(std::string tenant,
                                             std::string id,
                                             std::optional<std::int64_t> version);
    /// The writes that store `changed` in place of `found`.
    [[nodiscard]] dynamo::WriteUnit change_unit(const Found& found, const StoredSchedule& changed);
    [[nodiscard]] Task<Result<>> commit(dynamo::WriteUnit unit, std::string name);
    /// Checked, and aimed at its first fire; without an id.
    [[nodiscard]] Task<Result<StoredSchedule>> prepare(std::string tenant, boost::json::value json);
    /// `once`: keeps what it was made of beside it, so that the same request is known again.
    [[nodiscard]] Task<Result<Schedule>> store_new(StoredSchedule stored, bool once);
    [[nodiscard]] Result<Preview> preview(const Rule& rule,
                                          std::int64_t count,
                                          std::optional<TimePoint> from) const;

    struct FoundRun {
        dynamo::Item item;
        Run run;
    };

    [[nodiscard]] Task<Result<FoundRun>> find_run(std::string tenant, std::string id);
    /// Of a stored run: one in an attempt is stored as pending.
    [[nodiscard]] RunStatus status_now(const dynamo::Item& run) const;
    /// The run that was made under a dedupe key, if it was asked for in the same way
    /// (`already_exists` if not); `not_found` when there is none any more.
    [[nodiscard]] Task<Result<Run>> run_of_key(const Schedule& schedule,
                                               std::string key,
                                               std::string asked);
    /// The writes that store a new run, and its dedupe key once, with what was asked for.
    [[nodiscard]] dynamo::WriteUnit new_run_unit(const Run& run, const std::string& asked) const;
    [[nodiscard]] Task<Result<Run>> store_run(FoundRun found, queue::RowState row);
    [[nodiscard]] Task<Result<Run>> cancel_once(std::string tenant,
                                                std::string id,
                                                std::string reason);
    [[nodiscard]] Task<> cancel_quietly(std::string tenant, std::string id);
    /// A schedule that waits for its last run looks at once.
    [[nodiscard]] Task<> wake_schedule(std::string tenant, std::string id);

    runtime::Loop& loop;
    dynamo::Database& database;
    Random& random;
    Log& log;
    ServiceOptions options;
    Tables tables;
    Calendars calendars;
    Dispatcher dispatcher;
    Runner runner;
    queue::Queue runs;
    Firing firing;
    queue::Queue fires;
    dynamo::BoundCondition absent;
    dynamo::BoundCondition key_unused;
};

/// Opaque texts of page keys.
[[nodiscard]] std::string cursor_text(const dynamo::Item& key);
[[nodiscard]] Result<dynamo::Item> parse_cursor(std::string_view text);

}  // namespace carillon::schedules
