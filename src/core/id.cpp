#include "core/id.hpp"

#include <string_view>

namespace carillon {

std::string uuid4(Random& random) {
    constexpr std::string_view digits = "0123456789abcdef";
    const std::uint64_t high = (random.next() & ~0xf000ULL) | 0x4000ULL;
    const std::uint64_t low = (random.next() & ~(3ULL << 62)) | (2ULL << 62);
    std::string id(36, '-');
    std::size_t at = 0;
    for (int nibble = 0; nibble < 32; ++nibble) {
        if (nibble == 8 || nibble == 12 || nibble == 16 || nibble == 20) ++at;
        const std::uint64_t word = nibble < 16 ? high : low;
        id[at++] = digits[(word >> (60 - 4 * (nibble % 16))) & 0xf];
    }
    return id;
}

std::string ulid(TimePoint now, Random& random) {
    constexpr std::string_view digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    std::string id(26, '0');
    auto time = static_cast<std::uint64_t>(to_epoch_ms(now));
    for (std::size_t at = 10; at-- > 0; time >>= 5) id[at] = digits[time & 31];
    for (std::size_t at = 10; at < 26; at += 8) {
        std::uint64_t bits = random.next();
        for (std::size_t i = 0; i < 8; ++i, bits >>= 5) id[at + i] = digits[bits & 31];
    }
    return id;
}

}  // namespace carillon
