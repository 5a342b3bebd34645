#include "net/http.hpp"

#include <gtest/gtest.h>

#include <string>

namespace carillon::net {
namespace {

TEST(Headers, CompareNamesWithoutRegardToCase) {
    const Headers headers{{"Content-Type", "text/plain"}};
    EXPECT_EQ(headers.get("content-TYPE"), "text/plain");
    EXPECT_TRUE(headers.has("CONTENT-type"));
    EXPECT_FALSE(headers.has("content"));
}

TEST(Headers, KeepOrderAndDuplicates) {
    Headers headers;
    headers.add("A", "1");
    headers.add("b", "2");
    headers.add("a", "3");
    std::string seen;
    for (const Header header : headers) seen.append(header.name).append(header.value);
    EXPECT_EQ(seen, "A1b2a3");
    EXPECT_EQ(headers.get("a"), "1");
}

TEST(Headers, SetReplacesAllOfThatNameInTheFirstsPlace) {
    Headers headers{{"x", "1"}, {"a", "2"}, {"X", "3"}, {"b", "4"}};
    headers.set("x", "9");
    std::string seen;
    for (const Header header : headers) seen.append(header.name).append(header.value);
    EXPECT_EQ(seen, "x9a2b4");
    headers.set("new", "5");
    EXPECT_EQ(headers.get("new"), "5");
    EXPECT_EQ(headers.size(), 4u);
}

TEST(Headers, MayBeGivenTheirOwnTexts) {
    Headers headers{{"a", std::string(300, 'v')}};
    headers.add("b", *headers.get("a"));
    headers.set("c", *headers.get("b"));
    headers.set("a", *headers.get("a"));
    for (const std::string_view name : {"a", "b", "c"}) {
        EXPECT_EQ(headers.get(name), std::string(300, 'v')) << name;
    }
}

TEST(Headers, KeepAnyBytesAndEmptyTexts) {
    using namespace std::string_view_literals;
    Headers headers{{"empty", ""}, {"", "nameless"}, {"zero", "a\0b"sv}};
    EXPECT_EQ(headers.get("empty"), "");
    EXPECT_EQ(headers.get(""), "nameless");
    EXPECT_EQ(headers.get("zero"), "a\0b"sv);
    EXPECT_EQ(headers.size(), 3u);
    headers.clear();
    EXPECT_EQ(headers.size(), 0u);
    EXPECT_EQ(headers.begin(), headers.end());
}

TEST(Headers, RemoveTakesAllOfThatName) {
    Headers headers{{"x", "1"}, {"a", "2"}, {"X", "3"}};
    headers.remove("x");
    EXPECT_EQ(headers.size(), 1u);
    headers.remove("missing");
    EXPECT_EQ(headers.size(), 1u);
}

TEST(PercentDecode, ReadsEscapes) {
    struct Case {
        std::string_view text;
        bool plus_is_space;
        std::string want;
    };

    const Case cases[] = {
        {"", false, ""},
        {"plain", false, "plain"},
        {"a%20b", false, "a b"},
        {"%41%62", false, "Ab"},
        {"%c3%A4", false, "\xc3\xa4"},
        {"a+b", false, "a+b"},
        {"a+b%2B", true, "a b+"},
        {"%2", false, "!"},
        {"%", false, "!"},
        {"abc%", false, "!"},
        {"%zz", false, "!"},
        {"%4g", false, "!"},
        {"%ff", false, "!"},
        {"%c0%af", false, "!"},
        {"%ed%a0%80", false, "!"},
    };
    for (const Case& c : cases) {
        const auto decoded = percent_decode(c.text, c.plus_is_space);
        if (c.want == "!") {
            ASSERT_FALSE(decoded) << c.text;
            EXPECT_EQ(decoded.error().code, Errc::invalid);
        } else {
            ASSERT_TRUE(decoded) << c.text;
            EXPECT_EQ(*decoded, c.want) << c.text;
        }
    }
}

TEST(PercentEncode, LeavesOnlyUnreservedCharacters) {
    EXPECT_EQ(percent_encode("aZ09-._~"), "aZ09-._~");
    EXPECT_EQ(percent_encode("a b/c?d=e&f+%"), "a%20b%2Fc%3Fd%3De%26f%2B%25");
    EXPECT_EQ(percent_encode("\xc3\xa4"), "%C3%A4");
    EXPECT_EQ(percent_encode(std::string_view("\0\n", 2)), "%00%0A");
}

TEST(PercentEncode, IsUndoneByDecode) {
    std::string all;
    for (int c = 0; c < 128; ++c) all += static_cast<char>(c);
    EXPECT_EQ(*percent_decode(percent_encode(all)), all);
}

TEST(ParseQuery, KeepsOrderAndDuplicates) {
    using Fields = std::vector<std::pair<std::string, std::string>>;

    struct Case {
        std::string_view text;
        Fields want;
    };

    const Case cases[] = {
        {"", {}},
        {"a=1", {{"a", "1"}}},
        {"b=2&a=1&b=3", {{"b", "2"}, {"a", "1"}, {"b", "3"}}},
        {"flag", {{"flag", ""}}},
        {"flag=", {{"flag", ""}}},
        {"=v", {{"", "v"}}},
        {"a=b=c", {{"a", "b=c"}}},
        {"&&a=1&", {{"a", "1"}}},
        {"a%20b=c+d", {{"a b", "c d"}}},
    };
    for (const Case& c : cases) {
        const auto fields = parse_query(c.text);
        ASSERT_TRUE(fields) << c.text;
        EXPECT_EQ(*fields, c.want) << c.text;
    }
    EXPECT_FALSE(parse_query("a=%"));
    EXPECT_FALSE(parse_query("%ff=1"));
}

TEST(ReasonPhrase, KnowsTheStandardOnes) {
    EXPECT_EQ(reason_phrase(200), "OK");
    EXPECT_EQ(reason_phrase(404), "Not Found");
    EXPECT_EQ(reason_phrase(511), "Network Authentication Required");
    EXPECT_EQ(reason_phrase(100), "Continue");
    for (const int status : {0, -1, 99, 299, 512, 999}) EXPECT_EQ(reason_phrase(status), "Unknown");
}

}  // namespace
}  // namespace carillon::net
