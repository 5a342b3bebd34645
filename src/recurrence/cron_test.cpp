#include "recurrence/cron.hpp"

#include "core/random.hpp"
#include "recurrence/bits.hpp"
#include "recurrence/test_support.hpp"

#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace carillon::recurrence {
namespace {

Cron cron(std::string_view text) {
    auto parsed = Cron::parse(text, {.hash_seed = "a schedule"});
    EXPECT_TRUE(parsed) << text << ": " << (parsed ? "" : describe(parsed.error()));
    return parsed.value_or(Cron{});
}

TEST(Cron, FindsTheNextReading) {
    struct Case {
        const char* expression;
        const char* after;
        std::vector<const char*> next;
    };

    const Case cases[] = {
        {"* * * * *", "2026-01-01 00:00:00", {"2026-01-01 00:01:00", "2026-01-01 00:02:00"}},
        {"* * * * *", "2026-12-31 23:59:00", {"2027-01-01 00:00:00"}},
        {"*/15 * * * *", "2026-01-01 00:46:00", {"2026-01-01 01:00:00", "2026-01-01 01:15:00"}},
        {"5/20 * * * *", "2026-01-01 00:00:00", {"2026-01-01 00:05:00", "2026-01-01 00:25:00"}},
        {"0 9-17/4 * * *",
         "2026-01-01 00:00:00",
         {"2026-01-01 09:00:00",
          "2026-01-01 13:00:00",
          "2026-01-01 17:00:00",
          "2026-01-02 09:00:00"}},
        {"0,30 8 * * *", "2026-01-01 08:00:00", {"2026-01-01 08:30:00", "2026-01-02 08:00:00"}},
        {"0 22-2 * * *",
         "2026-01-01 21:00:00",
         {"2026-01-01 22:00:00",
          "2026-01-01 23:00:00",
          "2026-01-02 00:00:00",
          "2026-01-02 01:00:00",
          "2026-01-02 02:00:00",
          "2026-01-02 22:00:00"}},
        {"0 0 1 NOV-FEB *",
         "2026-01-15 00:00:00",
         {"2026-02-01 00:00:00",
          "2026-11-01 00:00:00",
          "2026-12-01 00:00:00",
          "2027-01-01 00:00:00"}},
        {"0 9 * * MON-FRI", "2026-01-02 09:00:00", {"2026-01-05 09:00:00"}},
        {"0 9 * * mon-fri", "2026-01-02 09:00:00", {"2026-01-05 09:00:00"}},
        {"0 9 * * Monday,Thursday",
         "2026-01-02 09:00:00",
         {"2026-01-05 09:00:00", "2026-01-08 09:00:00"}},
        {"0 9 * * FRI-MON",
         "2026-01-01 09:00:00",
         {"2026-01-02 09:00:00",
          "2026-01-03 09:00:00",
          "2026-01-04 09:00:00",
          "2026-01-05 09:00:00",
          "2026-01-09 09:00:00"}},
        {"0 9 * * 7", "2026-01-01 00:00:00", {"2026-01-04 09:00:00"}},
        {"0 9 * * 0", "2026-01-01 00:00:00", {"2026-01-04 09:00:00"}},
        {"0 9 * * 5-7",
         "2026-01-01 00:00:00",
         {"2026-01-02 09:00:00",
          "2026-01-03 09:00:00",
          "2026-01-04 09:00:00",
          "2026-01-09 09:00:00"}},
        {"0 9 * * 7-1",
         "2026-01-01 00:00:00",
         {"2026-01-04 09:00:00", "2026-01-05 09:00:00", "2026-01-11 09:00:00"}},
        {"0 9 * * */2",
         "2026-01-01 12:00:00",
         {"2026-01-03 09:00:00", "2026-01-04 09:00:00", "2026-01-06 09:00:00"}},
        // Both days restricted: either will do. One of them free: both must hold.
        {"0 0 13 * FRI",
         "2026-02-01 00:00:00",
         {"2026-02-06 00:00:00", "2026-02-13 00:00:00", "2026-02-20 00:00:00"}},
        {"0 0 13 * 5", "2026-04-11 00:00:00", {"2026-04-13 00:00:00", "2026-04-17 00:00:00"}},
        {"0 0 13 * ?", "2026-02-01 00:00:00", {"2026-02-13 00:00:00", "2026-03-13 00:00:00"}},
        {"0 0 ? * FRI", "2026-02-01 00:00:00", {"2026-02-06 00:00:00", "2026-02-13 00:00:00"}},
        {"0 0 */2 * MON", "2026-02-01 00:00:00", {"2026-02-09 00:00:00", "2026-02-23 00:00:00"}},
        {"0 0 1-31 * MON", "2026-02-01 00:00:00", {"2026-02-02 00:00:00", "2026-02-03 00:00:00"}},
        // The end of the month.
        {"0 9 L * *",
         "2026-01-01 00:00:00",
         {"2026-01-31 09:00:00", "2026-02-28 09:00:00", "2026-03-31 09:00:00"}},
        {"0 9 L 2 *", "2027-03-01 00:00:00", {"2028-02-29 09:00:00", "2029-02-28 09:00:00"}},
        {"0 9 L-2 * *", "2026-01-01 00:00:00", {"2026-01-29 09:00:00", "2026-02-26 09:00:00"}},
        {"0 9 L-30 * *", "2026-01-02 00:00:00", {"2026-03-01 09:00:00", "2026-05-01 09:00:00"}},
        {"0 9 15,L * *", "2026-01-01 00:00:00", {"2026-01-15 09:00:00", "2026-01-31 09:00:00"}},
        {"0 9 l * *", "2026-02-01 00:00:00", {"2026-02-28 09:00:00"}},
        // Working days: 15 Feb 2026 is a Sunday, 15 Aug a Saturday, 1 Aug a Saturday.
        {"0 9 15W * *", "2026-02-01 00:00:00", {"2026-02-16 09:00:00", "2026-03-16 09:00:00"}},
        {"0 9 15W 8 *", "2026-02-01 00:00:00", {"2026-08-14 09:00:00"}},
        {"0 9 1W 8 *", "2026-02-01 00:00:00", {"2026-08-03 09:00:00"}},
        {"0 9 31W * *", "2026-01-31 00:00:00", {"2026-03-31 09:00:00", "2026-05-29 09:00:00"}},
        {"0 9 LW * *",
         "2026-01-01 00:00:00",
         {"2026-01-30 09:00:00", "2026-02-27 09:00:00", "2026-03-31 09:00:00"}},
        {"0 9 L-1W * *", "2026-05-01 00:00:00", {"2026-05-29 09:00:00", "2026-06-29 09:00:00"}},
        // Days of the week by their number.
        {"0 9 * * FRIL", "2026-01-01 00:00:00", {"2026-01-30 09:00:00", "2026-02-27 09:00:00"}},
        {"0 9 * * 5L", "2026-01-01 00:00:00", {"2026-01-30 09:00:00", "2026-02-27 09:00:00"}},
        {"0 9 * * 7L", "2026-01-01 00:00:00", {"2026-01-25 09:00:00"}},
        {"0 9 * * FRI#L", "2026-01-01 00:00:00", {"2026-01-30 09:00:00"}},
        {"0 9 * * MON#1", "2026-01-01 00:00:00", {"2026-01-05 09:00:00", "2026-02-02 09:00:00"}},
        {"0 9 * * 2#5", "2026-01-01 00:00:00", {"2026-03-31 09:00:00", "2026-06-30 09:00:00"}},
        {"0 9 * * MON#1,FRI#3",
         "2026-01-01 00:00:00",
         {"2026-01-05 09:00:00", "2026-01-16 09:00:00"}},
        {"0 9 1 * MON#2", "2026-01-01 10:00:00", {"2026-01-12 09:00:00", "2026-02-01 09:00:00"}},
        {"0 0 * 2 2#5", "2026-01-01 00:00:00", {"2028-02-29 00:00:00", "2056-02-29 00:00:00"}},
        // Leap days.
        {"0 0 29 2 *", "2096-02-29 00:00:00", {"2104-02-29 00:00:00"}},
        {"0 0 29 FEB *", "2026-01-01 00:00:00", {"2028-02-29 00:00:00", "2032-02-29 00:00:00"}},
        {"0 0 31 * *", "2026-01-31 00:00:00", {"2026-03-31 00:00:00", "2026-05-31 00:00:00"}},
        // Seconds and years.
        {"*/20 * * * * *",
         "2026-01-01 00:00:00",
         {"2026-01-01 00:00:20", "2026-01-01 00:00:40", "2026-01-01 00:01:00"}},
        {"30 0 9 * * *", "2026-01-01 09:00:30", {"2026-01-02 09:00:30"}},
        {"0 0 9 1 1 * 2028", "2026-01-01 00:00:00", {"2028-01-01 09:00:00"}},
        {"0 0 9 1 1 ? 2028-2032/2",
         "2026-01-01 00:00:00",
         {"2028-01-01 09:00:00", "2030-01-01 09:00:00", "2032-01-01 09:00:00"}},
        {"0 0 9 1 7 * */100",
         "2026-01-01 00:00:00",
         {"2070-07-01 09:00:00", "2170-07-01 09:00:00"}},
        {"@hourly", "2026-01-01 00:00:00", {"2026-01-01 01:00:00"}},
        {"@daily", "2026-01-01 00:00:00", {"2026-01-02 00:00:00"}},
        {"@midnight", "2026-01-01 00:00:00", {"2026-01-02 00:00:00"}},
        {"@weekly", "2026-01-01 00:00:00", {"2026-01-04 00:00:00"}},
        {"@monthly", "2026-01-01 00:00:00", {"2026-02-01 00:00:00"}},
        {"@yearly", "2026-01-01 00:00:00", {"2027-01-01 00:00:00"}},
        {" @Annually ", "2026-01-01 00:00:00", {"2027-01-01 00:00:00"}},
        {"\t0  9 * *\n1 ", "2026-01-01 00:00:00", {"2026-01-05 09:00:00"}},
    };
    for (const Case& c : cases) {
        const Cron rule = cron(c.expression);
        Local at = local(c.after);
        for (const char* want : c.next) {
            const auto found = rule.next(at);
            ASSERT_TRUE(found) << c.expression;
            EXPECT_EQ(text_of(*found), want) << c.expression << " after " << text_of(at);
            // And back again: nothing of the rule lies between.
            const auto back = rule.previous(*found);
            EXPECT_TRUE(!back || *back <= at) << c.expression << " before " << text_of(*found);
            EXPECT_EQ(rule.previous(*found + 1), *found) << c.expression;
            at = *found;
        }
    }
}

TEST(Cron, FindsThePreviousReading) {
    struct Case {
        const char* expression;
        const char* before;
        const char* previous;
    };

    const Case cases[] = {
        {"* * * * *", "2026-01-01 00:00:00", "2025-12-31 23:59:00"},
        {"* * * * *", "2026-01-01 00:00:01", "2026-01-01 00:00:00"},
        {"0 9 * * MON-FRI", "2026-01-05 09:00:00", "2026-01-02 09:00:00"},
        {"0 9 L * *", "2026-03-01 00:00:00", "2026-02-28 09:00:00"},
        {"0 0 29 2 *", "2104-02-29 00:00:00", "2096-02-29 00:00:00"},
        {"59 59 23 31 12 *", "2026-12-31 23:59:59", "2025-12-31 23:59:59"},
        {"0 0 9 1 1 * 2028", "2090-01-01 00:00:00", "2028-01-01 09:00:00"},
        {"0 0 9 1 1 * 1970,2199", "2199-01-01 09:00:00", "1970-01-01 09:00:00"},
    };
    for (const Case& c : cases) {
        const auto found = cron(c.expression).previous(local(c.before));
        ASSERT_TRUE(found) << c.expression;
        EXPECT_EQ(text_of(*found), c.previous) << c.expression;
    }
}

TEST(Cron, EndsWithItsYears) {
    const Cron rule = cron("0 0 9 1 1 * 2028");
    EXPECT_EQ(rule.next(local("2028-01-01 09:00:00")), std::nullopt);
    EXPECT_EQ(rule.next(local("2300-01-01 00:00:00")), std::nullopt);
    EXPECT_EQ(rule.previous(local("2028-01-01 09:00:00")), std::nullopt);
    EXPECT_EQ(rule.previous(local("1950-01-01 00:00:00")), std::nullopt);
}

TEST(Cron, EndsWithTheCalendar) {
    const Cron rule = cron("* * * * * *");
    EXPECT_EQ(rule.next(local_max - 1), local_max);
    EXPECT_EQ(rule.next(local_max), std::nullopt);
    EXPECT_EQ(rule.next(local_max + 1'000'000), std::nullopt);
    EXPECT_EQ(rule.next(local_min - 1'000'000), local_min);
    EXPECT_EQ(rule.previous(local_min + 1), local_min);
    EXPECT_EQ(rule.previous(local_min), std::nullopt);
    EXPECT_EQ(rule.previous(local_max + 1'000'000), local_max);
}

TEST(Cron, RefusesWithTheFieldTheCharacterAndWhatIsAllowed) {
    struct Case {
        const char* expression;
        const char* message;  ///< A part of it.
        std::size_t position;
    };

    const Case cases[] = {
        {"", "is empty", 0},
        {"   ", "is empty", 0},
        {"* * * *", "has 4 fields; needed are 5", 0},
        {"hello", "has 1 field;", 0},
        {"* * * * * * * *", "has 8 fields", 0},
        {"60 * * * *", "minute (field 1, character 1): \"60\" is above 59", 0},
        {"0 24 * * *", "hour (field 2, character 3): \"24\" is above 23; allowed: 0-23", 2},
        {"0 9 0 * *", "day of month (field 3, character 5): \"0\" is below 1", 4},
        {"0 9 32 * *", "\"32\" is above 31", 4},
        {"0 9 * 13 *", "month (field 4, character 7): \"13\" is above 12", 6},
        {"0 9 * 0 *", "\"0\" is below 1", 6},
        {"0 9 * * 8", "day of week (field 5, character 9): \"8\" is above 7", 8},
        {"0 0 9 * * 8", "day of week (field 6, character 11)", 10},
        {"0 0 9 * * * 1969", "year (field 7, character 13): \"1969\" is below 1970", 12},
        {"0 0 9 * * * 2200", "is above 2199", 12},
        {"0 9 * * MO", "\"MO\" is not understood", 8},
        {"0 9 * JANU *", "\"JANU\" is not understood", 6},
        {"0 9 * * MON-", "ends where a value is expected", 12},
        {"0 9 * * ,MON", "empty entry", 8},
        {"0 9 * * MON,", "empty entry", 8},
        {"1,,2 * * * *", "empty entry", 0},
        {"*/0 * * * *", "is a step of nothing", 1},
        {"*/61 * * * *", "steps over all 60 values", 1},
        {"0 */25 * * *", "steps over all 24 values", 3},
        {"*/99999999999 * * * *", "steps over all 60 values", 1},
        {"*/x * * * *", "is not a step", 1},
        {"*/ * * * *", "is not a step", 1},
        {"*/-5 * * * *", "is not a step", 1},
        {"*/5/5 * * * *", "is not a step", 1},
        {"-5 * * * *", "is not understood", 0},
        {"1-2-3 * * * *", "is not understood", 3},
        {"5x * * * *", "\"x\" is not understood", 1},
        {"0 9 20-10 * *", "ends before it begins", 4},
        {"0 0 0 1 1 * 2030-2026", "ends before it begins", 12},
        {"? * * * *", "has a ?", 0},
        {"0 9 1,? * *", "has a ?", 4},
        {"0 9 * * L", "FRIL or 5L is the last Friday", 8},
        {"0 L * * *", "\"L\" is not understood", 2},
        {"0 9 L-31 * *", "1 to 30 after L-", 4},
        {"0 9 L-0 * *", "1 to 30 after L-", 4},
        {"0 9 L- * *", "1 to 30 after L-", 4},
        {"0 9 Lx * *", "neither -days nor W", 4},
        {"0 9 W * *", "is not understood", 4},
        {"0 9 15WX * *", "is not understood", 6},
        {"0 9 * * MON#6", "number from 1 to 5", 11},
        {"0 9 * * MON#0", "number from 1 to 5", 11},
        {"0 9 * * MON#", "number from 1 to 5", 11},
        {"0 9 15#2 * *", "is not understood", 6},
        {"0 9 30 2 *", "never fires", 4},
        {"0 9 31 4,6,9,11 *", "never fires", 4},
        {"0 0 9 29 2 * 2026", "never fires", 6},
        {"0 9 L-29 2 *", "never fires", 4},
        {"@reboot", "ONE_SHOT", 0},
        {"@fortnightly", "is no known macro; there are @yearly", 0},
        {"H(5 * * * *", "needs a range", 0},
        {"H(5-10 * * * *", "closing bracket", 0},
        {"H(10-5) * * * *", "ends before it begins", 0},
        {"0 0 0 1 1 * H", "cannot be spread over years", 12},
        {"0 9 * * \x01\x1b[2J", "\"?\" is not understood", 8},
    };
    for (const Case& c : cases) {
        const auto parsed = Cron::parse(c.expression, {.hash_seed = "s"});
        ASSERT_FALSE(parsed) << c.expression;
        EXPECT_EQ(parsed.error().code, Errc::invalid) << c.expression;
        EXPECT_EQ(parsed.error().field, "cron") << c.expression;
        EXPECT_TRUE(parsed.error().message.contains(c.message))
            << c.expression << ": " << parsed.error().message;
        const auto* at = dynamic_cast<const TextMistake*>(parsed.error().detail.get());
        if (at != nullptr) EXPECT_EQ(at->position, c.position) << c.expression;
    }
    EXPECT_FALSE(Cron::parse(std::string(3'000, '*')));
}

TEST(Cron, SpreadsByAStableHash) {
    const auto minutes = [](std::string_view text, std::string_view seed) {
        return Cron::parse(text, {.hash_seed = seed})->minutes;
    };
    // Never to change: schedules that exist would move.
    EXPECT_EQ(std::countr_zero(minutes("H * * * *", "report")), 50);
    EXPECT_EQ(std::countr_zero(minutes("H * * * *", "backup")), 27);
    EXPECT_EQ(minutes("H * * * *", "report"), minutes("h * * * *", "report"));
    EXPECT_FALSE(Cron::parse("H * * * *"));

    std::set<int> seen;
    for (int i = 0; i < 1'000; ++i) {
        const std::string seed = "schedule " + std::to_string(i);
        const std::uint64_t any = minutes("H * * * *", seed);
        EXPECT_EQ(std::popcount(any), 1);
        seen.insert(std::countr_zero(any));
        EXPECT_EQ(std::popcount(minutes("H/10 * * * *", seed)), 6);
        EXPECT_EQ(std::popcount(minutes("H(0-29)/10 * * * *", seed)), 3);
        EXPECT_EQ(minutes("H(0-29)/10 * * * *", seed) >> 30U, 0U);
        EXPECT_EQ(minutes("H(10-19) * * * *", seed) & ~bit_range(10, 19), 0U);
        const Cron all = *Cron::parse("H H H H H H", {.hash_seed = seed});
        EXPECT_EQ(all.days >> 29U, 0U);
        EXPECT_EQ(std::popcount(all.months), 1);
        EXPECT_EQ(std::popcount(all.weekdays), 1);
    }
    EXPECT_EQ(seen.size(), 60U);
}

/// Day by day and second by second, as slowly as the definition.
bool matches(const Cron& rule, Local at) {
    const Date date = date_of(day_of_local(at));
    const auto second = static_cast<int>(floor_mod(at, seconds_per_day));
    return has_bit(rule.months, date.month) &&
           has_bit(rule.days_of(date.year, date.month), date.day) &&
           has_bit(rule.hours, second / 3'600) && has_bit(rule.minutes, second / 60 % 60) &&
           has_bit(rule.seconds, second % 60);
}

TEST(Cron, AgreesWithASearchThroughAllSeconds) {
    constexpr std::uint64_t seed = 20'261'121;
    SeededRandom random(seed);
    const auto pick = [&](std::initializer_list<const char*> from) {
        return std::string(from.begin()[random.below(from.size())]) + " ";
    };
    for (int i = 0; i < 300; ++i) {
        const std::string text =
            pick({"*", "0", "*/7", "10-20", "59", "1,30"}) + pick({"*", "0", "*/13", "59", "3,4"}) +
            pick({"*", "0", "23", "22-2", "*/5"}) + pick({"*", "L", "15W", "1,LW", "*/3", "?"}) +
            pick({"*", "1-6", "*/2", "12"}) + pick({"*", "MON-FRI", "SUN#1", "FRIL", "6"});
        const Cron rule = cron(text);
        const Local from =
            local("2027-12-28 00:00:00") + static_cast<Local>(random.below(3 * seconds_per_day));
        const auto next = rule.next(from);
        ASSERT_TRUE(next) << text;
        ASSERT_GT(*next, from) << text << " seed " << seed;
        EXPECT_TRUE(matches(rule, *next)) << text << " seed " << seed;
        for (Local at = from + 1; at < std::min(*next, from + 20'000); ++at) {
            ASSERT_FALSE(matches(rule, at)) << text << " " << text_of(at) << " seed " << seed;
        }
        EXPECT_EQ(rule.previous(*next + 1), next) << text << " seed " << seed;
    }
}

}  // namespace
}  // namespace carillon::recurrence
