#include "cli/schedule_input.hpp"

#include <gtest/gtest.h>

namespace carillon::cli {
namespace {

const TimePoint noon = parse_instant("2026-12-24T12:00:00Z").value();

json::value parsed(std::string_view text) {
    return parse_json(text).value();
}

std::string body(const ScheduleWords& words) {
    const auto made = schedule_body(words, noon);
    return made ? to_text(*made) : "error " + describe(made.error());
}

std::string field(const ScheduleWords& words) {
    const auto made = schedule_body(words, noon);
    return made ? "none" : made.error().field;
}

TEST(RuleText, KnowsARuleByItsLooks) {
    struct Case {
        const char* rule;
        const char* trigger;
        const char* again;  ///< As rule_text writes it.
    };

    const Case cases[] = {
        {" 0 9 * * 1-5 ", R"({"type":"CRON","cron":"0 9 * * 1-5"})", "0 9 * * 1-5"},
        {"@daily", R"({"type":"CRON","cron":"@daily"})", "@daily"},
        {"FREQ=DAILY", R"({"type":"RRULE","rrule":"FREQ=DAILY"})", "FREQ=DAILY"},
        {"every 15m", R"({"type":"INTERVAL","every":"15m"})", "every 15m"},
        {"every 15m phase 5m",
         R"({"type":"INTERVAL","every":"15m","phase":"5m"})",
         "every 15m phase 5m"},
        {"After 10m", R"({"type":"FIXED_DELAY","delay":"10m"})", "after 10m"},
        {"at 2027-01-01T00:00",
         R"({"type":"ONE_SHOT","startAt":"2027-01-01T00:00"})",
         "at 2027-01-01T00:00"},
        {"in 5m",
         R"({"type":"ONE_SHOT","startAt":"2026-12-24T12:05:00.000Z"})",
         "at 2026-12-24T12:05:00.000Z"},
    };
    for (const Case& c : cases) {
        const json::object trigger = trigger_of(c.rule, noon);
        EXPECT_EQ(trigger, parsed(c.trigger)) << c.rule;
        EXPECT_EQ(rule_text(trigger), c.again);
    }
    EXPECT_EQ(rule_text(parsed(R"({"type":"FIXED_DELAY","delaySec":90})").as_object()),
              "after 1m30s");
}

TEST(ScheduleBody, HoldsWhatWasTypedAndNothingElse) {
    EXPECT_EQ(body({.name = "n", .rule = {.rule = "@daily"}, .url = "https://a.example/"}),
              R"({"name":"n","trigger":{"type":"CRON","cron":"@daily"},)"
              R"("target":{"kind":"HTTP","http":{"url":"https://a.example/"}}})");
    EXPECT_EQ(body({.event = "shop.night"}),
              R"({"target":{"kind":"EVENT","eventTopic":"shop.night"}})");
    EXPECT_EQ(body({.queue = "jobs", .data = R"({"a":1})"}),
              R"({"payload":{"a":1},"target":{"kind":"QUEUE","queue":{"topic":"jobs"}}})");
    EXPECT_EQ(body({.data = "plain words", .paused = true}),
              R"({"enabled":false,"payload":"plain words"})");
}

TEST(ScheduleBody, TurnsDurationsIntoSecondsAndTimesIntoInstants) {
    EXPECT_EQ(body({.start = "+1d",
                    .end = "2027-01-01T00:00Z",
                    .max_count = 5,
                    .jitter = "30s",
                    .misfire = "newest",
                    .newest = 3,
                    .grace = "1m",
                    .window = "2h",
                    .rate = 0.5,
                    .overlap = "queue-one",
                    .attempts = 7,
                    .backoff = "500ms",
                    .backoff_max = "1h",
                    .timeout = "10s",
                    .priority = 9,
                    .retention = "30d"}),
              R"({"jitter":"30s","bounds":{"startAt":"2026-12-25T12:00:00.000Z",)"
              R"("endAt":"2027-01-01T00:00:00.000Z","maxCount":5},"policy":{"misfire":"newest",)"
              R"("misfireNewest":3,"catchUpPerSecond":0.5,"overlap":"queue-one","maxAttempts":7,)"
              R"("priority":9,"misfireGraceSec":60,"catchUpWindowSec":7200,"backoffBaseSec":0.5,)"
              R"("backoffMaxSec":3600,"timeoutSec":10,"retentionSec":2592000}})");
}

TEST(ScheduleBody, PutsWordsUponAFile) {
    const std::string file =
        R"({"name":"a","target":{"kind":"HTTP","http":{"url":"https://a.example/","method":"PUT"}},)"
        R"("policy":{"overlap":"allow"},"trigger":{"type":"CRON","cron":"@daily"}})";
    EXPECT_EQ(body({.name = "b", .url = "https://b.example/", .misfire = "all", .file = file}),
              R"({"name":"b","target":{"kind":"HTTP","http":{"url":"https://b.example/",)"
              R"("method":"PUT"}},"policy":{"overlap":"allow","misfire":"all"},)"
              R"("trigger":{"type":"CRON","cron":"@daily"}})");
}

TEST(ScheduleBody, NamesTheOptionThatIsWrong) {
    EXPECT_EQ(field({.start = "someday"}), "--start");
    EXPECT_EQ(field({.end = "someday"}), "--end");
    EXPECT_EQ(field({.url = "https://a.example/", .event = "e"}), "--url");
    EXPECT_EQ(field({.event = "e", .queue = "q"}), "--url");
    EXPECT_EQ(field({.method = "GET"}), "--url");
    EXPECT_EQ(field({.url = "https://a.example/", .headers = {"no colon"}}), "-H");
    EXPECT_EQ(field({.data = "{broken"}), "-d");
    EXPECT_EQ(field({.grace = "soon"}), "--grace");
    EXPECT_EQ(field({.retention = "x"}), "--retention");
    EXPECT_EQ(field({.file = "{"}), "--file");
    EXPECT_EQ(field({.file = "[]"}), "--file");
}

TEST(ScheduleBody, OfANewOneMustBeWhole) {
    const auto missing = [](std::string_view text) -> std::string {
        const auto whole = check_whole(parse_json(text)->get_object());
        return whole ? "" : whole.error().field;
    };
    EXPECT_EQ(missing("{}"), "NAME");
    EXPECT_EQ(missing(R"({"name":"n"})"), "RULE");
    EXPECT_EQ(missing(R"({"name":"n","trigger":{}})"), "--url");
    EXPECT_EQ(missing(R"({"name":"n","trigger":{},"target":{}})"), "");
}

TEST(SchedulePatch, KeepsThePartsThatWereNotTyped) {
    const json::object current =
        parsed(R"({"target":{"kind":"HTTP","http":{"url":"https://a.example/","method":"PUT",
                   "hmacKeyRef":"k"}},"calendar":{"holidays":["DE-BY"],"roll":"next"},
                   "bounds":{"maxCount":5}})")
            .as_object();
    const auto patch = schedule_patch({.rule = {.business_days = true},
                                       .end = "2027-01-01T00:00Z",
                                       .url = "https://b.example/",
                                       .clear = {"jitter"}},
                                      current,
                                      noon);
    ASSERT_TRUE(patch) << describe(patch.error());
    EXPECT_EQ(*patch,
              parsed(R"({"calendar":{"holidays":["DE-BY"],"roll":"next","businessDaysOnly":true},
                         "bounds":{"maxCount":5,"endAt":"2027-01-01T00:00:00.000Z"},
                         "target":{"kind":"HTTP","http":{"url":"https://b.example/",
                         "method":"PUT","hmacKeyRef":"k"}},"jitter":null})"));
    EXPECT_TRUE(schedule_patch({}, current, noon)->empty());
    const auto to_event = schedule_patch({.event = "e"}, current, noon);
    EXPECT_EQ(to_text(*to_event), R"({"target":{"kind":"EVENT","eventTopic":"e"}})");
}

TEST(SchedulePatch, ClearsOnlyWhatHasADefault) {
    EXPECT_EQ(schedule_patch({.clear = {"name"}}, {}, noon).error().field, "--clear");
    EXPECT_EQ(schedule_patch({.jitter = "1s", .clear = {"jitter"}}, {}, noon).error().field,
              "--clear");
}

}  // namespace
}  // namespace carillon::cli
