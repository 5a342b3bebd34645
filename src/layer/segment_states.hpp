// States as runs of segments: a fold writes what changed and nothing else.

#pragma once

#include "layer/states.hpp"

namespace carillon::layer {

class SegmentStates final : public States {
public:
    /// Everything given must outlive it. Keys begin with `prefix`, then the layer's name.
    SegmentStates(runtime::Loop& loop,
                  Random& random,
                  SegmentCache& cache,
                  std::string prefix,
                  std::string layer);

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

    [[nodiscard]] bool keeps_past() const override { return true; }

    [[nodiscard]] Task<Result<std::uint64_t>> sweep(std::vector<std::string> known,
                                                    TimePoint before) override;

private:
    [[nodiscard]] RunWriter writer(std::string_view partition,
                                   std::uint64_t born,
                                   std::uint64_t run_bytes);

    runtime::Loop& loop_;
    Random& random_;
    SegmentCache& cache_;
    std::string prefix_;
    std::string layer_;
};

}  // namespace carillon::layer
