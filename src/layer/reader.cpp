#include "layer/reader.hpp"

#include "runtime/turn.hpp"

#include <fmt/format.h>

#include <utility>

namespace carillon::layer {
namespace {

constexpr int tries_max = 10;
constexpr Duration pause{20};

}  // namespace

Reader::Reader(runtime::Loop& loop,
               dynamo::Database& database,
               const LayerTable& table,
               ChangeLog& log,
               States& states,
               SegmentCache& cache)
    : loop_(loop), database_(database), table_(table), log_(log), states_(states), cache_(cache) {}

Task<Result<View>> Reader::get(std::string partition, ReadOptions options) {
    CARILLON_CO_TRY_VOID(check_partition(partition));
    if (options.as_of && *options.as_of >= loop_.now()) options.as_of.reset();
    Error last{Errc::unavailable, "the partition is being synced too often to be read"};
    for (int tries = 0; tries < tries_max; ++tries) {
        if (tries > 1) (void)co_await loop_.sleep_for(pause * tries);
        std::optional<Source> source;
        if (options.as_of) {
            CARILLON_CO_TRY(source, co_await open_past(partition, *options.as_of));
        } else {
            CARILLON_CO_TRY(source, co_await open(partition));
        }
        if (!source) continue;
        auto view = co_await collect(*std::move(source), options);
        // A segment that is gone was replaced since the manifest was read.
        if (view || view.error().code != Errc::not_found) co_return view;
        last = {Errc::unavailable, "a segment is missing: " + view.error().message};
    }
    co_return std::unexpected(std::move(last));
}

/// Both with one request; whichever is read first does no harm (see open()).
Task<Result<std::pair<Head, Manifest>>> Reader::bounds(std::string partition) {
    dynamo::BatchGetRequest request;
    auto& keys = request.tables.emplace_back();
    keys.table = table_.table();
    keys.keys = {table_.head_key(partition), table_.manifest_key(partition)};
    CARILLON_CO_TRY(const auto found, co_await database_.batch_get(std::move(request)));
    std::pair<Head, Manifest> both;
    for (const auto& [table, items] : found.items) {
        for (const dynamo::Item& item : items) {
            if (text_of(item, "sk") == "current") {
                CARILLON_CO_TRY(both.second, LayerTable::manifest_of(item));
            } else {
                CARILLON_CO_TRY(both.first, LayerTable::head_of(item));
            }
        }
    }
    co_return both;
}

Task<Result<std::optional<Reader::Source>>> Reader::open(std::string partition) {
    CARILLON_CO_TRY(const auto both, co_await bounds(partition));
    const auto& [head, manifest] = both;
    CARILLON_CO_TRY(Base base, co_await states_.load(partition, manifest));
    // Behind the state, in this order: a state that is replaced in place may be newer than its
    // manifest, but never newer than the log that is read after it.
    CARILLON_CO_TRY(LogSlice slice, co_await log_.read(partition, base.watermark, head.sequence));
    if (slice.gap) co_return std::nullopt;
    Source source{.sequence = std::max(slice.last, manifest.watermark)};
    RunSource pending{.records = slice.records(), .alive = std::move(slice.blocks)};
    keep_latest(pending.records);
    source.runs.push_back(std::move(pending));
    for (RunSource& run : base.sources) source.runs.push_back(std::move(run));
    co_return source;
}

Task<Result<std::optional<Manifest>>> Reader::manifest_before(std::string partition,
                                                              TimePoint as_of) {
    dynamo::QueryRequest query;
    query.table = table_.table();
    query.key.hash = table_.manifests_of(partition);
    query.key.sort = dynamo::SortCondition{
        .op = dynamo::SortOperator::between,
        .value = "at:",
        .upper = fmt::format("at:{:015}~", std::max<std::int64_t>(0, to_epoch_ms(as_of)))};
    query.forward = false;
    query.limit = 1;
    CARILLON_CO_TRY(const dynamo::Page page, co_await database_.query(std::move(query)));
    if (page.items.empty()) co_return std::nullopt;
    CARILLON_CO_TRY(Manifest manifest, LayerTable::manifest_of(page.items.front()));
    co_return manifest;
}

Task<Result<Reader::Source>> Reader::open_past(std::string partition, TimePoint as_of) {
    if (!states_.keeps_past()) {
        co_return invalid("asOf", "needs snapshots in segments: this layer's lists keep no past");
    }
    CARILLON_CO_TRY(const auto both, co_await bounds(partition));
    const Head& head = both.first;
    Manifest base = both.second;
    if (base.version > 0 && base.watermark_at > as_of) {
        CARILLON_CO_TRY(auto older, co_await manifest_before(partition, as_of));
        base = older ? *std::move(older) : Manifest{};
    }
    CARILLON_CO_TRY(LogSlice slice, co_await log_.read(partition, base.watermark, head.sequence));
    Source source{.sequence = base.watermark};
    RunSource changes;
    bool reached = !slice.gap;
    for (std::size_t i = 0; i < slice.rows.size(); ++i) {
        if (slice.rows[i].at > as_of) {
            reached = true;
            break;
        }
        source.sequence = slice.rows[i].first + slice.rows[i].count - 1;
        const auto& records = slice.blocks[i]->records();
        changes.records.insert(changes.records.end(), records.begin(), records.end());
        changes.alive.push_back(slice.blocks[i]);
    }
    if (!reached) {
        co_return fail(Errc::not_found,
                       "the state as of " + format_instant(as_of) + " is not kept any more");
    }
    keep_latest(changes.records);
    source.runs.push_back(std::move(changes));
    for (Run& run : base.runs) source.runs.push_back({.segments = std::move(run.segments)});
    co_return source;
}

Task<Result<View>> Reader::collect(Source source, ReadOptions options) {
    View view{.sequence = source.sequence};
    MergeStream merged(cache_, std::move(source.runs), false);
    for (;;) {
        CARILLON_CO_TRY(const RecordBatch batch, co_await merged.next());
        for (const Record& record : batch.records) {
            if (record.id <= options.after && !options.after.empty()) continue;
            if (view.items.size() == options.limit) {
                if (!view.ids.empty()) view.next = view.ids.back();
                co_return view;
            }
            CARILLON_CO_TRY(dynamo::Item item, item_of(record));
            view.items.push_back(std::move(item));
            view.ids.emplace_back(record.id);
        }
        if (batch.end) co_return view;
        // A large partition must not hold up everybody else on the loop.
        co_await runtime::next_turn(loop_);
    }
}

}  // namespace carillon::layer
