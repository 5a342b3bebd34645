// build_request: what goes over the wire for one attempt.

#include "core/text.hpp"
#include "delivery/body.hpp"
#include "delivery/delivery.hpp"
#include "delivery/signature.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace carillon::delivery {
namespace {

constexpr std::size_t url_bytes_max = 8'192;
constexpr std::size_t headers_max = 64;
constexpr std::size_t header_bytes_max = 16 * 1'024;

constexpr std::array<std::string_view, 7> methods{
    "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"};

// RFC 9110 section 7.6.1 and what the client computes by itself.
constexpr std::array<std::string_view, 12> refused_headers{"connection",
                                                           "content-length",
                                                           "expect",
                                                           "host",
                                                           "keep-alive",
                                                           "proxy-authenticate",
                                                           "proxy-authorization",
                                                           "proxy-connection",
                                                           "te",
                                                           "trailer",
                                                           "transfer-encoding",
                                                           "upgrade"};

// What receivers rely on for authenticity: the caller's own fields of these names are dropped.
constexpr std::string_view reserved_prefix = "webhook-";

template <class Words>
bool is_one_of(std::string_view word, const Words& words) {
    return std::ranges::find(words, word) != std::ranges::end(words);
}

bool is_token_char(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("!#$%&'*+-.^_`|~").contains(c);
}

bool is_token(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, is_token_char);
}

bool is_field_value(std::string_view text) {
    return std::ranges::none_of(text, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return (byte < 0x20 && c != '\t') || byte == 0x7f;
    });
}

/// The media type alone, lower case: `application/json` of `Application/JSON; charset=utf-8`.
std::string essence(std::string_view content_type) {
    return to_lower(trim(content_type.substr(0, content_type.find(';'))));
}

/// The caller's content type with its boundary parameter, if it has one, replaced.
std::string with_boundary(std::string_view content_type, std::string_view boundary) {
    std::string out;
    std::size_t at = 0;
    while (at <= content_type.size()) {
        std::size_t end = at;
        for (bool quoted = false; end < content_type.size(); ++end) {
            if (content_type[end] == '"') quoted = !quoted;
            if (content_type[end] == ';' && !quoted) break;
        }
        const std::string_view part = trim(content_type.substr(at, end - at));
        const std::string name = to_lower(trim(part.substr(0, part.find('='))));
        if (!part.empty() && name != "boundary") {
            if (!out.empty()) out += "; ";
            out += part;
        }
        at = end + 1;
    }
    return fmt::format("{}; boundary={}", out, boundary);
}

Result<> check_headers(const net::Headers& headers) {
    if (headers.size() > headers_max) {
        return invalid("headers", fmt::format("must have at most {} fields", headers_max));
    }
    std::size_t bytes = 0;
    std::vector<std::string> names;
    for (const net::Header header : headers) {
        if (!is_token(header.name)) {
            // The name itself may hold anything, so it is not repeated as part of a path.
            return invalid("headers",
                           "must have names made of letters, digits and !#$%&'*+-.^_`|~");
        }
        const std::string field = "headers." + std::string(header.name);
        const std::string name = to_lower(header.name);
        if (is_one_of(name, refused_headers)) {
            return invalid(field, "must not be given: it belongs to the connection");
        }
        if (!is_field_value(header.value) || !is_utf8(header.value)) {
            return invalid(field, "must be UTF-8 text without line breaks or control characters");
        }
        if (is_one_of(name, names)) {
            return invalid(field, "must be given once; names do not differ by case");
        }
        names.push_back(name);
        bytes += header.name.size() + header.value.size();
    }
    if (bytes > header_bytes_max) {
        return invalid("headers",
                       fmt::format("must be at most {} bytes together", header_bytes_max));
    }
    return {};
}

bool carries_body(std::string_view method) {
    return method == "POST" || method == "PUT" || method == "PATCH";
}

/// Null, and the empty text and object, as in seed 000.
bool is_absent(const json::value& body) {
    return body.is_null() || (body.is_string() && body.get_string().empty()) ||
           (body.is_object() && body.get_object().empty());
}

Result<> encode_body(const Target& target, std::string_view occurrence, net::ClientRequest& out) {
    if (is_absent(target.body)) return {};
    const std::string given(target.headers.get("Content-Type").value_or(""));
    if (const auto* text = target.body.if_string()) {
        out.body = std::string_view(*text);
        if (given.empty()) out.headers.set("Content-Type", "text/plain; charset=utf-8");
        return {};
    }
    const std::string type = essence(given);
    const bool form = type == "application/x-www-form-urlencoded";
    if (!form && type != "multipart/form-data") {
        out.body = to_text(target.body);
        if (given.empty()) out.headers.set("Content-Type", "application/json");
        return {};
    }
    const auto* object = target.body.if_object();
    if (object == nullptr) return invalid("body", "must be an object or a text for a form");
    if (form) {
        out.body = form_text(*object);
        return {};
    }
    Multipart made = multipart(*object, occurrence);
    out.body = std::move(made.body);
    out.headers.set("Content-Type", with_boundary(given, made.boundary));
    return {};
}

