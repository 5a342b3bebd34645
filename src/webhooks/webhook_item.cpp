// A webhook as its table stores it: the attributes of seed 000 (SEEDS A2), and a few of our own.

#include "core/check.hpp"
#include "dynamo/item/json.hpp"
#include "webhooks/webhook.hpp"

#include <fmt/format.h>

#include <charconv>
#include <utility>

namespace carillon::webhooks {
namespace {

using dynamo::Item;
using dynamo::List;
using dynamo::Map;
using dynamo::Null;
using dynamo::Number;
using dynamo::Value;

std::unexpected<Error> broken(std::string_view attribute) {
    return fail(Errc::corrupt, fmt::format("not a webhook: attribute {} is wrong", attribute));
}

Value interval_value(double interval) {
    char text[32];
    const auto end = std::to_chars(text, text + sizeof text, interval).ptr;
    auto number = Number::parse({text, static_cast<std::size_t>(end - text)});
    // Registration bounds the interval well within what a Number holds.
    CARILLON_CHECK(number.has_value());
    return *number;
}

Value headers_value(const net::Headers& headers) {
    Map map;
    for (const net::Header header : headers) map.set(header.name, header.value);
    return map;
}

Value repeat_value(const Repeat& repeat) {
    Map rule;
    rule.set("interval", interval_value(repeat.rule.interval));
    rule.set("max", repeat.rule.max);
    rule.set("unit", to_string(repeat.rule.unit));
    Map map;
    map.set("count", repeat.count);
    map.set("enabled", repeat.enabled);
    map.set("parent", repeat.parent);
    map.set("rule", std::move(rule));
    return map;
}

const std::string* text_at(const Map& map, std::string_view name) {
    const Value* value = map.find(name);
    return value == nullptr ? nullptr : value->string();
}

std::optional<std::int64_t> whole_at(const Map& map, std::string_view name) {
    const Value* value = map.find(name);
    if (value == nullptr || value->number() == nullptr) return std::nullopt;
    return value->number()->to_int64();
}

const Map* map_at(const Map& map, std::string_view name) {
    const Value* value = map.find(name);
    return value == nullptr ? nullptr : value->map();
}

std::optional<TimePoint> instant_at(const Map& map, std::string_view name) {
    const std::string* text = text_at(map, name);
    if (text == nullptr) return std::nullopt;
    const auto at = parse_instant(*text);
    return at ? std::optional(*at) : std::nullopt;
}

std::optional<TimePoint> ms_at(const Map& map, std::string_view name) {
    const auto ms = whole_at(map, name);
    return ms ? std::optional(from_epoch_ms(*ms)) : std::nullopt;
}

net::Headers read_headers(const Map* map) {
    net::Headers headers;
    if (map == nullptr) return headers;
    for (const dynamo::Attribute& attribute : *map) {
        if (const std::string* value = attribute.value.string()) {
            headers.add(attribute.name, *value);
        }
    }
    return headers;
}

Result<Repeat> read_repeat(const Item& item) {
    Repeat repeat;
    const Map* map = map_at(item, "repeat");
    if (map == nullptr) return repeat;
    repeat.count = whole_at(*map, "count").value_or(0);
    if (const Value* enabled = map->find("enabled")) {
        const bool* on = enabled->get_if<bool>();
        if (on == nullptr) return broken("repeat.enabled");
        repeat.enabled = *on;
    }
    if (const std::string* parent = text_at(*map, "parent")) repeat.parent = *parent;
    const Map* rule = map_at(*map, "rule");
    if (rule == nullptr) return repeat;
    if (const Value* interval = rule->find("interval")) {
        if (interval->number() == nullptr) return broken("repeat.rule.interval");
        repeat.rule.interval = interval->number()->to_double();
    }
    repeat.rule.max = whole_at(*rule, "max").value_or(0);
    if (const std::string* text = text_at(*rule, "unit")) {
        const auto unit = parse_unit(*text);
        if (!unit) return broken("repeat.rule.unit");
        repeat.rule.unit = *unit;
    }
    return repeat;
}

Retries read_retries(const Item& item) {
    Retries retries;
    const Map* map = map_at(item, "retries");
    if (map == nullptr) return retries;
    retries.count = whole_at(*map, "count").value_or(0);
    retries.max = whole_at(*map, "max").value_or(retries.max);
    retries.last = instant_at(*map, "last");
    return retries;
}

Response read_response(const Item& item) {
    Response response;
    const Map* map = map_at(item, "response");
    if (map == nullptr) return response;
    if (const std::string* body = text_at(*map, "body")) response.body = *body;
    response.headers = read_headers(map_at(*map, "headers"));
    response.status = static_cast<int>(whole_at(*map, "status").value_or(0));
    return response;
}

std::vector<std::string> read_errors(const Item& item) {
    std::vector<std::string> errors;
    const Value* value = item.find("errors");
    if (value == nullptr || value->list() == nullptr) return errors;
    for (const Value& entry : *value->list()) {
        if (const std::string* text = entry.string()) errors.push_back(*text);
    }
    return errors;
}

Result<> check_body(const boost::json::value& body, int depth) {
    if (body.is_structured() && depth >= body_depth_max) {
        return invalid("body",
                       fmt::format("must not be nested deeper than {} levels", body_depth_max));
    }
    if (const auto* array = body.if_array()) {
        for (const auto& inner : *array) CARILLON_TRY_VOID(check_body(inner, depth + 1));
    }
    if (const auto* object = body.if_object()) {
        for (const auto& [name, inner] : *object) {
            if (name.empty()) return invalid("body", "must not have an empty name");
            CARILLON_TRY_VOID(check_body(inner, depth + 1));
        }
    }
    return {};
}

}  // namespace

Item key_of(std::string_view name_space, std::string_view id) {
    Item key;
    key.set("namespace", name_space);
    key.set("id", id);
    return key;
}

Value response_value(const Response& response) {
    Map map;
    map.set("body", response.body);
    map.set("headers", headers_value(response.headers));
    map.set("status", response.status);
    return map;
}

Value retries_value(const Retries& retries) {
    Map map;
    map.set("count", retries.count);
    map.set("last", retries.last ? Value(format_instant(*retries.last)) : Value(Null{}));
    map.set("max", retries.max);
    return map;
}

Value errors_value(const std::vector<std::string>& errors) {
    List list;
    for (const std::string& error : errors) list.emplace_back(error);
    return list;
}

Result<Value> body_value(const boost::json::value& body) {
    CARILLON_TRY_VOID(check_body(body, 0));
    auto value = dynamo::from_plain_json(body);
    if (!value) return invalid("body", "holds what cannot be stored: " + value.error().message);
    return *std::move(value);
}

boost::json::value body_json(const Value& value) {
    if (const Number* number = value.number()) {
        // The only whole numbers of JSON that are neither an int64 nor exact as a double.
        const std::string text = number->to_string();
        std::uint64_t whole = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), whole);
        if (error == std::errc{} && end == text.data() + text.size() && !number->to_int64()) {
            return whole;
        }
    }
    if (const List* list = value.list()) {
        boost::json::array array;
        array.reserve(list->size());
        for (const Value& inner : *list) array.push_back(body_json(inner));
        return array;
    }
    if (const Map* map = value.map()) {
        boost::json::object object;
        object.reserve(map->size());
        for (const auto& [name, inner] : *map) object[name] = body_json(inner);
        return object;
    }
    return dynamo::to_plain_json(value);
}

