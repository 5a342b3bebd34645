#include "recurrence/calendar.hpp"

#include "recurrence/english.hpp"
#include "recurrence/ics.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace carillon::recurrence {
namespace {

std::string days_of(std::string_view code, int year) {
    const HolidayCode* found = find_holiday_code(code);
    EXPECT_NE(found, nullptr) << code;
    std::string text;
    for (const Holiday& each : holidays_of(*found, year)) {
        const Date date = date_of(each.day);
        text += fmt::format("{}{}.{}", text.empty() ? "" : " ", date.day, date.month);
    }
    return text;
}

TEST(Holidays, EasterFollowsTheMoon) {
    const Date easters[] = {{1818, 3, 22},
                            {1943, 4, 25},
                            {2000, 4, 23},
                            {2008, 3, 23},
                            {2024, 3, 31},
                            {2025, 4, 20},
                            {2026, 4, 5},
                            {2027, 3, 28},
                            {2038, 4, 25},
                            {2285, 3, 22}};
    for (const Date& date : easters) EXPECT_EQ(date_of(easter_of(date.year)), date);
}

TEST(Holidays, AreThoseOfTheLaw) {
    struct Case {
        const char* code;
        int year;
        const char* days;
    };

    const Case cases[] = {
        {"DE", 2026, "1.1 3.4 6.4 1.5 14.5 25.5 3.10 25.12 26.12"},
        {"DE-BY", 2026, "1.1 6.1 3.4 6.4 1.5 14.5 25.5 4.6 3.10 1.11 25.12 26.12"},
        {"DE-BY-AUGSBURG",
         2026,
         "1.1 6.1 3.4 6.4 1.5 14.5 25.5 4.6 8.8 15.8 3.10 1.11 25.12 26.12"},
        {"DE-BE", 2025, "1.1 8.3 18.4 21.4 1.5 8.5 29.5 9.6 3.10 25.12 26.12"},
        {"DE-BE", 2018, "1.1 30.3 2.4 1.5 10.5 21.5 3.10 25.12 26.12"},
        {"DE-BB", 2026, "1.1 3.4 5.4 6.4 1.5 14.5 24.5 25.5 3.10 31.10 25.12 26.12"},
        {"DE-SN", 2026, "1.1 3.4 6.4 1.5 14.5 25.5 3.10 31.10 18.11 25.12 26.12"},
        {"DE-SN", 2027, "1.1 26.3 29.3 1.5 6.5 17.5 3.10 31.10 17.11 25.12 26.12"},
        {"DE-NW", 2017, "1.1 14.4 17.4 1.5 25.5 5.6 15.6 3.10 31.10 1.11 25.12 26.12"},
        {"DE-HH", 2016, "1.1 25.3 28.3 1.5 5.5 16.5 3.10 25.12 26.12"},
        {"DE-HH", 2018, "1.1 30.3 2.4 1.5 10.5 21.5 3.10 31.10 25.12 26.12"},
        {"DE-TH", 2026, "1.1 3.4 6.4 1.5 14.5 25.5 20.9 3.10 31.10 25.12 26.12"},
        {"DE-MV", 2022, "1.1 15.4 18.4 1.5 26.5 6.6 3.10 31.10 25.12 26.12"},
        {"DE-MV", 2023, "1.1 8.3 7.4 10.4 1.5 18.5 29.5 3.10 31.10 25.12 26.12"},
        // Saturday 4 July 2026 is observed on Friday; New Year 2022 on 31 December 2021.
        {"US", 2026, "1.1 19.1 16.2 25.5 19.6 3.7 4.7 7.9 12.10 11.11 26.11 25.12"},
        {"US",
         2021,
         "1.1 18.1 15.2 31.5 18.6 19.6 4.7 5.7 6.9 11.10 11.11 25.11 24.12 25.12 31.12"},
        {"US", 2020, "1.1 20.1 17.2 25.5 3.7 4.7 7.9 12.10 11.11 26.11 25.12"},
        {"GB-EAW", 2026, "1.1 3.4 6.4 4.5 25.5 31.8 25.12 26.12 28.12"},
        {"GB-EAW", 2022, "1.1 3.1 15.4 18.4 2.5 2.6 3.6 29.8 19.9 25.12 26.12 27.12"},
        {"GB-EAW", 2021, "1.1 2.4 5.4 3.5 31.5 30.8 25.12 26.12 27.12 28.12"},
        {"GB-EAW", 2020, "1.1 10.4 13.4 8.5 25.5 31.8 25.12 26.12 28.12"},
        {"GB-SCT", 2022, "1.1 2.1 3.1 4.1 15.4 2.5 2.6 3.6 1.8 19.9 30.11 25.12 26.12 27.12"},
        {"GB-NIR", 2026, "1.1 17.3 3.4 6.4 4.5 25.5 12.7 13.7 31.8 25.12 26.12 28.12"},
        {"FR", 2026, "1.1 6.4 1.5 8.5 14.5 25.5 14.7 15.8 1.11 11.11 25.12"},
        {"FR-67", 2026, "1.1 3.4 6.4 1.5 8.5 14.5 25.5 14.7 15.8 1.11 11.11 25.12 26.12"},
    };
    for (const Case& c : cases) EXPECT_EQ(days_of(c.code, c.year), c.days) << c.code << c.year;
}

TEST(Holidays, TheListAndTheQuestionAgree) {
    for (const HolidayCode& code : holiday_codes()) {
        for (int year = 1990; year < 2060; year += 3) {
            const auto list = holidays_of(code, year);
            for (Day day = day_of(year, 1, 1); day <= day_of(year, 12, 31); ++day) {
                const bool listed =
                    std::ranges::any_of(list, [&](const Holiday& h) { return h.day == day; });
                ASSERT_EQ(is_holiday(code, day), listed) << code.code << english::date(day);
            }
        }
    }
    EXPECT_NE(find_holiday_code("de-by"), nullptr);
    EXPECT_EQ(find_holiday_code("DE-XX"), nullptr);
}

TEST(Calendar, RefusesCodesThatNobodyKnows) {
    const auto calendar = Calendar::compile({.holidays = {"DE-BY", "DE-XX"}}, {}, "calendar");
    ASSERT_FALSE(calendar);
    EXPECT_EQ(calendar.error().field, "calendar.holidays[1]");
    EXPECT_TRUE(calendar.error().message.contains("DE-SN"));
}

TEST(Calendar, OwnDatesJoinTheBuiltIn) {
    const auto own = OwnCalendar::from_dates({"2026-12-24", "2026-12-23", "2026-12-24"}, "dates");
    ASSERT_TRUE(own);
    const auto find = [&](std::string_view key) { return key == "company" ? &*own : nullptr; };
    const auto calendar = Calendar::compile(
        {.holidays = {"company", "DE"}, .business_days_only = true}, find, "calendar");
    ASSERT_TRUE(calendar);
    EXPECT_EQ(calendar->open_from(day_of(2026, 12, 23)), day_of(2026, 12, 28));
    EXPECT_EQ(calendar->open_down(day_of(2026, 12, 27)), day_of(2026, 12, 22));
}

TEST(OwnCalendar, RefusesWhatIsNotADate) {
    for (const char* text :
         {"", "2026-02-30", "24.12.2026", "2026-12-24T00:00", "20261224", "2026-1-01"}) {
        const auto calendar = OwnCalendar::from_dates({"2026-01-01", text}, "dates");
        ASSERT_FALSE(calendar) << text;
        EXPECT_EQ(calendar.error().field, "dates[1]");
    }
}

std::string days_of_file(std::string_view text, int last_year = 2030) {
    const auto calendar = read_ics(text, last_year);
    EXPECT_TRUE(calendar) << (calendar ? "" : describe(calendar.error()));
    std::string result;
    for (const Day day : calendar.value_or(OwnCalendar{}).holidays)
        result += english::date(day) + " ";
    return result;
}

std::string event(std::string_view lines) {
    return fmt::format(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nSUMMARY:Feast\r\n{}END:VEVENT\r\nEND:"
        "VCALENDAR\r\n",
        lines);
}

TEST(Ics, TakesTheDaysOfEvents) {
    struct Case {
        const char* lines;
        const char* days;
    };

    const Case cases[] = {
        {"DTSTART;VALUE=DATE:20261224\r\n", "2026-12-24 "},
        {"DTSTART;VALUE=DATE:20261224\r\nDTEND;VALUE=DATE:20261225\r\n", "2026-12-24 "},
        {"DTSTART;VALUE=DATE:20261224\r\nDTEND;VALUE=DATE:20261227\r\n",
         "2026-12-24 2026-12-25 2026-12-26 "},
        {"DTSTART;VALUE=DATE:20261231\r\nDURATION:P2D\r\n", "2026-12-31 2027-01-01 "},
        {"DTSTART;VALUE=DATE:20261231\r\nDURATION:P1W\r\nSTATUS:CANCELLED\r\n", ""},
        {"DTSTART:20261224T100000Z\r\nDTEND:20261224T180000Z\r\n", "2026-12-24 "},
        {"DTSTART;TZID=Europe/Berlin:20261224T180000\r\nDTEND;TZID=Europe/"
         "Berlin:20261225T030000\r\n",
         "2026-12-24 2026-12-25 "},
        {"DTSTART;VALUE=DATE:20281224\r\nRRULE:FREQ=YEARLY\r\n",
         "2028-12-24 2029-12-24 2030-12-24 "},
        {"DTSTART;VALUE=DATE:20261224\r\nRRULE:FREQ=YEARLY;COUNT=3\r\nEXDATE;VALUE=DATE:"
         "20271224\r\n",
         "2026-12-24 2028-12-24 "},
        {"DTSTART:20261224T090000Z\r\nRRULE:FREQ=YEARLY;UNTIL=20271231\r\nEXDATE:"
         "20271224T090000Z\r\nRDATE:20260101T090000Z\r\n",
         "2026-01-01 2026-12-24 "},
        {"DTSTART;VALUE=DATE:20261224\r\nBEGIN:VALARM\r\nTRIGGER:-PT1H\r\nDURATION:PT5M\r\nEND:"
         "VALARM\r\n",
         "2026-12-24 "},
        {"DTSTART;VALUE=DA\r\n TE:20261224\r\n", "2026-12-24 "},
    };
    for (const Case& c : cases) EXPECT_EQ(days_of_file(event(c.lines)), c.days) << c.lines;
}

TEST(Ics, RefusesWithTheEvent) {
    struct Case {
        std::string text;
        const char* message;
    };

    const Case cases[] = {
        {"", "has no events"},
        {"BEGIN:VCALENDAR\nEND:VCALENDAR\n", "has no events"},
        {"BEGIN:VEVENT\nDTSTART:20260101\n", "ends within an event"},
        {event(""), "event 1 (Feast): has no DTSTART"},
        {event("DTSTART:tomorrow\r\n"), "event 1 (Feast): DTSTART"},
        {event("DTSTART:20260101\r\nRRULE:FREQ=NEVER\r\n"), "FREQ"},
        {event("DTSTART:20260101\r\nDTEND:20290101\r\n"), "longer than a year"},
        {event("DTSTART:20260101\r\nDURATION:forever\r\n"), "DURATION"},
        {event("DTSTART:00010101\r\nDTEND:00011201\r\nRRULE:FREQ=DAILY\r\n"), "more than"},
    };
    for (const Case& c : cases) {
        const auto calendar = read_ics(c.text, 2030);
        ASSERT_FALSE(calendar) << c.text;
        EXPECT_EQ(calendar.error().field, "ics");
        EXPECT_TRUE(calendar.error().message.contains(c.message)) << calendar.error().message;
    }
}

}  // namespace
}  // namespace carillon::recurrence
