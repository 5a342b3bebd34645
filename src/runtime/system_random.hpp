// Randomness of the operating system, for identifiers and secrets.

#pragma once

#include "core/random.hpp"

#include <array>
#include <cstddef>

namespace carillon::runtime {

/// Draws from getrandom(2) in blocks. Not thread-safe: one per loop.
class SystemRandom final : public Random {
public:
    std::uint64_t next() override;

private:
    std::array<std::uint64_t, 64> block_{};
    std::size_t used_ = 64;
};

}  // namespace carillon::runtime
