#include "schedules/forecast.hpp"

#include "core/json.hpp"
#include "core/random.hpp"
#include "dynamo/embedded/embedded.hpp"
#include "runtime/simulated_test.hpp"
#include "schedules/schedule_scan.hpp"

#include <gtest/gtest.h>

#include <absl/time/civil_time.h>
#include <absl/time/time.h>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace carillon::schedules {
namespace {

using namespace std::chrono_literals;

TimePoint at(std::string_view text) {
    return parse_instant(text).value();
}

Schedule make(std::string_view json, int number = 0) {
    auto document = parse_json(json).value();
    document.as_object()["name"] = "s" + std::to_string(number);
    document.as_object()["target"] =
        parse_json(R"({"kind":"HTTP","http":{"url":"https://example.com/"}})").value();
    auto schedule = schedule_from_json(document, "UTC");
    EXPECT_TRUE(schedule) << describe(schedule.error());
    schedule->tenant = "t";
    schedule->id = std::to_string(number);
    schedule->spec.id = schedule->id;
    schedule->created_at = schedule->spec.created_at = at("2026-01-01T00:00:00Z");
    return *std::move(schedule);
}

struct Outcome {
    Forecast forecast;
    std::vector<std::string> daylight{};
};

Outcome forecast_of(const std::vector<Schedule>& schedules, ForecastOptions options) {
    auto made = Forecast::make(options);
    EXPECT_TRUE(made) << describe(made.error());
    Outcome out{*std::move(made)};
    for (const Schedule& schedule : schedules) {
        (void)out.forecast.count(schedule, {}, [&](const DaylightAnomaly& anomaly) {
            out.daylight.push_back(anomaly.schedule.name + " " + format_instant(anomaly.note.at) +
                                   " " + anomaly.note.text);
        });
    }
    out.forecast.rank();
    for (const Schedule& schedule : schedules) {
        (void)out.forecast.attribute(schedule, {});
    }
    return out;
}

TEST(Forecast, CountsFiresOfEachSecondAndTellsWhoMeets) {
    const std::vector<Schedule> schedules{
        make(R"({"trigger":{"type":"CRON","cron":"*/20 * * * * *"}})", 0),
        make(R"({"trigger":{"type":"CRON","cron":"* * * * *"}})", 1),
        make(R"({"trigger":{"type":"ONE_SHOT","startAt":"2026-06-01T10:01:00Z"}})", 2),
        make(R"({"trigger":{"type":"CRON","cron":"* * * * *"},"enabled":false})", 3)};
    const auto [forecast, daylight] = forecast_of(schedules,
                                                  {.from = at("2026-06-01T10:00:00Z"),
                                                   .to = at("2026-06-01T10:02:00Z"),
                                                   .collisions_max = 2});
    EXPECT_EQ(forecast.totals().schedules, 4u);
    EXPECT_EQ(forecast.totals().firing, 3u);
    EXPECT_EQ(forecast.totals().disabled, 1u);
    EXPECT_EQ(forecast.totals().fires, 9u);
    ASSERT_EQ(forecast.load().size(), 120u);
    EXPECT_EQ(forecast.load()[0], 2u);
    EXPECT_EQ(forecast.load()[1], 0u);
    EXPECT_EQ(forecast.load()[20], 1u);
    EXPECT_EQ(forecast.load()[60], 3u);
    ASSERT_EQ(forecast.collisions().size(), 2u);
    const Collision& worst = forecast.collisions().front();
    EXPECT_EQ(worst.at, at("2026-06-01T10:01:00Z"));
    EXPECT_EQ(worst.fires, 3u);
    EXPECT_EQ(worst.schedules, 3u);
    ASSERT_EQ(worst.members.size(), 3u);
    EXPECT_EQ(worst.members[2].name, "s2");
    EXPECT_EQ(forecast.collisions().back().at, at("2026-06-01T10:00:00Z"));
    EXPECT_TRUE(daylight.empty());
}

TEST(Forecast, TheEndOfTheSpanIsNotInIt) {
    const std::vector<Schedule> schedules{
        make(R"({"trigger":{"type":"INTERVAL","every":"1m","phase":"0s"}})")};
    const auto out = forecast_of(
        schedules, {.from = at("2026-06-01T10:00:00Z"), .to = at("2026-06-01T10:01:00Z")});
    EXPECT_EQ(out.forecast.totals().fires, 1u);
}

TEST(Forecast, JitterMovesTheLoadAndNothingIsLostAtTheEdges) {
    std::vector<Schedule> schedules;
    for (int i = 0; i < 200; ++i) {
        schedules.push_back(
            make(R"({"trigger":{"type":"CRON","cron":"0 * * * *"},"jitter":"90m"})", i));
    }
    const auto count = [&](std::string_view from, std::string_view to) {
        return forecast_of(schedules, {.from = at(from), .to = at(to)}).forecast.totals().fires;
    };
    const auto whole = count("2026-06-01T00:00:00Z", "2026-06-01T12:00:00Z");
    EXPECT_EQ(whole,
              count("2026-06-01T00:00:00Z", "2026-06-01T05:17:11Z") +
                  count("2026-06-01T05:17:11Z", "2026-06-01T12:00:00Z"));
    EXPECT_NEAR(static_cast<double>(whole), 200 * 12, 200);
    const auto out = forecast_of(
        schedules, {.from = at("2026-06-01T00:00:00Z"), .to = at("2026-06-01T12:00:00Z")});
    EXPECT_LT(out.forecast.collisions().front().fires, 10u) << "spread over 90 minutes";
}

TEST(Forecast, SaysWhatTheClocksDo) {
    const std::vector<Schedule> schedules{
        make(R"({"trigger":{"type":"CRON","cron":"30 2 * * *"},"tz":"Europe/Berlin"})", 0),
        make(R"({"trigger":{"type":"CRON","cron":"15 2 * * *"},"tz":"Europe/Berlin",
                 "daylightSaving":{"skipped":"skip","doubled":"both"}})",
             1),
        make(R"({"trigger":{"type":"CRON","cron":"*/5 * * * *"},"tz":"Europe/Berlin"})", 2),
        make(R"({"trigger":{"type":"CRON","cron":"30 2 * * *"},"tz":"Europe/Berlin",
                 "bounds":{"endAt":"2026-05-01T00:00:00Z"}})",
             3),
        make(R"({"trigger":{"type":"CRON","cron":"30 2 * * *"},"tz":"UTC"})", 4)};
    const auto [forecast, daylight] = forecast_of(
        schedules, {.from = at("2026-01-01T00:00:00Z"), .to = at("2027-01-01T00:00:00Z")});
    const std::vector<std::string> want{
        "s0 2026-03-29T01:30:00.000Z 02:30 on 2026-03-29 does not exist and runs at 03:30: the "
        "clock goes forward from 02:00 to 03:00",
        "s0 2026-10-25T00:30:00.000Z 02:30 on 2026-10-25 happens twice and runs the first time: "
        "the clock goes back from 03:00 to 02:00",
        "s1 2026-03-29T01:00:00.000Z 02:15 on 2026-03-29 does not exist and is left out: the clock "
        "goes forward from 02:00 to 03:00",
        "s1 2026-10-25T00:15:00.000Z 02:15 on 2026-10-25 happens twice and runs both times: the "
        "clock goes back from 03:00 to 02:00",
        "s3 2026-03-29T01:30:00.000Z 02:30 on 2026-03-29 does not exist and runs at 03:30: the "
        "clock goes forward from 02:00 to 03:00"};
    EXPECT_EQ(daylight, want);
    EXPECT_EQ(forecast.totals().skipped_readings, 3u);
    EXPECT_EQ(forecast.totals().doubled_readings, 2u);
}

