#include "server/openapi.hpp"

#include "core/random.hpp"
#include "server/router.hpp"
#include "server/schemas.hpp"
#include "server/system_routes.hpp"
#include "server/testing.hpp"

#include <gtest/gtest.h>

#include <set>

namespace carillon::server {
namespace {

Task<Result<net::ServerResponse>> nothing(Call&) {
    co_return net::ServerResponse{};
}

TEST(OpenApi, DescribesWhatARouteDeclares) {
    const Route route = {
        .method = "POST",
        .path = "/things/{group}/{id}",
        .operation = "change",
        .summary = "Change a thing",
        .handler = nothing,
        .query = {{.name = "limit", .kind = ParameterKind::integer, .min = 1, .max = 9},
                  {.name = "kind",
                   .kind = ParameterKind::choice,
                   .required = true,
                   .choices = {"a", "b"}}},
        .headers = {"Idempotency-Key"},
        .body = BodyUse::required,
        .body_schema = "Selection",
        .answers = {{200, "Done", "Report"}}};
    const json::value document = openapi_document({&route}, "1.2.3");
    EXPECT_EQ(document.at("openapi"), "3.1.0");
    EXPECT_EQ(document.at("info").at("version"), "1.2.3");
    const json::value& operation = document.at("paths").at("/things/{group}/{id}").at("post");
    EXPECT_EQ(operation.at("operationId"), "change");
    std::string parameters;
    for (const json::value& each : operation.at("parameters").as_array()) {
        parameters += std::string(each.at("in").as_string()) + ":" +
                      std::string(each.at("name").as_string()) + " ";
    }
    EXPECT_EQ(parameters, "path:group path:id query:limit query:kind header:Idempotency-Key ");
    EXPECT_EQ(to_text(operation.at("parameters").as_array()[2].at("schema")),
              R"({"type":"integer","minimum":1,"maximum":9})");
    EXPECT_EQ(to_text(operation.at("parameters").as_array()[3].at("schema")),
              R"({"type":"string","enum":["a","b"]})");
    EXPECT_EQ(operation.at("requestBody").at("required"), true);
    EXPECT_TRUE(operation.at("responses").as_object().contains("200"));
    EXPECT_TRUE(operation.at("responses").as_object().contains("default"));
}

/// Every "$ref" below `value`.
void collect(const json::value& value, std::set<std::string>& references) {
    if (const auto* object = value.if_object()) {
        for (const auto& member : *object) {
            if (member.key() == "$ref") {
                references.insert(std::string(member.value().as_string()));
            } else {
                collect(member.value(), references);
            }
        }
    } else if (const auto* array = value.if_array()) {
        for (const json::value& each : *array) collect(each, references);
    }
}

TEST(Schemas, ReferToOneAnotherOnly) {
    const json::object schemas = component_schemas();
    std::set<std::string> references;
    collect(schemas, references);
    EXPECT_FALSE(references.empty());
    for (const std::string& reference : references) {
        const std::string prefix = "#/components/schemas/";
        ASSERT_TRUE(reference.starts_with(prefix)) << reference;
        EXPECT_TRUE(schemas.contains(reference.substr(prefix.size()))) << reference;
    }
}

class SystemTest : public ::testing::Test {
protected:
    SystemTest() { router.add(routes.routes()); }

    json::value call(int status, const std::string& path) {
        const auto response = testing::send(world, router, testing::request("GET", path));
        EXPECT_EQ(response.status, status) << path;
        return parse_json(response.body).value_or(json::value(response.body));
    }

    testing::World world;
    SeededRandom random{1};
    Registry metrics;
    Readiness readiness;
    int refreshed = 0;
    Router router{world.loop, random, Log::null(), metrics};
    SystemRoutes routes{
        world.loop, router, readiness, metrics, {.version = "1.2.3", .refresh_metrics = [this] {
                                                     ++refreshed;
                                                 }}};
};

TEST_F(SystemTest, IsReadyOnlyWhileNothingStandsInTheWay) {
    EXPECT_EQ(call(503, "/ready").at("status"), "starting");
    EXPECT_EQ(call(503, "/health").at("status"), "starting");
    EXPECT_EQ(call(200, "/live").at("status"), "live");
    readiness.obstacle.clear();
    world.run_for(std::chrono::seconds(90));
    EXPECT_EQ(call(200, "/ready").at("status"), "ready");
    EXPECT_EQ(to_text(call(200, "/health")),
              R"({"status":"ok","version":"1.2.3","uptimeSeconds":90})");
    readiness.obstacle = "stopping";
    EXPECT_EQ(call(503, "/ready").at("status"), "stopping");
}

TEST_F(SystemTest, ExposesMetricsBroughtUpToDate) {
    const auto response = testing::send(world, router, testing::request("GET", "/metrics"));
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.headers.get("Content-Type"), Registry::content_type);
    EXPECT_EQ(refreshed, 1);
    EXPECT_NE(response.body.find("# TYPE carillon_http_requests_total counter"), std::string::npos);
}

TEST_F(SystemTest, DescribesItself) {
    const auto document = call(200, "/openapi.json");
    EXPECT_TRUE(document.at("paths").as_object().contains("/metrics"));
    EXPECT_EQ(document.at("info").at("title"), "Carillon");
    EXPECT_EQ(call(200, "/").at("links").at("openapi"), "/openapi.json");
}

}  // namespace
}  // namespace carillon::server
