// Where a page ended, as an opaque text for those who ask for the next one.
//
// It names a place, not a permission: a forged one can only make a page begin elsewhere.

#pragma once

#include "core/result.hpp"
#include "dynamo/item/value.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace carillon::dynamo {

struct PageKey {
    std::size_t partition = 0;   ///< Among those that are read one after the other.
    std::optional<Item> last{};  ///< The store's key; absent: the partition's beginning.
};

[[nodiscard]] std::string encode(const PageKey& key);
/// `invalid`, with that field, when no page gave such a text.
[[nodiscard]] Result<PageKey> decode_page_key(std::string_view text,
                                              std::string_view field = "startKey");

}  // namespace carillon::dynamo