TEST(Forecast, TellsEveryReadingOfAGap) {
    const auto out =
        forecast_of({make(R"({"trigger":{"type":"CRON","cron":"*/5 2 * * *"},
                                          "tz":"Europe/Berlin"})")},
                    {.from = at("2026-03-29T00:00:00Z"), .to = at("2026-03-30T00:00:00Z")});
    EXPECT_EQ(out.daylight.size(), 12u);
}

TEST(Forecast, FollowsAFixedDelayFromWhereItStands) {
    Schedule schedule = make(R"({"trigger":{"type":"FIXED_DELAY","delaySec":600}})");
    schedule.next_fire_at = at("2026-06-01T10:07:00Z");
    const auto out = forecast_of(
        {schedule}, {.from = at("2026-06-01T10:00:00Z"), .to = at("2026-06-01T11:00:00Z")});
    EXPECT_EQ(out.forecast.totals().estimated, 1u);
    EXPECT_EQ(out.forecast.totals().fires, 6u);
    EXPECT_EQ(out.forecast.load()[7 * 60], 1u);
    EXPECT_EQ(out.forecast.load()[17 * 60], 1u);
}

TEST(Forecast, ARuleThatCannotBeEvaluatedIsOnlyCounted) {
    Schedule broken = make(R"({"trigger":{"type":"CRON","cron":"* * * * *"}})", 0);
    broken.spec.calendar.holidays = {"GONE"};
    const auto out =
        forecast_of({broken, make(R"({"trigger":{"type":"CRON","cron":"* * * * *"}})", 1)},
                    {.from = at("2026-06-01T10:00:00Z"), .to = at("2026-06-01T10:05:00Z")});
    EXPECT_EQ(out.forecast.totals().failed, 1u);
    EXPECT_EQ(out.forecast.totals().fires, 5u);
}

