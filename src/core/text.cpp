#include "core/text.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <simdjson.h>

namespace carillon {
namespace {

constexpr std::string_view base64_digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::uint8_t not_base64 = 0xff;

constexpr std::array<std::uint8_t, 256> base64_values = [] {
    std::array<std::uint8_t, 256> values{};
    values.fill(not_base64);
    for (std::size_t i = 0; i < base64_digits.size(); ++i) {
        values[static_cast<unsigned char>(base64_digits[i])] = static_cast<std::uint8_t>(i);
    }
    return values;
}();

constexpr char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

std::uint32_t byte_at(std::string_view bytes, std::size_t at) {
    return static_cast<unsigned char>(bytes[at]);
}

/// The character's six bits, or not_base64.
std::uint32_t value_at(std::string_view text, std::size_t at) {
    return base64_values[static_cast<unsigned char>(text[at])];
}

bool is_continuation(char c) {
    return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U;
}

std::unexpected<Error> bad_base64(const char* why) {
    return invalid({}, std::string("is not base64: ") + why);
}

}  // namespace

bool is_utf8(std::string_view bytes) {
    return simdjson::validate_utf8(bytes.data(), bytes.size());
}

std::string base64_encode(std::string_view bytes) {
    std::string text((bytes.size() + 2) / 3 * 4, '=');
    char* out = text.data();
    std::size_t at = 0;
    for (; at + 3 <= bytes.size(); at += 3) {
        const std::uint32_t group =
            byte_at(bytes, at) << 16 | byte_at(bytes, at + 1) << 8 | byte_at(bytes, at + 2);
        *out++ = base64_digits[group >> 18];
        *out++ = base64_digits[group >> 12 & 63];
        *out++ = base64_digits[group >> 6 & 63];
        *out++ = base64_digits[group & 63];
    }
    const std::size_t left = bytes.size() - at;
    if (left > 0) {
        const std::uint32_t group =
            byte_at(bytes, at) << 16 | (left == 2 ? byte_at(bytes, at + 1) << 8 : 0);
        *out++ = base64_digits[group >> 18];
        *out++ = base64_digits[group >> 12 & 63];
        if (left == 2) *out = base64_digits[group >> 6 & 63];
    }
    return text;
}

Result<std::string> base64_decode(std::string_view text) {
    if (text.size() % 4 != 0) return bad_base64("its length is not a multiple of four");
    if (text.empty()) return std::string{};
    const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
    const std::size_t digits = text.size() - padding;

    std::string bytes;
    bytes.reserve(text.size() / 4 * 3);
    std::uint32_t group = 0;
    for (std::size_t at = 0; at < digits; ++at) {
        const std::uint32_t value = value_at(text, at);
        if (value == not_base64) return bad_base64("it has a character outside A-Z a-z 0-9 + /");
        group = group << 6 | value;
        if (at % 4 == 3) {
            bytes += static_cast<char>(group >> 16 & 0xff);
            bytes += static_cast<char>(group >> 8 & 0xff);
            bytes += static_cast<char>(group & 0xff);
        }
    }
    // The last character of a padded text carries bits that no byte uses. They are zero in what
    // any encoder writes; otherwise two texts would stand for the same bytes.
    const std::uint32_t unused = padding == 2 ? 0xfU : padding == 1 ? 0x3U : 0U;
    if ((group & unused) != 0) return bad_base64("its last character has stray bits");
    if (padding == 2) {
        bytes += static_cast<char>(group >> 4 & 0xff);
    } else if (padding == 1) {
        bytes += static_cast<char>(group >> 10 & 0xff);
        bytes += static_cast<char>(group >> 2 & 0xff);
    }
    return bytes;
}

std::string hex_encode(std::string_view bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text(bytes.size() * 2, '0');
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        text[2 * at] = digits[byte_at(bytes, at) >> 4];
        text[2 * at + 1] = digits[byte_at(bytes, at) & 0xf];
    }
    return text;
}

std::string to_lower(std::string_view ascii) {
    std::string text(ascii);
    std::transform(text.begin(), text.end(), text.begin(), lower);
    return text;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char left, char right) {
        return lower(left) == lower(right);
    });
}

std::string_view trim(std::string_view text) {
    constexpr std::string_view white = " \t\r\n\v\f";
    const std::size_t first = text.find_first_not_of(white);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(white) - first + 1);
}

std::string_view utf8_prefix(std::string_view text, std::size_t bytes_max) {
    if (text.size() <= bytes_max) return text;
    std::size_t end = bytes_max;
    // A character has at most three continuation bytes: anything longer is not UTF-8, and is cut
    // where the limit says.
    for (std::size_t back = 0; back < 4 && end > 0; ++back, --end) {
        if (!is_continuation(text[end])) return text.substr(0, end);
    }
    return text.substr(0, end == 0 ? 0 : bytes_max);
}

bool constant_time_equal(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string base64url_encode(std::string_view bytes) {
    std::string text = base64_encode(bytes);
    std::ranges::replace(text, '+', '-');
    std::ranges::replace(text, '/', '_');
    text.erase(text.find_last_not_of('=') + 1);
    return text;
}

Result<std::string> base64url_decode(std::string_view text) {
    if (text.find_first_of("+/=") != std::string_view::npos) {
        return fail(Errc::invalid, "is not base64url");
    }
    std::string padded(text);
    std::ranges::replace(padded, '-', '+');
    std::ranges::replace(padded, '_', '/');
    padded.append((4 - padded.size() % 4) % 4, '=');
    return base64_decode(padded);
}

}  // namespace carillon
