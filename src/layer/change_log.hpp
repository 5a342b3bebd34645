// The log of changes: appended with sequences that the store assigns, read without gaps, trimmed
// after it was folded.
//
// An append is one transaction: the partition's head, conditional on the version that was seen, and
// the rows of the changes. So sequences have no gaps and no doubles whatever the number of writers,
// what is acknowledged lies behind everything acknowledged before, and a writer that knows an old
// head writes nothing. Appends of one program to one partition share transactions.

#pragma once

#include "core/random.hpp"
#include "layer/records.hpp"
#include "layer/table.hpp"
#include "runtime/event.hpp"
#include "runtime/loop.hpp"
#include "runtime/task_group.hpp"

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace carillon::layer {

/// A change that is ready to be written.
struct LogChange {
    ChangeType type = ChangeType::put;
    std::string id;
    std::string item{};  ///< Encoded.
    std::optional<SourcePosition> position{};
    std::int64_t keep_seconds = 0;
};

struct Appended {
    std::uint64_t first = 0;  ///< 0: all were repetitions.
    std::uint64_t last = 0;
    std::size_t repeated = 0;  ///< Dropped, because their positions had been seen.
};

/// A row that has been read, without its bytes.
struct SeenRow {
    std::uint64_t first = 0;
    std::uint64_t count = 0;
    std::uint64_t parts = 1;
    std::int64_t keep_seconds = 0;
    TimePoint at{};
    std::size_t bytes = 0;  ///< Before compression.
};

/// Rows behind one another without a gap.
struct LogSlice {
    std::vector<SeenRow> rows{};
    std::vector<BlockPtr> blocks{};
    std::uint64_t last = 0;  ///< Sequence of the last change in it; where it was to begin if none.
    TimePoint last_at{};     ///< Of that change.
    bool gap = false;        ///< It ends here because a row is missing.
    bool more = false;       ///< It ends here because of its limits.

    /// All records in the order of their sequences.
    [[nodiscard]] std::vector<Record> records() const;
};

struct ReadLimits {
    std::size_t changes = 50'000;
    std::size_t bytes = std::size_t{16} << 20U;
};

/// Lives on one loop.
class ChangeLog {
public:
    /// A transaction holds up to this many changes of a partition, and about as many bytes.
    static constexpr std::size_t changes_max = 1'000;
    static constexpr std::size_t bytes_max = std::size_t{1} << 20U;

    /// Everything given must outlive it; `group` runs the writing.
    ChangeLog(runtime::Loop& loop,
              dynamo::Database& database,
              const LayerTable& table,
              Random& random,
              runtime::TaskGroup& group);
    ~ChangeLog();

    /// Durable, and seen by every later read, when answered. All or nothing up to the limits above;
    /// of more, the first ones may stay when the rest fails. `timeout`: the effect is unknown.
    [[nodiscard]] Task<Result<Appended>> append(std::string partition,
                                                std::vector<LogChange> changes);

    /// Version 0 when there is none.
    [[nodiscard]] Task<Result<Head>> head(std::string partition);

    /// Changes behind `after`, at least up to `through` unless a limit or a gap is in the way.
    [[nodiscard]] Task<Result<LogSlice>> read(std::string partition,
                                              std::uint64_t after,
                                              std::uint64_t through,
                                              ReadLimits limits);
    /// The same without limits: to read a state.
    [[nodiscard]] Task<Result<LogSlice>> read(std::string partition,
                                              std::uint64_t after,
                                              std::uint64_t through);

    /// Rows behind `after` up to `through` that are there, with or without gaps; not decoded.
    [[nodiscard]] Task<Result<std::vector<SeenRow>>> list(std::string partition,
                                                          std::uint64_t after,
                                                          std::uint64_t through);

    /// Folded rows end once their time is over: deleted, or given to the table's time to live.
    /// `done` becomes the last sequence up to which that is so, also when it fails.
    [[nodiscard]] Task<Result<>> expire(std::string partition,
                                        std::vector<SeenRow> rows,
                                        std::uint64_t& done);

private:
    struct Waiting;
    struct Lane;
    struct Attempt;

    Task<> drain(std::string partition, Lane& lane);
    Task<Result<>> write(const std::string& partition, Lane& lane, std::vector<LogChange*> changes);
    /// One try. True: written.
    Task<Result<bool>> attempt(const std::string& partition, Lane& lane, Attempt& attempt);
    Task<Result<bool>> resolve(const std::string& partition,
                               Lane& lane,
                               Attempt& attempt,
                               Error error);
    [[nodiscard]] dynamo::WriteUnit build(const std::string& partition,
                                          const Head& head,
                                          Attempt& attempt) const;
    void add_end(std::vector<dynamo::WriteUnit>& units,
                 const std::string& partition,
                 const SeenRow& row) const;
    void forget_idle_lanes();

    runtime::Loop& loop_;
    dynamo::Database& database_;
    const LayerTable& table_;
    Random& random_;
    runtime::TaskGroup& group_;
    std::map<std::string, std::unique_ptr<Lane>, std::less<>> lanes_;
    dynamo::BoundCondition absent_;
    dynamo::Condition same_version_;
    dynamo::Condition present_;
    dynamo::Update set_ttl_;
};

}  // namespace carillon::layer
