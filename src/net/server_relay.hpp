// Calls a server's handler from another loop than the handler's: the request goes to the handler's
// loop and its answer comes back. Between HttpServer and its helper loop. What a SideHandler takes
// stays where it is.

#pragma once

#include "net/server.hpp"
#include "runtime/oneshot.hpp"
#include "runtime/task_group.hpp"

namespace carillon::net {

class ServerRelay final : public HttpHandler {
public:
    /// `handler` lives on `home`, `side` (which may be nullptr) and callers on `away`. All must
    /// outlive the relay.
    ServerRelay(runtime::Loop& home, runtime::Loop& away, HttpHandler& handler, SideHandler* side)
        : home_(home), away_(away), handler_(handler), side_(side), group_(home) {}

    /// On `away`.
    Task<ServerResponse> handle(ServerRequest& request) override {
        const bool stays = side_ != nullptr && side_->takes(request);
        return stays ? side_->handle(request) : relay(request);
    }

    [[nodiscard]] ServerResponse refuse(int status, const std::string& why) const override;

    /// On `home`: waits for what was begun there.
    [[nodiscard]] Task<> join() { return group_.join(); }

private:
    struct Exchange {
        ServerRequest& request;
        ServerResponse response{};
    };

    Task<ServerResponse> relay(ServerRequest& request);
    Task<> answer(Exchange& exchange, runtime::Resume<bool> resume);

    runtime::Loop& home_;
    runtime::Loop& away_;
    HttpHandler& handler_;
    SideHandler* side_;
    runtime::TaskGroup group_;
};

}  // namespace carillon::net
