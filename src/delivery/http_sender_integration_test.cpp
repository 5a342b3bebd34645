// HttpSender over real sockets: what each way of going wrong is called.

#include "delivery/delivery.hpp"
#include "net/server.hpp"
#include "runtime/clock.hpp"
#include "runtime/loop.hpp"
#include "runtime/task_group.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <optional>

namespace carillon::delivery {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class Receiver final : public net::HttpHandler {
public:
    explicit Receiver(runtime::Loop& loop) : loop_(loop) {}

    std::function<net::ServerResponse(const net::ServerRequest&)> answer;
    Duration delay{0};
    std::vector<net::ServerRequest> requests;

    Task<net::ServerResponse> handle(net::ServerRequest& request) override {
        requests.push_back(request);
        if (delay > Duration::zero()) (void)co_await loop_.sleep_for(delay);
        net::ServerResponse response;
        if (answer) response = answer(request);
        co_return response;
    }

    [[nodiscard]] net::ServerResponse refuse(int status, const std::string& why) const override {
        return {.status = status, .body = why};
    }

private:
    runtime::Loop& loop_;
};

class Sending : public testing::Test {
protected:
    Sending() {
        net::ClientOptions client;
        client.guard = net::AddressGuard::parse("127.0.0.0/8").value();
        client.watchdog_interval = Duration{10};
        client_.emplace(loop_, pool_, client);
        EXPECT_TRUE(server_.start());
    }

    Verdict send(Target target, DeliveryOptions options = {}) {
        std::optional<Verdict> verdict;
        group_.spawn(run(std::move(target), std::move(options), verdict));
        loop_.run();
        EXPECT_TRUE(verdict);
        return verdict.value_or(Verdict{});
    }

    void stop_server() { server_stopped_ = true; }

    Task<> run(Target target, DeliveryOptions options, std::optional<Verdict>& verdict) {
        if (server_stopped_) co_await server_.stop(Duration{0});
        HttpSender sender(*client_, clock_, std::move(options));
        Attempt attempt{.occurrence_id = "w", .number = 1};
        verdict = co_await sender.send(std::move(target), std::move(attempt), {});
        co_await client_->close();
        co_await server_.stop(Duration{0});
        loop_.post([this] { end(); });
    }

    void end() {
        if (group_.size() > 0) {
            loop_.post([this] { end(); });
        } else {
            loop_.stop();
        }
    }

    [[nodiscard]] std::string url(const std::string& path = "/") const {
        return server_.url() + path;
    }

    runtime::SystemClock clock_;
    runtime::Loop loop_{clock_};
    runtime::BlockingPool pool_{1};
    runtime::TaskGroup group_{loop_};
    Receiver receiver_{loop_};
    net::HttpServer server_{loop_, receiver_, {}};
    std::optional<net::HttpClient> client_;
    bool server_stopped_ = false;
};

TEST_F(Sending, DeliversTheRequestThatWasBuilt) {
    const Verdict verdict = send({.url = url("/a?b=1"),
                                  .method = "POST",
                                  .headers = {{"X-A", "1"}},
                                  .body = json::object{{"k", "v"}}});
    EXPECT_EQ(verdict.outcome, Outcome::delivered);
    EXPECT_EQ(verdict.response.status, 200);
    EXPECT_GT(verdict.duration_ns, 0);
    ASSERT_EQ(receiver_.requests.size(), 1U);
    const net::ServerRequest& request = receiver_.requests[0];
    EXPECT_EQ(request.method, "POST");
    EXPECT_EQ(request.target, "/a?b=1");
    EXPECT_EQ(request.body, R"({"k":"v"})");
    EXPECT_EQ(request.headers.get("content-type"), "application/json");
    EXPECT_EQ(request.headers.get("webhook-id"), "w");
    EXPECT_EQ(request.headers.get("webhook-attempt"), "1");
    EXPECT_EQ(request.headers.get("x-a"), "1");
}

TEST_F(Sending, CountsALargeAnswerAsDelivered) {
    receiver_.answer = [](const auto&) {
        net::ServerResponse response;
        response.body = std::string(2'000'000, 'x');
        return response;
    };
    const Verdict verdict = send({.url = url(), .method = "POST"});
    EXPECT_EQ(verdict.outcome, Outcome::delivered);
    EXPECT_TRUE(verdict.response.truncated);
    EXPECT_TRUE(verdict.response.body.ends_with("…[truncated]"));
    EXPECT_LT(verdict.response.body.size(), 17'000U);
}

TEST_F(Sending, DoesNotFollowRedirects) {
    receiver_.answer = [](const auto&) {
        net::ServerResponse response;
        response.status = 302;
        response.headers.add("Location", "http://127.0.0.1:1/");
        return response;
    };
    const Verdict verdict = send({.url = url()});
    EXPECT_EQ(verdict.outcome, Outcome::failed);
    EXPECT_EQ(verdict.error, "Request failed with status 302");
    EXPECT_EQ(receiver_.requests.size(), 1U);
}

TEST_F(Sending, SaysHowLongItWaited) {
    receiver_.delay = Duration{600};
    DeliveryOptions options;
    options.total_timeout = Duration{150};
    const Verdict verdict = send({.url = url()}, options);
    EXPECT_EQ(verdict.outcome, Outcome::failed);
    EXPECT_THAT(verdict.error, StartsWith("timeout after "));
    EXPECT_EQ(verdict.response.status, 0);
    EXPECT_GE(verdict.duration_ns, 150'000'000);
}

TEST_F(Sending, SaysThatNobodyListens) {
    stop_server();
    const Verdict verdict = send({.url = url()});
    EXPECT_EQ(verdict.outcome, Outcome::failed);
    EXPECT_THAT(verdict.error, HasSubstr("efused"));
}

TEST_F(Sending, DoesNotReachPrivateNetworks) {
    const Verdict verdict = send({.url = "http://10.255.255.1/"});
    EXPECT_EQ(verdict.outcome, Outcome::rejected);
    EXPECT_THAT(verdict.error, StartsWith("address refused: "));
}

TEST_F(Sending, RejectsWhatCannotBeSent) {
    const Verdict verdict = send({.url = url(), .method = "BREW"});
    EXPECT_EQ(verdict.outcome, Outcome::rejected);
    EXPECT_THAT(verdict.error, StartsWith("request refused: method: "));
    EXPECT_TRUE(receiver_.requests.empty());
}

}  // namespace
}  // namespace carillon::delivery
