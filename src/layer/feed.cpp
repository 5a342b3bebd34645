#include "layer/feed.hpp"

#include <algorithm>
#include <utility>

namespace carillon::layer {
namespace {

/// What is left of an item when a stream keeps no images.
const dynamo::Item& old_of(const dynamo::ChangeRecord& record) {
    return record.old_image ? *record.old_image : record.key;
}

}  // namespace

Result<std::vector<Change>> changes_of(const dynamo::ChangeRecord& record,
                                       const std::string& shard,
                                       const LayerOptions& layer) {
    // Up to two changes come of a record; their positions must differ, and rise.
    const auto position = [&](char part) {
        return SourcePosition{.shard = shard, .sequence = record.sequence + part};
    };
    std::vector<Change> changes;
    if (record.kind == dynamo::ChangeKind::remove) {
        const dynamo::Item& old = old_of(record);
        CARILLON_TRY_VOID(place_of(old, layer.partition_of, layer.id_of));
        changes.push_back({.type = ChangeType::remove, .item = old, .position = position('1')});
        return changes;
    }
    if (!record.new_image) {
        return invalid("stream", "must hold new images (NEW_AND_OLD_IMAGES, or NEW_IMAGE)");
    }
    CARILLON_TRY(const auto now, place_of(*record.new_image, layer.partition_of, layer.id_of));
    if (record.old_image) {
        const auto before = place_of(*record.old_image, layer.partition_of, layer.id_of);
        if (before && *before != now) {
            changes.push_back(
                {.type = ChangeType::remove, .item = *record.old_image, .position = position('0')});
        }
    }
    const bool fresh = record.kind == dynamo::ChangeKind::insert;
    changes.push_back({.type = fresh ? ChangeType::put : ChangeType::update,
                       .item = *record.new_image,
                       .position = position('1')});
    return changes;
}

Feed::Feed(runtime::Loop& loop,
           dynamo::Database& source,
           Layer& layer,
           Random& random,
           Log& lines,
           FeedOptions options)
    : loop_(loop),
      source_(source),
      layer_(layer),
      lines_(lines),
      options_(std::move(options)),
      lease_(loop,
             layer.database(),
             layer.rows(),
             random,
             layer.rows().feeder_key(),
             options_.owner,
             options_.lease_ttl),
      group_(loop),
      wake_(loop) {}

Task<Result<>> Feed::start() {
    if (!source_.capabilities().streams) {
        co_return fail(Errc::invalid, "the store of " + options_.table + " has no change streams");
    }
    // With leave to turn the stream on, the table may even come later.
    if (!options_.enable_stream) CARILLON_CO_TRY_VOID(co_await find_stream());
    watch_ = source_.watch_changes(loop_, options_.table, [this] { wake_.set(); });
    group_.spawn(follow());
    co_return Result<>{};
}

Task<> Feed::stop() {
    group_.request_stop();
    co_await group_.join();
    watch_ = {};
    if (lease_.valid()) (void)co_await lease_.release();
}

Task<Result<dynamo::StreamDescription>> Feed::open_stream() {
    auto found = co_await find_stream();
    const bool missing = !found && found.error().code == Errc::not_found;
    if (!missing || !options_.enable_stream) co_return found;
    CARILLON_CO_TRY(const auto table, co_await source_.describe_table(options_.table));
    dynamo::TableChange change{.settings = table.schema.settings};
    change.settings->stream = dynamo::StreamView::new_and_old_images;
    CARILLON_CO_TRY_VOID(co_await source_.update_table(options_.table, std::move(change)));
    co_return co_await find_stream();
}

/// The enabled one.
Task<Result<dynamo::StreamDescription>> Feed::find_stream() {
    CARILLON_CO_TRY(auto streams, co_await source_.list_streams(options_.table));
    for (dynamo::StreamDescription& stream : streams) {
        if (stream.enabled && stream.name.table == options_.table) co_return std::move(stream);
    }
    co_return fail(Errc::not_found, "the table " + options_.table + " has no change stream");
}

Task<bool> Feed::hold_lease() {
    const std::int64_t now = loop_.clock().ticks();
    if (lease_.valid() && now < renew_at_) co_return true;
    Result<bool> held = false;
    if (lease_.valid()) held = co_await lease_.renew();
    if (!held || !*held) {
        held = co_await lease_.acquire();
        // Somebody else may have gone on meanwhile.
        places_.clear();
    }
    renew_at_ = now + std::chrono::nanoseconds(lease_.ttl() / 3).count();
    co_return held && *held;
}

Task<> Feed::follow() {
    const runtime::StopToken stop = group_.stop_token();
    while (!stop.stop_requested()) {
        bool more = false;
        if (co_await hold_lease()) {
            const auto read = co_await pass();
            more = read && *read;
            if (!read) complain(read.error());
            if (read) complaint_.clear();
        }
        if (!more) (void)co_await wake_.wait_until(loop_.now() + options_.poll, stop);
    }
}

/// Once, until it is something else: it is tried again every second.
void Feed::complain(const Error& error) {
    if (complaint_ == error.message) return;
    complaint_ = error.message;
    lines_.warn(
        "a layer cannot follow its table for now",
        {{"layer", layer_.options().name}, {"table", options_.table}, {"error", describe(error)}});
}

Task<Result<bool>> Feed::pass() {
    CARILLON_CO_TRY(dynamo::StreamDescription stream, co_await open_stream());
    if (stream.name.label != label_) {
        places_.clear();
        CARILLON_CO_TRY(const bool begun, co_await has_begun(stream.name.label));
        if (!begun) CARILLON_CO_TRY_VOID(co_await begin(stream));
        label_ = stream.name.label;
    }
    bool any = false;
    for (const dynamo::StreamShard& shard : stream.shards) {
        if (group_.stop_token().stop_requested()) break;
        // What happened before comes before.
        if (!shard.parent.empty()) {
            const auto known =
                std::ranges::find(stream.shards, shard.parent, &dynamo::StreamShard::id);
            if (known != stream.shards.end()) {
                Place& parent = places_[shard.parent];
                CARILLON_CO_TRY_VOID(co_await load(shard.parent, parent));
                if (!parent.ended) continue;
            }
        }
        auto read = co_await read_shard(stream.name, shard.id);
        if (!read && read.error().code == Errc::not_found &&
            dynamic_cast<const dynamo::ChangesTrimmed*>(read.error().detail.get()) != nullptr) {
            lines_.warn("changes of a table were lost; the layer is made anew from the table",
                        {{"layer", layer_.options().name}, {"table", options_.table}});
            CARILLON_CO_TRY_VOID(co_await begin(stream));
            co_return true;
        }
        if (!read) co_return std::unexpected(std::move(read).error());
        any = any || *read;
    }
    co_return any;
}

Task<Result<bool>> Feed::read_shard(const dynamo::StreamName& stream, const std::string& shard) {
    Place& place = places_[shard];
    CARILLON_CO_TRY_VOID(co_await load(shard, place));
    if (place.ended) co_return false;
    dynamo::ChangesRequest request{.stream = stream, .shard = shard};
    request.after_sequence = place.after;
    CARILLON_CO_TRY(dynamo::ChangePage page, co_await source_.read_changes(std::move(request)));
    const bool any = !page.records.empty();
    if (any) CARILLON_CO_TRY_VOID(co_await take(shard, std::move(page.records)));
    const bool moved = any || page.ended;
    place.after = page.last_sequence;
    place.ended = page.ended && !any;
    if (moved) CARILLON_CO_TRY_VOID(co_await save(shard, place));
    co_return any;
}

Task<Result<>> Feed::take(const std::string& shard, std::vector<dynamo::ChangeRecord> records) {
    std::vector<Change> changes;
    for (const dynamo::ChangeRecord& record : records) {
        auto some = changes_of(record, shard, layer_.options());
        if (!some) {
            // It will not become better: the others must not wait for it.
            ++skipped_;
            lines_.warn("a change of a table cannot be used by a layer",
                        {{"layer", layer_.options().name},
                         {"table", options_.table},
                         {"error", describe(some.error())}});
            continue;
        }
        std::ranges::move(*some, std::back_inserter(changes));
    }
    CARILLON_CO_TRY_VOID(co_await layer_.set(std::move(changes)));
    co_return Result<>{};
}

Task<Result<bool>> Feed::has_begun(const std::string& label) {
    dynamo::GetRequest get{.table = layer_.rows().table(), .key = layer_.rows().feed_key()};
    CARILLON_CO_TRY(const auto row, co_await layer_.database().get_item(std::move(get)));
    co_return row&& text_of(*row, "stream") == label;
}

Task<Result<>> Feed::begin(const dynamo::StreamDescription& stream) {
    std::map<std::string, Place> ends;
    for (const dynamo::StreamShard& shard : stream.shards) {
        ends[shard.id] = {
            .after = shard.newest_sequence, .ended = !shard.last_sequence.empty(), .loaded = true};
    }
    ResetOptions reset{.table = options_.table};
    CARILLON_CO_TRY(const ResetReport report, co_await layer_.reset(source_, std::move(reset)));
    if (report.locked) {
        co_return fail(Errc::unavailable, "the layer is being synced by somebody else");
    }
    for (const auto& [shard, place] : ends) CARILLON_CO_TRY_VOID(co_await save(shard, place));
    places_ = std::move(ends);
    dynamo::PutRequest put{.table = layer_.rows().table(), .item = layer_.rows().feed_key()};
    put.item.set("stream", stream.name.label);
    put.item.set("table", options_.table);
    CARILLON_CO_TRY_VOID(co_await layer_.database().put_item(std::move(put)));
    label_ = stream.name.label;
    lines_.info(
        "a layer follows its table",
        {{"layer", layer_.options().name}, {"table", options_.table}, {"items", report.count}});
    co_return Result<>{};
}

Task<Result<>> Feed::load(const std::string& shard, Place& place) {
    if (place.loaded) co_return Result<>{};
    dynamo::GetRequest get{.table = layer_.rows().table(), .key = layer_.rows().feed_key(shard)};
    CARILLON_CO_TRY(const auto row, co_await layer_.database().get_item(std::move(get)));
    if (row) {
        place.after = text_of(*row, "sequence");
        const dynamo::Value* ended = row->find("ended");
        const bool* truth = ended == nullptr ? nullptr : ended->get_if<bool>();
        place.ended = truth != nullptr && *truth;
    }
    place.loaded = true;
    co_return Result<>{};
}

Task<Result<>> Feed::save(const std::string& shard, const Place& place) {
    // Streams forget their shards after a day; so may we.
    constexpr Duration kept = 2 * dynamo::change_retention;
    dynamo::PutRequest put{.table = layer_.rows().table(), .item = layer_.rows().feed_key(shard)};
    put.item.set("sequence", place.after);
    put.item.set("ended", place.ended);
    if (place.ended) put.item.set("ttl", to_epoch_ms(loop_.now() + kept) / 1'000);
    CARILLON_CO_TRY_VOID(co_await layer_.database().put_item(std::move(put)));
    co_return Result<>{};
}

}  // namespace carillon::layer
