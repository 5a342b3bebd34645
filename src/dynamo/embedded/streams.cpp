#include "dynamo/embedded/streams.hpp"

#include "dynamo/embedded/catalog.hpp"
#include "dynamo/embedded/keys.hpp"
#include "dynamo/embedded/page.hpp"
#include "dynamo/item/codec.hpp"

#include <fmt/format.h>
#include <rocksdb/iterator.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace carillon::dynamo::embedded {

namespace {

// A record: version, flags, when (8 bytes, ms), and three parts, the first two with their lengths
// (4 bytes): the item's key, the old row, the new row. Flags: the kind, and what is there.
constexpr char record_version = 1;
constexpr std::uint8_t kind_mask = 0x03;
constexpr std::uint8_t expired_flag = 0x04;
constexpr std::uint8_t old_flag = 0x08;
constexpr std::uint8_t new_flag = 0x10;
constexpr std::size_t record_head_bytes = 2 + sizeof(std::uint64_t) + sizeof(std::uint32_t);

std::unexpected<Error> unreadable() {
    return fail(Errc::corrupt, "A change record of the store cannot be read");
}

bool wants_old(StreamView view) {
    return view == StreamView::old_image || view == StreamView::new_and_old_images;
}

bool wants_new(StreamView view) {
    return view == StreamView::new_image || view == StreamView::new_and_old_images;
}

std::uint64_t sequence_of(std::string_view key) {
    return read_u64(key.substr(id_bytes));
}

Result<TimePoint> time_of(std::string_view record) {
    if (record.size() < record_head_bytes || record[0] != record_version) return unreadable();
    return from_epoch_ms(static_cast<std::int64_t>(read_u64(record.substr(2))));
}

Result<std::string_view> take_part(std::string_view& rest) {
    if (rest.size() < sizeof(std::uint32_t)) return unreadable();
    const std::size_t length = read_u32(rest);
    rest.remove_prefix(sizeof(std::uint32_t));
    if (rest.size() < length) return unreadable();
    const std::string_view part = rest.substr(0, length);
    rest.remove_prefix(length);
    return part;
}

Result<Item> key_of(const KeySchema& key, std::string_view primary) {
    Item item;
    CARILLON_TRY_VOID(take_key_values(key, primary, item));
    return item;
}

Result<ChangeRecord> decode_change(const Stream& stream,
                                   std::string_view key,
                                   std::string_view bytes) {
    ChangeRecord record;
    CARILLON_TRY(record.at, time_of(bytes));
    const auto flags = static_cast<std::uint8_t>(bytes[1]);
    if ((flags & kind_mask) > static_cast<std::uint8_t>(ChangeKind::remove)) return unreadable();
    record.sequence = sequence_text(sequence_of(key));
    record.kind = static_cast<ChangeKind>(flags & kind_mask);
    record.expired = (flags & expired_flag) != 0;
    std::string_view rest = bytes.substr(2 + sizeof(std::uint64_t));
    CARILLON_TRY(const std::string_view primary, take_part(rest));
    CARILLON_TRY(record.key, key_of(stream.key, primary));
    CARILLON_TRY(const std::string_view old_row, take_part(rest));
    if ((flags & old_flag) != 0) {
        CARILLON_TRY(record.old_image, decode_item(old_row));
    }
    if ((flags & new_flag) != 0) {
        CARILLON_TRY(record.new_image, decode_item(rest));
    }
    return record;
}

std::unexpected<Error> trimmed() {
    Error error{Errc::not_found,
                "The operation attempted to read past the oldest stream record in a shard."};
    error.detail = std::make_shared<ChangesTrimmed>();
    return std::unexpected(std::move(error));
}

}  // namespace

std::string Stream::shard_id() const {
    return fmt::format("shardId-{:020}-{:08x}", to_epoch_ms(created_at), id);
}

bool is_forgotten(const Stream& stream, TimePoint now) {
    return stream.ended_at && *stream.ended_at + change_retention <= now;
}

std::string encode_stream(const Stream& stream) {
    Item item;
    item.set("id", static_cast<std::int64_t>(stream.id));
    item.set("table", stream.name.table);
    item.set("label", stream.name.label);
    item.set("view", static_cast<int>(stream.view));
    item.set("key", encode_key_schema(stream.key));
    item.set("created", to_epoch_ms(stream.created_at));
    item.set("first", static_cast<std::int64_t>(stream.first));
    item.set("trimmed", static_cast<std::int64_t>(stream.counters->trimmed.load()));
    if (stream.ended_at) {
        item.set("ended", to_epoch_ms(*stream.ended_at));
        item.set("last", static_cast<std::int64_t>(stream.last));
    }
    std::string out;
    encode_item(item, out);
    return out;
}

