#include "webhooks/outcome.hpp"

#include "runtime/clock.hpp"
#include "webhooks/rows.hpp"

#include <gtest/gtest.h>

namespace carillon::webhooks {
namespace {

using delivery::Outcome;
using std::chrono::seconds;

const TimePoint noon = parse_instant("2026-11-21T12:00:00Z").value();

class Settle : public testing::Test {
protected:
    Webhook webhook(bool repeats = false) {
        Webhook made;
        made.name_space = "shop";
        made.id = "w";
        made.url = "https://example.com/";
        made.schedule = noon;
        made.retries.max = 2;
        if (repeats) made.repeat = {.enabled = true, .rule = {1, 0, Unit::minutes}};
        return made;
    }

    queue::Claim claim(const Webhook& of, int attempt = 1) {
        queue::Claim made;
        made.item = to_item(of);
        rows_.write(made.item,
                    {.state = queue::State::ready, .due_at = noon, .attempts = attempt - 1});
        made.row = rows_.read(made.item).value();
        made.attempt = attempt;
        return made;
    }

    queue::Settlement settled(const Webhook& of, int attempt, const delivery::Verdict& verdict) {
        return settle(claim(of, attempt), of, verdict, rows_, backoff_, noon + seconds{1}, random_);
    }

    static delivery::Verdict answered(Outcome outcome, int status, std::string error = {}) {
        return {.outcome = outcome,
                .error = std::move(error),
                .response = {.status = status, .headers = {{"a", "b"}}, .body = "text"}};
    }

