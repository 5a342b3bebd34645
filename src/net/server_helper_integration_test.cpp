// The server with a helper loop: what is shared between two threads, and how it ends. That a helped
// server answers as one alone is tested in server_integration_test.cpp.

#include "net/net_testing.hpp"
#include "runtime/event.hpp"
#include "runtime/loop_thread.hpp"

#include <boost/asio/post.hpp>

#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace carillon::net {
namespace {

using namespace testing;

/// Answers "here"; counts the requests that it was not given on the thread that made it.
class Desk final : public HttpHandler {
public:
    explicit Desk(runtime::Loop& loop) : gate(loop) {}

    runtime::Event gate;  ///< Opens /wait.
    int handled = 0;
    int elsewhere = 0;

    Task<ServerResponse> handle(ServerRequest& request) override {
        ++handled;
        elsewhere += std::this_thread::get_id() == home_ ? 0 : 1;
        if (request.path == "/wait") (void)co_await gate.wait();
        ServerResponse response;
        response.body = "here";
        co_return response;
    }

    [[nodiscard]] ServerResponse refuse(int status, const std::string&) const override {
        return {.status = status};
    }

private:
    std::thread::id home_ = std::this_thread::get_id();
};

/// Takes /side on the helper's loop; counts the requests that it was not given there.
class SideDesk final : public SideHandler {
public:
    std::thread::id helper{};
    std::atomic<int> handled = 0;
    std::atomic<int> elsewhere = 0;

    [[nodiscard]] bool takes(const ServerRequest& request) const override {
        return request.path == "/side";
    }

    Task<ServerResponse> handle(ServerRequest&) override {
        ++handled;
        elsewhere += std::this_thread::get_id() == helper ? 0 : 1;
        ServerResponse response;
        response.body = "here";
        co_return response;
    }

    [[nodiscard]] ServerResponse refuse(int status, const std::string&) const override {
        return {.status = status};
    }
};

struct HelpedServer {
    explicit HelpedServer(std::size_t own_connections, SideHandler* side = nullptr)
        : server(world.loop, desk, options(own_connections, side)) {
        helper.start();
        EXPECT_TRUE(server.start());
    }

    ServerOptions options(std::size_t own_connections, SideHandler* side) {
        ServerOptions options;
        options.side = side;
        options.helper = &helper.loop();
        options.own_connections = own_connections;
        return options;
    }

    World world;
    runtime::LoopThread helper{world.clock};
    Desk desk{world.loop};
    HttpServer server;
};

Task<> serve(HelpedServer& of, std::function<void()> script) {
    auto call = [script = std::move(script)] {
        script();
        return true;
    };
    (void)co_await of.world.pool.run(of.world.loop, std::move(call));
    co_await of.server.stop(1s);
}

TEST(HelpedHttpServer, SharesConnectionsAndHandlesAllOnItsOwnLoop) {
    HelpedServer of(2);
    int answered = 0;
    const auto script = [&] {
        std::vector<RawConnection> peers;
        for (int i = 0; i < 8; ++i) peers.push_back(RawConnection::connect(of.server.port()));
        for (int round = 0; round < 50; ++round) {
            for (const RawConnection& peer : peers) {
                peer.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
            }
            for (RawConnection& peer : peers) {
                if (peer.read_until("here").ends_with("here")) ++answered;
            }
        }
    };
    of.world.run(serve(of, script));
    of.helper.join();
    EXPECT_EQ(answered, 8 * 50);
    EXPECT_EQ(of.desk.handled, 8 * 50);
    EXPECT_EQ(of.desk.elsewhere, 0);
}

TEST(HelpedHttpServer, LeavesWithTheSideHandlerWhatItTakes) {
    SideDesk side;
    HelpedServer of(1, &side);
    asio::post(of.helper.loop().context(), [&] { side.helper = std::this_thread::get_id(); });
    int answered = 0;
    const auto script = [&] {
        std::vector<RawConnection> peers;
        peers.reserve(8);
        // One after the other, so that each is known when the next is shared out.
        for (int i = 0; i < 8; ++i) {
            peers.push_back(RawConnection::connect(of.server.port()));
            for (const char* path : {"/side", "/a"}) {
                peers.back().send("GET " + std::string(path) + " HTTP/1.1\r\nHost: h\r\n\r\n");
                if (peers.back().read_until("here").ends_with("here")) ++answered;
            }
        }
    };
    of.world.run(serve(of, script));
    of.helper.join();
    EXPECT_EQ(answered, 8 * 2);
    // Half of the connections are the helper's; what they ask of /a still comes home.
    EXPECT_EQ(side.handled, 4);
    EXPECT_EQ(side.elsewhere, 0);
    EXPECT_EQ(of.desk.handled, 8 + 4);
    EXPECT_EQ(of.desk.elsewhere, 0);
}

/// Stops the server with a request in its handler, which ends a little later.
Task<> stop_meanwhile(HelpedServer& of) {
    while (of.desk.handled == 0) (void)co_await of.world.loop.sleep_for(1ms);
    of.world.loop.call_at(of.world.clock.ticks() + 50'000'000, [&] { of.desk.gate.set(); });
    co_await of.server.stop(1s);
}

TEST(HelpedHttpServer, EndsIdleConnectionsAtOnceAndOthersAfterTheirRequest) {
    HelpedServer of(0);
    std::string waited;
    std::string idle = "not closed";
    of.world.peer([&] {
        RawConnection resting = RawConnection::connect(of.server.port());
        RawConnection peer = RawConnection::connect(of.server.port());
        peer.send("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n");
        waited = peer.read_all();
        idle = resting.read_all();
    });
    of.world.run(stop_meanwhile(of));
    of.helper.join();
    EXPECT_TRUE(waited.ends_with("here")) << waited;
    EXPECT_EQ(idle, "");
}

}  // namespace
}  // namespace carillon::net
