#include "delivery/http_broker.hpp"

#include "runtime/simulated_test.hpp"

#include <gtest/gtest.h>

namespace carillon::delivery {
namespace {

constexpr TimePoint noon{std::chrono::sys_days{std::chrono::year{2026} / 11 / 27} +
                         std::chrono::hours{12}};

/// Remembers what it is asked to send, and answers with the next outcome.
class FakeSender final : public Sender {
public:
    Task<Verdict> send(Target target, Attempt attempt, runtime::StopToken) override {
        targets.push_back(std::move(target));
        ids.push_back(std::move(attempt.occurrence_id));
        Verdict verdict;
        verdict.outcome = outcomes.empty() ? Outcome::delivered : outcomes.front();
        if (!outcomes.empty()) outcomes.erase(outcomes.begin());
        co_return verdict;
    }

    std::vector<Target> targets;
    std::vector<std::string> ids;
    std::vector<Outcome> outcomes;
};

struct Rig {
    Rig() { delivery::add_http(publishers, http); }

    ~Rig() { world.finish(publishers.close()); }

    Result<> publish(const std::string& url) {
        bus::Message message;
        message.id = "e1";
        message.type = "order.placed";
        message.data = "1";
        std::vector<bus::Message> batch;
        batch.push_back(std::move(message));
        return world.finish((*publishers.at(url))->publish(std::move(batch))).at(0);
    }

    runtime::testing::Simulated world{noon};
    runtime::BlockingPool pool{1};
    SeededRandom random{7};
    bus::Publishers publishers{world.loop, pool, random};
    FakeSender http;
};

TEST(HttpBroker, PostsTheEnvelopeAndKeepsTheReceiversOwnQuery) {
    Rig rig;
    EXPECT_TRUE(rig.publish("https://h.example/hook?token=a%20b&envelope=outbox"));
    ASSERT_EQ(rig.http.targets.size(), 1U);
    EXPECT_EQ(rig.http.targets[0].url, "https://h.example/hook?token=a%20b");
    EXPECT_EQ(rig.http.targets[0].headers.get("eventType"), "order.placed");
    EXPECT_EQ(rig.http.targets[0].headers.get("Content-Type"), "application/json");
    EXPECT_EQ(rig.http.ids[0], "e1");
}

TEST(HttpBroker, AFailedPostIsRepeatedAndARejectedOneIsNot) {
    Rig rig;
    rig.http.outcomes = {Outcome::failed, Outcome::delivered, Outcome::rejected};
    EXPECT_TRUE(rig.publish("https://h.example/"));
    EXPECT_EQ(rig.publish("https://h.example/").error().code, Errc::invalid);
    EXPECT_EQ(rig.http.targets.size(), 3U);
}

}  // namespace
}  // namespace carillon::delivery
