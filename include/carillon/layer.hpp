// A layer inside your program: the current state of a table's items, kept beside the table in S3,
// in a directory, or where callbacks of yours put it; fed by the table's changes.
//
//     carillon::Layer users(store, {.name = "users", .id = {"sk"}, .partition = {"pk"},
//                                   .snapshots = "s3://my-bucket/layers?region=eu-central-1",
//                                   .sync_count = 100});
//     users.start();
//     users.set({{.item = {{"pk", "users"}, {"sk", "user-1"}, {"state", "active"}}}});
//     for (const carillon::Attributes& item : users.get("users")->items) ...
//
// What set() has acknowledged, every read shows that begins afterwards, in this program and in all
// others that share the store, also while a sync runs, fails or dies. docs/layer.md has the rest.

#pragma once

#include "carillon/failure.hpp"
#include "carillon/store.hpp"
#include "carillon/value.hpp"
#include "carillon/webhook.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace carillon {

/// What happened to one item. `update` is `put`: it carries the whole item too.
struct LayerChange {
    enum class Kind { put, update, remove };

    Kind kind = Kind::put;
    /// Whole; of a removal, at least the attributes of id and partition.
    Attributes item{};
};

/// What a layer says about itself. The first seven are the seed's LayerMeta.
struct LayerMeta {
    std::int64_t cursor = 0;  ///< Rises with every sync.
    bool loaded = false;
    std::int64_t synced_last_total = 0;
    std::int64_t synced_times = 0;
    std::int64_t synced_total = 0;
    std::int64_t unsynced_last_total = 0;  ///< Of this program's last set().
    std::int64_t unsynced_total = 0;

    std::int64_t unsynced_bytes = 0;
    std::int64_t unsynced_partitions = 0;
    std::optional<Instant> unsynced_since{};  ///< About when the oldest of them came.
    std::optional<Instant> last_sync_at{};
    std::chrono::milliseconds last_sync_took{0};
    std::string syncing{};  ///< Who syncs now; empty: nobody.
};

/// Reads and writes one partition's whole list of items, as JSON (`[{…}]`), under a name that is
/// the layer's and the partition's (`users#p1`). Called on threads of the layer; what they throw
/// is a failure. A list that is not there is an empty text.
struct ListStore {
    std::function<Expected<std::string>(const std::string& name)> getter{};
    std::function<Expected<>(const std::string& name, const std::string& items)> setter{};
};

struct LayerOptions {
    std::string name{};  ///< Required; what the layer's rows and objects begin with.
    std::string table =
        "layers";  ///< Of the store: the log and the manifests. Layers may share it.

    /// Attributes that tell the items of a partition apart: required, unless `id_of` says it.
    std::vector<std::string> id{};
    /// Attributes that make the partition. Without, all items are in the partition ``.
    std::vector<std::string> partition{};
    /// Instead of names. Quick, and the same at every call: they run on the store's thread.
    std::function<std::string(const Attributes& item)> id_of{};
    std::function<std::string(const Attributes& item)> partition_of{};

    /// `directory:PATH`, `s3://BUCKET/PREFIX?region=…` (docs/layer.md has all parameters), or
    /// `memory:`, which is gone with the program.
    std::string snapshots = "directory:./var/layers";
    /// Lists of items as the seed writes them (`NAME#PARTITION.json`) instead of segments: a sync
    /// rewrites the whole partition, and there is no past.
    bool json = false;
    /// Instead of `snapshots`: the seed's getter and setter, with whole lists.
    ListStore lists{};

    // When it syncs by itself: any is enough. None of them: only sync() syncs.
    std::optional<std::int64_t> sync_count{};  ///< So many changes are pending.
    std::optional<std::int64_t> sync_bytes{};
    std::optional<std::chrono::milliseconds> sync_age{};  ///< The oldest of them is so old.
    /// As the seed's syncStrategy. Quick: it runs on the store's thread, and must not call it.
    std::function<bool(const LayerMeta&)> sync_when{};
    /// False: set() waits for the sync that it causes.
    bool background = true;

