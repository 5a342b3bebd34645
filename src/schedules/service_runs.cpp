// Runs: made by hand and for the past, read, retried, cancelled.

#include "core/json.hpp"
#include "recurrence/hash.hpp"
#include "schedules/attributes.hpp"
#include "schedules/service_impl.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace carillon::schedules {
namespace {

constexpr std::uint64_t asked_salt = 18;

std::unexpected<Error> changed_meanwhile() {
    return std::unexpected(
        Error{Errc::condition_failed, "the run was changed at the same time; try again", "id"});
}

std::unexpected<Error> no_such_run() {
    return std::unexpected(Error{Errc::not_found, "Run not found", "id"});
}

/// In the seed's words.
std::unexpected<Error> wrong_status(std::string_view wish, RunStatus status) {
    return std::unexpected(
        Error{Errc::condition_failed,
              fmt::format("Cannot {} run in status: {}", wish, to_string(status)),
              "status"});
}

Result<> check_backfill(const Backfill& request, TimePoint now) {
    if (request.to > now) return invalid("to", "must not be in the future");
    if (request.to <= request.from) return invalid("to", "must be later than from");
    if (request.runs_max < 1 || request.runs_max > 1'000) {
        return invalid("maxRuns", "must be 1 to 1000");
    }
    if (!(request.per_second >= 0.001 && request.per_second <= 1'000)) {
        return invalid("perSecond", "must be 0.001 to 1000");
    }
    if (request.step && *request.step < Duration{1'000}) {
        return invalid("step", "must be at least 1 second");
    }
    return {};
}

Result<std::vector<TimePoint>> instants_of(const Rule& rule, const Backfill& request) {
    // One more than asked for tells whether there are more.
    const auto most = static_cast<std::size_t>(request.runs_max) + 1;
    if (!request.step) return rule.effective.between(request.from, request.to, most);
    std::vector<TimePoint> out;
    for (TimePoint at = request.from; at < request.to && out.size() < most; at += *request.step) {
        out.push_back(at);
    }
    return out;
}

/// What a run by hand was asked for with, as a short text.
std::string asked_of(const TriggerRequest& request) {
    std::string text = request.fire_at ? format_instant(*request.fire_at) : "now";
    text += request.payload ? " " + to_text(*request.payload) : "";
    return fmt::format("{:016x}", recurrence::stable_hash(text, asked_salt));
}

}  // namespace

Result<> Service::Impl::check_payload(const boost::json::value& payload) const {
    const std::size_t most = options.delivery.request_body_max;
    if (to_text(payload).size() <= most) return {};
    return std::unexpected(
        Error{Errc::too_large, fmt::format("must be at most {} bytes of JSON", most), "payload"});
}

dynamo::WriteUnit Service::Impl::new_run_unit(const Run& run, const std::string& asked) const {
    dynamo::PutRequest key;
    key.table = tables.names().ledger;
    key.item = dedupe_key_of(run.tenant, run.schedule_id, run.dedupe_key());
    key.item.set("runId", run.id);
    set_text(key.item, "asked", asked);
    // As long as the run itself, had it ended when it was due.
    set_expiry(key.item, std::max(run.due_at, run.created_at) + run.policy.retention);
    key.condition = key_unused;
    dynamo::WriteUnit unit;
    unit.emplace_back(put_run(tables, run));
    unit.emplace_back(std::move(key));
    return unit;
}

Task<Result<Run>> Service::Impl::run_of_key(const Schedule& schedule,
                                            std::string key,
                                            std::string asked) {
    dynamo::GetRequest get{.table = tables.names().ledger,
                           .key = dedupe_key_of(schedule.tenant, schedule.id, key)};
    CARILLON_CO_TRY(const auto row, co_await database.get_item(std::move(get)));
    if (!row) co_return no_such_run();
    if (text_of(*row, "asked") != asked) {
        co_return fail(Errc::already_exists, "was used for a run of another time or payload");
    }
    CARILLON_CO_TRY(auto found, co_await find_run(schedule.tenant, text_of(*row, "runId")));
    co_return std::move(found.run);
}

Task<Result<Triggered>> Service::trigger(std::string tenant,
                                         std::string id,
                                         TriggerRequest request) {
    if (request.payload) CARILLON_CO_TRY_VOID(impl_->check_payload(*request.payload));
    CARILLON_CO_TRY(const auto found, co_await impl_->find(std::move(tenant), std::move(id)));
    const Schedule& schedule = found.stored.schedule;
    const TimePoint now = impl_->loop.now();
    const TimePoint at = request.fire_at.value_or(now);
    // The schedule's own payload may be another by the time that the same is asked for again.
    const std::string asked = asked_of(request);
    Run run = make_run(schedule, at, std::max(at, now), now, impl_->random);
    run.cause = RunCause::manual;
    if (request.key) {
        run.key = std::string(callers_key) + *request.key;
    } else if (request.fire_at) {
        run.key = instants_key;
    }
    if (request.payload) run.payload = *std::move(request.payload);
    if (!request.correlation_id.empty()) run.correlation_id = std::move(request.correlation_id);
    run.causation_id = std::move(request.causation_id);
    const auto stored = co_await impl_->database.transact_write(impl_->new_run_unit(run, asked));
    if (stored) {
        impl_->runs.inserted(run.due_at);
        co_return Triggered{.run = std::move(run)};
    }
    if (stored.error().code != Errc::condition_failed) co_return std::unexpected(stored.error());
    CARILLON_CO_TRY(Run earlier, co_await impl_->run_of_key(schedule, run.dedupe_key(), asked));
    co_return Triggered{.run = std::move(earlier), .existed = true};
}

Task<Result<BackfillReport>> Service::backfill(std::string tenant,
                                               std::string id,
                                               Backfill request) {
    const TimePoint now = impl_->loop.now();
    CARILLON_CO_TRY_VOID(check_backfill(request, now));
    CARILLON_CO_TRY(const auto found, co_await impl_->find(std::move(tenant), std::move(id)));
    CARILLON_CO_TRY(const Rule rule, co_await impl_->compile(found.stored.schedule));
    BackfillReport report;
    CARILLON_CO_TRY(report.instants, instants_of(rule, request));
    if (std::ssize(report.instants) > request.runs_max) {
        report.more = true;
        report.instants.pop_back();
    }
    const double pause_ms = 1'000 / request.per_second;
    std::vector<dynamo::WriteUnit> units;
    for (std::size_t i = 0; i < report.instants.size(); ++i) {
        const Duration wait{
            static_cast<std::int64_t>(std::llround(pause_ms * static_cast<double>(i)))};
        report.last_run_at = now + wait;
        if (request.dry_run) continue;
        Run run =
            make_run(found.stored.schedule, report.instants[i], now + wait, now, impl_->random);
        run.cause = RunCause::backfill;
        run.causation_id = request.causation_id;
        units.push_back(impl_->new_run_unit(run, {}));
    }
    if (units.empty()) co_return report;
    const auto answers = co_await impl_->database.update_batch(std::move(units));
    for (const Result<>& answer : answers) {
        if (answer) {
            ++report.created;
        } else if (answer.error().code == Errc::condition_failed) {
            ++report.existing;
        } else {
            // Whoever asks again gets the rest.
            co_return std::unexpected(answer.error());
        }
    }
    impl_->runs.inserted(now);
    co_return report;
}

Task<Result<Service::Impl::FoundRun>> Service::Impl::find_run(std::string tenant, std::string id) {
    if (id.empty() || id.size() > 64) co_return no_such_run();
    const dynamo::Item key = run_key(tenant, id);
    dynamo::GetRequest get{.table = tables.names().runs, .key = key};
    CARILLON_CO_TRY(auto item, co_await database.get_item(std::move(get)));
    if (!item) co_return no_such_run();
    CARILLON_CO_TRY(Run run, run_from_item(*item));
    run.status = status_now(*item);
    co_return FoundRun{*std::move(item), std::move(run)};
}

Task<Result<Run>> Service::get_run(std::string tenant, std::string id) {
    CARILLON_CO_TRY(auto found, co_await impl_->find_run(std::move(tenant), std::move(id)));
    co_return std::move(found.run);
}

Task<Result<Run>> Service::Impl::store_run(FoundRun found, queue::RowState row) {
    dynamo::PutRequest put;
    put.table = tables.names().runs;
    put.condition = tables.run_rows().unchanged(found.item);
    put.item = std::move(found.item);
    write(put.item, found.run);
    tables.run_rows().write(put.item, row);
    const auto stored = co_await database.put_item(std::move(put));
    if (stored) co_return std::move(found.run);
    if (stored.error().code == Errc::condition_failed) co_return changed_meanwhile();
    co_return std::unexpected(stored.error());
}

Task<Result<Run>> Service::retry_run(std::string tenant, std::string id, std::string reason) {
    const auto hold = impl_->runs.hold(run_key(tenant, id));
    CARILLON_CO_TRY(auto found, co_await impl_->find_run(tenant, id));
    Run& run = found.run;
    if (!has_ended(run.status) || run.status == RunStatus::succeeded) {
        co_return wrong_status("retry", run.status);
    }
    const TimePoint now = impl_->loop.now();
    // It is no longer late then.
    if (run.status == RunStatus::missed) run.due_at = now;
    run.status = RunStatus::pending;
    run.finished_at.reset();
    run.retried_at = now;
    run.retry_reason = std::move(reason);
    auto stored = co_await impl_->store_run(
        std::move(found), queue::RowState{.state = queue::State::ready, .due_at = now});
    if (stored) impl_->runs.inserted(now);
    co_return stored;
}

Task<Result<Run>> Service::cancel_run(std::string tenant, std::string id, std::string reason) {
    // The end of an attempt may come between; the run may be over then.
    for (bool last = false;; last = true) {
        auto done = co_await impl_->cancel_once(tenant, id, reason);
        const bool changed =
            !done && done.error().code == Errc::condition_failed && done.error().field == "id";
        if (!changed || last) co_return done;
    }
}

Task<Result<Run>> Service::Impl::cancel_once(std::string tenant,
                                             std::string id,
                                             std::string reason) {
    const auto hold = runs.hold(run_key(tenant, id));
    CARILLON_CO_TRY(auto found, co_await find_run(tenant, id));
    Run& run = found.run;
    if (has_ended(run.status)) {
        co_return wrong_status("cancel", run.status);
    }
    run.status = RunStatus::cancelled;
    if (!reason.empty()) run.error = std::move(reason);
    run.finished_at = loop.now();
    const queue::RowState ended{.state = queue::State::done};
    const bool awaited = run.awaited;
    std::string schedule = run.schedule_id;
    auto stored = co_await store_run(std::move(found), ended);
    if (stored && awaited) co_await wake_schedule(std::move(tenant), std::move(schedule));
    co_return stored;
}

Task<> Service::Impl::wake_schedule(std::string tenant, std::string id) {
    // The outcome of the run that has ended is committed meanwhile.
    constexpr Duration soon{20};
    const auto hold = fires.hold(schedule_key(tenant, id));
    auto found = co_await find(tenant, id);
    // One that is being looked at, here or by another server, looks again by itself.
    if (hold.running() || !found) co_return;
    const auto row = tables.schedule_rows().read(found->item);
    StoredSchedule& schedule = found->stored;
    const bool waits = schedule.awaiting_run || schedule.looks > 0;
    const TimePoint at = loop.now() + soon;
    if (!waits || !row || row->state != queue::State::ready || row->due_at <= at) co_return;
    schedule.looks = 0;
    dynamo::PutRequest put;
    put.table = tables.names().schedules;
    put.condition = tables.schedule_rows().unchanged(found->item);
    put.item = std::move(found->item);
    write(put.item, schedule);
    tables.schedule_rows().write(put.item, {.state = queue::State::ready, .due_at = at});
    const auto stored = co_await database.put_item(std::move(put));
    if (stored) {
        fires.inserted(at);
    } else {
        log.debug("a waiting schedule was not woken", {{"error", describe(stored.error())}});
    }
}

Task<> Service::Impl::cancel_quietly(std::string tenant, std::string id) {
    const auto hold = runs.hold(run_key(tenant, id));
    auto found = co_await find_run(std::move(tenant), std::move(id));
    if (!found || has_ended(found->run.status)) co_return;
    found->run.status = RunStatus::cancelled;
    found->run.error = "the next fire took its place";
    found->run.finished_at = loop.now();
    const queue::RowState ended{.state = queue::State::done};
    const auto stored = co_await store_run(*std::move(found), ended);
    if (!stored) {
        // It ended by itself, or the store will say the same of the fire that is to follow.
        log.debug("a run was not cancelled", {{"error", describe(stored.error())}});
    }
}

}  // namespace carillon::schedules
