#include "server/problem.hpp"

#include "core/json_reader.hpp"

#include <array>
#include <string>

namespace carillon::server {
namespace {

struct Kind {
    Errc code;
    int status;
    std::string_view name;  ///< Last part of the problem's type.
    std::string_view title;
};

constexpr std::array kinds{
    Kind{Errc::not_found, 404, "not-found", "Not found"},
    Kind{Errc::already_exists, 409, "already-exists", "Already exists"},
    Kind{Errc::condition_failed, 409, "conflict", "Conflict with the present state"},
    Kind{Errc::throttled, 429, "throttled", "Too many requests"},
    Kind{Errc::unavailable, 503, "unavailable", "Not possible at the moment"},
    Kind{Errc::timeout, 504, "timeout", "Took too long"},
    Kind{Errc::cancelled, 503, "stopping", "The server is stopping"},
    Kind{Errc::invalid, 400, "invalid", "Invalid request"},
    Kind{Errc::denied, 403, "denied", "Not allowed"},
    Kind{Errc::too_large, 413, "too-large", "Too large"},
    Kind{Errc::corrupt, 500, "internal", "Internal server error"},
    Kind{Errc::internal, 500, "internal", "Internal server error"},
};

const Kind& kind_of(Errc code) {
    for (const Kind& kind : kinds) {
        if (kind.code == code) return kind;
    }
    return kinds.back();
}

json::object document(std::string_view name,
                      std::string_view title,
                      int status,
                      std::string_view detail,
                      std::string_view field,
                      std::string_view request_id) {
    json::object out;
    out["type"] = "urn:carillon:problem:" + std::string(name);
    out["title"] = title;
    out["status"] = status;
    out["detail"] = detail;
    if (!field.empty()) out["field"] = field;
    if (!request_id.empty()) out["requestId"] = request_id;
    out["error"] = one_line(field, detail);
    return out;
}

/// `not-found` of `Not Found`.
std::string slug(std::string_view phrase) {
    std::string out;
    for (const char c : phrase) {
        const bool upper = c >= 'A' && c <= 'Z';
        out += c == ' ' ? '-' : upper ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return out;
}

const Kind& kind_of(const Error& error) {
    // RFC 9110 section 13.1.1.
    static constexpr Kind precondition{
        Errc::condition_failed, 412, "precondition-failed", "Precondition failed"};
    const bool by_header = error.code == Errc::condition_failed && error.field == "If-Match";
    return by_header ? precondition : kind_of(error.code);
}

}  // namespace

std::string one_line(std::string_view field, std::string_view detail) {
    const std::string_view last = field.substr(field.rfind('.') + 1);
    const bool names_it = detail.starts_with(last) && detail.substr(last.size()).starts_with(' ');
    const bool sentence = !detail.empty() && detail.front() >= 'A' && detail.front() <= 'Z';
    if (field.empty() || names_it || sentence) return std::string(detail);
    return std::string(field) + ": " + std::string(detail);
}

int status_of(const Error& error) {
    // A target that may not be called is a wrong field of the request, not a lack of rights.
    if (error.code == Errc::denied && !error.field.empty()) return 400;
    return kind_of(error).status;
}

json::object problem(const Error& error, std::string_view request_id) {
    const Kind& kind = kind_of(error);
    const int status = status_of(error);
    if (status == 500) {
        return document(kind.name,
                        kind.title,
                        status,
                        "the server's log tells more under this requestId",
                        {},
                        request_id);
    }
    json::object out =
        document(kind.name, kind.title, status, error.message, error.field, request_id);
    const auto* fields = dynamic_cast<const FieldErrors*>(error.detail.get());
    if (fields != nullptr && fields->all.size() > 1) {
        json::array all;
        for (const FieldError& each : fields->all) {
            all.push_back(json::object{{"field", each.field}, {"detail", each.message}});
        }
        out["errors"] = std::move(all);
    }
    return out;
}

json::object problem(int status,
                     std::string_view detail,
                     std::string_view field,
                     std::string_view request_id) {
    const std::string_view title = net::reason_phrase(status);
    return document(slug(title), title, status, detail, field, request_id);
}

net::ServerResponse problem_response(const json::object& document) {
    net::ServerResponse response;
    const json::value* status = document.if_contains("status");
    response.status = status == nullptr ? 500 : static_cast<int>(status->as_int64());
    response.headers.add("Content-Type", "application/problem+json");
    if (response.status == 429 || response.status == 503) response.headers.add("Retry-After", "1");
    append_text(response.body, document);
    return response;
}

net::ServerResponse json_response(int status, const json::value& body) {
    net::ServerResponse response;
    response.status = status;
    response.headers.add("Content-Type", "application/json");
    append_text(response.body, body);
    return response;
}

}  // namespace carillon::server
