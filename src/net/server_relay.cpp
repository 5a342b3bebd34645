#include "net/server_relay.hpp"

#include <boost/asio/post.hpp>

#include <exception>
#include <string>
#include <utility>

namespace carillon::net {

Task<ServerResponse> ServerRelay::relay(ServerRequest& request) {
    Exchange exchange{request};
    auto start = [this, &exchange](runtime::Resume<bool> resume) {
        asio::post(home_.context(), [this, &exchange, resume = std::move(resume)]() mutable {
            group_.spawn(answer(exchange, std::move(resume)));
        });
    };
    (void)co_await runtime::suspend<bool>(std::move(start));
    co_return std::move(exchange.response);
}

ServerResponse ServerRelay::refuse(int status, const std::string& why) const {
    return handler_.refuse(status, why);
}

Task<> ServerRelay::answer(Exchange& exchange, runtime::Resume<bool> resume) {
    std::string escaped;
    try {
        exchange.response = co_await handler_.handle(exchange.request);
    } catch (const std::exception& error) {
        escaped = error.what();
    }
    // Never the exception's text: it may name what a stranger should not see.
    if (!escaped.empty()) exchange.response = handler_.refuse(500, "internal error");
    asio::post(away_.context(),
               [resume = std::move(resume)]() mutable { std::move(resume)(true); });
}

}  // namespace carillon::net