Item to_item(const Webhook& webhook) {
    auto body = body_value(webhook.body);
    // Registration has checked the body; a stored one comes from an item.
    CARILLON_CHECK(body.has_value());
    return to_item(webhook, *std::move(body));
}

Item to_item(const Webhook& webhook, Value body) {
    // In the order of the names, so that each goes to the end; with room for what the queue adds.
    Item item;
    item.reserve(24);
    if (webhook.last_attempt > 0) item.set("__attempts", webhook.last_attempt);
    item.set("__createdAt", format_instant(webhook.created_at));
    if (!webhook.successor.empty()) item.set("__next", webhook.successor);
    if (!webhook.series.empty()) item.set("__series", webhook.series);
    item.set("__ts", webhook.version);
    item.set("__updatedAt", format_instant(webhook.updated_at));
    item.set("body", std::move(body));
    item.set("errors", errors_value(webhook.errors));
    item.set("headers", headers_value(webhook.headers));
    item.set("id", webhook.id);
    item.set("method", webhook.method);
    item.set("namespace", webhook.name_space);
    item.set("repeat", repeat_value(webhook.repeat));
    item.set("response", response_value(webhook.response));
    item.set("retries", retries_value(webhook.retries));
    item.set("schedule", format_instant(webhook.schedule));
    item.set("status", to_string(webhook.status));
    item.set("url", webhook.url);
    return item;
}

