#include "cli/api.hpp"

#include "cli/webhook_commands.hpp"

#include <gtest/gtest.h>

namespace carillon::cli {
namespace {

net::ClientResponse answer(int status, std::string body) {
    net::ClientResponse out;
    out.status = status;
    out.body = std::move(body);
    return out;
}

TEST(ReadAnswer, GivesTheBodyOfASuccess) {
    EXPECT_EQ(read_answer(answer(201, R"({"id":"a"})"))->at("id"), "a");
    EXPECT_TRUE(read_answer(answer(204, ""))->is_null());
}

TEST(ReadAnswer, TurnsAProblemIntoItsError) {
    const auto refused = read_answer(
        answer(400, R"({"status":400,"detail":"must be http or https","field":"url"})"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(describe(refused.error()), "invalid: url: must be http or https");
    EXPECT_EQ(exit_code_of(refused.error()), ExitCode::failed);
}

TEST(ReadAnswer, NamesTheRequestWhoseFaultIsInTheLog) {
    const auto failed = read_answer(answer(500, R"({"detail":"see the log","requestId":"req-1"})"));
    EXPECT_EQ(failed.error().message, "see the log (request req-1)");
}

TEST(ReadAnswer, KnowsWhatIsNotCarillon) {
    for (const auto& strange : {answer(200, "<html>"), answer(404, "nope"), answer(400, "[1]")}) {
        const auto read = read_answer(strange);
        ASSERT_FALSE(read) << strange.body;
        EXPECT_EQ(exit_code_of(read.error()), ExitCode::unreachable) << strange.body;
    }
}

TEST(ReadAnswer, RefusesHalfAnAnswer) {
    net::ClientResponse cut = answer(200, "{}");
    cut.truncated = true;
    EXPECT_EQ(read_answer(cut).error().code, Errc::too_large);
}

TEST(ExitCodes, TellScriptsWhy) {
    struct Case {
        int status;
        ExitCode code;
    };

    const Case cases[] = {{400, ExitCode::failed},
                          {404, ExitCode::not_found},
                          {409, ExitCode::failed},
                          {429, ExitCode::failed},
                          {503, ExitCode::failed}};
    for (const Case& c : cases) {
        const auto read = read_answer(answer(c.status, R"({"detail":"x"})"));
        EXPECT_EQ(exit_code_of(read.error()), c.code) << c.status;
    }
}

TEST(Advice, SaysWhatToDoNext) {
    Error error{Errc::unavailable, "connection refused"};
    error.detail = std::make_shared<Unreachable>();
    EXPECT_NE(advice(error, "http://127.0.0.1:3080").find("carillon serve"), std::string::npos);
    EXPECT_NE(advice(error, "http://127.0.0.1:3080").find("http://127.0.0.1:3080"),
              std::string::npos);
    EXPECT_NE(advice({Errc::not_found, "no webhook"}, "").find("webhook list"), std::string::npos);
    EXPECT_EQ(advice({Errc::invalid, "no"}, ""), "");
}

}  // namespace
}  // namespace carillon::cli