Result<> merge_body_into_url(const Target& target, net::Url& url) {
    if (is_absent(target.body)) return {};
    const auto* object = target.body.if_object();
    if (object == nullptr) {
        return invalid("body",
                       fmt::format("must be an object for {}: its keys become the URL's query",
                                   target.method));
    }
    url.query = merge_query(url.query, *object);
    if (url.target().size() > url_bytes_max) {
        return invalid("body",
                       fmt::format("must not make the URL longer than {} bytes", url_bytes_max));
    }
    return {};
}

/// Header values are visible ASCII; ids may be any text.
std::string header_safe(std::string_view id) {
    std::string out;
    for (const char c : id) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte > 0x20 && byte < 0x7f) {
            out += c;
        } else {
            out += fmt::format("%{:02X}", byte);
        }
    }
    return out;
}

const std::vector<std::string>& secrets_of(const Target& target, const DeliveryOptions& options) {
    const auto named = options.signing_keys.find(target.key_ref);
    return named == options.signing_keys.end() ? options.signing_secrets : named->second;
}

Result<> add_own_headers(const Attempt& attempt,
                         const std::vector<std::string>& secrets,
                         const DeliveryOptions& options,
                         TimePoint now,
                         net::ClientRequest& out) {
    const std::string id = header_safe(attempt.occurrence_id);
    const std::int64_t seconds =
        std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
    out.headers.add("webhook-id", id);
    out.headers.add("webhook-timestamp", fmt::format("{}", seconds));
    if (!secrets.empty()) {
        CARILLON_TRY(std::string signature, sign(secrets, id, seconds, out.body));
        out.headers.add("webhook-signature", std::move(signature));
    }
    out.headers.add("webhook-attempt", fmt::format("{}", attempt.number));
    // With it a receiver sees how late the first attempt is.
    out.headers.add("webhook-scheduled-at", format_instant(attempt.scheduled_at));
    if (!out.headers.has("Idempotency-Key")) out.headers.add("Idempotency-Key", id);
    if (!out.headers.has("User-Agent") && !options.user_agent.empty()) {
        out.headers.add("User-Agent", options.user_agent);
    }
    return {};
}

}  // namespace

Result<net::ClientRequest> shape_request(const Target& target,
                                         std::string_view occurrence_id,
                                         const DeliveryOptions& options) {
    if (target.url.size() > url_bytes_max) {
        return invalid("url", fmt::format("must be at most {} bytes", url_bytes_max));
    }
    auto url = net::parse_url(target.url);
    if (!url) return invalid("url", url.error().message);
    if (!is_one_of(target.method, methods)) {
        return invalid("method", fmt::format("must be one of {}", fmt::join(methods, ", ")));
    }
    CARILLON_TRY_VOID(check_headers(target.headers));
    // Never sent without the signature that was asked for, or with another key's.
    if (!target.key_ref.empty() && !options.signing_keys.contains(target.key_ref)) {
        return invalid("hmacKeyRef", "names none of the server's signing keys (signing-keys)");
    }

    net::ClientRequest request;
    request.url = *std::move(url);
    request.method = target.method;
    for (const net::Header header : target.headers) {
        if (to_lower(header.name).starts_with(reserved_prefix)) continue;
        request.headers.add(header.name, header.value);
    }
    if (carries_body(request.method)) {
        CARILLON_TRY_VOID(encode_body(target, occurrence_id, request));
        if (request.body.size() > options.request_body_max) {
            return std::unexpected(
                Error{Errc::too_large,
                      fmt::format("must be at most {} bytes", options.request_body_max),
                      "body"});
        }
    } else {
        CARILLON_TRY_VOID(merge_body_into_url(target, request.url));
    }
    if (!request.url.userinfo.empty() && !request.headers.has("Authorization")) {
        request.headers.add("Authorization", "Basic " + base64_encode(request.url.userinfo));
    }
    // Spent here: the client would add it again.
    request.url.userinfo.clear();
    request.connect_timeout = options.connect_timeout;
    request.total_timeout = options.total_timeout;
    request.response_body_max = options.response_body_max;
    return request;
}

Result<net::ClientRequest> build_request(const Target& target,
                                         const Attempt& attempt,
                                         const DeliveryOptions& options,
                                         TimePoint now) {
    CARILLON_TRY(net::ClientRequest request, shape_request(target, attempt.occurrence_id, options));
    CARILLON_TRY_VOID(add_own_headers(attempt, secrets_of(target, options), options, now, request));
    return request;
}

}  // namespace carillon::delivery
