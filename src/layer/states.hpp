// How a partition's state is kept outside the log: as segments that never change
// (segment_states.hpp), or as one list of items that is replaced (whole_states.hpp). Readers and
// the syncer treat both alike.

#pragma once

#include "layer/manifest.hpp"
#include "layer/segments.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace carillon::layer {

/// A state as it was found. Changes behind `watermark` have to be put on it; some of them may be in
/// it already, which does no harm, since a change carries the whole item.
struct Base {
    std::vector<RunSource> sources{};  ///< Newest first.
    std::uint64_t watermark = 0;
    std::string state_version{};
};

/// A state that has been written, and will count once its manifest is published.
struct Fold {
    Manifest manifest{};  ///< With the runs or the version of the new state; the rest as before.
    std::vector<SegmentRef> written{};
    std::vector<SegmentRef> dropped{};  ///< Named before and no longer.
};

/// Collects a state from nothing, for a reset.
class Rebuild {
public:
    Rebuild() = default;
    Rebuild(const Rebuild&) = delete;
    Rebuild& operator=(const Rebuild&) = delete;
    virtual ~Rebuild() = default;

    /// Sorted by id, none twice; of ids that come again in a later call, the later record counts.
    virtual Task<Result<>> add(std::vector<Record> records) = 0;
    virtual Task<Result<Fold>> finish(Manifest before) = 0;
    /// Removes what was written. For those who give up.
    virtual Task<> discard() = 0;
};

class States {
public:
    States() = default;
    States(const States&) = delete;
    States& operator=(const States&) = delete;
    virtual ~States() = default;

    [[nodiscard]] virtual Task<Result<Base>> load(std::string partition, Manifest manifest) = 0;
    /// Puts `latest` (sorted by id, none twice) on the base. `condition_failed` when somebody else
    /// has replaced the state meanwhile.
    [[nodiscard]] virtual Task<Result<Fold>> fold(std::string partition,
                                                  Manifest before,
                                                  Base base,
                                                  RunSource latest) = 0;
    /// Merges runs when it is time, or all of them; nothing when there is nothing to gain.
    [[nodiscard]] virtual Task<Result<std::optional<Fold>>> compact(std::string partition,
                                                                    Manifest before,
                                                                    bool everything) = 0;
    [[nodiscard]] virtual std::unique_ptr<Rebuild> rebuild(std::string partition,
                                                           std::uint64_t born) = 0;
    /// Removes objects that no manifest names.
    [[nodiscard]] virtual Task<Result<>> remove(std::vector<std::string> objects) = 0;

    /// Whether older manifests can be read for as long as their objects are there.
    [[nodiscard]] virtual bool keeps_past() const = 0;
    /// Removes objects of this layer that are not among `known` and are older than `before`.
    /// Answers how many.
    [[nodiscard]] virtual Task<Result<std::uint64_t>> sweep(std::vector<std::string> known,
                                                            TimePoint before) = 0;
};

}  // namespace carillon::layer
