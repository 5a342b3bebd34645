#include "net/url.hpp"

#include "core/text.hpp"
#include "net/address_guard.hpp"
#include "net/http.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace carillon::net {

namespace {

constexpr std::size_t url_bytes_max = 8'192;
constexpr std::size_t host_bytes_max = 253;
constexpr std::size_t label_bytes_max = 63;

std::unexpected<Error> refuse(std::string why) {
    return fail(Errc::invalid, std::move(why));
}

std::uint16_t default_port(bool tls) {
    return tls ? 443 : 80;
}

bool is_hex(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

Result<> check_bytes(std::string_view text) {
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte <= 0x20 || byte == 0x7f) {
            return refuse("the URL contains a space or a control character");
        }
        if (byte >= 0x80) return refuse("characters beyond ASCII must be percent-encoded");
        // RFC 3986 forbids more than these; the others are common in queries and do no harm.
        if (c == '"' || c == '<' || c == '>' || c == '\\') {
            return refuse(std::string("the character ") + c + " must be percent-encoded");
        }
    }
    return {};
}

Result<> check_escapes(std::string_view text) {
    for (std::size_t at = text.find('%'); at != std::string_view::npos;
         at = text.find('%', at + 1)) {
        if (at + 2 >= text.size() || !is_hex(text[at + 1]) || !is_hex(text[at + 2])) {
            return refuse("a percent sign must be followed by two hex digits");
        }
    }
    return {};
}

Result<> check_host_name(std::string_view name) {
    if (name.empty()) return refuse("the host is missing");
    if (name.size() > host_bytes_max) return refuse("the host is longer than 253 characters");
    // One dot at the end marks a fully qualified name.
    std::string_view rest = name.ends_with('.') ? name.substr(0, name.size() - 1) : name;
    for (;;) {
        const std::size_t dot = std::min(rest.find('.'), rest.size());
        const std::string_view label = rest.substr(0, dot);
        if (label.empty()) return refuse("the host has an empty label");
        if (label.size() > label_bytes_max) {
            return refuse("a label of the host is longer than 63 characters");
        }
        for (const char c : label) {
            const bool good =
                (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
            if (!good) return refuse("the host contains a character that no host name has");
        }
        if (dot == rest.size()) return {};
        rest.remove_prefix(dot + 1);
    }
}

Result<std::uint16_t> parse_port(std::string_view text, bool tls) {
    if (text.empty()) return default_port(tls);
    std::uint32_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc{} || end != text.data() + text.size() || port == 0 || port > 65'535) {
        return refuse("the port must be a number from 1 to 65535");
    }
    return static_cast<std::uint16_t>(port);
}

/// `host`, `host:port`, `[v6]` or `[v6]:port` into `url`.
Result<> parse_host_port(std::string_view text, Url& url) {
    std::string_view port;
    if (text.starts_with('[')) {
        const std::size_t close = text.find(']');
        if (close == std::string_view::npos) return refuse("the IPv6 address lacks its bracket");
        url.host = to_lower(text.substr(1, close - 1));
        if (url.host.find(':') == std::string::npos || !IpAddress::parse(url.host)) {
            return refuse("the brackets do not hold an IPv6 address");
        }
        const std::string_view rest = text.substr(close + 1);
        if (!rest.empty() && rest.front() != ':') return refuse("the host is malformed");
        port = rest.empty() ? rest : rest.substr(1);
    } else {
        const std::size_t colon = std::min(text.find(':'), text.size());
        url.host = to_lower(text.substr(0, colon));
        CARILLON_TRY_VOID(check_host_name(url.host));
        port = text.substr(std::min(colon + 1, text.size()));
    }
    CARILLON_TRY(url.port, parse_port(port, url.tls));
    return {};
}

Result<> parse_authority(std::string_view text, Url& url) {
    const std::size_t at = text.find('@');
    if (at != std::string_view::npos) {
        const std::string_view userinfo = text.substr(0, at);
        text.remove_prefix(at + 1);
        if (text.find('@') != std::string_view::npos) {
            return refuse("an @ in the user name or password must be percent-encoded");
        }
        CARILLON_TRY(url.userinfo, percent_decode(userinfo));
        for (const char c : url.userinfo) {
            const auto byte = static_cast<unsigned char>(c);
            if (byte < 0x20 || byte == 0x7f) {
                return refuse("the user name or password contains a control character");
            }
        }
    }
    return parse_host_port(text, url);
}

}  // namespace

std::string Url::authority() const {
    const bool bracketed = host.find(':') != std::string::npos;
    std::string text = bracketed ? "[" + host + "]" : host;
    if (port != default_port(tls)) text += ":" + std::to_string(port);
    return text;
}

std::string Url::target() const {
    return query.empty() ? path : path + "?" + query;
}

std::string Url::origin() const {
    std::string text = tls ? "https://" : "http://";
    const bool bracketed = host.find(':') != std::string::npos;
    if (bracketed) text += '[';
    text += host;
    if (bracketed) text += ']';
    text += ':';
    text += std::to_string(port);
    return text;
}

Result<Url> parse_url(std::string_view text) {
    if (text.empty()) return refuse("the URL is empty");
    if (text.size() > url_bytes_max) return refuse("the URL is longer than 8192 bytes");
    CARILLON_TRY_VOID(check_bytes(text));

    Url url;
    const std::size_t colon = text.find("://");
    if (colon == std::string_view::npos) {
        return refuse("the URL must be absolute, such as https://example.com/path");
    }
    const std::string scheme = to_lower(text.substr(0, colon));
    if (scheme != "http" && scheme != "https") return refuse("the scheme must be http or https");
    url.tls = scheme == "https";
    text.remove_prefix(colon + 3);
    text = text.substr(0, text.find('#'));

    const std::size_t authority_end = std::min(text.find_first_of("/?"), text.size());
    CARILLON_TRY_VOID(parse_authority(text.substr(0, authority_end), url));
    text.remove_prefix(authority_end);

    CARILLON_TRY_VOID(check_escapes(text));
    const std::size_t question = std::min(text.find('?'), text.size());
    if (question > 0) url.path = text.substr(0, question);
    if (question < text.size()) url.query = text.substr(question + 1);
    return url;
}

}  // namespace carillon::net
