#include "layer/layer.hpp"

#include "dynamo/ensure_table.hpp"
#include "dynamo/item/codec.hpp"
#include "layer/memory_store.hpp"
#include "layer/reset.hpp"
#include "layer/segment_states.hpp"
#include "layer/whole_states.hpp"

#include <algorithm>
#include <utility>

namespace carillon::layer {
namespace {

/// A manifest of the past is kept about this often within the time that is kept.
constexpr int history_steps = 120;
constexpr Duration history_step_min = std::chrono::minutes{1};

Duration step_of(const LayerOptions& options) {
    return std::max(history_step_min, options.keep / history_steps);
}

Result<> check(const LayerOptions& options) {
    CARILLON_TRY_VOID(check_layer_name(options.name));
    if (!options.id_of) return invalid("id", "is required: what tells items apart");
    if (options.keep < Duration::zero()) return invalid("keep", "must not be negative");
    if (options.parallel < 1 || options.parallel > 64) {
        return invalid("parallel", "must be from 1 to 64");
    }
    if (options.lease_ttl < std::chrono::seconds{1}) {
        return invalid("leaseTtl", "must be at least 1s");
    }
    if (options.poll < Duration{10}) return invalid("poll", "must be at least 10ms");
    return {};
}

SyncerOptions syncer_options(const LayerOptions& options) {
    return {.parallel = options.parallel,
            .owner = options.owner,
            .lease_ttl = options.lease_ttl,
            .history = options.keep,
            .history_step = step_of(options),
            .grace = options.grace,
            .fold = options.fold};
}

ObjectStore& objects_of(const Snapshots& snapshots, ObjectStore& none) {
    const auto* store = std::get_if<ObjectStore*>(&snapshots);
    return store == nullptr ? none : **store;
}

std::unique_ptr<States> states_of(runtime::Loop& loop,
                                  Random& random,
                                  SegmentCache& cache,
                                  const Snapshots& snapshots,
                                  const LayerOptions& options) {
    if (const auto* whole = std::get_if<WholeStore*>(&snapshots)) {
        return std::make_unique<WholeStates>(loop, **whole, options.name, options.id_of);
    }
    return std::make_unique<SegmentStates>(loop, random, cache, options.prefix, options.name);
}

}  // namespace

struct Layer::Numbers {
    Numbers(Registry& registry, const std::string& layer)
        : changes(registry.counter("carillon_layer_changes_total",
                                   "Changes written to a layer's log.",
                                   {{"layer", layer}})),
          folded(registry.counter("carillon_layer_folded_total",
                                  "Changes folded into a layer's snapshot.",
                                  {{"layer", layer}})),
          syncs(registry.counter(
              "carillon_layer_syncs_total", "Syncs that were carried out.", {{"layer", layer}})),
          failures(registry.counter("carillon_layer_sync_failures_total",
                                    "Syncs that failed, in whole or for some partitions.",
                                    {{"layer", layer}})),
          reads(registry.counter(
              "carillon_layer_reads_total", "Partitions that were read.", {{"layer", layer}})),
          pending(registry.gauge("carillon_layer_unsynced",
                                 "Changes that are not folded, as last seen.",
                                 {{"layer", layer}})),
          seconds(registry.histogram("carillon_layer_sync_seconds",
                                     "How long a sync takes.",
                                     latency_buckets,
                                     {{"layer", layer}})) {}

