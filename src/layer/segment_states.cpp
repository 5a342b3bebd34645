#include "layer/segment_states.hpp"

#include "core/id.hpp"
#include "core/text.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

namespace carillon::layer {
namespace {

/// When an object was written: its name begins with a ULID, whose first ten characters are time.
std::optional<TimePoint> written_at(std::string_view key) {
    constexpr std::string_view alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
    constexpr std::size_t time_letters = 10;
    const std::string_view name = key.substr(key.rfind('/') + 1);
    if (!name.ends_with(".clr") || name.size() < time_letters) return std::nullopt;
    std::int64_t ms = 0;
    for (const char c : name.substr(0, time_letters)) {
        const std::size_t digit = alphabet.find(c);
        if (digit == std::string_view::npos) return std::nullopt;
        ms = ms * 32 + static_cast<std::int64_t>(digit);
    }
    return from_epoch_ms(ms);
}

class SegmentRebuild final : public Rebuild {
public:
    SegmentRebuild(std::function<RunWriter()> writer, SegmentStates& states)
        : writer_(std::move(writer)), states_(states) {}

    Task<Result<>> add(std::vector<Record> records) override {
        RunWriter writer = writer_();
        auto added = co_await writer.add(records);
        Result<Run> run = Run{};
        if (added) run = co_await writer.finish();
        if (!added || !run) {
            std::ranges::copy(writer.written(), std::back_inserter(lost_));
            co_return std::unexpected(added ? run.error() : added.error());
        }
        if (!run->segments.empty()) runs_.insert(runs_.begin(), *std::move(run));
        co_return Result<>{};
    }

    Task<Result<Fold>> finish(Manifest before) override {
        Fold fold{.manifest = std::move(before)};
        for (const Run& run : fold.manifest.runs) {
            std::ranges::copy(run.segments, std::back_inserter(fold.dropped));
        }
        for (const Run& run : runs_) {
            std::ranges::copy(run.segments, std::back_inserter(fold.written));
        }
        fold.manifest.runs = std::move(runs_);
        co_return fold;
    }

    Task<> discard() override {
        std::vector<std::string> objects;
        for (const Run& run : runs_) {
            for (const SegmentRef& segment : run.segments) objects.push_back(segment.object);
        }
        for (const SegmentRef& segment : lost_) objects.push_back(segment.object);
        (void)co_await states_.remove(std::move(objects));
    }

private:
    std::function<RunWriter()> writer_;
    SegmentStates& states_;
    std::vector<Run> runs_;  ///< Newest first.
    std::vector<SegmentRef> lost_;
};

}  // namespace

SegmentStates::SegmentStates(
    runtime::Loop& loop, Random& random, SegmentCache& cache, std::string prefix, std::string layer)
    : loop_(loop),
      random_(random),
      cache_(cache),
      prefix_(std::move(prefix)),
      layer_(std::move(layer)) {}

RunWriter SegmentStates::writer(std::string_view partition,
                                std::uint64_t born,
                                std::uint64_t run_bytes) {
    return {loop_,
            random_,
            cache_,
            folder_of(prefix_, layer_, partition),
            born,
            segment_bytes(run_bytes)};
}

Task<Result<Base>> SegmentStates::load(std::string /*partition*/, Manifest manifest) {
    Base base{.watermark = manifest.watermark};
    for (Run& run : manifest.runs) {
        base.sources.push_back({.segments = std::move(run.segments)});
    }
    co_return base;
}

Task<Result<Fold>> SegmentStates::fold(std::string partition,
                                       Manifest before,
                                       Base /*base*/,
                                       RunSource latest) {
    Fold fold{.manifest = std::move(before)};
    // With nothing below, there is nothing that a removal could hide.
    if (fold.manifest.runs.empty()) std::erase_if(latest.records, &Record::removed);
    RunWriter out = writer(partition, fold.manifest.version + 1, 0);
    const auto added = co_await out.add(latest.records);
    Result<Run> run = Run{};
    if (added) run = co_await out.finish();
    if (!added || !run) {
        std::vector<std::string> objects;
        for (const SegmentRef& segment : out.written()) objects.push_back(segment.object);
        (void)co_await remove(std::move(objects));
        co_return std::unexpected(added ? run.error() : added.error());
    }
    fold.written = run->segments;
    if (!run->segments.empty()) {
        fold.manifest.runs.insert(fold.manifest.runs.begin(), *std::move(run));
    }
    co_return fold;
}

Task<Result<std::optional<Fold>>> SegmentStates::compact(std::string partition,
                                                         Manifest before,
                                                         bool everything) {
    std::size_t count = runs_to_merge(before.runs);
    if (everything) count = std::min(before.runs.size(), merged_runs_max);
    // The last ones, when all are to go: what is merged first is small.
    if (count < 2) co_return std::nullopt;
    const bool oldest = count == before.runs.size();
    std::vector<RunSource> sources;
    std::uint64_t bytes = 0;
    Fold fold;
    for (std::size_t i = 0; i < count; ++i) {
        bytes += before.runs[i].bytes();
        std::ranges::copy(before.runs[i].segments, std::back_inserter(fold.dropped));
        sources.push_back({.segments = before.runs[i].segments});
    }
    MergeStream merged(cache_, std::move(sources), !oldest, false);
    RunWriter out = writer(partition, before.version + 1, bytes);
    Result<> outcome;
    for (bool end = false; !end && outcome;) {
        auto batch = co_await merged.next();
        if (!batch) {
            outcome = std::unexpected(batch.error());
            break;
        }
        end = batch->end;
        outcome = co_await out.add(batch->records);
    }
    Result<Run> run = Run{};
    if (outcome) run = co_await out.finish();
    if (!outcome || !run) {
        std::vector<std::string> objects;
        for (const SegmentRef& segment : out.written()) objects.push_back(segment.object);
        (void)co_await remove(std::move(objects));
        co_return std::unexpected(outcome ? run.error() : outcome.error());
    }
    fold.written = run->segments;
    fold.manifest = std::move(before);
    auto& runs = fold.manifest.runs;
    runs.erase(runs.begin(), runs.begin() + static_cast<std::ptrdiff_t>(count));
    if (!run->segments.empty()) runs.insert(runs.begin(), *std::move(run));
    co_return fold;
}

std::unique_ptr<Rebuild> SegmentStates::rebuild(std::string partition, std::uint64_t born) {
    auto make = [this, partition = std::move(partition), born] {
        return writer(partition, born, 0);
    };
    return std::make_unique<SegmentRebuild>(std::move(make), *this);
}

Task<Result<>> SegmentStates::remove(std::vector<std::string> objects) {
    for (std::string& object : objects) {
        CARILLON_CO_TRY_VOID(co_await cache_.store().remove(std::move(object)));
    }
    co_return Result<>{};
}

Task<Result<std::uint64_t>> SegmentStates::sweep(std::vector<std::string> known, TimePoint before) {
    const std::set<std::string, std::less<>> named(known.begin(), known.end());
    std::uint64_t removed = 0;
    std::optional<std::string> start;
    do {
        CARILLON_CO_TRY(ObjectPage page,
                        co_await cache_.store().list(prefix_ + layer_ + "/", std::move(start)));
        for (std::string& key : page.keys) {
            const auto at = written_at(key);
            if (!at || *at >= before || named.contains(key)) continue;
            CARILLON_CO_TRY_VOID(co_await cache_.store().remove(std::move(key)));
            ++removed;
        }
        start = std::move(page.next);
    } while (start);
    co_return removed;
}

}  // namespace carillon::layer
