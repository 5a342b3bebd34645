// What an RRULE may not be, and that no rule costs for ever.

#include "core/random.hpp"
#include "recurrence/rrule_test_support.hpp"

#include <gtest/gtest.h>

#include <ctime>
#include <vector>

namespace carillon::recurrence {
namespace {

TEST(Rrule, RefusesWithThePartAndWhatIsAllowed) {
    struct Case {
        const char* text;
        const char* message;
    };

    const Case cases[] = {
        {"", "is empty"},
        {"COUNT=3", "needs FREQ"},
        {"FREQ", "is not NAME=VALUE"},
        {"FREQ=", "is not NAME=VALUE"},
        {"FREQ=FORTNIGHTLY", "FREQ: \"FORTNIGHTLY\" is not one of SECONDLY"},
        {"FREQ=DAILY;FREQ=DAILY", "appears a second time"},
        {"FREQ=DAILY;INTERVAL=0", "INTERVAL: \"0\" is not between 1 and"},
        {"FREQ=DAILY;INTERVAL=-1", "is not between 1 and"},
        {"FREQ=DAILY;INTERVAL=99999999999999999999", "is not between 1 and"},
        {"FREQ=DAILY;INTERVAL=1.5", "is not a whole number"},
        {"FREQ=DAILY;INTERVAL=x", "is not a whole number"},
        {"FREQ=DAILY;COUNT=0", "COUNT: \"0\" is not between"},
        {"FREQ=DAILY;COUNT=2;UNTIL=20270101", "both COUNT and UNTIL"},
        {"FREQ=DAILY;UNTIL=2027-01-01", "UNTIL: \"2027-01-01\" is not a date such as"},
        {"FREQ=DAILY;UNTIL=20270230", "is not a date such as"},
        {"FREQ=DAILY;UNTIL=20270101T250000", "is not a date such as"},
        {"FREQ=DAILY;UNTIL=20250101", "UNTIL is before the start"},
        {"FREQ=DAILY;WKST=XX", "WKST: \"XX\" is not one of SU"},
        {"FREQ=DAILY;BYMONTH=0", "BYMONTH: \"0\" is not between 1 and 12"},
        {"FREQ=DAILY;BYMONTH=13", "is not between 1 and 12"},
        {"FREQ=DAILY;BYMONTH=1,,2", "is not between 1 and 12"},
        {"FREQ=DAILY;BYMONTH=-1", "is not between 1 and 12"},
        {"FREQ=DAILY;BYMONTHDAY=32", "1 and 31 or -31 and -1"},
        {"FREQ=DAILY;BYMONTHDAY=0", "1 and 31 or -31 and -1"},
        {"FREQ=DAILY;BYMONTHDAY=--1", "1 and 31 or -31 and -1"},
        {"FREQ=YEARLY;BYYEARDAY=367", "1 and 366 or -366 and -1"},
        {"FREQ=YEARLY;BYWEEKNO=54", "1 and 53 or -53 and -1"},
        {"FREQ=DAILY;BYHOUR=24", "is not between 0 and 23"},
        {"FREQ=DAILY;BYMINUTE=60", "is not between 0 and 59"},
        {"FREQ=DAILY;BYSECOND=61", "is not between 0 and 60"},
        {"FREQ=WEEKLY;BYDAY=MONDAY", "is not a weekday"},
        {"FREQ=WEEKLY;BYDAY=", "is not NAME=VALUE"},
        {"FREQ=WEEKLY;BYDAY=MO,", "is not a weekday"},
        {"FREQ=WEEKLY;BYDAY=1MO", "are for MONTHLY and YEARLY"},
        {"FREQ=MONTHLY;BYDAY=0MO", "needs a number from 1 to 53"},
        {"FREQ=MONTHLY;BYDAY=54MO", "needs a number from 1 to 53"},
        {"FREQ=MONTHLY;BYDAY=6MO", "above 5 do not exist in a month"},
        {"FREQ=YEARLY;BYDAY=2MO;BYWEEKNO=3", "cannot be used with BYWEEKNO"},
        {"FREQ=MONTHLY;BYWEEKNO=3", "FREQ=YEARLY only, not MONTHLY"},
        {"FREQ=WEEKLY;BYMONTHDAY=3", "cannot be used with FREQ=WEEKLY"},
        {"FREQ=DAILY;BYYEARDAY=3", "cannot be used with FREQ=DAILY"},
        {"FREQ=DAILY;BYSETPOS=1", "needs another BY part"},
        {"FREQ=DAILY;BYHOUR=1;BYSETPOS=0", "1 and 366 or -366 and -1"},
        {"FREQ=DAILY;BYHOUR=1;BYSETPOS=367", "1 and 366 or -366 and -1"},
        {"FREQ=DAILY;RSCALE=HEBREW", "RFC 7529"},
        {"FREQ=DAILY;BYEASTER=0", "is not a part of RFC 5545; there are FREQ"},
        {"EXRULE:FREQ=DAILY", "EXRULE was removed"},
        {"RRULE:FREQ=DAILY\nSUMMARY:x", "SUMMARY is not one of DTSTART"},
        {"DTSTART:20260101T000000\nDTSTART:20260101T000000\nRRULE:FREQ=DAILY", "a second time"},
        {"DTSTART;TZID=Mars/Olympus:20260101T000000\nRRULE:FREQ=DAILY",
         "not a time zone of the IANA list"},
        {"DTSTART;TZID=../../etc/passwd:20260101T000000\nRRULE:FREQ=DAILY", "not a time zone"},
        {"DTSTART;TZID=Europe/Berlin:20260101T000000Z\nRRULE:FREQ=DAILY", "both TZID and Z"},
        {"DTSTART:tomorrow\nRRULE:FREQ=DAILY", "DTSTART: \"tomorrow\" is not a date"},
        {"EXDATE:20260101", "nothing to recur"},
        {"RDATE:x", "RDATE: \"x\" is not a date"},
    };
    for (const Case& c : cases) {
        const auto set = parse(c.text);
        ASSERT_FALSE(set) << c.text;
        EXPECT_EQ(set.error().code, Errc::invalid) << c.text;
        EXPECT_EQ(set.error().field, "rrule") << c.text;
        EXPECT_TRUE(set.error().message.contains(c.message))
            << c.text << ": " << set.error().message;
    }
    EXPECT_FALSE(parse(std::string(300'000, 'x')));
}

/// Rules that cost other engines minutes or for ever.
TEST(Rrule, HostileRulesEnd) {
    const char* const never[] = {
        "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=30,31",
        "FREQ=HOURLY;BYMONTH=4;BYMONTHDAY=31",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=MONTHLY;BYMONTHDAY=30;BYMONTH=2",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31;BYDAY=MO;BYHOUR=1;BYSETPOS=1",
        "FREQ=YEARLY;BYYEARDAY=1;BYMONTH=12",
        "FREQ=YEARLY;BYWEEKNO=30;BYMONTH=1;BYDAY=MO",
        "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=6",
        "FREQ=MONTHLY;BYMONTHDAY=1;BYDAY=2MO",
        "FREQ=WEEKLY;BYDAY=MO;BYSETPOS=2",
        "FREQ=HOURLY;INTERVAL=24;BYHOUR=5",
        "FREQ=HOURLY;INTERVAL=2;BYHOUR=5;BYDAY=MO",
        "FREQ=MINUTELY;INTERVAL=1440;BYHOUR=5",
        "FREQ=MINUTELY;INTERVAL=60;BYMINUTE=5",
        "FREQ=MINUTELY;INTERVAL=2;BYMINUTE=1,3,5",
        "FREQ=SECONDLY;INTERVAL=60;BYSECOND=5",
        "FREQ=SECONDLY;INTERVAL=2;BYSECOND=1,3,5,7",
        "FREQ=SECONDLY;INTERVAL=3600;BYMINUTE=1;BYSECOND=1",
        "FREQ=SECONDLY;INTERVAL=2147483647;BYMONTH=2;BYMONTHDAY=30;BYHOUR=1;BYMINUTE=1;BYSECOND=1",
        "FREQ=SECONDLY;INTERVAL=2;BYHOUR=5;BYMINUTE=7;BYSECOND=9;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO",
        "FREQ=DAILY;INTERVAL=7;BYDAY=MO",
        "FREQ=DAILY;COUNT=2147483647;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=SECONDLY;COUNT=2147483647",
    };
    for (const char* rule : never) {
        const auto begin = std::clock();
        const auto set = parse(std::string("DTSTART:20260101T000000\nRRULE:") + rule);
        const double seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
        ASSERT_FALSE(set) << rule;
        EXPECT_TRUE(set.error().message.contains("never fires") ||
                    set.error().message.contains("not found within"))
            << rule << ": " << set.error().message;
        EXPECT_LT(seconds, 10) << rule;
    }
}

TEST(Rrule, EvaluationStopsWhenItsBudgetIsSpent) {
    // Rare enough that one evaluation cannot reach the second occurrence.
    const auto set = parse(
        "DTSTART:20260101T000000\n"
        "RRULE:FREQ=SECONDLY;INTERVAL=86399;BYHOUR=0;BYMINUTE=0;BYSECOND=0");
    ASSERT_TRUE(set);
    Budget small(1'000);
    EXPECT_EQ(set->next(local("2026-01-01 00:00:00"), small), std::nullopt);
    EXPECT_TRUE(small.exhausted());
    Budget large(1'000'000);
    EXPECT_EQ(text_of(*set->next(local("2026-01-01 00:00:00"), large)), "2262-07-22 00:00:00");
    EXPECT_FALSE(large.exhausted());
}

TEST(Rrule, BackwardsIsForwardsReversed) {
    constexpr std::uint64_t seed = 8'2026;
    SeededRandom random(seed);
    const auto pick = [&](std::initializer_list<const char*> from) {
        return std::string(from.begin()[random.below(from.size())]);
    };
    int compared = 0;
    for (int i = 0; i < 400; ++i) {
        const std::string rule =
            "FREQ=" +
            pick({"SECONDLY", "MINUTELY", "HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY"}) +
            pick({"", ";INTERVAL=2", ";INTERVAL=5", ";INTERVAL=17"}) +
            pick({"", "", ";BYMONTH=1,7", ";BYMONTH=2"}) +
            pick({"", "", ";BYDAY=MO,SU", ";BYDAY=2TU,-1FR"}) +
            pick({"", "", ";BYMONTHDAY=1,15,-1", ";BYWEEKNO=1,53,-2", ";BYYEARDAY=1,60,-1"}) +
            pick({"", "", ";BYHOUR=0,13"}) + pick({"", "", ";BYMINUTE=0,59"}) +
            pick({"", "", ";BYSECOND=5"}) + pick({"", "", ";BYSETPOS=1,-1", ";BYSETPOS=2"}) +
            pick({"", "", ";COUNT=7"}) + pick({"", ";WKST=SU"});
        const auto set = parse("DTSTART:20260321T133005\nRRULE:" + rule);
        if (!set) continue;
        ++compared;
        const std::vector<Local> forwards = all(*set, 30);
        Budget budget(1'000'000);
        Local at = forwards.back() + 1;
        for (std::size_t n = forwards.size(); n > 0; --n) {
            const auto back = set->previous(at, budget);
            ASSERT_EQ(back, forwards[n - 1]) << rule << " seed " << seed;
            at = *back;
        }
        EXPECT_EQ(set->previous(at, budget), std::nullopt) << rule << " seed " << seed;
        // From anywhere between two, the same two are found.
        for (std::size_t n = 1; n < forwards.size(); ++n) {
            const Local between =
                forwards[n - 1] + static_cast<Local>(random.below(
                                      static_cast<std::uint64_t>(forwards[n] - forwards[n - 1])));
            ASSERT_EQ(set->next(between, budget), forwards[n]) << rule << " seed " << seed;
        }
    }
    EXPECT_GT(compared, 100);
}

}  // namespace
}  // namespace carillon::recurrence
