#include "schedules/firing.hpp"

#include "core/check.hpp"
#include "core/id.hpp"
#include "schedules/attributes.hpp"

#include <algorithm>
#include <utility>

namespace carillon::schedules {
namespace {

/// A schedule that cannot fire is looked at again after the first pause, then ever more rarely.
constexpr Backoff after_faults{
    .base = Duration{5'000}, .cap = Duration{300'000}, .multiplier = 2, .jitter = 0.1};
/// A transaction takes 4 MB; the rest is for what names and numbers add.
constexpr std::size_t transaction_bytes_max = 3'500'000;
constexpr std::size_t row_bytes = 2'000;
constexpr Duration instant{1};

Counter& decisions(Registry& metrics, const char* outcome) {
    return metrics.counter("carillon_schedule_fires_total",
                           "Nominal instants of schedules, by what became of them.",
                           {{"outcome", outcome}});
}

/// As many fires as fit into one transaction: each run carries the schedule's target and payload.
std::size_t entries_that_fit(const dynamo::Item& schedule) {
    const std::size_t one = text_of(schedule, "definition").size() + row_bytes;
    return std::clamp<std::size_t>(transaction_bytes_max / one, 2, plan_entries_max + 1) - 1;
}

/// Whether fires of the schedule may wait for the end of the run before them.
bool is_awaited(const Schedule& schedule) {
    const Overlap overlap = schedule.policy.overlap;
    return overlap == Overlap::queue_one || overlap == Overlap::queue_all ||
           std::holds_alternative<recurrence::FixedDelayTrigger>(schedule.spec.trigger);
}

dynamo::BoundCondition parsed(std::string_view text) {
    auto condition = dynamo::Condition::parse(text);
    CARILLON_CHECK(condition.has_value());
    return {*std::move(condition)};
}

}  // namespace

Run make_run(
    const Schedule& schedule, TimePoint fire_at, TimePoint due_at, TimePoint now, Random& random) {
    Run run;
    run.tenant = schedule.tenant;
    run.id = ulid(now, random);
    run.schedule_id = schedule.id;
    run.schedule_name = schedule.name;
    run.fire_at = fire_at;
    run.due_at = due_at;
    run.created_at = now;
    run.correlation_id = uuid4(random);
    run.causation_id = schedule.id + "@" + format_instant(fire_at);
    run.target = schedule.target;
    run.payload = schedule.payload;
    run.policy = schedule.policy;
    return run;
}

dynamo::PutRequest put_run(const Tables& tables, const Run& run) {
    dynamo::PutRequest put;
    put.table = tables.names().runs;
    write(put.item, run);
    tables.run_rows().write(put.item, {.state = queue::State::ready, .due_at = run.due_at});
    return put;
}

Result<std::optional<TimePoint>> shown_next(const Rule& rule, const StoredSchedule& stored) {
    if (!stored.schedule.enabled || !stored.cursor || stored.awaiting_run) {
        return std::optional<TimePoint>{};
    }
    if (stored.waiting_since) return stored.cursor;
    return rule.effective.next(std::max(*stored.cursor, stored.paused_until) - instant);
}

Firing::Firing(FiringContext context, Registry& metrics)
    : context_(std::move(context)),
      absent_(parsed("attribute_not_exists(scheduleKey)")),
      fired_(decisions(metrics, "fired")),
      skipped_(decisions(metrics, "skipped")) {}

Task<Result<Firing::Previous>> Firing::previous_of(const StoredSchedule& stored) const {
    Previous previous;
    if (stored.last_run.empty()) co_return previous;
    dynamo::GetRequest get{.table = context_.tables.names().runs,
                           .key = run_key(stored.schedule.tenant, stored.last_run)};
    CARILLON_CO_TRY(const auto item, co_await context_.database.get_item(std::move(get)));
    if (!item) co_return previous;
    const auto status = parse_run_status(text_of(*item, "status"));
    previous.active = status && !has_ended(*status);
    previous.finished_at = instant_of(*item, "finishedAt");
    co_return previous;
}

void Firing::put_entries(const Plan& plan, StoredSchedule& stored, queue::Settlement& out) {
    const TimePoint now = context_.clock.now();
    std::optional<TimePoint> first_run;
    std::optional<TimePoint> last_run;
    for (const LedgerEntry& entry : plan.entries) {
        LedgerRow row{.entry = entry, .written_at = now};
        stored.decided_until = entry.nominal;
        if (entry.run_at) {
            Run run = make_run(stored.schedule, entry.nominal, *entry.run_at, now, context_.random);
            run.awaited = is_awaited(stored.schedule);
            row.run_id = run.id;
            stored.last_run = run.id;
            stored.schedule.last_fire_at = entry.nominal;
            out.also.emplace_back(put_run(context_.tables, run));
            first_run = std::min(first_run.value_or(*entry.run_at), *entry.run_at);
            last_run = std::max(last_run.value_or(*entry.run_at), *entry.run_at);
            fired_.add();
        } else {
            skipped_.add();
        }
        dynamo::PutRequest put;
        put.table = context_.tables.names().ledger;
        put.item = to_item(stored.schedule, row);
        put.condition = absent_;
        out.also.emplace_back(std::move(put));
    }
    if (!first_run || !context_.runs_stored) return;
    out.recorded = [this, first = *first_run, last = *last_run] {
        context_.runs_stored(first, last);
    };
}

queue::Settlement Firing::settled(dynamo::Item item,
                                  const StoredSchedule& stored,
                                  TimePoint look_at) const {
    queue::Settlement out;
    write(item, stored);
    out.item = std::move(item);
    // Without a cursor it has fired for the last time.
    out.verdict = stored.cursor ? queue::Verdict::again : queue::Verdict::done;
    out.ready_at = look_at;
    return out;
}

Task<Result<queue::Settlement>> Firing::fire(queue::Claim& claim, StoredSchedule stored) {
    const Schedule& schedule = stored.schedule;
    stored.faults = 0;
    stored.schedule.fault.clear();
    CARILLON_CO_TRY(const LoadedCalendars own,
                    co_await context_.calendars.load(schedule.tenant, schedule.spec.calendar));
    CARILLON_CO_TRY(const Rule rule, Rule::compile(schedule.spec, own.finder()));
    Previous previous;
    if (stored.awaiting_run || schedule.policy.overlap != Overlap::allow) {
        CARILLON_CO_TRY(previous, co_await previous_of(stored));
    }
    const TimePoint now = context_.clock.now();
    if (stored.awaiting_run) {
        if (previous.active) {
            const Duration pause = waiting_pause(stored.looks++);
            co_return settled(claim.item, stored, now + pause);
        }
        stored.awaiting_run = false;
        stored.looks = 0;
        CARILLON_CO_TRY(stored.cursor, rule.next(previous.finished_at.value_or(now)));
        CARILLON_CO_TRY(stored.schedule.next_fire_at, shown_next(rule, stored));
        co_return settled(claim.item, stored, stored.cursor.value_or(now));
    }
    const TimePoint cursor = stored.cursor.value_or(now);
    const Situation situation{.now = present_of(schedule, cursor, now, previous.active),
                              .cursor = cursor,
                              .paused_until = stored.paused_until,
                              .catch_up_at = stored.catch_up_at,
                              .waiting_since = stored.waiting_since,
                              .previous_active = previous.active,
                              .looks = stored.looks,
                              .entries_max = entries_that_fit(claim.item)};
    CARILLON_CO_TRY(const Plan plan, plan_fires(rule, schedule.policy, situation));
    if (plan.cancel_previous) co_await context_.cancel(schedule.tenant, stored.last_run);
    queue::Settlement runs;
    put_entries(plan, stored, runs);
    stored.cursor = plan.cursor;
    stored.catch_up_at = plan.catch_up_at;
    stored.waiting_since = plan.waiting_since;
    stored.looks = plan.looks;
    const bool ran = !plan.entries.empty() && plan.entries.back().run_at.has_value();
    stored.awaiting_run =
        ran && std::holds_alternative<recurrence::FixedDelayTrigger>(schedule.spec.trigger);
    CARILLON_CO_TRY(stored.schedule.next_fire_at, shown_next(rule, stored));
    // The next instant is decided ahead; the one that it was too early for, at its time.
    const bool is_next = plan.cursor == plan.look_at && plan.cursor != cursor;
    queue::Settlement out =
        settled(claim.item, stored, is_next ? decide_at(schedule, plan.look_at) : plan.look_at);
    out.also = std::move(runs.also);
    out.recorded = std::move(runs.recorded);
    co_return out;
}

queue::Settlement Firing::put_off(queue::Claim& claim, const Error& why) const {
    queue::Settlement out;
    out.verdict = queue::Verdict::again;
    const std::string text = describe(why);
    const std::string id = text_of(claim.item, "id");
    // The store's troubles are not the schedule's, and pass sooner.
    const bool of_the_store = why.code == Errc::throttled || why.code == Errc::unavailable ||
                              why.code == Errc::timeout || why.code == Errc::cancelled;
    const std::int64_t before = of_the_store ? 0 : integer_of(claim.item, "faults").value_or(0);
    if (of_the_store) {
        context_.log.warn("a schedule cannot fire now", {{"schedule", id}, {"error", text}});
    } else if (text_of(claim.item, "fault") != text) {
        // Said once: people see it at the schedule as long as it lasts.
        context_.log.warn("a schedule cannot fire and is looked at again, ever more rarely",
                          {{"schedule", id}, {"error", text}});
    }
    out.item = std::move(claim.item);
    if (!of_the_store) {
        out.item.set("fault", text);
        out.item.set("faults", before + 1);
    }
    const int failures = static_cast<int>(std::min<std::int64_t>(before, 20)) + 1;
    out.ready_at = context_.clock.now() + backoff_delay(after_faults, failures, context_.random);
    return out;
}

Task<queue::Settlement> Firing::handle(queue::Claim claim) {
    auto stored = schedule_from_item(claim.item);
    if (!stored) {
        context_.log.error("a schedule cannot be read and was set aside",
                           {{"error", stored.error().message}});
        queue::Settlement aside;
        aside.verdict = queue::Verdict::failed;
        aside.item = std::move(claim.item);
        co_return aside;
    }
    auto settlement = co_await fire(claim, *std::move(stored));
    if (settlement) co_return *std::move(settlement);
    co_return put_off(claim, settlement.error());
}

queue::Settlement Firing::threw(queue::Claim claim, std::string_view what) {
    return put_off(claim, {Errc::internal, std::string(what)});
}

queue::Settlement Firing::poisoned(queue::Claim claim) {
    return put_off(claim, {Errc::internal, "the server died again and again while firing it"});
}

}  // namespace carillon::schedules
