#include "server/idempotency.hpp"

#include "core/check.hpp"
#include "core/text.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

namespace carillon::server {
namespace {

constexpr std::size_t key_bytes_max = 255;

bool same_headers(const net::Headers& a, const net::Headers& b) {
    if (a.size() != b.size()) return false;
    // The store keeps headers as a map: compare by name, not by position.
    return std::ranges::all_of(a, [&](const net::Header& header) {
        const auto other = b.get(header.name);
        return other && *other == header.value;
    });
}

bool same_repeat(const std::optional<webhooks::RepeatRule>& asked, const webhooks::Repeat& stored) {
    if (asked.has_value() != stored.enabled) return false;
    return !asked || (asked->period() == stored.rule.period() && asked->max == stored.rule.max);
}

}  // namespace

Result<std::optional<std::string>> idempotency_key(const net::Headers& headers) {
    std::optional<std::string> key;
    for (const net::Header& header : headers) {
        if (!equals_ignoring_case(header.name, "Idempotency-Key")) continue;
        if (key) return invalid("Idempotency-Key", "is given twice");
        key = header.value;
    }
    if (!key) return key;
    const bool printable = std::ranges::all_of(*key, [](char c) { return c >= 0x20 && c < 0x7f; });
    if (key->empty() || key->size() > key_bytes_max || !printable) {
        return invalid("Idempotency-Key", "must have 1 to 255 printable ASCII characters");
    }
    return key;
}

std::string id_of_key(std::string_view name_space, std::string_view key) {
    // The length keeps ("a", "bc") and ("ab", "c") apart.
    const std::string name = "carillon:" + std::to_string(name_space.size()) + ":" +
                             std::string(name_space) + ":" + std::string(key);
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    const int done =
        EVP_Digest(name.data(), name.size(), digest.data(), &size, EVP_sha256(), nullptr);
    CARILLON_CHECK(done == 1 && size == 32);
    digest[6] = static_cast<unsigned char>((digest[6] & 0x0fU) | 0x80U);
    digest[8] = static_cast<unsigned char>((digest[8] & 0x3fU) | 0x80U);
    std::array<char, 16> bytes{};
    std::copy_n(digest.begin(), bytes.size(), bytes.begin());
    std::string hex = hex_encode({bytes.data(), bytes.size()});
    for (const std::size_t at : {8U, 13U, 18U, 23U}) hex.insert(at, 1, '-');
    return hex;
}

bool is_repetition(const webhooks::Registration& asked,
                   const webhooks::Webhook& stored,
                   bool with_schedule) {
    return asked.url == stored.url && asked.method == stored.method && asked.body == stored.body &&
           asked.retries_max == stored.retries.max && same_headers(asked.headers, stored.headers) &&
           same_repeat(asked.repeat, stored.repeat) &&
           (!with_schedule || asked.schedule == stored.schedule);
}

}  // namespace carillon::server
