#include "server/router.hpp"

#include "core/random.hpp"
#include "server/problem.hpp"
#include "server/testing.hpp"

#include <gtest/gtest.h>

#include <sstream>
#include <stdexcept>

namespace carillon::server {
namespace {

using testing::request;

/// Answers what it was called with.
Task<Result<net::ServerResponse>> echo(Call& call) {
    json::array path;
    for (const std::string& each : call.path) path.emplace_back(each);
    json::object out{{"path", std::move(path)}, {"body", call.body}};
    if (const auto limit = call.query.integer("limit")) out["limit"] = *limit;
    co_return json_response(200, out);
}

Task<Result<net::ServerResponse>> refuse(Call&) {
    co_return fail(Errc::not_found, "no webhook");
}

Task<Result<net::ServerResponse>> crash(Call& call) {
    if (call.path.empty()) throw std::runtime_error("secret detail");
    co_return json_response(200, nullptr);
}

class RouterTest : public ::testing::Test {
protected:
    RouterTest() {
        router.add(std::vector<Route>{
            {.method = "GET",
             .path = "/things",
             .operation = "list",
             .summary = "",
             .handler = echo,
             .query = {{.name = "limit", .kind = ParameterKind::integer, .min = 1, .max = 9}}},
            {.method = "POST",
             .path = "/things",
             .operation = "make",
             .summary = "",
             .handler = echo,
             .body = BodyUse::required},
            {.method = "GET",
             .path = "/things/{group}/{id}",
             .operation = "read",
             .summary = "",
             .handler = echo},
            {.method = "POST",
             .path = "/things/{group}/{id}/stop",
             .operation = "stop",
             .summary = "",
             .handler = echo},
            {.method = "POST",
             .path = "/things/clear",
             .operation = "clear",
             .summary = "",
             .handler = echo,
             .body = BodyUse::optional},
            {.method = "GET", .path = "/", .operation = "home", .summary = "", .handler = echo},
            {.method = "GET",
             .path = "/none",
             .operation = "none",
             .summary = "",
             .handler = refuse},
            {.method = "GET",
             .path = "/crash",
             .operation = "bug",
             .summary = "",
             .handler = crash},
        });
    }

    net::ServerResponse send(net::ServerRequest asked) {
        return testing::send(world, router, std::move(asked));
    }

    /// Status and field of the problem that `asked` meets.
    std::pair<int, std::string> refusal(net::ServerRequest asked) {
        const auto response = send(std::move(asked));
        EXPECT_EQ(response.headers.get("Content-Type"), "application/problem+json");
        const auto body = parse_json(response.body);
        if (!body) return {response.status, "not JSON: " + response.body};
        const json::value* field = body->as_object().if_contains("field");
        return {response.status, field == nullptr ? "" : std::string(field->as_string())};
    }

