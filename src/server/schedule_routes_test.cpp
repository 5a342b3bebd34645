#include "server/openapi.hpp"
#include "server/schedule_rig_test.hpp"

#include <set>

namespace carillon::server::testing {
namespace {

constexpr const char* yearly = "0 0 1 1 *";

TEST_F(ScheduleRest, MakesAScheduleAndTellsWhereItIs) {
    const auto response = send("POST", "/schedules", definition("daily", "0 9 * * *"));
    EXPECT_EQ(response.status, 201) << response.body;
    const json::value made = parse_json(response.body).value();
    EXPECT_EQ(response.headers.get("ETag"), "\"1\"");
    EXPECT_EQ(response.headers.get("Location"),
              "/schedules/" + std::string(made.at("id").as_string()));
    EXPECT_EQ(made.at("tenantId"), "default");
    EXPECT_EQ(made.at("tz"), "Europe/Berlin");
    EXPECT_EQ(made.at("nextFireAt"), "2026-11-28T08:00:00.000Z");
    EXPECT_EQ(call(200, "GET", "/schedules/" + std::string(made.at("id").as_string())), made);
    call(404, "GET", "/schedules/ghost");
    EXPECT_EQ(call(404, "GET", "/schedules/ghost").at("detail"), "Schedule not found");
}

TEST_F(ScheduleRest, MakesOneScheduleForOneIdempotencyKey) {
    const net::Headers key = {{"Idempotency-Key", "k"}};
    const std::string body = definition("daily", yearly);
    const auto first = call(201, "POST", "/schedules", body, key);
    EXPECT_EQ(call(200, "POST", "/schedules", body, key), first);
    const auto other = call(409, "POST", "/schedules", definition("weekly", yearly), key);
    EXPECT_EQ(other.at("field"), "Idempotency-Key");
    const net::Headers elsewhere = {{"Idempotency-Key", "k"}, {"X-Tenant-Id", "other"}};
    EXPECT_NE(call(201, "POST", "/schedules", body, elsewhere).at("id"), first.at("id"));
    EXPECT_EQ(call(409, "POST", "/schedules", body).at("field"), "name");
}

TEST_F(ScheduleRest, TakesTheTenantFromWhereverItIsNamedIfAllAgree) {
    struct Case {
        const char* target;
        const char* member;
        const char* header;
        int status;
        const char* field;
    };

    const Case cases[] = {
        {"/schedules?tenantId=acme", R"(,"tenantId":"acme")", "acme", 201, ""},
        {"/schedules", R"(,"tenantId":"body")", nullptr, 201, ""},
        {"/schedules", "", "head", 201, ""},
        {"/schedules?tenantId=acme", R"(,"tenantId":"other")", nullptr, 400, "tenantId"},
        {"/schedules?tenantId=acme", "", "other", 400, "tenantId"},
        {"/schedules", R"(,"tenantId":"a")", "b", 400, "tenantId"},
        {"/schedules?tenantId=a%23b", "", nullptr, 400, "tenantId"},
        {"/schedules", R"(,"tenantId":"a b")", nullptr, 400, "tenantId"},
        {"/schedules", R"(,"tenantId":"")", nullptr, 400, "tenantId"},
        {"/schedules", R"(,"tenantId":7)", nullptr, 400, "tenantId"},
        {"/schedules", "", "a#b", 400, "X-Tenant-Id"},
        {"/schedules", "", "", 400, "X-Tenant-Id"},
    };
    for (const Case& one : cases) {
        net::Headers headers;
        if (one.header != nullptr) headers.add("X-Tenant-Id", one.header);
        const auto answer =
            call(one.status, "POST", one.target, definition("a", yearly, one.member), headers);
        if (one.status == 400) EXPECT_EQ(answer.at("field"), one.field) << one.target << one.member;
    }
    EXPECT_EQ(
        call(400, "POST", "/schedules", definition("a", yearly, R"(,"tenantId":"")")).at("error"),
        "tenantId is required");
}

TEST_F(ScheduleRest, ShowsNoTenantAnothersThings) {
    const std::string id = add("a", "* * * * *", "", {{"X-Tenant-Id", "acme"}});
    world.run_for(std::chrono::minutes{2});
    const net::Headers other = {{"X-Tenant-Id", "other"}};
    const std::string one = "/schedules/" + id;
    call(404, "GET", one, "", other);
    call(404, "PATCH", one, R"({"name":"b"})", other);
    call(404, "PATCH", one + "/enabled", R"({"enabled":false})", other);
    call(404, "DELETE", one, "", other);
    call(404, "POST", one + "/trigger", "", other);
    call(404,
         "POST",
         one + "/backfill",
         R"({"from":"2026-11-01T00:00:00Z","to":"2026-11-02T00:00:00Z"})",
         other);
    call(404, "GET", one + "/ledger", "", other);
    call(404, "GET", one + "/next", "", other);
    call(404, "GET", one + "/catch-up", "", other);
    const auto runs = call(200, "GET", "/runs?tenantId=acme&limit=1");
    const std::string run(runs.at("data").at(0).at("id").as_string());
    call(404, "GET", "/runs/" + run, "", other);
    call(404, "POST", "/runs/" + run + "/retry", "", other);
    EXPECT_EQ(call(200, "GET", "/runs?scheduleId=" + id, "", other).at("data"), json::array());
    EXPECT_EQ(call(200, "GET", "/schedules", "", other).at("data"), json::array());
    // A cursor holds the key of a row: it opens no other tenant's list.
    const std::string cursor(runs.at("nextCursor").as_string());
    EXPECT_EQ(call(400, "GET", "/runs?cursor=" + cursor, "", other).at("field"), "cursor");
}

TEST_F(ScheduleRest, ChangesOnlyTheVersionThatWasRead) {
    const std::string one = "/schedules/" + add("a", yearly);
    const auto changed = call(200, "PATCH", one, R"({"description":"x"})", {{"If-Match", "\"1\""}});
    EXPECT_EQ(changed.at("version"), 2);
    const auto late = call(412, "PATCH", one, R"({"description":"y"})", {{"If-Match", "\"1\""}});
    EXPECT_EQ(late.at("field"), "If-Match");
    EXPECT_EQ(late.at("type"), "urn:carillon:problem:precondition-failed");
    EXPECT_EQ(call(409, "PATCH", one, R"({"description":"y","version":1})").at("field"), "version");
    EXPECT_EQ(call(200, "PATCH", one, R"({"description":"y","version":2})").at("version"), 3);
    call(412, "DELETE", one, "", {{"If-Match", "\"2\""}});
    call(400, "DELETE", one, "", {{"If-Match", "\"2\", \"3\""}});
    call(200, "PATCH", one, R"({"description":"z"})", {{"If-Match", "*"}});
    call(204, "DELETE", one, "", {{"If-Match", "4"}});
    call(404, "DELETE", one);
}

TEST_F(ScheduleRest, PausesAndResumes) {
    const std::string one = "/schedules/" + add("a", "* * * * *");
    const auto paused = call(200, "PATCH", one + "/enabled", R"({"enabled":false})");
    EXPECT_EQ(paused.at("enabled"), false);
    EXPECT_EQ(paused.at("nextFireAt"), nullptr);
    world.run_for(std::chrono::seconds{150});
    const auto resumed = call(200, "PATCH", one + "/enabled", R"({"enabled":true})");
    EXPECT_EQ(resumed.at("nextFireAt"), "2026-11-27T12:03:00.000Z");
    EXPECT_EQ(call(400, "PATCH", one + "/enabled", "{}").at("field"), "enabled");
}

TEST_F(ScheduleRest, ListsByPageNumberAsTheSeedAndByCursor) {
    for (int i = 0; i < 5; ++i) {
        add("n" + std::to_string(i), yearly, i == 0 ? R"(,"enabled":false)" : "");
        world.run_for(Duration{1'000});
    }
    const auto second = call(200, "GET", "/schedules?page=2&pageSize=2");
    EXPECT_EQ(second.at("data").at(0).at("name"), "n2");
    EXPECT_EQ(to_text(second.at("pagination")),
              R"({"page":2,"pageSize":2,"total":5,"totalPages":3})");
    std::set<std::string> names;
    std::string target = "/schedules?limit=2";
    for (int pages = 0; pages < 5; ++pages) {
        const auto page = call(200, "GET", target);
        EXPECT_FALSE(page.as_object().contains("pagination"));
        for (const json::value& each : page.at("data").as_array()) {
            names.insert(std::string(each.at("name").as_string()));
        }
        if (page.at("nextCursor").is_null()) break;
        target = "/schedules?limit=2&cursor=" + std::string(page.at("nextCursor").as_string());
    }
    EXPECT_EQ(names.size(), 5U);
    const auto off = call(200, "GET", "/schedules?enabled=false");
    EXPECT_EQ(off.at("pagination").at("total"), 1);
    EXPECT_EQ(call(200, "GET", "/schedules?name=n3").at("data").as_array().size(), 1U);
    EXPECT_EQ(call(400, "GET", "/schedules?page=1&limit=2").at("field"), "page");
    EXPECT_EQ(call(400, "GET", "/schedules?pageSize=101").at("field"), "pageSize");
}

TEST_F(ScheduleRest, ValidatesWithoutMakingAnything) {
    const auto good = call(200, "POST", "/schedules/validate", definition("a", "0 9 L * *"));
    EXPECT_EQ(good.at("valid"), true);
    EXPECT_EQ(good.at("nextFireAt"), "2026-11-30T08:00:00.000Z");
    EXPECT_EQ(good.at("description"), "At 09:00 on the last day of the month (Europe/Berlin).");
    const auto bad = call(200,
                          "POST",
                          "/schedules/validate",
                          R"({"name":"","trigger":{"type":"CRON"},"target":{"kind":"FAX"}})");
    EXPECT_EQ(bad.at("valid"), false);
    EXPECT_EQ(bad.at("errors").at(0), "name is required");
    EXPECT_EQ(bad.at("errors").at(1), "cron expression is required for CRON trigger");
    EXPECT_EQ(bad.at("problems").at(2).at("field"), "target.kind");
    EXPECT_EQ(call(200, "GET", "/schedules").at("pagination").at("total"), 0);
}

TEST_F(ScheduleRest, PreviewsARuleWithWhatDaylightSavingDoes) {
    const auto preview = call(200,
                              "POST",
                              "/schedules/preview",
                              R"({"trigger":{"type":"CRON","cron":"30 2 * * *"},"count":2,)"
                              R"("from":"2027-03-27T12:00:00Z"})");
    const json::value& first = preview.at("fires").at(0);
    EXPECT_EQ(first.at("local"), "2027-03-28T03:30:00+02:00");
    EXPECT_TRUE(first.as_object().contains("note"));
    EXPECT_EQ(preview.at("daylightNotes").as_array().size(), 1U);
    EXPECT_EQ(preview.at("description"), "At 02:30 every day (Europe/Berlin).");
}

TEST_F(ScheduleRest, PreviewsHashesAsTheScheduleOfThatNameHasThem) {
    const auto preview =
        call(200,
             "POST",
             "/schedules/preview",
             R"({"name":"spread","trigger":{"type":"CRON","cron":"H H * * *"},"count":3})");
    const std::string id = add("spread", "H H * * *");
    const auto next = call(200, "GET", "/schedules/" + id + "/next?count=3");
    EXPECT_EQ(next, preview);
    EXPECT_EQ(call(400, "GET", "/schedules/" + id + "/next?count=0").at("field"), "count");
}

TEST_F(ScheduleRest, RunsByHandOnce) {
    const std::string one = "/schedules/" + add("a", yearly, R"(,"payload":{"a":1})");
    const net::Headers key = {{"Idempotency-Key", "k"}, {"X-Request-Id", "click-1"}};
    const auto run = call(201, "POST", one + "/trigger", R"({"payload":{"b":2}})", key);
    EXPECT_EQ(run.at("cause"), "manual");
    EXPECT_EQ(run.at("causationId"), "click-1");
    EXPECT_EQ(call(200, "POST", one + "/trigger", R"({"payload":{"b":2}})", key).at("id"),
              run.at("id"));
    EXPECT_EQ(call(409, "POST", one + "/trigger", "", key).at("field"), "Idempotency-Key");
    const std::string later = R"({"fireTime":"2026-11-27T12:01:00Z"})";
    const auto first = call(201, "POST", one + "/trigger", later);
    EXPECT_EQ(call(200, "POST", one + "/trigger", later).at("id"), first.at("id"));
    EXPECT_EQ(
        call(409, "POST", one + "/trigger", R"({"fireTime":"2026-11-27T12:01:00Z","payload":3})")
            .at("field"),
        "fireTime");
    EXPECT_EQ(call(400, "POST", one + "/trigger", R"({"fireTime":"soon"})").at("field"),
              "fireTime");
    world.run_for(std::chrono::minutes{2});
    EXPECT_EQ(sender.sent.size(), 2U);
    const std::string path = "/runs/" + std::string(run.at("id").as_string());
    EXPECT_EQ(call(200, "GET", path).at("status"), "Succeeded");
}

TEST_F(ScheduleRest, BackfillsAfterAPreview) {
    const std::string one = "/schedules/" + add("a", "0 0 * * *") + "/backfill";
    const std::string range = R"("from":"2026-11-20T00:00:00Z","to":"2026-11-25T00:00:00Z")";
    const auto dry = call(200, "POST", one, "{" + range + R"(,"dryRun":true,"perSecond":1})");
    EXPECT_EQ(dry.at("count"), 5);
    EXPECT_EQ(dry.at("created"), 0);
    EXPECT_EQ(dry.at("lastRunAt"), "2026-11-27T12:00:04.000Z");
    EXPECT_EQ(call(200, "GET", "/runs").at("data"), json::array());
    EXPECT_EQ(call(200, "POST", one, "{" + range + R"(,"maxRuns":2})").at("more"), true);
    const auto all = call(200, "POST", one, "{" + range + "}");
    EXPECT_EQ(all.at("created"), 3);
    EXPECT_EQ(all.at("existing"), 2);
    const auto stepped = call(
        200,
        "POST",
        one,
        R"({"from":"2026-11-20T00:00:00Z","to":"2026-11-20T03:00:00Z","step":"PT1H","dryRun":true})");
    EXPECT_EQ(stepped.at("count"), 3);
}

TEST_F(ScheduleRest, TellsWhatBecameOfEveryInstantAndWhatWill) {
    const std::string one = "/schedules/" + add("a", "*/10 * * * *");
    world.run_for(std::chrono::minutes{25});
    const auto ledger = call(200, "GET", one + "/ledger?limit=2");
    EXPECT_EQ(ledger.at("data").at(0).at("outcome"), "fired");
    EXPECT_EQ(ledger.at("data").at(0).at("at"), "2026-11-27T12:20:00.000Z");
    EXPECT_TRUE(ledger.at("nextCursor").is_string());
    const auto range =
        call(200, "GET", one + "/ledger?from=2026-11-27T12:10:00Z&to=2026-11-27T12:20:00Z");
    EXPECT_EQ(range.at("data").as_array().size(), 1U);
    const auto told = call(200, "GET", one + "/catch-up?at=2026-11-27T13:05:00Z");
    EXPECT_EQ(told.at("count"), 4);
    EXPECT_EQ(told.at("runs"), 1);
    EXPECT_EQ(told.at("data").at(3).at("outcome"), "caught-up");
    EXPECT_EQ(told.at("data").at(0).at("reason"), "misfire");
}

TEST_F(ScheduleRest, IsDescribedWhole) {
    const json::value document = openapi_document(router.routes(), "1");
    const json::object& paths = document.at("paths").as_object();
    for (const char* path : {"/schedules",
                             "/schedules/{id}",
                             "/schedules/{id}/enabled",
                             "/schedules/{id}/trigger",
                             "/schedules/{id}/backfill",
                             "/schedules/{id}/next",
                             "/schedules/{id}/catch-up",
                             "/schedules/{id}/ledger",
                             "/schedules/validate",
                             "/schedules/preview",
                             "/runs",
                             "/runs/{id}",
                             "/runs/{id}/retry",
                             "/runs/{id}/cancel",
                             "/calendars",
                             "/calendars/{key}"}) {
        EXPECT_TRUE(paths.contains(path)) << path;
    }
    // What is answered has no members that the description does not know.
    const json::object& schemas = document.at("components").at("schemas").as_object();
    const auto known = [&](const char* schema, const json::value& answer) {
        const json::object& members = schemas.at(schema).at("properties").as_object();
        for (const auto& [name, value] : answer.as_object()) {
            EXPECT_TRUE(members.contains(name)) << schema << "." << name;
        }
    };
    const std::string id = add("a", "* * * * *", R"(,"payload":1,"description":"d")");
    world.run_for(Duration{2'000});
    known("Schedule", call(200, "GET", "/schedules/" + id));
    known("SchedulePage", call(200, "GET", "/schedules"));
    known("Run", call(200, "GET", "/runs").at("data").at(0));
    known("LedgerRow", call(200, "GET", "/schedules/" + id + "/ledger").at("data").at(0));
    known("Preview", call(200, "GET", "/schedules/" + id + "/next"));
    known("CatchUp", call(200, "GET", "/schedules/" + id + "/catch-up"));
    known("Calendar", call(200, "GET", "/calendars/DE-BY"));
}

TEST_F(ScheduleRest, NamesTheFieldOfEveryMistake) {
    const std::string http = R"("target":{"kind":"HTTP","http":{"url":"https://a.example/"}})";
    const std::string cron = R"("trigger":{"type":"CRON","cron":"* * * * *"})";
    const auto with_trigger = [&](const std::string& trigger) {
        return R"({"name":"a",)" + http + R"(,"trigger":)" + trigger + "}";
    };
    const auto with_target = [&](const std::string& target) {
        return R"({"name":"a",)" + cron + R"(,"target":)" + target + "}";
    };
    const auto with = [&](const std::string& more) {
        return R"({"name":"a",)" + cron + "," + http + "," + more + "}";
    };

    struct Case {
        std::string body;
        const char* field;
        const char* error = "";
    };

    const Case cases[] = {
        {"{}", "name", "name is required"},
        {R"({"name":""})", "name", "name is required"},
        {with(R"("tz":"")"), "tz", "tz is required"},
        {with(R"("tz":"Mars/Olympus")"), "tz"},
        {with_trigger(R"({"type":"SOON"})"), "trigger.type"},
        {with_trigger(R"({"type":"CRON"})"),
         "trigger.cron",
         "cron expression is required for CRON trigger"},
        {with_trigger(R"({"type":"CRON","cron":"61 * * * *"})"), "trigger.cron"},
        {with_trigger(R"({"type":"CRON","cron":"0 0 31 2 *"})"), "trigger.cron"},
        {with_trigger(R"({"type":"RRULE"})"),
         "trigger.rrule",
         "rrule is required for RRULE trigger"},
        {with_trigger(R"({"type":"RRULE","rrule":"FREQ=OFTEN"})"), "trigger.rrule"},
        {with_trigger(R"({"type":"FIXED_DELAY","delaySec":0})"),
         "trigger.delaySec",
         "delaySec must be positive for FIXED_DELAY trigger"},
        {with_trigger(R"({"type":"ONE_SHOT"})"),
         "trigger.startAt",
         "startAt is required for ONE_SHOT trigger"},
        {with_trigger(R"({"type":"ONE_SHOT","startAt":"2020-01-01T00:00:00Z"})"),
         "trigger.startAt"},
        {with_trigger(R"({"type":"ONE_SHOT","startAt":"tomorrow"})"), "trigger.startAt"},
        {with_trigger(R"({"type":"INTERVAL"})"), "trigger.every"},
        {with_target(R"({"kind":"FAX"})"), "target.kind"},
        {with_target(R"({"kind":"EVENT"})"),
         "target.eventTopic",
         "eventTopic is required for EVENT target"},
        {with_target(R"({"kind":"HTTP"})"), "target.http.url", "url is required for HTTP target"},
        {with_target(R"({"kind":"HTTP","http":{"url":"ftp://a"}})"), "target.http.url"},
        {with_target(R"({"kind":"HTTP","http":{"url":"https://a.example/","method":"SING"}})"),
         "target.http.method"},
        {with_target(R"({"kind":"HTTP","http":{"url":"https://a.example/","hmacKeyRef":"k"}})"),
         "target.http.hmacKeyRef"},
        {with_target(
             R"({"kind":"HTTP","http":{"url":"https://a.example/","headers":{"Host":"b"}}})"),
         "target.http.headers.Host"},
        {with_target(R"({"kind":"QUEUE"})"),
         "target.queue.topic",
         "topic is required for QUEUE target"},
        {with_target(R"({"kind":"QUEUE","queue":{"topic":"t"}})"), "target.kind"},
        {with(R"("calendar":{"holidays":["XX-NOWHERE"]})"), "calendar.holidays[0]"},
        {with(R"("bounds":{"endAt":"2020-01-01T00:00:00Z"})"), "bounds.endAt"},
        {with(R"("policy":{"overlap":"maybe"})"), "policy.overlap"},
        {with(R"("policy":{"priority":10})"), "policy.priority"},
        {with(R"("jitter":"much")"), "jitter"},
        {with(R"("colour":1)"), "colour"},
        {with(R"("payload":")" + std::string(300'000, 'x') + "\""), "payload"},
    };
    for (const Case& one : cases) {
        const auto response = send("POST", "/schedules", one.body);
        EXPECT_TRUE(response.status == 400 || response.status == 413) << response.body;
        const auto problem = parse_json(response.body).value();
        ASSERT_TRUE(problem.as_object().contains("field")) << response.body;
        EXPECT_EQ(problem.at("field"), one.field) << one.body.substr(0, 200) << response.body;
        if (*one.error != 0) EXPECT_EQ(problem.at("error"), one.error);
    }
    const std::string one = "/schedules/" + add("a", yearly);
    EXPECT_EQ(call(400, "PATCH", one, R"({"tenantId":"HACK"})").at("field"), "tenantId");  // C-1
    EXPECT_EQ(call(400, "PATCH", one, R"({"id":"x"})").at("field"), "id");
    EXPECT_EQ(call(400, "PATCH", one, R"({"name":null})").at("field"), "name");
    EXPECT_EQ(call(400, "PATCH", one, R"({"version":"1"})").at("field"), "version");
    EXPECT_EQ(call(400, "PATCH", one, "[]").at("field"), "body");
    EXPECT_EQ(call(400, "POST", one + "/backfill", "{}").at("field"), "from");
    EXPECT_EQ(call(400,
                   "POST",
                   one + "/backfill",
                   R"({"from":"2026-11-02T00:00:00Z","to":"2026-11-01T00:00:00Z"})")
                  .at("field"),
              "to");
    EXPECT_EQ(call(400,
                   "POST",
                   one + "/backfill",
                   R"({"from":"2026-11-01T00:00:00Z","to":"2026-11-02T00:00:00Z","step":"P1M"})")
                  .at("field"),
              "step");
    EXPECT_EQ(call(400, "GET", one + "/ledger?limit=0").at("field"), "limit");
    EXPECT_EQ(call(400, "GET", one + "/catch-up?at=2020-01-01T00:00:00Z").at("field"), "at");
}

}  // namespace
}  // namespace carillon::server::testing