Result<std::shared_ptr<Stream>> decode_stream(std::string_view bytes) {
    CARILLON_TRY(const Item item, decode_item(bytes));
    const std::string* table = text_of(item, "table");
    const std::string* label = text_of(item, "label");
    const auto id = whole_of(item, "id");
    const auto view = whole_of(item, "view");
    const auto created = whole_of(item, "created");
    const auto first = whole_of(item, "first");
    const auto gone = whole_of(item, "trimmed");
    if (table == nullptr || label == nullptr || !id || !view || *view < 0 || *view > 3 ||
        !created || !first || !gone) {
        return fail(Errc::corrupt, "The store's change streams cannot be read");
    }
    auto stream = std::make_shared<Stream>();
    stream->id = static_cast<std::uint32_t>(*id);
    stream->name = {*table, *label};
    stream->view = static_cast<StreamView>(*view);
    CARILLON_TRY(stream->key, decode_key_schema(item));
    stream->created_at = from_epoch_ms(*created);
    stream->first = static_cast<std::uint64_t>(*first);
    stream->counters->trimmed = static_cast<std::uint64_t>(*gone);
    if (const auto ended = whole_of(item, "ended")) {
        stream->ended_at = from_epoch_ms(*ended);
        stream->last = static_cast<std::uint64_t>(whole_of(item, "last").value_or(0));
    }
    return stream;
}

std::string sequence_text(std::uint64_t sequence) {
    return fmt::format("1{:020}", sequence);
}

Result<std::uint64_t> parse_sequence(std::string_view text) {
    constexpr std::size_t digits = 21;
    const bool numeric =
        !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
    if (!numeric) return invalid("sequenceNumber", "A sequence number consists of digits");
    while (text.size() > 1 && text.front() == '0') text.remove_prefix(1);
    constexpr auto highest = std::numeric_limits<std::uint64_t>::max();
    if (text.size() < digits) return 0;
    if (text.size() > digits || text.front() != '1') return highest;
    std::uint64_t value = 0;
    for (const char c : text.substr(1)) {
        const auto digit = static_cast<std::uint64_t>(c - '0');
        if (value > (highest - digit) / 10) return highest;
        value = value * 10 + digit;
    }
    return value;
}

std::string change_key(std::uint32_t stream, std::uint64_t sequence) {
    std::string key = id_prefix(stream);
    append_u64(sequence, key);
    return key;
}

void put_change(const Stream& stream,
                const Change& change,
                Rocks& rocks,
                rocksdb::WriteBatch& batch) {
    const std::string* old_row = wants_old(stream.view) ? change.old_row : nullptr;
    const std::string* new_row = wants_new(stream.view) ? change.new_row : nullptr;
    auto flags = static_cast<std::uint8_t>(change.kind);
    if (change.expired) flags |= expired_flag;
    if (old_row != nullptr) flags |= old_flag;
    if (new_row != nullptr) flags |= new_flag;
    std::string head;
    head.reserve(record_head_bytes + change.primary.size() + sizeof(std::uint32_t));
    head += record_version;
    head += static_cast<char>(flags);
    append_u64(static_cast<std::uint64_t>(to_epoch_ms(change.at)), head);
    append_u32(static_cast<std::uint32_t>(change.primary.size()), head);
    head += change.primary;
    append_u32(old_row != nullptr ? static_cast<std::uint32_t>(old_row->size()) : 0U, head);
    const std::string key = change_key(stream.id, stream.counters->next++);
    const rocksdb::Slice key_part(key);
    // The rows are copied once, into the batch.
    std::array<rocksdb::Slice, 3> parts{rocksdb::Slice(head), {}, {}};
    int count = 1;
    for (const std::string* row : {old_row, new_row}) {
        if (row != nullptr) parts[static_cast<std::size_t>(count++)] = rocksdb::Slice(*row);
    }
    batch
        .Put(rocks.changes(),
             rocksdb::SliceParts(&key_part, 1),
             rocksdb::SliceParts(parts.data(), count))
        .PermitUncheckedError();
}

ChangeReader::ChangeReader(const Rocks& rocks, const Stream& stream)
    : rocks_(rocks), stream_(stream), upper_(after_prefix(id_prefix(stream.id))), bound_(upper_) {}

std::unique_ptr<rocksdb::Iterator> ChangeReader::iterator() const {
    rocksdb::ReadOptions options;
    options.iterate_upper_bound = &bound_;
    return std::unique_ptr<rocksdb::Iterator>(rocks_.db().NewIterator(options, rocks_.changes()));
}

std::uint64_t ChangeReader::start() const {
    return std::max(stream_.first, stream_.counters->trimmed.load() + 1);
}

