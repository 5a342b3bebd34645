#include "core/random.hpp"

#include "core/check.hpp"

#include <bit>

namespace carillon {

std::uint64_t Random::below(std::uint64_t bound) {
    CARILLON_CHECK(bound > 0);
    // Values under the threshold would favour small remainders; they are drawn again.
    const std::uint64_t threshold = (0 - bound) % bound;
    for (;;) {
        const std::uint64_t drawn = next();
        if (drawn >= threshold) return drawn % bound;
    }
}

double Random::unit() {
    return static_cast<double>(next() >> 11) * 0x1.0p-53;
}

SeededRandom::SeededRandom(std::uint64_t seed) : state_{} {
    // SplitMix64 spreads a small seed over the whole state.
    for (auto& word : state_) {
        seed += 0x9e3779b97f4a7c15;
        std::uint64_t mixed = seed;
        mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
        word = mixed ^ (mixed >> 31);
    }
}

std::uint64_t SeededRandom::next() {
    const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
}

}  // namespace carillon
