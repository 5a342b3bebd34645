#include "dynamo/item/json.hpp"
#include "webhooks/webhook.hpp"

#include <gtest/gtest.h>

namespace carillon::webhooks {
namespace {

const TimePoint noon = parse_instant("2026-11-21T12:00:00Z").value();

Webhook sample() {
    Webhook webhook;
    webhook.name_space = "shop";
    webhook.id = "w";
    webhook.url = "https://example.com/";
    webhook.schedule = noon;
    webhook.next_attempt_at = noon;
    webhook.created_at = noon;
    webhook.updated_at = noon;
    webhook.version = to_epoch_ms(noon);
    return webhook;
}

TEST(ToItem, HasExactlyTheSeedsAttributes) {
    std::string text;
    dynamo::append_typed_json(to_item(sample()), text);
    const auto want = parse_json(R"({
        "namespace":{"S":"shop"}, "id":{"S":"w"}, "url":{"S":"https://example.com/"},
        "method":{"S":"GET"}, "schedule":{"S":"2026-11-21T12:00:00.000Z"},
        "headers":{"M":{}}, "body":{"NULL":true}, "status":{"S":"PENDING"},
        "repeat":{"M":{"count":{"N":"0"},"enabled":{"BOOL":false},"parent":{"S":""},
            "rule":{"M":{"interval":{"N":"1"},"max":{"N":"0"},"unit":{"S":"minutes"}}}}},
        "response":{"M":{"body":{"S":""},"headers":{"M":{}},"status":{"N":"0"}}},
        "retries":{"M":{"count":{"N":"0"},"last":{"NULL":true},"max":{"N":"3"}}},
        "errors":{"L":[]}, "__createdAt":{"S":"2026-11-21T12:00:00.000Z"},
        "__updatedAt":{"S":"2026-11-21T12:00:00.000Z"}, "__ts":{"N":"1795262400000"}})");
    EXPECT_EQ(parse_json(text).value(), want.value()) << text;
}

TEST(FromItem, GivesBackEverything) {
    Webhook webhook = sample();
    webhook.method = "PATCH";
    webhook.headers = {{"X-A", "1"}, {"X-B", "2"}};
    webhook.body = parse_json(R"({"a":[1,"x",null,true,{"b":1.5}]})").value();
    webhook.repeat = {.count = 4, .enabled = true, .parent = "p", .rule = {2.5, 9, Unit::days}};
    webhook.retries = {.count = 2, .last = noon + Duration{7}, .max = 5};
    webhook.response = {.body = "text", .headers = {{"h", "v"}}, .status = 503};
    webhook.errors = {"one", "two"};
    webhook.status = Status::suspended;
    webhook.last_attempt = 8;
    webhook.series = "p__1";
    webhook.successor = "p__1__5";
    const Webhook back = from_item(to_item(webhook)).value();
    EXPECT_EQ(to_item(back), to_item(webhook));
    EXPECT_EQ(to_text(to_json(back)), to_text(to_json(webhook)));
    EXPECT_EQ(back.last_attempt, 8);
    EXPECT_EQ(back.series, "p__1");
    EXPECT_EQ(back.successor, "p__1__5");
    EXPECT_EQ(back.version, webhook.version);
}

TEST(FromItem, ReadsTheDueTimeAndInterruptions) {
    dynamo::Item item = to_item(sample());
    EXPECT_EQ(from_item(item)->next_attempt_at, noon);
    item.set("__dueAt", to_epoch_ms(noon) + 90'000);
    item.set("__interruptions", 2);
    EXPECT_EQ(from_item(item)->next_attempt_at, noon + Duration{90'000});
    EXPECT_EQ(from_item(item)->interruptions, 2);
}

TEST(FromItem, FillsInWhatOlderRowsLack) {
    dynamo::Item item;
    item.set("namespace", "n");
    item.set("id", "i");
    item.set("url", "http://example.com/");
    item.set("method", "GET");
    item.set("schedule", "2026-11-21T12:00:00.000Z");
    item.set("status", "PENDING");
    const Webhook webhook = from_item(item).value();
    EXPECT_EQ(webhook.retries.max, 3);
    EXPECT_FALSE(webhook.repeat.enabled);
    EXPECT_TRUE(webhook.body.is_null());
    EXPECT_EQ(webhook.next_attempt_at, noon);
}

TEST(FromItem, SaysWhichAttributeIsWrong) {
    struct Case {
        const char* attribute;
        dynamo::Value value;
    };

    const Case cases[] = {
        {"namespace", 5},
        {"id", true},
        {"url", dynamo::Null{}},
        {"method", dynamo::List{}},
        {"schedule", "tomorrow"},
        {"status", "RUNNING"},
        {"status", 1},
        {"repeat", dynamo::Map{{"enabled", "yes"}}},
        {"repeat", dynamo::Map{{"rule", dynamo::Map{{"unit", "weeks"}}}}},
        {"repeat", dynamo::Map{{"rule", dynamo::Map{{"interval", "1"}}}}},
    };
    for (const Case& c : cases) {
        dynamo::Item item = to_item(sample());
        item.set(c.attribute, c.value);
        const auto read = from_item(item);
        ASSERT_FALSE(read) << c.attribute;
        EXPECT_EQ(read.error().code, Errc::corrupt);
        EXPECT_NE(read.error().message.find(c.attribute), std::string::npos);
        item.erase(c.attribute);
    }
}

TEST(Body, ComesBackWithoutLoss) {
    for (const char* text : {"null",
                             "true",
                             "\"\"",
                             "\"text\"",
                             "0",
                             "-5",
                             "1.5",
                             "0.1",
                             "9223372036854775807",
                             "-9223372036854775808",
                             "18446744073709551615",
                             "1e+21",
                             "1e-7",
                             "1.7976931348623157",
                             "[]",
                             "{}",
                             "[[],{},null,\"\"]",
                             R"({"a":{"b":[{"c":null}]},"é":"ü"})",
                             R"({"S":"looks typed","N":"1"})"}) {
        const auto body = parse_json(text).value();
        const auto value = body_value(body);
        ASSERT_TRUE(value) << text;
        EXPECT_EQ(body_json(*value), body) << text;
    }
}

TEST(Body, RefusesWhatAnItemCannotHold) {
    std::string deep(static_cast<std::size_t>(body_depth_max) + 1, '[');
    deep += std::string(deep.size(), ']');
    for (const std::string& text : {std::string("1e200"),
                                    std::string("[1e-200]"),
                                    std::string(R"({"":1})"),
                                    std::string(R"([{"a":{"":1}}])"),
                                    deep}) {
        const auto value = body_value(parse_json(text).value());
        ASSERT_FALSE(value) << text;
        EXPECT_EQ(value.error().code, Errc::invalid);
        EXPECT_EQ(value.error().field, "body");
    }
    std::string deepest(static_cast<std::size_t>(body_depth_max), '[');
    deepest += std::string(deepest.size(), ']');
    EXPECT_TRUE(body_value(parse_json(deepest).value()));
}

TEST(TableSchema, IsTheSeedsWithADueIndex) {
    const auto schema = table_schema("webhooks");
    EXPECT_TRUE(dynamo::check_schema(schema)) << describe(dynamo::check_schema(schema).error());
    EXPECT_EQ(schema.key.hash.name, "namespace");
    EXPECT_EQ(schema.key.sort->name, "id");
    ASSERT_NE(schema.index("namespace__schedule"), nullptr);
    EXPECT_TRUE(schema.index("namespace__schedule")->local);
    ASSERT_NE(schema.index("status__schedule"), nullptr);
    EXPECT_FALSE(schema.index("status__schedule")->local);
    EXPECT_EQ(schema.index("due")->key.sort->type, dynamo::Type::number);
}

TEST(TableSchema, SpreadHasNoLocalIndexAndNoneByStatus) {
    const auto schema = table_schema("webhooks", Layout::spread);
    EXPECT_TRUE(dynamo::check_schema(schema));
    ASSERT_NE(schema.index("namespace__schedule"), nullptr);
    EXPECT_FALSE(schema.index("namespace__schedule")->local);
    EXPECT_EQ(schema.index("status__schedule"), nullptr);
    EXPECT_NE(schema.index("due"), nullptr);
}

}  // namespace
}  // namespace carillon::webhooks
