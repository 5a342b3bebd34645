#include "core/text.hpp"
#include "dynamo/item/codec.hpp"
#include "dynamo/item/random_values.hpp"

#include <gtest/gtest.h>

namespace carillon::dynamo {
namespace {

std::string key(const Value& value) {
    std::string out;
    encode_key_value(value, out);
    return out;
}

std::string partition(const Value& value) {
    std::string out;
    append_partition_prefix(value, out);
    return out;
}

int sign(std::strong_ordering order) {
    return order < 0 ? -1 : order > 0 ? 1 : 0;
}

int sign(int order) {
    return order < 0 ? -1 : order > 0 ? 1 : 0;
}

TEST(KeyCodec, OrdersNumbersByValue) {
    const char* ascending[] = {"-9.9999999999999999999999999999999999999E+125",
                               "-1E+125",
                               "-100",
                               "-99.9",
                               "-12.35",
                               "-12.34",
                               "-12.3",
                               "-12",
                               "-1",
                               "-0.9",
                               "-1E-130",
                               "0",
                               "1E-130",
                               "0.09",
                               "0.9",
                               "1",
                               "1.0000000000000000000000000000000000001",
                               "1.01",
                               "1.1",
                               "9",
                               "9.9",
                               "10",
                               "12",
                               "12.3",
                               "12.34",
                               "99",
                               "100",
                               "1E+125",
                               "9.9999999999999999999999999999999999999E+125"};
    std::string before;
    for (const char* text : ascending) {
        const std::string now = key(*Number::parse(text));
        EXPECT_LT(before, now) << text;
        before = now;
    }
}

TEST(KeyCodec, OrdersTextAndBinaryByBytes) {
    using std::string_literals::operator""s;
    const std::string ascending[] = {"",
                                     "\0"s,
                                     "\0\0"s,
                                     "\0\x01"s,
                                     "\0\xFF"s,
                                     "\x01"s,
                                     "a",
                                     "a\0"s,
                                     "a\0b"s,
                                     "a\x01"s,
                                     "aa",
                                     "b",
                                     "\xC3\xA9",
                                     "\xFF",
                                     "\xFF\0"s,
                                     "\xFF\xFF"};
    std::string text_before;
    std::string binary_before;
    for (const std::string& bytes : ascending) {
        EXPECT_LT(text_before, key(bytes)) << hex_encode(bytes);
        EXPECT_LT(binary_before, key(Binary{bytes})) << hex_encode(bytes);
        text_before = key(bytes);
        binary_before = key(Binary{bytes});
    }
}

TEST(KeyCodec, OrderAgreesWithRandomValues) {
    constexpr std::uint64_t seed = 21;
    SCOPED_TRACE(seed);
    SeededRandom random(seed);
    for (int i = 0; i < 20'000; ++i) {
        const Number a = testing::random_number(random);
        const Number b = testing::random_number(random);
        ASSERT_EQ(sign(key(a).compare(key(b))), sign(a <=> b))
            << a.to_string() << " and " << b.to_string();

        const std::string x = testing::random_bytes(random, 4);
        const std::string y = testing::random_bytes(random, 4);
        ASSERT_EQ(sign(key(x).compare(key(y))), sign(x.compare(y)));
        ASSERT_EQ(sign(key(Binary{x}).compare(key(Binary{y}))), sign(x.compare(y)));
    }
}

TEST(KeyCodec, NoKeyIsAPrefixOfAnother) {
    constexpr std::uint64_t seed = 22;
    SCOPED_TRACE(seed);
    SeededRandom random(seed);
    for (int i = 0; i < 20'000; ++i) {
        const Number a = testing::random_number(random);
        const Number b = testing::random_number(random);
        if (a != b) ASSERT_FALSE(key(a).starts_with(key(b)));
        const std::string x = testing::random_bytes(random, 4);
        const std::string y = testing::random_bytes(random, 4);
        if (x != y) ASSERT_FALSE(key(x).starts_with(key(y)));
    }
}

TEST(KeyCodec, ReadsBackOneKeyAfterAnother) {
    constexpr std::uint64_t seed = 23;
    SCOPED_TRACE(seed);
    SeededRandom random(seed);
    for (int i = 0; i < 10'000; ++i) {
        const Value values[] = {testing::random_number(random),
                                testing::random_bytes(random),
                                Binary{testing::random_bytes(random)}};
        std::string bytes;
        for (const Value& value : values) encode_key_value(value, bytes);
        bytes += "rest";

        std::string_view left = bytes;
        for (const Value& value : values) ASSERT_EQ(decode_key_value(left).value(), value);
        ASSERT_EQ(left, "rest");
    }
}

// Keys on disk outlive the program that wrote them.
TEST(KeyCodec, WritesTheStoredForm) {
    using std::string_literals::operator""s;
    EXPECT_EQ(hex_encode(key("a\0b"s)), "206100ff620001");
    EXPECT_EQ(hex_encode(key("")), "200001");
    EXPECT_EQ(hex_encode(key(Binary{"\xFF"})), "30ff0001");
    EXPECT_EQ(hex_encode(key(0)), "12");
    EXPECT_EQ(hex_encode(key(1)), "13820b00");
    EXPECT_EQ(hex_encode(key(-123)), "117bf2e0ff");
}

TEST(KeyCodec, RefusesWhatItDoesNotWrite) {
    using std::string_literals::operator""s;
    const std::string refused[] = {
        "",
        "\x00"s,
        "\x14"s,
        "\x20"s,
        "\x20"
        "abc"s,
        "\x20"
        "a\0"s,
        "\x20"
        "a\0\x02"s,
        "\x13"s,
        "\x13\x82"s,
        "\x13\x82\0"s,
        "\x13\x82\x0B"s,
        "\x13\x82\x0B\x01\0"s,
        "\x13\x82\x05\0"s,
        "\x13\x82\x66\0"s,
        "\x13\x82"s + std::string(20, '\x0B') + "\0"s,
        "\x11\x82\xFF"s,
    };
    for (const std::string& bytes : refused) {
        const std::vector<char> copy(bytes.begin(), bytes.end());
        std::string_view left(copy.data(), copy.size());
        const auto decoded = decode_key_value(left);
        ASSERT_FALSE(decoded) << hex_encode(bytes);
        EXPECT_EQ(decoded.error().code, Errc::corrupt);
        EXPECT_EQ(left.size(), bytes.size()) << "nothing is taken";
    }
}

TEST(KeyCodec, AcceptsOnlyItsOwnForms) {
    constexpr std::uint64_t seed = 24;
    SCOPED_TRACE(seed);
    SeededRandom random(seed);
    for (int i = 0; i < 50'000; ++i) {
        std::string bytes(1, "\x11\x12\x13\x20\x30"[random.below(5)]);
        for (std::uint64_t left = random.below(24); left > 0; --left) {
            bytes += static_cast<char>(random.below(4) == 0 ? random.next() : random.below(102));
        }
        const std::vector<char> copy(bytes.begin(), bytes.end());
        std::string_view left(copy.data(), copy.size());
        if (const auto decoded = decode_key_value(left)) {
            ASSERT_EQ(key(*decoded), bytes.substr(0, bytes.size() - left.size()));
        }
    }
}

// Computed by dynalite 4.0.0's own hash of the same keys.
TEST(PartitionPrefix, PlacesKeysWhereDynaliteDoes) {
    struct Case {
        const char* number;
        const char* prefix;
    };

    const Case numbers[] = {
        {"0", "ce212d751674ab5d"},
        {"1", "c3a0310aed78739b"},
        {"-1", "0267df4c95559d50"},
        {"10", "3c465f5ad8c28afa"},
        {"12", "70366ad03e547ddc"},
        {"99", "ff3ca71fa74fec9e"},
        {"100", "6840bd23a62fcf9a"},
        {"123", "574207e7a3d7699a"},
        {"-123", "410ac7b95c506fe6"},
        {"0.1", "e2d17168a6c4d757"},
        {"0.12", "3a7142ef712ac8ff"},
        {"0.001", "3223fe2c2fe7bd22"},
        {"-0.5", "b979203b9f2b611b"},
        {"1.5", "8158bdac51f21183"},
        {"0.05", "bc1d9445bc77ef2a"},
        {"500", "a420a45ae8a60820"},
        {"1700000000", "3067ab4e7dea85a1"},
        {"1e125", "2f2857f5242da8c0"},
        {"1e-130", "727de75fed0d7a87"},
        {"-1e125", "88ac346f9516b098"},
        {"12345678901234567890123456789012345678", "b50a4cbd60115903"},
        {"1.2345678901234567890123456789012345678", "81373e3dd285c3b9"},
        {"-12345678901234567890123456789012345678", "089522115ad1ad19"},
        {"-1.2345678901234567890123456789012345678", "963fd1b1730c66a7"},
        {"-123456789012345678901234567890123456", "51253bf0b3f9f4c6"},
    };
    for (const Case& c : numbers) {
        EXPECT_EQ(hex_encode(partition(*Number::parse(c.number))), c.prefix) << c.number;
    }
    EXPECT_EQ(hex_encode(partition("")), "65a4c05294be8932");
    EXPECT_EQ(hex_encode(partition("a")), "f6558e516275dee2");
    EXPECT_EQ(hex_encode(partition("hello")), "8f051e5595141045");
    EXPECT_EQ(hex_encode(partition("\xC3\xA9")), "1062807ac84fe65a");
    EXPECT_EQ(hex_encode(partition("user#1")), "8b542929238862fe");
    EXPECT_EQ(partition(Binary{"hello"}), partition("hello"));
}

TEST(KeyCodecDeathTest, RefusesWhatCannotBeAKey) {
    EXPECT_DEATH(key(List{}), "check failed");
    EXPECT_DEATH(partition(true), "check failed");
}

}  // namespace
}  // namespace carillon::dynamo
