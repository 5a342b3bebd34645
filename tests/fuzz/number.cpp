// Numbers against schoolbook arithmetic: parsing, canonical text, sums, differences, order.

#include "dynamo/item/number.hpp"

#include "core/check.hpp"
#include "dynamo/item/fixed_decimal.hpp"
#include "fuzz.hpp"

#include <algorithm>
#include <optional>
#include <string>

namespace carillon::dynamo {

using testing::Fixed;

namespace {

/// `[+-]digits[.digits][e[+-]digits]`, split; nothing for any other text.
struct Parts {
    bool negative = false;
    std::string digits{};  ///< Of the whole and the fraction.
    long exponent = 0;     ///< Power of ten of the last digit.
    long written = 0;      ///< The exponent in the text.
};

std::string take_digits(std::string_view& text) {
    std::string digits;
    while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
        digits += text.front();
        text.remove_prefix(1);
    }
    return digits;
}

bool take_sign(std::string_view& text) {
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+')) text.remove_prefix(1);
    return negative;
}

std::optional<Parts> split(std::string_view text) {
    Parts parts;
    parts.negative = take_sign(text);
    parts.digits = take_digits(text);
    if (text.starts_with('.')) {
        text.remove_prefix(1);
        const std::string fraction = take_digits(text);
        parts.digits += fraction;
        parts.exponent = -static_cast<long>(fraction.size());
    }
    if (parts.digits.empty()) return std::nullopt;
    if (text.empty()) return parts;
    if (text.front() != 'e' && text.front() != 'E') return std::nullopt;
    text.remove_prefix(1);
    const bool below = take_sign(text);
    std::string power = take_digits(text);
    if (power.empty() || !text.empty()) return std::nullopt;
    power.erase(0, std::min(power.find_first_not_of('0'), power.size() - 1));
    const long size = power.size() > 6 ? 1'000'000 : std::stol(power);
    parts.written = below ? -size : size;
    parts.exponent += parts.written;
    return parts;
}

/// What the text must come to: DynamoDB's canonical text, or nothing when it is refused.
std::optional<std::string> expected(std::string_view text) {
    auto parts = split(text);
    if (!parts) return std::nullopt;
    std::string& digits = parts->digits;
    digits.erase(0, digits.find_first_not_of('0'));
    if (digits.empty()) {
        if (parts->written > 125 || parts->written < -130) return std::nullopt;
        return "0";
    }
    const std::size_t zeros = digits.size() - 1 - digits.find_last_not_of('0');
    digits.resize(digits.size() - zeros);
    const long last = parts->exponent + static_cast<long>(zeros);
    const long first = last + static_cast<long>(digits.size()) - 1;
    if (digits.size() > 38 || first > 125 || first < -130) return std::nullopt;
    std::string out = parts->negative ? "-" : "";
    if (last >= 0) return out + digits + std::string(static_cast<std::size_t>(last), '0');
    if (first < 0) {
        return out + "0." + std::string(static_cast<std::size_t>(-first - 1), '0') + digits;
    }
    const auto point = static_cast<std::size_t>(first + 1);
    return out + digits.substr(0, point) + "." + digits.substr(point);
}

void check_sum(const Result<Number>& sum, const Fixed& exact) {
    const bool fits = exact.is_zero() || (exact.leading() <= 125 && exact.leading() >= -130 &&
                                          exact.significant_digits() <= 38);
    CARILLON_CHECK(sum.has_value() == fits);
    if (fits) CARILLON_CHECK(sum->to_string() == exact.to_string());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    const std::string_view left = input.line();
    const std::string_view right = input.rest();
    const auto a = Number::parse(left);
    const auto b = Number::parse(right);
    const auto left_text = expected(left);
    const auto right_text = expected(right);
    CARILLON_CHECK(a.has_value() == left_text.has_value());
    CARILLON_CHECK(b.has_value() == right_text.has_value());
    if (a) CARILLON_CHECK(a->to_string() == *left_text);
    if (b) CARILLON_CHECK(b->to_string() == *right_text);
    if (!a || !b) return 0;

    const Fixed x(*left_text);
    const Fixed y(*right_text);
    check_sum(a->plus(*b), x.plus(y));
    check_sum(a->minus(*b), x.plus(y.negated()));
    CARILLON_CHECK((*a <=> *b) == (x.compare(y) <=> 0));
    CARILLON_CHECK((*a == *b) == (x.compare(y) == 0));
    CARILLON_CHECK(a->size() >= 1 && a->size() <= 21);
    return 0;
}

}  // namespace carillon::dynamo
