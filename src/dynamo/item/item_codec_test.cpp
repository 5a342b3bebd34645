#include "core/text.hpp"
#include "dynamo/item/codec.hpp"
#include "dynamo/item/random_values.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace carillon::dynamo {
namespace {

std::string encoded(const Item& item) {
    std::string out;
    encode_item(item, out);
    return out;
}

/// A copy that ends where its allocation ends, so that the address sanitizer sees any read beyond.
Result<Item> decode_exactly(std::string_view bytes) {
    const std::vector<char> copy(bytes.begin(), bytes.end());
    return decode_item({copy.data(), copy.size()});
}

TEST(ItemCodec, ReadsBackEveryType) {
    const Item item{
        {"s", "text"},
        {"empty", ""},
        {"long", std::string(100'000, 'x')},
        {"zero", 0},
        {"one", 1},
        {"minus", -1},
        {"most", std::numeric_limits<std::int64_t>::max()},
        {"least", std::numeric_limits<std::int64_t>::min()},
        {"beyond", *Number::parse("9223372036854775808")},
        {"fraction", *Number::parse("-0.5")},
        {"big", *Number::parse("9.9999999999999999999999999999999999999E+125")},
        {"tiny", *Number::parse("1E-130")},
        {"b", Binary{std::string("\0\xFF", 2)}},
        {"true", true},
        {"false", false},
        {"null", Null{}},
        {"ss", Value::string_set({"b", "a"})},
        {"ns", Value::number_set({3, *Number::parse("1.5"), -2})},
        {"bs", Value::binary_set({{"b"}, {""}})},
        {"l", List{1, "x", List{}, Map{}}},
        {"m", Map{{"k", Map{{"k", List{Null{}}}}}}},
    };
    const auto decoded = decode_item(encoded(item));
    ASSERT_TRUE(decoded);
    EXPECT_EQ(*decoded, item);
    EXPECT_EQ(decode_item(encoded(Item())).value(), Item());
}

TEST(ItemCodec, AppendsToWhatIsThere) {
    std::string out = "before";
    encode_item(Item{{"a", 1}}, out);
    EXPECT_EQ(out, "before" + encoded(Item{{"a", 1}}));
}

// Stored bytes outlive the program that wrote them: this form may be added to but never changed.
TEST(ItemCodec, WritesTheStoredFormOfVersionOne) {
    EXPECT_EQ(hex_encode(encoded(Item{{"id", "a1"}, {"n", -3}})),
              "0102026964000261"
              "31016e0105");
    EXPECT_EQ(hex_encode(encoded(Item{{"d", *Number::parse("-1.5")}})), "010101640b81ff010f");
    EXPECT_EQ(hex_encode(encoded(Item{{"l", List{true, false, Null{}}}})),
              "0101016c0804000000"
              "030a0304");
    EXPECT_EQ(hex_encode(encoded(Item{{"m", Map{{"b", Binary{"x"}}}}})),
              "0101016d0906000000"
              "010162020178");
    EXPECT_EQ(hex_encode(encoded(Item{{"s", Value::string_set({"a"})}})),
              "01010173"
              "0503000000"
              "010161");
    EXPECT_EQ(hex_encode(encoded(Item{{"s", Value::number_set({1})}})),
              "01010173"
              "0603000000"
              "010102");
    EXPECT_EQ(hex_encode(encoded(Item{{"s", Value::binary_set({{"a"}})}})),
              "01010173"
              "0703000000"
              "010161");
}

TEST(ItemCodec, SmallIntegersTakeFewBytes) {
    const std::size_t rest = encoded(Item{{"n", Null{}}}).size();
    EXPECT_EQ(encoded(Item{{"n", 63}}).size(), rest + 1);
    EXPECT_EQ(encoded(Item{{"n", 1'000'000}}).size(), rest + 3);
    EXPECT_LE(encoded(Item{{"n", std::int64_t{1'700'000'000'000}}}).size(), rest + 6);
}

TEST(ItemCodec, ReadsBackRandomItems) {
    constexpr std::uint64_t seed = 11;
    SCOPED_TRACE(seed);
    SeededRandom random(seed);
    for (int i = 0; i < 2'000; ++i) {
        const Item item = testing::random_item(random, 4);
        const auto decoded = decode_exactly(encoded(item));
        ASSERT_TRUE(decoded) << i;
        ASSERT_EQ(*decoded, item) << i;
    }
}

TEST(ItemCodec, SelectsAttributesByName) {
    const Item item{{"a", 1}, {"b", List{1, 2}}, {"c", "x"}, {"d", *Number::parse("0.5")}};
    const std::string bytes = encoded(item);
    const auto select = [&](std::vector<std::string_view> names) {
        return decode_attributes(bytes, names).value();
    };
    EXPECT_EQ(select({}), Item());
    EXPECT_EQ(select({"a"}), (Item{{"a", 1}}));
    EXPECT_EQ(select({"d"}), (Item{{"d", *Number::parse("0.5")}}));
    EXPECT_EQ(select({"0", "b", "bb", "d", "z"}),
              (Item{{"b", List{1, 2}}, {"d", *Number::parse("0.5")}}));
    EXPECT_EQ(select({"a", "b", "c", "d"}), item);
}

TEST(ItemCodec, SelectsTheSameAsAFullRead) {
    constexpr std::uint64_t seed = 12;
    SCOPED_TRACE(seed);
    SeededRandom random(seed);
    for (int i = 0; i < 2'000; ++i) {
        const Item item = testing::random_item(random, 3);
        std::vector<std::string> names;
        for (const Attribute& attribute : item) {
            if (random.below(2) == 0) names.push_back(attribute.name);
        }
        for (int extra = 0; extra < 3; ++extra) names.push_back(testing::random_bytes(random, 5));
        std::ranges::sort(names);

        Item expected;
        for (const std::string& name : names) {
            if (const Value* value = item.find(name)) expected.set(name, *value);
        }
        const std::vector<std::string_view> views(names.begin(), names.end());
        const auto selected = decode_attributes(encoded(item), views);
        ASSERT_TRUE(selected) << i;
        ASSERT_EQ(*selected, expected) << i;
    }
}

TEST(ItemCodec, RefusesEveryTruncation) {
    SeededRandom random(13);
    for (int i = 0; i < 100; ++i) {
        const std::string bytes = encoded(testing::random_item(random, 3));
        for (std::size_t length = 0; length < bytes.size(); ++length) {
            const auto decoded = decode_exactly(std::string_view(bytes).substr(0, length));
            ASSERT_FALSE(decoded) << i << " cut at " << length;
            ASSERT_EQ(decoded.error().code, Errc::corrupt);
        }
        ASSERT_FALSE(decode_exactly(bytes + '\0')) << "something behind";
    }
}

TEST(ItemCodec, RefusesBytesThatBreakARule) {
    struct Case {
        const char* name;
        std::string bytes;
    };

    using std::string_literals::operator""s;

    const Case cases[] = {
        {"nothing", ""},
        {"unknown version", "\x02\x00"s},
        {"a count beyond the bytes", "\x01\x7F"s},
        {"an endless count", "\x01\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"s},
        {"a count of 2^64 - 1", "\x01\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"s},
        {"an unknown tag",
         "\x01\x01\x01"
         "a\x0C"s},
        {"names out of order",
         "\x01\x02\x01"
         "b\x04\x01"
         "a\x04"s},
        {"a name twice",
         "\x01\x02\x01"
         "a\x04\x01"
         "a\x04"s},
        {"a text longer than the bytes",
         "\x01\x01\x01"
         "a\x00\x05xy"s},
        {"a length near 2^64",
         "\x01\x01\x01"
         "a\x00\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"s},
        {"a decimal without digits",
         "\x01\x01\x01"
         "a\x0B\x00\x80\x02"s},
        {"a decimal of 17 bytes",
         "\x01\x01\x01"
         "a\x0B\x11\x80\x02"s +
             std::string(17, '\1')},
        {"a decimal of 39 digits",
         "\x01\x01\x01"
         "a\x0B\x10\x80\x02"s +
             std::string(16, '\xFF')},
        {"a decimal out of range",
         "\x01\x01\x01"
         "a\x0B\x01\xFE\x02\x01"s},
        {"a set out of order",
         "\x01\x01\x01"
         "a\x05\x05\0\0\0\x02\x01"
         "b\x01"
         "a"s},
        {"a set with duplicates",
         "\x01\x01\x01"
         "a\x05\x05\0\0\0\x02\x01"
         "a\x01"
         "a"s},
        {"a number set of text",
         "\x01\x01\x01"
         "a\x06\x04\0\0\0\x01\x00\x01"
         "a"s},
        {"a body longer than its content",
         "\x01\x01\x01"
         "a\x08\x02\0\0\0\x00\x04"s},
        {"a body longer than the bytes",
         "\x01\x01\x01"
         "a\x08\xFF\xFF\xFF\xFF\x00"s},
    };
    for (const Case& c : cases) {
        const auto decoded = decode_exactly(c.bytes);
        ASSERT_FALSE(decoded) << c.name;
        EXPECT_EQ(decoded.error().code, Errc::corrupt) << c.name;
    }
}

TEST(ItemCodec, RefusesBottomlessNesting) {
    Value deep = List{};
    for (int i = 0; i < 100; ++i) deep = List{std::move(deep)};
    const Item allowed{{"a", deep}};
    EXPECT_EQ(decode_item(encoded(allowed)).value(), allowed);

    for (int i = 0; i < 1'000; ++i) deep = List{std::move(deep)};
    EXPECT_FALSE(decode_item(encoded(Item{{"a", std::move(deep)}})));
}

TEST(ItemCodec, SurvivesMutatedBytes) {
    constexpr std::uint64_t seed = 14;
    SCOPED_TRACE(seed);
    SeededRandom random(seed);
    int accepted = 0;
    for (int i = 0; i < 10'000; ++i) {
        std::string bytes = encoded(testing::random_item(random, 3));
        for (std::uint64_t changes = 1 + random.below(4); changes > 0; --changes) {
            const std::size_t at = random.below(bytes.size());
            switch (random.below(4)) {
                case 0:
                    bytes[at] = static_cast<char>(random.next());
                    break;
                case 1:
                    bytes[at] = static_cast<char>(bytes[at] ^ (1 << random.below(8)));
                    break;
                case 2:
                    bytes.insert(at, 1, static_cast<char>(random.next()));
                    break;
                default:
                    if (bytes.size() > 1) bytes.erase(at, 1);
            }
        }
        const std::vector<char> copy(bytes.begin(), bytes.end());
        const std::string_view view(copy.data(), copy.size());
        const std::string_view names[] = {"a", "b"};
        const auto selected = decode_attributes(view, names);
        if (const auto decoded = decode_item(view)) {
            ++accepted;
            ASSERT_TRUE(selected) << i;
            ASSERT_EQ(decode_item(encoded(*decoded)).value(), *decoded) << i;
        }
    }
    EXPECT_GT(accepted, 0) << "some changes only change a value";
}

TEST(ItemCodec, SurvivesRandomBytes) {
    SeededRandom random(15);
    for (int i = 0; i < 20'000; ++i) {
        std::string bytes = "\x01";
        for (std::uint64_t left = random.below(60); left > 0; --left) {
            bytes += static_cast<char>(random.below(3) == 0 ? random.next() : random.below(12));
        }
        const auto decoded = decode_exactly(bytes);
        if (!decoded) ASSERT_EQ(decoded.error().code, Errc::corrupt);
    }
}

}  // namespace
}  // namespace carillon::dynamo
