#include "schedules/service.hpp"

#include "core/check.hpp"
#include "core/id.hpp"
#include "core/json.hpp"
#include "dynamo/ensure_table.hpp"
#include "recurrence/hash.hpp"
#include "schedules/attributes.hpp"
#include "schedules/service_impl.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace carillon::schedules {
namespace {

constexpr Duration instant{1};
constexpr std::uint64_t origin_salt = 17;
/// The attribute with the origin of a schedule that was made under a key.
constexpr std::string_view made_from = "madeFrom";

std::unexpected<Error> no_such_schedule() {
    return std::unexpected(Error{Errc::not_found, "Schedule not found", "id"});
}

/// Without a field: the caller's version may still be right.
Error changed_meanwhile() {
    return {Errc::condition_failed, "the schedule was changed at the same time; try again"};
}

bool is_changed_meanwhile(const Error& error) {
    return error.code == Errc::condition_failed && error.field.empty();
}

/// A fire is no edit: an edit that it came between is tried again. A few times, since a schedule
/// may fire every second, but not that often.
constexpr int edit_tries = 10;

Duration before_try(int number) {
    return Duration{5} * number;
}

Result<> check_version(const Schedule& schedule, std::optional<std::int64_t> version) {
    if (!version || *version == schedule.version) return {};
    return std::unexpected(Error{
        Errc::condition_failed,
        fmt::format(
            "the schedule is of version {} now, not {}; read it again", schedule.version, *version),
        "version"});
}

/// The first instant that a rule which begins at `now` may have: a single one may be late by as
/// much as the policy calls late, the clocks of its maker and of this machine never agree.
TimePoint begin_of(const Schedule& schedule, TimePoint now) {
    const bool once = std::holds_alternative<recurrence::OneShotTrigger>(schedule.spec.trigger);
    return once ? now - schedule.policy.misfire_grace : now;
}

/// Sets the cursor of a schedule that is new, or whose rule or pause has changed, at `now`.
Result<> aim(const Rule& rule, StoredSchedule& stored, TimePoint now) {
    stored.waiting_since.reset();
    stored.awaiting_run = false;
    stored.looks = 0;
    TimePoint after = begin_of(stored.schedule, now);
    // An instant of this very moment is the rule's; a delay counts from the moment itself.
    const recurrence::Trigger& trigger = rule.effective.spec().trigger;
    if (!std::holds_alternative<recurrence::FixedDelayTrigger>(trigger)) after -= instant;
    CARILLON_TRY(stored.cursor, rule.next(std::max(after, stored.decided_until)));
    CARILLON_TRY(stored.schedule.next_fire_at, shown_next(rule, stored));
    return {};
}

/// A new rule that is over already is a mistake: nobody would notice that it never fires.
Result<> check_some_left(const Rule& rule, const StoredSchedule& stored, TimePoint now) {
    if (stored.cursor) return {};
    const Schedule& schedule = stored.schedule;
    if (std::holds_alternative<recurrence::OneShotTrigger>(schedule.spec.trigger)) {
        CARILLON_TRY(const auto passed, rule.effective.previous(now));
        if (passed) {
            return invalid(
                "trigger.startAt",
                fmt::format("must be in the future: {} has passed", format_instant(*passed)));
        }
    }
    if (schedule.spec.bounds.end && *schedule.spec.bounds.end <= now) {
        return invalid("bounds.endAt", "must be in the future");
    }
    return invalid("trigger", "has no occurrence left: all of them have passed");
}

/// A rule that begins at `now`: nothing of it was left out by a pause.
void begin_unpaused(StoredSchedule& stored, TimePoint now) {
    stored.paused_until = stored.cursor ? std::min(now, *stored.cursor) : now;
}

bool same_rule(const Schedule& one, const Schedule& other) {
    return one.spec == other.spec;
}

bool same_work(const Schedule& one, const Schedule& other) {
    return one.payload == other.payload &&
           definition_json(one).at("target") == definition_json(other).at("target");
}

/// What a schedule was made of, as a short text: so that the same request is known again.
std::string origin_of(const Schedule& asked) {
    return fmt::format("{:016x}",
                       recurrence::stable_hash(to_text(definition_json(asked)), origin_salt));
}

queue::RowState row_of(const StoredSchedule& stored) {
    if (!stored.schedule.enabled) return {.state = queue::State::suspended};
    if (!stored.cursor) return {.state = queue::State::done};
    return {.state = queue::State::ready, .due_at = decide_at(stored.schedule, *stored.cursor)};
}

}  // namespace

