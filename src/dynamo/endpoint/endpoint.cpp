#include "dynamo/endpoint/endpoint.hpp"

#include "core/text.hpp"
#include "dynamo/endpoint/authentication.hpp"
#include "dynamo/endpoint/content_coding.hpp"
#include "dynamo/endpoint/fault.hpp"
#include "dynamo/endpoint/maintenance_operations.hpp"
#include "dynamo/endpoint/operations.hpp"
#include "dynamo/endpoint/stream_operations.hpp"
#include "dynamo/endpoint/wide_integers.hpp"

#include <fmt/format.h>

#include <array>
#include <exception>
#include <optional>
#include <simdjson.h>
#include <utility>
#include <zlib.h>

namespace carillon::dynamo::endpoint {

namespace {

using net::ServerRequest;
using net::ServerResponse;

constexpr std::string_view json_1_0 = "application/x-amz-json-1.0";
constexpr std::string_view json_1_1 = "application/x-amz-json-1.1";
constexpr std::string_view plain_json = "application/json";
constexpr std::string_view target_prefix = "DynamoDB_20120810.";
constexpr std::string_view stream_prefix = "DynamoDBStreams_20120810.";
constexpr std::string_view origin_any = "*";

std::string checksum(std::string_view body) {
    // A body fits: requests and answers are a few dozen megabytes at most.
    const auto length = static_cast<uInt>(body.size());
    const auto* bytes = reinterpret_cast<const Bytef*>(body.data());
    return std::to_string(crc32(crc32(0, nullptr, 0), bytes, length));
}

constexpr std::size_t request_id_length = 52;

/// 52 characters of the alphabet that the service uses: 32 of its 36, so that each takes five bits.
std::array<char, request_id_length> request_id(Random& random) {
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    constexpr std::size_t characters_a_draw = 12;
    std::array<char, request_id_length> id{};
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < id.size(); ++i) {
        if (i % characters_a_draw == 0) bits = random.next();
        id[i] = alphabet[bits % alphabet.size()];
        bits /= alphabet.size();
    }
    return id;
}

std::string_view content_type_of(const ServerRequest& request) {
    const std::string_view type = request.headers.get("Content-Type").value_or("");
    return trim(type.substr(0, type.find(';')));
}

bool is_json(std::string_view content_type) {
    return content_type == json_1_0 || content_type == json_1_1 || content_type == plain_json;
}

ServerResponse plain(int status, std::string body) {
    ServerResponse response{status};
    response.headers.add("x-amz-crc32", checksum(body));
    response.body = std::move(body);
    return response;
}

ServerResponse json(int status, std::string body, std::string_view content_type) {
    ServerResponse response = plain(status, std::move(body));
    response.headers.add("Content-Type", content_type);
    return response;
}

/// `json`, compressed where the client takes it and it is worth it.
ServerResponse answer_to(const ServerRequest& request,
                         int status,
                         std::string body,
                         std::string_view content_type) {
    if (body.size() <= plain_answer_bytes_max) return json(status, std::move(body), content_type);
    const auto coding = accepted_coding(request.headers.get("Accept-Encoding").value_or(""));
    if (!coding) return json(status, std::move(body), content_type);
    ServerResponse response = json(status, compress(*coding, body), content_type);
    response.headers.add("Content-Encoding", name_of(*coding));
    return response;
}

/// Anything but a body as it is.
std::optional<std::string_view> coding_of(const ServerRequest& request) {
    const auto coding = request.headers.get("Content-Encoding");
    if (!coding || equals_ignoring_case(trim(*coding), "identity")) return std::nullopt;
    return coding;
}

ServerResponse internal_error() {
    return json(
        500,
        error_body("com.amazonaws.dynamodb.v20120810#InternalServerError", "Internal server error"),
        json_1_0);
}

/// What browsers want to know before they let a page call another host.
ServerResponse preflight(const ServerRequest& request) {
    ServerResponse response;
    if (const auto headers = request.headers.get("Access-Control-Request-Headers")) {
        response.headers.add("Access-Control-Allow-Headers", *headers);
    }
    if (const auto methods = request.headers.get("Access-Control-Request-Method")) {
        response.headers.add("Access-Control-Allow-Methods", *methods);
    }
    response.headers.add("Access-Control-Max-Age", "172800");
    return response;
}

}  // namespace

