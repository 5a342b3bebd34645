// Chance is injected: everything random takes a Random, so that a simulated run repeats from its
// seed.

#pragma once

#include <cstdint>

namespace carillon {

class Random {
public:
    Random() = default;
    Random(const Random&) = delete;
    Random& operator=(const Random&) = delete;
    virtual ~Random() = default;

    /// 64 uniform bits.
    virtual std::uint64_t next() = 0;

    /// Uniform in [0, bound); `bound` must be positive.
    std::uint64_t below(std::uint64_t bound);
    /// Uniform in [0, 1).
    double unit();
};

/// Repeats exactly from its seed (xoshiro256**, by Blackman and Vigna, public domain algorithm).
/// Not for secrets. Not thread-safe: one per loop.
class SeededRandom final : public Random {
public:
    explicit SeededRandom(std::uint64_t seed);
    std::uint64_t next() override;

private:
    std::uint64_t state_[4];
};

}  // namespace carillon
