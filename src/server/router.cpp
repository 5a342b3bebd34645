#include "server/router.hpp"

#include "core/text.hpp"
#include "server/problem.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <exception>
#include <optional>
#include <utility>

namespace carillon::server {
namespace {

/// The next segment of `rest` (which begins with a slash), taken off it.
std::string_view next_segment(std::string_view& rest) {
    rest.remove_prefix(1);
    const std::size_t end = std::min(rest.find('/'), rest.size());
    const std::string_view segment = rest.substr(0, end);
    rest.remove_prefix(end);
    return segment;
}

bool changes_nothing(std::string_view method) {
    return method == "GET" || method == "HEAD" || method == "OPTIONS";
}

/// `https://example.org` -> `example.org`, what a browser would send as Host.
std::string_view host_of_origin(std::string_view origin) {
    const std::size_t start = origin.find("://");
    return start == std::string_view::npos ? origin : origin.substr(start + 3);
}

/// A server on loopback can be reached by every page in a local browser. Browsers name the page's
/// origin in requests that change something; programs do not send the field.
bool comes_from_foreign_page(const net::ServerRequest& request) {
    if (changes_nothing(request.method)) return false;
    const auto origin = request.headers.get("Origin");
    if (!origin) return false;
    const auto host = request.headers.get("Host");
    return !host || !equals_ignoring_case(host_of_origin(*origin), *host);
}

bool is_json(std::string_view content_type) {
    std::string_view type = trim(content_type.substr(0, content_type.find(';')));
    return equals_ignoring_case(type, "application/json") ||
           (type.size() > 5 && equals_ignoring_case(type.substr(type.size() - 5), "+json"));
}

bool is_good_request_id(std::string_view id) {
    return !id.empty() && id.size() <= 128 && std::ranges::all_of(id, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_' || c == '.' || c == ':';
    });
}

/// Reads the body into `call`, or answers with what is wrong with it.
std::optional<json::object> read_body(const Route& route, Call& call) {
    const net::ServerRequest& request = call.request;
    if (request.body.empty()) {
        if (route.body != BodyUse::required) return std::nullopt;
        return problem(400, "a JSON body is required", "body", call.request_id);
    }
    if (route.body == BodyUse::none) {
        // Some clients cannot send nothing.
        if (trim(request.body) == "{}") return std::nullopt;
        return problem(400, "this request takes no body", "body", call.request_id);
    }
    if (const auto encoding = request.headers.get("Content-Encoding");
        encoding && !equals_ignoring_case(*encoding, "identity")) {
        return problem(415, "compressed bodies are not read", "Content-Encoding", call.request_id);
    }
    if (!is_json(request.headers.get("Content-Type").value_or(""))) {
        return problem(
            415, "the body must be sent as application/json", "Content-Type", call.request_id);
    }
    auto body = parse_json(request.body);
    if (!body) {
        Error error = std::move(body).error();
        if (error.field.empty()) error.field = "body";
        return problem(error, call.request_id);
    }
    call.body = *std::move(body);
    return std::nullopt;
}

}  // namespace

/// What is counted of one route.
struct Router::Meter {
    Meter(Registry& metrics, std::string_view operation)
        : seconds(metrics.histogram("carillon_http_request_seconds",
                                    "Time from a request's arrival to its answer",
                                    latency_buckets,
                                    {{"operation", std::string(operation)}})) {
        for (std::size_t at = 0; at < classes.size(); ++at) {
            const std::string status = std::to_string(at + 2) + "xx";
            classes[at] =
                &metrics.counter("carillon_http_requests_total",
                                 "Requests answered, by operation and class of status",
                                 {{"operation", std::string(operation)}, {"status", status}});
        }
    }

    void count(int status, std::int64_t ns) {
        const int at = std::clamp(status / 100 - 2, 0, static_cast<int>(classes.size()) - 1);
        classes[static_cast<std::size_t>(at)]->add();
        seconds.observe(static_cast<double>(ns) / 1e9);
    }

    Histogram& seconds;
    std::array<Counter*, 4> classes{};  // 2xx to 5xx.
};

struct Router::Entry {
    Entry(Route declared, Registry& metrics)
        : route(std::move(declared)), meter(metrics, route.operation) {
        std::string_view rest = route.path;
        while (!rest.empty()) {
            const std::string_view segment = next_segment(rest);
            const bool parameter = segment.starts_with('{');
            segments.push_back(
                {parameter ? segment.substr(1, segment.size() - 2) : segment, parameter});
        }
    }

    [[nodiscard]] bool fits(std::string_view path) const {
        for (const Segment& segment : segments) {
            if (path.empty()) return false;
            const std::string_view given = next_segment(path);
            if (segment.parameter ? given.empty() : given != segment.text) return false;
        }
        return path.empty();
    }

    /// The decoded parameters of a path that fits.
    [[nodiscard]] Result<std::vector<std::string>> read(std::string_view path) const {
        std::vector<std::string> values;
        for (const Segment& segment : segments) {
            const std::string_view given = next_segment(path);
            if (!segment.parameter) continue;
            auto value = net::percent_decode(given);
            if (!value) return invalid(std::string(segment.text), value.error().message);
            values.push_back(*std::move(value));
        }
        return values;
    }

