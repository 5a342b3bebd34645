// What will happen: the next fires of a rule, and what becomes of instants that were missed.

#include "schedules/service_impl.hpp"

#include <algorithm>
#include <utility>

namespace carillon::schedules {
namespace {

constexpr std::int64_t fires_max = 1'000;
/// Without fires there is no last one up to which changes of the clocks are told.
constexpr Duration daylight_ahead{366LL * 86'400'000};

Situation situation_of(const StoredSchedule& stored, TimePoint at) {
    return {.now = at,
            .cursor = stored.cursor.value_or(at + Duration{1}),
            .paused_until = stored.schedule.enabled ? stored.paused_until : at,
            .catch_up_at = stored.catch_up_at,
            .waiting_since = stored.waiting_since};
}

}  // namespace

Result<Preview> Service::Impl::preview(const Rule& rule,
                                       std::int64_t count,
                                       std::optional<TimePoint> from) const {
    if (count < 1 || count > fires_max) return invalid("count", "must be 1 to 1000");
    const TimePoint begin = from.value_or(loop.now());
    Preview out{.description = rule.effective.describe(), .tz = rule.effective.spec().tz};
    TimePoint after = begin;
    while (std::ssize(out.fires) < count) {
        CARILLON_TRY(const auto at, rule.effective.next(after));
        if (!at) break;
        out.fires.push_back({.at = *at,
                             .run_at = *at + rule.effective.jitter(*at),
                             .local = rule.effective.local_text(*at),
                             .note = rule.effective.daylight_note(*at)});
        after = *at;
    }
    const TimePoint end = out.fires.empty() ? begin + daylight_ahead : out.fires.back().at;
    // Rules may be far apart, and a list of all changes of a century helps nobody.
    out.daylight = rule.effective.daylight_notes(begin, std::min(end, begin + daylight_ahead));
    return out;
}

Task<Result<Preview>> Service::next(std::string tenant,
                                    std::string id,
                                    std::int64_t count,
                                    std::optional<TimePoint> after) {
    CARILLON_CO_TRY(const auto found, co_await impl_->find(std::move(tenant), std::move(id)));
    CARILLON_CO_TRY(const Rule rule, co_await impl_->compile(found.stored.schedule));
    co_return impl_->preview(rule, count, after);
}

Task<Result<Preview>> Service::preview(std::string tenant,
                                       std::string name,
                                       recurrence::Spec spec,
                                       std::int64_t count,
                                       std::optional<TimePoint> after) {
    Schedule schedule;
    schedule.spec = std::move(spec);
    schedule.spec.id = spread_of(tenant, name);
    schedule.spec.created_at = impl_->loop.now();
    schedule.tenant = std::move(tenant);
    CARILLON_CO_TRY(const Rule rule, co_await impl_->compile(schedule));
    co_return impl_->preview(rule, count, after);
}

Task<Result<CatchUp>> Service::catch_up(std::string tenant,
                                        std::string id,
                                        std::optional<TimePoint> at,
                                        std::int64_t limit) {
    if (limit < 1 || limit > fires_max) co_return invalid("limit", "must be 1 to 1000");
    const TimePoint now = impl_->loop.now();
    if (at && *at < now) co_return invalid("at", "must not be in the past");
    CARILLON_CO_TRY(auto found, co_await impl_->find(std::move(tenant), std::move(id)));
    const Schedule& schedule = found.stored.schedule;
    CARILLON_CO_TRY(const Rule rule, co_await impl_->compile(schedule));
    CatchUp out;
    // Its next instant counts from the end of a run that goes on.
    if (found.stored.awaiting_run) co_return out;
    Situation situation = situation_of(found.stored, at.value_or(now));
    // Each plan decides some instants and moves the cursor on.
    while (situation.cursor <= situation.now) {
        CARILLON_CO_TRY(Plan plan, plan_fires(rule, schedule.policy, situation));
        for (LedgerEntry& entry : plan.entries) {
            if (std::ssize(out.entries) == limit) {
                out.more = true;
                co_return out;
            }
            if (entry.run_at) {
                ++out.runs;
                out.last_run_at = std::max(entry.run_at, out.last_run_at);
            }
            out.entries.push_back(entry);
        }
        const bool stands = plan.entries.empty() || plan.cursor == plan.entries.back().nominal;
        if (!plan.cursor || stands) break;
        situation.cursor = *plan.cursor;
        situation.catch_up_at = plan.catch_up_at;
        situation.waiting_since = plan.waiting_since;
    }
    co_return out;
}

}  // namespace carillon::schedules