    Counter& changes;
    Counter& folded;
    Counter& syncs;
    Counter& failures;
    Counter& reads;
    Gauge& pending;
    Histogram& seconds;
};

Result<std::unique_ptr<Layer>> Layer::make(runtime::Loop& loop,
                                           dynamo::Database& database,
                                           Snapshots snapshots,
                                           Random& random,
                                           Log& lines,
                                           Registry& metrics,
                                           LayerOptions options) {
    CARILLON_TRY_VOID(check(options));
    if (!database.capabilities().transactions) {
        return fail(Errc::invalid, "a layer needs a store with transactions, which this one lacks");
    }
    return std::unique_ptr<Layer>(new Layer(
        loop, database, std::move(snapshots), random, lines, metrics, std::move(options)));
}

Layer::Layer(runtime::Loop& loop,
             dynamo::Database& database,
             Snapshots snapshots,
             Random& random,
             Log& lines,
             Registry& metrics,
             LayerOptions options)
    : loop_(loop),
      database_(database),
      lines_(lines),
      options_(std::move(options)),
      table_(options_.table, options_.name),
      no_objects_(std::make_unique<MemoryStore>()),
      cache_(objects_of(snapshots, *no_objects_), options_.cache_bytes),
      states_(states_of(loop, random, cache_, snapshots, options_)),
      group_(loop),
      log_(loop, database, table_, random, group_),
      syncer_(loop, database, table_, log_, *states_, random, lines, syncer_options(options_)),
      reader_(loop, database, table_, log_, *states_, cache_),
      wake_(loop),
      turn_(loop, 1),
      numbers_(std::make_unique<Numbers>(metrics, options_.name)) {}

Layer::~Layer() = default;

Task<Result<>> Layer::start() {
    CARILLON_CO_TRY_VOID(co_await dynamo::ensure_table(database_, table_.schema()));
    CARILLON_CO_TRY_VOID(co_await meta());
    if (options_.background && options_.strategy.any()) group_.spawn(follow_strategy());
    co_return Result<>{};
}

Task<> Layer::stop() {
    group_.request_stop();
    co_await group_.join();
}

std::int64_t Layer::keep_seconds(const dynamo::Item& item) const {
    const Duration keep = options_.keep_of ? options_.keep_of(item) : options_.keep;
    Duration kept = Duration::zero();
    // The oldest manifest of the past that is read lies up to a step before the moment asked for.
    if (keep > Duration::zero()) kept = keep + 3 * step_of(options_);
    if (!states_->keeps_past()) kept = std::max(kept, whole_log_min);
    return std::chrono::ceil<std::chrono::seconds>(kept).count();
}

Result<std::map<std::string, std::vector<LogChange>>> Layer::sort_out(
    std::vector<Change> changes) const {
    std::map<std::string, std::vector<LogChange>> by_partition;
    for (Change& change : changes) {
        CARILLON_TRY(Place place, place_of(change.item, options_.partition_of, options_.id_of));
        LogChange ready{.type = change.type,
                        .id = std::move(place.id),
                        .position = std::move(change.position),
                        .keep_seconds = keep_seconds(change.item)};
        if (dynamo::size_of(change.item) > dynamo::item_bytes_max) {
            return std::unexpected(
                Error{Errc::too_large, "Item size has exceeded the maximum allowed size", "item"});
        }
        dynamo::encode_item(change.item, ready.item);
        by_partition[std::move(place.partition)].push_back(std::move(ready));
    }
    return by_partition;
}

Task<> Layer::append_one(std::string partition,
                         std::vector<LogChange> changes,
                         Result<Appended>& answer) {
    answer = co_await log_.append(std::move(partition), std::move(changes));
}

Task<Result<SetReport>> Layer::set(std::vector<Change> changes, Folding folding) {
    const std::size_t given = changes.size();
    CARILLON_CO_TRY(auto by_partition, sort_out(std::move(changes)));
    SetReport report;
    if (given == 0) co_return report;
    std::int64_t bytes = 0;
    std::map<std::string, Result<Appended>> answers;
    runtime::TaskGroup writing(loop_);
    for (auto& [partition, list] : by_partition) {
        for (const LogChange& change : list) {
            bytes += static_cast<std::int64_t>(change.item.size() + change.id.size());
        }
        auto& answer = answers[partition];
        // Nearly always there is one: no need to go beside.
        if (by_partition.size() == 1) {
            co_await append_one(partition, std::move(list), answer);
        } else {
            writing.spawn(append_one(partition, std::move(list), answer));
        }
    }
    co_await writing.join();
    std::optional<Error> failed;
    for (auto& [partition, answer] : answers) {
        if (!answer) {
            failed = std::move(answer).error();
            continue;
        }
        report.repeated += answer->repeated;
        report.where.emplace(partition, *answer);
    }
    if (failed) co_return std::unexpected(*std::move(failed));
    report.count = given - report.repeated;
    numbers_->changes.add(report.count);

    // Written first, counted after: whatever the counting leads to finds the changes there.
    known_.unsynced_last_total = static_cast<std::int64_t>(report.count);
    known_.unsynced_total += known_.unsynced_last_total;
    known_.unsynced_bytes += bytes;
    if (!known_.unsynced_since && report.count > 0) known_.unsynced_since = loop_.now();
    if (!is_due(options_.strategy, known_, loop_.now())) co_return report;
    if (options_.background) {
        wake_.set();
        co_return report;
    }
    if (folding == Folding::later) co_return report;
    auto synced = co_await sync();
    // The changes are safe; that they are not folded yet is no failure of set().
    report.synced = synced ? *synced : SyncReport{.failed = 1, .error = describe(synced.error())};
    co_return report;
}

Task<> Layer::fold_if_due() {
    if (options_.background || !is_due(options_.strategy, known_, loop_.now())) co_return;
    // A reset that has the turn may be waiting for the caller.
    if (turn_.available() == 0) co_return;
    (void)co_await sync();
}

Task<Result<View>> Layer::get(std::string partition, ReadOptions options) {
    numbers_->reads.add();
    return reader_.get(std::move(partition), std::move(options));
}

Task<Result<View>> Layer::get_all(bool sorted, std::optional<TimePoint> as_of) {
    CARILLON_CO_TRY(const auto names, co_await partitions());
    View all;
    for (const std::string& name : names) {
        ReadOptions options{.as_of = as_of};
        CARILLON_CO_TRY(View part, co_await get(name, std::move(options)));
        std::ranges::move(part.items, std::back_inserter(all.items));
        std::ranges::move(part.ids, std::back_inserter(all.ids));
    }
    if (!sorted) co_return all;
    std::vector<std::size_t> order(all.ids.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
        const int by_id = all.ids[a].compare(all.ids[b]);
        return by_id != 0 ? by_id < 0 : a < b;
    });
    View in_order;
    for (const std::size_t i : order) {
        in_order.items.push_back(std::move(all.items[i]));
        in_order.ids.push_back(std::move(all.ids[i]));
    }
    co_return in_order;
}

