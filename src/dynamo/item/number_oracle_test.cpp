// Number against schoolbook arithmetic (fixed_decimal.hpp).

#include "dynamo/item/fixed_decimal.hpp"
#include "dynamo/item/random_values.hpp"

#include <gtest/gtest.h>

namespace carillon::dynamo {
namespace {

using testing::Fixed;

void expect_sum(const Result<Number>& sum, const Fixed& exact, const std::string& what) {
    const bool fits = exact.is_zero() || (exact.leading() <= 125 && exact.leading() >= -130 &&
                                          exact.significant_digits() <= 38);
    if (fits) {
        ASSERT_TRUE(sum) << what << ": " << sum.error().message;
        ASSERT_EQ(sum->to_string(), exact.to_string()) << what;
        // Equal numbers have equal members, however they came about.
        ASSERT_EQ(*sum, Number::parse(exact.to_string()).value()) << what;
    } else {
        ASSERT_FALSE(sum) << what << " = " << sum->to_string();
        const bool underflow = exact.leading() < -130 && exact.significant_digits() <= 38;
        ASSERT_TRUE(
            sum.error().message.starts_with(underflow ? "Number underflow." : "Number overflow."))
            << what << ": " << sum.error().message;
    }
}

TEST(NumberOracle, TextsAgree) {
    constexpr std::uint64_t seed = 41;
    SCOPED_TRACE(seed);
    SeededRandom random(seed);
    for (int i = 0; i < 20'000; ++i) {
        const Number number = testing::random_number(random);
        const std::string text = number.to_string();
        ASSERT_EQ(Fixed(text).to_string(), text);
        ASSERT_EQ(Number::parse(text).value(), number) << text;
        const std::string scientific =
            (number.negative() ? "-" : "") +
            Number::from_parts(false, number.magnitude(), 0).to_string() + "e" +
            std::to_string(number.exponent());
        ASSERT_EQ(Number::parse(scientific).value(), number) << scientific;
    }
}

TEST(NumberOracle, SumsDifferencesAndOrderAgree) {
    constexpr std::uint64_t seed = 42;
    SCOPED_TRACE(seed);
    SeededRandom random(seed);
    for (int i = 0; i < 15'000; ++i) {
        const Number a = testing::random_number(random);
        const Number b = testing::random_number(random);
        const Fixed x(a.to_string());
        const Fixed y(b.to_string());
        const std::string pair = a.to_string() + " and " + b.to_string();
        ASSERT_NO_FATAL_FAILURE(expect_sum(a.plus(b), x.plus(y), "sum of " + pair));
        ASSERT_NO_FATAL_FAILURE(
            expect_sum(a.minus(b), x.plus(y.negated()), "difference of " + pair));
        ASSERT_EQ(a <=> b, x.compare(y) <=> 0) << pair;
        ASSERT_EQ(a == b, x.compare(y) == 0) << pair;
    }
}

// Random pairs seldom meet where precision is decided: digits that lie about the 38th.
TEST(NumberOracle, SumsAgreeAtTheEdgeOfPrecision) {
    constexpr std::uint64_t seed = 43;
    SCOPED_TRACE(seed);
    SeededRandom random(seed);
    const auto magnitude = [&](std::size_t count) {
        Number::Magnitude value = 0;
        const std::uint64_t kind = random.below(4);
        for (std::size_t i = 0; i < count; ++i) {
            const std::uint64_t digit = kind == 0   ? 9
                                        : kind == 1 ? (i == 0 ? 1 : 0)
                                        : kind == 2 ? (i == 0 ? 5 : 0)
                                                    : random.below(10);
            value = value * 10 + digit;
        }
        if (random.below(3) == 0) value += value % 10 == 9 ? 0 : 1;
        return value;
    };
    for (int i = 0; i < 15'000; ++i) {
        const int gap = static_cast<int>(random.below(80));
        const std::size_t count = random.below(2) == 0 ? 38 : 1 + random.below(38);
        const Number a =
            Number::from_parts(random.below(2) == 0, magnitude(1 + random.below(38)), 0);
        const Number b = Number::from_parts(random.below(2) == 0, magnitude(count), -gap);
        const Fixed exact = Fixed(a.to_string()).plus(Fixed(b.to_string()));
        ASSERT_NO_FATAL_FAILURE(
            expect_sum(a.plus(b), exact, a.to_string() + " plus " + b.to_string()));
        ASSERT_NO_FATAL_FAILURE(
            expect_sum(b.plus(a), exact, b.to_string() + " plus " + a.to_string()));
    }
}

TEST(NumberOracle, IntegersAgreeWithWideMachineArithmetic) {
    constexpr std::uint64_t seed = 44;
    SCOPED_TRACE(seed);
    SeededRandom random(seed);
    for (int i = 0; i < 50'000; ++i) {
        const auto a = static_cast<std::int64_t>(random.next() >> random.below(64));
        const auto b = static_cast<std::int64_t>(random.next() >> random.below(64));
        std::int64_t sum = 0;
        if (!__builtin_add_overflow(a, b, &sum)) {
            ASSERT_EQ(Number(a).plus(b).value().to_int64(), sum) << a << " + " << b;
        }
        if (!__builtin_sub_overflow(a, b, &sum)) {
            ASSERT_EQ(Number(a).minus(b).value().to_int64(), sum) << a << " - " << b;
        }
        ASSERT_EQ(Number(a) <=> Number(b), a <=> b) << a << " and " << b;
        ASSERT_EQ(Number::parse(std::to_string(a)).value().to_int64(), a);
    }
}

TEST(NumberOracle, ParsingSurvivesAnyText) {
    constexpr std::uint64_t seed = 45;
    SCOPED_TRACE(seed);
    SeededRandom random(seed);
    constexpr std::string_view alphabet = "0123456789012345678900000+-.eE x";
    int accepted = 0;
    for (int i = 0; i < 100'000; ++i) {
        std::string text;
        for (std::uint64_t left = random.below(48); left > 0; --left) {
            text += alphabet[random.below(i % 2 == 0 ? alphabet.size() : 29)];
        }
        const std::vector<char> copy(text.begin(), text.end());
        if (const auto number = Number::parse({copy.data(), copy.size()})) {
            ++accepted;
            ASSERT_EQ(Number::parse(number->to_string()).value(), *number) << text;
            const double expected = std::strtod(text.c_str(), nullptr);
            ASSERT_DOUBLE_EQ(number->to_double(), expected) << text;
        } else {
            ASSERT_EQ(number.error().code, Errc::invalid);
        }
    }
    EXPECT_GT(accepted, 1'000);
}

}  // namespace
}  // namespace carillon::dynamo
