#include "bus/broker_url.hpp"

#include "core/text.hpp"
#include "net/http.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace carillon::bus {

namespace {

constexpr std::size_t url_bytes_max = 8'192;

/// What every publisher understands (factory.cpp).
constexpr std::string_view common_options[] = {
    "envelope", "source", "linger", "concurrency", "attempts", "pending", "pending-bytes"};

template <class Number>
Result<Number> parse_number(std::string_view text, std::string_view what) {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) {
        return fail(Errc::invalid, std::string(what) + " must be a whole number");
    }
    return number;
}

Result<HostPort> parse_host(std::string_view text) {
    HostPort host;
    std::string_view port;
    if (text.starts_with('[')) {
        const std::size_t end = text.find(']');
        if (end == std::string_view::npos) return fail(Errc::invalid, "a bracket is not closed");
        host.host = to_lower(text.substr(1, end - 1));
        port = text.substr(end + 1);
    } else {
        const std::size_t colon = std::min(text.find(':'), text.size());
        host.host = to_lower(text.substr(0, colon));
        port = text.substr(colon);
    }
    if (host.host.empty()) return fail(Errc::invalid, "the host is missing");
    if (port.empty()) return host;
    if (!port.starts_with(':')) return fail(Errc::invalid, "a port follows a colon");
    CARILLON_TRY(host.port, parse_number<std::uint16_t>(port.substr(1), "the port"));
    return host;
}

Result<> parse_user(BrokerUrl& url, std::string_view text) {
    const std::size_t colon = std::min(text.find(':'), text.size());
    url.has_user = true;
    CARILLON_TRY(url.user, net::percent_decode(text.substr(0, colon)));
    if (colon < text.size()) {
        CARILLON_TRY(url.password, net::percent_decode(text.substr(colon + 1)));
    }
    return {};
}

Result<> parse_authority(BrokerUrl& url, std::string_view text) {
    const std::size_t at = text.rfind('@');
    if (at != std::string_view::npos) {
        CARILLON_TRY_VOID(parse_user(url, text.substr(0, at)));
        text.remove_prefix(at + 1);
    }
    for (;;) {
        const std::size_t comma = std::min(text.find(','), text.size());
        CARILLON_TRY(HostPort host, parse_host(text.substr(0, comma)));
        url.hosts.push_back(std::move(host));
        if (comma == text.size()) return {};
        text.remove_prefix(comma + 1);
    }
}

}  // namespace

std::string_view BrokerUrl::option(std::string_view name) const {
    const auto found = options.find(name);
    return found == options.end() ? std::string_view() : std::string_view(found->second);
}

Result<bool> BrokerUrl::truth(std::string_view name, bool otherwise) const {
    const std::string_view text = option(name);
    if (text.empty()) return otherwise;
    if (text == "on" || text == "true" || text == "1") return true;
    if (text == "off" || text == "false" || text == "0") return false;
    return fail(Errc::invalid, std::string(name) + " must be on or off");
}

Result<std::size_t> BrokerUrl::number(std::string_view name, std::size_t otherwise) const {
    const std::string_view text = option(name);
    if (text.empty()) return otherwise;
    return parse_number<std::size_t>(text, name);
}

Result<> BrokerUrl::check_options(std::initializer_list<std::string_view> known) const {
    for (const auto& [name, value] : options) {
        if (std::ranges::find(common_options, name) != std::end(common_options)) continue;
        if (std::ranges::find(known, name) != known.end()) continue;
        return fail(Errc::invalid, scheme + ":// has no option \"" + name + "\"");
    }
    return {};
}

std::vector<std::pair<std::string, std::string>> BrokerUrl::foreign_options() const {
    std::vector<std::pair<std::string, std::string>> foreign;
    for (const auto& option : options) {
        const bool common =
            std::ranges::find(common_options, option.first) != std::end(common_options);
        if (!common) foreign.emplace_back(option);
    }
    return foreign;
}

std::string BrokerUrl::shown() const {
    std::string text = scheme + "://";
    for (const HostPort& host : hosts) {
        if (!text.ends_with('/')) text += ',';
        const bool v6 = host.host.contains(':');
        text += v6 ? "[" + host.host + "]" : host.host;
        if (host.port != 0) text += ":" + std::to_string(host.port);
    }
    return path.empty() ? text : text + "/" + path;
}

std::vector<HostPort> with_default_port(std::vector<HostPort> hosts, std::uint16_t port) {
    for (HostPort& host : hosts) {
        if (host.port == 0) host.port = port;
    }
    return hosts;
}

Result<BrokerUrl> parse_broker_url(std::string_view text) {
    if (text.size() > url_bytes_max) return fail(Errc::invalid, "the URL is too long");
    for (const char c : text) {
        if (c <= 0x20 || c == 0x7f) {
            return fail(Errc::invalid, "the URL contains a space or a character beyond ASCII");
        }
    }
    BrokerUrl url;
    const std::size_t colon = text.find("://");
    if (colon == std::string_view::npos || colon == 0) {
        return fail(Errc::invalid, "a publisher is a URL such as nats://127.0.0.1:4222");
    }
    url.scheme = to_lower(text.substr(0, colon));
    url.base = text.substr(0, std::min(text.find('?'), text.size()));
    text.remove_prefix(colon + 3);
    const std::size_t question = std::min(text.find('?'), text.size());
    const std::string_view before = text.substr(0, question);
    const std::size_t slash = std::min(before.find('/'), before.size());
    CARILLON_TRY_VOID(parse_authority(url, before.substr(0, slash)));
    if (slash < before.size()) {
        CARILLON_TRY(url.path, net::percent_decode(before.substr(slash + 1)));
    }
    if (question == text.size()) return url;
    CARILLON_TRY(auto pairs, net::parse_query(text.substr(question + 1)));
    for (auto& [name, value] : pairs) {
        if (!url.options.emplace(name, std::move(value)).second) {
            return fail(Errc::invalid, "the option \"" + name + "\" stands twice");
        }
    }
    return url;
}

}  // namespace carillon::bus
