#include "server/schedule_rig_test.hpp"

namespace carillon::server::testing {
namespace {

using CalendarRest = ScheduleRest;

TEST_F(CalendarRest, KeepsDaysFromAList) {
    const std::string body =
        R"({"key":"FARM","name":"Farm","holidays":["2026-12-24","2026-12-23"]})";
    const auto made = call(201, "POST", "/calendars", body);
    EXPECT_EQ(to_text(made.at("holidays")), R"(["2026-12-23","2026-12-24"])");
    call(200, "POST", "/calendars", body);
    EXPECT_EQ(call(200, "GET", "/calendars/FARM"), made);
    const auto all = call(200, "GET", "/calendars");
    EXPECT_EQ(all.at("data").as_array().size(), 1U);
    EXPECT_GE(all.at("codes").as_array().size(), 20U);
    EXPECT_EQ(call(200, "GET", "/calendars?tenantId=other").at("data"), json::array());
    call(204, "DELETE", "/calendars/FARM");
    call(404, "DELETE", "/calendars/FARM");
}

TEST_F(CalendarRest, AddsDaysToABuiltInCode) {
    call(201,
         "POST",
         "/calendars",
         R"({"key":"BAVARIAN-BANK","holidaysCode":"DE-BY","holidays":["2026-12-24"]})");
    const auto preview =
        call(200,
             "POST",
             "/schedules/preview",
             R"({"trigger":{"type":"CRON","cron":"0 9 24-28 12 *"},"count":3,)"
             R"("calendar":{"holidays":["BAVARIAN-BANK"],"businessDaysOnly":true}})");
    // Thursday the 24th is of the list, the 25th of the code, the 26th and 27th a weekend.
    EXPECT_EQ(preview.at("fires").at(0).at("local"), "2026-12-28T09:00:00+01:00");
    EXPECT_EQ(preview.at("fires").at(1).at("local"), "2027-12-24T09:00:00+01:00");
}

TEST_F(CalendarRest, ReadsAnIcsFile) {
    const auto made = call(201,
                           "POST",
                           "/calendars",
                           R"({"key":"TEAM","ics":"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n)"
                           R"(DTSTART;VALUE=DATE:20261231\r\nSUMMARY:Party\r\n)"
                           R"(RRULE:FREQ=YEARLY;COUNT=2\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"})");
    EXPECT_EQ(to_text(made.at("holidays")), R"(["2026-12-31","2027-12-31"])");
}

TEST_F(CalendarRest, ShowsTheDaysOfABuiltInCode) {
    const auto days = call(200, "GET", "/calendars/DE-BY?year=2027");
    EXPECT_EQ(days.at("builtIn"), true);
    EXPECT_EQ(days.at("days").at(2).at("name"), "Karfreitag");
    EXPECT_EQ(days.at("days").at(2).at("date"), "2027-03-26");
    EXPECT_EQ(call(200, "GET", "/calendars/US").at("year"), 2026);
    EXPECT_EQ(call(400, "DELETE", "/calendars/DE-BY").at("field"), "key");
}

TEST_F(CalendarRest, KeepsACalendarThatSchedulesUse) {
    call(201, "POST", "/calendars", R"({"key":"FARM","holidays":["2026-12-24"]})");
    add("a", "0 9 * * *", R"(,"calendar":{"holidays":["FARM"]})");
    const auto refused = call(409, "DELETE", "/calendars/FARM");
    EXPECT_EQ(refused.at("field"), "key");
    call(204, "DELETE", "/calendars/FARM?force=true");
}

TEST_F(CalendarRest, NamesTheFieldOfEveryMistake) {
    struct Case {
        const char* body;
        const char* field;
    };

    const Case cases[] = {
        {"{}", "key"},
        {R"({"key":"A"})", "holidays"},
        {R"({"key":"A#B","holidays":[]})", "key"},
        {R"({"key":"A B","holidays":[]})", "key"},
        {R"({"key":"DE-BY","holidays":["2026-12-24"]})", "key"},
        {R"({"key":"A","holidays":["2026-02-30"]})", "holidays[0]"},
        {R"({"key":"A","holidays":["2026-12-24"],"ics":"x"})", "ics"},
        {R"({"key":"A","ics":"not a calendar"})", "ics"},
        {R"({"key":"A","holidaysCode":"XX"})", "holidaysCode"},
        {R"({"key":"A","holidays":"2026-12-24"})", "holidays"},
    };
    for (const Case& one : cases) {
        const auto problem = call(400, "POST", "/calendars", one.body);
        EXPECT_EQ(problem.at("field"), one.field) << one.body << to_text(problem);
    }
    EXPECT_EQ(call(400, "GET", "/calendars/DE-BY?year=1").at("field"), "year");
    call(404, "GET", "/calendars/GHOST");
}

}  // namespace
}  // namespace carillon::server::testing