Service::Impl::Impl(runtime::Loop& on_loop,
                    dynamo::Database& in_database,
                    delivery::Sender& sender,
                    bus::Publisher* publisher,
                    Random& given_random,
                    Log& given_log,
                    Registry& metrics,
                    ServiceOptions given)
    : loop(on_loop),
      database(in_database),
      random(given_random),
      log(given_log),
      options(std::move(given)),
      tables(options.tables),
      calendars(database, options.tables.schedules),
      dispatcher(sender, publisher, loop.clock()),
      runner(
          dispatcher,
          [this](std::string tenant, std::string id) {
              return wake_schedule(std::move(tenant), std::move(id));
          },
          options.server,
          loop.clock(),
          random,
          log,
          metrics),
      runs(loop,
           database,
           tables.run_rows(),
           runner,
           random,
           log,
           metrics,
           queue_options("schedule-runs")),
      firing(firing_context(), metrics),
      fires(loop,
            database,
            tables.schedule_rows(),
            firing,
            random,
            log,
            metrics,
            queue_options("schedules")) {
    auto condition = dynamo::Condition::parse("attribute_not_exists(tenant)");
    CARILLON_CHECK(condition.has_value());
    absent = {*std::move(condition)};
    auto unused = dynamo::Condition::parse("attribute_not_exists(scheduleKey)");
    CARILLON_CHECK(unused.has_value());
    key_unused = {*std::move(unused)};
}

FiringContext Service::Impl::firing_context() {
    return {.tables = tables,
            .database = database,
            .calendars = calendars,
            .clock = loop.clock(),
            .random = random,
            .log = log,
            .runs_stored =
                database.capabilities().watches
                    ? std::function<void(TimePoint, TimePoint)>{}
                    : [this](TimePoint first, TimePoint last) { runs.inserted(first, last); },
            .cancel =
                [this](std::string tenant, std::string id) {
                    return cancel_quietly(std::move(tenant), std::move(id));
                }};
}

queue::QueueOptions Service::Impl::queue_options(const char* name) const {
    queue::QueueOptions out = options.queue;
    out.name = name;
    return out;
}

Service::Service(runtime::Loop& loop,
                 dynamo::Database& database,
                 delivery::Sender& sender,
                 bus::Publisher* publisher,
                 Random& random,
                 Log& log,
                 Registry& metrics,
                 ServiceOptions options)
    : impl_(std::make_unique<Impl>(
          loop, database, sender, publisher, random, log, metrics, std::move(options))) {}

Service::~Service() = default;

Task<Result<>> Service::start(bool work) {
    for (dynamo::TableSchema& schema : impl_->tables.schemas()) {
        CARILLON_CO_TRY(const auto table,
                        co_await dynamo::ensure_table(impl_->database, std::move(schema)));
    }
    if (!work) co_return Result<>{};
    CARILLON_CO_TRY_VOID(co_await impl_->runs.start());
    CARILLON_CO_TRY_VOID(co_await impl_->fires.start());
    co_return Result<>{};
}

Task<> Service::stop(Duration grace) {
    co_await impl_->fires.stop(grace);
    co_await impl_->runs.stop(grace);
}

