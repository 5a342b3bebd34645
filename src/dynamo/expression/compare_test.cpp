#include "dynamo/expression/compare.hpp"

#include <gtest/gtest.h>

namespace carillon::dynamo {
namespace {

Value bytes(const char* text) {
    return Binary{text};
}

TEST(OrderOf, ComparesValuesOfOneOrderableType) {
    EXPECT_EQ(order_of("a", "b"), std::strong_ordering::less);
    EXPECT_EQ(order_of("b", "a"), std::strong_ordering::greater);
    EXPECT_EQ(order_of("a", "a"), std::strong_ordering::equal);
    EXPECT_EQ(order_of("", "a"), std::strong_ordering::less);
    EXPECT_EQ(order_of(9, 10), std::strong_ordering::less);
    EXPECT_EQ(order_of(bytes("b"), bytes("a")), std::strong_ordering::greater);
}

TEST(OrderOf, TakesBytesAsUnsigned) {
    EXPECT_EQ(order_of("\x7F", "\xC2\x80"), std::strong_ordering::less);
    EXPECT_EQ(order_of(bytes("\xFF"), bytes("\x01")), std::strong_ordering::greater);
}

TEST(OrderOf, HasNoAnswerForOtherTypes) {
    const Value values[] = {true,
                            Null{},
                            List{Value(1)},
                            Map{{"a", 1}},
                            Value::string_set({"a"}),
                            Value::number_set({Number(1)}),
                            Value::binary_set({Binary{"a"}})};
    for (const Value& value : values) {
        EXPECT_FALSE(order_of(value, value)) << type_name(value.type());
        EXPECT_FALSE(is_orderable(value.type()));
    }
    EXPECT_FALSE(order_of("1", 1));
    EXPECT_FALSE(order_of("a", bytes("a")));
}

TEST(BeginsWith, ComparesStringsAndBinaries) {
    EXPECT_TRUE(begins_with("hello", "he"));
    EXPECT_TRUE(begins_with("hello", ""));
    EXPECT_TRUE(begins_with(bytes("hello"), bytes("hell")));
    EXPECT_FALSE(begins_with("hello", "lo"));
    EXPECT_FALSE(begins_with("he", "hello"));
    EXPECT_FALSE(begins_with("hello", bytes("he")));
    EXPECT_FALSE(begins_with(12, 1));
}

TEST(Contains, FindsPartsMembersAndElements) {
    const Value list = List{Value("x"), Value(2), List{Value(3)}, Value::string_set({"s"})};
    EXPECT_TRUE(contains("hello", "ell"));
    EXPECT_TRUE(contains(bytes("hello"), bytes("ell")));
    EXPECT_TRUE(contains(Value::string_set({"a", "b"}), "b"));
    EXPECT_TRUE(contains(Value::number_set({Number(1), Number(2)}), 2));
    EXPECT_TRUE(contains(Value::binary_set({Binary{"a"}}), bytes("a")));
    EXPECT_TRUE(contains(list, 2));
    EXPECT_TRUE(contains(list, List{Value(3)}));
    EXPECT_TRUE(contains(list, Value::string_set({"s"})));
}

TEST(Contains, IsFalseForWhatIsNotThereOrOfAnotherType) {
    EXPECT_FALSE(contains("hello", "x"));
    EXPECT_FALSE(contains("12", 1));
    EXPECT_FALSE(contains("hello", bytes("h")));
    EXPECT_FALSE(contains(Value::string_set({"ab"}), "a"));
    EXPECT_FALSE(contains(Value::number_set({Number(1)}), "1"));
    EXPECT_FALSE(contains(Value::binary_set({Binary{"ab"}}), bytes("a")));
    EXPECT_FALSE(contains(List{Value("2")}, 2));
    EXPECT_FALSE(contains(Map{{"a", 1}}, "a"));
    EXPECT_FALSE(contains(Value::string_set({"a"}), Value::string_set({"a"})));
    EXPECT_FALSE(contains(true, true));
}

TEST(SizeOperand, CountsWhatTheTypeHolds) {
    EXPECT_EQ(size_operand(""), 0);
    EXPECT_EQ(size_operand("hello"), 5);
    EXPECT_EQ(size_operand(bytes("\xFF\xFE")), 2);
    EXPECT_EQ(size_operand(Value::string_set({"a", "b"})), 2);
    EXPECT_EQ(size_operand(Value::number_set({Number(1)})), 1);
    EXPECT_EQ(size_operand(Value::binary_set({Binary{"a"}, Binary{"b"}})), 2);
    EXPECT_EQ(size_operand(List{Value(1), Value(2), Value(3)}), 3);
    EXPECT_EQ(size_operand(Map{}), 0);
    EXPECT_EQ(size_operand(Map{{"x", 2}, {"y", Map{{"z", 1}}}}), 2);
}

TEST(SizeOperand, CountsUtf16UnitsOfStrings) {
    EXPECT_EQ(size_operand("\xC3\xA9"), 1);
    EXPECT_EQ(size_operand("\xE2\x82\xAC"), 1);
    EXPECT_EQ(size_operand("\xC3\xA9\xF0\x9D\x84\x9E"), 3);
}

TEST(SizeOperand, IsNothingForScalars) {
    EXPECT_FALSE(size_operand(1));
    EXPECT_FALSE(size_operand(true));
    EXPECT_FALSE(size_operand(Null{}));
}

TEST(TypeOfName, KnowsTheTenTypes) {
    EXPECT_EQ(type_of_name("S"), Type::string);
    EXPECT_EQ(type_of_name("M"), Type::map);
    EXPECT_EQ(type_of_name("NULL"), Type::null);
    EXPECT_FALSE(type_of_name("s"));
    EXPECT_FALSE(type_of_name(""));
    EXPECT_FALSE(type_of_name("STRING"));
}

}  // namespace
}  // namespace carillon::dynamo
