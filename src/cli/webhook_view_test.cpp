#include "cli/webhook_view.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace carillon::cli {
namespace {

const TimePoint noon = parse_instant("2026-12-24T12:00:00Z").value();

std::ostringstream out;
std::istringstream in;
const Console plain{in, out, out};

TEST(Relative, SaysHowFarInOneUnit) {
    struct Case {
        std::int64_t ms;
        const char* text;
    };

    const Case cases[] = {
        {0, "now"},
        {499, "now"},
        {-499, "now"},
        {500, "in 1s"},
        {5'000, "in 5s"},
        {-5'400, "5s ago"},
        {119'000, "in 119s"},
        {120'000, "in 2m"},
        {-3'600'000, "60m ago"},
        {7'200'000, "in 2h"},
        {47 * 3'600'000LL, "in 47h"},
        {3 * 86'400'000LL, "in 3d"},
        {-400 * 86'400'000LL, "400d ago"},
    };
    for (const Case& c : cases) EXPECT_EQ(relative(noon + Duration(c.ms), noon), c.text) << c.ms;
}

json::object webhook() {
    return parse_json(R"({
        "namespace":"shop","id":"w#1","url":"https://a.example/x","method":"POST",
        "schedule":"2026-12-24T12:00:05.000Z","nextAttemptAt":"2026-12-24T12:01:00.250Z",
        "headers":{"X-A":"1"},"body":{"n":1},
        "repeat":{"count":1,"enabled":true,"parent":"w","rule":{"interval":30,"max":5,"unit":"minutes"}},
        "retries":{"count":1,"last":"2026-12-24T11:59:59.000Z","max":3},
        "response":{"body":"sorry\u001b[2J","headers":{},"status":503},
        "errors":["Request failed with status 503"],"status":"PENDING",
        "__createdAt":"2026-12-24T11:00:00.000Z","__updatedAt":"2026-12-24T11:59:59.000Z"})")
        .value()
        .as_object();
}

TEST(WebhookTable, ShowsWhenWhatWaitsIsTriedNext) {
    EXPECT_EQ(webhook_table({webhook()}, noon, plain),
              "ID   STATUS   RINGS                              FAILURES  METHOD  URL\n"
              "w#1  PENDING  2026-12-24T12:01:00.250Z (in 60s)  1 of 4    POST    "
              "https://a.example/x\n");
}

TEST(WebhookTable, ShowsTheScheduleOfWhatIsOver) {
    json::object done = webhook();
    done["status"] = "COMPLETED";
    EXPECT_NE(webhook_table({done}, noon, plain).find("2026-12-24T12:00:05Z (in 5s)"),
              std::string::npos);
}

TEST(WebhookSheet, TellsEverythingAndDrivesNoTerminal) {
    EXPECT_EQ(webhook_sheet(webhook(), noon, plain),
              "id          w#1\n"
              "namespace   shop\n"
              "status      PENDING\n"
              "schedule    2026-12-24T12:00:05Z (in 5s)\n"
              "next try    2026-12-24T12:01:00.250Z (in 60s)\n"
              "repeat      every 30 minutes, repetition 1 of 5\n"
              "request     POST https://a.example/x\n"
              "header      X-A: 1\n"
              "body        {\"n\":1}\n"
              "failures    1 of 4\n"
              "error       Request failed with status 503\n"
              "answer      503 sorry\\x1b[2J\n"
              "created     2026-12-24T11:00:00Z (60m ago)\n"
              "updated     2026-12-24T11:59:59Z (1s ago)\n");
}

TEST(WebhookSheet, CopesWithWhatIsMissing) {
    EXPECT_EQ(webhook_sheet(json::object{{"id", "a"}, {"repeat", 7}, {"errors", "x"}}, noon, plain),
              "id          a\n"
              "request      \n"
              "failures    0 of 1\n");
}

TEST(EntryTable, ListsAReport) {
    const json::array entries{
        json::object{{"namespace", "shop"}, {"id", "a"}, {"schedule", "2026-12-24T12:00:05.000Z"}}};
    EXPECT_EQ(entry_table(entries, noon, plain),
              "NAMESPACE  ID  SCHEDULE\n"
              "shop       a   2026-12-24T12:00:05Z (in 5s)\n");
}

}  // namespace
}  // namespace carillon::cli
