// States that are replaced in place, made safe to read.
//
// Such a state carries no watermark, and one that is written without a condition can be overwritten
// by a syncer that lost its lease long ago. So the manifest says which version belongs to its
// watermark; any other is read with the changes since a floor: a watermark that was already
// published when the slowest write that may still arrive began. The log keeps its rows that long.

#pragma once

#include "layer/change.hpp"
#include "layer/states.hpp"
#include "layer/whole_store.hpp"

namespace carillon::layer {

/// No write takes this long from its beginning to its effect.
inline constexpr Duration whole_write_max = std::chrono::minutes{10};
/// What the log must keep for it.
inline constexpr Duration whole_log_min = std::chrono::hours{1};

class WholeStates final : public States {
public:
    /// Everything given must outlive it. Names are `layer` and `layer#partition`, as the seed's.
    WholeStates(runtime::Loop& loop, WholeStore& store, std::string layer, KeyOf id_of);

    [[nodiscard]] Task<Result<Base>> load(std::string partition, Manifest manifest) override;
    [[nodiscard]] Task<Result<Fold>> fold(std::string partition,
                                          Manifest before,
                                          Base base,
                                          RunSource latest) override;
    [[nodiscard]] Task<Result<std::optional<Fold>>> compact(std::string partition,
                                                            Manifest before,
                                                            bool everything) override;
    [[nodiscard]] std::unique_ptr<Rebuild> rebuild(std::string partition,
                                                   std::uint64_t born) override;
    [[nodiscard]] Task<Result<>> remove(std::vector<std::string> objects) override;

    [[nodiscard]] bool keeps_past() const override { return false; }

    [[nodiscard]] Task<Result<std::uint64_t>> sweep(std::vector<std::string> known,
                                                    TimePoint before) override;

    /// Saves the items over `expected` and notes the version. For the rebuild.
    [[nodiscard]] Task<Result<Fold>> save(std::string partition,
                                          Manifest before,
                                          std::vector<Record> records,
                                          std::string expected);
    [[nodiscard]] std::string name_of(std::string_view partition) const;

private:
    runtime::Loop& loop_;
    WholeStore& store_;
    std::string layer_;
    KeyOf id_of_;
};

}  // namespace carillon::layer
