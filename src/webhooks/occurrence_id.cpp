// The id that a receiver sees.

#include "core/check.hpp"
#include "core/text.hpp"
#include "webhooks/webhook.hpp"

#include <openssl/evp.h>

#include <array>
#include <string>

namespace carillon::webhooks {

std::string occurrence_id(const Webhook& webhook) {
    // The lengths keep ("a", "bc") and ("ab", "c") apart. These bytes must stay as they are: a
    // receiver remembers the ids that it has handled.
    const std::string name = std::to_string(webhook.name_space.size()) + ':' + webhook.name_space +
                             std::to_string(webhook.id.size()) + ':' + webhook.id +
                             std::to_string(to_epoch_ms(webhook.created_at));
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    const int done =
        EVP_Digest(name.data(), name.size(), digest.data(), &size, EVP_sha256(), nullptr);
    CARILLON_CHECK(done == 1 && size == 32);
    // 128 bits: nobody can make an id that meets somebody else's.
    std::array<char, 16> bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(digest[i]);
    return "msg_" + hex_encode({bytes.data(), bytes.size()});
}

}  // namespace carillon::webhooks
