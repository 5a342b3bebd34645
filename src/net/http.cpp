#include "net/http.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <utility>

namespace carillon::net {

namespace {

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

bool is_unreserved(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

struct Phrase {
    int status;
    std::string_view text;
};

constexpr Phrase phrases[] = {
    {100, "Continue"},
    {101, "Switching Protocols"},
    {102, "Processing"},
    {103, "Early Hints"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {203, "Non-Authoritative Information"},
    {204, "No Content"},
    {205, "Reset Content"},
    {206, "Partial Content"},
    {207, "Multi-Status"},
    {208, "Already Reported"},
    {226, "IM Used"},
    {300, "Multiple Choices"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {305, "Use Proxy"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {407, "Proxy Authentication Required"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {418, "I'm a teapot"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {423, "Locked"},
    {424, "Failed Dependency"},
    {425, "Too Early"},
    {426, "Upgrade Required"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {451, "Unavailable For Legal Reasons"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {506, "Variant Also Negotiates"},
    {507, "Insufficient Storage"},
    {508, "Loop Detected"},
    {510, "Not Extended"},
    {511, "Network Authentication Required"},
};

}  // namespace

std::optional<std::string_view> Headers::get(std::string_view name) const {
    for (const Header field : *this) {
        if (equals_ignoring_case(field.name, name)) return field.value;
    }
    return std::nullopt;
}

void Headers::add(std::string_view name, std::string_view value) {
    // Enough for most messages, which then take memory once.
    constexpr std::size_t usual_bytes = 240;
    const std::array<std::uint32_t, 2> lengths{static_cast<std::uint32_t>(name.size()),
                                               static_cast<std::uint32_t>(value.size())};
    const auto append = [&](std::string& to) {
        to.append(reinterpret_cast<const char*>(lengths.data()), sizeof lengths);
        to.append(name);
        to.append(value);
    };
    const std::size_t needed = fields_.size() + lengths_bytes + name.size() + value.size();
    if (needed <= fields_.capacity()) {
        append(fields_);
    } else {
        // The texts may be our own, so they are copied before the old memory goes.
        std::string larger;
        larger.reserve(std::max({needed, fields_.capacity() * 2, usual_bytes}));
        larger.append(fields_);
        append(larger);
        fields_ = std::move(larger);
    }
}

void Headers::set(std::string_view name, std::string_view value) {
    Headers changed;
    changed.reserve(fields_.size() + lengths_bytes + name.size() + value.size());
    bool placed = false;
    for (const Header field : *this) {
        if (!equals_ignoring_case(field.name, name)) {
            changed.add(field.name, field.value);
        } else if (!std::exchange(placed, true)) {
            changed.add(field.name, value);
        }
    }
    if (!placed) changed.add(name, value);
    *this = std::move(changed);
}

void Headers::remove(std::string_view name) {
    if (!has(name)) return;
    Headers left;
    left.reserve(fields_.size());
    for (const Header field : *this) {
        if (!equals_ignoring_case(field.name, name)) left.add(field.name, field.value);
    }
    *this = std::move(left);
}

std::size_t Headers::size() const {
    return static_cast<std::size_t>(std::ranges::distance(begin(), end()));
}

void ServerRequest::clear() {
    for (std::string* text : {&method, &target, &path, &query, &body, &peer}) text->clear();
    headers.clear();
}

Result<std::string> percent_decode(std::string_view text, bool plus_is_space) {
    std::string decoded;
    decoded.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '+' && plus_is_space) {
            decoded += ' ';
        } else if (c != '%') {
            decoded += c;
        } else {
            const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
            const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
            if (high < 0 || low < 0) {
                return fail(Errc::invalid, "a percent sign must be followed by two hex digits");
            }
            decoded += static_cast<char>(high * 16 + low);
            i += 2;
        }
    }
    if (!is_utf8(decoded)) return fail(Errc::invalid, "the decoded text is not UTF-8");
    return decoded;
}

std::string percent_encode(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string encoded;
    encoded.reserve(text.size());
    for (const char c : text) {
        if (is_unreserved(c)) {
            encoded += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        encoded += '%';
        encoded += digits[byte >> 4U];
        encoded += digits[byte & 15U];
    }
    return encoded;
}

Result<std::vector<std::pair<std::string, std::string>>> parse_query(std::string_view query) {
    std::vector<std::pair<std::string, std::string>> fields;
    while (!query.empty()) {
        const std::size_t end = std::min(query.find('&'), query.size());
        const std::string_view field = query.substr(0, end);
        query.remove_prefix(std::min(end + 1, query.size()));
        if (field.empty()) continue;
        const std::size_t equals = std::min(field.find('='), field.size());
        const std::string_view raw_value = field.substr(std::min(equals + 1, field.size()));
        CARILLON_TRY(std::string name, percent_decode(field.substr(0, equals), true));
        CARILLON_TRY(std::string value, percent_decode(raw_value, true));
        fields.emplace_back(std::move(name), std::move(value));
    }
    return fields;
}

std::string_view reason_phrase(int status) {
    const auto* found = std::ranges::lower_bound(phrases, status, {}, &Phrase::status);
    return found != std::end(phrases) && found->status == status ? found->text : "Unknown";
}

}  // namespace carillon::net
