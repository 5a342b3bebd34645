#include "recurrence/recurrence.hpp"

#include "core/random.hpp"
#include "recurrence/test_support.hpp"

#include <gtest/gtest.h>

#include <set>

namespace carillon::recurrence {
namespace {

using namespace std::chrono_literals;

TimePoint at(std::string_view text) {
    return *parse_instant(text);
}

/// A spec as a user writes it, created at the start of 2026 with the id "s".
Result<Recurrence> compile(std::string_view text, const OwnCalendars& own = {}) {
    const auto document = parse_json(text);
    EXPECT_TRUE(document) << text;
    JsonReader reader(*document);
    JsonFields fields = reader.fields();
    Spec spec = read_spec(fields);
    if (const auto read = reader.finish(); !read) return std::unexpected(read.error());
    spec.created_at = at("2026-01-01T00:00:00Z");
    spec.id = "s";
    // What is written back means the same.
    const json::value again = to_json(spec);
    JsonReader second(again);
    JsonFields back = second.fields();
    Spec copy = read_spec(back);
    EXPECT_TRUE(second.finish());
    copy.created_at = spec.created_at;
    copy.id = spec.id;
    EXPECT_EQ(copy, spec) << to_text(again);
    return Recurrence::compile(spec, own);
}

std::string fires(const Recurrence& rule, std::string_view after, int count) {
    std::string text;
    TimePoint from = at(after);
    for (int i = 0; i < count; ++i) {
        const auto next = rule.next(from);
        EXPECT_TRUE(next);
        if (!next || !*next) return text + "end";
        EXPECT_GT(**next, from);
        text += rule.local_text(**next).substr(5) + " ";
        from = **next;
    }
    return text;
}

struct FireCase {
    const char* spec;
    const char* after;
    int count;
    const char* fires;
};

TEST(Recurrence, FindsWhatFollows) {
    const FireCase cases[] = {
        {R"({"trigger":{"type":"CRON","cron":"0 9 * * *"},"tz":"Europe/Berlin"})",
         "2026-03-28T00:00:00Z",
         3,
         "03-28T09:00:00+01:00 03-29T09:00:00+02:00 03-30T09:00:00+02:00 "},
        // Rules of every hour follow elapsed time, unless they are told otherwise.
        {R"({"trigger":{"type":"CRON","cron":"0 * * * *"},"tz":"Europe/Berlin"})",
         "2026-10-24T23:30:00Z",
         4,
         "10-25T02:00:00+02:00 10-25T02:00:00+01:00 10-25T03:00:00+01:00 10-25T04:00:00+01:00 "},
        {R"({"trigger":{"type":"CRON","cron":"0 * * * *"},"tz":"Europe/Berlin","daylightSaving":{"doubled":"first"}})",
         "2026-10-24T23:30:00Z",
         2,
         "10-25T02:00:00+02:00 10-25T03:00:00+01:00 "},
        {R"({"trigger":{"type":"CRON","cron":"0 * * * *"},"tz":"Australia/Lord_Howe"})",
         "2026-10-03T14:00:00Z",
         3,
         "10-04T01:00:00+10:30 10-04T03:00:00+11:00 10-04T04:00:00+11:00 "},
        {R"({"trigger":{"type":"CRON","cron":"30 2 * * *"},"tz":"Europe/Berlin"})",
         "2026-03-28T12:00:00Z",
         2,
         "03-29T03:30:00+02:00 03-30T02:30:00+02:00 "},
        {R"({"trigger":{"type":"CRON","cron":"30 2 * * *"},"tz":"Europe/Berlin","daylightSaving":{"skipped":"skip","doubled":"both"}})",
         "2026-10-24T12:00:00Z",
         2,
         "10-25T02:30:00+02:00 10-25T02:30:00+01:00 "},
        {R"({"trigger":{"type":"RRULE","rrule":"FREQ=HOURLY"},"tz":"Europe/Berlin"})",
         "2026-10-24T23:30:00Z",
         2,
         "10-25T02:00:00+02:00 10-25T02:00:00+01:00 "},
        {R"({"trigger":{"type":"RRULE","rrule":"FREQ=HOURLY;INTERVAL=2"},"tz":"Europe/Berlin"})",
         "2026-10-24T21:30:00Z",
         3,
         "10-25T01:00:00+02:00 10-25T03:00:00+01:00 10-25T05:00:00+01:00 "},
        // RFC 5545, 3.3.5: a skipped time is read with the offset before the gap.
        {R"({"trigger":{"type":"RRULE","rrule":"DTSTART;TZID=America/New_York:20260307T023000\nRRULE:FREQ=DAILY"}})",
         "2026-03-07T00:00:00Z",
         3,
         "03-07T02:30:00-05:00 03-08T03:30:00-04:00 03-09T02:30:00-04:00 "},
        // Every: elapsed time from the creation, from the start bound, or from a phase.
        {R"({"trigger":{"type":"INTERVAL","every":"90m"}})",
         "2025-06-01T00:00:00Z",
         2,
         "01-01T01:30:00+00:00 01-01T03:00:00+00:00 "},
        {R"({"trigger":{"type":"INTERVAL","everySec":5400},"bounds":{"startAt":"2026-02-01T00:10:00Z"}})",
         "2026-01-01T00:00:00Z",
         2,
         "02-01T00:10:00+00:00 02-01T01:40:00+00:00 "},
        {R"({"trigger":{"type":"INTERVAL","every":"15m","phase":"5m"}})",
         "2026-01-01T00:05:00Z",
         3,
         "01-01T00:20:00+00:00 01-01T00:35:00+00:00 01-01T00:50:00+00:00 "},
        {R"({"trigger":{"type":"INTERVAL","every":"1h","phase":"0s"},"tz":"Europe/Berlin"})",
         "2026-03-29T00:30:00Z",
         2,
         "03-29T03:00:00+02:00 03-29T04:00:00+02:00 "},
        {R"({"trigger":{"type":"CRON","cron":"@every 1h30m"}})",
         "2026-01-01T01:30:00Z",
         1,
         "01-01T03:00:00+00:00 "},
        {R"({"trigger":{"type":"FIXED_DELAY","delaySec":90}})",
         "2026-01-05T10:00:00.500Z",
         2,
         "01-05T10:01:30.500+00:00 01-05T10:03:00.500+00:00 "},
        {R"({"trigger":{"type":"FIXED_DELAY","delay":"1m"},"bounds":{"startAt":"2026-01-05T12:00:00Z"}})",
         "2026-01-05T10:00:00Z",
         1,
         "01-05T12:00:00+00:00 "},
        {R"({"trigger":{"type":"ONE_SHOT","startAt":"2026-12-24T17:00:00.250Z"}})",
         "2026-01-05T10:00:00Z",
         2,
         "12-24T17:00:00.250+00:00 end"},
        {R"({"trigger":{"type":"ONE_SHOT","startAt":"2026-12-24T18:00"},"tz":"Europe/Berlin"})",
         "2026-01-05T10:00:00Z",
         2,
         "12-24T18:00:00+01:00 end"},
        {R"({"trigger":{"type":"ONE_SHOT","startAt":"2026-03-29T02:30:00"},"tz":"Europe/Berlin"})",
         "2026-01-05T10:00:00Z",
         2,
         "03-29T03:30:00+02:00 end"},
        {R"({"trigger":{"type":"ONE_SHOT","startAt":"2025-12-24T18:00:00Z"}})",
         "2026-01-05T10:00:00Z",
         1,
         "end"},
        // Bounds: the start belongs to it, the end does not.
        {R"({"trigger":{"type":"CRON","cron":"0 9 * * *"},"bounds":{"startAt":"2026-05-01T09:00:00Z","endAt":"2026-05-03T09:00:00Z"}})",
         "2026-01-01T00:00:00Z",
         3,
         "05-01T09:00:00+00:00 05-02T09:00:00+00:00 end"},
        {R"({"trigger":{"type":"CRON","cron":"0 9 * * *"},"bounds":{"maxCount":2}})",
         "2026-01-01T00:00:00Z",
         3,
         "01-01T09:00:00+00:00 01-02T09:00:00+00:00 end"},
        {R"({"trigger":{"type":"CRON","cron":"0 9 * * *"},"bounds":{"maxCount":1,"startAt":"2026-05-01T00:00:00Z"}})",
         "2026-01-01T00:00:00Z",
         2,
         "05-01T09:00:00+00:00 end"},
        {R"({"trigger":{"type":"INTERVAL","every":"1h"},"bounds":{"maxCount":2}})",
         "2026-01-01T00:00:00Z",
         3,
         "01-01T01:00:00+00:00 01-01T02:00:00+00:00 end"},
        // Calendars. Easter 2026 is 5 April, so Friday 3 and Monday 6 April are holidays.
        {R"({"trigger":{"type":"CRON","cron":"0 9 * * *"},"tz":"Europe/Berlin","calendar":{"holidaysCode":"DE-BY","businessDaysOnly":true}})",
         "2026-04-02T00:00:00Z",
         3,
         "04-02T09:00:00+02:00 04-07T09:00:00+02:00 04-08T09:00:00+02:00 "},
        {R"({"trigger":{"type":"CRON","cron":"0 9 * * *"},"calendar":{"holidaysCode":"DE","roll":"exclude"}})",
         "2026-04-02T00:00:00Z",
         3,
         "04-02T09:00:00+00:00 04-04T09:00:00+00:00 04-05T09:00:00+00:00 "},
        {R"({"trigger":{"type":"CRON","cron":"0 9 3 * *"},"calendar":{"holidays":["DE"],"businessDaysOnly":true,"roll":"next"}})",
         "2026-03-20T00:00:00Z",
         3,
         "04-07T09:00:00+00:00 05-04T09:00:00+00:00 06-03T09:00:00+00:00 "},
        {R"({"trigger":{"type":"CRON","cron":"0 9 3 * *"},"calendar":{"holidays":["DE"],"businessDaysOnly":true,"roll":"previous"}})",
         "2026-03-20T00:00:00Z",
         3,
         "04-02T09:00:00+00:00 04-30T09:00:00+00:00 06-03T09:00:00+00:00 "},
        {R"({"trigger":{"type":"CRON","cron":"0 9 * * *"},"calendar":{"businessDaysOnly":true,"roll":"next"}})",
         "2026-01-02T10:00:00Z",
         2,
         "01-05T09:00:00+00:00 01-06T09:00:00+00:00 "},
        {R"({"trigger":{"type":"CRON","cron":"0 8,17 * * SAT"},"calendar":{"businessDaysOnly":true,"roll":"next"}})",
         "2026-01-05T08:00:00Z",
         2,
         "01-05T17:00:00+00:00 01-12T08:00:00+00:00 "},
        {R"({"trigger":{"type":"CRON","cron":"0 8,17 * * SAT"},"calendar":{"businessDaysOnly":true,"roll":"previous"}})",
         "2026-01-05T08:00:00Z",
         3,
         "01-09T08:00:00+00:00 01-09T17:00:00+00:00 01-16T08:00:00+00:00 "},
        {R"({"trigger":{"type":"CRON","cron":"0 9 * * *"},"calendar":{"businessDays":["SA","SU"]}})",
         "2026-01-05T00:00:00Z",
         2,
         "01-10T09:00:00+00:00 01-11T09:00:00+00:00 "},
        {R"({"trigger":{"type":"INTERVAL","every":"6h","phase":"0s"},"calendar":{"businessDaysOnly":true}})",
         "2026-01-02T13:00:00Z",
         3,
         "01-02T18:00:00+00:00 01-05T00:00:00+00:00 01-05T06:00:00+00:00 "},
        {R"({"trigger":{"type":"FIXED_DELAY","delay":"1d"},"calendar":{"businessDaysOnly":true}})",
         "2026-01-02T13:00:00Z",
         2,
         "01-05T13:00:00+00:00 01-06T13:00:00+00:00 "},
        {R"({"trigger":{"type":"ONE_SHOT","startAt":"2026-12-26T18:00:00Z"},"calendar":{"businessDaysOnly":true,"roll":"next"}})",
         "2026-01-02T13:00:00Z",
         2,
         "12-28T18:00:00+00:00 end"},
        {R"({"trigger":{"type":"ONE_SHOT","startAt":"2026-12-26T18:00:00Z"},"calendar":{"businessDaysOnly":true}})",
         "2026-01-02T13:00:00Z",
         1,
         "end"},
    };
    for (const FireCase& c : cases) {
        const auto rule = compile(c.spec);
        ASSERT_TRUE(rule) << c.spec << describe(rule.error());
        EXPECT_EQ(fires(*rule, c.after, c.count), c.fires) << c.spec << " after " << c.after;
    }
}

TEST(Recurrence, RefusesWithTheField) {
    struct Case {
        const char* spec;
        const char* field;
        const char* message;
    };

    const Case cases[] = {
        {R"({"tz":"UTC"})", "trigger", ""},
        {R"({"trigger":{"type":"SOMETIMES"}})",
         "trigger.type",
         "CRON, RRULE, INTERVAL, FIXED_DELAY, ONE_SHOT"},
        {R"({"trigger":{"type":"CRON"}})", "trigger.cron", "is required for CRON trigger"},
        {R"({"trigger":{"type":"RRULE","rrule":""}})",
         "trigger.rrule",
         "is required for RRULE trigger"},
        {R"({"trigger":{"type":"ONE_SHOT"}})",
         "trigger.startAt",
         "is required for ONE_SHOT trigger"},
        {R"({"trigger":{"type":"FIXED_DELAY"}})",
         "trigger.delay",
         "must be positive for FIXED_DELAY trigger"},
        {R"({"trigger":{"type":"FIXED_DELAY","delaySec":0}})",
         "trigger.delaySec",
         "must be positive for FIXED_DELAY trigger"},
        {R"({"trigger":{"type":"INTERVAL"}})", "trigger.every", "is required"},
        {R"({"trigger":{"type":"INTERVAL","every":"1h","everySec":1}})",
         "trigger.every",
         "cannot be given together"},
        {R"({"trigger":{"type":"INTERVAL","every":"100ms"}})", "trigger.every", "at least 1s"},
        {R"({"trigger":{"type":"INTERVAL","every":"1h","phase":"1h"}})",
         "trigger.phase",
         "shorter than the interval"},
        {R"({"trigger":{"type":"CRON","cron":"0 25 * * *"}})",
         "trigger.cron",
         "hour (field 2, character 3)"},
        {R"({"trigger":{"type":"CRON","cron":"@every 1x"}})", "trigger.cron", "@every"},
        {R"({"trigger":{"type":"CRON","cron":"@every 10ms"}})", "trigger.cron", "at least 1s"},
        {R"({"trigger":{"type":"RRULE","rrule":"FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30"}})",
         "trigger.rrule",
         "never fires"},
        {R"({"trigger":{"type":"ONE_SHOT","startAt":"tomorrow"}})",
         "trigger.startAt",
         "must be an instant"},
        {R"({"trigger":{"type":"CRON","cron":"* * * * *"},"tz":"Europe/Atlantis"})", "tz", "IANA"},
        {R"({"trigger":{"type":"CRON","cron":"* * * * *"},"daylightSaving":{"skipped":"maybe"}})",
         "daylightSaving.skipped",
         "skip, before, after"},
        {R"({"trigger":{"type":"CRON","cron":"* * * * *"},"calendar":{"holidaysCode":"XX"}})",
         "calendar.holidays[0]",
         "DE-BY"},
        {R"({"trigger":{"type":"CRON","cron":"* * * * *"},"calendar":{"businessDays":[]}})",
         "calendar.businessDays",
         "at least one weekday"},
        {R"({"trigger":{"type":"CRON","cron":"* * * * *"},"calendar":{"businessDays":["XX"]}})",
         "calendar.businessDays",
         "must hold"},
        {R"({"trigger":{"type":"INTERVAL","every":"1h"},"calendar":{"businessDaysOnly":true,"roll":"next"}})",
         "calendar.roll",
         "interval"},
        {R"({"trigger":{"type":"CRON","cron":"* * * * *"},"bounds":{"startAt":"2026-01-02T00:00:00Z","endAt":"2026-01-01T00:00:00Z"}})",
         "bounds.endAt",
         "later"},
        {R"({"trigger":{"type":"CRON","cron":"* * * * *"},"bounds":{"maxCount":0}})",
         "bounds.maxCount",
         ""},
        {R"({"trigger":{"type":"CRON","cron":"* * * * *"},"bounds":{"startAt":"soon"}})",
         "bounds.startAt",
         ""},
        {R"({"trigger":{"type":"CRON","cron":"* * * * *"},"jitter":"2d"})", "jitter", "0s to 1d"},
        {R"({"trigger":{"type":"CRON","cron":"* * * * *","extra":1}})", "trigger.extra", ""},
        // A Saturday that must be a business day never comes.
        {R"({"trigger":{"type":"CRON","cron":"0 9 * * SAT"},"calendar":{"businessDaysOnly":true}})",
         "trigger",
         "contradicts itself or its calendar"},
    };
    for (const Case& c : cases) {
        const auto rule = compile(c.spec);
        ASSERT_FALSE(rule) << c.spec;
        EXPECT_EQ(rule.error().field, c.field) << c.spec << rule.error().message;
        EXPECT_TRUE(rule.error().message.contains(c.message)) << c.spec << rule.error().message;
    }
}

TEST(Recurrence, DescribesItself) {
    struct Case {
        const char* spec;
        const char* text;
    };

    const Case cases[] = {
        {R"({"trigger":{"type":"CRON","cron":"0 9 L * *"},"tz":"Europe/Berlin"})",
         "At 09:00 on the last day of the month (Europe/Berlin)."},
        {R"({"trigger":{"type":"CRON","cron":"*/5 * * * *"}})", "Every 5 minutes (UTC)."},
        {R"({"trigger":{"type":"CRON","cron":"0 9 * * MON-FRI"}})",
         "At 09:00 on Monday to Friday (UTC)."},
        {R"({"trigger":{"type":"CRON","cron":"0 9-17 * * MON,WED"}})",
         "Every hour from 09:00 to 17:00 on Monday and Wednesday (UTC)."},
        {R"({"trigger":{"type":"CRON","cron":"0 0 1,15 * MON"}})",
         "At 00:00 on the 1st and 15th of the month, and on Monday (UTC)."},
        {R"({"trigger":{"type":"CRON","cron":"30 4 */2 * *"}})",
         "At 04:30 on every 2nd day from the 1st of the month (UTC)."},
        {R"({"trigger":{"type":"CRON","cron":"0 9 * * FRI#2,MONL"}})",
         "At 09:00 on the second Friday of the month and the last Monday of the month (UTC)."},
        {R"({"trigger":{"type":"CRON","cron":"*/10 * * * * *"}})", "Every 10 seconds (UTC)."},
        {R"({"trigger":{"type":"CRON","cron":"0 0 9 1 1 * 2028-2031"}})",
         "At 09:00 on the 1st of the month in January in 2028 to 2031 (UTC)."},
        {R"({"trigger":{"type":"CRON","cron":"0 9 * * *"},"calendar":{"holidaysCode":"DE-BY","businessDaysOnly":true,"roll":"next"}})",
         "At 09:00 every day, from weekends and holidays of DE-BY moved to the next business day "
         "(UTC)."},
        {R"({"trigger":{"type":"RRULE","rrule":"FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;BYHOUR=9;COUNT=10"}})",
         "Every 2 weeks on Monday and Wednesday at 09:00, 10 times (UTC)."},
        {R"({"trigger":{"type":"RRULE","rrule":"FREQ=MONTHLY;BYDAY=-1FR"}})",
         "Every month on the last Friday at 00:00 (UTC)."},
        {R"({"trigger":{"type":"RRULE","rrule":"FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1"}})",
         "Every month on Monday to Friday at 00:00, of these only the last in each month (UTC)."},
        {R"({"trigger":{"type":"RRULE","rrule":"DTSTART:20260101T090000\nRRULE:FREQ=DAILY;UNTIL=20261231\nEXDATE:20260110"}})",
         "Every day at 09:00, until 2026-12-31, from 2026-01-01 on, except on 1 date (UTC)."},
        {R"({"trigger":{"type":"INTERVAL","every":"90m","phase":"0s"}})",
         "Every 90 minutes, counted from 1970-01-01T00:00:00.000Z."},
        {R"({"trigger":{"type":"FIXED_DELAY","delaySec":90},"jitter":"30s"})",
         "1m30s after the end of the previous run, up to 30s later by chance."},
        {R"({"trigger":{"type":"ONE_SHOT","startAt":"2026-12-24T18:00"},"tz":"Europe/Berlin"})",
         "Once, on 2026-12-24 at 18:00 (Europe/Berlin)."},
        {R"({"trigger":{"type":"CRON","cron":"0 9 * * *"},"bounds":{"startAt":"2026-05-01T00:00:00Z","maxCount":3}})",
         "At 09:00 every day, not before 2026-05-01T00:00:00+00:00, at most 3 times (UTC)."},
    };
    for (const Case& c : cases) {
        const auto rule = compile(c.spec);
        ASSERT_TRUE(rule) << c.spec << describe(rule.error());
        EXPECT_EQ(rule->describe(), c.text);
    }
}

TEST(Recurrence, ExplainsChangesOfTheClocks) {
    const auto daily = [](std::string_view policy) {
        return *compile(fmt::format(
            R"({{"trigger":{{"type":"CRON","cron":"30 2 * * *"}},"tz":"Europe/Berlin","daylightSaving":{}}})",
            policy));
    };
    const Recurrence usual = daily("{}");
    EXPECT_EQ(usual.daylight_note(at("2026-03-29T01:30:00Z")),
              "02:30 does not exist on 2026-03-29: the clock goes forward from 02:00 to 03:00; it "
              "runs at 03:30");
    EXPECT_EQ(usual.daylight_note(at("2026-10-25T00:30:00Z")),
              "02:30 happens twice on 2026-10-25: the clock goes back from 03:00 to 02:00; this is "
              "the first time");
    EXPECT_EQ(usual.daylight_note(at("2026-03-30T00:30:00Z")), std::nullopt);
    EXPECT_EQ(daily(R"({"skipped":"before"})").daylight_note(at("2026-03-29T00:30:00Z")),
              "02:30 does not exist on 2026-03-29: the clock goes forward from 02:00 to 03:00; it "
              "runs at 01:30");
    EXPECT_EQ(daily(R"({"doubled":"last"})").daylight_note(at("2026-10-25T01:30:00Z")),
              "02:30 happens twice on 2026-10-25: the clock goes back from 03:00 to 02:00; this is "
              "the second time");

    const auto notes = daily(R"({"skipped":"skip","doubled":"both"})")
                           .daylight_notes(at("2026-01-01T00:00:00Z"), at("2027-01-01T00:00:00Z"));
    ASSERT_EQ(notes.size(), 2U);
    EXPECT_EQ(notes[0].at, at("2026-03-29T01:00:00Z"));
    EXPECT_EQ(notes[0].text,
              "02:30 on 2026-03-29 does not exist and is left out: the clock goes forward from "
              "02:00 to 03:00");
    EXPECT_EQ(notes[1].text,
              "02:30 on 2026-10-25 happens twice and runs both times: the clock goes back from "
              "03:00 to 02:00");
    EXPECT_TRUE(compile(R"({"trigger":{"type":"INTERVAL","every":"1h"},"tz":"Europe/Berlin"})")
                    ->daylight_notes(at("2026-01-01T00:00:00Z"), at("2027-01-01T00:00:00Z"))
                    .empty());
}

TEST(Recurrence, JitterIsTheSameEveryTime) {
    const auto rule = compile(R"({"trigger":{"type":"CRON","cron":"* * * * *"},"jitter":"30s"})");
    std::set<Duration> seen;
    for (int i = 0; i < 1'000; ++i) {
        const TimePoint nominal = at("2026-01-01T00:00:00Z") + i * 1min;
        const Duration jitter = rule->jitter(nominal);
        EXPECT_EQ(jitter, rule->jitter(nominal));
        EXPECT_GE(jitter, 0s);
        EXPECT_LE(jitter, 30s);
        seen.insert(jitter);
    }
    EXPECT_GT(seen.size(), 900U);
    EXPECT_EQ(compile(R"({"trigger":{"type":"CRON","cron":"* * * * *"}})")
                  ->jitter(at("2026-01-01T00:00:00Z")),
              0s);
}

TEST(Recurrence, EndsWithTheCalendar) {
    const auto rule = compile(R"({"trigger":{"type":"CRON","cron":"* * * * *"}})");
    EXPECT_EQ(*rule->next(at("9999-12-31T23:59:00Z")), std::nullopt);
    EXPECT_EQ(*rule->next(TimePoint::max()), std::nullopt);
    EXPECT_TRUE(*rule->next(TimePoint::min()));
    EXPECT_EQ(*rule->previous(TimePoint::min()), std::nullopt);
    EXPECT_TRUE(*rule->previous(TimePoint::max()));
}

TEST(Recurrence, BetweenIsTheListOfNexts) {
    constexpr std::uint64_t seed = 41;
    SeededRandom random(seed);
    const char* const specs[] = {
        R"({"trigger":{"type":"CRON","cron":"*/20 * * * *"},"tz":"Europe/Berlin"})",
        R"({"trigger":{"type":"CRON","cron":"30 1,2,3 * * *"},"tz":"America/New_York","daylightSaving":{"skipped":"before","doubled":"both"}})",
        R"({"trigger":{"type":"CRON","cron":"15 2 * * *"},"tz":"Australia/Lord_Howe","calendar":{"businessDaysOnly":true,"roll":"previous"}})",
        R"({"trigger":{"type":"CRON","cron":"0 8,17 * * *"},"tz":"Europe/London","calendar":{"holidays":["GB-EAW"],"businessDaysOnly":true,"roll":"next"}})",
        R"({"trigger":{"type":"RRULE","rrule":"FREQ=MINUTELY;INTERVAL=45"},"tz":"Europe/Berlin"})",
        R"({"trigger":{"type":"RRULE","rrule":"FREQ=WEEKLY;BYDAY=SU,SA;BYHOUR=1,2,3"},"tz":"America/New_York","daylightSaving":{"doubled":"last"}})",
        R"({"trigger":{"type":"INTERVAL","every":"7h"},"tz":"Europe/Berlin","calendar":{"holidays":["DE"],"businessDaysOnly":true}})",
        R"({"trigger":{"type":"INTERVAL","everySec":4001,"phaseSec":17}})",
    };
    for (const char* spec : specs) {
        const auto rule = compile(spec);
        ASSERT_TRUE(rule) << spec << describe(rule.error());
        for (int i = 0; i < 20; ++i) {
            const TimePoint from =
                at("2026-01-01T00:00:00Z") + Duration(random.below(300ULL * 86'400'000));
            const TimePoint to = from + Duration(random.below(40ULL * 86'400'000));
            const auto all = rule->between(from, to, 10'000);
            ASSERT_TRUE(all);
            TimePoint after = from - 1ms;
            for (const TimePoint each : *all) {
                ASSERT_EQ(*rule->next(after), each) << spec << " seed " << seed;
                // From anywhere in between as well, and back.
                const auto gap = static_cast<std::uint64_t>((each - after).count());
                EXPECT_EQ(*rule->next(after + Duration(random.below(gap))), each) << spec;
                after = each;
            }
            for (std::size_t n = all->size(); n > 0; --n) {
                const auto before = rule->previous(n == all->size() ? to : (*all)[n]);
                ASSERT_TRUE(before);
                ASSERT_EQ(*before, (*all)[n - 1]) << spec << " seed " << seed;
            }
            EXPECT_EQ(rule->between(from, to, 3)->size(), std::min<std::size_t>(3, all->size()));
        }
    }
}

}  // namespace
}  // namespace carillon::recurrence
