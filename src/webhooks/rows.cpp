#include "webhooks/rows.hpp"

#include "core/check.hpp"
#include "net/url.hpp"
#include "webhooks/webhook.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace carillon::webhooks {
namespace {

using dynamo::Item;
using dynamo::Map;
using dynamo::Value;
using queue::RowState;
using queue::State;

constexpr std::string_view status_attribute = "status";
constexpr std::string_view partition_attribute = "__due";
constexpr std::string_view due_attribute = "__dueAt";
constexpr std::string_view interruptions_attribute = "__interruptions";
constexpr std::string_view lease_attribute = "__lease";
constexpr std::string_view owner_attribute = "__leaseOwner";
constexpr std::string_view version_attribute = "__ts";

/// How long a program without leases may work on a row before it is taken for dead.
constexpr Duration foreign_lease{10 * 60'000};

Status status_of(State state) {
    switch (state) {
        case State::ready:
            return Status::pending;
        case State::leased:
            return Status::processing;
        case State::done:
            return Status::completed;
        case State::failed:
            return Status::failed;
        case State::suspended:
            return Status::suspended;
    }
    return Status::pending;
}

State state_of(Status status) {
    switch (status) {
        case Status::pending:
            return State::ready;
        case Status::processing:
            return State::leased;
        case Status::completed:
            return State::done;
        case Status::failed:
            return State::failed;
        case Status::suspended:
            return State::suspended;
    }
    return State::ready;
}

std::string text_of(const Item& item, std::string_view name) {
    const Value* value = item.find(name);
    return value == nullptr || value->string() == nullptr ? std::string() : *value->string();
}

std::optional<std::int64_t> whole_of(const Item& item, std::string_view name) {
    const Value* value = item.find(name);
    if (value == nullptr || value->number() == nullptr) return std::nullopt;
    return value->number()->to_int64();
}

std::optional<int> count_of(const Item& item, std::string_view name) {
    if (item.find(name) == nullptr) return 0;
    const auto count = whole_of(item, name);
    if (!count || *count < 0 || *count > std::numeric_limits<int>::max()) return std::nullopt;
    return static_cast<int>(*count);
}

void set_or_erase(Item& item, std::string_view name, const std::string& text) {
    if (text.empty()) {
        item.erase(name);
    } else {
        item.set(name, text);
    }
}

/// Must be the same in every program and for ever: FNV-1a, its high bits folded in.
std::uint32_t stable_hash(std::string_view bytes) {
    std::uint32_t hash = 2'166'136'261U;
    for (const char byte : bytes) {
        hash ^= static_cast<unsigned char>(byte);
        hash *= 16'777'619U;
    }
    return hash ^ (hash >> 15);
}

std::string partition(State state, std::uint32_t shard) {
    return fmt::format("{}#{}", state == State::leased ? "leased" : "ready", shard);
}

std::string partition_of(State state, const Item& item) {
    const std::string key = text_of(item, "namespace") + '\n' + text_of(item, "id");
    return partition(state, stable_hash(key) % static_cast<std::uint32_t>(WebhookRows::shards));
}

/// The count of the seed never exceeds its `max`: a webhook that failed for good shows `max`.
void write_attempts(Item& item, int attempts) {
    Value* retries = item.find("retries");
    Map* map = retries == nullptr ? nullptr : retries->get_if<Map>();
    if (map == nullptr) {
        item.set("retries", retries_value({.count = attempts}));
        return;
    }
    const std::int64_t max = whole_of(*map, "max").value_or(attempts);
    map->set("count", std::min<std::int64_t>(attempts, std::max<std::int64_t>(max, 0)));
}

dynamo::Condition parsed(std::string_view text) {
    const dynamo::ExpressionNames names{{"#status", std::string(status_attribute)},
                                        {"#version", std::string(version_attribute)},
                                        {"#lease", std::string(lease_attribute)}};
    dynamo::ExpressionNames used;
    for (const auto& name : names) {
        if (text.find(name.first) != std::string_view::npos) used.push_back(name);
    }
    auto condition = dynamo::Condition::parse(text, used);
    CARILLON_CHECK(condition.has_value());
    return *std::move(condition);
}

}  // namespace

WebhookRows::WebhookRows(std::string table, const runtime::Clock& clock)
    : table_(std::move(table)),
      clock_(clock),
      key_(table_schema(table_).key),
      by_version_(parsed("#status = :status AND #version = :version")),
      without_version_(parsed("#status = :status AND attribute_not_exists(#version)")),
      by_lease_(parsed("#status = :status AND #lease = :lease")) {}

std::vector<Value> WebhookRows::partitions(State state) const {
    std::vector<Value> names;
    names.reserve(shards);
    for (int shard = 0; shard < shards; ++shard) {
        names.emplace_back(partition(state, static_cast<std::uint32_t>(shard)));
    }
    return names;
}

Value WebhookRows::due_value(TimePoint at) const {
    return to_epoch_ms(at);
}

Result<RowState> WebhookRows::read(const Item& item) const {
    const auto status = parse_status(text_of(item, status_attribute));
    if (!status) return fail(Errc::corrupt, "not a webhook: no known status");
    RowState row;
    row.state = state_of(*status);
    if (const auto due = whole_of(item, due_attribute)) {
        row.due_at = from_epoch_ms(*due);
    } else {
        const auto schedule = parse_instant(text_of(item, "schedule"));
        if (!schedule) return fail(Errc::corrupt, "not a webhook: no schedule");
        row.due_at = *schedule;
    }
    const Value* retries = item.find("retries");
    const auto attempts = retries == nullptr || retries->map() == nullptr
                              ? std::optional(0)
                              : count_of(*retries->map(), "count");
    const auto interruptions = count_of(item, interruptions_attribute);
    if (!attempts) return fail(Errc::corrupt, "not a webhook: retries.count is no count");
    if (!interruptions) return fail(Errc::corrupt, "not a webhook: __interruptions is no count");
    row.attempts = *attempts;
    row.interruptions = *interruptions;
    row.lease_token = text_of(item, lease_attribute);
    row.lease_owner = text_of(item, owner_attribute);
    // Claimed by a program that knows no leases, and not yet put among our leased rows: it gets
    // time from its claim on, which has set the version.
    if (row.state == State::leased && row.lease_token.empty() &&
        !text_of(item, partition_attribute).starts_with("leased")) {
        row.due_at = from_epoch_ms(whole_of(item, version_attribute).value_or(0)) + foreign_lease;
    }
    return row;
}

void WebhookRows::write(Item& item, const RowState& row) const {
    item.set(status_attribute, to_string(status_of(row.state)));
    if (row.state == State::ready || row.state == State::leased) {
        item.set(partition_attribute, partition_of(row.state, item));
    } else {
        item.erase(partition_attribute);
    }
    // A suspended row remembers when it was due, and without its partition is in no index.
    if (row.state == State::done || row.state == State::failed) {
        item.erase(due_attribute);
    } else {
        item.set(due_attribute, to_epoch_ms(row.due_at));
    }
    write_attempts(item, row.attempts);
    if (row.interruptions == 0) {
        item.erase(interruptions_attribute);
    } else {
        item.set(interruptions_attribute, row.interruptions);
    }
    set_or_erase(item, lease_attribute, row.lease_token);
    set_or_erase(item, owner_attribute, row.lease_owner);

    const TimePoint now = clock_.now();
    const std::int64_t last = whole_of(item, version_attribute).value_or(0);
    item.set(version_attribute, std::max(to_epoch_ms(now), last + 1));
    item.set("__updatedAt", format_instant(now));
}

void WebhookRows::set_aside(Item& item, const Error& why) const {
    const Value* given = item.find("errors");
    dynamo::List errors;
    if (given != nullptr && given->list() != nullptr) errors = *given->list();
    errors.emplace_back("set aside: " + why.message);
    item.set("errors", std::move(errors));
    write(item, {.state = State::failed});
}

dynamo::BoundCondition WebhookRows::unchanged(const Item& seen) const {
    const Value status = text_of(seen, status_attribute);
    // A heartbeat rewrites a leased row, so there the token speaks.
    if (const Value* lease = seen.find(lease_attribute)) {
        return {by_lease_, {{":status", status}, {":lease", *lease}}};
    }
    if (const Value* version = seen.find(version_attribute)) {
        return {by_version_, {{":status", status}, {":version", *version}}};
    }
    return {without_version_, {{":status", status}}};
}

std::string WebhookRows::fairness_key(const Item& item) const {
    const auto url = net::parse_url(text_of(item, "url"));
    return text_of(item, "namespace") + '\n' + (url ? url->origin() : std::string());
}

}  // namespace carillon::webhooks
