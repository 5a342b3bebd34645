#include "dynamo/item/number.hpp"

#include "core/check.hpp"
#include "dynamo/item/decimal.hpp"

#include <algorithm>
#include <charconv>

namespace carillon::dynamo {

namespace {

using decimal::count_digits;
using decimal::digits_max;
using decimal::power_of_ten;
using Magnitude = Number::Magnitude;

// Powers of ten of the first digit.
constexpr int leading_min = -130;
constexpr int leading_max = 125;

std::unexpected<Error> not_a_number(std::string_view text) {
    std::string message = "The parameter cannot be converted to a numeric value";
    if (!text.empty()) message.append(": ").append(text);
    return fail(Errc::invalid, std::move(message));
}

std::unexpected<Error> overflow() {
    return fail(Errc::invalid,
                "Number overflow. Attempting to store a number with magnitude larger than "
                "supported range");
}

std::unexpected<Error> underflow() {
    return fail(Errc::invalid,
                "Number underflow. Attempting to store a number with magnitude smaller than "
                "supported range");
}

constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// Takes zeros off the end, at most 37 of them.
void trim(Magnitude& magnitude, int& exponent) {
    while (magnitude >> 64 != 0) {
        if (magnitude % 10 != 0) return;
        magnitude /= 10;
        ++exponent;
    }
    auto small = static_cast<std::uint64_t>(magnitude);
    while (small % 10 == 0) {
        small /= 10;
        ++exponent;
    }
    magnitude = small;
}

/// The digits of a decimal text, gathered one at a time. Positions count all digits from the left,
/// so texts of any length need no buffer.
struct Gathered {
    Magnitude magnitude = 0;
    std::int64_t count = 0;         // Digits so far.
    std::int64_t first = -1;        // Position of the first digit that is not zero,
    std::int64_t last = -1;         // and of the last one.
    std::int64_t before_point = 0;  // Digits before the point.

    void take(char c) {
        const std::int64_t position = count++;
        if (c == '0') return;
        if (first < 0) first = last = position;
        if (position - first < digits_max) {
            magnitude = magnitude * power_of_ten(static_cast<int>(position - last)) +
                        static_cast<unsigned>(c - '0');
        }
        last = position;
    }
};

/// Reads `e+12`: what 64 bits hold. Far exponents stop at a billion, which is out of range either
/// way.
std::optional<std::int64_t> read_exponent(std::string_view text) {
    bool negative = false;
    if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
        negative = text[0] == '-';
        text.remove_prefix(1);
    }
    if (text.empty()) return std::nullopt;
    std::int64_t value = 0;
    for (const char c : text) {
        if (!is_digit(c)) return std::nullopt;
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, c - '0', &value)) {
            return std::nullopt;
        }
    }
    constexpr std::int64_t far = 1'000'000'000'000;
    return negative ? -std::min(value, far) : std::min(value, far);
}

Result<Number> parse_general(std::string_view text) {
    std::string_view rest = text;
    const bool negative = rest.starts_with('-');
    if (negative || rest.starts_with('+')) rest.remove_prefix(1);

    Gathered digits;
    bool point = false;
    std::size_t i = 0;
    for (; i < rest.size(); ++i) {
        if (is_digit(rest[i])) {
            digits.take(rest[i]);
        } else if (rest[i] == '.' && !point) {
            point = true;
            digits.before_point = digits.count;
        } else {
            break;
        }
    }
    if (!point) digits.before_point = digits.count;
    if (digits.count == 0) return not_a_number(text);

    std::int64_t exponent = 0;
    if (i < rest.size()) {
        if (rest[i] != 'e' && rest[i] != 'E') return not_a_number(text);
        const auto read = read_exponent(rest.substr(i + 1));
        if (!read) return not_a_number(text);
        exponent = *read;
    }
    if (digits.first < 0) {
        // Even zero must not be written with an exponent out of range.
        if (exponent > leading_max) return overflow();
        if (exponent < leading_min) return underflow();
        return Number();
    }

    const std::int64_t leading = digits.before_point - 1 - digits.first + exponent;
    if (leading > leading_max) return overflow();
    if (leading < leading_min) return underflow();
    if (digits.last - digits.first >= digits_max) {
        return fail(Errc::invalid,
                    "Attempting to store more than 38 significant digits in a Number");
    }
    return Number::from_parts(negative,
                              digits.magnitude,
                              static_cast<int>(digits.before_point - 1 - digits.last + exponent));
}

