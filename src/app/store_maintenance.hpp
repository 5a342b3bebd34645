// Looking after an embedded store: what `carillon store stats|check|backup|compact` does, for the
// command itself on a directory and for a server that is asked to (--url).

#pragma once

#include "dynamo/embedded/embedded.hpp"
#include "dynamo/endpoint/maintenance.hpp"
#include "runtime/blocking.hpp"
#include "runtime/loop.hpp"

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>

namespace carillon::app {

/// The size of all files below a directory.
[[nodiscard]] std::uint64_t bytes_in(const std::string& directory);

/// Lives on `loop`; what takes long runs on a thread of its own, for whose end its destructor
/// waits.
class StoreMaintenance final : public dynamo::endpoint::Maintenance {
public:
    /// `directory` is the store's, empty for one in memory. Everything given must outlive the
    /// object.
    StoreMaintenance(runtime::Loop& loop, dynamo::EmbeddedDatabase& store, std::string directory)
        : loop_(loop), store_(store), directory_(std::move(directory)) {}

    /// Ends a check or a rewriting that runs, before its time.
    void stop() { stop_ = true; }

    [[nodiscard]] Task<Result<dynamo::endpoint::StoreFigures>> stats() override;
    [[nodiscard]] Task<Result<dynamo::endpoint::StoreCheck>> check() override;
    [[nodiscard]] Task<Result<std::uint64_t>> backup(std::string directory) override;
    [[nodiscard]] Task<Result<dynamo::endpoint::Compaction>> compact() override;

private:
    /// Runs `work` on the thread, unless something runs there already.
    template <class T, class Work>
    Task<Result<T>> alone(Work work);

    runtime::Loop& loop_;
    dynamo::EmbeddedDatabase& store_;
    std::string directory_;
    bool busy_ = false;
    std::atomic<bool> stop_ = false;
    runtime::BlockingPool pool_{2};  ///< For one long call, and figures meanwhile.
};

}  // namespace carillon::app
