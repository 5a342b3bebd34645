// The client against peers that misbehave.

#include "net/net_testing.hpp"

#include <algorithm>
#include <atomic>
#include <optional>
#include <vector>

namespace carillon::net {
namespace {

using namespace testing;

using Answer = Result<ClientResponse>;

Answer unset() {
    return fail(Errc::internal, "not run");
}

Task<> send_all(World& world,
                ClientOptions options,
                std::vector<ClientRequest> requests,
                std::vector<Answer>& answers) {
    HttpClient client(world.loop, world.pool, std::move(options));
    for (ClientRequest& request : requests) {
        answers.push_back(co_await client.send(std::move(request)));
    }
    co_await client.close();
}

/// Sends the requests one after the other through one client, while `script` plays the peer.
std::vector<Answer> send_to(std::function<void()> script,
                            std::vector<ClientRequest> requests,
                            ClientOptions options = loopback_options()) {
    World world;
    std::vector<Answer> answers;
    if (script) world.peer(std::move(script));
    world.run(send_all(world, std::move(options), std::move(requests), answers));
    return answers;
}

/// Answers one request by `text`, and closes.
Answer answer_with(const std::string& text, ClientRequest* change = nullptr) {
    const RawListener listener;
    ClientRequest request = request_to(listener.url());
    if (change != nullptr) {
        change->url = request.url;
        request = *change;
    }
    const auto script = [&] {
        RawConnection peer = listener.accept();
        peer.read_until("\r\n\r\n");
        peer.send(text);
        peer.shutdown_send();
        peer.read_all();
    };
    return send_to(script, {request}).front();
}

TEST(HttpClient, ReadsAnswersOfEveryFraming) {
    struct Case {
        std::string text;
        int status;
        std::string body;
    };

    const Case cases[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello"},
        {"HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
         500,
         "abcde"},
        {"HTTP/1.1 200 OK\r\n\r\nuntil the end", 200, "until the end"},
        {"HTTP/1.0 200 OK\r\n\r\nuntil the end", 200, "until the end"},
        {"HTTP/1.1 204 No Content\r\n\r\n", 204, ""},
        {"HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n", 304, ""},
        {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", 200, "x"},
        {"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n",
         302,
         ""},
    };
    for (const Case& c : cases) {
        const Answer answer = answer_with(c.text);
        ASSERT_TRUE(answer) << c.text << describe(answer.error());
        EXPECT_EQ(answer->status, c.status);
        EXPECT_EQ(answer->body, c.body);
        EXPECT_FALSE(answer->truncated);
    }
}

TEST(HttpClient, KnowsThatHeadHasNoBody) {
    ClientRequest request;
    request.method = "HEAD";
    const Answer answer = answer_with("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n", &request);
    ASSERT_TRUE(answer) << describe(answer.error());
    EXPECT_EQ(answer->body, "");
    EXPECT_EQ(answer->headers.get("content-length"), "99");
}

TEST(HttpClient, TellsBrokenAnswersFromBrokenConnections) {
    struct Case {
        std::string text;
        Errc code;
    };

    const Case cases[] = {
        {"", Errc::unavailable},
        {"HTTP/1.1 200 O", Errc::unavailable},
        {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", Errc::unavailable},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", Errc::unavailable},
        {"SSH-2.0-OpenSSH\r\n\r\n", Errc::corrupt},
        {"HTTP/1.1 2000 OK\r\n\r\n", Errc::corrupt},
        {"HTTP/1.1 200 OK\r\nContent-Length: nine\r\n\r\n", Errc::corrupt},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxx\r\n", Errc::corrupt},
        {"HTTP/1.1 200 OK\r\nX: " + std::string(70'000, 'x') + "\r\n\r\n", Errc::too_large},
    };
    for (const Case& c : cases) {
        const Answer answer = answer_with(c.text);
        ASSERT_FALSE(answer) << c.text;
        EXPECT_EQ(answer.error().code, c.code) << c.text.substr(0, 80) << describe(answer.error());
        EXPECT_TRUE(was_sent(answer.error()));
    }
}

TEST(HttpClient, CutsBodiesAtTheSizeAskedFor) {
    struct Case {
        std::size_t body;
        std::size_t most;
        bool truncated;
    };

    for (const Case& c : {Case{10, 10, false},
                          Case{11, 10, true},
                          Case{5, 0, true},
                          Case{0, 0, false},
                          Case{3'000'000, 100, true},
                          Case{300'000, 100'000, true}}) {
        ClientRequest request;
        request.response_body_max = c.most;
        const Answer answer =
            answer_with("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(c.body) +
                            "\r\n\r\n" + std::string(c.body, 'x'),
                        &request);
        ASSERT_TRUE(answer) << describe(answer.error());
        EXPECT_EQ(answer->body.size(), std::min(c.body, c.most));
        EXPECT_EQ(answer->truncated, c.truncated);
    }
}

TEST(HttpClient, StopsReadingABodyWithoutEnd) {
    const RawListener listener;
    const auto script = [&] {
        RawConnection peer = listener.accept();
        peer.read_until("\r\n\r\n");
        peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        while (peer.send("400\r\n" + std::string(1'024, 'x') + "\r\n")) {
        }
    };
    ClientRequest request = request_to(listener.url());
    request.response_body_max = 1'000;
    const Answer answer = send_to(script, {request}).front();
    ASSERT_TRUE(answer) << describe(answer.error());
    EXPECT_EQ(answer->body.size(), 1'000u);
    EXPECT_TRUE(answer->truncated);
}

TEST(HttpClient, SendsExactlyWhatWasAskedFor) {
    const RawListener listener;
    std::string seen;
    const auto script = [&] {
        RawConnection peer = listener.accept();
        seen = peer.read_until("\r\n\r\n");
        seen += peer.read_bytes(3);
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    };
    ClientRequest request = request_to(listener.url("/p?b=2&a=%20&b=1#x"), "POST", "abc");
    request.headers = Headers{{"X-One", "1"}, {"x-one", "2"}};
    ASSERT_TRUE(send_to(script, {request}).front());
    EXPECT_EQ(
        seen,
        "POST /p?b=2&a=%20&b=1 HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(listener.port()) +
            "\r\nX-One: 1\r\nx-one: 2\r\nContent-Length: 3\r\n\r\nabc");
}

TEST(HttpClient, SendsLargeBodies) {
    const RawListener listener;
    const std::string body(5'000'000, 'b');
    std::string seen;
    const auto script = [&] {
        RawConnection peer = listener.accept();
        peer.read_until("\r\n\r\n");
        seen = peer.read_bytes(body.size());
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    };
    const Answer answer = send_to(script, {request_to(listener.url(), "POST", body)}).front();
    ASSERT_TRUE(answer) << describe(answer.error());
    EXPECT_TRUE(seen == body);
}

TEST(HttpClient, TakesAnAnswerThatComesBeforeTheBodyWasRead) {
    const RawListener listener;
    const auto script = [&] {
        RawConnection peer = listener.accept();
        peer.read_until("\r\n\r\n");
        peer.send("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno");
    };
    const std::string body(20'000'000, 'b');
    const Answer answer = send_to(script, {request_to(listener.url(), "POST", body)}).front();
    ASSERT_TRUE(answer) << describe(answer.error());
    EXPECT_EQ(answer->status, 413);
}

constexpr std::string_view ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

TEST(HttpClient, KeepsConnectionsOpenWhenItMay) {
    struct Case {
        std::string text;
        bool reused;
    };

    const Case cases[] = {
        {std::string(ok), true},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", true},
        {"HTTP/1.1 204 No Content\r\n\r\n", true},
        {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", false},
        {"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", false},
        {std::string(ok) + "surplus", false},
    };
    for (const Case& c : cases) {
        const RawListener listener;
        bool reused = false;
        const auto script = [&] {
            RawConnection first = listener.accept();
            first.read_until("\r\n\r\n");
            first.send(c.text);
            reused = !first.read_until("\r\n\r\n").empty();
            if (reused) {
                first.send(ok);
                return;
            }
            RawConnection second = listener.accept();
            second.read_until("\r\n\r\n");
            second.send(ok);
        };
        const auto answers =
            send_to(script, {request_to(listener.url()), request_to(listener.url())});
        ASSERT_TRUE(answers[0]) << describe(answers[0].error());
        ASSERT_TRUE(answers[1]) << describe(answers[1].error());
        EXPECT_EQ(reused, c.reused) << c.text;
    }
}

enum class End { closed, reset, closed_after_request, reset_after_request };

/// The peer ends a kept-alive connection as `end` says; the second request follows. Returns the
/// second answer and how many connections were made.
std::pair<Answer, int> reuse_after(End end) {
    World world;
    const RawListener listener;
    int connections = 0;
    runtime::Event ended(world.loop);
    world.peer([&] {
        RawConnection first = listener.accept();
        ++connections;
        first.read_until("\r\n\r\n");
        first.send(ok);
        if (end == End::closed_after_request || end == End::reset_after_request) {
            world.loop.post([&] { ended.set(); });
            first.read_until("\r\n\r\n");
        }
        if (end == End::reset || end == End::reset_after_request) {
            first.reset();
        } else {
            first.close();
        }
        world.loop.post([&] { ended.set(); });
        if (end == End::closed_after_request) return;
        RawConnection second = listener.accept();
        ++connections;
        second.read_until("\r\n\r\n");
        second.send(ok);
    });
    Answer answer = unset();
    const auto main = [](World& in, std::string url, runtime::Event& go, Answer& out) -> Task<> {
        HttpClient client(in.loop, in.pool, loopback_options());
        const Answer first = co_await client.send(request_to(url));
        EXPECT_TRUE(first);
        (void)co_await go.wait();
        out = co_await client.send(request_to(url, "POST", "x"));
        co_await client.close();
    };
    world.run(main(world, listener.url(), ended, answer));
    return {std::move(answer), connections};
}

TEST(HttpClient, ReplacesAConnectionThatThePeerClosedWhileIdle) {
    for (const End end : {End::closed, End::reset, End::reset_after_request}) {
        const auto [answer, connections] = reuse_after(end);
        ASSERT_TRUE(answer) << static_cast<int>(end) << describe(answer.error());
        EXPECT_EQ(answer->body, "ok");
        EXPECT_EQ(connections, 2);
    }
}

TEST(HttpClient, DoesNotRepeatARequestThatThePeerHadReceived) {
    const auto [answer, connections] = reuse_after(End::closed_after_request);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, Errc::unavailable);
    EXPECT_TRUE(was_sent(answer.error()));
    EXPECT_EQ(connections, 1);
}

TEST(HttpClient, DoesNotRepeatOnAFreshConnection) {
    const RawListener listener;
    const auto script = [&] {
        RawConnection peer = listener.accept();
        peer.read_until("\r\n\r\n");
        peer.reset();
    };
    const Answer answer = send_to(script, {request_to(listener.url())}).front();
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, Errc::unavailable);
    EXPECT_TRUE(was_sent(answer.error()));
}

TEST(HttpClient, TimesOutWithinTheWatchdogsInterval) {
    const RawListener listener;
    const auto script = [&] {
        RawConnection peer = listener.accept();
        peer.read_until("\r\n\r\n");
        peer.send("HTTP/1.1 200 OK\r\n");
        peer.read_all();
    };
    const runtime::SystemClock clock;
    const std::int64_t before = clock.ticks();
    ClientRequest request = request_to(listener.url());
    request.total_timeout = 200ms;
    const Answer answer = send_to(script, {request}).front();
    const std::int64_t took_ms = (clock.ticks() - before) / 1'000'000;
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, Errc::timeout);
    EXPECT_TRUE(was_sent(answer.error()));
    EXPECT_GE(took_ms, 200);
    EXPECT_LT(took_ms, 2'000);
}

TEST(HttpClient, TimesOutWhileThePeerTakesNothing) {
    const RawListener listener;
    std::atomic<bool> done = false;
    const auto script = [&] {
        RawConnection peer = listener.accept();
        peer.read_until("\r\n\r\n");
        // Ends when the client gives up.
        while (::recv(peer.fd(), nullptr, 0, 0) == 0 && !done) ::usleep(1'000);
    };
    World world;
    world.peer(script);
    std::vector<Answer> answers;
    ClientRequest request = request_to(listener.url(), "POST", std::string(50'000'000, 'x'));
    request.total_timeout = 200ms;
    const auto main = [](World& in,
                         ClientRequest what,
                         std::vector<Answer>& out,
                         std::atomic<bool>& end) -> Task<> {
        std::vector<ClientRequest> requests;
        requests.push_back(std::move(what));
        co_await send_all(in, loopback_options(), std::move(requests), out);
        end = true;
    };
    world.run(main(world, std::move(request), answers, done));
    ASSERT_FALSE(answers.front());
    EXPECT_EQ(answers.front().error().code, Errc::timeout);
    EXPECT_TRUE(was_sent(answers.front().error()));
}

TEST(HttpClient, SaysThatARefusedConnectionSentNothing) {
    std::string url;
    {
        const RawListener closed;
        url = closed.url();
    }
    const Answer answer = send_to(nullptr, {request_to(url)}).front();
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, Errc::unavailable);
    EXPECT_FALSE(was_sent(answer.error()));
    EXPECT_NE(answer.error().message.find("cannot connect to 127.0.0.1:"), std::string::npos);
}

TEST(HttpClient, RefusesHeaderInjection) {
    ClientRequest request = request_to("http://127.0.0.1:1/");
    request.headers.add("X-Note", "a\r\nX-Evil: 1");
    const Answer answer = send_to(nullptr, {request}).front();
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, Errc::invalid);
    EXPECT_EQ(answer.error().field, "headers.X-Note");
    EXPECT_FALSE(was_sent(answer.error()));
}

TEST(HttpClient, DeniesWhatTheGuardDeniesHoweverItIsSpelled) {
    const RawListener listener;
    const std::string port = ":" + std::to_string(listener.port()) + "/";
    std::vector<ClientRequest> requests;
    // The system's resolver reads each of these as 127.0.0.1, 0.0.0.0 or ::1.
    for (const std::string host : {"127.0.0.1",
                                   "localhost",
                                   "LOCALHOST",
                                   "localhost.",
                                   "127.1",
                                   "127.0.1",
                                   "2130706433",
                                   "0x7f.1",
                                   "0x7f000001",
                                   "0177.0.0.1",
                                   "017700000001",
                                   "0",
                                   "0x0",
                                   "[::1]",
                                   "[::ffff:127.0.0.1]",
                                   "[::ffff:7f00:1]",
                                   "[64:ff9b::7f00:1]",
                                   "[::]",
                                   "169.254.169.254",
                                   "10.0.0.1"}) {
        requests.push_back(request_to("http://" + host + port));
    }
    ClientOptions options;
    const auto answers = send_to(nullptr, requests, options);
    for (std::size_t i = 0; i < answers.size(); ++i) {
        const std::string& host = requests[i].url.host;
        ASSERT_FALSE(answers[i]) << host;
        // Some resolvers do not know the oddest spellings at all, which is as good.
        const Errc code = answers[i].error().code;
        EXPECT_TRUE(code == Errc::denied || (code == Errc::unavailable && host.find('.') != 3))
            << host << describe(answers[i].error());
        EXPECT_FALSE(was_sent(answers[i].error())) << host;
    }
    EXPECT_EQ(answers.front().error().code, Errc::denied);
}

TEST(HttpClient, ResolvesNamesAndTriesTheirAddressesInTurn) {
    // localhost is ::1 first on many systems, where nobody listens.
    const RawListener listener;
    const auto script = [&] {
        RawConnection peer = listener.accept();
        EXPECT_NE(peer.read_until("\r\n\r\n").find("Host: localhost:"), std::string::npos);
        peer.send(ok);
    };
    const std::string url = "http://localhost:" + std::to_string(listener.port()) + "/";
    const Answer answer = send_to(script, {request_to(url)}).front();
    ASSERT_TRUE(answer) << describe(answer.error());
    EXPECT_EQ(answer->body, "ok");
}

TEST(HttpClient, SaysWhenANameDoesNotExist) {
    const Answer answer = send_to(nullptr, {request_to("http://no-such-name.invalid/")}).front();
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, Errc::unavailable);
    EXPECT_NE(answer.error().message.find("no-such-name.invalid"), std::string::npos);
    EXPECT_FALSE(was_sent(answer.error()));
}

TEST(HttpClient, EndsARequestWhenStopped) {
    World world;
    const RawListener listener;
    runtime::StopSource stop;
    world.peer([&] {
        RawConnection peer = listener.accept();
        peer.read_until("\r\n\r\n");
        world.loop.post([&] { stop.request_stop(); });
        peer.read_all();
    });
    Answer answer = unset();
    const auto main =
        [](World& in, std::string url, runtime::StopToken token, Answer& out) -> Task<> {
        HttpClient client(in.loop, in.pool, loopback_options());
        out = co_await client.send(request_to(url), token);
        const Answer after = co_await client.send(request_to(url), token);
        EXPECT_FALSE(after);
        if (!after) EXPECT_FALSE(was_sent(after.error()));
        co_await client.close();
    };
    world.run(main(world, listener.url(), stop.token(), answer));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, Errc::cancelled);
    EXPECT_TRUE(was_sent(answer.error()));
}

}  // namespace
}  // namespace carillon::net
