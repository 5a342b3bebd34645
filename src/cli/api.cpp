#include "cli/api.hpp"

#include <fmt/format.h>

#include <utility>

namespace carillon::cli {
namespace {

constexpr std::size_t answer_bytes_max = 16 * 1'024 * 1'024;
/// Batch operations over a large namespace take their time.
constexpr Duration answer_timeout{600'000};

net::ClientOptions client_options() {
    net::ClientOptions options;
    options.guard = net::AddressGuard::parse("0.0.0.0/0,::/0").value_or(net::AddressGuard());
    return options;
}

Errc code_of(int status) {
    switch (status) {
        case 404:
            return Errc::not_found;
        case 409:
        case 412:
            return Errc::condition_failed;
        case 403:
            return Errc::denied;
        case 413:
            return Errc::too_large;
        case 429:
            return Errc::throttled;
        case 503:
            return Errc::unavailable;
        case 504:
            return Errc::timeout;
        default:
            return status >= 500 ? Errc::internal : Errc::invalid;
    }
}

std::string text_of(const json::object& object, std::string_view key) {
    const json::value* value = object.if_contains(key);
    if (value == nullptr || !value->is_string()) return {};
    return std::string(std::string_view(value->get_string()));
}

Error not_carillon(const net::ClientResponse& answer) {
    return {Errc::unavailable,
            fmt::format("what answers there is not Carillon (status {})", answer.status),
            {},
            std::make_shared<Unreachable>()};
}

}  // namespace

Api::Api(runtime::Loop& loop, runtime::BlockingPool& pool, net::Url server)
    : loop_(loop), server_(std::move(server)), client_(loop, pool, client_options()) {}

Task<Result<json::value>> Api::call(std::string method,
                                    std::string path,
                                    std::optional<json::value> body,
                                    net::Headers headers) {
    net::ClientRequest request;
    request.url = server_;
    const std::size_t question = path.find('?');
    std::string base = server_.path == "/" ? "" : server_.path;
    while (base.ends_with('/')) base.pop_back();
    request.url.path = base + path.substr(0, question);
    request.url.query = question == std::string::npos ? "" : path.substr(question + 1);
    request.method = std::move(method);
    request.headers = std::move(headers);
    request.headers.add("Accept", "application/json");
    request.total_timeout = answer_timeout;
    request.response_body_max = answer_bytes_max;
    if (body) {
        request.headers.add("Content-Type", "application/json");
        request.body = to_text(*body);
    }
    auto answer = co_await client_.send(std::move(request));
    if (!answer) {
        Error error = std::move(answer).error();
        error.detail = std::make_shared<Unreachable>();
        co_return std::unexpected(std::move(error));
    }
    co_return read_answer(*answer);
}

Result<json::value> read_answer(const net::ClientResponse& answer) {
    if (answer.truncated) return fail(Errc::too_large, "the answer is too large: ask for less");
    const bool good = answer.status >= 200 && answer.status < 300;
    if (good && answer.body.empty()) return json::value(nullptr);
    auto body = parse_json(answer.body);
    if (!body) return std::unexpected(not_carillon(answer));
    if (good) return *std::move(body);
    const json::object* problem = body->if_object();
    if (problem == nullptr) return std::unexpected(not_carillon(answer));
    Error error{code_of(answer.status), text_of(*problem, "detail"), text_of(*problem, "field")};
    if (error.message.empty()) error.message = fmt::format("status {}", answer.status);
    const std::string id = text_of(*problem, "requestId");
    if (answer.status >= 500 && !id.empty()) error.message += fmt::format(" (request {})", id);
    return std::unexpected(std::move(error));
}

ExitCode exit_code_of(const Error& error) {
    if (dynamic_cast<const Unreachable*>(error.detail.get()) != nullptr) {
        return ExitCode::unreachable;
    }
    return error.code == Errc::not_found ? ExitCode::not_found : ExitCode::failed;
}

}  // namespace carillon::cli
