#include "server/idempotency.hpp"

#include "core/check.hpp"
#include "core/text.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

namespace carillon::server {
namespace {

constexpr std::size_t key_bytes_max = 255;

}  // namespace

Result<std::optional<std::string>> idempotency_key(const net::Headers& headers) {
    std::optional<std::string> key;
    for (const net::Header header : headers) {
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

}  // namespace carillon::server
