// One page of a query or scan in the making: counts, filters, projects, and knows when it is full.

#pragma once

#include "dynamo/database.hpp"
#include "dynamo/embedded/catalog.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace carillon::dynamo::embedded {

/// What pages of queries and of scans have in common; refers into the request.
struct PageRules {
    const Table& table;
    const Index* index = nullptr;
    const std::optional<BoundCondition>& filter;
    const std::optional<Projection>& projection;
    std::optional<std::int64_t> limit{};
    Select select = Select::attributes;
    TimePoint now{};
};

class PageBuilder {
public:
    explicit PageBuilder(PageRules rules);

    /// Takes the item that lies under `key` (of the item or of its index entry).
    [[nodiscard]] Result<> add(std::string_view key, Item item);

    /// Whether the limit or the size of a page is reached: the page ends after the last item, also
    /// when nothing follows it.
    [[nodiscard]] bool full() const {
        return weight_ >= page_bytes_max || (rules_.limit && page_.scanned_count >= *rules_.limit);
    }

    /// How many more items can come, at most `most`.
    [[nodiscard]] std::size_t room(std::size_t most) const;

    /// The page; `more` says that it ends before the range does.
    [[nodiscard]] Result<Page> finish(bool more);

private:
    PageRules rules_;
    bool fetches_;  ///< From the table, what a local index does not hold.
    Page page_{};
    std::size_t bytes_ = 0;
    std::size_t weight_ = 0;
    std::string last_{};
};

/// Takes the values of a key off `bytes` and gives them their names.
[[nodiscard]] Result<> take_key_values(const KeySchema& schema, std::string_view& bytes, Item& out);

/// The key attributes that the key of an item or of an index entry spells.
[[nodiscard]] Result<Item> key_attributes(const Table& table,
                                          const Index* index,
                                          std::string_view key);

}  // namespace carillon::dynamo::embedded
