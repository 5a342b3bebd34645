#include "server/webhook_routes.hpp"

#include "core/random.hpp"
#include "dynamo/embedded/embedded.hpp"
#include "server/router.hpp"
#include "server/testing.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace carillon::server {
namespace {

using testing::noon;
using testing::request;

/// Answers every delivery with the status it is told.
class FakeSender final : public delivery::Sender {
public:
    Task<delivery::Verdict> send(delivery::Target target,
                                 delivery::Attempt attempt,
                                 runtime::StopToken stop) override {
        static_cast<void>(target);
        static_cast<void>(stop);
        sent.push_back(attempt.occurrence_id);
        delivery::Verdict verdict;
        verdict.outcome = status < 300 ? delivery::Outcome::delivered : delivery::Outcome::failed;
        if (status >= 300) verdict.error = "Request failed with status " + std::to_string(status);
        verdict.response.status = status;
        co_return verdict;
    }

    int status = 200;
    std::vector<std::string> sent;
};

class RestTest : public ::testing::Test {
protected:
    RestTest() {
        router.add(routes.routes());
        const auto started = testing::run(world, service.start(false));
        EXPECT_TRUE(started) << describe(started.error());
    }

    ~RestTest() override { testing::run(world, stop()); }

    Task<int> stop() {
        co_await service.stop(Duration(0));
        co_return 0;
    }

    net::ServerResponse send(const std::string& method,
                             const std::string& target,
                             const std::string& body = {},
                             const net::Headers& headers = {}) {
        return testing::send(world, router, request(method, target, body, headers));
    }

    /// The JSON of an answer that must have `status`.
    json::value call(int status,
                     const std::string& method,
                     const std::string& target,
                     const std::string& body = {},
                     const net::Headers& headers = {}) {
        const auto response = send(method, target, body, headers);
        EXPECT_EQ(response.status, status) << method << ' ' << target << ": " << response.body;
        auto parsed = parse_json(response.body);
        EXPECT_TRUE(parsed) << response.body;
        return parsed ? *std::move(parsed) : json::value();
    }

