// The REST operations on webhooks (seed 000), as routes.
//
// Each only turns a request into the domain's plain values and the answer into the seed's JSON;
// every rule about webhooks themselves lives in webhooks/.

#pragma once

#include "runtime/loop.hpp"
#include "server/route.hpp"
#include "server/webhook_creation.hpp"
#include "webhooks/service.hpp"

#include <vector>

namespace carillon::server {

/// Lives on the service's loop; both references must outlive it, and it the router.
class WebhookRoutes {
public:
    WebhookRoutes(runtime::Loop& loop, webhooks::Service& service)
        : loop_(loop), service_(service), creation_(loop, service) {}

    WebhookRoutes(const WebhookRoutes&) = delete;
    WebhookRoutes& operator=(const WebhookRoutes&) = delete;

    /// They refer to this object.
    [[nodiscard]] std::vector<Route> routes();

private:
    using Response = Task<Result<net::ServerResponse>>;

    [[nodiscard]] std::vector<Route> creation_routes();
    [[nodiscard]] std::vector<Route> single_routes();
    [[nodiscard]] std::vector<Route> many_routes();

    Response list(Call& call);
    Response get(Call& call);
    Response remove(Call& call);
    Response suspend(Call& call);
    Response unsuspend(Call& call);
    Response retry(Call& call);
    Response remove_many(Call& call);
    Response suspend_many(Call& call);
    Response clear(Call& call);
    Response trigger(Call& call);

    runtime::Loop& loop_;
    webhooks::Service& service_;
    WebhookCreation creation_;
};

}  // namespace carillon::server
