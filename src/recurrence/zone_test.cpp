#include "recurrence/zone.hpp"

#include "recurrence/cron.hpp"
#include "recurrence/daylight.hpp"
#include "recurrence/test_support.hpp"

#include <gtest/gtest.h>

#include <absl/time/time.h>
#include <algorithm>
#include <vector>

namespace carillon::recurrence {
namespace {

TEST(Civil, DaysAndDatesAreEachOthersInverse) {
    Date before = date_of(day_of(year_min, 1, 1) - 1);
    for (Day day = day_of(year_min, 1, 1); day <= day_of(year_max, 12, 31); ++day) {
        const Date date = date_of(day);
        ASSERT_EQ(day_of(date), day);
        ASSERT_GT(date, before);
        before = date;
    }
    EXPECT_EQ(day_of(1970, 1, 1), 0);
    EXPECT_EQ(weekday_of(0), 4);
    EXPECT_EQ(weekday_of(day_of(2026, 11, 21)), 6);
}

TEST(Zone, RefusesWhatIsNotInTheList) {
    const std::string_view names[] = {"",
                                      "../zoneinfo/Europe/Paris",
                                      "/usr/share/zoneinfo/Europe/Paris",
                                      "file:/etc/passwd",
                                      "localtime",
                                      "posixrules",
                                      "posix/Europe/Paris",
                                      "right/UTC",
                                      "Fixed/UTC+01:00:00",
                                      "europe/berlin",
                                      "Europe/Berlin ",
                                      "Europe",
                                      "Factory",
                                      "Mars/Olympus",
                                      std::string_view("Europe/Berlin\0x", 15)};
    for (const std::string_view name : names) {
        const auto zone = Zone::find(name, "schedule.tz");
        ASSERT_FALSE(zone) << name;
        EXPECT_EQ(zone.error().code, Errc::invalid);
        EXPECT_EQ(zone.error().field, "schedule.tz");
        EXPECT_TRUE(zone.error().message.contains("is not a time zone of the IANA list"));
    }
}

TEST(Zone, GuessesWhatWasMeant) {
    EXPECT_TRUE(
        Zone::find("europe/berlin").error().message.contains("did you mean Europe/Berlin?"));
    EXPECT_TRUE(Zone::find("New York").error().message.contains("America/New_York"));
    EXPECT_TRUE(Zone::find("Tokyo").error().message.contains("Asia/Tokyo"));
}

TEST(Zone, KnowsEveryNameOfTheList) {
    EXPECT_TRUE(std::ranges::is_sorted(zone_names()));
    for (const std::string_view name : zone_names()) {
        const auto zone = Zone::find(name);
        ASSERT_TRUE(zone) << name;
        EXPECT_EQ(zone->name(), name);
        EXPECT_EQ(*zone, *Zone::find(name));
    }
    EXPECT_EQ(*Zone::find("UTC"), Zone::utc());
}

/// absl is the source of the transitions, so this checks the copy and the search, not the data;
/// tests/recurrence compares with Python's zoneinfo.
TEST(Zone, AgreesWithAbslAroundEveryChange) {
    for (const std::string_view name : zone_names()) {
        const Zone zone = *Zone::find(name);
        absl::TimeZone other;
        ASSERT_TRUE(absl::LoadTimeZone({name.data(), name.size()}, &other));
        Second at = instant("1890-01-01T00:00:00Z");
        const Second end = instant("2120-01-01T00:00:00Z");
        while (at < end) {
            const Segment segment = zone.segment_at(at);
            ASSERT_LE(segment.from, at);
            ASSERT_GT(segment.to, at);
            for (const Second probe : {at, segment.to - 1}) {
                if (probe > end) continue;
                const absl::Time time = absl::FromUnixSeconds(probe);
                ASSERT_EQ(zone.local_at(probe) - probe, other.At(time).offset)
                    << name << " " << probe;
            }
            at = segment.to;
        }
    }
}

TEST(Zone, RulesForDaylightSavingHoldForever) {
    const Zone zone = *Zone::find("Europe/Berlin");
    for (const int year : {2026, 2099, 2400, 2437, 2438, 2500, 5'000, 9'999}) {
        const Second january = local_of(day_of(year, 1, 10));
        const Second july = local_of(day_of(year, 7, 10));
        EXPECT_EQ(zone.segment_at(january).offset, 3'600) << year;
        EXPECT_EQ(zone.segment_at(july).offset, 7'200) << year;
        const Segment summer = zone.segment_at(july);
        const Date begin = date_of(day_of_local(summer.from));
        EXPECT_EQ(begin.month, 3) << year;
        EXPECT_GE(begin.day, 25) << year;
        EXPECT_EQ(weekday_of(day_of_local(summer.from)), 0) << year;
        EXPECT_EQ(zone.segment_at(summer.from - 1).to, summer.from) << year;
    }
}

TEST(Zone, ReadsWallClocks) {
    struct Case {
        const char* zone;
        const char* local;
        Reading::Kind kind;
        const char* first;
        const char* second;
    };
    using enum Reading::Kind;
    const Case cases[] = {
        {"UTC", "2026-06-01 12:00:00", unique, "2026-06-01T12:00:00Z", "2026-06-01T12:00:00Z"},
        {"Europe/Berlin",
         "2026-03-29 01:59:59",
         unique,
         "2026-03-29T00:59:59Z",
         "2026-03-29T00:59:59Z"},
        {"Europe/Berlin",
         "2026-03-29 02:00:00",
         skipped,
         "2026-03-29T01:00:00Z",
         "2026-03-29T00:00:00Z"},
        {"Europe/Berlin",
         "2026-03-29 02:30:00",
         skipped,
         "2026-03-29T01:30:00Z",
         "2026-03-29T00:30:00Z"},
        {"Europe/Berlin",
         "2026-03-29 03:00:00",
         unique,
         "2026-03-29T01:00:00Z",
         "2026-03-29T01:00:00Z"},
        {"Europe/Berlin",
         "2026-10-25 01:59:59",
         unique,
         "2026-10-24T23:59:59Z",
         "2026-10-24T23:59:59Z"},
        {"Europe/Berlin",
         "2026-10-25 02:00:00",
         repeated,
         "2026-10-25T00:00:00Z",
         "2026-10-25T01:00:00Z"},
        {"Europe/Berlin",
         "2026-10-25 02:59:59",
         repeated,
         "2026-10-25T00:59:59Z",
         "2026-10-25T01:59:59Z"},
        {"Europe/Berlin",
         "2026-10-25 03:00:00",
         unique,
         "2026-10-25T02:00:00Z",
         "2026-10-25T02:00:00Z"},
        {"America/New_York",
         "2026-03-08 02:30:00",
         skipped,
         "2026-03-08T07:30:00Z",
         "2026-03-08T06:30:00Z"},
        {"Australia/Lord_Howe",
         "2026-10-04 02:15:00",
         skipped,
         "2026-10-03T15:45:00Z",
         "2026-10-03T15:15:00Z"},
        {"Australia/Lord_Howe",
         "2026-04-05 01:45:00",
         repeated,
         "2026-04-04T14:45:00Z",
         "2026-04-04T15:15:00Z"},
        // Samoa left out the whole of 30 December 2011.
        {"Pacific/Apia",
         "2011-12-30 12:00:00",
         skipped,
         "2011-12-30T22:00:00Z",
         "2011-12-29T22:00:00Z"},
        // Manila was east of the date line in name until 1844: a day left out, offsets near 16 h.
        {"Asia/Manila",
         "1844-12-31 12:00:00",
         skipped,
         "1845-01-01T03:56:08Z",
         "1844-12-31T03:56:08Z"},
        {"America/Sao_Paulo",
         "2018-11-04 00:00:00",
         skipped,
         "2018-11-04T03:00:00Z",
         "2018-11-04T02:00:00Z"},
    };
    for (const Case& c : cases) {
        const Reading reading = Zone::find(c.zone)->read(local(c.local));
        EXPECT_EQ(reading.kind, c.kind) << c.zone << " " << c.local;
        EXPECT_EQ(instant_text(reading.first), c.first) << c.zone << " " << c.local;
        EXPECT_EQ(instant_text(reading.second), c.second) << c.zone << " " << c.local;
    }
}

struct DaylightCase {
    const char* zone;
    const char* cron;
    Skipped skipped;
    Doubled doubled;
    const char* after;
    std::vector<const char*> fires;
};

TEST(Daylight, FollowsThePolicy) {
    using enum Skipped;
    constexpr auto first = Doubled::first;
    constexpr auto last = Doubled::last;
    constexpr auto both = Doubled::both;
    const DaylightCase cases[] = {
        {"Europe/Berlin",
         "30 2 * * *",
         skip,
         first,
         "2026-03-28T12:00:00Z",
         {"2026-03-30T00:30:00Z"}},
        {"Europe/Berlin",
         "30 2 * * *",
         Skipped::after,
         first,
         "2026-03-28T12:00:00Z",
         {"2026-03-29T01:30:00Z", "2026-03-30T00:30:00Z"}},
        {"Europe/Berlin",
         "30 2 * * *",
         before,
         first,
         "2026-03-28T12:00:00Z",
         {"2026-03-29T00:30:00Z", "2026-03-30T00:30:00Z"}},
        {"Europe/Berlin",
         "30 2 * * *",
         skip,
         first,
         "2026-10-24T12:00:00Z",
         {"2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"}},
        {"Europe/Berlin",
         "30 2 * * *",
         skip,
         last,
         "2026-10-24T12:00:00Z",
         {"2026-10-25T01:30:00Z", "2026-10-26T01:30:00Z"}},
        {"Europe/Berlin",
         "30 2 * * *",
         skip,
         both,
         "2026-10-24T12:00:00Z",
         {"2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-26T01:30:00Z"}},
        // The edges of a gap and of a fold.
        {"Europe/Berlin",
         "0 2 * * *",
         Skipped::after,
         first,
         "2026-03-28T12:00:00Z",
         {"2026-03-29T01:00:00Z"}},
        {"Europe/Berlin",
         "0 2 * * *",
         before,
         first,
         "2026-03-28T12:00:00Z",
         {"2026-03-29T00:00:00Z"}},
        {"Europe/Berlin",
         "0 3 * * *",
         before,
         last,
         "2026-03-28T12:00:00Z",
         {"2026-03-29T01:00:00Z"}},
        {"Europe/Berlin",
         "0 2 * * *",
         skip,
         last,
         "2026-10-24T12:00:00Z",
         {"2026-10-25T01:00:00Z"}},
        {"Europe/Berlin",
         "0 3 * * *",
         skip,
         last,
         "2026-10-24T12:00:00Z",
         {"2026-10-25T02:00:00Z"}},
        // Shifted fires fall among the others: once each, in order.
        {"Europe/Berlin",
         "*/30 1-3 * * *",
         Skipped::after,
         first,
         "2026-03-29T00:00:00Z",
         {"2026-03-29T00:30:00Z",
          "2026-03-29T01:00:00Z",
          "2026-03-29T01:30:00Z",
          "2026-03-29T23:00:00Z"}},
        {"Europe/Berlin",
         "15 2,3 * * *",
         Skipped::after,
         first,
         "2026-03-29T00:00:00Z",
         {"2026-03-29T01:15:00Z", "2026-03-30T00:15:00Z"}},
        {"Europe/Berlin",
         "10,40 1,2 * * *",
         before,
         first,
         "2026-03-28T23:30:00Z",
         {"2026-03-29T00:10:00Z", "2026-03-29T00:40:00Z", "2026-03-29T23:10:00Z"}},
        {"Europe/Berlin",
         "45 1,2 * * *",
         Skipped::after,
         first,
         "2026-03-29T00:44:00Z",
         {"2026-03-29T00:45:00Z", "2026-03-29T01:45:00Z"}},
        // From the middle of the doubled hour.
        {"Europe/Berlin",
         "*/20 * * * *",
         skip,
         both,
         "2026-10-25T00:30:00Z",
         {"2026-10-25T00:40:00Z",
          "2026-10-25T01:00:00Z",
          "2026-10-25T01:20:00Z",
          "2026-10-25T01:40:00Z",
          "2026-10-25T02:00:00Z"}},
        {"Europe/Berlin",
         "*/20 * * * *",
         skip,
         first,
         "2026-10-25T00:30:00Z",
         {"2026-10-25T00:40:00Z", "2026-10-25T02:00:00Z"}},
        {"Europe/Berlin",
         "*/20 * * * *",
         skip,
         last,
         "2026-10-24T23:30:00Z",
         {"2026-10-24T23:40:00Z", "2026-10-25T01:00:00Z"}},
        // A gap of half an hour, a gap at midnight, a whole day left out.
        {"Australia/Lord_Howe",
         "15 2 * * *",
         Skipped::after,
         first,
         "2026-10-03T12:00:00Z",
         {"2026-10-03T15:45:00Z", "2026-10-04T15:15:00Z"}},
        {"Australia/Lord_Howe",
         "15 2 * * *",
         before,
         first,
         "2026-10-03T12:00:00Z",
         {"2026-10-03T15:15:00Z"}},
        {"Australia/Lord_Howe",
         "45 1 * * *",
         skip,
         both,
         "2026-04-04T12:00:00Z",
         {"2026-04-04T14:45:00Z", "2026-04-04T15:15:00Z"}},
        {"America/Sao_Paulo",
         "0 0 * * *",
         Skipped::after,
         first,
         "2018-11-03T12:00:00Z",
         {"2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z"}},
        {"America/Sao_Paulo",
         "0 0 * * *",
         before,
         first,
         "2018-11-03T12:00:00Z",
         {"2018-11-04T02:00:00Z"}},
        {"Pacific/Apia",
         "0 9 * * *",
         skip,
         first,
         "2011-12-29T00:00:00Z",
         {"2011-12-29T19:00:00Z", "2011-12-30T19:00:00Z"}},
        {"Pacific/Apia",
         "0 9 * * *",
         Skipped::after,
         first,
         "2011-12-29T00:00:00Z",
         {"2011-12-29T19:00:00Z", "2011-12-30T19:00:00Z", "2011-12-31T19:00:00Z"}},
        // Only ever in the gap: never under skip.
        {"Europe/Berlin", "30 2 * 3 SUNL", skip, first, "1997-01-01T00:00:00Z", {}},
        {"Europe/Berlin",
         "30 2 * 3 SUNL",
         Skipped::after,
         first,
         "2026-01-01T00:00:00Z",
         {"2026-03-29T01:30:00Z", "2027-03-28T01:30:00Z"}},
    };
    for (const DaylightCase& c : cases) {
        const Zone zone = *Zone::find(c.zone);
        const Cron rule = *Cron::parse(c.cron);
        const DaylightPolicy policy{c.skipped, c.doubled};
        Budget budget;
        Second at = instant(c.after);
        if (c.fires.empty()) EXPECT_EQ(next_instant(rule, zone, policy, at, budget), std::nullopt);
        for (const char* want : c.fires) {
            const auto found = next_instant(rule, zone, policy, at, budget);
            ASSERT_TRUE(found) << c.zone << " " << c.cron;
            EXPECT_EQ(instant_text(*found), want) << c.zone << " " << c.cron << " after " << at;
            const auto back = previous_instant(rule, zone, policy, *found, budget);
            EXPECT_TRUE(back && *back <= at) << c.zone << " " << c.cron << " " << want;
            EXPECT_EQ(previous_instant(rule, zone, policy, *found + 1, budget), *found);
            at = *found;
        }
    }
}

TEST(Daylight, ForwardsAndBackwardsAreTheSameList) {
    const char* const zones[] = {"Europe/Berlin",
                                 "America/New_York",
                                 "Australia/Lord_Howe",
                                 "Pacific/Apia",
                                 "Africa/Casablanca",
                                 "Asia/Kolkata",
                                 "America/Sao_Paulo",
                                 "Antarctica/Troll"};
    const char* const rules[] = {"0 * * * *",
                                 "30 2 * * *",
                                 "*/20 0-3 * * *",
                                 "15 */2 * * *",
                                 "0 0 * * *",
                                 "59 1 * * SUN",
                                 "7 3 L * *"};
    for (const char* name : zones) {
        const Zone zone = *Zone::find(name);
        for (const char* text : rules) {
            const Cron rule = *Cron::parse(text);
            for (int i = 0; i < 9; ++i) {
                const DaylightPolicy policy{static_cast<Skipped>(i / 3),
                                            static_cast<Doubled>(i % 3)};
                Budget budget(10'000'000);
                std::vector<Second> fires;
                const Second begin = instant("2011-01-01T00:00:00Z");
                const Second end = instant("2012-04-15T00:00:00Z");
                Second at = begin;
                while (const auto next = next_instant(rule, zone, policy, at, budget)) {
                    if (*next >= end) break;
                    ASSERT_GT(*next, at) << name << " " << text << " " << i;
                    fires.push_back(*next);
                    at = *next;
                }
                at = end;
                for (std::size_t n = fires.size(); n > 0; --n) {
                    const auto back = previous_instant(rule, zone, policy, at, budget);
                    ASSERT_EQ(back, fires[n - 1])
                        << name << " " << text << " policy " << i << " before " << instant_text(at);
                    at = *back;
                }
            }
        }
    }
}

}  // namespace
}  // namespace carillon::recurrence
