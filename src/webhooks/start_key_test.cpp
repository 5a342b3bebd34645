#include "webhooks/start_key.hpp"

#include "core/text.hpp"

#include <gtest/gtest.h>

namespace carillon::webhooks {
namespace {

const StartKey key{"shop", "wörk/1?", parse_instant("2026-11-21T12:00:00.123Z").value()};

TEST(StartKey, ComesBackAsItWas) {
    EXPECT_EQ(decode_start_key(encode(key), "shop").value(), key);
    for (std::size_t length = 1; length < 8; ++length) {
        const StartKey other{"shop", std::string(length, '~'), key.schedule};
        const std::string text = encode(other);
        EXPECT_EQ(text.find_first_of("+/=&?# "), std::string::npos) << text;
        EXPECT_EQ(decode_start_key(text, "shop").value(), other);
    }
}

TEST(StartKey, IsRefusedWhenItWasTamperedWith) {
    const auto text_of = [](const char* json_text) {
        std::string text = base64_encode(json_text);
        return text.substr(0, text.find('='));
    };
    const std::string good = encode(key);
    for (const std::string& text :
         {std::string(),
          std::string("!"),
          std::string("abc"),
          good + "=",
          good.substr(1),
          good.substr(0, good.size() - 3),
          std::string(5'000, 'A'),
          text_of("[]"),
          text_of("{}"),
          text_of(R"({"namespace":"shop","id":"a"})"),
          text_of(R"({"namespace":"shop","id":"","schedule":"2026-11-21T12:00:00Z"})"),
          text_of(R"({"namespace":"shop","id":5,"schedule":"2026-11-21T12:00:00Z"})"),
          text_of(R"({"namespace":"shop","id":"a","schedule":"soon"})"),
          text_of(R"({"namespace":"shop","id":"a","schedule":"2026-11-21T12:00:00Z","x":1})")}) {
        const auto read = decode_start_key(text, "shop");
        ASSERT_FALSE(read) << text;
        EXPECT_EQ(read.error().code, Errc::invalid);
        EXPECT_EQ(read.error().field, "startKey");
    }
}

TEST(StartKey, BelongsToItsNamespace) {
    EXPECT_FALSE(decode_start_key(encode(key), "blog"));
}

}  // namespace
}  // namespace carillon::webhooks
