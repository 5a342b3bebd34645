#include "delivery/signature.hpp"

#include "core/check.hpp"
#include "core/text.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <array>

namespace carillon::delivery {
namespace {

constexpr std::string_view secret_prefix = "whsec_";
constexpr std::size_t secret_bytes_min = 24;
constexpr std::size_t secret_bytes_max = 64;

std::string hmac_sha256(std::string_view key, std::string_view message) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int length = 0;
    const unsigned char* made = HMAC(EVP_sha256(),
                                     key.data(),
                                     static_cast<int>(key.size()),
                                     reinterpret_cast<const unsigned char*>(message.data()),
                                     message.size(),
                                     digest.data(),
                                     &length);
    CARILLON_CHECK(made != nullptr);
    return {reinterpret_cast<const char*>(digest.data()), length};
}

}  // namespace

Result<std::string> decode_secret(std::string_view secret) {
    if (secret.starts_with(secret_prefix)) secret.remove_prefix(secret_prefix.size());
    auto key = base64_decode(secret);
    if (!key) return fail(Errc::invalid, "must be base64, with or without the prefix whsec_");
    if (key->size() < secret_bytes_min || key->size() > secret_bytes_max) {
        return fail(Errc::invalid,
                    fmt::format("must hold {} to {} bytes", secret_bytes_min, secret_bytes_max));
    }
    return *std::move(key);
}

Result<std::string> sign(const std::vector<std::string>& secrets,
                         std::string_view id,
                         std::int64_t timestamp_s,
                         std::string_view body) {
    std::string message = fmt::format("{}.{}.", id, timestamp_s);
    message += body;

    std::string signatures;
    for (std::size_t i = 0; i < secrets.size(); ++i) {
        const auto key = decode_secret(secrets[i]);
        if (!key) return invalid(fmt::format("signing_secrets[{}]", i), key.error().message);
        if (!signatures.empty()) signatures += ' ';
        signatures += "v1,";
        signatures += base64_encode(hmac_sha256(*key, message));
    }
    return signatures;
}

std::string sha256_hex(std::string_view bytes) {
    std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
    SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data());
    return hex_encode({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

}  // namespace carillon::delivery