/// A sum before its sign and range are looked at.
struct Sum {
    bool negative = false;
    Magnitude magnitude = 0;
    int exponent = 0;
};

/// The digits of `value`, when 38 of them are enough. DynamoDB never rounds a sum: one that needs
/// more digits is refused as an overflow.
Result<Sum> exact_sum(bool negative, decimal::Wide value, int exponent) {
    constexpr std::uint64_t chunk = 10'000'000'000'000'000'000U;
    std::string digits;  // Least significant first.
    while (!value.is_zero()) {
        std::uint64_t part = value.divide(chunk);
        for (int i = 0; i < 19; ++i, part /= 10) digits += static_cast<char>('0' + part % 10);
    }
    while (!digits.empty() && digits.back() == '0') digits.pop_back();

    const std::size_t zeros = std::min(digits.find_first_not_of('0'), digits.size());
    if (digits.size() - zeros > digits_max) return overflow();
    Magnitude magnitude = 0;
    for (std::size_t i = digits.size(); i-- > zeros;) {
        magnitude = magnitude * 10 + static_cast<unsigned>(digits[i] - '0');
    }
    return Sum{negative, magnitude, exponent + static_cast<int>(zeros)};
}

/// `a` has the greater exponent; neither is zero.
Result<Sum> add_wide(const Number& a, const Number& b, bool b_negative) {
    // 76 digits of `a` leave room for a carry in 256 bits. What lies further apart than that needs
    // more than 38 digits, as `b` does not end in zero.
    const int gap = a.exponent() - b.exponent();
    if (gap > 2 * digits_max - count_digits(a.magnitude())) return overflow();
    decimal::Wide left(a.magnitude());
    left.scale(gap);
    decimal::Wide right(b.magnitude());

    if (a.negative() == b_negative) {
        left.add(right);
        return exact_sum(a.negative(), left, b.exponent());
    }
    if (left.less_than(right)) {
        right.subtract(left);
        return exact_sum(b_negative, right, b.exponent());
    }
    left.subtract(right);
    return exact_sum(a.negative(), left, b.exponent());
}

Result<Number> finish(const Result<Sum>& exact) {
    if (!exact) return std::unexpected(exact.error());
    const Sum& sum = *exact;
    if (sum.magnitude == 0) return Number();
    const int leading = sum.exponent + count_digits(sum.magnitude) - 1;
    if (leading > leading_max) return overflow();
    if (leading < leading_min) return underflow();
    return Number::from_parts(sum.negative, sum.magnitude, sum.exponent);
}

/// `b_negative` stands for the sign of `b`, so that a difference is a sum.
Result<Number> add(const Number& a, const Number& b, bool b_negative) {
    if (b.is_zero()) return a;
    if (a.is_zero()) return Number::from_parts(b_negative, b.magnitude(), b.exponent());
    if (a.exponent() < b.exponent()) {
        const Number flipped = Number::from_parts(b_negative, b.magnitude(), b.exponent());
        return finish(add_wide(flipped, a, a.negative()));
    }

    const int gap = a.exponent() - b.exponent();
    const bool small = a.magnitude() >> 64 == 0 && b.magnitude() >> 64 == 0 && gap < 19;
    if (!small) return finish(add_wide(a, b, b_negative));

    // Below 2^64 * 10^18 + 2^64, so it has at most 38 digits: the ordinary counters end here.
    const Magnitude left = a.magnitude() * power_of_ten(gap);
    const Magnitude right = b.magnitude();
    if (a.negative() == b_negative) return finish(Sum{a.negative(), left + right, b.exponent()});
    if (left < right) return finish(Sum{b_negative, right - left, b.exponent()});
    return finish(Sum{a.negative(), left - right, b.exponent()});
}

}  // namespace

Number::Number(std::int64_t value) {
    if (value == 0) return;
    negative_ = value < 0;
    low_ = negative_ ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
    while (low_ % 10 == 0) {
        low_ /= 10;
        ++exponent_;
    }
}

Result<Number> Number::parse(std::string_view text) {
    const std::size_t sign = text.starts_with('-') ? 1 : 0;
    const std::size_t count = text.size() - sign;
    if (count == 0 || count > 18) return parse_general(text);
    std::int64_t value = 0;
    for (std::size_t i = sign; i < text.size(); ++i) {
        if (!is_digit(text[i])) return parse_general(text);
        value = value * 10 + (text[i] - '0');
    }
    return Number(sign == 1 ? -value : value);
}

std::string Number::to_string() const {
    std::string out;
    append_to(out);
    return out;
}

