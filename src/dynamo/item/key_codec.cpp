// The key codec: bytes that compare as the values do.
//
//   string, binary: tag, the bytes with 00 written as 00 FF, then 00 01
//   number:         tag by sign; then, unless zero, the power of ten of the first digit, the digits
//                   two to a byte (1 to 100), and 00. All but the tag is complemented when
//                   negative.
//
// Every form ends itself, so keys may follow one another, and none is a prefix of another.

#include "core/check.hpp"
#include "dynamo/item/codec.hpp"
#include "dynamo/item/decimal.hpp"

#include <array>

namespace carillon::dynamo {

namespace {

// Stored: the numbers never change. The tags of numbers order the signs.
constexpr std::uint8_t tag_negative = 0x11;
constexpr std::uint8_t tag_zero = 0x12;
constexpr std::uint8_t tag_positive = 0x13;
constexpr std::uint8_t tag_string = 0x20;
constexpr std::uint8_t tag_binary = 0x30;

constexpr char zero = '\0';
constexpr char escaped = '\xFF';
constexpr char terminator = '\x01';

// Brings -130 to 125 to 0 to 255.
constexpr int leading_bias = 130;
constexpr std::size_t pairs_max = 19;

void put_bytes(std::string& out, std::string_view bytes) {
    while (true) {
        const std::size_t at = bytes.find(zero);
        out.append(bytes.substr(0, at));
        if (at == std::string_view::npos) break;
        out += zero;
        out += escaped;
        bytes.remove_prefix(at + 1);
    }
    out += zero;
    out += terminator;
}

bool take_bytes(std::string_view& bytes, std::string& out) {
    while (true) {
        const std::size_t at = bytes.find(zero);
        if (at == std::string_view::npos || at + 1 == bytes.size()) return false;
        out.append(bytes.substr(0, at));
        const char next = bytes[at + 1];
        bytes.remove_prefix(at + 2);
        if (next == terminator) return true;
        if (next != escaped) return false;
        out += zero;
    }
}

void put_number(std::string& out, const Number& number) {
    if (number.is_zero()) {
        out += static_cast<char>(tag_zero);
        return;
    }
    out += static_cast<char>(number.negative() ? tag_negative : tag_positive);

    const decimal::Digits digits(number.magnitude());
    const std::string_view text = digits.text();
    const int leading = number.exponent() + static_cast<int>(text.size()) - 1;
    std::array<std::uint8_t, pairs_max + 2> bytes{};
    std::size_t count = 0;
    bytes[count++] = static_cast<std::uint8_t>(leading + leading_bias);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const int low = i + 1 < text.size() ? text[i + 1] - '0' : 0;
        bytes[count++] = static_cast<std::uint8_t>((text[i] - '0') * 10 + low + 1);
    }
    bytes[count++] = 0;
    const int mask = number.negative() ? 0xFF : 0;
    for (std::size_t i = 0; i < count; ++i) out += static_cast<char>(bytes[i] ^ mask);
}

bool take_number(std::string_view& bytes, bool negative, Number& out) {
    const auto at = [&](std::size_t i) {
        return static_cast<std::uint8_t>(bytes[i]) ^ (negative ? 0xFF : 0);
    };
    if (bytes.empty()) return false;
    const int leading = at(0) - leading_bias;

    Number::Magnitude magnitude = 0;
    std::size_t i = 1;
    for (; i < bytes.size() && at(i) != 0; ++i) {
        if (i > pairs_max || at(i) > 100) return false;
        magnitude = magnitude * 100 + static_cast<unsigned>(at(i) - 1);
    }
    const std::size_t pairs = i - 1;
    if (i == bytes.size() || pairs == 0) return false;
    // Nothing else is written for a value: the first digit is not zero, nor is the last pair.
    if (at(1) <= 10 || at(pairs) == 1) return false;
    bytes.remove_prefix(i + 1);
    out = Number::from_parts(negative, magnitude, leading - 2 * static_cast<int>(pairs) + 1);
    return true;
}

std::unexpected<Error> corrupt() {
    return fail(Errc::corrupt, "The stored key cannot be read");
}

}  // namespace

void encode_key_value(const Value& value, std::string& out) {
    if (const std::string* text = value.string()) {
        out += static_cast<char>(tag_string);
        put_bytes(out, *text);
    } else if (const Number* number = value.number()) {
        put_number(out, *number);
    } else {
        const Binary* binary = value.get_if<Binary>();
        CARILLON_CHECK(binary != nullptr);
        out += static_cast<char>(tag_binary);
        put_bytes(out, binary->bytes);
    }
}

Result<Value> decode_key_value(std::string_view& bytes) {
    if (bytes.empty()) return corrupt();
    std::string_view rest = bytes.substr(1);
    Value value;
    const auto tag = static_cast<std::uint8_t>(bytes[0]);
    if (tag == tag_zero) {
        value = Number();
    } else if (tag == tag_negative || tag == tag_positive) {
        Number number;
        if (!take_number(rest, tag == tag_negative, number)) return corrupt();
        value = number;
    } else if (tag == tag_string || tag == tag_binary) {
        std::string content;
        if (!take_bytes(rest, content)) return corrupt();
        if (tag == tag_string) {
            value = std::move(content);
        } else {
            value = Binary{std::move(content)};
        }
    } else {
        return corrupt();
    }
    bytes = rest;
    return value;
}

}  // namespace carillon::dynamo