Task<Result<std::vector<std::string>>> Layer::partitions() {
    return syncer_.partitions(false);
}

Task<Result<SyncReport>> Layer::sync() {
    const std::int64_t begun = loop_.clock().ticks();
    auto report = co_await in_turn(false);
    const bool good = report && report->failed == 0;
    if (!good) numbers_->failures.add();
    if (report && !report->locked) {
        numbers_->syncs.add();
        numbers_->folded.add(report->count);
        numbers_->seconds.observe(static_cast<double>(loop_.clock().ticks() - begun) / 1e9);
        (void)co_await read_meta();
    }
    co_return report;
}

Task<Result<SyncReport>> Layer::compact() {
    return in_turn(true);
}

Task<Result<SyncReport>> Layer::in_turn(bool everything) {
    (void)co_await turn_.acquire();
    auto report = everything ? co_await syncer_.compact() : co_await syncer_.sync();
    turn_.release();
    co_return report;
}

Task<Result<LayerMeta>> Layer::meta() {
    return read_meta();
}

Task<Result<LayerMeta>> Layer::read_meta() {
    CARILLON_CO_TRY(const SyncTotals totals,
                    co_await Lease::totals(database_, table_, loop_.now()));
    LayerMeta meta{.cursor = totals.epoch,
                   .loaded = true,
                   .synced_last_total = totals.synced_last_total,
                   .synced_times = totals.synced_times,
                   .synced_total = totals.synced_total,
                   .unsynced_last_total = known_.unsynced_last_total,
                   .last_sync_at = totals.last_sync_at,
                   .last_sync_ms = totals.last_sync_ms,
                   .syncing = totals.holder};
    CARILLON_CO_TRY(const auto dirty, co_await syncer_.partitions(true));
    for (const std::string& partition : dirty) {
        CARILLON_CO_TRY(const Head head, co_await log_.head(partition));
        if (head.pending() == 0) continue;
        ++meta.unsynced_partitions;
        meta.unsynced_total += static_cast<std::int64_t>(head.pending());
        meta.unsynced_bytes += std::max<std::int64_t>(0, head.bytes);
        if (!meta.unsynced_since || head.since < *meta.unsynced_since) {
            meta.unsynced_since = head.since;
        }
    }
    numbers_->pending.set(static_cast<double>(meta.unsynced_total));
    known_ = meta;
    co_return meta;
}

