#include "dynamo/item/json.hpp"

#include "dynamo/item/random_values.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include <limits>

namespace carillon::dynamo {
namespace {

boost::json::value parsed(std::string_view text) {
    boost::json::parse_options options;
    options.max_depth = 1'000;
    return boost::json::parse(boost::json::string_view(text.data(), text.size()), {}, options);
}

Result<Value> typed(std::string_view text) {
    return value_from_typed_json(parsed(text));
}

std::string text_of(const Value& value) {
    std::string out;
    append_typed_json(value, out);
    return out;
}

TEST(TypedJson, WritesAndReadsEveryType) {
    struct Case {
        Value value;
        std::string_view text;
    };

    const Case cases[] = {
        {"a\"\n\xC3\xA9", "{\"S\":\"a\\\"\\n\xC3\xA9\"}"},
        {"", R"({"S":""})"},
        {*Number::parse("1e20"), R"({"N":"100000000000000000000"})"},
        {*Number::parse("-1.50"), R"({"N":"-1.5"})"},
        {Binary{"hi"}, R"({"B":"aGk="})"},
        {Binary{""}, R"({"B":""})"},
        {true, R"({"BOOL":true})"},
        {false, R"({"BOOL":false})"},
        {Null{}, R"({"NULL":true})"},
        {Value::string_set({"b", "a", ""}), R"({"SS":["","a","b"]})"},
        {Value::number_set({10, 9}), R"({"NS":["9","10"]})"},
        {Value::binary_set({{"hi"}}), R"({"BS":["aGk="]})"},
        {List{}, R"({"L":[]})"},
        {List{1, "x"}, R"({"L":[{"N":"1"},{"S":"x"}]})"},
        {Map{}, R"({"M":{}})"},
        {Map{{"b", 1}, {"a", Null{}}}, R"({"M":{"a":{"NULL":true},"b":{"N":"1"}}})"},
    };
    for (const Case& c : cases) {
        EXPECT_EQ(text_of(c.value), c.text);
        const auto read = typed(c.text);
        ASSERT_TRUE(read) << c.text << ": " << read.error().message;
        EXPECT_EQ(*read, c.value) << c.text;
    }
}

TEST(TypedJson, ReadsWhatDynamoDbTolerates) {
    EXPECT_EQ(typed(R"({"N":"+0001.50e1"})").value(), Value(15));
    EXPECT_EQ(typed(R"({"S":"x","N":null})").value(), Value("x"));
    EXPECT_EQ(typed(R"({"S":"x","Unknown":{"a":1}})").value(), Value("x"));
    EXPECT_EQ(typed(R"({"SS":["b","a"]})").value(), Value::string_set({"a", "b"}));
}

TEST(TypedJson, ItemsKeepTheirAttributes) {
    const Item item{{"id", "a1"}, {"count", 3}, {"tags", Value::string_set({"x"})}};
    std::string text;
    append_typed_json(item, text);
    EXPECT_EQ(text, R"({"count":{"N":"3"},"id":{"S":"a1"},"tags":{"SS":["x"]}})");
    EXPECT_EQ(item_from_typed_json(parsed(text)).value(), item);
    EXPECT_EQ(item_from_typed_json(parsed(R"({"z":{"N":"1"},"a":{"N":"2"}})")).value(),
              (Item{{"a", 2}, {"z", 1}}));
    EXPECT_EQ(item_from_typed_json(parsed("{}")).value(), Item());
}

TEST(TypedJson, RefusesWhatIsNoValueAndSaysWhatWouldBe) {
    const std::string empty =
        "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes";
    const std::string several =
        "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the "
        "supported datatypes";
    const std::string no_value = R"(A value is an object such as {"S":"text"})";
    const std::string number = R"(N takes a number written as text: "1.5")";

    struct Case {
        std::string_view text;
        std::string message;
    };

    const Case cases[] = {
        {"{}", empty},
        {R"({"a":"b"})", empty},
        {R"({"S":null})", empty},
        {R"({"L":[{}]})", empty},
        {R"({"S":"a","N":"1"})", several},
        {R"({"S":"","BOOL":false,"L":[]})", several},
        {R"({"M":{"a":{"S":"a","N":"1"}}})", several},
        {"null", no_value},
        {"1", no_value},
        {R"("S")", no_value},
        {"[]", no_value},
        {R"({"L":[null]})", no_value},
        {R"({"L":["a"]})", no_value},
        {R"({"M":{"a":null}})", no_value},
        {R"({"S":1})", "S takes text"},
        {R"({"S":{}})", "S takes text"},
        {R"({"L":[{"SS":["a"]},{"M":{"a":{"S":1}}}]})", "S takes text"},
        {R"({"N":123})", number},
        {R"({"N":""})", "The parameter cannot be converted to a numeric value"},
        {R"({"N":"1x"})", "The parameter cannot be converted to a numeric value: 1x"},
        {R"({"N":"1e126"})",
         "Number overflow. Attempting to store a number with magnitude larger than supported "
         "range"},
        {R"({"B":1})", "B takes bytes as base64 with padding"},
        {R"({"B":"a"})", "B takes bytes as base64 with padding"},
        {R"({"B":"aG=="})", "B takes bytes as base64 with padding"},
        {R"({"B":"!!!!"})", "B takes bytes as base64 with padding"},
        {R"({"BOOL":1})", "BOOL takes true or false"},
        {R"({"BOOL":"true"})", "BOOL takes true or false"},
        {R"({"NULL":false})", "NULL takes true"},
        {R"({"SS":"a"})", "SS takes a list of members"},
        {R"({"SS":[]})", "SS takes a list of members"},
        {R"({"SS":[null]})", "SS takes text"},
        {R"({"SS":["a","b","a"]})", "SS takes each member once"},
        {R"({"NS":[1]})", R"(NS takes a number written as text: "1.5")"},
        {R"({"NS":["1","1.0"]})", "NS takes each member once"},
        {R"({"BS":[true]})", "BS takes bytes as base64 with padding"},
        {R"({"BS":["aGk=","aGk="]})", "BS takes each member once"},
        {R"({"L":{}})", "L takes a list of values"},
        {R"({"M":[]})", "M takes an object of values"},
    };
    for (const Case& c : cases) {
        const auto read = typed(c.text);
        ASSERT_FALSE(read) << c.text;
        EXPECT_EQ(read.error().code, Errc::invalid) << c.text;
        EXPECT_EQ(read.error().message, c.message) << c.text;
    }
    for (const std::string_view text : {"null", "1", "[]", R"("x")", R"({"a":1})", R"({"a":[]})"}) {
        EXPECT_FALSE(item_from_typed_json(parsed(text))) << text;
    }
}

TEST(TypedJson, AllowsThirtyOneLevelsAroundAScalar) {
    const auto nested = [](int levels, std::string_view open, std::string_view close) {
        std::string text;
        for (int i = 0; i < levels; ++i) text += open;
        text += R"({"S":"leaf"})";
        for (int i = 0; i < levels; ++i) text += close;
        return text;
    };
    const std::string_view forms[][2] = {{R"({"M":{"n":)", "}}"}, {R"({"L":[)", "]}"}};
    for (const auto& [open, close] : forms) {
        const auto allowed = typed(nested(31, open, close));
        ASSERT_TRUE(allowed);
        EXPECT_EQ(depth_of(*allowed), 31);
        for (const int levels : {32, 33, 300}) {
            const auto read = typed(nested(levels, open, close));
            ASSERT_FALSE(read) << levels;
            EXPECT_EQ(read.error().message,
                      "Nesting Levels have exceeded supported limits: Attributes in the item have "
                      "nested levels beyond supported limit");
        }
    }
}

/// The same item with texts that JSON can carry.
Value printable(const Value& value) {
    const auto text = [](const std::string& bytes) {
        std::string out;
        for (const char c : bytes) {
            out += static_cast<unsigned char>(c) < 0x80 ? std::string(1, c) : "\xC3\xA9";
        }
        return out;
    };
    if (const std::string* string = value.string()) return text(*string);
    if (const auto* set = value.get_if<StringSet>()) {
        StringSet members;
        for (const std::string& member : *set) members.push_back(text(member));
        return Value::string_set(std::move(members));
    }
    if (const List* list = value.list()) {
        List entries;
        for (const Value& entry : *list) entries.push_back(printable(entry));
        return entries;
    }
    if (const Map* map = value.map()) {
        Map entries;
        for (const Attribute& entry : *map) entries.set(text(entry.name), printable(entry.value));
        return entries;
    }
    return value;
}

TEST(TypedJson, ReadsBackRandomItems) {
    constexpr std::uint64_t seed = 31;
    SCOPED_TRACE(seed);
    SeededRandom random(seed);
    for (int i = 0; i < 1'000; ++i) {
        const Item item = *printable(testing::random_item(random, 4)).map();
        std::string text;
        append_typed_json(item, text);
        const auto read = item_from_typed_json(parsed(text));
        ASSERT_TRUE(read) << text << ": " << read.error().message;
        ASSERT_EQ(*read, item) << text;
    }
}

boost::json::value random_json(Random& random, int depth) {
    static constexpr const char* keys[] = {
        "S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", "L", "M", "other"};
    switch (random.below(depth > 0 ? 8 : 6)) {
        case 0:
            return nullptr;
        case 1:
            return random.below(2) == 0;
        case 2:
            return static_cast<std::int64_t>(random.next());
        case 3:
            return random.unit();
        case 4:
            return boost::json::value("1");
        case 5:
            return boost::json::value("aGk=");
        case 6: {
            boost::json::array array;
            for (std::uint64_t i = random.below(3); i > 0; --i) {
                array.push_back(random_json(random, depth - 1));
            }
            return array;
        }
        default: {
            boost::json::object object;
            for (std::uint64_t i = random.below(3); i > 0; --i) {
                object[keys[random.below(std::size(keys))]] = random_json(random, depth - 1);
            }
            return object;
        }
    }
}

TEST(TypedJson, SurvivesAnyJson) {
    constexpr std::uint64_t seed = 32;
    SCOPED_TRACE(seed);
    SeededRandom random(seed);
    int accepted = 0;
    for (int i = 0; i < 20'000; ++i) {
        const boost::json::value json = random_json(random, 5);
        if (const auto value = value_from_typed_json(json)) {
            ++accepted;
            ASSERT_EQ(typed(text_of(*value)).value(), *value);
        }
        if (const auto item = item_from_typed_json(json)) {
            std::string text;
            append_typed_json(*item, text);
            ASSERT_EQ(item_from_typed_json(parsed(text)).value(), *item);
        }
        if (const auto value = from_plain_json(json)) {
            ASSERT_EQ(from_plain_json(to_plain_json(*value)).value(), *value);
        }
    }
    EXPECT_GT(accepted, 50);
}

TEST(PlainJson, WritesWhatPeopleWouldWrite) {
    const Item item{{"text", "x"},
                    {"int", -3},
                    {"most", std::numeric_limits<std::int64_t>::max()},
                    {"tenth", *Number::parse("0.1")},
                    {"exact double", *Number::parse("1e20")},
                    {"long", *Number::parse("0.12345678901234567890123")},
                    {"beyond", *Number::parse("9223372036854775809")},
                    {"binary", Binary{"hi"}},
                    {"true", true},
                    {"null", Null{}},
                    {"ss", Value::string_set({"b", "a"})},
                    {"ns", Value::number_set({2, 1})},
                    {"bs", Value::binary_set({{"hi"}})},
                    {"list", List{1, List{}}},
                    {"map", Map{{"a", 1}}}};
    EXPECT_EQ(to_plain_json(item), parsed(R"({
        "text": "x", "int": -3, "most": 9223372036854775807, "tenth": 0.1, "exact double": 1e20,
        "long": "0.12345678901234567890123", "beyond": "9223372036854775809", "binary": "aGk=",
        "true": true, "null": null, "ss": ["a", "b"], "ns": [1, 2], "bs": ["aGk="],
        "list": [1, []], "map": {"a": 1}})"));
}

TEST(PlainJson, ReadsEveryKind) {
    const auto value = from_plain_json(parsed(R"({
        "null": null, "yes": true, "int": -3, "unsigned": 18446744073709551615, "tenth": 0.1,
        "whole": 2.0, "text": "x", "list": [1, "a"], "map": {"b": 1, "a": {}}})"));
    ASSERT_TRUE(value);
    EXPECT_EQ(*value,
              Value(Map{{"null", Null{}},
                        {"yes", true},
                        {"int", -3},
                        {"unsigned", *Number::parse("18446744073709551615")},
                        {"tenth", *Number::parse("0.1")},
                        {"whole", 2},
                        {"text", "x"},
                        {"list", List{1, "a"}},
                        {"map", Map{{"a", Map{}}, {"b", 1}}}}));
}

TEST(PlainJson, RefusesDoublesOutOfRangeAndBottomlessNesting) {
    for (const double number : {1e126,
                                -1e300,
                                1e-131,
                                5e-324,
                                std::numeric_limits<double>::infinity(),
                                std::numeric_limits<double>::quiet_NaN()}) {
        const auto value = from_plain_json(boost::json::value(number));
        ASSERT_FALSE(value) << number;
        EXPECT_EQ(value.error().code, Errc::invalid);
    }
    EXPECT_EQ(from_plain_json(boost::json::value(-0.0)).value(), Value(0));
    EXPECT_TRUE(from_plain_json(parsed(std::string(31, '[') + std::string(31, ']'))));
    EXPECT_FALSE(from_plain_json(parsed(std::string(32, '[') + std::string(32, ']'))));
}

}  // namespace
}  // namespace carillon::dynamo
