// The server against clients that misbehave, by plain sockets.

#include "net/net_testing.hpp"
#include "runtime/event.hpp"
#include "runtime/loop_thread.hpp"

#include <functional>
#include <memory>
#include <poll.h>
#include <sys/resource.h>
#include <vector>

namespace carillon::net {
namespace {

using namespace testing;

/// Answers "METHOD PATH BODY"; some paths do something else.
class Desk final : public HttpHandler {
public:
    explicit Desk(runtime::Loop& loop) : gate(loop) {}

    runtime::Event gate;  ///< Opens /wait.
    std::function<void()> on_wait;
    int requests = 0;

    Task<ServerResponse> handle(ServerRequest& request) override {
        ++requests;
        ServerResponse response;
        if (request.path == "/wait") {
            if (on_wait) on_wait();
            (void)co_await gate.wait();
        }
        if (request.path == "/inject") response.headers.add("X-A", "b\r\nX-Evil: 1");
        if (request.path == "/throw") throw std::runtime_error("secret");
        if (request.path == "/close") response.headers.add("Connection", "close");
        if (request.path == "/none") response.status = 204;
        if (request.path == "/large") {
            response.body.assign(3'000'000, 'L');
            co_return response;
        }
        response.body = request.method + " " + request.path + " " + request.body;
        co_return response;
    }