    /// Of route.path, which is static text.
    struct Segment {
        std::string_view text;  ///< A parameter's name without its braces.
        bool parameter = false;
    };

    Route route;
    Meter meter;
    std::vector<Segment> segments;
};

struct Router::Match {
    Entry* entry = nullptr;
    std::string allow{};  ///< The methods of the path, when it exists.
};

Router::Router(runtime::Loop& loop, Random& random, Log& log, Registry& metrics)
    : loop_(loop),
      random_(random),
      log_(log),
      metrics_(metrics),
      unmatched_(std::make_unique<Meter>(metrics, "unmatched")) {}

Router::~Router() = default;

void Router::add(Route route) {
    entries_.push_back(std::make_unique<Entry>(std::move(route), metrics_));
}

void Router::add(std::vector<Route> routes) {
    for (Route& route : routes) add(std::move(route));
}

std::vector<const Route*> Router::routes() const {
    std::vector<const Route*> all;
    all.reserve(entries_.size());
    for (const auto& entry : entries_) all.push_back(&entry->route);
    return all;
}

Router::Match Router::match(std::string_view method, std::string_view path) const {
    Match match;
    if (!path.starts_with('/')) return match;
    for (const auto& entry : entries_) {
        if (!entry->fits(path)) continue;
        const std::string_view allowed = entry->route.method;
        if (allowed == method || (allowed == "GET" && method == "HEAD")) {
            match.entry = entry.get();
            return match;
        }
        match.allow += match.allow.empty() ? "" : ", ";
        match.allow += allowed;
        if (allowed == "GET") match.allow += ", HEAD";
    }
    if (!match.allow.empty()) match.allow += ", OPTIONS";
    return match;
}

std::string Router::request_id(const net::ServerRequest& request) {
    const auto given = request.headers.get("X-Request-Id");
    if (given && is_good_request_id(*given)) return std::string(*given);
    return fmt::format("req-{:016x}", random_.next());
}

net::ServerResponse Router::answer_error(const Error& error,
                                         const Call& call,
                                         std::string_view operation) {
    if (status_of(error) >= 500) {
        log_.error(
            "request failed",
            {{"operation", operation}, {"requestId", call.request_id}, {"error", describe(error)}});
    }
    return problem_response(problem(error, call.request_id));
}

Task<net::ServerResponse> Router::dispatch(Call& call, const Entry& entry) {
    auto path = entry.read(call.request.path);
    if (!path) co_return answer_error(path.error(), call, entry.route.operation);
    call.path = *std::move(path);

    auto query = read_query(entry.route.query, call.request.query);
    if (!query) co_return answer_error(query.error(), call, entry.route.operation);
    call.query = *std::move(query);

    if (auto refusal = read_body(entry.route, call)) co_return problem_response(*refusal);

    // Handlers may take the body away.
    const bool has_body = !call.body.is_null();
    std::string fault;
    try {
        auto response = co_await entry.route.handler(call);
        if (response) co_return *std::move(response);
        Error error = std::move(response).error();
        // A mistake about the whole of the document has no path within it.
        if (error.code == Errc::invalid && error.field.empty() && has_body) {
            error.field = "body";
        }
        co_return answer_error(error, call, entry.route.operation);
    } catch (const std::exception& exception) {
        fault = exception.what();
    } catch (...) {
        fault = "unknown exception";
    }
    const Error error{Errc::internal, "exception: " + fault};
    co_return answer_error(error, call, entry.route.operation);
}

net::ServerResponse Router::answer_unmatched(const Call& call, const Match& match) const {
    const std::string& method = call.request.method;
    if (method == "OPTIONS" && (!match.allow.empty() || call.request.target == "*")) {
        net::ServerResponse response;
        response.status = 204;
        response.headers.add("Allow", match.allow.empty() ? "GET, HEAD, OPTIONS" : match.allow);
        return response;
    }
    if (match.allow.empty()) {
        return problem_response(problem(
            404, "there is nothing at this path; see /openapi.json", "path", call.request_id));
    }
    net::ServerResponse response = problem_response(
        problem(405, "this path answers " + match.allow, "method", call.request_id));
    response.headers.add("Allow", match.allow);
    return response;
}

Task<net::ServerResponse> Router::handle(net::ServerRequest& request) {
    const std::int64_t started = loop_.clock().ticks();
    Call call{.request = request, .request_id = request_id(request)};
    net::ServerResponse response;
    const Match matched = match(request.method, request.path);
    if (matched.entry == nullptr) {
        response = answer_unmatched(call, matched);
    } else if (comes_from_foreign_page(request)) {
        response = problem_response(problem(
            403, "pages of other origins may not change anything here", "Origin", call.request_id));
    } else {
        response = co_await dispatch(call, *matched.entry);
    }
    Meter& meter = matched.entry == nullptr ? *unmatched_ : matched.entry->meter;
    meter.count(response.status, loop_.clock().ticks() - started);
    response.headers.add("X-Request-Id", std::move(call.request_id));
    co_return response;
}

net::ServerResponse Router::refuse(int status, const std::string& why) const {
    std::string_view field = "request";
    if (status == 413) field = "body";
    if (status == 431) field = "headers";
    if (status == 414) field = "target";
    if (status == 501) field = "Transfer-Encoding";
    if (status == 503) field = {};
    return problem_response(problem(status, why, field, {}));
}

}  // namespace carillon::server
