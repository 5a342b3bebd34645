#include "dynamo/item/number.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace carillon::dynamo {
namespace {

const std::string nines(38, '9');

Number number(std::string_view text) {
    auto parsed = Number::parse(text);
    EXPECT_TRUE(parsed) << text << ": " << parsed.error().message;
    return parsed.value_or(Number());
}

TEST(Number, WritesPlainCanonicalDigits) {
    struct Case {
        std::string text;
        std::string canonical;
    };

    const Case cases[] = {
        {"0", "0"},
        {"-0", "0"},
        {"0.000", "0"},
        {"0e125", "0"},
        {"0e-130", "0"},
        {"1", "1"},
        {"+1", "1"},
        {"-1", "-1"},
        {"007", "7"},
        {"1.", "1"},
        {".5", "0.5"},
        {"-.50", "-0.5"},
        {"1.10", "1.1"},
        {"100", "100"},
        {"1E+20", "100000000000000000000"},
        {"1e20", "100000000000000000000"},
        {"-12.50e3", "-12500"},
        {"1.2e-4", "0.00012"},
        {"123456789012345678", "123456789012345678"},
        {"1234567890123456789", "1234567890123456789"},
        {"12345678901234567890123456789012345678", "12345678901234567890123456789012345678"},
        {"0.12345678901234567890123456789012345678", "0.12345678901234567890123456789012345678"},
        {"123456789012345678901234567890.12345678", "123456789012345678901234567890.12345678"},
        {nines, nines},
        {"9." + nines.substr(1) + "E+125", nines + std::string(88, '0')},
        {"1E-130", "0." + std::string(129, '0') + "1"},
        {"-9." + nines.substr(1) + "e-130", "-0." + std::string(129, '0') + nines},
        {"1" + std::string(125, '0'), "1" + std::string(125, '0')},
        {"0." + std::string(500, '0') + "1e400", "0." + std::string(100, '0') + "1"},
        {"1" + std::string(500, '0') + "e-500", "1"},
        {"1" + std::string(200, '0') + "." + std::string(100, '0') + "e-200", "1"},
    };
    for (const Case& c : cases) EXPECT_EQ(number(c.text).to_string(), c.canonical) << c.text;
}

TEST(Number, RefusesWhatIsNoNumberInDynamoDbWords) {
    for (const std::string text :
         {"a",     "1a",  "--1",   "1.2.3",    "1e",  "e1",       ".",
          "-",     "+-1", "1e1.5", " 1",       "1 ",  "NaN",      "0x10",
          "1,000", "1e+", "1e--1", "Infinity", "1_0", "\xC3\xA9", "1e9223372036854775808"}) {
        const auto parsed = Number::parse(text);
        ASSERT_FALSE(parsed) << text;
        EXPECT_EQ(parsed.error().code, Errc::invalid);
        EXPECT_EQ(parsed.error().message,
                  "The parameter cannot be converted to a numeric value: " + text);
    }
    EXPECT_EQ(Number::parse("").error().message,
              "The parameter cannot be converted to a numeric value");
}

TEST(Number, RefusesMoreThan38Digits) {
    for (const std::string& text : {nines + "1", "1." + nines, "1" + std::string(37, '0') + "1"}) {
        const auto parsed = Number::parse(text);
        ASSERT_FALSE(parsed) << text;
        EXPECT_EQ(parsed.error().message,
                  "Attempting to store more than 38 significant digits in a Number");
    }
}

TEST(Number, RefusesMagnitudesOutOfRange) {
    for (const std::string& text : {std::string("1e126"),
                                    std::string("-1e126"),
                                    std::string("1e99999999999"),
                                    std::string("1e9223372036854775807"),
                                    std::string("0e126"),
                                    "1" + std::string(126, '0'),
                                    std::string(127, '9')}) {
        const auto parsed = Number::parse(text);
        ASSERT_FALSE(parsed) << text;
        EXPECT_EQ(parsed.error().message,
                  "Number overflow. Attempting to store a number with magnitude larger than "
                  "supported range");
    }
    for (const char* text : {"1e-131", "9.9e-131", "-1e-131", "1e-99999999999", "0e-131"}) {
        const auto parsed = Number::parse(text);
        ASSERT_FALSE(parsed) << text;
        EXPECT_EQ(parsed.error().message,
                  "Number underflow. Attempting to store a number with magnitude smaller than "
                  "supported range");
    }
}

TEST(Number, EqualNumbersAreEqualHoweverTheyWereWritten) {
    EXPECT_EQ(number("1.0"), number("1"));
    EXPECT_EQ(number("1e2"), Number(100));
    EXPECT_EQ(number("-0.0"), Number());
    EXPECT_EQ(number("1200"), Number::from_parts(false, 12, 2));
    EXPECT_EQ(Number::from_parts(false, 1200, 0), Number::from_parts(false, 12, 2));
    EXPECT_EQ(Number::from_parts(true, 0, 55), Number());
    EXPECT_NE(number("1"), number("-1"));
}

TEST(Number, ConvertsIntegersBothWays) {
    constexpr auto least = std::numeric_limits<std::int64_t>::min();
    constexpr auto most = std::numeric_limits<std::int64_t>::max();
    for (const std::int64_t value : {std::int64_t{0},
                                     std::int64_t{1},
                                     std::int64_t{-1},
                                     std::int64_t{1000},
                                     least,
                                     most,
                                     least + 1,
                                     most - 1,
                                     std::int64_t{1'000'000'000'000'000'000}}) {
        EXPECT_EQ(Number(value).to_int64(), value);
        EXPECT_EQ(Number(value).to_string(), std::to_string(value));
        EXPECT_EQ(number(std::to_string(value)), Number(value));
    }
    for (const char* text : {"0.5",
                             "9223372036854775808",
                             "-9223372036854775809",
                             "1e19",
                             "1e-130",
                             "1e125",
                             "92233720368547758070"}) {
        EXPECT_EQ(number(text).to_int64(), std::nullopt) << text;
    }
}

TEST(Number, ConvertsToTheNearestDouble) {
    for (const char* text : {"0",
                             "1",
                             "-1",
                             "0.1",
                             "1e125",
                             "-1e-130",
                             "9007199254740993",
                             "123456789.123456789",
                             "3.14159265358979323846264338327950288"}) {
        EXPECT_EQ(number(text).to_double(), std::strtod(text, nullptr)) << text;
    }
}

TEST(Number, CountsItsPackedBytes) {
    struct Case {
        const char* text;
        std::size_t size;
    };

    const Case cases[] = {
        {"0", 1},
        {"1", 2},
        {"-1", 3},
        {"10", 2},
        {"12", 2},
        {"123", 3},
        {"0.12", 2},
        {"1.2", 3},
        {"100000000000000", 2},
        {"12345678901234567890123456789012345678", 20},
        {"1.2345678901234567890123456789012345678", 21},
        {"-12345678901234567890123456789012345678", 21},
        {"-1.2345678901234567890123456789012345678", 21},
    };
    for (const Case& c : cases) EXPECT_EQ(number(c.text).size(), c.size) << c.text;
}

TEST(Number, SumsAreExact) {
    struct Case {
        std::string a;
        std::string b;
        std::string sum;
    };

    const Case cases[] = {
        {"0.1", "0.2", "0.3"},
        {"1", "-1", "0"},
        {nines, "1", "1" + std::string(38, '0')},
        {"-" + nines, "-1", "-1" + std::string(38, '0')},
        {"1", "1E-37", "1." + std::string(36, '0') + "1"},
        {"1", "-1E-38", "0." + nines},
        {"-1", "1E-38", "-0." + nines},
        {"5E+80", "5E+80", "1" + std::string(81, '0')},
        {"1E+125", "1E+88", "1" + std::string(36, '0') + "1" + std::string(88, '0')},
    };
    for (const Case& c : cases) {
        const auto sum = number(c.a).plus(number(c.b));
        ASSERT_TRUE(sum) << c.a << " + " << c.b;
        EXPECT_EQ(sum->to_string(), c.sum) << c.a << " + " << c.b;
        EXPECT_EQ(number(c.b).plus(number(c.a)).value(), *sum) << "commuted";
    }
}

TEST(Number, SumsThatNeedMoreThan38DigitsAreInvalid) {
    struct Case {
        std::string a;
        std::string b;
    };

    const Case cases[] = {
        {nines, "0.4"},
        {nines, "0.5"},
        {nines, "2"},  // 39 digits, the last of them not zero.
        {"-" + nines, "-0.5"},
        {"1", "1E-38"},
        {"1", "-1E-39"},
        {"-1", "5." + std::string(36, '0') + "1E-39"},
        {"1", "1E-75"},
        {"1", "1E-76"},
        {"1", "-1E-130"},
        {"1E+125", "1E-130"},
    };
    for (const Case& c : cases) {
        for (const auto& sum : {number(c.a).plus(number(c.b)), number(c.b).plus(number(c.a))}) {
            ASSERT_FALSE(sum) << c.a << " + " << c.b << " = " << sum->to_string();
            EXPECT_EQ(sum.error().code, Errc::invalid);
            EXPECT_EQ(sum.error().message,
                      "Number overflow. Attempting to store a number with magnitude larger than "
                      "supported range");
        }
    }
}

TEST(Number, SumsOutOfRangeAreInvalid) {
    const Number most = number("9." + nines.substr(1) + "E+125");
    EXPECT_EQ(most.plus(most).error().code, Errc::invalid);
    EXPECT_TRUE(most.plus(most).error().message.starts_with("Number overflow."));
    EXPECT_EQ(most.minus(number("1E+88")).value(), number("9." + nines.substr(2) + "8E+125"));
    EXPECT_TRUE(most.plus(number("1E+88")).error().message.starts_with("Number overflow."));
    EXPECT_TRUE(most.plus(number("1E+87")).error().message.starts_with("Number overflow."));
    EXPECT_EQ(most.minus(most).value(), Number());

    const auto tiny = number("1.1E-130").minus(number("1E-130"));
    EXPECT_TRUE(tiny.error().message.starts_with("Number underflow."));
}

TEST(Number, OrdersByValue) {
    const char* ascending[] = {"-1e125",
                               "-12.5",
                               "-12.4",
                               "-1",
                               "-0.999",
                               "-1e-130",
                               "0",
                               "1e-130",
                               "0.1",
                               "0.11",
                               "0.9",
                               "1",
                               "9",
                               "10",
                               "10.5",
                               "11",
                               "100",
                               "1e125"};
    for (std::size_t i = 0; i < std::size(ascending); ++i) {
        for (std::size_t j = 0; j < std::size(ascending); ++j) {
            EXPECT_EQ(number(ascending[i]) <=> number(ascending[j]), i <=> j)
                << ascending[i] << " and " << ascending[j];
        }
    }
}

}  // namespace
}  // namespace carillon::dynamo
