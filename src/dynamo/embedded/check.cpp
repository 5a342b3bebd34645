// Whether the store agrees with itself: every index entry against its item, and back.

#include "dynamo/embedded/engine.hpp"
#include "dynamo/embedded/keys.hpp"
#include "dynamo/item/codec.hpp"

#include <fmt/format.h>

#include <map>
#include <utility>

namespace carillon::dynamo::embedded {

namespace {

constexpr std::size_t examples_max = 20;

void fault(StoreReport& report, std::string text) {
    ++report.faults;
    if (report.examples.size() < examples_max) report.examples.push_back(std::move(text));
}

class Check {
public:
    Check(Rocks& rocks,
          const Marks& marks,
          const Snapshot& snapshot,
          const std::atomic<bool>* stop,
          StoreReport& report)
        : rocks_(rocks), marks_(marks), stop_(stop), report_(report) {
        options_.snapshot = snapshot.get();
        options_.fill_cache = false;
    }

    /// Every item has exactly the entries that it should; counts how many there should be.
    Result<> items_of(const Table& table) {
        const std::string prefix = id_prefix(table.id);
        std::int64_t items = 0;
        const std::unique_ptr<rocksdb::Iterator> at(
            rocks_.db().NewIterator(options_, rocks_.items()));
        for (at->Seek(prefix); at->Valid() && at->key().starts_with(prefix); at->Next()) {
            ++items;
            CARILLON_TRY_VOID(go_on());
            CARILLON_TRY_VOID(item(table, view(at->key()), view(at->value())));
        }
        if (!at->status().ok()) return std::unexpected(to_error(at->status(), "check the store"));
        report_.items += static_cast<std::uint64_t>(items);
        CARILLON_TRY(const Counts stored, counts_of(table));
        if (stored.items != items) {
            fault(
                report_,
                fmt::format(
                    "table {} counts {} items and has {}", table.schema.name, stored.items, items));
        }
        return {};
    }

    /// No index has entries beyond those.
    Result<> entries_of(const Table& table) {
        std::vector<std::uint32_t> ids;
        ids.reserve(table.indexes.size() + 1);
        for (const Index& index : table.indexes) ids.push_back(index.id);
        if (table.ttl_index != 0) ids.push_back(table.ttl_index);
        std::erase_if(ids, [&](std::uint32_t id) { return table.is_building(id); });
        for (const std::uint32_t id : ids) {
            std::uint64_t found = 0;
            const std::string prefix = id_prefix(id);
            const std::unique_ptr<rocksdb::Iterator> at(
                rocks_.db().NewIterator(options_, rocks_.indexes()));
            for (at->Seek(prefix); at->Valid() && at->key().starts_with(prefix); at->Next()) {
                ++found;
                CARILLON_TRY_VOID(go_on());
            }
            if (!at->status().ok()) {
                return std::unexpected(to_error(at->status(), "check the store"));
            }
            report_.index_entries += found;
            // All that should be there were found from the items' side, so a greater number means
            // entries without an item.
            if (found != expected_[id]) {
                fault(report_,
                      fmt::format("an index of table {} has {} entries and should have {}",
                                  table.schema.name,
                                  found,
                                  expected_[id]));
            }
        }
        return {};
    }

private:
    [[nodiscard]] Result<> go_on() const {
        if (stop_ == nullptr || !stop_->load(std::memory_order_relaxed)) return {};
        return fail(Errc::cancelled, "the check was stopped");
    }

    Result<Counts> counts_of(const Table& table) {
        std::string bytes;
        const rocksdb::Status status =
            rocks_.db().Get(options_, rocks_.meta(), "c" + id_prefix(table.id), &bytes);
        if (status.IsNotFound()) return Counts{};
        if (!status.ok()) return std::unexpected(to_error(status, "check the store"));
        return decode_counts(bytes);
    }

    Result<> item(const Table& table, std::string_view key, std::string_view row) {
        const Result<Item> item = decode_item(row);
        if (!item) {
            fault(report_, fmt::format("an item of table {} cannot be read", table.schema.name));
            return {};
        }
        const Result<Item> item_key_attributes = extract_key(*item, table.schema.key);
        if (!item_key_attributes ||
            item_key(table.id, table.schema.key, *item_key_attributes) != key) {
            fault(report_,
                  fmt::format("an item of table {} lies under another key", table.schema.name));
            return {};
        }
        std::string list;
        append_entries(table, *item, key, list);
        std::string_view rest = list;
        while (!rest.empty()) {
            const Entry entry = take_entry(rest);
            if (entry.key.empty() || table.is_building(read_u32(entry.key))) continue;
            ++expected_[read_u32(entry.key)];
            CARILLON_TRY_VOID(one_entry(table, entry, key.substr(id_bytes, prefix_bytes)));
        }
        return {};
    }

    Result<> one_entry(const Table& table, const Entry& entry, std::string_view prefix) {
        std::string value;
        const rocksdb::Status status =
            rocks_.db().Get(options_, rocks_.indexes(), slice(entry.key), &value);
        if (!status.ok() && !status.IsNotFound()) {
            return std::unexpected(to_error(status, "check the store"));
        }
        if (status.IsNotFound() || value != prefix) {
            fault(report_,
                  fmt::format("an item of table {} is missing in an index", table.schema.name));
        }
        std::string written;
        const std::string record = "m" + std::string(entry.partition);
        if (rocks_.db().Get(options_, rocks_.meta(), record, &written).ok() &&
            entry.key < written) {
            fault(
                report_,
                fmt::format("an entry of table {} lies below the written mark", table.schema.name));
        }
        // Marks move on while this reads; an entry below one may have been deleted since.
        if (entry.key < marks_.mark_of(entry.partition)) {
            std::string now;
            if (rocks_.db()
                    .Get(rocksdb::ReadOptions(), rocks_.indexes(), slice(entry.key), &now)
                    .ok()) {
                fault(report_,
                      fmt::format("an entry of table {} lies below the mark", table.schema.name));
            }
        }
        return {};
    }

    Rocks& rocks_;
    const Marks& marks_;
    const std::atomic<bool>* stop_;
    StoreReport& report_;
    rocksdb::ReadOptions options_;
    std::map<std::uint32_t, std::uint64_t> expected_;
};

}  // namespace

Result<StoreReport> Engine::check(const std::atomic<bool>* stop) const {
    StoreReport report;
    const CatalogPtr catalog = writer_->catalog();
    const Snapshot snapshot(rocks_->db());
    Check check(*rocks_, marks_, snapshot, stop, report);
    for (const auto& [name, table] : catalog->tables) {
        CARILLON_TRY_VOID(check.items_of(*table));
        CARILLON_TRY_VOID(check.entries_of(*table));
    }
    return report;
}

}  // namespace carillon::dynamo::embedded
