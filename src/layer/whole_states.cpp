#include "layer/whole_states.hpp"

#include "dynamo/item/codec.hpp"
#include "dynamo/item/json.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

namespace carillon::layer {
namespace {

/// The items of a stored list as a run. They came before every change: sequence 0.
Result<RunSource> to_run(const json::array& items, const KeyOf& id_of) {
    RecordWriter writer;
    for (const json::value& json : items) {
        CARILLON_TRY(const dynamo::Value value, dynamo::from_plain_json(json));
        if (value.map() == nullptr) return fail(Errc::corrupt, "a stored item is no object");
        CARILLON_TRY(const Place place, place_of(*value.map(), nullptr, id_of));
        std::string bytes;
        dynamo::encode_item(*value.map(), bytes);
        writer.add({.id = place.id, .item = bytes});
    }
    CARILLON_TRY(BlockPtr block, RecordBlock::of_raw(writer.take_raw()));
    RunSource run{.records = block->records(), .alive = {block}};
    keep_latest(run.records);
    return run;
}

class WholeRebuild final : public Rebuild {
public:
    WholeRebuild(WholeStates& states, std::string partition)
        : states_(states), partition_(std::move(partition)) {}

    Task<Result<>> add(std::vector<Record> records) override {
        for (const Record& record : records) {
            items_[std::string(record.id)] = std::string(record.item);
        }
        co_return Result<>{};
    }

    Task<Result<Fold>> finish(Manifest before) override {
        std::vector<Record> records;
        for (const auto& [id, item] : items_) records.push_back({.id = id, .item = item});
        Manifest manifest = before;
        CARILLON_CO_TRY(const Base base, co_await states_.load(partition_, std::move(before)));
        co_return co_await states_.save(
            partition_, std::move(manifest), std::move(records), base.state_version);
    }

    Task<> discard() override { co_return; }

private:
    WholeStates& states_;
    std::string partition_;
    std::map<std::string, std::string> items_;
};

}  // namespace

WholeStates::WholeStates(runtime::Loop& loop, WholeStore& store, std::string layer, KeyOf id_of)
    : loop_(loop), store_(store), layer_(std::move(layer)), id_of_(std::move(id_of)) {}

std::string WholeStates::name_of(std::string_view partition) const {
    return partition.empty() ? layer_ : layer_ + "#" + std::string(partition);
}

Task<Result<Base>> WholeStates::load(std::string partition, Manifest manifest) {
    CARILLON_CO_TRY(const Whole whole, co_await store_.load(name_of(partition)));
    Base base{.state_version = whole.version};
    const bool known = manifest.version > 0 && whole.version == manifest.state_version;
    base.watermark = known ? manifest.watermark : manifest.floor.watermark;
    CARILLON_CO_TRY(RunSource run, to_run(whole.items, id_of_));
    base.sources.push_back(std::move(run));
    co_return base;
}

Task<Result<Fold>> WholeStates::fold(std::string partition,
                                     Manifest before,
                                     Base base,
                                     RunSource latest) {
    // All in memory already: nothing is fetched.
    std::map<std::string_view, const Record*> items;
    for (const RunSource& source : base.sources) {
        for (const Record& record : source.records) items.emplace(record.id, &record);
    }
    for (const Record& record : latest.records) {
        if (record.removed()) {
            items.erase(record.id);
        } else {
            items[record.id] = &record;
        }
    }
    std::vector<Record> records;
    for (const auto& [id, record] : items) records.push_back(*record);
    co_return co_await save(
        std::move(partition), std::move(before), std::move(records), base.state_version);
}

Task<Result<Fold>> WholeStates::save(std::string partition,
                                     Manifest before,
                                     std::vector<Record> records,
                                     std::string expected) {
    json::array items;
    for (const Record& record : records) {
        CARILLON_CO_TRY(const dynamo::Item item, item_of(record));
        items.push_back(dynamo::to_plain_json(item));
    }
    Fold fold{.manifest = std::move(before)};
    Manifest& manifest = fold.manifest;
    CARILLON_CO_TRY(
        manifest.state_version,
        co_await store_.save(name_of(partition), std::move(items), std::move(expected)));
    const TimePoint now = loop_.now();
    if (manifest.next_floor.at + whole_write_max <= now) {
        manifest.floor = manifest.next_floor;
        // What was published before this write, not what it publishes.
        manifest.next_floor = {.watermark = manifest.watermark, .at = now};
    }
    co_return fold;
}

Task<Result<std::optional<Fold>>> WholeStates::compact(std::string /*partition*/,
                                                       Manifest /*before*/,
                                                       bool /*everything*/) {
    co_return std::nullopt;
}

std::unique_ptr<Rebuild> WholeStates::rebuild(std::string partition, std::uint64_t /*born*/) {
    return std::make_unique<WholeRebuild>(*this, std::move(partition));
}

Task<Result<>> WholeStates::remove(std::vector<std::string> /*objects*/) {
    co_return Result<>{};
}

Task<Result<std::uint64_t>> WholeStates::sweep(std::vector<std::string> /*known*/,
                                               TimePoint /*before*/) {
    co_return std::uint64_t{0};
}

}  // namespace carillon::layer
