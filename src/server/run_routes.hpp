// The REST operations on runs of schedules, as routes.

#pragma once

#include "schedules/service.hpp"
#include "server/route.hpp"

#include <vector>

namespace carillon::server {

/// Lives on the service's loop; the service must outlive it, and it the router.
class RunRoutes {
public:
    explicit RunRoutes(schedules::Service& service) : service_(service) {}

    RunRoutes(const RunRoutes&) = delete;
    RunRoutes& operator=(const RunRoutes&) = delete;

    /// They refer to this object.
    [[nodiscard]] std::vector<Route> routes();

private:
    using Response = Task<Result<net::ServerResponse>>;

    Response list(Call& call);
    Response get(Call& call);
    Response retry(Call& call);
    Response cancel(Call& call);

    schedules::Service& service_;
};

}  // namespace carillon::server
