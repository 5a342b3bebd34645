// Reads a partition's state: its snapshot, and what the log holds behind it.
//
// A read sees every change that was acknowledged before it began. The head tells how far the log
// reaches; if the log, read from the manifest's watermark on, has a gap before that, a syncer has
// trimmed it meanwhile, and its new manifest is read instead.

#pragma once

#include "layer/change_log.hpp"
#include "layer/states.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace carillon::layer {

/// What was read.
struct View {
    std::vector<dynamo::Item> items{};  ///< By id.
    std::vector<std::string> ids{};     ///< Of the items, in their order.
    std::uint64_t sequence = 0;         ///< Of the last change that is in it.
    std::optional<std::string> next{};  ///< The id to go on after; absent at the end.
};

struct ReadOptions {
    std::optional<TimePoint> as_of{};
    std::string after{};  ///< Only ids behind this one.
    std::size_t limit = SIZE_MAX;
};

/// Lives on one loop.
class Reader {
public:
    /// Everything given must outlive it.
    Reader(runtime::Loop& loop,
           dynamo::Database& database,
           const LayerTable& table,
           ChangeLog& log,
           States& states,
           SegmentCache& cache);

    /// A partition that does not exist is empty. `not_found` when the moment asked for is not kept
    /// any more, `invalid` when this layer keeps no past.
    [[nodiscard]] Task<Result<View>> get(std::string partition, ReadOptions options);

private:
    struct Source {
        std::vector<RunSource> runs{};
        std::uint64_t sequence = 0;
    };

    /// Nothing when a syncer was faster.
    [[nodiscard]] Task<Result<std::optional<Source>>> open(std::string partition);
    [[nodiscard]] Task<Result<Source>> open_past(std::string partition, TimePoint as_of);
    [[nodiscard]] Task<Result<std::pair<Head, Manifest>>> bounds(std::string partition);
    [[nodiscard]] Task<Result<std::optional<Manifest>>> manifest_before(std::string partition,
                                                                        TimePoint as_of);
    [[nodiscard]] Task<Result<View>> collect(Source source, ReadOptions options);

    runtime::Loop& loop_;
    dynamo::Database& database_;
    const LayerTable& table_;
    ChangeLog& log_;
    States& states_;
    SegmentCache& cache_;
};

}  // namespace carillon::layer
