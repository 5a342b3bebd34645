// One request and its answer over one connection that is ready for it.

#pragma once

#include "net/client.hpp"
#include "net/connection_pool.hpp"
#include "net/operation.hpp"

namespace carillon::net {

struct ExchangeOutcome {
    Result<ClientResponse> result;
    /// The connection can carry another exchange.
    bool keep_alive = false;
    /// Failed because the peer had closed the connection before the request reached it.
    bool stale = false;
};

/// Sends `request`, whose head write_request_head() makes, and reads the answer. `reused`: the
/// connection has carried an exchange before. All three must stay until the task ends.
[[nodiscard]] Task<ExchangeOutcome> exchange(runtime::Clock& clock,
                                             Connection& connection,
                                             const ClientRequest& request,
                                             bool reused);

}  // namespace carillon::net