Task<Result<Service::Impl::Found>> Service::Impl::find(std::string tenant, std::string id) {
    if (id.empty() || id.size() > 64) co_return no_such_schedule();
    dynamo::GetRequest get{.table = tables.names().schedules, .key = schedule_key(tenant, id)};
    CARILLON_CO_TRY(auto item, co_await database.get_item(std::move(get)));
    if (!item) co_return no_such_schedule();
    CARILLON_CO_TRY(StoredSchedule stored, schedule_from_item(*item));
    co_return Found{*std::move(item), std::move(stored)};
}

/// Takes the schedule out of the queue's hands. A fire that is decided and whose instant comes in a
/// moment was there before the edit: it rings first.
Task<Result<Service::Impl::Editing>> Service::Impl::begin_edit(std::string tenant, std::string id) {
    for (bool waited = false;; waited = true) {
        Editing editing{.hold = fires.hold(schedule_key(tenant, id)), .found = {}};
        CARILLON_CO_TRY(editing.found, co_await find(tenant, id));
        const Duration left = editing.found.stored.decided_until - loop.now();
        // Once: those that fire ever again within the wait would never be edited.
        if (waited || left <= Duration::zero() || left > ahead_most) co_return editing;
        editing.hold = {};
        (void)co_await loop.sleep_for(left);
    }
}

Task<Result<Rule>> Service::Impl::compile(const Schedule& schedule) {
    CARILLON_CO_TRY(const LoadedCalendars own,
                    co_await calendars.load(schedule.tenant, schedule.spec.calendar));
    co_return Rule::compile(schedule.spec, own.finder());
}

Task<Result<Rule>> Service::Impl::check(const Schedule& schedule) {
    CARILLON_CO_TRY_VOID(check_payload(schedule.payload));
    CARILLON_CO_TRY_VOID(dispatcher.check(schedule, options.delivery));
    co_return co_await compile(schedule);
}

/// A schedule that is about to be made, aimed at its first fire.
Task<Result<StoredSchedule>> Service::Impl::prepare(std::string tenant, boost::json::value json) {
    StoredSchedule stored;
    CARILLON_CO_TRY(stored.schedule, schedule_from_json(json, options.default_tz));
    Schedule& schedule = stored.schedule;
    schedule.tenant = std::move(tenant);
    schedule.created_at = loop.now();
    schedule.updated_at = schedule.created_at;
    schedule.spec.id = spread_of(schedule.tenant, schedule.name);
    schedule.spec.created_at = schedule.created_at;
    CARILLON_CO_TRY(const Rule rule, co_await check(schedule));
    CARILLON_CO_TRY_VOID(aim(rule, stored, schedule.created_at));
    CARILLON_CO_TRY_VOID(check_some_left(rule, stored, schedule.created_at));
    begin_unpaused(stored, schedule.created_at);
    if (!schedule.enabled) schedule.next_fire_at.reset();
    co_return stored;
}

Task<Result<Schedule>> Service::check(std::string tenant, boost::json::value json) {
    CARILLON_CO_TRY(StoredSchedule stored,
                    co_await impl_->prepare(std::move(tenant), std::move(json)));
    co_return std::move(stored.schedule);
}

Task<Result<>> Service::Impl::commit(dynamo::WriteUnit unit, std::string name) {
    auto stored = co_await database.transact_write(std::move(unit));
    if (stored || stored.error().code != Errc::condition_failed) co_return stored;
    const auto* cancelled =
        dynamic_cast<const dynamo::TransactionCancelled*>(stored.error().detail.get());
    const bool of_name = cancelled != nullptr && cancelled->reasons.size() > 1 &&
                         cancelled->reasons[1].code == "ConditionalCheckFailed";
    if (!of_name) co_return std::unexpected(changed_meanwhile());
    Error error{Errc::already_exists,
                fmt::format("a schedule with the name '{}' already exists", name),
                "name"};
    co_return std::unexpected(std::move(error));
}