Result<Webhook> from_item(const Item& item) {
    Webhook webhook;
    const std::pair<std::string_view, std::string*> texts[] = {{"namespace", &webhook.name_space},
                                                               {"id", &webhook.id},
                                                               {"url", &webhook.url},
                                                               {"method", &webhook.method}};
    for (const auto& [name, field] : texts) {
        const std::string* text = text_at(item, name);
        if (text == nullptr) return broken(name);
        *field = *text;
    }
    const auto schedule = instant_at(item, "schedule");
    if (!schedule) return broken("schedule");
    webhook.schedule = *schedule;
    const std::string* status_text = text_at(item, "status");
    const auto status = status_text == nullptr ? std::nullopt : parse_status(*status_text);
    if (!status) return broken("status");
    webhook.status = *status;

    webhook.headers = read_headers(map_at(item, "headers"));
    if (const Value* body = item.find("body")) webhook.body = body_json(*body);
    CARILLON_TRY(webhook.repeat, read_repeat(item));
    webhook.retries = read_retries(item);
    webhook.response = read_response(item);
    webhook.errors = read_errors(item);
    webhook.created_at = instant_at(item, "__createdAt").value_or(TimePoint{});
    webhook.updated_at = instant_at(item, "__updatedAt").value_or(webhook.created_at);
    webhook.version = whole_at(item, "__ts").value_or(0);
    webhook.next_attempt_at = ms_at(item, "__dueAt").value_or(webhook.schedule);
    webhook.interruptions = static_cast<int>(whole_at(item, "__interruptions").value_or(0));
    webhook.last_attempt = whole_at(item, "__attempts").value_or(0);
    if (const std::string* series = text_at(item, "__series")) webhook.series = *series;
    if (const std::string* next = text_at(item, "__next")) webhook.successor = *next;
    return webhook;
}

dynamo::TableSchema table_schema(std::string table, Layout layout) {
    using dynamo::KeyAttribute;
    using dynamo::Type;
    dynamo::TableSchema schema;
    schema.name = std::move(table);
    schema.key.hash = {.name = "namespace", .type = Type::string};
    schema.key.sort = KeyAttribute{.name = "id", .type = Type::string};

    dynamo::IndexSchema by_schedule;
    by_schedule.name = "namespace__schedule";
    by_schedule.local = layout == Layout::seed;
    by_schedule.key.hash = {.name = "namespace", .type = Type::string};
    by_schedule.key.sort = KeyAttribute{.name = "schedule", .type = Type::string};

    dynamo::IndexSchema by_status;
    by_status.name = "status__schedule";
    by_status.key.hash = {.name = "status", .type = Type::string};
    by_status.key.sort = KeyAttribute{.name = "schedule", .type = Type::string};

    dynamo::IndexSchema due;
    due.name = "due";
    due.key.hash = {.name = "__due", .type = Type::string};
    due.key.sort = KeyAttribute{.name = "__dueAt", .type = Type::number};

    schema.indexes = {std::move(by_schedule), std::move(by_status), std::move(due)};
    if (layout == Layout::spread) schema.indexes.erase(schema.indexes.begin() + 1);
    return schema;
}

}  // namespace carillon::webhooks
