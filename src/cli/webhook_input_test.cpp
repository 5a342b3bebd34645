#include "cli/webhook_input.hpp"

#include <gtest/gtest.h>

namespace carillon::cli {
namespace {

const TimePoint noon = parse_instant("2026-12-24T12:00:00Z").value();

std::string text_of(const AddOptions& options) {
    const auto body = registration(options, noon);
    return body ? to_text(*body) : "error " + body.error().field;
}

AddOptions to(std::string url) {
    AddOptions options;
    options.url = std::move(url);
    return options;
}

TEST(Registration, IsAGetNowUnlessToldOtherwise) {
    EXPECT_EQ(text_of(to("https://a.example/")),
              R"({"namespace":"default","url":"https://a.example/","method":"GET"})");
    AddOptions now = to("https://a.example/");
    now.at = "now";
    EXPECT_EQ(text_of(now), text_of(to("https://a.example/")));
}

TEST(Registration, ReadsTimes) {
    struct Case {
        std::optional<std::string> in;
        std::optional<std::string> at;
        const char* schedule;
    };

    const Case cases[] = {
        {"5s", std::nullopt, "2026-12-24T12:00:05.000Z"},
        {"1h30m", std::nullopt, "2026-12-24T13:30:00.000Z"},
        {"0s", std::nullopt, "2026-12-24T12:00:00.000Z"},
        {std::nullopt, "2026-12-24T18:00+01:00", "2026-12-24T17:00:00.000Z"},
        {std::nullopt, "+2m", "2026-12-24T12:02:00.000Z"},
        {std::nullopt, "-1d", "2026-12-23T12:00:00.000Z"},
    };
    for (const Case& c : cases) {
        AddOptions options = to("u");
        options.in = c.in;
        options.at = c.at;
        const auto body = registration(options, noon);
        ASSERT_TRUE(body) << describe(body.error());
        EXPECT_EQ(body->at("schedule"), c.schedule);
    }
}

TEST(Registration, SaysRepetitionsInTheirLargestUnit) {
    struct Case {
        const char* every;
        const char* rule;
    };

    const Case cases[] = {
        {"30m", R"({"interval":30,"unit":"minutes"})"},
        {"90s", R"({"interval":90,"unit":"seconds"})"},
        {"60s", R"({"interval":1,"unit":"minutes"})"},
        {"2h", R"({"interval":2,"unit":"hours"})"},
        {"1d", R"({"interval":1,"unit":"days"})"},
        {"36h", R"({"interval":36,"unit":"hours"})"},
        {"1500ms", R"({"interval":1.5,"unit":"seconds"})"},
    };
    for (const Case& c : cases) {
        AddOptions options = to("u");
        options.every = c.every;
        const auto body = registration(options, noon);
        ASSERT_TRUE(body) << c.every;
        EXPECT_EQ(to_text(body->at("repeat").at("rule")), c.rule) << c.every;
        EXPECT_EQ(body->at("repeat").at("enabled"), true);
    }
    AddOptions limited = to("u");
    limited.every = "1s";
    limited.max = 5;
    EXPECT_EQ(to_text(registration(limited, noon)->at("repeat")),
              R"({"enabled":true,"rule":{"interval":1,"unit":"seconds","max":5}})");
}

TEST(Registration, SendsJsonAsJsonAndTextAsText) {
    struct Case {
        const char* data;
        const char* type;
        const char* body;
    };

    const Case cases[] = {
        {R"({"a":[1,true]})", nullptr, R"({"a":[1,true]})"},
        {"42", nullptr, "42"},
        {"hello", nullptr, R"("hello")"},
        {"", nullptr, R"("")"},
        {R"({"a":1})", "text/plain", R"("{\"a\":1}")"},
        {R"({"a":1})", "application/x-www-form-urlencoded", R"({"a":1})"},
        {R"({"a":1})", "application/ld+json", R"({"a":1})"},
        {"<a/>", "application/xml", R"("<a/>")"},
    };
    for (const Case& c : cases) {
        AddOptions options = to("u");
        options.data = c.data;
        if (c.type != nullptr) options.headers = {std::string("content-TYPE: ") + c.type};
        const auto body = registration(options, noon);
        ASSERT_TRUE(body) << c.data;
        EXPECT_EQ(to_text(body->at("body")), c.body);
        EXPECT_EQ(body->at("method"), "POST");
    }
}

TEST(Registration, TakesHeadersAsTheyAreWritten) {
    AddOptions options = to("u");
    options.headers = {"X-A:1", " X-B :  two: three ", "X-C:"};
    EXPECT_EQ(to_text(registration(options, noon)->at("headers")),
              R"({"X-A":"1","X-B":"two: three","X-C":""})");
}

TEST(Registration, NamesTheOptionThatIsWrong) {
    const auto with = [](auto change) {
        AddOptions options = to("u");
        change(options);
        const auto body = registration(options, noon);
        return body ? std::string("fine") : body.error().field;
    };
    EXPECT_EQ(with([](auto& o) { o.in = "soon"; }), "--in");
    EXPECT_EQ(with([](auto& o) { o.in = "5s", o.at = "now"; }), "--in");
    EXPECT_EQ(with([](auto& o) { o.at = "2026-12-24T18:00"; }), "--at");
    EXPECT_EQ(with([](auto& o) { o.at = "tomorrow"; }), "--at");
    EXPECT_EQ(with([](auto& o) { o.at = "+x"; }), "--at");
    EXPECT_EQ(with([](auto& o) { o.every = "999ms"; }), "--every");
    EXPECT_EQ(with([](auto& o) { o.every = "often"; }), "--every");
    EXPECT_EQ(with([](auto& o) { o.max = 5; }), "--max");
    EXPECT_EQ(with([](auto& o) { o.headers = {"nonsense"}; }), "-H");
    EXPECT_EQ(with([](auto& o) { o.headers = {": x"}; }), "-H");
    EXPECT_EQ(with([](auto& o) { o.headers = {"A: 1", "a: 2"}; }), "-H");
    EXPECT_EQ(with([](auto& o) { o.data = "{\"a\":"; }), "-d");
    EXPECT_EQ(with([](auto& o) { o.data = "\xff"; }), "-d");
}

TEST(Selection, IsTheBodyOfABatch) {
    SelectionOptions options;
    options.name_space = "shop";
    EXPECT_FALSE(options.narrows());
    EXPECT_EQ(to_text(*selection(options, noon)), R"({"namespace":"shop"})");
    options.id_prefix = "a";
    options.status = "FAILED";
    options.from = "-1h";
    options.to = "now";
    EXPECT_TRUE(options.narrows());
    EXPECT_EQ(to_text(*selection(options, noon)),
              R"({"namespace":"shop","id":"a","status":"FAILED",)"
              R"("from":"2026-12-24T11:00:00.000Z","to":"2026-12-24T12:00:00.000Z"})");
    options.from = "yesterday";
    EXPECT_EQ(selection(options, noon).error().field, "--from");
}

TEST(ListQuery, EncodesWhatPeopleType) {
    ListOptions options;
    options.selection.name_space = "a&b/c d";
    options.selection.id_prefix = "x#1";
    options.selection.to = "2026-12-24T18:00+01:00";
    options.descending = true;
    options.limit = 5;
    options.start_key = "k=";
    EXPECT_EQ(*list_query(options, noon),
              "namespace=a%26b%2Fc%20d&id=x%231&to=2026-12-24T17%3A00%3A00.000Z&desc=true&limit=5"
              "&startKey=k%3D");
}

}  // namespace
}  // namespace carillon::cli
