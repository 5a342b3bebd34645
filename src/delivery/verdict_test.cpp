#include "core/text.hpp"
#include "delivery/delivery.hpp"

#include <gtest/gtest.h>

namespace carillon::delivery {
namespace {

const TimePoint now = parse_instant("2026-11-21T07:00:00Z").value();

Verdict judged(net::ClientResponse answer, const DeliveryOptions& options = {}) {
    const Result<net::ClientResponse> result = std::move(answer);
    return judge(result, options, now);
}

Verdict judged(Error error, const DeliveryOptions& options = {}) {
    const Result<net::ClientResponse> result = std::unexpected(std::move(error));
    return judge(result, options, now);
}

net::ClientResponse answer(int status, std::string body = {}, net::Headers headers = {}) {
    net::ClientResponse made;
    made.status = status;
    made.body = std::move(body);
    made.headers = std::move(headers);
    return made;
}

TEST(Judge, DecidesByStatus) {
    struct Case {
        int status;
        Outcome outcome;
    };

    for (const Case& c : {Case{200, Outcome::delivered},
                          {201, Outcome::delivered},
                          {204, Outcome::delivered},
                          {299, Outcome::delivered},
                          {301, Outcome::failed},
                          {304, Outcome::failed},
                          {400, Outcome::failed},
                          {401, Outcome::failed},
                          {404, Outcome::failed},
                          {410, Outcome::rejected},
                          {429, Outcome::failed},
                          {500, Outcome::failed},
                          {503, Outcome::failed},
                          {599, Outcome::failed}}) {
        const Verdict verdict = judged(answer(c.status));
        EXPECT_EQ(verdict.outcome, c.outcome) << c.status;
        EXPECT_EQ(verdict.response.status, c.status);
        const bool good = c.outcome == Outcome::delivered;
        EXPECT_EQ(verdict.error,
                  good ? "" : "Request failed with status " + std::to_string(c.status));
    }
}

TEST(Judge, HonoursRetryAfterOfAnyFailure) {
    for (const int status : {429, 503, 500, 404, 302}) {
        EXPECT_EQ(judged(answer(status, "", {{"retry-after", "30"}})).retry_after,
                  now + Duration{30'000})
            << status;
    }
    EXPECT_EQ(
        judged(answer(503, "", {{"Retry-After", "Sat, 21 Nov 2026 07:00:10 GMT"}})).retry_after,
        now + Duration{10'000});
    EXPECT_EQ(judged(answer(503, "", {{"Retry-After", "later"}})).retry_after, std::nullopt);
    EXPECT_EQ(judged(answer(503)).retry_after, std::nullopt);
    EXPECT_EQ(judged(answer(200, "", {{"Retry-After", "30"}})).retry_after, std::nullopt);
    EXPECT_EQ(judged(answer(410, "", {{"Retry-After", "30"}})).retry_after, std::nullopt);
}

TEST(Judge, TellsWhyThereWasNoAnswer) {
    struct Case {
        Error error;
        Outcome outcome;
        const char* text;
    };

    const Case cases[] = {
        {{Errc::timeout, ""}, Outcome::failed, "timeout after 30s"},
        {{Errc::timeout, "no answer came"}, Outcome::failed, "timeout: no answer came"},
        {{Errc::unavailable, "connection refused"}, Outcome::failed, "connection refused"},
        {{Errc::unavailable, ""}, Outcome::failed, "unavailable"},
        {{Errc::corrupt, "not HTTP"}, Outcome::failed, "not HTTP"},
        {{Errc::too_large, "the answer's head is too long"},
         Outcome::failed,
         "the answer's head is too long"},
        {{Errc::cancelled, "x"}, Outcome::failed, "cancelled before the answer came"},
        {{Errc::denied, "10.0.0.1 is private"},
         Outcome::rejected,
         "address refused: 10.0.0.1 is private"},
        {{Errc::invalid, "must be one of GET", "method"},
         Outcome::rejected,
         "request refused: method: must be one of GET"},
        {{Errc::too_large, "must be at most 5 bytes", "body"},
         Outcome::rejected,
         "request refused: body: must be at most 5 bytes"},
    };
    for (const Case& c : cases) {
        const Verdict verdict = judged(c.error);
        EXPECT_EQ(verdict.outcome, c.outcome) << c.text;
        EXPECT_EQ(verdict.error, c.text);
        EXPECT_EQ(verdict.response.status, 0);
        EXPECT_EQ(verdict.response.body, "");
    }
}

TEST(Judge, CutsTheBodyBetweenCharacters) {
    DeliveryOptions options;
    options.response_body_max = 4;
    EXPECT_EQ(judged(answer(200, "abcd"), options).response.body, "abcd");
    EXPECT_FALSE(judged(answer(200, "abcd"), options).response.truncated);

    const Verdict cut = judged(answer(200, "abcde"), options);
    EXPECT_EQ(cut.response.body, "abcd…[truncated]");
    EXPECT_TRUE(cut.response.truncated);
    EXPECT_EQ(cut.outcome, Outcome::delivered);

    EXPECT_EQ(judged(answer(200, "abcéé"), options).response.body, "abc…[truncated]");
    EXPECT_EQ(judged(answer(200, "a€€"), options).response.body, "a€…[truncated]");
    EXPECT_EQ(judged(answer(200, "ab€"), options).response.body, "ab…[truncated]");
    EXPECT_EQ(judged(answer(200, "🎉🎉"), options).response.body, "🎉…[truncated]");
}

TEST(Judge, MarksABodyThatTheClientCut) {
    net::ClientResponse cut = answer(200, "abc\xC3");
    cut.truncated = true;
    const Verdict verdict = judged(std::move(cut));
    EXPECT_EQ(verdict.response.body, "abc…[truncated]");
    EXPECT_TRUE(verdict.response.truncated);
}

TEST(Judge, KeepsABodyThatIsNotTextAsBase64) {
    const std::string bytes("\x00\xff\x10\x80", 4);
    EXPECT_EQ(judged(answer(200, bytes)).response.body, "data:;base64," + base64_encode(bytes));

    DeliveryOptions options;
    options.response_body_max = 32;
    const Verdict cut = judged(answer(200, std::string(100, '\xff')), options);
    EXPECT_TRUE(cut.response.truncated);
    EXPECT_EQ(cut.response.body,
              "data:;base64," + base64_encode(std::string(12, '\xff')) + "…[truncated]");
}

TEST(Judge, SurvivesACapOfNothing) {
    DeliveryOptions options;
    options.response_body_max = 0;
    options.response_headers_max = 0;
    const Verdict verdict = judged(answer(200, "\xff\xfe", {{"A", "b"}}), options);
    EXPECT_EQ(verdict.outcome, Outcome::delivered);
    EXPECT_EQ(verdict.response.body, "…[truncated]");
    EXPECT_EQ(verdict.response.headers.size(), 0U);
}

TEST(Judge, WritesHeadersInLowerCaseEachOnce) {
    const Verdict verdict = judged(
        answer(200, "", {{"Content-Type", "a/b"}, {"Set-Cookie", "x=1"}, {"SET-COOKIE", "y=2"}}));
    EXPECT_EQ(verdict.response.headers.size(), 2U);
    EXPECT_EQ((*verdict.response.headers.begin()).name, "content-type");
    EXPECT_EQ(verdict.response.headers.get("set-cookie"), "x=1, y=2");
}

TEST(Judge, CapsHeadersAndMakesThemText) {
    DeliveryOptions options;
    options.response_headers_max = 30;
    const Verdict verdict = judged(
        answer(200, "", {{"A", "b"}, {"Long", std::string(40, 'x')}, {"L1", "caf\xe9"}}), options);
    EXPECT_EQ(verdict.response.headers.get("a"), "b");
    EXPECT_FALSE(verdict.response.headers.has("long"));
    EXPECT_EQ(verdict.response.headers.get("l1"), "caf\xEF\xBF\xBD");
    EXPECT_TRUE(verdict.response.truncated);
}

TEST(Judge, MeasuresTheExchange) {
    net::ClientResponse made = answer(200);
    made.started_ticks = 1'000;
    made.ended_ticks = 4'500;
    EXPECT_EQ(judged(std::move(made)).duration_ns, 3'500);
}

}  // namespace
}  // namespace carillon::delivery
