// Integer arithmetic under Number: digits of 128-bit magnitudes and sums of up to 77 digits.
//
// Apart from Number because it knows nothing of signs, ranges or DynamoDB. Only this folder uses
// it.

#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace carillon::dynamo::decimal {

__extension__ using U128 = unsigned __int128;

constexpr int digits_max = 38;

constexpr std::array<U128, digits_max + 1> make_powers_of_ten() {
    std::array<U128, digits_max + 1> powers{};
    powers[0] = 1;
    for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
    return powers;
}

/// 10^0 to 10^38; the last is the largest power that fits 128 bits.
inline constexpr std::array<U128, digits_max + 1> powers_of_ten = make_powers_of_ten();

[[nodiscard]] constexpr U128 power_of_ten(int exponent) {
    return powers_of_ten[static_cast<std::size_t>(exponent)];
}

/// How many decimal digits `value` has: 0 for zero, up to 39.
[[nodiscard]] int count_digits(U128 value);

/// The decimal digits of a value below 10^38, without leading zeros (none for zero).
class Digits {
public:
    explicit Digits(U128 value);

    [[nodiscard]] std::string_view text() const { return {buffer_.data() + first_, 40 - first_}; }

private:
    std::array<char, 40> buffer_{};
    std::size_t first_ = 40;
};

/// A 256-bit unsigned integer with the few operations that an exact sum needs.
class Wide {
public:
    explicit Wide(U128 value);

    /// Multiplies by 10^exponent; the product must fit.
    void scale(int exponent);
    void add(const Wide& other);
    /// Requires `other` <= this.
    void subtract(const Wide& other);
    /// Divides, and returns the remainder.
    std::uint64_t divide(std::uint64_t divisor);

    [[nodiscard]] bool is_zero() const;
    [[nodiscard]] bool less_than(const Wide& other) const;

private:
    void multiply(std::uint64_t factor);

    std::array<std::uint64_t, 4> limbs_{};  // Least significant first.
};

}  // namespace carillon::dynamo::decimal
