#include "core/json_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

namespace carillon {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

json::value document(std::string_view text) {
    return parse_json(text).value();
}

/// Everything that was wrong after `read` took its fields out of `text`.
std::vector<FieldError> mistakes(std::string_view text,
                                 const std::function<void(JsonFields)>& read) {
    const json::value value = document(text);
    JsonReader reader(value);
    read(reader.fields());
    const Result<> result = reader.finish();
    if (result) return {};
    EXPECT_EQ(result.error().code, Errc::invalid);
    const auto* detail = dynamic_cast<const FieldErrors*>(result.error().detail.get());
    if (detail == nullptr || detail->all.empty()) {
        ADD_FAILURE() << "no detail";
        return {};
    }
    EXPECT_EQ(result.error().field, detail->all.front().field);
    EXPECT_EQ(result.error().message, detail->all.front().message);
    return detail->all;
}

TEST(JsonReader, ReadsFieldsOfEveryType) {
    const json::value value = document(
        R"({"s":"x","i":5,"n":1.5,"b":true,"o":{"i":1},"l":["p","q"],"os":[{"i":2}],"any":null})");
    JsonReader reader(value);
    JsonFields fields = reader.fields();
    EXPECT_EQ(fields.string("s"), "x");
    EXPECT_EQ(fields.integer("i", 0, 9), 5);
    EXPECT_EQ(fields.number("n", 0, 2), 1.5);
    EXPECT_TRUE(fields.boolean("b"));
    EXPECT_EQ(fields.object("o").integer("i", 0, 9), 1);
    EXPECT_THAT(fields.strings("l", 2), ElementsAre("p", "q"));
    auto objects = fields.objects("os", 1);
    ASSERT_THAT(objects, SizeIs(1));
    EXPECT_EQ(objects[0].integer("i", 0, 9), 2);
    ASSERT_NE(fields.any("any"), nullptr);
    EXPECT_TRUE(fields.any("any")->is_null());
    EXPECT_TRUE(reader.finish());
}

TEST(JsonReader, RequiredFieldsMustBeThere) {
    const auto found = mistakes(R"({"b":null})", [](JsonFields fields) {
        EXPECT_EQ(fields.string("a"), "");
        EXPECT_EQ(fields.integer("b", 3, 9), 3);
        EXPECT_EQ(fields.number("c", 2, 9), 2);
        EXPECT_FALSE(fields.boolean("d"));
        EXPECT_EQ(fields.any("e"), nullptr);
        EXPECT_THAT(fields.strings("f", 1), SizeIs(0));
        EXPECT_THAT(fields.objects("g", 1), SizeIs(0));
    });
    ASSERT_THAT(found, SizeIs(7));
    for (std::size_t at = 0; at < found.size(); ++at) {
        EXPECT_EQ(found[at],
                  (FieldError{std::string(1, static_cast<char>('a' + at)), "is required"}));
    }
}

TEST(JsonReader, OptionalFieldsMayBeMissingOrNull) {
    const json::value value = document(R"({"a":null,"b":null,"c":null,"d":null,"e":null})");
    JsonReader reader(value);
    JsonFields fields = reader.fields();
    EXPECT_EQ(fields.optional_string("a"), std::nullopt);
    EXPECT_EQ(fields.optional_integer("b", 0, 1), std::nullopt);
    EXPECT_EQ(fields.optional_number("c", 0, 1), std::nullopt);
    EXPECT_EQ(fields.optional_boolean("d"), std::nullopt);
    EXPECT_FALSE(fields.optional_object("e"));
    EXPECT_FALSE(fields.optional_objects("f", 1));
    EXPECT_FALSE(fields.optional_strings("g", 1));
    EXPECT_EQ(fields.optional_any("h"), nullptr);
    EXPECT_FALSE(fields.has("a"));
    EXPECT_FALSE(fields.has("h"));
    EXPECT_TRUE(reader.finish());
}

TEST(JsonReader, RefusesTheWrongType) {
    const auto found =
        mistakes(R"({"s":1,"i":"1","n":"1","b":0,"o":[],"l":"x","e":["x",1],"m":[1]})",
                 [](JsonFields fields) {
                     fields.string("s");
                     fields.integer("i", -1, 1);
                     fields.optional_number("n", 0, 1.5);
                     fields.boolean("b");
                     fields.object("o").string("inside");
                     fields.strings("l", 5);
                     fields.strings("e", 5);
                     fields.objects("m", 5);
                 });
    EXPECT_THAT(found,
                ElementsAre(FieldError{"s", "must be a string"},
                            FieldError{"i", "must be a whole number from -1 to 1"},
                            FieldError{"n", "must be a number from 0 to 1.5"},
                            FieldError{"b", "must be true or false"},
                            FieldError{"o", "must be an object"},
                            FieldError{"l", "must be an array"},
                            FieldError{"e[1]", "must be a string"},
                            FieldError{"m[0]", "must be an object"}));
}

TEST(JsonReader, TheDocumentMustBeAnObject) {
    for (const char* text : {"[]", "null", "1", "\"x\""}) {
        const auto found = mistakes(text, [](JsonFields fields) { fields.string("a"); });
        EXPECT_THAT(found, ElementsAre(FieldError{"", "must be an object"})) << text;
    }
}

TEST(JsonReader, WholeNumbersMayBeWrittenAsDoubles) {
    struct Case {
        const char* text;
        bool good;
    };

    const Case cases[] = {{"5.0", true},
                          {"5e0", true},
                          {"-0.0", true},
                          {"5.5", false},
                          {"1e300", false},
                          {"18446744073709551615", false},
                          {"true", false},
                          {"-6", false},
                          {"6", false}};
    for (const Case& c : cases) {
        const json::value value = document(std::string(R"({"i":)") + c.text + '}');
        JsonReader reader(value);
        reader.fields().integer("i", -5, 5);
        EXPECT_EQ(reader.finish().has_value(), c.good) << c.text;
    }
}

TEST(JsonReader, KeepsLargeIntegersExact) {
    const json::value value = document(R"({"i":9007199254740993})");
    JsonReader reader(value);
    EXPECT_EQ(reader.fields().integer("i", 0, INT64_MAX), 9007199254740993);
    EXPECT_TRUE(reader.finish());
}

TEST(JsonReader, LimitsLengthsInBytes) {
    const auto found = mistakes(R"({"a":"","b":"é","c":"abc","d":"","e":["ok",""],"f":[1,2]})",
                                [](JsonFields fields) {
                                    fields.string("a", {.bytes_min = 1});
                                    fields.string("b", {.bytes_max = 1});
                                    fields.string("c", {.bytes_min = 4, .bytes_max = 8});
                                    fields.string("d", {.bytes_min = 2});
                                    fields.strings("e", 2, {.bytes_min = 1, .bytes_max = 2});
                                    fields.strings("f", 1);
                                });
    EXPECT_THAT(found,
                ElementsAre(FieldError{"a", "must not be empty"},
                            FieldError{"b", "must have at most 1 bytes"},
                            FieldError{"c", "must have 4 to 8 bytes"},
                            FieldError{"d", "must have at least 2 bytes"},
                            FieldError{"e[1]", "must have 1 to 2 bytes"},
                            FieldError{"f", "must have at most 1 elements"}));
}

TEST(JsonReader, UnknownFieldsAreMistakesOnEveryLevel) {
    const auto found =
        mistakes(R"({"a":{"x":1,"b":1},"y":1,"l":[{"z":1}],"o":{"q":1}})", [](JsonFields fields) {
            fields.object("a").integer("b", 0, 1);
            fields.objects("l", 1);
            fields.optional_object("o");
        });
    EXPECT_THAT(found,
                ElementsAre(FieldError{"y", "is not a known field"},
                            FieldError{"a.x", "is not a known field"},
                            FieldError{"l[0].z", "is not a known field"},
                            FieldError{"o.q", "is not a known field"}));
}

TEST(JsonReader, MembersOfAMapAreAllKnown) {
    const json::value value = document(R"({"headers":{"A":"1","B":"2"}})");
    JsonReader reader(value);
    EXPECT_THAT(reader.fields().object("headers").members(), SizeIs(2));
    EXPECT_TRUE(reader.finish());
}

TEST(JsonReader, AMissingObjectReportsNothingMore) {
    const auto found = mistakes("{}", [](JsonFields fields) {
        JsonFields missing = fields.object("request");
        EXPECT_EQ(missing.string("url"), "");
        EXPECT_EQ(missing.any("payload"), nullptr);
        EXPECT_TRUE(missing.members().empty());
        EXPECT_EQ(missing.object("deeper").integer("x", 1, 2), 1);
    });
    EXPECT_THAT(found, ElementsAre(FieldError{"request", "is required"}));
}

TEST(JsonReader, ChoosesAmongNames) {
    enum class Unit { hour, day };
    constexpr Choice<Unit> units[] = {{"hour", Unit::hour}, {"day", Unit::day}};
    const std::span<const Choice<Unit>> choices(units);

    const auto found = mistakes(R"({"a":"day","b":"hour","c":"Day","d":7,"f":null})",
                                [&choices](JsonFields fields) {
                                    EXPECT_EQ(fields.choice("a", choices), Unit::day);
                                    EXPECT_EQ(fields.optional_choice("b", choices), Unit::hour);
                                    EXPECT_EQ(fields.choice("c", choices), Unit::hour);
                                    EXPECT_EQ(fields.optional_choice("d", choices), std::nullopt);
                                    EXPECT_EQ(fields.choice("e", choices), Unit::hour);
                                    EXPECT_EQ(fields.optional_choice("f", choices), std::nullopt);
                                });
    EXPECT_THAT(found,
                ElementsAre(FieldError{"c", "must be one of hour, day"},
                            FieldError{"d", "must be one of hour, day"},
                            FieldError{"e", "is required"}));
}

TEST(JsonReader, TakesTheCallersOwnRules) {
    const auto found = mistakes(R"({"repeat":{"every":"x"}})", [](JsonFields fields) {
        JsonFields repeat = fields.object("repeat");
        EXPECT_EQ(repeat.path("every"), "repeat.every");
        repeat.string("every");
        repeat.reject("every", "is not a duration");
    });
    EXPECT_THAT(found, ElementsAre(FieldError{"repeat.every", "is not a duration"}));
}

TEST(JsonReader, PathsBeginWhereTheCallerSays) {
    const json::value value = document(R"({"x":1})");
    JsonReader reader(value, "webhooks[3]");
    const Result<> result = reader.finish();
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().field, "webhooks[3].x");
}

TEST(JsonReader, KeepsAnErrorSmallHoweverLargeTheDocument) {
    std::string text = "{";
    for (int i = 0; i < 1000; ++i) {
        text += (i == 0 ? "\"" : ",\"") + std::string(200, 'k') + std::to_string(i) + "\":1";
    }
    const auto found = mistakes(text + '}', [](JsonFields) {});
    ASSERT_THAT(found, SizeIs(JsonReader::errors_max));
    EXPECT_THAT(found.front().field, SizeIs(64));
}

}  // namespace
}  // namespace carillon
