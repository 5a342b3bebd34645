#include "schedules/rows.hpp"

#include "core/json.hpp"
#include "schedules/attributes.hpp"

#include <array>
#include <utility>

namespace carillon::schedules {
namespace {

constexpr std::array outcomes{
    LedgerOutcome::fired, LedgerOutcome::late, LedgerOutcome::caught_up, LedgerOutcome::skipped};
constexpr std::array reasons{
    SkipReason::misfire, SkipReason::overlap, SkipReason::paused, SkipReason::calendar};

queue::ShardedRowsOptions schedule_row_options(const std::string& table) {
    queue::ShardedRowsOptions options;
    options.table = table;
    options.key = {.hash = {.name = "tenant"}, .sort = dynamo::KeyAttribute{.name = "sk"}};
    options.fairness_attribute = "tenant";
    return options;
}

queue::ShardedRowsOptions run_row_options(const std::string& table) {
    queue::ShardedRowsOptions options;
    options.table = table;
    options.key = {.hash = {.name = "tenant"}, .sort = dynamo::KeyAttribute{.name = "id"}};
    options.fairness_attribute = "fairnessKey";
    options.priority_attribute = priority_attribute;
    return options;
}

std::string prefixed(std::string_view prefix, std::string_view rest) {
    std::string text(prefix);
    text += rest;
    return text;
}

dynamo::Item row_key(std::string_view tenant, std::string sort) {
    return {{"tenant", dynamo::Value(tenant)}, {"sk", dynamo::Value(std::move(sort))}};
}

dynamo::IndexSchema text_index(std::string_view name, const char* hash, const char* sort) {
    dynamo::IndexSchema index;
    index.name = std::string(name);
    index.key = {.hash = {.name = hash}, .sort = dynamo::KeyAttribute{.name = sort}};
    return index;
}

}  // namespace

Tables::Tables(TableNames names)
    : names_(std::move(names)),
      schedule_rows_(schedule_row_options(names_.schedules)),
      run_rows_(run_row_options(names_.runs)) {}

std::vector<dynamo::TableSchema> Tables::schemas() const {
    dynamo::TableSchema schedules = schedule_rows_.schema();
    schedules.indexes.push_back(text_index(created_index, "tenant", "listKey"));
    dynamo::TableSchema runs = run_rows_.schema();
    runs.indexes.push_back(text_index(by_schedule_index, "scheduleKey", "id"));
    runs.indexes.push_back(text_index(by_status_index, "statusKey", "id"));
    runs.ttl_attribute = "expiresAt";
    dynamo::TableSchema ledger;
    ledger.name = names_.ledger;
    ledger.key = {.hash = {.name = "scheduleKey"}, .sort = dynamo::KeyAttribute{.name = "at"}};
    ledger.ttl_attribute = "expiresAt";
    std::vector<dynamo::TableSchema> all;
    all.push_back(std::move(schedules));
    all.push_back(std::move(runs));
    all.push_back(std::move(ledger));
    return all;
}

dynamo::Item schedule_key(std::string_view tenant, std::string_view id) {
    return row_key(tenant, prefixed("s#", id));
}

dynamo::Item name_key(std::string_view tenant, std::string_view name) {
    return row_key(tenant, prefixed("n#", name));
}

dynamo::Item calendar_key(std::string_view tenant, std::string_view key) {
    return row_key(tenant, prefixed("c#", key));
}

dynamo::Item run_key(std::string_view tenant, std::string_view id) {
    return {{"tenant", dynamo::Value(tenant)}, {"id", dynamo::Value(id)}};
}

dynamo::Item dedupe_key_of(std::string_view tenant,
                           std::string_view schedule,
                           std::string_view key) {
    std::string hash(tenant);
    hash.append("#").append(schedule).append("#runs");
    return {{"scheduleKey", dynamo::Value(std::move(hash))}, {"at", dynamo::Value(key)}};
}

void write(dynamo::Item& item, const StoredSchedule& stored) {
    const Schedule& schedule = stored.schedule;
    item.set("tenant", schedule.tenant);
    item.set("sk", prefixed("s#", schedule.id));
    item.set("id", schedule.id);
    item.set("name", schedule.name);
    item.set("listKey", format_instant(schedule.created_at) + "#" + schedule.id);
    item.set("definition", to_text(definition_json(schedule)));
    item.set("enabled", schedule.enabled);
    item.set("version", schedule.version);
    item.set("createdAt", to_epoch_ms(schedule.created_at));
    item.set("updatedAt", to_epoch_ms(schedule.updated_at));
    set_instant(item, "nextFireAt", schedule.next_fire_at);
    set_instant(item, "lastFireAt", schedule.last_fire_at);
    set_instant(item, "cursor", stored.cursor);
    item.set("decidedUntil", to_epoch_ms(stored.decided_until));
    item.set("pausedUntil", to_epoch_ms(stored.paused_until));
    item.set("catchUpAt", to_epoch_ms(stored.catch_up_at));
    set_instant(item, "waitingSince", stored.waiting_since);
    set_text(item, "lastRun", stored.last_run);
    item.set("awaitingRun", stored.awaiting_run);
    if (stored.looks > 0) {
        item.set("looks", stored.looks);
    } else {
        item.erase("looks");
    }
    item.set("spread", schedule.spec.id);
    set_text(item, "fault", schedule.fault);
    if (stored.faults > 0) {
        item.set("faults", stored.faults);
    } else {
        item.erase("faults");
    }
}

Result<StoredSchedule> schedule_from_item(const dynamo::Item& item) {
    CARILLON_TRY(const boost::json::value definition, parse_json(text_of(item, "definition")));
    auto read = schedule_from_json(definition, "UTC");
    if (!read) return fail(Errc::corrupt, "a schedule cannot be read: " + read.error().message);
    StoredSchedule stored;
    Schedule& schedule = stored.schedule;
    schedule = *std::move(read);
    schedule.tenant = text_of(item, "tenant");
    schedule.id = text_of(item, "id");
    schedule.version = integer_of(item, "version").value_or(0);
    const auto created = instant_of(item, "createdAt");
    if (schedule.tenant.empty() || schedule.id.empty() || schedule.version < 1 || !created) {
        return fail(Errc::corrupt, "an item among the schedules is no schedule");
    }
    schedule.created_at = *created;
    schedule.updated_at = instant_of(item, "updatedAt").value_or(*created);
    schedule.spec.id = text_of(item, "spread");
    schedule.spec.created_at = *created;
    schedule.next_fire_at = instant_of(item, "nextFireAt");
    schedule.last_fire_at = instant_of(item, "lastFireAt");
    stored.cursor = instant_of(item, "cursor");
    stored.decided_until = instant_of(item, "decidedUntil").value_or(TimePoint{});
    stored.paused_until = instant_of(item, "pausedUntil").value_or(TimePoint{});
    stored.catch_up_at = instant_of(item, "catchUpAt").value_or(TimePoint{});
    stored.waiting_since = instant_of(item, "waitingSince");
    stored.last_run = text_of(item, "lastRun");
    stored.faults = integer_of(item, "faults").value_or(0);
    schedule.fault = text_of(item, "fault");
    stored.looks = static_cast<int>(integer_of(item, "looks").value_or(0));
    const dynamo::Value* awaiting = item.find("awaitingRun");
    stored.awaiting_run =
        awaiting != nullptr && awaiting->get_if<bool>() != nullptr && *awaiting->get_if<bool>();
    return stored;
}

dynamo::Item to_item(const Schedule& schedule, const LedgerRow& row) {
    const LedgerEntry& entry = row.entry;
    dynamo::Item item;
    item.set("scheduleKey", schedule.tenant + "#" + schedule.id);
    item.set("at", format_instant(entry.nominal));
    item.set("outcome", to_string(entry.outcome));
    if (entry.reason != SkipReason::none) item.set("reason", to_string(entry.reason));
    set_instant(item, "runAt", entry.run_at);
    set_text(item, "runId", row.run_id);
    item.set("writtenAt", to_epoch_ms(row.written_at));
    set_expiry(item, row.written_at + schedule.policy.retention);
    return item;
}

Result<LedgerRow> ledger_from_item(const dynamo::Item& item) {
    LedgerRow row;
    CARILLON_TRY(row.entry.nominal, parse_instant(text_of(item, "at")));
    const std::string outcome = text_of(item, "outcome");
    for (const LedgerOutcome one : outcomes) {
        if (outcome == to_string(one)) row.entry.outcome = one;
    }
    const std::string reason = text_of(item, "reason");
    for (const SkipReason one : reasons) {
        if (reason == to_string(one)) row.entry.reason = one;
    }
    row.entry.run_at = instant_of(item, "runAt");
    row.run_id = text_of(item, "runId");
    row.written_at = instant_of(item, "writtenAt").value_or(row.entry.nominal);
    return row;
}

boost::json::object to_json(const LedgerEntry& entry) {
    boost::json::object out{{"at", format_instant(entry.nominal)},
                            {"outcome", to_string(entry.outcome)}};
    if (entry.reason != SkipReason::none) out["reason"] = to_string(entry.reason);
    if (entry.run_at) out["runAt"] = format_instant(*entry.run_at);
    return out;
}

boost::json::object to_json(const LedgerRow& row) {
    boost::json::object out = to_json(row.entry);
    if (!row.run_id.empty()) out["runId"] = row.run_id;
    out["decidedAt"] = format_instant(row.written_at);
    return out;
}

}  // namespace carillon::schedules
