// The client and the server of this module talking to each other.

#include "net/net_testing.hpp"

#include <algorithm>
#include <vector>

namespace carillon::net {
namespace {

using namespace testing;

/// Answers with what it was asked.
class Echo final : public HttpHandler {
public:
    int requests = 0;

    Task<ServerResponse> handle(ServerRequest& request) override {
        ++requests;
        ServerResponse response;
        response.headers.add("X-Method", request.method);
        response.headers.add("X-Target", request.target);
        response.headers.add("X-Path", request.path);
        response.headers.add("X-Query", request.query);
        response.headers.add("X-Peer", request.peer);
        response.body = request.body;
        co_return response;
    }

    [[nodiscard]] ServerResponse refuse(int status, const std::string& why) const override {
        ServerResponse response;
        response.status = status;
        response.body = why;
        return response;
    }
};

Task<> round_trip(World& world,
                  std::string method,
                  std::string body,
                  Result<ClientResponse>& seen) {
    Echo echo;
    HttpServer server(world.loop, echo, ServerOptions{});
    EXPECT_TRUE(server.start());
    HttpClient client(world.loop, world.pool, loopback_options());
    ClientRequest request = request_to(server.url() + "/a%20b?x=1&x=2", method, body);
    seen = co_await client.send(std::move(request));
    co_await client.close();
    co_await server.stop(1s);
}

TEST(ClientAndServer, CarryMethodTargetAndBodies) {
    struct Case {
        std::string method;
        std::string body;
    };

    const Case cases[] = {
        {"GET", ""},
        {"POST", "{}"},
        {"PUT", std::string(100, 'x')},
        {"PATCH", std::string(16 * 1'024, 'y')},
        {"DELETE", std::string(60 * 1'024, 'z')},
        {"POST", ""},
        {"OPTIONS", ""},
        {"PURGE", "a"},
    };
    for (const Case& c : cases) {
        World world;
        Result<ClientResponse> seen = fail(Errc::internal, "not run");
        world.run(round_trip(world, c.method, c.body, seen));
        ASSERT_TRUE(seen) << describe(seen.error());
        EXPECT_EQ(seen->status, 200);
        EXPECT_EQ(seen->body, c.body);
        EXPECT_FALSE(seen->truncated);
        EXPECT_EQ(seen->headers.get("x-method"), c.method);
        EXPECT_EQ(seen->headers.get("x-target"), "/a%20b?x=1&x=2");
        EXPECT_EQ(seen->headers.get("x-path"), "/a%20b");
        EXPECT_EQ(seen->headers.get("x-query"), "x=1&x=2");
        EXPECT_TRUE(seen->headers.get("x-peer")->starts_with("127.0.0.1:"));
        EXPECT_GE(seen->ended_ticks, seen->started_ticks);
        EXPECT_GT(seen->started_ticks, 0);
    }
}

Task<> many_round_trips(World& world, int count, std::size_t& connections) {
    Echo echo;
    HttpServer server(world.loop, echo, ServerOptions{});
    EXPECT_TRUE(server.start());
    HttpClient client(world.loop, world.pool, loopback_options());
    std::vector<std::string> peers;
    for (int i = 0; i < count; ++i) {
        const auto seen = co_await client.send(request_to(server.url() + "/", "POST", "hello"));
        if (!seen) ADD_FAILURE() << describe(seen.error());
        if (!seen) break;
        peers.emplace_back(*seen->headers.get("X-Peer"));
    }
    std::ranges::sort(peers);
    peers.erase(std::ranges::unique(peers).begin(), peers.end());
    connections = peers.size();
    EXPECT_EQ(echo.requests, count);
    co_await client.close();
    co_await server.stop(1s);
}

TEST(ClientAndServer, ReuseOneConnection) {
    World world;
    std::size_t connections = 0;
    world.run(many_round_trips(world, 100, connections));
    EXPECT_EQ(connections, 1u);
}

}  // namespace
}  // namespace carillon::net
