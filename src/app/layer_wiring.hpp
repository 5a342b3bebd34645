// The layers of a server: their snapshot stores, what feeds them, and their routes.

#pragma once

#include "app/config.hpp"
#include "layer/feed.hpp"
#include "layer/layer.hpp"
#include "library/snapshot_stores.hpp"
#include "runtime/blocking.hpp"
#include "server/layer_routes.hpp"

#include <memory>
#include <string>
#include <vector>

namespace carillon::app {

/// Lives on one loop.
class LayerWiring {
public:
    /// Everything given must outlive it. `invalid` when a layer's settings make no sense. `owner`
    /// names this process.
    [[nodiscard]] static Result<std::unique_ptr<LayerWiring>> make(const Config& config,
                                                                   runtime::Loop& loop,
                                                                   dynamo::Database& database,
                                                                   runtime::BlockingPool& pool,
                                                                   Random& random,
                                                                   Log& log,
                                                                   Registry& metrics,
                                                                   std::string owner);
    ~LayerWiring();

    [[nodiscard]] std::vector<server::Route> routes() { return routes_.routes(); }

    [[nodiscard]] Task<Result<>> start();
    [[nodiscard]] Task<> stop();

private:
    struct One;

    LayerWiring(const Config& config,
                runtime::Loop& loop,
                dynamo::Database& database,
                runtime::BlockingPool& pool,
                Random& random,
                Log& log,
                Registry& metrics,
                std::string owner);
    [[nodiscard]] Result<> add(const LayerConfig& layer);

    runtime::Loop& loop_;
    dynamo::Database& database_;
    Random& random_;
    Log& log_;
    Registry& metrics_;
    std::string owner_;
    library::SnapshotStores stores_;
    std::vector<std::unique_ptr<One>> layers_;
    server::LayerRoutes routes_;
};

}  // namespace carillon::app