    runtime::SimulatedClock clock_{noon + seconds{1}};
    WebhookRows rows_{"webhooks", clock_};
    SeededRandom random_{7};
    Backoff backoff_{.base = seconds{10}, .cap = seconds{3'600}, .multiplier = 2, .jitter = 0};
};

TEST_F(Settle, KeepsTheResponseOfADelivery) {
    const auto out = settled(webhook(), 1, answered(Outcome::delivered, 201));
    EXPECT_EQ(out.verdict, queue::Verdict::done);
    EXPECT_TRUE(out.also.empty());
    const Webhook stored = from_item(out.item).value();
    EXPECT_EQ(stored.response.status, 201);
    EXPECT_EQ(stored.response.body, "text");
    EXPECT_EQ(stored.response.headers.get("a"), "b");
    EXPECT_TRUE(stored.errors.empty());
    EXPECT_EQ(stored.retries.last, std::nullopt);
}

TEST_F(Settle, TriesAgainAfterAGrowingPause) {
    const auto first =
        settled(webhook(), 1, answered(Outcome::failed, 503, "Request failed with status 503"));
    EXPECT_EQ(first.verdict, queue::Verdict::retry);
    EXPECT_EQ(first.ready_at, noon + seconds{11});
    const Webhook stored = from_item(first.item).value();
    EXPECT_EQ(stored.errors, std::vector<std::string>{"Request failed with status 503"});
    EXPECT_EQ(stored.retries.last, noon + seconds{1});
    EXPECT_EQ(stored.response.status, 503);
    EXPECT_EQ(stored.schedule, noon);

    const auto second = settled(webhook(), 2, answered(Outcome::failed, 503, "e"));
    EXPECT_EQ(second.ready_at, noon + seconds{21});
}

TEST_F(Settle, GivesUpAfterMaxRetries) {
    EXPECT_EQ(settled(webhook(), 2, answered(Outcome::failed, 500, "e")).verdict,
              queue::Verdict::retry);
    EXPECT_EQ(settled(webhook(), 3, answered(Outcome::failed, 500, "e")).verdict,
              queue::Verdict::failed);
    Webhook once = webhook();
    once.retries.max = 0;
    EXPECT_EQ(settled(once, 1, answered(Outcome::failed, 500, "e")).verdict,
              queue::Verdict::failed);
}

TEST_F(Settle, DoesNotRetryWhatIsRejected) {
    const auto out =
        settled(webhook(), 1, answered(Outcome::rejected, 410, "Request failed with status 410"));
    EXPECT_EQ(out.verdict, queue::Verdict::failed);
    EXPECT_EQ(from_item(out.item)->errors.size(), 1U);
}

TEST_F(Settle, WaitsAsLongAsTheReceiverAsks) {
    auto verdict = answered(Outcome::failed, 503, "e");
    verdict.retry_after = noon + seconds{100};
    EXPECT_EQ(settled(webhook(), 1, verdict).ready_at, noon + seconds{100});
    verdict.retry_after = noon + seconds{3};
    EXPECT_EQ(settled(webhook(), 1, verdict).ready_at, noon + seconds{11});
    verdict.retry_after = noon + seconds{1'000'000};
    EXPECT_EQ(settled(webhook(), 1, verdict).ready_at, noon + seconds{1} + backoff_.cap);
}

TEST_F(Settle, ContinuesTheSeriesInTheSameCommit) {
    for (const auto& [outcome, attempt] :
         {std::pair{Outcome::delivered, 1}, {Outcome::rejected, 1}, {Outcome::failed, 3}}) {
        const auto out = settled(webhook(true), attempt, answered(outcome, 200, "e"));
        ASSERT_EQ(out.also.size(), 1U);
        const auto* put = std::get_if<dynamo::PutRequest>(&out.also.front());
        ASSERT_NE(put, nullptr);
        EXPECT_FALSE(put->condition);
        const Webhook next = from_item(put->item).value();
        EXPECT_EQ(next.id, "w__1");
        EXPECT_EQ(next.schedule, noon + seconds{60});
        EXPECT_EQ(next.status, Status::pending);
        EXPECT_EQ(rows_.read(put->item)->due_at, noon + seconds{60});
        EXPECT_EQ(from_item(out.item)->successor, "w__1");
    }
}

TEST_F(Settle, DoesNotContinueTheSeriesBeforeTheLastAttempt) {
    EXPECT_TRUE(settled(webhook(true), 1, answered(Outcome::failed, 500, "e")).also.empty());
}

TEST_F(Settle, ContinuesTheSeriesOnce) {
    const auto failed = settled(webhook(true), 3, answered(Outcome::failed, 500, "e"));
    // Retried by hand, it must not start the series a second time.
    const Webhook again = from_item(failed.item).value();
    EXPECT_TRUE(settled(again, 1, answered(Outcome::delivered, 200)).also.empty());
}

TEST_F(Settle, CountsEveryAttemptThatBegan) {
    const auto delivered = answered(Outcome::delivered, 200);
    const auto refused = answered(Outcome::failed, 500, "e");
    // What is delivered at once is stored without a count.
    EXPECT_EQ(settled(webhook(), 1, delivered).item.find("__attempts"), nullptr);
    EXPECT_EQ(from_item(settled(webhook(), 1, refused).item)->last_attempt, 1);
    EXPECT_EQ(from_item(settled(webhook(), 2, delivered).item)->last_attempt, 2);

    queue::Claim interrupted = claim(webhook());
    interrupted.row.interruptions = 2;
    EXPECT_EQ(attempt_number(webhook(), interrupted), 3);
    const auto failed =
        settle(interrupted, webhook(), refused, rows_, backoff_, noon + seconds{1}, random_);
    const Webhook after = from_item(failed.item).value();
    EXPECT_EQ(attempt_number(after, claim(after, 2)), 4);
    // Retried by hand: no failures any more, and no interruptions.
    EXPECT_EQ(attempt_number(after, claim(after, 1)), 4);
    EXPECT_EQ(from_item(settle_released(interrupted, webhook()).item)->last_attempt, 3);
    EXPECT_EQ(from_item(settle_poisoned(interrupted, webhook(), rows_, noon).item)->last_attempt,
              2);
}

TEST_F(Settle, GivesUpWhatKillsTheServer) {
    queue::Claim of = claim(webhook(true));
    of.row.interruptions = 10;
    const auto out = settle_poisoned(of, webhook(true), rows_, noon + seconds{1});
    EXPECT_EQ(out.verdict, queue::Verdict::failed);
    EXPECT_EQ(from_item(out.item)->errors.front(),
              "given up: the server died 10 times while this was being delivered");
    EXPECT_EQ(out.also.size(), 1U);
}

TEST(AddError, KeepsTheLastTwenty) {
    std::vector<std::string> errors;
    for (int i = 0; i < 30; ++i) add_error(errors, std::to_string(i));
    ASSERT_EQ(errors.size(), 20U);
    EXPECT_EQ(errors.front(), "10");
    EXPECT_EQ(errors.back(), "29");
}

TEST(AddError, CutsLongTexts) {
    std::vector<std::string> errors;
    add_error(errors, std::string(500, 'x'));
    EXPECT_EQ(errors.back().size(), 500U);
    add_error(errors, std::string(501, 'x'));
    EXPECT_EQ(errors.back(), std::string(497, 'x') + "…");
    std::string umlauts;
    for (int i = 0; i < 400; ++i) umlauts += "ü";
    add_error(errors, umlauts);
    EXPECT_LE(errors.back().size(), 500U);
    EXPECT_TRUE(errors.back().ends_with("ü…"));
}

}  // namespace
}  // namespace carillon::webhooks
