// ExecuteStatement.

#include "core/json.hpp"
#include "core/text.hpp"
#include "dynamo/endpoint/fault.hpp"
#include "dynamo/endpoint/operations.hpp"
#include "dynamo/endpoint/statements.hpp"
#include "dynamo/item/json.hpp"

#include <fmt/format.h>

#include <utility>

namespace carillon::dynamo::endpoint {

namespace {

struct ExecuteCall {
    StatementCall statement{};
    std::optional<std::int64_t> limit{};
    CapacityReport capacity = CapacityReport::none;
    Position from{};
    std::string fingerprint{};
};

/// Of what a token belongs to: it means nothing to another statement. FNV-1a.
std::string fingerprint_of(const Json& json) {
    std::uint64_t hash = 14'695'981'039'346'656'037U;
    const auto add = [&](std::string_view bytes) {
        for (const char c : bytes) {
            hash ^= static_cast<unsigned char>(c);
            hash *= 1'099'511'628'211U;
        }
    };
    add(text_member(json, "Statement").value_or(""));
    if (const auto parameters = member(json, "Parameters")) add(simdjson::minify(*parameters));
    return fmt::format("{:016x}", hash);
}

std::string token_of(const Position& position, const std::string& fingerprint) {
    std::string plain = fmt::format("{{\"s\":\"{}\",\"p\":{}", fingerprint, position.partition);
    if (position.key) {
        plain += ",\"k\":";
        append_typed_json(*position.key, plain);
    }
    return base64_encode(plain + "}");
}

std::unexpected<Error> bad_token() {
    return validation_fault("The provided NextToken is invalid");
}

Result<Position> read_token(std::string_view token, const std::string& fingerprint) {
    const auto plain = base64_decode(token);
    if (!plain) return bad_token();
    const auto parsed = parse_json(*plain);
    if (!parsed || !parsed->is_object()) return bad_token();
    const json::object& object = parsed->as_object();
    const json::value* statement = object.if_contains("s");
    const json::value* partition = object.if_contains("p");
    if (statement == nullptr || !statement->is_string() || partition == nullptr ||
        !partition->is_int64() || partition->as_int64() < 0) {
        return bad_token();
    }
    if (std::string_view(statement->get_string()) != fingerprint) {
        return validation_fault("NextToken does not match request");
    }
    Position out;
    out.partition = static_cast<std::size_t>(partition->as_int64());
    if (const json::value* key = object.if_contains("k")) {
        auto item = item_from_typed_json(*key);
        if (!item) return bad_token();
        out.key = *std::move(item);
    }
    return out;
}

Result<ExecuteCall> read_execute(const Json& json) {
    ExecuteCall call;
    CARILLON_TRY(call.statement, read_statement(json));
    call.limit = integer_member(json, "Limit");
    call.capacity = read_capacity_report(json);
    call.fingerprint = fingerprint_of(json);
    if (const auto token = text_member(json, "NextToken")) {
        CARILLON_TRY(call.from, read_token(*token, call.fingerprint));
    }
    return call;
}

void append_capacity(const Consumed& consumed, CapacityReport report, std::string& out) {
    if (report == CapacityReport::none) return;
    out += ",\"ConsumedCapacity\":";
    append_consumed(consumed, report, out);
}

std::string page_answer(const StatementPage& page, const ExecuteCall& call) {
    std::string out = "{\"Items\":[";
    for (const Item& item : page.items) {
        if (&item != page.items.data()) out += ',';
        append_typed_json(item, out);
    }
    out += ']';
    if (page.next) {
        out += ",\"NextToken\":";
        append_json_string(out, token_of(*page.next, call.fingerprint));
        if (page.next->key) {
            out += ",\"LastEvaluatedKey\":";
            append_typed_json(*page.next->key, out);
        }
    }
    append_capacity(page.consumed, call.capacity, out);
    return std::move(out) + "}";
}

std::string write_answer(const StatementWrite& written, CapacityReport report) {
    std::string out = "{\"Items\":[";
    if (written.returned) append_typed_json(*written.returned, out);
    out += ']';
    append_capacity(written.consumed, report, out);
    return std::move(out) + "}";
}

}  // namespace

Operations::Answer Operations::execute_statement(Json request) {
    CARILLON_CO_TRY(ExecuteCall call, read_execute(request));
    CARILLON_CO_TRY(const SchemaPtr schema,
                    co_await database_.table_schema(call.statement.statement.table()));
    const StatementCall& statement = call.statement;
    if (const auto* select = std::get_if<partiql::Select>(&statement.statement.body)) {
        CARILLON_CO_TRY(partiql::ReadPlan plan,
                        partiql::plan_read(*select, statement.parameters, *schema));
        CARILLON_CO_TRY(const StatementPage page,
                        co_await read_page(database_,
                                           *schema,
                                           std::move(plan),
                                           statement.consistent,
                                           call.limit,
                                           std::move(call.from)));
        co_return page_answer(page, call);
    }
    CARILLON_CO_TRY(Write write, plan_write(statement, *schema));
    const bool measured = call.capacity != CapacityReport::none;
    CARILLON_CO_TRY(const StatementWrite written,
                    co_await carry_out(database_, *schema, std::move(write), measured));
    co_return write_answer(written, call.capacity);
}

}  // namespace carillon::dynamo::endpoint
