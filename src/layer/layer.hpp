// A layer: the current state of a table's items, kept beside it and fed by its changes.
//
// What set() has acknowledged, every later get() shows, whoever syncs or dies meanwhile. README.md
// tells how; docs/layer.md how to use it.

#pragma once

#include "layer/change.hpp"
#include "layer/change_log.hpp"
#include "layer/reader.hpp"
#include "layer/strategy.hpp"
#include "layer/syncer.hpp"
#include "layer/whole_store.hpp"
#include "observability/log.hpp"
#include "observability/metrics.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace carillon::layer {

/// Where snapshots lie: as segments in an object store, or as whole lists of items.
using Snapshots = std::variant<ObjectStore*, WholeStore*>;

struct LayerOptions {
    std::string name;              ///< check_layer_name().
    std::string table = "layers";  ///< May be shared by layers, and with the seed's own events.
    KeyOf id_of;                   ///< Required: what tells items of a partition apart.
    KeyOf partition_of{};          ///< Absent: everything is in the partition ``.
    std::string prefix{};          ///< Of the keys in the object store.

    SyncStrategy strategy{};
    /// The strategy is followed beside the callers of set(); otherwise they wait for the sync.
    bool background = true;
    Duration poll{5'000};  ///< How often changes of other programs are looked for.

    /// How long a change stays in the log after it was folded; also how long the past can be read.
    /// Zero: not at all.
    Duration keep{std::chrono::hours{24 * 5}};
    /// Instead, by the item. Whole seconds.
    std::function<Duration(const dynamo::Item&)> keep_of{};

    std::size_t parallel = 4;  ///< Partitions that are synced at a time.
    /// Of this process alone: on a store with one process, whoever else holds a lease is dead.
    std::string owner = "carillon";
    Duration lease_ttl{30'000};
    Duration grace{std::chrono::minutes{10}};
    std::size_t cache_bytes = std::size_t{64} << 20U;
    ReadLimits fold{};
};

struct SetReport {
    std::size_t count = 0;                    ///< Changes that were written.
    std::size_t repeated = 0;                 ///< Of a stream, seen before and dropped.
    std::optional<SyncReport> synced{};       ///< When the strategy asked for it at once.
    std::map<std::string, Appended> where{};  ///< By partition.
};

struct ResetOptions {
    std::string table;                       ///< Of the source.
    std::optional<std::string> partition{};  ///< Only this one; otherwise all.
    std::optional<std::string> index{};      ///< Read instead of the table itself.
    /// Awaited between reading and publishing: until the changes from before the reading are set.
    /// Absent: what a feed of that table promises, if there is one.
    std::function<Task<Result<>>()> passed{};
};

/// A table whose changes are set by a feed of this process.
struct FollowedTable {
    const dynamo::Database* source = nullptr;
    std::string table;
    /// Until all changes from before the call are set. `unavailable` when that cannot be awaited.
    std::function<Task<Result<>>()> passed;
};

/// Whether set() may wait for a sync that the strategy asks for.
enum class Folding : std::uint8_t { by_strategy, later };

struct ResetReport {
    std::uint64_t count = 0;       ///< Items that are in the layer now.
    std::uint64_t partitions = 0;  ///< That were replaced, also by nothing.
    bool locked = false;
};

/// Lives on one loop.
class Layer {
public:
    /// `invalid` when the options break a rule. Everything given must outlive the layer.
    [[nodiscard]] static Result<std::unique_ptr<Layer>> make(runtime::Loop& loop,
                                                             dynamo::Database& database,
                                                             Snapshots snapshots,
                                                             Random& random,
                                                             Log& lines,
                                                             Registry& metrics,
                                                             LayerOptions options);
    Layer(const Layer&) = delete;
    Layer& operator=(const Layer&) = delete;
    ~Layer();

    /// Creates the table when it is missing, and begins to sync by the strategy.
    [[nodiscard]] Task<Result<>> start();
    /// Ends what was begun. Call it before the layer goes, started or not.
    [[nodiscard]] Task<> stop();

    /// Durable when answered. All changes of a partition are written together (up to a thousand and
    /// a megabyte), those of different partitions each for themselves: after an error, call it
    /// again with the same changes. Nothing is written when one of them is `invalid`.
    [[nodiscard]] Task<Result<SetReport>> set(std::vector<Change> changes,
                                              Folding folding = Folding::by_strategy);
    /// What set() by Folding::later has left to do.
    [[nodiscard]] Task<> fold_if_due();

    [[nodiscard]] Task<Result<View>> get(std::string partition = {}, ReadOptions options = {});
    /// Of all partitions: by id, or (not sorted) partition by partition.
    [[nodiscard]] Task<Result<View>> get_all(bool sorted = true,
                                             std::optional<TimePoint> as_of = {});
    /// All that ever had a change.
    [[nodiscard]] Task<Result<std::vector<std::string>>> partitions();

    [[nodiscard]] Task<Result<SyncReport>> sync();
    [[nodiscard]] Task<Result<SyncReport>> compact();
    [[nodiscard]] Task<Result<LayerMeta>> meta();

    /// Replaces the state by what a source table holds, without holding it in memory. Changes that
    /// are set meanwhile are kept and count. No item shows an older state than before: a feed's
    /// changes are awaited. `unavailable` while another process feeds the layer from that table; a
    /// feed that is at rest begins anew.
    [[nodiscard]] Task<Result<ResetReport>> reset(dynamo::Database& source, ResetOptions options);

    [[nodiscard]] const LayerOptions& options() const { return options_; }

    [[nodiscard]] runtime::Loop& loop() { return loop_; }

    // For what feeds a layer and keeps its place among the layer's rows.
    [[nodiscard]] dynamo::Database& database() { return database_; }

    void set_followed(std::optional<FollowedTable> followed) { followed_ = std::move(followed); }

    [[nodiscard]] const LayerTable& rows() const { return table_; }

private:
    Layer(runtime::Loop& loop,
          dynamo::Database& database,
          Snapshots snapshots,
          Random& random,
          Log& lines,
          Registry& metrics,
          LayerOptions options);

    [[nodiscard]] Result<std::map<std::string, std::vector<LogChange>>> sort_out(
        std::vector<Change> changes) const;
    [[nodiscard]] std::int64_t keep_seconds(const dynamo::Item& item) const;
    Task<> append_one(std::string partition,
                      std::vector<LogChange> changes,
                      Result<Appended>& answer);
    Task<> follow_strategy();
    [[nodiscard]] TimePoint next_look() const;
    Task<Result<LayerMeta>> read_meta();
    Task<Result<SyncReport>> in_turn(bool everything);
    Task<Result<>> find_what_passes(const dynamo::Database& source, ResetOptions& options);
    Task<Result<>> forget_feed();

    struct Numbers;

    runtime::Loop& loop_;
    dynamo::Database& database_;
    Log& lines_;
    LayerOptions options_;
    LayerTable table_;
    std::unique_ptr<ObjectStore> no_objects_;  ///< For whole lists.
    SegmentCache cache_;
    std::unique_ptr<States> states_;
    runtime::TaskGroup group_;
    ChangeLog log_;
    Syncer syncer_;
    Reader reader_;
    runtime::Event wake_;
    runtime::Semaphore turn_;  ///< This program's own syncs take turns, rather than refuse.
    std::optional<FollowedTable> followed_{};
    LayerMeta known_{};  ///< As last read, and what this program has added since.
    std::unique_ptr<Numbers> numbers_;
};

}  // namespace carillon::layer
