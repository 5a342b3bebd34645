// A hash that never changes: what `H` and jitter are spread by. It is part of what a schedule
// means, so it must give the same on every machine and in every release.

#pragma once

#include <cstdint>
#include <string_view>

namespace carillon::recurrence {

/// FNV-1a over the bytes of `seed`, then `salt`, mixed by SplitMix64's last steps.
[[nodiscard]] constexpr std::uint64_t stable_hash(std::string_view seed, std::uint64_t salt) {
    std::uint64_t hash = 0xCBF29CE484222325U;
    for (const char c : seed) {
        hash ^= static_cast<unsigned char>(c);
        hash *= 0x100000001B3U;
    }
    hash += 0x9E3779B97F4A7C15U * (salt + 1);
    hash = (hash ^ hash >> 30U) * 0xBF58476D1CE4E5B9U;
    hash = (hash ^ hash >> 27U) * 0x94D049BB133111EBU;
    return hash ^ hash >> 31U;
}

}  // namespace carillon::recurrence
