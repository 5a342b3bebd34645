// Folds what the log holds into the state: partition by partition, each in four steps that may end
// at any point without harm.
//
//  1. read the manifest, and the log behind its watermark
//  2. write the new segments, which nobody knows yet
//  3. publish: one transaction over the syncer's lease, the manifest, and the partition's head
//  4. give the folded rows of the log their end
//
// A reader that has the old manifest finds the rows of the log; one that has the new manifest finds
// the segments. What died between 2 and 3 leaves objects that a sweep removes, between 3 and 4 rows
// that the next sync trims.

#pragma once

#include "layer/change_log.hpp"
#include "layer/lease.hpp"
#include "layer/states.hpp"
#include "observability/log.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace carillon::layer {

struct SyncReport {
    std::uint64_t count = 0;       ///< Changes folded.
    std::uint64_t partitions = 0;  ///< In which there were any.
    std::uint64_t failed = 0;      ///< Partitions left for the next time.
    bool locked = false;           ///< Somebody else syncs; nothing was done.
    std::string error{};           ///< Of the first partition that failed.
};

struct SyncerOptions {
    std::size_t parallel = 4;  ///< Partitions at a time.
    std::string owner{};
    Duration lease_ttl{30'000};
    /// How long states of the past can be read; a snapshot of the manifest is kept every `step`.
    Duration history{0};
    Duration history_step{std::chrono::hours{1}};
    /// How long segments stay after nothing names them: readers may be about to fetch them.
    Duration grace{std::chrono::minutes{10}};
    ReadLimits fold{};
};

/// Lives on one loop.
class Syncer {
public:
    /// Everything given must outlive it.
    Syncer(runtime::Loop& loop,
           dynamo::Database& database,
           const LayerTable& table,
           ChangeLog& log,
           States& states,
           Random& random,
           Log& lines,
           SyncerOptions options);

    /// Folds every partition that has changes. Errors of single partitions are in the report; an
    /// error when the lease or the list of partitions could not be had.
    [[nodiscard]] Task<Result<SyncReport>> sync();
    /// Merges each partition's runs into one, and sweeps objects that nothing names.
    [[nodiscard]] Task<Result<SyncReport>> compact();

    /// Work under the lease, with heartbeats. False: somebody else has it.
    [[nodiscard]] Task<Result<bool>> with_lease(std::function<Task<Result<>>(Lease&)> work);

    /// Makes `fold` the partition's state up to `watermark`, if `before` still is its manifest and
    /// the lease is held. Removes what was written when that fails for certain.
    struct Publication {
        std::string partition;
        Manifest before;
        Fold fold{};
        Mark watermark{};
        std::int64_t folded_bytes = 0;
        std::uint64_t folded = 0;  ///< Changes, for the total of what was synced.
    };

    [[nodiscard]] Task<Result<Manifest>> publish(Lease& lease, Publication publication);

    [[nodiscard]] Task<Result<Manifest>> manifest(std::string partition);
    /// All partitions that ever had a change, or only those with changes to fold.
    [[nodiscard]] Task<Result<std::vector<std::string>>> partitions(bool dirty_only);

    [[nodiscard]] States& states() { return states_; }

private:
    struct Round;
    Task<Result<SyncReport>> run(bool everything);
    Task<Result<>> pass(Lease& lease, bool everything, std::int64_t begun, SyncReport& report);
    Task<Result<>> visit(Round& round);
    Task<> visit_one(Round& round, std::string partition);
    Task<Result<>> fold_partition(Lease& lease, std::string partition, std::uint64_t& total);
    Task<Result<>> compact_partition(Lease& lease, std::string partition, bool everything);
    Task<> trim_rows(const std::string& partition, Manifest& manifest, std::vector<SeenRow> rows);
    Task<Result<std::vector<std::string>>> known_objects();
    Task<Result<>> collect_garbage();
    Task<Result<>> sweep();
    [[nodiscard]] dynamo::WriteUnit build(const Lease& lease,
                                          const Publication& publication,
                                          const Manifest& after,
                                          const Head& head) const;
    void add_head(dynamo::WriteUnit& unit, const Publication& publication, const Head& head) const;
    void add_garbage(dynamo::WriteUnit& unit, const Publication& publication) const;

    runtime::Loop& loop_;
    dynamo::Database& database_;
    const LayerTable& table_;
    ChangeLog& log_;
    States& states_;
    Random& random_;
    Log& lines_;
    SyncerOptions options_;
    dynamo::BoundCondition absent_;
    dynamo::Condition same_version_;
    dynamo::Condition same_sequence_;
    dynamo::Update move_fold_;
    dynamo::Update set_trimmed_;
};

}  // namespace carillon::layer
