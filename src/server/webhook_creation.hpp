// POST /webhooks: one registration or many, and what repeating it means.
//
// Apart from the other routes because it is the hot path and the only one with two shapes. An id of
// one's own, or an Idempotency-Key, makes the request repeatable: the second time it answers 200
// with the webhook that the first one made, and 409 when it asks for something else. A batch is
// answered 200 with a result for each as soon as one of them was registered, and with a problem
// when none was.

#pragma once

#include "runtime/loop.hpp"
#include "server/route.hpp"
#include "webhooks/service.hpp"

#include <cstddef>
#include <optional>
#include <string>

namespace carillon::server {

/// Lives on the service's loop.
class WebhookCreation {
public:
    WebhookCreation(runtime::Loop& loop, webhooks::Service& service)
        : loop_(loop), service_(service) {}

    /// Registrations in one request.
    static constexpr std::size_t batch_max = 1'000;

    Task<Result<net::ServerResponse>> create(Call& call);

private:
    using Response = Task<Result<net::ServerResponse>>;

    Response create_one(Call& call, std::optional<std::string> key);
    Response create_many(Call& call, const json::array& list, std::optional<std::string> key);

    runtime::Loop& loop_;
    webhooks::Service& service_;
};

}  // namespace carillon::server
