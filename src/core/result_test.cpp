#include "core/result.hpp"

#include "core/check.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace carillon {
namespace {

Result<int> half(int number) {
    if (number % 2 != 0) return fail(Errc::invalid, "odd");
    return number / 2;
}

Result<int> quarter(int number) {
    CARILLON_TRY(const int once, half(number));
    CARILLON_TRY(const int twice, half(once));
    return twice;
}

Result<> check_even(int number) {
    if (number % 2 != 0) return invalid("number", "must be even");
    return {};
}

Result<std::string> name_if_even(int number) {
    CARILLON_TRY_VOID(check_even(number));
    return "even";
}

Result<std::unique_ptr<int>> boxed(int number) {
    CARILLON_TRY(auto box, (Result<std::unique_ptr<int>>(std::make_unique<int>(number))));
    return box;
}

TEST(Try, PassesValuesOnAndReturnsErrors) {
    EXPECT_EQ(quarter(12).value(), 3);
    ASSERT_FALSE(quarter(6));
    EXPECT_EQ(quarter(6).error().message, "odd");
    EXPECT_EQ(name_if_even(2).value(), "even");
    EXPECT_EQ(name_if_even(3).error().field, "number");
}

TEST(Try, MovesWhatCannotBeCopied) {
    EXPECT_EQ(*boxed(5).value(), 5);
}

TEST(Describe, NamesTheFieldIfThereIsOne) {
    EXPECT_EQ(describe(Error{Errc::timeout, "no answer in 5s"}), "timeout: no answer in 5s");
    EXPECT_EQ(describe(invalid("repeat.unit", "is required").error()),
              "invalid: repeat.unit: is required");
}

TEST(Errc, EveryCodeHasItsOwnName) {
    for (int a = 0; a <= static_cast<int>(Errc::internal); ++a) {
        EXPECT_FALSE(to_string(static_cast<Errc>(a)).empty());
        for (int b = 0; b < a; ++b) {
            EXPECT_NE(to_string(static_cast<Errc>(a)), to_string(static_cast<Errc>(b)));
        }
    }
}

TEST(CheckDeathTest, AbortsWithTheExpression) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    const int two = 2;
    CARILLON_CHECK(two == 2);
    EXPECT_DEATH(CARILLON_CHECK(two == 3), "check failed: two == 3");
}

}  // namespace
}  // namespace carillon
