// DynamoDB's number: an exact decimal of up to 38 significant digits.
//
// Source: "Supported data types and naming rules in Amazon DynamoDB", section Number: magnitudes
// from 1E-130 to 9.9999999999999999999999999999999999999E+125, and zero; leading and trailing
// zeros are trimmed.

#pragma once

#include "core/result.hpp"

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace carillon::dynamo {

/// A small value (24 bytes, no allocation). Always normal: equal numbers have equal members.
class Number {
public:
    Number() = default;          ///< Zero.
    Number(std::int64_t value);  // NOLINT(google-explicit-constructor): integers are numbers

    /// Reads decimal and scientific notation (`-12.50e3`), at most 38 significant digits after
    /// trimming. `invalid` with DynamoDB's own texts: "The parameter cannot be converted to a
    /// numeric value: X", "Attempting to store more than 38 significant digits in a Number",
    /// "Number overflow. Attempting to store a number with magnitude larger than supported range",
    /// "Number underflow. Attempting to store a number with magnitude smaller than supported
    /// range".
    [[nodiscard]] static Result<Number> parse(std::string_view text);

    /// DynamoDB's canonical text: plain digits, never an exponent (`0.00012`, `1200`).
    [[nodiscard]] std::string to_string() const;
    void append_to(std::string& out) const;

    /// The value when it is an integer that fits, otherwise nothing.
    [[nodiscard]] std::optional<std::int64_t> to_int64() const;
    [[nodiscard]] double to_double() const;

    [[nodiscard]] bool is_zero() const { return high_ == 0 && low_ == 0; }

    [[nodiscard]] bool negative() const { return negative_; }

    /// Exact sums. One that needs more than 38 significant digits, or is out of range, is `invalid`
    /// ("Number overflow. Attempting to store ..."), as it is with DynamoDB: nothing is rounded.
    [[nodiscard]] Result<Number> plus(const Number& other) const;
    [[nodiscard]] Result<Number> minus(const Number& other) const;

    [[nodiscard]] std::strong_ordering operator<=>(const Number& other) const;
    bool operator==(const Number&) const = default;

    /// Bytes that the number counts for in an item's size: about (digits + 1) / 2 + 1, plus one
    /// when negative; at most 21.
    [[nodiscard]] std::size_t size() const;

    /// The magnitude as an integer of at most 38 digits that does not end in zero, and its power of
    /// ten: value = ±magnitude * 10^exponent. For codecs.
    __extension__ using Magnitude = unsigned __int128;

    [[nodiscard]] Magnitude magnitude() const {
        return (static_cast<Magnitude>(high_) << 64) | low_;
    }

    [[nodiscard]] int exponent() const { return exponent_; }

    /// Whether from_parts takes these parts.
    [[nodiscard]] static bool fits(Magnitude magnitude, int exponent);
    /// Normalises. Requires at most 38 digits and a supported range (checked).
    [[nodiscard]] static Number from_parts(bool negative, Magnitude magnitude, int exponent);

private:
    std::uint64_t high_ = 0;
    std::uint64_t low_ = 0;
    std::int16_t exponent_ = 0;
    bool negative_ = false;
};

}  // namespace carillon::dynamo
