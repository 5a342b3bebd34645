// For this module's tests: a simulated loop, and requests as plain calls.

#pragma once

#include "net/server.hpp"
#include "runtime/simulated_test.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

namespace carillon::server::testing {

inline constexpr TimePoint noon{std::chrono::hours{12} + std::chrono::days{20'000}};

struct World : runtime::testing::Simulated {
    World() : Simulated(noon) {}
};

template <class T>
T run(World& world, Task<T> task) {
    return world.finish(std::move(task));
}

inline net::ServerRequest request(std::string method,
                                  std::string target,
                                  std::string body = {},
                                  net::Headers headers = {}) {
    net::ServerRequest out;
    out.method = std::move(method);
    const std::size_t question = target.find('?');
    out.path = target.substr(0, question);
    if (question != std::string::npos) out.query = target.substr(question + 1);
    out.target = std::move(target);
    out.headers = std::move(headers);
    if (!body.empty() && !out.headers.has("Content-Type")) {
        out.headers.add("Content-Type", "application/json");
    }
    out.body = std::move(body);
    return out;
}

inline net::ServerResponse send(World& world,
                                net::HttpHandler& handler,
                                net::ServerRequest request) {
    return run(world, handler.handle(request));
}

}  // namespace carillon::server::testing
