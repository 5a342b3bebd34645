// How requests leave: the HTTP client, or a script in tests.

#pragma once

#include "net/client.hpp"
#include "runtime/task.hpp"

namespace carillon::aws {

class Transport {
public:
    Transport() = default;
    Transport(const Transport&) = delete;
    Transport& operator=(const Transport&) = delete;
    virtual ~Transport() = default;

    /// As net::HttpClient::send.
    virtual Task<Result<net::ClientResponse>> send(net::ClientRequest request) = 0;
};

class HttpTransport final : public Transport {
public:
    /// `client` must outlive the transport. Its guard must let private addresses pass: AWS's own
    /// services for containers and instances live on link-local ones.
    explicit HttpTransport(net::HttpClient& client) : client_(client) {}

    Task<Result<net::ClientResponse>> send(net::ClientRequest request) override {
        return client_.send(std::move(request));
    }

private:
    net::HttpClient& client_;
};

}  // namespace carillon::aws
