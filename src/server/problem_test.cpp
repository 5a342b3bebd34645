#include "server/problem.hpp"

#include "core/json_reader.hpp"

#include <gtest/gtest.h>

namespace carillon::server {
namespace {

TEST(Problem, GivesEveryErrorItsStatus) {
    struct Case {
        Errc code;
        int status;
    };

    const Case cases[] = {
        {Errc::not_found, 404},
        {Errc::already_exists, 409},
        {Errc::condition_failed, 409},
        {Errc::throttled, 429},
        {Errc::unavailable, 503},
        {Errc::timeout, 504},
        {Errc::cancelled, 503},
        {Errc::invalid, 400},
        {Errc::denied, 403},
        {Errc::too_large, 413},
        {Errc::corrupt, 500},
        {Errc::internal, 500},
    };
    for (const Case& c : cases) {
        const Error error{c.code, "why"};
        EXPECT_EQ(status_of(error), c.status) << to_string(c.code);
        EXPECT_EQ(problem(error, "r").at("status"), c.status) << to_string(c.code);
        EXPECT_EQ(problem_response(problem(error, "r")).status, c.status) << to_string(c.code);
    }
}

TEST(Problem, SaysWhatWhereAndUnderWhichId) {
    const Error error{Errc::invalid, "must be one of minutes, hours", "repeat.rule.unit"};
    EXPECT_EQ(to_text(problem(error, "req-7")),
              R"({"type":"urn:carillon:problem:invalid","title":"Invalid request","status":400,)"
              R"("detail":"must be one of minutes, hours","field":"repeat.rule.unit",)"
              R"("requestId":"req-7","error":"repeat.rule.unit: must be one of minutes, hours"})");
}

TEST(Problem, KeepsFaultsOfOurOwnToTheLog) {
    for (const Errc code : {Errc::internal, Errc::corrupt}) {
        const Error error{code, "password is hunter2", "secret"};
        const std::string text = to_text(problem(error, "req-7"));
        EXPECT_EQ(text.find("hunter2"), std::string::npos) << text;
        EXPECT_EQ(text.find("secret"), std::string::npos) << text;
        EXPECT_NE(text.find("req-7"), std::string::npos) << text;
    }
}

TEST(Problem, CallsARefusedTargetAWrongField) {
    EXPECT_EQ(status_of({Errc::denied, "127.0.0.1 is loopback", "url"}), 400);
    EXPECT_EQ(status_of({Errc::denied, "no"}), 403);
}

TEST(Problem, ListsAllMistakesWhenThereAreSeveral) {
    const json::value document = json::object{{"a", 1}, {"b", 2}};
    JsonReader reader(document);
    JsonFields fields = reader.fields();
    static_cast<void>(fields.string("a"));
    static_cast<void>(fields.string("b"));
    const auto finished = reader.finish();
    ASSERT_FALSE(finished);
    const json::object out = problem(finished.error(), "");
    EXPECT_EQ(out.at("field"), "a");
    ASSERT_EQ(out.at("errors").as_array().size(), 2u);
    EXPECT_EQ(out.at("errors").as_array()[1].at("field"), "b");
    EXPECT_FALSE(out.contains("requestId"));
}

TEST(Problem, TellsWhenToComeBack) {
    EXPECT_EQ(
        problem_response(problem({Errc::unavailable, "disk full"}, "")).headers.get("Retry-After"),
        "1");
    EXPECT_EQ(
        problem_response(problem({Errc::throttled, "slow down"}, "")).headers.get("Retry-After"),
        "1");
    EXPECT_FALSE(problem_response(problem({Errc::invalid, "no"}, "")).headers.has("Retry-After"));
}

TEST(Problem, IsSentAsProblemJson) {
    const auto response = problem_response(problem(405, "use GET", "method", "r"));
    EXPECT_EQ(response.headers.get("Content-Type"), "application/problem+json");
    EXPECT_EQ(response.body,
              R"({"type":"urn:carillon:problem:method-not-allowed","title":"Method Not Allowed",)"
              R"("status":405,"detail":"use GET","field":"method","requestId":"r",)"
              R"("error":"method: use GET"})");
}

}  // namespace
}  // namespace carillon::server
