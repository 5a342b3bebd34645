// Schoolbook arithmetic on strings of digits: slow, and written apart from Number, so that tests
// and the fuzzer can hold Number against it.

#pragma once

#include <algorithm>
#include <cstddef>
#include <string>

namespace carillon::dynamo::testing {

/// A signed fixed-point decimal: `whole` digits before the point and `fraction` behind it.
/// Wide enough that every number of DynamoDB and every sum of two is exact.
class Fixed {
public:
    static constexpr int fraction = 180;  // 1E-130 with 38 digits ends at 10^-167.
    static constexpr int whole = 140;

    explicit Fixed(std::string text) : digits_(whole + fraction, '0') {
        if (text.starts_with('-')) {
            negative_ = true;
            text.erase(0, 1);
        }
        const std::size_t point = std::min(text.find('.'), text.size());
        for (std::size_t i = 0; i < text.size(); ++i) {
            if (i == point) continue;
            const auto from_point = static_cast<int>(point) - static_cast<int>(i);
            const int power = from_point > 0 ? from_point - 1 : from_point;
            digits_[static_cast<std::size_t>(whole - 1 - power)] = text[i];
        }
        settle();
    }

    [[nodiscard]] Fixed negated() const {
        Fixed result = *this;
        result.negative_ = !negative_;
        result.settle();
        return result;
    }

    [[nodiscard]] Fixed plus(const Fixed& other) const {
        Fixed result = *this;
        if (negative_ == other.negative_) {
            int carry = 0;
            for (std::size_t i = digits_.size(); i-- > 0;) {
                const int sum = digits_[i] - '0' + other.digits_[i] - '0' + carry;
                result.digits_[i] = static_cast<char>('0' + sum % 10);
                carry = sum / 10;
            }
            return result;
        }
        const bool larger = digits_ >= other.digits_;
        const std::string& above = larger ? digits_ : other.digits_;
        const std::string& below = larger ? other.digits_ : digits_;
        int borrow = 0;
        for (std::size_t i = digits_.size(); i-- > 0;) {
            const int difference = above[i] - below[i] - borrow;
            borrow = difference < 0 ? 1 : 0;
            result.digits_[i] = static_cast<char>('0' + difference + 10 * borrow);
        }
        result.negative_ = larger ? negative_ : other.negative_;
        result.settle();
        return result;
    }

    /// From the first digit that is not zero to the last one; must not be zero.
    [[nodiscard]] std::size_t significant_digits() const {
        return digits_.find_last_not_of('0') - digits_.find_first_not_of('0') + 1;
    }

    /// The power of ten of the first digit; must not be zero.
    [[nodiscard]] int leading() const {
        return whole - 1 - static_cast<int>(digits_.find_first_not_of('0'));
    }

    [[nodiscard]] bool is_zero() const {
        return digits_.find_first_not_of('0') == std::string::npos;
    }

    [[nodiscard]] int compare(const Fixed& other) const {
        if (negative_ != other.negative_) return negative_ ? -1 : 1;
        const int order = digits_.compare(other.digits_);
        const int sign = order < 0 ? -1 : order > 0 ? 1 : 0;
        return negative_ ? -sign : sign;
    }

    [[nodiscard]] std::string to_string() const {
        std::string integer = digits_.substr(0, whole);
        std::string rest = digits_.substr(whole);
        integer.erase(0, std::min(integer.find_first_not_of('0'), integer.size()));
        rest.erase(rest.find_last_not_of('0') + 1);
        return (negative_ ? "-" : "") + (integer.empty() ? "0" : integer) +
               (rest.empty() ? "" : "." + rest);
    }

private:
    void settle() {
        if (is_zero()) negative_ = false;
    }

    bool negative_ = false;
    std::string digits_;
};

}  // namespace carillon::dynamo::testing