    /// How long changes, and so the past, are kept after they were folded. Zero: not at all.
    std::chrono::milliseconds keep = std::chrono::hours{24 * 5};
    /// Instead, by the item; whole seconds.
    std::function<std::chrono::seconds(const Attributes& item)> keep_of{};

    std::size_t parallel = 4;                 ///< Partitions that are synced at a time.
    std::chrono::milliseconds lease{30'000};  ///< After which others take over from one that died.
    std::size_t cache_bytes = std::size_t{64} << 20U;  ///< Of segments in memory.

    std::string source{};  ///< Table of the store that reset() reads and `follow` follows.
    /// Follows the changes of `source` by its change stream, which is turned on where there is
    /// none. Begins with a reset; goes on where it stopped.
    bool follow = false;
};

struct LayerRead {
    std::optional<Instant> as_of{};  ///< A moment that is still kept; otherwise now.
    std::string after{};             ///< Only ids behind this one.
    std::optional<std::size_t> limit{};
};

struct LayerView {
    std::vector<Attributes> items{};    ///< By id.
    std::uint64_t sequence = 0;         ///< Of the partition's last change that is in it.
    std::optional<std::string> next{};  ///< Give it as `after`; absent at the end.
};

struct LayerSync {
    std::uint64_t count = 0;       ///< Changes folded.
    std::uint64_t partitions = 0;  ///< In which there were any.
    std::uint64_t failed = 0;      ///< Partitions left for the next time; `error` of the first.
    bool locked = false;           ///< Another program syncs; nothing was done.
    std::string error{};
};

struct LayerReset {
    std::uint64_t count = 0;       ///< Items that are in the layer now.
    std::uint64_t partitions = 0;  ///< That were replaced, also by nothing.
    bool locked = false;           ///< Another program syncs; nothing was done.
};

/// Every call may come from any thread, and blocks until it is done. Failures of all: `invalid` for
/// options and items that break a rule, `unavailable`, `corrupt`.
class Layer {
public:
    explicit Layer(const Store& store, LayerOptions options);
    Layer(Layer&& other) noexcept;
    Layer& operator=(Layer&& other) noexcept;
    Layer(const Layer&) = delete;
    Layer& operator=(const Layer&) = delete;
    /// stop().
    ~Layer();

    /// Creates the table when it is missing, begins to sync by itself, and to follow `source`.
    /// Once, and before every other call.
    [[nodiscard]] Expected<> start();
    /// Waits for the sync that runs. Nothing can be called afterwards.
    void stop();

    /// Durable when answered: how many were written. All changes of a partition are written
    /// together (up to a thousand and a megabyte); after a failure, call it again with the same
    /// changes. Nothing is written when one of them is `invalid`.
    [[nodiscard]] Expected<std::size_t> set(const std::vector<LayerChange>& changes);

    /// A partition that never had a change is empty. `not_found`: the moment is not kept any more.
    [[nodiscard]] Expected<LayerView> get(const std::string& partition = {},
                                          const LayerRead& read = {});
    /// Of all partitions: by id, or (not sorted) one partition after the other.
    [[nodiscard]] Expected<LayerView> get_all(bool sorted = true,
                                              std::optional<Instant> as_of = {});
    /// All that ever had a change.
    [[nodiscard]] Expected<std::vector<std::string>> partitions();

    [[nodiscard]] Expected<LayerSync> sync();
    /// Merges all segments of each partition.
    [[nodiscard]] Expected<LayerSync> compact();
    /// Replaces the state by what `source` holds, all of it or one partition, without holding it in
    /// memory. Changes that come in meanwhile count, and no item goes back to an older state.
    /// `unavailable` while another process follows `source` for this layer.
    [[nodiscard]] Expected<LayerReset> reset(std::optional<std::string> partition = {});
    [[nodiscard]] Expected<LayerMeta> meta();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace carillon