void Number::append_to(std::string& out) const {
    if (is_zero()) {
        out += '0';
        return;
    }
    if (negative_) out += '-';
    const decimal::Digits digits(magnitude());
    const std::string_view text = digits.text();
    if (exponent_ >= 0) {
        out.append(text).append(static_cast<std::size_t>(exponent_), '0');
        return;
    }
    const auto fraction = static_cast<std::size_t>(-exponent_);
    if (fraction < text.size()) {
        out.append(text.substr(0, text.size() - fraction)).append(1, '.');
        out.append(text.substr(text.size() - fraction));
    } else {
        out.append("0.").append(fraction - text.size(), '0').append(text);
    }
}

std::optional<std::int64_t> Number::to_int64() const {
    if (exponent_ < 0 || exponent_ > 18 || high_ != 0) return std::nullopt;
    const Magnitude value = static_cast<Magnitude>(low_) * power_of_ten(exponent_);
    const Magnitude limit = static_cast<Magnitude>(1) << 63;
    if (value > limit || (value == limit && !negative_)) return std::nullopt;
    const auto bits = static_cast<std::uint64_t>(value);
    return static_cast<std::int64_t>(negative_ ? 0 - bits : bits);
}

double Number::to_double() const {
    // from_chars rounds correctly; an integer below 2^53 needs no rounding.
    if (high_ == 0 && low_ <= (1ULL << 53) && exponent_ == 0) {
        const auto value = static_cast<double>(low_);
        return negative_ ? -value : value;
    }
    std::string text = negative_ ? "-" : "";
    text.append(decimal::Digits(magnitude()).text()).append("e").append(std::to_string(exponent_));
    double value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

Result<Number> Number::plus(const Number& other) const {
    return add(*this, other, other.negative_);
}

Result<Number> Number::minus(const Number& other) const {
    return add(*this, other, !other.negative_);
}

std::strong_ordering Number::operator<=>(const Number& other) const {
    const int sign = is_zero() ? 0 : negative_ ? -1 : 1;
    const int other_sign = other.is_zero() ? 0 : other.negative_ ? -1 : 1;
    if (sign != other_sign) return sign <=> other_sign;
    if (sign == 0) return std::strong_ordering::equal;

    const Number& left = sign > 0 ? *this : other;
    const Number& right = sign > 0 ? other : *this;
    if (left.exponent_ == right.exponent_) return left.magnitude() <=> right.magnitude();

    const int left_leading = left.exponent_ + count_digits(left.magnitude());
    const int right_leading = right.exponent_ + count_digits(right.magnitude());
    if (left_leading != right_leading) return left_leading <=> right_leading;
    // With equal leading digits the exponents differ by less than 38, and aligning cannot overflow.
    const int gap = left.exponent_ - right.exponent_;
    if (gap > 0) return left.magnitude() * power_of_ten(gap) <=> right.magnitude();
    return left.magnitude() <=> right.magnitude() * power_of_ten(-gap);
}

std::size_t Number::size() const {
    if (is_zero()) return 1;
    const int digits = count_digits(magnitude());
    // Digits are packed in pairs that are aligned to the point: an odd power in front shifts them.
    const int leading = exponent_ + digits;
    const int shifted = leading % 2 == 0 ? 0 : 1;
    const int packed = (digits + shifted + 1) / 2;
    const int bytes = 1 + packed + (negative_ && packed < 20 ? 1 : 0);
    return static_cast<std::size_t>(bytes);
}

bool Number::fits(Magnitude magnitude, int exponent) {
    if (magnitude == 0) return true;
    const int digits = count_digits(magnitude);
    const int leading = exponent + digits - 1;
    return leading >= leading_min && leading <= leading_max &&
           (digits <= digits_max || magnitude % 10 == 0);
}

Number Number::from_parts(bool negative, Magnitude magnitude, int exponent) {
    Number number;
    if (magnitude == 0) return number;
    trim(magnitude, exponent);
    const int leading = exponent + count_digits(magnitude) - 1;
    CARILLON_CHECK(magnitude < power_of_ten(digits_max));
    CARILLON_CHECK(leading >= leading_min && leading <= leading_max);
    number.high_ = static_cast<std::uint64_t>(magnitude >> 64);
    number.low_ = static_cast<std::uint64_t>(magnitude);
    number.exponent_ = static_cast<std::int16_t>(exponent);
    number.negative_ = negative;
    return number;
}

}  // namespace carillon::dynamo
