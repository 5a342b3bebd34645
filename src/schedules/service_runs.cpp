// Runs: made by hand and for the past, read, retried, cancelled.

#include "core/check.hpp"
#include "schedules/service_impl.hpp"

#include <fmt/format.h>

#include <cmath>
#include <utility>

namespace carillon::schedules {
namespace {

std::unexpected<Error> changed_meanwhile() {
    return fail(Errc::condition_failed, "the run was changed at the same time; try again");
}

Result<> check_backfill(const Backfill& request) {
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

}  // namespace

Task<Result<Run>> Service::trigger(std::string tenant,
                                   std::string id,
                                   std::optional<TimePoint> fire_at,
                                   std::optional<boost::json::value> payload) {
    CARILLON_CO_TRY(const auto found, co_await impl_->find(std::move(tenant), std::move(id)));
    const TimePoint now = impl_->loop.now();
    const TimePoint at = fire_at.value_or(now);
    Run run = make_run(found.stored.schedule, at, std::max(at, now), now, impl_->random);
    run.cause = RunCause::manual;
    if (payload) run.payload = *std::move(payload);
    CARILLON_CO_TRY(const auto old, co_await impl_->database.put_item(put_run(impl_->tables, run)));
    impl_->runs.inserted(run.due_at);
    co_return run;
}

Task<Result<BackfillReport>> Service::backfill(std::string tenant,
                                               std::string id,
                                               Backfill request) {
    CARILLON_CO_TRY_VOID(check_backfill(request));
    CARILLON_CO_TRY(const auto found, co_await impl_->find(std::move(tenant), std::move(id)));
    CARILLON_CO_TRY(const Rule rule, co_await impl_->compile(found.stored.schedule));
    BackfillReport report;
    CARILLON_CO_TRY(report.instants, instants_of(rule, request));
    if (std::ssize(report.instants) > request.runs_max) {
        report.more = true;
        report.instants.pop_back();
    }
    if (request.dry_run) co_return report;
    const TimePoint now = impl_->loop.now();
    const double pause_ms = 1'000 / request.per_second;
    std::vector<dynamo::WriteUnit> units;
    for (std::size_t i = 0; i < report.instants.size(); ++i) {
        const Duration wait{
            static_cast<std::int64_t>(std::llround(pause_ms * static_cast<double>(i)))};
        Run run =
            make_run(found.stored.schedule, report.instants[i], now + wait, now, impl_->random);
        run.cause = RunCause::backfill;
        units.emplace_back();
        units.back().emplace_back(put_run(impl_->tables, run));
    }
    const auto answers = co_await impl_->database.update_batch(std::move(units));
    for (const Result<>& answer : answers) {
        if (!answer) co_return std::unexpected(answer.error());
        ++report.created;
    }
    impl_->runs.inserted(now);
    co_return report;
}

Task<Result<Service::Impl::FoundRun>> Service::Impl::find_run(std::string tenant, std::string id) {
    if (id.empty() || id.size() > 64) co_return fail(Errc::not_found, "Run not found");
    const dynamo::Item key = run_key(tenant, id);
    dynamo::GetRequest get{.table = tables.names().runs, .key = key};
    CARILLON_CO_TRY(auto item, co_await database.get_item(std::move(get)));
    if (!item) co_return fail(Errc::not_found, "Run not found");
    CARILLON_CO_TRY(Run run, run_from_item(*item));
    if (run.status == RunStatus::pending && runs.running(key)) run.status = RunStatus::running;
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

Task<Result<Run>> Service::retry_run(std::string tenant, std::string id) {
    const auto hold = impl_->runs.hold(run_key(tenant, id));
    CARILLON_CO_TRY(auto found, co_await impl_->find_run(tenant, id));
    Run& run = found.run;
    if (!has_ended(run.status) || run.status == RunStatus::succeeded) {
        co_return fail(Errc::condition_failed,
                       fmt::format("Cannot retry run in status: {}", to_string(run.status)));
    }
    const TimePoint now = impl_->loop.now();
    run.status = RunStatus::pending;
    run.finished_at.reset();
    auto stored = co_await impl_->store_run(
        std::move(found), queue::RowState{.state = queue::State::ready, .due_at = now});
    if (stored) impl_->runs.inserted(now);
    co_return stored;
}

Task<Result<Run>> Service::cancel_run(std::string tenant, std::string id) {
    const auto hold = impl_->runs.hold(run_key(tenant, id));
    CARILLON_CO_TRY(auto found, co_await impl_->find_run(tenant, id));
    Run& run = found.run;
    if (has_ended(run.status)) {
        co_return fail(Errc::condition_failed,
                       fmt::format("Cannot cancel run in status: {}", to_string(run.status)));
    }
    run.status = RunStatus::cancelled;
    run.finished_at = impl_->loop.now();
    const queue::RowState ended{.state = queue::State::done};
    co_return co_await impl_->store_run(std::move(found), ended);
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
