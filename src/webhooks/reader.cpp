#include "webhooks/reader.hpp"

#include "core/check.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace carillon::webhooks {
namespace {

using dynamo::Item;
using dynamo::SortCondition;
using dynamo::SortOperator;
using dynamo::Value;

constexpr const char* schedule_index = "namespace__schedule";

/// Rows are read in the order of their ids when the ids are what is asked for.
bool by_id(const Selection& selection) {
    return selection.id_prefix && !selection.id_prefix->empty();
}

std::optional<SortCondition> schedule_condition(const Selection& selection) {
    if (selection.from && selection.to) {
        return SortCondition{
            SortOperator::between, format_instant(*selection.from), format_instant(*selection.to)};
    }
    if (selection.from) {
        return SortCondition{SortOperator::greater_equal, format_instant(*selection.from)};
    }
    if (selection.to) return SortCondition{SortOperator::less_equal, format_instant(*selection.to)};
    return std::nullopt;
}

/// What the key condition does not say.
std::optional<dynamo::BoundCondition> filter_of(const Selection& selection) {
    std::string text;
    dynamo::ExpressionNames names;
    dynamo::ExpressionValues values;
    const auto add = [&](std::string_view clause, const char* value_name, Value value) {
        if (!text.empty()) text += " AND ";
        text += clause;
        values.emplace_back(value_name, std::move(value));
    };
    if (selection.status) {
        names.emplace_back("#status", "status");
        add("#status = :status", ":status", to_string(*selection.status));
    }
    if (by_id(selection) && (selection.from || selection.to)) {
        names.emplace_back("#schedule", "schedule");
        if (selection.from) {
            add("#schedule >= :from", ":from", format_instant(*selection.from));
        }
        if (selection.to) add("#schedule <= :to", ":to", format_instant(*selection.to));
    }
    if (text.empty()) return std::nullopt;
    auto parsed = dynamo::Condition::parse(text, names);
    CARILLON_CHECK(parsed.has_value());
    return dynamo::BoundCondition{*std::move(parsed), std::move(values)};
}

Item start_item(const StartKey& key, bool ids) {
    Item item = key_of(key.name_space, key.id);
    if (!ids) item.set("schedule", format_instant(key.schedule));
    return item;
}

std::optional<StartKey> read_start_key(const Item& last, const std::vector<Found>& found) {
    const auto text = [&](const char* name) -> const std::string* {
        const Value* value = last.find(name);
        return value == nullptr ? nullptr : value->string();
    };
    const std::string* name_space = text("namespace");
    const std::string* id = text("id");
    if (name_space == nullptr || id == nullptr) return std::nullopt;
    StartKey key{.name_space = *name_space, .id = *id};
    if (const std::string* schedule = text("schedule")) {
        if (const auto at = parse_instant(*schedule)) key.schedule = *at;
    } else if (!found.empty() && found.back().webhook.id == *id) {
        key.schedule = found.back().webhook.schedule;
    }
    return key;
}

}  // namespace

bool matches(const Selection& selection, const Webhook& webhook) {
    return webhook.name_space == selection.name_space &&
           (!selection.id_prefix || webhook.id.starts_with(*selection.id_prefix)) &&
           (!selection.status || webhook.status == *selection.status) &&
           (!selection.from || webhook.schedule >= *selection.from) &&
           (!selection.to || webhook.schedule <= *selection.to);
}

StartKey start_key_of(const Webhook& webhook) {
    return {.name_space = webhook.name_space, .id = webhook.id, .schedule = webhook.schedule};
}

bool Reader::running(const Webhook& webhook) const {
    return queue_.running(key_of(webhook.name_space, webhook.id));
}

std::optional<Found> Reader::shown(Item item) const {
    auto webhook = from_item(item);
    if (!webhook) {
        log_.warn("a row of the webhooks' table is no webhook",
                  {{"error", webhook.error().message}});
        return std::nullopt;
    }
    if (exclusive() && webhook->status == Status::pending && running(*webhook)) {
        webhook->status = Status::processing;
    }
    return Found{.item = std::move(item), .webhook = *std::move(webhook)};
}

Task<Result<std::optional<Found>>> Reader::find(std::string name_space, std::string id) {
    dynamo::GetRequest request{.table = rows_.table(), .key = key_of(name_space, id)};
    CARILLON_CO_TRY(std::optional<Item> item, co_await database_.get_item(std::move(request)));
    if (!item) co_return std::nullopt;
    auto found = shown(*std::move(item));
    if (!found) co_return fail(Errc::corrupt, "the stored row is no webhook");
    co_return found;
}

Task<Result<Reader::Batch>> Reader::read(Selection selection,
                                         bool descending,
                                         std::int64_t rows_max,
                                         std::optional<StartKey> from) {
    if (exclusive() && selection.status == Status::processing) {
        co_return co_await read_running(std::move(selection), descending, std::move(from));
    }
    const bool ids = by_id(selection);
    dynamo::QueryRequest request;
    request.table = rows_.table();
    request.key.hash = selection.name_space;
    if (ids) {
        request.key.sort = SortCondition{SortOperator::begins_with, *selection.id_prefix};
    } else {
        request.index = schedule_index;
        request.key.sort = schedule_condition(selection);
    }
    request.filter = filter_of(selection);
    request.forward = !descending;
    request.limit = rows_max;
    if (from) request.start_key = start_item(*from, ids);
    CARILLON_CO_TRY(dynamo::Page page, co_await database_.query(std::move(request)));

    Batch batch;
    for (Item& item : page.items) {
        auto found = shown(std::move(item));
        // The queue may know better than the stored status that the query filtered by.
        if (found && matches(selection, found->webhook)) batch.found.push_back(*std::move(found));
    }
    if (page.last_key) batch.next = read_start_key(*page.last_key, batch.found);
    co_return batch;
}

Task<Result<Reader::Batch>> Reader::read_running(Selection selection,
                                                 bool descending,
                                                 std::optional<StartKey> from) {
    dynamo::BatchGetRequest request;
    dynamo::BatchGetRequest::PerTable wanted;
    wanted.table = rows_.table();
    for (Item& key : queue_.running_keys()) {
        const Value* name_space = key.find("namespace");
        if (name_space != nullptr && *name_space == Value(selection.name_space)) {
            wanted.keys.push_back(std::move(key));
        }
    }
    Batch batch;
    if (wanted.keys.empty()) co_return batch;
    request.tables.push_back(std::move(wanted));
    CARILLON_CO_TRY(dynamo::BatchGetResult got, co_await database_.batch_get(std::move(request)));

    const bool ids = by_id(selection);
    const auto before = [&](const StartKey& a, const StartKey& b) {
        const bool less =
            ids ? a.id < b.id : std::tie(a.schedule, a.id) < std::tie(b.schedule, b.id);
        const bool greater =
            ids ? b.id < a.id : std::tie(b.schedule, b.id) < std::tie(a.schedule, a.id);
        return descending ? greater : less;
    };
    for (auto& [table, items] : got.items) {
        for (Item& item : items) {
            auto found = shown(std::move(item));
            if (!found || !matches(selection, found->webhook)) continue;
            if (from && !before(*from, start_key_of(found->webhook))) continue;
            batch.found.push_back(*std::move(found));
        }
    }
    std::ranges::sort(batch.found, [&](const Found& a, const Found& b) {
        return before(start_key_of(a.webhook), start_key_of(b.webhook));
    });
    co_return batch;
}

}  // namespace carillon::webhooks
