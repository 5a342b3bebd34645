#include "aws/retry.hpp"

#include <gtest/gtest.h>

namespace carillon::aws {
namespace {

using namespace std::chrono_literals;

TEST(Judge, TellsWhatMayBeRepeated) {
    struct Case {
        int status;
        const char* type;
        const char* message;
        Attempt expected;
    };

    const Case cases[] = {
        {200, "", "", Attempt::ok},
        {400, "ProvisionedThroughputExceededException", "", Attempt::throttled},
        {400, "ThrottlingException", "", Attempt::throttled},
        {400, "RequestLimitExceeded", "", Attempt::throttled},
        {429, "", "", Attempt::throttled},
        {400, "LimitExceededException", "", Attempt::refused},
        {400, "TransactionInProgressException", "", Attempt::transient},
        {400, "TransactionConflictException", "", Attempt::transient},
        {503, "ServiceUnavailable", "", Attempt::transient},
        {500, "InternalServerError", "", Attempt::unclear},
        {502, "", "", Attempt::unclear},
        {504, "", "", Attempt::unclear},
        {403, "RequestTimeTooSkewed", "", Attempt::skewed},
        {400, "InvalidSignatureException", "Signature expired: 2026", Attempt::skewed},
        {400, "InvalidSignatureException", "Signature not yet current: 2026", Attempt::skewed},
        {400, "InvalidSignatureException", "The signature does not match", Attempt::refused},
        {400, "ExpiredTokenException", "", Attempt::expired},
        {400, "ConditionalCheckFailedException", "", Attempt::refused},
        {400, "ValidationException", "", Attempt::refused},
        {404, "", "", Attempt::refused},
        {301, "", "", Attempt::refused},
    };
    for (const Case& one : cases) {
        EXPECT_EQ(judge(one.status, one.type, one.message), one.expected)
            << one.status << ' ' << one.type;
    }
}

TEST(RetryPause, IsAnywhereBelowADoublingBound) {
    SeededRandom random(3);
    const int bounds_ms[] = {50, 100, 200, 400, 500, 500};
    for (int failures = 1; failures <= 6; ++failures) {
        Duration most{0};
        Duration least{1'000'000};
        for (int i = 0; i < 2'000; ++i) {
            const Duration pause = retry_pause(50ms, 500ms, failures, random);
            most = std::max(most, pause);
            least = std::min(least, pause);
        }
        const Duration bound{bounds_ms[failures - 1]};
        EXPECT_LE(most, bound);
        EXPECT_GT(most, bound * 9 / 10);
        EXPECT_LT(least, bound / 10);
    }
    EXPECT_EQ(retry_pause(0ms, 0ms, 3, random), 0ms);
    EXPECT_LE(retry_pause(50ms, 20s, 10'000, random), 20s);
}

TEST(RetryBudget, RunsOutAndComesBack) {
    RetryBudget budget;
    int retries = 0;
    while (budget.take(RetryBudget::retry_cost)) ++retries;
    EXPECT_EQ(retries, 100);
    budget.give_back(0);
    EXPECT_FALSE(budget.take(RetryBudget::retry_cost));
    for (int i = 0; i < 4; ++i) budget.give_back(0);
    EXPECT_TRUE(budget.take(RetryBudget::retry_cost));
    budget.give_back(RetryBudget::timeout_cost);
    EXPECT_TRUE(budget.take(RetryBudget::timeout_cost));
    for (int i = 0; i < 1'000; ++i) budget.give_back(10);
    EXPECT_EQ(budget.left(), 500);
}

TEST(HttpDate, IsReadInItsOneForm) {
    EXPECT_EQ(parse_http_date("Thu, 24 Dec 2026 17:00:05 GMT"),
              *parse_instant("2026-12-24T17:00:05Z"));
    for (const char* text : {"",
                             "Thu, 24 Dec 2026 17:00:05 CET",
                             "Thu, 24 Dex 2026 17:00:05 GMT",
                             "Thu, 31 Feb 2026 17:00:05 GMT",
                             "Thu, 24 Dec 2026 25:00:05 GMT",
                             "Thu, 2x Dec 2026 17:00:05 GMT",
                             "Thursday, 24-Dec-26 17:00:05 GMT"}) {
        EXPECT_FALSE(parse_http_date(text)) << text;
    }
}

}  // namespace
}  // namespace carillon::aws