TEST(Forecast, GivesUpBeyondSoManyFires) {
    const TimePoint noon = at("2026-06-01T12:00:00Z");
    Forecast forecast = Forecast::make({.from = noon, .to = noon + 1h, .fires_max = 100}).value();
    const Schedule minutely = make(R"({"trigger":{"type":"CRON","cron":"* * * * *"}})");
    const auto told = [](const DaylightAnomaly&) {};
    EXPECT_TRUE(forecast.count(minutely, {}, told));
    const auto over = forecast.count(minutely, {}, told);
    ASSERT_FALSE(over);
    EXPECT_EQ(over.error().code, Errc::too_large);
    EXPECT_EQ(over.error().message, "the span holds more than 100 fires");
    EXPECT_EQ(forecast.totals().fires, 100U);
    EXPECT_EQ(forecast.totals().failed, 0U);
    EXPECT_EQ(Forecast::make({.from = noon, .to = noon + 1h, .fires_max = 0}).error().field,
              "max-fires");
}

TEST(Forecast, RefusesSpansThatItCannotCount) {
    const TimePoint from = at("2026-01-01T00:00:00Z");
    EXPECT_EQ(Forecast::make({.from = from, .to = from}).error().field, "to");
    EXPECT_EQ(Forecast::make({.from = from, .to = from + 24h, .step = 1500ms}).error().field,
              "step");
    EXPECT_EQ(Forecast::make({.from = from, .to = from + 24h * 800, .step = 1s}).error().field,
              "to");
    EXPECT_EQ(usual_step(24h), 1s);
    EXPECT_EQ(Forecast::make({.from = from, .to = from + 24h * 365}).value().step(), 1min);
}

/// Fires of cron rules with a plain set of minutes and hours, found by asking every minute of every
/// local day which instants show it. Nothing of `recurrence` takes part.
struct Wanted {
    std::set<int> minutes;
    std::set<int> hours;
    std::string zone;
};

void enumerate(const Wanted& wanted,
               TimePoint from,
               TimePoint to,
               std::map<TimePoint, std::uint32_t>& out) {
    absl::TimeZone zone;
    ASSERT_TRUE(absl::LoadTimeZone(wanted.zone, &zone));
    const auto civil_of = [&](TimePoint when) {
        return absl::ToCivilMinute(absl::FromUnixMillis(to_epoch_ms(when)), zone);
    };
    const absl::CivilMinute last = civil_of(to) + 24 * 60;
    // A reading of a gap can run when another one does: that is one fire.
    std::set<TimePoint> fires;
    for (absl::CivilMinute minute = civil_of(from) - 24 * 60; minute < last; ++minute) {
        if (!wanted.minutes.contains(minute.minute()) || !wanted.hours.contains(minute.hour())) {
            continue;
        }
        // `pre` is by the offset before the change: the first of two, the later of a gap.
        const TimePoint when =
            from_epoch_ms(absl::ToUnixMillis(zone.At(absl::CivilSecond(minute)).pre));
        if (when >= from && when < to) fires.insert(when);
    }
    for (const TimePoint fire : fires) ++out[fire];
}

