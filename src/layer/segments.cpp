#include "layer/segments.hpp"

#include "aws/sigv4.hpp"
#include "core/backoff.hpp"
#include "core/id.hpp"
#include "core/text.hpp"
#include "runtime/turn.hpp"

#include <algorithm>
#include <utility>

namespace carillon::layer {
namespace {

constexpr int tries_max = 5;
constexpr Backoff pause{Duration{50}, Duration{2'000}, 2.0, 0.5};
/// A batch ends here even if nothing has to be loaded: its reader has work with it.
constexpr std::size_t batch_max = 4'096;

bool may_pass(Errc code) {
    return code == Errc::unavailable || code == Errc::timeout || code == Errc::throttled;
}

}  // namespace

Task<Result<BlockPtr>> SegmentCache::get(std::string object, bool keep) {
    if (const auto found = by_object_.find(object); found != by_object_.end()) {
        entries_.splice(entries_.begin(), entries_, found->second);
        co_return found->second->block;
    }
    ++fetched_;
    CARILLON_CO_TRY(const Object stored, co_await store_.get(object));
    CARILLON_CO_TRY(BlockPtr block, RecordBlock::decode(stored.bytes));
    if (keep) put(std::move(object), block);
    co_return block;
}

void SegmentCache::put(std::string object, BlockPtr block) {
    if (block->bytes() > bytes_max_ || by_object_.contains(object)) return;
    bytes_ += block->bytes();
    entries_.push_front({.object = object, .block = std::move(block)});
    by_object_.emplace(std::move(object), entries_.begin());
    while (bytes_ > bytes_max_) {
        bytes_ -= entries_.back().block->bytes();
        by_object_.erase(entries_.back().object);
        entries_.pop_back();
    }
}

MergeStream::MergeStream(SegmentCache& cache,
                         std::vector<RunSource> sources,
                         bool keep_removals,
                         bool cache_segments)
    : cache_(cache), keep_removals_(keep_removals), cache_segments_(cache_segments) {
    for (RunSource& source : sources) {
        Cursor& cursor = cursors_.emplace_back();
        cursor.source = std::move(source);
        cursor.records = cursor.source.records;
    }
}

Task<Result<bool>> MergeStream::load(Cursor& cursor) {
    while (cursor.exhausted() && cursor.segment < cursor.source.segments.size()) {
        const SegmentRef& segment = cursor.source.segments[cursor.segment];
        CARILLON_CO_TRY(cursor.block, co_await cache_.get(segment.object, cache_segments_));
        ++cursor.segment;
        cursor.records = cursor.block->records();
        cursor.at = 0;
    }
    co_return !cursor.exhausted();
}

Task<Result<RecordBatch>> MergeStream::next() {
    RecordBatch batch;
    while (batch.records.empty()) {
        // The cursors that have something, as a heap: the smallest id on top, and of equal ids the
        // highest sequence.
        std::vector<std::size_t> heap;
        for (std::size_t i = 0; i < cursors_.size(); ++i) {
            CARILLON_CO_TRY(const bool more, co_await load(cursors_[i]));
            if (!more) continue;
            heap.push_back(i);
            if (cursors_[i].block) batch.alive.push_back(cursors_[i].block);
            for (const BlockPtr& block : cursors_[i].source.alive) batch.alive.push_back(block);
        }
        if (heap.empty()) {
            batch.end = true;
            co_return batch;
        }
        const auto later = [this](std::size_t a, std::size_t b) {
            const Record& left = cursors_[a].head();
            const Record& right = cursors_[b].head();
            const int order = left.id.compare(right.id);
            if (order != 0) return order > 0;
            if (left.sequence != right.sequence) return left.sequence < right.sequence;
            return a > b;
        };
        std::ranges::make_heap(heap, later);
        std::string_view last;  // The id that was decided last.
        bool any = false;
        bool must_load = false;
        while (!must_load && batch.records.size() < batch_max) {
            std::ranges::pop_heap(heap, later);
            Cursor& cursor = cursors_[heap.back()];
            const Record& record = cursor.head();
            if (!any || record.id != last) {
                any = true;
                last = record.id;
                if (keep_removals_ || !record.removed()) batch.records.push_back(record);
            }
            ++cursor.at;
            if (!cursor.exhausted()) {
                std::ranges::push_heap(heap, later);
                continue;
            }
            heap.pop_back();
            if (cursor.segment < cursor.source.segments.size() || heap.empty()) must_load = true;
        }
        // Older records of the id decided last must not begin the next batch.
        if (!any) continue;
        for (Cursor& cursor : cursors_) {
            CARILLON_CO_TRY(const bool more, co_await load(cursor));
            if (more && cursor.head().id == last) ++cursor.at;
        }
    }
    co_return batch;
}

RunWriter::RunWriter(runtime::Loop& loop,
                     Random& random,
                     SegmentCache& cache,
                     std::string folder,
                     std::uint64_t born,
                     std::size_t segment_bytes)
    : loop_(loop),
      random_(random),
      cache_(cache),
      folder_(std::move(folder)),
      born_(born),
      segment_bytes_(segment_bytes) {}

Task<Result<>> RunWriter::add(const std::vector<Record>& records) {
    for (const Record& record : records) {
        writer_.add(record);
        if (writer_.bytes() < segment_bytes_) continue;
        CARILLON_CO_TRY_VOID(co_await flush());
    }
    co_return Result<>{};
}

Task<Result<Run>> RunWriter::finish() {
    if (writer_.count() > 0) CARILLON_CO_TRY_VOID(co_await flush());
    co_return std::move(run_);
}

Task<Result<>> RunWriter::flush() {
    SegmentRef segment;
    segment.count = writer_.count();
    segment.bytes = writer_.bytes();
    segment.born = born_;
    const std::string block = writer_.take();
    PutOptions options;
    options.condition.absent = true;
    for (int failures = 1;; ++failures) {
        // A fresh name each time: a write whose answer was lost may still arrive.
        segment.object = folder_ + "/" + to_lower(ulid(loop_.now(), random_)) + ".clr";
        const auto written = co_await cache_.store().put(segment.object, block, options);
        if (written) break;
        if (!may_pass(written.error().code) || failures == tries_max) {
            co_return std::unexpected(written.error());
        }
        (void)co_await loop_.sleep_for(backoff_delay(pause, failures, random_));
    }
    run_.segments.push_back(std::move(segment));
    // Compressing took a while.
    co_await runtime::next_turn(loop_);
    co_return Result<>{};
}

std::string folder_of(std::string_view prefix, std::string_view layer, std::string_view partition) {
    constexpr std::size_t readable_max = 200;
    std::string part = "p-" + key_part(partition);
    // Names that differ only in case would meet in some directories; the digest keeps them apart.
    const bool upper = std::ranges::any_of(partition, [](char c) { return c >= 'A' && c <= 'Z'; });
    if (part.size() > readable_max || upper) {
        part = "h-" + aws::sha256_hex(partition);
    }
    return std::string(prefix) + std::string(layer) + "/" + part;
}

}  // namespace carillon::layer
