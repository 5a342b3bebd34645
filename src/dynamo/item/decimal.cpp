#include "dynamo/item/decimal.hpp"

#include <bit>

namespace carillon::dynamo::decimal {

namespace {

constexpr std::uint64_t ten_to_19 = 10'000'000'000'000'000'000U;

}  // namespace

int count_digits(U128 value) {
    const auto high = static_cast<std::uint64_t>(value >> 64);
    const auto low = static_cast<std::uint64_t>(value);
    const int bits = high != 0 ? 128 - std::countl_zero(high) : 64 - std::countl_zero(low);
    // 1233 / 4096 is log10(2) closely enough for 128 bits: off by one at most, which is mended
    // here.
    const int guess = bits * 1233 >> 12;
    if (guess > digits_max) return guess;
    return value < power_of_ten(guess) ? guess : guess + 1;
}

Digits::Digits(U128 value) {
    const auto put = [this](std::uint64_t part) {
        buffer_[--first_] = static_cast<char>('0' + part % 10);
        return part / 10;
    };
    if (static_cast<std::uint64_t>(value >> 64) != 0) {
        auto lower = static_cast<std::uint64_t>(value % ten_to_19);
        for (int i = 0; i < 19; ++i) lower = put(lower);
        value /= ten_to_19;
    }
    // Below 10^38 the quotient fits 64 bits.
    auto upper = static_cast<std::uint64_t>(value);
    while (upper != 0) upper = put(upper);
}

Wide::Wide(U128 value) {
    limbs_[0] = static_cast<std::uint64_t>(value);
    limbs_[1] = static_cast<std::uint64_t>(value >> 64);
}

void Wide::scale(int exponent) {
    for (; exponent > 19; exponent -= 19) multiply(ten_to_19);
    multiply(static_cast<std::uint64_t>(power_of_ten(exponent)));
}

void Wide::multiply(std::uint64_t factor) {
    U128 carry = 0;
    for (std::uint64_t& limb : limbs_) {
        carry += static_cast<U128>(limb) * factor;
        limb = static_cast<std::uint64_t>(carry);
        carry >>= 64;
    }
}

void Wide::add(const Wide& other) {
    U128 carry = 0;
    for (std::size_t i = 0; i < limbs_.size(); ++i) {
        carry += static_cast<U128>(limbs_[i]) + other.limbs_[i];
        limbs_[i] = static_cast<std::uint64_t>(carry);
        carry >>= 64;
    }
}

void Wide::subtract(const Wide& other) {
    std::uint64_t borrow = 0;
    for (std::size_t i = 0; i < limbs_.size(); ++i) {
        const U128 taken = static_cast<U128>(other.limbs_[i]) + borrow;
        borrow = taken > limbs_[i] ? 1 : 0;
        limbs_[i] = static_cast<std::uint64_t>(limbs_[i] - taken);
    }
}

std::uint64_t Wide::divide(std::uint64_t divisor) {
    U128 remainder = 0;
    for (std::size_t i = limbs_.size(); i-- > 0;) {
        remainder = remainder << 64 | limbs_[i];
        limbs_[i] = static_cast<std::uint64_t>(remainder / divisor);
        remainder %= divisor;
    }
    return static_cast<std::uint64_t>(remainder);
}

bool Wide::is_zero() const {
    return (limbs_[0] | limbs_[1] | limbs_[2] | limbs_[3]) == 0;
}

bool Wide::less_than(const Wide& other) const {
    for (std::size_t i = limbs_.size(); i-- > 0;) {
        if (limbs_[i] != other.limbs_[i]) return limbs_[i] < other.limbs_[i];
    }
    return false;
}

}  // namespace carillon::dynamo::decimal