    [[nodiscard]] ServerResponse refuse(int status, const std::string& why) const override {
        ServerResponse response;
        response.status = status;
        response.headers.add("Content-Type", "text/plain");
        response.body = "refused: " + why;
        return response;
    }
};

ServerOptions quick_options() {
    ServerOptions options;
    options.header_bytes_max = 2'048;
    options.body_bytes_max = 1'000;
    options.header_timeout = 150ms;
    options.body_timeout = 150ms;
    options.idle_timeout = 300ms;
    return options;
}

Task<> run_peer(World& world, runtime::BlockingPool& pool, std::function<void()> script) {
    auto call = [script = std::move(script)] {
        script();
        return true;
    };
    (void)co_await pool.run(world.loop, std::move(call));
}

Task<> serve(World& world, HttpServer& server, std::function<void()> script, Duration grace) {
    co_await run_peer(world, world.pool, std::move(script));
    co_await server.stop(grace);
}

/// Runs `script` against a server, then stops it: one alone, and one whose connections are all on
/// its helper's loop.
void against(ServerOptions options, const std::function<void(std::uint16_t port)>& script) {
    for (const bool helped : {false, true}) {
        SCOPED_TRACE(helped ? "on the helper's loop" : "on the server's loop");
        World world;
        runtime::LoopThread helper(world.clock);
        options.helper = helped ? &helper.loop() : nullptr;
        options.own_connections = 0;
        Desk desk(world.loop);
        HttpServer server(world.loop, desk, options);
        helper.start();
        ASSERT_TRUE(server.start());
        world.run(serve(world, server, [&] { script(server.port()); }, 1s));
        helper.join();
    }
}

/// What the server says to `text` until it closes.
std::string answer_to(const std::string& text,
                      bool half_close,
                      ServerOptions options = quick_options()) {
    std::string answer;
    against(std::move(options), [&](std::uint16_t port) {
        RawConnection peer = RawConnection::connect(port);
        peer.send(text);
        if (half_close) peer.shutdown_send();
        answer = peer.read_all();
    });
    return answer;
}

std::string without_date(std::string text) {
    for (std::size_t at = text.find("Date: "); at != std::string::npos; at = text.find("Date: ")) {
        text.erase(at, text.find("\r\n", at) + 2 - at);
    }
    return text;
}

TEST(HttpServer, AnswersAndKeepsTheConnection) {
    std::string first;
    std::string second;
    against(ServerOptions{}, [&](std::uint16_t port) {
        RawConnection peer = RawConnection::connect(port);
        peer.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
        first = peer.read_until("GET /a ");
        peer.send("POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi");
        second = peer.read_until("POST /b hi");
    });
    EXPECT_LT(first.find("Date: "), first.find(" GMT\r\n"));
    EXPECT_EQ(without_date(first), "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nGET /a ");
    EXPECT_EQ(without_date(second), "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nPOST /b hi");
}

TEST(HttpServer, AnswersPipelinedRequestsInOrder) {
    std::string text;
    for (int i = 0; i < 50; ++i) {
        text += "POST /" + std::to_string(i) + " HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx";
    }
    text += "GET /end HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
    const std::string answer = answer_to(text, false);
    std::size_t at = 0;
    for (int i = 0; i < 50; ++i) {
        at = answer.find("POST /" + std::to_string(i) + " x", at);
        ASSERT_NE(at, std::string::npos) << i;
    }
    EXPECT_NE(answer.find("GET /end ", at), std::string::npos);
}

TEST(HttpServer, ClosesWhenItShould) {
    const std::string cases[] = {
        "GET /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
        "GET /x HTTP/1.0\r\n\r\n",
        "GET /close HTTP/1.1\r\nHost: h\r\n\r\n",
    };
    for (const std::string& text : cases) {
        const std::string answer =
            answer_to(text + "GET /second HTTP/1.1\r\nHost: h\r\n\r\n", false);
        EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
        EXPECT_NE(answer.find("Connection: close\r\n"), std::string::npos) << answer;
        EXPECT_EQ(answer.find("/second"), std::string::npos) << answer;
    }
}

TEST(HttpServer, KeepsAnOldClientsConnectionWhenAsked) {
    const std::string get = "GET /x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
    const std::string answer = answer_to(get + get, true);
    EXPECT_NE(answer.find("Connection: keep-alive\r\n"), std::string::npos);
    EXPECT_NE(answer.find("HTTP/1.1 200", 10), std::string::npos);
}

TEST(HttpServer, AnswersHeadAndNoContentWithoutABody) {
    const std::string head =
        answer_to("HEAD /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", false);
    EXPECT_EQ(without_date(head),
              "HTTP/1.1 200 OK\r\nContent-Length: 8\r\nConnection: close\r\n\r\n");
    const std::string none =
        answer_to("GET /none HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", false);
    EXPECT_EQ(without_date(none), "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
}

TEST(HttpServer, RefusesBadAndLargeRequestsAndCloses) {
    struct Case {
        std::string text;
        std::string status;
    };

    const std::string get = "GET / HTTP/1.1\r\nHost: h\r\n";
    const Case cases[] = {
        {"nonsense\r\n\r\n", "400"},
        {std::string(3'000, '\xff'), "400"},
        {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "400"},
        {std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11), "400"},
        {"GET / HTTP/1.1\r\n\r\n", "400"},
        {get + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "400"},
        {get + "Content-Length: 1001\r\n\r\n" + std::string(1'001, 'x'), "413"},
        {get + "Content-Length: 100000000\r\n\r\n" + std::string(500'000, 'x'), "413"},
        {get + "Transfer-Encoding: chunked\r\n\r\n3e9\r\n" + std::string(1'001, 'x') +
             "\r\n0\r\n\r\n",
         "413"},
        {get + "X: " + std::string(3'000, 'x') + "\r\n\r\n", "431"},
        {get + "X: " + std::string(500'000, 'x') + "\r\n\r\n", "431"},
        {get + "Transfer-Encoding: gzip\r\n\r\n", "501"},
        {get + "Expect: x\r\n\r\n", "417"},
        {"GET / HTT", "400"},
        {get + "Content-Length: 5\r\n\r\nab", "400"},
    };
    for (const Case& c : cases) {
        const std::string answer = answer_to(c.text, true);
        EXPECT_TRUE(answer.starts_with("HTTP/1.1 " + c.status + " "))
            << c.text.substr(0, 80) << answer;
        EXPECT_NE(answer.find("Connection: close\r\n"), std::string::npos);
        EXPECT_NE(answer.find("refused: "), std::string::npos);
    }
}

TEST(HttpServer, AcceptsBodiesUpToItsLimit) {
    const std::string body(1'000, 'x');
    const std::string answer = answer_to(
        "POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 1000\r\n\r\n" + body,
        false);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200"));
    EXPECT_TRUE(answer.ends_with("POST / " + body));
}

TEST(HttpServer, SaysContinueWhenAsked) {
    std::string interim;
    std::string answer;
    against(quick_options(), [&](std::uint16_t port) {
        RawConnection peer = RawConnection::connect(port);
        peer.send(
            "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
        interim = peer.read_until("\r\n\r\n");
        peer.send("hi");
        answer = peer.read_until("POST / hi");
    });
    EXPECT_EQ(interim, "HTTP/1.1 100 Continue\r\n\r\n");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n"));
}

TEST(HttpServer, DoesNotSayContinueToWhatItRefuses) {
    const std::string answer = answer_to(
        "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2000\r\n\r\n",
        false);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 413 ")) << answer;
}

TEST(HttpServer, EndsSlowHeadersBy408) {
    std::string answer;
    against(quick_options(), [&](std::uint16_t port) {
        RawConnection peer = RawConnection::connect(port);
        // A byte now and then does not prolong the deadline.
        const std::string slow =
            "GET / HTTP/1.1\r\nHost: h\r\nX: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
        for (const char c : slow) {
            if (!peer.send(std::string(1, c))) break;
            ::usleep(8'000);
        }
        answer = peer.read_all();
    });
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 408 ")) << answer;
    EXPECT_NE(answer.find("Connection: close\r\n"), std::string::npos);
}

TEST(HttpServer, EndsSlowBodiesBy408) {
    const std::string answer =
        answer_to("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc", false);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 408 ")) << answer;
}

TEST(HttpServer, ClosesIdleConnectionsSilently) {
    EXPECT_EQ(answer_to("", false), "");
    const std::string answer = answer_to("GET /x HTTP/1.1\r\nHost: h\r\n\r\n", false);
    EXPECT_TRUE(answer.ends_with("GET /x ")) << answer;
}

TEST(HttpServer, AnswersAPeerThatHasClosedItsSendingSide) {
    const std::string answer =
        answer_to("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\ny", true);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n"));
    EXPECT_TRUE(answer.ends_with("POST /x y"));
}

TEST(HttpServer, SurvivesPeersThatVanish) {
    against(quick_options(), [&](std::uint16_t port) {
        for (const std::string text :
             {"",
              "GET",
              "GET /large HTTP/1.1\r\nHost: h\r\n\r\n",
              "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nab"}) {
            RawConnection peer = RawConnection::connect(port);
            peer.send(text);
            peer.reset();
        }
        RawConnection peer = RawConnection::connect(port);
        peer.send("GET /x HTTP/1.1\r\nHost: h\r\n\r\n");
        EXPECT_TRUE(peer.read_until("GET /x ").starts_with("HTTP/1.1 200 OK"));
    });
}

TEST(HttpServer, GivesUpOnAPeerThatDoesNotRead) {
    bool ended = false;
    against(quick_options(), [&](std::uint16_t port) {
        RawConnection peer = RawConnection::connect(port);
        std::string many;
        for (int i = 0; i < 10; ++i) many += "GET /large HTTP/1.1\r\nHost: h\r\n\r\n";
        peer.send(many);
        ::usleep(600'000);
        ended = peer.read_all().size() < 30'000'000;
    });
    EXPECT_TRUE(ended);
}

TEST(HttpServer, SendsLargeAnswers) {
    const std::string answer = answer_to(
        "GET /large HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", false, ServerOptions{});
    EXPECT_TRUE(answer.ends_with(std::string(3'000'000, 'L')));
}

TEST(HttpServer, NeverWritesAHeaderThatWouldBecomeTwo) {
    const std::string answer =
        answer_to("GET /inject HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", false);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 500 ")) << answer;
    EXPECT_EQ(answer.find("Evil"), std::string::npos);
}

TEST(HttpServer, AnswersForAHandlerThatThrows) {
    const std::string answer =
        answer_to("GET /throw HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", false);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 500 ")) << answer;
    EXPECT_EQ(answer.find("secret"), std::string::npos);
}

TEST(HttpServer, TurnsAwayConnectionsBeyondItsLimit) {
    ServerOptions options = quick_options();
    options.connections_max = 1;
    options.idle_timeout = 10s;
    std::string refused;
    std::string served;
    against(options, [&](std::uint16_t port) {
        RawConnection first = RawConnection::connect(port);
        first.send("GET /1 HTTP/1.1\r\nHost: h\r\n\r\n");
        first.read_until("GET /1 ");
        RawConnection second = RawConnection::connect(port);
        second.send("GET /2 HTTP/1.1\r\nHost: h\r\n\r\n");
        refused = second.read_all();
        first.send("GET /3 HTTP/1.1\r\nHost: h\r\n\r\n");
        served = first.read_until("GET /3 ");
    });
    EXPECT_TRUE(refused.starts_with("HTTP/1.1 503 ")) << refused;
    EXPECT_TRUE(served.starts_with("HTTP/1.1 200 "));
}

TEST(HttpServer, SurvivesRunningOutOfDescriptors) {
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
    GTEST_SKIP() << "the sanitizers themselves need descriptors";
#endif
    World world;
    Desk desk(world.loop);
    HttpServer server(world.loop, desk, {});
    ASSERT_TRUE(server.start());
    std::string answer;
    const auto script = [&] {
        RawConnection peer = RawConnection::connect(server.port());
        peer.send("GET /x HTTP/1.1\r\nHost: h\r\n\r\n");
        peer.read_until("GET /x ");
        // Opened before the limit falls, connected after: accepting then finds no descriptor.
        const int waiting = ::socket(AF_INET, SOCK_STREAM, 0);
        rlimit before{};
        ::getrlimit(RLIMIT_NOFILE, &before);
        const rlimit none{3, before.rlim_max};
        ::setrlimit(RLIMIT_NOFILE, &none);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(server.port());
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        ::connect(waiting, reinterpret_cast<sockaddr*>(&address), sizeof address);
        RawConnection late(waiting);
        late.send("GET /late HTTP/1.1\r\nHost: h\r\n\r\n");
        // Those who are connected go on being served.
        peer.send("GET /y HTTP/1.1\r\nHost: h\r\n\r\n");
        EXPECT_TRUE(peer.read_until("GET /y ").starts_with("HTTP/1.1 200 OK"));
        pollfd unserved{late.fd(), POLLIN, 0};
        EXPECT_EQ(::poll(&unserved, 1, 20), 0);
        ::setrlimit(RLIMIT_NOFILE, &before);
        answer = late.read_until("GET /late ");
    };
    world.run(serve(world, server, script, 1s));
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK")) << answer;
}

Task<> stop_on(runtime::Event& asked, HttpServer& server, Duration grace, bool& stopped) {
    (void)co_await asked.wait();
    co_await server.stop(grace);
    stopped = true;
}

TEST(HttpServer, StopsAfterTheRequestUnderWay) {
    World world;
    Desk desk(world.loop);
    HttpServer server(world.loop, desk, {});
    ASSERT_TRUE(server.start());
    runtime::Event asked(world.loop);
    bool stopped = false;
    std::string answer;
    std::string idle_end = "open";
    world.peer([&] {
        RawConnection idle = RawConnection::connect(server.port());
        idle.send("GET /x HTTP/1.1\r\nHost: h\r\n\r\n");
        idle.read_until("GET /x ");
        RawConnection busy = RawConnection::connect(server.port());
        busy.send("GET /wait HTTP/1.1\r\nHost: h\r\n\r\nGET /next HTTP/1.1\r\nHost: h\r\n\r\n");
        // The idle connection ends at once, the busy one when its request is answered.
        idle_end = idle.read_all();
        EXPECT_FALSE(stopped);
        world.loop.post([&] { desk.gate.set(); });
        answer = busy.read_all();
    });
    desk.on_wait = [&] { asked.set(); };
    world.run(stop_on(asked, server, 10s, stopped));
    EXPECT_TRUE(stopped);
    EXPECT_EQ(idle_end, "");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK")) << answer;
    EXPECT_NE(answer.find("Connection: close"), std::string::npos);
    EXPECT_NE(answer.find("GET /wait "), std::string::npos);
    EXPECT_EQ(answer.find("/next"), std::string::npos);
}

TEST(HttpServer, EndsEverythingAfterItsGrace) {
    World world;
    Desk desk(world.loop);
    HttpServer server(world.loop, desk, {});
    ASSERT_TRUE(server.start());
    runtime::Event asked(world.loop);
    bool stopped = false;
    std::string answer;
    world.peer([&] {
        RawConnection half = RawConnection::connect(server.port());
        half.send("GET /half HTTP/1.1\r\n");
        RawConnection busy = RawConnection::connect(server.port());
        busy.send("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n");
        answer = busy.read_all();
        EXPECT_EQ(half.read_all(), "");
        world.loop.post([&] { desk.gate.set(); });
    });
    desk.on_wait = [&] { asked.set(); };
    world.run(stop_on(asked, server, 50ms, stopped));
    EXPECT_TRUE(stopped);
    EXPECT_EQ(answer, "");
}

TEST(HttpServer, SaysWhyItCannotStart) {
    const RawListener taken;
    World world;
    Desk desk(world.loop);
    ServerOptions options;
    options.port = taken.port();
    HttpServer second(world.loop, desk, options);
    const auto busy = second.start();
    ASSERT_FALSE(busy);
    EXPECT_EQ(busy.error().code, Errc::unavailable);
    for (const std::string host :
         {"", "not an address", "example.com", "256.0.0.1", "1.2.3", "0x7f.1"}) {
        ServerOptions bad;
        bad.host = host;
        HttpServer server(world.loop, desk, bad);
        const auto started = server.start();
        ASSERT_FALSE(started) << host;
        EXPECT_EQ(started.error().code, Errc::invalid) << host;
    }
}

Task<> stop_now(HttpServer& server) {
    co_await server.stop(0ms);
}

TEST(HttpServer, TellsItsUrl) {
    struct Case {
        std::string host;
        std::string url;
    };

    for (const Case& c : {Case{"127.0.0.1", "http://127.0.0.1:"},
                          Case{"localhost", "http://127.0.0.1:"},
                          Case{"0.0.0.0", "http://0.0.0.0:"},
                          Case{"::1", "http://[::1]:"},
                          Case{"[::1]", "http://[::1]:"}}) {
        World world;
        Desk desk(world.loop);
        ServerOptions options;
        options.host = c.host;
        HttpServer server(world.loop, desk, options);
        const auto started = server.start();
        if (!started && c.host.find(':') != std::string::npos) continue;  // No IPv6 here.
        ASSERT_TRUE(started) << c.host;
        EXPECT_NE(server.port(), 0);
        EXPECT_EQ(server.url(), c.url + std::to_string(server.port()));
        world.run(stop_now(server));
    }
}

}  // namespace
}  // namespace carillon::net
