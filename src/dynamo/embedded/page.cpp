#include "dynamo/embedded/page.hpp"

#include "dynamo/embedded/keys.hpp"
#include "dynamo/item/codec.hpp"
#include "dynamo/validate.hpp"

#include <algorithm>
#include <utility>

namespace carillon::dynamo::embedded {

Result<> take_key_values(const KeySchema& schema, std::string_view& bytes, Item& out) {
    CARILLON_TRY(Value hash, decode_key_value(bytes));
    out.set(schema.hash.name, std::move(hash));
    if (!schema.sort) return {};
    CARILLON_TRY(Value sort, decode_key_value(bytes));
    out.set(schema.sort->name, std::move(sort));
    return {};
}

Result<Item> key_attributes(const Table& table, const Index* index, std::string_view key) {
    Item out;
    if (index == nullptr) {
        key.remove_prefix(id_bytes + prefix_bytes);
    } else {
        key.remove_prefix(id_bytes + prefix_bytes);
        for (const KeyAttribute* attribute : index->key_attributes) {
            CARILLON_TRY(Value value, decode_key_value(key));
            out.set(attribute->name, std::move(value));
        }
        key.remove_prefix(std::min(key.size(), prefix_bytes));
    }
    CARILLON_TRY_VOID(take_key_values(table.schema.key, key, out));
    return out;
}

namespace {

/// Whether a local index gets the whole item from the table: only when it is asked for what it does
/// not hold.
bool fetches_items(const PageRules& rules) {
    if (rules.index == nullptr || !rules.index->projection || !rules.index->schema.local) {
        return false;
    }
    if (rules.select == Select::all) return true;
    return rules.projection &&
           !beyond_index(rules.projection->paths(), rules.table.schema, rules.index->schema)
                .empty();
}

}  // namespace

PageBuilder::PageBuilder(PageRules rules) : rules_(rules), fetches_(fetches_items(rules)) {}

std::size_t PageBuilder::room(std::size_t most) const {
    if (!rules_.limit) return most;
    const std::int64_t left = *rules_.limit - page_.scanned_count;
    return std::min(most, static_cast<std::size_t>(std::max<std::int64_t>(left, 0)));
}

Result<> PageBuilder::add(std::string_view key, Item item) {
    // What the index holds of the item: that is what is measured and filtered, also where the rest
    // is fetched from the table.
    std::optional<Item> held;
    if (rules_.index != nullptr && rules_.index->projection) {
        held = rules_.index->projection->apply(item);
        if (!fetches_) item = *std::exchange(held, std::nullopt);
    }
    const Item& read = held ? *held : item;
    bytes_ += size_of(read);
    const auto& sort = rules_.table.schema.key.sort;
    weight_ += page_weight(item, sort ? std::string_view(sort->name) : std::string_view());
    ++page_.scanned_count;
    last_ = key;
    if (rules_.filter) {
        CARILLON_TRY(const bool holds,
                     rules_.filter->expression.holds(read, rules_.filter->values));
        if (!holds) return {};
    }
    ++page_.count;
    if (rules_.select == Select::count) return {};
    if (rules_.projection) {
        page_.items.push_back(rules_.projection->apply(item));
    } else {
        page_.items.push_back(std::move(item));
    }
    return {};
}

Result<Page> PageBuilder::finish(bool more) {
    if (more && !last_.empty()) {
        CARILLON_TRY(Item last, key_attributes(rules_.table, rules_.index, last_));
        page_.last_key = std::move(last);
    }
    page_.bytes = bytes_;
    return std::move(page_);
}

}  // namespace carillon::dynamo::embedded
