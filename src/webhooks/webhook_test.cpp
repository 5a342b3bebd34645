#include "webhooks/webhook.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace carillon::webhooks {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

TimePoint instant(const char* text) {
    return parse_instant(text).value();
}

const TimePoint noon = instant("2026-11-21T12:00:00Z");

Webhook repeating(RepeatRule rule) {
    Webhook webhook;
    webhook.name_space = "shop";
    webhook.id = "w";
    webhook.url = "https://example.com/";
    webhook.schedule = noon;
    webhook.next_attempt_at = noon;
    webhook.repeat = {.enabled = true, .rule = rule};
    return webhook;
}

TEST(Status, HasANameEachWay) {
    for (const Status status : {Status::pending,
                                Status::processing,
                                Status::completed,
                                Status::failed,
                                Status::suspended}) {
        EXPECT_EQ(parse_status(to_string(status)), status);
    }
    EXPECT_EQ(to_string(Status::processing), "PROCESSING");
    EXPECT_EQ(parse_status("pending"), std::nullopt);
    EXPECT_EQ(parse_status(""), std::nullopt);
}

TEST(RepeatRule, CountsItsPeriodInMilliseconds) {
    EXPECT_EQ((RepeatRule{1.5, 0, Unit::minutes}).period(), Duration{90'000});
    EXPECT_EQ((RepeatRule{1, 0, Unit::seconds}).period(), Duration{1'000});
    EXPECT_EQ((RepeatRule{2, 0, Unit::hours}).period(), hours{2});
    EXPECT_EQ((RepeatRule{1, 0, Unit::days}).period(), hours{24});
    EXPECT_EQ((RepeatRule{0.0005, 0, Unit::seconds}).period(), Duration{1});
}

TEST(NextOccurrence, IsAPeriodAfterTheScheduleNotAfterTheRun) {
    const auto next = next_occurrence(repeating({30, 0, Unit::minutes}), noon + seconds{17});
    ASSERT_TRUE(next);
    EXPECT_EQ(next->schedule, noon + std::chrono::minutes{30});
    EXPECT_EQ(next->next_attempt_at, next->schedule);
}

TEST(NextOccurrence, PassesOverWhatWasMissed) {
    const Webhook webhook = repeating({1, 0, Unit::hours});

    struct Case {
        TimePoint now;
        TimePoint want;
    };

    const Case cases[] = {
        {noon - hours{5}, noon + hours{1}},
        {noon, noon + hours{1}},
        {noon + hours{1} - Duration{1}, noon + hours{1}},
        {noon + hours{1}, noon + hours{2}},
        {noon + hours{1} + Duration{1}, noon + hours{2}},
        {noon + hours{1000} + seconds{1}, noon + hours{1001}},
    };
    for (const Case& c : cases) {
        EXPECT_EQ(next_occurrence(webhook, c.now)->schedule, c.want) << format_instant(c.now);
    }
}

TEST(NextOccurrence, DoesNotDriftOverAThousandLateRuns) {
    Webhook webhook = repeating({7, 0, Unit::seconds});
    for (int run = 0; run < 1'000; ++run) {
        webhook = next_occurrence(webhook, webhook.schedule + Duration{run % 6'999}).value();
    }
    EXPECT_EQ(webhook.schedule, noon + seconds{7'000});
    EXPECT_EQ(webhook.repeat.count, 1'000);
}

TEST(NextOccurrence, IsNamedAfterTheFirstAndCounted) {
    const Webhook first = repeating({1, 0, Unit::minutes});
    const auto second = next_occurrence(first, noon).value();
    EXPECT_EQ(second.id, "w__1");
    EXPECT_EQ(second.repeat.parent, "w");
    EXPECT_EQ(second.repeat.count, 1);
    const auto third = next_occurrence(second, second.schedule).value();
    EXPECT_EQ(third.id, "w__2");
    EXPECT_EQ(third.repeat.parent, "w");
    EXPECT_EQ(third.repeat.count, 2);
}

TEST(NextOccurrence, KeepsAStemOfItsOwn) {
    Webhook first = repeating({1, 0, Unit::minutes});
    first.series = "w__18fa";
    const auto second = next_occurrence(first, noon).value();
    EXPECT_EQ(second.id, "w__18fa__1");
    EXPECT_EQ(second.repeat.parent, "w");
    EXPECT_EQ(next_occurrence(second, second.schedule)->id, "w__18fa__2");
}

TEST(NextOccurrence, StartsAfresh) {
    Webhook webhook = repeating({1, 0, Unit::minutes});
    webhook.retries = {.count = 2, .last = noon, .max = 7};
    webhook.errors = {"Request failed with status 500"};
    webhook.response = {.body = "x", .headers = {{"a", "b"}}, .status = 500};
    webhook.status = Status::failed;
    webhook.interruptions = 3;
    webhook.last_attempt = 9;
    webhook.body = boost::json::object{{"k", "v"}};
    const auto next = next_occurrence(webhook, noon + seconds{5}).value();
    EXPECT_EQ(next.retries.count, 0);
    EXPECT_EQ(next.retries.last, std::nullopt);
    EXPECT_EQ(next.retries.max, 7);
    EXPECT_TRUE(next.errors.empty());
    EXPECT_EQ(next.response.status, 0);
    EXPECT_EQ(next.response.body, "");
    EXPECT_EQ(next.status, Status::pending);
    EXPECT_EQ(next.interruptions, 0);
    EXPECT_EQ(next.last_attempt, 0);
    EXPECT_EQ(next.body, webhook.body);
    EXPECT_EQ(next.created_at, noon + seconds{5});
}

TEST(NextOccurrence, EndsAfterMaxRepetitions) {
    Webhook webhook = repeating({1, 2, Unit::minutes});
    int runs = 1;
    for (auto next = next_occurrence(webhook, webhook.schedule); next;
         next = next_occurrence(webhook, webhook.schedule)) {
        webhook = *next;
        ++runs;
    }
    EXPECT_EQ(runs, 3);
}

TEST(NextOccurrence, IsNoneWithoutARuleWithASuccessorOrBeyondTheYears) {
    Webhook once = repeating({1, 0, Unit::minutes});
    once.repeat.enabled = false;
    EXPECT_FALSE(next_occurrence(once, noon));

    Webhook continued = repeating({1, 0, Unit::minutes});
    continued.successor = "w__1";
    EXPECT_FALSE(next_occurrence(continued, noon));

    Webhook late = repeating({1, 0, Unit::days});
    late.schedule = instant("9999-12-31T23:00:00Z");
    EXPECT_FALSE(next_occurrence(late, noon));

    EXPECT_FALSE(next_occurrence(repeating({0, 0, Unit::minutes}), noon));
}

TEST(OccurrenceId, IsTheSameForEverBecauseReceiversRememberIt) {
    Webhook webhook = repeating({1, 0, Unit::minutes});
    webhook.created_at = noon;
    const std::string id = occurrence_id(webhook);
    EXPECT_EQ(id, "msg_bff2549c1df602cde85ff681bac2eb6e");
    webhook.status = Status::failed;
    webhook.retries.count = 3;
    webhook.next_attempt_at = noon + hours{1};
    webhook.updated_at = noon + hours{1};
    webhook.version += 5;
    webhook.interruptions = 2;
    EXPECT_EQ(occurrence_id(webhook), id);
}

TEST(OccurrenceId, BelongsToOneOccurrence) {
    Webhook webhook = repeating({1, 0, Unit::minutes});
    webhook.name_space = "ab";
    webhook.id = "c";
    webhook.created_at = noon;
    const std::string id = occurrence_id(webhook);
    Webhook elsewhere = webhook;
    elsewhere.name_space = "a";
    elsewhere.id = "bc";
    Webhook again = webhook;
    again.created_at = noon + Duration{1};
    std::vector<std::string> others{occurrence_id(elsewhere), occurrence_id(again)};
    others.push_back(occurrence_id(next_occurrence(webhook, noon).value()));
    for (const std::string& other : others) EXPECT_NE(other, id);
    EXPECT_EQ(id.size(), 36U);
    EXPECT_EQ(id.find_first_not_of("msg_0123456789abcdef"), std::string::npos);
}

TEST(ToJson, HasTheSeedsFieldsAndTypes) {
    Webhook webhook = repeating({30, 5, Unit::minutes});
    webhook.method = "POST";
    webhook.headers = {{"X-A", "b"}};
    webhook.body = boost::json::object{{"key", "value"}};
    webhook.errors = {"e"};
    webhook.retries = {.count = 1, .last = noon + Duration{5}, .max = 3};
    webhook.response = {.body = "ok", .headers = {{"content-type", "text/plain"}}, .status = 200};
    webhook.created_at = noon - hours{1};
    webhook.updated_at = noon;
    EXPECT_EQ(
        to_text(to_json(webhook)),
        R"({"namespace":"shop","id":"w","url":"https://example.com/","method":"POST",)"
        R"("schedule":"2026-11-21T12:00:00.000Z","status":"PENDING","headers":{"X-A":"b"},)"
        R"("body":{"key":"value"},"repeat":{"count":0,"enabled":true,"parent":"",)"
        R"("rule":{"interval":30,"max":5,"unit":"minutes"}},)"
        R"("retries":{"count":1,"last":"2026-11-21T12:00:00.005Z","max":3},)"
        R"("response":{"body":"ok","headers":{"content-type":"text/plain"},"status":200},)"
        R"("errors":["e"],"webhookId":"msg_46a641827f24a2fa3d9853aa55fec8a0","nextAttemptAt":"2026-11-21T12:00:00.000Z",)"
        R"("__createdAt":"2026-11-21T11:00:00.000Z","__updatedAt":"2026-11-21T12:00:00.000Z"})");
}

TEST(ToJson, SaysNullWhereThereIsNothing) {
    Webhook webhook = repeating({1.5, 0, Unit::hours});
    webhook.status = Status::completed;
    const auto object = to_json(webhook);
    EXPECT_TRUE(object.at("body").is_null());
    EXPECT_TRUE(object.at("nextAttemptAt").is_null());
    EXPECT_TRUE(object.at("retries").at("last").is_null());
    EXPECT_EQ(object.at("repeat").at("rule").at("interval"), 1.5);
}

}  // namespace
}  // namespace carillon::webhooks