/// What a request is for: an operation on tables, one on streams, or one on the store itself.
struct Target {
    const Operation* operation = nullptr;
    const StreamOperation* stream = nullptr;
    const MaintenanceOperation* maintenance = nullptr;

    [[nodiscard]] bool known() const {
        return operation != nullptr || stream != nullptr || maintenance != nullptr;
    }

    [[nodiscard]] const Shape& shape() const {
        if (maintenance != nullptr) return *maintenance->shape;
        return stream != nullptr ? *stream->shape : *operation->shape;
    }

    [[nodiscard]] std::string_view name() const {
        if (stream != nullptr) return stream->name;
        if (maintenance != nullptr) return maintenance->name;
        return operation != nullptr ? operation->name : "none";
    }

    [[nodiscard]] bool names_table() const {
        return stream != nullptr || (operation != nullptr && operation->control_plane);
    }
};

struct Endpoint::Impl {
    Impl(
        Database& database, runtime::Clock& time, Random& chance, Log& lines, EndpointOptions given)
        : clock(time),
          random(chance),
          log(lines),
          options(std::move(given)),
          operations(database, time, where()),
          streams(database, time, where()),
          maintenance(options.maintenance) {}

    [[nodiscard]] Where where() const {
        Where place;
        place.region = options.region;
        place.account = options.account;
        place.table_delay = options.table_delay;
        return place;
    }

    Task<ServerResponse> answer(ServerRequest& request);
    Task<Result<std::string>> run(const ServerRequest& request, Target target, Json document);
    /// The parsed body; nothing when it is empty. The document lives until the next call.
    Result<std::optional<Json>> parse(ServerRequest& request);
    Result<Target> target_of(const ServerRequest& request) const;
    void note(const Error& error, const Target& target) const;

    runtime::Clock& clock;
    Random& random;
    Log& log;
    EndpointOptions options;
    Operations operations;
    StreamOperations streams;
    MaintenanceOperations maintenance;
    simdjson::dom::parser parser;
};

Result<std::optional<Json>> Endpoint::Impl::parse(ServerRequest& request) {
    if (request.body.empty()) return std::nullopt;
    request.body.reserve(request.body.size() + simdjson::SIMDJSON_PADDING);
    Json document;
    auto error = parser.parse(request.body.data(), request.body.size(), false).get(document);
    if (error == simdjson::NUMBER_ERROR) {
        if (auto wide = with_wide_integers(request.body)) {
            request.body = *std::move(wide);
            request.body.reserve(request.body.size() + simdjson::SIMDJSON_PADDING);
            error = parser.parse(request.body.data(), request.body.size(), false).get(document);
        }
    }
    if (error != simdjson::SUCCESS) return serialization_fault("");
    return document;
}

bool is_about_items(const ServerRequest& request) {
    const std::string_view name = request.headers.get("X-Amz-Target").value_or("");
    if (!name.starts_with(target_prefix)) return false;
    const Operation* operation = find_operation(name.substr(target_prefix.size()));
    return operation != nullptr && !operation->control_plane;
}

Result<Target> Endpoint::Impl::target_of(const ServerRequest& request) const {
    const std::string_view name = request.headers.get("X-Amz-Target").value_or("");
    Target target;
    if (name.starts_with(target_prefix)) {
        target.operation = find_operation(name.substr(target_prefix.size()));
    } else if (name.starts_with(stream_prefix)) {
        target.stream = find_stream_operation(name.substr(stream_prefix.size()));
    } else if (name.starts_with(maintenance_target) && name.size() > maintenance_target.size() &&
               name[maintenance_target.size()] == '.') {
        target.maintenance = find_maintenance_operation(name.substr(maintenance_target.size() + 1));
    }
    if (target.known()) return target;
    return front_fault("UnknownOperationException", "");
}

void Endpoint::Impl::note(const Error& error, const Target& target) const {
    log.error("a request failed", {{"operation", target.name()}, {"error", describe(error)}});
}

