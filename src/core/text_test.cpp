#include "core/text.hpp"

#include "core/random.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace carillon {
namespace {

using namespace std::string_view_literals;

TEST(IsUtf8, FollowsTheStandard) {
    for (const std::string_view good :
         {""sv, "plain"sv, "a\0b"sv, "\u00e9\u20ac\U0001F600"sv, "\xf4\x8f\xbf\xbf"sv}) {
        EXPECT_TRUE(is_utf8(good)) << good;
    }
    for (const std::string_view bad : {"\xff"sv,
                                       "\x80"sv,
                                       "\xc3"sv,
                                       "\xe2\x82"sv,
                                       "\xc0\xaf"sv,
                                       "\xe0\x80\xaf"sv,
                                       "\xed\xa0\x80"sv,
                                       "\xf4\x90\x80\x80"sv,
                                       "\xf8\x88\x80\x80\x80"sv,
                                       "a\xc3("sv}) {
        EXPECT_FALSE(is_utf8(bad));
    }
    EXPECT_FALSE(is_utf8(std::string(200, 'a') + '\xc3'));
}

struct Base64Case {
    std::string_view bytes;
    std::string_view text;
};

constexpr Base64Case base64_cases[] = {{"", ""},
                                       {"f", "Zg=="},
                                       {"fo", "Zm8="},
                                       {"foo", "Zm9v"},
                                       {"foob", "Zm9vYg=="},
                                       {"fooba", "Zm9vYmE="},
                                       {"foobar", "Zm9vYmFy"},
                                       {"\xff\xff\xfe", "///+"},
                                       {"\0"sv, "AA=="},
                                       {"\0\0\0"sv, "AAAA"}};

TEST(Base64, FollowsTheVectorsOfRfc4648) {
    for (const auto& [bytes, text] : base64_cases) {
        EXPECT_EQ(base64_encode(bytes), text);
        EXPECT_EQ(base64_decode(text).value(), bytes) << text;
    }
}

TEST(Base64, RefusesWhatNoEncoderWrites) {
    for (const std::string_view text : {"Z"sv,
                                        "Zg"sv,
                                        "Zg="sv,
                                        "Zm8"sv,
                                        "===="sv,
                                        "Z==="sv,
                                        "=Zm8"sv,
                                        "Zg==Zg=="sv,
                                        "Zm=v"sv,
                                        "Zm9v\n"sv,
                                        " Zm9v"sv,
                                        "Zm 9"sv,
                                        "Zm9-"sv,
                                        "Zm9_"sv,
                                        "Zm9\0"sv,
                                        "Zm9\xc3"sv,
                                        "Zh=="sv,
                                        "Zm9="sv}) {
        const auto bytes = base64_decode(text);
        ASSERT_FALSE(bytes) << text;
        EXPECT_EQ(bytes.error().code, Errc::invalid);
    }
}

TEST(Base64, ReadsBackAnyBytes) {
    constexpr std::uint64_t seed = 11;
    SCOPED_TRACE("seed " + std::to_string(seed));
    SeededRandom random(seed);
    for (int i = 0; i < 2'000; ++i) {
        std::string bytes(random.below(100), '\0');
        for (char& byte : bytes) byte = static_cast<char>(random.next());
        ASSERT_EQ(base64_decode(base64_encode(bytes)).value(), bytes);
    }
}

TEST(HexEncode, WritesLowerCase) {
    EXPECT_EQ(hex_encode(""), "");
    EXPECT_EQ(hex_encode("\0\x7f\x80\xff"sv), "007f80ff");
}

TEST(ToLower, ChangesAsciiLettersOnly) {
    EXPECT_EQ(to_lower("Content-TYPE [\\]^_@`{"), "content-type [\\]^_@`{");
    EXPECT_EQ(to_lower("\u00c9"), "\u00c9");
}

TEST(EqualsIgnoringCase, ComparesAsciiOnly) {
    EXPECT_TRUE(equals_ignoring_case("", ""));
    EXPECT_TRUE(equals_ignoring_case("KEEP-alive", "keep-ALIVE"));
    EXPECT_FALSE(equals_ignoring_case("close", "close "));
    EXPECT_FALSE(equals_ignoring_case("@", "`"));
    EXPECT_FALSE(equals_ignoring_case("\u00c9", "\u00e9"));
}

TEST(Trim, TakesAsciiWhiteSpaceFromBothEnds) {
    EXPECT_EQ(trim(""), "");
    EXPECT_EQ(trim(" \t\r\n\v\f"), "");
    EXPECT_EQ(trim("  a b\t"), "a b");
    EXPECT_EQ(trim("a"), "a");
    EXPECT_EQ(trim("\u00a0a"), "\u00a0a");
}

TEST(Utf8Prefix, CutsBetweenCharacters) {
    struct Case {
        std::string_view text;
        std::size_t bytes_max;
        std::string_view want;
    };

    const Case cases[] = {{"abc", 5, "abc"},
                          {"abc", 3, "abc"},
                          {"abc", 2, "ab"},
                          {"abc", 0, ""},
                          {"", 0, ""},
                          {"a\u00e9b", 1, "a"},
                          {"a\u00e9b", 2, "a"},
                          {"a\u00e9b", 3, "a\u00e9"},
                          {"\u20ac", 2, ""},
                          {"\U0001F600", 3, ""},
                          {"x\U0001F600y", 4, "x"},
                          {"x\U0001F600y", 5, "x\U0001F600"}};
    for (const Case& c : cases) {
        EXPECT_EQ(utf8_prefix(c.text, c.bytes_max), c.want) << c.text << " " << c.bytes_max;
    }
}

TEST(Utf8Prefix, CutsBytesThatAreNotUtf8AtTheLimit) {
    EXPECT_EQ(utf8_prefix(std::string(20, '\x80'), 10).size(), 10U);
}

TEST(ConstantTimeEqual, ComparesBytes) {
    EXPECT_TRUE(constant_time_equal("", ""));
    EXPECT_TRUE(constant_time_equal({}, ""));
    EXPECT_TRUE(constant_time_equal("a\0b"sv, "a\0b"sv));
    EXPECT_FALSE(constant_time_equal("a\0b"sv, "a\0c"sv));
    EXPECT_FALSE(constant_time_equal("secret", "secre"));
    EXPECT_FALSE(constant_time_equal("secret", "Secret"));
}

}  // namespace
}  // namespace carillon
