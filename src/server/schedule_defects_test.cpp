// The defects of the seed's scheduler (SEEDS C7) that its REST interface shows, each with the
// opposite outcome; those behind it are in schedules/defects_test.cpp.

#include "server/schedule_rig_test.hpp"
#include "server/system_routes.hpp"

#include <set>

namespace carillon::server::testing {
namespace {

using namespace std::chrono_literals;

constexpr const char* yearly = "0 0 1 1 *";

/// Begins between two minutes, so that nothing is due at once.
struct ScheduleDefects : ScheduleRest {
    ScheduleDefects() { world.run_for(30s); }

    std::string path_of(const std::string& name,
                        const std::string& cron,
                        const std::string& more = {}) {
        return "/schedules/" + add(name, cron, more);
    }
};

TEST_F(ScheduleDefects, C1NoTenantReadsChangesOrMovesAnothers) {
    const net::Headers acme = {{"X-Tenant-Id", "acme"}};
    const net::Headers other = {{"X-Tenant-Id", "other"}};
    const std::string one = "/schedules/" + add("a", yearly, "", acme);
    EXPECT_EQ(call(400, "PATCH", one, R"({"tenantId":"HACK"})", acme).at("field"), "tenantId");
    call(404, "GET", one, "", other);
    call(404, "PATCH", one, R"({"name":"b"})", other);
    EXPECT_EQ(call(400, "GET", one + "?tenantId=acme", "", other).at("field"), "tenantId");
    EXPECT_EQ(call(200, "GET", one, "", acme).at("tenantId"), "acme");
}

TEST_F(ScheduleDefects, C2DeletingAnswersThatItIsDone) {
    const std::string one = path_of("a", "* * * * *");
    EXPECT_EQ(call(204, "DELETE", one), nullptr);
    call(404, "GET", one);
    call(404, "DELETE", one);
    world.run_for(5min);
    EXPECT_TRUE(sender.sent.empty());
}

TEST_F(ScheduleDefects, C3ADisabledScheduleIsEnabledAgain) {
    const std::string one = path_of("a", "* * * * *");
    EXPECT_EQ(call(200, "PATCH", one, R"({"enabled":false})").at("nextFireAt"), nullptr);
    EXPECT_EQ(call(200, "PATCH", one, R"({"enabled":true})").at("nextFireAt"),
              "2026-11-27T12:01:00.000Z");
    world.run_for(40s);
    EXPECT_EQ(sender.sent.size(), 1U);
}

TEST_F(ScheduleDefects, C4ANewTriggerTakesEffect) {
    const std::string one = path_of("a", yearly);
    const std::string patch = R"({"trigger":{"type":"CRON","cron":"*/10 * * * *"}})";
    EXPECT_EQ(call(200, "PATCH", one, patch).at("nextFireAt"), "2026-11-27T12:10:00.000Z");
    EXPECT_EQ(call(200, "GET", one).at("trigger").at("cron"), "*/10 * * * *");
    world.run_for(31min);
    EXPECT_EQ(sender.sent.size(), 3U);
}

TEST_F(ScheduleDefects, C5AOneShotFires) {
    const std::string body =
        R"({"name":"a","trigger":{"type":"ONE_SHOT","startAt":"2026-11-27T12:30:00Z"},)"
        R"("target":{"kind":"HTTP","http":{"url":"https://a.example/"}}})";
    EXPECT_EQ(call(201, "POST", "/schedules", body).at("nextFireAt"), "2026-11-27T12:30:00.000Z");
    world.run_for(40min);
    EXPECT_EQ(sender.sent.size(), 1U);
}

TEST_F(ScheduleDefects, C6NonsenseIsRefusedWhenItIsMade) {
    for (const char* cron :
         {"a b c d e", "99 * * * *", "* * * *", "0 0 30 2 *", "1 2 3 4 5 6 7 8"}) {
        const auto problem = call(400, "POST", "/schedules", definition("a", cron));
        EXPECT_EQ(problem.at("field"), "trigger.cron") << cron;
        const auto verdict = call(200, "POST", "/schedules/validate", definition("a", cron));
        EXPECT_EQ(verdict.at("valid"), false) << cron;
    }
    EXPECT_EQ(call(200, "GET", "/schedules").at("data"), json::array());
}

TEST_F(ScheduleDefects, C7TriggerAndTargetAreShownAsTheyWereGiven) {
    const std::string one = path_of("a", "0 9 * * MON", R"(,"payload":{"deep":[1,{"b":null}]})");
    const auto shown = call(200, "GET", one);
    EXPECT_EQ(to_text(shown.at("trigger")), R"({"type":"CRON","cron":"0 9 * * MON"})");
    EXPECT_EQ(shown.at("target").at("http").at("url"), "https://a.example/");
    EXPECT_EQ(to_text(shown.at("payload")), R"({"deep":[1,{"b":null}]})");
}

TEST_F(ScheduleDefects, C8HealthNeedsNoToken) {
    const Readiness readiness{.obstacle = ""};
    SystemRoutes system(world.loop, router, readiness, metrics, {.version = "test"});
    router.add(system.routes());
    for (const char* path : {"/health", "/ready", "/live"}) call(200, "GET", path);
}

TEST_F(ScheduleDefects, C9AOneShotThatHasFiredIsOver) {
    const std::string body =
        R"({"name":"a","trigger":{"type":"ONE_SHOT","startAt":"2026-11-27T12:01:00Z"},)"
        R"("target":{"kind":"HTTP","http":{"url":"https://a.example/"}}})";
    const auto made = call(201, "POST", "/schedules", body);
    world.run_for(15min);
    const auto after = call(200, "GET", "/schedules/" + std::string(made.at("id").as_string()));
    EXPECT_EQ(after.at("nextFireAt"), nullptr);
    EXPECT_EQ(after.at("lastFireAt"), "2026-11-27T12:01:00.000Z");
    EXPECT_EQ(sender.sent.size(), 1U);
}

TEST_F(ScheduleDefects, C11TheNextFireIsOfTheRuleInItsZone) {
    const std::string one = path_of("a", "0 9 * * *", R"(,"tz":"Europe/Berlin")");
    const auto next = call(200, "GET", one + "/next?count=1&from=2027-03-27T09:00:00Z");
    EXPECT_EQ(next.at("fires").at(0).at("at"), "2027-03-28T07:00:00.000Z") << "summer time";
    // Fires that were missed are told one by one, and the next is still on the grid.
    world.finish(service.stop(Duration{0}));
    world.run_for(72h);
    const auto missed = call(200, "GET", one + "/catch-up");
    EXPECT_EQ(missed.at("count"), 3);
    EXPECT_EQ(missed.at("data").at(0).at("at"), "2026-11-28T08:00:00.000Z");
}

TEST_F(ScheduleDefects, C12OfTwoEditsOfOneVersionTheSecondIsRefused) {
    const std::string one = path_of("a", yearly);
    const net::Headers first = {{"If-Match", "\"1\""}};
    call(200, "PATCH", one, R"({"description":"mine"})", first);
    call(412, "PATCH", one, R"({"description":"yours"})", first);
    EXPECT_EQ(call(200, "GET", one).at("description"), "mine");
}

TEST_F(ScheduleDefects, C13PagesByCursorNeitherRepeatNorLeaveOutWhenOthersAddMeanwhile) {
    std::set<std::string> wanted;
    for (int i = 0; i < 7; ++i) {
        wanted.insert(add("n" + std::to_string(i), yearly));
        world.run_for(10ms);
    }
    std::multiset<std::string> seen;
    std::string target = "/schedules?limit=2";
    for (int pages = 0; pages < 10; ++pages) {
        const auto page = call(200, "GET", target);
        for (const json::value& each : page.at("data").as_array()) {
            seen.insert(std::string(each.at("id").as_string()));
        }
        if (page.at("nextCursor").is_null()) break;
        target = "/schedules?limit=2&cursor=" + std::string(page.at("nextCursor").as_string());
        add("new" + std::to_string(pages), yearly);
    }
    EXPECT_EQ(seen, std::multiset<std::string>(wanted.begin(), wanted.end()));
}

}  // namespace
}  // namespace carillon::server::testing
