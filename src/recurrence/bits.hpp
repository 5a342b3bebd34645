// Finding set bits: the whole of evaluation is made of these.

#pragma once

#include <bit>
#include <cstdint>

namespace carillon::recurrence {

/// The lowest set bit at or above `from`, or -1. `from` may be 64.
[[nodiscard]] constexpr int bit_from(std::uint64_t bits, int from) {
    if (from >= 64) return -1;
    bits &= ~std::uint64_t{0} << from;
    return bits == 0 ? -1 : std::countr_zero(bits);
}

/// The highest set bit at or below `to`, or -1. `to` may be -1.
[[nodiscard]] constexpr int bit_down(std::uint64_t bits, int to) {
    if (to < 0) return -1;
    bits &= ~std::uint64_t{0} >> (63 - to);
    return bits == 0 ? -1 : 63 - std::countl_zero(bits);
}

[[nodiscard]] constexpr bool has_bit(std::uint64_t bits, int bit) {
    return (bits >> bit & 1U) != 0;
}

/// The n-th set bit, counted from 0. There must be so many.
[[nodiscard]] constexpr int nth_bit(std::uint64_t bits, int n) {
    for (; n > 0; --n) bits &= bits - 1;
    return std::countr_zero(bits);
}

/// Bits from `first` to `last`, both included.
[[nodiscard]] constexpr std::uint64_t bit_range(int first, int last) {
    return (~std::uint64_t{0} << first) & (~std::uint64_t{0} >> (63 - last));
}

}  // namespace carillon::recurrence
