// Who may sync: one holder at a time, known by a token.
//
// The lease keeps syncers out of each other's way; it is not what keeps the state right. Every
// publication checks the token in its own transaction, so a holder that was thought dead, or whose
// clock stands still, changes nothing. The same row holds the totals of syncing.

#pragma once

#include "core/random.hpp"
#include "dynamo/database.hpp"
#include "layer/table.hpp"
#include "runtime/loop.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace carillon::layer {

struct SyncTotals {
    std::int64_t epoch = 0;  ///< Leases so far.
    std::int64_t synced_total = 0;
    std::int64_t synced_times = 0;
    std::int64_t synced_last_total = 0;
    std::optional<TimePoint> last_sync_at{};
    std::int64_t last_sync_ms = 0;  ///< How long it took.
    std::string holder{};           ///< Empty: nobody syncs now.
    std::optional<TimePoint> held_until{};
};

/// Lives on one loop.
class Lease {
public:
    /// `key`: of the lease's row.
    Lease(runtime::Loop& loop,
          dynamo::Database& database,
          const LayerTable& table,
          Random& random,
          dynamo::Item key,
          std::string owner,
          Duration ttl);

    /// False when somebody else holds it.
    [[nodiscard]] Task<Result<bool>> acquire();
    /// False when it was lost.
    [[nodiscard]] Task<Result<bool>> renew();
    /// Renews it every third of its time, until stopped or lost.
    [[nodiscard]] Task<> keep(runtime::StopToken stop);
    /// Only if it is still ours; otherwise nothing happens.
    [[nodiscard]] Task<Result<>> release();
    /// How the sync went, if the lease is still ours.
    [[nodiscard]] Task<Result<>> note_sync(std::uint64_t changes, Duration took);

    /// Whether this holder may assume that it still has it.
    [[nodiscard]] bool valid() const { return loop_.clock().ticks() < valid_until_; }

    /// Fails a transaction once somebody else has it, and adds to the total what that folds.
    [[nodiscard]] dynamo::Write fence(std::uint64_t folded) const;

    [[nodiscard]] Duration ttl() const { return ttl_; }

    [[nodiscard]] static Task<Result<SyncTotals>> totals(dynamo::Database& database,
                                                         const LayerTable& table,
                                                         TimePoint now);
    /// Who has the lease of that row; empty: nobody.
    [[nodiscard]] static Task<Result<std::string>> holder(dynamo::Database& database,
                                                          const LayerTable& table,
                                                          dynamo::Item key,
                                                          TimePoint now);

private:
    [[nodiscard]] Task<Result<bool>> write(dynamo::UpdateRequest request);
    [[nodiscard]] dynamo::BoundCondition ours() const;

    runtime::Loop& loop_;
    dynamo::Database& database_;
    std::string table_;
    Random& random_;
    dynamo::Item key_;
    std::string owner_;
    Duration ttl_;
    std::string token_;
    std::int64_t valid_until_ = 0;  ///< Ticks.
    bool exclusive_;                ///< Whoever else holds it is a process that has ended.
    dynamo::Condition free_;
    dynamo::Condition ours_;
    dynamo::Update take_;
    dynamo::Update extend_;
    dynamo::Update give_back_;
    dynamo::Update note_;
    dynamo::Update add_folded_;
};

}  // namespace carillon::layer
