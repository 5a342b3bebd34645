// The REST operations on events of the outbox (seed 001), as routes.
//
// Each only turns a request into the domain's plain values and the answer into JSON; the rules are
// in outbox/.

#pragma once

#include "outbox/event_bus.hpp"
#include "server/route.hpp"

#include <vector>

namespace carillon::server {

/// Lives on the bus's loop; the bus must outlive it, and it the router.
class EventRoutes {
public:
    explicit EventRoutes(outbox::EventBus& bus) : bus_(bus) {}

    EventRoutes(const EventRoutes&) = delete;
    EventRoutes& operator=(const EventRoutes&) = delete;

    /// They refer to this object.
    [[nodiscard]] std::vector<Route> routes();

private:
    using Response = Task<Result<net::ServerResponse>>;

    Response emit(Call& call);
    Response list(Call& call);
    Response get(Call& call);
    Response retry(Call& call);
    Response purge(Call& call);

    outbox::EventBus& bus_;
};

/// The components of the description that these routes name.
[[nodiscard]] json::object event_schemas();

}  // namespace carillon::server
