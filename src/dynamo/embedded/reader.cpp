#include "dynamo/embedded/reader.hpp"

#include "dynamo/embedded/keys.hpp"
#include "dynamo/item/codec.hpp"

#include <rocksdb/iterator.h>

#include <algorithm>
#include <utility>

namespace carillon::dynamo::embedded {

namespace {

constexpr std::size_t pointers_at_once = 128;

/// The smallest value above all that begin with `prefix`, or nothing when there is none.
std::optional<Value> after_values(const Value& prefix) {
    if (const std::string* text = prefix.string()) {
        std::string after = after_prefix(*text);
        if (after.empty()) return std::nullopt;
        return Value(std::move(after));
    }
    std::string after = after_prefix(prefix.get_if<Binary>()->bytes);
    if (after.empty()) return std::nullopt;
    return Value(Binary{std::move(after)});
}

KeyRange sort_range(std::string partition, const KeyCondition& condition) {
    for (const Value& value : condition.sort_prefix) encode_key_value(value, partition);
    const std::optional<SortCondition>& sort = condition.sort;
    KeyRange range{partition, after_prefix(partition)};
    if (!sort) return range;
    auto at = [&partition](const Value& value) {
        std::string key = partition;
        encode_key_value(value, key);
        return key;
    };
    const std::string key = at(sort->value);
    switch (sort->op) {
        case SortOperator::equal:
            return {key, after_prefix(key)};
        case SortOperator::less:
            return {partition, key};
        case SortOperator::less_equal:
            return {partition, after_prefix(key)};
        case SortOperator::greater:
            return {after_prefix(key), range.upper};
        case SortOperator::greater_equal:
            return {key, range.upper};
        case SortOperator::between:
            return {key, after_prefix(at(sort->upper))};
        case SortOperator::begins_with: {
            const std::optional<Value> after = after_values(sort->value);
            return {key, after ? at(*after) : range.upper};
        }
    }
    return range;
}

/// Where a page goes on: behind the item (or entry) with the attributes of `start`.
std::string start_bytes(const Table& table, const Index* index, const Item& start) {
    std::string key = item_key(table.id, table.schema.key, start);
    if (index == nullptr) return key;
    return entry_key(table, *index, start, key);
}

void begin_after(KeyRange& range, std::string start, bool forward) {
    if (forward) {
        start += '\0';
        range.lower = std::max(range.lower, start);
    } else if (range.upper.empty() || start < range.upper) {
        range.upper = std::move(start);
    }
}

/// The part of the partition prefixes that belongs to a segment: [first, second), 0 as second: end.
std::pair<std::uint64_t, std::uint64_t> segment_bounds(std::int64_t segment, std::int64_t total) {
    // As DynamoDB does, by the first twelve bits; the last bound comes out as 0.
    constexpr std::uint64_t places = 4'096;
    auto bound = [total](std::int64_t at) {
        const auto count = static_cast<std::uint64_t>(total);
        return (places * static_cast<std::uint64_t>(at) + count - 1) / count << 52;
    };
    return {bound(segment), bound(segment + 1)};
}

}  // namespace

/// One pass over a range.
struct Reader::Walk {
    const Table& table;
    const Index* index = nullptr;
    KeyRange range{};
    bool forward = true;
    const Snapshot* snapshot = nullptr;
    TimePoint now{};
    /// Present when the walk begins at its partition's mark.
    Marks::Scan* marked = nullptr;
};

/// An index entry and the row that it points to.
struct Reader::Pointer {
    std::string entry;
    std::string item_key;
    Row row{};
};

Result<std::optional<Item>> Reader::get(const Table& table,
                                        const Item& key,
                                        const Snapshot* snapshot) const {
    const std::string bytes = item_key(table.id, table.schema.key, key);
    const std::uint64_t sequence =
        snapshot != nullptr ? snapshot->sequence() : rocks_.db().GetLatestSequenceNumber();
    rocksdb::PinnableSlice found;
    std::string_view row;
    const Row cached = cache_.find(bytes, sequence);
    if (cached) {
        row = *cached;
    } else {
        rocksdb::ReadOptions options;
        if (snapshot != nullptr) options.snapshot = snapshot->get();
        const rocksdb::Status status =
            rocks_.db().Get(options, rocks_.items(), slice(bytes), &found);
        if (status.IsNotFound()) return std::nullopt;
        if (!status.ok()) return std::unexpected(to_error(status, "read an item"));
        row = view(found);
    }
    CARILLON_TRY(Item item, decode_item(row));
    if (is_expired(expiry_of(table, item), clock_.now())) return std::nullopt;
    return item;
}

Result<Page> Reader::query(const Table& table,
                           const Index* index,
                           const QueryRequest& request) const {
    std::string partition;
    if (index != nullptr) {
        append_u32(index->id, partition);
        std::vector<const Value*> hashes{&request.key.hash};
        for (const Value& more : request.key.more_hash) hashes.push_back(&more);
        append_index_partition(*index, hashes, partition);
    } else {
        append_u32(table.id, partition);
        append_partition_prefix(request.key.hash, partition);
        encode_key_value(request.key.hash, partition);
    }

    // The order matters: registered with the marks first, then the snapshot.
    std::optional<Marks::Scan> marked;
    if (index != nullptr && request.forward && !request.start_key) {
        marked.emplace(marks_.begin_scan(partition));
    }
    const Snapshot snapshot(rocks_.db());
    Walk walk{.table = table,
              .index = index,
              .range = sort_range(partition, request.key),
              .forward = request.forward,
              .snapshot = &snapshot,
              .now = clock_.now()};
    if (request.start_key) {
        begin_after(walk.range, start_bytes(table, index, *request.start_key), request.forward);
    }
    if (marked && walk.range.lower <= marked->mark()) {
        walk.range.lower = marked->mark();
        walk.marked = &*marked;
    }
    PageBuilder page({.table = table,
                      .index = index,
                      .filter = request.filter,
                      .projection = request.projection,
                      .limit = request.limit,
                      .select = request.select,
                      .now = walk.now});
    return this->walk(walk, page);
}

Result<Page> Reader::scan(const Table& table,
                          const Index* index,
                          const ScanRequest& request) const {
    const Snapshot snapshot(rocks_.db());
    const std::string prefix = id_prefix(index != nullptr ? index->id : table.id);
    Walk walk{.table = table,
              .index = index,
              .range = {prefix, after_prefix(prefix)},
              .snapshot = &snapshot,
              .now = clock_.now()};
    if (request.total_segments > 1) {
        const auto bounds = segment_bounds(request.segment, request.total_segments);
        append_u64(bounds.first, walk.range.lower);
        if (bounds.second != 0) {
            walk.range.upper = prefix;
            append_u64(bounds.second, walk.range.upper);
        }
    }
    if (request.start_key) {
        begin_after(walk.range, start_bytes(table, index, *request.start_key), true);
    }
    PageBuilder page({.table = table,
                      .index = index,
                      .filter = request.filter,
                      .projection = request.projection,
                      .limit = request.limit,
                      .select = request.select,
                      .now = walk.now});
    return this->walk(walk, page);
}

Result<Page> Reader::walk(Walk& walk, PageBuilder& page) const {
    const KeyRange& range = walk.range;
    if (!range.upper.empty() && range.lower >= range.upper) return page.finish(false);
    rocksdb::ReadOptions options;
    options.snapshot = walk.snapshot->get();
    const rocksdb::Slice lower(range.lower);
    const rocksdb::Slice upper(range.upper);
    options.iterate_lower_bound = &lower;
    if (!range.upper.empty()) options.iterate_upper_bound = &upper;
    const std::unique_ptr<rocksdb::Iterator> at(rocks_.db().NewIterator(
        options, walk.index != nullptr ? rocks_.indexes() : rocks_.items()));
    if (walk.forward) {
        at->Seek(lower);
    } else {
        at->SeekToLast();
    }
    if (walk.marked != nullptr && (at->Valid() || at->status().ok())) {
        walk.marked->finish(at->Valid() ? view(at->key()) : std::string_view(range.upper));
    }
    CARILLON_TRY(
        const bool more,
        walk.index != nullptr ? walk_entries(*at, walk, page) : walk_items(*at, walk, page));
    if (!at->status().ok()) return std::unexpected(to_error(at->status(), "read items"));
    return page.finish(more);
}

Result<bool> Reader::walk_items(rocksdb::Iterator& at, const Walk& walk, PageBuilder& page) const {
    while (at.Valid()) {
        CARILLON_TRY(Item item, decode_item(view(at.value())));
        if (!is_expired(expiry_of(walk.table, item), walk.now)) {
            CARILLON_TRY_VOID(page.add(view(at.key()), std::move(item)));
            if (page.full()) return true;
        }
        if (walk.forward) {
            at.Next();
        } else {
            at.Prev();
        }
    }
    return false;
}

Result<bool> Reader::walk_entries(rocksdb::Iterator& at,
                                  const Walk& walk,
                                  PageBuilder& page) const {
    std::vector<Pointer> pointers;
    while (at.Valid()) {
        pointers.clear();
        const std::size_t wanted = page.room(pointers_at_once);
        while (at.Valid() && pointers.size() < wanted) {
            const std::string_view prefix = view(at.value());
            if (prefix.size() != prefix_bytes) {
                return fail(Errc::corrupt, "An index entry of the store cannot be read");
            }
            Pointer pointer;
            pointer.entry = view(at.key());
            pointer.item_key = prefix;  // Made whole by fetch().
            pointers.push_back(std::move(pointer));
            if (walk.forward) {
                at.Next();
            } else {
                at.Prev();
            }
        }
        CARILLON_TRY(const bool full, add_pointed(walk, pointers, page));
        if (full) return true;
    }
    return false;
}

Result<> Reader::fetch(const Walk& walk, std::vector<Pointer>& pointers) const {
    const std::uint64_t sequence = walk.snapshot->sequence();
    std::vector<Pointer*> missing;
    for (Pointer& pointer : pointers) {
        CARILLON_TRY(const std::string_view primary, primary_of_entry(*walk.index, pointer.entry));
        std::string item = id_prefix(walk.table.id);
        item += pointer.item_key;
        item += primary;
        pointer.item_key = std::move(item);
        pointer.row = cache_.find(pointer.item_key, sequence);
        if (!pointer.row) missing.push_back(&pointer);
    }
    if (missing.empty()) return {};
    rocksdb::ReadOptions options;
    options.snapshot = walk.snapshot->get();
    std::vector<rocksdb::Slice> keys;
    keys.reserve(missing.size());
    std::vector<rocksdb::PinnableSlice> values(missing.size());
    std::vector<rocksdb::Status> statuses(missing.size());
    for (const Pointer* pointer : missing) keys.emplace_back(pointer->item_key);
    rocks_.db().MultiGet(
        options, rocks_.items(), keys.size(), keys.data(), values.data(), statuses.data());
    for (std::size_t i = 0; i < missing.size(); ++i) {
        if (statuses[i].ok()) {
            missing[i]->row = std::make_shared<const std::string>(view(values[i]));
            // Whoever reads through an index mostly goes on to write what it has found.
            cache_.fill(missing[i]->item_key, missing[i]->row, sequence);
        } else if (!statuses[i].IsNotFound()) {
            return std::unexpected(to_error(statuses[i], "read items"));
        }
    }
    return {};
}

Result<bool> Reader::add_pointed(const Walk& walk,
                                 std::vector<Pointer>& pointers,
                                 PageBuilder& page) const {
    const bool keys_suffice = walk.index->schema.projection == ProjectionType::keys_only &&
                              !walk.index->schema.local && !walk.table.schema.ttl_attribute;
    if (!keys_suffice) CARILLON_TRY_VOID(fetch(walk, pointers));
    for (const Pointer& pointer : pointers) {
        Item item;
        if (keys_suffice) {
            CARILLON_TRY(item, key_attributes(walk.table, walk.index, pointer.entry));
        } else {
            if (!pointer.row) {
                return fail(Errc::corrupt, "An index entry of the store points to no item");
            }
            CARILLON_TRY(item, decode_item(*pointer.row));
            if (is_expired(expiry_of(walk.table, item), walk.now)) continue;
        }
        CARILLON_TRY_VOID(page.add(pointer.entry, std::move(item)));
        if (page.full()) return true;
    }
    return false;
}

}  // namespace carillon::dynamo::embedded
