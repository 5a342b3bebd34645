#include "schedules/plan.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace carillon::schedules {
namespace {

using namespace std::chrono_literals;

const TimePoint noon = parse_instant("2026-11-27T12:00:00Z").value();

Rule minutely(recurrence::CalendarSpec calendar = {}) {
    recurrence::Spec spec;
    spec.trigger = recurrence::CronTrigger{.cron = "* * * * *"};
    spec.calendar = std::move(calendar);
    spec.created_at = noon - 24h;
    spec.id = "s";
    return Rule::compile(spec, {}).value();
}

/// `12:00 fired, 12:01 skipped overlap`.
std::string told(const Plan& plan) {
    std::string out;
    for (const LedgerEntry& entry : plan.entries) {
        if (!out.empty()) out += ", ";
        out += format_instant(entry.nominal).substr(11, 5);
        out += " ";
        out += to_string(entry.outcome);
        if (entry.reason != SkipReason::none) out.append(" ").append(to_string(entry.reason));
    }
    return out;
}

Plan plan(const Rule& rule, const Policy& policy, const Situation& situation) {
    auto made = plan_fires(rule, policy, situation);
    EXPECT_TRUE(made);
    return *std::move(made);
}

TEST(Plan, AFireInTimeRunsAtItsInstantAndTheCursorMovesOn) {
    const Plan made = plan(minutely(), {}, {.now = noon + 20ms, .cursor = noon});
    EXPECT_EQ(told(made), "12:00 fired");
    EXPECT_EQ(made.entries.front().run_at, noon);
    EXPECT_EQ(made.cursor, noon + 1min);
    EXPECT_EQ(made.look_at, noon + 1min);
}

TEST(Plan, ALittleLateIsLateAndNotMissed) {
    EXPECT_EQ(told(plan(minutely(), {}, {.now = noon + 5s, .cursor = noon})), "12:00 late");
}

TEST(Plan, WhatWasMissedGoesByTheMisfirePolicy) {
    struct Case {
        Misfire misfire;
        const char* told;
    };

    const Case cases[] = {
        {Misfire::skip, "12:00 skipped misfire, 12:01 skipped misfire, 12:02 skipped misfire"},
        {Misfire::last, "12:00 skipped misfire, 12:01 skipped misfire, 12:02 caught-up"},
        {Misfire::newest, "12:00 skipped misfire, 12:01 caught-up, 12:02 caught-up"},
        {Misfire::all, "12:00 caught-up, 12:01 caught-up, 12:02 caught-up"},
    };
    for (const Case& one : cases) {
        Policy policy;
        policy.misfire = one.misfire;
        policy.misfire_newest = 2;
        policy.overlap = Overlap::allow;
        const Plan made = plan(minutely(), policy, {.now = noon + 150s, .cursor = noon});
        EXPECT_EQ(told(made), one.told) << to_string(one.misfire);
        EXPECT_EQ(made.cursor, noon + 3min);
    }
}

TEST(Plan, CatchingUpKeepsItsRate) {
    Policy policy;
    policy.misfire = Misfire::all;
    policy.overlap = Overlap::allow;
    policy.catch_up_per_second = 2;
    const TimePoint now = noon + 150s;
    const Plan made = plan(minutely(), policy, {.now = now, .cursor = noon});
    ASSERT_EQ(made.entries.size(), 3U);
    EXPECT_EQ(made.entries[0].run_at, now);
    EXPECT_EQ(made.entries[1].run_at, now + 500ms);
    EXPECT_EQ(made.entries[2].run_at, now + 1s);
    EXPECT_EQ(made.catch_up_at, now + 1500ms);
}

TEST(Plan, NothingOlderThanTheWindowRuns) {
    Policy policy;
    policy.misfire = Misfire::all;
    policy.overlap = Overlap::allow;
    policy.catch_up_window = 100s;
    EXPECT_EQ(told(plan(minutely(), policy, {.now = noon + 150s, .cursor = noon})),
              "12:00 skipped misfire, 12:01 caught-up, 12:02 caught-up");
}

TEST(Plan, ALongDowntimeIsDecidedInPartsThatFitATransaction) {
    Policy policy;
    policy.misfire = Misfire::skip;
    const Plan made = plan(minutely(), policy, {.now = noon + 24h, .cursor = noon});
    EXPECT_EQ(made.entries.size(), plan_entries_max);
    EXPECT_EQ(made.cursor, noon + 40min);
    EXPECT_LT(made.look_at, noon + 24h) << "goes on at once";
}

TEST(Plan, AFireDuringTheRunBeforeItGoesByTheOverlapPolicy) {
    struct Case {
        Overlap overlap;
        const char* told;
        bool waits;
        bool cancels;
    };

    const Case cases[] = {
        {Overlap::allow, "12:00 fired", false, false},
        {Overlap::skip, "12:00 skipped overlap", false, false},
        {Overlap::queue_one, "", true, false},
        {Overlap::queue_all, "", true, false},
        {Overlap::cancel, "12:00 fired", false, true},
    };
    for (const Case& one : cases) {
        Policy policy;
        policy.overlap = one.overlap;
        const Plan made =
            plan(minutely(), policy, {.now = noon, .cursor = noon, .previous_active = true});
        EXPECT_EQ(told(made), one.told) << to_string(one.overlap);
        EXPECT_EQ(made.waiting_since.has_value(), one.waits) << to_string(one.overlap);
        EXPECT_EQ(made.cancel_previous, one.cancels) << to_string(one.overlap);
        EXPECT_EQ(made.cursor, one.waits ? noon : noon + 1min) << to_string(one.overlap);
    }
}

TEST(Plan, OneThatWaitedIsLateAndThoseBehindItAreLeftOutOrWaitInTurn) {
    Policy policy;
    const Situation situation{.now = noon + 150s, .cursor = noon, .waiting_since = noon};
    policy.overlap = Overlap::queue_one;
    EXPECT_EQ(told(plan(minutely(), policy, situation)),
              "12:00 late, 12:01 skipped overlap, 12:02 skipped overlap");
    policy.overlap = Overlap::queue_all;
    const Plan made = plan(minutely(), policy, situation);
    EXPECT_EQ(told(made), "12:00 late");
    EXPECT_EQ(made.cursor, noon + 1min);
    EXPECT_TRUE(made.waiting_since);
}

TEST(Plan, WhatPassedDuringAPauseIsToldAndDoesNotRun) {
    EXPECT_EQ(
        told(
            plan(minutely(), {}, {.now = noon + 121s, .cursor = noon, .paused_until = noon + 90s})),
        "12:00 skipped paused, 12:01 skipped paused, 12:02 fired");
}

TEST(Plan, WhatTheCalendarLeavesOutIsToldToo) {
    // A Saturday.
    const TimePoint saturday = parse_instant("2026-11-28T12:00:00Z").value();
    const Plan made =
        plan(minutely({.business_days_only = true}), {}, {.now = saturday, .cursor = saturday});
    EXPECT_EQ(told(made), "12:00 skipped calendar");
}

TEST(Plan, AOneShotHasNoCursorBehindItsShot) {
    recurrence::Spec spec;
    spec.trigger = recurrence::OneShotTrigger{.start_at = "2026-11-27T12:00:00Z"};
    spec.created_at = noon - 1h;
    const Rule rule = Rule::compile(spec, {}).value();
    const Plan made = plan(rule, {}, {.now = noon, .cursor = noon});
    EXPECT_EQ(told(made), "12:00 fired");
    EXPECT_FALSE(made.cursor);
}

}  // namespace
}  // namespace carillon::schedules
