#include "layer/manifest.hpp"

#include <algorithm>

namespace carillon::layer {
namespace {

constexpr std::uint64_t ratio = 4;
/// Fewer runs than this are left alone.
constexpr std::size_t runs_few = 4;
/// With as many, the newest are merged whatever their sizes.
constexpr std::size_t runs_many = 12;
/// Smaller runs count as this large: they cost a request each all the same.
constexpr std::uint64_t small_run = 8 * 1024;

std::uint64_t weight(const Run& run) {
    return std::max(run.bytes(), small_run);
}

}  // namespace

std::uint64_t Run::count() const {
    std::uint64_t sum = 0;
    for (const SegmentRef& segment : segments) sum += segment.count;
    return sum;
}

std::uint64_t Run::bytes() const {
    std::uint64_t sum = 0;
    for (const SegmentRef& segment : segments) sum += segment.bytes;
    return sum;
}

std::uint64_t Manifest::count() const {
    std::uint64_t sum = 0;
    for (const Run& run : runs) sum += run.count();
    return sum;
}

std::uint64_t Manifest::bytes() const {
    std::uint64_t sum = 0;
    for (const Run& run : runs) sum += run.bytes();
    return sum;
}

std::size_t runs_to_merge(const std::vector<Run>& runs) {
    if (runs.size() < runs_few) return 0;
    std::uint64_t newer = weight(runs.front());
    std::size_t count = 1;
    while (count < runs.size() && count < merged_runs_max) {
        if (weight(runs[count]) > ratio * newer) break;
        newer += weight(runs[count]);
        ++count;
    }
    // Two equal runs are no reason yet: a merge should get rid of several.
    if (count >= runs_few) return count;
    if (runs.size() >= runs_many) return std::min(runs.size(), std::max(count, runs_many / 2));
    return 0;
}

std::size_t segment_bytes(std::uint64_t run_bytes) {
    constexpr std::uint64_t least = std::uint64_t{1} << 20U;
    constexpr std::uint64_t most = std::uint64_t{32} << 20U;
    constexpr std::uint64_t segments_wanted = 100;
    return static_cast<std::size_t>(std::clamp(run_bytes / segments_wanted, least, most));
}

}  // namespace carillon::layer
