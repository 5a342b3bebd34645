#include "layer/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace carillon::layer {
namespace {

using dynamo::Item;
using dynamo::List;
using dynamo::Map;
using dynamo::Value;

/// Under DynamoDB's 400 KB for an item, with room for keys and names.
constexpr std::size_t part_bytes_max = 350 * 1024;

Value number(std::uint64_t value) {
    return static_cast<std::int64_t>(value);
}

Value number(TimePoint at) {
    return to_epoch_ms(at);
}

std::unexpected<Error> broken(std::string_view what) {
    return fail(Errc::corrupt, fmt::format("a row of the layer is damaged: its {}", what));
}

Result<std::uint64_t> count_of(const Item& item, std::string_view name) {
    const auto value = whole_of(item, name);
    if (!value || *value < 0) return broken(name);
    return static_cast<std::uint64_t>(*value);
}

Result<TimePoint> instant_of(const Item& item, std::string_view name) {
    const auto value = whole_of(item, name);
    if (!value) return broken(name);
    return from_epoch_ms(*value);
}

Item mark_item(const Mark& mark) {
    Item item;
    item.set("watermark", number(mark.watermark));
    item.set("at", number(mark.at));
    return item;
}

Result<Mark> mark_of(const Item& item, std::string_view name) {
    const Value* value = item.find(name);
    if (value == nullptr || value->map() == nullptr) return broken(name);
    Mark mark;
    CARILLON_TRY(mark.watermark, count_of(*value->map(), "watermark"));
    CARILLON_TRY(mark.at, instant_of(*value->map(), "at"));
    return mark;
}

Value runs_value(const std::vector<Run>& runs) {
    List list;
    for (const Run& run : runs) {
        List segments;
        for (const SegmentRef& segment : run.segments) {
            Map map;
            map.set("object", segment.object);
            map.set("count", number(segment.count));
            map.set("bytes", number(segment.bytes));
            map.set("born", number(segment.born));
            segments.emplace_back(std::move(map));
        }
        list.emplace_back(std::move(segments));
    }
    return list;
}

Result<Run> run_of(const Value& value) {
    if (value.list() == nullptr) return broken("runs");
    Run run;
    for (const Value& entry : *value.list()) {
        if (entry.map() == nullptr) return broken("runs");
        SegmentRef segment;
        segment.object = text_of(*entry.map(), "object");
        if (segment.object.empty()) return broken("runs");
        CARILLON_TRY(segment.count, count_of(*entry.map(), "count"));
        CARILLON_TRY(segment.bytes, count_of(*entry.map(), "bytes"));
        CARILLON_TRY(segment.born, count_of(*entry.map(), "born"));
        run.segments.push_back(std::move(segment));
    }
    return run;
}

}  // namespace

Result<> check_layer_name(std::string_view name) {
    constexpr std::size_t name_max = 128;
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_' || c == '.';
    };
    if (name.empty() || name.size() > name_max || !std::ranges::all_of(name, fits)) {
        return invalid("name", "must have 1 to 128 letters, digits, -, _ and .");
    }
    return {};
}

LayerTable::LayerTable(std::string table, std::string name)
    : table_(std::move(table)), name_(std::move(name)) {}

dynamo::TableSchema LayerTable::schema() const {
    dynamo::TableSchema schema;
    schema.name = table_;
    schema.key.hash.name = "pk";
    schema.key.sort = dynamo::KeyAttribute{.name = "sk"};
    schema.ttl_attribute = "ttl";
    return schema;
}

Item LayerTable::key(std::string hash, std::string sort) const {
    return {{"pk", std::move(hash)}, {"sk", std::move(sort)}};
}

Item LayerTable::sync_key() const {
    return key("layer:" + name_, "sync");
}

Item LayerTable::feed_key() const {
    return key("layer:" + name_, "feed");
}

Item LayerTable::feeder_key() const {
    return key("layer:" + name_, "feeder");
}

Item LayerTable::feed_key(std::string_view shard) const {
    return key("layer:" + name_, fmt::format("feed:{}", shard));
}

std::string LayerTable::heads_of(int shard) const {
    return fmt::format("layer:{}:heads:{}", name_, shard);
}

std::string LayerTable::dirty_of(int shard) const {
    return fmt::format("layer:{}:dirty:{}", name_, shard);
}

std::string LayerTable::log_of(std::string_view partition) const {
    return fmt::format("layer:{}:log:{}", name_, partition);
}

std::string LayerTable::manifests_of(std::string_view partition) const {
    return fmt::format("layer:{}:manifest:{}", name_, partition);
}

std::string LayerTable::garbage() const {
    return fmt::format("layer:{}:garbage", name_);
}

Item LayerTable::head_key(std::string_view partition) const {
    return key(heads_of(shard_of(partition)), fmt::format("={}", partition));
}

Item LayerTable::dirty_key(std::string_view partition) const {
    return key(dirty_of(shard_of(partition)), fmt::format("={}", partition));
}

Item LayerTable::log_key(std::string_view partition,
                         std::uint64_t first,
                         std::uint64_t part) const {
    return key(log_of(partition), fmt::format("{}.{:02}", sequence_text(first), part));
}

Item LayerTable::manifest_key(std::string_view partition) const {
    return key(manifests_of(partition), "current");
}

Item LayerTable::history_key(std::string_view partition,
                             TimePoint at,
                             std::uint64_t version) const {
    return key(manifests_of(partition), fmt::format("at:{:015}.{}", to_epoch_ms(at), version));
}

Item LayerTable::garbage_key(TimePoint due, std::string_view id) const {
    return key(garbage(), fmt::format("{:015}.{}", to_epoch_ms(due), id));
}

