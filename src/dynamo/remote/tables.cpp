// The control plane: tables made, changed, described and awaited.

#include "dynamo/remote/core.hpp"
#include "dynamo/remote/failure.hpp"
#include "dynamo/remote/table_wire.hpp"
#include "dynamo/validate.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace carillon::dynamo::remote {

namespace {

/// Tables take seconds on AWS; indexes that are filled from much data take hours.
constexpr Duration first_look{20};
constexpr Duration longest_look{3'000};
constexpr Duration patience{15 * 60'000};

std::string name_body(const std::string& name) {
    std::string body = "{";
    append_member(body, "TableName", name);
    return body + "}";
}

}  // namespace

Task<Result<TableDescription>> Core::create_table(TableSchema schema) {
    CARILLON_CO_TRY_VOID(check_schema(schema));
    const std::string table = schema.name;
    std::string body = create_table_body(schema, server_name(table));
    auto created = co_await call("CreateTable", std::move(body), table);
    if (!created && created.error().code == Errc::already_exists) {
        // Another process may be at it this moment: whoever asked wants to use it next.
        CARILLON_CO_TRY_VOID(co_await wait_until_active(table));
    }
    if (!created) co_return std::unexpected(std::move(created).error());
    forget(table);
    CARILLON_CO_TRY_VOID(co_await wait_until_active(table));
    if (schema.ttl_attribute) {
        CARILLON_CO_TRY_VOID(co_await set_time_to_live(table, schema.ttl_attribute));
    }
    CARILLON_CO_TRY(TableDescription described, co_await describe_table(table));
    // Tags are not part of a description.
    described.schema.settings.tags = std::move(schema.settings.tags);
    co_return described;
}

Task<Result<>> Core::wait_until_active(std::string table) {
    const std::int64_t deadline =
        loop_.clock().ticks() + std::chrono::nanoseconds{patience}.count();
    for (Duration look = first_look;; look = std::min(look * 2, longest_look)) {
        auto text = co_await call("DescribeTable", name_body(server_name(table)), table);
        // Right after CreateTable the table may not be seen yet.
        if (!text && text.error().code != Errc::not_found) {
            co_return std::unexpected(std::move(text).error());
        }
        if (text) {
            CARILLON_CO_TRY(const Answer answer, Answer::parse(text->body));
            const json::object* json = object_member(answer.object(), "Table");
            if (json != nullptr && is_active(*json)) co_return Result<>{};
            if (json != nullptr && text_member(*json, "TableStatus") == "DELETING") {
                co_return fail(Errc::unavailable, "table " + table + " is being deleted");
            }
        }
        if (loop_.clock().ticks() > deadline) {
            co_return fail(Errc::timeout, "table " + table + " did not become active");
        }
        (void)co_await loop_.sleep_for(look);
    }
}

Task<Result<>> Core::wait_until_gone(std::string table) {
    const std::int64_t deadline =
        loop_.clock().ticks() + std::chrono::nanoseconds{patience}.count();
    for (Duration look = first_look;; look = std::min(look * 2, longest_look)) {
        auto text = co_await call("DescribeTable", name_body(server_name(table)), table);
        if (!text && text.error().code == Errc::not_found) co_return Result<>{};
        if (!text) co_return std::unexpected(std::move(text).error());
        if (loop_.clock().ticks() > deadline) {
            co_return fail(Errc::timeout, "table " + table + " was not deleted");
        }
        (void)co_await loop_.sleep_for(look);
    }
}

Task<Result<TableDescription>> Core::describe_table(std::string table) {
    CARILLON_CO_TRY(const aws::JsonAnswer text,
                    co_await call("DescribeTable", name_body(server_name(table)), table));
    CARILLON_CO_TRY(const Answer answer, Answer::parse(text.body));
    const json::object* json = object_member(answer.object(), "Table");
    if (json == nullptr) co_return fail(Errc::corrupt, "DescribeTable was answered without Table");
    CARILLON_CO_TRY(TableDescription described, read_table(*json, table));
    CARILLON_CO_TRY(described.schema.ttl_attribute, co_await time_to_live(table));
    co_return described;
}

Task<Result<std::optional<std::string>>> Core::time_to_live(std::string table) {
    auto text = co_await call("DescribeTimeToLive", name_body(server_name(table)), table);
    if (!text) {
        // Emulators without it have tables without it.
        if (text.error().message.starts_with("unsupported: ")) co_return std::nullopt;
        co_return std::unexpected(std::move(text).error());
    }
    CARILLON_CO_TRY(const Answer answer, Answer::parse(text->body));
    const json::object* json = object_member(answer.object(), "TimeToLiveDescription");
    if (json == nullptr) co_return std::nullopt;
    const std::string status = text_member(*json, "TimeToLiveStatus");
    if (status != "ENABLED" && status != "ENABLING") co_return std::nullopt;
    co_return text_member(*json, "AttributeName");
}

Task<Result<>> Core::set_time_to_live(std::string table, std::optional<std::string> attribute) {
    CARILLON_CO_TRY(const std::optional<std::string> now, co_await time_to_live(table));
    if (now == attribute) {
        // Without TTL the question itself says nothing of a missing table everywhere.
        CARILLON_CO_TRY(const SchemaPtr schema, co_await schema_of(table));
        co_return Result<>{};
    }
    std::string body = "{";
    append_member(body, "TableName", server_name(table));
    begin_member(body, "TimeToLiveSpecification");
    body += '{';
    append_member(body, "AttributeName", attribute ? *attribute : *now);
    append_member(body, "Enabled", attribute.has_value());
    body += "}}";
    CARILLON_CO_TRY(const aws::JsonAnswer answer,
                    co_await call("UpdateTimeToLive", std::move(body), table));
    co_return Result<>{};
}

Task<Result<std::vector<std::string>>> Core::list_tables() {
    std::vector<std::string> names;
    std::string after;
    do {
        std::string body = "{";
        if (!after.empty()) append_member(body, "ExclusiveStartTableName", after);
        body += '}';
        CARILLON_CO_TRY(const aws::JsonAnswer text,
                        co_await call("ListTables", std::move(body), {}));
        CARILLON_CO_TRY(const Answer answer, Answer::parse(text.body));
        if (const json::array* list = array_member(answer.object(), "TableNames")) {
            for (const json::value& json : *list) {
                if (!json.is_string()) continue;
                std::string name(json.get_string().data(), json.get_string().size());
                if (!name.starts_with(options_.table_prefix)) continue;
                names.push_back(name.substr(options_.table_prefix.size()));
            }
        }
        after = text_member(answer.object(), "LastEvaluatedTableName");
    } while (!after.empty());
    std::ranges::sort(names);
    co_return names;
}

Task<Result<TableDescription>> Core::delete_table(std::string table) {
    // The answer to DeleteTable tells neither keys nor indexes.
    CARILLON_CO_TRY(TableDescription described, co_await describe_table(table));
    CARILLON_CO_TRY_VOID(co_await call("DeleteTable", name_body(server_name(table)), table));
    forget(table);
    CARILLON_CO_TRY_VOID(co_await wait_until_gone(table));
    co_return described;
}

Task<Result<TableDescription>> Core::update_table(std::string table, TableChange change) {
    CARILLON_CO_TRY(const TableDescription before, co_await describe_table(table));
    std::vector<std::string> steps;
    if (change.settings) {
        steps.push_back(update_settings_members(before.schema.settings, *change.settings));
        std::ranges::move(update_stream_members(before.schema.settings, *change.settings),
                          std::back_inserter(steps));
    }
    if (change.create_index) {
        TableSchema after = before.schema;
        if (change.settings) after.settings = *change.settings;
        steps.push_back(create_index_members(after, *change.create_index));
    }
    if (change.drop_index) {
        std::string& step = steps.emplace_back("\"GlobalSecondaryIndexUpdates\":[{\"Delete\":{");
        append_member(step, "IndexName", *change.drop_index);
        step += "}}]";
    }
    // DynamoDB takes one change at a time.
    for (const std::string& step : steps) {
        if (step.empty()) continue;
        std::string body = "{";
        append_member(body, "TableName", server_name(table));
        body += ',' + step + '}';
        CARILLON_CO_TRY(const aws::JsonAnswer text,
                        co_await call("UpdateTable", std::move(body), table));
        CARILLON_CO_TRY_VOID(co_await wait_until_active(table));
    }
    forget(table);
    co_return co_await describe_table(table);
}

}  // namespace carillon::dynamo::remote
