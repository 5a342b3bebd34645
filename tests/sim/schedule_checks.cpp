#include "schedule_checks.hpp"

#include "core/json.hpp"

#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace carillon::schedules::sim {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t many = 10'000'000;

std::vector<TimePoint> enumerate(const recurrence::Spec& spec, TimePoint from, TimePoint to) {
    const auto rule = recurrence::Recurrence::compile(spec);
    EXPECT_TRUE(rule);
    if (!rule) return {};
    auto found = rule->between(from, to, many);
    EXPECT_TRUE(found);
    return found ? *std::move(found) : std::vector<TimePoint>{};
}

/// The ledger has one row for every nominal instant, and those that the calendar leaves out are
/// told as such.
void check_instants(const Facts& facts) {
    const recurrence::Spec& spec = facts.schedule.spec;
    const TimePoint told = facts.cursor.value_or(facts.now + 24h);
    recurrence::Spec nominal = spec;
    nominal.calendar = {};
    std::vector<TimePoint> all;
    std::vector<TimePoint> open;
    for (const LedgerRow& row : facts.rows) {
        all.push_back(row.entry.nominal);
        if (row.entry.reason != SkipReason::calendar) open.push_back(row.entry.nominal);
    }
    const std::vector<TimePoint> want = enumerate(nominal, facts.schedule.created_at, told);
    EXPECT_EQ(all.size(), want.size());
    EXPECT_TRUE(all == want) << "the ledger is not the enumeration";
    EXPECT_TRUE(open == enumerate(spec, facts.schedule.created_at, told))
        << "what the calendar leaves out is not told as that";
}

/// FIXED_DELAY: each instant counts from the end of a run, or from an instant without one. Where
/// the clock was set back they need not be in the order in which they were decided.
void check_chain(const Facts& facts) {
    const auto& trigger = std::get<recurrence::FixedDelayTrigger>(facts.schedule.spec.trigger);
    std::set<TimePoint> from{facts.schedule.created_at};
    for (const LedgerRow& row : facts.rows) {
        const auto run = facts.runs.find(row.run_id);
        const bool ended = run != facts.runs.end() && run->second.finished_at;
        from.insert(ended ? *run->second.finished_at : row.entry.nominal);
    }
    for (const LedgerRow& row : facts.rows) {
        EXPECT_TRUE(from.contains(row.entry.nominal - trigger.delay))
            << format_instant(row.entry.nominal) << " counts from nothing";
    }
}

/// One row, and the run that it led to.
void check_row(const Facts& facts, const LedgerRow& row, const Seen& seen) {
    const bool skipped = row.entry.outcome == LedgerOutcome::skipped;
    EXPECT_EQ(skipped, row.run_id.empty());
    EXPECT_EQ(skipped, row.entry.reason != SkipReason::none);
    if (skipped) return;
    const auto found = facts.runs.find(row.run_id);
    ASSERT_TRUE(found != facts.runs.end()) << "a run is lost";
    const Run& run = found->second;
    EXPECT_EQ(run.fire_at, row.entry.nominal);
    EXPECT_GE(run.due_at, run.fire_at);
    const bool recent = row.written_at > facts.now - 15min ||
                        run.due_at > facts.now - 15min;  // Jitter may put it off.
    EXPECT_TRUE(has_ended(run.status) || recent) << to_string(run.status);
    if (run.status == RunStatus::succeeded) {
        const auto delivered = seen.deliveries.find("run_" + run.id);
        EXPECT_TRUE(delivered != seen.deliveries.end()) << "succeeded without a delivery";
    }
    if (run.status == RunStatus::cancelled) {
        EXPECT_EQ(facts.schedule.policy.overlap, Overlap::cancel);
    }
}

void check_misfire(const Facts& facts) {
    const Policy& policy = facts.schedule.policy;
    std::size_t caught_up_together = 0;
    TimePoint decided{};
    for (const LedgerRow& row : facts.rows) {
        const LedgerEntry& entry = row.entry;
        const Duration late = row.written_at - entry.nominal;
        const bool caught_up = entry.outcome == LedgerOutcome::caught_up;
        if (caught_up) {
            EXPECT_NE(policy.misfire, Misfire::skip);
            if (row.written_at != decided) caught_up_together = 0;
            decided = row.written_at;
            ++caught_up_together;
            if (policy.misfire == Misfire::last) EXPECT_EQ(caught_up_together, 1u);
            if (policy.misfire == Misfire::newest) EXPECT_LE(caught_up_together, 3u);
            EXPECT_LE(late, policy.catch_up_window);
        }
        if (facts.clock_jumped) continue;
        if (caught_up || entry.reason == SkipReason::misfire) EXPECT_GT(late, policy.misfire_grace);
        if (entry.outcome == LedgerOutcome::fired) EXPECT_LE(late, 1s + 250ms);
        if (policy.misfire == Misfire::all && entry.reason == SkipReason::misfire) {
            EXPECT_GT(late, policy.catch_up_window);
        }
    }
}

/// With a clock that only goes on, wall times tell whether a run began before the one before it
/// had ended.
void check_overlap(const Facts& facts) {
    const Overlap overlap = facts.schedule.policy.overlap;
    const bool waits = overlap == Overlap::queue_one || overlap == Overlap::queue_all;
    const Run* before = nullptr;
    for (const LedgerRow& row : facts.rows) {
        const LedgerEntry& entry = row.entry;
        const bool is_active =
            before != nullptr && (!before->finished_at || *before->finished_at > row.written_at);
        if (entry.reason == SkipReason::overlap) {
            EXPECT_TRUE(overlap == Overlap::skip || overlap == Overlap::queue_one);
            // Its outcome may have taken a while to the store, where the next fire looks for it.
            const bool was_active =
                is_active || (before != nullptr && *before->finished_at + 10s > row.written_at);
            if (overlap == Overlap::skip) EXPECT_TRUE(was_active) << "nothing was running";
        }
        const auto run = facts.runs.find(row.run_id);
        if (run == facts.runs.end()) continue;
        if (waits)
            EXPECT_FALSE(is_active) << "it did not wait at " << format_instant(entry.nominal);
        if (overlap == Overlap::skip && entry.outcome != LedgerOutcome::caught_up) {
            EXPECT_FALSE(is_active) << "it ran beside another at " << format_instant(entry.nominal);
        }
        before = &run->second;
    }
}

}  // namespace

void check(Facts facts, const Seen& seen) {
    const Schedule& schedule = facts.schedule;
    SCOPED_TRACE(to_text(definition_json(schedule)));
    if (std::holds_alternative<recurrence::FixedDelayTrigger>(schedule.spec.trigger)) {
        check_chain(facts);
    } else {
        check_instants(facts);
    }
    std::size_t with_run = 0;
    for (const LedgerRow& row : facts.rows) {
        check_row(facts, row, seen);
        with_run += row.run_id.empty() ? 0 : 1;
    }
    EXPECT_EQ(with_run, facts.runs.size()) << "runs without a row of the ledger";
    check_misfire(facts);
    if (!facts.clock_jumped) check_overlap(facts);
    // A fire may wait for retries of the run before it.
    if (facts.cursor) EXPECT_GT(*facts.cursor + 30min, facts.now) << "it no longer fires";
}

}  // namespace carillon::schedules::sim
