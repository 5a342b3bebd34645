// Replaces a layer's state by what a source table holds now.
//
// The log is not touched. Before the source is read, the end of each partition's log is noted; what
// is read becomes the state at that place, and everything behind it still counts. So a change that
// happens during the reading is not lost, whichever of the two sees it first. Where a feed brings
// the table's changes, what was read waits until the feed has come past the reading: an older
// change that came after would bring an old state back.

#pragma once

#include "layer/layer.hpp"

#include <map>
#include <memory>
#include <string>

namespace carillon::layer {

class Reset {
public:
    /// Everything given must outlive it.
    Reset(dynamo::Database& source,
          Syncer& syncer,
          ChangeLog& log,
          const LayerOptions& layer,
          ResetOptions options);

    ~Reset();

    [[nodiscard]] Task<Result<ResetReport>> run();

private:
    struct Part;
    Task<Result<>> work(Lease& lease, ResetReport& report);
    Task<Result<>> read_source(Lease& lease);
    Task<Result<Part*>> part_of(const std::string& partition);
    Task<Result<>> take(const dynamo::Item& item);
    Task<Result<>> spill(Part& part);
    Task<Result<>> publish(Lease& lease, const std::string& partition, Part& part);

    dynamo::Database& source_;
    Syncer& syncer_;
    ChangeLog& log_;
    const LayerOptions& layer_;
    ResetOptions options_;
    std::map<std::string, std::unique_ptr<Part>> parts_;
    std::size_t bytes_ = 0;  ///< In memory, of all parts.
    std::uint64_t count_ = 0;
    bool reading_ = false;
};

}  // namespace carillon::layer