Item LayerTable::to_item(std::string_view partition, const Head& head) const {
    Item item = head_key(partition);
    item.set("version", number(head.version));
    item.set("sequence", number(head.sequence));
    item.set("folded", number(head.folded));
    item.set("bytes", head.bytes);
    item.set("at", number(head.at));
    item.set("since", number(head.since));
    if (head.positions.empty()) return item;
    Map positions;
    for (const auto& [shard, seen] : head.positions) {
        Map entry;
        entry.set("sequence", seen.sequence);
        entry.set("at", number(seen.at));
        positions.set(shard, std::move(entry));
    }
    item.set("positions", std::move(positions));
    return item;
}

Result<Head> LayerTable::head_of(const Item& item) {
    Head head;
    CARILLON_TRY(head.version, count_of(item, "version"));
    CARILLON_TRY(head.sequence, count_of(item, "sequence"));
    CARILLON_TRY(head.folded, count_of(item, "folded"));
    CARILLON_TRY(head.at, instant_of(item, "at"));
    CARILLON_TRY(head.since, instant_of(item, "since"));
    head.bytes = whole_of(item, "bytes").value_or(0);
    if (head.folded > head.sequence) return broken("folded");
    const Value* positions = item.find("positions");
    if (positions == nullptr) return head;
    if (positions->map() == nullptr) return broken("positions");
    for (const auto& [shard, value] : *positions->map()) {
        if (value.map() == nullptr) return broken("positions");
        Head::Seen seen;
        seen.sequence = text_of(*value.map(), "sequence");
        CARILLON_TRY(seen.at, instant_of(*value.map(), "at"));
        head.positions.emplace(shard, std::move(seen));
    }
    return head;
}

std::vector<Item> LayerTable::to_items(std::string_view partition, const LogRow& row) const {
    std::vector<Item> items;
    const std::size_t parts =
        std::max<std::size_t>(1, (row.block.size() + part_bytes_max - 1) / part_bytes_max);
    for (std::size_t part = 0; part < parts; ++part) {
        Item item = log_key(partition, row.first, part);
        item.set("first", number(row.first));
        item.set("count", number(row.count));
        item.set("at", number(row.at));
        item.set("token", row.token);
        item.set("parts", number(parts));
        item.set("keep", row.keep_seconds);
        item.set("block", dynamo::Binary{row.block.substr(part * part_bytes_max, part_bytes_max)});
        items.push_back(std::move(item));
    }
    return items;
}

Result<LogRow> LayerTable::log_row_of(const Item& item) {
    LogRow row;
    CARILLON_TRY(row.first, count_of(item, "first"));
    CARILLON_TRY(row.count, count_of(item, "count"));
    CARILLON_TRY(row.at, instant_of(item, "at"));
    CARILLON_TRY(row.parts, count_of(item, "parts"));
    row.token = text_of(item, "token");
    row.keep_seconds = whole_of(item, "keep").value_or(0);
    const Value* block = item.find("block");
    const auto* bytes = block == nullptr ? nullptr : block->get_if<dynamo::Binary>();
    if (bytes == nullptr) return broken("block");
    if (row.first == 0 || row.count == 0 || row.parts == 0) return broken("count");
    row.block = bytes->bytes;
    return row;
}

Item LayerTable::to_item(std::string_view partition, const Manifest& manifest) const {
    Item item = manifest_key(partition);
    item.set("version", number(manifest.version));
    item.set("watermark", number(manifest.watermark));
    item.set("watermarkAt", number(manifest.watermark_at));
    item.set("runs", runs_value(manifest.runs));
    item.set("trimmed", number(manifest.trimmed));
    item.set("history", mark_item(manifest.history));
    if (manifest.next_floor == Mark{}) return item;
    item.set("stateVersion", manifest.state_version);
    item.set("floor", mark_item(manifest.floor));
    item.set("nextFloor", mark_item(manifest.next_floor));
    return item;
}

Result<Manifest> LayerTable::manifest_of(const Item& item) {
    Manifest manifest;
    CARILLON_TRY(manifest.version, count_of(item, "version"));
    CARILLON_TRY(manifest.watermark, count_of(item, "watermark"));
    CARILLON_TRY(manifest.watermark_at, instant_of(item, "watermarkAt"));
    CARILLON_TRY(manifest.trimmed, count_of(item, "trimmed"));
    CARILLON_TRY(manifest.history, mark_of(item, "history"));
    const Value* runs = item.find("runs");
    if (runs == nullptr || runs->list() == nullptr) return broken("runs");
    for (const Value& value : *runs->list()) {
        CARILLON_TRY(Run run, run_of(value));
        manifest.runs.push_back(std::move(run));
    }
    manifest.state_version = text_of(item, "stateVersion");
    if (item.find("floor") == nullptr) return manifest;
    CARILLON_TRY(manifest.floor, mark_of(item, "floor"));
    CARILLON_TRY(manifest.next_floor, mark_of(item, "nextFloor"));
    return manifest;
}

std::string partition_of_sort_key(const Item& item) {
    const std::string sort = text_of(item, "sk");
    return sort.empty() ? sort : sort.substr(1);
}

std::string sequence_text(std::uint64_t sequence) {
    return fmt::format("{:020}", sequence);
}

int shard_of(std::string_view partition) {
    std::uint64_t hash = 14695981039346656037ULL;  // FNV-1a.
    for (const char c : partition) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
    }
    return static_cast<int>(hash % shards);
}

std::optional<std::int64_t> whole_of(const Item& item, std::string_view name) {
    const Value* value = item.find(name);
    if (value == nullptr || value->number() == nullptr) return std::nullopt;
    return value->number()->to_int64();
}

std::string text_of(const Item& item, std::string_view name) {
    const Value* value = item.find(name);
    return value == nullptr || value->string() == nullptr ? std::string() : *value->string();
}

}  // namespace carillon::layer
