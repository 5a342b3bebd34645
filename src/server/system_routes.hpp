// What orchestrators, scrapers and newcomers ask: is it alive, is it ready, its numbers, its API.

#pragma once

#include "observability/metrics.hpp"
#include "runtime/loop.hpp"
#include "server/route.hpp"
#include "server/router.hpp"

#include <functional>
#include <string>
#include <vector>

namespace carillon::server {

/// Why the server is not ready to take requests; empty when it is. Set by app as it starts and
/// stops.
struct Readiness {
    std::string obstacle = "starting";
};

struct SystemOptions {
    std::string version;
    /// Brings the gauges up to date before they are exposed.
    std::function<void()> refresh_metrics = nullptr;
};

/// Lives on one loop; all references must outlive it, and it the router. The OpenAPI document
/// describes the routes that `router` has when it is first asked for.
class SystemRoutes {
public:
    SystemRoutes(runtime::Loop& loop,
                 const Router& router,
                 const Readiness& readiness,
                 const Registry& metrics,
                 SystemOptions options);
    SystemRoutes(const SystemRoutes&) = delete;
    SystemRoutes& operator=(const SystemRoutes&) = delete;

    [[nodiscard]] std::vector<Route> routes();

private:
    using Response = Task<Result<net::ServerResponse>>;
    Response home(Call& call);
    Response health(Call& call);
    Response ready(Call& call);
    Response live(Call& call);
    Response metrics(Call& call);
    Response openapi(Call& call);

    runtime::Loop& loop_;
    const Router& router_;
    const Readiness& readiness_;
    const Registry& metrics_;
    SystemOptions options_;
    std::int64_t started_ticks_;
    std::string openapi_;
};

}  // namespace carillon::server
