#include "layer/syncer.hpp"

#include "core/backoff.hpp"
#include "core/id.hpp"
#include "layer/expressions.hpp"
#include "runtime/task_group.hpp"

#include <algorithm>
#include <utility>

namespace carillon::layer {
namespace {

using dynamo::Item;

constexpr int publish_tries_max = 12;
constexpr Backoff pause{Duration{20}, Duration{1'000}, 2.0, 0.5};

/// Which write of a transaction did not hold its condition; nothing when the error is another.
std::optional<std::size_t> refused_at(const Error& error) {
    const auto* cancelled = dynamic_cast<const dynamo::TransactionCancelled*>(error.detail.get());
    if (cancelled == nullptr) return std::nullopt;
    for (std::size_t i = 0; i < cancelled->reasons.size(); ++i) {
        if (cancelled->reasons[i].code == "ConditionalCheckFailed") return i;
    }
    return std::nullopt;
}

Duration since(const runtime::Loop& loop, std::int64_t begun) {
    return std::chrono::duration_cast<Duration>(
        std::chrono::nanoseconds(loop.clock().ticks() - begun));
}

constexpr std::size_t fence_place = 0;
constexpr std::size_t manifest_place = 1;

}  // namespace

/// One pass over the partitions.
struct Syncer::Round {
    Round(runtime::Loop& loop, Lease& held, bool all, std::size_t parallel)
        : lease(held), everything(all), places(loop, parallel), group(loop) {}

    Lease& lease;
    bool everything;
    runtime::Semaphore places;
    runtime::TaskGroup group;
    SyncReport report{};
};

Syncer::Syncer(runtime::Loop& loop,
               dynamo::Database& database,
               const LayerTable& table,
               ChangeLog& log,
               States& states,
               Random& random,
               Log& lines,
               SyncerOptions options)
    : loop_(loop),
      database_(database),
      table_(table),
      log_(log),
      states_(states),
      random_(random),
      lines_(lines),
      options_(std::move(options)),
      absent_{condition("attribute_not_exists(pk)")},
      same_version_(condition("#version = :version")),
      same_sequence_(condition("#sequence = :sequence")),
      move_fold_(update("SET #folded = :folded, #since = :since ADD #version :one, #bytes :bytes")),
      set_trimmed_(update("SET #trimmed = :trimmed")) {}

Task<Result<SyncReport>> Syncer::sync() {
    co_return co_await run(false);
}

Task<Result<SyncReport>> Syncer::compact() {
    co_return co_await run(true);
}

Task<Result<SyncReport>> Syncer::run(bool everything) {
    SyncReport report;
    const std::int64_t begun = loop_.clock().ticks();
    const auto work = [&](Lease& lease) -> Task<Result<>> {
        return pass(lease, everything, begun, report);
    };
    CARILLON_CO_TRY(const bool held, co_await with_lease(work));
    report.locked = !held;
    co_return report;
}

Task<Result<>> Syncer::pass(Lease& lease, bool everything, std::int64_t begun, SyncReport& report) {
    Round round(loop_, lease, everything, options_.parallel);
    const auto visited = co_await visit(round);
    co_await round.group.join();
    report = round.report;
    if (!visited) co_return visited;
    if (report.count > 0) (void)co_await lease.note_sync(report.count, since(loop_, begun));
    // Neither is what the caller waits for; what fails is tried again at the next pass.
    if (const auto collected = co_await collect_garbage(); !collected) {
        lines_.debug("the layer's garbage stays for now",
                     {{"layer", table_.name()}, {"error", collected.error().message}});
    }
    if (everything) co_return co_await sweep();
    co_return Result<>{};
}

Task<Result<bool>> Syncer::with_lease(std::function<Task<Result<>>(Lease&)> work) {
    Lease lease(
        loop_, database_, table_, random_, table_.sync_key(), options_.owner, options_.lease_ttl);
    CARILLON_CO_TRY(const bool held, co_await lease.acquire());
    if (!held) co_return false;
    runtime::TaskGroup beside(loop_);
    beside.spawn(lease.keep(beside.stop_token()));
    const Result<> outcome = co_await work(lease);
    beside.request_stop();
    co_await beside.join();
    (void)co_await lease.release();
    if (!outcome) co_return std::unexpected(outcome.error());
    co_return true;
}

Task<Result<>> Syncer::visit(Round& round) {
    CARILLON_CO_TRY(auto names, co_await partitions(!round.everything));
    for (std::string& name : names) {
        (void)co_await round.places.acquire();
        if (!round.lease.valid()) {
            round.places.release();
            co_return fail(Errc::unavailable, "the syncer's lease was lost");
        }
        round.group.spawn(visit_one(round, std::move(name)));
    }
    co_return Result<>{};
}

Task<> Syncer::visit_one(Round& round, std::string partition) {
    std::uint64_t folded = 0;
    Result<> outcome = co_await fold_partition(round.lease, partition, folded);
    round.report.count += folded;
    round.report.partitions += folded > 0 ? 1 : 0;
    if (outcome) outcome = co_await compact_partition(round.lease, partition, round.everything);
    if (!outcome) {
        ++round.report.failed;
        const std::string text = describe(outcome.error());
        if (round.report.error.empty()) round.report.error = text;
        lines_.warn("a partition of a layer was not synced",
                    {{"layer", table_.name()}, {"partition", partition}, {"error", text}});
    }
    round.places.release();
}

Task<Result<>> Syncer::fold_partition(Lease& lease, std::string partition, std::uint64_t& total) {
    CARILLON_CO_TRY(Manifest current, co_await manifest(partition));
    if (current.trimmed < current.watermark) {
        CARILLON_CO_TRY(auto rows,
                        co_await log_.list(partition, current.trimmed, current.watermark));
        co_await trim_rows(partition, current, std::move(rows));
    }
    CARILLON_CO_TRY(const Head head, co_await log_.head(partition));
    while (current.watermark < head.sequence) {
        if (!lease.valid()) co_return fail(Errc::unavailable, "the syncer's lease was lost");
        CARILLON_CO_TRY(Base base, co_await states_.load(partition, current));
        // A state that needs older changes too must get all of them at once.
        const bool behind = base.watermark < current.watermark;
        const ReadLimits none{.changes = SIZE_MAX, .bytes = SIZE_MAX};
        CARILLON_CO_TRY(
            LogSlice slice,
            co_await log_.read(
                partition, base.watermark, head.sequence, behind ? none : options_.fold));
        if (slice.last <= current.watermark) {
            CARILLON_CO_TRY(const Manifest now, co_await manifest(partition));
            if (now.version != current.version) {
                co_return fail(Errc::unavailable, "somebody else has synced the partition");
            }
            co_return fail(Errc::corrupt,
                           "the log lacks the change behind " + std::to_string(slice.last));
        }
        Publication publication{.partition = partition, .before = current};
        std::vector<SeenRow> rows;
        for (const SeenRow& row : slice.rows) {
            if (row.first <= current.watermark) continue;
            publication.folded_bytes += static_cast<std::int64_t>(row.bytes);
            rows.push_back(row);
        }
        RunSource latest{.records = slice.records(), .alive = slice.blocks};
        keep_latest(latest.records);
        CARILLON_CO_TRY(
            publication.fold,
            co_await states_.fold(partition, current, std::move(base), std::move(latest)));
        publication.watermark = {.watermark = slice.last, .at = slice.last_at};
        const std::uint64_t count = slice.last - current.watermark;
        publication.folded = count;
        CARILLON_CO_TRY(current, co_await publish(lease, std::move(publication)));
        total += count;
        co_await trim_rows(partition, current, std::move(rows));
    }
    co_return Result<>{};
}

/// What cannot be done now is done by the next sync: it must not keep this one from going on.
Task<> Syncer::trim_rows(const std::string& partition,
                         Manifest& manifest,
                         std::vector<SeenRow> rows) {
    std::uint64_t done = manifest.trimmed;
    const auto expired = co_await log_.expire(partition, std::move(rows), done);
    if (!expired) {
        lines_.debug("rows of a layer's log stay for now",
                     {{"layer", table_.name()}, {"error", expired.error().message}});
    } else {
        done = manifest.watermark;
    }
    if (done <= manifest.trimmed) co_return;
    dynamo::UpdateRequest request{.table = table_.table(), .key = table_.manifest_key(partition)};
    request.update = set_trimmed_;
    request.values = {{":trimmed", static_cast<std::int64_t>(done)}};
    request.condition = dynamo::BoundCondition{
        same_version_, {{":version", static_cast<std::int64_t>(manifest.version)}}};
    if (co_await database_.update_item(std::move(request))) manifest.trimmed = done;
}

Task<Result<>> Syncer::compact_partition(Lease& lease, std::string partition, bool everything) {
    CARILLON_CO_TRY(Manifest current, co_await manifest(partition));
    for (;;) {
        if (!lease.valid()) co_return fail(Errc::unavailable, "the syncer's lease was lost");
        CARILLON_CO_TRY(auto fold, co_await states_.compact(partition, current, everything));
        if (!fold) co_return Result<>{};
        Publication publication{.partition = partition,
                                .before = current,
                                .fold = *std::move(fold),
                                .watermark = {current.watermark, current.watermark_at}};
        CARILLON_CO_TRY(current, co_await publish(lease, std::move(publication)));
    }
}

Task<Result<Manifest>> Syncer::publish(Lease& lease, Publication publication) {
    Manifest after = publication.fold.manifest;
    after.version = publication.before.version + 1;
    after.watermark = publication.watermark.watermark;
    after.watermark_at = publication.watermark.at;
    const bool keep = options_.history > Duration::zero() && states_.keeps_past() &&
                      after.watermark_at - after.history.at >= options_.history_step;
    if (keep) after.history = {.watermark = after.version, .at = after.watermark_at};

    bool unclear = false;
    Error last{Errc::unavailable, "the manifest could not be published"};
    for (int tries = 1; tries <= publish_tries_max; ++tries) {
        if (tries > 1) {
            (void)co_await loop_.sleep_for(backoff_delay(pause, tries - 1, random_));
        }
        const auto head = co_await log_.head(publication.partition);
        if (!head) {
            last = head.error();
            continue;
        }
        dynamo::WriteUnit unit = build(lease, publication, after, *head);
        const auto written = co_await database_.transact_write(std::move(unit));
        if (written) co_return after;
        last = written.error();
        const auto refused = refused_at(last);
        unclear = unclear || last.code != Errc::condition_failed;
        if (refused && *refused > manifest_place) continue;  // The head: a writer was faster.
        const auto stored = co_await manifest(publication.partition);
        if (!stored) continue;
        if (*stored == after) co_return after;
        if (stored->version != publication.before.version) {
            unclear = false;  // Somebody else's: ours never will be.
            last = {Errc::unavailable, "somebody else has synced the partition"};
            break;
        }
        if (refused == fence_place) {
            // A try whose answer was lost had the same fence.
            unclear = false;
            last = {Errc::unavailable, "the syncer's lease was lost"};
            break;
        }
    }
    // What may have been published must stay; a sweep finds it otherwise.
    if (!unclear) {
        std::vector<std::string> objects;
        for (SegmentRef& segment : publication.fold.written) {
            objects.push_back(std::move(segment.object));
        }
        (void)co_await states_.remove(std::move(objects));
    }
    co_return std::unexpected(std::move(last));
}

dynamo::WriteUnit Syncer::build(const Lease& lease,
                                const Publication& publication,
                                const Manifest& after,
                                const Head& head) const {
    const Manifest& before = publication.before;
    dynamo::WriteUnit unit;
    unit.emplace_back(lease.fence(publication.folded));
    dynamo::PutRequest put{.table = table_.table(),
                           .item = table_.to_item(publication.partition, after)};
    put.condition = absent_;
    if (before.version > 0) {
        put.condition = dynamo::BoundCondition{
            same_version_, {{":version", static_cast<std::int64_t>(before.version)}}};
    }
    unit.emplace_back(std::move(put));
    // Merging runs changes nothing that writers need to know.
    if (before.version == 0 || after.watermark != before.watermark) {
        add_head(unit, publication, head);
    }
    if (after.history != before.history) {
        const Duration kept = options_.history + 2 * options_.history_step;
        Item item = table_.to_item(publication.partition, after);
        const Item key =
            table_.history_key(publication.partition, after.watermark_at, after.version);
        for (const auto& [name, value] : key) item.set(name, value);
        item.set("ttl", to_epoch_ms(loop_.now() + kept) / 1'000);
        unit.emplace_back(dynamo::PutRequest{.table = table_.table(), .item = std::move(item)});
    }
    add_garbage(unit, publication);
    return unit;
}

void Syncer::add_head(dynamo::WriteUnit& unit,
                      const Publication& publication,
                      const Head& head) const {
    const std::string& partition = publication.partition;
    const std::uint64_t watermark = publication.watermark.watermark;
    if (head.version == 0) {
        // A partition that came from a source table and never had a change.
        const Head fresh{.version = 1, .at = loop_.now(), .since = loop_.now()};
        dynamo::PutRequest put{.table = table_.table(), .item = table_.to_item(partition, fresh)};
        put.condition = absent_;
        unit.emplace_back(std::move(put));
        return;
    }
    dynamo::UpdateRequest request{.table = table_.table(), .key = table_.head_key(partition)};
    request.update = move_fold_;
    request.values = {{":folded", static_cast<std::int64_t>(watermark)},
                      {":since", to_epoch_ms(publication.watermark.at)},
                      {":one", 1},
                      {":bytes", -publication.folded_bytes}};
    if (head.sequence != watermark) {
        unit.emplace_back(std::move(request));
        return;
    }
    // Nothing is left to fold, as long as nobody writes before this does.
    request.condition = dynamo::BoundCondition{
        same_sequence_, {{":sequence", static_cast<std::int64_t>(watermark)}}};
    unit.emplace_back(std::move(request));
    unit.emplace_back(
        dynamo::DeleteRequest{.table = table_.table(), .key = table_.dirty_key(partition)});
}

void Syncer::add_garbage(dynamo::WriteUnit& unit, const Publication& publication) const {
    constexpr std::size_t objects_max = 2'000;  // Of a row, which must stay below 400 KB.
    // Whether a manifest of the past may name the segment.
    const std::uint64_t past = publication.before.history.watermark;
    dynamo::List soon;
    dynamo::List later;
    const auto flush = [&](dynamo::List& objects, Duration wait) {
        if (objects.empty()) return;
        Item item = table_.garbage_key(loop_.now() + wait, ulid(loop_.now(), random_));
        item.set("objects", std::exchange(objects, {}));
        unit.emplace_back(dynamo::PutRequest{.table = table_.table(), .item = std::move(item)});
    };
    const Duration kept = options_.grace + options_.history + 3 * options_.history_step;
    for (const SegmentRef& segment : publication.fold.dropped) {
        const bool named = options_.history > Duration::zero() && segment.born <= past;
        dynamo::List& objects = named ? later : soon;
        objects.emplace_back(segment.object);
        if (objects.size() == objects_max) flush(objects, named ? kept : options_.grace);
    }
    flush(soon, options_.grace);
    flush(later, kept);
}

Task<Result<Manifest>> Syncer::manifest(std::string partition) {
    dynamo::GetRequest get{.table = table_.table(), .key = table_.manifest_key(partition)};
    CARILLON_CO_TRY(const auto item, co_await database_.get_item(std::move(get)));
    if (!item) co_return Manifest{};
    co_return LayerTable::manifest_of(*item);
}

Task<Result<std::vector<std::string>>> Syncer::partitions(bool dirty_only) {
    std::vector<std::string> names;
    for (int shard = 0; shard < shards; ++shard) {
        std::optional<Item> start;
        do {
            dynamo::QueryRequest query;
            query.table = table_.table();
            query.key.hash = dirty_only ? table_.dirty_of(shard) : table_.heads_of(shard);
            query.start_key = std::move(start);
            CARILLON_CO_TRY(dynamo::Page page, co_await database_.query(std::move(query)));
            for (const Item& item : page.items) names.push_back(partition_of_sort_key(item));
            start = std::move(page.last_key);
        } while (start);
    }
    std::ranges::sort(names);
    co_return names;
}

Task<Result<>> Syncer::collect_garbage() {
    constexpr std::int64_t rows_max = 50;
    dynamo::QueryRequest query;
    query.table = table_.table();
    query.key.hash = table_.garbage();
    query.key.sort =
        dynamo::SortCondition{.op = dynamo::SortOperator::less,
                              .value = text_of(table_.garbage_key(loop_.now(), ""), "sk")};
    query.limit = rows_max;
    CARILLON_CO_TRY(const dynamo::Page page, co_await database_.query(std::move(query)));
    for (const Item& item : page.items) {
        std::vector<std::string> objects;
        if (const dynamo::Value* list = item.find("objects"); list && list->list()) {
            for (const dynamo::Value& object : *list->list()) {
                if (object.string()) objects.push_back(*object.string());
            }
        }
        CARILLON_CO_TRY_VOID(co_await states_.remove(std::move(objects)));
        dynamo::DeleteRequest gone;
        gone.table = table_.table();
        gone.key.set("pk", *item.find("pk"));
        gone.key.set("sk", *item.find("sk"));
        CARILLON_CO_TRY_VOID(co_await database_.delete_item(std::move(gone)));
    }
    co_return Result<>{};
}

/// Names in every manifest, also those of the past, and in the garbage.
Task<Result<std::vector<std::string>>> Syncer::known_objects() {
    std::vector<std::string> objects;
    CARILLON_CO_TRY(auto hashes, co_await partitions(false));
    for (std::string& name : hashes) name = table_.manifests_of(name);
    hashes.push_back(table_.garbage());
    for (const std::string& hash : hashes) {
        std::optional<Item> start;
        do {
            dynamo::QueryRequest query;
            query.table = table_.table();
            query.key.hash = hash;
            query.start_key = std::move(start);
            CARILLON_CO_TRY(dynamo::Page page, co_await database_.query(std::move(query)));
            for (const Item& item : page.items) {
                if (const dynamo::Value* list = item.find("objects"); list && list->list()) {
                    for (const dynamo::Value& object : *list->list()) {
                        if (object.string()) objects.push_back(*object.string());
                    }
                    continue;
                }
                CARILLON_CO_TRY(const Manifest named, LayerTable::manifest_of(item));
                for (const Run& run : named.runs) {
                    for (const SegmentRef& segment : run.segments) {
                        objects.push_back(segment.object);
                    }
                }
            }
            start = std::move(page.last_key);
        } while (start);
    }
    co_return objects;
}

Task<Result<>> Syncer::sweep() {
    // Whatever is younger may belong to somebody who is about to publish it.
    constexpr Duration age_min = std::chrono::hours{24};
    CARILLON_CO_TRY(auto known, co_await known_objects());
    CARILLON_CO_TRY(const std::uint64_t removed,
                    co_await states_.sweep(std::move(known), loop_.now() - age_min));
    if (removed > 0) {
        lines_.info("removed objects that no manifest names",
                    {{"layer", table_.name()}, {"objects", removed}});
    }
    co_return Result<>{};
}

}  // namespace carillon::layer
