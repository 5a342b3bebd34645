// What makes a partition's state: runs of segments up to a watermark in its log. And when runs are
// merged. Plain values and rules, apart from whoever reads and writes objects.
//
// A run is sorted by id and holds each id once; it is cut into segments so that no more than a
// segment of each run need be in memory. Newer runs win over older ones. Every fold adds a small
// run; runs of about the same size are merged, so that a change is rewritten a few times in all,
// however much is stored.

#pragma once

#include "core/time.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace carillon::layer {

struct SegmentRef {
    std::string object;  ///< Key in the object store.
    std::uint64_t count = 0;
    std::uint64_t bytes = 0;  ///< Before compression.
    std::uint64_t born = 0;   ///< Version of the manifest that first named it.
    bool operator==(const SegmentRef&) const = default;
};

struct Run {
    std::vector<SegmentRef> segments{};
    bool operator==(const Run&) const = default;

    [[nodiscard]] std::uint64_t count() const;
    [[nodiscard]] std::uint64_t bytes() const;
};

/// A watermark as it was at an instant.
struct Mark {
    std::uint64_t watermark = 0;
    TimePoint at{};
    bool operator==(const Mark&) const = default;
};

struct Manifest {
    std::uint64_t version = 0;    ///< 0: nothing was ever folded.
    std::uint64_t watermark = 0;  ///< All changes up to this one are in the state.
    TimePoint watermark_at{};     ///< When that change came.
    std::vector<Run> runs{};      ///< Newest first.
    std::uint64_t trimmed = 0;    ///< Rows of the log up to here have been given their end.
    Mark history{};               ///< Of the latest manifest that was kept for the past: version.

    // Of states that are replaced in place (whole_states.hpp).
    std::string state_version{};
    Mark floor{};
    Mark next_floor{};

    bool operator==(const Manifest&) const = default;

    [[nodiscard]] std::uint64_t count() const;
    [[nodiscard]] std::uint64_t bytes() const;
};

/// How many of the newest runs should become one now: 0, or at least two. A run joins those newer
/// than it when it is at most `ratio` times as large as they are together.
[[nodiscard]] std::size_t runs_to_merge(const std::vector<Run>& runs);

/// Up to this many are read at once, with a segment of each in memory.
inline constexpr std::size_t merged_runs_max = 16;

/// Bytes before compression at which a segment of a run of that size ends: a megabyte, and more
/// where a run would otherwise have over a hundred.
[[nodiscard]] std::size_t segment_bytes(std::uint64_t run_bytes);

}  // namespace carillon::layer
