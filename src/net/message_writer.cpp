#include "net/message_writer.hpp"

#include "core/text.hpp"
#include "net/client.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <string>

namespace carillon::net {

namespace {

constexpr std::array<std::string_view, 6> framing_headers{
    "Host", "Content-Length", "Connection", "Transfer-Encoding", "Keep-Alive", "Proxy-Connection"};

/// Fields that describe the connection or the frame: ours to write, nobody else's.
bool is_framing(std::string_view name) {
    return std::ranges::any_of(framing_headers, [name](std::string_view framing) {
        return equals_ignoring_case(framing, name);
    });
}

/// Which bytes may stand in a token; every name of every message is looked at.
constexpr std::array<bool, 256> token_bytes = [] {
    std::array<bool, 256> table{};
    constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
    for (const char c : marks) table[static_cast<unsigned char>(c)] = true;
    for (unsigned char c = '0'; c <= '9'; ++c) table[c] = true;
    for (unsigned char c = 'a'; c <= 'z'; ++c) table[c] = table[c - 'a' + 'A'] = true;
    return table;
}();

bool is_visible(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

void append_number(std::string& out, std::uint64_t number) {
    std::array<char, 20> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    out.append(digits.data(), end);
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
    out += name;
    out += ": ";
    out += value;
    out += "\r\n";
}

void append_two_digits(std::string& out, unsigned number) {
    out += static_cast<char>('0' + number / 10 % 10);
    out += static_cast<char>('0' + number % 10);
}

}  // namespace

bool is_token(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return token_bytes[static_cast<unsigned char>(c)];
    });
}

bool is_field_value(std::string_view text) {
    // Without a way out in the middle, so that the compiler looks at many bytes at once.
    unsigned bad = 0;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        bad |= static_cast<unsigned>((byte < 0x20) & (byte != '\t')) | (byte == 0x7f);
    }
    return bad == 0;
}

Result<> check_request(const ClientRequest& request) {
    const Url& url = request.url;
    if (!is_token(request.method)) return invalid("method", "is not an HTTP method");
    if (equals_ignoring_case(request.method, "CONNECT")) {
        return invalid("method", "CONNECT is not supported");
    }
    const bool good_url = !url.host.empty() && is_visible(url.host) && url.path.starts_with('/') &&
                          is_visible(url.path) && is_visible(url.query) && url.port != 0 &&
                          url.host.find_first_of("/?#@[]") == std::string::npos;
    if (!good_url) return invalid("url", "has a part that cannot be sent");
    for (const Header header : request.headers) {
        if (!is_token(header.name)) return invalid("headers", "a header's name is malformed");
        if (!is_field_value(header.value)) {
            return invalid("headers." + std::string(header.name), "contains a control character");
        }
    }
    return {};
}

void write_request_head(const ClientRequest& request, std::string& out) {
    const Url& url = request.url;
    out.clear();
    out += request.method;
    out += ' ';
    out += url.path;
    if (!url.query.empty()) {
        out += '?';
        out += url.query;
    }
    out += " HTTP/1.1\r\nHost: ";
    out += url.authority();
    out += "\r\n";
    bool authorized = url.userinfo.empty();
    for (const Header header : request.headers) {
        if (is_framing(header.name)) continue;
        authorized = authorized || equals_ignoring_case(header.name, "Authorization");
        append_field(out, header.name, header.value);
    }
    if (!authorized) append_field(out, "Authorization", "Basic " + base64_encode(url.userinfo));
    const std::string& method = request.method;
    const bool expects_body = method == "POST" || method == "PUT" || method == "PATCH";
    if (!request.body.empty() || expects_body) {
        out += "Content-Length: ";
        append_number(out, request.body.size());
        out += "\r\n";
    }
    out += "\r\n";
}

bool is_writable(const ServerResponse& response) {
    if (response.status < 200 || response.status > 999) return false;
    return std::ranges::all_of(response.headers, [](const Header& header) {
        return is_token(header.name) && is_field_value(header.value);
    });
}

bool may_have_body(int status) {
    return status >= 200 && status != 204 && status != 304;
}

void write_response_head(const ServerResponse& response,
                         const ResponseFrame& frame,
                         std::string& out) {
    out.clear();
    out += "HTTP/1.1 ";
    append_number(out, static_cast<std::uint64_t>(response.status));
    out += ' ';
    out += reason_phrase(response.status);
    out += "\r\n";
    bool dated = false;
    for (const Header header : response.headers) {
        if (is_framing(header.name)) continue;
        dated = dated || equals_ignoring_case(header.name, "Date");
        append_field(out, header.name, header.value);
    }
    if (!dated) append_field(out, "Date", frame.date);
    if (may_have_body(response.status)) {
        out += "Content-Length: ";
        append_number(out, response.body.size());
        out += "\r\n";
    }
    if (!frame.keep_alive) {
        out += "Connection: close\r\n";
    } else if (!frame.http_1_1) {
        out += "Connection: keep-alive\r\n";
    }
    out += "\r\n";
}

std::string_view DateHeader::now() {
    const std::int64_t us = clock_.wall_us();
    const std::int64_t second = (us - (us < 0 ? 999'999 : 0)) / 1'000'000;
    if (second != second_) {
        second_ = second;
        text_ = format_http_date(second);
    }
    return text_;
}

std::string format_http_date(std::int64_t epoch_seconds) {
    constexpr std::array<std::string_view, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array<std::string_view, 12> months{
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const std::chrono::sys_seconds at{std::chrono::seconds{epoch_seconds}};
    const auto day = std::chrono::floor<std::chrono::days>(at);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss time{at - day};
    const int year = std::clamp(static_cast<int>(date.year()), 0, 9'999);

    std::string text;
    text += days[std::chrono::weekday{day}.c_encoding()];
    text += ", ";
    append_two_digits(text, static_cast<unsigned>(date.day()));
    text += ' ';
    text += months[static_cast<unsigned>(date.month()) - 1];
    text += ' ';
    append_two_digits(text, static_cast<unsigned>(year / 100));
    append_two_digits(text, static_cast<unsigned>(year % 100));
    text += ' ';
    append_two_digits(text, static_cast<unsigned>(time.hours().count()));
    text += ':';
    append_two_digits(text, static_cast<unsigned>(time.minutes().count()));
    text += ':';
    append_two_digits(text, static_cast<unsigned>(time.seconds().count()));
    text += " GMT";
    return text;
}

}  // namespace carillon::net
