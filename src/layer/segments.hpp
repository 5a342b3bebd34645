// Segments: blocks in the object store that never change, and the streams that merge them.
//
// Since a segment's name is used once, it can be cached for as long as there is room, and a syncer
// that has lost its lease can spoil nothing: what it wrote is named by no manifest.

#pragma once

#include "core/random.hpp"
#include "layer/manifest.hpp"
#include "layer/object_store.hpp"
#include "layer/records.hpp"
#include "runtime/loop.hpp"

#include <cstddef>
#include <list>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace carillon::layer {

/// Decoded segments, the most recently used ones up to a number of bytes. Lives on one loop.
class SegmentCache {
public:
    SegmentCache(ObjectStore& store, std::size_t bytes_max)
        : store_(store), bytes_max_(bytes_max) {}

    /// `not_found` when it was removed, which happens to readers of an old manifest. `keep` false
    /// for what is read once.
    [[nodiscard]] Task<Result<BlockPtr>> get(std::string object, bool keep = true);
    /// What has just been written need not be fetched.
    void put(std::string object, BlockPtr block);

    [[nodiscard]] std::uint64_t fetched() const { return fetched_; }

    [[nodiscard]] ObjectStore& store() { return store_; }

private:
    struct Entry {
        std::string object;
        BlockPtr block;
    };

    ObjectStore& store_;
    std::size_t bytes_max_;
    std::size_t bytes_ = 0;
    std::uint64_t fetched_ = 0;
    std::list<Entry> entries_;  ///< Latest used first.
    std::map<std::string, std::list<Entry>::iterator, std::less<>> by_object_;
};

/// Some records in the order of their ids, and what keeps their bytes alive.
struct RecordBatch {
    std::vector<Record> records;
    std::vector<BlockPtr> alive;
    bool end = false;  ///< Nothing comes behind these.
};

/// One sorted run: segments, or records in memory.
struct RunSource {
    std::vector<SegmentRef> segments{};
    std::vector<Record> records{};
    std::vector<BlockPtr> alive{};
};

/// Merges runs into one: of each id the record with the highest sequence.
class MergeStream {
public:
    /// `sources`: newest first; of equal sequences the newer source wins. Removals are left out
    /// unless asked for.
    MergeStream(SegmentCache& cache,
                std::vector<RunSource> sources,
                bool keep_removals,
                bool cache_segments = true);

    /// The next records; an empty batch only at the end.
    [[nodiscard]] Task<Result<RecordBatch>> next();

private:
    struct Cursor {
        RunSource source;
        std::size_t segment = 0;  ///< The next one to load.
        BlockPtr block{};
        std::span<const Record> records{};
        std::size_t at = 0;

        [[nodiscard]] bool exhausted() const { return at == records.size(); }

        [[nodiscard]] const Record& head() const { return records[at]; }
    };

    [[nodiscard]] Task<Result<bool>> load(Cursor& cursor);

    SegmentCache& cache_;
    std::vector<Cursor> cursors_;
    bool keep_removals_;
    bool cache_segments_;
};

/// Writes one sorted run as segments.
class RunWriter {
public:
    /// `folder`: what the segments' keys begin with. `born`: the manifest's version to be.
    RunWriter(runtime::Loop& loop,
              Random& random,
              SegmentCache& cache,
              std::string folder,
              std::uint64_t born,
              std::size_t segment_bytes);

    /// In order of the ids.
    [[nodiscard]] Task<Result<>> add(const std::vector<Record>& records);
    /// The run; without segments when there were no records.
    [[nodiscard]] Task<Result<Run>> finish();

    /// What has been written so far, for those who give up.
    [[nodiscard]] const std::vector<SegmentRef>& written() const { return run_.segments; }

private:
    [[nodiscard]] Task<Result<>> flush();

    runtime::Loop& loop_;
    Random& random_;
    SegmentCache& cache_;
    std::string folder_;
    std::uint64_t born_;
    std::size_t segment_bytes_;
    RecordWriter writer_;
    Run run_;
};

/// Where a partition's objects lie below a prefix: readable, and never too long for a key.
[[nodiscard]] std::string folder_of(std::string_view prefix,
                                    std::string_view layer,
                                    std::string_view partition);

}  // namespace carillon::layer
