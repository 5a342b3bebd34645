#include "core/json.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

namespace carillon {
namespace {

std::string nested(std::size_t levels) {
    return std::string(levels, '[') + std::string(levels, ']');
}

TEST(ParseJson, ReadsEveryKindOfValue) {
    const auto parsed = parse_json(R"( {"a":null,"b":[true,false],"c":"x","d":-1,"e":1.5} )");
    ASSERT_TRUE(parsed) << describe(parsed.error());
    EXPECT_TRUE(parsed->at("a").is_null());
    EXPECT_EQ(parsed->at("b"), (json::array{true, false}));
    EXPECT_EQ(parsed->at("c"), "x");
    EXPECT_EQ(parsed->at("d"), -1);
    EXPECT_EQ(parsed->at("e"), 1.5);
}

TEST(ParseJson, ReadsScalarsAtTheTop) {
    EXPECT_EQ(parse_json("7").value(), 7);
    EXPECT_EQ(parse_json("\"\"").value(), "");
    EXPECT_EQ(parse_json("1.25").value(), 1.25);
}

TEST(ParseJson, KeepsTheOrderOfMembers) {
    const auto parsed = parse_json(R"({"z":1,"a":2,"m":3})");
    ASSERT_TRUE(parsed);
    EXPECT_EQ(to_text(*parsed), R"({"z":1,"a":2,"m":3})");
}

TEST(ParseJson, DecodesEscapes) {
    const auto parsed = parse_json(R"({"k\u0065y":"a\n\"\\\/\u00e9\ud83d\ude00b"})");
    ASSERT_TRUE(parsed) << describe(parsed.error());
    EXPECT_EQ(parsed->at("key"), "a\n\"\\/\u00e9\U0001F600b");
}

TEST(ParseJson, KeepsWholeNumbersOf64BitsWhole) {
    EXPECT_EQ(parse_json("9223372036854775807").value(), std::numeric_limits<std::int64_t>::max());
    EXPECT_EQ(parse_json("-9223372036854775808").value(), std::numeric_limits<std::int64_t>::min());
    EXPECT_EQ(parse_json("18446744073709551615").value(),
              std::numeric_limits<std::uint64_t>::max());
    EXPECT_EQ(parse_json("18446744073709551616").value(), 18446744073709551616.0);
}

TEST(ParseJson, ReadsDoublesExactly) {
    // Each is a nearest double that a parser with a shortcut gets wrong by one unit.
    const char* const texts[] = {"0.1",
                                 "9007199254740993.0",
                                 "2.2250738585072011e-308",
                                 "1.7976931348623157e308",
                                 "8.98846567431158e307",
                                 "123456789.123456789123456789123456789",
                                 "7.3177701707893310e+15",
                                 "1e23"};
    for (const char* text : texts) {
        const auto parsed = parse_json(text);
        ASSERT_TRUE(parsed) << text;
        EXPECT_EQ(parsed->as_double(), std::strtod(text, nullptr)) << text;
    }
}

TEST(ParseJson, RefusesNumbersThatADoubleCannotHold) {
    EXPECT_EQ(parse_json("[1e-400]").value(), json::array{0.0});
    for (const char* text : {"1e400", "-1e400", "[1e999999999999]"}) {
        const auto parsed = parse_json(text);
        ASSERT_FALSE(parsed) << text;
        EXPECT_EQ(parsed.error().code, Errc::invalid);
        EXPECT_NE(parsed.error().message.find("line 1"), std::string::npos);
    }
}

TEST(ParseJson, RefusesWhatIsNotJson) {
    const std::string cases[] = {"",
                                 " ",
                                 "{",
                                 "[1,]",
                                 "{\"a\":1,}",
                                 "{a:1}",
                                 "{'a':1}",
                                 "[1] x",
                                 "[1][2]",
                                 "01",
                                 "+1",
                                 ".5",
                                 "1.",
                                 "NaN",
                                 "Infinity",
                                 "tru",
                                 "nulL",
                                 "/* c */ 1",
                                 "\"a\nb\"",
                                 std::string("\"a\0b\"", 5),
                                 std::string("1\0", 2),
                                 "\"\\x41\"",
                                 "\"\\u12\"",
                                 "\"\\ud800\"",
                                 "\"\\udc00\"",
                                 "\"\\ud800\\u0041\"",
                                 "\xef\xbb\xbf{}"};
    for (const std::string& text : cases) {
        const auto parsed = parse_json(text);
        ASSERT_FALSE(parsed) << text;
        EXPECT_EQ(parsed.error().code, Errc::invalid) << text;
        EXPECT_TRUE(parsed.error().field.empty()) << text;
        EXPECT_NE(parsed.error().message.find(" at line "), std::string::npos) << text;
    }
}

TEST(ParseJson, RefusesBytesThatAreNotUtf8) {
    for (const char* text : {"\"\xff\"", "\"\xc0\xaf\"", "\"\xed\xa0\x80\"", "{\"\x80\":1}"}) {
        const auto parsed = parse_json(text);
        ASSERT_FALSE(parsed);
        EXPECT_NE(parsed.error().message.find("UTF-8"), std::string::npos)
            << parsed.error().message;
    }
}

TEST(ParseJson, TellsWhereTheMistakeIs) {
    const auto parsed = parse_json("{\n  \"a\": 1,\n  \"b\": ?\n}");
    ASSERT_FALSE(parsed);
    EXPECT_NE(parsed.error().message.find("line 3, column 8"), std::string::npos)
        << parsed.error().message;
}

TEST(ParseJson, RefusesAKeyThatAppearsTwiceAndNamesIt) {
    struct Case {
        const char* text;
        const char* field;
    };

    const Case cases[] = {{R"({"a":1,"a":2})", "a"},
                          {R"({"a":1,"\u0061":2})", "a"},
                          {R"({"a":{"b":1,"c":2,"b":3}})", "a.b"},
                          {R"({"a":[0,{"b":1,"b":1}]})", "a[1].b"},
                          {R"([{"x":{},"x":{}}])", "[0].x"},
                          {R"({"":1,"":1})", ""}};
    for (const Case& c : cases) {
        const auto parsed = parse_json(c.text);
        ASSERT_FALSE(parsed) << c.text;
        EXPECT_EQ(parsed.error().field, c.field);
        EXPECT_NE(parsed.error().message.find("twice"), std::string::npos);
    }
}

TEST(ParseJson, AllowsTheSameKeyInDifferentObjects) {
    EXPECT_TRUE(parse_json(R"({"a":{"a":{"a":1}},"b":[{"a":1},{"a":2}]})"));
}

TEST(ParseJson, LimitsTheDepth) {
    EXPECT_TRUE(parse_json(nested(json_depth_max)));
    for (const std::size_t levels : {json_depth_max + 1, std::size_t{100'000}}) {
        const auto parsed = parse_json(nested(levels));
        ASSERT_FALSE(parsed);
        EXPECT_NE(parsed.error().message.find("32 levels"), std::string::npos)
            << parsed.error().message;
    }
}

TEST(ToText, WritesDoublesTheShortWay) {
    struct Case {
        double number;
        const char* text;
    };

    const Case cases[] = {{1.5, "1.5"},
                          {0.1, "0.1"},
                          {100, "100"},
                          {-2.25, "-2.25"},
                          {0, "0"},
                          {1e5, "100000"},
                          {1e20, "100000000000000000000"},
                          {1e21, "1e+21"},
                          {1e-6, "0.000001"},
                          {1e-7, "1e-07"},
                          {5e-324, "5e-324"},
                          {1.7976931348623157e308, "1.7976931348623157e+308"},
                          {std::numeric_limits<double>::infinity(), "null"},
                          {std::nan(""), "null"}};
    for (const Case& c : cases) EXPECT_EQ(to_text(c.number), c.text);
}

TEST(ToText, WritesWholeNumbers) {
    EXPECT_EQ(to_text(std::numeric_limits<std::int64_t>::min()), "-9223372036854775808");
    EXPECT_EQ(to_text(std::numeric_limits<std::uint64_t>::max()), "18446744073709551615");
}

TEST(ToText, WritesCompactDocuments) {
    const json::value document = {
        {"a", {1, nullptr, true, json::array{}}}, {"b", json::object{}}, {"c", false}};
    EXPECT_EQ(to_text(document), R"({"a":[1,null,true,[]],"b":{},"c":false})");
}

TEST(ToText, EscapesWhatJsonRequiresAndNothingElse) {
    EXPECT_EQ(to_text(json::value("a\"b\\c/d\n\r\t\b\f\x01\x1f\x7f\u00e9\U0001F600")),
              "\"a\\\"b\\\\c/d\\n\\r\\t\\b\\f\\u0001\\u001f\x7f\u00e9\U0001F600\"");
    EXPECT_EQ(to_text(json::value(std::string("\0", 1))), "\"\\u0000\"");
    EXPECT_EQ(to_text(json::value{{"k\n", 1}}), "{\"k\\n\":1}");
}

TEST(ToText, IsReadBackEqual) {
    const char* const text =
        R"({"a":[1,-2,18446744073709551615,1.5,1e+300,"\u0000x",{"b":null}],"":true})";
    const auto parsed = parse_json(text);
    ASSERT_TRUE(parsed) << describe(parsed.error());
    EXPECT_EQ(to_text(*parsed), text);
}

}  // namespace
}  // namespace carillon
