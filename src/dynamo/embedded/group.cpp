#include "dynamo/embedded/group.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace carillon::dynamo::embedded {

void Group::finish(Rocks& rocks) {
    std::vector<std::pair<std::string_view, const std::string*>> sorted;
    sorted.reserve(rows.size());
    for (const auto& [key, row] : rows) sorted.emplace_back(key, row.get());
    std::ranges::sort(sorted, {}, [](const auto& entry) { return entry.first; });
    for (const auto& [key, row] : sorted) {
        if (row != nullptr) {
            batch.Put(rocks.items(), slice(key), slice(*row)).PermitUncheckedError();
        } else {
            batch.Delete(rocks.items(), slice(key)).PermitUncheckedError();
        }
    }
    std::vector<const EntryChange*> ordered;
    ordered.reserve(entries.size());
    for (const EntryChange& change : entries) ordered.push_back(&change);
    std::ranges::sort(ordered, [](const EntryChange* left, const EntryChange* right) {
        const int order = left->key.compare(right->key);
        return order != 0 ? order < 0 : left < right;
    });
    for (std::size_t i = 0; i < ordered.size(); ++i) {
        const EntryChange& change = *ordered[i];
        if (i + 1 < ordered.size() && ordered[i + 1]->key == change.key) continue;
        if (change.put) {
            batch.Put(rocks.indexes(), change.key, {change.prefix.data(), change.prefix.size()})
                .PermitUncheckedError();
        } else {
            batch.Delete(rocks.indexes(), change.key).PermitUncheckedError();
        }
    }
}

void Group::forget_rows(std::uint32_t table) {
    const std::string prefix = id_prefix(table);
    absl::erase_if(rows, [&](const auto& entry) { return entry.first.starts_with(prefix); });
    counts.erase(table);
}

void Group::forget_entries(std::uint32_t index) {
    const std::string prefix = id_prefix(index);
    std::erase_if(entries, [&](const EntryChange& one) { return one.key.starts_with(prefix); });
    absl::erase_if(partitions, [&](const auto& entry) { return entry.first.starts_with(prefix); });
}

}  // namespace carillon::dynamo::embedded
