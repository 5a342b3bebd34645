// Calls a server's handler from another loop than the handler's: the request goes to the handler's
// loop and its answer comes back. Between HttpServer and its helper loop.

#pragma once

#include "net/server.hpp"
#include "runtime/oneshot.hpp"
#include "runtime/task_group.hpp"

namespace carillon::net {

class ServerRelay final : public HttpHandler {
public:
    /// `handler` lives on `home`, callers on `away`. All must outlive the relay.
    ServerRelay(runtime::Loop& home, runtime::Loop& away, HttpHandler& handler)
        : home_(home), away_(away), handler_(handler), group_(home) {}

    /// On `away`.
    Task<ServerResponse> handle(ServerRequest& request) override;
    [[nodiscard]] ServerResponse refuse(int status, const std::string& why) const override;

    /// On `home`: waits for what was begun there.
    [[nodiscard]] Task<> join() { return group_.join(); }

private:
    struct Exchange {
        ServerRequest& request;
        ServerResponse response{};
    };

    Task<> answer(Exchange& exchange, runtime::Resume<bool> resume);

    runtime::Loop& home_;
    runtime::Loop& away_;
    HttpHandler& handler_;
    runtime::TaskGroup group_;
};

}  // namespace carillon::net