Task<Result<std::string>> Endpoint::Impl::run(const ServerRequest& request,
                                              Target target,
                                              Json document) {
    if (target.maintenance != nullptr) return (maintenance.*target.maintenance->run)(document);
    if (target.stream != nullptr) return (streams.*target.stream->run)(document);
    if (target.operation->run != nullptr) return (operations.*target.operation->run)(document);
    // Only the request knows under which name it has found us.
    return operations.describe_endpoints(std::string(request.headers.get("Host").value_or("")));
}

Task<ServerResponse> Endpoint::Impl::answer(ServerRequest& request) {
    if (request.method == "OPTIONS" && request.headers.has("Origin")) co_return preflight(request);
    if (request.method == "GET") {
        // The space at the end is the service's.
        co_return plain(200, fmt::format("healthy: dynamodb.{}.amazonaws.com ", options.region));
    }
    const std::string_view type = content_type_of(request);
    if (request.method != "POST" || (!request.body.empty() && !is_json(type))) {
        co_return plain(404, "<UnknownOperationException/>\n");
    }
    const std::string_view content_type = is_json(type) ? type : plain_json;

    // Signatures are of the bytes as they were sent.
    std::optional<Result<>> signature;
    if (const auto coding = coding_of(request)) {
        signature = authenticate(request, options.keys, clock.now());
        auto plain_body = decompress(*coding, request.body, request_bytes_max);
        // As the service has it, and not a fault of the client's.
        if (!plain_body) co_return internal_error();
        request.body = *std::move(plain_body);
    }

    // Body, target, signature: in this order a fault is named.
    Target running;
    Result<std::string> body = std::string();
    const Result<std::optional<Json>> document = parse(request);
    if (!document) {
        body = std::unexpected(document.error());
    } else if (const auto target = target_of(request); !target) {
        body = std::unexpected(target.error());
    } else if (const auto accepted =
                   signature ? *signature : authenticate(request, options.keys, clock.now());
               !accepted) {
        body = std::unexpected(accepted.error());
    } else if (!*document || (*document)->type() != simdjson::dom::element_type::OBJECT) {
        body = serialization_fault("");
    } else {
        running = *target;
        const Json json = **document;
        Result<> checked;
        if (running.maintenance != nullptr) {
            checked = MaintenanceOperations::admit(request, !options.keys.empty());
        }
        if (checked) checked = check_kinds(json, running.shape());
        if (checked) checked = check_rules(json, running.shape());
        if (checked) {
            body = co_await run(request, running, json);
        } else {
            body = std::unexpected(std::move(checked).error());
        }
    }
    if (body) co_return answer_to(request, 200, *std::move(body), content_type);
    WireError error = to_wire(body.error(), running.names_table());
    if (error.status >= 500) note(body.error(), running);
    co_return json(error.status, std::move(error.body), content_type);
}

Endpoint::Endpoint(
    Database& database, runtime::Clock& clock, Random& random, Log& log, EndpointOptions options)
    : impl_(std::make_unique<Impl>(database, clock, random, log, std::move(options))) {}

Endpoint::~Endpoint() = default;

Task<ServerResponse> Endpoint::handle(ServerRequest& request) {
    ServerResponse response;
    try {
        response = co_await impl_->answer(request);
    } catch (const std::exception& fault) {
        impl_->log.error("a request threw", {{"error", std::string_view(fault.what())}});
        response = internal_error();
    }
    const auto id = request_id(impl_->random);
    response.headers.add("x-amzn-RequestId", {id.data(), id.size()});
    if (request.headers.has("Origin")) {
        response.headers.add("Access-Control-Allow-Origin", origin_any);
        response.headers.add("Access-Control-Expose-Headers",
                             "x-amzn-RequestId,x-amz-crc32,x-amzn-ErrorType,Date");
    }
    co_return response;
}

ServerResponse Endpoint::refuse(int status, const std::string& why) const {
    return json(status,
                error_body(status >= 500 ? "com.amazonaws.dynamodb.v20120810#InternalServerError"
                                         : "com.amazon.coral.service#SerializationException",
                           why),
                json_1_0);
}

}  // namespace carillon::dynamo::endpoint