TEST(Forecast, AgreesWithAnEnumerationOfEveryMinute) {
    const std::uint64_t seed = 20'261'130;
    SCOPED_TRACE(seed);
    SeededRandom random(seed);
    constexpr const char* zones[] = {"Europe/Berlin",
                                     "America/New_York",
                                     "Australia/Lord_Howe",
                                     "Asia/Kolkata",
                                     "America/Sao_Paulo",
                                     "Pacific/Chatham"};
    const auto pick = [&](int below, std::uint64_t most) {
        std::set<int> out;
        const std::uint64_t count = 1 + random.below(most);
        while (out.size() < count) {
            out.insert(static_cast<int>(random.below(static_cast<std::uint64_t>(below))));
        }
        return out;
    };
    const auto list = [](const std::set<int>& values) {
        std::string text;
        for (const int value : values) text += (text.empty() ? "" : ",") + std::to_string(value);
        return text;
    };
    const TimePoint from = at("2026-03-01T00:00:00Z");
    const TimePoint to = at("2026-11-15T00:00:00Z");
    std::vector<Schedule> schedules;
    std::map<TimePoint, std::uint32_t> want;
    for (int i = 0; i < 60; ++i) {
        // Not every hour: such rules follow elapsed time.
        const Wanted wanted{pick(60, 3), pick(24, 6), zones[random.below(std::size(zones))]};
        enumerate(wanted, from, to, want);
        schedules.push_back(make(R"({"trigger":{"type":"CRON","cron":")" + list(wanted.minutes) +
                                     " " + list(wanted.hours) + R"( * * *"},"tz":")" + wanted.zone +
                                     "\"}",
                                 i));
    }
    const auto out = forecast_of(schedules, {.from = from, .to = to, .step = 60s});
    std::uint64_t fires = 0;
    for (const auto& [when, count] : want) {
        fires += count;
        const auto index = static_cast<std::size_t>((when - from) / 60s);
        EXPECT_EQ(out.forecast.load()[index], count) << format_instant(when);
    }
    EXPECT_EQ(out.forecast.totals().fires, fires);
    for (const Collision& collision : out.forecast.collisions()) {
        EXPECT_EQ(collision.fires, want[collision.at]);
        std::uint32_t of_members = 0;
        for (const Collision::Member& member : collision.members) of_members += member.fires;
        EXPECT_EQ(of_members, collision.fires);
    }
}

TEST(ScheduleScan, ReadsEverybodysSchedulesWithTheirCalendars) {
    runtime::testing::Simulated world(at("2026-06-01T00:00:00Z"));
    auto database =
        dynamo::open_embedded({.memory = true, .inline_writer = true}, world.clock).value();
    const Tables tables{TableNames{}};
    for (const dynamo::TableSchema& schema : tables.schemas()) {
        ASSERT_TRUE(world.finish(database->create_table(schema)));
    }
    const Calendars calendars(*database, TableNames{}.schedules);
    for (const char* tenant : {"a", "b"}) {
        CalendarEntry entry{.key = "OWN", .holidays = {"2026-06-02"}};
        ASSERT_TRUE(world.finish(calendars.put(tenant, std::move(entry))));
        for (int i = 0; i < 3; ++i) {
            StoredSchedule stored;
            stored.schedule = make(R"({"trigger":{"type":"CRON","cron":"0 9 * * *"},
                                      "calendar":{"holidays":["OWN"]}})",
                                   i);
            stored.schedule.tenant = tenant;
            stored.schedule.updated_at = stored.schedule.created_at;
            dynamo::PutRequest put;
            put.table = TableNames{}.schedules;
            write(put.item, stored);
            tables.schedule_rows().write(put.item, {.state = queue::State::suspended});
            ASSERT_TRUE(world.finish(database->put_item(std::move(put))));
        }
    }
    dynamo::PutRequest spoilt{.table = TableNames{}.schedules, .item = schedule_key("b", "x")};
    ASSERT_TRUE(world.finish(database->put_item(std::move(spoilt))));

    auto forecast =
        Forecast::make({.from = at("2026-06-01T00:00:00Z"), .to = at("2026-06-04T00:00:00Z")})
            .value();
    int unreadable = 0;
    ScanOptions options{.unreadable = [&](const Error&) { ++unreadable; }};
    const auto count = [&](const Schedule& schedule, const recurrence::OwnCalendars& own) {
        return forecast.count(schedule, own, [](const DaylightAnomaly&) {});
    };
    ASSERT_TRUE(world.finish(scan_schedules(*database, options, count)));
    EXPECT_EQ(unreadable, 1);
    EXPECT_EQ(forecast.totals().schedules, 6u);
    EXPECT_EQ(forecast.totals().fires, 12u) << "three days, one of them a holiday";
    options.tenant = "a";
    ASSERT_TRUE(world.finish(scan_schedules(*database, options, count)));
    EXPECT_EQ(forecast.totals().schedules, 9u);
}

}  // namespace
}  // namespace carillon::schedules
