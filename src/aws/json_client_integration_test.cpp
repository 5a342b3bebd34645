// The client over real sockets: keep-alive, timeouts, answers cut short, signatures checked.

#include "aws/json_client.hpp"
#include "net/net_testing.hpp"

namespace carillon::aws {
namespace {

using namespace std::chrono_literals;
using net::testing::RawListener;
using net::testing::World;

/// Checks signatures; fails as it is told.
class Service final : public net::HttpHandler {
public:
    explicit Service(runtime::Loop& loop) : loop_(loop) {}

    Task<net::ServerResponse> handle(net::ServerRequest& request) override {
        ++requests;
        const auto verified = verify(
            request,
            [](std::string_view) -> std::optional<std::string> { return "secret"; },
            loop_.now());
        net::ServerResponse response;
        if (!verified) {
            response.status = 400;
            response.body = R"({"__type":"x#InvalidSignatureException","message":"mismatch"})";
        } else if (throttle > 0) {
            --throttle;
            response.status = 400;
            response.body = R"({"__type":"x#ThrottlingException","message":"slow"})";
        } else {
            response.body = request.body;
        }
        co_return response;
    }

    [[nodiscard]] net::ServerResponse refuse(int status, const std::string& why) const override {
        return {.status = status, .headers = {}, .body = why};
    }

    int requests = 0;
    int throttle = 0;

private:
    runtime::Loop& loop_;
};

struct Parts {
    explicit Parts(World& in) : world(in) {}

    JsonClient client(const std::string& url, Duration timeout = 2s) {
        JsonClientOptions options;
        options.endpoint = *net::parse_url(url);
        options.scope = {"eu-central-1", "dynamodb"};
        options.attempt_timeout = timeout;
        options.retry_base = 1ms;
        return {world.loop, transport, credentials, random, Log::null(), options};
    }

    World& world;
    net::HttpClient http{world.loop, world.pool, net::testing::loopback_options()};
    HttpTransport transport{http};
    FixedCredentials credentials{{.access_key_id = "A", .secret_access_key = "secret"}};
    SeededRandom random{1};
};

TEST(JsonClientOverSockets, CallsAService) {
    World world;
    Parts parts(world);
    Service service(world.loop);
    net::HttpServer server(world.loop, service, {});
    ASSERT_TRUE(server.start());
    const auto main = [](Parts& with, Service& on, net::HttpServer& at) -> Task<> {
        JsonClient client = with.client(at.url() + "/");
        on.throttle = 3;
        for (int i = 0; i < 20; ++i) {
            const std::string body = R"({"n":)" + std::to_string(i) + "}";
            const auto got = co_await client.call("PutItem", body);
            EXPECT_TRUE(got) << describe(got.error());
            if (got) EXPECT_EQ(got->body, body);
        }
        EXPECT_EQ(on.requests, 23);
        co_await with.http.close();
        co_await at.stop(1s);
    };
    world.run(main(parts, service, server));
}

TEST(JsonClientOverSockets, GivesUpOnTimeAndSaysThatTheEffectIsUnknown) {
    World world;
    Parts parts(world);
    const RawListener listener;
    world.peer([&] {
        auto connection = listener.accept();
        (void)connection.read_until("\r\n\r\n");
        (void)connection.read_all();
    });
    const auto main = [](Parts& with, std::string url) -> Task<> {
        JsonClient client = with.client(url, 100ms);
        const auto got = co_await client.call("UpdateItem", "{}", Repeat::while_certain);
        EXPECT_FALSE(got);
        if (!got) EXPECT_EQ(got.error().code, Errc::timeout);
        co_await with.http.close();
    };
    world.run(main(parts, listener.url()));
}

TEST(JsonClientOverSockets, RepeatsWhatWasCutShort) {
    World world;
    Parts parts(world);
    const RawListener listener;
    world.peer([&] {
        {
            auto connection = listener.accept();
            (void)connection.read_until("{}");
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{\"half\"");
        }
        auto connection = listener.accept();
        (void)connection.read_until("{}");
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]");
        (void)connection.read_all();
    });
    const auto main = [](Parts& with, std::string url) -> Task<> {
        JsonClient client = with.client(url);
        const auto got = co_await client.call("GetItem", "{}");
        EXPECT_TRUE(got) << describe(got.error());
        if (got) {
            EXPECT_EQ(got->body, "[]");
            EXPECT_TRUE(got->repeated_unclear);
        }
        co_await with.http.close();
    };
    world.run(main(parts, listener.url()));
}

}  // namespace
}  // namespace carillon::aws