    json::value add(const std::string& id, const std::string& more = {}) {
        return call(
            201,
            "POST",
            "/webhooks",
            R"({"namespace":"shop","id":")" + id + R"(","url":"https://a.example/")" + more + "}");
    }

    static std::unique_ptr<dynamo::EmbeddedDatabase> open(runtime::Clock& clock) {
        dynamo::EmbeddedOptions options;
        options.memory = true;
        options.inline_writer = true;
        auto database = dynamo::open_embedded(options, clock);
        if (!database) std::abort();
        return *std::move(database);
    }

    static webhooks::ServiceOptions service_options() {
        webhooks::ServiceOptions options;
        options.backoff.base = Duration(1'000);
        options.backoff.jitter = 0;
        return options;
    }

    testing::World world;
    SeededRandom random{1};
    Registry metrics;
    std::unique_ptr<dynamo::EmbeddedDatabase> database = open(world.clock);
    FakeSender sender;
    webhooks::Service service{
        world.loop, *database, sender, random, Log::null(), metrics, service_options()};
    Router router{world.loop, random, Log::null(), metrics};
    WebhookRoutes routes{world.loop, service};
};

TEST_F(RestTest, RegistersOneAndTellsWhereItIs) {
    const auto response =
        send("POST", "/webhooks", R"({"namespace":"a b","id":"x/1","url":"https://a.example/"})");
    EXPECT_EQ(response.status, 201) << response.body;
    EXPECT_EQ(response.headers.get("Location"), "/webhooks/a%20b/x%2F1");
    EXPECT_EQ(response.headers.get("Content-Type"), "application/json");
    const json::value made = parse_json(response.body).value();
    EXPECT_EQ(made.at("status"), "PENDING");
    EXPECT_EQ(made.at("schedule"), json::value(format_instant(noon)));
    EXPECT_EQ(made.at("method"), "GET");
    EXPECT_EQ(call(200, "GET", "/webhooks/a%20b/x%2F1"), made);
}

TEST_F(RestTest, MakesIdsWhereNoneIsGiven) {
    const std::string body = R"({"namespace":"shop","url":"https://a.example/"})";
    const auto first = call(201, "POST", "/webhooks", body);
    const auto second = call(201, "POST", "/webhooks", body);
    EXPECT_NE(first.at("id"), second.at("id"));
    EXPECT_EQ(first.at("id").as_string().size(), 36u);
}

TEST_F(RestTest, AnswersARepetitionWithWhatIsThere) {
    const auto first = add("a");
    world.run_for(Duration(5'000));
    EXPECT_EQ(call(200,
                   "POST",
                   "/webhooks",
                   R"({"namespace":"shop","id":"a","url":"https://a.example/"})"),
              first);
    const auto other = call(
        409, "POST", "/webhooks", R"({"namespace":"shop","id":"a","url":"https://b.example/"})");
    EXPECT_EQ(other.at("field"), "id");
}

TEST_F(RestTest, MakesOneWebhookOfOneIdempotencyKey) {
    const std::string body = R"({"namespace":"shop","url":"https://a.example/"})";
    const net::Headers key = {{"Idempotency-Key", "order-7"}};
    const auto first = call(201, "POST", "/webhooks", body, key);
    // Also within the same millisecond.
    EXPECT_EQ(call(200, "POST", "/webhooks", body, key), first);
    world.run_for(Duration(5'000));
    EXPECT_EQ(call(200, "POST", "/webhooks", body, key), first);
    // Another namespace is another webhook.
    const auto elsewhere =
        call(201, "POST", "/webhooks", R"({"namespace":"b","url":"https://a.example/"})", key);
    EXPECT_NE(elsewhere.at("id"), first.at("id"));
    call(409, "POST", "/webhooks", R"({"namespace":"shop","url":"https://b.example/"})", key);
    // An id of one's own takes precedence.
    EXPECT_EQ(call(201,
                   "POST",
                   "/webhooks",
                   R"({"namespace":"shop","id":"mine","url":"https://a.example/"})",
                   key)
                  .at("id"),
              "mine");
}

TEST_F(RestTest, JudgesEachEntryOfABatchByItself) {
    const std::string entries = R"([{"namespace":"shop","id":"a","url":"https://a.example/"},)"
                                R"({"namespace":"shop","url":"nonsense"},5,)"
                                R"({"namespace":"shop","id":"b","url":"https://a.example/"}])";
    for (const std::string& body : {entries, "{\"webhooks\":" + entries + "}"}) {
        const auto report = call(200, "POST", "/webhooks", body);
        EXPECT_EQ(report.at("count"), 2);
        EXPECT_EQ(report.at("errors"), 2);
        const json::array& results = report.at("results").as_array();
        ASSERT_EQ(results.size(), 4u);
        EXPECT_EQ(results[0].at("webhook").at("id"), "a");
        EXPECT_EQ(results[1].at("status"), 400);
        EXPECT_EQ(results[1].at("problem").at("field"), "webhooks[1].url");
        EXPECT_EQ(results[2].at("status"), 400);
        EXPECT_TRUE(results[2].at("problem").at("field").as_string().starts_with("webhooks[2]"));
        EXPECT_EQ(results[3].at("webhook").at("id"), "b");
        world.run_for(Duration(1));
    }
    EXPECT_EQ(call(200, "GET", "/webhooks?namespace=shop").at("count"), 2);
}

TEST_F(RestTest, RefusesABatchOfWhichNothingIsRegistered) {
    add("taken");
    const std::string wrong = R"({"namespace":"shop","url":"nonsense"})";
    const std::string other = R"({"namespace":"shop","id":"taken","url":"https://b.example/"})";

    struct Case {
        std::string body;
        int status;
    };

    const Case cases[] = {{"[" + wrong + "," + wrong + "]", 400},
                          {"[" + other + "," + other + "]", 409},
                          {"{\"webhooks\":[" + other + "," + wrong + "]}", 400}};
    for (const Case& c : cases) {
        const auto response = send("POST", "/webhooks", c.body);
        EXPECT_EQ(response.status, c.status) << c.body;
        EXPECT_EQ(response.headers.get("Content-Type"), "application/problem+json");
        const json::value problem = parse_json(response.body).value();
        EXPECT_EQ(problem.at("status"), c.status);
        EXPECT_EQ(problem.at("count"), 0);
        EXPECT_EQ(problem.at("errors").as_array().size(), 2U);
        EXPECT_TRUE(problem.at("field").as_string().starts_with("webhooks[0]."));
        ASSERT_EQ(problem.at("results").as_array().size(), 2U);
        for (const json::value& result : problem.at("results").as_array()) {
            EXPECT_FALSE(result.at("problem").at("detail").as_string().empty());
        }
    }
}

TEST_F(RestTest, AnswersOnlyWhatTheCallerCannotKnowWhenAsked) {
    const net::Headers minimal = {{"Prefer", "return=minimal"}};
    const std::string one = R"({"namespace":"shop","id":"a","url":"https://a.example/"})";
    const auto single = send("POST", "/webhooks", one, minimal);
    EXPECT_EQ(single.status, 201);
    EXPECT_EQ(single.headers.get("Preference-Applied"), "return=minimal");
    EXPECT_EQ(single.headers.get("Location"), "/webhooks/shop/a");
    EXPECT_EQ(parse_json(single.body).value(),
              parse_json(R"({"namespace":"shop","id":"a","status":"PENDING"})").value());

    world.run_for(Duration(1));
    const auto many =
        send("POST",
             "/webhooks",
             "[" + one + R"(,{"namespace":"shop","id":"b","url":"https://a.example/"},5])",
             minimal);
    EXPECT_EQ(many.status, 200);
    EXPECT_EQ(many.headers.get("Preference-Applied"), "return=minimal");
    const json::value report = parse_json(many.body).value();
    EXPECT_EQ(report.at("count"), 2);
    const json::array& results = report.at("results").as_array();
    EXPECT_EQ(results[0].at("status"), 200);
    EXPECT_EQ(
        results[1],
        parse_json(R"({"status":201,"webhook":{"namespace":"shop","id":"b","status":"PENDING"}})")
            .value());
    EXPECT_EQ(results[2].at("status"), 400);
    EXPECT_TRUE(results[2].at("problem").as_object().contains("detail"));

    const auto whole = send("POST", "/webhooks", one, {{"Prefer", "return=representation"}});
    EXPECT_EQ(whole.headers.get("Preference-Applied"), "return=representation");
    EXPECT_EQ(parse_json(whole.body).value().at("url"), "https://a.example/");
    EXPECT_FALSE(send("POST", "/webhooks", one).headers.has("Preference-Applied"));
}

TEST_F(RestTest, KeepsKeysOfBatchEntriesApart) {
    const std::string body = R"([{"namespace":"shop","url":"https://a.example/"},)"
                             R"({"namespace":"shop","url":"https://a.example/"}])";
    const net::Headers key = {{"Idempotency-Key", "batch-1"}};
    const auto first = call(200, "POST", "/webhooks", body, key);
    EXPECT_EQ(first.at("count"), 2);
    const auto again = call(200, "POST", "/webhooks", body, key);
    EXPECT_EQ(again.at("count"), 2);
    for (std::size_t at = 0; at < 2; ++at) {
        EXPECT_EQ(first.at("results").as_array()[at].at("status"), 201);
        EXPECT_EQ(again.at("results").as_array()[at].at("status"), 200);
        EXPECT_EQ(again.at("results").as_array()[at].at("webhook"),
                  first.at("results").as_array()[at].at("webhook"));
    }
    EXPECT_EQ(call(200, "GET", "/webhooks?namespace=shop").at("count"), 2);
}

TEST_F(RestTest, RefusesBatchesOfTheWrongShape) {
    EXPECT_EQ(call(400, "POST", "/webhooks", "[]").at("field"), "body");
    EXPECT_EQ(call(400, "POST", "/webhooks", R"({"webhooks":[]})").at("field"), "webhooks");
    EXPECT_EQ(call(400, "POST", "/webhooks", R"({"webhooks":{}})").at("field"), "webhooks");
    EXPECT_EQ(call(400, "POST", "/webhooks", R"({"webhooks":[1],"x":1})").at("field"), "x");
    std::string many = "[0";
    for (std::size_t at = 0; at < WebhookCreation::batch_max; ++at) many += ",0";
    EXPECT_EQ(call(400, "POST", "/webhooks", many + "]").at("field"), "body");
}

TEST_F(RestTest, CallsAPrivateTargetAWrongUrl) {
    const auto refusal = call(
        400, "POST", "/webhooks", R"({"namespace":"shop","url":"http://169.254.169.254/latest"})");
    EXPECT_EQ(refusal.at("field"), "url");
}

TEST_F(RestTest, ListsPageByPage) {
    for (const char* id : {"a1", "a2", "a3", "b1", "b2"}) add(id);
    auto page = call(200, "GET", "/webhooks?namespace=shop&limit=2");
    EXPECT_EQ(page.at("count"), 2);
    std::size_t seen = 2;
    while (!page.at("lastEvaluatedKey").is_null()) {
        const std::string key(page.at("lastEvaluatedKey").as_string());
        page = call(
            200, "GET", "/webhooks?namespace=shop&limit=2&startKey=" + net::percent_encode(key));
        seen += page.at("items").as_array().size();
        ASSERT_LE(seen, 5u);
    }
    EXPECT_EQ(seen, 5u);
    EXPECT_EQ(call(200, "GET", "/webhooks?namespace=shop&id=a").at("count"), 3);
    EXPECT_EQ(call(200, "GET", "/webhooks?namespace=none").at("count"), 0);
    EXPECT_EQ(call(200, "GET", "/webhooks?namespace=shop&status=FAILED").at("count"), 0);
    EXPECT_EQ(call(400, "GET", "/webhooks?namespace=shop&startKey=zzz").at("field"), "startKey");
}

TEST_F(RestTest, ListsByTime) {
    add("early", R"(,"schedule":"2030-01-01T00:00:00Z")");
    add("late", R"(,"schedule":"2030-01-02T00:00:00Z")");
    const auto ids = [&](const std::string& query) {
        std::string all;
        const auto page = call(200, "GET", "/webhooks?namespace=shop" + query);
        for (const json::value& item : page.at("items").as_array()) {
            all += std::string(item.at("id").as_string()) + " ";
        }
        return all;
    };
    EXPECT_EQ(ids("&from=2030-01-01T12:00:00Z"), "late ");
    EXPECT_EQ(ids("&to=2030-01-01T12:00:00Z"), "early ");
    EXPECT_EQ(ids("&from=2030-01-01T00:00:00Z&to=2030-01-02T00:00:00Z"), "early late ");
    EXPECT_EQ(ids("&desc=true"), "late early ");
}

TEST_F(RestTest, ChangesStatesAndRefusesWrongOnes) {
    add("a", R"(,"schedule":"2099-01-01T00:00:00Z")");
    EXPECT_EQ(call(200, "POST", "/webhooks/shop/a/suspend").at("status"), "SUSPENDED");
    EXPECT_EQ(call(409, "POST", "/webhooks/shop/a/suspend").at("status"), 409);
    EXPECT_EQ(call(200, "POST", "/webhooks/shop/a/unsuspend", "{}").at("status"), "PENDING");
    EXPECT_EQ(call(409, "POST", "/webhooks/shop/a/retry").at("status"), 409);
    EXPECT_EQ(call(200, "DELETE", "/webhooks/shop/a").at("id"), "a");
    for (const char* path :
         {"/webhooks/shop/a/suspend", "/webhooks/shop/a/unsuspend", "/webhooks/shop/a/retry"}) {
        EXPECT_EQ(call(404, "POST", path).at("status"), 404) << path;
    }
    call(404, "GET", "/webhooks/shop/a");
    call(404, "DELETE", "/webhooks/shop/a");
}

TEST_F(RestTest, TriggersWhatIsDue) {
    add("now");
    add("later", R"(,"schedule":"2099-01-01T00:00:00Z")");
    const auto dry = call(200, "POST", "/webhooks/trigger", R"({"dryRun":true})");
    EXPECT_EQ(dry.at("count"), 1);
    EXPECT_EQ(dry.at("items").as_array()[0].at("id"), "now");
    EXPECT_TRUE(sender.sent.empty());
    EXPECT_EQ(call(200,
                   "POST",
                   "/webhooks/trigger",
                   R"({"dryRun":true,"date":"2099-01-01T00:00:00Z","namespace":"shop","id":"l"})")
                  .at("count"),
              1);
    const auto run = call(200, "POST", "/webhooks/trigger");
    EXPECT_EQ(run.at("processed"), 1);
    EXPECT_EQ(run.at("errors"), 0);
    EXPECT_EQ(sender.sent.size(), 1u);
    EXPECT_EQ(call(200, "GET", "/webhooks/shop/now").at("status"), "COMPLETED");
}

TEST_F(RestTest, RetriesWhatHasFailed) {
    sender.status = 500;
    add("a", R"(,"retries":{"max":0})");
    EXPECT_EQ(call(200, "POST", "/webhooks/trigger").at("errors"), 1);
    EXPECT_EQ(call(200, "GET", "/webhooks/shop/a").at("status"), "FAILED");
    sender.status = 200;
    EXPECT_EQ(call(200, "POST", "/webhooks/shop/a/retry").at("status"), "PENDING");
    call(200, "POST", "/webhooks/trigger");
    EXPECT_EQ(call(200, "GET", "/webhooks/shop/a").at("status"), "COMPLETED");
}

TEST_F(RestTest, ChangesManyAndReports) {
    for (const char* id : {"a1", "a2", "b1"}) add(id, R"(,"schedule":"2099-01-01T00:00:00Z")");
    auto report = call(200, "POST", "/webhooks/suspend-many", R"({"namespace":"shop","id":"a"})");
    EXPECT_EQ(report.at("count"), 2);
    EXPECT_EQ(report.at("items").as_array().size(), 2u);
    report = call(200, "POST", "/webhooks/suspend-many", R"({"namespace":"shop"})");
    EXPECT_EQ(report.at("count"), 1);
    EXPECT_EQ(report.at("skipped"), 2);
    report = call(200,
                  "POST",
                  "/webhooks/delete-many",
                  R"({"namespace":"shop","id":"b","status":"SUSPENDED","chunkLimit":10})");
    EXPECT_EQ(report.at("count"), 1);
    report = call(200, "POST", "/webhooks/clear", R"({"namespace":"shop"})");
    EXPECT_EQ(report.at("count"), 2);
    EXPECT_EQ(call(200, "GET", "/webhooks?namespace=shop").at("count"), 0);
}

TEST_F(RestTest, NamesTheFieldOfABatchOperationThatIsWrong) {
    struct Case {
        const char* path;
        const char* body;
        const char* field;
    };

    const Case cases[] = {
        {"delete-many", "{}", "namespace"},
        {"delete-many", R"({"namespace":""})", "namespace"},
        {"delete-many", R"({"namespace":"a","statsu":"FAILED"})", "statsu"},
        {"delete-many", R"({"namespace":"a","status":"failed"})", "status"},
        {"delete-many", R"({"namespace":"a","from":"soon"})", "from"},
        {"delete-many",
         R"({"namespace":"a","from":"2026-01-02T00:00:00Z","to":"2026-01-01T00:00:00Z"})",
         "to"},
        {"delete-many", R"({"namespace":"a","chunkLimit":0})", "chunkLimit"},
        {"suspend-many", R"({"namespace":5})", "namespace"},
        {"clear", "{}", "namespace"},
        {"clear", R"({"namespace":"a","status":"FAILED"})", "status"},
        {"clear", "[]", nullptr},
        {"trigger", R"({"namespace":"a"})", "namespace"},
        {"trigger", R"({"dryRun":false,"limit":5})", "limit"},
        {"trigger", R"({"dryRun":"yes"})", "dryRun"},
        {"trigger", R"({"dryRun":true,"limit":0})", "limit"},
        {"trigger", R"({"dryRun":true,"date":"x"})", "date"},
        {"trigger", R"({"dry":true})", "dry"},
    };
    for (const Case& c : cases) {
        const auto refusal = call(400, "POST", std::string("/webhooks/") + c.path, c.body);
        if (c.field == nullptr) continue;
        EXPECT_EQ(refusal.at("field"), c.field) << c.path << ' ' << c.body;
    }
}

}  // namespace
}  // namespace carillon::server
