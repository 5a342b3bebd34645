#include "delivery/retry_after.hpp"

#include <gtest/gtest.h>

namespace carillon::delivery {
namespace {

using std::chrono::days;
using std::chrono::seconds;

TimePoint instant(const char* text) {
    return parse_instant(text).value();
}

const TimePoint now = instant("2026-11-21T07:00:00Z");

TEST(HttpDate, ReadsAllThreeForms) {
    const TimePoint want = instant("1994-11-06T08:49:37Z");
    for (const char* text : {"Sun, 06 Nov 1994 08:49:37 GMT",
                             "Sunday, 06-Nov-94 08:49:37 GMT",
                             "Sun Nov  6 08:49:37 1994"}) {
        EXPECT_EQ(parse_http_date(text, now), want) << text;
    }
    EXPECT_EQ(parse_http_date("Tue Nov 16 08:49:37 1993", now), instant("1993-11-16T08:49:37Z"));
}

TEST(HttpDate, TakesTwoDigitYearsOverFiftyYearsAheadAsPast) {
    EXPECT_EQ(parse_http_date("Friday, 01-Jan-76 00:00:00 GMT", now),
              instant("2076-01-01T00:00:00Z"));
    EXPECT_EQ(parse_http_date("Friday, 01-Jan-77 00:00:00 GMT", now),
              instant("1977-01-01T00:00:00Z"));
}

TEST(HttpDate, RefusesEverythingElse) {
    for (const char* text : {"",
                             "Sun",
                             "Sun, 6 Nov 1994 08:49:37 GMT",
                             "Sun, 06 nov 1994 08:49:37 GMT",
                             "Sun, 31 Feb 1994 08:49:37 GMT",
                             "Sun, 06 Nov 1994 24:49:37 GMT",
                             "Sun, 06 Nov 1994 08:60:37 GMT",
                             "Sun, 06 Nov 1994 08:49:61 GMT",
                             "Sun, 06 Nov 1994 08:49:37 UTC",
                             "Sun, 06 Nov 1994 08:49:37 GMT ",
                             "Abc, 06 Nov 1994 08:49:37 GMT",
                             "Sunday, 00-Nov-94 08:49:37 GMT",
                             "Sun Nov 6 08:49:37 1994",
                             "1994-11-06T08:49:37Z"}) {
        EXPECT_EQ(parse_http_date(text, now), std::nullopt) << text;
    }
}

TEST(RetryAfter, ReadsSecondsAndDates) {
    EXPECT_EQ(parse_retry_after("120", now), now + seconds{120});
    EXPECT_EQ(parse_retry_after("  5 ", now), now + seconds{5});
    EXPECT_EQ(parse_retry_after("Sat, 21 Nov 2026 07:01:30 GMT", now), now + seconds{90});
}

TEST(RetryAfter, SaysNothingAboutThePast) {
    for (const char* text :
         {"0", "000", "Sat, 21 Nov 2026 07:00:00 GMT", "Sun, 06 Nov 1994 08:49:37 GMT"}) {
        EXPECT_EQ(parse_retry_after(text, now), std::nullopt) << text;
    }
}

TEST(RetryAfter, IsAtMostAYear) {
    EXPECT_EQ(parse_retry_after("99999999999", now), now + days{365});
    EXPECT_EQ(parse_retry_after("999999999999999999999999999", now), now + days{365});
    EXPECT_EQ(parse_retry_after("Sat, 21 Nov 2099 07:00:00 GMT", now), now + days{365});
}

TEST(RetryAfter, RefusesWhatIsNeither) {
    for (const char* text : {"", "-5", "1.5", "5s", "soon", "0x10"}) {
        EXPECT_EQ(parse_retry_after(text, now), std::nullopt) << text;
    }
}

}  // namespace
}  // namespace carillon::delivery
