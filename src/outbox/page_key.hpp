// Where a page of events ended, as an opaque text.
//
// It names a place, not a permission: a forged one can only make a page begin elsewhere.

#pragma once

#include "core/result.hpp"
#include "dynamo/item/value.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace carillon::outbox {

struct PageKey {
    std::size_t partition = 0;           ///< Among those of the status.
    std::optional<dynamo::Item> last{};  ///< The store's key; absent: the partition's beginning.
};

[[nodiscard]] std::string encode(const PageKey& key);
/// `invalid` with the field `startKey`.
[[nodiscard]] Result<PageKey> decode_page_key(std::string_view text);

}  // namespace carillon::outbox
