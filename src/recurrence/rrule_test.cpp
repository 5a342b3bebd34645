#include "recurrence/rrule_set.hpp"
#include "recurrence/rrule_test_support.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace carillon::recurrence {
namespace {

/// "1997 9: 2 3-5; 10: 1" at `time`.
std::vector<Local> readings(std::string_view text, std::string_view time) {
    std::vector<Local> found;
    int year = 0;
    int month = 0;
    const Local of_day = local("1970-01-01 " + std::string(time));
    for (std::size_t i = 0; i < text.size();) {
        if (text[i] < '0' || text[i] > '9') {
            ++i;
            continue;
        }
        int value = 0;
        while (i < text.size() && text[i] >= '0' && text[i] <= '9')
            value = value * 10 + text[i++] - '0';
        if (value > 366) {
            year = value;
        } else if (i < text.size() && text[i] == ':') {
            month = value;
        } else {
            int to = value;
            if (i < text.size() && text[i] == '-') {
                ++i;
                to = 0;
                while (i < text.size() && text[i] >= '0' && text[i] <= '9')
                    to = to * 10 + text[i++] - '0';
            }
            for (int day = value; day <= to; ++day) {
                found.push_back(local_of(day_of(year, month, day)) + of_day);
            }
        }
    }
    return found;
}

struct Example {
    const char* rule;
    const char* dates;
    bool ends = false;  ///< The dates are all there are.
    const char* start = "19970902T090000";
    const char* time = "09:00:00";
};

/// The examples of RFC 5545, section 3.8.5.3, in its order.
TEST(Rrule, HoldsTheExamplesOfTheRfc) {
    const Example examples[] = {
        {"FREQ=DAILY;COUNT=10", "1997 9: 2-11", true},
        {"FREQ=DAILY;UNTIL=19971224T000000Z", "1997 9: 2-30; 10: 1-31; 11: 1-30; 12: 1-23", true},
        {"FREQ=DAILY;INTERVAL=2", "1997 9: 2 4 6 8 10 12 14 16 18 20 22 24 26 28 30; 10: 2 4 6"},
        {"FREQ=DAILY;INTERVAL=10;COUNT=5", "1997 9: 2 12 22; 10: 2 12", true},
        {"FREQ=YEARLY;UNTIL=20000131T140000Z;BYMONTH=1;BYDAY=SU,MO,TU,WE,TH,FR,SA",
         "1998 1: 1-31; 1999 1: 1-31; 2000 1: 1-31",
         true,
         "19980101T090000"},
        {"FREQ=DAILY;UNTIL=20000131T140000Z;BYMONTH=1",
         "1998 1: 1-31; 1999 1: 1-31; 2000 1: 1-31",
         true,
         "19980101T090000"},
        {"FREQ=WEEKLY;COUNT=10", "1997 9: 2 9 16 23 30; 10: 7 14 21 28; 11: 4", true},
        {"FREQ=WEEKLY;UNTIL=19971224T000000Z",
         "1997 9: 2 9 16 23 30; 10: 7 14 21 28; 11: 4 11 18 25; 12: 2 9 16 23",
         true},
        {"FREQ=WEEKLY;INTERVAL=2;WKST=SU",
         "1997 9: 2 16 30; 10: 14 28; 11: 11 25; 12: 9 23; 1998 1: 6 20; 2: 3 17"},
        {"FREQ=WEEKLY;UNTIL=19971007T000000Z;WKST=SU;BYDAY=TU,TH",
         "1997 9: 2 4 9 11 16 18 23 25 30; 10: 2",
         true},
        {"FREQ=WEEKLY;COUNT=10;WKST=SU;BYDAY=TU,TH",
         "1997 9: 2 4 9 11 16 18 23 25 30; 10: 2",
         true},
        {"FREQ=WEEKLY;INTERVAL=2;UNTIL=19971224T000000Z;WKST=SU;BYDAY=MO,WE,FR",
         "1997 9: 1 3 5 15 17 19 29; 10: 1 3 13 15 17 27 29 31; 11: 10 12 14 24 26 28; 12: 8 10 12 "
         "22",
         true,
         "19970901T090000"},
        {"FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH",
         "1997 9: 2 4 16 18 30; 10: 2 14 16",
         true},
        {"FREQ=MONTHLY;COUNT=10;BYDAY=1FR",
         "1997 9: 5; 10: 3; 11: 7; 12: 5; 1998 1: 2; 2: 6; 3: 6; 4: 3; 5: 1; 6: 5",
         true,
         "19970905T090000"},
        {"FREQ=MONTHLY;UNTIL=19971224T000000Z;BYDAY=1FR",
         "1997 9: 5; 10: 3; 11: 7; 12: 5",
         true,
         "19970905T090000"},
        {"FREQ=MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU",
         "1997 9: 7 28; 11: 2 30; 1998 1: 4 25; 3: 1 29; 5: 3 31",
         true,
         "19970907T090000"},
        {"FREQ=MONTHLY;COUNT=6;BYDAY=-2MO",
         "1997 9: 22; 10: 20; 11: 17; 12: 22; 1998 1: 19; 2: 16",
         true,
         "19970922T090000"},
        {"FREQ=MONTHLY;BYMONTHDAY=-3",
         "1997 9: 28; 10: 29; 11: 28; 12: 29; 1998 1: 29; 2: 26",
         false,
         "19970928T090000"},
        {"FREQ=MONTHLY;COUNT=10;BYMONTHDAY=2,15",
         "1997 9: 2 15; 10: 2 15; 11: 2 15; 12: 2 15; 1998 1: 2 15",
         true},
        {"FREQ=MONTHLY;COUNT=10;BYMONTHDAY=1,-1",
         "1997 9: 30; 10: 1 31; 11: 1 30; 12: 1 31; 1998 1: 1 31; 2: 1",
         true,
         "19970930T090000"},
        {"FREQ=MONTHLY;INTERVAL=18;COUNT=10;BYMONTHDAY=10,11,12,13,14,15",
         "1997 9: 10-15; 1999 3: 10-13",
         true,
         "19970910T090000"},
        {"FREQ=MONTHLY;INTERVAL=2;BYDAY=TU",
         "1997 9: 2 9 16 23 30; 11: 4 11 18 25; 1998 1: 6 13 20 27; 3: 3 10 17 24 31"},
        {"FREQ=YEARLY;COUNT=10;BYMONTH=6,7",
         "1997 6: 10; 7: 10; 1998 6: 10; 7: 10; 1999 6: 10; 7: 10; 2000 6: 10; 7: 10; 2001 6: 10; "
         "7: 10",
         true,
         "19970610T090000"},
        {"FREQ=YEARLY;INTERVAL=2;COUNT=10;BYMONTH=1,2,3",
         "1997 3: 10; 1999 1: 10; 2: 10; 3: 10; 2001 1: 10; 2: 10; 3: 10; 2003 1: 10; 2: 10; 3: 10",
         true,
         "19970310T090000"},
        {"FREQ=YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200",
         "1997 1: 1; 4: 10; 7: 19; 2000 1: 1; 4: 9; 7: 18; 2003 1: 1; 4: 10; 7: 19; 2006 1: 1",
         true,
         "19970101T090000"},
        {"FREQ=YEARLY;BYDAY=20MO", "1997 5: 19; 1998 5: 18; 1999 5: 17", false, "19970519T090000"},
        {"FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO",
         "1997 5: 12; 1998 5: 11; 1999 5: 17",
         false,
         "19970512T090000"},
        {"FREQ=YEARLY;BYMONTH=3;BYDAY=TH",
         "1997 3: 13 20 27; 1998 3: 5 12 19 26; 1999 3: 4 11 18 25",
         false,
         "19970313T090000"},
        {"FREQ=YEARLY;BYDAY=TH;BYMONTH=6,7,8",
         "1997 6: 5 12 19 26; 7: 3 10 17 24 31; 8: 7 14 21 28; 1998 6: 4 11 18 25; 7: 2 9 16 23 "
         "30; 8: 6 13 20 27",
         false,
         "19970605T090000"},
        {"FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13",
         "1998 2: 13; 3: 13; 11: 13; 1999 8: 13; 2000 10: 13"},
        {"FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13",
         "1997 9: 13; 10: 11; 11: 8; 12: 13; 1998 1: 10; 2: 7; 3: 7; 4: 11; 5: 9; 6: 13",
         false,
         "19970913T090000"},
        {"FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8",
         "1996 11: 5; 2000 11: 7; 2004 11: 2",
         false,
         "19961105T090000"},
        {"FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3",
         "1997 9: 4; 10: 7; 11: 6",
         true,
         "19970904T090000"},
        {"FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2",
         "1997 9: 29; 10: 30; 11: 27; 12: 30; 1998 1: 29; 2: 26; 3: 30",
         false,
         "19970929T090000"},
        {"FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO",
         "1997 8: 5 10 19 24",
         true,
         "19970805T090000"},
        {"FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU",
         "1997 8: 5 17 19 31",
         true,
         "19970805T090000"},
        {"FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5",
         "2007 1: 15 30; 2: 15; 3: 15 30",
         true,
         "20070115T090000"},
    };
    for (const Example& e : examples) {
        const auto set = parse(std::string("DTSTART;TZID=America/New_York:") + e.start +
                               "\r\nRRULE:" + e.rule + "\r\n");
        ASSERT_TRUE(set) << e.rule << describe(set.error());
        const std::vector<Local> want = readings(e.dates, e.time);
        EXPECT_EQ(all(*set, want.size() + (e.ends ? 1 : 0)), want) << e.rule;
        Budget budget;
        for (std::size_t i = want.size(); i > 0; --i) {
            const Local before = i == want.size() ? want.back() + 1 : want[i];
            EXPECT_EQ(set->previous(before, budget), want[i - 1]) << e.rule;
        }
        EXPECT_EQ(set->previous(want.front(), budget), std::nullopt) << e.rule;
    }
}

TEST(Rrule, HoldsTheExamplesOfTheRfcWithinADay) {
    struct Case {
        const char* lines;
        std::vector<const char*> want;
    };

    const Case cases[] = {
        // Every 3 hours from 9:00 to 17:00 on a day: RFC erratum, UNTIL is 17:00 in New York.
        {"RRULE:FREQ=HOURLY;INTERVAL=3;UNTIL=19970902T210000Z",
         {"1997-09-02 09:00:00", "1997-09-02 12:00:00", "1997-09-02 15:00:00"}},
        {"RRULE:FREQ=MINUTELY;INTERVAL=15;COUNT=6",
         {"1997-09-02 09:00:00",
          "1997-09-02 09:15:00",
          "1997-09-02 09:30:00",
          "1997-09-02 09:45:00",
          "1997-09-02 10:00:00",
          "1997-09-02 10:15:00"}},
        {"RRULE:FREQ=MINUTELY;INTERVAL=90;COUNT=4",
         {"1997-09-02 09:00:00",
          "1997-09-02 10:30:00",
          "1997-09-02 12:00:00",
          "1997-09-02 13:30:00"}},
        {"RRULE:FREQ=SECONDLY;INTERVAL=40;COUNT=3",
         {"1997-09-02 09:00:00", "1997-09-02 09:00:40", "1997-09-02 09:01:20"}},
        {"RRULE:FREQ=HOURLY;BYMINUTE=0,30;BYSECOND=10;BYSETPOS=-1;COUNT=2",
         {"1997-09-02 09:30:10", "1997-09-02 10:30:10"}},
        {"RRULE:FREQ=DAILY;BYHOUR=6,18;BYMINUTE=15,45;BYSETPOS=2,-1;COUNT=4",
         {"1997-09-02 18:45:00",
          "1997-09-03 06:45:00",
          "1997-09-03 18:45:00",
          "1997-09-04 06:45:00"}},
        {"RRULE:FREQ=DAILY;BYSECOND=58,60;BYHOUR=9;BYMINUTE=0;COUNT=2",
         {"1997-09-02 09:00:58", "1997-09-02 09:00:59"}},
    };
    for (const Case& c : cases) {
        const auto set =
            parse(std::string("DTSTART;TZID=America/New_York:19970902T090000\n") + c.lines);
        ASSERT_TRUE(set) << c.lines << describe(set.error());
        std::vector<Local> want;
        for (const char* text : c.want) want.push_back(local(text));
        EXPECT_EQ(all(*set, want.size() + 1), want) << c.lines;
    }
    // "Every 20 minutes from 9:00 to 16:40 every day", said in two ways.
    const auto daily = parse(
        "DTSTART:19970902T090000\nRRULE:FREQ=DAILY;BYHOUR=9,10,11,12,13,14,15,16;BYMINUTE=0,20,40");
    const auto minutely = parse(
        "DTSTART:19970902T090000\nRRULE:FREQ=MINUTELY;INTERVAL=20;BYHOUR=9,10,11,12,13,14,15,16");
    EXPECT_EQ(all(*daily, 300), all(*minutely, 300));
    EXPECT_EQ(text_of(all(*daily, 25)[24]), "1997-09-03 09:00:00");
}

TEST(Rrule, FindsWhatIsEasyToGetWrong) {
    const Example examples[] = {
        // Months without the day are left out.
        {"FREQ=MONTHLY;COUNT=4", "2026 1: 31; 3: 31; 5: 31; 7: 31", true, "20260131T090000"},
        {"FREQ=YEARLY;COUNT=3", "2024 2: 29; 2028 2: 29; 2032 2: 29", true, "20240229T090000"},
        {"FREQ=YEARLY;COUNT=2", "2096 2: 29; 2104 2: 29", true, "20960229T090000"},
        // The last day, whatever the month; the last working day.
        {"FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=3", "2026 1: 31; 2: 28; 3: 31", true, "20260131T090000"},
        {"FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=3",
         "2026 1: 30; 2: 27; 3: 31",
         true,
         "20260101T090000"},
        {"FREQ=MONTHLY;BYDAY=+2TU;COUNT=2", "2026 1: 13; 2: 10", true, "20260101T090000"},
        {"FREQ=MONTHLY;BYDAY=5SA;COUNT=2", "2026 1: 31; 5: 30", true, "20260101T090000"},
        // Week 1 may begin in December, week 53 exists in some years.
        {"FREQ=YEARLY;BYWEEKNO=1;BYDAY=MO;COUNT=4",
         "1997 12: 29; 1999 1: 4; 2000 1: 3; 2001 1: 1",
         true},
        {"FREQ=YEARLY;BYWEEKNO=53;BYDAY=MO;COUNT=3", "1998 12: 28; 2004 12: 27; 2009 12: 28", true},
        {"FREQ=YEARLY;BYWEEKNO=-1;BYDAY=SU;COUNT=3", "1997 12: 28; 1999 1: 3; 2000 1: 2", true},
        {"FREQ=YEARLY;BYWEEKNO=20;COUNT=3", "1998 5: 12; 1999 5: 18; 2000 5: 16", true},
        {"FREQ=YEARLY;BYWEEKNO=1;WKST=SU;BYDAY=SU;COUNT=3",
         "1998 1: 4; 1999 1: 3; 2000 1: 2",
         true},
        // Numbers of weekdays counted in the year, or in the month if one is given.
        {"FREQ=YEARLY;BYDAY=-1MO;COUNT=2", "1997 12: 29; 1998 12: 28", true},
        {"FREQ=YEARLY;BYDAY=53TH;COUNT=2", "1998 12: 31; 2004 12: 30", true},
        {"FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU;COUNT=2", "1997 10: 26; 1998 10: 25", true},
        {"FREQ=YEARLY;BYYEARDAY=366;COUNT=2", "2000 12: 31; 2004 12: 31", true},
        {"FREQ=YEARLY;BYYEARDAY=-366;COUNT=2", "2000 1: 1; 2004 1: 1", true},
        {"FREQ=YEARLY;BYYEARDAY=-1,1;COUNT=3", "1997 12: 31; 1998 1: 1; 12: 31", true},
        {"FREQ=YEARLY;BYMONTHDAY=13;BYDAY=FR;COUNT=3", "1998 2: 13; 3: 13; 11: 13", true},
        {"FREQ=YEARLY;BYMONTH=1;BYDAY=MO,WE;BYSETPOS=1,-1;COUNT=4",
         "1998 1: 5 28; 1999 1: 4 27",
         true},
        // DTSTART that does not satisfy the rule does not count.
        {"FREQ=WEEKLY;BYDAY=MO;COUNT=2", "1997 9: 8 15", true},
        {"FREQ=DAILY;BYDAY=SA,SU;COUNT=3", "1997 9: 6 7 13", true},
        {"FREQ=DAILY;INTERVAL=3;BYMONTH=10;COUNT=3", "1997 10: 2 5 8", true},
        {"FREQ=DAILY;BYMONTHDAY=1,-1;COUNT=4", "1997 9: 30; 10: 1 31; 11: 1", true},
        {"FREQ=HOURLY;INTERVAL=24;COUNT=3", "1997 9: 2-4", true},
        {"FREQ=HOURLY;BYHOUR=9;BYMONTHDAY=1;COUNT=2", "1997 10: 1; 11: 1", true},
        {"FREQ=MINUTELY;BYHOUR=9;BYMINUTE=0;BYYEARDAY=1,-1;COUNT=2",
         "1997 12: 31; 1998 1: 1",
         true},
        {"FREQ=SECONDLY;INTERVAL=86400;BYDAY=FR;COUNT=2", "1997 9: 5 12", true},
        {"FREQ=SECONDLY;BYHOUR=9;BYMINUTE=0;BYSECOND=0;COUNT=3", "1997 9: 2-4", true},
        // UNTIL: inclusive; a date means its whole day; local without Z.
        {"FREQ=DAILY;UNTIL=19970904T090000", "1997 9: 2-4", true},
        {"FREQ=DAILY;UNTIL=19970904T085959", "1997 9: 2 3", true},
        {"FREQ=DAILY;UNTIL=19970904", "1997 9: 2-4", true},
        {"FREQ=DAILY;UNTIL=19970904T130000Z", "1997 9: 2-4", true},
        {"FREQ=DAILY;UNTIL=19970904T125959Z", "1997 9: 2 3", true},
        {"freq=daily;count=2", "1997 9: 2 3", true},
        {"FREQ=DAILY;COUNT=2;", "1997 9: 2 3", true},
        // The end of the calendar.
        {"FREQ=YEARLY;INTERVAL=4000", "2000 1: 1; 6000 1: 1", true, "20000101T090000"},
        {"FREQ=MONTHLY;INTERVAL=2147483647", "2000 1: 1", true, "20000101T090000"},
        {"FREQ=SECONDLY;INTERVAL=2147483647;COUNT=1", "2000 1: 1", true, "20000101T090000"},
        {"FREQ=DAILY", "9999 12: 30 31", true, "99991230T090000"},
    };
    for (const Example& e : examples) {
        const auto set =
            parse(std::string("DTSTART;TZID=America/New_York:") + e.start + "\nRRULE:" + e.rule);
        ASSERT_TRUE(set) << e.rule << ": " << describe(set.error());
        const std::vector<Local> want = readings(e.dates, e.time);
        EXPECT_EQ(all(*set, want.size() + (e.ends ? 1 : 0)), want) << e.rule;
        Budget budget;
        Local at = local_max;
        for (std::size_t i = want.size(); e.ends && i > 0; --i) {
            const auto before = set->previous(at, budget);
            EXPECT_EQ(before, want[i - 1]) << e.rule;
            at = before.value_or(0);
        }
    }
}

TEST(RruleSet, AddsAndRemovesDates) {
    const auto set = parse(
        "DTSTART;TZID=Europe/Berlin:20260105T090000\r\n"
        "RRULE:FREQ=WEEKLY;COUNT=4\r\n"
        "RDATE;TZID=Europe/Berlin:20260106T120000,20260112T090000\r\n"
        "RDATE:20260107T\r\n 110000Z\r\n"
        "RDATE;VALUE=PERIOD:20260108T080000/PT1H\r\n"
        "EXDATE;TZID=America/New_York:20260112T030000\r\n"
        "EXDATE;VALUE=DATE:20260119\r\n");
    ASSERT_TRUE(set) << describe(set.error());
    EXPECT_EQ(set->zone().name(), "Europe/Berlin");
    const std::vector<Local> want = {local("2026-01-05 09:00:00"),
                                     local("2026-01-06 12:00:00"),
                                     local("2026-01-07 12:00:00"),
                                     local("2026-01-08 08:00:00"),
                                     local("2026-01-26 09:00:00")};
    EXPECT_EQ(all(*set, 10), want);
    Budget budget;
    EXPECT_EQ(set->previous(local("2026-01-26 09:00:00"), budget), local("2026-01-08 08:00:00"));
}

TEST(RruleSet, TakesDatesWithoutARule) {
    const auto set = parse("DTSTART:20260105T090000Z\nRDATE:20260110T090000Z,20260105T090000Z");
    ASSERT_TRUE(set);
    EXPECT_EQ(all(*set, 10).size(), 2U);
    EXPECT_EQ(set->zone(), Zone::utc());
    EXPECT_EQ(all(*parse("RDATE:20260110T090000"), 10).size(), 1U);
}

TEST(RruleSet, StartsWhereItWasCreatedIfItDoesNotSay) {
    const auto berlin = RruleSet::parse(
        "FREQ=DAILY;COUNT=2",
        {.zone = *Zone::find("Europe/Berlin"), .created = instant("2026-07-01T10:20:30Z")});
    ASSERT_TRUE(berlin);
    const std::vector<Local> want = {local("2026-07-01 12:20:30"), local("2026-07-02 12:20:30")};
    EXPECT_EQ(all(*berlin, 10), want);
}

TEST(RruleSet, JoinsSeveralRules) {
    const auto set =
        parse("DTSTART:20260101T090000\nRRULE:FREQ=WEEKLY;COUNT=2\nRRULE:FREQ=DAILY;COUNT=3");
    ASSERT_TRUE(set);
    EXPECT_EQ(all(*set, 10), readings("2026 1: 1 2 3 8", "09:00:00"));
}

}  // namespace
}  // namespace carillon::recurrence
