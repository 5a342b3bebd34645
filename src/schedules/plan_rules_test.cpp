#include "core/random.hpp"
#include "schedules/plan.hpp"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <string>

namespace carillon::schedules {
namespace {

using namespace std::chrono_literals;

TimePoint at(std::string_view text) {
    return parse_instant(text).value();
}

const TimePoint noon = at("2026-06-01T12:00:00Z");

Rule rule_of(recurrence::Spec spec) {
    spec.created_at = noon;
    spec.id = "s";
    auto rule = Rule::compile(spec, {});
    EXPECT_TRUE(rule) << describe(rule.error());
    return *std::move(rule);
}

Rule every_minute() {
    recurrence::Spec spec;
    spec.trigger = recurrence::CronTrigger{"* * * * *"};
    return rule_of(std::move(spec));
}

std::string text_of(const std::vector<LedgerEntry>& entries) {
    std::string text;
    for (const LedgerEntry& entry : entries) {
        text += format_instant(entry.nominal).substr(11, 5);
        text += '=';
        text += to_string(entry.outcome);
        if (entry.reason != SkipReason::none) text.append(":").append(to_string(entry.reason));
        text += ' ';
    }
    return text;
}

std::string planned(const Policy& policy, const Situation& situation) {
    const auto plan = plan_fires(every_minute(), policy, situation);
    EXPECT_TRUE(plan);
    return text_of(plan->entries);
}

TEST(PlanRules, FiresAPunctualInstantAndStandsOnTheNext) {
    const auto plan = plan_fires(every_minute(), {}, {.now = noon + 5ms, .cursor = noon});
    ASSERT_TRUE(plan);
    EXPECT_EQ(text_of(plan->entries), "12:00=fired ");
    EXPECT_EQ(plan->entries.front().run_at, noon);
    EXPECT_EQ(plan->cursor, noon + 1min);
    EXPECT_EQ(plan->look_at, noon + 1min);
}

TEST(PlanRules, DecidesNothingBeforeItsTime) {
    const auto plan = plan_fires(every_minute(), {}, {.now = noon - 1ms, .cursor = noon});
    ASSERT_TRUE(plan);
    EXPECT_TRUE(plan->entries.empty());
    EXPECT_EQ(plan->cursor, noon);
}

TEST(PlanRules, TreatsMissedInstantsAsThePolicySays) {
    struct Case {
        Misfire misfire;
        std::int64_t newest;
        const char* want;
    };

    const Case cases[] = {
        {Misfire::skip,
         1,
         "12:00=skipped:misfire 12:01=skipped:misfire 12:02=skipped:misfire "
         "12:03=skipped:misfire "},
        {Misfire::last,
         1,
         "12:00=skipped:misfire 12:01=skipped:misfire 12:02=skipped:misfire 12:03=caught-up "},
        {Misfire::newest,
         2,
         "12:00=skipped:misfire 12:01=skipped:misfire 12:02=caught-up 12:03=caught-up "},
        {Misfire::all, 1, "12:00=caught-up 12:01=caught-up 12:02=caught-up 12:03=caught-up "},
    };
    for (const Case& c : cases) {
        const Policy policy{
            .misfire = c.misfire, .misfire_newest = c.newest, .overlap = Overlap::allow};
        EXPECT_EQ(planned(policy, {.now = noon + 3min + 30s, .cursor = noon}), c.want);
    }
}

TEST(PlanRules, CatchesUpAtTheRateOfThePolicy) {
    const Policy policy{
        .misfire = Misfire::all, .catch_up_per_second = 2, .overlap = Overlap::allow};
    const TimePoint now = noon + 2min + 30s;
    const auto plan = plan_fires(every_minute(), policy, {.now = now, .cursor = noon});
    ASSERT_TRUE(plan);
    ASSERT_EQ(plan->entries.size(), 3u);
    EXPECT_EQ(plan->entries[0].run_at, now);
    EXPECT_EQ(plan->entries[1].run_at, now + 500ms);
    EXPECT_EQ(plan->entries[2].run_at, now + 1s);
    EXPECT_EQ(plan->catch_up_at, now + 1'500ms);
}

TEST(PlanRules, NeverRunsWhatLiesBeyondTheCatchUpWindow) {
    const Policy policy{.misfire = Misfire::all, .catch_up_window = 90s, .overlap = Overlap::allow};
    EXPECT_EQ(planned(policy, {.now = noon + 3min + 30s, .cursor = noon}),
              "12:00=skipped:misfire 12:01=skipped:misfire 12:02=caught-up 12:03=caught-up ");
}

TEST(PlanRules, TreatsAnActiveRunAsTheOverlapPolicySays) {
    struct Case {
        Overlap overlap;
        const char* want;
        bool cancels;
    };

    const Case cases[] = {
        {Overlap::allow, "12:00=fired ", false},
        {Overlap::skip, "12:00=skipped:overlap ", false},
        {Overlap::queue_one, "", false},
        {Overlap::queue_all, "", false},
        {Overlap::cancel, "12:00=fired ", true},
    };
    for (const Case& c : cases) {
        const Policy policy{.overlap = c.overlap};
        const auto plan = plan_fires(
            every_minute(), policy, {.now = noon, .cursor = noon, .previous_active = true});
        ASSERT_TRUE(plan);
        EXPECT_EQ(text_of(plan->entries), c.want);
        EXPECT_EQ(plan->cancel_previous, c.cancels);
        if (plan->entries.empty()) {
            EXPECT_EQ(plan->cursor, noon);
            EXPECT_EQ(plan->waiting_since, noon);
            EXPECT_EQ(plan->look_at, noon + waiting_pause(0));
        }
    }
}

TEST(PlanRules, LetsOneOfThoseThatWaitedRunAndLeavesOutTheRest) {
    const Policy policy{.overlap = Overlap::queue_one};
    EXPECT_EQ(planned(policy, {.now = noon + 2min + 5s, .cursor = noon, .waiting_since = noon}),
              "12:00=late 12:01=skipped:overlap 12:02=skipped:overlap ");
}

TEST(PlanRules, TellsOfInstantsThatPassedInAPause) {
    EXPECT_EQ(planned({.overlap = Overlap::allow},
                      {.now = noon + 2min, .cursor = noon, .paused_until = noon + 90s}),
              "12:00=skipped:paused 12:01=skipped:paused 12:02=fired ");
}

TEST(PlanRules, TellsOfInstantsThatTheCalendarLeavesOut) {
    recurrence::Spec spec;
    spec.trigger = recurrence::CronTrigger{"0 12 * * *"};
    spec.calendar.business_days_only = true;
    const TimePoint friday = at("2026-06-05T12:00:00Z");
    const Policy policy{.misfire = Misfire::all, .overlap = Overlap::allow};
    const auto plan =
        plan_fires(rule_of(std::move(spec)), policy, {.now = friday + 72h, .cursor = friday + 24h});
    ASSERT_TRUE(plan);
    EXPECT_EQ(text_of(plan->entries), "12:00=skipped:calendar 12:00=skipped:calendar 12:00=fired ");
}

TEST(PlanRules, IsBoundedAndGoesOnAtOnceWhereItStopped) {
    const Policy policy{.misfire = Misfire::skip};
    const TimePoint now = noon + 24h;
    const auto plan = plan_fires(every_minute(), policy, {.now = now, .cursor = noon});
    ASSERT_TRUE(plan);
    EXPECT_EQ(plan->entries.size(), plan_entries_max);
    EXPECT_EQ(plan->cursor, noon + 40min);
    EXPECT_LE(plan->look_at, now);
}

TEST(PlanRules, EndsAfterAOneShot) {
    recurrence::Spec spec;
    spec.trigger = recurrence::OneShotTrigger{"2026-06-01T12:00:00Z"};
    const auto plan = plan_fires(rule_of(std::move(spec)), {}, {.now = noon, .cursor = noon});
    ASSERT_TRUE(plan);
    EXPECT_EQ(text_of(plan->entries), "12:00=fired ");
    EXPECT_EQ(plan->cursor, std::nullopt);
}

/// A year in which a schedule is looked at too late, again and again.
class Year {
public:
    Year(Rule rule, Policy policy, std::uint64_t seed)
        : rule_(std::move(rule)), policy_(policy), random_(seed) {}

    void run() {
        const auto first = rule_.next(noon - 1ms);
        ASSERT_TRUE(first && *first);
        situation_.cursor = **first;
        situation_.now = noon;
        const TimePoint end = noon + 365 * 24h;
        bool over = false;
        while (!over && situation_.now < end) over = look();
        const auto told = over ? end : situation_.cursor;
        const auto want =
            (rule_.nominal ? *rule_.nominal : rule_.effective).between(noon, told, 1'000'000);
        ASSERT_TRUE(want);
        ASSERT_EQ(nominals_.size(), want->size());
        EXPECT_TRUE(nominals_ == *want);
    }

private:
    bool look() {
        situation_.previous_active = random_.below(4) == 0;
        const auto plan = plan_fires(rule_, policy_, situation_);
        EXPECT_TRUE(plan);
        for (const LedgerEntry& entry : plan->entries) check(entry);
        situation_.catch_up_at = plan->catch_up_at;
        situation_.waiting_since = plan->waiting_since;
        if (!plan->cursor) return true;
        situation_.cursor = *plan->cursor;
        // Mostly in time, sometimes after an outage of up to two days.
        situation_.now = std::max(situation_.now, plan->look_at);
        if (random_.below(20) == 0) {
            situation_.now += Duration{static_cast<std::int64_t>(random_.below(172'800'000))};
        }
        return false;
    }

    void check(const LedgerEntry& entry) {
        nominals_.push_back(entry.nominal);
        EXPECT_LE(entry.nominal, situation_.now) << "decided early";
        if (!entry.run_at) {
            EXPECT_EQ(entry.outcome, LedgerOutcome::skipped);
            EXPECT_NE(entry.reason, SkipReason::none);
            return;
        }
        EXPECT_GE(*entry.run_at, entry.nominal) << "runs early";
        if (entry.outcome == LedgerOutcome::caught_up) {
            EXPECT_NE(policy_.misfire, Misfire::skip);
            EXPECT_GE(entry.nominal, situation_.now - policy_.catch_up_window);
        }
    }

    Rule rule_;
    Policy policy_;
    SeededRandom random_;
    Situation situation_;
    std::vector<TimePoint> nominals_;
};

TEST(PlanRules, GivesEveryNominalInstantOfAYearExactlyOneEntry) {
    constexpr std::array crons{"*/20 * * * *", "15 3 * * *", "0 */6 * * 1-5", "30 2 L * *"};
    constexpr std::array misfires{Misfire::skip, Misfire::last, Misfire::all, Misfire::newest};
    constexpr std::array overlaps{
        Overlap::allow, Overlap::skip, Overlap::queue_one, Overlap::queue_all, Overlap::cancel};
    std::uint64_t seed = 1;
    for (const char* cron : crons) {
        for (const Misfire misfire : misfires) {
            for (const Overlap overlap : overlaps) {
                SCOPED_TRACE("seed " + std::to_string(seed) + ", " + cron);
                recurrence::Spec spec;
                spec.trigger = recurrence::CronTrigger{cron};
                spec.tz = "Europe/Berlin";
                spec.calendar.business_days_only = seed % 3 == 0;
                spec.jitter_max = Duration{static_cast<std::int64_t>(seed % 2) * 1'000};
                Policy policy{.misfire = misfire, .misfire_newest = 3, .overlap = overlap};
                Year(rule_of(std::move(spec)), policy, seed++).run();
                if (::testing::Test::HasFailure()) return;
            }
        }
    }
}

}  // namespace
}  // namespace carillon::schedules