Task<Result<Schedule>> Service::Impl::store_new(StoredSchedule stored, bool once) {
    const Schedule& schedule = stored.schedule;
    dynamo::WriteUnit unit;
    dynamo::PutRequest put;
    put.table = tables.names().schedules;
    put.condition = absent;
    write(put.item, stored);
    if (once) put.item.set(made_from, origin_of(schedule));
    tables.schedule_rows().write(put.item, row_of(stored));
    dynamo::PutRequest name{.table = tables.names().schedules,
                            .item = name_key(schedule.tenant, schedule.name),
                            .condition = absent};
    name.item.set("holder", schedule.id);
    unit.emplace_back(std::move(put));
    unit.emplace_back(std::move(name));
    CARILLON_CO_TRY_VOID(co_await commit(std::move(unit), schedule.name));
    if (schedule.enabled && stored.cursor) fires.inserted(row_of(stored).due_at);
    co_return std::move(stored.schedule);
}

Task<Result<Schedule>> Service::create(std::string tenant, boost::json::value json) {
    CARILLON_CO_TRY(StoredSchedule stored,
                    co_await impl_->prepare(std::move(tenant), std::move(json)));
    stored.schedule.id = uuid4(impl_->random);
    co_return co_await impl_->store_new(std::move(stored), false);
}

Task<Result<Created>> Service::create_once(std::string tenant,
                                           std::string id,
                                           boost::json::value json) {
    // Twice: another call under the same id may come between reading and writing.
    for (bool last = false;; last = true) {
        auto found = co_await impl_->find(tenant, id);
        if (found) {
            // Compared before the rule is judged: by now it may be over.
            CARILLON_CO_TRY(const Schedule asked,
                            schedule_from_json(json, impl_->options.default_tz));
            if (text_of(found->item, made_from) != origin_of(asked)) {
                co_return fail(Errc::already_exists,
                               "was used for a schedule of another definition");
            }
            co_return Created{.schedule = std::move(found->stored.schedule), .existed = true};
        }
        if (found.error().code != Errc::not_found) {
            co_return std::unexpected(std::move(found).error());
        }
        boost::json::value definition = json;
        CARILLON_CO_TRY(StoredSchedule stored,
                        co_await impl_->prepare(tenant, std::move(definition)));
        stored.schedule.id = id;
        auto made = co_await impl_->store_new(std::move(stored), true);
        if (made) co_return Created{.schedule = *std::move(made)};
        if (last || made.error().code != Errc::condition_failed) {
            co_return std::unexpected(std::move(made).error());
        }
    }
}

Task<Result<Schedule>> Service::get(std::string tenant, std::string id) {
    CARILLON_CO_TRY(auto found, co_await impl_->find(std::move(tenant), std::move(id)));
    co_return std::move(found.stored.schedule);
}

dynamo::WriteUnit Service::Impl::change_unit(const Found& found, const StoredSchedule& changed) {
    const std::string& table = tables.names().schedules;
    const Schedule& before = found.stored.schedule;
    dynamo::WriteUnit unit;
    dynamo::PutRequest put{.table = table,
                           .item = found.item,
                           .condition = tables.schedule_rows().unchanged(found.item)};
    write(put.item, changed);
    tables.schedule_rows().write(put.item, row_of(changed));
    unit.emplace_back(std::move(put));
    if (before.name == changed.schedule.name) return unit;
    dynamo::PutRequest name{.table = table,
                            .item = name_key(before.tenant, changed.schedule.name),
                            .condition = absent};
    name.item.set("holder", before.id);
    unit.emplace_back(std::move(name));
    unit.emplace_back(
        dynamo::DeleteRequest{.table = table, .key = name_key(before.tenant, before.name)});
    return unit;
}

Task<Result<Schedule>> Service::update(std::string tenant,
                                       std::string id,
                                       boost::json::value patch,
                                       std::optional<std::int64_t> version) {
    for (int tries = 1;; ++tries) {
        auto done = co_await impl_->update_once(tenant, id, patch, version);
        if (done || !is_changed_meanwhile(done.error())) co_return done;
        if (tries == edit_tries) {
            done.error().field = "version";
            co_return done;
        }
        co_await impl_->loop.sleep_for(before_try(tries));
    }
}

