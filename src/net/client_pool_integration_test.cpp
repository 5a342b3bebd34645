// How the client keeps, shares and lets go of its connections.

#include "net/net_testing.hpp"

#include <algorithm>
#include <atomic>
#include <optional>
#include <vector>

namespace carillon::net {
namespace {

using namespace testing;

using Answer = Result<ClientResponse>;

constexpr std::string_view ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

Answer unset() {
    return fail(Errc::internal, "not run");
}

Task<> send_one(HttpClient& client, ClientRequest request, Answer& answer) {
    answer = co_await client.send(std::move(request));
}

Task<> send_together(World& world,
                     ClientOptions options,
                     std::vector<ClientRequest> requests,
                     std::vector<Answer>& answers) {
    HttpClient client(world.loop, world.pool, std::move(options));
    runtime::TaskGroup group(world.loop);
    answers.assign(requests.size(), unset());
    for (std::size_t i = 0; i < requests.size(); ++i) {
        group.spawn(send_one(client, std::move(requests[i]), answers[i]));
    }
    co_await group.join();
    co_await client.close();
}

TEST(HttpClient, KeepsToTheLimitOfConnectionsPerHost) {
    World world;
    const RawListener listener;
    int connections = 0;
    world.peer([&] {
        RawConnection peer = listener.accept();
        ++connections;
        for (int i = 0; i < 20; ++i) {
            peer.read_until("\r\n\r\n");
            peer.send(ok);
        }
    });
    ClientOptions options = loopback_options();
    options.connections_per_host_max = 1;
    std::vector<Answer> answers;
    world.run(send_together(world, options, std::vector(20, request_to(listener.url())), answers));
    EXPECT_EQ(connections, 1);
    for (const Answer& answer : answers) EXPECT_TRUE(answer) << describe(answer.error());
}

TEST(HttpClient, GivesUpWaitingForAPlaceInTime) {
    World world;
    const RawListener listener;
    world.peer([&] {
        RawConnection peer = listener.accept();
        peer.read_until("\r\n\r\n");
        peer.read_all();
    });
    ClientOptions options = loopback_options();
    options.connections_per_host_max = 1;
    ClientRequest request = request_to(listener.url());
    request.total_timeout = 150ms;
    std::vector<Answer> answers;
    world.run(send_together(world, options, std::vector(3, request), answers));
    for (const Answer& answer : answers) {
        ASSERT_FALSE(answer);
        EXPECT_EQ(answer.error().code, Errc::timeout);
    }
    EXPECT_TRUE(was_sent(answers[0].error()));
    EXPECT_FALSE(was_sent(answers[1].error()));
    EXPECT_FALSE(was_sent(answers[2].error()));
}

TEST(HttpClient, ClosesIdleConnectionsAfterAWhile) {
    World world;
    const RawListener listener;
    bool closed = false;
    runtime::Event seen(world.loop);
    world.peer([&] {
        RawConnection peer = listener.accept();
        peer.read_until("\r\n\r\n");
        peer.send(ok);
        closed = peer.read_all().empty();
        world.loop.post([&] { seen.set(); });
    });
    const auto main = [](World& in, std::string url, runtime::Event& until) -> Task<> {
        ClientOptions options = loopback_options();
        options.idle_timeout = 60ms;
        HttpClient client(in.loop, in.pool, options);
        const Answer answer = co_await client.send(request_to(url));
        EXPECT_TRUE(answer);
        // Not close(), which would end the connection too.
        (void)co_await until.wait();
        co_await client.close();
    };
    world.run(main(world, listener.url(), seen));
    EXPECT_TRUE(closed);
}

TEST(HttpClient, BoundsIdleConnectionsOverAllHosts) {
    World world;
    const RawListener first;
    const RawListener second;
    bool closed = false;
    runtime::Event seen(world.loop);
    world.peer([&] {
        RawConnection a = first.accept();
        a.read_until("\r\n\r\n");
        a.send(ok);
        RawConnection b = second.accept();
        b.read_until("\r\n\r\n");
        b.send(ok);
        // The older one goes when the newer one is kept.
        closed = a.read_all().empty();
        world.loop.post([&] { seen.set(); });
        b.read_all();
    });
    const auto main =
        [](World& in, std::string one, std::string two, runtime::Event& until) -> Task<> {
        ClientOptions options = loopback_options();
        options.idle_connections_max = 1;
        HttpClient client(in.loop, in.pool, options);
        EXPECT_TRUE(co_await client.send(request_to(one)));
        EXPECT_TRUE(co_await client.send(request_to(two)));
        (void)co_await until.wait();
        co_await client.close();
    };
    world.run(main(world, first.url(), second.url(), seen));
    EXPECT_TRUE(closed);
}

TEST(HttpClient, RefusesRequestsOnceClosed) {
    World world;
    Answer answer = unset();
    const auto main = [](World& in, Answer& out) -> Task<> {
        HttpClient client(in.loop, in.pool, loopback_options());
        co_await client.close();
        out = co_await client.send(request_to("http://127.0.0.1:1/"));
    };
    world.run(main(world, answer));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, Errc::cancelled);
}

}  // namespace
}  // namespace carillon::net
