#include "core/id.hpp"

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace carillon {

namespace {

constexpr std::string_view crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

}  // namespace

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

std::string ulid_time(TimePoint at) {
    constexpr std::int64_t latest = (std::int64_t{1} << 48U) - 1;
    std::string text(10, '0');
    auto time = static_cast<std::uint64_t>(std::clamp<std::int64_t>(to_epoch_ms(at), 0, latest));
    for (std::size_t i = text.size(); i-- > 0; time >>= 5) text[i] = crockford[time & 31];
    return text;
}

std::string ulid(TimePoint now, Random& random) {
    std::string id = ulid_time(now);
    for (int half = 0; half < 2; ++half) {
        std::uint64_t bits = random.next();
        for (int i = 0; i < 8; ++i, bits >>= 5) id += crockford[bits & 31];
    }
    return id;
}

}  // namespace carillon