Task<Result<Schedule>> Service::Impl::update_once(std::string tenant,
                                                  std::string id,
                                                  const boost::json::value& patch,
                                                  std::optional<std::int64_t> version) {
    CARILLON_CO_TRY(const Editing editing, co_await begin_edit(tenant, id));
    const Found& found = editing.found;
    CARILLON_CO_TRY_VOID(check_version(found.stored.schedule, version));
    StoredSchedule changed = found.stored;
    CARILLON_CO_TRY(changed.schedule, patched(found.stored.schedule, patch));
    const TimePoint now = loop.now();
    const bool resumes = changed.schedule.enabled && !found.stored.schedule.enabled;
    // A target that the server no longer reaches is no reason not to pause.
    const bool must_reach = resumes || !same_work(found.stored.schedule, changed.schedule);
    CARILLON_CO_TRY(
        const Rule rule,
        must_reach ? co_await check(changed.schedule) : co_await compile(changed.schedule));
    if (!same_rule(found.stored.schedule, changed.schedule)) {
        // Instants of the old rule that nobody decided are the old rule's: the new one begins now.
        CARILLON_CO_TRY_VOID(aim(rule, changed, now));
        CARILLON_CO_TRY_VOID(check_some_left(rule, changed, now));
        if (resumes) begin_unpaused(changed, now);
    } else if (resumes) {
        // The ledger will tell what the pause has left out.
        changed.paused_until = now;
        if (!changed.cursor) CARILLON_CO_TRY_VOID(aim(rule, changed, now));
    }
    changed.faults = 0;
    changed.schedule.fault.clear();
    if (changed.schedule.enabled) {
        CARILLON_CO_TRY(changed.schedule.next_fire_at, shown_next(rule, changed));
    } else {
        changed.schedule.next_fire_at.reset();
    }
    changed.schedule.updated_at = now;
    ++changed.schedule.version;
    dynamo::WriteUnit unit = change_unit(found, changed);
    CARILLON_CO_TRY_VOID(co_await commit(std::move(unit), changed.schedule.name));
    if (changed.schedule.enabled && changed.cursor) fires.inserted(row_of(changed).due_at);
    co_return std::move(changed.schedule);
}

Task<Result<>> Service::remove(std::string tenant,
                               std::string id,
                               std::optional<std::int64_t> version) {
    for (int tries = 1;; ++tries) {
        auto done = co_await impl_->remove_once(tenant, id, version);
        if (done || !is_changed_meanwhile(done.error())) co_return done;
        if (tries == edit_tries) {
            done.error().field = "version";
            co_return done;
        }
        co_await impl_->loop.sleep_for(before_try(tries));
    }
}

Task<Result<>> Service::Impl::remove_once(std::string tenant,
                                          std::string id,
                                          std::optional<std::int64_t> version) {
    CARILLON_CO_TRY(const Editing editing, co_await begin_edit(tenant, id));
    const Found& found = editing.found;
    CARILLON_CO_TRY_VOID(check_version(found.stored.schedule, version));
    const std::string& table = tables.names().schedules;
    dynamo::WriteUnit unit;
    unit.emplace_back(
        dynamo::DeleteRequest{.table = table,
                              .key = schedule_key(tenant, id),
                              .condition = tables.schedule_rows().unchanged(found.item)});
    unit.emplace_back(
        dynamo::DeleteRequest{.table = table, .key = name_key(tenant, found.stored.schedule.name)});
    co_return co_await commit(std::move(unit), found.stored.schedule.name);
}

const std::string& Service::default_tz() const {
    return impl_->options.default_tz;
}

const Calendars& Service::calendars() const {
    return impl_->calendars;
}

queue::QueueStats Service::schedule_stats() const {
    return impl_->fires.stats();
}

queue::QueueStats Service::run_stats() const {
    return impl_->runs.stats();
}

}  // namespace carillon::schedules
