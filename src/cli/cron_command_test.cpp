#include "cli/cron_command.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace carillon::cli {
namespace {

struct Outcome {
    ExitCode code;
    std::string out;
    std::string err;
};

Outcome run(const CronOptions& options) {
    std::istringstream in;
    std::ostringstream out;
    std::ostringstream err;
    Console console{in, out, err};
    const ExitCode code = explain_cron(options, console, *parse_instant("2026-03-28T12:00:00Z"));
    return {code, out.str(), err.str()};
}

TEST(CronCommand, ExplainsAndListsFires) {
    const Outcome r = run({.rule = "0 9 L * *", .tz = "Europe/Berlin", .count = 2});
    EXPECT_EQ(r.code, ExitCode::ok);
    EXPECT_TRUE(r.out.starts_with("At 09:00 on the last day of the month (Europe/Berlin).\n"))
        << r.out;
    EXPECT_TRUE(r.out.contains("2026-03-31T09:00:00+02:00  Tue")) << r.out;
    EXPECT_TRUE(r.out.contains("2026-04-30T07:00:00.000Z")) << r.out;
    EXPECT_FALSE(r.out.contains("NOTE"));
}

TEST(CronCommand, SaysWhatTheClocksDo) {
    const Outcome r = run({.rule = "30 2 * * *", .tz = "Europe/Berlin", .count = 1});
    EXPECT_TRUE(r.out.contains("2026-03-29T03:30:00+02:00")) << r.out;
    EXPECT_TRUE(r.out.contains("02:30 does not exist on 2026-03-29")) << r.out;
    const Outcome skipped =
        run({.rule = "30 2 * * *", .tz = "Europe/Berlin", .count = 1, .skipped = "skip"});
    EXPECT_TRUE(skipped.out.contains("2026-03-30T02:30:00+02:00")) << skipped.out;
}

TEST(CronCommand, TakesRrulesIntervalsAndCalendars) {
    const Outcome rrule = run({.rule = "FREQ=WEEKLY;BYDAY=MO;BYHOUR=9", .count = 1});
    EXPECT_TRUE(rrule.out.contains("2026-03-30T09:00:00+00:00")) << rrule.out;
    const Outcome lines = run({.rule = "DTSTART:20260401T090000\nRRULE:FREQ=DAILY;COUNT=1"});
    EXPECT_TRUE(lines.out.contains("2026-04-01T09:00:00+00:00")) << lines.out;
    const Outcome every = run({.rule = "every 90m", .count = 1});
    EXPECT_TRUE(every.out.contains("2026-03-28T13:30:00+00:00")) << every.out;
    const Outcome rolled = run({.rule = "0 9 3 4 *",
                                .count = 1,
                                .holidays = {"DE"},
                                .business_days = true,
                                .roll = "next"});
    EXPECT_TRUE(rolled.out.contains("2026-04-07T09:00:00+00:00")) << rolled.out;
}

TEST(CronCommand, StartsWhereItIsTold) {
    const Outcome r =
        run({.rule = "0 9 * * *", .count = 1, .from = "2030-01-01T09:00:00Z", .json = true});
    EXPECT_EQ(r.out,
              "{\"description\":\"At 09:00 every day (UTC).\",\"tz\":\"UTC\",\"next\":[{\"at\":"
              "\"2030-01-02T09:00:00.000Z\",\"local\":\"2030-01-02T09:00:00+00:00\"}]}\n");
    EXPECT_EQ(run({.rule = "0 9 * * *", .from = "someday"}).code, ExitCode::usage);
}

TEST(CronCommand, SaysWhenItIsOver) {
    const Outcome r = run({.rule = "0 0 9 1 1 * 2025"});
    EXPECT_EQ(r.code, ExitCode::ok);
    EXPECT_TRUE(r.out.contains("It does not fire again.")) << r.out;
}

TEST(CronCommand, PointsAtTheMistake) {
    const Outcome r = run({.rule = "0 25 * * *"});
    EXPECT_EQ(r.code, ExitCode::usage);
    EXPECT_TRUE(
        r.err.starts_with("error: hour (field 2, character 3): \"25\" is above 23; allowed:"))
        << r.err;
    EXPECT_TRUE(r.err.ends_with("\n  0 25 * * *\n    ^^\n")) << r.err;
    EXPECT_TRUE(run({.rule = "0 9 * * *", .tz = "Berlin"})
                    .err.contains("--tz: \"Berlin\" is not a time zone of the IANA list; did you "
                                  "mean Europe/Berlin?"));
    EXPECT_EQ(run({.rule = "FREQ=DAILY;BYHOUR=99"}).code, ExitCode::usage);
    EXPECT_EQ(run({.rule = "\x1b[2J"}).err.find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace carillon::cli
