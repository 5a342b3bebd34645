#include "app/server_maintenance.hpp"

#include "core/json.hpp"
#include "dynamo/endpoint/maintenance_operations.hpp"

#include <chrono>
#include <utility>

namespace carillon::app {

namespace {

using dynamo::endpoint::Compaction;
using dynamo::endpoint::StoreCheck;
using dynamo::endpoint::StoreFigures;

/// A check reads everything, and says nothing before it is done.
constexpr Duration longest_call = std::chrono::hours{24};

std::uint64_t number(const json::object& answer, std::string_view name) {
    const json::value* found = answer.if_contains({name.data(), name.size()});
    if (found == nullptr) return 0;
    boost::system::error_code fault;
    const auto whole = found->to_number<std::uint64_t>(fault);
    return fault ? 0 : whole;
}

/// As the operation says it on a directory.
Error told(Error error) {
    const auto* failure = dynamic_cast<const aws::JsonFailure*>(error.detail.get());
    if (failure == nullptr) return error;
    if (failure->type == "ResourceInUseException") error.code = Errc::already_exists;
    if (failure->type == "LimitExceededException") error.code = Errc::throttled;
    if (failure->type == "StoreFailureException") error.code = Errc::internal;
    if (failure->type == "UnknownOperationException") {
        error.message =
            "this server does not look after its store on request; is it Carillon, and not older "
            "than this program?";
    }
    // Another protocol: whatever it is, it knows nothing of operations.
    const bool other = failure->type.empty() && (failure->status == 404 || failure->status == 405);
    if (other) {
        error.message =
            "no DynamoDB endpoint is at this address; a server that schedules has one at "
            "--dynamodb-port";
    }
    return error;
}

}  // namespace

Result<std::unique_ptr<ServerMaintenance>> ServerMaintenance::open(
    const std::string& url,
    const aws::Environment& environment,
    runtime::Loop& loop,
    runtime::BlockingPool& pool,
    Random& random) {
    aws::JsonClientOptions client;
    CARILLON_TRY(client.endpoint, net::parse_url(url));
    client.scope = {"local", "dynamodb"};
    client.target_prefix = dynamo::endpoint::maintenance_target;
    // Nothing of this is worth doing twice.
    client.attempts_max = 1;
    client.attempt_timeout = longest_call;
    net::ClientOptions http;
    CARILLON_TRY(http.guard, net::AddressGuard::parse("0.0.0.0/0,::/0"));
    // A server that does not verify signatures takes any.
    aws::Credentials credentials{.access_key_id = "carillon", .secret_access_key = "carillon"};
    const std::string_view key = aws::variable(environment, "AWS_ACCESS_KEY_ID");
    if (!key.empty()) {
        credentials = {
            .access_key_id = std::string(key),
            .secret_access_key = std::string(aws::variable(environment, "AWS_SECRET_ACCESS_KEY")),
            .session_token = std::string(aws::variable(environment, "AWS_SESSION_TOKEN"))};
    }
    return std::unique_ptr<ServerMaintenance>(new ServerMaintenance(
        std::move(client), std::move(credentials), std::move(http), loop, pool, random));
}

ServerMaintenance::ServerMaintenance(aws::JsonClientOptions client,
                                     aws::Credentials credentials,
                                     net::ClientOptions http,
                                     runtime::Loop& loop,
                                     runtime::BlockingPool& pool,
                                     Random& random)
    : http_(loop, pool, std::move(http)),
      transport_(http_),
      credentials_(std::move(credentials)),
      client_(loop, transport_, credentials_, random, Log::null(), std::move(client)) {}

Task<> ServerMaintenance::close() {
    return http_.close();
}

Task<Result<json::object>> ServerMaintenance::call(std::string operation, std::string body) {
    const auto answer =
        co_await client_.call(std::move(operation), std::move(body), aws::Repeat::while_certain);
    if (!answer) {
        co_return std::unexpected(told(answer.error()));
    }
    CARILLON_CO_TRY(const json::value parsed, parse_json(answer->body));
    if (!parsed.is_object()) co_return fail(Errc::corrupt, "the server's answer is no object");
    co_return parsed.as_object();
}

Task<Result<StoreFigures>> ServerMaintenance::stats() {
    CARILLON_CO_TRY(const json::object answer, co_await call("Stats"));
    co_return StoreFigures{.tables = number(answer, "Tables"),
                           .indexes = number(answer, "Indexes"),
                           .items = number(answer, "Items"),
                           .item_bytes = number(answer, "ItemBytes"),
                           .file_bytes = number(answer, "FileBytes"),
                           .memory_bytes = number(answer, "MemoryBytes")};
}

Task<Result<StoreCheck>> ServerMaintenance::check() {
    CARILLON_CO_TRY(const json::object answer, co_await call("Check"));
    StoreCheck found{.items = number(answer, "Items"),
                     .index_entries = number(answer, "IndexEntries"),
                     .faults = number(answer, "Faults")};
    const json::value* examples = answer.if_contains("Examples");
    if (examples == nullptr || !examples->is_array()) co_return found;
    for (const json::value& example : examples->get_array()) {
        if (example.is_string()) found.examples.emplace_back(example.get_string());
    }
    co_return found;
}

Task<Result<std::uint64_t>> ServerMaintenance::backup(std::string directory) {
    std::string body = "{\"Directory\":";
    append_json_string(body, directory);
    body += '}';
    CARILLON_CO_TRY(const json::object answer, co_await call("Backup", std::move(body)));
    co_return number(answer, "FileBytes");
}

Task<Result<Compaction>> ServerMaintenance::compact() {
    CARILLON_CO_TRY(const json::object answer, co_await call("Compact"));
    co_return Compaction{.before = number(answer, "BytesBefore"),
                         .after = number(answer, "BytesAfter")};
}

}  // namespace carillon::app
