#include "cli/schedule_view.hpp"

#include "cli/run_view.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace carillon::cli {
namespace {

const TimePoint noon = parse_instant("2026-12-24T12:00:00Z").value();

std::ostringstream out;
std::istringstream in;
const Console plain{in, out, out};

json::object parsed(std::string_view text) {
    return parse_json(text).value().as_object();
}

json::object schedule() {
    return parsed(R"({"id":"s1","tenantId":"t","name":"nightly","trigger":{"type":"CRON",
        "cron":"30 2 * * *"},"tz":"Europe/Berlin","target":{"kind":"HTTP","http":{
        "url":"https://a.example/","method":"POST","headers":{"X-Key":"1"}}},
        "policy":{"misfire":"last","misfireGraceSec":10,"catchUpWindowSec":86400,
        "catchUpPerSecond":10,"overlap":"skip","maxAttempts":3,"backoffBaseSec":1,
        "backoffMaxSec":3600,"timeoutSec":30},"enabled":true,
        "nextFireAt":"2026-12-25T01:30:00.000Z","lastFireAt":"2026-12-24T01:30:00.000Z",
        "createdAt":"2026-12-01T00:00:00.000Z","updatedAt":"2026-12-01T00:00:00.000Z","version":4})");
}

TEST(ScheduleView, ShowsManyInATable) {
    json::object paused = schedule();
    paused["enabled"] = false;
    paused["nextFireAt"] = nullptr;
    json::object faulty = schedule();
    faulty["fault"] = "its calendar is gone";
    const std::string table = schedule_table({schedule(), paused, faulty}, noon, plain);
    EXPECT_TRUE(
        table.contains("s1  nightly  enabled  in 14h  30 2 * * *  Europe/Berlin  POST "
                       "https://a.example/\n"))
        << table;
    EXPECT_TRUE(table.contains("s1  nightly  paused           30 2 * * *")) << table;
    EXPECT_TRUE(table.contains("s1  nightly  faulty")) << table;
}

TEST(ScheduleView, ShowsAllOfOne) {
    const std::string sheet = schedule_sheet(schedule(), noon, plain);
    for (const char* line : {"id            s1\n",
                             "rule          30 2 * * *\n",
                             "header        X-Key: 1\n",
                             "next          2026-12-25T01:30:00Z (in 14h)\n",
                             "version       4\n"}) {
        EXPECT_TRUE(sheet.contains(line)) << line << sheet;
    }
}

TEST(ScheduleView, SaysWhatThePolicyMeans) {
    const json::object policy = object_member(schedule(), "policy");
    EXPECT_EQ(misfire_sentence(policy),
              "up to 10s late it runs all the same; what is missed for longer runs once, for the "
              "latest, if not older than 1d, at most 10 a second");
    json::object other = policy;
    other["misfire"] = "skip";
    EXPECT_TRUE(misfire_sentence(other).ends_with("does not run"));
    other["misfire"] = "newest";
    other["misfireNewest"] = 3;
    EXPECT_TRUE(misfire_sentence(other).contains("runs for the latest 3,"));
    EXPECT_EQ(overlap_sentence(policy), "the next one does not run");
    EXPECT_EQ(retry_sentence(policy),
              "up to 3 attempts, 1s apart at first and 1h at most; each may take 30s");
    other["maxAttempts"] = 1;
    EXPECT_EQ(retry_sentence(other), "it is not tried again; it may take 30s");
}

const json::object none;

json::object next_of() {
    return parsed(R"({"description":"At 02:30 every day (Europe/Berlin).","fires":[
        {"at":"2026-12-25T01:30:00.000Z","local":"2026-12-25T02:30:00+01:00","note":"a note"},
        {"at":"2026-12-26T01:30:00.000Z","local":"2026-12-26T02:30:00+01:00"}],
        "daylightNotes":[{"at":"2027-03-28T01:30:00.000Z","text":"02:30 does not exist"}]})");
}

TEST(Explanation, TellsWhatFiresNextAndWhatBecameOfTheLast) {
    const json::object ledger = parsed(R"({"data":[
        {"at":"2026-12-24T01:30:00.000Z","outcome":"fired","runId":"r1"},
        {"at":"2026-12-23T01:30:00.000Z","outcome":"skipped","reason":"overlap"}]})");
    const json::object runs = parsed(R"({"data":[{"id":"r1","status":"Failed",
        "metrics":{"latencyMs":7,"durationMs":120},"error":"status 503"}]})");
    const json::object catch_up = parsed(R"({"count":4,"runs":1,"more":false,"data":[]})");
    const json::object next = next_of();
    const json::object one = schedule();
    const std::string text = explanation({one, next, ledger, runs, catch_up}, noon, plain);
    for (const char* part :
         {"fires         At 02:30 every day (Europe/Berlin).\n",
          "next          2026-12-25T02:30:00+01:00 (in 14h)\n              a note\n",
          "then          2026-12-26T02:30:00+01:00\n",
          "undecided     4 instants have passed that nobody has decided: if firing goes on now, 1 "
          "of "
          "them run\n",
          "02:30 does not exist\n",
          "2026-12-24T01:30:00Z  11h ago  fired    Failed  7 ms  120 ms  status 503\n",
          "2026-12-23T01:30:00Z  35h ago  skipped                        the run before it had not "
          "ended\n"}) {
        EXPECT_TRUE(text.contains(part)) << part << '\n' << text;
    }
}

