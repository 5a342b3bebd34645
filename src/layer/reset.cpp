#include "layer/reset.hpp"

#include "dynamo/item/codec.hpp"

#include <algorithm>
#include <utility>

namespace carillon::layer {
namespace {

/// What all partitions together may hold in memory before the largest is written out.
constexpr std::size_t buffered_max = std::size_t{32} << 20U;

}  // namespace

/// A partition on its way.
struct Reset::Part {
    Manifest before{};
    Mark end{};  ///< Of its log, before the source was read.
    std::unique_ptr<Rebuild> rebuild;
    RecordWriter buffer{};
    std::uint64_t folded_bytes = 0;
    bool published = false;
};

Reset::Reset(dynamo::Database& source,
             Syncer& syncer,
             ChangeLog& log,
             const LayerOptions& layer,
             ResetOptions options)
    : source_(source), syncer_(syncer), log_(log), layer_(layer), options_(std::move(options)) {}

Reset::~Reset() = default;

Task<Result<ResetReport>> Reset::run() {
    ResetReport report;
    const auto under_lease = [&](Lease& lease) -> Task<Result<>> { return work(lease, report); };
    auto held = co_await syncer_.with_lease(under_lease);
    for (const auto& [name, part] : parts_) {
        if (!part->published) co_await part->rebuild->discard();
    }
    if (!held) co_return std::unexpected(std::move(held).error());
    report.locked = !*held;
    co_return report;
}

Task<Result<>> Reset::work(Lease& lease, ResetReport& report) {
    // First what is known: a partition that the source does not have any more becomes empty.
    if (options_.partition) {
        CARILLON_CO_TRY_VOID(co_await part_of(*options_.partition));
    } else {
        CARILLON_CO_TRY(const auto known, co_await syncer_.partitions(false));
        for (const std::string& name : known) CARILLON_CO_TRY_VOID(co_await part_of(name));
    }
    CARILLON_CO_TRY_VOID(co_await read_source(lease));
    if (options_.passed) CARILLON_CO_TRY_VOID(co_await options_.passed());
    for (const auto& [name, part] : parts_) {
        CARILLON_CO_TRY_VOID(co_await publish(lease, name, *part));
        ++report.partitions;
    }
    report.count = count_;
    co_return Result<>{};
}

Task<Result<>> Reset::read_source(Lease& lease) {
    reading_ = true;
    std::optional<dynamo::Item> start;
    do {
        if (!lease.valid()) co_return fail(Errc::unavailable, "the syncer's lease was lost");
        dynamo::ScanRequest scan;
        scan.table = options_.table;
        scan.index = options_.index;
        scan.consistent = !options_.index.has_value();
        scan.start_key = std::move(start);
        CARILLON_CO_TRY(dynamo::Page page, co_await source_.scan(std::move(scan)));
        for (const dynamo::Item& item : page.items) CARILLON_CO_TRY_VOID(co_await take(item));
        start = std::move(page.last_key);
    } while (start);
    co_return Result<>{};
}

/// A partition that comes up only now has had no change yet, or its first since: all of its log
/// still counts.
Task<Result<Reset::Part*>> Reset::part_of(const std::string& partition) {
    auto& part = parts_[partition];
    if (part) co_return part.get();
    auto fresh = std::make_unique<Part>();
    CARILLON_CO_TRY(fresh->before, co_await syncer_.manifest(partition));
    CARILLON_CO_TRY(const Head head, co_await log_.head(partition));
    fresh->end = reading_ ? Mark{fresh->before.watermark, fresh->before.watermark_at}
                          : Mark{head.sequence, head.at};
    fresh->folded_bytes =
        reading_ ? 0 : static_cast<std::uint64_t>(std::max<std::int64_t>(0, head.bytes));
    fresh->rebuild = syncer_.states().rebuild(partition, fresh->before.version + 1);
    part = std::move(fresh);
    co_return part.get();
}

Task<Result<>> Reset::take(const dynamo::Item& item) {
    CARILLON_CO_TRY(const Place place, place_of(item, layer_.partition_of, layer_.id_of));
    if (options_.partition && place.partition != *options_.partition) co_return Result<>{};
    CARILLON_CO_TRY(Part* const part, co_await part_of(place.partition));
    std::string bytes;
    dynamo::encode_item(item, bytes);
    const std::size_t before = part->buffer.bytes();
    part->buffer.add({.id = place.id, .sequence = part->end.watermark, .item = bytes});
    bytes_ += part->buffer.bytes() - before;
    ++count_;
    if (bytes_ < buffered_max) co_return Result<>{};
    const auto largest = std::ranges::max_element(
        parts_, {}, [](const auto& entry) { return entry.second->buffer.bytes(); });
    co_return co_await spill(*largest->second);
}

Task<Result<>> Reset::spill(Part& part) {
    if (part.buffer.count() == 0) co_return Result<>{};
    bytes_ -= part.buffer.bytes();
    CARILLON_CO_TRY(const BlockPtr block, RecordBlock::of_raw(part.buffer.take_raw()));
    std::vector<Record> records = block->records();
    keep_latest(records);
    co_return co_await part.rebuild->add(std::move(records));
}

Task<Result<>> Reset::publish(Lease& lease, const std::string& partition, Part& part) {
    CARILLON_CO_TRY_VOID(co_await spill(part));
    Syncer::Publication publication{.partition = partition, .before = part.before};
    CARILLON_CO_TRY(publication.fold, co_await part.rebuild->finish(part.before));
    // From here on publish() looks after what was written.
    part.published = true;
    publication.watermark = part.end;
    publication.folded_bytes = static_cast<std::int64_t>(part.folded_bytes);
    CARILLON_CO_TRY_VOID(co_await syncer_.publish(lease, std::move(publication)));
    co_return Result<>{};
}

}  // namespace carillon::layer
