#include "cli/receiver.hpp"

#include "core/json.hpp"
#include "runtime/task_group.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace carillon::cli {
namespace {

const TimePoint noon = parse_instant("2026-12-24T12:00:00Z").value();

class ReceiverTest : public ::testing::Test {
protected:
    Task<> ask(Receiver& receiver, net::ServerRequest& request) {
        answers.push_back(co_await receiver.handle(request));
    }

    void call(Receiver& receiver, net::Headers headers = {}, std::string body = {}) {
        net::ServerRequest request;
        request.method = "POST";
        request.target = "/hook?a=1";
        request.headers = std::move(headers);
        request.body = std::move(body);
        group.spawn(ask(receiver, request));
        loop.run_simulated(clock, clock.now() + Duration(10'000));
    }

    std::vector<int> statuses() const {
        std::vector<int> all;
        for (const auto& answer : answers) all.push_back(answer.status);
        return all;
    }

    runtime::SimulatedClock clock{noon};
    runtime::Loop loop{clock};
    runtime::TaskGroup group{loop};
    std::vector<Received> heard;
    std::vector<net::ServerResponse> answers;
    std::function<void(const Received&)> hear = [this](const Received& call) {
        heard.push_back(call);
    };
};

TEST_F(ReceiverTest, AnswersWhatItIsTold) {
    Receiver receiver(loop, {}, hear);
    call(receiver);
    Receiver sour(loop, {.status = 418}, hear);
    call(sour);
    EXPECT_EQ(statuses(), (std::vector<int>{200, 418}));
}

TEST_F(ReceiverTest, FailsTheSameCallsForTheSameSeed) {
    const auto failures = [&](std::uint64_t seed) {
        answers.clear();
        Receiver receiver(loop, {.fail_share = 0.3, .status = 503, .seed = seed}, hear);
        for (int at = 0; at < 200; ++at) call(receiver);
        return statuses();
    };
    const auto first = failures(7);
    EXPECT_EQ(first, failures(7));
    EXPECT_NE(first, failures(8));
    const auto failed = std::ranges::count(first, 503);
    EXPECT_GT(failed, 35);
    EXPECT_LT(failed, 85);
    EXPECT_EQ(std::ranges::count(first, 200), 200 - failed);
}

TEST_F(ReceiverTest, WaitsBeforeItAnswers) {
    Receiver receiver(loop, {.delay = Duration(200)}, hear);
    net::ServerRequest request;
    group.spawn(ask(receiver, request));
    loop.run_simulated(clock, noon + Duration(199));
    EXPECT_EQ(heard.size(), 1u);
    EXPECT_TRUE(answers.empty());
    loop.run_simulated(clock, noon + Duration(201));
    EXPECT_EQ(answers.size(), 1u);
}

TEST_F(ReceiverTest, LetsADeciderChoose) {
    Receiver receiver(
        loop, {}, hear, [](const Received& call) { return call.number <= 2 ? 500 : 204; });
    for (int at = 0; at < 3; ++at) call(receiver);
    EXPECT_EQ(statuses(), (std::vector<int>{500, 500, 204}));
}

TEST_F(ReceiverTest, ReadsTheHeadersOfADelivery) {
    Receiver receiver(loop, {}, hear);
    call(receiver,
         {{"Webhook-Id", "w1"},
          {"webhook-attempt", "1"},
          {"webhook-scheduled-at", "2026-12-24T11:59:59.997Z"}},
         "hello\n");
    ASSERT_EQ(heard.size(), 1u);
    EXPECT_EQ(heard[0].id(), "w1");
    EXPECT_EQ(heard[0].attempt(), 1);
    EXPECT_EQ(heard[0].lateness(), Duration(3));
    EXPECT_EQ(describe_call(heard[0], false),
              "12:00:00.000  200  POST /hook?a=1  id=w1  attempt=1  late=3ms  hello\\n");
}

TEST_F(ReceiverTest, TellsNoLatenessOfRetries) {
    Receiver receiver(loop, {}, hear);
    call(receiver,
         {{"webhook-attempt", "2"}, {"webhook-scheduled-at", "2026-12-24T11:00:00.000Z"}});
    EXPECT_EQ(heard[0].lateness(), std::nullopt);
}

TEST_F(ReceiverTest, ShowsStrangeBytesSafely) {
    Receiver receiver(loop, {}, hear);
    call(receiver, {{"webhook-id", "a\x1b[2J"}}, "\xff\x1b");
    EXPECT_EQ(describe_call(heard[0], false),
              "12:00:00.000  200  POST /hook?a=1  id=a\\x1b[2J  \\xff\\x1b");
    const auto as_json = parse_json(describe_call_json(heard[0]));
    ASSERT_TRUE(as_json) << describe(as_json.error());
    EXPECT_EQ(as_json->at("base64"), true);
    EXPECT_EQ(as_json->at("body"), "/xs=");
}

TEST_F(ReceiverTest, CutsLongBodiesOnTheLineOnly) {
    Receiver receiver(loop, {}, hear);
    call(receiver, {}, std::string(2'000, 'x'));
    const std::string line = describe_call(heard[0], false);
    EXPECT_LT(line.size(), 700u);
    EXPECT_NE(line.find("(2000 bytes)"), std::string::npos);
    EXPECT_EQ(parse_json(describe_call_json(heard[0]))->at("body").as_string().size(), 2'000u);
}

}  // namespace
}  // namespace carillon::cli