TEST(Explanation, SaysWhyNothingFires) {
    const json::object next = next_of();
    json::object paused = schedule();
    paused["enabled"] = false;
    EXPECT_TRUE(explanation({paused, next, none, none, none}, noon, plain)
                    .contains("next          nothing: it is paused"));
    const json::object one = schedule();
    EXPECT_TRUE(explanation({one, none, none, none, none}, noon, plain)
                    .contains("next          nothing: it has fired for the last time"));
    json::object faulty = schedule();
    faulty["fault"] = "its calendar is gone";
    EXPECT_TRUE(explanation({faulty, next, none, none, none}, noon, plain)
                    .contains("cannot fire   its calendar is gone"));
}

TEST(Explanation, CannotBeMadeToDriveTheTerminal) {
    json::object evil = schedule();
    evil["name"] = "\x1b[2J";
    EXPECT_EQ(explanation({evil, none, none, none, none}, noon, plain).find('\x1b'),
              std::string::npos);
    EXPECT_EQ(schedule_sheet(evil, noon, plain).find('\x1b'), std::string::npos);
    EXPECT_EQ(schedule_table({evil, json::value(7)}, noon, plain).find('\x1b'), std::string::npos);
}

TEST(FireTable, HasColumnsForJitterAndNotesWhereThereAreSome) {
    const json::object next = next_of();
    const std::string table = fire_table(array_member(next, "fires"), noon, plain);
    EXPECT_TRUE(
        table.starts_with("LOCAL TIME                 UTC                   IN      NOTE\n"))
        << table;
    EXPECT_FALSE(table.contains("RUNS AT"));
}

TEST(RunView, ShowsOneAndMany) {
    const json::object run = parsed(R"({"id":"r1","scheduleId":"s1","scheduleName":"nightly",
        "cause":"manual","status":"Succeeded","attempt":2,"fireAt":"2026-12-24T11:00:00.000Z",
        "dueAt":"2026-12-24T11:00:00.000Z","startedAt":null,"metrics":{"latencyMs":3},
        "payload":{"a":1},"responseStatus":200})");
    const std::string sheet = run_sheet(run, noon, plain);
    EXPECT_TRUE(sheet.contains("schedule      nightly (s1)\n")) << sheet;
    EXPECT_TRUE(sheet.contains("payload       {\"a\":1}\n")) << sheet;
    EXPECT_FALSE(sheet.contains("started")) << sheet;
    EXPECT_FALSE(sheet.contains("ATTEMPT")) << sheet;
    const std::string table = run_table({run}, noon, plain);
    EXPECT_TRUE(
        table.contains("r1  Succeeded  nightly   2026-12-24T11:00:00Z  60m ago  manual  2  "
                       "    3 ms"))
        << table;
}

TEST(RunView, ShowsEveryAttempt) {
    const json::object run = parsed(R"({"id":"r1","status":"Succeeded","attempt":2,
        "retriedAt":"2026-12-24T11:05:00.000Z","retryReason":"mended","attempts":[
        {"attempt":1,"outcome":"failed","startedAt":"2026-12-24T11:00:00.000Z",
         "endedAt":"2026-12-24T11:00:00.250Z","responseStatus":503,"error":"no","by":"a"},
        {"attempt":2,"outcome":"interrupted","startedAt":null,"endedAt":null},
        {"attempt":2,"outcome":"succeeded","startedAt":"2026-12-24T11:05:00.000Z",
         "endedAt":"2026-12-24T11:05:00.020Z","responseStatus":200,"by":"b","reason":"mended"}]})");
    const std::string sheet = run_sheet(run, noon, plain);
    EXPECT_TRUE(sheet.contains("reason        mended\n")) << sheet;
    EXPECT_TRUE(sheet.contains("\nATTEMPT  STARTED")) << sheet;
    EXPECT_TRUE(sheet.contains("250 ms  failed       503     a   no\n")) << sheet;
    EXPECT_TRUE(sheet.contains("\n2                                          interrupted\n"))
        << sheet;
    EXPECT_TRUE(sheet.contains("succeeded    200     b   retried: mended\n")) << sheet;
}

}  // namespace
}  // namespace carillon::cli