TimePoint Layer::next_look() const {
    TimePoint at = loop_.now() + options_.poll;
    if (options_.strategy.age && known_.unsynced_since) {
        at = std::min(at, *known_.unsynced_since + *options_.strategy.age);
    }
    return std::max(at, loop_.now() + Duration{1});
}

Task<> Layer::follow_strategy() {
    const runtime::StopToken stop = group_.stop_token();
    while (!stop.stop_requested()) {
        (void)co_await wake_.wait_until(next_look(), stop);
        if (stop.stop_requested()) co_return;
        const auto seen = co_await read_meta();
        if (!seen || !is_due(options_.strategy, *seen, loop_.now())) continue;
        const auto report = co_await sync();
        const bool good = report && report->failed == 0 && !report->locked;
        if (good) continue;
        if (!report) {
            lines_.warn("a layer was not synced",
                        {{"layer", options_.name}, {"error", describe(report.error())}});
        }
        // Whatever is in the way: not again at once.
        (void)co_await loop_.sleep_for(std::min(options_.poll, Duration{1'000}), stop);
    }
}

Task<Result<>> Layer::find_what_passes(const dynamo::Database& source, ResetOptions& options) {
    if (options.passed) co_return Result<>{};
    if (followed_ && followed_->source == &source && followed_->table == options.table) {
        options.passed = followed_->passed;
        co_return Result<>{};
    }
    dynamo::GetRequest get{.table = table_.table(), .key = table_.feed_key()};
    CARILLON_CO_TRY(const auto row, co_await database_.get_item(std::move(get)));
    if (!row || text_of(*row, "table") != options.table) co_return Result<>{};
    CARILLON_CO_TRY(const std::string feeder,
                    co_await Lease::holder(database_, table_, table_.feeder_key(), loop_.now()));
    if (!feeder.empty() && !database_.capabilities().exclusive) {
        co_return fail(Errc::unavailable,
                       "the layer is fed from the table " + options.table + " by " + feeder +
                           ": reset it there");
    }
    options.passed = [this] { return forget_feed(); };
    co_return Result<>{};
}

/// It begins anew, by a reset of its own, when it is started again.
Task<Result<>> Layer::forget_feed() {
    dynamo::DeleteRequest gone{.table = table_.table(), .key = table_.feed_key()};
    CARILLON_CO_TRY_VOID(co_await database_.delete_item(std::move(gone)));
    co_return Result<>{};
}

Task<Result<ResetReport>> Layer::reset(dynamo::Database& source, ResetOptions options) {
    if (options.partition) CARILLON_CO_TRY_VOID(check_partition(*options.partition));
    CARILLON_CO_TRY_VOID(co_await find_what_passes(source, options));
    Reset reset(source, syncer_, log_, options_, std::move(options));
    (void)co_await turn_.acquire();
    auto report = co_await reset.run();
    turn_.release();
    (void)co_await read_meta();
    co_return report;
}

}  // namespace carillon::layer
