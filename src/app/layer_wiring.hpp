// The layers of a server: their snapshot stores, what feeds them, and their routes.

#pragma once

#include "app/config.hpp"
#include "aws/credentials.hpp"
#include "aws/s3.hpp"
#include "aws/transport.hpp"
#include "layer/feed.hpp"
#include "layer/layer.hpp"
#include "layer/snapshot_url.hpp"
#include "net/client.hpp"
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
    struct Cloud;

    LayerWiring(runtime::Loop& loop,
                dynamo::Database& database,
                runtime::BlockingPool& pool,
                Random& random,
                Log& log,
                Registry& metrics,
                std::string owner);
    [[nodiscard]] Result<> add(const Config& config, const LayerConfig& layer);
    [[nodiscard]] Result<> open_objects(const Config& config, const LayerConfig& layer, One& one);
    [[nodiscard]] Result<> open_s3(const Config& config, One& one, layer::InS3 place);

    runtime::Loop& loop_;
    dynamo::Database& database_;
    runtime::BlockingPool& pool_;
    Random& random_;
    Log& log_;
    Registry& metrics_;
    std::string owner_;
    std::unique_ptr<Cloud> cloud_;  ///< Where a layer's snapshots are in S3.
    std::vector<std::unique_ptr<One>> layers_;
    server::LayerRoutes routes_;
};

}  // namespace carillon::app
