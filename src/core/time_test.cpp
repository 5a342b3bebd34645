#include "core/time.hpp"

#include "core/random.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <limits>
#include <string>

namespace carillon {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t christmas_ms = 1'798'131'600'000;  // 2026-12-24T17:00:00Z

TEST(FormatInstant, WritesUtcWithThreeDecimals) {
    struct Case {
        std::int64_t ms;
        const char* text;
    };

    const Case cases[] = {{0, "1970-01-01T00:00:00.000Z"},
                          {-1, "1969-12-31T23:59:59.999Z"},
                          {1, "1970-01-01T00:00:00.001Z"},
                          {christmas_ms, "2026-12-24T17:00:00.000Z"},
                          {951'827'696'789, "2000-02-29T12:34:56.789Z"},
                          {4'107'542'399'999, "2100-02-28T23:59:59.999Z"},
                          {4'107'542'400'000, "2100-03-01T00:00:00.000Z"},
                          {-62'167'219'200'000, "0000-01-01T00:00:00.000Z"},
                          {253'402'300'799'999, "9999-12-31T23:59:59.999Z"}};
    for (const Case& c : cases) EXPECT_EQ(format_instant(from_epoch_ms(c.ms)), c.text) << c.ms;
}

TEST(FormatInstant, ClampsToTheYearsThatSort) {
    EXPECT_EQ(format_instant(TimePoint::min()), "0000-01-01T00:00:00.000Z");
    EXPECT_EQ(format_instant(TimePoint::max()), "9999-12-31T23:59:59.999Z");
    EXPECT_EQ(format_instant(from_epoch_ms(253'402'300'800'000)), "9999-12-31T23:59:59.999Z");
}

TEST(ParseInstant, ReadsTheFormsOfIso8601) {
    struct Case {
        const char* text;
        std::int64_t ms;
    };

    const Case cases[] = {{"2026-12-24T17:00:00.000Z", christmas_ms},
                          {"2026-12-24T17:00:00Z", christmas_ms},
                          {"2026-12-24T17:00Z", christmas_ms},
                          {"2026-12-24 17:00:00Z", christmas_ms},
                          {"2026-12-24t17:00:00z", christmas_ms},
                          {"2026-12-24T18:00+01:00", christmas_ms},
                          {"2026-12-24T18:00:00+0100", christmas_ms},
                          {"2026-12-24T18:00:00+01", christmas_ms},
                          {"2026-12-25T06:45:00.000+13:45", christmas_ms},
                          {"2026-12-24T07:30:00-09:30", christmas_ms},
                          {"2026-12-24T17:00:00-00:00", christmas_ms},
                          {"2026-12-23T17:01:00-23:59", christmas_ms},
                          {"2026-12-24T17:00:00.5Z", christmas_ms + 500},
                          {"2026-12-24T17:00:00.05Z", christmas_ms + 50},
                          {"2026-12-24T17:00:00.1239Z", christmas_ms + 123},
                          {"2026-12-24T17:00:00.123999999Z", christmas_ms + 123},
                          {"2024-02-29T00:00Z", 1'709'164'800'000},
                          {"0000-01-01T00:00:00.000Z", -62'167'219'200'000},
                          {"1969-12-31T23:59:59.9995Z", -1},
                          {"9999-12-31T23:59:59.999Z", 253'402'300'799'999}};
    for (const Case& c : cases) {
        const auto at = parse_instant(c.text);
        ASSERT_TRUE(at) << c.text << ": " << describe(at.error());
        EXPECT_EQ(to_epoch_ms(*at), c.ms) << c.text;
    }
}

TEST(ParseInstant, RefusesEverythingElse) {
    const std::string cases[] = {"",
                                 "2026",
                                 "2026-12-24",
                                 "2026-12-24T17",
                                 "2026-12-24T17Z",
                                 "2026-12-24T17:00",
                                 "2026-12-24T17:00:00",
                                 "2026-12-24T17:00:00 Z",
                                 "2026-12-24T17:00:00Z ",
                                 " 2026-12-24T17:00:00Z",
                                 "2026-12-24T17:00:00ZZ",
                                 "2026-12-24T17:00:00.Z",
                                 "2026-12-24T17:00:00,5Z",
                                 "2026-12-24T17:00.5Z",
                                 "2026-12-24T17:00:00.1234567890Z",
                                 "2026-12-24T17:00:0Z",
                                 "2026-12-24T17:00:Z",
                                 "2026-12-24T17:0:00Z",
                                 "2026-12-24T24:00:00Z",
                                 "2026-12-24T23:60:00Z",
                                 "2026-12-31T23:59:60Z",
                                 "2026-13-01T00:00Z",
                                 "2026-00-01T00:00Z",
                                 "2026-01-00T00:00Z",
                                 "2026-01-32T00:00Z",
                                 "2026-02-29T00:00Z",
                                 "2100-02-29T00:00Z",
                                 "2026-04-31T00:00Z",
                                 "2026-1-01T00:00Z",
                                 "26-12-24T00:00Z",
                                 "12026-12-24T00:00Z",
                                 "+2026-12-24T00:00Z",
                                 "-2026-12-24T00:00Z",
                                 "2026/12/24T00:00Z",
                                 "20261224T000000Z",
                                 "2026-12-24_17:00Z",
                                 "2026-12-24T17:00:00+24:00",
                                 "2026-12-24T17:00:00+01:60",
                                 "2026-12-24T17:00:00+1",
                                 "2026-12-24T17:00:00+01:",
                                 "2026-12-24T17:00:00+01:0",
                                 "2026-12-24T17:00:00+01:00Z",
                                 "2026-12-24T17:00:00 +01:00",
                                 "2026-12-24T17:00:00 CET",
                                 "2026-12-24T-1:00:00Z",
                                 "2026-12-24T+1:00:00Z",
                                 "0000-01-01T00:00:00+00:01",
                                 "9999-12-31T23:59:59-00:01",
                                 "1798131600000",
                                 "tomorrow",
                                 std::string("2026-12-24T17:00\0Z", 18),
                                 std::string("2026-12-24T17:00Z\0", 18)};
    for (const std::string& text : cases) {
        const auto at = parse_instant(text);
        ASSERT_FALSE(at) << text;
        EXPECT_EQ(at.error().code, Errc::invalid) << text;
        EXPECT_TRUE(at.error().field.empty()) << text;
    }
}

TEST(ParseInstant, ReadsBackWhatIsFormatted) {
    constexpr std::uint64_t seed = 20'260'101;
    SCOPED_TRACE("seed " + std::to_string(seed));
    SeededRandom random(seed);
    std::string earlier;
    TimePoint earlier_at{};
    for (int i = 0; i < 100'000; ++i) {
        const TimePoint at = from_epoch_ms(
            static_cast<std::int64_t>(random.below(315'569'520'000'000)) - 62'167'219'200'000);
        const std::string text = format_instant(at);
        ASSERT_EQ(parse_instant(text).value(), at) << text;
        if (i > 0) ASSERT_EQ(text < earlier, at < earlier_at) << text << " " << earlier;
        earlier = text;
        earlier_at = at;
    }
}

TEST(ParseDuration, ReadsSumsOfUnits) {
    struct Case {
        const char* text;
        Duration duration;
    };

    const Case cases[] = {{"250ms", 250ms},
                          {"5s", 5s},
                          {"30m", 30min},
                          {"2h", 2h},
                          {"1d", 24h},
                          {"1h30m", 90min},
                          {"90m", 90min},
                          {"1d2h3m4s5ms", 26h + 3min + 4s + 5ms},
                          {"1m5ms", 1min + 5ms},
                          {"0s", 0s},
                          {"0ms", 0s},
                          {"007s", 7s},
                          {"36525d", 36'525 * 24h},
                          {"3155760000000ms", 36'525 * 24h}};
    for (const Case& c : cases) {
        const auto duration = parse_duration(c.text);
        ASSERT_TRUE(duration) << c.text;
        EXPECT_EQ(*duration, c.duration) << c.text;
    }
}

TEST(ParseDuration, RefusesEverythingElse) {
    const char* const cases[] = {"",
                                 "5",
                                 "s",
                                 "ms",
                                 "-5s",
                                 "+5s",
                                 "5 s",
                                 " 5s",
                                 "5s ",
                                 "1.5h",
                                 "1h-30m",
                                 "5S",
                                 "5sec",
                                 "1w",
                                 "5s5s",
                                 "30m1h",
                                 "1h30",
                                 "5sm",
                                 "5mss",
                                 "PT5S",
                                 "1e3s",
                                 "0x5s",
                                 "36525d1ms",
                                 "36526d",
                                 "9223372036854775807ms",
                                 "9223372036854775807d",
                                 "99999999999999999999s",
                                 "36525d36525d"};
    for (const char* text : cases) {
        const auto duration = parse_duration(text);
        ASSERT_FALSE(duration) << text;
        EXPECT_EQ(duration.error().code, Errc::invalid) << text;
    }
}

TEST(FormatDuration, NamesEachUnitOnce) {
    struct Case {
        Duration duration;
        const char* text;
    };

    const Case cases[] = {
        {0s, "0s"},
        {250ms, "250ms"},
        {1s, "1s"},
        {1'500ms, "1s500ms"},
        {90min, "1h30m"},
        {24h, "1d"},
        {26h + 3min + 4s + 5ms, "1d2h3m4s5ms"},
        {-90min, "-1h30m"},
        {Duration{std::numeric_limits<std::int64_t>::min()}, "-106751991167d7h12m55s808ms"}};
    for (const Case& c : cases) EXPECT_EQ(format_duration(c.duration), c.text);
}

TEST(FormatDuration, IsReadBack) {
    constexpr std::uint64_t seed = 7;
    SCOPED_TRACE("seed " + std::to_string(seed));
    SeededRandom random(seed);
    for (int i = 0; i < 10'000; ++i) {
        const Duration duration{static_cast<std::int64_t>(random.below(3'155'760'000'001))};
        ASSERT_EQ(parse_duration(format_duration(duration)).value(), duration);
    }
}

}  // namespace
}  // namespace carillon