Result<std::uint64_t> ChangeReader::newest(rocksdb::Iterator& at) const {
    at.SeekToLast();
    if (!at.status().ok()) return std::unexpected(to_error(at.status(), "read changes"));
    const std::uint64_t floor = start() - 1;
    if (!at.Valid() || !at.key().starts_with(id_prefix(stream_.id))) return floor;
    return std::max(floor, sequence_of(view(at.key())));
}

Result<std::uint64_t> ChangeReader::oldest(rocksdb::Iterator& at, TimePoint now) const {
    const TimePoint limit = now - change_retention;
    // Whether the first change at or behind `sequence` may be read; its number then.
    std::uint64_t found = 0;
    auto young = [&](std::uint64_t sequence) -> Result<bool> {
        at.Seek(change_key(stream_.id, sequence));
        if (!at.status().ok()) return std::unexpected(to_error(at.status(), "read changes"));
        if (!at.Valid()) return true;
        CARILLON_TRY(const TimePoint when, time_of(view(at.value())));
        found = sequence_of(view(at.key()));
        return when > limit;
    };
    const std::uint64_t first = start();
    CARILLON_TRY(const bool all, young(first));
    if (all) return first;
    // Everything up to `old` is too old, everything from `fresh` on is not.
    std::uint64_t old = found;
    CARILLON_TRY(std::uint64_t fresh, newest(at));
    ++fresh;
    while (fresh - old > 1) {
        const std::uint64_t middle = old + (fresh - old) / 2;
        CARILLON_TRY(const bool is_young, young(middle));
        if (is_young) {
            fresh = middle;
        } else {
            old = found;
        }
    }
    return fresh;
}

Result<std::uint64_t> ChangeReader::newest() const {
    return newest(*iterator());
}

Result<std::uint64_t> ChangeReader::oldest(TimePoint now) const {
    return oldest(*iterator(), now);
}

Result<std::optional<TimePoint>> ChangeReader::oldest_at() const {
    const std::unique_ptr<rocksdb::Iterator> at = iterator();
    at->Seek(change_key(stream_.id, start()));
    if (!at->status().ok()) return std::unexpected(to_error(at->status(), "read changes"));
    if (!at->Valid()) return std::nullopt;
    CARILLON_TRY(const TimePoint when, time_of(view(at->value())));
    return when;
}

Result<ChangePage> ChangeReader::read(const ChangesRequest& request, TimePoint now) const {
    const std::unique_ptr<rocksdb::Iterator> at = iterator();
    CARILLON_TRY(std::uint64_t from, oldest(*at, now));
    ChangePage page;
    page.last_sequence = request.after_sequence;
    if (!request.after_sequence.empty()) {
        CARILLON_TRY(std::uint64_t wanted, parse_sequence(request.after_sequence));
        const bool next = !request.inclusive && wanted != std::numeric_limits<std::uint64_t>::max();
        if (next) ++wanted;
        if (wanted < from) {
            // From its very beginning a stream can be read, although nothing has that number.
            if (from > stream_.first || wanted + 1 < stream_.first) return trimmed();
            wanted = from;
        }
        from = wanted;
        page.last_sequence = sequence_text(from - 1);
    }
    std::size_t bytes = 0;
    bool more = false;
    for (at->Seek(change_key(stream_.id, from)); at->Valid(); at->Next()) {
        CARILLON_TRY(ChangeRecord record,
                     decode_change(stream_, view(at->key()), view(at->value())));
        bytes += size_of(record);
        more = page.records.size() >= request.limit ||
               (!page.records.empty() && bytes > page_bytes_max);
        if (more) break;
        page.last_sequence = record.sequence;
        page.records.push_back(std::move(record));
    }
    if (!at->status().ok()) return std::unexpected(to_error(at->status(), "read changes"));
    page.ended = !more && stream_.ended_at.has_value();
    return page;
}

Result<StreamDescription> ChangeReader::describe(TimePoint now) const {
    StreamDescription description;
    description.name = stream_.name;
    description.view = stream_.view;
    description.enabled = !stream_.ended_at;
    description.created_at = stream_.created_at;
    description.key = stream_.key;
    StreamShard shard;
    shard.id = stream_.shard_id();
    const std::unique_ptr<rocksdb::Iterator> at = iterator();
    CARILLON_TRY(const std::uint64_t first, oldest(*at, now));
    CARILLON_TRY(const std::uint64_t last, newest(*at));
    shard.first_sequence = sequence_text(first);
    shard.newest_sequence = sequence_text(std::max(last, first - 1));
    if (stream_.ended_at) shard.last_sequence = sequence_text(std::max(stream_.last, first));
    description.shards.push_back(std::move(shard));
    return description;
}

}  // namespace carillon::dynamo::embedded
