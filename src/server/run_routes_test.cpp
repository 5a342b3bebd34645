#include "server/schedule_rig_test.hpp"

namespace carillon::server::testing {
namespace {

struct RunRest : ScheduleRest {
    std::string run_of(const std::string& schedule) {
        const auto page = call(200, "GET", "/runs?scheduleId=" + schedule);
        return "/runs/" + std::string(page.at("data").at(0).at("id").as_string());
    }
};

TEST_F(RunRest, ListsRunsOfASchedule) {
    const std::string id = add("a", "* * * * *");
    add("b", "* * * * *");
    world.run_for(std::chrono::seconds{150});
    const auto page = call(200, "GET", "/runs?limit=2&scheduleId=" + id);
    EXPECT_EQ(page.at("data").as_array().size(), 2U);
    EXPECT_EQ(page.at("data").at(0).at("fireAt"), "2026-11-27T12:02:00.000Z");
    EXPECT_EQ(page.at("data").at(0).at("scheduleName"), "a");
    EXPECT_EQ(std::string(page.at("data").at(0).at("dedupeKey").as_string()),
              id + "@2026-11-27T12:02:00.000Z");
    EXPECT_EQ(page.at("data").at(0).at("status"), "Succeeded");
    EXPECT_TRUE(page.at("data").at(0).at("metrics").as_object().contains("latencyMs"));
    const std::string cursor(page.at("nextCursor").as_string());
    const auto rest = call(200, "GET", "/runs?limit=2&scheduleId=" + id + "&cursor=" + cursor);
    EXPECT_EQ(rest.at("data").as_array().size(), 1U);
    EXPECT_EQ(rest.at("nextCursor"), nullptr);
    EXPECT_EQ(call(200, "GET", "/runs").at("data").as_array().size(), 6U);
}

TEST_F(RunRest, RetriesARunThatFailed) {
    sender.status = 503;
    const std::string id = add("a", "0 13 * * *", R"(,"policy":{"maxAttempts":1})");
    world.run_for(std::chrono::hours{1});
    const auto failed = call(200, "GET", "/runs?status=Failed");
    EXPECT_EQ(failed.at("data").at(0).at("error"), "Request failed with status 503");
    EXPECT_EQ(failed.at("data").at(0).at("responseStatus"), 503);
    sender.status = 200;
    const std::string run = run_of(id);
    EXPECT_EQ(call(200, "POST", run + "/retry", R"({"reason":"mended"})").at("status"), "Pending");
    world.run_for(Duration{1'000});
    EXPECT_EQ(call(200, "GET", run).at("status"), "Succeeded");
    EXPECT_EQ(call(409, "POST", run + "/retry").at("detail"),
              "Cannot retry run in status: Succeeded");
    EXPECT_EQ(call(200, "GET", "/runs?status=Failed").at("data"), json::array());
}

TEST_F(RunRest, CancelsARunThatHasNotBegun) {
    const std::string id = add("a", "0 0 1 1 *");
    call(201, "POST", "/schedules/" + id + "/trigger", R"({"fireTime":"2026-11-27T13:00:00Z"})");
    const std::string run = run_of(id);
    const auto cancelled = call(200, "POST", run + "/cancel", R"({"reason":"not today"})");
    EXPECT_EQ(cancelled.at("status"), "Cancelled");
    EXPECT_EQ(cancelled.at("error"), "not today");
    world.run_for(std::chrono::hours{2});
    EXPECT_TRUE(sender.sent.empty());
    EXPECT_EQ(call(409, "POST", run + "/cancel").at("detail"),
              "Cannot cancel run in status: Cancelled");
}

TEST_F(RunRest, NamesTheFieldOfEveryMistake) {
    EXPECT_EQ(call(400, "GET", "/runs?status=Sleeping").at("field"), "status");
    EXPECT_EQ(call(400, "GET", "/runs?scheduleId=a%23b").at("field"), "scheduleId");
    EXPECT_EQ(call(400, "GET", "/runs?limit=1000").at("field"), "limit");
    EXPECT_EQ(call(400, "GET", "/runs?cursor=e30").at("field"), "cursor");
    EXPECT_EQ(call(400, "GET", "/runs?from=yesterday").at("field"), "from");
    EXPECT_EQ(
        call(400, "GET", "/runs?from=2026-11-02T00:00:00Z&to=2026-11-01T00:00:00Z").at("field"),
        "to");
    EXPECT_EQ(call(400, "GET", "/runs?jobId=1").at("field"), "jobId");
    EXPECT_EQ(call(404, "GET", "/runs/ghost").at("detail"), "Run not found");
    EXPECT_EQ(call(400, "POST", "/runs/ghost/cancel", R"({"reason":1})").at("field"), "reason");
    EXPECT_EQ(call(404, "POST", "/runs/ghost/cancel").at("detail"), "Run not found");
}

}  // namespace
}  // namespace carillon::server::testing
