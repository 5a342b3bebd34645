// Where a page of webhooks ended, as an opaque text.
//
// Clients give it back as they got it. It names a place, not a permission: a forged one can only
// make a page begin elsewhere within the same namespace.

#pragma once

#include "core/result.hpp"
#include "core/time.hpp"

#include <string>
#include <string_view>

namespace carillon::webhooks {

struct StartKey {
    std::string name_space;
    std::string id;
    TimePoint schedule{};
    bool operator==(const StartKey&) const = default;
};

/// base64url (without padding) of JSON.
[[nodiscard]] std::string encode(const StartKey& key);
/// `invalid` with the field `startKey` for everything that encode() did not make for this
/// namespace.
[[nodiscard]] Result<StartKey> decode_start_key(std::string_view text, std::string_view name_space);

}  // namespace carillon::webhooks