    testing::World world;
    SeededRandom random{1};
    std::ostringstream lines;
    std::unique_ptr<Log> log = open_log(
        {.level = LogLevel::debug, .format = LogFormat::text, .now = [] { return TimePoint{}; }},
        lines);
    Registry metrics;
    Router router{world.loop, random, *log, metrics};
};

using Refusal = std::pair<int, std::string>;

TEST_F(RouterTest, FindsTheRouteAndDecodesItsPath) {
    EXPECT_EQ(send(request("GET", "/things/a%2Fb/c%23d%20e")).body,
              R"({"path":["a/b","c#d e"],"body":null})");
    EXPECT_EQ(send(request("POST", "/things/a/b/stop")).body, R"({"path":["a","b"],"body":null})");
    EXPECT_EQ(send(request("GET", "/things?limit=3")).body, R"({"path":[],"body":null,"limit":3})");
    EXPECT_EQ(send(request("GET", "/")).status, 200);
}

TEST_F(RouterTest, DecodesASlashOnlyWithinItsSegment) {
    EXPECT_EQ(send(request("GET", "/things%2Fa/b")).status, 404);
    EXPECT_EQ(send(request("GET", "/things/a%2Fb")).status, 404);
}

TEST_F(RouterTest, AnswersUnknownPathsWith404) {
    for (const char* path : {"/nothing",
                             "/things/",
                             "/things/a",
                             "/things//b",
                             "/things/a/",
                             "/things/a/b/",
                             "/things/a/b/stop/now",
                             "//",
                             "things",
                             ""}) {
        EXPECT_EQ(refusal(request("GET", path)), Refusal(404, "path")) << path;
    }
}

TEST_F(RouterTest, AnswersOtherMethodsWith405AndAllow) {
    const auto response = send(request("PUT", "/things"));
    EXPECT_EQ(response.status, 405);
    EXPECT_EQ(response.headers.get("Allow"), "GET, HEAD, POST, OPTIONS");
    EXPECT_EQ(refusal(request("BREW", "/things")), Refusal(405, "method"));
    EXPECT_EQ(refusal(request("get", "/things")), Refusal(405, "method"));
    EXPECT_EQ(send(request("GET", "/things/clear")).headers.get("Allow"), "POST, OPTIONS");
}

TEST_F(RouterTest, AnswersOptionsAndHead) {
    const auto options = send(request("OPTIONS", "/things/a/b"));
    EXPECT_EQ(options.status, 204);
    EXPECT_EQ(options.headers.get("Allow"), "GET, HEAD, OPTIONS");
    EXPECT_EQ(send(request("OPTIONS", "*")).status, 204);
    EXPECT_EQ(send(request("OPTIONS", "/nothing")).status, 404);
    EXPECT_EQ(send(request("HEAD", "/things")).status, 200);
}

TEST_F(RouterTest, NamesTheParameterThatIsWrong) {
    EXPECT_EQ(refusal(request("GET", "/things?limit=10")), Refusal(400, "limit"));
    EXPECT_EQ(refusal(request("GET", "/things?max=1")), Refusal(400, "max"));
    EXPECT_EQ(refusal(request("GET", "/things/a/b?x=1")), Refusal(400, "x"));
    EXPECT_EQ(refusal(request("GET", "/things/%zz/b")), Refusal(400, "group"));
    EXPECT_EQ(refusal(request("GET", "/things/a/%ff")), Refusal(400, "id"));
}

TEST_F(RouterTest, RefusesBodiesThatAreNotPlainJson) {
    EXPECT_EQ(refusal(request("POST", "/things")), Refusal(400, "body"));
    EXPECT_EQ(refusal(request("POST", "/things", "{")), Refusal(400, "body"));
    EXPECT_EQ(refusal(request("POST", "/things", "{} {}")), Refusal(400, "body"));
    EXPECT_EQ(refusal(request("POST", "/things", "{\"a\":\"\xff\"}")), Refusal(400, "body"));
    EXPECT_EQ(refusal(request("POST", "/things", R"({"a":1,"a":2})")), Refusal(400, "a"));
    EXPECT_EQ(refusal(request("POST", "/things", std::string(100, '['))), Refusal(400, "body"));
    EXPECT_EQ(refusal(request("POST", "/things", "{}", {{"Content-Type", "text/plain"}})),
              Refusal(415, "Content-Type"));
    EXPECT_EQ(refusal(request("POST", "/things", "{}", {{"Content-Type", ""}})),
              Refusal(415, "Content-Type"));
    EXPECT_EQ(refusal(request("POST", "/things", "{}", {{"Content-Encoding", "gzip"}})),
              Refusal(415, "Content-Encoding"));
    EXPECT_EQ(refusal(request("GET", "/things", R"({"a":1})")), Refusal(400, "body"));
}

TEST_F(RouterTest, TakesTheUsualFormsOfJson) {
    for (const char* type : {"application/json",
                             "Application/JSON",
                             "application/json; charset=utf-8",
                             "application/vnd.api+json"}) {
        EXPECT_EQ(send(request("POST", "/things", "[1.5]", {{"Content-Type", type}})).body,
                  R"({"path":[],"body":[1.5]})")
            << type;
    }
    EXPECT_EQ(send(request("POST", "/things/clear")).status, 200);
    EXPECT_EQ(send(request("POST", "/things/a/b/stop", "{}")).status, 200);
}

TEST_F(RouterTest, TurnsErrorsOfHandlersIntoProblems) {
    const auto response = send(request("GET", "/none", {}, {{"X-Request-Id", "mine-1"}}));
    EXPECT_EQ(response.status, 404);
    const auto body = parse_json(response.body).value();
    EXPECT_EQ(body.at("detail"), "no webhook");
    EXPECT_EQ(body.at("requestId"), "mine-1");
    EXPECT_EQ(body.at("error"), "no webhook");
}

TEST_F(RouterTest, SurvivesAHandlerThatThrowsAndTellsOnlyTheLog) {
    const auto response = send(request("GET", "/crash", {}, {{"X-Request-Id", "mine-2"}}));
    EXPECT_EQ(response.status, 500);
    EXPECT_EQ(response.body.find("secret"), std::string::npos);
    EXPECT_NE(lines.str().find("secret detail"), std::string::npos);
    EXPECT_NE(lines.str().find("mine-2"), std::string::npos);
}

TEST_F(RouterTest, GivesEveryAnswerARequestId) {
    EXPECT_EQ(
        send(request("GET", "/", {}, {{"x-request-id", "a.b:C-1_2"}})).headers.get("X-Request-Id"),
        "a.b:C-1_2");
    const auto own = send(request("GET", "/nothing"));
    const std::string id(own.headers.get("X-Request-Id").value());
    EXPECT_TRUE(id.starts_with("req-")) << id;
    EXPECT_EQ(parse_json(own.body)->at("requestId"), json::value(id));
    // Ids that could break a log line or a header are replaced.
    for (const std::string& bad :
         {std::string("a b"), std::string("a\"b"), std::string(129, 'a')}) {
        const auto response = send(request("GET", "/", {}, {{"X-Request-Id", bad}}));
        EXPECT_NE(response.headers.get("X-Request-Id"), bad);
    }
}

TEST_F(RouterTest, RefusesChangesFromPagesOfOtherOrigins) {
    const net::Headers foreign = {{"Host", "127.0.0.1:3080"}, {"Origin", "https://evil.example"}};
    EXPECT_EQ(refusal(request("POST", "/things/a/b/stop", {}, foreign)), Refusal(403, "Origin"));
    EXPECT_EQ(refusal(request("POST", "/things/clear", {}, {{"Origin", "null"}})),
              Refusal(403, "Origin"));
    EXPECT_EQ(send(request("GET", "/things", {}, foreign)).status, 200);
    EXPECT_EQ(send(request("POST",
                           "/things/clear",
                           {},
                           {{"Host", "127.0.0.1:3080"}, {"Origin", "http://127.0.0.1:3080"}}))
                  .status,
              200);
}

TEST_F(RouterTest, CountsWhatItAnswered) {
    static_cast<void>(send(request("GET", "/things")));
    static_cast<void>(send(request("GET", "/things?limit=0")));
    static_cast<void>(send(request("GET", "/nothing")));
    const std::string text = metrics.expose();
    EXPECT_NE(text.find(R"(carillon_http_requests_total{operation="list",status="2xx"} 1)"),
              std::string::npos)
        << text;
    EXPECT_NE(text.find(R"(carillon_http_requests_total{operation="list",status="4xx"} 1)"),
              std::string::npos);
    EXPECT_NE(text.find(R"(carillon_http_requests_total{operation="unmatched",status="4xx"} 1)"),
              std::string::npos);
}

TEST_F(RouterTest, DressesTheServersOwnRefusals) {
    struct Case {
        int status;
        const char* field;
    };

    const Case cases[] = {{400, "request"},
                          {408, "request"},
                          {413, "body"},
                          {431, "headers"},
                          {414, "target"},
                          {501, "Transfer-Encoding"}};
    for (const Case& c : cases) {
        const auto response = router.refuse(c.status, "why");
        EXPECT_EQ(response.status, c.status);
        EXPECT_EQ(parse_json(response.body)->at("field"), c.field);
        EXPECT_EQ(parse_json(response.body)->at("detail"), "why");
    }
    const auto busy = router.refuse(503, "too many connections");
    EXPECT_FALSE(parse_json(busy.body)->as_object().contains("field"));
    EXPECT_EQ(busy.headers.get("Retry-After"), "1");
}

}  // namespace
}  // namespace carillon::server
