// The brokers that the server publishes to: all schemes, and what each of them needs.

#pragma once

#include "app/config.hpp"
#include "aws/credentials.hpp"
#include "aws/transport.hpp"
#include "bus/publishers.hpp"
#include "bus/router.hpp"
#include "delivery/delivery.hpp"
#include "net/client.hpp"
#include "observability/log.hpp"
#include "runtime/blocking.hpp"
#include "runtime/loop.hpp"

#include <memory>

namespace carillon::app {

/// Lives on one loop.
class Publishing {
public:
    /// Nothing is connected yet. `invalid`, without secrets, for a URL that is wrong. Everything
    /// given must outlive it; `sender` is for webhooks.
    [[nodiscard]] static Result<std::unique_ptr<Publishing>> open(const Config& config,
                                                                  runtime::Loop& loop,
                                                                  runtime::BlockingPool& pool,
                                                                  Random& random,
                                                                  Log& log,
                                                                  delivery::Sender& sender);
    Publishing(const Publishing&) = delete;
    Publishing& operator=(const Publishing&) = delete;

    /// What events and queue messages are published through; nullptr when no broker is configured.
    [[nodiscard]] bus::Publisher* publisher() { return configured_ ? &router_ : nullptr; }

    /// One publisher a URL, shared by all that publish.
    [[nodiscard]] bus::Publishers& publishers() { return publishers_; }

    /// Ends what is under way, and the connections. When nobody publishes any more.
    [[nodiscard]] Task<> close();

private:
    Publishing(const Config& config,
               runtime::Loop& loop,
               runtime::BlockingPool& pool,
               Random& random,
               Log& log,
               net::ClientOptions aws_client);

    net::HttpClient aws_client_;
    aws::HttpTransport aws_transport_;
    aws::CredentialChain aws_credentials_;
    bus::Publishers publishers_;
    bool configured_;
    bus::Router router_;
};

}  // namespace carillon::app
